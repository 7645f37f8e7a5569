"""Public statistics on the desk's progress with published claims.

Stale decisions are not counted: that would mean comparing every decision with its claim's wording and evidence, and the
cost of a public request must not grow with the number of decisions.
"""

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select

from app import clock
from app.db.revisions import seq_at
from app.models.claim_count import ANY
from app.schemas.desk.progress import Decisions, KindProgress, Progress
from app.services.changes import claim_counters
from app.services.core import etags
from app.services.core.snapshot import Snapshot, snapshot_at
from app.services.desk import proposals
from app.vocabulary import ClaimKind, ClaimStatus, Stage


def read_etag(connection: Connection, as_of: datetime | None) -> str:
    """The entity tag of the result of `read`. It changes with the record and with the UTC date."""
    return etags.of_record(connection, snapshot_at(connection, as_of), prefix=f"{_resolve_moment(as_of).date()}.")


def read(connection: Connection, as_of: datetime | None) -> etags.Tagged:
    """The progress now or at an earlier moment, with the fields of the schema `Progress`.

    Raises InvalidError if `as_of` is in the future.
    """
    # Read the tag first: after a concurrent write it is then too old, which costs a cache miss, and never too new.
    etag = read_etag(connection, as_of)
    snapshot = snapshot_at(connection, as_of)
    by_kind, by_status = _count_claims(connection, snapshot)
    claims, unassessed = sum(by_status.values()), by_status[ClaimStatus.UNASSESSED]
    progress = Progress(
        claims=claims,
        decided=claims - unassessed,
        unassessed=unassessed,
        by_status={status.value: by_status[status] for status in ClaimStatus},
        by_kind=by_kind,
        decisions=_count_decisions(connection, snapshot, _resolve_moment(as_of)),
        open_proposals=proposals.count_open_for_published(connection, snapshot),
    )
    return etags.Tagged(etag, progress.model_dump(mode="json"))


def _resolve_moment(as_of: datetime | None) -> datetime:
    return clock.now() if as_of is None else as_of


def _count_claims(connection: Connection, snapshot: Snapshot) -> tuple[dict[str, KindProgress], Counter[str]]:
    """Published claims by kind and by status. Read from counters, so the cost does not grow with the claims."""
    counter = claim_counters.totals(snapshot.seq)
    statement = select(counter.c.kind, counter.c.status, counter.c.claims).where(
        counter.c.facet == ANY, counter.c.stage == Stage.PUBLISHED, counter.c.value == ANY
    )
    total: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    by_status: Counter[str] = Counter()
    for kind, status, claims in connection.execute(statement):
        total[kind] += claims
        by_status[status] += claims
        if status != ClaimStatus.UNASSESSED:
            decided[kind] += claims
    by_kind = {kind.value: KindProgress(claims=total[kind], decided=decided[kind]) for kind in ClaimKind if total[kind]}
    return by_kind, by_status


def _count_decisions(connection: Connection, snapshot: Snapshot, moment: datetime) -> Decisions:
    """Decisions on published claims in the last 7 and 30 days.

    A decision is never recorded before its day, so the change number limits the scan to recent rows.
    """
    review, claim, today = snapshot.review, snapshot.claim, moment.date()
    first_of_7, first_of_30 = (date.fromordinal(max(1, today.toordinal() - days + 1)) for days in (7, 30))
    start = datetime.combine(first_of_30, datetime.min.time(), moment.tzinfo)
    before = start if first_of_30 == date.min else start - timedelta(microseconds=1)
    statement = (
        select(review.c.decided_on, func.count())
        .join(claim, claim.c.id == review.c.claim_id)
        .where(
            claim.c.stage == Stage.PUBLISHED,
            review.c.change_seq > seq_at(connection, before),
            review.c.decided_on.between(first_of_30, today),
        )
        .group_by(review.c.decided_on)
    )
    days = {day: int(number) for day, number in connection.execute(statement)}
    return Decisions(
        last_7_days=sum(number for day, number in days.items() if day >= first_of_7),
        last_30_days=sum(days.values()),
    )
