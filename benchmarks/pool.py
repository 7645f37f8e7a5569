"""The pool of values for requests: identifiers, words and moments of a generated database, chosen once.

Every variant on every engine gets the same requests.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from app.formats.search_text import QueryError, parse_query, to_fts5
from app.vocabulary import ClaimKind, Status
from benchmarks import history, texts

CLAIM_DRAWS = 5_000
"""Number of random draws of claims; unpublished ones are left out."""


@dataclass(frozen=True)
class Pool:
    """Values for requests."""

    claims: list[str]
    old_claims: list[str]
    """Claims that were recorded by the midpoint of the history."""
    middle: str
    """The midpoint of the history, RFC 3339."""
    middle_seq: int
    """The last change recorded by then."""
    lists: list[tuple[str, str, str]]
    """Kind, status and start date of lists with at least twenty claims."""
    topics: list[str]
    """Topics around the median number of claims."""
    largest_topics: list[str]
    exported_topics: list[str]
    """The topics whose numbers of claims are nearest to a thousand."""
    deep: list[tuple[str, str]]
    """First day and id of claims on a deep page of the list of all claims."""
    sources: list[str]
    """The five most frequent sources and a random selection of the others."""
    typical_pairs: list[str]
    """Pairs of words that occur together in about one of two thousand claims."""
    hot_words: list[str]
    """Words that occur in a tenth to a third of all claims."""
    hot_pairs: list[str]
    """Pairs of frequent words."""
    by_script: dict[str, list[str]]
    """Words of each script."""
    prefixes: list[str]
    """Prefixes of words, two to six letters, as a search-as-you-type client sends them."""

    def write(self, path: Path) -> None:
        """Write the pool to a JSON file."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1))


def read(path: Path) -> Pool:
    """Read a pool from its JSON file."""
    content = json.loads(path.read_text())
    return Pool(
        **{
            **content,
            "lists": [tuple(values) for values in content["lists"]],
            "deep": [tuple(values) for values in content["deep"]],
        }
    )


def depth(claims: int) -> int:
    """Return the offset of a deep page."""
    return min(100_000, claims // 2)


def choose(database: Path, claims: int, seed: int) -> Pool:
    """Choose a pool from a database of `claims` claims."""
    rng = Random(f"pool {seed}")
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    middle = history.plan(claims, seed).middle
    sqlite_moment = middle.replace(tzinfo=None).isoformat(sep=" ")
    seq = int(connection.execute("SELECT max(seq) FROM change WHERE at <= ?", [sqlite_moment]).fetchone()[0])
    published = _claims(connection, rng, claims)
    old = [claim_id for claim_id, recorded in published if recorded <= seq]
    words = _Words(connection, claims)
    topic_sizes = connection.execute(
        "SELECT topic_id, count(*) FROM claim WHERE topic_id IS NOT NULL GROUP BY topic_id ORDER BY 2 DESC, 1"
    ).fetchall()
    topics = [topic_id for topic_id, _count in topic_sizes]
    middle_index, margin = len(topics) // 2, min(25, len(topics) // 4)
    pool = Pool(
        claims=[claim_id for claim_id, _recorded in published],
        old_claims=old,
        middle=middle.strftime("%Y-%m-%dT%H:%M:%SZ"),
        middle_seq=seq,
        lists=_lists(connection, rng),
        topics=topics[middle_index - margin : middle_index + margin],
        largest_topics=topics[:3],
        exported_topics=[topic_id for topic_id, _count in sorted(topic_sizes, key=lambda topic: abs(topic[1] - 1_000))][
            :3
        ],
        deep=connection.execute(
            "SELECT time_earliest, id FROM claim WHERE stage = 'published' ORDER BY time_earliest DESC, id DESC"
            " LIMIT 200 OFFSET ?",
            [depth(claims)],
        ).fetchall(),
        sources=_sources(connection, rng),
        typical_pairs=words.typical_pairs(rng),
        hot_words=words.between(0.10, 0.33),
        hot_pairs=words.hot_pairs(rng),
        by_script={script: words.of_language(language) for script, language in texts.SCRIPTS.items()},
        prefixes=words.prefixes(rng),
    )
    connection.close()
    return pool


def _claims(connection: sqlite3.Connection, rng: Random, claims: int) -> list[tuple[str, int]]:
    """Published claims, with the changes that created them."""
    seq_by_claim: dict[str, int] = {}
    for _ in range(CLAIM_DRAWS):
        row = connection.execute(
            "SELECT r.id, r.change_seq FROM claim_revision r JOIN claim c ON c.id = r.id"
            " WHERE c.rowid = ? AND r.version = 1 AND c.stage = 'published'",
            [rng.randrange(claims) + 1],
        ).fetchone()
        if row is not None:
            seq_by_claim[row[0]] = row[1]
    return list(seq_by_claim.items())


def _lists(connection: sqlite3.Connection, rng: Random) -> list[tuple[str, str, str]]:
    """Typical filters: a kind, a status other than unassessed, and a start date."""
    filters = []
    kinds, statuses = list(ClaimKind), [status for status in Status if status is not Status.UNASSESSED]
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM claim WHERE stage = 'published' AND kind = ? AND status = ?"
        " AND time_latest >= ? AND time IS NOT NULL LIMIT 20)"
    )
    for _ in range(2_000):
        values = (
            rng.choice(kinds).value,
            rng.choice(statuses).value,
            f"{rng.choice((2022, 2023, 2024))}-{rng.randint(3, 12):02}-01",
        )
        if connection.execute(query, values).fetchone()[0] == 20:
            filters.append(values)
        if len(filters) == 200:
            break
    return filters


