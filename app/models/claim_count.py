"""Claim counters, updated on each write, so that no request has to count a million claims."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base
from app.db.types import BigInt

ANY = ""
"""Matches all: as kind and status, claims of any; as facet and value, claims with any topic, metrics and sources."""


class _Cell:
    """The claims with the same values of these columns. In primary key order, the values of a facet are adjacent."""

    facet: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="What the value is: topic, metric, source; or ''"
    )
    stage: Mapped[str] = mapped_column(Text, primary_key=True, comment="Editorial stage")
    kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="What they are about; '' with '': all together")
    status: Mapped[str] = mapped_column(Text, primary_key=True, comment="What we concluded; '' with '': all together")
    value: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="Id of the topic or source, or the metric; or ''"
    )


class ClaimCount(_Cell, Base):
    """The current number of claims in each cell. A cell that becomes empty stays, with 0.

    Every claim is counted in the cell of its stage, kind and status (a value of `ClaimStatus`), in one for its topic,
    in one for each metric of its figures, and in one for each source with an attribution that is not withdrawn. Those
    three facets also have sums over all kinds and statuses, because they have many values and most lists have no filter
    by kind or status. All counters are derived from the record and can be rebuilt.
    """

    __tablename__ = "claim_count"
    __table_args__ = ({"comment": "How many claims each cell holds now", "sqlite_with_rowid": False},)

    claims: Mapped[int] = mapped_column(BigInt, sort_order=9, comment="How many")


class ClaimCountHistory(_Cell, Base):
    """The number of claims in a cell from a change on, until the next row of the same cell."""

    __tablename__ = "claim_count_history"
    __table_args__ = ({"comment": "How many claims each cell held after a change", "sqlite_with_rowid": False},)

    change_seq: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("change.seq"),
        primary_key=True,
        autoincrement=False,
        sort_order=8,
        comment="The change that made it so many",
    )
    claims: Mapped[int] = mapped_column(BigInt, sort_order=9, comment="How many")
