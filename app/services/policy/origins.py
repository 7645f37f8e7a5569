"""Origins of a claim, whether they are independent, and the five counts. Pure functions over rows.

Repetition is not confirmation: a thousand reprints of one communiqué have one origin. And two origins are not
independent merely because nobody has shown that one depends on the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise

from app.db.compiled_reads import PlainRow
from app.db.revisions import StoredRow
from app.schemas.desk.independence import OriginPair
from app.vocabulary import ASSERTING_STANCES, Anonymity, Independence, Lineage, Retractor, UpstreamState

MAX_ORIGINS = 30
"""Pairs are listed for this many origins at most; no editor rules on the 435 pairs of more origins one by one."""

IDENTIFIED = (Anonymity.NAMED, Anonymity.DESCRIBED)
"""How far a source must be identified to count as an origin."""

SourcePair = tuple[str, str]


def upstream_chain(attribution: StoredRow, by_id: Mapping[str, StoredRow]) -> list[StoredRow]:
    """The attributions that this one was relayed from, nearest first."""
    links: dict[str, StoredRow] = {}
    upstream = by_id.get(attribution["upstream_id"])
    # Writing refuses cycles; following each attribution only once makes sure that this ends anyway.
    while upstream is not None and upstream["id"] not in links:
        links[upstream["id"]] = upstream
        upstream = by_id.get(upstream["upstream_id"])
    return list(links.values())


def relayed_links(attribution: StoredRow, by_id: Mapping[str, StoredRow]) -> list[StoredRow]:
    """The upstream chain as sentences name it: without the links in which a source relays itself.

    After two sources were merged, one attribution of the kept source may relay another one: "NIS, citing NIS". A link
    that was withdrawn stays, because what was taken back must not look like what the relay says on its own.
    """
    chain = [attribution, *upstream_chain(attribution, by_id)]
    return [link for before, link in pairwise(chain) if link["source_id"] != before["source_id"] or link["withdrawn"]]


def origin_of(attribution: StoredRow, by_id: Mapping[str, StoredRow], anonymity: Mapping[str, str]) -> str | None:
    """The id of the source at the end of the upstream chain.

    None if the lineage is unknown, the source is not identified, or an attribution from which this one was relayed was
    retracted or withdrawn. An origin's own retraction counts as well.
    """
    chain = upstream_chain(attribution, by_id) if attribution["upstream_id"] is not None else []
    root = chain[-1] if chain else attribution
    is_origin = root["lineage"] == Lineage.ORIGINAL and not any(link["withdrawn"] for link in chain or [attribution])
    return str(root["source_id"]) if is_origin and anonymity.get(root["source_id"]) in IDENTIFIED else None


def is_retracted(attribution: StoredRow) -> bool:
    """True if the source or the publisher took the statement back, and not if we withdrew it as recorded wrongly."""
    return attribution["retracted_by"] not in (None, Retractor.US)


def taken_back_links(attribution: StoredRow, by_id: Mapping[str, StoredRow]) -> list[StoredRow]:
    """The retracted and withdrawn attributions from which this one was relayed, nearest first.

    One that we withdrew is the last, because nothing is known of what it had been relayed from.
    """
    links: list[StoredRow] = []
    for link in upstream_chain(attribution, by_id) if attribution["upstream_id"] is not None else ():
        if link["withdrawn"]:
            links.append(link)
            if not is_retracted(link):
                break
    return links


def upstream_state(attribution: StoredRow, by_id: Mapping[str, StoredRow]) -> UpstreamState:
    """Whether what this attribution was relayed from still stands; the nearest link that does not decides."""
    links = taken_back_links(attribution, by_id)
    if not links:
        return UpstreamState.STANDS
    return UpstreamState.RETRACTED if is_retracted(links[0]) else UpstreamState.WITHDRAWN


def asserting_attributions(attributions: Iterable[StoredRow]) -> list[StoredRow]:
    """The attributions that assert the claim and have not been withdrawn."""
    return [row for row in attributions if row["stance"] in ASSERTING_STANCES and not row["withdrawn"]]


def was_ever_asserted(attributions: Iterable[StoredRow]) -> bool:
    """True if any attribution asserts the claim, including withdrawn ones."""
    return any(row["stance"] in ASSERTING_STANCES for row in attributions)


def trace_origins(attributions: Sequence[StoredRow], anonymity: Mapping[str, str]) -> dict[str, str | None]:
    """Map the id of each attribution of a claim to its origin, see `origin_of`."""
    by_id = {row["id"]: row for row in attributions}
    return {row["id"]: origin_of(row, by_id, anonymity) for row in attributions}


def identified_origins(attributions: Sequence[StoredRow], traced: Mapping[str, str | None]) -> list[str]:
    """The distinct identified origins of a claim, in the order of its attributions.

    `traced` is the result of `trace_origins`.
    """
    origins = (traced[row["id"]] for row in asserting_attributions(attributions))
    return list(dict.fromkeys(origin for origin in origins if origin is not None))


def ordered_pair(first: str, second: str) -> SourcePair:
    """A pair of source ids in the order in which it is stored."""
    return (first, second) if first < second else (second, first)


def shared_ancestor(pair: SourcePair, ancestors: Mapping[str, Sequence[str]]) -> str | None:
    """The nearest organisation that both sources belong to; one of the two if the other belongs to it."""
    first, second = ([source, *ancestors[source]] for source in pair)
    return next((source for source in first if source in second), None)


def relay_paths(attributions: Sequence[StoredRow]) -> Mapping[str, dict[str, str]]:
    """For each source, its asserting attributions and everything upstream of them: attribution id to source id."""
    by_id = {row["id"]: row for row in attributions}
    paths: dict[str, dict[str, str]] = defaultdict(dict)
    for row in asserting_attributions(attributions):
        chain = [row, *upstream_chain(row, by_id)]
        for start, link in enumerate(chain):
            paths[link["source_id"]] |= {upstream["id"]: upstream["source_id"] for upstream in chain[start:]}
    return paths


def dependence_reason(
    pair: SourcePair,
    paths: Mapping[str, Mapping[str, str]],
    ancestors: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
) -> str | None:
    """A sentence on why the record makes two origins dependent, or None. `paths` is the result of `relay_paths`."""
    ancestor = shared_ancestor(pair, ancestors)
    if ancestor is not None:
        return f"Both belong to {names[ancestor]}."
    first, second = (paths[source] for source in pair)
    shared_source = next((source for attribution, source in first.items() if attribution in second), None)
    return None if shared_source is None else f"Both rely on what {names[shared_source]} said."


def build_origin_pairs(
    attributions: Sequence[StoredRow],
    origins: Sequence[str],
    ancestors: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    rulings: Mapping[SourcePair, StoredRow],
) -> list[OriginPair]:
    """The independence of each pair of origins, with the reason.

    Dependence that follows from the record overrides any ruling, even a later one. Otherwise the last ruling decides.
    """
    if len(origins) < 2:  # noqa: PLR2004 - a pair has two
        return []
    pairs = []
    paths = relay_paths(attributions)
    for first, second in combinations(origins[:MAX_ORIGINS], 2):
        pair = ordered_pair(first, second)
        dependence = dependence_reason(pair, paths, ancestors, names)
        ruling = rulings.get(pair)
        if dependence is not None:
            independence, why = Independence.DEPENDENT, dependence
        elif ruling is not None:
            independence, why = Independence(ruling["ruling"]), ruling["reason"]
        else:
            independence, why = Independence.NOT_ESTABLISHED, "Nobody has ruled on it."
        pairs.append(OriginPair(source_ids=list(pair), independence=independence, why=why))
    return pairs


def count_independent(origins: Sequence[str], pairs: Sequence[OriginPair]) -> int:
    """The size of the largest set of origins whose pairs are all ruled independent; 0 if no pair is."""
    if not pairs:
        return 0
    neighbours: dict[str, set[str]] = {origin: set() for origin in origins}
    for pair in pairs:
        if pair.independence is Independence.ESTABLISHED:
            first, second = pair.source_ids
            neighbours[first].add(second)
            neighbours[second].add(first)
    largest = _largest_clique(0, {origin for origin in origins if neighbours[origin]}, neighbours, 0)
    return largest if largest > 1 else 0


def _largest_clique(size: int, candidates: set[str], neighbours: Mapping[str, set[str]], best: int) -> int:
    # Branch and bound: a branch that cannot exceed the best size so far is skipped.
    best = max(best, size)
    remaining = set(candidates)
    while size + len(remaining) > best:
        origin = remaining.pop()
        best = _largest_clique(size + 1, remaining & neighbours[origin], neighbours, best)
    return best


def build_counts(
    attributions: Sequence[StoredRow],
    traced: Mapping[str, str | None],
    publishers: Mapping[str, str | None],
    pairs: Sequence[OriginPair],
) -> PlainRow:
    """The five counts of a claim, with the fields of the schema `Counts`.

    `traced` is the result of `trace_origins`; `publishers` maps document ids to publisher ids.
    """
    asserting = asserting_attributions(attributions)
    origins = identified_origins(attributions, traced)
    publisher_ids = {publishers.get(row["document_id"]) for row in asserting} - {None}
    unknown_lineage = [row for row in asserting if traced[row["id"]] is None]
    return {
        "attributions": len(asserting),
        "publishers": len(publisher_ids),
        "identified_origins": len(origins),
        "independent_origins": count_independent(origins, pairs),
        "lineage_unknown": len(unknown_lineage),
    }
