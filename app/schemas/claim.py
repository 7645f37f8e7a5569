"""Claims as they cross a door."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.attribution import AttributionRead, ClaimAttributionCreate
from app.schemas.base.fields import (
    Correction,
    Edtf,
    Key,
    Language,
    Line,
    Page,
    Prose,
    Read,
    Recording,
    Ref,
    Schema,
    Stamp,
)
from app.schemas.base.validation_errors import FieldFaultError
from app.schemas.desk.independence import Counts, OriginsRead
from app.schemas.desk.review import ReviewRead
from app.schemas.evidence import ClaimEvidenceCreate, EvidenceRead
from app.schemas.fact_check import FactCheckRead
from app.schemas.quantity import QuantityCreate, QuantityRead
from app.schemas.relation import ClaimBrief, ClaimRelationCreate, RelationRead
from app.schemas.source import SourceBrief
from app.vocabulary import ClaimKind, Lineage, Stage, Stance, Status


class ClaimFields(Schema):
    """What is said of a claim itself."""

    kind: ClaimKind
    """What it is about."""
    statement: Prose = Field(examples=["About 11,000 North Korean soldiers are in Kursk Oblast."])
    """The proposition, in our own neutral words."""
    language: Language = "en"
    """Language of the statement, BCP 47."""
    topic: Ref | None = None
    """The question that it answers (a topic's id or key)."""
    place: Line | None = Field(None, examples=["Kursk Oblast, Russia"])
    """Where, the narrower name first."""
    time: Edtf | None = Field(None, examples=["2025-01"])
    """When it is said to be true, EDTF."""
    adverse_to: Ref | None = None
    """The party whose losses or conduct it states (a source's id or key)."""
    stage: Stage = Stage.DRAFT
    """Editorial stage. Readers without a key see published claims, and the notices of withdrawn ones."""
    notice: Prose | None = None
    """What readers are told about a correction or withdrawal; needed to withdraw."""
    note: Prose | None = None
    """What a reader should know about it."""
    quantities: list[QuantityCreate] = Field(default_factory=list, max_length=50)
    """Its figures. Killed and wounded are two figures of one claim."""


class ClaimInput(ClaimFields):
    """A claim itself, whole."""

    @model_validator(mode="after")
    def _withdrawn_with_notice(self) -> Self:
        if self.stage is Stage.WITHDRAWN and self.notice is None:
            raise FieldFaultError("notice", "must tell readers why the claim is withdrawn")
        return self


class ClaimCreate(ClaimInput):
    """A new claim, with all that hangs on it."""

    key: Key | None = None
    """Name of the claim in the file that it comes from."""
    attributions: list[ClaimAttributionCreate] = Field(default_factory=list, max_length=500)
    """Who takes which stance on it. An upstream is named by its key and stands before those that relay it."""
    evidence: list[ClaimEvidenceCreate] = Field(default_factory=list, max_length=500)
    """What speaks for or against it."""
    relations: list[ClaimRelationCreate] = Field(default_factory=list, max_length=200)
    """What it is to other claims."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for field in ("attributions", "evidence"):
            keys = [item.key for item in getattr(self, field) if item.key is not None]
            if len(keys) != len(set(keys)):
                raise FieldFaultError(field, "must not have the same key twice")
        return self


class ClaimPost(ClaimCreate, Recording):
    """A request to record a claim."""


class ClaimCorrection(ClaimFields, Correction):
    """A correction of a claim. `quantities` replaces all its figures."""


class TopicBrief(Read):
    """A topic where it is mentioned."""

    id: str
    """Identifier."""
    title: str
    """The question."""


class ClaimCore(Stamp):
    """What is said of a claim itself."""

    kind: ClaimKind
    """What it is about."""
    statement: str
    """The proposition, in our own neutral words."""
    language: str
    """Language of the statement, BCP 47."""
    topic: TopicBrief | None
    """The question that it answers."""
    place: str | None
    """Where."""
    time: str | None
    """When it is said to be true, EDTF."""
    status: Status
    """What we concluded. `unassessed` says that we have not decided yet."""
    stage: Stage
    """Editorial stage."""
    notice: str | None
    """What readers are told about a correction or withdrawal."""
    quantities: list[QuantityRead]
    """Its figures."""


class SpeakerRead(Read):
    """Who takes which stance, in a list of claims."""

    source_id: str
    """The source."""
    name: str
    """Its name or description."""
    stance: Stance
    """What it does with the claim."""
    lineage: Lineage
    """original: from its own knowledge; relayed: it only passes on what another says."""


class Snippet(Read):
    """Where the words that were searched for stand."""

    field: str = Field(examples=["statement"])
    """statement, place, quote or source."""
    html: str = Field(examples=["about <mark>11,000</mark> soldiers"])
    """Excerpt, escaped for HTML, the words found in `<mark>`."""


class ClaimItem(ClaimCore):
    """A claim in a list."""

    stale: bool
    """Its status was decided on another wording, evidence or attributions than it has; the claim itself says why."""
    attributed_to: list[SpeakerRead]
    """Who takes which stance, each once (the first ten)."""
    snippets: list[Snippet] | None
    """Where the searched words stand; null unless the list was searched."""


class ClaimRead(ClaimCore):
    """A claim, whole."""

    adverse_to: SourceBrief | None
    """The party whose losses or conduct it states."""
    note: str | None
    """What a reader should know about it."""
    content_version: int
    """Version in which the proposition itself last changed."""
    attributions: list[AttributionRead]
    """Who takes which stance on it."""
    counts: Counts
    """The five counts."""
    origins: OriginsRead
    """Where it comes from."""
    evidence: list[EvidenceRead]
    """What speaks for or against it."""
    relations: list[RelationRead]
    """What it is to other claims, in both directions."""
    successor: ClaimBrief | None
    """For a withdrawn claim that gave way to another: that one. An address of the claim then leads there."""
    review: ReviewRead | None
    """The decision that its status comes from."""
    fact_checks: list[FactCheckRead]
    """What other fact-checkers published about it."""


class Counted(Read):
    """What facets were counted over."""

    claims: int = Field(examples=[15])
    """How many claims."""
    complete: bool
    """true: the whole list. false: a search found so much that only its newest matches were counted."""


class ClaimPage(Page[ClaimItem]):
    """One page of a list of claims."""

    facets: dict[str, dict[str, int]] | None = Field(examples=[{"status": {"unconfirmed": 12, "disputed": 3}}])
    """For each facet asked for: how many of the claims counted have each value, for the 200 most frequent."""
    counted: Counted | None
    """Which claims these are; null unless facets were asked for."""
