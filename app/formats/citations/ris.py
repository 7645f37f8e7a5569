"""RIS, the tagged format of Reference Manager, as today's reference managers read it.

A line is a tag and its value. Characters that some reader takes for a line break become spaces, so that no value can
begin a new line. RIS cannot escape a comma in a name. An organisation's name is written as it is, and a reader may take
the part after a comma for a given name. Dates are a year (`PY`), and year, month and day (`DA`). If the record has
another kind of date (an uncertain date, a season, a span, a time of day), these are of its first day, month or year,
and a note repeats the date as recorded. An archived copy is the
link to the full text (`L2`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.citations.citation_note import build_note
from app.formats.english.edtf_parts import split_edtf
from app.schemas.files.citation import Citation, Rendering

_TYPES: Mapping[str, str] = {
    "article-newspaper": "NEWS",
    "webpage": "ELEC",
    "post": "ELEC",
    "motion_picture": "VIDEO",
    "broadcast": "SOUND",
    "graphic": "ART",
    "report": "RPRT",
    "dataset": "DATA",
}
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WEB_URL = re.compile(r"https?://\S+")
_LINE_END = "\r\n"


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """Write one reference per citation."""
    return (_reference(citation) for citation in citations)


def _reference(citation: Citation) -> str:
    return (
        "".join(f"{tag}  - {_CONTROL_CHARACTERS.sub(' ', value).strip()}{_LINE_END}" for tag, value in _lines(citation))
        + _LINE_END
    )


def _lines(citation: Citation) -> Iterator[tuple[str, str]]:
    yield "TY", _TYPES.get(citation.type, "GEN")
    yield "ID", citation.key
    for name in citation.authors:
        yield "AU", _name(name)
    fields = {
        "TI": citation.title,
        "T2": citation.container,
        "PB": citation.publisher,
        "M3": citation.genre,
        "LA": citation.language,
        "UR": _web_url(citation.url),
        "L2": _web_url(citation.archive_url),
    }
    yield from ((tag, value) for tag, value in fields.items() if value is not None)
    yield from _dates(citation)
    if citation.version is not None:
        yield "ET", str(citation.version)
    yield from (("N1", text) for text in (build_note(citation), citation.remark) if text)
    yield "ER", ""


def _name(name: Mapping[str, str]) -> str:
    if "literal" in name:
        return name["literal"]
    family = " ".join(filter(None, (name.get("particle"), name["family"])))
    # A suffix is the third part, so the given names keep their place even when there are none.
    given = name.get("given", "") if "suffix" in name else name.get("given")
    return ", ".join(part for part in (family, given, name.get("suffix")) if part is not None)


def _dates(citation: Citation) -> Iterator[tuple[str, str]]:
    if citation.issued is not None:
        parsed = split_edtf(citation.issued)
        if parsed is not None:
            year, month, day = (*parsed.dates[0], None, None)[:3]
            yield "PY", f"{year:04}"
            yield "DA", f"{year:04}/{_two_digits(month)}/{_two_digits(day)}/"
        if parsed is None or not parsed.is_exact or len(parsed.dates) > 1:
            yield "N1", f"Date as recorded: {citation.issued} (EDTF)."
    if citation.accessed is not None:
        yield "Y2", citation.accessed.replace("-", "/") + "/"


def _two_digits(number: int | None) -> str:
    return "" if number is None else f"{number:02}"


def _web_url(url: str | None) -> str | None:
    return url if url is not None and _WEB_URL.fullmatch(url) else None
