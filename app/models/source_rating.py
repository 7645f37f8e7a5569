"""Reliability ratings of sources."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, Base, Recorded, closed_list_check
from app.vocabulary import Reliability


class SourceRating(Recorded, Base):
    """The reliability of a source for a period and a topic. The most specific matching rating applies."""

    __tablename__ = "source_rating"
    __table_args__ = (
        closed_list_check("reliability", Reliability),
        CheckConstraint("(decided_by IS NULL) = (sign_off_id IS NOT NULL)", name="signed_or_named"),
        Index("ix_source_rating_source", "source_id", "change_seq"),
        {
            "comment": "How far sources can be relied upon; appended to, never altered",
            "info": {EMBEDDED_COLUMNS: frozenset({"*"})},
        },
    )
    prefix = "rtg"

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), comment="Of which source")
    reliability: Mapped[str] = mapped_column(Text, comment="How far it can be relied upon, Admiralty code")
    topic_id: Mapped[str | None] = mapped_column(ForeignKey("topic.id"), comment="On which topic; null: on any")
    period: Mapped[str | None] = mapped_column(Text, comment="For what is said when, EDTF; null: at any time")
    period_earliest: Mapped[date] = mapped_column(Date, comment="First day of that period; 0001-01-01 if open")
    period_latest: Mapped[date] = mapped_column(Date, comment="Last day of that period; 9999-12-31 if open")
    rationale: Mapped[str] = mapped_column(Text, comment="Why")
    decided_on: Mapped[date] = mapped_column(Date, comment="When")
    decided_by: Mapped[str | None] = mapped_column(
        Text, comment="By whom, a byline, where it came with a file; null: whoever proposed and signed it"
    )
    sign_off_id: Mapped[str | None] = mapped_column(
        ForeignKey("sign_off.id"), unique=True, comment="The approval that made it; null: it came with a file"
    )
    origin_file: Mapped[str | None] = mapped_column(
        Text, comment="Name of the imported file that contains it; null: not imported, or not known"
    )
    origin_publisher: Mapped[str | None] = mapped_column(
        Text, comment="Who published the installation that took it; null: this one, or not known"
    )
    origin_address: Mapped[str | None] = mapped_column(Text, comment="Address of that installation")
