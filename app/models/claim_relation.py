"""Relations between claims."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, Base, Versioned, closed_list_check, current_rows_only
from app.vocabulary import Relation

CONTRADICTING = "relation = 'contradicts' AND NOT withdrawn"
"""The condition of relations between incompatible claims. A query must repeat it literally to use the partial index."""


class ClaimRelation(Versioned, Base):
    """A claim updates, supersedes, contradicts, refines, is part of, or is the same as another claim."""

    __tablename__ = "claim_relation"
    __table_args__ = (
        UniqueConstraint("claim_id", "other_claim_id", "relation"),
        closed_list_check("relation", Relation),
        CheckConstraint("claim_id <> other_claim_id", name="between_two"),
        Index("ix_claim_relation_contradicting", "change_seq", **current_rows_only(CONTRADICTING)),
        # A relation to a draft is embedded in the other claim for fact-checkers, but gives that claim no new version.
        {"comment": "What claims are to each other", "info": {EMBEDDED_COLUMNS: frozenset({"*"})}},
    )
    prefix = "rel"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="This claim")
    other_claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), index=True, comment="The other claim")
    relation: Mapped[str] = mapped_column(Text, comment="What this one is to the other")
    note: Mapped[str | None] = mapped_column(Text, comment="Why we say so")
    withdrawn: Mapped[bool] = mapped_column(comment="Taken back; kept to be read, holds no more")
