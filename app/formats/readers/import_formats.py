"""The import formats: how a file's format is detected, and which reader reads it.

Readers are imported on first use, because a service should not wait at start-up for formats that nobody may send.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from app.formats.parsing.import_rows import RowStream, delimiter_line
from app.formats.parsing.text_encoding import UTF8, as_utf8, check_text, decode_head, encoding_of
from app.formats.readers.unknown_files import describe_container, describe_text, is_own_linked_data


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


def read(format: str, stream: BinaryIO, encoding: str = "utf-8") -> RowStream:
    """The rows of a file in that format, read as they are consumed."""
    return IMPORT_FORMATS[format](as_utf8(stream, encoding))


@dataclass(frozen=True)
class ImportFile:
    """What is known about a file before it is imported."""

    format: str
    encoding: str
    """The encoding in which `read` must read it."""
    cut_line: int | None
    """The last line, if the file may have been cut there; else None."""


def inspect(stream: BinaryIO, *, name: str, format: str | None = None, encoding: str | None = None) -> ImportFile:
    """Read a file from its beginning to its end, and return its format, its encoding, and whether it may have been cut.

    Raises ValueError, which says what the file is and what to do next, if its format or its encoding is not certain:
    a file that cannot be decoded from beginning to end is not read at all.
    """
    stream.seek(0)
    head = stream.read(DETECTION_BYTES)
    if container := describe_container(head):
        raise ValueError(container)
    certain_encoding = encoding_of(head, encoding)
    if encoding is None and format in {None, "bibtex"} and _is_bibtex_with_encoding(head, certain_encoding):
        return ImportFile("bibtex", certain_encoding, None)  # its reader uses the encoding that the file declares
    stream.seek(0)
    text = check_text(stream, certain_encoding)
    detected = format or detect(name, head, certain_encoding)
    # JSON and BibTeX close what they open. A table that is cut in its last cell is a valid table.
    is_cut = detected in _TABLES and text.last_character not in "\r\n"
    return ImportFile(detected, certain_encoding, text.line_ends + 1 if is_cut or not text.has_content else None)


def _is_bibtex_with_encoding(head: bytes, encoding: str) -> bool:
    if encoding != UTF8 or not _BIBTEX.search(decode_head(head, encoding)):
        return False
    from app.formats.bibtex.bibtex_parser import declares_encoding

    return declares_encoding(head)


_TABLES = frozenset({"attest_csv", "oryx_events"})


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
_COLUMNS = {"attest_csv": ("record", "key"), "oryx_events": ("country", "system", "status", "url", "date_recorded")}
"""Columns by which a nearly right table is recognised."""
_MEMBERS = {
    "attest_json": ("record", "key"),
    "claim_review": ("@type", "claimReviewed", "url", "author", "reviewRating"),
    "ua_mod_losses": ("date", "personnel", "personnel*"),
}
_BIBTEX = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", re.MULTILINE)
_NAMES = {
    "ua_mod_losses": re.compile(r"russia[n_-]+losses.*\.json", re.IGNORECASE),
    "oryx_events": re.compile(r"(event_\w+|daily_count)\.csv", re.IGNORECASE),
    "claim_review": re.compile(r".*claim_?-?review.*\.json[l]?", re.IGNORECASE),
    "attest_json": re.compile(r".*\.(jsonl|ndjson)", re.IGNORECASE),
    "bibtex": re.compile(r".*\.bib", re.IGNORECASE),
}


def detect(name: str, head: bytes, encoding: str = "utf-8") -> str:
    """The name of a file's format, judged by its first bytes, or by its name if these are empty or an empty list.

    Raises ValueError, which says what the file seems to be and lists the known formats, if it has none of them.
    """
    text = decode_head(head, encoding).lstrip()
    detected = _json_format(text) if text[:1] in {"{", "["} else _csv_format(text)
    if detected is None and _BIBTEX.search(text):
        detected = "bibtex"
    if detected is None and not re.search(r"\w", text):
        detected = _format_by_name(name)
    if detected is None:
        description = describe_text(text, encoding, _COLUMNS, _MEMBERS)
        raise ValueError(
            f"The file's format is not recognised. {description} If it is in a known format all the same, name it with "
            f"`format` (--format on the command line): {', '.join(IMPORT_FORMATS)}."
        )
    return detected


def _json_format(text: str) -> str | None:
    members = set(_MEMBER.findall(text))
    if is_own_linked_data(members):
        return None
    if _RECORD.search(text):
        return "attest_json"
    if members & _REVIEWS or _REVIEW_TYPE.search(text):
        return "claim_review"
    return "ua_mod_losses" if any(fields <= members for fields in _LOSSES) else None


def _csv_format(text: str) -> str | None:
    heading, rest = [*re.split(r"\r\n|\r|\n", text, maxsplit=1), ""][:2]
    delimiter = delimiter_line(heading)
    if delimiter is not None:
        heading = re.split(r"[\r\n]", rest, maxsplit=1)[0]
    cells = next(csv.reader([heading], delimiter=delimiter or max(",;\t", key=heading.count)), [])
    columns = {name.strip().casefold() for name in cells}
    if "record" in columns:
        return "attest_csv"
    return "oryx_events" if any(fields <= columns for fields in _ORYX) else None


def _format_by_name(name: str) -> str | None:
    file_name = re.split(r"[/\\]", name)[-1]
    return next((known_format for known_format, pattern in _NAMES.items() if pattern.fullmatch(file_name)), None)
