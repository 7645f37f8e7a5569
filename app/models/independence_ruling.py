"""Rulings on whether two origins of a claim are independent."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base, Recorded, closed_list_check
from app.vocabulary import Independence


class IndependenceRuling(Recorded, Base):
    """A ruling on two origins of a claim, with a reason. The last ruling on a pair applies."""

    __tablename__ = "independence_ruling"
    __table_args__ = (
        closed_list_check("ruling", Independence),
        # A fixed order, so that each pair has only one form to look up.
        CheckConstraint("first_source_id < second_source_id", name="pair_ordered"),
        Index("ix_independence_ruling_pair", "claim_id", "first_source_id", "second_source_id"),
        {"comment": "Rulings on the independence of two origins; appended to, never altered"},
    )
    prefix = "rul"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="For which claim")
    first_source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), comment="One origin")
    second_source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), comment="The other origin")
    ruling: Mapped[str] = mapped_column(Text, comment="What was ruled")
    reason: Mapped[str] = mapped_column(Text, comment="Why")
