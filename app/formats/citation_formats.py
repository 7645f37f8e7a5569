"""The formats of citations: their names, suffixes and media types, and what writes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from app.formats import (
    bibliography,
    bibtex,
    csl_json,
    markdown_footnotes,
    news_line,
    quick_statements,
    ris,
    wikipedia,
)
from app.schemas.citation import Citation, Rendering

Write = Callable[[Iterable[Citation], Rendering], Iterator[str]]
"""Writes a list, piece by piece. Nothing is written before the first citation was read."""


class CitationFormat(NamedTuple):
    """How citations are written."""

    suffix: str
    """What an address of ours and a file end with, without the point."""
    media_type: str
    write: Write
    streamed: bool = True
    """Written as it is read, however much there is. Else it is made as a whole, and bounded."""
    accepted: bool = True
    """Whether the Accept header asks for it. Not where every browser sends the type, without meaning this."""


CITATION_FORMATS: Mapping[str, CitationFormat] = {
    "csl_json": CitationFormat("csl.json", "application/vnd.citationstyles.csl+json", csl_json.write),
    "bibtex": CitationFormat("bib", "application/x-bibtex", bibtex.write_bibtex),
    "biblatex": CitationFormat("biblatex.bib", "application/x-biblatex", bibtex.write_biblatex),
    "ris": CitationFormat("ris", "application/x-research-info-systems", ris.write),
    "wikipedia": CitationFormat("wiki", "text/x-wiki", wikipedia.write),
    "markdown": CitationFormat("md", "text/markdown", markdown_footnotes.write),
    "quick_statements": CitationFormat("qs", "text/tab-separated-values", quick_statements.write),
    "bibliography": CitationFormat("txt", "text/x-bibliography", bibliography.write_text, streamed=False),
    "bibliography_html": CitationFormat("html", "text/html", bibliography.write_html, streamed=False, accepted=False),
    "news": CitationFormat("news.txt", "text/plain", news_line.write, accepted=False),
}
"""By the name that `format` gives."""
