"""CSL-JSON, version 1.0.2 of the Citation Style Language's input schema (csl-data.json)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from app.formats.citations.citation_note import note
from app.formats.english.edtf_parts import parts
from app.formats.english.english_dates import date_words
from app.schemas.files.citation import Citation, Rendering

_NAMES = {"particle": "non-dropping-particle"}
_encode = msgspec.json.Encoder().encode


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A list of items, one on each line."""
    lead = "["
    for citation in citations:
        yield f"{lead}\n{_encode(item(citation)).decode()}"
        lead = ","
    yield "[]\n" if lead == "[" else "\n]\n"


def item(citation: Citation) -> dict[str, Any]:
    """A citation as an item of CSL-JSON."""
    found = {
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
        "note": note(citation),
        # Not as `archive_location`: that is a shelf mark, and styles print it as one.
        "custom": _archived(citation),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _date(edtf: str | None) -> dict[str, Any] | None:
    if edtf is None:
        return None
    found = parts(edtf)
    if found is None:
        return {"literal": date_words(edtf)}
    said: dict[str, Any] = {"date-parts": [list(one) for one in found.dates]}
    if found.season is not None:
        said["season"] = found.season
    if found.uncertain:
        said["circa"] = True
    return said


def _archived(citation: Citation) -> dict[str, str]:
    found = {"archive-url": citation.archive_url, "archive-date": citation.archived}
    return {name: value for name, value in found.items() if value is not None}


def _day(day: str | None) -> dict[str, Any] | None:
    return None if day is None else {"date-parts": [[int(part) for part in day.split("-")]]}
