"""Fact-checks of a claim by other organisations. They never set its status."""

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base, Versioned


class FactCheck(Versioned, Base):
    """Another organisation's review of a claim, with its verdict verbatim (schema.org ClaimReview)."""

    __tablename__ = "fact_check"
    __table_args__ = (
        UniqueConstraint("claim_id", "key"),
        {"comment": "What other fact-checkers published about a claim"},
    )
    prefix = "fck"

    # Unique only within its claim, like the key of an attribution.
    key: Mapped[str | None] = mapped_column(Text, sort_order=-8, comment="Name of the review within its claim")
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="On which claim")
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), index=True, comment="Who published the review")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("document.id"), index=True, comment="Where it stands")
    verdict: Mapped[str | None] = mapped_column(Text, comment="alternateName, word for word")
    rating_value: Mapped[str | None] = mapped_column(Text, comment="ratingValue as written")
    best_rating: Mapped[str | None] = mapped_column(Text, comment="bestRating as written")
    worst_rating: Mapped[str | None] = mapped_column(Text, comment="worstRating as written")
    explanation: Mapped[str | None] = mapped_column(Text, comment="ratingExplanation or reviewBody as written")
    original: Mapped[dict[str, object]] = mapped_column(
        JSON().with_variant(JSONB(), "postgresql"), comment="The ClaimReview object as it came"
    )
