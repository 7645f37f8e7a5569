"""Where to look for claims that may need a decision.

A queue of a million claims cannot be worked out whole for each page. So for each reason there are looks: each goes down
one index from its newest end, finds at most `MOST` claims and goes over at most `DEEPEST` rows. What is found is worked
out in full elsewhere; a look only has to find all of the newest claims that have its reason, and few others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Label,
    Select,
    exists,
    func,
    or_,
    select,
    text,
    union_all,
)

from app.db.schema import table_of
from app.models import Assignment, Attribution, Claim, ClaimRelation, Evidence, Proposal, ReviewRequest, SignOff
from app.models.attribution import DENYING
from app.models.claim import DECIDED
from app.models.claim_relation import CONTRADICTING
from app.services.claims.reviews import corrected_since, standing_in
from app.services.core.snapshot import NOW
from app.services.policy.proposal_states import CLOSED
from app.vocabulary import ClaimKind, QueueReason, Stage, Status

MOST = 500
"""Claims (or pairs of claims) that a look finds at most."""

DEEPEST = 10_000
"""Rows that a look goes over at most, where not each of them is what it looks for."""

claim, attribution, relation, evidence = map(table_of, (Claim, Attribution, ClaimRelation, Evidence))
assignment, request, proposal, sign_off = map(table_of, (Assignment, ReviewRequest, Proposal, SignOff))


class Found(NamedTuple):
    """Claims that may wait."""

    claim_ids: frozenset[str]
    complete: bool
    """False if a look stopped before the end of what there is."""


@dataclass(frozen=True)
class Wanted:
    """Which claims are asked for, as far as a look can keep to it."""

    stages: Sequence[Stage]
    """Not none."""
    kinds: Sequence[ClaimKind]
    """None: all."""
    topic_id: str | None
    """None: all."""


Condition: TypeAlias = Callable[[FromClause], ColumnElement[bool]]


@dataclass(frozen=True)
class Look:
    """A way down an index."""

    rows: Callable[[Wanted], Select[Any]]
    """Rows, newest first by their column `place`; claims are named in columns of other names."""
    kept: Condition | None = None
    """Which of the rows count; all, unless given."""

    def find(self, connection: Connection, wanted: Wanted) -> Found:
        """The claims that it finds."""
        rows, complete = self.rows(wanted), True
        if self.kept is not None:
            further = connection.scalar(select(rows.offset(DEEPEST).limit(1).subquery().c.place))
            complete = further is None
            newest = rows.limit(DEEPEST).subquery("newest")
            rows = select(newest).where(self.kept(newest)).order_by(newest.c.place.desc())
        found = connection.execute(rows.limit(MOST + 1)).mappings().all()
        ids = {row[name] for row in found[:MOST] for name in ("claim_id", "other_claim_id") if name in row}
        return Found(frozenset(ids), complete and len(found) <= MOST)


def _newest(
    place: ColumnElement[Any], *ids: ColumnElement[Any], only: str | None = None, kept: Condition | None = None
) -> Look:
    """The newest rows of a table. `only`: those that an index has, its condition to the letter."""
    statement = select(place.label("place"), *ids).order_by(place.desc())
    narrowed = statement if only is None else statement.where(text(only))
    return Look(lambda _wanted: narrowed, kept)


def _undecided_since(*names: str) -> Condition:
    """No decision that holds on the claim in one of these columns was taken after the row was recorded."""
    return lambda rows: or_(
        *(func.coalesce(standing_in(rows.c[name], "change_seq"), 0) < rows.c.place for name in names)
    )


def _unassessed(wanted: Wanted) -> Select[Any]:
    """Those that speak of the latest time come first. Each stage and kind has its own stretch of an index."""
    place: Label[Any] = claim.c.time_earliest.label("place")

    def newest(*conditions: ColumnElement[bool]) -> Select[Any]:
        falling = claim.c.time_earliest.desc(), claim.c.id.desc()
        return select(place, claim.c.id.label("claim_id")).where(*conditions).order_by(*falling)

    if wanted.topic_id is not None:
        # Whatever their status: a look past those that are decided would have no end.
        return newest(claim.c.topic_id == wanted.topic_id)
    status = claim.c.status == Status.UNASSESSED
    kinds = [[claim.c.kind == kind] for kind in wanted.kinds] or [[]]
    parts = [newest(claim.c.stage == stage, status, *kind) for stage, kind in product(wanted.stages, kinds)]
    both = union_all(*(select(part.limit(MOST + 1).subquery()) for part in parts)).subquery()
    return select(both).order_by(both.c.place.desc(), both.c.claim_id.desc())


_EVIDENCE = _newest(
    evidence.c.change_seq,
    evidence.c.claim_id,
    kept=lambda rows: standing_in(rows.c.claim_id, "change_seq") < rows.c.place,
)
_PROPOSALS = _newest(proposal.c.change_seq, proposal.c.claim_id)

LOOKS: Mapping[QueueReason, Sequence[Look]] = {
    QueueReason.CONTRADICTED: [
        _newest(
            relation.c.change_seq,
            relation.c.claim_id,
            relation.c.other_claim_id,
            only=CONTRADICTING,
            kept=_undecided_since("claim_id", "other_claim_id"),
        ),
        _newest(attribution.c.change_seq, attribution.c.claim_id, only=DENYING, kept=_undecided_since("claim_id")),
    ],
    QueueReason.STALE: [
        # A claim whose wording or attributions have changed since it was decided on has changed since.
        _newest(
            claim.c.change_seq,
            claim.c.id.label("claim_id"),
            claim.c.content_version,
            only=DECIDED,
            kept=lambda rows: or_(
                standing_in(rows.c.claim_id, "claim_version") < rows.c.content_version,
                corrected_since(NOW, rows.c.claim_id, standing_in(rows.c.claim_id, "change_seq")),
            ),
        ),
        _EVIDENCE,
    ],
    QueueReason.PROPOSAL_OPEN: [
        _newest(
            proposal.c.change_seq,
            proposal.c.claim_id,
            proposal.c.id,
            kept=lambda rows: ~exists().where(sign_off.c.proposal_id == rows.c.id, sign_off.c.verdict.in_(CLOSED)),
        )
    ],
    QueueReason.NEW_EVIDENCE: [_EVIDENCE],
    QueueReason.REQUESTED: [
        _newest(
            request.c.seen_seq,
            request.c.claim_id,
            kept=lambda rows: func.coalesce(standing_in(rows.c.claim_id, "change_seq"), 0) <= rows.c.place,
        )
    ],
    QueueReason.UNASSESSED: [Look(_unassessed)],
    # What many say is said ever again: it is among what was said last.
    QueueReason.REACH: [_newest(attribution.c.change_seq, attribution.c.claim_id)],
}
"""For each reason, where claims that have it are found."""


def waiting(connection: Connection, reasons: Iterable[QueueReason], wanted: Wanted) -> Found:
    """Claims that may wait for one of these reasons."""
    looks = dict.fromkeys(look for reason in reasons for look in LOOKS[reason])
    found = [look.find(connection, wanted) for look in looks]
    return Found(frozenset().union(*(one.claim_ids for one in found)), all(one.complete for one in found))


def proposed(connection: Connection, wanted: Wanted) -> Found:
    """Claims for which a status was proposed last."""
    return _PROPOSALS.find(connection, wanted)


def taken(connection: Connection, wanted: Wanted, now: datetime, person_id: str | None) -> Found:
    """Claims that somebody is at work on: this person, if one is named."""
    until = assignment.c.held_until
    statement = select(until.label("place"), assignment.c.claim_id).where(until > now).order_by(until.desc())
    if person_id is not None:
        statement = statement.where(assignment.c.person_id == person_id)
    return Look(lambda _wanted: statement).find(connection, wanted)
