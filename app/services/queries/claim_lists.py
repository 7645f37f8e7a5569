"""Lists of claims: sort orders, pages, and the short form of a claim in a list."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Text, and_, select

from app.db import fulltext
from app.db.compiled_reads import PlainRow, nested_rows, text_table
from app.errors import InvalidError
from app.formats.search_text import SearchQuery
from app.schemas.claim import ClaimItem, ClaimPage, SpeakerRead
from app.schemas.quantity import QuantityRead
from app.schemas.query_parameters import ClaimFilter, ClaimQuery, Facet
from app.services.changes.actors import Actor, may_see_drafts
from app.services.changes.stale_periods import shown_status
from app.services.claims.claim_reads import figures_in_order
from app.services.core import etags
from app.services.core.claim_parts import select_figures
from app.services.core.cursors import Cursors
from app.services.core.nouns import columns_of, serialize_row
from app.services.core.pagination import Order, PageRequest, apply_order, select_page
from app.services.core.refs import chunks
from app.services.core.snapshot import NOW, Snapshot, SnapshotQuery, snapshot_at
from app.services.policy import origins
from app.services.queries import facets, search_pages, search_query
from app.services.queries.claim_filters import (
    ClaimConditions,
    FilterShape,
    is_rare_source,
    parse_filter,
    requested_stages,
)
from app.vocabulary import UpstreamState

_SPEAKER_FIELDS = tuple(SpeakerRead.model_fields)
_CHAIN_FIELDS = ("id", "upstream_id", "withdrawn", "retracted_by")
_WITHDRAWN = 6
"""The position of `withdrawn` among the columns of a speaker."""

MAX_SPEAKERS = 10
"""The most sources that a claim in a list names."""


def page_tag(connection: Connection, query: ClaimQuery, actor: Actor | None) -> str:
    """The entity tag of the page, without reading the page itself. Raises InvalidError for an invalid `as_of`."""
    return etags.of_record(connection, snapshot_at(connection, query.as_of), for_desk=may_see_drafts(actor))


def read_page(connection: Connection, query: ClaimQuery, actor: Actor | None, cursors: Cursors) -> etags.Tagged:
    """A page of the claims that match a query, in the shape of `ClaimPage`, with its entity tag.

    Raises InvalidError and PermissionDeniedError like `parse_filter`, and InvalidError for a cursor of another list.
    """
    snapshot = snapshot_at(connection, query.as_of)
    # The tag is read first: after a concurrent write it is then too old, which costs a client one more request. A tag
    # that is too new would make clients keep an outdated page.
    tag = etags.of_record(connection, snapshot, for_desk=may_see_drafts(actor))
    read = _read_list if query.q is None else _read_search
    return etags.Tagged(tag, read(connection, snapshot, query, actor, PageRequest.of(query, cursors)))


def select_claim_ids(
    connection: Connection, snapshot: Snapshot, query: ClaimFilter, actor: Actor | None
) -> Select[Any]:
    """Select the ids of all claims that match a filter, in no order.

    Raises InvalidError and PermissionDeniedError like `parse_filter`.
    """
    claim = snapshot.claim
    conditions = ClaimConditions(snapshot, *parse_filter(connection, snapshot, query, actor)).all()
    if query.q is None:
        return select(claim.c.id).where(*conditions)
    match = search_query.build_match(connection, search_query.parse(query.q))
    matches = fulltext.select_matching_claims(connection, match, snapshot.seq).subquery("matches")
    # `IS TRUE` hides the columns from the planner, so it looks the claims up by id and uses no index on the filters.
    searched = matches.join(claim, claim.c.id == matches.c.claim_id)
    return select(claim.c.id).select_from(searched).where(and_(*conditions).is_(True))


# --- lists without a search ---


def _read_list(
    connection: Connection, snapshot: Snapshot, query: ClaimQuery, actor: Actor | None, request: PageRequest
) -> PlainRow:
    claim_filter = parse_filter(connection, snapshot, query, actor)
    sort = query.sort or "-date"
    order = _order(NOW, sort)
    page = _page_query(claim_filter.shape, sort, request.is_first, is_rare_source(connection, claim_filter))
    rows = page(connection, snapshot, **claim_filter.values, **request.parameters(order))
    next_cursor = None
    if len(rows) > request.limit:
        rows = rows[: request.limit]
        next_cursor = request.next_cursor([rows[-1][str(column.key)] for column in order.columns])
    items = [_build_item(row, None) for row in rows]
    if query.facets is None:
        return serialize_row(ClaimPage, {}, items=items, next=next_cursor, facets=None, facet_names=None, counted=None)
    matching = select(snapshot.claim.c.id).where(*ClaimConditions(snapshot, *claim_filter).all())
    # Each claim has exactly one status, so these counts add up to the length of the list.
    counted_facets: list[Facet] = list(dict.fromkeys([*facets.requested_facets(query), "status"]))
    counts = facets.count_facets(
        connection, snapshot, query, facets=counted_facets, stages=requested_stages(query, actor), matching=matching
    )
    total = {"claims": sum(counts["status"].values()), "complete": True}
    facet_counts = {facet: counts[facet] for facet in facets.requested_facets(query)}
    return serialize_row(
        ClaimPage,
        {},
        items=items,
        next=next_cursor,
        facets=facet_counts,
        facet_names=facets.read_names(connection, snapshot, facet_counts),
        counted=total,
    )


@lru_cache(maxsize=1_024)
def _page_query(shape: FilterShape, sort: str, is_first: bool, from_source: bool) -> SnapshotQuery:
    """The query for a page of the claims that match filters of this shape.

    With `from_source`, it starts from the attributions of the source in the filter instead of the claims in order.
    """

    def build(snapshot: Snapshot) -> Select[Any]:
        order = _order(snapshot, sort)
        conditions = ClaimConditions(snapshot, shape)
        if from_source:
            claims = conditions.select_from_attributions(*order.columns)
        else:
            claims = select(*order.columns).where(*conditions.all(unindexed=_unindexed_filters(shape, sort)))
        # LIMIT applies in a subquery, so that topics, figures and speakers are read only for the claims on the page.
        page = select_page(claims, order, is_first=is_first).subquery("page")
        return apply_order(_select_items(snapshot, page), Order(tuple(page.c), order.descending))

    return SnapshotQuery(build)


def _unindexed_filters(shape: FilterShape, sort: str) -> frozenset[str]:
    """The filters to hide from the planner: by their indexes, engines would read and sort all matches.

    Without them, engines scan the index of the sort order and stop when the page is full.
    """
    sort_column = sort.removeprefix("-")
    unindexed = {"source"}  # it has many claims here: lists of a rare source start from its attributions
    if sort_column != "date":
        unindexed |= {"date_to"}
    # No index has a filter column followed by the id. With a single kind, status or topic, sorting the few matches can
    # still be faster than scanning many claims that do not match.
    if (
        sort_column == "id"
        and "topic" not in shape.names
        and not (shape.names - shape.multi_valued) & {"kind", "status"}
    ):
        unindexed |= {"stage", "kind", "status"}
    return frozenset(unindexed)


@lru_cache(maxsize=256)
def _order(snapshot: Snapshot, sort: str) -> Order:
    claim = snapshot.claim
    columns = {
        "date": (claim.c.time_earliest, claim.c.id),
        "recorded": (claim.c.change_seq, claim.c.id),
        "id": (claim.c.id,),
    }
    if sort.removeprefix("-") not in columns:
        raise InvalidError.of("sort", f"{sort} needs a search: give q as well")
    return Order(columns[sort.removeprefix("-")], descending=sort.startswith("-"))


# --- lists with a search ---


def _read_search(
    connection: Connection, snapshot: Snapshot, query: ClaimQuery, actor: Actor | None, request: PageRequest
) -> PlainRow:
    parsed_query = search_query.parse(query.q or "")
    conditions = ClaimConditions(snapshot, *parse_filter(connection, snapshot, query, actor))
    requested = facets.requested_facets(query)
    in_rows = tuple(facet for facet in requested if facet in search_pages.COLUMN_OF)
    search = search_pages.ClaimSearch(
        connection,
        snapshot,
        search_query.build_match(connection, parsed_query),
        conditions,
        in_rows,
        bool(requested),
    )
    with fulltext.custom_query_plans(connection):
        if query.sort is None or query.sort == "relevance":
            page = search_pages.by_relevance(search, request)
        else:
            page = search_pages.by_columns(search, _order(snapshot, query.sort), request)
        counts: dict[Facet, dict[str, int]] = {
            facet: search_pages.count_column(search, page.matches, facet) for facet in in_rows
        }
        if other_facets := [facet for facet in requested if facet not in in_rows]:
            ids = fulltext.value_table(connection, [row[0] for row in page.matches.rows], Text())
            matching = select(snapshot.claim.c.id).select_from(
                ids.join(snapshot.claim, snapshot.claim.c.id == ids.c.value)
            )
            counts |= facets.count_facets(
                connection,
                snapshot,
                query,
                facets=other_facets,
                stages=requested_stages(query, actor),
                matching=matching,
            )
    total = {"claims": len(page.matches.rows), "complete": page.matches.complete}
    return serialize_row(
        ClaimPage,
        {},
        items=_read_items(connection, snapshot, page.claim_ids, parsed_query),
        next=page.next_cursor,
        facets={facet: counts[facet] for facet in requested} or None,
        facet_names=facets.read_names(connection, snapshot, {facet: counts[facet] for facet in requested}),
        counted=total if requested else None,
    )


# --- claims in a list ---


def _select_items(snapshot: Snapshot, page: FromClause, *, with_texts: bool = False) -> Select[Any]:
    """Select what a list shows of the claims on a page; `with_texts`, also all texts in which a search may match."""
    claim, topic, figure, attribution, source = (
        snapshot.claim,
        snapshot.topic,
        snapshot.quantity,
        snapshot.attribution,
        snapshot.source,
    )
    text_columns = [attribution.c.quote, attribution.c.translation, source.c.other_names] if with_texts else []
    speakers = (
        select(
            attribution.c.id,
            attribution.c.source_id,
            source.c.name,
            attribution.c.stance,
            attribution.c.lineage,
            attribution.c.upstream_id,
            attribution.c.withdrawn,
            attribution.c.retracted_by,
            *text_columns,
        )
        .join(source, source.c.id == attribution.c.source_id)
        # With those that were taken back, because a relay of one of them must say so.
        .where(attribution.c.claim_id == claim.c.id)
    )
    figures = select_figures(figure, claim, QuantityRead)
    return select(
        claim.c.topic_id,
        claim.c.time_earliest,
        claim.c.change_seq,
        # Not joined: SQLite would first build a Bloom filter of all topics, which is slow for so few rows.
        select(topic.c.title).where(topic.c.id == claim.c.topic_id).scalar_subquery().label("topic_title"),
        *columns_of(ClaimItem, claim, status=shown_status(snapshot, claim)),
        nested_rows(figures).label("quantities"),
        nested_rows(speakers, named=False).label("speakers"),
    ).select_from(page.join(claim, claim.c.id == page.c.id))


@SnapshotQuery
def _items_query(snapshot: Snapshot) -> Select[Any]:
    return _select_items(snapshot, select(text_table("ids").c.value.label("id")).subquery("page"), with_texts=True)


def _read_items(
    connection: Connection, snapshot: Snapshot, identifiers: Sequence[str], query: SearchQuery
) -> list[PlainRow]:
    """These claims in the given order, each in the shape of `ClaimItem`, with snippets for the query."""
    rows = {row["id"]: row for chunk in chunks(identifiers) for row in _items_query(connection, snapshot, ids=chunk)}
    return [_build_item(rows[claim_id], query) for claim_id in identifiers]


def _build_item(row: PlainRow, query: SearchQuery | None) -> PlainRow:
    figures = figures_in_order(row["quantities"])
    speakers, states = _speakers_with_states(row["speakers"])
    return serialize_row(
        ClaimItem,
        row,
        topic=None if row["topic_id"] is None else {"id": row["topic_id"], "title": row["topic_title"]},
        quantities=figures,
        attributed_to=_attributed_to(speakers, states),
        snippets=None if query is None else search_query.build_snippets(query, _searched_texts(row, speakers, figures)),
    )


def _speakers_with_states(rows: Iterable[Sequence[Any]]) -> tuple[list[Sequence[Any]], dict[str, UpstreamState]]:
    """The attributions of a claim that were not taken back, oldest first, and their states unless they stand."""
    attributions = sorted(rows, key=itemgetter(0))  # by the id of the attribution, which is the first column
    speakers = [row for row in attributions if not row[_WITHDRAWN]]
    if len(speakers) == len(attributions):
        return speakers, {}
    by_id = {row[0]: dict(zip(_CHAIN_FIELDS, (row[0], *row[5:8]), strict=True)) for row in attributions}
    return speakers, {row[0]: origins.upstream_state(by_id[row[0]], by_id) for row in speakers}


def _attributed_to(speakers: Iterable[Sequence[Any]], states: Mapping[str, UpstreamState]) -> list[PlainRow]:
    # A source with the same stance in ten documents is listed once.
    distinct_speakers = dict.fromkeys((*row[1:5], states.get(row[0], UpstreamState.STANDS)) for row in speakers)
    return [dict(zip(_SPEAKER_FIELDS, speaker, strict=True)) for speaker in islice(distinct_speakers, MAX_SPEAKERS)]


def _searched_texts(
    claim: PlainRow, speakers: Iterable[Sequence[Any]], figures: Iterable[PlainRow]
) -> list[tuple[str, str]]:
    """All texts of a claim in which a search may match, each with its field."""
    texts = [("statement", claim["statement"]), ("place", claim["place"])]
    texts += [("quote", figure["verbatim"]) for figure in figures]
    for _id, _source_id, name, _stance, _lineage, _upstream, _withdrawn, _retracted, *more in speakers:
        quote, translation, other_names = more
        texts += [("quote", quote), ("quote", translation)]
        texts += [("source", source_name) for source_name in (name, *other_names)]
    return [(field, text) for field, text in texts if text is not None]
