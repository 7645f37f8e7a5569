"""RIS, the tagged format of Reference Manager, as reference managers read it today.

A line is a tag and its value, and nothing in a value can begin a line: what some reader takes for a line break is a
blank. There is no way to escape a comma in a name; an organisation's is written as it is, and a reader may take what
follows it for a given name. Dates are a year (`PY`) and year, month and day (`DA`); where the record says something
else (an uncertain date, a season, a span), a note has the date as recorded. An archived copy is the link to the full
text (`L2`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.citations.citation_note import note
from app.formats.english.edtf_parts import parts
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
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WEB_ADDRESS = re.compile(r"https?://\S+")
_END = "\r\n"


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A list of references."""
    return (_reference(citation) for citation in citations)


def _reference(citation: Citation) -> str:
    return "".join(f"{tag}  - {_BREAKS.sub(' ', value).strip()}{_END}" for tag, value in _lines(citation)) + _END


def _lines(citation: Citation) -> Iterator[tuple[str, str]]:
    yield "TY", _TYPES.get(citation.type, "GEN")
    yield "ID", citation.key
    for name in citation.authors:
        yield "AU", _name(name)
    given = {
        "TI": citation.title,
        "T2": citation.container,
        "PB": citation.publisher,
        "M3": citation.genre,
        "LA": citation.language,
        "UR": _address(citation.url),
        "L2": _address(citation.archive_url),
    }
    yield from ((tag, value) for tag, value in given.items() if value is not None)
    yield from _dates(citation)
    if citation.version is not None:
        yield "ET", str(citation.version)
    yield from (("N1", told) for told in (note(citation), citation.remark) if told)
    yield "ER", ""


def _name(name: Mapping[str, str]) -> str:
    if "literal" in name:
        return name["literal"]
    family = " ".join(filter(None, (name.get("particle"), name["family"])))
    # Where a suffix stands, the place of the given names is kept.
    given = name.get("given", "") if "suffix" in name else name.get("given")
    return ", ".join(part for part in (family, given, name.get("suffix")) if part is not None)


def _dates(citation: Citation) -> Iterator[tuple[str, str]]:
    if citation.issued is not None:
        dated = parts(citation.issued)
        if dated is not None:
            year, month, day = (*dated.dates[0], None, None)[:3]
            yield "PY", f"{year:04}"
            yield "DA", f"{year:04}/{_two(month)}/{_two(day)}/"
        if dated is None or dated.season is not None or dated.uncertain or len(dated.dates) > 1:
            yield "N1", f"Date as recorded: {citation.issued} (EDTF)."
    if citation.accessed is not None:
        yield "Y2", citation.accessed.replace("-", "/") + "/"


def _two(number: int | None) -> str:
    return "" if number is None else f"{number:02}"


def _address(url: str | None) -> str | None:
    return url if url is not None and _WEB_ADDRESS.fullmatch(url) else None
