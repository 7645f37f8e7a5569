"""Filters of claims, as SQL conditions.

The values of a filter are separate from its shape, which decides the statement: filters of one shape share a statement,
which is built and compiled once, and differ only in its parameters.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, exists, func, or_, select

from app.db.compiled_reads import CompiledStatement, in_list, text_table
from app.db.schema import table_of
from app.errors import PermissionDeniedError
from app.formats.search_text import fold
from app.models import Source, Topic
from app.schemas.base import edtf
from app.schemas.query_parameters import ClaimFilter
from app.services.changes.actors import Actor, visible_stages
from app.services.changes.stale_periods import is_stale
from app.services.core import source_tree
from app.services.core.claim_parts import is_current_figure
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW, Snapshot
from app.vocabulary import ClaimStatus, Stage


class FilterShape(NamedTuple):
    """A filter without its values: all that the SQL statement depends on."""

    names: frozenset[str]
    multi_valued: frozenset[str]
    """Those of `names` that have more than one value."""
    includes_stale: bool = False
    """Whether claims with a stale decision are among the statuses. `status` in `names` means that others are too."""


class ParsedFilter(NamedTuple):
    """A filter as shape and values, without its search words (`q`)."""

    shape: FilterShape
    values: Mapping[str, Any]
    """Values by name of the filter, which is also the name of the statement's parameter."""


def parse_filter(connection: Connection, snapshot: Snapshot, query: ClaimFilter, actor: Actor | None) -> ParsedFilter:
    """Parse a filter: resolve references, expand a source to all its parts, and convert dates to bounds.

    Raises InvalidError for an unknown topic or source, PermissionDeniedError for a stage that the reader may not see.
    """
    refs = Refs(connection, snapshot)
    single_values = {
        "topic": refs.resolve_field(table_of(Topic), query.topic, "topic"),
        "date_from": None if query.date_from is None else edtf.bounds(query.date_from).earliest,
        "date_to": None if query.date_to is None else edtf.bounds(query.date_to).latest,
        "place": None if query.place is None else _like_pattern(fold(query.place)),
        "value_min": query.value_min,
        "value_max": query.value_max,
    }
    source_id = refs.resolve_field(table_of(Source), query.source, "source")
    lists: dict[str, Sequence[str]] = {
        "kind": query.kind,
        "status": [status for status in query.status if status is not ClaimStatus.STALE],
        "stage": requested_stages(query, actor),
        "source": [] if source_id is None else source_tree.descendants(connection, snapshot, source_id),
        "stance": query.stance,
        "metric": query.metric,
    }
    claim_filter = build_filter(single_values, lists)
    is_stale_included = ClaimStatus.STALE in query.status
    return claim_filter._replace(shape=claim_filter.shape._replace(includes_stale=is_stale_included))


