"""Attest's exchange format as CSV (RFC 4180): the records of `app.schemas.files.exchange_record` in a table.

The column `record` says what a row is: source, document, topic, claim or note. The other columns are named after the
fields of that record, with a dot between nested names: `statement`, `quantities.metric`, `attributions.quote.exact`.
Columns may be in any order, and any of them may be missing. An empty cell means that the field is absent.

Lists of objects continue in the rows below. A claim's first row has its own fields and the first item of each list;
the following rows leave `record` empty (or repeat the claim's `record` and `key`) and hold the second items, the
third, and so on. An empty row ends a claim. Names in one cell are separated by `|`; `\\|` is a literal bar and `\\\\` a
literal backslash. `original` holds JSON.

No cell begins with a character that a spreadsheet runs as a formula (`=`, `+`, `-`, `@`, their full-width forms, tabs
and line breaks): writing puts an apostrophe before it, and reading removes it. Texts that already look escaped get an
apostrophe as well, so that every text is read back unchanged.
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

from app.formats.exchange.exchange_fields import (
    RECORD_SCHEMAS,
    PlainRecord,
    field_type,
    nested_schema,
    non_default_fields,
)
from app.formats.parsing.duplicates import find_duplicates
from app.formats.parsing.import_rows import RECORD_ADAPTER, ImportRow, RowRefusal, RowStream, field_path, read_csv_rows
from app.formats.parsing.json_stream import read_objects
from app.schemas.base.validation_errors import message_of

_MAX_BLOCK_ROWS = 500  # the schemas allow no longer list

_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"
# Formulas, texts of whitespace only (which would read as empty cells), and texts that look like these escaped.
_NEEDS_ESCAPE = re.compile(rf"'*(?:{_FORMULA}|\s+\Z)")
_ESCAPED = re.compile(rf"'+(?:{_FORMULA}|\s+\Z)")
_NUMBER = re.compile(r"\d+(\.\d+)?")
# Spreadsheets write TRUE, people write yes; cells are compared in lower case.
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_NAME = re.compile(r"(?:\\[|\\]|[^|])+")


# --- columns ---


class _CellType(Enum):
    """How a cell represents a value."""

    TEXT = auto()
    NUMBER = auto()
    FLAG = auto()
    NAMES = auto()
    JSON = auto()


@dataclass(frozen=True)
class _Column:
    """A column and its place in a record: the path to a field, in the items of the list `list_name` if it has one."""

    name: str
    list_name: str | None
    path: tuple[str, ...]
    cell_type: _CellType


def _columns(
    model: type[BaseModel], list_name: str | None = None, parent_path: tuple[str, ...] = ()
) -> Iterator[_Column]:
    """Yield the columns for the fields of a schema, nested objects and lists included."""
    for name, info in model.model_fields.items():
        if name == "record":
            continue
        python_type, _item_type = field_type(info.annotation)
        nested = nested_schema(info.annotation)
        if nested and python_type is list:
            yield from _columns(nested, list_name=name)
        elif nested:
            yield from _columns(nested, list_name, (*parent_path, name))
        else:
            path = (*parent_path, name)
            column_name = ".".join((list_name, *path) if list_name else path)
            yield _Column(column_name, list_name, path, _CELL_TYPES.get(python_type, _CellType.TEXT))


_CELL_TYPES: dict[Any, _CellType] = {
    Decimal: _CellType.NUMBER,
    bool: _CellType.FLAG,
    list: _CellType.NAMES,
    dict: _CellType.JSON,
}
_RECORD_COLUMNS: dict[str, dict[str, _Column]] = {
    record_type: {column.name: column for column in _columns(model)} for record_type, model in RECORD_SCHEMAS.items()
}

COLUMNS: tuple[str, ...] = tuple(
    dict.fromkeys(("record", "id", "key", *(name for columns in _RECORD_COLUMNS.values() for name in columns)))
)
"""The names of all columns, in the order in which they are written."""


# --- writing ---


def write(records: Iterable[PlainRecord]) -> Iterator[str]:
    """Yield the table record by record, with all columns; `read` returns the same records."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    previous_identity = None
    for record in records:
        identity = (record["record"], record.get("key"))
        if identity == previous_identity and identity[1] is not None:
            buffer.write("\r\n")  # without an empty row, a reader would add these rows to the record above
        previous_identity = identity
        writer.writerows(_rows_of_record(record))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _rows_of_record(record: PlainRecord) -> Iterator[dict[str, str]]:
    """Yield the rows of a record: its own fields in the first one, and one item of each list in every row."""
    values = non_default_fields(record)
    columns = _RECORD_COLUMNS[record["record"]].values()
    list_names = dict.fromkeys(column.list_name for column in columns if column.list_name)
    own_cells = {column.name: _format_cell(values, column) for column in columns if not column.list_name}
    cells_by_list = [
        [
            {column.name: _format_cell(item, column) for column in columns if column.list_name == list_name}
            for item in values.get(list_name, ())
        ]
        for list_name in list_names
    ]
    item_rows = list(zip_longest(*cells_by_list, fillvalue=dict[str, str]())) or [()]
    for index, item_cells in enumerate(item_rows):
        row = {"record": record["record"]} | own_cells if index == 0 else {}
        for cells in item_cells:
            row |= cells
        yield row


