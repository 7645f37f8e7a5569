"""Rulings that two equal objects are distinct."""

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base, Recorded


class DistinctRuling(Recorded, Base):
    """A ruling that an object is distinct from one that equals it. The change says by whom, when and why."""

    __tablename__ = "distinct_ruling"
    __table_args__ = (
        CheckConstraint("object_id <> other_id", name="two_objects"),
        Index("uq_distinct_ruling_pair", "object_id", "other_id", unique=True),
        Index("ix_distinct_ruling_other_id", "other_id"),
        {"comment": "Which equal objects are distinct; appended to, never altered"},
    )
    prefix = "dst"

    object_id: Mapped[str] = mapped_column(String(ID_LENGTH), comment="The object that was recorded or corrected")
    other_id: Mapped[str] = mapped_column(String(ID_LENGTH), comment="The object that it was ruled distinct from")
