"""Decisions on the status of claims as they cross a door."""

from pydantic import Field, StrictBool

from app.schemas.base.fields import Day, Line, Moment, Prose, Read, Schema
from app.vocabulary import Probability, Staleness, StandardOfProof, Status


class ReviewCreate(Schema):
    """A decision that was taken on a claim, as a file records it."""

    status: Status
    """What was decided; `unassessed` is where a claim begins and is never decided."""
    rationale: Prose = Field(examples=["Two services say so; neither showed evidence."])
    """Why."""
    decided_on: Day
    """When."""
    decided_by: Line
    """By whom, a byline."""
    credibility: int | None = Field(None, ge=1, le=6)
    """1 (confirmed) to 6 (cannot be judged), Admiralty code."""
    standard: StandardOfProof | None = None
    """How sure one had to be: the standard of proof that was applied."""
    probability: Probability | None = None
    """How likely it is, a band of ICD 203."""
    notice: Prose | None = None
    """What readers are told where the decision before it turned out wrong."""
    stale: StrictBool = False
    """It was taken on an earlier wording of the claim, or on other evidence, than the file gives."""


class ReviewRead(Read):
    """A decision on the status of a claim."""

    id: str
    """Identifier."""
    status: Status
    """What was decided."""
    rationale: str
    """Why."""
    decided_on: Day
    """When."""
    decided_by: str
    """By whom: bylines."""
    proposed_by: str | None
    """Who proposed it at the desk, a byline; null for one that came with a file."""
    approved_by: str | None
    """Who approved it, a byline."""
    credibility: int | None
    """1 (confirmed) to 6 (cannot be judged), Admiralty code."""
    standard: StandardOfProof | None
    """How sure one had to be: the standard of proof that was applied."""
    probability: Probability | None
    """How likely it is, a band of ICD 203."""
    evidence: list[str]
    """Ids of the evidence that it rests on."""
    notice: str | None
    """What readers are told where the decision before it turned out wrong."""
    claim_version: int
    """On which version of the claim; 0 for one from before this record."""
    stale: bool
    """It holds, and yet the claim is no longer what it was taken on, or the record no longer carries it."""
    stale_because: list[Staleness]
    """What has changed since; the grounds only of the decision that holds."""
    recorded_at: Moment
    """When it was recorded, UTC."""


class Reviews(Read):
    """The decisions on a claim."""

    items: list[ReviewRead]
    """The one that holds first."""
