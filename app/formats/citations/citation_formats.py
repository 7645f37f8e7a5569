"""The formats of citations: their names, suffixes and media types, and what writes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from app.formats.lazy import later
from app.schemas.files.citation import Citation, Rendering

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
    "csl_json": CitationFormat(
        "csl.json", "application/vnd.citationstyles.csl+json", later("citations.csl_json", "write")
    ),
    "bibtex": CitationFormat("bib", "application/x-bibtex", later("citations.bibtex", "write_bibtex")),
    "biblatex": CitationFormat("biblatex.bib", "application/x-biblatex", later("citations.bibtex", "write_biblatex")),
    "ris": CitationFormat("ris", "application/x-research-info-systems", later("citations.ris", "write")),
    "wikipedia": CitationFormat("wiki", "text/x-wiki", later("citations.wikipedia", "write")),
    "markdown": CitationFormat("md", "text/markdown", later("citations.markdown_footnotes", "write")),
    "quick_statements": CitationFormat("qs", "text/tab-separated-values", later("citations.quick_statements", "write")),
    "bibliography": CitationFormat(
        "txt", "text/x-bibliography", later("citations.bibliography", "write_text"), streamed=False
    ),
    "bibliography_html": CitationFormat(
        "html", "text/html", later("citations.bibliography", "write_html"), streamed=False, accepted=False
    ),
    "news": CitationFormat("news.txt", "text/plain", later("citations.news_line", "write"), accepted=False),
}
"""By the name that `format` gives."""
