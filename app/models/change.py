"""Changes of the record: who, when and why; and the head, which serializes writers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import PERSONAL, Base, closed_list_check
from app.db.types import BigInt, UtcDateTime
from app.vocabulary import Action


class Change(Base):
    """One change of the record. Its number orders everything that was ever recorded."""

    __tablename__ = "change"
    __table_args__ = (
        closed_list_check("action", Action),
        {"comment": "Who changed the record, when and why; appended to, never altered"},
    )

    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False, comment="1, 2, 3, … without gaps")
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, comment="When, UTC; grows with seq")
    actor_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="Who", info={PERSONAL: True})
    action: Mapped[str] = mapped_column(Text, comment="What kind of act")
    reason: Mapped[str] = mapped_column(Text, comment="Why, in the words of the one who did it")


class Head(Base):
    """The single row that writers lock to get the next number."""

    __tablename__ = "head"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "The last change; writers lock its one row to take turns"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Always 1")
    seq: Mapped[int] = mapped_column(BigInt, comment="Number of the last change")
    at: Mapped[datetime] = mapped_column(UtcDateTime, comment="Time of the last change, UTC")
    shared_seq: Mapped[int] = mapped_column(
        BigInt, server_default="0", comment="Number of the last change of something that claims show and do not own"
    )
    log_seq: Mapped[int] = mapped_column(
        BigInt, server_default="0", comment="Number of the last change that is in the log"
    )
    log_size: Mapped[int] = mapped_column(BigInt, server_default="0", comment="How many entries the log has")
    log_frontier: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="Roots of the complete subtrees that the log is made of, the largest first"
    )
    log_secret: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="32 random bytes that blind the hashes in the log"
    )
