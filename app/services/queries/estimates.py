"""The figures of a topic side by side: over time, by origin, and which of them contradict each other.

Series and conflicts cover all matching claims, so every page reads all of them once, with their figures and
attributions, and then takes its figures out of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from app.db.compiled_reads import PlainRow, in_list, nested_rows
from app.schemas.base import edtf
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, Series
from app.schemas.quantity import QuantityRead
from app.schemas.query_parameters import EstimatesQuery
from app.schemas.relation import ClaimBrief
from app.services.catalogue import sources, topics
from app.services.core import etags
from app.services.core.claim_parts import select_figures
from app.services.core.cursors import Cursors
from app.services.core.nouns import columns_of, serialize_row
from app.services.core.pagination import PageRequest, slice_page
from app.services.core.snapshot import Snapshot, SnapshotQuery, snapshot_at
from app.services.policy import origins
from app.services.policy.figure_conflicts import ComparableFigure, find_conflicts, interval_of, time_sort_key
from app.services.queries.claim_filters import ClaimConditions, FilterShape, ParsedFilter, build_filter
from app.vocabulary import Relation, Stage, UpstreamState

MAX_CONFLICTS = 500
"""The most conflicts that a page lists; all of them are counted."""

_BY_ID = itemgetter("id")

SETTLING_RELATIONS = (Relation.SUPERSEDES, Relation.SAME_AS)
"""Two claims with one of these relations are no competing accounts, so their figures do not conflict."""


class _StatedFigure(NamedTuple):
    """A figure with its claim. The first three fields are its sort values: the order of figures on pages."""

    earliest: str
    claim_id: str
    position: int
    claim: PlainRow
    quantity: PlainRow


def page_tag(connection: Connection, topic_id: str, query: EstimatesQuery) -> str:
    """The entity tag of a page of figures, without reading the page itself.

    Raises NotFoundError if the topic does not exist.
    """
    snapshot = snapshot_at(connection, query.as_of)
    topics.read_plain(connection, snapshot, topic_id)
    return _tag(connection, snapshot)


def _tag(connection: Connection, snapshot: Snapshot) -> str:
    # One tag for all readers, because estimates include no drafts.
    return etags.of_record(connection, snapshot)


def read_estimates(connection: Connection, topic_id: str, query: EstimatesQuery, cursors: Cursors) -> etags.Tagged:
    """A page of the published figures of a topic, in the shape of `EstimatesPage`, with its entity tag.

    Raises NotFoundError if the topic does not exist, and InvalidError for a cursor of another list.
    """
    snapshot = snapshot_at(connection, query.as_of)
    tag = _tag(connection, snapshot)
    topic = topics.read_plain(connection, snapshot, topic_id)
    claim_filter = _build_filter(topic_id, query)
    claims = _claims_query(claim_filter.shape)(connection, snapshot, **claim_filter.values)
    source_ids = {attribution["source_id"] for claim in claims for attribution in claim["attributions"]}
    briefs = sources.read_brief_rows(connection, snapshot, source_ids)
    figures = sorted(_stated_figures(_with_origins(claims, briefs), query))
    page_figures, next_cursor = slice_page(figures, 3, PageRequest.of(query, cursors, topic=topic_id))
    conflicts, conflict_count = _build_conflicts(figures)
    return etags.Tagged(
        tag,
        serialize_row(
            EstimatesPage,
            {},
            topic=topic,
            items=[_build_estimate(figure, briefs) for figure in page_figures],
            next=next_cursor,
            series=_build_series(figures, briefs),
            conflicts=conflicts,
            conflict_count=conflict_count,
        ),
    )


# --- reading claims ---


def _build_filter(topic_id: str, query: EstimatesQuery) -> ParsedFilter:
    single_values = {
        "topic": topic_id,
        "date_from": None if query.date_from is None else edtf.bounds(query.date_from).earliest,
        "date_to": None if query.date_to is None else edtf.bounds(query.date_to).latest,
    }
    return build_filter(single_values, {"stage": [Stage.PUBLISHED], "metric": query.metric})


@lru_cache(maxsize=64)
def _claims_query(shape: FilterShape) -> SnapshotQuery:
    """The query for the claims that match filters of this shape, with figures, attributions and settling relations."""

    def build(snapshot: Snapshot) -> Select[Any]:
        claim, figure = snapshot.claim, snapshot.quantity
        attribution, relation = snapshot.attribution, snapshot.claim_relation
        figures = select_figures(figure, claim, QuantityRead)
        columns = ("id", "source_id", "stance", "lineage", "upstream_id", "withdrawn", "retracted_by")
        attributions = select(*(attribution.c[name] for name in columns)).where(attribution.c.claim_id == claim.c.id)
        is_settling = in_list(relation.c.relation, "resolved", [str(settling) for settling in SETTLING_RELATIONS])
        settled_claims = select(relation.c.other_claim_id).where(
            relation.c.claim_id == claim.c.id, is_settling, ~relation.c.withdrawn
        )
        return select(
            claim.c.time_earliest,
            claim.c.time_latest,
            claim.c.time,
            claim.c.place,
            *columns_of(ClaimBrief, claim),
            nested_rows(figures).label("figures"),
            nested_rows(attributions).label("attributions"),
            nested_rows(settled_claims, named=False).label("settled"),
        ).where(*ClaimConditions(snapshot, shape).all())

    return SnapshotQuery(build)


def _with_origins(claims: Iterable[PlainRow], briefs: Mapping[str, PlainRow]) -> Iterator[PlainRow]:
    """Yield the claims with the sources that assert them (`said_by`) and their origins; changes the rows in place.

    A claim without any attribution is kept, like one of unknown origin, because its source may become known. A claim is
    left out if all attributions that asserted it were withdrawn: no source asserts it any more, so it is no estimate.
    """
    anonymity = {source_id: brief["anonymity"] for source_id, brief in briefs.items()}
    for claim in claims:
        attributions = sorted(claim["attributions"], key=_BY_ID)
        asserting = origins.asserting_attributions(attributions)
        if asserting or not origins.was_ever_asserted(attributions):
            claim["brief"] = serialize_row(ClaimBrief, claim)
            claim["said_by"] = _speakers(attributions, asserting)
            claim["origins"] = origins.identified_origins(attributions, origins.trace_origins(attributions, anonymity))
            yield claim


def _speakers(attributions: Sequence[PlainRow], asserting: Sequence[PlainRow]) -> dict[str, UpstreamState]:
    """The sources of asserting attributions with their states; one that stands prevails over those that do not."""
    by_id = {attribution["id"]: attribution for attribution in attributions}
    states: dict[str, UpstreamState] = {}
    for attribution in asserting:
        state, source_id = origins.upstream_state(attribution, by_id), attribution["source_id"]
        states[source_id] = state if state is UpstreamState.STANDS else states.get(source_id, state)
    return states


def _stated_figures(claims: Iterable[PlainRow], query: EstimatesQuery) -> Iterator[_StatedFigure]:
    """Yield the figures of these claims, only those with a requested metric if the query names any."""
    for claim in claims:
        for quantity in claim["figures"]:
            position = quantity.pop("position")
            if not query.metric or quantity["metric"] in query.metric:
                yield _StatedFigure(claim["time_earliest"], claim["id"], position, claim, quantity)


# --- building the page ---


def _build_estimate(figure: _StatedFigure, briefs: Mapping[str, PlainRow]) -> PlainRow:
    return serialize_row(
        Estimate,
        figure.claim,
        claim=figure.claim["brief"],
        quantity=figure.quantity,
        origins=[briefs[source] for source in figure.claim["origins"]],
        said_by=[{**briefs[source], "upstream_state": state} for source, state in figure.claim["said_by"].items()],
    )


def _build_series(figures: Iterable[_StatedFigure], briefs: Mapping[str, PlainRow]) -> list[PlainRow]:
    """The number and period of figures for each origin and metric; claims of unknown origin form one series."""
    times: dict[tuple[str | None, str], list[str | None]] = defaultdict(list)
    for figure in figures:
        for origin in figure.claim["origins"] or (None,):
            times[origin, figure.quantity["metric"]].append(figure.claim["time"])
    return [
        _build_one_series(None if origin is None else briefs[origin], metric, group)
        for (origin, metric), group in times.items()
    ]


def _build_one_series(origin: PlainRow | None, metric: str, times: Sequence[str | None]) -> PlainRow:
    known_times: list[str | None] = [time for time in times if time is not None]
    known_times = known_times or [None]
    return serialize_row(
        Series, {}, origin=origin, metric=metric, figures=len(times), first=known_times[0], last=known_times[-1]
    )


def _build_conflicts(figures: Sequence[_StatedFigure]) -> tuple[list[PlainRow], int]:
    """The first `MAX_CONFLICTS` pairs of figures that conflict, and the number of all of them."""
    by_position = {(stated.claim_id, stated.position): stated for stated in figures}
    listed: list[PlainRow] = []
    count = 0
    for figure, others in find_conflicts(map(_comparable_figure, figures), _settled_claims(figures)):
        count += len(others)
        if len(listed) < MAX_CONFLICTS:
            listed += [
                _build_conflict(
                    by_position[other.claim_id, other.position], by_position[figure.claim_id, figure.position]
                )
                for other in islice(sorted(others, key=time_sort_key), MAX_CONFLICTS - len(listed))
            ]
    return listed, count


def _settled_claims(figures: Iterable[_StatedFigure]) -> Mapping[str, set[str]]:
    """For each claim, the claims to which it has a settling relation, in either direction."""
    settled: dict[str, set[str]] = defaultdict(set)
    for figure in figures:
        for (other,) in figure.claim["settled"]:
            settled[figure.claim_id].add(other)
            settled[other].add(figure.claim_id)
    return settled


def _comparable_figure(stated: _StatedFigure) -> ComparableFigure:
    claim, quantity = stated.claim, stated.quantity
    return ComparableFigure(
        claim_id=stated.claim_id,
        position=stated.position,
        comparable=(
            quantity["metric"],
            quantity["unit"],
            quantity["population"],
            quantity["cumulative"],
            claim["place"],
        ),
        earliest=date.fromisoformat(claim["time_earliest"]),
        latest=date.fromisoformat(claim["time_latest"]),
        interval=interval_of(quantity["qualifier"], *(_as_decimal(quantity[name]) for name in ("low", "best", "high"))),
    )


def _as_decimal(number: float | None) -> Decimal | None:
    # repr() gives the shortest digits, which are those that the source gave: comparisons of bounds must be exact.
    return None if number is None else Decimal(repr(number))


def _build_conflict(first: _StatedFigure, second: _StatedFigure) -> PlainRow:
    pair = (first, second)
    return serialize_row(
        Conflict,
        first.quantity,
        claims=[stated.claim["brief"] for stated in pair],
        quantities=[stated.quantity for stated in pair],
        times=[stated.claim["time"] for stated in pair],
    )
