"""Lists of claims: orders, pages, and how a claim stands in a list."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Text, and_, select

from app.db import fulltext
from app.db.compiled_reads import PlainRow, rows_of, texts
from app.errors import InvalidError
from app.formats.search_text import Query
from app.schemas.claim import ClaimItem, ClaimPage, SpeakerRead
from app.schemas.quantity import QuantityRead
from app.schemas.query_parameters import ClaimFilter, ClaimQuery, Facet
from app.services.claims.claim_reads import figures_in_order
from app.services.claims.reviews import is_stale
from app.services.core.actors import Actor, of_the_desk
from app.services.core.cursors import Cursors
from app.services.core.nouns import Shown, columns_of, shaped
from app.services.core.pagination import Order, Place, ordered, paged
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW, Read, Record, at, tag_of
from app.services.queries import facets, search_pages
from app.services.queries.claim_filters import Conditions, Shape, ask, says_little, stages_of
from app.services.search import search_query

_SPEAKER = tuple(SpeakerRead.model_fields)

SPEAKERS = 10
"""How many speakers a claim in a list names."""


def page_tag(connection: Connection, query: ClaimQuery, actor: Actor | None) -> str:
    """The entity tag that the page would be shown with."""
    return tag_of(connection, at(connection, query.as_of), desk=of_the_desk(actor))


def page_of(connection: Connection, query: ClaimQuery, actor: Actor | None, cursors: Cursors) -> Shown:
    """One page of the claims that a query asks for, as `ClaimPage` has it."""
    record = at(connection, query.as_of)
    # The tag first: should somebody write meanwhile, it is that of an earlier state, and no copy is taken for good.
    tag = tag_of(connection, record, desk=of_the_desk(actor))
    show = _listed if query.q is None else _searched
    return Shown(tag, show(connection, record, query, actor, Place.of(query, cursors)))


def ids_of(connection: Connection, record: Record, query: ClaimFilter, actor: Actor | None) -> Select[Any]:
    """The ids of all claims that a filter asks for, in no order. Raises InvalidError, PermissionDeniedError."""
    claim = record.claim
    conditions = Conditions(record, *ask(connection, record, query, actor)).all()
    if query.q is None:
        return select(claim.c.id).where(*conditions)
    match = search_query.match_of(connection, search_query.parse(query.q))
    matches = fulltext.matching(connection, match, record.seq).subquery("matches")
    # Claims are to be looked up by id: by what IS TRUE no index is asked.
    searched = matches.join(claim, claim.c.id == matches.c.claim_id)
    return select(claim.c.id).select_from(searched).where(and_(*conditions).is_(True))


# --- lists that are not searched ---


def _listed(connection: Connection, record: Record, query: ClaimQuery, actor: Actor | None, place: Place) -> PlainRow:
    asked = ask(connection, record, query, actor)
    sort = query.sort or "-date"
    order = _order(NOW, sort)
    page = _page(asked.shape, sort, place.first, says_little(connection, asked))
    rows = page(connection, record, **asked.values, **place.values(order))
    following = None
    if len(rows) > place.limit:
        rows = rows[: place.limit]
        following = place.following([rows[-1][str(column.key)] for column in order.columns])
    items = [_item(row, None) for row in rows]
    if query.facets is None:
        return shaped(ClaimPage, {}, items=items, next=following, facets=None, counted=None)
    matching = select(record.claim.c.id).where(*Conditions(record, *asked).all())
    # Each claim has one status: their numbers add up to the whole list.
    wanted: list[Facet] = list(dict.fromkeys([*facets.asked_for(query), "status"]))
    counted = facets.count(connection, record, query, facets=wanted, stages=stages_of(query, actor), matching=matching)
    total = {"claims": sum(counted["status"].values()), "complete": True}
    told = {facet: counted[facet] for facet in facets.asked_for(query)}
    return shaped(ClaimPage, {}, items=items, next=following, facets=told, counted=total)


@lru_cache(maxsize=1_024)
def _page(shape: Shape, sort: str, first: bool, from_source: bool) -> Read:
    """A page of the claims that filters of this shape ask for; found from what a source said, or among all."""

    def write(record: Record) -> Select[Any]:
        order = _order(record, sort)
        # The page is cut before anything else is looked up for a claim.
        conditions = Conditions(record, shape)
        if from_source:
            chosen = conditions.of_what_was_said(*order.columns)
        else:
            chosen = select(*order.columns).where(*conditions.all(tried=_tried(shape, sort)))
        places = paged(chosen, order, first=first).subquery("places")
        return ordered(_items(record, places), Order(tuple(places.c), order.falling))

    return Read(write)


def _tried(shape: Shape, sort: str) -> frozenset[str]:
    """The filters for which no index is asked, or engines find and sort all that matches rather than walk along."""
    along = sort.removeprefix("-")
    tried = {"source"}  # it said much, or the list would begin with what it said
    if along != "date":
        tried |= {"date_to"}
    # No index has a filter and then the id. To walk in vain may still take longer than to sort what few there are.
    if along == "id" and "topic" not in shape.given and not (shape.given - shape.several) & {"kind", "status"}:
        tried |= {"stage", "kind", "status"}
    return frozenset(tried)


@lru_cache(maxsize=256)
def _order(record: Record, sort: str) -> Order:
    claim = record.claim
    columns = {
        "date": (claim.c.time_earliest, claim.c.id),
        "recorded": (claim.c.change_seq, claim.c.id),
        "id": (claim.c.id,),
    }
    if sort.removeprefix("-") not in columns:
        raise InvalidError.of("sort", f"{sort} goes with q")
    return Order(columns[sort.removeprefix("-")], falling=sort.startswith("-"))


# --- lists that are searched ---


def _searched(connection: Connection, record: Record, query: ClaimQuery, actor: Actor | None, place: Place) -> PlainRow:
    words = search_query.parse(query.q or "")
    conditions = Conditions(record, *ask(connection, record, query, actor))
    wanted = facets.asked_for(query)
    in_rows = tuple(facet for facet in wanted if facet in search_pages.COLUMN_OF)
    asked = search_pages.Asked(
        connection,
        record,
        search_query.match_of(connection, words),
        conditions,
        in_rows,
        bool(wanted),
    )
    with fulltext.planned_by_values(connection):
        if query.sort is None or query.sort == "relevance":
            found = search_pages.by_relevance(asked, place)
        else:
            found = search_pages.by_columns(asked, _order(record, query.sort), place)
        counted: dict[Facet, dict[str, int]] = {
            facet: search_pages.count(asked, found.counted, facet) for facet in in_rows
        }
        if others := [facet for facet in wanted if facet not in in_rows]:
            ids = fulltext.listed(connection, [row[0] for row in found.counted.rows], Text())
            matching = select(record.claim.c.id).select_from(ids.join(record.claim, record.claim.c.id == ids.c.value))
            counted |= facets.count(
                connection, record, query, facets=others, stages=stages_of(query, actor), matching=matching
            )
    total = {"claims": len(found.counted.rows), "complete": found.counted.complete}
    return shaped(
        ClaimPage,
        {},
        items=_found_items(connection, record, found.claim_ids, words),
        next=found.following,
        facets={facet: counted[facet] for facet in wanted} or None,
        counted=total if wanted else None,
    )


# --- claims in a list ---


def _items(record: Record, places: FromClause, *, words: bool = False) -> Select[Any]:
    """The claims at these places as they stand in a list; with all words by which they may have been found."""
    claim, topic, figure, said, source = record.claim, record.topic, record.quantity, record.attribution, record.source
    spoken = [said.c.quote, said.c.translation, source.c.other_names] if words else []
    speakers = (
        select(said.c.id, said.c.source_id, source.c.name, said.c.stance, said.c.lineage, *spoken)
        .join(source, source.c.id == said.c.source_id)
        .where(said.c.claim_id == claim.c.id, ~said.c.withdrawn)
    )
    figures = select(figure.c.position, *columns_of(QuantityRead, figure)).where(
        figure.c.claim_id == claim.c.id, figure.c.content_version == claim.c.content_version
    )
    return select(
        claim.c.topic_id,
        claim.c.time_earliest,
        claim.c.change_seq,
        # Not joined: for so few rows SQLite would make a filter of all topics first.
        select(topic.c.title).where(topic.c.id == claim.c.topic_id).scalar_subquery().label("topic_title"),
        *columns_of(ClaimItem, claim),
        is_stale(record, claim).label("stale"),
        rows_of(figures).label("quantities"),
        rows_of(speakers, named=False).label("speakers"),
    ).select_from(places.join(claim, claim.c.id == places.c.id))


@Read
def _found(record: Record) -> Select[Any]:
    return _items(record, select(texts("ids").c.value.label("id")).subquery("places"), words=True)


def _found_items(connection: Connection, record: Record, identifiers: Sequence[str], query: Query) -> list[PlainRow]:
    """These claims as they stand in a list that was searched, in this order, each as `ClaimItem` has it."""
    rows = {row["id"]: row for chunk in chunks(identifiers) for row in _found(connection, record, ids=chunk)}
    return [_item(rows[one], query) for one in identifiers]


def _item(row: PlainRow, query: Query | None) -> PlainRow:
    figures = figures_in_order(row["quantities"])
    said = sorted(row["speakers"])  # by the id of the attribution, which stands first
    return shaped(
        ClaimItem,
        row,
        topic=None if row["topic_id"] is None else {"id": row["topic_id"], "title": row["topic_title"]},
        quantities=figures,
        attributed_to=_attributed_to(said),
        snippets=None if query is None else search_query.snippets(query, _texts(row, said, figures)),
    )


def _attributed_to(said: Iterable[Sequence[Any]]) -> list[PlainRow]:
    # A source that says the same in ten documents is named once.
    spoken = dict.fromkeys(tuple(row[1:5]) for row in said)
    return [dict(zip(_SPEAKER, one, strict=True)) for one in islice(spoken, SPEAKERS)]


def _texts(claim: PlainRow, said: Iterable[Sequence[Any]], figures: Iterable[PlainRow]) -> list[tuple[str, str]]:
    """What a searched claim may have been found by, each text with its field."""
    texts = [("statement", claim["statement"]), ("place", claim["place"])]
    texts += [("quote", figure["verbatim"]) for figure in figures]
    for _id, _source_id, name, _stance, _lineage, quote, translation, other_names in said:
        texts += [("quote", quote), ("quote", translation)]
        texts += [("source", one) for one in (name, *other_names)]
    return [(field, text) for field, text in texts if text is not None]
