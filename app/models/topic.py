"""Topics: questions whose answers, the claims, can be compared."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, Base, Versioned, closed_list_check, current_rows_only
from app.vocabulary import MetricFamily


class Topic(Versioned, Base):
    """A question with a fixed subject, metric family, place and period, so that its answers can be compared."""

    __tablename__ = "topic"
    __table_args__ = (
        closed_list_check("metric_family", MetricFamily),
        CheckConstraint("period_earliest <= period_latest", name="period_ordered"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("(merged_into_id IS NULL) = (merge_notice IS NULL)", name="merged_with_notice"),
        Index("ix_topic_merged", "merged_into_id", **current_rows_only("merged_into_id IS NOT NULL")),
        {
            "comment": "What is comparable: a question that claims answer",
            "info": {EMBEDDED_COLUMNS: frozenset({"title", "merged_into_id"})},
        },
    )
    prefix = "top"

    title: Mapped[str] = mapped_column(Text, comment="The question, as a reader would ask it")
    subject: Mapped[str] = mapped_column(Text, comment="The population that figures count")
    metric_family: Mapped[str] = mapped_column(Text, comment="Which metrics belong here")
    place: Mapped[str | None] = mapped_column(Text, comment="Where")
    period: Mapped[str | None] = mapped_column(Text, comment="When, EDTF as given")
    period_earliest: Mapped[date] = mapped_column(Date, comment="First day that the period may cover")
    period_latest: Mapped[date] = mapped_column(Date, comment="Last day that the period may cover")
    note: Mapped[str | None] = mapped_column(Text, comment="What a reader should know about comparing these figures")
    merged_into_id: Mapped[str | None] = mapped_column(
        ForeignKey("topic.id"), comment="The topic that this one is a duplicate of; null: it was not merged"
    )
    merge_notice: Mapped[str | None] = mapped_column(Text, comment="What readers of the duplicate are told")
