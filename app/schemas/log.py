"""Schemas of the transparency log. Hashes in leaves are hexadecimal, hashes of the Merkle tree are base64."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.schemas.base.fields import Read, Schema, StrictInteger

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer that JSON numbers represent exactly (RFC 8259, section 6)."""

Position = Annotated[StrictInteger, Field(ge=0, le=MAX_SAFE_INTEGER)]
Size = Annotated[StrictInteger, Field(ge=1, le=MAX_SAFE_INTEGER)]


class LogStateRead(Read):
    """The current state of the log."""

    size: int = Field(examples=[87])
    """Number of entries."""
    root: str = Field(examples=["u4IAjegu4NYYb3Ma2FeEGEczcr6+ClhQdLbiNIaGhJE="])
    """Root of the Merkle tree of all entries (RFC 6962), base64."""
    checkpoint: str | None
    """The newest checkpoint, a C2SP signed note; null if nothing has been signed."""
    public_key: str | None = Field(examples=["localhost/attest+a9fb4281+AYEN…"])
    """Public key of the log, a C2SP vkey; null if there is none. Keep it, and compare it with a copy from elsewhere."""


class LeafRead(Read):
    """The content of an entry. The bytes of the leaf are this object as canonical JSON (RFC 8785)."""

    action: str
    """Kind of action that caused the change."""
    actor_commitment: str
    """Commitment to the person who made the change: HMAC-SHA256 of the person's id, with a salt that the desk keeps."""
    after_hash: str
    """SHA-256 of a salt and the row, as canonical JSON."""
    at: str
    """When the change was made, UTC."""
    before_hash: str | None
    """`after_hash` of the previous version; null if there is none."""
    object: str = Field(examples=["claim/clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Table and key of the row."""
    seq: int
    """Number of the change."""
    v: int
    """Version of the entry format: 1."""
    version: int
    """Version of the object; 1 for objects without versions."""


class LogEntryRead(Read):
    """An entry of the log."""

    index: int
    """Number of the entry, from 0."""
    leaf_hash: str
    """SHA-256 of a zero byte and the leaf's bytes, base64."""
    leaf: LeafRead | None
    """Content of the entry; null if the record no longer matches the log, which indicates tampering."""


class LogEntries(Read):
    """Consecutive entries of the log."""

    items: list[LogEntryRead]
    """The entries in order."""
    next: int | None
    """Number of the first entry of the next page; null on the last page."""


class LogInclusion(Read):
    """A proof that a version of an object is in the log. `docs/verify_proof.py` verifies it independently of Attest."""

    index: int
    """Number of the entry, from 0."""
    leaf: LeafRead
    """Content of the entry."""
    leaf_hash: str
    """Hash of the leaf, base64."""
    size: int
    """Number of entries of the log at the checkpoint."""
    proof: list[str]
    """Inclusion proof: hashes from the entry up to the root, base64."""
    checkpoint: str
    """Signed root of the log."""
    public_key: str | None
    """Public key for the signature, a C2SP vkey. Compare it with the one that you already have."""
    record: dict[str, Any] | None
    """The row as it was hashed, without columns that are null; null if you may not see it."""
    salt: str | None
    """Salt with which the row was hashed, hexadecimal; null if you may not see the row."""


class LogConsistency(Read):
    """A proof that the log only grew between two states. `docs/verify_proof.py` verifies it independently of Attest."""

    first: int
    """Number of entries in the earlier state."""
    second: int
    """Number of entries in the later state."""
    first_root: str
    """Root of the earlier state, base64."""
    second_root: str
    """Root of the later state, base64."""
    proof: list[str]
    """Consistency proof: hashes that connect the two roots, base64."""
    first_checkpoint: str | None
    """Checkpoint of the earlier state; null if it was not signed."""
    second_checkpoint: str | None
    """Checkpoint of the later state; null if it was not signed."""
    public_key: str | None
    """Public key for the signatures, a C2SP vkey."""


class EntriesQuery(Schema):
    """Parameters of a list of log entries."""

    from_: Position = Field(0, alias="from", description="Number of the first entry, from 0.")
    limit: Annotated[StrictInteger, Field(ge=1, le=1000)] = Field(100, description="Number of entries per page.")


class InclusionQuery(Schema):
    """Parameters of an inclusion proof."""

    object: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00]*$")] = Field(
        description="Table and key of the object.", examples=["claim/clm_01jhf3m8w5k6v0x2s9r7q4t1ya"]
    )
    version: Annotated[StrictInteger, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Version of the object. The default is the newest one."
    )
    format: Literal["json", "tlog_proof"] = Field(
        "json", description="`json`, which includes the object itself, or `tlog_proof`, a C2SP tlog-proof file."
    )


class ConsistencyQuery(Schema):
    """Parameters of a consistency proof."""

    first: Size = Field(description="Number of entries in the earlier state.", examples=[1])
    second: Size | None = Field(
        None, description="Number of entries in the later state. The default is the current number."
    )
