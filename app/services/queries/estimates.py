"""The figures of a topic side by side: over time, by origin, and which of them cannot both hold.

Series and conflicts are of the whole selection, so that all of it is read for every page, once: its claims, each with
its figures and with who says so. A page is then cut from what was read.
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

from app.db.compiled_reads import PlainRow, among, rows_of
from app.schemas.base import edtf
from app.schemas.estimate import Conflict, Estimate, EstimatesPage, Series
from app.schemas.quantity import QuantityRead
from app.schemas.query_parameters import EstimatesQuery
from app.schemas.relation import ClaimBrief
from app.services.catalogue import sources, topics
from app.services.core.cursors import Cursors
from app.services.core.nouns import Shown, columns_of, shaped
from app.services.core.pagination import Place, cut
from app.services.core.snapshot import Read, Record, at, tag_of
from app.services.policy import origins
from app.services.policy.conflicts import Figure, by_time, conflicting, interval
from app.services.queries.claim_filters import Asked, Conditions, Shape, taken_apart
from app.vocabulary import Relation, Stage

MOST_CONFLICTS = 500

_BY_ID = itemgetter("id")

RESOLVED = (Relation.SUPERSEDES, Relation.SAME_AS)
"""Two claims that stand so to each other are not two accounts."""


class _Stated(NamedTuple):
    """A figure, where it stands in the order of figures, and the claim that states it."""

    earliest: str
    claim_id: str
    position: int
    claim: PlainRow
    quantity: PlainRow


def page_tag(connection: Connection, topic_id: str, query: EstimatesQuery) -> str:
    """The entity tag that the figures of a topic would be shown with. Raises NotFoundError."""
    record = at(connection, query.as_of)
    topics.read_plain(connection, record, topic_id)
    return _tag(connection, record)


def _tag(connection: Connection, record: Record) -> str:
    # Drafts are shown to nobody here, so that there is one tag for all readers.
    return tag_of(connection, record, desk=False)


def of_topic(connection: Connection, topic_id: str, query: EstimatesQuery, cursors: Cursors) -> Shown:
    """The published figures of a topic, as `EstimatesPage` has them. Raises NotFoundError, InvalidError."""
    record = at(connection, query.as_of)
    tag = _tag(connection, record)
    topic = topics.read_plain(connection, record, topic_id)
    asked = _ask(topic_id, query)
    claims = _claims(asked.shape)(connection, record, **asked.values)
    speakers = {one["source_id"] for claim in claims for one in claim["said"]}
    briefs = sources.mentioned(connection, record, speakers)
    figures = sorted(_stated(_put_forward(claims, briefs), query))
    shown, following = cut(figures, 3, Place.of(query, cursors, topic=topic_id))
    conflicts, conflict_count = _conflicts(figures)
    return Shown(
        tag,
        shaped(
            EstimatesPage,
            {},
            topic=topic,
            items=[_estimate(one, briefs) for one in shown],
            next=following,
            series=_series(figures, briefs),
            conflicts=conflicts,
            conflict_count=conflict_count,
        ),
    )


# --- what is read ---


def _ask(topic_id: str, query: EstimatesQuery) -> Asked:
    single = {
        "topic": topic_id,
        "date_from": None if query.date_from is None else edtf.bounds(query.date_from).earliest,
        "date_to": None if query.date_to is None else edtf.bounds(query.date_to).latest,
    }
    return taken_apart(single, {"stage": [Stage.PUBLISHED], "metric": query.metric})


@lru_cache(maxsize=64)
def _claims(shape: Shape) -> Read:
    """The claims that filters of this shape ask for, with their figures, who says so, and what takes their place."""

    def write(record: Record) -> Select[Any]:
        claim, figure, said, related = record.claim, record.quantity, record.attribution, record.claim_relation
        figures = select(figure.c.position, *columns_of(QuantityRead, figure)).where(
            figure.c.claim_id == claim.c.id, figure.c.content_version == claim.c.content_version
        )
        needed = ("id", "source_id", "stance", "lineage", "upstream_id", "withdrawn")
        speakers = select(*(said.c[name] for name in needed)).where(said.c.claim_id == claim.c.id)
        resolved = among(related.c.relation, "resolved", [str(one) for one in RESOLVED])
        settled = select(related.c.other_claim_id).where(
            related.c.claim_id == claim.c.id, resolved, ~related.c.withdrawn
        )
        return select(
            claim.c.time_earliest,
            claim.c.time_latest,
            claim.c.time,
            claim.c.place,
            *columns_of(ClaimBrief, claim),
            rows_of(figures).label("figures"),
            rows_of(speakers).label("said"),
            rows_of(settled, named=False).label("settled"),
        ).where(*Conditions(record, shape).all())

    return Read(write)


def _put_forward(claims: Iterable[PlainRow], briefs: Mapping[str, PlainRow]) -> Iterator[PlainRow]:
    """The claims, now also with who puts them forward and with their origins; without those that all have taken back.

    Of whom a claim is that nobody is on record for may yet become known: it stays, like any of unknown origin. But
    where all who put it forward have withdrawn, nobody stands behind it any more, and it is no estimate.
    """
    anonymity = {one: brief["anonymity"] for one, brief in briefs.items()}
    for claim in claims:
        said = sorted(claim["said"], key=_BY_ID)
        standing = origins.asserting(said)
        if standing or not origins.once_asserting(said):
            claim["brief"] = shaped(ClaimBrief, claim)
            claim["said_by"] = list(dict.fromkeys([one["source_id"] for one in standing]))
            claim["origins"] = origins.origins_of(said, origins.traced(said, anonymity))
            yield claim


def _stated(claims: Iterable[PlainRow], query: EstimatesQuery) -> Iterator[_Stated]:
    """The figures of these claims that are of a metric that was asked for."""
    for claim in claims:
        for quantity in claim["figures"]:
            position = quantity.pop("position")
            if not query.metric or quantity["metric"] in query.metric:
                yield _Stated(claim["time_earliest"], claim["id"], position, claim, quantity)


# --- what is shown ---


def _estimate(one: _Stated, briefs: Mapping[str, PlainRow]) -> PlainRow:
    return shaped(
        Estimate,
        one.claim,
        claim=one.claim["brief"],
        quantity=one.quantity,
        origins=[briefs[source] for source in one.claim["origins"]],
        said_by=[briefs[source] for source in one.claim["said_by"]],
    )


def _series(figures: Iterable[_Stated], briefs: Mapping[str, PlainRow]) -> list[PlainRow]:
    """Which origin gives how many figures of which metric; those of no known origin stand together."""
    times: dict[tuple[str | None, str], list[str | None]] = defaultdict(list)
    for one in figures:
        for origin in one.claim["origins"] or (None,):
            times[origin, one.quantity["metric"]].append(one.claim["time"])
    return [
        _one_series(None if origin is None else briefs[origin], metric, group)
        for (origin, metric), group in times.items()
    ]


def _one_series(origin: PlainRow | None, metric: str, times: Sequence[str | None]) -> PlainRow:
    known: list[str | None] = [time for time in times if time is not None]
    known = known or [None]
    return shaped(Series, {}, origin=origin, metric=metric, figures=len(times), first=known[0], last=known[-1])


def _conflicts(figures: Sequence[_Stated]) -> tuple[list[PlainRow], int]:
    """The first pairs that conflict, and how many there are."""
    by_place = {(one.claim_id, one.position): one for one in figures}
    listed: list[PlainRow] = []
    count = 0
    for figure, others in conflicting(map(_figure, figures), _settled(figures)):
        count += len(others)
        if len(listed) < MOST_CONFLICTS:
            listed += [
                _conflict(by_place[other.claim_id, other.position], by_place[figure.claim_id, figure.position])
                for other in islice(sorted(others, key=by_time), MOST_CONFLICTS - len(listed))
            ]
    return listed, count


def _settled(figures: Iterable[_Stated]) -> Mapping[str, set[str]]:
    """For each claim those of which one takes the place of the other, either way round."""
    settled: dict[str, set[str]] = defaultdict(set)
    for one in figures:
        for (other,) in one.claim["settled"]:
            settled[one.claim_id].add(other)
            settled[other].add(one.claim_id)
    return settled


def _figure(one: _Stated) -> Figure:
    claim, quantity = one.claim, one.quantity
    return Figure(
        claim_id=one.claim_id,
        position=one.position,
        comparable=(
            quantity["metric"],
            quantity["unit"],
            quantity["population"],
            quantity["cumulative"],
            claim["place"],
        ),
        earliest=date.fromisoformat(claim["time_earliest"]),
        latest=date.fromisoformat(claim["time_latest"]),
        interval=interval(quantity["qualifier"], *(_exact(quantity[name]) for name in ("low", "best", "high"))),
    )


def _exact(number: float | None) -> Decimal | None:
    # By its shortest digits, which are those that the source gave: no bound is to be missed by a binary fraction.
    return None if number is None else Decimal(repr(number))


def _conflict(first: _Stated, second: _Stated) -> PlainRow:
    both = (first, second)
    return shaped(
        Conflict,
        first.quantity,
        claims=[one.claim["brief"] for one in both],
        quantities=[one.quantity for one in both],
        times=[one.claim["time"] for one in both],
    )
