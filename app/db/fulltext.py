"""Full-text matching, one face for both engines.

The words are cut and folded by us, the same for text and query, so both engines hold and look for exactly the same
tokens. What is left to them is finding. A search is two steps: `newest` asks the index alone for the numbers of rows
that match, and what the rows are worth is read of no more of them than a page needs.

Rows of search_text are numbered as they are recorded and never deleted: the newest match is the one with the highest
number, and all that was recorded up to some moment lies at or below one number, the `top` of that moment.
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

from app.db.compiled_reads import Statement
from app.db.schema import Base

WEIGHTS = {"statement": 4, "quotes": 2, "sources": 1}
"""What it counts that the whole query is found in one column; the last resort, all of them together, counts nothing.

A rank follows from the text and the query alone. Were it to weigh how rare a word is in the collection, as bm25 does,
every new claim could reorder what was found before: pages would lose rows, and a past moment would not come back.
"""

SAMPLE = 1_000
"""So many of the newest rows tell PostgreSQL how frequent a match is."""

SEGMENT = 32_768
"""So many rows, by number, have words of their own in PostgreSQL's index: "2/kursk" is Kursk in rows 65,536 to 98,303.

A GIN index lists all that it has of a word or nothing, in no order; so the newest matches are looked up in the newest
segments. The migration that makes the index has the same number.
"""

SEGMENT_MARK = "#"
"""Stands in `Match.tsquery` for the number of a segment; no word has it."""

IN_SEGMENT = f"{SEGMENT_MARK}/"
"""What each word of `Match.tsquery` begins with."""

LISTED_FOR_TRIED = 2
"""So many matches PostgreSQL lists by its index in the time that it takes to try a row."""

_VECTOR: ColumnElement[str] = literal_column("search_text.search_index", TSVECTOR)
"""The words of a row as PostgreSQL keeps them; a column that is in the migrations only."""


@dataclass(frozen=True)
class Match:
    """A query in each engine's own language, and as the phrases of which it is made.

    A phrase stands as in a text: one space before and behind each word. Behind a word that may go on there is none.
    """

    fts5: str
    tsquery: str
    required: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def phrases(self) -> dict[str, str]:
        """What `holds` and `rank` leave to be given when the statement is executed."""
        required = {f"required_{place}": phrase for place, phrase in enumerate(self.required)}
        return required | {f"excluded_{place}": phrase for place, phrase in enumerate(self.excluded)}


# --- asking the index ---


@contextmanager
def planned_by_values(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL plan each statement in here for its values: filters leave much or little of what is found.

    Behind it one plan serves all values again (see `app.db.engine`): to plan the items took 1 ms of each search.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    yield
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")


def top(connection: Connection, seq: int | None) -> int:
    """The number of the last row recorded up to change number `seq`, or by now; 0 if there is none."""
    rows = _top_now().rows(connection) if seq is None else _top_then().rows(connection, seq=seq)
    return int(rows[0]["id"]) if rows else 0


@cache
def _top_now() -> Statement:
    number = _text().c.id
    return Statement(select(number).order_by(number.desc()).limit(1))


@cache
def _top_then() -> Statement:
    number, recorded = _text().c.id, _text().c.change_seq
    then = select(number).where(recorded <= bindparam("seq"))
    return Statement(then.order_by(recorded.desc(), number.desc()).limit(1))


def newest(connection: Connection, match: Match, highest: int, count: int) -> list[int]:
    """The numbers of the newest rows that match, falling, none above `highest` and at most `count`; old texts too."""
    if connection.dialect.name != "sqlite":
        return _newest_in_postgresql(connection, match, highest, count)
    rows = _newest_in_sqlite().rows(connection, match=match.fts5, highest=highest, count=count)
    return [row["rowid"] for row in rows]


@cache
def _newest_in_sqlite() -> Statement:
    # FTS5 gives rows in the order of their numbers, either way, and stops when it has been asked for no more.
    index, matches = _index(bindparam("match", type_=Text))
    found = select(index.c.rowid).where(matches, index.c.rowid <= bindparam("highest"))
    return Statement(found.order_by(index.c.rowid.desc()).limit(bindparam("count", type_=BigInteger)))


def _newest_in_postgresql(connection: Connection, match: Match, highest: int, count: int) -> list[int]:
    """Of frequent words the rows themselves are tried, of others the index is asked, no further back than need be.

    How frequent they are is tried out on the newest rows. The planner would multiply the shares of single words, which
    is wrong by far for those that stand together ("North Korean") and for those that never do.
    """
    rest, tried = _below_sample(connection, highest), SAMPLE
    found = _walked(connection, match, rest, highest, count)
    while len(found) < count and rest > 0:
        wanted, share = count - len(found), len(found) / tried if found else 0.0
        # Among so many rows there are most likely enough, so that others need not be looked at. Each step goes at least
        # as far as all before it: where there were many just now, there may be none further back.
        reach = min(max(int(1.5 * wanted / share), tried), rest) if found else rest
        rows_tried = min(wanted / share, reach) if found else reach
        matches_listed = share * min(reach + SEGMENT, rest)
        if LISTED_FOR_TRIED * rows_tried < matches_listed:
            look, above = _walked, rest - reach
        else:
            look, above = _looked_up, max((rest - reach) // SEGMENT * SEGMENT - 1, 0)
        found += look(connection, match, above, rest, wanted)
        tried, rest = tried + rest - above, above
    return found


def _below_sample(connection: Connection, highest: int) -> int:
    """The number below the newest rows that are tried first; 0 if there are no others. Numbers may have gaps."""
    rows = _beyond().rows(connection, highest=highest, sample=SAMPLE)
    return int(rows[0]["id"]) if rows else 0


@cache
def _beyond() -> Statement:
    number = _text().c.id
    below = select(number).where(number <= bindparam("highest")).order_by(number.desc())
    return Statement(below.offset(bindparam("sample", type_=BigInteger)).limit(literal_column("1")))


def _walked(connection: Connection, match: Match, above: int, highest: int, count: int) -> list[int]:
    """The newest matches among the rows between two numbers, each of which is tried."""
    tried = _trying(len(match.required), len(match.excluded))
    rows = tried.rows(connection, **match.phrases, above=above, highest=highest, count=count)
    return [row["id"] for row in rows]


@lru_cache(maxsize=512)
def _trying(required: int, excluded: int) -> Statement:
    number = _text().c.id
    within = number > bindparam("above"), number <= bindparam("highest")
    tried = select(number).where(holds(required, excluded), *within)
    return Statement(tried.order_by(number.desc()).limit(bindparam("count", type_=BigInteger)))


def _looked_up(connection: Connection, match: Match, above: int, highest: int, count: int) -> list[int]:
    """The same by the index."""
    segments = {"first": (above + 1) // SEGMENT, "last": highest // SEGMENT}
    values = {"match": match.tsquery, "above": above, "highest": highest, "count": count}
    return [row["id"] for row in _looking_up().rows(connection, **segments, **values)]


@cache
def _looking_up() -> Statement:
    segments = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)
    listed = _listed(bindparam("match", type_=Text), *segments)
    within = listed.c.id > bindparam("above"), listed.c.id <= bindparam("highest")
    newest = select(listed.c.id).where(*within).order_by(listed.c.id.desc())
    return Statement(newest.limit(bindparam("count", type_=BigInteger)))


def _listed(match: ColumnElement[str], first: ColumnElement[int], last: ColumnElement[int]) -> Subquery:
    """All rows of some segments that PostgreSQL's index has for a query, in no order."""
    segment = func.generate_series(first, last).table_valued("number").render_derived(name="segment")
    asked = cast(func.replace(match, SEGMENT_MARK, cast(segment.c.number, Text)), TSQUERY)
    # OFFSET 0 has each segment looked up by itself: else PostgreSQL may read all rows first, by their numbers.
    matching = select(_text()).where(_VECTOR.op("@@")(asked)).offset(literal_column("0")).lateral("matching")
    return select(matching).select_from(segment.join(matching, true())).subquery("listed")


