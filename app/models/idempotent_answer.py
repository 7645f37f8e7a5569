"""Stored responses for repeated requests (Idempotency-Key)."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base
from app.db.types import UtcDateTime


class IdempotentAnswer(Base):
    """The response to a request with an Idempotency-Key, written in the same transaction as the request's changes."""

    __tablename__ = "idempotent_answer"
    __table_args__ = ({"comment": "Answers to requests with an Idempotency-Key, kept for a day"},)

    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id"), primary_key=True, comment="With which key to the API")
    name: Mapped[str] = mapped_column(Text, primary_key=True, comment="The Idempotency-Key of the request")
    fingerprint: Mapped[str] = mapped_column(Text, comment="BLAKE2b of method, address and body, hexadecimal")
    status: Mapped[int] = mapped_column(comment="Status of the answer")
    headers: Mapped[str] = mapped_column(Text, comment="Headers of the answer, a JSON object")
    body: Mapped[bytes] = mapped_column(LargeBinary, comment="Body of the answer")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, comment="When it was given, UTC")
