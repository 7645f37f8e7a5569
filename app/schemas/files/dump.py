"""Schema of a dump's manifest, `manifest.json`."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Line, Schema, Timestamp, Verbatim
from app.schemas.capture import Digest

FORMAT_VERSION = 2
"""Version of the dump format. It increases when older versions of Attest can no longer read a dump correctly."""

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
