"""The folded text of claims for full-text search."""

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base
from app.db.types import BigInt


class SearchText(Base):
    """Folded words of a claim, its quotes and its source names; a new row whenever they change.

    It is derived from the record and can be rebuilt. Old rows stay, so that a search as of a past moment finds what it
    would have found then. Each engine has its own full-text index on it, which the migrations create.
    """

    __tablename__ = "search_text"
    __table_args__ = (
        UniqueConstraint("claim_id", "version"),
        Index("ix_search_text_recorded", "change_seq", "id"),
        {"comment": "Folded words of claims, from which each engine's full-text index is made"},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True, comment="Row of the full-text index")
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), comment="Of which claim")
    version: Mapped[int] = mapped_column(comment="1 for the first text of the claim, one more for each change")
    latest: Mapped[bool] = mapped_column(comment="This is the claim's text now")
    change_seq: Mapped[int] = mapped_column(BigInt, ForeignKey("change.seq"), comment="The change that made it so")
    statement: Mapped[str] = mapped_column(Text, comment="Words of the statement")
    quotes: Mapped[str] = mapped_column(Text, comment="Words of quotes, translations and verbatim figures")
    sources: Mapped[str] = mapped_column(Text, comment="Words of the names of sources")
