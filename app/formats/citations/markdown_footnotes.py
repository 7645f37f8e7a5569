"""Footnotes in Markdown (`[^key]: …`), as GitHub, Pandoc, MultiMarkdown and most writing programs accept them.

Every character that could be markup is escaped with a backslash, which CommonMark allows before any ASCII punctuation.
URLs are in angle brackets. If a text opens a change of direction (Unicode's bidirectional controls) and does not close
it, the closing characters are added at its end, so that the text after it keeps its direction.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.citations.citation_note import build_note
from app.schemas.files.citation import Citation, Rendering

_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#|~^$&@!]|(?<=[-.+])[-.]|[-.](?=[-.])|:(?=//)|(?<=www)\.")
_AT_START = re.compile(r"(?:[-+=:]|\d+(?=[.)]))")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_URL = re.compile(r"https?://[^\s<>\"\\^`{|}]+")
_CLOSING_CONTROLS = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"),
    **dict.fromkeys("\u2066\u2067\u2068", "\u2069"),
}


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """Write one footnote per citation, with a blank line between them."""
    return (f"[^{citation.key}]: {_escape_start(_footnote(citation))}\n\n" for citation in citations)


def _footnote(citation: Citation) -> str:
    publication = [_text(part) for part in (citation.container, citation.publisher, citation.issued) if part]
    parts = [
        ", ".join(_text(_name(name)) for name in citation.authors),
        f"“{_text(citation.title)}”" if citation.title else "",
        f"[{_text(citation.genre)}]".replace("[", r"\[").replace("]", r"\]") if citation.genre else "",
        ", ".join(publication),
        _link(citation.url),
        f"Accessed {citation.accessed}" if citation.accessed else "",
    ]
    # A full stop is added only where a part has no closing punctuation of its own.
    sentences = [part if part.endswith((".", "!", "?", ".”", "…")) else f"{part}." for part in parts if part]
    note = build_note(citation)
    return " ".join([*sentences, *([_link_urls(note)] if note else [])])


def _name(name: Mapping[str, str]) -> str:
    parts = (name.get("given"), name.get("particle"), name.get("family"), name.get("suffix"))
    return name.get("literal") or " ".join(part for part in parts if part)


def _text(text: str) -> str:
    return _close_direction(_MARKUP.sub(r"\\\g<0>", _CONTROL_CHARACTERS.sub(" ", text)))


def _close_direction(text: str) -> str:
    """The text, with the closing characters of all changes of direction that it leaves open."""
    closing: list[str] = []
    for char in text:
        if char in _CLOSING_CONTROLS:
            closing.append(_CLOSING_CONTROLS[char])
        elif closing and char == closing[-1]:
            closing.pop()
    return text + "".join(reversed(closing))


def _link(url: str | None) -> str:
    return f"<{url}>" if url is not None and _URL.fullmatch(url) else ""


def _link_urls(text: str) -> str:
    """The text in Markdown, with its URLs as links."""
    markdown, start = "", 0
    for url in _URL.finditer(text):
        markdown += _text(text[start : url.start()]) + _link(url[0])
        start = url.end()
    return markdown + _text(text[start:])


def _escape_start(text: str) -> str:
    """The text, escaped where its start would begin a list, a heading or a rule."""
    marker = _AT_START.match(text)
    if marker is None:
        return text
    return f"{marker[0]}\\{text[marker.end() :]}" if marker[0].isdigit() else f"\\{text}"
