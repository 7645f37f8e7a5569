"""What claims are to each other."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import SHOWN_ELSEWHERE, Base, Versioned, known, where_now
from app.vocabulary import Relation

CONTRADICTING = "relation = 'contradicts' AND NOT withdrawn"
"""The condition of relations between claims that cannot both hold, to the letter: by it engines find their index."""


class ClaimRelation(Versioned, Base):
    """This claim updates, supersedes, contradicts, refines, is part of, or is the same as another."""

    __tablename__ = "claim_relation"
    __table_args__ = (
        UniqueConstraint("claim_id", "other_claim_id", "relation"),
        known("relation", Relation),
        CheckConstraint("claim_id <> other_claim_id", name="between_two"),
        Index("ix_claim_relation_contradicting", "change_seq", **where_now(CONTRADICTING)),
        # A relation to a draft is shown to the desk, and gives the claim at its other end no new version.
        {"comment": "What claims are to each other", "info": {SHOWN_ELSEWHERE: frozenset({"*"})}},
    )
    prefix = "rel"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="This claim")
    other_claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), index=True, comment="The other claim")
    relation: Mapped[str] = mapped_column(Text, comment="What this one is to the other")
    note: Mapped[str | None] = mapped_column(Text, comment="Why we say so")
    withdrawn: Mapped[bool] = mapped_column(comment="Taken back; kept to be read, holds no more")
