"""Facets: how many claims of a list have each status, kind, stage, topic, metric or source.

Where the counters know the answer, it is a sum over some of their cells, however many claims there are. Otherwise the
claims that match are found once, and counted by each facet.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, literal, select, union_all

from app.db.schema import table_of
from app.models import Topic
from app.models.claim_count import ANY
from app.schemas.query_parameters import ClaimFilter, ClaimQuery, Facet
from app.services.core import claim_counters
from app.services.core.refs import Refs
from app.services.core.snapshot import Record
from app.vocabulary import ClaimKind, Stage, Status

MOST = 200
"""Values that a facet lists, the most frequent ones."""

_EVERY_CELL_KNOWS = frozenset({"stage", "kind", "status"})

_COUNTERS: Mapping[Facet, Mapping[str | None, str]] = {
    # Facet     Lists that are not narrowed,   to a topic,         to a metric
    "status": {None: ANY,                 "topic": "topic",   "metric": "metric"},
    "kind":   {None: ANY,                 "topic": "topic",   "metric": "metric"},
    "stage":  {None: ANY,                 "topic": "topic",   "metric": "metric"},
    "topic":  {None: "topic",             "topic": "topic"},
    "metric": {None: "metric"},
    "source": {None: "source"},
}  # fmt: skip
"""Which counters tell a facet of a list that is narrowed by nothing but a stage, kind and status, and by one thing
more. Where nothing stands the counters do not know: they count what claims have, not what they have together."""

_COLUMNS: Mapping[Facet, Sequence[str]] = {
    "status": ["status"],
    "kind": ["kind"],
    "stage": ["stage"],
    "topic": ["topic_id"],
    "metric": ["id", "content_version"],
    "source": ["id"],
}
"""The columns of a claim that it takes to count it."""


def asked_for(query: ClaimQuery) -> list[Facet]:
    """The facets that a query asks for."""
    return [] if query.facets is None else cast(list[Facet], query.facets.split(","))


def count(
    connection: Connection,
    record: Record,
    query: ClaimQuery,
    *,
    facets: Sequence[Facet],
    stages: Sequence[Stage],
    matching: Select[Any],
) -> dict[Facet, dict[str, int]]:
    """For each of these facets: how many claims have each value, most first.

    `matching` selects the claims of the list, which are at these stages. Topics and sources are counted by id.
    """
    by_counters = {facet: counters for facet in facets if (counters := counters_for(facet, query)) is not None}
    branches = _from_claims(record, matching, [facet for facet in facets if facet not in by_counters])
    if by_counters:
        cell = claim_counters.totals(record.seq)
        within = [cell.c.stage.in_(stages), *_narrowed(connection, query, cell)]
        branches += [_from_counters(cell, within, query, *one) for one in by_counters.items()]
    statement = union_all(*(select(branch.subquery()) for branch in branches))
    found: dict[Facet, dict[str, int]] = {facet: {} for facet in facets}
    for facet, value, claims in sorted(connection.execute(statement), key=lambda row: (-row.claims, row.value)):
        if claims:  # the cells of the counters stay when they become empty
            found[facet][value] = int(claims)
    return found


def counters_for(facet: Facet, query: ClaimFilter) -> str | None:
    """The facet of the counters that tell this facet of a list; None if it takes counting its claims."""
    narrowed = [name for name in ClaimFilter.model_fields if getattr(query, name) not in (None, [])]
    further = [name for name in narrowed if name not in _EVERY_CELL_KNOWS]
    if len(further) > 1 or len(query.metric) > 1:  # a claim that has two of the metrics would count twice
        return None
    return _COUNTERS[facet].get(further[0] if further else None)


def _narrowed(connection: Connection, query: ClaimFilter, cell: FromClause) -> list[ColumnElement[bool]]:
    """Keeps cells of the topic or metric that a list is narrowed to."""
    if query.topic is not None:
        return [cell.c.value == Refs(connection).field(table_of(Topic), query.topic, "topic")]
    return [cell.c.value.in_(query.metric)] if query.metric else []


def _from_counters(
    cell: FromClause, within: Sequence[ColumnElement[bool]], query: ClaimFilter, facet: Facet, counters: str
) -> Select[Facet, str, int]:
    parted = counters == ANY or query.kind or query.status or facet in ("kind", "status")
    conditions = [
        *within,
        cell.c.facet == counters,
        # Where any will do all are listed, so that each is one look at the primary key.
        cell.c.kind.in_((query.kind or list(ClaimKind)) if parted else [ANY]),
        cell.c.status.in_((query.status or list(Status)) if parted else [ANY]),
    ]
    value = cell.c[facet] if facet in _EVERY_CELL_KNOWS else cell.c.value
    return _most(facet, value, func.sum(cell.c.claims), cell, conditions)


def _from_claims(record: Record, matching: Select[Any], facets: Sequence[Facet]) -> list[Select[Facet, str, int]]:
    claim, figure, said = record.claim, record.quantity, record.attribution
    needed = {name for facet in facets for name in _COLUMNS[facet]}
    # Both engines find these once if more than one facet is counted among them.
    one = matching.with_only_columns(*(claim.c[name] for name in sorted(needed))).cte("matching")
    branches = []
    for facet in facets:
        source: FromClause
        if facet == "metric":
            of_it = (figure.c.claim_id == one.c.id) & (figure.c.content_version == one.c.content_version)
            value, source, claims = figure.c.metric, one.join(figure, of_it), func.count(one.c.id.distinct())
        elif facet == "source":
            of_it = (said.c.claim_id == one.c.id) & ~said.c.withdrawn
            value, source, claims = said.c.source_id, one.join(said, of_it), func.count(one.c.id.distinct())
        else:
            value, source, claims = one.c[_COLUMNS[facet][0]], one, func.count()
        branches.append(_most(facet, value, claims, source, [value.is_not(None)]))
    return branches


def _most(
    facet: Facet,
    value: ColumnElement[str],
    claims: ColumnElement[int],
    source: FromClause,
    conditions: Sequence[ColumnElement[bool]],
) -> Select[Facet, str, int]:
    """The most frequent values of a facet."""
    number = claims.label("claims")
    return (
        select(literal(facet).label("facet"), value.label("value"), number)
        .select_from(source)
        .where(*conditions)
        .group_by(value)
        # By its label, or SQLite would work it out again.
        .order_by(number.desc(), value)
        .limit(MOST)
    )
