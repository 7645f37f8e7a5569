"""Periods in which a claim's decision does not apply to the claim, so that no read has to compare them."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base
from app.db.types import BigInt

IS_OPEN = "until_seq IS NULL"
"""The condition of periods that have not ended. A query must repeat it literally to use the partial index."""


class StalePeriod(Base):
    """From one change until another, the current decision on a claim was stale for the same reasons.

    The periods are derived from the record and can be rebuilt. No column of the record holds the status `stale`.
    """

    __tablename__ = "stale_period"
    __table_args__ = (
        Index(
            "ix_stale_period_open", "since_seq", "claim_id", sqlite_where=text(IS_OPEN), postgresql_where=text(IS_OPEN)
        ),
        {"comment": "When decisions on claims were stale", "sqlite_with_rowid": False},
    )

    claim_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("claim.id"), primary_key=True, comment="The claim that was decided on"
    )
    since_seq: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("change.seq"),
        primary_key=True,
        autoincrement=False,
        comment="The change that made the decision stale, or added or removed a reason",
    )
    until_seq: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("change.seq"), comment="The change that ended the period; null: it lasts"
    )
    reasons: Mapped[list[Any]] = mapped_column(
        JSON().with_variant(JSONB(), "postgresql"), comment="Why the decision is stale, in the order of the list"
    )
