"""Lists of claims: filters, orders, facets, search."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, exists, func, select
from sqlalchemy.sql import FromClause

from app.db import fulltext
from app.db.fulltext import Match
from app.db.revisions import Row
from app.db.schema import table_of
from app.errors import InvalidError, PermissionDeniedError
from app.formats.words import Query, fold
from app.models import Source, Topic
from app.schemas import edtf
from app.schemas.claim import ClaimItem, ClaimPage, Counted, Snippet, SpeakerRead
from app.schemas.query import ClaimFilter, ClaimQuery
from app.services import search, search_pages, sources
from app.services.actors import Actor, visible_stages
from app.services.claim_reads import quantities_of, topics_of
from app.services.cursors import Cursors
from app.services.listing import Order, Place, page
from app.services.objects import rows_by_id
from app.services.record import Record, at
from app.services.refs import Refs, chunks
from app.services.search_pages import Asked
from app.vocabulary import Stage

SPEAKERS = 10
"""How many speakers a claim in a list names."""


class Selection(NamedTuple):
    """Which claims: a statement without columns, and what is searched for among them, if anything is."""

    conditions: list[ColumnElement[bool]]
    source: FromClause
    query: Query | None
    match: Match | None
    narrowed: list[Select[Any]]
    """For each filter that an index answers: the ids of the claims that it leaves, whatever the others do."""


def page_of(connection: Connection, query: ClaimQuery, actor: Actor | None, cursors: Cursors) -> ClaimPage:
    """One page of the claims that a query asks for."""
    record = at(connection, query.as_of)
    chosen = choose(connection, record, query, actor)
    bound = query.model_dump(mode="json", exclude={"cursor", "limit"})
    place = Place(bound, query.limit, query.cursor, cursors)
    if chosen.match is not None:
        facets = [facet for facet in _facets(query) if facet in search_pages.COLUMN_OF]
        asked = Asked(connection, record, chosen.match, chosen.conditions, chosen.narrowed, facets, bool(query.facets))
        return _searched(asked, query, chosen.query, place)
    order = _order(record, query)
    statement = select(*order.columns).select_from(chosen.source).where(*chosen.conditions)
    rows, following = page(connection, statement, order, place)
    facets = _facets(query)
    counted = {facet: _facet(connection, record, chosen, facet) for facet in facets}
    return ClaimPage(
        items=items(connection, record, [row[-1] for row in rows], None),
        next=following,
        facets=counted if facets else None,
        counted=Counted(claims=_total(connection, chosen), complete=True) if facets else None,
    )


def _searched(asked: Asked, query: ClaimQuery, words: Query | None, place: Place) -> ClaimPage:
    connection, record = asked.connection, asked.record
    if query.sort in (None, "relevance"):
        found = search_pages.by_relevance(asked, place)
    else:
        found = search_pages.by_columns(asked, _order(record, query), place)
    counted = {}
    for facet in _facets(query):
        if facet in asked.facets:
            counted[facet] = search_pages.count(asked, found.counted, facet)
        else:
            among = _among(connection, record, [row[0] for row in found.counted.rows])
            counted[facet] = _facet(connection, record, among, facet)
    return ClaimPage(
        items=items(connection, record, found.claim_ids, words),
        next=found.following,
        facets=counted or None,
        counted=Counted(claims=len(found.counted.rows), complete=found.counted.complete) if counted else None,
    )


def _facets(query: ClaimQuery) -> list[str]:
    return [] if query.facets is None else query.facets.split(",")


def _among(connection: Connection, record: Record, identifiers: Sequence[str]) -> Selection:
    wanted = fulltext.listed(connection, identifiers, Text())
    return Selection([], wanted.join(record.claim, record.claim.c.id == wanted.c.value), None, None, [])


def _total(connection: Connection, chosen: Selection) -> int:
    statement = select(func.count()).select_from(chosen.source).where(*chosen.conditions)
    return connection.execute(statement).scalar_one()


def choose(connection: Connection, record: Record, query: ClaimFilter, actor: Actor | None) -> Selection:
    """The claims that a filter asks for and this reader may see. Raises InvalidError, PermissionDeniedError."""
    claim = record.claim
    conditions: list[ColumnElement[bool]] = [claim.c.stage.in_(_stages(query, actor))]
    if query.kind:
        conditions.append(claim.c.kind.in_(query.kind))
    if query.status:
        conditions.append(claim.c.status.in_(query.status))
    narrowed = [select(claim.c.id).where(*conditions)] if query.kind or query.status or query.stage else []
    refs = Refs(connection)
    if query.topic is not None:
        conditions.append(claim.c.topic_id == refs.field(table_of(Topic), query.topic, "topic"))
        narrowed.append(select(claim.c.id).where(conditions[-1]))
    if query.date_from is not None or query.date_to is not None:
        conditions.append(claim.c.time.is_not(None))
    if query.date_from is not None:
        conditions.append(claim.c.time_latest >= edtf.bounds(query.date_from).earliest)
    if query.date_to is not None:
        conditions.append(claim.c.time_earliest <= edtf.bounds(query.date_to).latest)
    if query.place is not None:
        conditions.append(claim.c.place_folded.contains(fold(query.place), autoescape=True))
    if query.source is not None or query.stance:
        said = _said(connection, record, query, refs)
        conditions.append(exists(select(1).where(record.attribution.c.claim_id == claim.c.id, *said)))
        if query.source is not None:
            narrowed.append(select(record.attribution.c.claim_id).where(*said))
    if query.metric or query.value_min is not None or query.value_max is not None:
        conditions.append(_measured(record, query))
    if query.q is None:
        return Selection(conditions, claim, None, None, [])
    words = search.parse(query.q)
    return Selection(conditions, claim, words, search.match_of(connection, words), narrowed)


def found(connection: Connection, record: Record, chosen: Selection) -> Select[Any]:
    """The ids of all the claims that were chosen, in no order."""
    claim = record.claim
    if chosen.match is None:
        return select(claim.c.id).select_from(chosen.source).where(*chosen.conditions)
    matches = fulltext.matching(connection, chosen.match, record.seq).subquery("matches")
    # Claims are to be looked up by id: by what IS TRUE no index is asked.
    searched = matches.join(claim, claim.c.id == matches.c.claim_id)
    return select(claim.c.id).select_from(searched).where(and_(*chosen.conditions).is_(True))


def _stages(query: ClaimFilter, actor: Actor | None) -> list[Stage]:
    stages = query.stage or [Stage.PUBLISHED]
    if set(stages) - visible_stages(actor):
        raise PermissionDeniedError("Drafts and claims in review are the desk's: they take a fact-checker's key.")
    return stages


def _said(connection: Connection, record: Record, query: ClaimFilter, refs: Refs) -> list[ColumnElement[bool]]:
    said = record.attribution
    conditions = [~said.c.withdrawn]
    if query.source is not None:
        source_id = refs.field(table_of(Source), query.source, "source")
        conditions.append(said.c.source_id.in_(sources.descendants(connection, record, str(source_id))))
    if query.stance:
        conditions.append(said.c.stance.in_(query.stance))
    return conditions


def _measured(record: Record, query: ClaimFilter) -> ColumnElement[bool]:
    figure, claim = record.quantity, record.claim
    value = func.coalesce(figure.c.best, figure.c.low, figure.c.high, type_=figure.c.best.type)
    conditions = [figure.c.claim_id == claim.c.id, figure.c.content_version == claim.c.content_version]
    if query.metric:
        conditions.append(figure.c.metric.in_(query.metric))
    if query.value_min is not None:
        conditions.append(value >= query.value_min)
    if query.value_max is not None:
        conditions.append(value <= query.value_max)
    return exists(select(1).select_from(figure).where(*conditions))


def _order(record: Record, query: ClaimQuery) -> Order:
    claim = record.claim
    sort = query.sort or "-date"
    if sort == "relevance":
        raise InvalidError.of("sort", "relevance goes with q")
    columns = {
        "date": (claim.c.time_earliest, claim.c.id),
        "recorded": (claim.c.change_seq, claim.c.id),
        "id": (claim.c.id,),
    }
    return Order(columns[sort.removeprefix("-")], falling=sort.startswith("-"))


def _facet(connection: Connection, record: Record, chosen: Selection, facet: str) -> dict[str, int]:
    """How many of the chosen claims have each value, most first. Topics and sources are counted by id."""
    claim, figure, said = record.claim, record.quantity, record.attribution
    source = chosen.source
    match facet:
        case "metric":
            source = source.join(
                figure, (figure.c.claim_id == claim.c.id) & (figure.c.content_version == claim.c.content_version)
            )
            value = figure.c.metric
        case "source":
            source = source.join(said, (said.c.claim_id == claim.c.id) & ~said.c.withdrawn)
            value = said.c.source_id
        case "topic":
            value = claim.c.topic_id
        case _:
            value = claim.c[facet]
    counted = func.count(claim.c.id.distinct())
    statement: Select[Any] = (
        select(value, counted)
        .select_from(source)
        .where(*chosen.conditions, value.is_not(None))
        .group_by(value)
        .order_by(counted.desc(), value)
        .limit(200)
    )
    return {str(row[0]): int(row[1]) for row in connection.execute(statement)}


def items(connection: Connection, record: Record, identifiers: Sequence[str], query: Query | None) -> list[ClaimItem]:
    """These claims as they stand in a list, in this order."""
    rows = rows_by_id(connection, record.claim, identifiers)
    figures = quantities_of(connection, rows.values())
    topics = topics_of(connection, record, rows.values())
    said = _speakers(connection, record, identifiers)
    return [
        ClaimItem(
            **rows[one],
            topic=topics.get(rows[one]["topic_id"]),
            quantities=figures[one],
            attributed_to=_attributed_to(said[one]),
            snippets=None if query is None else _snippets(query, rows[one], said[one], figures[one]),
        )
        for one in identifiers
    ]


def _speakers(connection: Connection, record: Record, identifiers: Sequence[str]) -> Mapping[str, list[Row]]:
    said, source = record.attribution, record.source
    found: dict[str, list[Row]] = defaultdict(list)
    for chunk in chunks(identifiers):
        rows = connection.execute(
            select(
                said.c.claim_id,
                said.c.source_id,
                said.c.stance,
                said.c.quote,
                said.c.translation,
                said.c.lineage,
                source.c.name,
                source.c.other_names,
            )
            .join(source, source.c.id == said.c.source_id)
            .where(said.c.claim_id.in_(chunk), ~said.c.withdrawn)
            .order_by(said.c.id)
        ).mappings()
        for row in rows:
            found[row["claim_id"]].append(row)
    return found


def _attributed_to(said: Sequence[Row]) -> list[SpeakerRead]:
    # A source that says the same in ten documents is named once.
    fields = tuple(SpeakerRead.model_fields)
    spoken = dict.fromkeys(tuple(row[name] for name in fields) for row in said)
    return [SpeakerRead(**dict(zip(fields, one, strict=True))) for one in islice(spoken, SPEAKERS)]


def _snippets(query: Query, claim: Row, said: Sequence[Row], figures: Sequence[Any]) -> list[Snippet]:
    texts = [("statement", claim["statement"])]
    if claim["place"] is not None:
        texts.append(("place", claim["place"]))
    texts += [("quote", figure.verbatim) for figure in figures if figure.verbatim is not None]
    for row in said:
        texts += [("quote", text) for text in (row["quote"], row["translation"]) if text is not None]
        texts += [("source", name) for name in (row["name"], *row["other_names"])]
    return search.snippets(query, texts)