def build_filter(single_values: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> ParsedFilter:
    """Build a filter from single values and lists of values; None and empty lists mean that a filter is not set."""
    multiple_values = {name: [str(value) for value in values] for name, values in lists.items() if len(values) > 1}
    values = {
        **{name: value for name, value in single_values.items() if value is not None},
        **{name: str(values[0]) for name, values in lists.items() if len(values) == 1},
        **multiple_values,
    }
    return ParsedFilter(FilterShape(frozenset(values), frozenset(multiple_values)), values)


RARE_SOURCE_LIMIT = 2_000
"""The most attributions of a source for which a list starts from them rather than from the claims in order."""


@lru_cache(maxsize=1)
def _attribution_count_query() -> CompiledStatement:
    source_ids, attribution = text_table("sources"), NOW.attribution
    first_rows = (
        select(attribution.c.claim_id)
        .select_from(source_ids.join(attribution, attribution.c.source_id == source_ids.c.value))
        .limit(RARE_SOURCE_LIMIT + 1)
    )
    return CompiledStatement(select(func.count().label("attributions")).select_from(first_rows.subquery()))


def is_rare_source(connection: Connection, claim_filter: ParsedFilter) -> bool:
    """True if a filter asks for a source with so few attributions that a list should start from them.

    Scanning all claims in order for twenty of one source takes longer the fewer it has; reading and sorting all its
    claims takes longer the more it has. Neither engine's planner knows how often one source appears, so this query
    counts in the index, up to `RARE_SOURCE_LIMIT`. At that number both plans take about 10 ms with a million claims.
    The current count is used for past snapshots too: it only affects the plan, not the result.
    """
    if "source" not in claim_filter.shape.names:
        return False
    value = claim_filter.values["source"]
    source_ids = value if "source" in claim_filter.shape.multi_valued else [value]
    counts = _attribution_count_query().rows(connection, sources=source_ids)
    return bool(counts[0]["attributions"] <= RARE_SOURCE_LIMIT)


def requested_stages(query: ClaimFilter, actor: Actor | None) -> list[Stage]:
    """The stages that a filter asks for; published by default.

    Raises PermissionDeniedError for a stage that the reader may not see.
    """
    stages = query.stage or [Stage.PUBLISHED]
    if set(stages) - visible_stages(actor):
        raise PermissionDeniedError(
            "Only fact-checkers can see drafts and claims in review. Use a fact-checker's key, or leave out `stage`."
        )
    return stages


_CLOSED_LISTS = ("stage", "kind", "status")
"""Filters by a value from a closed list that is a column of the claim itself."""


def _like_pattern(text: str) -> str:
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


@dataclass(frozen=True)
class ClaimConditions:
    """The SQL conditions of a filter on the claims of a snapshot; their parameters have the names of the filters."""

    snapshot: Snapshot
    shape: FilterShape
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values that are bound into the conditions; a statement that is compiled once gets them on execution instead."""

    def all(self, *, unindexed: Collection[str] = ()) -> list[ColumnElement[bool]]:
        """All conditions; those of the filters in `unindexed` are checked on each claim, without an index."""
        claim, attribution = self.snapshot.claim, self.snapshot.attribution
        conditions = self._on_claim(unindexed)
        if self.shape.names & {"source", "stance"}:
            conditions.append(
                exists(
                    select(1)
                    .select_from(attribution)
                    .where(attribution.c.claim_id == claim.c.id, *self._on_attribution(unindexed))
                )
            )
        return conditions

    def _on_claim(self, unindexed: Collection[str] = ()) -> list[ColumnElement[bool]]:
        """The conditions on the claim and its figures, without those on attributions."""
        claim, names = self.snapshot.claim, self.shape.names
        indexable = self._on_closed_lists()
        if "date_to" in names:
            indexable["date_to"] = claim.c.time_earliest <= self._value("date_to")
        # `IS TRUE` hides the column from the planner, so no index is used for the condition.
        conditions = [condition.is_(True) if name in unindexed else condition for name, condition in indexable.items()]
        if "status" in names and not self.shape.includes_stale:
            conditions.append(~is_stale(self.snapshot, claim))
        if "topic" in names:
            conditions.append(claim.c.topic_id == self._value("topic"))
        if names & {"date_from", "date_to"}:
            conditions.append(claim.c.time.is_not(None))
        if "date_from" in names:
            conditions.append(claim.c.time_latest >= self._value("date_from"))
        if "place" in names:
            conditions.append(claim.c.place_folded.like(self._value("place"), escape="/"))
        if names & {"metric", "value_min", "value_max"}:
            conditions.append(self._on_figures())
        return conditions

    def select_from_attributions(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select the claims that meet the conditions, starting from the attributions of the source in the filter."""
        claim, attribution = self.snapshot.claim, self.snapshot.attribution
        # DISTINCT, because a source may have several attributions to one claim.
        claim_ids: Select[Any] = select(attribution.c.claim_id).distinct()
        if "source" in self.shape.multi_valued:
            source_ids = text_table("source")
            claim_ids = claim_ids.select_from(
                source_ids.join(attribution, attribution.c.source_id == source_ids.c.value)
            )
        else:
            claim_ids = claim_ids.where(attribution.c.source_id == self._value("source"))
        attributed = claim_ids.where(~attribution.c.withdrawn, *self._on_stance()).subquery("its")
        # `IS TRUE` hides the columns from the planner, so it does not scan the claims in the order of an index.
        meets_conditions = and_(*self._on_claim()).is_(True)
        return (
            select(*columns)
            .select_from(attributed.join(claim, claim.c.id == attributed.c.claim_id))
            .where(meets_conditions)
        )

    @property
    def has_indexed_filter(self) -> bool:
        """True if the filter has a condition that an index answers."""
        return self.shape.includes_stale or bool(self.shape.names & {"kind", "status", "topic", "source"})

    def select_by_index(self) -> list[Select[Any]]:
        """For each condition that an index answers, select the ids of all claims that meet it."""
        claim, names = self.snapshot.claim, self.shape.names
        is_narrowed = self.shape.includes_stale or names & {"kind", "status"}
        selects = [select(claim.c.id).where(*self._on_closed_lists().values())] if is_narrowed else []
        if "topic" in names:
            selects.append(select(claim.c.id).where(claim.c.topic_id == self._value("topic")))
        if "source" in names:
            selects.append(select(self.snapshot.attribution.c.claim_id).where(*self._on_attribution()))
        return selects

    def _on_closed_lists(self) -> dict[str, ColumnElement[bool]]:
        """The conditions that the claim's own columns answer, by filter; a stale claim has its last status in them."""
        claim = self.snapshot.claim
        conditions = {name: self._has_value(claim.c[name], name) for name in _CLOSED_LISTS if name in self.shape.names}
        if self.shape.includes_stale:
            stale = self.snapshot.stale_period
            # Few claims are stale, so they are looked up by id.
            is_stale_claim = claim.c.id.in_(select(stale.c.claim_id))
            others = conditions.get("status")
            if others is None:
                conditions["status"] = is_stale_claim
            else:
                conditions["status"] = or_(is_stale_claim, others)
        return conditions

    def _on_attribution(self, unindexed: Collection[str] = ()) -> list[ColumnElement[bool]]:
        attribution = self.snapshot.attribution
        conditions: list[ColumnElement[bool]] = [~attribution.c.withdrawn]
        if "source" in self.shape.names:
            by_source = self._has_value(attribution.c.source_id, "source")
            conditions.append(by_source.is_(True) if "source" in unindexed else by_source)
        return [*conditions, *self._on_stance()]

    def _on_stance(self) -> list[ColumnElement[bool]]:
        if "stance" not in self.shape.names:
            return []
        return [self._has_value(self.snapshot.attribution.c.stance, "stance")]

    def _on_figures(self) -> ColumnElement[bool]:
        figure, claim = self.snapshot.quantity, self.snapshot.claim
        value = func.coalesce(figure.c.best, figure.c.low, figure.c.high, type_=figure.c.best.type)
        conditions = [is_current_figure(figure, claim)]
        if "metric" in self.shape.names:
            conditions.append(self._has_value(figure.c.metric, "metric"))
        if "value_min" in self.shape.names:
            conditions.append(value >= self._value("value_min"))
        if "value_max" in self.shape.names:
            conditions.append(value <= self._value("value_max"))
        return exists(select(1).select_from(figure).where(*conditions))

    def _has_value(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """The condition that a column has the value, or one of the values, of a filter."""
        if name in self.shape.multi_valued:
            return in_list(column, name, self.values.get(name))
        return column == self._value(name)

    def _value(self, name: str) -> BindParameter[Any]:
        return bindparam(name, self.values[name]) if name in self.values else bindparam(name)
