"""Where a claim comes from: origins, their independence, and the five counts. Pure functions over what was read.

Repetition is not confirmation: a thousand reprints of one communiqué are one origin. And two origins are not
independent because nobody has shown that they depend on each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from app.db.compiled_reads import PlainRow
from app.db.revisions import Row
from app.schemas.desk.independence import OriginPair
from app.vocabulary import ASSERTING_STANCES, Anonymity, Independence, Lineage

MAX_ORIGINS = 30
"""Pairs are worked out for so many origins at most; beyond that nobody rules on them one by one."""

_IDENTIFIED = (Anonymity.NAMED, Anonymity.DESCRIBED)

Pair = tuple[str, str]


def chain(attribution: Row, by_id: Mapping[str, Row]) -> list[Row]:
    """The attributions that this one was relayed from, nearest first."""
    links: dict[str, Row] = {}
    upstream = by_id.get(attribution["upstream_id"])
    while upstream is not None and upstream["id"] not in links:
        links[upstream["id"]] = upstream
        upstream = by_id.get(upstream["upstream_id"])
    return list(links.values())


def origin_of(attribution: Row, by_id: Mapping[str, Row], anonymity: Mapping[str, str]) -> str | None:
    """The source at the end of the chain.

    None where the lineage is unknown, nobody can tell who it is, or what it is said to have said was taken back.
    """
    root = attribution if attribution["upstream_id"] is None else [attribution, *chain(attribution, by_id)][-1]
    known = root["lineage"] == Lineage.ORIGINAL and not root["withdrawn"]
    return str(root["source_id"]) if known and anonymity.get(root["source_id"]) in _IDENTIFIED else None


def asserting(attributions: Iterable[Row]) -> list[Row]:
    """The attributions that put the claim forward and have not been taken back."""
    return [row for row in attributions if row["stance"] in ASSERTING_STANCES and not row["withdrawn"]]


def once_asserting(attributions: Iterable[Row]) -> bool:
    """True if somebody has put the claim forward, whether or not it has been taken back since."""
    return any(row["stance"] in ASSERTING_STANCES for row in attributions)


def traced(attributions: Sequence[Row], anonymity: Mapping[str, str]) -> dict[str, str | None]:
    """For each attribution of a claim the source at the end of its chain, as `origin_of` has it."""
    by_id = {row["id"]: row for row in attributions}
    return {row["id"]: origin_of(row, by_id, anonymity) for row in attributions}


def origins_of(attributions: Sequence[Row], ends: Mapping[str, str | None]) -> list[str]:
    """The identified origins of a claim, in the order of its attributions, each once. `ends` are as `traced`."""
    found = (ends[row["id"]] for row in asserting(attributions))
    return list(dict.fromkeys(origin for origin in found if origin is not None))


def ordered(first: str, second: str) -> Pair:
    """A pair of sources in the order in which it is stored."""
    return (first, second) if first < second else (second, first)


def shared_ancestor(pair: Pair, ancestors: Mapping[str, Sequence[str]]) -> str | None:
    """The nearest organisation that both belong to, or the one of the two that the other is a part of."""
    first, second = ([source, *ancestors[source]] for source in pair)
    return next((source for source in first if source in second), None)


def lines(attributions: Sequence[Row]) -> Mapping[str, dict[str, str]]:
    """For each source, all attributions on its ways back to where it has the claim from: id to whose word it is."""
    by_id = {row["id"]: row for row in attributions}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in asserting(attributions):
        way = [row, *chain(row, by_id)]
        for place, link in enumerate(way):
            found[link["source_id"]] |= {each["id"]: each["source_id"] for each in way[place:]}
    return found


def dependence(
    pair: Pair,
    ways: Mapping[str, Mapping[str, str]],
    ancestors: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
) -> str | None:
    """Why the record itself makes two origins dependent (`ways` are their lines); None if it does not."""
    ancestor = shared_ancestor(pair, ancestors)
    if ancestor is not None:
        return f"Both belong to {names[ancestor]}."
    first, second = (ways[source] for source in pair)
    shared = next((source for attribution, source in first.items() if attribution in second), None)
    return None if shared is None else f"Both have it from what {names[shared]} said."


def pairs(
    attributions: Sequence[Row],
    origins: Sequence[str],
    ancestors: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    rulings: Mapping[Pair, Row],
) -> list[OriginPair]:
    """What is known of the independence of each two origins.

    What makes them dependent does so whatever was ruled before it became known. Else the last ruling holds.
    """
    if len(origins) < 2:  # noqa: PLR2004 - a pair has two
        return []
    found = []
    ways = lines(attributions)
    for first, second in combinations(origins[:MAX_ORIGINS], 2):
        pair = ordered(first, second)
        why_not = dependence(pair, ways, ancestors, names)
        ruling = rulings.get(pair)
        if why_not is not None:
            independence, why = Independence.DEPENDENT, why_not
        elif ruling is not None:
            independence, why = Independence(ruling["ruling"]), ruling["reason"]
        else:
            independence, why = Independence.NOT_ESTABLISHED, "Nobody has ruled on it."
        found.append(OriginPair(source_ids=list(pair), independence=independence, why=why))
    return found


def independent(origins: Sequence[str], known: Sequence[OriginPair]) -> int:
    """The size of the largest set of origins of which every two are ruled independent; 0 if there is no such pair."""
    if not known:
        return 0
    linked: dict[str, set[str]] = {origin: set() for origin in origins}
    for pair in known:
        if pair.independence is Independence.ESTABLISHED:
            first, second = pair.source_ids
            linked[first].add(second)
            linked[second].add(first)
    largest = _largest_clique(0, {origin for origin in origins if linked[origin]}, linked, 0)
    return largest if largest > 1 else 0


def _largest_clique(size: int, candidates: set[str], linked: Mapping[str, set[str]], best: int) -> int:
    # Branch and bound: a branch that cannot become larger than the best is left alone.
    best = max(best, size)
    remaining = set(candidates)
    while size + len(remaining) > best:
        origin = remaining.pop()
        best = _largest_clique(size + 1, remaining & linked[origin], linked, best)
    return best


def counts(
    attributions: Sequence[Row],
    ends: Mapping[str, str | None],
    publishers: Mapping[str, str | None],
    known: Sequence[OriginPair],
) -> PlainRow:
    """The five counts of a claim, as `Counts` has them.

    `ends` are as `traced`; `publishers` maps documents to who published them.
    """
    counted = asserting(attributions)
    found = origins_of(attributions, ends)
    published = {publishers.get(row["document_id"]) for row in counted} - {None}
    unknown = [row for row in counted if ends[row["id"]] is None]
    return {
        "attributions": len(counted),
        "publishers": len(published),
        "identified_origins": len(found),
        "independent_origins": independent(found, known),
        "lineage_unknown": len(unknown),
    }
