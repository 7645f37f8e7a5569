"""Attest's own exchange format as CSV (RFC 4180): the records of `app.schemas.files.exchange_record` in a table.

The column `record` says what a row is: source, document, topic, claim or note. The others are named after the fields
of that record, with a point before each inner name: `statement`, `quantities.metric`, `attributions.quote.exact`. Any
of them may be missing, in any order. An empty cell is a field that is not given.

Lists of objects run down the rows. A claim's first row has its own fields and the first item of each of its lists;
the rows below have nothing in `record` (or repeat the claim's `record` and `key`) and hold the second items, the
third, and so on. An empty row ends a claim. Names in one cell are parted by `|`; `\\|` is a bar that belongs to a name
and `\\\\` a backslash. `original` holds JSON.

No cell begins with what a spreadsheet would run as a formula (`=`, `+`, `-`, `@`, their full-width forms, tabs and line
breaks): an apostrophe is put before it, and taken off again by reading. Cells that would read as such are protected
likewise, so that every text comes back as it was.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, auto
from itertools import zip_longest
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError

from app.formats.exchange.exchange_fields import SHAPES, PlainRecord, given_fields, kind_of, shape_in
from app.formats.parsing.duplicates import twice
from app.formats.parsing.import_rows import RECORD, Reading, Refused, Row, cells, path
from app.formats.parsing.json_stream import objects
from app.schemas.base.validation_errors import message_of

_LONGEST_BLOCK = 500  # rows: no list may hold more

_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"
# What a spreadsheet would run, what is blank but not nothing, and what would read as one of these protected.
_PROTECT = re.compile(rf"'*(?:{_FORMULA}|\s+\Z)")
_PROTECTED = re.compile(rf"'+(?:{_FORMULA}|\s+\Z)")
_NUMBER = re.compile(r"\d+(\.\d+)?")
# Spreadsheets write TRUE; people write yes.
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_NAME = re.compile(r"(?:\\[|\\]|[^|])+")


# --- columns ---


class _Form(Enum):
    """How a cell holds a value."""

    TEXT = auto()
    NUMBER = auto()
    FLAG = auto()
    NAMES = auto()
    JSON = auto()


@dataclass(frozen=True)
class _Column:
    """Where a column's cells go in a record: into `list_`'s items, if it has one, and there along `way`."""

    name: str
    list_: str | None
    way: tuple[str, ...]
    form: _Form


def _columns(model: type[BaseModel], list_: str | None = None, before: tuple[str, ...] = ()) -> Iterator[_Column]:
    for name, info in model.model_fields.items():
        if name == "record":
            continue
        kind, _item = kind_of(info.annotation)
        inner = shape_in(info.annotation)
        if inner and kind is list:
            yield from _columns(inner, list_=name)
        elif inner:
            yield from _columns(inner, list_, (*before, name))
        else:
            way = (*before, name)
            full = ".".join((list_, *way) if list_ else way)
            yield _Column(full, list_, way, _FORMS.get(kind, _Form.TEXT))


_FORMS: dict[Any, _Form] = {Decimal: _Form.NUMBER, bool: _Form.FLAG, list: _Form.NAMES, dict: _Form.JSON}
_OF: dict[str, dict[str, _Column]] = {
    word: {column.name: column for column in _columns(model)} for word, model in SHAPES.items()
}

COLUMNS: tuple[str, ...] = tuple(
    dict.fromkeys(("record", "id", "key", *(name for columns in _OF.values() for name in columns)))
)
"""All columns, in the order in which they are written."""


# --- writing ---


def write(records: Iterable[PlainRecord]) -> Iterator[str]:
    """The table, a line at a time, with all columns. Reading gives the same records."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    last = None
    for record in records:
        this = (record["record"], record.get("key"))
        if this == last and this[1] is not None:
            buffer.write("\r\n")  # else its rows would go on with the record above
        last = this
        writer.writerows(_written(record))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _written(record: PlainRecord) -> Iterator[dict[str, str]]:
    values = given_fields(record)
    columns = _OF[record["record"]].values()
    lists = dict.fromkeys(column.list_ for column in columns if column.list_)
    own = {column.name: _cell(values, column) for column in columns if not column.list_}
    down = [
        [
            {column.name: _cell(item, column) for column in columns if column.list_ == name}
            for item in values.get(name, ())
        ]
        for name in lists
    ]
    rows = list(zip_longest(*down, fillvalue=dict[str, str]())) or [()]
    for number, items in enumerate(rows):
        row = {"record": record["record"]} | own if number == 0 else {}
        for item in items:
            row |= item
        yield row


def _cell(values: Mapping[str, Any], column: _Column) -> str:
    value: Any = values
    for name in column.way:
        value = value.get(name)
        if value is None:
            return ""
    if column.form is _Form.NAMES:
        text = "|".join(re.sub(r"([|\\])", r"\\\1", name) for name in value)
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return f"'{text}" if _PROTECT.match(text) else text


# --- reading ---


def read(stream: BinaryIO) -> Reading:
    """The records of a table, each a row of its own at its first line; a record with a fault is refused.

    Faults name the line and the column that they stand in.
    """
    table = cells(stream)
    header = next(table, None)
    if header is None:
        return
    if isinstance(header, Refused):
        yield header
        return
    names = [name.strip().casefold() for name in header[1]]
    faults = list(_header_faults(names))
    if faults:
        yield from (Refused(header[0], name, why) for name, why in faults)
        return
    block: _Block | None = None
    for found in table:
        if isinstance(found, Refused):
            yield found
            if block:
                block.faults.append(Refused(block.line, "", f"was refused for what is wrong in line {found.line}"))
            continue
        line, row = found
        filled = {name: cell for name, cell in zip(names, row, strict=False) if cell.strip()}
        if block and filled and block.takes(filled):
            block.add(line, row, filled, names)
            continue
        if block:
            yield from block.read()
        block = _Block(line) if filled else None
        if block:
            block.add(line, row, filled, names)
    if block:
        yield from block.read()


