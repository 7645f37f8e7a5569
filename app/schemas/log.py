"""The log that proves itself, as it crosses a door. Hashes in leaves are hexadecimal, those of the tree base64."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.schemas.base.fields import Read, Schema, Whole

MOST = 2**53 - 1

Position = Annotated[Whole, Field(ge=0, le=MOST)]
Size = Annotated[Whole, Field(ge=1, le=MOST)]


class LogStateRead(Read):
    """The log as it stands."""

    size: int = Field(examples=[87])
    """How many entries it has."""
    root: str = Field(examples=["u4IAjegu4NYYb3Ma2FeEGEczcr6+ClhQdLbiNIaGhJE="])
    """Root of the Merkle tree of all of them (RFC 6962), base64."""
    checkpoint: str | None
    """The newest signed state, a C2SP signed note; null if nothing has been signed."""
    public_key: str | None = Field(examples=["localhost/attest+a9fb4281+AYEN…"])
    """What to check signatures with, as a C2SP vkey; null if there is no key. Get it once, and from elsewhere too."""


class LeafRead(Read):
    """What an entry says. Its bytes are this as canonical JSON (RFC 8785)."""

    action: str
    """What kind of act the change was."""
    actor_commitment: str
    """Commitment to who made it: HMAC-SHA256 of the person's id with a salt that is kept by the desk."""
    after_hash: str
    """SHA-256 of a salt and the row, as canonical JSON."""
    at: str
    """When the change was made, UTC."""
    before_hash: str | None
    """The same of the version before; null if there is none."""
    object: str = Field(examples=["claim/clm_01jhf3m8w5k6v0x2s9r7q4t1ya"])
    """Table and key of the row."""
    seq: int
    """Number of the change."""
    v: int
    """Form of the entry: 1."""
    version: int
    """Version of the object; 1 of what has no versions."""


class LogEntryRead(Read):
    """An entry of the log."""

    index: int
    """0 for the first entry."""
    leaf_hash: str
    """SHA-256 of a zero byte and the leaf's bytes, base64."""
    leaf: LeafRead | None
    """What it says; null only if the record is not any more what was logged."""


class LogEntries(Read):
    """Entries of the log, in their order."""

    items: list[LogEntryRead]
    """The entries."""
    next: int | None
    """Where the next page begins; null at the end."""


class LogInclusion(Read):
    """A proof that a version of an object is in the log; `docs/verify_proof.py` checks it without us."""

    index: int
    """Number of the entry."""
    leaf: LeafRead
    """The entry."""
    leaf_hash: str
    """Its hash, base64."""
    size: int
    """How many entries the log had at the checkpoint."""
    proof: list[str]
    """Hashes from the entry up to the root, base64."""
    checkpoint: str
    """The signed root."""
    public_key: str | None
    """What to check the signature with; compare it with what you got before."""
    record: dict[str, Any] | None
    """The row as it is hashed, columns that are null left out; null unless you may see it."""
    salt: str | None
    """What it is hashed with, hexadecimal."""


class LogConsistency(Read):
    """A proof that the log has only grown; `docs/verify_proof.py` checks it without us."""

    first: int
    """How many entries there were."""
    second: int
    """How many there were later."""
    first_root: str
    """The root of the first ones, base64."""
    second_root: str
    """The root of all, base64."""
    proof: list[str]
    """Hashes that lead from one to the other, base64."""
    first_checkpoint: str | None
    """The signed note of the first state, if there is one."""
    second_checkpoint: str | None
    """The signed note of the second state, if there is one."""
    public_key: str | None
    """What to check the signatures with."""


class EntriesQuery(Schema):
    """Which entries."""

    from_: Position = Field(0, alias="from", description="Number of the first entry.")
    limit: Annotated[Whole, Field(ge=1, le=1000)] = Field(100, description="How many.")


class InclusionQuery(Schema):
    """A proof of what."""

    object: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00]*$")] = Field(
        description="Table and key of the object.", examples=["claim/clm_01jhf3m8w5k6v0x2s9r7q4t1ya"]
    )
    version: Annotated[Whole, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Which version; the newest unless given."
    )
    format: Literal["json", "tlog_proof"] = Field(
        "json", description="json, with the object itself; or tlog_proof, a file as C2SP has it."
    )


class ConsistencyQuery(Schema):
    """Between which states."""

    first: Size = Field(description="How many entries there were.")
    second: Size | None = Field(None, description="How many later; all that there are unless given.")
