"""Full-text search on SQLite (FTS5) and PostgreSQL (GIN index), with the same results on both.

Attest tokenizes and folds texts and queries itself, so both engines index and look up exactly the same tokens. A search
has two steps: `newest_matches` reads the ids of the matching rows from the index alone, and `rank` is then computed for
no more rows than a page needs.

Rows of search_text have ascending ids in the order of recording and are never deleted. So the newest match is the one
with the highest id, and everything recorded up to a moment has an id at or below that moment's `last_text_id`.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, TypeEngine

from app.db.compiled_reads import CompiledStatement
from app.db.schema import Base

WEIGHTS = {"statement": 4, "quotes": 2, "sources": 1}
"""The score for a column that contains the whole query. A match only across the columns scores 0.

The rank depends on the text and the query alone. If it weighed how rare a word is in the collection, as BM25 does,
every new claim could reorder earlier results: rows would get lost between pages, and a search as of a past moment would
no longer return what it returned then.
"""

SAMPLE_SIZE = 1_000
"""The number of newest rows that are scanned to estimate how frequent a match is (PostgreSQL)."""

SEGMENT_SIZE = 32_768
"""Rows per segment of PostgreSQL's index: "2/kursk" is the word "kursk" in rows 65,536 to 98,303.

A GIN index returns all entries of a word, unordered, so finding the newest matches of a frequent word would read all of
them. With words prefixed by segment, only the newest segments are read. The migration that creates the index has the
same number.
"""

SEGMENT_PLACEHOLDER = "#"
"""The placeholder of the segment number in `EngineQuery.tsquery`; no token contains it."""

SEGMENT_PREFIX = f"{SEGMENT_PLACEHOLDER}/"
"""The prefix of each word in `EngineQuery.tsquery`."""

INDEX_HITS_PER_SCANNED_ROW = 2
"""How many matches PostgreSQL reads from its index in the time that it takes to scan one row."""

_VECTOR: ColumnElement[str] = literal_column("search_text.search_index", TSVECTOR)
"""PostgreSQL's tsvector of a row; the column is created by the migrations and in no model."""


@dataclass(frozen=True)
class EngineQuery:
    """A search query in the syntax of each engine, and its phrases.

    A phrase is written as in a stored text, with a space before and after each word, so that it can be found as a
    substring. A prefix has no space after it.
    """

    fts5: str
    tsquery: str
    required: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def phrases(self) -> dict[str, str]:
        """The parameters of `text_matches` and `rank`."""
        required = {f"required_{index}": phrase for index, phrase in enumerate(self.required)}
        return required | {f"excluded_{index}": phrase for index, phrase in enumerate(self.excluded)}


# --- index lookups ---


