"""Attest's own exchange format as JSON: one record after another (`app.schemas.record`).

Written as JSON Lines; read as JSON Lines, as an array, or as objects that follow one another, indented or
not.
"""

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.json_stream import objects
from app.formats.rows import RECORD, Reading, Refused, Row, refusals
from app.schemas.record import Record


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


def write(records: Iterable[Record]) -> Iterator[str]:
    """One line for each record, without fields that hold their default; reading gives the same records."""
    for record in records:
        fields = record.model_dump(mode="json", exclude_defaults=True)
        # What it is and which one it is stand first: that is what somebody looks for in a line.
        names = {name: fields.pop(name) for name in ("id", "key") if name in fields}
        yield json.dumps({"record": record.record} | names | fields, ensure_ascii=False, separators=(",", ":")) + "\n"
