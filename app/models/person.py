"""People who write to the record, and the keys by which they do. Nothing here is public but a byline."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base, known
from app.db.types import UtcDateTime
from app.vocabulary import Role


class Person(Base):
    """Someone (or the system itself) who changes the record."""

    __tablename__ = "person"
    __table_args__ = ({"comment": "Who changes the record; only the byline is ever public"},)
    prefix = "per"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, comment="Opaque identifier")
    byline: Mapped[str] = mapped_column(Text, unique=True, comment="Public name or pseudonym")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was entered, UTC")
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="When the person was erased, UTC")


class ApiKey(Base):
    """A key to the API. Only a hash of its secret is stored."""

    __tablename__ = "api_key"
    __table_args__ = (known("role", Role), {"comment": "Keys to the API; the secret itself is not stored"})
    prefix = "key"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, comment="Opaque identifier")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True, comment="Whose key it is")
    handle: Mapped[str] = mapped_column(Text, unique=True, comment="Public first part of the key; finds this row")
    secret_hash: Mapped[str] = mapped_column(Text, comment="SHA-256 of the whole key, hexadecimal")
    role: Mapped[str] = mapped_column(Text, comment="What its holder may do")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was issued, UTC")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="When it stops working, UTC; null: never")
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="When it was revoked, UTC")
