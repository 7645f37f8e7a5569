"""Relations between claims as they cross a door."""

from pydantic import Field, StrictBool

from app.schemas.base.fields import Correction, Prose, Read, Recording, Ref, Schema, Stamp
from app.vocabulary import Relation, Stage, Status


class RelationFields(Schema):
    """What may be corrected of a relation."""

    note: Prose | None = Field(None, examples=["Same count, one day later."])
    """Why we say so."""
    withdrawn: StrictBool = False
    """Taken back; kept to be read, holds no more."""


class ClaimRelationCreate(RelationFields):
    """A relation that is recorded together with its claim: this claim <relation> the other."""

    relation: Relation
    """What this claim is to the other."""
    other_claim: Ref
    """The other claim (id or key)."""


class RelationCreate(ClaimRelationCreate):
    """A new relation: claim <relation> other_claim."""

    claim: Ref
    """This claim (id or key)."""


class RelationPost(RelationCreate, Recording):
    """A request to record a relation."""


class RelationCorrection(RelationFields, Correction):
    """A correction of a relation. What relates to what is fixed: withdraw it and record another."""


class ClaimBrief(Read):
    """A claim where it is mentioned."""

    id: str
    """Identifier."""
    statement: str
    """The proposition."""
    status: Status
    """What we concluded about it."""
    stage: Stage
    """Editorial stage."""


class RelationRead(Stamp):
    """What a claim is to another claim: claim <relation> other_claim."""

    claim: ClaimBrief
    """This claim."""
    relation: Relation
    """What this claim is to the other."""
    other_claim: ClaimBrief
    """The other claim."""
    note: str | None
    """Why we say so."""
    withdrawn: bool
    """Taken back; kept to be read, holds no more."""
