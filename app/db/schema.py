"""What all models share: naming conventions, the columns of recorded objects, closed lists as CHECK constraints."""

from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import CheckConstraint, ForeignKey, MetaData, String, Table, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.db.types import BigInt, UtcDateTime
from app.vocabulary import Word

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

EMBEDDED_COLUMNS = "embedded_columns"
"""Key in a table's `info`: the columns that responses embed in other objects; `*` is the object as a whole."""

PERSONAL = "personal"
"""Key in a column's `info`: the column says who did something, so the log holds a commitment instead of its value."""

BACKFILL_VALUE = "backfill_value"
"""Key in a column's `info`: the value of rows that are older than the column.

The log leaves this value out, like null, so that entries from before the migration that added the column stay valid.
"""

CURRENT_ONLY = "current_only"
"""Key in an index's `info`: only reads of the present use the index, so the revision table does not get it."""

ID_LENGTH = 32
"""A prefix of up to five letters, an underscore and 26 characters."""


class Base(DeclarativeBase):
    """Base of every model."""

    metadata = MetaData(naming_convention=NAMING)


def closed_list_check(column: str, words: type[Word]) -> CheckConstraint:
    """Return the CHECK that a text column holds a word of a closed list, or null if the column is nullable."""
    quoted_words = ", ".join(f"'{word}'" for word in words.values())
    return CheckConstraint(f"{column} IN ({quoted_words})", name=f"{column}_known")


def current_rows_only(condition: str) -> dict[str, Any]:
    """Return the options of a partial index on the rows that meet a condition; the revision table does not get it."""
    where = text(condition)
    return {"sqlite_where": where, "postgresql_where": where, "info": {CURRENT_ONLY: True}}


def table_of(model: type[Base]) -> Table:
    """Return the table of a model."""
    return cast(Table, model.__table__)


class Recorded:
    """Columns of every recorded object."""

    prefix: ClassVar[str]

    id: Mapped[str] = mapped_column(
        String(ID_LENGTH), primary_key=True, sort_order=-9, comment="Opaque identifier, sortable by time"
    )
    change_seq: Mapped[int] = mapped_column(
        BigInt, ForeignKey("change.seq"), index=True, sort_order=8, comment="The change that recorded this"
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, sort_order=9, comment="When it was recorded, UTC")


class Versioned(Recorded):
    """Columns of every object that can be corrected; all its versions are in `<table>_revision`."""

    key: Mapped[str | None] = mapped_column(
        Text,
        unique=True,
        sort_order=-8,
        comment="Name of the object in the file it was imported from; how an import knows it again",
    )
    version: Mapped[int] = mapped_column(sort_order=-7, comment="1 for the first, one more for each change")
