"""Schemas of proposals to the desk and their sign-offs."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from app.schemas.base.fields import Edtf, Identified, Prose, Read, Ref, Schema, Timestamp
from app.schemas.base.validation_errors import FieldFaultError
from app.vocabulary import Probability, ProposalState, Reliability, StandardOfProof, Status, Verdict


class StatusProposalCreate(Schema):
    """A proposal of a status for a claim. It takes effect when another person approves it."""

    # The optional notice is left out: it is refused unless it corrects an earlier decision.
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "claim_version": 1,
                    "status": "unconfirmed",
                    "rationale": "Two services say so; neither showed evidence.",
                    "credibility": 3,
                    "standard": "reasonable_suspicion",
                }
            ]
        }
    )

    claim_version: int = Field(ge=1, le=2**31 - 1, examples=[3])
    """Version of the claim that was assessed. The proposal is refused if there is a newer one."""
    status: Status
    """Proposed status. `unassessed` cannot be proposed: it is the status before any decision."""
    rationale: Prose = Field(examples=["Two services say so; neither showed evidence."])
    """Reasoning for the proposal. It becomes public with the decision."""
    credibility: int | None = Field(None, ge=1, le=6, examples=[3])
    """Credibility of the claim on the Admiralty scale, from 1 (confirmed) to 6 (cannot be judged). It must match the
    status, and may be left out if the status allows only one value."""
    standard: StandardOfProof
    """Standard of proof that was applied: how certain the decision has to be."""
    probability: Probability | None = None
    """Probability that the claim is true, as a band of ICD 203; null if it was not estimated."""
    evidence: list[Ref] = Field(default_factory=list, max_length=200)
    """Ids of the evidence that the proposal is based on. It must include the evidence that the status requires."""
    notice: Prose | None = Field(None, examples=["We mistook the date of the upload for the date of the recording."])
    """Notice to readers that the current decision was wrong; null if it was not."""


class RatingProposalCreate(Schema):
    """A proposal of a reliability rating for a source. It takes effect when another person approves it."""

    reliability: Reliability
    """Reliability of the source on the Admiralty scale."""
    rationale: Prose = Field(examples=["Obituaries confirmed its figures for 2024."])
    """Reasoning for the proposal. It becomes public with the decision."""
    topic: Ref | None = Field(None, examples=[None])
    """Topic to which the rating applies (id or key); null if it applies to all topics."""
    period: Edtf | None = Field(None, examples=["2024"])
    """Period of the statements to which the rating applies, EDTF; null if it applies to statements of any time."""


class SignOffCreate(Schema):
    """A verdict on a proposal."""

    verdict: Verdict
    """People other than the proposer may `approve`, `reject` or `request_more`; only the proposer may `answer` or
    `withdraw`. The person who wrote the claim's current wording may not `approve`."""
    reason: Prose | None = Field(
        None, examples=["The place in the video is established, but on which day was it filmed?"]
    )
    """Reason for the verdict. Only an approval may omit it."""

    @model_validator(mode="after")
    def _reason_given(self) -> Self:
        if self.verdict is not Verdict.APPROVE and self.reason is None:
            raise FieldFaultError("reason", f"must be given for the verdict '{self.verdict}'")
        return self


class SignOffRead(Read):
    """A sign-off: a person's verdict on a proposal."""

    id: str
    """Identifier of the sign-off."""
    verdict: Verdict
    """The verdict."""
    reason: str | None
    """Reason for the verdict."""
    by: str
    """Byline of the person who gave the verdict."""
    recorded_at: Timestamp
    """When the verdict was recorded, UTC."""


class ProposalRead(Identified):
    """A proposal to the desk: a status for a claim, or a reliability rating for a source."""

    state: ProposalState
    """State of the proposal."""
    claim_id: str | None
    """Id of the claim; null if the proposal is about a source."""
    claim_version: int | None
    """Version of the claim that was assessed; null if the proposal is about a source."""
    status: Status | None
    """Proposed status; null if the proposal is about a source."""
    credibility: int | None
    """Credibility of the claim on the Admiralty scale, from 1 (confirmed) to 6 (cannot be judged)."""
    standard: StandardOfProof | None
    """Standard of proof that was applied: how certain the decision has to be."""
    probability: Probability | None
    """Probability that the claim is true, as a band of ICD 203; null if it was not estimated."""
    evidence: list[str]
    """Ids of the evidence that the proposal is based on."""
    figures_check: str | None = Field(examples=["/api/v1/proposals/prp_01jhf3m8w5k6v0x2s9r7q4t1ya/figures/check"])
    """Address that checks whether the captures of this evidence contain its quotes and the claim's figures. Read it
    before you sign off; null if there is no evidence."""
    notice: str | None
    """Notice to readers that the current decision was wrong; null if it was not."""
    rules: int = Field(examples=[2])
    """Number of the rules for statuses under which the proposal was made."""
    source_id: str | None
    """Id of the source; null if the proposal is about a claim."""
    reliability: Reliability | None
    """Proposed reliability on the Admiralty scale; null if the proposal is about a claim."""
    topic_id: str | None
    """Id of the topic to which the rating applies; null if it applies to all topics."""
    period: str | None
    """Period of the statements to which the rating applies, EDTF; null if it applies to statements of any time."""
    rationale: str
    """Reasoning for the proposal."""
    proposed_by: str
    """Byline of the proposer."""
    recorded_at: Timestamp
    """When the proposal was recorded, UTC."""
    sign_offs: list[SignOffRead]
    """Verdicts of others and answers of the proposer, oldest first."""
