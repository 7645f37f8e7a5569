"""References for Wikipedia: `{{cite news}}` and `{{cite web}}` of Citation Style 1 (Help:CS1), as footnotes.

Each is a `<ref>` on a line of its own, named by the citation's key. What wiki text would take for markup is written as
a character reference, in addresses as %XX. The note, with what the citation is bound to, is a comment behind the
template: readers of the page do not see it, editors do.

Dates are written as CS1 takes them: a day as 2025-01-12, a month or a season in words, spans with a dash. What it has
no way to say (an uncertain month, an open end) stands in a comment as recorded, for nothing is invented. An archived
copy needs a date in CS1; where none is known, nor in the archive's own address, the copy is named in the note only.
Whether the original still stands is said only if it was seen after it was archived.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from app.formats.citations.citation_note import note
from app.formats.english.edtf_parts import Parts, parts
from app.schemas.files.citation import Citation, Rendering

_MARKUP = re.compile(
    r"[\[\]{}|<>&\x7f-\x9f\u2028\u2029]|(?<=')'|'(?=')|(?<=~)~|~(?=~)|(?<=_)_|_(?=_)|(?<=-)-|-(?=-)|://"
)
_IN_ADDRESS = re.compile(r"[\[\]{}|<>\"]|(?<=')'|'(?=')|~(?=~~)|(?<=~)~|(?<=-)-|;")
_IN_COMMENT = re.compile(r"(?<=-)-|[<>{}|]|(?<=~)~|[\x7f-\x9f\u2028\u2029]")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SEASONS = ("Spring", "Summer", "Autumn", "Winter")
_WAYBACK = re.compile(r"https?://web\.archive\.org/web/(\d{4})(\d\d)(\d\d)\d*")
_WEB_ADDRESS = re.compile(r"https?://\S+")


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A list of footnotes."""
    return (_footnote(citation) for citation in citations)


def _footnote(citation: Citation) -> str:
    template = _template(citation)
    filled = "".join(f" |{name}={value}" for name, value in _parameters(citation) if value)
    kept = _IN_COMMENT.sub(_as_reference, note(citation))
    comment = f"<!-- {kept} -->" if kept else ""
    return f'<ref name="{citation.key}">{{{{{template}{filled}}}}}{comment}</ref>\n'


def _template(citation: Citation) -> str:
    if citation.type == "article-newspaper":
        return "cite news"
    if citation.url is not None:
        return "cite web"
    # What is nowhere on the web is an error in `cite web`.
    return {"report": "cite report", "webpage": "cite press release"}.get(citation.type, "citation")


def _parameters(citation: Citation) -> Iterator[tuple[str, str | None]]:
    for number, name in enumerate(citation.authors, 1):
        yield from _author(number, name)
    yield "date", _date(citation.issued)
    # It is an error to have none.
    yield "title", _text(citation.title or f"[{citation.genre or 'Untitled'}]")
    yield "url", _address(citation.url)
    yield "type", _text(citation.genre)
    yield "work", _text(citation.container)
    yield "publisher", _text(citation.publisher)
    yield "language", citation.language
    yield "access-date", citation.accessed
    archived = citation.archived or _day_in(citation.archive_url)
    if citation.archive_url is not None and archived is not None:
        yield "archive-url", _address(citation.archive_url)
        yield "archive-date", archived
        yield "url-status", "live" if citation.accessed is not None and citation.accessed >= archived else None
    quoted = next((said.quote for said in citation.statements if said.quote is not None), None)
    if quoted is not None:
        yield "quote", _text(" ".join(quoted["exact"].split()))
        if quoted.get("translation"):
            yield "trans-quote", _text(" ".join(quoted["translation"].split()))
        yield "page", _text(quoted.get("page"))


def _author(number: int, name: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    if "literal" in name:
        # In double parentheses CS1 takes a name as it is, commas and all.
        yield (
            f"author{number}",
            f"(({_text(name['literal'])}))" if re.search(r"[,;]", name["literal"]) else _text(name["literal"]),
        )
        return
    yield f"last{number}", _text(" ".join(filter(None, (name.get("particle"), name["family"]))))
    yield f"first{number}", _text(" ".join(filter(None, (name.get("given"), name.get("suffix")))))


def _text(text: str | None) -> str | None:
    return None if text is None else _MARKUP.sub(_as_reference, text)


def _as_reference(found: re.Match[str]) -> str:
    if found[0] == "://":  # nor is an address in a title a link
        return "&#58;//"
    return f"&#{ord(found[0])};" if found[0].isprintable() else " "


def _address(url: str | None) -> str | None:
    if url is None or not _WEB_ADDRESS.fullmatch(url):
        return None
    return _IN_ADDRESS.sub(lambda found: quote(found[0], safe="").replace("-", "%2D").replace("~", "%7E"), url)


def _day_in(archive_url: str | None) -> str | None:
    found = _WAYBACK.match(archive_url or "")
    return None if found is None else "-".join(found.groups())


# --- dates ---


def _date(edtf: str | None) -> str:
    if edtf is None:
        return "n.d."
    dated = parts(edtf)
    kept = f"<!-- {edtf.replace('--', '- -')} (EDTF) -->"
    if dated is None:
        # The comment alone would be no date: CS1 then says nothing, as an editor would with an open end.
        return kept
    said = _in_words(dated)
    return f"{said}{kept}" if dated.uncertain else said


def _in_words(dated: Parts) -> str:
    if dated.season is not None:
        return f"{_SEASONS[dated.season - 1]} {dated.dates[0][0]}"
    if len(dated.dates) == 1:
        return _one(dated.dates[0], uncertain=dated.uncertain)
    first, last = dated.dates
    if len(first) == len(last) == 1:
        return f"{first[0]}–{last[0]}"
    # CS1 has a blank on either side of the dash wherever one of the dates has one in it.
    return f"{_long(first)} – {_long(last)}"


def _one(date: tuple[int, ...], *, uncertain: bool) -> str:
    if len(date) == 1:
        return f"c. {date[0]}" if uncertain else f"{date[0]:04}"
    return "-".join(f"{part:02}" for part in date) if len(date) > 2 else _long(date)  # noqa: PLR2004 - a whole day


def _long(date: tuple[int, ...]) -> str:
    year, month, day = (*date, None, None)[:3]
    return " ".join(
        str(part) for part in (day, None if month is None else _MONTHS[month - 1], year) if part is not None
    )
