"""Claims as CSV (RFC 4180) for spreadsheets: the columns of `app.formats.exports.claim_table`, a row for each figure.

UTF-8, commas, CRLF. No cell is one that a spreadsheet would run as a formula (`formula_guard`). A byte order
mark, without which Excel takes UTF-8 for something else, is put before it on demand: other programs stumble over it.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from app.formats.exports.claim_table import COLUMNS, rows
from app.formats.exports.formula_guard import safe
from app.formats.proofs.canonical_json import decimal_text
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """The table, claim by claim."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(column.name for column in COLUMNS)
    lead = "\ufeff" if edition.bom else ""
    for claim in claims:
        for row in rows(claim):
            writer.writerow([_cell(row.get(column.name), column.kind) for column in COLUMNS])
        yield lead + buffer.getvalue()
        lead = ""
        buffer.seek(0)
        buffer.truncate()
    yield lead + buffer.getvalue()


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "number":
        return decimal_text(value)
    if kind == "flag":
        return "true" if value else "false"
    if kind == "speakers":
        return safe(" | ".join(f"{one.name}: {one.stance}" for one in value))
    return safe(value) if isinstance(value, str) else str(value)
