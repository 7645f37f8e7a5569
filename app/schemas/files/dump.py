"""What a dump says of itself: `manifest.json`."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.schemas.base.fields import Line, Moment, Schema, Verbatim
from app.schemas.capture import Digest

VERSION = 1
"""Version of the layout of a dump. It changes when an older Attest could no longer read it rightly."""

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.jsonl$")]
"""A file beside the manifest, never one anywhere else."""


Root = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""A hash of 32 bytes, base64."""


class DumpFile(Schema):
    """A file of a dump."""

    name: FileName
    """Its name."""
    records: int = Field(ge=0)
    """How many records it holds, a line each."""
    bytes: int = Field(ge=0)
    """How long it is."""
    sha256: Digest
    """SHA-256 of its bytes."""


class LogState(Schema):
    """The state of the log when a dump was made."""

    size: int = Field(ge=0)
    """How many entries the log had."""
    root: Root
    """Root of its Merkle tree, base64."""
    checkpoint: Verbatim | None = None
    """Its newest signed state, a note; null: nothing was signed yet."""


class Manifest(Schema):
    """What a dump is, who made it, and what its files must be."""

    format: Literal["attest-dump"]
    """What this is."""
    format_version: int
    """Version of its layout."""
    software: Line
    """Which Attest made it."""
    publisher: Line
    """Whose record it is."""
    address: Line
    """Where that record is."""
    licence: Line
    """Under which licence it is given on."""
    as_of: Moment
    """When what is in it was last changed."""
    change: int = Field(ge=0)
    """Number of that change in the record it comes from."""
    log: LogState
    """The log of the record it comes from."""
    counts: dict[Line, int]
    """How many of each noun."""
    files: list[DumpFile] = Field(min_length=1, max_length=20)
    """In the order in which they are read."""
