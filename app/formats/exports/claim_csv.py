"""Claims as CSV (RFC 4180) for spreadsheets: the columns of `app.formats.exports.claim_table`, one row for each figure.

UTF-8, commas, CRLF. No cell can run as a formula (`formula_guard`). A byte order mark is optional: Excel needs it to
recognise UTF-8, but other programs read it as part of the first column's name.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from app.formats.exports.claim_table import CLAIM_COLUMNS, Speaker, claim_rows
from app.formats.exports.formula_guard import escape_cell
from app.formats.proofs.canonical_json import decimal_text
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """Yield the table claim by claim, header row first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(column.name for column in CLAIM_COLUMNS)
    prefix = "\ufeff" if edition.bom else ""
    for claim in claims:
        for row in claim_rows(claim):
            writer.writerow([_format_cell(row.get(column.name), column.kind) for column in CLAIM_COLUMNS])
        yield prefix + buffer.getvalue()
        prefix = ""
        buffer.seek(0)
        buffer.truncate()
    yield prefix + buffer.getvalue()


def _format_cell(value: Any, kind: str) -> str:
    """Return a value of a column of that kind as the text of its cell."""
    if value is None:
        return ""
    if kind == "number":
        return decimal_text(value)
    if kind == "flag":
        return "true" if value else "false"
    if kind == "speakers":
        return escape_cell(" | ".join(map(_format_speaker, value)))
    return escape_cell(value) if isinstance(value, str) else str(value)


def _format_speaker(speaker: Speaker) -> str:
    suffix = f", {speaker.upstream}" if speaker.upstream else ""
    return f"{speaker.name}: {speaker.stance}{suffix}"
