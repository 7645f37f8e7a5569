"""The common ground of all tables: naming, the columns that every recorded object has, closed lists as CHECKs."""

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

SHOWN_ELSEWHERE = "shown_elsewhere"
"""In a table's `info`: columns that are shown with other objects too; `*` stands for the object as a whole."""

PERSONAL = "personal"
"""In a column's `info`: it says who did something. The log holds a commitment to it instead."""

ABSENT = "absent"
"""In a column's `info`: the value of rows that were there before the column was. The log says nothing of it, as it says
nothing of null: so what was logged before a migration that adds a column stays true after it."""

NOW_ONLY = "now_only"
"""In an index's `info`: what it helps to find is only looked for in the present; versions need no such index."""

ID_LENGTH = 32
"""A prefix of up to five letters, an underscore and 26 characters."""


class Base(DeclarativeBase):
    """Base of every model."""

    metadata = MetaData(naming_convention=NAMING)


def known(column: str, words: type[Word]) -> CheckConstraint:
    """The CHECK that a text column holds a word of a closed list, or null where the column allows it."""
    listed = ", ".join(f"'{word}'" for word in words.values())
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def where_now(condition: str) -> dict[str, Any]:
    """Options of an index of those rows only that meet a condition, and of the present ones only."""
    only = text(condition)
    return {"sqlite_where": only, "postgresql_where": only, "info": {NOW_ONLY: True}}


def table_of(model: type[Base]) -> Table:
    """The table behind a model."""
    return cast(Table, model.__table__)


class Recorded:
    """Columns of everything that is recorded once and never altered."""

    prefix: ClassVar[str]

    id: Mapped[str] = mapped_column(
        String(ID_LENGTH), primary_key=True, sort_order=-9, comment="Opaque identifier, sortable by time"
    )
    change_seq: Mapped[int] = mapped_column(
        BigInt, ForeignKey("change.seq"), index=True, sort_order=8, comment="The change that recorded this"
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, sort_order=9, comment="When it was recorded, UTC")


class Versioned(Recorded):
    """Columns of every object that may be corrected; each of its versions is kept in `<table>_revision`."""

    key: Mapped[str | None] = mapped_column(
        Text,
        unique=True,
        sort_order=-8,
        comment="Name of the object in the file it was imported from; how an import knows it again",
    )
    version: Mapped[int] = mapped_column(sort_order=-7, comment="1 for the first, one more for each change")
