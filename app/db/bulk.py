"""Bulk writes: insert, update and copy any number of rows in few statements.

SQLAlchemy converts each value of each row in Python, which took longer than the engines needed to store the rows. This
module builds one statement per table and set of columns, converts values column by column, and sends the rows by the
fastest method of each engine. Connection, transaction, constraints and triggers are the same as for other writes.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import JSON, Connection, Dialect, LargeBinary, Table

from app.db.compiled_reads import translate_driver_errors

StoredRow: TypeAlias = Mapping[Any, Any]
"""A stored row, by column name."""

_SQLITE_BATCH_SIZES = (100, 10, 1)
"""Rows per INSERT on SQLite: full batches of the first size, then of the next for what remains.

Each statement has a fixed cost, and the full-text index writes to its own tables once per statement: 12,000 claims took
3.0 s of CPU with one row per statement and 2.3 s with 100. With 500 they took hardly less, and a statement of that size
needs more memory for as long as the connection caches it.
"""

_MIN_COPY_ROWS = 10
"""Rows from which on PostgreSQL receives them by COPY; for fewer rows its additional round trips cost more."""

_Values: TypeAlias = tuple[Any, ...]


def prefer_index_plans(connection: Connection) -> None:
    """Make PostgreSQL prefer index scans for the rest of a transaction that reads back what it writes in bulk.

    The planner's statistics do not include the rows that this transaction has written, and plans are cached: an import
    scanned all 37,505 attributions for every 250 of them, because the table was small when the plan was made.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")


def insert(connection: Connection, table: Table, rows: Sequence[StoredRow], stamp: StoredRow) -> None:
    """Insert rows that all have the same columns; `stamp` holds the columns whose value is the same in every row."""
    dialect = connection.dialect
    stamped = _converted(dialect, table, [stamp])[0] if stamp else ()
    values = [(*row, *stamped) for row in _converted(dialect, table, rows)]
    into = f"{table.name} ({_names(dialect, (*rows[0], *stamp))})"
    if dialect.name == "sqlite":
        _insert_in_batches(connection, into, values)
    elif len(values) < _MIN_COPY_ROWS:
        _insert(connection, into, [_placeholders(dialect, len(values[0]))], values)
    else:
        cursor: Any = connection.connection.cursor()  # psycopg's own, because SQLAlchemy does not support COPY
        with cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy_stream:
            for row in values:
                copy_stream.write_row(row)


