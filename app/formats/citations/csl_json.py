"""CSL-JSON, version 1.0.2 of the Citation Style Language's input schema (csl-data.json)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from app.formats.citations.citation_note import build_note
from app.formats.english.edtf_parts import split_edtf
from app.formats.english.english_dates import format_edtf
from app.schemas.files.citation import Citation, Rendering

_NAMES = {"particle": "non-dropping-particle"}
_encode = msgspec.json.Encoder().encode


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A JSON array with one item on each line."""
    lead = "["
    for citation in citations:
        yield f"{lead}\n{_encode(csl_item(citation)).decode()}"
        lead = ","
    yield "[]\n" if lead == "[" else "\n]\n"


def csl_item(citation: Citation) -> dict[str, Any]:
    """A citation as an item of CSL-JSON, without empty fields."""
    fields = {
        "id": citation.key,
        "type": citation.type,
        "genre": citation.genre,
        "title": citation.title,
        "author": [{_NAMES.get(part, part): value for part, value in name.items()} for name in citation.authors],
        "container-title": citation.container,
        "publisher": citation.publisher,
        "issued": _date(citation.issued),
        "accessed": _day(citation.accessed),
        "URL": citation.url,
        "language": citation.language,
        "version": None if citation.version is None else str(citation.version),
        "note": build_note(citation),
        # Not `archive_location`: that is a shelf mark, and styles print it as one.
        "custom": _archived(citation),
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def _date(edtf: str | None) -> dict[str, Any] | None:
    if edtf is None:
        return None
    parsed = split_edtf(edtf)
    if parsed is None:
        return {"literal": format_edtf(edtf)}
    csl_date: dict[str, Any] = {"date-parts": [list(parts) for parts in parsed.dates]}
    if parsed.season is not None:
        csl_date["season"] = parsed.season
    # CSL-JSON has no open spans: the end that is known is an approximate date.
    if parsed.uncertain or parsed.is_open:
        csl_date["circa"] = True
    return csl_date


def _archived(citation: Citation) -> dict[str, str]:
    fields = {"archive-url": citation.archive_url, "archive-date": citation.archived}
    return {name: value for name, value in fields.items() if value is not None}


def _day(day: str | None) -> dict[str, Any] | None:
    return None if day is None else {"date-parts": [[int(part) for part in day.split("-")]]}
