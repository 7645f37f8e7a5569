"""Schemas of claims."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

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
    RecordRequest,
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
from app.vocabulary import ClaimKind, ClaimStatus, Lineage, Stage, Stance, UpstreamState


class ClaimFields(Schema):
    """Editable fields of a claim itself."""

    kind: ClaimKind
    """What the claim is about."""
    statement: Prose = Field(examples=["About 11,000 North Korean soldiers are in Kursk Oblast."])
    """The proposition, in our own neutral words."""
    language: Language = "en"
    """Language of the statement, BCP 47."""
    topic: Ref | None = None
    """Topic to which the claim belongs (id or key)."""
    place: Line | None = Field(None, examples=["Kursk Oblast, Russia"])
    """Place to which the claim refers, most specific name first."""
    time: Edtf | None = Field(None, examples=["2025-01"])
    """Time to which the claim refers, EDTF."""
    adverse_to: Ref | None = None
    """Party whose losses or conduct the claim is about (a source's id or key)."""
    stage: Stage = Stage.DRAFT
    """Editorial stage. Readers without a key see published claims and the notices of withdrawn ones."""
    notice: Prose | None = None
    """Notice that readers see about a correction or withdrawal. Required to withdraw a claim."""
    note: Prose | None = None
    """Note for readers."""
    quantities: list[QuantityCreate] = Field(default_factory=list, max_length=50)
    """Figures of the claim. Killed and wounded are two figures of one claim."""
    distinct_from: list[Ref] = Field(default_factory=list, max_length=200)
    """Existing claims (ids or keys) with equal content that are distinct from this one. Something equal is otherwise
    refused with 409 and the candidates. Rulings are kept: a correction adds to them, and removes none."""


class ClaimInput(ClaimFields):
    """A complete claim, without its attributions, evidence and relations."""

    @model_validator(mode="after")
    def _withdrawn_with_notice(self) -> Self:
        if self.stage is Stage.WITHDRAWN and self.notice is None:
            raise FieldFaultError("notice", "must tell readers why the claim was withdrawn")
        return self


class ClaimCreate(ClaimInput):
    """A new claim with its attributions, evidence and relations."""

    key: Key | None = None
    """Key that identifies the claim in import files, in addition to its id."""
    attributions: list[ClaimAttributionCreate] = Field(default_factory=list, max_length=500)
    """Sources and their stances on the claim. An attribution must come after its `upstream`, which is given by key."""
    evidence: list[ClaimEvidenceCreate] = Field(default_factory=list, max_length=500)
    """Evidence for or against the claim."""
    relations: list[ClaimRelationCreate] = Field(default_factory=list, max_length=200)
    """Relations to other claims."""

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        for field in ("attributions", "evidence"):
            keys = [item.key for item in getattr(self, field) if item.key is not None]
            if len(keys) != len(set(keys)):
                raise FieldFaultError(field, "must not contain the same key twice")
        return self


class ClaimPost(ClaimCreate, RecordRequest):
    """A request to record a claim."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "troop_estimate",
                    "statement": "About 11,000 North Korean soldiers are in Kursk Oblast.",
                    "place": "Kursk Oblast, Russia",
                    "time": "2025-01",
                    "quantities": [
                        {
                            "metric": "present",
                            "unit": "soldiers",
                            "qualifier": "about",
                            "best": 11000,
                            "verbatim": "близько 11 тисяч",
                            "verbatim_language": "uk",
                        }
                    ],
                    "reason": "Reported at the ministry's briefing.",
                }
            ]
        }
    )


class ClaimCorrection(ClaimFields, Correction):
    """A correction of a claim. `quantities` replaces all figures of the claim."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"time": "2025-01-12", "reason": "The ministry named the day on 14 January."}]}
    )


class TopicBrief(Read):
    """Summary of a topic."""

    id: str
    """Identifier of the topic."""
    title: str
    """The question."""