def _format_cell(values: Mapping[str, Any], column: _Column) -> str:
    """Return a column's value as the text of its cell, escaped if a spreadsheet might run it."""
    value: Any = values
    for name in column.path:
        value = value.get(name)
        if value is None:
            return ""
    if column.cell_type is _CellType.NAMES:
        text = "|".join(re.sub(r"([|\\])", r"\\\1", name) for name in value)
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return f"'{text}" if _NEEDS_ESCAPE.match(text) else text


# --- reading ---


def read(stream: BinaryIO) -> RowStream:
    """Yield the records of a table, each as one row at its first line; an invalid record is refused.

    Refusals name the line and column of each fault.
    """
    csv_rows = read_csv_rows(stream)
    header = next(csv_rows, None)
    if header is None:
        return
    if isinstance(header, RowRefusal):
        yield header
        return
    names = [name.strip().casefold() for name in header[1]]
    faults = list(_header_faults(names))
    if faults:
        yield from (RowRefusal(header[0], name, reason) for name, reason in faults)
        return
    block: _Block | None = None
    for item in csv_rows:
        if isinstance(item, RowRefusal):
            yield item
            if block:
                reason = f"was refused because line {item.line} of the same record could not be read"
                block.refusals.append(RowRefusal(block.line, "", reason))
            continue
        line, row = item
        cells = {name: cell for name, cell in zip(names, row, strict=False) if cell.strip()}
        if block and cells and block.includes(cells):
            block.add_row(line, row, cells, names)
            continue
        if block:
            yield from block.build_record()
        block = _Block(line) if cells else None
        if block:
            block.add_row(line, row, cells, names)
    if block:
        yield from block.build_record()


_MAX_NAMED_UNKNOWN_COLUMNS = 50
"""Unknown columns that are reported one by one; finding a similar name for each of very many would take too long."""


