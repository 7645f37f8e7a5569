"""Topics: questions whose answers, the claims, can be compared."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, Base, Versioned, closed_list_check
from app.vocabulary import MetricFamily


class Topic(Versioned, Base):
    """A question with a fixed subject, metric family, place and period, so that its answers can be compared."""

    __tablename__ = "topic"
    __table_args__ = (
        closed_list_check("metric_family", MetricFamily),
        CheckConstraint("period_earliest <= period_latest", name="period_ordered"),
        {
            "comment": "What is comparable: a question that claims answer",
            "info": {EMBEDDED_COLUMNS: frozenset({"title"})},
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
