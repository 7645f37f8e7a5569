"""Lists by keyset: the page after a place, in an order that never skips and never repeats."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Date, Row, Select, bindparam, tuple_

from app.db.types import BigInt
from app.errors import InvalidError
from app.schemas.query_parameters import Paged
from app.services.core.cursors import Cursors

InOrder = TypeVar("InOrder", bound=tuple[Any, ...])

_TURNS = {"cursor", "limit"}


@dataclass(frozen=True)
class Order:
    """An order of rows: columns that are never null, the last one unique, all rising or all falling."""

    columns: tuple[ColumnElement[Any], ...]
    falling: bool = False


@dataclass(frozen=True)
class Place:
    """Which page of a list is asked for."""

    query: str
    """Which list, and all parameters but cursor and limit: what the cursor is bound to."""
    limit: int
    cursor: str | None
    cursors: Cursors

    @classmethod
    def of(cls, query: Paged, cursors: Cursors, **more: str) -> "Place":
        """The place that a query asks for, in the list that it and `more` tell."""
        bound = f"{type(query).__name__} {more} {query.model_dump_json(exclude=_TURNS)}"
        return cls(bound, query.limit, query.cursor, cursors)

    @property
    def first(self) -> bool:
        """True for the first page."""
        return self.cursor is None

    def after(self, order: Order) -> tuple[Any, ...] | None:
        """The values of the last row of the page before, None on the first.

        Raises InvalidError for a cursor of another list.
        """
        stored = self.stored(len(order.columns))
        if stored is None:
            return None
        return tuple(
            date.fromisoformat(value) if isinstance(column.type, Date) else value
            for column, value in zip(order.columns, stored, strict=True)
        )

    def stored(self, columns: int) -> list[Any] | None:
        """The same as plain values, of so many columns."""
        if self.cursor is None:
            return None
        stored = self.cursors.read(self.query, self.cursor)
        if len(stored) != columns:
            raise InvalidError.of("cursor", "belongs to another order")
        return stored

    def values(self, order: Order) -> dict[str, Any]:
        """The parameters of a statement that `paged` made. Raises InvalidError for a cursor of another list."""
        after = {f"after_{number}": value for number, value in enumerate(self.after(order) or ())}
        # One more than asked for tells whether there is another page.
        return {"limit": self.limit + 1, **after}

    def following(self, last: Sequence[Any]) -> str:
        """The cursor of the page after the row with these values of the order."""
        return self.cursors.make(self.query, last)


def paged(statement: Select[Any], order: Order, *, first: bool) -> Select[Any]:
    """The rows of a page, the first or one after a place, in this order; `Place.values` are its parameters."""
    after = [bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(order.columns)]
    return ordered(statement, order, None if first else after).limit(bindparam("limit", type_=BigInt))


def ordered(statement: Select[Any], order: Order, after: Sequence[Any] | None = None) -> Select[Any]:
    """The statement with its rows in this order, from the row behind these values on."""
    if after is not None:
        here, place = tuple_(*order.columns), tuple_(*after)
        statement = statement.where(here < place if order.falling else here > place)
    return statement.order_by(*(column.desc() if order.falling else column.asc() for column in order.columns))


def cut(rows: Sequence[InOrder], columns: int, place: Place) -> tuple[Sequence[InOrder], str | None]:
    """The rows of a page out of a whole list that is at hand, and the cursor of the next one, None on the last.

    The list is in the order of the first columns of its rows, whose values are plain. Raises InvalidError for a cursor
    of another list.
    """
    after = place.stored(columns)
    begin = 0 if after is None else bisect_right(rows, tuple(after), key=lambda row: row[:columns])
    shown = rows[begin : begin + place.limit]
    more = begin + place.limit < len(rows)
    return shown, place.following(shown[-1][:columns]) if more else None


def page(
    connection: Connection, statement: Select[Any], order: Order, place: Place
) -> tuple[Sequence[Row[Any]], str | None]:
    """The rows of a page and the cursor of the next one, None on the last.

    The statement's first columns must be those of the order. Raises InvalidError for a cursor of another list.
    """
    rows = connection.execute(paged(statement, order, first=place.first), place.values(order)).all()
    if len(rows) <= place.limit:
        return rows, None
    rows = rows[: place.limit]
    return rows, place.following(list(rows[-1][: len(order.columns)]))
