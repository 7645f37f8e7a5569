"""Lists by keyset: the page after a place, in an order that never skips and never repeats."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Row, Select, tuple_

from app.errors import InvalidError
from app.services.cursors import Cursors


@dataclass(frozen=True)
class Order:
    """An order of rows: columns that are never null, the last one unique, all rising or all falling."""

    columns: tuple[ColumnElement[Any], ...]
    falling: bool = False


@dataclass(frozen=True)
class Place:
    """Which page of a list is asked for."""

    query: Mapping[str, Any]
    """All parameters but the cursor: what the cursor is bound to."""
    limit: int
    cursor: str | None
    cursors: Cursors


def page(
    connection: Connection, statement: Select[Any], order: Order, place: Place
) -> tuple[Sequence[Row[Any]], str | None]:
    """The rows of a page and the cursor of the next one, None on the last.

    The statement's first columns must be those of the order. Raises InvalidError for a cursor of another list.
    """
    rows = connection.execute(ordered(statement, order, after(order, place)).limit(place.limit + 1)).all()
    if len(rows) <= place.limit:
        return rows, None
    rows = rows[: place.limit]
    return rows, place.cursors.make(place.query, list(rows[-1][: len(order.columns)]))


def ordered(statement: Select[Any], order: Order, after: tuple[Any, ...] | None) -> Select[Any]:
    """The statement in this order, from the row behind these values on."""
    if after is not None:
        here = tuple_(*order.columns)
        statement = statement.where(here < after if order.falling else here > after)
    direction: Callable[[ColumnElement[Any]], ColumnElement[Any]] = (
        (lambda column: column.desc()) if order.falling else (lambda column: column.asc())
    )
    return statement.order_by(*map(direction, order.columns))


def after(order: Order, place: Place) -> tuple[Any, ...] | None:
    """The values of the last row of the page before, None on the first. Raises InvalidError for a foreign cursor."""
    if place.cursor is None:
        return None
    stored = place.cursors.read(place.query, place.cursor)
    if len(stored) != len(order.columns):
        raise InvalidError.of("cursor", "belongs to another order")
    return tuple(
        date.fromisoformat(value) if isinstance(column.type, Date) else value
        for column, value in zip(order.columns, stored, strict=True)
    )
