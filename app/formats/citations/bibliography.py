"""Reference lists in any style of the Citation Style Language (CSL 1.0.2), as text and as HTML.

A citation processor makes them (`csl_processor`). Where it is not installed there is the built-in style
`short`, which is also to be had by that name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any

from app.errors import InvalidError
from app.formats.citations import csl_processor, csl_styles, pandoc_json, short_style
from app.formats.citations.csl_json import item
from app.formats.citations.csl_locales import put_right
from app.formats.citations.pandoc_json import Node
from app.formats.english.edtf_parts import parts
from app.formats.english.scripts import has_initials, runs_together
from app.schemas.files.citation import Citation, Rendering

MOST = 500
"""References of a list that is formatted: some two seconds of work."""

Reference = tuple[dict[str, Any], Citation]
"""What the processor is told of a citation."""

_OURS = frozenset({"id", "note", "version", "custom"})
"""What tells one use of a document from another. Nothing of it belongs into a reference to the document."""


_OPEN = re.compile(r"(?:\.\.)?/(?P<last>[^/.]+)|(?P<first>[^/.]+)/(?:\.\.)?")
_DIGITS = re.compile(r"(\d{2,3})(X{1,2})[?~%]?")


def write_text(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    """A list as plain text: each reference in one line, with an empty line between."""
    chosen, short = _chosen(citations, rendering)
    lines = short_style.lines(chosen) if short else (pandoc_json.plain(one) for one in _entries(chosen, rendering))
    yield from (line if not number else f"\n{line}" for number, line in enumerate(f"{one}\n" for one in lines))


def write_html(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    """A list as a piece of HTML, to be put into a page."""
    chosen, short = _chosen(citations, rendering)
    entries = (
        (escape(line, quote=False) for line in short_style.lines(chosen))
        if short
        else (pandoc_json.html(one) for one in _entries(chosen, rendering))
    )
    yield '<div class="csl-bib-body">\n'
    yield from (f'<div class="csl-entry">{one}</div>\n' for one in entries)
    yield "</div>\n"


def _chosen(citations: Iterable[Citation], rendering: Rendering) -> tuple[Sequence[Citation], bool]:
    """The citations, and whether the built-in style is to write them. Raises InvalidError."""
    short = rendering.style == short_style.NAME
    if not short and (csl_styles.folder() is None or csl_processor.program() is None):
        if rendering.style is not None:
            message = f"takes the extra: pip install 'attest[styles]'. Without it there is {short_style.NAME!r}"
            raise InvalidError.of("style", message)
        short = True
    # One more than may be is asked for: to know, and so that the list is read to its end and its connection given back.
    found = list(islice(citations, MOST + 1))
    if len(found) > MOST:
        raise InvalidError.of(
            "format",
            f"at most {MOST} references are formatted at a time; narrow the list (topic, kind, status, source, place, "
            "date_from, date_to, q), or take csl_json and format it yourself",
        )
    return found, short


def _entries(citations: Sequence[Citation], rendering: Rendering) -> Iterator[list[Node]]:
    """The references as the style has them, in its order."""
    style = csl_styles.find(rendering.style or csl_styles.DEFAULT)
    locale = csl_styles.locale_of(rendering.locale or style.locale or "en-US")
    references = dict(_references(citations, style.initials))
    if not references:
        return
    made = _made(references, style, locale)
    # Chicago lists no posts, for one. A reader of ours must find them: they are printed as pages, ...
    empty = [key for key, nodes in made.items() if not pandoc_json.plain(nodes)]
    if empty:
        pages = {key: ({**references[key][0], "type": "webpage"}, references[key][1]) for key in empty}
        made |= _made(pages, style, locale)
    # ... or at the worst in our own words.
    for key, nodes in made.items():
        yield nodes if pandoc_json.plain(nodes) else pandoc_json.words(short_style.line(references[key][1]))


def _made(references: Mapping[str, Reference], style: csl_styles.Style, locale: str) -> dict[str, list[Node]]:
    asked = [{"id": key, **reference} for key, (reference, _) in references.items()]
    document = pandoc_json.document(asked, locale, lists=style.lists)
    told = csl_processor.run(document, style=put_right(csl_styles.text_of(style), locale))
    return dict(pandoc_json.entries(told, list(references), lists=style.lists))


def _references(citations: Iterable[Citation], initials: bool) -> Iterator[tuple[str, Reference]]:
    """What the processor needs, each document once however often it is cited."""
    known: set[str] = set()
    for citation in citations:
        reference = {name: value for name, value in item(citation).items() if name not in _OURS}
        if (same := repr(reference)) in known:
            continue
        known.add(same)
        yield f"r{len(known)}", (_told(reference, citation, initials), citation)


def _told(reference: Mapping[str, Any], citation: Citation, initials: bool) -> dict[str, Any]:
    told = dict(reference)
    if citation.title is not None:
        told["title"] = pandoc_json.title(citation.title, recase=_recased(citation))
    if citation.container is not None:
        # A newspaper is called as it calls itself.
        told["container-title"] = pandoc_json.title(citation.container, recase=False)
    if not pandoc_json.is_web(citation.url):
        told.pop("URL", None)
    told["type"] = _printed(citation)
    if "literal" in told.get("issued", ()):
        told["issued"] = _approximate(citation.issued or "") or told["issued"]
    told["author"] = [_name(one, initials) for one in reference.get("author", ())]
    return told


def _printed(citation: Citation) -> str:
    """The type under which styles print it best.

    Chicago leaves documents out of lists, as it does letters. Of a film several styles print the year alone, as if it
    had been in cinemas; and of a broadcast that nobody is known to have sent, Chicago ends in the middle.
    """
    if citation.type == "document":
        return "webpage" if citation.genre is None else "collection"
    if citation.type in ("motion_picture", "broadcast"):
        return "collection" if citation.publisher is None else "broadcast"
    return citation.type


def _approximate(edtf: str) -> dict[str, Any] | None:
    """A date that has no parts, by parts that come near: a style prints words once for each part that it asks for."""
    near: str | None = None
    if found := _OPEN.fullmatch(edtf):
        near = found["last"] or found["first"]
    elif digits := _DIGITS.fullmatch(edtf):
        near = f"{digits[1].ljust(4, '0')}/{digits[1].ljust(4, '9')}"
    taken = None if near is None else parts(near)
    return None if taken is None else {"date-parts": [list(one) for one in taken.dates], "circa": True}


def _recased(citation: Citation) -> bool:
    """Whether a style may set capitals in a title: where it is known to be English, and is not our description."""
    english = citation.language is not None and re.match(r"en\b", citation.language, re.IGNORECASE) is not None
    return english and citation.title is not None and not citation.title.startswith("[")


def _name(name: Mapping[str, str], initials: bool) -> Mapping[str, str]:
    family, given = name.get("family"), name.get("given")
    if not family or not given or has_initials(given):
        return name
    if runs_together(family):
        return {"literal": f"{family}{given}"}
    return {"literal": f"{given} {family}"} if initials else name
