"""What we concluded: decisions on the status of a claim."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base, Recorded, known
from app.vocabulary import Status


class Review(Recorded, Base):
    """A decision on a claim's status. The last one holds; it is stale once the proposition has changed since."""

    __tablename__ = "review"
    __table_args__ = (
        known("status", Status),
        CheckConstraint("claim_version >= 0", name="claim_version_not_negative"),
        Index("ix_review_claim", "claim_id", "change_seq"),
        {"comment": "Decisions on the status of claims; appended to, never altered"},
    )
    prefix = "rev"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="On which claim")
    claim_version: Mapped[int] = mapped_column(comment="On which version of it it was taken; 0: before this record")
    status: Mapped[str] = mapped_column(Text, comment="What was decided")
    rationale: Mapped[str] = mapped_column(Text, comment="Why")
    decided_on: Mapped[date] = mapped_column(Date, comment="When")
    decided_by: Mapped[str] = mapped_column(Text, comment="By whom, a byline")