class Batch:
    """A few rows for several tables, sent at once.

    PostgreSQL receives one statement with data-modifying CTEs, because each statement costs a round trip.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._statements: list[tuple[str, list[_Values]]] = []

    def insert(self, table: Table, rows: Sequence[StoredRow]) -> None:
        """Add an INSERT of rows that all have the same columns."""
        if not rows:
            return
        dialect = self._connection.dialect
        values = _converted(dialect, table, rows)
        source = f"VALUES {_placeholders(dialect, len(rows[0]))}"
        if dialect.name != "sqlite" and len(rows) > 1:
            # One array per column: the statement is the same for any number of rows, so it is prepared once.
            source = f"SELECT * FROM unnest({_arrays(dialect, table, tuple(rows[0]))})"  # noqa: S608 - our own names
            values = [tuple(map(list, zip(*values, strict=True)))]
        self._statements.append((f"INSERT INTO {table.name} ({_names(dialect, tuple(rows[0]))}) {source}", values))

    def update(self, table: Table, values: StoredRow) -> None:
        """Add an UPDATE that sets these values in all rows of a table."""
        dialect = self._connection.dialect
        assignments = ", ".join(f"{_names(dialect, (name,))} = {_PLACEHOLDER[dialect.name]}" for name in values)
        self._statements.append((f"UPDATE {table.name} SET {assignments}", _converted(dialect, table, [values])))  # noqa: S608 - our own names

    def send(self) -> None:
        """Execute the added statements. Raises what SQLAlchemy raises."""
        driver: Any = self._connection.connection.dbapi_connection
        with translate_driver_errors(self._connection, "several statements"):
            if self._connection.dialect.name == "sqlite":
                for sql, values in self._statements:
                    driver.executemany(sql, values)
                return
            # All statements but the last become data-modifying CTEs of the last; PostgreSQL executes each exactly once.
            *first, last = (sql for sql, _values in self._statements)
            ctes = ", ".join(f"part_{number} AS ({sql})" for number, sql in enumerate(first))
            parameters = list(chain.from_iterable(values[0] for _sql, values in self._statements))
            driver.cursor().execute(f"WITH {ctes} {last}" if ctes else last, parameters, prepare=True)


@lru_cache(maxsize=64)
def _arrays(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    return ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in names)


def _insert_in_batches(connection: Connection, into: str, values: Sequence[_Values]) -> None:
    row_placeholders = _placeholders(connection.dialect, len(values[0]))
    inserted = 0
    for size in _SQLITE_BATCH_SIZES:
        starts = range(inserted, len(values) - size + 1, size)
        batches = [tuple(chain(*values[start : start + size])) for start in starts]
        _insert(connection, into, [row_placeholders] * size, batches)
        inserted += size * len(starts)


def _insert(connection: Connection, into: str, row_placeholders: Sequence[str], values: Sequence[_Values]) -> None:
    if values:
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES {', '.join(row_placeholders)}", list(values))  # noqa: S608 - our own names


def revise(
    connection: Connection, table: Table, rows: Sequence[StoredRow], stamp: StoredRow, *, is_next_version: bool = True
) -> None:
    """Update objects to their next version. Each row has the `id` and the columns that change, the same in all rows.

    Rows that get the same values share one UPDATE. With `is_next_version` False, the version stays the same.
    """
    dialect = connection.dialect
    changes = [{**{name: value for name, value in row.items() if name != "id"}, **stamp} for row in rows]
    ids_by_values: dict[_Values, list[str]] = defaultdict(list)
    for row, values in zip(rows, _converted(dialect, table, changes), strict=True):
        ids_by_values[values].append(row["id"])
    condition = _id_in_list(dialect)
    assignments = ", ".join(f"{_names(dialect, (name,))} = {_PLACEHOLDER[dialect.name]}" for name in changes[0])
    step = "version = version + 1, " if is_next_version else ""
    connection.exec_driver_sql(
        f"UPDATE {table.name} SET {step}{assignments} WHERE {condition}",  # noqa: S608 - our own names
        [(*values, _id_list(dialect, ids)) for values, ids in ids_by_values.items()],
    )


def copy(connection: Connection, source: Table, target: Table, ids: Sequence[str]) -> None:
    """Copy the rows with these ids into a table with the same columns."""
    dialect = connection.dialect
    names = _names(dialect, tuple(column.name for column in source.columns))
    connection.exec_driver_sql(
        f"INSERT INTO {target.name} ({names}) SELECT {names} FROM {source.name} "  # noqa: S608 - our own names
        f"WHERE {_id_in_list(dialect)}",
        (_id_list(dialect, ids),),
    )


def copy_change(connection: Connection, source: Table, target: Table, seq: int) -> int:
    """Copy the rows of a table that a change wrote last into a table with the same columns; return their number."""
    dialect = connection.dialect
    names = _names(dialect, tuple(column.name for column in source.columns))
    condition = f"change_seq = {_PLACEHOLDER[dialect.name]}"
    result = connection.exec_driver_sql(
        f"INSERT INTO {target.name} ({names}) SELECT {names} FROM {source.name} WHERE {condition}",  # noqa: S608 - our own names
        (seq,),
    )
    return int(result.rowcount)


# --- SQL and values of each engine ---


@lru_cache(maxsize=512)
def _names(dialect: Dialect, names: tuple[str, ...]) -> str:
    return ", ".join(map(dialect.identifier_preparer.quote, names))


_PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}
"""The parameter placeholder of each driver."""


def _placeholders(dialect: Dialect, count: int) -> str:
    return f"({', '.join([_PLACEHOLDER[dialect.name]] * count)})"


def _id_in_list(dialect: Dialect) -> str:
    """The condition that the id is in the list that `_id_list` passes as one parameter."""
    return "id IN (SELECT value FROM json_each(?))" if dialect.name == "sqlite" else "id = ANY(%s)"


def _id_list(dialect: Dialect, ids: Sequence[str]) -> Any:
    return json.dumps(ids) if dialect.name == "sqlite" else ids


def _converted(dialect: Dialect, table: Table, rows: Sequence[StoredRow]) -> list[_Values]:
    """The values of the rows, converted to what the driver accepts."""
    converters = _converters(dialect, table)
    columns = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        columns.append(converters[name](values) if name in converters else values)
    return list(zip(*columns, strict=True))


_Converter: TypeAlias = Callable[[list[Any]], list[Any]]


@lru_cache(maxsize=512)
def _converters(dialect: Dialect, table: Table) -> Mapping[str, _Converter]:
    """Converters for the columns whose values the driver does not accept as they are."""
    converters: dict[str, _Converter] = {}
    for column in table.columns:
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None and not isinstance(column.type, LargeBinary):  # drivers accept bytes as they are
            convert = _convert_each if isinstance(column.type, JSON) else _convert_distinct  # JSON is not hashable
            converters[column.name] = partial(convert, process)
    return converters


def _convert_each(process: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [process(value) for value in values]


def _convert_distinct(process: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    # Dates and figures repeat often, so each distinct value is converted once.
    converted = {value: process(value) for value in set(values)}
    return [converted[value] for value in values]
