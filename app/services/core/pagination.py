"""Keyset pagination: a page starts after the sort values of a row, so that paging skips and repeats no row."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Date, Row, Select, bindparam, tuple_

from app.db.types import BigInt
from app.errors import InvalidError
from app.schemas.query_parameters import PageParameters
from app.services.core.cursors import Cursors

SortedRow = TypeVar("SortedRow", bound=tuple[Any, ...])

_PAGING_FIELDS = {"cursor", "limit"}


@dataclass(frozen=True)
class Order:
    """An order of rows: columns that are never null, the last one unique, all ascending or all descending."""

    columns: tuple[ColumnElement[Any], ...]
    descending: bool = False


@dataclass(frozen=True)
class PageRequest:
    """The page that a client requests."""

    query: str
    """The list and all parameters except cursor and limit, as text. Cursors are bound to it."""
    limit: int
    cursor: str | None
    cursors: Cursors

    @classmethod
    def of(cls, query: PageParameters, cursors: Cursors, **scope: str) -> "PageRequest":
        """The page that a query requests; `scope` names what the list belongs to, such as a topic."""
        bound_query = f"{type(query).__name__} {scope} {query.model_dump_json(exclude=_PAGING_FIELDS)}"
        return cls(bound_query, query.limit, query.cursor, cursors)

    @property
    def is_first(self) -> bool:
        """True for the first page."""
        return self.cursor is None

    def after(self, order: Order) -> tuple[Any, ...] | None:
        """The sort values of the last row of the previous page, as the types of the columns; None on the first page.

        Raises InvalidError for a cursor of another list.
        """
        values = self.cursor_values(len(order.columns))
        if values is None:
            return None
        return tuple(
            date.fromisoformat(value) if isinstance(column.type, Date) else value
            for column, value in zip(order.columns, values, strict=True)
        )

    def cursor_values(self, length: int) -> list[Any] | None:
        """The `length` sort values in the cursor as JSON values, with dates as text; None on the first page.

        Raises InvalidError for a cursor of another list.
        """
        if self.cursor is None:
            return None
        values = self.cursors.read(self.query, self.cursor)
        if len(values) != length:
            raise InvalidError.of("cursor", "belongs to a list with another sort order; start again without a cursor")
        return values

    def parameters(self, order: Order) -> dict[str, Any]:
        """The parameters for a statement from `select_page`. Raises InvalidError for a cursor of another list."""
        after = {f"after_{number}": value for number, value in enumerate(self.after(order) or ())}
        # One row more than the limit tells whether there is another page.
        return {"limit": self.limit + 1, **after}

    def next_cursor(self, sort_values: Sequence[Any]) -> str:
        """The cursor of the page after the row with these sort values."""
        return self.cursors.make(self.query, sort_values)


def select_page(statement: Select[Any], order: Order, *, is_first: bool) -> Select[Any]:
    """The rows of the first page or of a later one, in this order; `PageRequest.parameters` are its parameters.

    The cursor's values are bound parameters, so that one statement serves all pages and is compiled once.
    """
    after = [bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(order.columns)]
    return apply_order(statement, order, None if is_first else after).limit(bindparam("limit", type_=BigInt))


def apply_order(statement: Select[Any], order: Order, after: Sequence[Any] | None = None) -> Select[Any]:
    """The statement with its rows in this order, starting behind the row with the sort values `after`."""
    if after is not None:
        row, last_row = tuple_(*order.columns), tuple_(*after)
        statement = statement.where(row < last_row if order.descending else row > last_row)
    return statement.order_by(*(column.desc() if order.descending else column.asc() for column in order.columns))


def slice_page(rows: Sequence[SortedRow], columns: int, request: PageRequest) -> tuple[Sequence[SortedRow], str | None]:
    """A page of a list that is in memory, and the cursor of the next page, None on the last.

    The rows must be sorted by their first `columns` values, which must be JSON values. Raises InvalidError for a cursor
    of another list.
    """
    after = request.cursor_values(columns)
    start = 0 if after is None else bisect_right(rows, tuple(after), key=lambda row: row[:columns])
    page = rows[start : start + request.limit]
    has_more = start + request.limit < len(rows)
    return page, request.next_cursor(page[-1][:columns]) if has_more else None


def fetch_page(
    connection: Connection, statement: Select[Any], order: Order, request: PageRequest
) -> tuple[Sequence[Row[Any]], str | None]:
    """The rows of a page and the cursor of the next page, None on the last.

    The statement's first columns must be those of the order. Raises InvalidError for a cursor of another list.
    """
    rows = connection.execute(select_page(statement, order, is_first=request.is_first), request.parameters(order)).all()
    if len(rows) <= request.limit:
        return rows, None
    rows = rows[: request.limit]
    return rows, request.next_cursor(list(rows[-1][: len(order.columns)]))
