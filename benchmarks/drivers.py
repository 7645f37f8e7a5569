"""The two drivers, used as directly as Python allows: a statement goes in, a list of dicts comes out."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from app.formats.search_text import parse_query, to_fts5, to_tsquery

Rows = list[dict[str, Any]]


class Driver(Protocol):
    """What a floor is written against. Statements have `?` for values."""

    name: str

    def rows(self, statement: str, values: Sequence[object]) -> Rows:
        """All rows of a query."""

    def among(self, column: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """The condition that a column holds one of these values, and what goes with it."""

    def match(self, q: str) -> str:
        """A search in the engine's own language."""


class Sqlite:
    """The sqlite3 module. It keeps prepared statements itself."""

    name = "sqlite"

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._connection.execute("PRAGMA cache_size = -65536")  # as the service has it

    def rows(self, statement: str, values: Sequence[object]) -> Rows:
        """See Driver."""
        cursor = self._connection.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def among(self, column: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """See Driver."""
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)

    def match(self, q: str) -> str:
        """See Driver."""
        return to_fts5(parse_query(q))


class Postgresql:
    """psycopg, every statement prepared on its first use."""

    name = "postgresql"

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row, prepare_threshold=0)
        self._connection.prepared_max = 256

    def rows(self, statement: str, values: Sequence[object]) -> Rows:
        """See Driver."""
        return self._connection.execute(statement.replace("?", "%s"), values, prepare=True).fetchall()

    def among(self, column: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """See Driver."""
        return f"{column} = ANY(?)", [list(values)]

    def match(self, q: str) -> str:
        """See Driver."""
        return to_tsquery(parse_query(q))


def opened(address: str) -> Driver:
    """A driver for the path of an SQLite file, or what libpq calls a connection string."""
    return Postgresql(address) if address.startswith("host=") else Sqlite(address)
