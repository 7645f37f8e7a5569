"""Dumps of other installations that were loaded, and the claim versions that those installations hold."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import ID_LENGTH, Base
from app.db.types import BigInt, UtcDateTime


class DumpLoad(Base):
    """A dump that was loaded. Its installation holds the earlier versions of every object that came with it."""

    __tablename__ = "dump_load"
    __table_args__ = ({"comment": "Dumps that were loaded; appended to, never altered"},)

    change_seq: Mapped[int] = mapped_column(
        BigInt, ForeignKey("change.seq"), primary_key=True, autoincrement=False, comment="The change that loaded it"
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was loaded, UTC")
    publisher: Mapped[str] = mapped_column(Text, comment="Publisher of the installation that wrote it")
    address: Mapped[str] = mapped_column(Text, comment="Address of the API of that installation")
    as_of: Mapped[datetime] = mapped_column(UtcDateTime, comment="Time of the latest change in it, UTC")


class VersionHolder(Base):
    """An installation that holds versions of a claim because the dump's installation had itself loaded a dump."""

    __tablename__ = "version_holder"
    __table_args__ = (
        CheckConstraint("through_version >= 1", name="through_version_positive"),
        {"comment": "Which installation holds which versions of a claim; appended to, never altered"},
    )

    claim_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("claim.id"), primary_key=True, comment="Of which claim"
    )
    through_version: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        comment="The last version that it holds; the first follows the row before",
    )
    publisher: Mapped[str] = mapped_column(Text, comment="Publisher of that installation")
    address: Mapped[str] = mapped_column(Text, comment="Address of the API of that installation")
    change_seq: Mapped[int] = mapped_column(
        BigInt, ForeignKey("change.seq"), index=True, comment="The change that recorded this"
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="When it was recorded, UTC")
