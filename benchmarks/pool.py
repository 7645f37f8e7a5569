"""What requests are drawn from: identifiers, words and moments of a generated database, chosen once.

Every variant on every engine is asked the same.
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

IDENTIFIERS = 5_000
"""Claims that are asked for one by one."""


@dataclass(frozen=True)
class Pool:
    """What may be asked for."""

    claims: list[str]
    old_claims: list[str]
    """Claims that were on record in the middle of history."""
    middle: str
    """A moment in the middle of history, RFC 3339."""
    middle_seq: int
    """The last change recorded by then."""
    lists: list[tuple[str, str, str]]
    """Kind, status and first day of lists that have twenty claims."""
    topics: list[str]
    """Typical topics: with about as many claims as the one in the middle."""
    largest_topics: list[str]
    exported_topics: list[str]
    """Those of which the claims are nearest to a thousand."""
    deep: list[tuple[str, str]]
    """First day and id of claims about a hundred thousand places down the list of all."""
    sources: list[str]
    """Sources that speak now and then, and some that always do."""
    typical_pairs: list[str]
    """Two words that stand together in about one of two thousand claims."""
    hot_words: list[str]
    """Words that stand in a tenth to a third of all claims."""
    hot_pairs: list[str]
    """Two of them."""
    by_script: dict[str, list[str]]
    """Words of each script."""
    prefixes: list[str]
    """Beginnings of words, two to six letters, as somebody types them."""

    def write(self, path: Path) -> None:
        """Keep it beside its database."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1))


def read(path: Path) -> Pool:
    """A pool that was kept."""
    kept = json.loads(path.read_text())
    return Pool(
        **{**kept, "lists": [tuple(one) for one in kept["lists"]], "deep": [tuple(one) for one in kept["deep"]]}
    )


