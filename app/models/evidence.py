"""What speaks for or against a claim."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base, Versioned, known
from app.vocabulary import EvidenceRole


class Evidence(Versioned, Base):
    """A document (or the capture of one) that supports, refutes or explains a claim."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("claim_id", "key"),
        known("role", EvidenceRole),
        CheckConstraint("(examined_on IS NULL) = (finding IS NULL)", name="examined_with_finding"),
        CheckConstraint("NOT conclusive OR examined_on IS NOT NULL", name="conclusive_if_examined"),
        {"comment": "What speaks for or against a claim"},
    )
    prefix = "evd"

    # Unique within its claim, as the key of an attribution is.
    key: Mapped[str | None] = mapped_column(Text, sort_order=-8, comment="Name of the piece within its claim")
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="For which claim")
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), index=True, comment="Which document")
    capture_id: Mapped[str | None] = mapped_column(ForeignKey("capture.id"), comment="Which bytes of it")
    role: Mapped[str] = mapped_column(Text, comment="What it does to the claim")
    description: Mapped[str | None] = mapped_column(Text, comment="What is to be seen in it")
    independent: Mapped[bool | None] = mapped_column(
        comment="Independent of the claim's origins; null: not looked into"
    )
    examined_on: Mapped[date | None] = mapped_column(Date, comment="When somebody of ours examined it")
    finding: Mapped[str | None] = mapped_column(Text, comment="What the examination found")
    conclusive: Mapped[bool] = mapped_column(comment="The finding settles the matter")
    withdrawn: Mapped[bool] = mapped_column(comment="Taken back; kept to be read, counted no more")
