"""The citation formats: their names, suffixes, media types and writers.

Writers are imported on first use, because a service should not wait at start-up for formats that nobody may ask for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from app.formats.citations.reference_lists import each_document_once
from app.schemas.files.citation import Citation, Rendering

WriteCitations = Callable[[Iterable[Citation], Rendering], Iterator[str]]
"""Writes a list of citations piece by piece. It writes nothing before it has read the first citation."""


class CitationFormat(NamedTuple):
    """One format of citations."""

    suffix: str
    """The ending of an address and of a file name, without the dot."""
    media_type: str
    write: WriteCitations
    streamed: bool = True
    """True if it is written while citations are read, at any length. Otherwise the list is bounded and made whole."""
    accepted: bool = True
    """True if an Accept header selects it. False for types that every browser sends without meaning this format."""
    lists_documents: bool = True
    """True if it is a list of references, in which each document stands once. False if it says something of each
    claim."""

    def render(self, citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
        """Write the citations in this format, piece by piece."""
        return self.write(each_document_once(citations) if self.lists_documents else citations, rendering)


def _write_csl_json(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import csl_json

    return csl_json.write(citations, rendering)


def _write_bibtex(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import bibtex

    return bibtex.write_bibtex(citations, rendering)


def _write_biblatex(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import bibtex

    return bibtex.write_biblatex(citations, rendering)


def _write_ris(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import ris

    return ris.write(citations, rendering)


def _write_wikipedia(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import wikipedia

    return wikipedia.write(citations, rendering)


def _write_markdown(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import markdown_footnotes

    return markdown_footnotes.write(citations, rendering)


def _write_quick_statements(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import quick_statements

    return quick_statements.write(citations, rendering)


def _write_bibliography(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import bibliography

    return bibliography.write_text(citations, rendering)


def _write_bibliography_html(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import bibliography

    return bibliography.write_html(citations, rendering)


def _write_news(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    from app.formats.citations import news_line

    return news_line.write(citations, rendering)


CITATION_FORMATS: Mapping[str, CitationFormat] = {
    "csl_json": CitationFormat("csl.json", "application/vnd.citationstyles.csl+json", _write_csl_json),
    "bibtex": CitationFormat("bib", "application/x-bibtex", _write_bibtex),
    "biblatex": CitationFormat("biblatex.bib", "application/x-biblatex", _write_biblatex),
    "ris": CitationFormat("ris", "application/x-research-info-systems", _write_ris),
    "wikipedia": CitationFormat("wiki", "text/x-wiki", _write_wikipedia),
    "markdown": CitationFormat("md", "text/markdown", _write_markdown),
    "quick_statements": CitationFormat("qs", "text/tab-separated-values", _write_quick_statements),
    "bibliography": CitationFormat("txt", "text/x-bibliography", _write_bibliography, streamed=False),
    "bibliography_html": CitationFormat("html", "text/html", _write_bibliography_html, streamed=False, accepted=False),
    "news": CitationFormat("news.txt", "text/plain", _write_news, accepted=False, lists_documents=False),
}
"""Every citation format, by the value of the parameter `format`."""
