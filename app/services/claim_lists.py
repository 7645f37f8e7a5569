"""Lists of claims: orders, pages, and how a claim stands in a list."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, FromClause, Select, func, select

from app.db.statements import PlainRow, among, rows_of
from app.errors import InvalidError
from app.formats.words import Query
from app.schemas.claim import ClaimItem, ClaimPage, SpeakerRead
from app.schemas.quantity import QuantityRead
from app.schemas.query import ClaimQuery
from app.services import search
from app.services.actors import Actor, of_the_desk
from app.services.claim_filters import Selection, Shape, ask, choose, conditions
from app.services.claim_reads import figures_in_order
from app.services.cursors import Cursors
from app.services.listing import Order, Place, in_order, page, paged
from app.services.objects import Shown, columns_of, shaped
from app.services.record import NOW, Read, Record, at, tag_of
from app.services.refs import chunks

_SPEAKER = tuple(SpeakerRead.model_fields)

SPEAKERS = 10
"""How many speakers a claim in a list names."""


def page_tag(connection: Connection, query: ClaimQuery, actor: Actor | None) -> str:
    """The entity tag that the page would be shown with."""
    return tag_of(connection, at(connection, query.as_of), desk=of_the_desk(actor))


def page_of(connection: Connection, query: ClaimQuery, actor: Actor | None, cursors: Cursors) -> Shown:
    """One page of the claims that a query asks for, as `ClaimPage` has it."""
    record = at(connection, query.as_of)
    place = Place.of(query, cursors)
    if query.q is None:
        items, following = _listed(connection, record, query, actor, place)
    else:
        items, following = _searched(connection, record, query, actor, place)
XXX

def _listed(
    connection: Connection, record: Record, query: ClaimQuery, actor: Actor | None, place: Place
) -> tuple[list[PlainRow], str | None]:
    asked = ask(connection, record, query, actor)
    sort = query.sort or "-date"
    order = _order(NOW, sort)
    values = {**asked.values, **place.values(order)}
    rows = _page(asked.shape, sort, place.first)(connection, record, **values)
    following = None
    if len(rows) > place.limit:
        rows = rows[: place.limit]
        following = place.following([rows[-1][str(column.key)] for column in order.columns])
    return [_item(row, None) for row in rows], following


@lru_cache(maxsize=1_024)
def _page(shape: Shape, sort: str, first: bool) -> Read:
    """A page of the claims that filters of this shape ask for."""

    def write(record: Record) -> Select[Any]:
        order = _order(record, sort)
        # The page is cut before anything else is looked up for a claim.
        places = paged(select(*order.columns).where(*conditions(record, shape)), order, first=first).subquery("places")
        return in_order(_items(record, places), Order(tuple(places.c), order.falling))

    return Read(write)


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
        topic.c.title.label("topic_title"),
        *columns_of(ClaimItem, claim),
        rows_of(figures).label("quantities"),
        rows_of(speakers, named=False).label("speakers"),
    ).select_from(places.join(claim, claim.c.id == places.c.id).outerjoin(topic, topic.c.id == claim.c.topic_id))


@Read
def _found(record: Record) -> Select[Any]:
    named = select(record.claim.c.id).where(among(record.claim.c.id, "ids"))
    return _items(record, named.subquery("places"), words=True)


def items(connection: Connection, record: Record, identifiers: Sequence[str], query: Query) -> list[PlainRow]:
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
        snippets=None if query is None else search.snippets(query, _texts(row, said, figures)),
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


# --- search ---


def _searched(
    connection: Connection, record: Record, query: ClaimQuery, actor: Actor | None, place: Place
) -> tuple[list[PlainRow], str | None]:
    chosen = choose(connection, record, query, actor)
    sort = query.sort or "relevance"
    if sort == "relevance" and chosen.rank is not None:
        order = Order((chosen.rank, record.claim.c.id), falling=True)
    else:
        order = _order(record, sort)
    rows, following = page(connection, chosen.select(*order.columns), order, place)
    return items(connection, record, [row[-1] for row in rows], cast(Query, chosen.query)), following
