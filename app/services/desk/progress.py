"""How far the desk has come with what is published, for everybody.

It counts no stale decisions: whether one is stale takes a look at its claim's wording and evidence, for every decision
that there is, and nothing that is open to all should grow with that.
"""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from app import clock
from app.db.revisions import seq_at
from app.models.claim_count import ANY
from app.schemas.desk.progress import Decisions, KindProgress, Progress
from app.services.core import claim_counters
from app.services.core.nouns import Shown
from app.services.core.snapshot import Record, at, tag_of
from app.services.desk import proposals
from app.vocabulary import ClaimKind, Stage, Status

_SEVEN, _THIRTY = timedelta(days=6), timedelta(days=29)
"""From the first day of so many until the last."""


def tag(connection: Connection, as_of: datetime | None) -> str:
    """The entity tag of what `read` shows: it changes with the record, and with the day."""
    return f'"{_moment(as_of).date()}.{tag_of(connection, at(connection, as_of), desk=False).strip(chr(34))}"'


def read(connection: Connection, as_of: datetime | None) -> Shown:
    """The progress now, or as of a moment, as `Progress` has it. Raises InvalidError for a moment that lies ahead."""
    # The tag first: should somebody write meanwhile, it is that of an earlier state.
    shown = tag(connection, as_of)
    record = at(connection, as_of)
    by_kind, by_status = _counted(connection, record)
    claims, unassessed = sum(by_status.values()), by_status[Status.UNASSESSED]
    progress = Progress(
        claims=claims,
        decided=claims - unassessed,
        unassessed=unassessed,
        by_status={status.value: by_status[status] for status in Status},
        by_kind=by_kind,
        decisions=_decisions(connection, record, _moment(as_of)),
        open_proposals=proposals.open_for_published(connection, record),
    )
    return Shown(shown, progress.model_dump(mode="json"))


def _moment(as_of: datetime | None) -> datetime:
    return clock.now() if as_of is None else as_of


def _counted(connection: Connection, record: Record) -> tuple[dict[str, KindProgress], Counter[str]]:
    """Published claims by kind and by status, from the counters."""
    cell = claim_counters.totals(record.seq)
    statement = select(cell.c.kind, cell.c.status, cell.c.claims).where(
        cell.c.facet == ANY, cell.c.stage == Stage.PUBLISHED, cell.c.value == ANY
    )
    whole: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    by_status: Counter[str] = Counter()
    for kind, status, claims in connection.execute(statement):
        whole[kind] += claims
        by_status[status] += claims
        if status != Status.UNASSESSED:
            decided[kind] += claims
    by_kind = {kind.value: KindProgress(claims=whole[kind], decided=decided[kind]) for kind in ClaimKind if whole[kind]}
    return by_kind, by_status


def _decisions(connection: Connection, record: Record, moment: datetime) -> Decisions:
    """Decisions on published claims. What was decided within these days was also recorded within them."""
    review, claim, today = record.review, record.claim, moment.date()
    before = datetime.combine(today - _THIRTY, datetime.min.time(), moment.tzinfo) - timedelta(microseconds=1)
    statement = (
        select(review.c.decided_on, func.count())
        .join(claim, claim.c.id == review.c.claim_id)
        .where(
            claim.c.stage == Stage.PUBLISHED,
            review.c.change_seq > seq_at(connection, before),
            review.c.decided_on.between(today - _THIRTY, today),
        )
        .group_by(review.c.decided_on)
    )
    days = {day: int(number) for day, number in connection.execute(statement)}
    return Decisions(
        last_7_days=sum(number for day, number in days.items() if day >= today - _SEVEN),
        last_30_days=sum(days.values()),
    )
