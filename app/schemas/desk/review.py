"""Schemas of decisions on the status of claims."""

from pydantic import Field, StrictBool

from app.schemas.base.fields import Day, Line, Prose, Read, Schema, Timestamp
from app.schemas.desk.decision_origin import OriginCreate, OriginRead
from app.vocabulary import Probability, Staleness, StandardOfProof, Status


class ReviewCreate(Schema):
    """A decision on the status of a claim, in an import file."""

    status: Status
    """Status that was decided. `unassessed` is never decided: it is the status before any decision."""
    rationale: Prose = Field(examples=["Two services say so; neither showed evidence."])
    """Reasoning for the decision."""
    decided_on: Day
    """Day of the decision."""
    decided_by: Line
    """Who decided, in the words of the file. It is never shown as a decision of accounts with the same byline."""
    credibility: int | None = Field(None, ge=1, le=6)
    """Credibility of the claim on the Admiralty scale, from 1 (confirmed) to 6 (cannot be judged)."""
    standard: StandardOfProof | None = None
    """Standard of proof that was applied: how certain the decision had to be."""
    probability: Probability | None = None
    """Probability that the claim is true, as a band of ICD 203; null if it was not estimated."""
    notice: Prose | None = None
    """Notice to readers that the previous decision was wrong; null if it was not."""
    stale: StrictBool = False
    """True if the decision was based on wording or evidence other than that in the file."""
    rules: int = Field(1, ge=1, le=1_000)
    """Number of the rules for statuses that the decision was taken under. It is kept when a dump is restored; decisions
    in any other file must meet the current rules, and get their number."""
    origin: OriginCreate | None = None
    """Where the decision comes from. It is kept when a dump is restored, and ignored in any other file."""


class ReviewRead(Read):
    """A decision on the status of a claim."""

    id: str
    """Identifier of the decision."""
    status: Status
    """Status that was decided."""
    rationale: str
    """Reasoning for the decision."""
    decided_on: Day
    """Day of the decision."""
    decided_by: str
    """Who decided: the bylines of the two people here who did, or, if `origin` is given, what the file says."""
    origin: OriginRead | None
    """Where the decision comes from; null if this desk took it."""
    proposed_by: str | None
    """Byline of the person who proposed the status; null for a decision from an import file."""
    approved_by: str | None
    """Byline of the person who approved the status; null for a decision from an import file."""
    rules: int = Field(examples=[2])
    """Number of the rules for statuses that the decision was taken under, and by which it is judged."""
    credibility: int | None
    """Credibility of the claim on the Admiralty scale, from 1 (confirmed) to 6 (cannot be judged)."""
    standard: StandardOfProof | None
    """Standard of proof that was applied: how certain the decision had to be."""
    probability: Probability | None
    """Probability that the claim is true, as a band of ICD 203; null if it was not estimated."""
    evidence: list[str]
    """Ids of the evidence that the decision is based on."""
    notice: str | None
    """Notice to readers that the previous decision was wrong; null if it was not."""
    claim_version: int
    """Version of the claim on which the decision was based; 0 for an imported decision on wording that this database
    never contained."""
    stale: bool
    """True if this is the current decision, but the claim has changed since or the record no longer supports it."""
    stale_because: list[Staleness]
    """What has changed since the decision. Only the current decision can have the reason `grounds`."""
    recorded_at: Timestamp
    """When the decision was recorded, UTC."""


class Reviews(Read):
    """The decisions on a claim."""

    items: list[ReviewRead]
    """The decisions; the current one first."""
