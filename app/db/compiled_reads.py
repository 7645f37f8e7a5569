"""Reads that are asked for all the time: written in Core, compiled once for each engine, run by the driver itself.

To build a statement, compile it, bind it and wrap its rows costs SQLAlchemy several times what an engine needs to
answer it. So these are compiled when they are first used; after that only values are bound. What hangs on a row is
read in the same statement, as rows within the row (`rows_of`): an answer takes one look at the database.

Values come back plain, the same from either engine and fit for JSON: text, numbers, true and false, moments in
RFC 3339, days in ISO 8601.
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

from app.db.types import Figure, UtcDateTime

PlainRow: TypeAlias = dict[str, Any]
"""A row by the names of its columns. What hangs on it is a list of such rows."""

Convert: TypeAlias = Callable[[Any], Any]

_decode = msgspec.json.Decoder().decode


# --- rows within a row ---


class _Rows(Text):
    """The type of rows within a row: JSON, an array of arrays."""

    def __init__(self, columns: Sequence[tuple[str, TypeEngine[Any]]] = (), named: bool = True) -> None:
        super().__init__()
        self.columns = columns
        self.named = named


class _collect(FunctionElement[str]):  # noqa: N801 - named as the function of SQL that it stands for
    """All rows of a group as one JSON array of arrays."""

    name = "collect"
    inherit_cache = False


@compiles(_collect, "sqlite")
def _collect_sqlite(element: _collect, compiler: SQLCompiler, **options: Any) -> str:
    row = ", ".join(
        # SQLite has JSON as text, and would quote it.
        f"json({one})" if isinstance(column.type, JSON) else one
        for column in element.clauses
        for one in [compiler.process(column, **options)]
    )
    return f"json_group_array(json_array({row}))"


@compiles(_collect, "postgresql")
def _collect_postgresql(element: _collect, compiler: SQLCompiler, **options: Any) -> str:
    row = ", ".join(compiler.process(column, **options) for column in element.clauses)
    return f"coalesce(json_agg(json_build_array({row})), '[]'::json)::text"


def _columns(statement: Select[Any]) -> list[tuple[str, TypeEngine[Any]]]:
    return [(column.key or "", column.type) for column in statement.selected_columns]


def rows_of(statement: Select[Any], *, named: bool = True) -> ColumnElement[Any]:
    """All rows of a statement as one column of another. In no order: whoever needs one sorts.

    Unless they are to be `named`, they are mere lists of values, which is quicker where there are many.
    """
    rows = _collect(*statement.selected_columns)
    rows.type = _Rows(_columns(statement), named)
    return statement.with_only_columns(rows, maintain_column_froms=True).scalar_subquery()


# --- a list of values as one parameter ---


class Texts(TypeDecorator[list[str]]):
    """A list of texts as one value of a statement."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return msgspec.json.encode(value).decode() if dialect.name == "sqlite" else value


class Numbers(Texts):
    """A list of numbers as one value of a statement."""

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())


