"""Attest's exchange format as JSON: a sequence of records (`app.schemas.files.exchange_record`).

Written as JSON Lines; read as JSON Lines, as an array, or as concatenated objects, indented or not.
"""

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.exchange.exchange_fields import PlainRecord, non_default_fields
from app.formats.parsing.import_rows import RECORD_ADAPTER, ImportRow, RowRefusal, RowStream, row_refusals
from app.formats.parsing.json_stream import read_objects


def read(stream: BinaryIO) -> RowStream:
    """Yield each record of a file as a row; an invalid record yields a refusal for each of its errors."""
    for item in read_objects(stream):
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, value = item
        try:
            yield ImportRow(line, (RECORD_ADAPTER.validate_python(value),))
        except ValidationError as error:
            yield from row_refusals(line, error)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write(records: Iterable[PlainRecord]) -> Iterator[str]:
    """Yield one line for each record, without fields that have their default; `read` returns the same records."""
    for record in records:
        fields = non_default_fields(record)
        # The kind of record and its identifiers come first, because readers look for these in a line.
        identifiers = {name: fields.pop(name) for name in ("id", "key") if name in fields}
        yield _encode({"record": record["record"], **identifiers, **fields}) + "\n"
