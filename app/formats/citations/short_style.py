"""The built-in citation style `short`, which needs no citation processor: one line of English per reference.

    Author, “Title” [kind], Container, publisher, 12 January 2025 (seen 14 January 2025), address (archived 13 January
    2025: address).

Unknown parts are left out, except the date: a reference without one says "undated".
"""

from collections.abc import Iterable, Iterator, Mapping

from app.formats.citations.pandoc_json import is_web_url
from app.formats.english.english_dates import format_edtf
from app.formats.english.writing_systems import is_written_without_spaces
from app.schemas.files.citation import Citation

STYLE_NAME = "short"

MAX_TITLE_LENGTH = 300
"""Characters of a title that are printed, because some posts have their whole text as a title."""

MAX_AUTHORS = 3
"""Authors that are all named. If there are more, only the first is."""


def format_references(citations: Iterable[Citation]) -> Iterator[str]:
    """One line for each different reference, in order of first citation."""
    yield from dict.fromkeys(format_reference(citation) for citation in citations)


def format_reference(citation: Citation) -> str:
    """One reference on one line."""
    parts = [
        _authors(citation.authors),
        _title_and_genre(citation),
        citation.container,
        citation.publisher,
        "undated" if citation.issued is None else format_edtf(citation.issued, with_times=False),
    ]
    text = ", ".join(filter(None, parts))
    # "seen" and not a bare date, which would read as a second date of publication.
    if citation.accessed is not None:
        text += f" (seen {format_edtf(citation.accessed)})"
    has_link = is_web_url(citation.url)
    if has_link:
        text += f", {citation.url}"
    if citation.archive_url is not None:
        when = "" if citation.archived is None else f" {format_edtf(citation.archived)}"
        text += f" (archived{when}: {citation.archive_url})"
    # A full stop directly after a URL would be read as part of it.
    return text if text.endswith(("…", "?", "!")) or (has_link and citation.archive_url is None) else f"{text}."


def _title_and_genre(citation: Citation) -> str | None:
    # On one line, because bidirectional controls that a line break separates would turn the rest of the line.
    title = None if citation.title is None else " ".join(citation.title.split())
    if title is not None and len(title) > MAX_TITLE_LENGTH:
        title = title[:MAX_TITLE_LENGTH].rsplit(" ", 1)[0] + " …"
    genre = citation.genre or ("Post" if citation.type == "post" else None)
    label = None if genre is None else f"[{genre}]"
    if title is None:
        return label
    # A title in brackets is an editor's description. Quotation marks would present it as the document's own title.
    marked = title if title.startswith("[") and title.endswith("]") else f"“{_nest_quotation_marks(title)}”"
    return f"{marked} {label}" if label else marked


def _nest_quotation_marks(title: str) -> str:
    """The title with single quotation marks, because it is printed in double ones."""
    if title.count('"') % 2 == 0:
        halves = title.split('"')
        title = "".join(half + "‘’"[number % 2] for number, half in enumerate(halves[:-1])) + halves[-1]
    return title.replace("“", "‘").replace("”", "’")


def _authors(authors: Iterable[Mapping[str, str]]) -> str | None:
    names = [_name(author) for author in authors]
    if len(names) > MAX_AUTHORS:
        return f"{names[0]} and others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else None


def _name(name: Mapping[str, str]) -> str:
    if literal := name.get("literal"):
        return literal
    family, given = name["family"], name.get("given", "")
    if particle := name.get("particle"):
        family = f"{particle} {family}"
    full_name = f"{family}{given}" if is_written_without_spaces(family) else f"{given} {family}".strip()
    return f"{full_name}, {name['suffix']}" if name.get("suffix") else full_name
