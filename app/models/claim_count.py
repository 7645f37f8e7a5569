"""How many claims there are: counted when they are written, so that nobody has to count a million when asking."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import Base
from app.db.types import BigInt

ANY = ""
"""As a kind and status: claims of whichever. As a facet and value: claims whatever their topic, metrics, sources."""


class _Cell:
    """Claims that have these things in common. The order is the primary key's: the values of a facet lie together."""

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
    """How many claims each cell holds now. A cell that has become empty stays, with none.

    Every claim is in the cell of its stage, kind and status; in one for its topic, one for each metric of its figures
    and one for each source that stands on record with it, live. Those three are also summed up over kind and status,
    because there are many of them and lists are mostly asked for without. It is all made from the record and can be
    made again.
    """

    __tablename__ = "claim_count"
    __table_args__ = ({"comment": "How many claims each cell holds now", "sqlite_with_rowid": False},)

    claims: Mapped[int] = mapped_column(BigInt, sort_order=9, comment="How many")


class ClaimCountHistory(_Cell, Base):
    """How many claims each cell held from a change on, until the next row of the cell."""

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