_MOST_STRANGERS = 50
"""So many columns that are none are told one by one: to find what each might mean takes time."""


def _header_faults(names: list[str]) -> Iterator[tuple[str, str]]:
    if "record" not in names:
        yield "record", "must be one of the columns that the first row names; it says what each row is"
    strangers = [name for name in dict.fromkeys(names) if name not in COLUMNS]
    for name in strangers[:_MOST_STRANGERS]:
        near = "".join(f" (do you mean {match}?)" for match in get_close_matches(name, COLUMNS, 1))
        yield name[:100], f"is not a column{near}; known are {', '.join(COLUMNS)}"
    if more := strangers[_MOST_STRANGERS:]:
        yield more[0][:100], f"is not a column, nor are {len(more) - 1} more"
    for name in twice(names):
        yield name[:100], "stands twice in the first row; a column is given once"


@dataclass
class _Block:
    """The rows of one record."""

    line: int
    faults: list[Refused] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)
    items: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    rows: int = 0

    def takes(self, filled: Mapping[str, str]) -> bool:
        """True if a row below belongs to this record."""
        word, key = filled.get("record"), filled.get("key")
        return word is None or (word == self.own.get("record") and key is not None and key == self.own.get("key"))

    def add(self, line: int, row: list[str], filled: dict[str, str], names: list[str]) -> None:
        """Take a row in."""
        self.rows += 1
        if any(row[len(names) :]):
            self._refuse(line, "", f"must have no more cells than the first row, which has {len(names)}")
        word = (self.own or filled).get("record", "").strip()
        columns = _OF.get(word)
        if columns is None:
            why = f"must be one of {', '.join(_OF)}" if word else "must be given: no record stands above"
            self._refuse(line, "record", why)
        elif self.rows <= _LONGEST_BLOCK:
            self._take(line, filled, columns)

    def _take(self, line: int, filled: dict[str, str], columns: Mapping[str, _Column]) -> None:
        items: dict[str, dict[str, Any]] = {}
        for name, cell in filled.items():
            column = columns.get(name)
            if column and column.list_:
                self._put(line, column, cell, items.setdefault(column.list_, {}))
            elif self.rows == 1 and (column or name == "record"):
                self.own[name] = cell
            elif column is None and name != "record":
                self._refuse(line, name, f"must be empty: a {self.own['record']} has no such field")
            elif self.own.get(name) != cell:
                self._refuse(line, name, "must be empty or the same as in the record's first row")
        for list_, item in items.items():
            self.items.setdefault(list_, []).append((line, item))

    def read(self) -> Reading:
        """The record, or its faults."""
        word = self.own.get("record", "").strip()
        values: dict[str, Any] = {"record": word}
        for name, cell in self.own.items():
            if name != "record":
                self._put(self.line, _OF[word][name], cell, values)
        values |= {name: [item for _, item in items] for name, items in self.items.items()}
        if self.rows > _LONGEST_BLOCK:
            self._refuse(self.line, "", f"must not run over more than {_LONGEST_BLOCK} rows")
        if self.faults:
            yield from self.faults
            return
        try:
            yield Row(self.line, (RECORD.validate_python(values),))
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                # Columns have the names of fields, without the places in lists.
                column = ".".join(part for part in path(fault).split(".") if not part.isdecimal())
                yield Refused(self._line_of(fault["loc"][1:]), column, message_of(fault))

    def _line_of(self, location: tuple[int | str, ...]) -> int:
        """The line on which a place in the record stands; `location` is without the record's own word."""
        if len(location) > 1 and location[0] in self.items and isinstance(location[1], int):
            return self.items[str(location[0])][location[1]][0]
        return self.line

    def _put(self, line: int, column: _Column, cell: str, values: dict[str, Any]) -> None:
        try:
            value = _value(cell, column.form)
        except ValueError as error:
            self._refuse(line, column.name, str(error))
            return
        for name in column.way[:-1]:
            values = values.setdefault(name, {})
        values[column.way[-1]] = value

    def _refuse(self, line: int, name: str, why: str) -> None:
        self.faults.append(Refused(line, name, why))


def _value(cell: str, form: _Form) -> Any:
    """What a cell holds. Raises ValueError, saying what would be right."""
    text = cell[1:] if _PROTECTED.match(cell) else cell
    if form is _Form.NUMBER:
        if not _NUMBER.fullmatch(text.strip()):
            raise ValueError("must be a number such as 11000 or 2.5, without sign, blank or comma")
        return Decimal(text.strip())
    if form is _Form.FLAG:
        if text.strip().lower() not in _FLAGS:
            raise ValueError("must be true or false")
        return _FLAGS[text.strip().lower()]
    if form is _Form.NAMES:
        return [re.sub(r"\\([|\\])", r"\1", name) for name in _NAME.findall(text)]
    if form is _Form.JSON:
        return _object(text)
    return text


def _object(text: str) -> dict[str, Any]:
    found = list(objects(io.BytesIO(text.encode())))
    if len(found) != 1:
        raise ValueError("must be one JSON object")
    if isinstance(found[0], Refused):
        raise ValueError(found[0].reason)
    return found[0][1]
