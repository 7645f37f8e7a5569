"""Proposals to the desk, and what others say to them, as they cross a door."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Edtf, Identified, Moment, Prose, Read, Ref, Schema
from app.schemas.base.validation_errors import FieldFaultError
from app.vocabulary import Probability, ProposalState, Reliability, StandardOfProof, Status, Verdict


class StatusProposalCreate(Schema):
    """A status that is proposed for a claim. It holds once somebody else has approved it."""

    claim_version: int = Field(ge=1, le=2**31 - 1, examples=[3])
    """The version of the claim that was looked at; the proposal is refused if there is a newer one."""
    status: Status
    """What is to be decided; `unassessed` is where a claim begins and is never decided."""
    rationale: Prose = Field(examples=["Two services say so; neither showed evidence."])
    """Why. It becomes public with the decision."""
    credibility: int = Field(ge=1, le=6, examples=[3])
    """1 (confirmed) to 6 (cannot be judged), Admiralty code; it has to go with the status."""
    standard: StandardOfProof
    """How sure one has to be: the standard of proof that was applied."""
    probability: Probability | None = None
    """How likely it is, a band of ICD 203; null: not estimated."""
    evidence: list[Ref] = Field(default_factory=list, max_length=200)
    """Ids of the pieces of evidence that it rests on. What a status needs of evidence must be among them."""
    notice: Prose | None = Field(None, examples=["We had taken the date of the upload for that of the recording."])
    """Given where the decision that stands turned out wrong: what readers are told of it."""


class RatingProposalCreate(Schema):
    """A reliability that is proposed for a source. It holds once somebody else has approved it."""

    reliability: Reliability
    """How far it can be relied upon, Admiralty code."""
    rationale: Prose = Field(examples=["Its figures of 2024 were borne out by obituaries."])
    """Why. It becomes public with the decision."""
    topic: Ref | None = None
    """On which topic (id or key); null: on any."""
    period: Edtf | None = Field(None, examples=["2024"])
    """For what it says when, EDTF; null: at any time."""


class SignOffCreate(Schema):
    """What one does about a proposal."""

    verdict: Verdict
    """approve, reject and request_more are for others; answer and withdraw are for the proposer."""
    reason: Prose | None = Field(None, examples=["The video is geolocated, but to which day?"])
    """Why. An approval may go without."""

    @model_validator(mode="after")
    def _with_reason(self) -> Self:
        if self.verdict is not Verdict.APPROVE and self.reason is None:
            raise FieldFaultError("reason", f"must be given: '{self.verdict}' takes one")
        return self


class SignOffRead(Read):
    """What somebody did about a proposal."""

    id: str
    """Identifier."""
    verdict: Verdict
    """What was done."""
    reason: str | None
    """Why."""
    by: str
    """By whom, a byline."""
    recorded_at: Moment
    """When, UTC."""


class ProposalRead(Identified):
    """What was proposed to the desk: a status for a claim, or a reliability for a source."""

    state: ProposalState
    """Where it stands."""
    claim_id: str | None
    """For which claim; null: it is about a source."""
    claim_version: int | None
    """The version of the claim that was looked at."""
    status: Status | None
    """What is to be decided."""
    credibility: int | None
    """1 (confirmed) to 6 (cannot be judged), Admiralty code."""
    standard: StandardOfProof | None
    """How sure one has to be."""
    probability: Probability | None
    """How likely it is, a band of ICD 203."""
    evidence: list[str]
    """Ids of the evidence that it rests on."""
    notice: str | None
    """What readers are told where the decision that stands turned out wrong."""
    source_id: str | None
    """For which source; null: it is about a claim."""
    reliability: Reliability | None
    """How far it can be relied upon, Admiralty code."""
    topic_id: str | None
    """On which topic; null: on any."""
    period: str | None
    """For what it says when, EDTF; null: at any time."""
    rationale: str
    """Why."""
    proposed_by: str
    """By whom, a byline."""
    recorded_at: Moment
    """When, UTC."""
    sign_offs: list[SignOffRead]
    """What others, and the proposer, did about it; oldest first."""
