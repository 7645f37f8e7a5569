"""Compiled reads: statements written in SQLAlchemy Core, compiled once per engine and executed by the driver itself.

Building and compiling a statement, binding its parameters and wrapping its rows costs SQLAlchemy several times what the
engine needs to execute it. So frequent reads are compiled on first use, and afterwards only parameters are bound. Rows
that belong to a row are read in the same statement, as nested rows (`nested_rows`), so that a response needs one query.

Values are plain, ready for JSON and the same on either engine: text, numbers, booleans, timestamps in RFC 3339, and
dates in ISO 8601.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    FromClause,
    Select,
    Text,
    bindparam,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.db.types import FigureColumn, UtcDateTime

PlainRow: TypeAlias = dict[str, Any]
"""A row with plain values, by column name. Nested rows are a list of such rows."""

Convert: TypeAlias = Callable[[Any], Any]

_decode = msgspec.json.Decoder().decode


# --- nested rows ---


class _NestedRows(Text):
    """The column type of nested rows: a JSON array of arrays."""

    def __init__(self, columns: Sequence[tuple[str, TypeEngine[Any]]] = (), named: bool = True) -> None:
        super().__init__()
        self.columns = columns
        self.named = named


class _collect(FunctionElement[str]):  # noqa: N801 - named like the SQL function that it renders
    """SQL aggregate: all rows of a group as one JSON array of arrays."""

    name = "collect"
    inherit_cache = False


@compiles(_collect, "sqlite")
def _collect_sqlite(element: _collect, compiler: SQLCompiler, **options: Any) -> str:
    row = ", ".join(
        # SQLite stores JSON as text; without json() it would be quoted as a JSON string.
        f"json({expression})" if isinstance(column.type, JSON) else expression
        for column in element.clauses
        for expression in [compiler.process(column, **options)]
    )
    return f"json_group_array(json_array({row}))"


@compiles(_collect, "postgresql")
def _collect_postgresql(element: _collect, compiler: SQLCompiler, **options: Any) -> str:
    row = ", ".join(compiler.process(column, **options) for column in element.clauses)
    return f"coalesce(json_agg(json_build_array({row})), '[]'::json)::text"


def _columns(statement: Select[Any]) -> list[tuple[str, TypeEngine[Any]]]:
    return [(column.key or "", column.type) for column in statement.selected_columns]


def nested_rows(statement: Select[Any], *, named: bool = True) -> ColumnElement[Any]:
    """Make all rows of a statement one column of another statement, in no particular order.

    Without `named` each row is a list of values instead of a dict, which is faster for many rows.
    """
    rows = _collect(*statement.selected_columns)
    rows.type = _NestedRows(_columns(statement), named)
    return statement.with_only_columns(rows, maintain_column_froms=True).scalar_subquery()


# --- lists as one parameter ---


class TextList(TypeDecorator[list[str]]):
    """A list of strings as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return msgspec.json.encode(value).decode() if dialect.name == "sqlite" else value


class NumberList(TextList):
    """A list of integers as one parameter: an array on PostgreSQL, JSON on SQLite."""

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())


class in_list(FunctionElement[bool]):  # noqa: N801 - used like the SQL operator that it renders
    """The condition that a column's value is in a list passed as one parameter.

    SQLAlchemy's `in_` renders a parameter per value; here the statement is the same for lists of any length.
    `values` binds the list now; without it the list is passed when the statement is executed.
    """

    name = "in_list"
    type = Boolean()
    inherit_cache = True

    def __init__(
        self, column: ColumnElement[Any], parameter: str, values: list[str] | None = None, *, numbers: bool = False
    ) -> None:
        list_type = NumberList() if numbers else TextList()
        bound = bindparam(parameter, type_=list_type) if values is None else bindparam(parameter, values, list_type)
        super().__init__(column, bound)


