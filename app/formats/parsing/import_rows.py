"""Rows of files: what every reader hands on, taken or refused, and how rows of CSV (RFC 4180) come out of a stream."""

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

RECORD: TypeAdapter[Record] = TypeAdapter(Record, config=ConfigDict(defer_build=True))
"""Checks an object and makes it the record that its field `record` says it is."""


class Place(int):
    """The line on which a row begins; as a number it is just that. `number` tells rows apart that share a line."""

    number: int

    def __new__(cls, line: int, number: int) -> "Place":
        """The row with this number, the first being 1, on this line."""
        place = super().__new__(cls, line)
        place.number = number
        return place


def number_of(line: int) -> int:
    """The number of a row by its line: where a format puts each row on a line of its own, the line itself."""
    return line.number if isinstance(line, Place) else line


@dataclass(frozen=True)
class Row:
    """What one row of a file says.

    Line 0 is what the format itself says before any row: its sources, documents and topics.
    """

    line: int
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Refused:
    """A fault for which a row, or the part of it that `field` names, was not taken.

    `field` is a dotted path into the row, or the name of its column; empty if the row as a whole is at fault.
    `reason` goes on from the field's name and says what would be right ("must be a number").
    """

    line: int
    field: str
    reason: str


Reading: TypeAlias = Iterator[Row | Refused]
"""What a reader of a format gives, in the order of the file."""


def refusals(line: int, error: ValidationError) -> Iterator[Refused]:
    """One fault of a row for each error of its record; what the row held is never repeated."""
    for fault in error.errors(include_url=False, include_input=False):
        yield Refused(line, path(fault), validation_errors.message_of(fault))


def path(fault: Mapping[str, Any]) -> str:
    """The field at fault as a dotted path into the record, without the record's own word before it."""
    if fault["type"].startswith("union_tag"):
        return "record"
    word, _, inner = validation_errors.path_of(fault).partition(".")
    return inner if word in _TAGS else validation_errors.path_of(fault)


_TAGS = frozenset({"source", "document", "topic", "claim", "note"})


# --- CSV ---

LONGEST_CELL = 2_000_000
"""Most characters of a cell; a kept ClaimReview is the longest that there is."""

csv.field_size_limit(LONGEST_CELL)  # Python's own limit of 131,072 is an error in the middle of a file

_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")


def cells(stream: BinaryIO) -> Iterator[tuple[int, list[str]] | Refused]:
    """The rows of a CSV file, each with the line that it begins in; a blank line is an empty row.

    UTF-8, with or without a byte order mark. Cells are parted as the first line parts them: by commas, or by
    the semicolons or tabs that some spreadsheets write. A broken quotation is the last thing given.
    """
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        first = text.readline(LONGEST_CELL)
        reader = csv.reader(chain([first] if first else [], text), delimiter=max(",;\t", key=first.count), strict=True)
        yield from _rows(reader)
    finally:
        text.detach()  # the stream is its opener's to close


def _rows(reader: Any) -> Iterator[tuple[int, list[str]] | Refused]:
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refused(line, "", f"is not CSV: {error}; nothing behind it could be read")
            return
        if _NOT_UTF8.search("".join(row)):
            yield Refused(line, "", "is not UTF-8; save the file as UTF-8")
        else:
            yield line, row
