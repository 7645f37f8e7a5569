"""Requests for a decision on a claim. They are not part of the record and never public."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base
from app.db.types import BigInt, UtcDateTime


class ReviewRequest(Base):
    """A person's request for a decision on a claim. A repeated request updates the first one."""

    __tablename__ = "review_request"
    __table_args__ = (
        UniqueConstraint("claim_id", "person_id"),
        {"comment": "Who asked for a decision on which claim; no part of the record, and never public"},
    )
    prefix = "req"

    id: Mapped[str] = mapped_column(
        String(ID_LENGTH), primary_key=True, comment="Opaque identifier, sortable by the time of first asking"
    )
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="On which claim")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="Who asks")
    note: Mapped[str | None] = mapped_column(Text, comment="Why, in their words")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When they asked last, UTC")
    # A change number, not a time: a decision with a later number has answered the request.
    seen_seq: Mapped[int] = mapped_column(
        BigInt, index=True, comment="Number of the last change of the record when they asked"
    )
