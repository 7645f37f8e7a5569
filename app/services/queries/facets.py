"""Facets: how many claims of a list have each status, kind, stage, topic, metric or source.

Where the counters have the answer, it is a sum over some of their cells, however many claims there are. Otherwise the
matching claims are selected once and counted for each facet.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, literal, select, union_all

from app.db.schema import table_of
from app.models import Source, Topic
from app.models.claim_count import ANY
from app.schemas.query_parameters import ClaimFilter, ClaimQuery, Facet
from app.services.changes import claim_counters
from app.services.changes.stale_periods import shown_status
from app.services.core.claim_parts import is_current_figure
from app.services.core.refs import Refs
from app.services.core.snapshot import Snapshot
from app.vocabulary import ClaimKind, ClaimStatus, Stage

MAX_VALUES = 200
"""The most values that a facet lists; the most frequent ones come first."""

_CELL_COLUMNS = frozenset({"stage", "kind", "status"})

_COUNTER_FACETS: Mapping[Facet, Mapping[str | None, str]] = {
    # Facet     No other filter,       filter by topic,    filter by metric
    "status": {None: ANY,                 "topic": "topic",   "metric": "metric"},
    "kind":   {None: ANY,                 "topic": "topic",   "metric": "metric"},
    "stage":  {None: ANY,                 "topic": "topic",   "metric": "metric"},
    "topic":  {None: "topic",             "topic": "topic"},
    "metric": {None: "metric"},
    "source": {None: "source"},
}  # fmt: skip
"""The facet of the counters that answers a facet of a list, by the one filter that the list may have besides stage,
kind and status. Missing combinations need claims to be counted: counters count single values, not pairs of values."""

_CLAIM_COLUMNS: Mapping[Facet, Sequence[str]] = {
    "status": ["status"],
    "kind": ["kind"],
    "stage": ["stage"],
    "topic": ["topic_id"],
    "metric": ["id", "content_version"],
    "source": ["id"],
}
"""The columns of a claim that are needed to count it."""


def requested_facets(query: ClaimQuery) -> list[Facet]:
    """The facets that a query requests, in its order."""
    return [] if query.facets is None else cast(list[Facet], query.facets.split(","))


def count_facets(
    connection: Connection,
    snapshot: Snapshot,
    query: ClaimQuery,
    *,
    facets: Sequence[Facet],
    stages: Sequence[Stage],
    matching: Select[Any],
) -> dict[Facet, dict[str, int]]:
    """For each of these facets, the number of claims by value, most frequent first.

    `matching` selects the claims of the list, which all have one of `stages`. Topics and sources are counted by id.
    """
    counter_facets = {
        facet: counter_facet for facet in facets if (counter_facet := counter_facet_for(facet, query)) is not None
    }
    branches = _select_from_claims(snapshot, matching, [facet for facet in facets if facet not in counter_facets])
    if counter_facets:
        cell = claim_counters.totals(snapshot.seq)
        conditions = [cell.c.stage.in_(stages), *_value_conditions(connection, snapshot, query, cell)]
        branches += [_select_from_counters(cell, conditions, query, *item) for item in counter_facets.items()]
    statement = union_all(*(select(branch.subquery()) for branch in branches))
    counts: dict[Facet, dict[str, int]] = {facet: {} for facet in facets}
    for facet, value, claims in sorted(connection.execute(statement), key=lambda row: (-row.claims, row.value)):
        if claims:  # empty cells of the counters are never deleted
            counts[facet][value] = int(claims)
    return counts


def counter_facet_for(facet: Facet, query: ClaimFilter) -> str | None:
    """The facet of the counters that answers this facet of a list; None if its claims must be counted."""
    filter_names = [name for name in ClaimFilter.model_fields if getattr(query, name) not in (None, [])]
    other_names = [name for name in filter_names if name not in _CELL_COLUMNS]
    if len(other_names) > 1 or len(query.metric) > 1:  # a claim with two of the metrics would count twice
        return None
    return _COUNTER_FACETS[facet].get(other_names[0] if other_names else None)


def _value_conditions(
    connection: Connection, snapshot: Snapshot, query: ClaimFilter, cell: FromClause
) -> list[ColumnElement[bool]]:
    """Conditions for the cells of the topic or metric that a list is filtered by."""
    if query.topic is not None:
        return [cell.c.value == Refs(connection, snapshot).resolve_field(table_of(Topic), query.topic, "topic")]
    return [cell.c.value.in_(query.metric)] if query.metric else []


def _select_from_counters(
    cell: FromClause,
    base_conditions: Sequence[ColumnElement[bool]],
    query: ClaimFilter,
    facet: Facet,
    counter_facet: str,
) -> Select[Facet, str, int]:
    is_split = counter_facet == ANY or query.kind or query.status or facet in ("kind", "status")
    conditions = [
        *base_conditions,
        cell.c.facet == counter_facet,
        # All values are listed even without a filter, so that each is one lookup in the primary key.
        cell.c.kind.in_((query.kind or list(ClaimKind)) if is_split else [ANY]),
        cell.c.status.in_((query.status or list(ClaimStatus)) if is_split else [ANY]),
    ]
    value = cell.c[facet] if facet in _CELL_COLUMNS else cell.c.value
    return _select_most_frequent(facet, value, func.sum(cell.c.claims), cell, conditions)


def _select_from_claims(
    snapshot: Snapshot, matching: Select[Any], facets: Sequence[Facet]
) -> list[Select[Facet, str, int]]:
    claim, figure, attribution = snapshot.claim, snapshot.quantity, snapshot.attribution
    needed = {name for facet in facets for name in _CLAIM_COLUMNS[facet]}
    columns = {name: claim.c[name] for name in needed} | {"status": shown_status(snapshot, claim)}
    # A CTE that is used more than once is evaluated once by both engines.
    matched = matching.with_only_columns(*(columns[name] for name in sorted(needed))).cte("matching")
    branches = []
    for facet in facets:
        from_clause: FromClause
        if facet == "metric":
            on_claim = is_current_figure(figure, matched)
            value, from_clause, claims = (
                figure.c.metric,
                matched.join(figure, on_claim),
                func.count(matched.c.id.distinct()),
            )
        elif facet == "source":
            on_claim = (attribution.c.claim_id == matched.c.id) & ~attribution.c.withdrawn
            value, from_clause, claims = (
                attribution.c.source_id,
                matched.join(attribution, on_claim),
                func.count(matched.c.id.distinct()),
            )
        else:
            value, from_clause, claims = matched.c[_CLAIM_COLUMNS[facet][0]], matched, func.count()
        branches.append(_select_most_frequent(facet, value, claims, from_clause, [value.is_not(None)]))
    return branches


def _select_most_frequent(
    facet: Facet,
    value: ColumnElement[str],
    claims: ColumnElement[int],
    source: FromClause,
    conditions: Sequence[ColumnElement[bool]],
) -> Select[Facet, str, int]:
    """Select the most frequent values of a facet."""
    number = claims.label("claims")
    return (
        select(literal(facet).label("facet"), value.label("value"), number)
        .select_from(source)
        .where(*conditions)
        .group_by(value)
        # By label, because SQLite would compute the expression again.
        .order_by(number.desc(), value)
        .limit(MAX_VALUES)
    )


def read_names(
    connection: Connection, snapshot: Snapshot, counts: Mapping[Facet, Mapping[str, int]] | None
) -> dict[str, str] | None:
    """The names of the sources and the titles of the topics in these counts, by id; None if none were counted."""
    columns = {"source": snapshot.source.c.name, "topic": snapshot.topic.c.title}
    ids = {facet: counts[facet] for facet in ("source", "topic") if facet in counts} if counts else {}
    if not ids:
        return None
    branches = [
        select(column.table.c.id, column.label("name")).where(column.table.c.id.in_(list(ids[facet])))
        for facet, column in columns.items()
        if ids.get(facet)
    ]
    if not branches:
        return {}
    names = {row.id: row.name for row in connection.execute(union_all(*branches))}
    # In the order of the facets, so that the same state is the same response on every engine.
    return {identifier: names[identifier] for facet in ids.values() for identifier in facet if identifier in names}


class NamedRef(NamedTuple):
    """A topic or source that a filter refers to."""

    id: str
    name: str
    """The title of the topic, or the name of the source."""


def read_filter_names(connection: Connection, snapshot: Snapshot, query: ClaimFilter) -> dict[str, NamedRef]:
    """The topic and the source that a list is filtered by, under `topic` and `source`.

    Raises InvalidError for an unknown topic or source.
    """
    refs = Refs(connection, snapshot)
    topic_id = refs.resolve_field(table_of(Topic), query.topic, "topic")
    source_id = refs.resolve_field(table_of(Source), query.source, "source")
    ids: dict[Facet, str | None] = {"topic": topic_id, "source": source_id}
    resolved = {facet: identifier for facet, identifier in ids.items() if identifier is not None}
    names = read_names(connection, snapshot, {facet: {identifier: 1} for facet, identifier in resolved.items()}) or {}
    return {facet: NamedRef(identifier, names[identifier]) for facet, identifier in resolved.items()}
