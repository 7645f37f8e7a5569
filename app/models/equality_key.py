"""Equality keys: by which an object that is equal to a new one is found."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base
from app.db.types import BigInt


class EqualityKey(Base):
    """A key that all objects of one kind with an equal name, title, address or statement share.

    It is derived from the current state of the record and can be rebuilt.
    """

    __tablename__ = "equality_key"
    __table_args__ = (
        Index("ix_equality_key_object_id", "object_id"),
        {"comment": "By which equal objects are found; derived from the record", "sqlite_with_rowid": False},
    )

    digest: Mapped[int] = mapped_column(
        BigInt, primary_key=True, autoincrement=False, comment="First 64 bits of the SHA-256 of the normal form"
    )
    object_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, comment="Which object has it")
    abbreviation: Mapped[bool] = mapped_column(comment="It is only an abbreviation in parentheses in its name")
