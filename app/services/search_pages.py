"""Searched lists: which claims are on a page, and over which matches the list is counted.

A search of a word that stands in a third of all claims must not look at a third of all claims. So only the newest
matches, the candidates, are ordered by rank and counted; behind them the list goes on with older matches, newest
first. A search with no more matches than that is ordered and counted whole.

Filters narrow what was found. Where a search finds much and the filters leave few claims, it goes the other way round:
these claims are read, and their texts tried. Lists by date and the like walk along that order and try each text.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select
from sqlalchemy.sql import FromClause

from app.db import fulltext
from app.db.fulltext import Match
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import SearchText
from app.services import listing
from app.services.listing import Order, Place
from app.services.record import Record

CANDIDATES = 1_000
"""So many matches at most are ordered by rank and counted; so many claims at most are read to try their texts."""

LONGEST_WALK = 20_000
"""So many claims at most are tried along an order before all matches are sorted instead."""

OLDER = -1
"""Stands for the rank of what is older than the candidates: it comes after all of them, newest first."""

search_text = table_of(SearchText)

Key = tuple[Any, ...]
"""Where a claim stands in an order."""


@dataclass(frozen=True)
class Asked:
    """A search for claims."""

    connection: Connection
    record: Record
    match: Match
    conditions: Sequence[ColumnElement[bool]]
    """The filters, upon the record's claims."""
    narrowed: bool
    """There are filters besides what a reader may see."""
    counted: bool
    """What is found is also to be counted."""


@dataclass(frozen=True)
class Found:
    """A page of what was found."""

    claim_ids: list[str]
    following: str | None
    """The cursor of the next page, None on the last."""
    counted: "Matches"
    """What the list is counted over; nothing unless that was asked for."""


@dataclass(frozen=True)
class Matches:
    """Claims that match and pass the filters."""

    rows: Sequence[Row[Any]]
    complete: bool
    """These are all."""


@dataclass(frozen=True)
class _Candidates:
    """The newest rows of the index that match, whether or not they pass the filters."""

    numbers: list[int]
    complete: bool
    """Nothing else matches."""

    @property
    def lowest(self) -> int:
        """No candidate has a number below this one."""
        return 0 if self.complete else self.numbers[-1]


def by_relevance(asked: Asked, place: Place) -> Found:
    """The page in the order of rank, newer claims first among equals.

    All pages of a list tell of the texts as they were when the first was read, by the last row of then: a claim whose
    words change meanwhile keeps its place. Raises InvalidError for a cursor of another list.
    """
    top, after = _start(asked, place)
    then = None if place.cursor is None and asked.record.seq is None else top
    columns = (search_text.c.id.label("number"), fulltext.rank(asked.connection, asked.match).label("rank"))
    if after is not None and after[0] == OLDER and not (asked.narrowed or asked.counted):
        lowest, found = after[1], Matches([], complete=False)
    else:
        candidates = _candidates(asked, top)
        lowest, found = candidates.lowest, _passing(asked, candidates, then, columns)

    def key(row: Row[Any]) -> Key:
        return (row.rank, row.id) if row.number >= lowest else (OLDER, row.number)

    rows = sorted((row for row in found.rows if after is None or key(row) < after), key=key, reverse=True)
    if not found.complete and len(rows) <= place.limit:
        below = after[1] if after is not None and after[0] == OLDER else lowest
        rows += _older(asked, below, then, columns, place.limit + 1 - len(rows))
    return _page(rows, found, place, lambda row: (top, *key(row)))


def by_columns(asked: Asked, order: Order, place: Place) -> Found:
    """The page in an order of claims. Raises InvalidError for a cursor of another list."""
    after = listing.after(order, place)
    top = fulltext.top(asked.connection, asked.record.seq)
    then = None if asked.record.seq is None else top
    candidates = _candidates(asked, top)
    found = Matches([], complete=False)
    if candidates.complete or asked.narrowed or asked.counted:
        found = _passing(asked, candidates, then, order.columns)

    def key(row: Row[Any]) -> Key:
        return tuple(row[-len(order.columns) :])

    def follows(row: Row[Any]) -> bool:
        return after is None or (key(row) < after if order.falling else key(row) > after)

    rows: Sequence[Row[Any]]
    if found.complete:
        rows = sorted(filter(follows, found.rows), key=key, reverse=order.falling)
    else:
        share = len(candidates.numbers) / (top - candidates.lowest + 1)
        rows = _walk(asked, order, after, then, share=share, wanted=place.limit + 1)
    return _page(rows, found, place, key)


def _page(rows: Sequence[Row[Any]], counted: Matches, place: Place, key: Callable[[Row[Any]], Key]) -> Found:
    page = rows[: place.limit]
    following = place.cursors.make(place.query, key(page[-1])) if len(rows) > place.limit else None
    return Found([row.id for row in page], following, counted)


