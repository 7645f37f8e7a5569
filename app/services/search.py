"""Search: what a reader typed becomes a match in each engine's language, and snippets of what was found."""

from collections.abc import Iterable

from sqlalchemy import Connection, Subquery

from app.db.fulltext import Match, matching
from app.db.statements import PlainRow
from app.errors import InvalidError
from app.formats.words import Query, QueryError, parse_query, snippet, to_fts5, to_tsquery
from app.schemas.claim import Snippet
from app.services.objects import shaped
from app.services.record import Record

MOST_SNIPPETS = 5


def parse(q: str) -> Query:
    """What the reader looks for. Raises InvalidError if there is nothing to look for."""
    try:
        return parse_query(q)
    except QueryError as error:
        raise InvalidError.of("q", str(error)) from None


def matches(connection: Connection, record: Record, query: Query) -> Subquery:
    """The claims that match, `claim_id` with `rank`."""
    match = Match(fts5=to_fts5(query), tsquery=to_tsquery(query))
    return matching(connection, match, record.seq).subquery("matches")


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
