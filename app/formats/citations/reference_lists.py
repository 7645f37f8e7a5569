"""Reference lists name each document once, however many claims are cited from it.

The entry of a document has the document's key, and its note says for which claims it is cited. Lists are written while
they are read, so documents are looked for among GROUPED_CITATIONS citations at a time. If one comes up again after
that, it gets an entry under the key of its claim and itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from app.schemas.files.citation import Citation

GROUPED_CITATIONS = 1_000
"""How many citations are held at a time to bring those of one document together."""


def each_document_once(citations: Iterable[Citation]) -> Iterator[Citation]:
    """Yield the citations with those of one document as one, in the order in which documents are first cited."""
    remaining = iter(citations)
    listed: set[str] = set()
    while chunk := list(islice(remaining, GROUPED_CITATIONS)):
        grouped: dict[str, list[Citation]] = {}
        for citation in chunk:
            grouped.setdefault(citation.document_key or citation.key, []).append(citation)
        for document_key, of_document in grouped.items():
            if document_key in listed:
                yield from of_document
            else:
                listed.add(document_key)
                yield _merged(document_key, of_document)


def _merged(key: str, citations: Sequence[Citation]) -> Citation:
    cited_for = tuple(cited for citation in citations for cited in citation.cited_for)
    return replace(citations[0], key=key, cited_for=tuple(dict.fromkeys(cited_for)))
