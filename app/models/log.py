"""The transparency log: a leaf for each row of the record, in a Merkle tree whose root is signed."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base
from app.db.types import BigInt, UtcDateTime


class LogLeaf(Base):
    """The hash of an entry of the log. The content of the entry is derived from the row that it commits to.

    There is no foreign key to that row, because an audit must be able to detect a missing row.
    """

    __tablename__ = "log_leaf"
    __table_args__ = ({"comment": "Entries of the log, one for each row of the record; appended to, never altered"},)

    position: Mapped[int] = mapped_column(
        BigInt, primary_key=True, autoincrement=False, comment="0 for the first entry; without gaps"
    )
    change_seq: Mapped[int] = mapped_column(BigInt, comment="The change that it is about")
    object: Mapped[str] = mapped_column(Text, comment="Table and key, as 'claim/clm_…'")
    version: Mapped[int] = mapped_column(comment="Version of the object; 1 of what has no versions")
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 as RFC 6962 has it")


class LogNode(Base):
    """The hash of a complete subtree with 256, 65,536 or 16,777,216 leaves, so that proofs need not read all leaves."""

    __tablename__ = "log_node"
    __table_args__ = ({"comment": "Complete subtrees of the log; appended to, never altered"},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="It has 2^level leaves")
    position: Mapped[int] = mapped_column(
        BigInt, primary_key=True, autoincrement=False, comment="0 for the first of its level"
    )
    node_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 as RFC 6962 has it")


class _OfAChange:
    """Tables with one row per change."""

    change_seq: Mapped[int] = mapped_column(
        BigInt, ForeignKey("change.seq"), primary_key=True, autoincrement=False, comment="Of which change"
    )


class LogSalt(_OfAChange, Base):
    """The salt of a commitment to a person. It is erased with the person, which makes the commitment unreadable."""

    __tablename__ = "log_salt"
    __table_args__ = ({"comment": "Salts of commitments to people; erased when a person is"},)

    salt: Mapped[bytes] = mapped_column(LargeBinary, comment="32 random bytes")


class LogCommitment(_OfAChange, Base):
    """A commitment to who made a change: verifiable as long as its salt exists, and meaningless without it."""

    __tablename__ = "log_commitment"
    __table_args__ = ({"comment": "Commitments to who made a change; appended to, never altered"},)

    actor_commitment: Mapped[bytes] = mapped_column(LargeBinary, comment="HMAC-SHA256 of the person's id")


class LogCheckpoint(Base):
    """A signed state of the log."""

    __tablename__ = "log_checkpoint"
    __table_args__ = ({"comment": "Signed states of the log; appended to, never altered"},)

    size: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False, comment="How many entries it had")
    root: Mapped[bytes] = mapped_column(LargeBinary, comment="Root of the tree of these entries")
    at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was signed, UTC")
    note: Mapped[str] = mapped_column(Text, comment="The checkpoint as a C2SP signed note")