class among(FunctionElement[bool]):  # noqa: N801 - reads as the operator that it is
    """True if a column has one of the texts or numbers in a parameter, however many: the statement stays the same."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def __init__(
        self, column: ColumnElement[Any], parameter: str, texts: list[str] | None = None, *, numbers: bool = False
    ) -> None:
        kind = Numbers() if numbers else Texts()
        given = bindparam(parameter, type_=kind) if texts is None else bindparam(parameter, texts, kind)
        super().__init__(column, given)


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - two parts of the same statement


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY({texts})"


class bytewise(FunctionElement[str]):  # noqa: N801 - reads as the function that it is
    """A text, to be ordered by its bytes whatever order the database has for texts."""

    name = "bytewise"
    type = Text()
    inherit_cache = True


@compiles(bytewise, "sqlite")
def _bytewise_sqlite(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(bytewise, "postgresql")
def _bytewise_postgresql(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'


class _texts(FunctionElement[str]):  # noqa: N801 - named as the function of SQL that it stands for
    """The values of a list, a row each."""

    name = "texts"
    inherit_cache = True


@compiles(_texts, "sqlite")
def _texts_sqlite(element: _texts, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_texts, "postgresql")
def _texts_postgresql(element: _texts, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}) AS value)"


def texts(parameter: str) -> FromClause:
    """A table of the texts in a parameter, in its column `value`."""
    return _texts(bindparam(parameter, type_=Texts())).table_valued("value")


def with_ids(statement: Select[Any], table: FromClause, parameter: str) -> Select[Any]:
    """The statement for those rows of a table whose ids are among the texts in a parameter.

    Joined, for SQLite would read a whole table rather than look up what `among` lists.
    """
    wanted = texts(parameter)
    return statement.select_from(wanted.join(table, table.c.id == wanted.c.value))


def numbers(parameter: str) -> FromClause:
    """The same of numbers."""
    return _texts(bindparam(parameter, type_=Numbers())).table_valued("value")


# --- plain values ---


@lru_cache(maxsize=1024)  # all rows of a change have the same one
def _moment_of_text(text: str) -> str:
    return text.replace(" ", "T").removesuffix(".000000") + "Z"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(number: float | Decimal) -> float:
    whole = int(number)
    return whole if whole == number else float(number)


_FROM_JSON: Mapping[str, Mapping[type[TypeEngine[Any]], Convert]] = {
    "sqlite": {Boolean: bool, UtcDateTime: _moment_of_text},
    "postgresql": {UtcDateTime: lambda text: _moment(datetime.fromisoformat(text)), Figure: _number},
}
"""For each engine how what it writes as JSON becomes plain, where it is not."""

_FROM_DRIVER: Mapping[str, Mapping[type[TypeEngine[Any]], Convert]] = {
    "sqlite": {**_FROM_JSON["sqlite"], JSON: _decode},
    "postgresql": {UtcDateTime: _moment, Date: date.isoformat, Figure: _number},
}
"""The same for what its driver returns."""


def _converters(
    columns: Iterable[tuple[str, TypeEngine[Any]]], engine: str, known: Mapping[type[TypeEngine[Any]], Convert]
) -> list[tuple[int, Convert]]:
    """For the places of columns whose values are not plain yet, how they become so."""
    found = []
    for place, (_name, kind) in enumerate(columns):
        if isinstance(kind, _Rows):
            found.append((place, _rows_converter(kind, engine)))
        else:
            found += [(place, convert) for of, convert in known.items() if isinstance(kind, of)]
    return found


def _rows_converter(kind: _Rows, engine: str) -> Convert:
    names = [name for name, _type in kind.columns]
    converters = _converters(kind.columns, engine, _FROM_JSON[engine])

    def rows(text: str) -> list[Any]:
        found: list[Any] = _decode(text) if text != "[]" else []
        for row in found:
            for place, convert in converters:
                if row[place] is not None:
                    row[place] = convert(row[place])
        return [dict(zip(names, row, strict=False)) for row in found] if kind.named else found

    return rows


# --- statements ---


class _Compiled:
    """A statement as one engine takes it."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.order: list[str] | None = compiled.positiontup
        """The names of values in the order in which they are bound; None: they are bound by name."""
        self.own: dict[str, Any] = {name: value for name, value in compiled.params.items() if value is not None}
        """Values that stand in the statement itself."""
        kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        found = {name: kind.bind_processor(dialect) for name, kind in kinds.items()}
        self.binders = [(name, convert) for name, convert in found.items() if convert is not None]
        """How values become what the driver takes, where they are not."""
        for name, convert in self.binders:
            if name in self.own:
                self.own[name] = convert(self.own[name])
        columns = _columns(statement)
        self.names = [name for name, _type in columns]
        found_converters = _converters(columns, dialect.name, _FROM_DRIVER[dialect.name])
        self.by_place = found_converters
        self.converters = [(self.names[place], convert) for place, convert in found_converters]

    def plain(self, found: Sequence[Any]) -> list[Any]:
        """A row with plain values, in the order of the columns."""
        row = list(found)
        for place, convert in self.by_place:
            if row[place] is not None:
                row[place] = convert(row[place])
        return row

    def bind(self, given: Mapping[str, Any]) -> Any:
        """The values of the statement as the driver takes them."""
        values = {**self.own, **given}
        for name, convert in self.binders:
            if name in given:
                values[name] = convert(values[name])
        return values if self.order is None else [values[name] for name in self.order]