def matching(connection: Connection, match: Match, seq: int | None) -> Select[tuple[str]]:
    """All claims whose words match, `claim_id`; as of change number `seq`, or now."""
    last = top(connection, seq)
    if connection.dialect.name == "sqlite":
        index, matches = _index(literal(match.fts5))
        text: FromClause = _text()
        found = select(text.c.claim_id).join_from(text, index, text.c.id == index.c.rowid).where(matches)
    else:
        text = _listed(literal(match.tsquery), literal(0), literal(last // SEGMENT))
        found = select(text.c.claim_id)
    return found.where(standing(None if seq is None else last, text))


def words_beginning(connection: Connection, prefix: str, most: int) -> list[str] | None:
    """The words in the index that begin so, if there are no more than `most`; None if there are, or none is kept.

    SQLite only. FTS5 looks a short prefix up in an index of its own (`prefix=` in the migration), but collects and
    sorts whatever a longer one stands for before it gives the first row: for "ukrain*" half of a big table. The
    words themselves it gives in any order, one by one.
    """
    if connection.dialect.name != "sqlite":
        return None
    term: ColumnElement[str] = literal_column("term", Text)
    terms = table("search_index_terms", column("term"))
    beyond = prefix + chr(sys.maxunicode)

    def first(least: ColumnElement[str]) -> ColumnElement[str]:
        return select(term).select_from(terms).where(term >= least, term < beyond).limit(1).scalar_subquery()

    # Each row of the table is one place of a word: the next word is looked for behind all that begin with this one
    # and go on with a character that no word has.
    listed = select(first(literal(prefix)).label("word")).cte("listed", recursive=True)
    following = select(first(listed.c.word + "\x01")).where(listed.c.word.is_not(None))
    listed = listed.union_all(following)
    found = list(connection.scalars(select(listed.c.word).where(listed.c.word.is_not(None)).limit(most + 1)))
    return None if len(found) > most else found


def _index(match: ColumnElement[str]) -> tuple[FromClause, ColumnElement[bool]]:
    """SQLite's index, and what matches in it."""
    index = table("search_index", column("rowid", BigInteger))
    return index, literal_column("search_index").op("MATCH")(match)


# --- telling of rows ---


def listed(connection: Connection, values: Sequence[int] | Sequence[str], kind: TypeEngine[Any]) -> FromClause:
    """A table of these values, in its column `value`: one parameter, however many they are."""
    if connection.dialect.name == "sqlite":
        return func.json_each(bindparam(None, list(values), type_=JSON)).table_valued("value")
    return func.unnest(cast(literal(list(values), ARRAY(kind)), ARRAY(kind))).table_valued("value").render_derived()


def standing(highest: int | BindParameter[int] | None, text: FromClause | None = None) -> ColumnElement[bool]:
    """Whether a row is its claim's text now, or, given a `top`, was when that was the last row.

    `text` has the columns of search_text, and is that table itself unless it is given.
    """
    text = _text() if text is None else text
    if highest is None:
        return text.c.latest
    later = _text().alias("later")
    rewritten = (
        select(1)
        .where(later.c.claim_id == text.c.claim_id, later.c.version == text.c.version + 1, later.c.id <= highest)
        .exists()
    )
    return and_(text.c.id <= highest, text.c.latest | ~rewritten)


@lru_cache(maxsize=512)
def holds(required: int, excluded: int) -> ColumnElement[bool]:
    """Whether a row matches, told from its text alone: for rows that were found in another way than by the index.

    The phrases, of which there are so many, are given as `Match.phrases`.
    """
    text = reduce(add, map(_spaced, WEIGHTS))
    within = [_stands_in(text, f"required_{place}") for place in range(required)]
    without = [~_stands_in(text, f"excluded_{place}") for place in range(excluded)]
    return and_(*within, *without)


@lru_cache(maxsize=256)
def rank(required: int) -> ColumnElement[int]:
    """How good a row is of which it is known that it matches; higher is better, see WEIGHTS. Phrases as above."""

    def weighed(name: str, weight: int) -> ColumnElement[int]:
        whole = and_(*(_stands_in(_spaced(name), f"required_{place}") for place in range(required)))
        return case((whole, weight), else_=0)

    return reduce(add, (weighed(name, weight) for name, weight in WEIGHTS.items()))


def _spaced(name: str) -> ColumnElement[str]:
    # Behind its last word there is one already: each text ends with a boundary.
    space: ColumnElement[str] = literal_column("' '", Text)
    return space + _text().c[name]


class _place_of(FunctionElement[int]):  # noqa: N801 - named as the function of SQL that it stands for
    """Where in a text another one begins, from 1; 0 if nowhere."""

    name = "place_of"
    type = Integer()
    inherit_cache = True


@compiles(_place_of, "sqlite")
def _place_of_sqlite(element: _place_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_place_of, "postgresql")
def _place_of_postgresql(element: _place_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def _stands_in(text: ColumnElement[str], phrase: str) -> ColumnElement[bool]:
    return _place_of(text, bindparam(phrase, type_=Text)) > literal_column("0")


def _text() -> FromClause:
    return Base.metadata.tables["search_text"]
