"""The figures of a topic side by side: over time, by origin, and which of them contradict each other.

Series and conflicts cover all matching claims, so every page reads all of them once, with their figures and
attributions, and then takes its figures out of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, select

from app.db.compiled_reads import PlainRow, in_list, nested_rows
from app.db.revisions import StoredRow
from app.schemas.base import edtf
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, FigureSpeaker, Series
from app.schemas.quantity import QuantityRead
from app.schemas.query_parameters import EstimatesQuery, FigureFilter, SeriesQuery
from app.schemas.relation import ClaimBrief
from app.services.catalogue import documents, sources, topics
from app.services.changes.stale_periods import shown_status
from app.services.core import etags, source_tree
from app.services.core.claim_parts import select_figures
from app.services.core.cursors import Cursors
from app.services.core.nouns import columns_of, serialize_row
from app.services.core.pagination import PageRequest, slice_page
from app.services.core.snapshot import Snapshot, SnapshotQuery, snapshot_at
from app.services.policy import origins
from app.services.policy.figure_accounts import Account, account_chains, build_account
from app.services.policy.figure_comparability import ComparableFigure, StatedFigure, comparable_figures
from app.services.policy.figure_conflicts import SETTLING_RELATIONS, ConflictFinder, Rival, time_sort_key
from app.services.queries.claim_filters import ClaimConditions, FilterShape, ParsedFilter, build_filter
from app.vocabulary import Stage, UpstreamState

MAX_CONFLICTS = 500
"""The most conflicts that a page lists; all of them are counted."""

MAX_SERIES_FIGURES = 100_000
"""The most figures that a series has: the latest ones."""

SERIES_COLUMNS = ("metric", "unit", "population", "qualifier", "low", "best", "high", "cumulative", "verbatim")

_BY_ID = itemgetter("id")


def page_tag(connection: Connection, topic_id: str, query: EstimatesQuery | SeriesQuery) -> str:
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
    conflicts, conflict_count = _Conflicts(connection, snapshot, topic, briefs).build(figures)
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


def read_series(connection: Connection, topic_id: str, query: SeriesQuery) -> etags.Tagged:
    """All published figures of a topic in the compact shape of `TopicSeries`, with the entity tag.

    Raises NotFoundError if the topic does not exist.
    """
    snapshot = snapshot_at(connection, query.as_of)
    tag = _tag(connection, snapshot)
    topic = topics.read_plain(connection, snapshot, topic_id)
    claim_filter = _build_filter(topic_id, query)
    claims = _claims_query(claim_filter.shape)(connection, snapshot, **claim_filter.values)
    source_ids = {attribution["source_id"] for claim in claims for attribution in claim["attributions"]}
    briefs = sources.read_brief_rows(connection, snapshot, source_ids)
    figures = sorted(_stated_figures(_with_origins(claims, briefs), query))
    shown = figures[-MAX_SERIES_FIGURES:]
    body = {"topic": topic, "figure_count": len(figures), "figures": [_series_figure(row, briefs) for row in shown]}
    return etags.Tagged(tag, body)


def _series_figure(figure: StatedFigure, briefs: Mapping[str, PlainRow]) -> PlainRow:
    claim = figure.claim
    return {
        "claim_id": claim["id"],
        "time": claim["time"],
        "day": None if claim["time"] is None else _axis_day(claim),
        **{name: figure.quantity[name] for name in SERIES_COLUMNS},
        "status": claim["brief"]["status"],
        "origins": [briefs[source]["name"] for source in claim["origins"]],
        "said_by": [briefs[source]["name"] for source in claim["said_by"]],
    }


def _axis_day(claim: PlainRow) -> Any:
    is_open = claim["time_earliest"] == edtf.bounds(None).earliest
    return claim["time_latest"] if is_open else claim["time_earliest"]


# --- reading claims ---


def _build_filter(topic_id: str, query: FigureFilter) -> ParsedFilter:
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
        columns = (
            "id",
            "source_id",
            "stance",
            "lineage",
            "upstream_id",
            "withdrawn",
            "retracted_by",
            "said",
            "document_id",
        )
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
            *columns_of(ClaimBrief, claim, status=shown_status(snapshot, claim)),
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


def _speakers(attributions: Sequence[StoredRow], asserting: Sequence[StoredRow]) -> dict[str, UpstreamState]:
    """The sources of asserting attributions with their states; one that stands prevails over those that do not."""
    by_id = {attribution["id"]: attribution for attribution in attributions}
    states: dict[str, UpstreamState] = {}
    for attribution in asserting:
        state, source_id = origins.upstream_state(attribution, by_id), attribution["source_id"]
        states[source_id] = state if state is UpstreamState.STANDS else states.get(source_id, state)
    return states


def _stated_figures(claims: Iterable[PlainRow], query: FigureFilter) -> Iterator[StatedFigure]:
    """Yield the figures of these claims, only those with a requested metric if the query names any."""
    for claim in claims:
        for quantity in claim["figures"]:
            position = quantity.pop("position")
            if not query.metric or quantity["metric"] in query.metric:
                yield StatedFigure(claim["time_earliest"], claim["id"], position, claim, quantity)


# --- building the page ---


def _build_estimate(figure: StatedFigure, briefs: Mapping[str, PlainRow]) -> PlainRow:
    return serialize_row(
        Estimate,
        figure.claim,
        claim=figure.claim["brief"],
        quantity=figure.quantity,
        origins=[briefs[source] for source in figure.claim["origins"]],
        said_by=[{**briefs[source], "upstream_state": state} for source, state in figure.claim["said_by"].items()],
    )


def _build_series(figures: Iterable[StatedFigure], briefs: Mapping[str, PlainRow]) -> list[PlainRow]:
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


class _Conflicts:
    """Finds and builds the conflicts between the figures of a topic."""

    def __init__(
        self, connection: Connection, snapshot: Snapshot, topic: PlainRow, briefs: Mapping[str, PlainRow]
    ) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._topic_start = edtf.bounds(topic["period"]).earliest
        self._briefs = briefs
        self._anonymity = {source_id: brief["anonymity"] for source_id, brief in briefs.items()}
        self._accounts: dict[str, Account] = {}
        self._claims: dict[str, PlainRow] = {}
        self._ancestors_read: Mapping[str, Sequence[str]] | None = None

    def build(self, figures: Sequence[StatedFigure]) -> tuple[list[PlainRow], int]:
        """The first `MAX_CONFLICTS` pairs of figures that conflict, and the number of all of them."""
        self._claims = {stated.claim_id: stated.claim for stated in figures}
        finder = ConflictFinder(self._account, self._ancestors, _settled_claims(figures))
        listed: list[tuple[ComparableFigure, Rival]] = []
        count = 0
        for figure, rivals in finder.find(comparable_figures(figures, self._topic_start)):
            count += len(rivals)
            if len(listed) < MAX_CONFLICTS:
                first_rivals = sorted(rivals, key=lambda rival: time_sort_key(rival[0]))
                listed += [(figure, rival) for rival in first_rivals[: MAX_CONFLICTS - len(listed)]]
        return self._build_listed(figures, listed), count

    def _account(self, claim_id: str) -> Account:
        account = self._accounts.get(claim_id)
        if account is None:
            account = build_account(self._claims[claim_id]["attributions"], self._anonymity)
            self._accounts[claim_id] = account
        return account

    def _ancestors(self) -> Mapping[str, Sequence[str]]:
        if self._ancestors_read is None:
            self._ancestors_read = source_tree.ancestors(self._connection, self._snapshot, self._briefs)
        return self._ancestors_read

    def _build_listed(
        self, figures: Sequence[StatedFigure], listed: Sequence[tuple[ComparableFigure, Rival]]
    ) -> list[PlainRow]:
        if not listed:
            return []
        by_position = {(stated.claim_id, stated.position): stated for stated in figures}
        pairs = [(kind, sorted((figure, rival), key=time_sort_key)) for figure, (rival, kind) in listed]
        claim_ids = {figure.claim_id for _kind, pair in pairs for figure in pair}
        document_ids = {
            attribution["document_id"]
            for claim_id in claim_ids
            for attribution in self._claims[claim_id]["attributions"]
        }
        documents_read = documents.read_briefs(self._connection, self._snapshot, document_ids - {None})
        plain_documents = {key: document.model_dump(mode="json") for key, document in documents_read.items()}
        speakers = {
            claim_id: _build_speakers(self._claims[claim_id]["attributions"], self._briefs, plain_documents)
            for claim_id in claim_ids
        }
        conflicts = []
        for kind, pair in pairs:
            stated_pair = [by_position[figure.claim_id, figure.position] for figure in pair]
            conflicts.append(
                serialize_row(
                    Conflict,
                    stated_pair[0].quantity,
                    kind=kind,
                    claims=[stated.claim["brief"] for stated in stated_pair],
                    quantities=[stated.quantity for stated in stated_pair],
                    times=[stated.claim["time"] for stated in stated_pair],
                    speakers=[speakers[stated.claim_id] for stated in stated_pair],
                )
            )
        return conflicts


def _build_speakers(
    attributions: Sequence[PlainRow], briefs: Mapping[str, PlainRow], documents_by_id: Mapping[str, PlainRow]
) -> list[PlainRow]:
    """Who gave the figures of a claim: each chain of attributions once, without those that are part of a longer one."""
    chains = account_chains(attributions, {source_id: brief["anonymity"] for source_id, brief in briefs.items()})
    return [
        serialize_row(
            FigureSpeaker,
            {},
            source=briefs[chain.source["source_id"]],
            relayed_by=[briefs[relay["source_id"]] for relay in chain.relays],
            document=next(
                (
                    documents_by_id[row["document_id"]]
                    for row in (*reversed(chain.relays), chain.source)
                    if row["document_id"] is not None
                ),
                None,
            ),
            said=chain.source["said"],
        )
        for chain in chains
    ]


def _settled_claims(figures: Iterable[StatedFigure]) -> Mapping[str, set[str]]:
    """For each claim, the claims to which it has a settling relation, in either direction."""
    settled: dict[str, set[str]] = defaultdict(set)
    for figure in figures:
        for (other,) in figure.claim["settled"]:
            settled[figure.claim_id].add(other)
            settled[other].add(figure.claim_id)
    return settled
