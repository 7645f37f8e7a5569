"""Sources as they cross a door."""

from pydantic import Field

from app.schemas.base.fields import Correction, Key, Line, Prose, Read, Recording, Ref, Schema, Stamp, Url
from app.vocabulary import Anonymity, SourceKind


class SourceFields(Schema):
    """What is said of a source."""

    name: Line = Field(examples=["National Intelligence Service"])
    """Name; for one who is not named, the description given: 'Western officials'."""
    kind: SourceKind
    """What it is."""
    anonymity: Anonymity = Anonymity.NAMED
    """How far it is identified."""
    parent: Ref | None = Field(None, examples=["src_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """The organisation that it is a part of (id or key). Sources under one organisation are never independent."""
    other_names: list[Line] = Field(default_factory=list, max_length=50, examples=[["국가정보원", "NIS"]])
    """Other names and spellings, in any language; searched like the name."""
    side: Line | None = Field(None, examples=["Ukraine"])
    """Whose side it is on in the conflict, if it is on one."""
    url: Url | None = Field(None, examples=["https://www.nis.go.kr"])
    """Its own page."""
    description: Prose | None = None
    """Who it is, in a sentence."""


class SourceCreate(SourceFields):
    """A new source."""

    key: Key | None = None
    """Name of the source in the file that it comes from."""


class SourcePost(SourceCreate, Recording):
    """A request to record a source."""


class SourceCorrection(SourceFields, Correction):
    """A correction of a source."""


class SourceBrief(Read):
    """A source where it is mentioned."""

    id: str
    """Identifier."""
    name: str
    """Name or description."""
    kind: SourceKind
    """What it is."""
    anonymity: Anonymity
    """How far it is identified."""
    side: str | None
    """Whose side it is on in the conflict, if it is on one."""


class SourceRead(Stamp, SourceBrief):
    """A source, whole."""

    parent_id: str | None
    """The organisation that it is a part of."""
    ancestors: list[SourceBrief]
    """The organisations above it, nearest first."""
    other_names: list[str]
    """Other names and spellings."""
    url: str | None
    """Its own page."""
    description: str | None
    """Who it is."""