@contextmanager
def custom_query_plans(connection: Connection) -> Iterator[None]:
    """Make PostgreSQL plan each statement in the block for its parameter values, because filters differ in selectivity.

    Afterwards generic plans are used again (see `app.db.engine`): planning the items took 1 ms of each search.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    yield
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")


def last_text_id(connection: Connection, seq: int | None) -> int:
    """The id of the last row recorded up to change number `seq`, or of the last row if `seq` is None; 0 if none."""
    rows = _last_id().rows(connection) if seq is None else _last_id_as_of().rows(connection, seq=seq)
    return int(rows[0]["id"]) if rows else 0


@cache
def _last_id() -> CompiledStatement:
    text_id = _text().c.id
    return CompiledStatement(select(text_id).order_by(text_id.desc()).limit(1))


@cache
def _last_id_as_of() -> CompiledStatement:
    text_id, change_seq = _text().c.id, _text().c.change_seq
    statement = select(text_id).where(change_seq <= bindparam("seq"))
    return CompiledStatement(statement.order_by(change_seq.desc(), text_id.desc()).limit(1))


def newest_matches(connection: Connection, query: EngineQuery, highest: int, count: int) -> list[int]:
    """Return the ids of the newest matching rows, descending: at most `count`, none above `highest`.

    Superseded texts match too; filter them with `is_current_text`.
    """
    if connection.dialect.name != "sqlite":
        return _newest_in_postgresql(connection, query, highest, count)
    rows = _newest_in_sqlite().rows(connection, match=query.fts5, highest=highest, count=count)
    return [row["rowid"] for row in rows]


@cache
def _newest_in_sqlite() -> CompiledStatement:
    # FTS5 returns rows in rowid order, ascending or descending, and stops at the limit without reading the rest.
    index, matches = _fts5_index(bindparam("match", type_=Text))
    statement = select(index.c.rowid).where(matches, index.c.rowid <= bindparam("highest"))
    return CompiledStatement(statement.order_by(index.c.rowid.desc()).limit(bindparam("count", type_=BigInteger)))


def _newest_in_postgresql(connection: Connection, query: EngineQuery, highest: int, count: int) -> list[int]:
    """Scan the newest rows for frequent matches, or read the index for rare ones, only as far back as needed.

    The newest rows are the sample by which the frequency is estimated. PostgreSQL's planner would multiply the
    frequencies of the single words, which is far off for words that occur together ("North Korean") or never do.

    Each step covers the rows above `floor` up to `ceiling`, and the next step continues below it.
    """
    ceiling, scanned = _id_below_sample(connection, highest), SAMPLE_SIZE
    matches = _scan_rows(connection, query, ceiling, highest, count)
    while len(matches) < count and ceiling > 0:
        missing, frequency = count - len(matches), len(matches) / scanned if matches else 0.0
        # 1.5 times the expected number of rows, so that one step usually suffices. Each step covers at least as many
        # rows as all steps before it: a word that is frequent in the newest rows may be absent further back.
        reach = min(max(int(1.5 * missing / frequency), scanned), ceiling) if matches else ceiling
        # The costs to compare: a scan stops at the last missing match, the index returns all matches of its segments.
        rows_to_scan = min(missing / frequency, reach) if matches else reach
        index_hits = frequency * min(reach + SEGMENT_SIZE, ceiling)
        if INDEX_HITS_PER_SCANNED_ROW * rows_to_scan < index_hits:
            search, floor = _scan_rows, ceiling - reach
        else:  # whole segments, as the index returns all of a segment's matches anyway
            search, floor = _search_segments, max((ceiling - reach) // SEGMENT_SIZE * SEGMENT_SIZE - 1, 0)
        matches += search(connection, query, floor, ceiling, missing)
        scanned, ceiling = scanned + ceiling - floor, floor
    return matches


def _id_below_sample(connection: Connection, highest: int) -> int:
    """The highest id below the sample of newest rows; 0 if there are no more rows. Ids may have gaps."""
    rows = _id_after_offset().rows(connection, highest=highest, sample=SAMPLE_SIZE)
    return int(rows[0]["id"]) if rows else 0


@cache
def _id_after_offset() -> CompiledStatement:
    text_id = _text().c.id
    statement = select(text_id).where(text_id <= bindparam("highest")).order_by(text_id.desc())
    return CompiledStatement(statement.offset(bindparam("sample", type_=BigInteger)).limit(literal_column("1")))


def _scan_rows(connection: Connection, query: EngineQuery, floor: int, ceiling: int, count: int) -> list[int]:
    """The newest matches with ids above `floor` and up to `ceiling`, by testing the text of each row."""
    statement = _row_scan(len(query.required), len(query.excluded))
    rows = statement.rows(connection, **query.phrases, floor=floor, ceiling=ceiling, count=count)
    return [row["id"] for row in rows]


@lru_cache(maxsize=512)
def _row_scan(required: int, excluded: int) -> CompiledStatement:
    text_id = _text().c.id
    in_range = text_id > bindparam("floor"), text_id <= bindparam("ceiling")
    statement = select(text_id).where(text_matches(required, excluded), *in_range)
    return CompiledStatement(statement.order_by(text_id.desc()).limit(bindparam("count", type_=BigInteger)))


def _search_segments(connection: Connection, query: EngineQuery, floor: int, ceiling: int, count: int) -> list[int]:
    """The newest matches with ids above `floor` and up to `ceiling`, from the index."""
    segments = {"first": (floor + 1) // SEGMENT_SIZE, "last": ceiling // SEGMENT_SIZE}
    values = {"match": query.tsquery, "floor": floor, "ceiling": ceiling, "count": count}
    return [row["id"] for row in _segment_search().rows(connection, **segments, **values)]


@cache
def _segment_search() -> CompiledStatement:
    segments = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)
    matches = _matches_in_segments(bindparam("match", type_=Text), *segments)
    in_range = matches.c.id > bindparam("floor"), matches.c.id <= bindparam("ceiling")
    statement = select(matches.c.id).where(*in_range).order_by(matches.c.id.desc())
    return CompiledStatement(statement.limit(bindparam("count", type_=BigInteger)))


def _matches_in_segments(tsquery: ColumnElement[str], first: ColumnElement[int], last: ColumnElement[int]) -> Subquery:
    """All matching rows of the segments `first` to `last` from PostgreSQL's index, unordered."""
    segment = func.generate_series(first, last).table_valued("number").render_derived(name="segment")
    segment_query = cast(func.replace(tsquery, SEGMENT_PLACEHOLDER, cast(segment.c.number, Text)), TSQUERY)
    # OFFSET 0 makes PostgreSQL look up each segment in the index; without it, it may scan all rows by their ids first.
    matching = select(_text()).where(_VECTOR.op("@@")(segment_query)).offset(literal_column("0")).lateral("matching")
    return select(matching).select_from(segment.join(matching, true())).subquery("matches")


