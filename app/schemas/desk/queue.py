"""Schemas of the desk's queue: which claims are waiting and why, who works on them, who requested a decision."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Line, Page, Prose, Read, Ref, Schema, Timestamp
from app.schemas.query_parameters import PageParameters
from app.schemas.relation import ClaimBrief
from app.vocabulary import ClaimKind, ProposalState, QueueReason, Stage, Status, Taken

MAX_TAKE_MINUTES = 480
"""Longest time, in minutes, for which a person may take a claim: a shift of 8 hours."""

Note = Annotated[Prose, StringConstraints(max_length=2_000)]
"""A few sentences."""


class QueueQuery(PageParameters):
    """Parameters of the queue.

    Several values of one parameter are alternatives; several parameters must all match.
    """

    reason: list[QueueReason] = Field(default_factory=list)
    """Why the claims are waiting."""
    kind: list[ClaimKind] = Field(default_factory=list)
    """What the claims are about."""
    topic: Ref | None = None
    """Topic of the claims (id or key)."""
    stage: list[Stage] = Field(default_factory=list)
    """Editorial stage; `in_review` and `published` by default. Withdrawn claims are never in the queue."""
    taken: Taken | None = None
    """Who is working on the claims. The default is all claims."""
    proposal: list[ProposalState] = Field(default_factory=list)
    """State of the latest status proposal for the claims."""


class RequestsQuery(PageParameters):
    """Parameters of the list of requests for a decision on a claim."""


class ReasonRead(Read):
    """A reason why a claim is in the queue."""

    reason: QueueReason
    """The reason."""
    points: int = Field(examples=[40])
    """Points that the reason adds to the score."""
    detail: str = Field(examples=["1 published claim contradicts it, 1 attribution denies it."])
    """Explanation of the reason for this claim."""


class OpenProposal(Read):
    """A status proposal that has not yet been approved, rejected or withdrawn."""

    id: str
    """Identifier of the proposal."""
    status: Status
    """Proposed status."""
    state: ProposalState
    """State of the proposal: open, more_requested or void."""
    proposed_by: str
    """Byline of the proposer."""


class QueueItem(Read):
    """A claim that is waiting for a decision."""

    claim: ClaimBrief
    """The claim."""
    score: int = Field(examples=[55])
    """Sum of the points of all reasons. The queue is sorted by it, highest first."""
    reasons: list[ReasonRead]
    """Why the claim is waiting, the reason with the most points first."""
    reach: int
    """Number of attributions that put the claim forward."""
    taken_by: str | None
    """Byline of the person who is working on the claim; null if nobody is."""
    taken_until: Timestamp | None
    """When the assignment expires, UTC; null if nobody is working on the claim."""
    open_proposal: OpenProposal | None
    """Latest status proposal, unless it was approved, rejected or withdrawn."""


class QueuePage(Page[QueueItem]):
    """One page of the queue.

    The queue is computed again for every page, so a claim that moves between two requests may be missed or repeated.
    """

    complete: bool
    """False if more claims may be waiting: for each reason only the newest 500 candidates are considered."""


class TakeCreate(Schema):
    """A request to take a claim for a limited time."""

    minutes: int = Field(120, ge=1, le=MAX_TAKE_MINUTES, examples=[120])
    """Duration of the assignment in minutes. To extend it, take the claim again."""
    person: Line | None = Field(None, examples=[None])
    """Byline of the colleague to whom an editor assigns the claim; null to take it yourself."""


class TakeRead(Read):
    """Who is working on a claim."""

    claim_id: str
    """Id of the claim."""
    taken_by: str
    """Byline of the person who is working on the claim."""
    taken_until: Timestamp
    """When the assignment expires, UTC."""


class ReviewRequestCreate(Schema):
    """A request for a decision on a claim."""

    note: Note | None = Field(None, examples=["We want to run this on Friday."])
    """Why a decision is needed. Only the desk sees it."""


class ReviewRequestOwn(Read):
    """Your own request for a decision."""

    claim_id: str
    """Id of the claim."""
    note: str | None
    """Why a decision is needed."""
    asked_at: Timestamp
    """When you last made the request, UTC."""


class ReviewRequestRead(Read):
    """A request for a decision, as the desk sees it."""

    id: str
    """Identifier of the request."""
    asked_by: str
    """Byline of the person who made the request."""
    note: str | None
    """Why a decision is needed."""
    asked_at: Timestamp
    """When the request was last made, UTC."""
    answered: bool
    """True if a decision has been recorded since."""