def depth(claims: int) -> int:
    """How far down the list a deep page is."""
    return min(100_000, claims // 2)


def choose(database: Path, claims: int, seed: int) -> Pool:
    """Choose from a database of so many claims."""
    rng = Random(f"pool {seed}")
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    middle = history.plan(claims, seed).middle
    naive = middle.replace(tzinfo=None).isoformat(sep=" ")
    seq = int(connection.execute("SELECT max(seq) FROM change WHERE at <= ?", [naive]).fetchone()[0])
    published = _claims(connection, rng, claims)
    old = [one for one, recorded in published if recorded <= seq]
    words = _Words(connection, claims)
    sized = connection.execute(
        "SELECT topic_id, count(*) FROM claim WHERE topic_id IS NOT NULL GROUP BY topic_id ORDER BY 2 DESC, 1"
    ).fetchall()
    topics = [one for one, _count in sized]
    half, around = len(topics) // 2, min(25, len(topics) // 4)
    pool = Pool(
        claims=[one for one, _recorded in published],
        old_claims=old,
        middle=middle.strftime("%Y-%m-%dT%H:%M:%SZ"),
        middle_seq=seq,
        lists=_lists(connection, rng),
        topics=topics[half - around : half + around],
        largest_topics=topics[:3],
        exported_topics=[one for one, _count in sorted(sized, key=lambda topic: abs(topic[1] - 1_000))][:3],
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
    """Published claims, with the change that recorded them first."""
    found: dict[str, int] = {}
    for _ in range(IDENTIFIERS):
        row = connection.execute(
            "SELECT r.id, r.change_seq FROM claim_revision r JOIN claim c ON c.id = r.id"
            " WHERE c.rowid = ? AND r.version = 1 AND c.stage = 'published'",
            [rng.randrange(claims) + 1],
        ).fetchone()
        if row is not None:
            found[row[0]] = row[1]
    return list(found.items())


def _lists(connection: sqlite3.Connection, rng: Random) -> list[tuple[str, str, str]]:
    """As somebody filters: a kind, a status that decisions gave, since a day."""
    found = []
    kinds, statuses = list(ClaimKind), [status for status in Status if status is not Status.UNASSESSED]
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM claim WHERE stage = 'published' AND kind = ? AND status = ?"
        " AND time_latest >= ? AND time IS NOT NULL LIMIT 20)"
    )
    for _ in range(2_000):
        asked = (
            rng.choice(kinds).value,
            rng.choice(statuses).value,
            f"{rng.choice((2022, 2023, 2024))}-{rng.randint(3, 12):02}-01",
        )
        if connection.execute(query, asked).fetchone()[0] == 20:
            found.append(asked)
        if len(found) == 200:
            break
    return found


def _sources(connection: sqlite3.Connection, rng: Random) -> list[str]:
    query = "SELECT source_id FROM attribution GROUP BY source_id ORDER BY count(*) DESC, source_id"
    ranked = [one for (one,) in connection.execute(query)]
    return ranked[:5] + rng.sample(ranked[5:], min(95, len(ranked) - 5))


class _Words:
    """The words of the full-text index, and in how many claims they stand."""

    def __init__(self, connection: sqlite3.Connection, claims: int) -> None:
        self._connection = connection
        self._claims = claims
        connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search_index, row)")
        rows = connection.execute("SELECT term, doc FROM temp.words WHERE doc >= 3 AND length(term) >= 4")
        self._in = {term: count for term, count in rows if term.isascii() and term.isalpha()}

    def between(self, least: float, most: float) -> list[str]:
        """Words of Latin letters that stand in such a share of all claims, most frequent first."""
        chosen = [word for word, count in self._in.items() if least <= count / self._claims <= most]
        return sorted(chosen, key=lambda word: (-self._in[word], word))[:40]

    def typical_pairs(self, rng: Random) -> list[str]:
        """Pairs of words of one claim that stand together in about one of two thousand."""
        found: list[str] = []
        limit = self._claims * 0.05
        for _ in range(20_000):
            row = self._connection.execute(
                "SELECT statement FROM search_text WHERE id = ?", [rng.randrange(self._claims) + 1]
            ).fetchone()
            words = [word for word in dict.fromkeys(row[0].split()) if 0 < self._in.get(word, 0) <= limit]
            if len(words) < 2:
                continue
            pair = " ".join(rng.sample(words, 2))
            most = max(20, self._claims // 1_000)
            if max(5, self._claims // 5_000) <= self._matches(pair, most + 1) <= most:
                found.append(pair)
            if len(found) == 200:
                break
        return found

    def hot_pairs(self, rng: Random) -> list[str]:
        """Pairs of hot words that stand together in some claims."""
        hot = self.between(0.10, 0.33)
        pairs = {" ".join(rng.sample(hot, 2)) for _ in range(100)}
        return sorted(pair for pair in pairs if self._matches(pair, 100) == 100)[:40]

    def of_language(self, language: str) -> list[str]:
        """Words of a language that are found, but not everywhere."""
        most = self._claims // 50
        return [word for word in texts.words_of(language) if 1 <= self._matches(word, most + 1) <= most]

    def prefixes(self, rng: Random) -> list[str]:
        """What has been typed of a word after two to six letters."""
        frequent = sorted(self._in, key=lambda word: (-self._in[word], word))[:400]
        found = []
        for _ in range(200):
            word = rng.choice(frequent)
            found.append(f"{word[: rng.randint(2, min(6, len(word)))]}*")
        return list(dict.fromkeys(["uk*", "ukr*", "ukra*", "ukrai*", "ukrain*", *found]))

    def _matches(self, words: str, at_most: int) -> int:
        match = match_of(words)
        if match is None:
            return 0
        query = "SELECT count(*) FROM (SELECT 1 FROM search_index WHERE search_index MATCH ? LIMIT ?)"
        return int(self._connection.execute(query, [match, at_most]).fetchone()[0])


def match_of(q: str) -> str | None:
    """What FTS5 is asked for these words; None if there is nothing to ask."""
    try:
        return to_fts5(parse_query(q))
    except QueryError:
        return None


def sizes(pool: Pool) -> Sequence[tuple[str, int]]:
    """How much there is of everything."""
    return [(name, len(value)) for name, value in asdict(pool).items() if isinstance(value, list | dict)]
