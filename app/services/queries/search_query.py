"""Search queries: parsing, translation to the query languages of both engines, and snippets of the results."""

from collections.abc import Iterable

from sqlalchemy import Connection

from app.db import fulltext
from app.db.compiled_reads import PlainRow
from app.db.fulltext import EngineQuery
from app.errors import InvalidError
from app.formats.search_text import QueryError, SearchQuery, SearchTerm, parse_query, snippet, to_fts5, to_tsquery
from app.schemas.claim import Snippet
from app.services.core.nouns import serialize_row

MAX_SNIPPETS = 5

LONGEST_INDEXED_PREFIX = 3
"""The longest prefix, in characters, for which FTS5 has a prefix index (its option `prefix=`, migration 0005)."""

MAX_EXPANSIONS = 300
"""The most words that a longer prefix is expanded to; with more, the engine scans its terms for the prefix."""


def parse(q: str) -> SearchQuery:
    """Parse the query that a reader typed. Raises InvalidError if it contains nothing to search for."""
    try:
        return parse_query(q)
    except QueryError as error:
        raise InvalidError.of("q", str(error)) from None


def build_match(connection: Connection, query: SearchQuery) -> EngineQuery:
    """The query in the query language of the engine behind this connection."""
    prefixes = {term.words[-1] for term in (*query.required, *query.excluded) if term.prefix}
    expansions = {
        prefix: fulltext.expand_prefix(connection, prefix, MAX_EXPANSIONS) or ()
        for prefix in prefixes
        if len(prefix) > LONGEST_INDEXED_PREFIX
    }
    tsquery = to_tsquery(query, fulltext.SEGMENT_PREFIX)
    return EngineQuery(
        to_fts5(query, expansions), tsquery, _padded_phrases(query.required), _padded_phrases(query.excluded)
    )


def _padded_phrases(terms: Iterable[SearchTerm]) -> tuple[str, ...]:
    return tuple(f" {' '.join(term.words)}" + " " * (not term.prefix) for term in terms)


def build_snippets(query: SearchQuery, texts: Iterable[tuple[str, str]]) -> list[PlainRow]:
    """Up to `MAX_SNIPPETS` snippets with the matching words marked, from these (field, text) pairs; each text once."""
    snippets = []
    for field, text in dict.fromkeys(texts):
        html = snippet(text, query)
        if html is not None:
            snippets.append(serialize_row(Snippet, {}, field=field, html=html))
        if len(snippets) == MAX_SNIPPETS:
            break
    return snippets
