"""BibTeX (the fields of version 0.99d) and BibLaTeX (manual, version 3): references for LaTeX and reference managers.

Both have one field per line and are in UTF-8. BibTeX's own styles do not support `url` and `urldate`, but reference
managers and newer styles do. Neither dialect has fields for an archived copy. `archiveurl` and `archivedate` are
Attest's own fields, which other programs ignore, and the note repeats them. BibLaTeX's `date` accepts EDTF level 1.
BibTeX has a year and a month, to which `month = jan # "~12"` adds the day for its own styles, and newer styles have
`day`. Where these say less than the record, the note repeats the date as recorded.

`entrysubtype` states the kind of document in CSL 1.0.2 terms where the entry type does not. Standard styles do not
print it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.bibtex import bibtex_names, latex
from app.formats.bibtex.babel_languages import BABEL_NAMES
from app.formats.citations.citation_note import build_note
from app.formats.english.edtf_parts import split_edtf, with_seconds
from app.schemas.files.citation import Citation, Rendering

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LINKABLE_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]*[#$%&*+/-9=@-Z_a-z~-]")
_WEB_URL = re.compile(r"https?://[^\s<>\"\\^`{|}]+")
_ONLINE = "online"
_BIBLATEX_TYPES: Mapping[str, tuple[str, str | None]] = {
    "article-newspaper": ("article", "newspaper"),
    "webpage": (_ONLINE, None),
    "post": (_ONLINE, "post"),
    "motion_picture": ("video", None),
    "broadcast": ("audio", "broadcast"),
    "graphic": ("image", None),
    "report": ("report", None),
    "dataset": ("dataset", None),
    "document": ("misc", None),
}
"""The BibLaTeX entry type and `entrysubtype` for each CSL type."""

_BIBTEX_TYPES: Mapping[str, tuple[str, str | None]] = {
    "article-newspaper": ("article", "newspaper"),
    "post": ("misc", "post"),
    "webpage": ("misc", "webpage"),
    "report": ("techreport", None),
}
"""The BibTeX entry type and `entrysubtype` for CSL types. All others are `misc` with the CSL type as subtype."""


def write_bibtex(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """Write one BibTeX entry per citation."""
    return (_entry(citation, *_bibtex_fields(citation)) for citation in citations)


def write_biblatex(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """Write one BibLaTeX entry per citation."""
    return (_entry(citation, *_biblatex_fields(citation)) for citation in citations)


def _entry(citation: Citation, kind: str, fields: Mapping[str, str | None]) -> str:
    # A month is a string name that each style expands. In braces its abbreviation would be printed.
    delimited = {name: value if name == "month" else f"{{{value}}}" for name, value in fields.items() if value}
    body = "".join(f"  {name} = {value},\n" for name, value in delimited.items())
    return f"@{kind}{{{citation.key},\n{body}}}\n\n"


def _bibtex_fields(citation: Citation) -> tuple[str, dict[str, str | None]]:
    kind, subtype = _BIBTEX_TYPES.get(citation.type, ("misc", citation.type))
    if kind == "article" and citation.container is None:
        kind = "misc"  # BibTeX requires a journal for an article
    parsed = split_edtf(citation.issued) if citation.issued is not None else None
    year, month, day = (None, None, None) if parsed is None else (*parsed.dates[0], None, None)[:3]
    is_inexact = parsed is None or not parsed.is_exact or len(parsed.dates) > 1
    return kind, {
        "author": bibtex_names.format_names(citation.authors, extended=False),
        "title": _title(citation),
        "journal" if kind == "article" else "organization": _text(citation.container),
        "institution" if kind == "techreport" else "publisher": _text(citation.publisher),
        "type": _text(citation.genre),
        "year": None if year is None else f"{year:04}",
        "month": _month(month, day),
        "day": None if day is None else str(day),
        "entrysubtype": subtype,
        **_common_fields(citation),
        "date": None
        if citation.issued in (None, *_year_and_month(year, month))
        else with_seconds(citation.issued or ""),
        "note": _note(citation, has_inexact_date=is_inexact),
        "annote": _text(citation.remark),
    }


def _biblatex_fields(citation: Citation) -> tuple[str, dict[str, str | None]]:
    kind, subtype = _BIBLATEX_TYPES.get(citation.type, ("misc", citation.type))
    if kind == "article" and citation.container is None:
        kind = _ONLINE
    return kind, {
        "author": bibtex_names.format_names(citation.authors, extended=True),
        "title": _title(citation),
        "journaltitle" if kind == "article" else "organization": _text(citation.container),
        "institution" if kind == "report" else "publisher": _text(citation.publisher),
        "type": _text(citation.genre),
        "entrysubtype": subtype,
        "date": None if citation.issued is None else with_seconds(citation.issued),
        "version": None if citation.version is None else str(citation.version),
        **_common_fields(citation),
        "note": _note(citation),
        "annotation": _text(citation.remark),
    }


def _common_fields(citation: Citation) -> dict[str, str | None]:
    return {
        "url": _web_url(citation.url),
        "urldate": citation.accessed,
        "archiveurl": _web_url(citation.archive_url),
        "archivedate": citation.archived,
        **_language_field(citation.language),
    }


def _web_url(url: str | None) -> str | None:
    # Unescaped, because readers do not interpret LaTeX in a URL. Other URIs are left out: they cannot be links.
    return url if url is not None and _WEB_URL.fullmatch(url) else None


def _text(text: str | None) -> str | None:
    return None if text is None else latex.escape_text(text)


def _title(citation: Citation) -> str | None:
    return None if citation.title is None else latex.escape_title(citation.title, citation.language)


def _language_field(tag: str | None) -> dict[str, str | None]:
    babel_name = BABEL_NAMES.get(tag or "") or BABEL_NAMES.get((tag or "").partition("-")[0])
    return {"langid": babel_name} if babel_name is not None else {"language": tag}


def _month(month: int | None, day: int | None) -> str | None:
    """The month as the string name that each style expands, with the day that BibTeX's own styles print after it."""
    if month is None:
        return None
    return _MONTHS[month - 1] if day is None else f'{_MONTHS[month - 1]} # "~{day}"'


def _year_and_month(year: int | None, month: int | None) -> list[str]:
    """The EDTF date that `year` and `month` already express, as a list of none or one."""
    return [] if year is None else [f"{year:04}" if month is None else f"{year:04}-{month:02}"]


def _note(citation: Citation, *, has_inexact_date: bool = False) -> str:
    """The note with clickable URLs, preceded by the date as recorded if year and month do not express it."""
    is_date_repeated = has_inexact_date and citation.issued is not None
    recorded_date = f"Date as recorded: {citation.issued} (EDTF). " if is_date_repeated else ""
    text = recorded_date + build_note(citation)
    escaped, start = "", 0
    for url in _LINKABLE_URL.finditer(text):
        escaped += latex.escape_text(text[start : url.start()]) + f"\\url{{{url[0]}}}"
        start = url.end()
    return escaped + latex.escape_text(text[start:])