class ClaimCore(Stamp):
    """Fields that every representation of a claim has."""

    kind: ClaimKind
    """What the claim is about."""
    statement: str
    """The proposition, in our own neutral words."""
    language: str
    """Language of the statement, BCP 47."""
    topic: TopicBrief | None
    """Topic to which the claim belongs."""
    place: str | None
    """Place to which the claim refers."""
    time: str | None
    """Time to which the claim refers, EDTF."""
    status: ClaimStatus
    """What we concluded. `unassessed` means that we have not decided yet, `stale` that the decision no longer applies
    to the claim; the status that was decided is then in `review` only."""
    stage: Stage
    """Editorial stage."""
    notice: str | None
    """Notice that readers see about a correction or withdrawal."""
    quantities: list[QuantityRead]
    """Figures of the claim."""


class SpeakerRead(Read):
    """A source and its stance, in a list of claims."""

    source_id: str
    """Id of the source."""
    name: str
    """Name or description of the source."""
    stance: Stance
    """Stance of the source on the claim."""
    lineage: Lineage
    """Where the source got the claim: from its own knowledge (`original`), from another source (`relayed`), or
    `unknown`."""
    upstream_state: UpstreamState
    """Whether what the source relayed it from still stands, or was retracted or withdrawn."""


class Snippet(Read):
    """An excerpt with search matches."""

    field: str = Field(examples=["statement"])
    """Field with the match: statement, place, quote or source."""
    html: str = Field(examples=["about <mark>11,000</mark> soldiers"])
    """Excerpt, escaped for HTML, with matching words in `<mark>`."""


class ClaimItem(ClaimCore):
    """A claim in a list."""

    attributed_to: list[SpeakerRead]
    """The first ten distinct sources and their stances."""
    snippets: list[Snippet] | None
    """Excerpts with search matches; null if the list was not searched."""


class ClaimRead(ClaimCore):
    """A complete claim."""

    adverse_to: SourceBrief | None
    """Party whose losses or conduct the claim is about."""
    note: str | None
    """Note for readers."""
    content_version: int
    """Version in which the proposition or its figures last changed."""
    attributions: list[AttributionRead]
    """Sources and their stances on the claim."""
    counts: Counts
    """Counts of attributions, publishers and origins."""
    origins: OriginsRead
    """Identified origins of the claim and their independence."""
    evidence: list[EvidenceRead]
    """Evidence for or against the claim."""
    relations: list[RelationRead]
    """Relations to other claims, in both directions."""
    successor: ClaimBrief | None
    """Claim that replaced this one; null if there is none. The address of a replaced claim redirects to it."""
    review: ReviewRead | None
    """Decision that the status comes from."""
    fact_checks: list[FactCheckRead]
    """What other fact-checkers published about the claim."""
    distinct_from: list[str]
    """Ids of equal claims that this one was ruled distinct from. Readers without a fact-checker's key see none, because
    these claims may be drafts."""


class ClaimWritten(ClaimRead):
    """A complete claim after it was recorded or corrected."""

    warnings: list[str] = Field(default_factory=list, examples=[[]])
    """Questions about what was recorded, such as a figure recorded as exact whose quote says "around 300". They are not
    stored; left out if there are none."""


class FacetCoverage(Read):
    """The claims over which facets were counted."""

    claims: int = Field(examples=[15])
    """Number of claims that were counted."""
    complete: bool
    """True if the whole list was counted; false if a search had so many matches that only the newest were counted."""


class ClaimPage(Page[ClaimItem]):
    """One page of a list of claims."""

    facets: dict[str, dict[str, int]] | None = Field(examples=[{"status": {"unconfirmed": 12, "disputed": 3}}])
    """For each requested facet, the number of claims with each value (the 200 most frequent values)."""
    facet_names: dict[str, str] | None = Field(examples=[{"src_01jhf3m8w5k6v0x2s9r7q4t1ya": "A ministry"}])
    """Names of the sources and titles of the topics in `facets`, by id; null if neither facet was requested."""
    counted: FacetCoverage | None
    """Claims over which the facets were counted; null if no facets were requested."""
