"""Attributions: which source takes which stance on a claim, in which document, and relayed from whom."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base, Versioned, closed_list_check, current_rows_only
from app.vocabulary import Directness, Lineage, Retractor, Stance

DENYING = "stance IN ('denies', 'disputes_figure') AND NOT withdrawn"
"""The condition of attributions against their claim. A query must repeat it literally to use the partial index."""


class Attribution(Versioned, Base):
    """A source's stance on a claim, in a document, original or relayed from another attribution of the same claim."""

    __tablename__ = "attribution"
    __table_args__ = (
        UniqueConstraint("claim_id", "key"),
        # The target of the upstream's foreign key, which keeps a chain within one claim.
        UniqueConstraint("claim_id", "id"),
        ForeignKeyConstraint(["claim_id", "upstream_id"], ["attribution.claim_id", "attribution.id"]),
        closed_list_check("stance", Stance),
        closed_list_check("lineage", Lineage),
        closed_list_check("directness", Directness),
        CheckConstraint("upstream_id <> id", name="upstream_is_another"),
        CheckConstraint("(lineage = 'relayed') = (upstream_id IS NOT NULL)", name="relayed_from_upstream"),
        CheckConstraint("said_earliest <= said_latest", name="said_ordered"),
        CheckConstraint(
            "CASE WHEN stance = 'no_statement_found'"
            " THEN searched_on IS NOT NULL AND searched_where IS NOT NULL AND searched_by IS NOT NULL"
            " ELSE searched_on IS NULL AND searched_where IS NULL AND searched_by IS NULL END",
            name="search_recorded",
        ),
        closed_list_check("retracted_by", Retractor),
        CheckConstraint(
            "CASE WHEN retracted_by IS NULL THEN retracted_on IS NULL AND retraction_notice IS NULL"
            " ELSE withdrawn AND retracted_on IS NOT NULL AND retraction_notice IS NOT NULL END",
            name="retraction_whole",
        ),
        CheckConstraint("translation IS NULL OR translated_by IS NOT NULL", name="translator_named"),
        Index("ix_attribution_source", "source_id", "claim_id"),
        Index("ix_attribution_denying", "change_seq", **current_rows_only(DENYING)),
        {"comment": "Who takes which stance on a claim, where, and from whom they have it"},
    )
    prefix = "att"

    # Unlike other keys it is unique only within its claim, because importers name the links of one chain.
    key: Mapped[str | None] = mapped_column(Text, sort_order=-8, comment="Name of the attribution within its claim")
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="On which claim")
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), comment="Who")
    stance: Mapped[str] = mapped_column(Text, comment="What the source does with the claim")
    lineage: Mapped[str] = mapped_column(Text, comment="Where the source has it from")
    upstream_id: Mapped[str | None] = mapped_column(Text, comment="The attribution that it was relayed from")
    document_id: Mapped[str | None] = mapped_column(
        ForeignKey("document.id"), index=True, comment="In which document; null: known through a relay only"
    )
    said: Mapped[str | None] = mapped_column(Text, comment="When it was said, EDTF as given")
    said_earliest: Mapped[date] = mapped_column(Date, comment="First day on which it may have been said")
    said_latest: Mapped[date] = mapped_column(Date, comment="Last day on which it may have been said")
    directness: Mapped[str] = mapped_column(Text, comment="How the words reached the document")
    quote: Mapped[str | None] = mapped_column(Text, comment="The words themselves: TextQuoteSelector exact")
    quote_prefix: Mapped[str | None] = mapped_column(Text, comment="The words right before: TextQuoteSelector prefix")
    quote_suffix: Mapped[str | None] = mapped_column(Text, comment="The words right after: TextQuoteSelector suffix")
    page: Mapped[str | None] = mapped_column(Text, comment="Page, as printed")
    media_time: Mapped[str | None] = mapped_column(Text, comment="Time in the recording, hh:mm:ss")
    quote_language: Mapped[str | None] = mapped_column(Text, comment="Language of the quote, BCP 47")
    translation: Mapped[str | None] = mapped_column(Text, comment="The quote in the language of the statement")
    translated_by: Mapped[str | None] = mapped_column(Text, comment="Who translated it, a person or a program")
    searched_on: Mapped[date | None] = mapped_column(Date, comment="no_statement_found: when it was looked for")
    searched_where: Mapped[str | None] = mapped_column(Text, comment="no_statement_found: where")
    searched_by: Mapped[str | None] = mapped_column(Text, comment="no_statement_found: by whom, a byline")
    own_claim_id: Mapped[str | None] = mapped_column(
        ForeignKey("claim.id"), index=True, comment="The claim that states this party's own figure, where it differs"
    )
    note: Mapped[str | None] = mapped_column(Text, comment="What a reader should know about it")
    withdrawn: Mapped[bool] = mapped_column(comment="Taken back; kept to be read, counted no more")
    retracted_by: Mapped[str | None] = mapped_column(Text, comment="Who took it back; null: nobody, or not said")
    retracted_on: Mapped[date | None] = mapped_column(Date, comment="When it was taken back")
    retraction_notice: Mapped[str | None] = mapped_column(Text, comment="What readers are told of that")
