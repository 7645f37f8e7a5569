"""Which format a file is of, and what reads it."""

import csv
import re
from collections.abc import Mapping
from importlib import import_module
from typing import BinaryIO, Protocol, cast

from app.formats.parsing.import_rows import Reading

FORMATS: Mapping[str, str] = {
    "attest_json": "exchange.attest_json",
    "attest_csv": "exchange.attest_csv",
    "ua_mod_losses": "readers.ua_mod_losses",
    "oryx_events": "readers.oryx_events",
    "claim_review": "readers.claim_review",
    "bibtex": "bibtex.bibtex_documents",
}
"""The module of this package that reads each format, by the format's name."""


class _Reader(Protocol):
    def read(self, stream: BinaryIO) -> Reading: ...


def read(format: str, stream: BinaryIO) -> Reading:
    """What a file of that format says, read as it is asked for. A service starts without what reads files."""
    reader = cast("_Reader", import_module(f"app.formats.{FORMATS[format]}"))
    return reader.read(stream)


HEAD = 65_536
"""As many bytes of a file's beginning as are enough to tell its format."""

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
    """The format of a file, by its first bytes, and by its name where they say nothing (an empty list).

    Raises ValueError, naming the formats there are, for what is none of them.
    """
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    found = _json(text) if text[:1] in {"{", "["} else _csv(text)
    if found is None and _BIBTEX.search(text):
        found = "bibtex"
    if found is None and not re.search(r"\w", text):
        found = _by_name(name)
    if found is None:
        raise ValueError(f"The file is of no known format; known are {', '.join(FORMATS)}.")
    return found


def _json(text: str) -> str | None:
    members = set(_MEMBER.findall(text))
    if _RECORD.search(text):
        return "attest_json"
    if members & _REVIEWS or _REVIEW_TYPE.search(text):
        return "claim_review"
    return "ua_mod_losses" if any(fields <= members for fields in _LOSSES) else None


def _csv(text: str) -> str | None:
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    parted = next(csv.reader([first], delimiter=max(",;\t", key=first.count)), [])
    columns = {name.strip().casefold() for name in parted}
    if "record" in columns:
        return "attest_csv"
    return "oryx_events" if any(fields <= columns for fields in _ORYX) else None


def _by_name(name: str) -> str | None:
    last = re.split(r"[/\\]", name)[-1]
    return next((found for found, pattern in _NAMES.items() if pattern.fullmatch(last)), None)