def _start(asked: Asked, place: Place) -> tuple[int, Key | None]:
    """The number of the last row that there is for this list, and the key after which its page begins."""
    if place.cursor is None:
        return fulltext.top(asked.connection, asked.record.seq), None
    stored = place.cursors.read(place.query, place.cursor)
    if len(stored) != len(("top", "rank", "claim or number")):
        raise InvalidError.of("cursor", "belongs to another order")
    return stored[0], tuple(stored[1:])


def _candidates(asked: Asked, top: int) -> _Candidates:
    numbers = fulltext.newest(asked.connection, asked.match, top, CANDIDATES + 1)
    return _Candidates(numbers[:CANDIDATES], len(numbers) <= CANDIDATES)


def _passing(asked: Asked, candidates: _Candidates, then: int | None, columns: Sequence[ColumnElement[Any]]) -> Matches:
    """All claims that match and pass the filters, if either are few; else those among the candidates."""
    if not candidates.complete and asked.narrowed:
        claim = asked.record.claim
        few = select(claim.c.id).where(*asked.conditions).limit(CANDIDATES + 1)
        identifiers = asked.connection.scalars(few).all()
        if len(identifiers) <= CANDIDATES:
            wanted = fulltext.listed(asked.connection, identifiers)
            source = wanted.join(search_text, search_text.c.claim_id == wanted.c.value)
            holds = fulltext.holds(asked.connection, asked.match)
            return Matches(_read(asked, source, then, columns, holds), complete=True)
    return Matches(_read(asked, _rows(asked, candidates.numbers), then, columns), candidates.complete)


def _older(
    asked: Asked, below: int, then: int | None, columns: Sequence[ColumnElement[Any]], wanted: int
) -> list[Row[Any]]:
    """So many of the claims whose texts have lower numbers, the newest first."""
    rows: list[Row[Any]] = []
    size = 2 * wanted
    while True:
        numbers = fulltext.newest(asked.connection, asked.match, below - 1, size)
        read = _read(asked, _rows(asked, numbers), then, columns)
        rows += sorted(read, key=lambda row: row.number, reverse=True)
        if len(rows) >= wanted or len(numbers) < size:
            return rows[:wanted]
        below, size = numbers[-1], min(4 * size, LONGEST_WALK)


def _walk(
    asked: Asked, order: Order, after: Key | None, then: int | None, *, share: float, wanted: int
) -> Sequence[Row[Any]]:
    """The next claims in an order, at least `wanted` unless it ends; `share` of all texts are likely to match."""
    claims = select(*order.columns).where(*asked.conditions)
    for steps in (min(int(2 * wanted / share), LONGEST_WALK), LONGEST_WALK):
        walked = listing.ordered(claims, order, after).limit(steps).subquery("walked")
        holds = fulltext.holds(asked.connection, asked.match)
        conditions = [search_text.c.claim_id == walked.c.id, fulltext.standing(then), holds]
        matching = select(*walked.c).where(select(1).select_from(search_text).where(*conditions).exists())
        rows = asked.connection.execute(matching).all()
        if len(rows) >= wanted or _count(asked.connection, walked) < steps:
            return sorted(rows, key=tuple, reverse=order.falling)
    # It is frequent, but not here: a word of another year. There are not so many of it that they could not be sorted.
    found = fulltext.matching(asked.connection, asked.match, asked.record.seq).subquery("matches")
    everything = claims.join_from(asked.record.claim, found, found.c.claim_id == asked.record.claim.c.id)
    return asked.connection.execute(listing.ordered(everything, order, after).limit(wanted)).all()


def _count(connection: Connection, table: FromClause) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _rows(asked: Asked, numbers: Sequence[int]) -> FromClause:
    wanted = fulltext.listed(asked.connection, numbers)
    return wanted.join(search_text, search_text.c.id == wanted.c.value)


def _read(
    asked: Asked,
    texts: FromClause,
    then: int | None,
    columns: Sequence[ColumnElement[Any]],
    *conditions: ColumnElement[bool],
) -> Sequence[Row[Any]]:
    """Of these texts the claims that pass the filters: their `id`, what they are counted by, and these columns."""
    claim = asked.record.claim
    counted = [claim.c[facet] for facet in COLUMN_OF.values()] if asked.counted else []
    statement = (
        select(claim.c.id, *counted, *columns)
        .select_from(texts.join(claim, claim.c.id == search_text.c.claim_id))
        # Claims are to be looked up by id: by what IS TRUE no index is asked.
        .where(fulltext.standing(then), *conditions, and_(*asked.conditions).is_(True))
    )
    return asked.connection.execute(statement).all()


# --- counting ---

COLUMN_OF = {"status": "status", "kind": "kind", "stage": "stage", "topic": "topic_id"}
"""Facets that are columns of a claim."""


def count(matches: Matches, facet: str) -> dict[str, int]:
    """How many claims have each value of a facet that is a column, the most frequent values first."""
    column = COLUMN_OF[facet]
    found = Counter(value for row in matches.rows if (value := getattr(row, column)) is not None)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
