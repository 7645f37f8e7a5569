"""Full-text matching, one face for both engines.

The words are cut and folded by us, the same for text and query, so both engines hold and look for exactly the same
tokens. What is left to them is finding and ranking.
"""

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Select,
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

WEIGHTS = {"statement": 1.0, "quotes": 0.4, "sources": 0.2}
"""How much a word counts by where it stands."""


@dataclass(frozen=True)
class Match:
    """A query in each engine's own language."""

    fts5: str
    tsquery: str


def matching(connection: Connection, match: Match, seq: int | None) -> Select[tuple[str, float]]:
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


def _sqlite(match: Match) -> tuple[ColumnElement[bool], ColumnElement[float]]:
    index: ColumnElement[str] = literal_column("search_index")
    # bm25 is the smaller the better.
    return index.op("MATCH")(literal(match.fts5)), -func.bm25(index, *WEIGHTS.values())


def _postgresql(match: Match) -> tuple[ColumnElement[bool], ColumnElement[float]]:
    index: ColumnElement[str] = literal_column("search_text.search_index", TSVECTOR)
    query = cast(literal(match.tsquery), TSQUERY)
    c, b, a = sorted(WEIGHTS.values())
    weights: ColumnElement[str] = literal_column(f"'{{0.1,{c},{b},{a}}}'::real[]")
    return index.op("@@")(query), cast(func.ts_rank(weights, index, query), Float(53))
