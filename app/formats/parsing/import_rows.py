"""Rows of imported files: what every reader yields, and the reading of CSV (RFC 4180)."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, TypeAlias

from pydantic import ConfigDict, TypeAdapter, ValidationError

from app.schemas.base import validation_errors
from app.schemas.files.exchange_record import Record

RECORD_ADAPTER: TypeAdapter[Record] = TypeAdapter(Record, config=ConfigDict(defer_build=True))
"""Validates an object and builds the record that its field `record` names."""


class RowLine(int):
    """The line in which a row begins, as an int. `number` distinguishes rows that share a line."""

    number: int

    def __new__(cls, line: int, number: int) -> "RowLine":
        """Build the line of the row with this number, counted from 1."""
        row_line = super().__new__(cls, line)
        row_line.number = number
        return row_line


def row_number(line: int) -> int:
    """Return the number of the row at a line; in formats with one row per line, that is the line itself."""
    return line.number if isinstance(line, RowLine) else line


@dataclass(frozen=True)
class ImportRow:
    """The records of one row of a file.

    Line 0 holds records that the format implies and no row contains: sources, documents and topics.
    """

    line: int
    records: tuple[Record, ...]


@dataclass(frozen=True)
class RowRefusal:
    """The refusal of a row, or of the part of it that `field` names.

    `field` is a dotted path into the row or the name of a column; empty if the reason concerns the whole row.
    `reason` continues a sentence that begins with the field's name and says what would be right ("must be a number").
    """

    line: int
    field: str
    reason: str


RowStream: TypeAlias = Iterator[ImportRow | RowRefusal]
"""What a reader of a format yields, in the order of the file."""


def row_refusals(line: int, error: ValidationError) -> Iterator[RowRefusal]:
    """Yield one refusal for each validation error of a record; the rejected values are never repeated."""
    for detail in error.errors(include_url=False, include_input=False):
        yield RowRefusal(line, field_path(detail), validation_errors.message_of(detail))


def field_path(detail: Mapping[str, Any]) -> str:
    """Return the invalid field of a pydantic error as a dotted path into the record, without its union tag."""
    if detail["type"].startswith("union_tag"):
        return "record"
    tag, _, inner_path = validation_errors.path_of(detail).partition(".")
    return inner_path if tag in _TAGS else validation_errors.path_of(detail)


_TAGS = frozenset({"source", "document", "topic", "claim", "note"})


# --- CSV ---

MAX_CELL_LENGTH = 2_000_000
"""Most characters in a cell; the longest value that cells hold is a stored ClaimReview."""

csv.field_size_limit(MAX_CELL_LENGTH)  # Python's default, 131,072, would stop in the middle of a file

_DELIMITER_LINE = re.compile(r'(?P<quote>"?)sep=(?P<delimiter>[,;\t|])(?P=quote)\s*', re.IGNORECASE)
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")


def read_csv_rows(stream: BinaryIO) -> Iterator[tuple[int, list[str]] | RowRefusal]:
    """Yield the rows of a CSV file, each with the line that it begins in; a blank line is an empty row.

    The file is UTF-8, with or without a byte order mark. The delimiter is the one that a first line such as `sep=;`
    names, as Excel reads and writes it; otherwise the most frequent one in the first line: comma, semicolon or tab
    (some spreadsheets write the latter two). Invalid CSV, such as an unclosed quotation, ends the file with a refusal.
    """
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        header = text.readline(MAX_CELL_LENGTH)
        delimiter = delimiter_line(header)
        lines_above = 0 if delimiter is None else 1
        if delimiter is None:
            delimiter = max(",;\t", key=header.count)
        else:
            header = text.readline(MAX_CELL_LENGTH)
        reader = csv.reader(chain([header] if header else [], text), delimiter=delimiter, strict=True)
        yield from _numbered_rows(reader, lines_above)
    finally:
        text.detach()  # the caller opened the stream and closes it


def delimiter_line(line: str) -> str | None:
    """Return the delimiter that a line such as `sep=;` names; None if the line is no such line."""
    match = _DELIMITER_LINE.fullmatch(line)
    return match["delimiter"] if match else None


def _numbered_rows(reader: Any, lines_above: int) -> Iterator[tuple[int, list[str]] | RowRefusal]:
    while True:
        line = lines_above + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowRefusal(line, "", f"is not valid CSV: {error}; the rest of the file was not read")
            return
        if _NOT_UTF8.search("".join(row)):
            yield RowRefusal(line, "", "is not UTF-8; save the file as UTF-8")
        else:
            yield line, row
