"""Rows into tables in few statements, whether it is one row or a million.

SQLAlchemy prepares each value of each row in Python, which took longer than the engines took to store them. Here a
statement is made for a table and its columns, values are converted column by column, and each engine gets the rows
in the way in which it takes them fastest. All else is as ever: the same connection and transaction, the same checks
and triggers.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import JSON, Connection, Dialect, LargeBinary, Table

from app.db.compiled_reads import as_sqlalchemy_would

Row: TypeAlias = Mapping[Any, Any]
"""A stored row, by column name."""

_TOGETHER = (100, 10, 1)
"""Rows that one statement inserts on SQLite, as many as there are.

Statements cost by themselves, and the full-text index writes to its own tables once for each that reaches it: 12,000
claims took 3.0 s of CPU row by row, 2.3 s with 100 rows in a statement, and hardly less with 500, which need more
memory for as long as the connection remembers the statement.
"""

_COPIED = 10
"""Rows from which on PostgreSQL gets them by COPY; for fewer its additional round trips would cost more."""

_Values: TypeAlias = tuple[Any, ...]


def expect_growth(connection: Connection) -> None:
    """To be called by a transaction that will write much and look things up in between.

    PostgreSQL plans by statistics that know nothing of what the transaction has written, and keeps the plans: it read
    37,505 attributions from end to end for every 250 of them, because there were few when it first looked.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")


def insert(connection: Connection, table: Table, rows: Sequence[Row], stamp: Row) -> None:
    """Insert rows that all name the same columns; `stamp` holds those that are the same in every row, if there are."""
    dialect = connection.dialect
    stamped = _converted(dialect, table, [stamp])[0] if stamp else ()
    values = [(*row, *stamped) for row in _converted(dialect, table, rows)]
    into = f"{table.name} ({_names(dialect, (*rows[0], *stamp))})"
    if dialect.name == "sqlite":
        _insert_together(connection, into, values)
    elif len(values) < _COPIED:
        _insert(connection, into, [_marks(dialect, len(values[0]))], values)
    else:
        cursor: Any = connection.connection.cursor()  # psycopg's own: SQLAlchemy knows nothing of COPY
        with cursor, cursor.copy(f"COPY {into} FROM STDIN") as copied:
            for row in values:
                copied.write_row(row)


class Together:
    """Few rows for several tables, sent at once; PostgreSQL gets them as one statement, for each has its price."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._statements: list[tuple[str, list[_Values]]] = []

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows that all name the same columns."""
        if not rows:
            return
        dialect = self._connection.dialect
        values = _converted(dialect, table, rows)
        source = f"VALUES {_marks(dialect, len(rows[0]))}"
        if dialect.name != "sqlite" and len(rows) > 1:
            # Whatever the number of rows it is the same statement, which is prepared once.
            source = f"SELECT * FROM unnest({_arrays(dialect, table, tuple(rows[0]))})"  # noqa: S608 - our own names
            values = [tuple(map(list, zip(*values, strict=True)))]
        self._statements.append((f"INSERT INTO {table.name} ({_names(dialect, tuple(rows[0]))}) {source}", values))

    def update(self, table: Table, values: Row) -> None:
        """Give all rows of a table these values."""
        dialect = self._connection.dialect
        sets = ", ".join(f"{_names(dialect, (name,))} = {_MARK[dialect.name]}" for name in values)
        self._statements.append((f"UPDATE {table.name} SET {sets}", _converted(dialect, table, [values])))  # noqa: S608 - our own names

    def send(self) -> None:
        """Do it."""
        driver: Any = self._connection.connection.dbapi_connection
        with as_sqlalchemy_would(self._connection, "several statements"):
            if self._connection.dialect.name == "sqlite":
                for sql, values in self._statements:
                    driver.executemany(sql, values)
                return
            *first, last = (sql for sql, _values in self._statements)
            parts = ", ".join(f"part_{number} AS ({sql})" for number, sql in enumerate(first))
            every = list(chain.from_iterable(values[0] for _sql, values in self._statements))
            driver.cursor().execute(f"WITH {parts} {last}" if parts else last, every, prepare=True)


