"""Search: what a reader typed becomes a match in each engine's language, and snippets of what was found."""

from collections.abc import Iterable

from sqlalchemy import Connection

from app.db import fulltext
from app.db.compiled_reads import PlainRow
from app.db.fulltext import Match
from app.errors import InvalidError
from app.formats.search_text import Query, QueryError, Term, parse_query, snippet, to_fts5, to_tsquery
from app.schemas.claim import Snippet
from app.services.core.nouns import shaped

MOST_SNIPPETS = 5

LONGEST_INDEXED_PREFIX = 3
"""Up to so many characters a beginning is looked up in an index of beginnings (FTS5's `prefix=`, migration 0005)."""

MOST_ENDINGS = 300
"""So many words at most are asked for in the place of a longer beginning; one with more is left to the engine."""


def parse(q: str) -> Query:
    """What the reader looks for. Raises InvalidError if there is nothing to look for."""
    try:
        return parse_query(q)
    except QueryError as error:
        raise InvalidError.of("q", str(error)) from None


def match_of(connection: Connection, query: Query) -> Match:
    """The query as the engine behind this connection takes it."""
    prefixes = {term.words[-1] for term in (*query.required, *query.excluded) if term.prefix}
    endings = {
        prefix: fulltext.words_beginning(connection, prefix, MOST_ENDINGS) or ()
        for prefix in prefixes
        if len(prefix) > LONGEST_INDEXED_PREFIX
    }
    tsquery = to_tsquery(query, fulltext.IN_SEGMENT)
    return Match(to_fts5(query, endings), tsquery, _phrases(query.required), _phrases(query.excluded))


def _phrases(terms: Iterable[Term]) -> tuple[str, ...]:
    return tuple(f" {' '.join(term.words)}" + " " * (not term.prefix) for term in terms)


def snippets(query: Query, texts: Iterable[tuple[str, str]]) -> list[PlainRow]:
    """Where the words stand, for each (field, text) in which one does, each text once; the first few."""
    found = []
    for field, text in dict.fromkeys(texts):
        html = snippet(text, query)
        if html is not None:
            found.append(shaped(Snippet, {}, field=field, html=html))
        if len(found) == MOST_SNIPPETS:
            break
    return found
