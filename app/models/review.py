"""Reviews: decisions on the status of a claim."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import BACKFILL_VALUE, Base, Recorded, closed_list_check, current_rows_only
from app.vocabulary import Probability, StandardOfProof, Status

OLDER_RULES = "rules < 2 AND status IN ('confirmed', 'unlikely', 'refuted')"
"""The condition of decisions whose status requires more since rules 2. A query must repeat it literally to use the
partial index."""


class Review(Recorded, Base):
    """A decision on a claim's status. The last one applies.

    A decision taken here refers to a sign-off, and through it to a proposal. An imported decision has the byline of the
    person who took it.
    """

    __tablename__ = "review"
    __table_args__ = (
        closed_list_check("status", Status),
        closed_list_check("standard", StandardOfProof),
        closed_list_check("probability", Probability),
        CheckConstraint("claim_version >= 0", name="claim_version_not_negative"),
        CheckConstraint("credibility BETWEEN 1 AND 6", name="credibility_within"),
        CheckConstraint("(decided_by IS NULL) = (sign_off_id IS NOT NULL)", name="signed_or_named"),
        Index("ix_review_claim", "claim_id", "change_seq"),
        Index("ix_review_older_rules", "change_seq", **current_rows_only(OLDER_RULES)),
        {"comment": "Decisions on the status of claims; appended to, never altered"},
    )
    prefix = "rev"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="On which claim")
    claim_version: Mapped[int] = mapped_column(comment="On which version of it it was taken; 0: before this record")
    status: Mapped[str] = mapped_column(Text, comment="What was decided")
    credibility: Mapped[int | None] = mapped_column(comment="1 (confirmed) to 6 (cannot be judged), Admiralty code")
    standard: Mapped[str | None] = mapped_column(Text, comment="How sure one had to be: standard of proof")
    probability: Mapped[str | None] = mapped_column(Text, comment="How likely it is, a band of ICD 203")
    rationale: Mapped[str] = mapped_column(Text, comment="Why")
    notice: Mapped[str | None] = mapped_column(
        Text, comment="What readers are told where the decision before it turned out wrong"
    )
    decided_on: Mapped[date] = mapped_column(Date, comment="When")
    decided_by: Mapped[str | None] = mapped_column(
        Text, comment="By whom, a byline, where it came with a file; null: whoever proposed and signed it"
    )
    sign_off_id: Mapped[str | None] = mapped_column(
        ForeignKey("sign_off.id"), unique=True, comment="The approval that made it; null: it came with a file"
    )
    rules: Mapped[int] = mapped_column(
        server_default="1",
        info={BACKFILL_VALUE: 1},
        comment="Number of the rules for statuses under which it was taken",
    )
    origin_file: Mapped[str | None] = mapped_column(
        Text, comment="Name of the imported file that contains it; null: not imported, or not known"
    )
    origin_publisher: Mapped[str | None] = mapped_column(
        Text, comment="Who published the installation that took it; null: this one, or not known"
    )
    origin_address: Mapped[str | None] = mapped_column(Text, comment="Address of that installation")
