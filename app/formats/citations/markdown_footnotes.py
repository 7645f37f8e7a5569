"""Footnotes in Markdown: `[^key]: …`, as GitHub, Pandoc, MultiMarkdown and most writing programs take them.

CommonMark lets a backslash stand before any ASCII punctuation; that is how every character that could be markup is
written. Addresses are in angle brackets. A text that opens a change of direction (Unicode's bidirectional controls)
and does not close it is closed behind its end, so that nothing after it is turned around.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from app.formats.citations.citation_note import note
from app.schemas.files.citation import Citation, Rendering

_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#|~^$&@!]|(?<=[-.+])[-.]|[-.](?=[-.])|:(?=//)|(?<=www)\.")
_AT_START = re.compile(r"(?:[-+=:]|\d+(?=[.)]))")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]+")
_OPENS = {**dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069")}


def write(citations: Iterable[Citation], _rendering: Rendering) -> Iterator[str]:
    """A list of footnotes, with a blank line between them."""
    return (f"[^{citation.key}]: {_at_start(_footnote(citation))}\n\n" for citation in citations)


def _footnote(citation: Citation) -> str:
    where = [_text(part) for part in (citation.container, citation.publisher, citation.issued) if part]
    said = [
        ", ".join(_text(_name(name)) for name in citation.authors),
        f"“{_text(citation.title)}”" if citation.title else "",
        f"[{_text(citation.genre)}]".replace("[", r"\[").replace("]", r"\]") if citation.genre else "",
        ", ".join(where),
        _link(citation.url),
        f"Accessed {citation.accessed}" if citation.accessed else "",
    ]
    # A sentence ends with the point that it has, if it has one.
    sentences = [one if one.endswith((".", "!", "?", ".”", "…")) else f"{one}." for one in said if one]
    kept = note(citation)
    return " ".join([*sentences, *([_linked(kept)] if kept else [])])


def _name(name: Mapping[str, str]) -> str:
    parts = (name.get("given"), name.get("particle"), name.get("family"), name.get("suffix"))
    return name.get("literal") or " ".join(part for part in parts if part)


def _text(text: str) -> str:
    return _closed(_MARKUP.sub(r"\\\g<0>", _BREAKS.sub(" ", text)))


def _closed(text: str) -> str:
    """A text that leaves no change of direction open."""
    waiting: list[str] = []
    for char in text:
        if char in _OPENS:
            waiting.append(_OPENS[char])
        elif waiting and char == waiting[-1]:
            waiting.pop()
    return text + "".join(reversed(waiting))


def _link(url: str | None) -> str:
    return f"<{url}>" if url is not None and _ADDRESS.fullmatch(url) else ""


def _linked(text: str) -> str:
    """A text whose addresses are links."""
    written, start = "", 0
    for address in _ADDRESS.finditer(text):
        written += _text(text[start : address.start()]) + _link(address[0])
        start = address.end()
    return written + _text(text[start:])


def _at_start(text: str) -> str:
    """A text that does not begin a list, a heading or a rule."""
    found = _AT_START.match(text)
    if found is None:
        return text
    return f"{found[0]}\\{text[found.end() :]}" if found[0].isdigit() else f"\\{text}"
