"""BibTeX (version 0.99d's fields) and BibLaTeX (its manual, version 3): references for LaTeX and reference managers.

Both are written as one field on each line and in UTF-8. Styles of BibTeX itself know neither `url` nor `urldate`;
reference managers and newer styles do. `archiveurl` and `archivedate` are fields of ours, which all others pass over:
neither dialect has a place for them, but the note repeats them. BibLaTeX's `date` takes EDTF level 1 as it is; BibTeX
has a year and a month, and where these say less than the record does, its note has the date as recorded.

Which kind of document it is, where the entry's type leaves that open, `entrysubtype` says, in words of CSL 1.0.2;
standard styles print nothing of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.bibtex import bibtex_names, latex
from app.formats.bibtex.babel_languages import NAMES
from app.formats.citations.citation_note import note
from app.formats.english.edtf_parts import parts
from app.schemas.files.citation import Citation, Rendering

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~]*[#$%&*+/-9=@-Z_a-z~-]")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]+")
_WEB = "online"
_BIBLATEX: Mapping[str, tuple[str, str | None]] = {
    "article-newspaper": ("article", "newspaper"),
    "webpage": (_WEB, None),
    "post": (_WEB, "post"),
    "motion_picture": ("video", None),
    "broadcast": ("audio", "broadcast"),
    "graphic": ("image", None),
    "report": ("report", None),
    "dataset": ("dataset", None),
    "document": ("misc", None),
}
"""BibLaTeX's type of each type of CSL, and the subtype that tells it apart."""

_BIBTEX: Mapping[str, tuple[str, str | None]] = {
    "article-newspaper": ("article", "newspaper"),
    "post": ("misc", "post"),
    "webpage": ("misc", "webpage"),
    "report": ("techreport", None),
}
"""The same for BibTeX, which has `misc` for everything else."""


def write_bibtex(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A list of BibTeX entries."""
    return (_entry(citation, *_bibtex(citation)) for citation in citations)


def write_biblatex(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A list of BibLaTeX entries."""
    return (_entry(citation, *_biblatex(citation)) for citation in citations)


def _entry(citation: Citation, kind: str, fields: Mapping[str, str | None]) -> str:
    # Months are words that each style spells out in its own way; in braces they would be printed as they stand.
    plain = {name: value if name == "month" else f"{{{value}}}" for name, value in fields.items() if value}
    body = "".join(f"  {name} = {value},\n" for name, value in plain.items())
    return f"@{kind}{{{citation.key},\n{body}}}\n\n"


def _bibtex(citation: Citation) -> tuple[str, dict[str, str | None]]:
    kind, subtype = _BIBTEX.get(citation.type, ("misc", citation.type))
    if kind == "article" and citation.container is None:
        kind = "misc"  # BibTeX wants a journal of every article
    dated = parts(citation.issued) if citation.issued is not None else None
    year, month = (dated.dates[0][0], dated.dates[0][1:2]) if dated is not None else (None, ())
    return kind, {
        "author": bibtex_names.written(citation.authors, extended=False),
        "title": _title(citation),
        "journal" if kind == "article" else "organization": _text(citation.container),
        "institution" if kind == "techreport" else "publisher": _text(citation.publisher),
        "type": _text(citation.genre),
        "year": None if year is None else f"{year:04}",
        "month": _MONTHS[month[0] - 1] if month else None,
        "entrysubtype": subtype,
        **_common(citation),
        "date": None if citation.issued in (None, *_year_and_month(year, month)) else citation.issued,
        "note": _note(
            citation, inexact=dated is None or dated.season is not None or dated.uncertain or len(dated.dates) > 1
        ),
        "annote": _text(citation.remark),
    }


def _biblatex(citation: Citation) -> tuple[str, dict[str, str | None]]:
    kind, subtype = _BIBLATEX.get(citation.type, ("misc", citation.type))
    if kind == "article" and citation.container is None:
        kind = _WEB
    return kind, {
        "author": bibtex_names.written(citation.authors, extended=True),
        "title": _title(citation),
        "journaltitle" if kind == "article" else "organization": _text(citation.container),
        "institution" if kind == "report" else "publisher": _text(citation.publisher),
        "type": _text(citation.genre),
        "entrysubtype": subtype,
        "date": citation.issued,
        "version": None if citation.version is None else str(citation.version),
        **_common(citation),
        "note": _note(citation),
        "annotation": _text(citation.remark),
    }


def _common(citation: Citation) -> dict[str, str | None]:
    return {
        "url": _address(citation.url),
        "urldate": citation.accessed,
        "archiveurl": _address(citation.archive_url),
        "archivedate": citation.archived,
        **_language(citation.language),
    }


def _address(url: str | None) -> str | None:
    # As it is: readers take nothing in it for LaTeX. What is no web address is no link.
    return url if url is not None and _WEB_ADDRESS.fullmatch(url) else None


def _text(text: str | None) -> str | None:
    return None if text is None else latex.escaped(text)


def _title(citation: Citation) -> str | None:
    return None if citation.title is None else latex.title(citation.title, citation.language)


def _language(tag: str | None) -> dict[str, str | None]:
    named = NAMES.get(tag or "")
    return {"langid": named} if named is not None else {"language": tag}


def _year_and_month(year: int | None, month: tuple[int, ...]) -> list[str]:
    return [] if year is None else [f"{year:04}-{month[0]:02}" if month else f"{year:04}"]


def _note(citation: Citation, *, inexact: bool = False) -> str:
    """The note, with addresses that can be clicked; before it the date that a year and a month do not tell."""
    dated = f"Date as recorded: {citation.issued} (EDTF). " if inexact and citation.issued is not None else ""
    text = dated + note(citation)
    written, start = "", 0
    for address in _ADDRESS.finditer(text):
        written += latex.escaped(text[start : address.start()]) + f"\\url{{{address[0]}}}"
        start = address.end()
    return written + latex.escaped(text[start:])
