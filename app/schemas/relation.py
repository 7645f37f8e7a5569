"""Schemas of relations between claims."""

from pydantic import ConfigDict, Field, StrictBool

from app.schemas.base.fields import Correction, Prose, Read, RecordRequest, Ref, Schema, Stamp
from app.vocabulary import ClaimStatus, Relation, Stage


class RelationFields(Schema):
    """Editable fields of a relation."""

    note: Prose | None = Field(None, examples=["Same count, one day later."])
    """Why the claims are related in this way."""
    withdrawn: StrictBool = False
    """True if the relation was withdrawn. It remains readable but no longer applies."""


class ClaimRelationCreate(RelationFields):
    """A relation that is recorded together with its claim: this claim <relation> the other."""

    relation: Relation
    """How this claim relates to the other claim."""
    other_claim: Ref = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1yb"])
    """The other claim (id or key)."""


class RelationCreate(ClaimRelationCreate):
    """A new relation: claim <relation> other_claim."""

    claim: Ref = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """This claim (id or key)."""


class RelationPost(RelationCreate, RecordRequest):
    """A request to record a relation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "claim": "clm_01jhf3m8w5k6v0x2s9r7q4t1ya",
                    "relation": "updates",
                    "other_claim": "clm_01jhf3m8w5k6v0x2s9r7q4t1yb",
                    "note": "Same count, one day later.",
                    "reason": "Found while comparing the daily figures.",
                }
            ]
        }
    )


class RelationCorrection(RelationFields, Correction):
    """A correction of a relation. Its claims and `relation` cannot be changed; withdraw it and record a new one
    instead."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"note": "Same count, one day later.", "reason": "The note was missing."}]}
    )


class ClaimBrief(Read):
    """Summary of a claim."""

    id: str
    """Identifier of the claim."""
    statement: str
    """The proposition, in our own neutral words."""
    status: ClaimStatus
    """What we concluded about the claim; `stale` if the decision no longer applies to it."""
    stage: Stage
    """Editorial stage."""


class RelationRead(Stamp):
    """How a claim relates to another claim: claim <relation> other_claim."""

    claim: ClaimBrief
    """This claim."""
    relation: Relation
    """How this claim relates to the other claim."""
    other_claim: ClaimBrief
    """The other claim."""
    note: str | None
    """Why the claims are related in this way."""
    withdrawn: bool
    """True if the relation was withdrawn. It remains readable but no longer applies."""
