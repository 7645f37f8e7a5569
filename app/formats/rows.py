"""Rows of files: what every reader hands on, taken or refused, and how rows of CSV (RFC 4180) come out of a stream."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, TypeAlias

from pydantic import TypeAdapter, ValidationError

from app.schemas.record import Record

RECORD: TypeAdapter[Record] = TypeAdapter(Record)
"""Checks an object and makes it the record that its field `record` says it is."""

_LONGEST_FIELD = 200

_REASONS = {
    "missing": "must be given",
    "extra_forbidden": "is not a field of this record",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "union_tag_not_found": "must be source, document, topic, claim or note",
    "union_tag_invalid": "must be source, document, topic, claim or note",
}


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
    for details in error.errors(include_url=False, include_input=False):
        yield Refused(line, path(details["loc"]) or _whole(details["type"]), reason(details))


def path(location: tuple[int | str, ...]) -> str:
    """A place in a record as a dotted path, without the record's own word before it."""
    inner = location[1:] if location[:1] and location[0] in _TAGS else location
    return ".".join(map(str, inner))[:_LONGEST_FIELD]


def reason(details: Any) -> str:
    """An error of pydantic in words that go on from the name of a field."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return f"must be {context['expected']}"
    if kind.startswith("date_"):
        return "must be a day such as 2025-01-12"
    return _REASONS.get(kind) or re.sub(r"^.*?\bshould ", "must ", details["msg"])


_TAGS = frozenset({"source", "document", "topic", "claim", "note"})


def _whole(kind: str) -> str:
    return "record" if kind.startswith("union_tag") else ""


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
