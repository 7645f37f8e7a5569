"""Searched lists: which claims are on a page, and over which matches the list is counted.

A search of a word that stands in a third of all claims must not look at a third of all claims. So only the newest
matches, the candidates, are ordered by rank; behind them the list goes on with older matches, newest first. Somewhat
more of them are counted. A search with no more matches than that is ordered and counted whole.

Filters narrow what was found. Where a search finds much and the filters leave few claims, it goes the other way round:
these claims are read, and their texts tried. Lists by date and the like walk along that order and try each text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Select, Text, and_, bindparam, func, select, tuple_
from sqlalchemy.sql import FromClause

from app.db import fulltext
from app.db.compiled_reads import bytewise, numbers, texts
from app.db.fulltext import Match
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import SearchText
from app.services.core import pagination
from app.services.core.pagination import Order, Place
from app.services.core.snapshot import Read, Record
from app.services.queries.claim_filters import Conditions, Shape

RANKED = 500
"""So many matches at most are ordered by rank, whether or not they are counted as well."""

COUNTED = 1_000
"""So many matches at most are counted; at least as many as are ranked."""

FEW_CLAIMS = 1_000
"""Where a filter leaves no more claims than that, their texts are tried instead."""

LONGEST_WALK = 20_000
"""So many claims at most are tried along an order before all matches are sorted instead."""

NUMBER, RANK = "number", "rank"
"""What texts are ordered by: when they were recorded, and how good they are."""

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
    filters: Conditions
    facets: tuple[str, ...]
    """By which columns of a claim what is found will be counted, see COLUMN_OF."""
    counted: bool
    """What is found will be counted, by these or otherwise."""


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

    rows: Sequence[Any]
    """Of each its id, the facets asked for, and then what its order is made of."""
    complete: bool
    """These are all."""


@dataclass(frozen=True)
class _Candidates:
    """The newest rows of the index that match, whether or not they pass the filters."""

    top: int
    """The last row that there is, whether it matches or not."""
    numbers: list[int]
    """Falling."""
    complete: bool
    """Nothing else matches."""

    @property
    def lowest(self) -> int:
        """No candidate has a number below this one."""
        return 0 if self.complete else self.numbers[-1]

    @property
    def lowest_ranked(self) -> int:
        """Nothing with a number below this one is ordered by rank."""
        return self.numbers[RANKED - 1] if len(self.numbers) > RANKED else self.lowest


def by_relevance(asked: Asked, place: Place) -> Found:
    """The page in the order of rank, newer claims first among equals.

    All pages of a list tell of the texts as they were when the first was read, by the last row of then: a claim whose
    words change meanwhile keeps its place. Raises InvalidError for a cursor of another list.
    """
    top, after = _start(asked, place)
    then = _then(asked, top) if place.cursor is None else top
    columns = (NUMBER, RANK)
    if after is not None and after[0] == OLDER and not (asked.filters.narrows or asked.counted):
        ranked_from, below, found = after[1], after[1], Matches([], complete=False)
    else:
        candidates = _candidates(asked, top)
        best = None if asked.counted else _Best(place.limit + 1, after)
        ranked_from, below = candidates.lowest_ranked, candidates.lowest
        found = _passing(asked, candidates, then, columns, best)

    def key(row: Any) -> Key:
        number, rank = row[-2:]
        return (rank, row[0]) if number >= ranked_from else (OLDER, number)

    keyed = [(key(row), row[0]) for row in found.rows]
    keyed = sorted((one for one in keyed if after is None or one[0] < after), reverse=True)
    if not found.complete and len(keyed) <= place.limit:
        if after is not None and after[0] == OLDER:
            below = min(below, after[1])
        older = _older(asked, below, then, columns, place.limit + 1 - len(keyed))
        keyed += [(key(row), row[0]) for row in older]
    return _page([((top, *one), claim_id) for one, claim_id in keyed[: place.limit + 1]], found, place)


def by_columns(asked: Asked, order: Order, place: Place) -> Found:
    """The page in an order of claims. Raises InvalidError for a cursor of another list."""
    after = place.after(order)
    behind = None if after is None else _plain(after)
    candidates = _candidates(asked, fulltext.top(asked.connection, asked.record.seq))
    found = Matches([], complete=False)
    if candidates.complete or asked.filters.narrows or asked.counted:
        found = _passing(asked, candidates, _then(asked, candidates.top), _names(order))
    if found.complete:
        keys = _in_order(found.rows, order, behind)
    else:
        keys = _walk(asked, candidates, order, after, place.limit + 1)
    return _page([(key, key[-1]) for key in keys], found, place)


def _page(keyed: Sequence[tuple[Key, str]], counted: Matches, place: Place) -> Found:
    """Of claims in their order, each with its place in that order, the first; the next one may be among them or not."""
    page = keyed[: place.limit]
    following = place.following(page[-1][0]) if len(keyed) > place.limit else None
    return Found([claim_id for _key, claim_id in page], following, counted)


def _start(asked: Asked, place: Place) -> tuple[int, Key | None]:
    """The number of the last row that there is for this list, and the key after which its page begins."""
    if place.cursor is None:
        return fulltext.top(asked.connection, asked.record.seq), None
    stored = place.cursors.read(place.query, place.cursor)
    if len(stored) != len(("top", "rank", "claim or number")):
        raise InvalidError.of("cursor", "belongs to another order")
    return stored[0], tuple(stored[1:])


def _then(asked: Asked, top: int) -> int | None:
    """The `top` of the moment that is asked about; None for now."""
    return None if asked.record.seq is None else top


def _candidates(asked: Asked, top: int) -> _Candidates:
    most = COUNTED if asked.counted else RANKED
    numbers = fulltext.newest(asked.connection, asked.match, top, most + 1)
    return _Candidates(top, numbers[:most], len(numbers) <= most)


def _passing(
    asked: Asked, candidates: _Candidates, then: int | None, columns: tuple[str, ...], best: "_Best | None" = None
) -> Matches:
    """All claims that match and pass the filters, if either are few; else those among the candidates.

    Of the candidates only the best, if only these are wanted.
    """
    for narrow in () if candidates.complete else asked.filters.narrowed():
        identifiers = asked.connection.scalars(narrow.limit(FEW_CLAIMS + 1)).all()
        if len(identifiers) <= FEW_CLAIMS:
            return Matches(_read(asked, sorted(set(identifiers)), then, columns), complete=True)
    return Matches(_read(asked, candidates.numbers, then, columns, best), candidates.complete)


def _older(asked: Asked, below: int, then: int | None, columns: tuple[str, ...], wanted: int) -> list[Any]:
    """So many of the claims whose texts have lower numbers, the newest first."""
    rows: list[Any] = []
    size = 2 * wanted
    while True:
        numbers = fulltext.newest(asked.connection, asked.match, below - 1, size)
        read = _read(asked, numbers, then, columns)
        rows += sorted(read, key=lambda row: row[-2], reverse=True)
        if len(rows) >= wanted or len(numbers) < size:
            return rows[:wanted]
        below, size = numbers[-1], min(4 * size, LONGEST_WALK)


def _walk(asked: Asked, candidates: _Candidates, order: Order, after: Key | None, wanted: int) -> list[Key]:
    """The next claims in an order, at least `wanted` unless it ends there."""
    top, then = candidates.top, _then(asked, candidates.top)
    share = len(candidates.numbers) / (top - candidates.lowest + 1)
    likely = int(2 * wanted / share)
    # Where that many are hardly fewer than all matches, they are sorted at once.
    for steps in (min(likely, LONGEST_WALK), LONGEST_WALK) if likely < share * top else ():
        walked = pagination.ordered(_claims(asked, order), order, after).limit(steps).subquery("walked")
        conditions = [search_text.c.claim_id == walked.c.id, fulltext.standing(then)]
        conditions.append(fulltext.holds(len(asked.match.required), len(asked.match.excluded)))
        matching = select(*walked.c).where(select(1).select_from(search_text).where(*conditions).exists())
        keys = [_plain(row) for row in asked.connection.execute(matching, asked.match.phrases)]
        if len(keys) >= wanted or _count(asked.connection, walked) < steps:
            return sorted(keys, reverse=order.falling)
    numbers = fulltext.newest(asked.connection, asked.match, top, top)
    return _in_order(_read(asked, numbers, then, _names(order)), order, None if after is None else _plain(after))


def _claims(asked: Asked, order: Order) -> Select[Any]:
    claims = select(*order.columns)
    if len(order.columns) > 1:
        return claims.where(*asked.filters.all(tried=() if order.columns[0].key == "time_earliest" else {"date_to"}))
    # By id alone: no index for the filters, which would have to be sorted then.
    return claims.where(and_(*asked.filters.all()).is_(True))


def _in_order(rows: Sequence[Any], order: Order, after: Key | None) -> list[Key]:
    keys: list[Key] = [tuple(row[-len(order.columns) :]) for row in rows]
    if after is not None:
        keys = [key for key in keys if (key < after if order.falling else key > after)]
    return sorted(keys, reverse=order.falling)


def _count(connection: Connection, table: FromClause) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _names(order: Order) -> tuple[str, ...]:
    return tuple(str(column.key) for column in order.columns)


def _plain(key: Iterable[Any]) -> Key:
    """A key of an order as it is read, with days as text."""
    return tuple(value.isoformat() if isinstance(value, date) else value for value in key)


class _Best(NamedTuple):
    """So many claims, in the order of rank, behind a place in it unless that is its beginning."""

    limit: int
    after: Key | None

    @property
    def values(self) -> dict[str, Any]:
        """What a statement for them is executed with."""
        if self.after is None:
            return {"limit": self.limit}
        rank, claim_id = self.after
        return {"limit": self.limit, "after_rank": rank, "after_claim": str(claim_id)}


def _read(
    asked: Asked,
    wanted: Sequence[int] | Sequence[str],
    then: int | None,
    columns: tuple[str, ...],
    best: _Best | None = None,
) -> list[tuple[Any, ...]]:
    """The claims that pass the filters: of texts with these numbers, which match, or of claims whose texts do.

    Of each its `id`, what it is counted by, and these columns. Of all of them, unless only the best are wanted.
    """
    form = _Form(
        shape=asked.filters.shape,
        facets=asked.facets,
        columns=columns,
        of_claims=bool(wanted) and isinstance(wanted[0], str),
        as_it_is=then is None,
        best=best is not None,
        after=best is not None and best.after is not None,
        required=len(asked.match.required),
        excluded=len(asked.match.excluded),
    )
    values = {**asked.filters.values, **asked.match.phrases, "wanted": list(wanted)}
    values |= {} if best is None else best.values
    rows = _reading(form)(asked.connection, asked.record, **values, **({} if then is None else {"top": then}))
    return [tuple(row.values()) for row in rows]


class _Form(NamedTuple):
    """All of a read of texts but its values."""

    shape: Shape
    facets: tuple[str, ...]
    columns: tuple[str, ...]
    of_claims: bool
    as_it_is: bool
    best: bool
    after: bool
    required: int
    excluded: int


@lru_cache(maxsize=1_024)
def _reading(form: _Form) -> Read:
    def write(record: Record) -> Select[Any]:
        claim = record.claim
        own = {NUMBER: search_text.c.id.label(NUMBER), RANK: fulltext.rank(form.required).label(RANK)}
        listed = texts("wanted") if form.of_claims else numbers("wanted")
        text_of = search_text.c.claim_id if form.of_claims else search_text.c.id
        conditions = [fulltext.holds(form.required, form.excluded)] if form.of_claims else []
        conditions.append(fulltext.standing(None if form.as_it_is else bindparam("top", type_=BigInteger)))
        found = (
            select(search_text.c.claim_id, *(own[name] for name in own if name in form.columns))
            .select_from(listed.join(search_text, text_of == listed.c.value))
            .where(*conditions)
        )
        if form.best:
            # In order already here, so that PostgreSQL looks up no more claims than it takes.
            own_id = bytewise(search_text.c.claim_id).label("own_id")
            found = found.add_columns(own_id).order_by(own[RANK].desc(), own_id.desc())
        text = found.subquery("text")
        passing = (
            select(
                claim.c.id.label("claim_id"),
                *(claim.c[COLUMN_OF[facet]].label(f"facet_{facet}") for facet in form.facets),
                *((text if name in own else claim).c[name].label(f"by_{name}") for name in form.columns),
            )
            .select_from(text.join(claim, claim.c.id == text.c.claim_id))
            # Claims are to be looked up by id: by what IS TRUE no index is asked.
            .where(and_(*Conditions(record, form.shape).all()).is_(True))
        )
        if not form.best:
            return passing
        key = text.c[RANK], text.c.own_id
        if form.after:
            after = tuple_(bindparam("after_rank", type_=Integer), bindparam("after_claim", type_=Text))
            passing = passing.where(tuple_(*key) < after)
        return passing.order_by(*(column.desc() for column in key)).limit(bindparam("limit", type_=BigInteger))

    return Read(write)


# --- counting ---

COLUMN_OF = {"status": "status", "kind": "kind", "stage": "stage", "topic": "topic_id"}
"""Facets that are columns of a claim."""

MOST_VALUES = 200
"""So many values of a facet at most are shown."""


def count(asked: Asked, matches: Matches, facet: str) -> dict[str, int]:
    """How many claims have each value of a facet that is a column, the most frequent values first."""
    found = Counter(map(itemgetter(1 + asked.facets.index(facet)), matches.rows))
    del found[None]
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES])
