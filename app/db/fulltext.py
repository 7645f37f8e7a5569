"""Full-text matching, one face for both engines.

The words are cut and folded by us, the same for text and query, so both engines hold and look for exactly the same
tokens. What is left to them is finding and ranking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from app.db.schema import Base

WEIGHTS = {"statement": 4, "quotes": 2, "sources": 1}
"""What it counts that the whole query is found in one column; the last resort, all of them together, counts nothing.

A rank follows from the text and the query alone. Were it to weigh how rare a word is in the collection, as bm25 does,
every new claim could reorder what was found before: pages would lose rows, and a past moment would not come back.
"""


@dataclass(frozen=True)
class Match:
    """A query in each engine's own language."""

    fts5: str
    tsquery: str


def matching(connection: Connection, match: Match, seq: int | None) -> Select[tuple[str, int]]:
    """The claims whose words match, `claim_id` with `rank` (higher is better); as of change number `seq`, or now."""
    search_text = Base.metadata.tables["search_text"]
    found, rank = (_sqlite if connection.dialect.name == "sqlite" else _postgresql)(match)
    statement = select(search_text.c.claim_id, rank.label("rank")).where(found)
    if connection.dialect.name == "sqlite":
        index = table("search_index", column("rowid"))
        statement = statement.join_from(index, search_text, search_text.c.id == index.c.rowid)
    if seq is None:
        return statement.where(search_text.c.latest)
    later = search_text.alias("later")
    superseded = (
        select(1)
        .where(
            later.c.claim_id == search_text.c.claim_id,
            later.c.version == search_text.c.version + 1,
            later.c.change_seq <= seq,
        )
        .exists()
    )
    return statement.where(search_text.c.change_seq <= seq, ~superseded)


def _sqlite(match: Match) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    index: ColumnElement[str] = literal_column("search_index")
    rowids: Select[tuple[int]] = select(literal_column("rowid")).select_from(table("search_index"))
    row = Base.metadata.tables["search_text"].c.id
    within = [row.in_(rowids.where(index.op("MATCH")(literal(f"{name} : ({match.fts5})")))) for name in WEIGHTS]
    return index.op("MATCH")(literal(match.fts5)), _weighed(within)


def _postgresql(match: Match) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    index: ColumnElement[str] = literal_column("search_text.search_index", TSVECTOR)
    query = cast(literal(match.tsquery), TSQUERY)
    # The migration labels the words of the three columns A, B and C.
    labels: list[ColumnElement[str]] = [literal_column(f"""'{{{label}}}'::"char"[]""") for label in "abc"]
    return index.op("@@")(query), _weighed([func.ts_filter(index, label).op("@@")(query) for label in labels])


def _weighed(within: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    first, *others = [case((found, weight), else_=0) for found, weight in zip(within, WEIGHTS.values(), strict=True)]
    return reduce(add, others, first)
