"""Evidence for or against a claim."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import BACKFILL_VALUE, Base, Versioned, closed_list_check
from app.vocabulary import EvidenceKind, EvidenceRole


class Evidence(Versioned, Base):
    """A document (or the capture of one) that supports, refutes or explains a claim."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("claim_id", "key"),
        closed_list_check("role", EvidenceRole),
        closed_list_check("kind", EvidenceKind),
        CheckConstraint("(examined_on IS NULL) = (finding IS NULL)", name="examined_with_finding"),
        CheckConstraint("NOT conclusive OR examined_on IS NOT NULL", name="conclusive_if_examined"),
        CheckConstraint("translation IS NULL OR translated_by IS NOT NULL", name="translator_named"),
        {"comment": "What speaks for or against a claim"},
    )
    prefix = "evd"

    # Unique only within its claim, like the key of an attribution.
    key: Mapped[str | None] = mapped_column(Text, sort_order=-8, comment="Name of the piece within its claim")
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="For which claim")
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), index=True, comment="Which document")
    capture_id: Mapped[str | None] = mapped_column(ForeignKey("capture.id"), comment="Which bytes of it")
    role: Mapped[str] = mapped_column(Text, comment="What it does to the claim")
    kind: Mapped[str] = mapped_column(
        Text,
        server_default="document",
        info={BACKFILL_VALUE: "document"},
        comment="What it is, as something to examine",
    )
    description: Mapped[str | None] = mapped_column(Text, comment="What is to be seen in it")
    quote: Mapped[str | None] = mapped_column(Text, comment="The passage: TextQuoteSelector exact")
    quote_prefix: Mapped[str | None] = mapped_column(Text, comment="The words right before: TextQuoteSelector prefix")
    quote_suffix: Mapped[str | None] = mapped_column(Text, comment="The words right after: TextQuoteSelector suffix")
    page: Mapped[str | None] = mapped_column(Text, comment="Page, as printed")
    media_time: Mapped[str | None] = mapped_column(Text, comment="Time in the recording, hh:mm:ss")
    quote_language: Mapped[str | None] = mapped_column(Text, comment="Language of the passage, BCP 47")
    translation: Mapped[str | None] = mapped_column(Text, comment="The passage in the language of the statement")
    translated_by: Mapped[str | None] = mapped_column(Text, comment="Who translated it, a person or a program")
    independent: Mapped[bool | None] = mapped_column(
        comment="Independent of the claim's origins; null: not looked into"
    )
    examined_on: Mapped[date | None] = mapped_column(Date, comment="When somebody of ours examined it")
    finding: Mapped[str | None] = mapped_column(Text, comment="What the examination found")
    conclusive: Mapped[bool] = mapped_column(comment="The finding settles the matter")
    not_kept_because: Mapped[str | None] = mapped_column(
        Text, comment="Why the examined bytes are not kept as a capture; public"
    )
    note: Mapped[str | None] = mapped_column(Text, comment="What a reader should know about it")
    withdrawn: Mapped[bool] = mapped_column(comment="Taken back; kept to be read, counted no more")