def _sources(connection: sqlite3.Connection, rng: Random) -> list[str]:
    query = "SELECT source_id FROM attribution GROUP BY source_id ORDER BY count(*) DESC, source_id"
    ranked = [source_id for (source_id,) in connection.execute(query)]
    return ranked[:5] + rng.sample(ranked[5:], min(95, len(ranked) - 5))


class _Words:
    """The words of the full-text index, with the number of claims that have them."""

    def __init__(self, connection: sqlite3.Connection, claims: int) -> None:
        self._connection = connection
        self._claims = claims
        connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search_index, row)")
        rows = connection.execute("SELECT term, doc FROM temp.words WHERE doc >= 3 AND length(term) >= 4")
        self._claim_counts = {term: count for term, count in rows if term.isascii() and term.isalpha()}

    def between(self, least: float, most: float) -> list[str]:
        """Latin words that occur in a share of all claims between `least` and `most`, most frequent first."""
        chosen = [word for word, count in self._claim_counts.items() if least <= count / self._claims <= most]
        return sorted(chosen, key=lambda word: (-self._claim_counts[word], word))[:40]

    def typical_pairs(self, rng: Random) -> list[str]:
        """Pairs of words that occur together in about one of two thousand claims."""
        pairs: list[str] = []
        limit = self._claims * 0.05
        for _ in range(20_000):
            row = self._connection.execute(
                "SELECT statement FROM search_text WHERE id = ?", [rng.randrange(self._claims) + 1]
            ).fetchone()
            words = [word for word in dict.fromkeys(row[0].split()) if 0 < self._claim_counts.get(word, 0) <= limit]
            if len(words) < 2:
                continue
            pair = " ".join(rng.sample(words, 2))
            most = max(20, self._claims // 1_000)
            if max(5, self._claims // 5_000) <= self._matches(pair, most + 1) <= most:
                pairs.append(pair)
            if len(pairs) == 200:
                break
        return pairs

    def hot_pairs(self, rng: Random) -> list[str]:
        """Pairs of frequent words that occur together in at least a hundred claims."""
        hot = self.between(0.10, 0.33)
        pairs = {" ".join(rng.sample(hot, 2)) for _ in range(100)}
        return sorted(pair for pair in pairs if self._matches(pair, 100) == 100)[:40]

    def of_language(self, language: str) -> list[str]:
        """Words of a language that occur, but in at most one of fifty claims."""
        most = self._claims // 50
        return [word for word in texts.words_of(language) if 1 <= self._matches(word, most + 1) <= most]

    def prefixes(self, rng: Random) -> list[str]:
        """Prefix searches of two to six letters."""
        frequent = sorted(self._claim_counts, key=lambda word: (-self._claim_counts[word], word))[:400]
        typed = []
        for _ in range(200):
            word = rng.choice(frequent)
            typed.append(f"{word[: rng.randint(2, min(6, len(word)))]}*")
        return list(dict.fromkeys(["uk*", "ukr*", "ukra*", "ukrai*", "ukrain*", *typed]))

    def _matches(self, words: str, at_most: int) -> int:
        match = match_of(words)
        if match is None:
            return 0
        query = "SELECT count(*) FROM (SELECT 1 FROM search_index WHERE search_index MATCH ? LIMIT ?)"
        return int(self._connection.execute(query, [match, at_most]).fetchone()[0])


def match_of(q: str) -> str | None:
    """Return the FTS5 query for a search, or None if it has no search terms."""
    try:
        return to_fts5(parse_query(q))
    except QueryError:
        return None


def sizes(pool: Pool) -> Sequence[tuple[str, int]]:
    """Return the number of values of each kind."""
    return [(name, len(value)) for name, value in asdict(pool).items() if isinstance(value, list | dict)]
