"""Schemas of the public feed of decisions and corrections."""

from typing import Literal

from pydantic import Field

from app.schemas.base.fields import Day, Read, Timestamp
from app.schemas.desk.decision_origin import OriginRead
from app.schemas.query_parameters import ListParameters
from app.schemas.relation import ClaimBrief
from app.vocabulary import Status

ActKind = Literal["decided", "corrected", "withdrawn"]


class ActivityQuery(ListParameters):
    """Parameters of the feed of decisions and corrections."""

    kind: list[ActKind] = Field(default_factory=list)
    """Kinds of acts; all by default."""


class ActDecision(Read):
    """The decision of an act."""

    status: Status
    """Status that was decided. It applies to the claim as it was then: see `claim.status` for what applies now."""
    rationale: str
    """Reasoning for the decision."""
    decided_on: Day
    """Day of the decision."""
    decided_by: str
    """Who decided: the bylines of the two people here who did, or, if `origin` is given, what the file says."""
    origin: OriginRead | None
    """Where the decision comes from; null if this desk took it."""
    notice: str | None
    """Notice to readers that the previous decision was wrong; null if it was not."""


class Act(Read):
    """A decision on a public claim, a correction of its wording or figures, or its withdrawal."""

    seq: int
    """Number of the change. Changes are numbered across the whole record."""
    at: Timestamp
    """When it was recorded, UTC."""
    kind: ActKind
    """What was done."""
    claim: ClaimBrief
    """The claim as it is now."""
    version: int
    """Version of the claim after the act."""
    by: str
    """Byline of the person who recorded it."""
    reason: str
    """Why it was done."""
    before: str | None
    """Statement of the claim before a correction; null for other acts."""
    after: str | None
    """Statement of the claim after a correction; null for other acts."""
    decision: ActDecision | None
    """The decision; null for other acts."""
