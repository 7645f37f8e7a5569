"""Claims: propositions and their figures."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, ID_LENGTH, Base, Versioned, closed_list_check
from app.db.types import BigInt, FigureColumn, UtcDateTime
from app.vocabulary import Basis, ClaimKind, Metric, Qualifier, Stage, Status


class Claim(Versioned, Base):
    """A proposition. Several sources may assert the same claim; a different figure is another claim of the same topic.

    `version` increases with every change of the claim or its parts (attributions, evidence, relations, decisions), so
    that a cited version never changes. `content_version` is the version in which the proposition itself last changed.
    """

    __tablename__ = "claim"
    __table_args__ = (
        closed_list_check("kind", ClaimKind),
        closed_list_check("status", Status),
        closed_list_check("stage", Stage),
        CheckConstraint("time_earliest <= time_latest", name="time_ordered"),
        CheckConstraint("content_version BETWEEN 1 AND version", name="content_version_within"),
        CheckConstraint("stage <> 'withdrawn' OR notice IS NOT NULL", name="withdrawn_with_notice"),
        Index("ix_claim_list", "stage", "kind", "status", "time_earliest", "id"),
        Index("ix_claim_time", "stage", "time_earliest", "id"),
        Index("ix_claim_status_time", "stage", "status", "time_earliest", "id"),
        Index("ix_claim_topic_time", "topic_id", "time_earliest", "id"),
        Index("ix_claim_recorded", "stage", "change_seq", "id"),
        {
            "comment": "What is being said: a proposition",
            "info": {EMBEDDED_COLUMNS: frozenset({"statement", "status", "stage"})},
        },
    )
    prefix = "clm"

    topic_id: Mapped[str | None] = mapped_column(ForeignKey("topic.id"), comment="The question that it answers")
    kind: Mapped[str] = mapped_column(Text, comment="What it is about")
    statement: Mapped[str] = mapped_column(Text, comment="The proposition, in our own neutral words")
    language: Mapped[str] = mapped_column(Text, comment="Language of the statement, BCP 47")
    place: Mapped[str | None] = mapped_column(Text, comment="Where, as 'Kursk Oblast, Russia'")
    place_folded: Mapped[str | None] = mapped_column(Text, comment="The place without case and accents, to filter by")
    time: Mapped[str | None] = mapped_column(Text, comment="When it is said to be true, EDTF as given")
    time_earliest: Mapped[date] = mapped_column(Date, comment="First day that it may speak of; 0001-01-01 if open")
    time_latest: Mapped[date] = mapped_column(Date, comment="Last day that it may speak of; 9999-12-31 if open")
    adverse_to_id: Mapped[str | None] = mapped_column(
        ForeignKey("source.id"), index=True, comment="The party whose losses or conduct it states"
    )
    status: Mapped[str] = mapped_column(Text, comment="What we concluded; follows from the last decision")
    stage: Mapped[str] = mapped_column(Text, comment="Editorial stage")
    notice: Mapped[str | None] = mapped_column(Text, comment="What readers are told about a correction or withdrawal")
    note: Mapped[str | None] = mapped_column(Text, comment="What a reader should know about it")
    content_version: Mapped[int] = mapped_column(comment="Version in which the proposition itself last changed")


class Quantity(Base):
    """A figure of a claim, for one version of its proposition; never altered."""

    __tablename__ = "quantity"
    __table_args__ = (
        closed_list_check("metric", Metric),
        closed_list_check("qualifier", Qualifier),
        closed_list_check("basis", Basis),
        CheckConstraint(
            "(low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high) "
            "AND (low IS NULL OR high IS NULL OR low <= high)",
            name="ordered",
        ),
        CheckConstraint(
            "CASE"
            " WHEN qualifier IN ('exact', 'about') THEN best IS NOT NULL"
            " WHEN qualifier IN ('at_least', 'more_than') THEN low IS NOT NULL AND best IS NULL AND high IS NULL"
            " WHEN qualifier IN ('at_most', 'fewer_than', 'up_to')"
            " THEN high IS NOT NULL AND best IS NULL AND low IS NULL"
            " WHEN qualifier = 'between' THEN low IS NOT NULL AND high IS NOT NULL"
            " ELSE best IS NULL AND low IS NULL AND high IS NULL AND verbatim IS NOT NULL END",
            name="qualifier_kept",
        ),
        Index("ix_quantity_metric", "metric", "claim_id"),
        {"comment": "Figures of claims; appended to, never altered"},
    )

    claim_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("claim.id"), primary_key=True, comment="Of which claim"
    )
    content_version: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Of which version of its proposition"
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="0 for the first figure")
    metric: Mapped[str] = mapped_column(Text, comment="What it counts")
    unit: Mapped[str] = mapped_column(Text, comment="In what: soldiers, tanks, km²")
    population: Mapped[str | None] = mapped_column(Text, comment="Which part of the topic's subject; null: all of it")
    qualifier: Mapped[str] = mapped_column(Text, comment="How the source limits it")
    low: Mapped[Decimal | None] = mapped_column(FigureColumn, comment="Lower bound given by the source")
    best: Mapped[Decimal | None] = mapped_column(FigureColumn, comment="The number given by the source")
    high: Mapped[Decimal | None] = mapped_column(FigureColumn, comment="Upper bound given by the source")
    cumulative: Mapped[bool] = mapped_column(comment="Counted from a beginning up to the time, rather than at it")
    basis: Mapped[str] = mapped_column(Text, comment="How the source came by it")
    verbatim: Mapped[str | None] = mapped_column(Text, comment="The figure's own words, in their own language")
    verbatim_language: Mapped[str | None] = mapped_column(Text, comment="Language of the verbatim words, BCP 47")
    change_seq: Mapped[int] = mapped_column(
        BigInt, ForeignKey("change.seq"), index=True, comment="The change that recorded this"
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was recorded, UTC")
