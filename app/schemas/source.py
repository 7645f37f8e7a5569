"""Schemas of sources."""

from pydantic import ConfigDict, Field

from app.schemas.base.fields import Correction, Key, Line, Prose, Read, RecordRequest, Ref, Schema, Stamp, Url
from app.vocabulary import Anonymity, SourceKind


class SourceFields(Schema):
    """Editable fields of a source."""

    name: Line = Field(examples=["National Intelligence Service"])
    """Name of the source; for an unnamed source, its description, such as 'Western officials'."""
    kind: SourceKind
    """What the source is."""
    anonymity: Anonymity = Anonymity.NAMED
    """How far the source is identified."""
    parent: Ref | None = None
    """Organisation to which the source directly belongs (id or key). Sources within one organisation are never
    independent."""
    other_names: list[Line] = Field(default_factory=list, max_length=50, examples=[["국가정보원", "NIS"]])
    """Other names and spellings, in any language. They are searched like the name."""
    side: Line | None = Field(None, examples=["Ukraine"])
    """Party to the conflict with which the source is aligned, if any."""
    url: Url | None = Field(None, examples=["https://www.nis.go.kr"])
    """Address of the source's own page."""
    description: Prose | None = None
    """Who the source is, in one sentence."""
    distinct_from: list[Ref] = Field(default_factory=list, max_length=200)
    """Existing sources (ids or keys) with an equal name that are distinct from this one. Something equal is otherwise
    refused with 409 and the candidates. Rulings are kept: a correction adds to them, and removes none."""


class SourceCreate(SourceFields):
    """A new source."""

    key: Key | None = None
    """Key that identifies the source in import files, in addition to its id."""


class SourcePost(SourceCreate, RecordRequest):
    """A request to record a source."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "National Intelligence Service",
                    "kind": "intelligence_service",
                    "other_names": ["국가정보원", "NIS"],
                    "url": "https://www.nis.go.kr",
                    "reason": "Named in the ministry's briefing.",
                }
            ]
        }
    )


class SourceCorrection(SourceFields, Correction):
    """A correction of a source."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://www.nis.go.kr", "reason": "The address was missing."}]}
    )


class SourceBrief(Read):
    """Summary of a source."""

    id: str
    """Identifier of the source."""
    name: str
    """Name or description of the source."""
    kind: SourceKind
    """What the source is."""
    anonymity: Anonymity
    """How far the source is identified."""
    side: str | None
    """Party to the conflict with which the source is aligned, if any."""


class SourceRead(Stamp, SourceBrief):
    """A complete source."""

    parent_id: str | None
    """Id of the organisation that the source is a part of."""
    ancestors: list[SourceBrief]
    """Organisations that the source is a direct or indirect part of, nearest first."""
    other_names: list[str]
    """Other names and spellings."""
    url: str | None
    """Address of the source's own page."""
    description: str | None
    """Who the source is."""
    distinct_from: list[str]
    """Ids of equal sources that this one was ruled distinct from."""
    merged_into_id: str | None
    """Id of the source that this one was merged into, because it is a duplicate; null if it was not merged."""
    merge_notice: str | None
    """Notice about the merge; null if it was not merged."""
