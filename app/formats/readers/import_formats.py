"""The import formats: how a file's format is detected, and which reader reads it.

Readers are imported on first use, because a service should not wait at start-up for formats that nobody may send.
"""

import csv
import re
from collections.abc import Callable, Mapping
from typing import BinaryIO

from app.formats.parsing.import_rows import RowStream


def _read_attest_json(stream: BinaryIO) -> RowStream:
    from app.formats.exchange import attest_json

    return attest_json.read(stream)


def _read_attest_csv(stream: BinaryIO) -> RowStream:
    from app.formats.exchange import attest_csv

    return attest_csv.read(stream)


def _read_ua_mod_losses(stream: BinaryIO) -> RowStream:
    from app.formats.readers import ua_mod_losses

    return ua_mod_losses.read(stream)


def _read_oryx_events(stream: BinaryIO) -> RowStream:
    from app.formats.readers import oryx_events

    return oryx_events.read(stream)


def _read_claim_review(stream: BinaryIO) -> RowStream:
    from app.formats.readers import claim_review

    return claim_review.read(stream)


def _read_bibtex(stream: BinaryIO) -> RowStream:
    from app.formats.bibtex import bibtex_documents

    return bibtex_documents.read(stream)


IMPORT_FORMATS: Mapping[str, Callable[[BinaryIO], RowStream]] = {
    "attest_json": _read_attest_json,
    "attest_csv": _read_attest_csv,
    "ua_mod_losses": _read_ua_mod_losses,
    "oryx_events": _read_oryx_events,
    "claim_review": _read_claim_review,
    "bibtex": _read_bibtex,
}
"""The reader of each import format, by the format's name."""


def read(format: str, stream: BinaryIO) -> RowStream:
    """The rows of a file in that format, read as they are consumed."""
    return IMPORT_FORMATS[format](stream)


DETECTION_BYTES = 65_536
"""How many bytes of a file `detect` needs at most."""

_MEMBER = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:')
_RECORD = re.compile(r'"record"\s*:\s*"(source|document|topic|claim|note)"')
_REVIEWS = frozenset({"claimReviewed", "claimReview", "dataFeedElement", "truthRating"})
_REVIEW_TYPE = re.compile(r'"@type"\s*:\s*(\[[^\]]*)?"([\w:/.]*[:/])?ClaimReview"')
_LOSSES = (
    frozenset({"date", "sourceUri", "personnel"}),
    frozenset({"date", "personnel", "personnel*"}),
    frozenset({"date", "day", "tank"}),
    frozenset({"equipment_oryx", "losses_total"}),
)
_ORYX = (frozenset({"system", "status", "date_recorded"}), frozenset({"equipment_type", "date_recorded"}))
_BIBTEX = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", re.MULTILINE)
_NAMES = {
    "ua_mod_losses": re.compile(r"russia[n_-]+losses.*\.json", re.IGNORECASE),
    "oryx_events": re.compile(r"(event_\w+|daily_count)\.csv", re.IGNORECASE),
    "claim_review": re.compile(r".*claim_?-?review.*\.json[l]?", re.IGNORECASE),
    "attest_json": re.compile(r".*\.(jsonl|ndjson)", re.IGNORECASE),
    "bibtex": re.compile(r".*\.bib", re.IGNORECASE),
}


def detect(name: str, head: bytes) -> str:
    """The name of a file's format, judged by its first bytes, or by its name if these are empty or an empty list.

    Raises ValueError, which lists the known formats, if the file has none of them.
    """
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    detected = _json_format(text) if text[:1] in {"{", "["} else _csv_format(text)
    if detected is None and _BIBTEX.search(text):
        detected = "bibtex"
    if detected is None and not re.search(r"\w", text):
        detected = _format_by_name(name)
    if detected is None:
        raise ValueError(
            "The file's format is not recognised. Name it with `format` (--format on the command line): "
            f"{', '.join(IMPORT_FORMATS)}."
        )
    return detected


def _json_format(text: str) -> str | None:
    members = set(_MEMBER.findall(text))
    if _RECORD.search(text):
        return "attest_json"
    if members & _REVIEWS or _REVIEW_TYPE.search(text):
        return "claim_review"
    return "ua_mod_losses" if any(fields <= members for fields in _LOSSES) else None


def _csv_format(text: str) -> str | None:
    heading = re.split(r"[\r\n]", text, maxsplit=1)[0]
    cells = next(csv.reader([heading], delimiter=max(",;\t", key=heading.count)), [])
    columns = {name.strip().casefold() for name in cells}
    if "record" in columns:
        return "attest_csv"
    return "oryx_events" if any(fields <= columns for fields in _ORYX) else None


def _format_by_name(name: str) -> str | None:
    file_name = re.split(r"[/\\]", name)[-1]
    return next((known_format for known_format, pattern in _NAMES.items() if pattern.fullmatch(file_name)), None)
