"""The queue of the desk, as it crosses a door: what waits and why, who has it, who asked."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Line, Moment, Page, Prose, Read, Ref, Schema
from app.schemas.query_parameters import Paged
from app.schemas.relation import ClaimBrief
from app.vocabulary import ClaimKind, ProposalState, QueueReason, Stage, Status, Taken

LONGEST = 480
"""Minutes for which one may take a claim at a time: a shift."""

Note = Annotated[Prose, StringConstraints(max_length=2_000)]
"""A few sentences."""


class QueueQuery(Paged):
    """The queue, or a part of it. Several values of one parameter widen; parameters narrow."""

    reason: list[QueueReason] = Field(default_factory=list)
    """They wait for one of these."""
    kind: list[ClaimKind] = Field(default_factory=list)
    """What they are about."""
    topic: Ref | None = None
    """The question that they answer (id or key)."""
    stage: list[Stage] = Field(default_factory=list)
    """Editorial stage; `in_review` and `published` unless given. Withdrawn claims never wait."""
    taken: Taken | None = None
    """Who is at work on them; all unless given."""
    proposal: list[ProposalState] = Field(default_factory=list)
    """Where the last status that was proposed for them stands."""


class RequestsQuery(Paged):
    """The requests for a decision on a claim."""


class ReasonRead(Read):
    """Why a claim waits."""

    reason: QueueReason
    """Why."""
    points: int = Field(examples=[40])
    """How much it counts."""
    detail: str = Field(examples=["1 published claim contradicts it, 1 attribution denies it."])
    """The same in words, of this claim."""


class OpenProposal(Read):
    """A status that is proposed for a claim, not yet approved or turned down."""

    id: str
    """Identifier of the proposal."""
    status: Status
    """What is to be decided."""
    state: ProposalState
    """Where it stands: open, more_requested, or void."""
    proposed_by: str
    """By whom, a byline."""


class QueueItem(Read):
    """A claim that waits for a decision."""

    claim: ClaimBrief
    """The claim."""
    score: int = Field(examples=[55])
    """The points of all its reasons; the queue is in this order, the highest first."""
    reasons: list[ReasonRead]
    """Why it waits, what counts most first."""
    reach: int
    """How many attributions put it forward."""
    taken_by: str | None
    """Who is at work on it, a byline; null: nobody."""
    taken_until: Moment | None
    """Until when, UTC."""
    open_proposal: OpenProposal | None
    """The last status that was proposed for it, unless that was approved, turned down or taken back."""


class QueuePage(Page[QueueItem]):
    """One page of the queue. It is worked out anew for each: what moved meanwhile may be missed or repeat."""

    complete: bool
    """false: more may wait than was looked at. For each reason only the newest 500 that may have it are looked at."""


class TakeCreate(Schema):
    """A claim is taken, for a while."""

    minutes: int = Field(120, ge=1, le=LONGEST, examples=[120])
    """For how long; the clock ends it. Whoever has it takes it again to go on."""
    person: Line | None = Field(None, examples=["Desk 3"])
    """For a colleague, by byline: editors assign. Null: for oneself."""


class TakeRead(Read):
    """Who is at work on a claim."""

    claim_id: str
    """Which claim."""
    taken_by: str
    """Who, a byline."""
    taken_until: Moment
    """Until when, UTC."""


class ReviewRequestCreate(Schema):
    """A wish that a claim be decided on."""

    note: Note | None = Field(None, examples=["We want to run this on Friday."])
    """Why. The desk alone reads it."""


class ReviewRequestOwn(Read):
    """What one asked oneself."""

    claim_id: str
    """On which claim."""
    note: str | None
    """Why."""
    asked_at: Moment
    """When it was asked last, UTC."""


class ReviewRequestRead(Read):
    """A request for a decision, as the desk sees it."""

    id: str
    """Identifier."""
    asked_by: str
    """Who asks, a byline."""
    note: str | None
    """Why."""
    asked_at: Moment
    """When it was asked last, UTC."""
    answered: bool
    """A decision has been recorded since."""
