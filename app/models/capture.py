"""Captures: the stored bytes of documents, and the chain of custody."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base, Recorded, closed_list_check, current_rows_only
from app.db.types import BigInt, UtcDateTime
from app.vocabulary import CustodyAct


class Capture(Recorded, Base):
    """The stored bytes of a document, identified by their digest."""

    __tablename__ = "capture"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        CheckConstraint("byte_length >= 0", name="byte_length_positive"),
        CheckConstraint("transcript_of <> id", name="transcript_of_another"),
        Index("ix_capture_transcript", "transcript_of", **current_rows_only("transcript_of IS NOT NULL")),
        {"comment": "The bytes of a document that we kept; appended to, never altered"},
    )
    prefix = "cap"

    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), index=True, comment="Of which document")
    sha256: Mapped[str] = mapped_column(Text, index=True, comment="SHA-256 of the bytes, hexadecimal")
    media_type: Mapped[str] = mapped_column(Text, comment="Media type of the bytes")
    byte_length: Mapped[int] = mapped_column(BigInt, comment="How many bytes")
    captured_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When they were fetched or handed over, UTC")
    url: Mapped[str | None] = mapped_column(Text, comment="From where")
    note: Mapped[str | None] = mapped_column(Text, comment="How they were captured, and what to know about them")
    transcript_of: Mapped[str | None] = mapped_column(
        ForeignKey("capture.id"), comment="The recording that this is a transcript of; null: it is none"
    )


class CustodyEvent(Recorded, Base):
    """An event in the chain of custody of a capture. The change says who caused it."""

    __tablename__ = "custody_event"
    __table_args__ = (
        closed_list_check("act", CustodyAct),
        {"comment": "What happened to the bytes that we kept; appended to, never altered"},
    )
    prefix = "cus"

    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"), index=True, comment="To which bytes")
    act: Mapped[str] = mapped_column(Text, comment="What happened")
    note: Mapped[str | None] = mapped_column(Text, comment="What else there is to say about it")
