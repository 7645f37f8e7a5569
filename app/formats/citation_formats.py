"""The formats of citations: their names, suffixes and media types, and what writes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from app.formats import csl_json
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


CITATION_FORMATS: Mapping[str, CitationFormat] = {
    "csl_json": CitationFormat("csl.json", "application/vnd.citationstyles.csl+json", csl_json.write),
}
"""By the name that `format` gives."""
