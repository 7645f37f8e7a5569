"""References for Wikipedia: `{{cite news}}` and `{{cite web}}` of Citation Style 1 (Help:CS1), as footnotes.

Each is a `<ref>` on its own line, named by the citation's key. Characters that wiki text would take for markup are
written as character references, in URLs as %XX. The note is a comment after the template, which editors of the page see
and readers do not.

Dates have the formats of CS1: a day as 2025-01-12, a month or a season in words, spans with a dash. A date that CS1
cannot express (an uncertain month, a time of day, an open end) is repeated as recorded in a comment, so that nothing is
invented. CS1 requires a date for an archived copy. If there is none, not even in the URL of the archive, only the note
mentions the copy. `url-status` is set only if the original was seen on or after the day on which it was archived.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from app.formats.citations.citation_note import build_note
from app.formats.english.edtf_parts import EdtfParts, split_edtf
from app.schemas.files.citation import Citation, Rendering

_MARKUP = re.compile(
    r"[\[\]{}|<>&\x7f-\x9f\u2028\u2029]|(?<=')'|'(?=')|(?<=~)~|~(?=~)|(?<=_)_|_(?=_)|(?<=-)-|-(?=-)|://"
)
_IN_URL = re.compile(r"[\[\]{}|<>\"]|(?<=')'|'(?=')|~(?=~~)|(?<=~)~|(?<=-)-|;")
_IN_COMMENT = re.compile(r"(?<=-)-|[<>{}|]|(?<=~)~|[\x7f-\x9f\u2028\u2029]")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SEASONS = ("Spring", "Summer", "Autumn", "Winter")
_WAYBACK = re.compile(r"https?://web\.archive\.org/web/(\d{4})(\d\d)(\d\d)\d*")
_WEB_URL = re.compile(r"https?://\S+")


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """Write one footnote per citation, each on its own line."""
    return (_footnote(citation) for citation in citations)


def _footnote(citation: Citation) -> str:
    template = _template(citation)
    parameters = "".join(f" |{name}={value}" for name, value in _parameters(citation) if value)
    note = _IN_COMMENT.sub(_character_reference, build_note(citation))
    comment = f"<!-- {note} -->" if note else ""
    return f'<ref name="{citation.key}">{{{{{template}{parameters}}}}}{comment}</ref>\n'


def _template(citation: Citation) -> str:
    if citation.type == "article-newspaper":
        return "cite news"
    if citation.url is not None:
        return "cite web"
    # `cite web` reports an error without a URL.
    return {"report": "cite report", "webpage": "cite press release"}.get(citation.type, "citation")


def _parameters(citation: Citation) -> Iterator[tuple[str, str | None]]:
    for number, name in enumerate(citation.authors, 1):
        yield from _author(number, name)
    yield "date", _date(citation.issued)
    # CS1 reports an error without a title.
    yield "title", _text(citation.title or f"[{citation.genre or 'Untitled'}]")
    yield "url", _web_url(citation.url)
    yield "type", _text(citation.genre)
    yield "work", _text(citation.container)
    yield "publisher", _text(citation.publisher)
    yield "language", citation.language
    yield "access-date", citation.accessed
    archived = citation.archived or _archive_day(citation.archive_url)
    if citation.archive_url is not None and archived is not None:
        yield "archive-url", _web_url(citation.archive_url)
        yield "archive-date", archived
        yield "url-status", "live" if citation.accessed is not None and citation.accessed >= archived else None
    quotes = (attribution.quote for attribution in citation.statements)
    quote_selector = next((quote for quote in quotes if quote is not None), None)
    if quote_selector is not None:
        yield "quote", _text(" ".join(quote_selector["exact"].split()))
        if quote_selector.get("translation"):
            yield "trans-quote", _text(" ".join(quote_selector["translation"].split()))
        yield "page", _text(quote_selector.get("page"))


def _author(number: int, name: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    if "literal" in name:
        # Double parentheses make CS1 accept a name with commas as it is.
        yield (
            f"author{number}",
            f"(({_text(name['literal'])}))" if re.search(r"[,;]", name["literal"]) else _text(name["literal"]),
        )
        return
    yield f"last{number}", _text(" ".join(filter(None, (name.get("particle"), name["family"]))))
    yield f"first{number}", _text(" ".join(filter(None, (name.get("given"), name.get("suffix")))))


def _text(text: str | None) -> str | None:
    return None if text is None else _MARKUP.sub(_character_reference, text)


def _character_reference(match: re.Match[str]) -> str:
    if match[0] == "://":  # keeps a URL in a text from becoming a link
        return "&#58;//"
    return f"&#{ord(match[0])};" if match[0].isprintable() else " "


def _web_url(url: str | None) -> str | None:
    if url is None or not _WEB_URL.fullmatch(url):
        return None
    return _IN_URL.sub(lambda match: quote(match[0], safe="").replace("-", "%2D").replace("~", "%7E"), url)


def _archive_day(archive_url: str | None) -> str | None:
    """The day in a Wayback Machine URL, as YYYY-MM-DD; None for any other URL."""
    match = _WAYBACK.match(archive_url or "")
    return None if match is None else "-".join(match.groups())


# --- dates ---


def _date(edtf: str | None) -> str:
    if edtf is None:
        return "n.d."
    parsed = split_edtf(edtf)
    comment = f"<!-- {edtf.replace('--', '- -')} (EDTF) -->"
    if parsed is None or parsed.is_open:
        # With only a comment as its date, CS1 prints no date.
        return comment
    text = _format_parts(parsed)
    return text if parsed.is_exact or (parsed.season is not None and not parsed.uncertain) else f"{text}{comment}"


def _format_parts(parsed: EdtfParts) -> str:
    if parsed.season is not None:
        return f"{_SEASONS[parsed.season - 1]} {parsed.dates[0][0]}"
    if len(parsed.dates) == 1:
        return _single_date(parsed.dates[0], uncertain=parsed.uncertain)
    first, last = parsed.dates
    if len(first) == len(last) == 1:
        return f"{first[0]}–{last[0]}"
    # CS1 requires spaces around the dash if one of the dates contains a space.
    return f"{_long_date(first)} – {_long_date(last)}"


def _single_date(date: tuple[int, ...], *, uncertain: bool) -> str:
    if len(date) == 1:
        return f"c. {date[0]}" if uncertain else f"{date[0]:04}"
    return "-".join(f"{part:02}" for part in date) if len(date) > 2 else _long_date(date)  # noqa: PLR2004 - a whole day


def _long_date(date: tuple[int, ...]) -> str:
    year, month, day = (*date, None, None)[:3]
    return " ".join(
        str(part) for part in (day, None if month is None else _MONTHS[month - 1], year) if part is not None
    )
