"""The two database drivers with a minimal interface: a statement goes in, a list of dicts comes out."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from app.formats.search_text import parse_query, to_fts5, to_tsquery

Rows = list[dict[str, Any]]


class Driver(Protocol):
    """The interface that the floors use. Statements have `?` for values."""

    name: str

    def rows(self, statement: str, values: Sequence[object]) -> Rows:
        """Return all rows of a query."""

    def among(self, column: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """Return the condition that a column has one of these values, and its parameters."""

    def match(self, q: str) -> str:
        """Return a search in the engine's own query syntax."""


class Sqlite:
    """The sqlite3 module, which caches prepared statements itself."""

    name = "sqlite"

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._connection.execute("PRAGMA cache_size = -65536")  # as in the service

    def rows(self, statement: str, values: Sequence[object]) -> Rows:
        """See `Driver`."""
        cursor = self._connection.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def among(self, column: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """See `Driver`."""
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)

    def match(self, q: str) -> str:
        """See `Driver`."""
        return to_fts5(parse_query(q))


class Postgresql:
    """psycopg, which prepares every statement on its first use."""

    name = "postgresql"

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row, prepare_threshold=0)
        self._connection.prepared_max = 256

    def rows(self, statement: str, values: Sequence[object]) -> Rows:
        """See `Driver`."""
        return self._connection.execute(statement.replace("?", "%s"), values, prepare=True).fetchall()

    def among(self, column: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """See `Driver`."""
        return f"{column} = ANY(?)", [list(values)]

    def match(self, q: str) -> str:
        """See `Driver`."""
        return to_tsquery(parse_query(q))


def open_driver(address: str) -> Driver:
    """Open a driver for the path of an SQLite file or a libpq connection string."""
    return Postgresql(address) if address.startswith("host=") else Sqlite(address)
