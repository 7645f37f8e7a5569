"""The built-in citation style `short`, for when no citation processor is installed: in English, one line for each.

    Author, “Title” [kind], Container, publisher, 12 January 2025 (seen 14 January 2025), address (archived 13 January
    2025: address).

What is not known is left out, but for the date: a reference without one says so.
"""

from collections.abc import Iterable, Iterator, Mapping

from app.formats.citations.pandoc_json import is_web
from app.formats.english.english_dates import date_words
from app.formats.english.scripts import runs_together
from app.schemas.files.citation import Citation

NAME = "short"

LONGEST_TITLE = 300
"""Characters of a title that are printed: some posts are all title."""

MOST_AUTHORS = 3
"""Authors that are named; of more, the first."""


def lines(citations: Iterable[Citation]) -> Iterator[str]:
    """A line for each, of what is cited several times one."""
    yield from dict.fromkeys(line(one) for one in citations)


def line(citation: Citation) -> str:
    """One reference."""
    said = [
        _authors(citation.authors),
        _titled(citation),
        citation.container,
        citation.publisher,
        "undated" if citation.issued is None else date_words(citation.issued),
    ]
    told = ", ".join(filter(None, said))
    # As printed on the page it would be a second date of publication: it says when it was there.
    if citation.accessed is not None:
        told += f" (seen {date_words(citation.accessed)})"
    linked = is_web(citation.url)
    if linked:
        told += f", {citation.url}"
    if citation.archive_url is not None:
        when = "" if citation.archived is None else f" {date_words(citation.archived)}"
        told += f" (archived{when}: {citation.archive_url})"
    # A point would become a part of an address.
    return told if told.endswith(("…", "?", "!")) or (linked and citation.archive_url is None) else f"{told}."


def _titled(citation: Citation) -> str | None:
    # Marks that show which way to read would, cut in two, turn the rest of the line.
    title = None if citation.title is None else " ".join(citation.title.split())
    if title is not None and len(title) > LONGEST_TITLE:
        title = title[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"
    genre = citation.genre or ("Post" if citation.type == "post" else None)
    kind = None if genre is None else f"[{genre}]"
    if title is None:
        return kind
    # A title of ours stands in brackets already, and quotation marks around it would make it theirs.
    shown = title if title.startswith("[") and title.endswith("]") else f"“{_inner(title)}”"
    return f"{shown} {kind}" if kind else shown


def _inner(title: str) -> str:
    if title.count('"') % 2 == 0:
        halves = title.split('"')
        title = "".join(half + "‘’"[number % 2] for number, half in enumerate(halves[:-1])) + halves[-1]
    return title.replace("“", "‘").replace("”", "’")


def _authors(authors: Iterable[Mapping[str, str]]) -> str | None:
    names = [_name(one) for one in authors]
    if len(names) > MOST_AUTHORS:
        return f"{names[0]} and others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else None


def _name(name: Mapping[str, str]) -> str:
    if literal := name.get("literal"):
        return literal
    family, given = name["family"], name.get("given", "")
    if particle := name.get("particle"):
        family = f"{particle} {family}"
    whole = f"{family}{given}" if runs_together(family) else f"{given} {family}".strip()
    return f"{whole}, {name['suffix']}" if name.get("suffix") else whole
