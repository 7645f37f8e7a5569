"""Documents: publications and other material that contain statements."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import EMBEDDED_COLUMNS, Base, Versioned, closed_list_check, current_rows_only
from app.vocabulary import DocumentKind


class Document(Versioned, Base):
    """A publication, or other material, that contains statements."""

    __tablename__ = "document"
    __table_args__ = (
        closed_list_check("kind", DocumentKind),
        CheckConstraint("published_earliest <= published_latest", name="published_ordered"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("(merged_into_id IS NULL) = (merge_notice IS NULL)", name="merged_with_notice"),
        Index("ix_document_merged", "merged_into_id", **current_rows_only("merged_into_id IS NOT NULL")),
        {
            "comment": "Where statements stand",
            "info": {
                EMBEDDED_COLUMNS: frozenset({"kind", "title", "url", "published", "publisher_id", "merged_into_id"})
            },
        },
    )
    prefix = "doc"

    kind: Mapped[str] = mapped_column(Text, comment="What it is")
    title: Mapped[str | None] = mapped_column(Text, comment="Title, in its own language; null if it has none")
    publisher_id: Mapped[str | None] = mapped_column(
        ForeignKey("source.id"), index=True, comment="Who published it; null: not known"
    )
    author: Mapped[str | None] = mapped_column(Text, comment="Author as printed")
    authors: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"),
        comment="The author taken apart, name by name, as CSL has it",
    )
    url: Mapped[str | None] = mapped_column(Text, index=True, comment="Where it is or was")
    language: Mapped[str | None] = mapped_column(Text, comment="BCP 47 tag")
    published: Mapped[str | None] = mapped_column(Text, comment="When it was published, EDTF as given")
    published_earliest: Mapped[date] = mapped_column(Date, comment="First day on which it may have been published")
    published_latest: Mapped[date] = mapped_column(Date, comment="Last day on which it may have been published")
    accessed_on: Mapped[date | None] = mapped_column(Date, comment="When we last saw it there")
    archive_url: Mapped[str | None] = mapped_column(Text, comment="A public archive's copy")
    archived_on: Mapped[date | None] = mapped_column(Date, comment="When that copy was made")
    note: Mapped[str | None] = mapped_column(Text, comment="What a reader should know about it")
    merged_into_id: Mapped[str | None] = mapped_column(
        ForeignKey("document.id"), comment="The document that this one is a duplicate of; null: it was not merged"
    )
    merge_notice: Mapped[str | None] = mapped_column(Text, comment="What readers of the duplicate are told")
