"""Attest's own exchange format as JSON: one record after another (`app.schemas.files.exchange_record`).

Written as JSON Lines; read as JSON Lines, as an array, or as objects that follow one another, indented or
not.
"""

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.exchange.exchange_fields import PlainRecord, given_fields
from app.formats.parsing.import_rows import RECORD, Reading, Refused, Row, refusals
from app.formats.parsing.json_stream import objects


def read(stream: BinaryIO) -> Reading:
    """The records of a file, each a row of its own; a record with a fault is refused, fault by fault."""
    for found in objects(stream):
        if isinstance(found, Refused):
            yield found
            continue
        line, value = found
        try:
            yield Row(line, (RECORD.validate_python(value),))
        except ValidationError as error:
            yield from refusals(line, error)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write(records: Iterable[PlainRecord]) -> Iterator[str]:
    """One line for each record, without fields that hold their default; reading gives the same records."""
    for record in records:
        fields = given_fields(record)
        # What it is and which one it is stand first: that is what somebody looks for in a line.
        names = {name: fields.pop(name) for name in ("id", "key") if name in fields}
        yield _encode({"record": record["record"], **names, **fields}) + "\n"