class Statement:
    """A SELECT that each engine compiles once. Its parameters are named; all of them are given at each call."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, **values: Any) -> list[PlainRow]:
        """All rows. Raises what SQLAlchemy raises."""
        compiled = self._for(connection)
        rows: list[PlainRow] = []
        for found in _run(connection, compiled.sql, compiled.bind(values)):
            row = dict(zip(compiled.names, found, strict=False))
            for name, convert in compiled.converters:
                if row[name] is not None:
                    row[name] = convert(row[name])
            rows.append(row)
        return rows

    def lists(self, connection: Connection, *, at_once: int | None, **values: Any) -> Iterator[list[Any]]:
        """All rows as lists of plain values, in the order of the columns. Raises what SQLAlchemy raises.

        No more than `at_once` are held at a time; None holds them all, which is quicker where they are few.
        """
        compiled = self._for(connection)
        bound = compiled.bind(values)
        if at_once is None:
            batches = iter([_run(connection, compiled.sql, bound)])
        else:
            batches = _run_on(connection, compiled.sql, bound, at_once)
        for batch in batches:
            yield from map(compiled.plain, batch)

    def _for(self, connection: Connection) -> _Compiled:
        engine = connection.dialect.name
        compiled = self._compiled.get(engine)
        if compiled is None:
            compiled = self._compiled[engine] = _Compiled(self._statement, connection.dialect)
        return compiled


def together(connection: Connection, asked: Iterable[tuple[Statement, Mapping[str, Any]]]) -> list[list[list[Any]]]:
    """The rows of several statements, as `Statement.lists` has them; PostgreSQL is asked all of them at once."""
    compiled = [(statement._for(connection), values) for statement, values in asked]
    bound = [(one.sql, one.bind(values)) for one, values in compiled]
    if connection.dialect.name == "sqlite":
        answers = [_run(connection, sql, values) for sql, values in bound]
    else:
        driver: Any = connection.connection.dbapi_connection
        with as_sqlalchemy_would(connection, "several statements"):
            with driver.pipeline():
                cursors = [driver.cursor().execute(sql, values, prepare=True) for sql, values in bound]
            answers = [cursor.fetchall() for cursor in cursors]
    return [list(map(one.plain, rows)) for (one, _values), rows in zip(compiled, answers, strict=True)]


def _run(connection: Connection, sql: str, values: Any) -> list[Any]:
    driver: Any = connection.connection.dbapi_connection
    with as_sqlalchemy_would(connection, sql):
        if connection.dialect.name == "sqlite":
            found: list[Any] = driver.execute(sql, values).fetchall()
            return found
        return driver.cursor().execute(sql, values, prepare=True).fetchall()  # type: ignore[no-any-return]  # as above


def _run_on(connection: Connection, sql: str, values: Any, at_once: int) -> Iterator[list[Any]]:
    """The rows in batches. PostgreSQL keeps them at the server for as long as the transaction lasts."""
    driver: Any = connection.connection.dbapi_connection
    with as_sqlalchemy_would(connection, sql):
        if connection.dialect.name == "sqlite":
            cursor = driver.execute(sql, values)
        else:
            cursor = driver.cursor(name=f"attest_{next(_numbers)}")
            cursor.execute(sql, values)
        try:
            while batch := cursor.fetchmany(at_once):
                yield batch
        finally:
            cursor.close()


_numbers = count()
"""What tells apart the cursors of one transaction."""


@contextmanager
def as_sqlalchemy_would(connection: Connection, sql: str) -> Iterator[None]:
    """Raise errors of the driver as SQLAlchemy raises them."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        driver: Any = connection.connection.dbapi_connection
        gone = connection.dialect.is_disconnect(error, driver, None)
        if gone:
            connection.invalidate()
        raise DBAPIError.instance(
            sql, None, error, Exception, hide_parameters=True, connection_invalidated=gone
        ) from error
