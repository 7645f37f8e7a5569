"""The figures of a topic side by side: over time, by origin, and which of them cannot both hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from app.db.revisions import Row
from app.schemas import edtf
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, Series
from app.schemas.quantity import QuantityRead
from app.schemas.query import EstimatesQuery
from app.schemas.relation import ClaimBrief
from app.schemas.source import SourceBrief
from app.services import origins, relations, sources, topics
from app.services.conflicts import Figure, by_time, conflicting, interval
from app.services.cursors import Cursors
from app.services.listing import Order, Place, page
from app.services.record import Record, at
from app.vocabulary import Metric, Relation, Stage

MOST_CONFLICTS = 500

Conditions = list[ColumnElement[bool]]

RESOLVED = (Relation.SUPERSEDES, Relation.SAME_AS)
"""Two claims that stand so to each other are not two accounts."""


@dataclass(frozen=True)
class _Told:
    """Who says each claim of the selection."""

    said_by: Mapping[str, list[SourceBrief]]
    origins: Mapping[str, list[SourceBrief]]


def of_topic(connection: Connection, topic_id: str, query: EstimatesQuery, cursors: Cursors) -> EstimatesPage:
    """The published figures of a topic. Raises NotFoundError."""
    record = at(connection, query.as_of)
    topic = topics.read_one(connection, record, topic_id)
    chosen = _choose(record, topic_id, query)
    rows, following = _page(connection, record, chosen, Place.of(query, cursors, topic=topic_id))
    everything = connection.execute(_figures(record, chosen)).mappings().all()
    told = _told(connection, record, chosen)
    conflicts, conflict_count = _conflicts(connection, record, everything)
    return EstimatesPage(
        topic=topic,
        items=[_estimate(row, told) for row in rows],
        next=following,
        series=_series(everything, told),
        conflicts=conflicts,
        conflict_count=conflict_count,
    )


def _choose(record: Record, topic_id: str, query: EstimatesQuery) -> Conditions:
    claim, figure = record.claim, record.quantity
    chosen = [
        claim.c.topic_id == topic_id,
        claim.c.stage == Stage.PUBLISHED,
        figure.c.claim_id == claim.c.id,
        figure.c.content_version == claim.c.content_version,
    ]
    if query.metric:
        chosen.append(figure.c.metric.in_(query.metric))
    if query.date_from is not None or query.date_to is not None:
        chosen.append(claim.c.time.is_not(None))
    if query.date_from is not None:
        chosen.append(claim.c.time_latest >= edtf.bounds(query.date_from).earliest)
    if query.date_to is not None:
        chosen.append(claim.c.time_earliest <= edtf.bounds(query.date_to).latest)
    return chosen


def _figures(record: Record, chosen: Conditions) -> Select[Any]:
    claim, figure = record.claim, record.quantity
    columns = [column for column in figure.c if column.name not in ("change_seq", "recorded_at", "content_version")]
    return (
        select(
            claim.c.time_earliest,
            claim.c.id,
            *columns,
            claim.c.time_latest,
            claim.c.time,
            claim.c.place,
            claim.c.statement,
            claim.c.status,
            claim.c.stage,
        )
        .where(*chosen)
        .order_by(claim.c.time_earliest, claim.c.id, figure.c.position)
    )


def _page(connection: Connection, record: Record, chosen: Conditions, asked: Place) -> tuple[list[Row], str | None]:
    claim, figure = record.claim, record.quantity
    order = Order((claim.c.time_earliest, claim.c.id, figure.c.position))
    keys: Select[Any] = select(*order.columns).where(*chosen)
    places, following = page(connection, keys, order, asked)
    wanted = [(place.id, place.position) for place in places]
    statement = _figures(record, [*chosen, claim.c.id.in_([claim_id for claim_id, _position in wanted])])
    found = {(row["id"], row["position"]): row for row in connection.execute(statement).mappings()}
    return [found[one] for one in wanted], following


def _told(connection: Connection, record: Record, chosen: Conditions) -> _Told:
    said, claim = record.attribution, record.claim
    claims = select(claim.c.id).where(*chosen)
    needed = ("id", "claim_id", "source_id", "stance", "lineage", "upstream_id", "withdrawn")
    rows = connection.execute(
        select(*(said.c[name] for name in needed)).where(said.c.claim_id.in_(claims)).order_by(said.c.id)
    ).mappings()
    by_claim: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_claim[row["claim_id"]].append(row)
    briefs = sources.briefs_of(connection, record, {row["source_id"] for group in by_claim.values() for row in group})
    anonymity = {one: str(brief.anonymity) for one, brief in briefs.items()}
    return _Told(
        said_by={
            one: [briefs[source] for source in dict.fromkeys(row["source_id"] for row in origins.asserting(group))]
            for one, group in by_claim.items()
        },
        origins={
            one: [briefs[source] for source in origins.origins_of(group, origins.traced(group, anonymity))]
            for one, group in by_claim.items()
        },
    )


def _estimate(row: Row, told: _Told) -> Estimate:
    return Estimate(
        claim=ClaimBrief(**row),
        time=row["time"],
        place=row["place"],
        quantity=QuantityRead(**row),
        origins=told.origins.get(row["id"], []),
        said_by=told.said_by.get(row["id"], []),
    )


def _series(rows: Sequence[Row], told: _Told) -> list[Series]:
    groups: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
    known: dict[str | None, SourceBrief | None] = {None: None}
    for row in rows:
        found: dict[str | None, SourceBrief | None] = {origin.id: origin for origin in told.origins.get(row["id"], [])}
        known |= found
        for identifier in found or (None,):
            groups[identifier, row["metric"]].append(row)
    return [_one_series(known[one], Metric(metric), group) for (one, metric), group in groups.items()]


def _one_series(origin: SourceBrief | None, metric: Metric, group: Sequence[Row]) -> Series:
    times = [row["time"] for row in group if row["time"] is not None] or [None]
    return Series(origin=origin, metric=metric, figures=len(group), first=times[0], last=times[-1])


def _conflicts(connection: Connection, record: Record, rows: Sequence[Row]) -> tuple[list[Conflict], int]:
    """The first pairs that conflict, and how many there are."""
    by_place = {(row["id"], row["position"]): row for row in rows}
    settled: dict[str, set[str]] = defaultdict(set)
    for one, other in relations.linked(connection, record, {row["id"] for row in rows}, RESOLVED):
        settled[one].add(other)
        settled[other].add(one)
    listed: list[Conflict] = []
    count = 0
    for figure, others in conflicting(map(_figure, rows), settled):
        count += len(others)
        if len(listed) < MOST_CONFLICTS:
            listed += [
                _conflict(by_place[other.claim_id, other.position], by_place[figure.claim_id, figure.position])
                for other in sorted(others, key=by_time)[: MOST_CONFLICTS - len(listed)]
            ]
    return listed, count


def _figure(row: Row) -> Figure:
    return Figure(
        claim_id=row["id"],
        position=row["position"],
        comparable=(row["metric"], row["unit"], row["population"], row["cumulative"], row["place"]),
        earliest=row["time_earliest"],
        latest=row["time_latest"],
        interval=interval(row["qualifier"], row["low"], row["best"], row["high"]),
    )


def _conflict(first: Row, second: Row) -> Conflict:
    both = (first, second)
    return Conflict(
        metric=first["metric"],
        unit=first["unit"],
        population=first["population"],
        claims=[ClaimBrief(**row) for row in both],
        quantities=[QuantityRead(**row) for row in both],
        times=[row["time"] for row in both],
    )
