"""Sources: people, services, newsrooms, datasets. They form a tree."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, Base, Versioned, closed_list_check, current_rows_only
from app.vocabulary import Anonymity, SourceKind


class Source(Versioned, Base):
    """A person or organisation, or a part of one, that makes statements."""

    __tablename__ = "source"
    __table_args__ = (
        closed_list_check("kind", SourceKind),
        closed_list_check("anonymity", Anonymity),
        CheckConstraint("parent_id <> id", name="parent_is_another"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("(merged_into_id IS NULL) = (merge_notice IS NULL)", name="merged_with_notice"),
        Index("ix_source_merged", "merged_into_id", **current_rows_only("merged_into_id IS NOT NULL")),
        {
            "comment": "Who says things; organisations form a tree",
            "info": {EMBEDDED_COLUMNS: frozenset({"name", "kind", "anonymity", "side", "parent_id", "merged_into_id"})},
        },
    )
    prefix = "src"

    name: Mapped[str] = mapped_column(Text, index=True, comment="Name, or description of one who is not named")
    kind: Mapped[str] = mapped_column(Text, comment="What it is")
    anonymity: Mapped[str] = mapped_column(Text, comment="How far it is identified")
    parent_id: Mapped[str | None] = mapped_column(
        ForeignKey("source.id"), index=True, comment="The organisation that it is a part of"
    )
    other_names: Mapped[list[str]] = mapped_column(
        JSON().with_variant(JSONB(), "postgresql"), comment="Other names and spellings, in any language"
    )
    name_folded: Mapped[str] = mapped_column(Text, comment="The name without case and accents, to filter by")
    other_names_folded: Mapped[str] = mapped_column(Text, comment="The other names likewise, a line each")
    side: Mapped[str | None] = mapped_column(Text, comment="Whose side it is on in the conflict, if on any")
    url: Mapped[str | None] = mapped_column(Text, comment="Its own page")
    description: Mapped[str | None] = mapped_column(Text, comment="Who it is, in a sentence")
    merged_into_id: Mapped[str | None] = mapped_column(
        ForeignKey("source.id"), comment="The source that this one is a duplicate of; null: it was not merged"
    )
    merge_notice: Mapped[str | None] = mapped_column(Text, comment="What readers of the duplicate are told")