def _header_faults(names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the column name and the reason for each fault in the header."""
    if "record" not in names:
        yield "record", "is missing from the first row; this column gives the type of each row, such as source or claim"
    unknown_names = [name for name in dict.fromkeys(names) if name not in COLUMNS]
    for name in unknown_names[:_MAX_NAMED_UNKNOWN_COLUMNS]:
        suggestion = "".join(f" (did you mean {match}?)" for match in get_close_matches(name, COLUMNS, 1))
        yield name[:100], f"is not a column{suggestion}; the columns are {', '.join(COLUMNS)}"
    if rest := unknown_names[_MAX_NAMED_UNKNOWN_COLUMNS:]:
        yield rest[0][:100], f"is not a column, and neither are {len(rest) - 1} further names in the first row"
    for name in find_duplicates(names):
        yield name[:100], "occurs twice in the first row; name each column once"


@dataclass
class _Block:
    """The rows of one record, collected until the record is complete."""

    line: int
    refusals: list[RowRefusal] = field(default_factory=list)
    own_cells: dict[str, str] = field(default_factory=dict)
    """The cells of the record's own fields, from its first row."""
    items: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    """The items of each list by its name, with the line that each comes from."""
    row_count: int = 0

    def includes(self, cells: Mapping[str, str]) -> bool:
        """True if the next row, which has these cells, belongs to this record."""
        record_type, key = cells.get("record"), cells.get("key")
        if record_type is None:
            return True
        return record_type == self.own_cells.get("record") and key is not None and key == self.own_cells.get("key")

    def add_row(self, line: int, row: list[str], cells: dict[str, str], names: list[str]) -> None:
        """Add a row; `cells` are its cells that are not blank, by the names of their columns."""
        self.row_count += 1
        if len(row) < len(names):
            reason = f"has {len(row)} cells, but the first row has {len(names)}; the row may be cut. Give all cells"
            self._refuse(line, "", reason)
        if any(row[len(names) :]):
            self._refuse(line, "", f"must have no more cells than the first row, which has {len(names)}")
        record_type = (self.own_cells or cells).get("record", "").strip()
        columns = _RECORD_COLUMNS.get(record_type)
        if columns is None:
            allowed = f"must be one of {', '.join(_RECORD_COLUMNS)}"
            missing = "must be filled in, because there is no record above that this row could belong to"
            self._refuse(line, "record", allowed if record_type else missing)
        elif self.row_count <= _MAX_BLOCK_ROWS:
            self._add_cells(line, cells, columns)

    def _add_cells(self, line: int, cells: dict[str, str], columns: Mapping[str, _Column]) -> None:
        items: dict[str, dict[str, Any]] = {}
        for name, cell in cells.items():
            column = columns.get(name)
            if column and column.list_name:
                self._set_value(line, column, cell, items.setdefault(column.list_name, {}))
            elif self.row_count == 1 and (column or name == "record"):
                self.own_cells[name] = cell
            elif column is None and name != "record":
                self._refuse(line, name, f"must be empty: a {self.own_cells['record']} has no such field")
            elif self.own_cells.get(name) != cell:
                self._refuse(line, name, "must be empty or the same as in the record's first row")
        for list_name, item in items.items():
            self.items.setdefault(list_name, []).append((line, item))

    def build_record(self) -> RowStream:
        """Yield the record as a row, or the refusals of its faults."""
        record_type = self.own_cells.get("record", "").strip()
        values: dict[str, Any] = {"record": record_type}
        for name, cell in self.own_cells.items():
            if name != "record":
                self._set_value(self.line, _RECORD_COLUMNS[record_type][name], cell, values)
        values |= {name: [item for _, item in items] for name, items in self.items.items()}
        if self.row_count > _MAX_BLOCK_ROWS:
            self._refuse(
                self.line,
                "",
                f"belongs to a record with more than {_MAX_BLOCK_ROWS} rows, which is the limit for one record",
            )
        if self.refusals:
            yield from self.refusals
            return
        try:
            yield ImportRow(self.line, (RECORD_ADAPTER.validate_python(values),))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                # Columns are named after fields, without the indexes of list items.
                column = ".".join(part for part in field_path(detail).split(".") if not part.isdecimal())
                yield RowRefusal(self._line_of(detail["loc"][1:]), column, message_of(detail))

    def _line_of(self, location: tuple[int | str, ...]) -> int:
        """Return the line of an error location in the record; `location` does not include the union tag."""
        if len(location) > 1 and location[0] in self.items and isinstance(location[1], int):
            return self.items[str(location[0])][location[1]][0]
        return self.line

    def _set_value(self, line: int, column: _Column, cell: str, values: dict[str, Any]) -> None:
        """Parse a cell and store its value in `values` at the column's path, or refuse the cell."""
        try:
            value = _parse_cell(cell, column.cell_type)
        except ValueError as error:
            self._refuse(line, column.name, str(error))
            return
        for name in column.path[:-1]:
            values = values.setdefault(name, {})
        values[column.path[-1]] = value

    def _refuse(self, line: int, name: str, reason: str) -> None:
        self.refusals.append(RowRefusal(line, name, reason))


def _parse_cell(cell: str, cell_type: _CellType) -> Any:
    """Return the value of a cell. Raises ValueError with a reason that says what would be right."""
    text = cell[1:] if _ESCAPED.match(cell) else cell
    if cell_type is _CellType.NUMBER:
        if not _NUMBER.fullmatch(text.strip()):
            raise ValueError("must be a number such as 11000 or 2.5, without a sign, spaces or commas")
        return Decimal(text.strip())
    if cell_type is _CellType.FLAG:
        if text.strip().lower() not in _FLAGS:
            raise ValueError("must be true or false")
        return _FLAGS[text.strip().lower()]
    if cell_type is _CellType.NAMES:
        return [re.sub(r"\\([|\\])", r"\1", name) for name in _NAME.findall(text)]
    if cell_type is _CellType.JSON:
        return _parse_json_object(text)
    return text


def _parse_json_object(text: str) -> dict[str, Any]:
    items = list(read_objects(io.BytesIO(text.encode())))
    if len(items) != 1:
        raise ValueError("must be one JSON object")
    if isinstance(items[0], RowRefusal):
        raise ValueError(items[0].reason)
    return items[0][1]
