"""Assignments: which fact-checker works on which claim. They are not part of the record and have no revisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base
from app.db.types import UtcDateTime


class Assignment(Base):
    """A claim that a fact-checker has taken. It expires: after `held_until` the row has no meaning."""

    __tablename__ = "assignment"
    __table_args__ = ({"comment": "Who of the desk is at work on which claim, until when; no part of the record"},)

    claim_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("claim.id"), primary_key=True, comment="Which claim"
    )
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True, comment="Who is at work on it")
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="Since when, UTC")
    held_until: Mapped[datetime] = mapped_column(UtcDateTime, index=True, comment="Until when, UTC")