@compiles(in_list, "sqlite")
def _in_list_sqlite(element: in_list, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - two parts of the same statement


@compiles(in_list, "postgresql")
def _in_list_postgresql(element: in_list, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY({values})"


class bytewise(FunctionElement[str]):  # noqa: N801 - used like the SQL operator that it renders
    """A text with byte order as its collation, whatever the collation of the database."""

    name = "bytewise"
    type = Text()
    inherit_cache = True


@compiles(bytewise, "sqlite")
def _bytewise_sqlite(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(bytewise, "postgresql")
def _bytewise_postgresql(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'


class _unnest(FunctionElement[str]):  # noqa: N801 - named like the SQL function that it renders
    """The values of a list, one per row."""

    name = "unnest_list"
    inherit_cache = True


@compiles(_unnest, "sqlite")
def _unnest_sqlite(element: _unnest, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_unnest, "postgresql")
def _unnest_postgresql(element: _unnest, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}) AS value)"


def text_table(parameter: str) -> FromClause:
    """A table of the strings in a list parameter, in its column `value`."""
    return _unnest(bindparam(parameter, type_=TextList())).table_valued("value")


def with_ids(statement: Select[Any], table: FromClause, parameter: str) -> Select[Any]:
    """Restrict a statement to the rows of `table` whose ids are in a list parameter.

    A join, because SQLite would scan the whole table for `in_list` instead of looking up each id.
    """
    ids = text_table(parameter)
    return statement.select_from(ids.join(table, table.c.id == ids.c.value))


def number_table(parameter: str) -> FromClause:
    """A table of the integers in a list parameter, in its column `value`."""
    return _unnest(bindparam(parameter, type_=NumberList())).table_valued("value")


# --- plain values ---


@lru_cache(maxsize=1024)  # all rows of a change have the same timestamp
def _timestamp_from_text(text: str) -> str:
    return text.replace(" ", "T").removesuffix(".000000") + "Z"


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(number: float | Decimal) -> float:
    integer = int(number)
    return integer if integer == number else float(number)


_FROM_JSON: Mapping[str, Mapping[type[TypeEngine[Any]], Convert]] = {
    "sqlite": {Boolean: bool, UtcDateTime: _timestamp_from_text},
    "postgresql": {UtcDateTime: lambda text: _timestamp(datetime.fromisoformat(text)), FigureColumn: _number},
}
"""By engine and column type: converters to plain values for what the engine writes into JSON (nested rows)."""

_FROM_DRIVER: Mapping[str, Mapping[type[TypeEngine[Any]], Convert]] = {
    "sqlite": {**_FROM_JSON["sqlite"], JSON: _decode},
    "postgresql": {UtcDateTime: _timestamp, Date: date.isoformat, FigureColumn: _number},
}
"""By engine and column type: converters to plain values for what the driver returns."""


def _converters(
    columns: Iterable[tuple[str, TypeEngine[Any]]],
    engine: str,
    by_type: Mapping[type[TypeEngine[Any]], Convert],
) -> list[tuple[int, Convert]]:
    """The converter of each column whose values need one, with the column's index."""
    converters = []
    for index, (_name, column_type) in enumerate(columns):
        if isinstance(column_type, _NestedRows):
            converters.append((index, _nested_rows_converter(column_type, engine)))
        else:
            converters += [(index, convert) for cls, convert in by_type.items() if isinstance(column_type, cls)]
    return converters


def _nested_rows_converter(column_type: _NestedRows, engine: str) -> Convert:
    names = [name for name, _type in column_type.columns]
    converters = _converters(column_type.columns, engine, _FROM_JSON[engine])

    def convert_rows(text: str) -> list[Any]:
        rows: list[Any] = _decode(text) if text != "[]" else []
        for row in rows:
            for index, convert in converters:
                if row[index] is not None:
                    row[index] = convert(row[index])
        return [dict(zip(names, row, strict=False)) for row in rows] if column_type.named else rows

    return convert_rows


# --- statements ---


class _EngineStatement:
    """A statement compiled for one engine."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.parameter_order: list[str] | None = compiled.positiontup
        """Parameter names in positional order; None if the driver binds them by name."""
        self.constants: dict[str, Any] = {name: value for name, value in compiled.params.items() if value is not None}
        """Parameters whose values are part of the statement."""
        bind_types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        processors = {name: bind_type.bind_processor(dialect) for name, bind_type in bind_types.items()}
        self.binders = [(name, convert) for name, convert in processors.items() if convert is not None]
        """Converters of the parameters whose values the driver does not accept as they are."""
        for name, convert in self.binders:
            if name in self.constants:
                self.constants[name] = convert(self.constants[name])
        columns = _columns(statement)
        self.names = [name for name, _type in columns]
        self.converters_by_index = _converters(columns, dialect.name, _FROM_DRIVER[dialect.name])
        self.converters_by_name = [(self.names[index], convert) for index, convert in self.converters_by_index]

    def to_plain_values(self, driver_row: Sequence[Any]) -> list[Any]:
        """Return the plain values of a row, in column order."""
        row = list(driver_row)
        for index, convert in self.converters_by_index:
            if row[index] is not None:
                row[index] = convert(row[index])
        return row

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver accepts them: a list or a mapping."""
        parameters = {**self.constants, **values}
        for name, convert in self.binders:
            if name in values:
                parameters[name] = convert(parameters[name])
        return parameters if self.parameter_order is None else [parameters[name] for name in self.parameter_order]


class CompiledStatement:
    """A SELECT that is compiled once per engine. Each call passes all its named parameters."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _EngineStatement] = {}

    def rows(self, connection: Connection, **values: Any) -> list[PlainRow]:
        """Fetch all rows by column name. Raises what SQLAlchemy raises."""
        compiled = self._for(connection)
        rows: list[PlainRow] = []
        for driver_row in _fetch_all(connection, compiled.sql, compiled.bind(values)):
            row = dict(zip(compiled.names, driver_row, strict=False))
            for name, convert in compiled.converters_by_name:
                if row[name] is not None:
                    row[name] = convert(row[name])
            rows.append(row)
        return rows

    def lists(self, connection: Connection, *, batch_size: int | None, **values: Any) -> Iterator[list[Any]]:
        """Iterate over all rows as lists of plain values, in column order. Raises what SQLAlchemy raises.

        At most `batch_size` rows are in memory at a time; None fetches all at once, which is faster for few rows.
        """
        compiled = self._for(connection)
        parameters = compiled.bind(values)
        if batch_size is None:
            batches = iter([_fetch_all(connection, compiled.sql, parameters)])
        else:
            batches = _fetch_batches(connection, compiled.sql, parameters, batch_size)
        for batch in batches:
            yield from map(compiled.to_plain_values, batch)

    def _for(self, connection: Connection) -> _EngineStatement:
        engine = connection.dialect.name
        compiled = self._compiled.get(engine)
        if compiled is None:
            compiled = self._compiled[engine] = _EngineStatement(self._statement, connection.dialect)
        return compiled


def fetch_pipelined(
    connection: Connection, reads: Iterable[tuple[CompiledStatement, Mapping[str, Any]]]
) -> list[list[list[Any]]]:
    """Fetch the rows of several statements, each as `CompiledStatement.lists` yields them.

    On PostgreSQL they are sent in pipeline mode, so that all of them cost one round trip.
    """
    prepared = [(statement._for(connection), values) for statement, values in reads]
    queries = [(compiled.sql, compiled.bind(values)) for compiled, values in prepared]
    if connection.dialect.name == "sqlite":
        results = [_fetch_all(connection, sql, parameters) for sql, parameters in queries]
    else:
        driver: Any = connection.connection.dbapi_connection
        with translate_driver_errors(connection, "several statements"):
            with driver.pipeline():
                cursors = [driver.cursor().execute(sql, parameters, prepare=True) for sql, parameters in queries]
            results = [cursor.fetchall() for cursor in cursors]
    return [
        list(map(compiled.to_plain_values, rows)) for (compiled, _values), rows in zip(prepared, results, strict=True)
    ]


def _fetch_all(connection: Connection, sql: str, parameters: Any) -> list[Any]:
    driver: Any = connection.connection.dbapi_connection
    with translate_driver_errors(connection, sql):
        cursor: Any
        if connection.dialect.name == "sqlite":
            cursor = driver.execute(sql, parameters)
        else:
            cursor = driver.cursor().execute(sql, parameters, prepare=True)
        rows: list[Any] = cursor.fetchall()
        return rows


def _fetch_batches(connection: Connection, sql: str, parameters: Any, batch_size: int) -> Iterator[list[Any]]:
    """Yield the rows in batches. On PostgreSQL through a server-side cursor, which needs an open transaction."""
    driver: Any = connection.connection.dbapi_connection
    with translate_driver_errors(connection, sql):
        if connection.dialect.name == "sqlite":
            cursor = driver.execute(sql, parameters)
        else:
            cursor = driver.cursor(name=f"attest_{next(_cursor_numbers)}")
            cursor.execute(sql, parameters)
        try:
            while batch := cursor.fetchmany(batch_size):
                yield batch
        finally:
            cursor.close()


_cursor_numbers = count()
"""Makes the names of server-side cursors unique."""


@contextmanager
def translate_driver_errors(connection: Connection, sql: str) -> Iterator[None]:
    """Translate driver errors into SQLAlchemy's exceptions, and invalidate the connection after a disconnect."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        driver: Any = connection.connection.dbapi_connection
        is_disconnected = connection.dialect.is_disconnect(error, driver, None)
        if is_disconnected:
            connection.invalidate()
        raise DBAPIError.instance(
            sql, None, error, Exception, hide_parameters=True, connection_invalidated=is_disconnected
        ) from error