def select_matching_claims(connection: Connection, query: EngineQuery, seq: int | None) -> Select[tuple[str]]:
    """A SELECT of the `claim_id` of all matching claims, now or as of change number `seq`."""
    last = last_text_id(connection, seq)
    if connection.dialect.name == "sqlite":
        index, matches = _fts5_index(literal(query.fts5))
        text: FromClause = _text()
        statement = select(text.c.claim_id).join_from(text, index, text.c.id == index.c.rowid).where(matches)
    else:
        text = _matches_in_segments(literal(query.tsquery), literal(0), literal(last // SEGMENT_SIZE))
        statement = select(text.c.claim_id)
    return statement.where(is_current_text(None if seq is None else last, text))


def expand_prefix(connection: Connection, prefix: str, limit: int) -> list[str] | None:
    """Return the indexed words with this prefix; None if there are more than `limit`, or on PostgreSQL.

    FTS5 has an index of its own for short prefixes (`prefix=` in the migration), but for a longer one it collects and
    sorts all its matches before it returns the first row: half of a large table for "ukrain*". A query for the words
    themselves returns rows one by one in the order that is asked for, and so stops at its limit.
    """
    if connection.dialect.name != "sqlite":
        return None
    term: ColumnElement[str] = literal_column("term", Text)
    terms = table("search_index_terms", column("term"))
    upper_bound = prefix + chr(sys.maxunicode)

    def first(lower_bound: ColumnElement[str]) -> ColumnElement[str]:
        first_term = select(term).select_from(terms).where(term >= lower_bound, term < upper_bound)
        return first_term.limit(1).scalar_subquery()

    # The terms table has a row per occurrence. To visit each word once, the next lookup skips to the first term after
    # the current word plus "\x01", a character that occurs in no word.
    words = select(first(literal(prefix)).label("word")).cte("words", recursive=True)
    following = select(first(words.c.word + "\x01")).where(words.c.word.is_not(None))
    words = words.union_all(following)
    expansions = list(connection.scalars(select(words.c.word).where(words.c.word.is_not(None)).limit(limit + 1)))
    return None if len(expansions) > limit else expansions


def _fts5_index(match: ColumnElement[str]) -> tuple[FromClause, ColumnElement[bool]]:
    """SQLite's full-text index, and the MATCH condition on it."""
    index = table("search_index", column("rowid", BigInteger))
    return index, literal_column("search_index").op("MATCH")(match)


# --- conditions and scores of rows ---


def value_table(
    connection: Connection, values: Sequence[int] | Sequence[str], value_type: TypeEngine[Any]
) -> FromClause:
    """A table of these values, in its column `value`. They are one parameter, however many there are."""
    if connection.dialect.name == "sqlite":
        return func.json_each(bindparam(None, list(values), type_=JSON)).table_valued("value")
    array = cast(literal(list(values), ARRAY(value_type)), ARRAY(value_type))
    return func.unnest(array).table_valued("value").render_derived()


def is_current_text(highest: int | BindParameter[int] | None, text: FromClause | None = None) -> ColumnElement[bool]:
    """The condition that a row is its claim's current text, now or when `highest` was the `last_text_id`.

    `text` has the columns of search_text; the default is that table itself.
    """
    text = _text() if text is None else text
    if highest is None:
        return text.c.latest
    later = _text().alias("later")
    is_superseded = (
        select(1)
        .where(later.c.claim_id == text.c.claim_id, later.c.version == text.c.version + 1, later.c.id <= highest)
        .exists()
    )
    return and_(text.c.id <= highest, text.c.latest | ~is_superseded)


@lru_cache(maxsize=512)
def text_matches(required: int, excluded: int) -> ColumnElement[bool]:
    """The condition that a row matches, by its text alone: for rows that were not found through the index.

    `required` and `excluded` are the numbers of phrases; `EngineQuery.phrases` are their parameters.
    """
    text = reduce(add, map(_padded_column, WEIGHTS))
    includes = [_contains(text, f"required_{index}") for index in range(required)]
    excludes = [~_contains(text, f"excluded_{index}") for index in range(excluded)]
    return and_(*includes, *excludes)


@lru_cache(maxsize=256)
def rank(required: int) -> ColumnElement[int]:
    """The relevance of a row that matches: the sum of the WEIGHTS of all columns with the whole query.

    `required` is the number of required phrases; `EngineQuery.phrases` are their parameters.
    """

    def score(name: str, weight: int) -> ColumnElement[int]:
        has_all = and_(*(_contains(_padded_column(name), f"required_{index}") for index in range(required)))
        return case((has_all, weight), else_=0)

    return reduce(add, (score(name, weight) for name, weight in WEIGHTS.items()))


def _padded_column(name: str) -> ColumnElement[str]:
    # A phrase has a space on either side. Each stored text already ends with a boundary, so only the first is missing.
    space: ColumnElement[str] = literal_column("' '", Text)
    return space + _text().c[name]


class _position_of(FunctionElement[int]):  # noqa: N801 - named like the SQL function that it renders
    """The position at which a string begins in another one, from 1; 0 if it does not occur."""

    name = "position_of"
    type = Integer()
    inherit_cache = True


@compiles(_position_of, "sqlite")
def _position_of_sqlite(element: _position_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_position_of, "postgresql")
def _position_of_postgresql(element: _position_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def _contains(text: ColumnElement[str], phrase: str) -> ColumnElement[bool]:
    return _position_of(text, bindparam(phrase, type_=Text)) > literal_column("0")


def _text() -> FromClause:
    return Base.metadata.tables["search_text"]
