"""Schemas of a dump's manifest, `manifest.json`, and of the versions of its objects, `versions.jsonl`."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Line, Schema, Timestamp, Verbatim
from app.schemas.capture import Digest

FORMAT_VERSION = 2
"""Version of the dump format. It increases when older versions of Attest can no longer read a dump correctly.

Version 1 had no `versions.jsonl`.
"""

MAX_VERSION = 999_999_999
"""The largest number of a version in a dump: nine digits, as in citations. Further versions still fit an INTEGER."""

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.jsonl$")]
"""Name of a file in the folder of the manifest; paths are not allowed."""

MerkleRoot = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""A 32-byte hash, base64."""


class DumpFile(Schema):
    """A file of a dump."""

    name: FileName
    """Name of the file."""
    records: int = Field(ge=0)
    """Number of records, one per line."""
    bytes: int = Field(ge=0)
    """Size of the file in bytes."""
    sha256: Digest
    """SHA-256 of the file, hexadecimal."""


class LogState(Schema):
    """The state of the log when a dump was made."""

    size: int = Field(ge=0)
    """Number of entries of the log."""
    root: MerkleRoot
    """Root of the log's Merkle tree, base64."""
    checkpoint: Verbatim | None = None
    """Newest checkpoint of the log, a signed note; null if nothing was signed yet."""


class Manifest(Schema):
    """The manifest of a dump: its origin, its licence, and its files with their hashes."""

    format: Literal["attest-dump"]
    """Identifies the file format."""
    format_version: int
    """Version of the dump format."""
    software: Line
    """Version of Attest that wrote the dump."""
    publisher: Line
    """Publisher of the record."""
    address: Line
    """Address of the record."""
    licence: Line
    """Licence under which the dump is distributed."""
    as_of: Timestamp
    """Time of the latest change that the dump contains."""
    change: int = Field(ge=0)
    """Number of that change in the original record."""
    log: LogState
    """State of the original record's log."""
    counts: dict[Line, int]
    """Number of objects of each kind."""
    files: list[DumpFile] = Field(min_length=1, max_length=20)
    """Files of the dump, in the order in which they are read."""


VersionNumber = Annotated[int, Field(ge=1, le=MAX_VERSION)]

ObjectId = Annotated[str, StringConstraints(pattern=r"^[a-z]{3,5}_[0-9a-hjkmnp-tv-z]{26}$")]


class PartVersion(Schema):
    """The identity of a part of a claim."""

    id: ObjectId
    """Identifier of the part."""
    version: VersionNumber = 1
    """Number of its newest version."""


class DecisionVersion(Schema):
    """The identity of a decision."""

    id: ObjectId
    """Identifier of the decision."""
    claim_version: int = Field(ge=0, le=MAX_VERSION)
    """Version of the claim on which it was based; 0 if other evidence or attributions than those in the dump."""


class HeldVersions(Schema):
    """Earlier versions of a claim that an installation holds from which the dump's own installation has it."""

    publisher: Line
    """Publisher of that installation."""
    address: Line
    """Address of its API."""
    through: VersionNumber
    """Last version that it holds."""


class DumpedVersion(Schema):
    """Which version of an object a dump contains. The parts are in the order of its record."""

    record: Literal["topic", "source", "document", "claim"]
    """Type of the record."""
    id: ObjectId
    """Identifier of the object."""
    version: VersionNumber
    """Number of its newest version."""
    is_exact: bool = True
    """False if the claim is not shown as in that version, because something that it refers to has changed since."""
    content_version: VersionNumber | None = None
    """Version in which the claim's proposition last changed; only for claims."""
    attributions: list[PartVersion] = Field(default_factory=list)
    """Attributions of the claim."""
    evidence: list[PartVersion] = Field(default_factory=list)
    """Evidence of the claim."""
    relations: list[PartVersion] = Field(default_factory=list)
    """Relations of the claim."""
    fact_checks: list[PartVersion] = Field(default_factory=list)
    """Fact-checks of the claim."""
    reviews: list[DecisionVersion] = Field(default_factory=list)
    """Decisions on the claim."""
    ratings: list[ObjectId] = Field(default_factory=list)
    """Ids of the ratings of the source."""
    held_by: list[HeldVersions] = Field(default_factory=list)
    """Installations that hold earlier versions of the claim, oldest versions first."""