@lru_cache(maxsize=64)
def _arrays(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    return ", ".join(f"%s::{table.c[name].type.compile(dialect)}[]" for name in names)


def _insert_together(connection: Connection, into: str, values: Sequence[_Values]) -> None:
    one = _marks(connection.dialect, len(values[0]))
    done = 0
    for count in _TOGETHER:
        starts = range(done, len(values) - count + 1, count)
        _insert(connection, into, [one] * count, [tuple(chain(*values[at : at + count])) for at in starts])
        done += count * len(starts)


def _insert(connection: Connection, into: str, marks: Sequence[str], values: Sequence[_Values]) -> None:
    if values:
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES {', '.join(marks)}", list(values))  # noqa: S608 - our own names


def revise(connection: Connection, table: Table, rows: Sequence[Row], stamp: Row) -> None:
    """Give objects their next version. Each row holds the `id` and the columns that change, the same ones in all."""
    dialect = connection.dialect
    changed = [{**{name: value for name, value in row.items() if name != "id"}, **stamp} for row in rows]
    alike: dict[_Values, list[str]] = defaultdict(list)
    for row, values in zip(rows, _converted(dialect, table, changed), strict=True):
        alike[values].append(row["id"])
    condition = _among(dialect)
    values_of = ", ".join(f"{_names(dialect, (name,))} = {_MARK[dialect.name]}" for name in changed[0])
    connection.exec_driver_sql(
        f"UPDATE {table.name} SET version = version + 1, {values_of} WHERE {condition}",  # noqa: S608 - our own names
        [(*values, _ids(dialect, ids)) for values, ids in alike.items()],
    )


def copy(connection: Connection, source: Table, target: Table, ids: Sequence[str]) -> None:
    """Copy the rows with these ids into a table with the same columns."""
    dialect = connection.dialect
    names = _names(dialect, tuple(column.name for column in source.columns))
    connection.exec_driver_sql(
        f"INSERT INTO {target.name} ({names}) SELECT {names} FROM {source.name} "  # noqa: S608 - our own names
        f"WHERE {_among(dialect)}",
        (_ids(dialect, ids),),
    )


# --- in the words of each engine ---


@lru_cache(maxsize=512)
def _names(dialect: Dialect, names: tuple[str, ...]) -> str:
    return ", ".join(map(dialect.identifier_preparer.quote, names))


_MARK = {"sqlite": "?", "postgresql": "%s"}
"""What stands for a value."""


def _marks(dialect: Dialect, count: int) -> str:
    return f"({', '.join([_MARK[dialect.name]] * count)})"


def _among(dialect: Dialect) -> str:
    """The condition that an id is one of those that `_ids` hands over as one value."""
    return "id IN (SELECT value FROM json_each(?))" if dialect.name == "sqlite" else "id = ANY(%s)"


def _ids(dialect: Dialect, ids: Sequence[str]) -> Any:
    return json.dumps(ids) if dialect.name == "sqlite" else ids


def _converted(dialect: Dialect, table: Table, rows: Sequence[Row]) -> list[_Values]:
    """The values of rows as the driver takes them."""
    converters = _converters(dialect, table)
    columns = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        columns.append(converters[name](values) if name in converters else values)
    return list(zip(*columns, strict=True))


_Converter: TypeAlias = Callable[[list[Any]], list[Any]]


@lru_cache(maxsize=512)
def _converters(dialect: Dialect, table: Table) -> Mapping[str, _Converter]:
    """For the columns whose values are not as the driver takes them: what converts them."""
    found: dict[str, _Converter] = {}
    for column in table.columns:
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None and not isinstance(column.type, LargeBinary):  # drivers take bytes as they are
            found[column.name] = partial(_each if isinstance(column.type, JSON) else _each_once, process)
    return found


def _each(process: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [process(value) for value in values]


def _each_once(process: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    # The same days and figures come again and again.
    known = {value: process(value) for value in set(values)}
    return [known[value] for value in values]
