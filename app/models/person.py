"""People who write to the record, and their API keys. Only bylines are public.

Accounts and credentials are separate: credentials are API keys today, and other kinds would get tables of their own.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base, closed_list_check
from app.db.types import UtcDateTime
from app.vocabulary import Role, Scope


class Person(Base):
    """A person, or the system itself, that changes the record."""

    __tablename__ = "person"
    __table_args__ = (
        closed_list_check("role", Role),
        {"comment": "Who changes the record; only the byline is ever public"},
    )
    prefix = "per"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, comment="Opaque identifier")
    byline: Mapped[str] = mapped_column(Text, unique=True, comment="Public name or pseudonym")
    pseudonym: Mapped[bool] = mapped_column(server_default=false(), comment="Whether the byline is not their name")
    name: Mapped[str | None] = mapped_column(Text, comment="Private: who it is; for administrators alone")
    role: Mapped[str] = mapped_column(Text, server_default="reader", comment="What they may do")
    system: Mapped[bool] = mapped_column(server_default=false(), comment="Whether it is the program; it has no keys")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was entered, UTC")
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="Since when nothing opens it any more, UTC")
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="When the person was erased, UTC")


class ApiKey(Base):
    """An API key. Only a hash of its secret is stored."""

    __tablename__ = "api_key"
    __table_args__ = (closed_list_check("role", Role), {"comment": "Keys to the API; the secret itself is not stored"})
    prefix = "key"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, comment="Opaque identifier")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True, comment="Whose key it is")
    handle: Mapped[str] = mapped_column(Text, unique=True, comment="Public first part of the key; finds this row")
    secret_hash: Mapped[str] = mapped_column(Text, comment="SHA-256 of the whole key, hexadecimal")
    role: Mapped[str] = mapped_column(Text, comment="What its holder may do")
    label: Mapped[str | None] = mapped_column(Text, comment="What it is for, in its holder's words")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was issued, UTC")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="When it stops working, UTC; null: never")
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="When it was revoked, UTC")
    last_used_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="When it last opened a door, UTC, to a minute or so"
    )


class ApiKeyScope(Base):
    """A scope that an API key has."""

    __tablename__ = "api_key_scope"
    __table_args__ = (
        closed_list_check("scope", Scope),
        {"comment": "What keys may be used for; what is not here, a key may not", "sqlite_with_rowid": False},
    )

    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id"), primary_key=True, comment="Which key")
    scope: Mapped[str] = mapped_column(Text, primary_key=True, comment="For what")
