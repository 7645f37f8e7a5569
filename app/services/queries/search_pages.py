"""Pages of search results: which claims are on a page, and which matches the facets count.

A search for a word in a third of all claims must not read a third of all claims. So only the newest matches, the
candidates, are ordered by rank; older matches follow them, newest first. Up to `MAX_COUNTED` matches are counted. A
search with fewer matches is ordered and counted completely.

If a search has many matches and an indexed filter leaves few claims, these claims are read and their texts are matched
instead. Lists by date or another column scan the claims in that order and match the text of each.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    func,
    select,
    tuple_,
)
from sqlalchemy.sql import FromClause

from app.db import fulltext
from app.db.compiled_reads import bytewise, number_table, text_table
from app.db.fulltext import EngineQuery
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import SearchText
from app.services.changes.stale_periods import shown_status
from app.services.core import pagination
from app.services.core.pagination import Order, PageRequest
from app.services.core.snapshot import Snapshot, SnapshotQuery
from app.services.queries.claim_filters import ClaimConditions, FilterShape

MAX_RANKED = 500
"""The most matches that are ordered by rank, with or without facets."""

MAX_COUNTED = 1_000
"""The most matches that are counted; not fewer than `MAX_RANKED`."""

FEW_CLAIMS = 1_000
"""If a filter leaves at most this many claims, the search matches their texts instead of filtering the candidates."""

MAX_SCANNED = 20_000
"""The most claims that are scanned in a sort order before all matches are read and sorted instead."""

TEXT_ID, RANK = "text_id", "rank"
"""The columns for the order by relevance: the id of a text, which grows with time, and how well it matches."""

OLDER_RANK = -1
"""The rank in sort keys of claims older than the candidates, which come after all of them, newest first."""

search_text = table_of(SearchText)

SortKey = tuple[Any, ...]
"""The sort values of a claim."""


@dataclass(frozen=True)
class ClaimSearch:
    """A search with filters, on one snapshot."""

    connection: Connection
    snapshot: Snapshot
    match: EngineQuery
    conditions: ClaimConditions
    facets: tuple[str, ...]
    """The facets in COLUMN_OF to read with each match, to count them."""
    is_counted: bool
    """True if any facet was requested, in `facets` or not, so that the matches have to be counted."""


@dataclass(frozen=True)
class SearchPage:
    """A page of search results."""

    claim_ids: list[str]
    next_cursor: str | None
    """The cursor of the next page, None on the last."""
    matches: "ClaimMatches"
    """The matches that the facets count; meaningful only if `ClaimSearch.is_counted`."""


@dataclass(frozen=True)
class ClaimMatches:
    """Claims that match the search and the filters."""

    rows: Sequence[Any]
    """For each claim its id, the facets in `ClaimSearch.facets`, and the columns of the sort order."""
    complete: bool
    """True if these are all matches."""


@dataclass(frozen=True)
class _Candidates:
    """The newest texts that match the search, whether or not their claims match the filters."""

    last_text_id: int
    """The id of the last text in the snapshot, whether it matches or not."""
    text_ids: list[int]
    """The ids of the candidates, in descending order."""
    complete: bool
    """True if no other text matches."""

    @property
    def lowest_id(self) -> int:
        """The id below which there are no candidates."""
        return 0 if self.complete else self.text_ids[-1]

    @property
    def lowest_ranked_id(self) -> int:
        """The id below which matches are not ordered by rank."""
        return self.text_ids[MAX_RANKED - 1] if len(self.text_ids) > MAX_RANKED else self.lowest_id


def by_relevance(search: ClaimSearch, request: PageRequest) -> SearchPage:
    """A page in the order of rank, with newer claims first among equals.

    All pages of a list use the texts as they were when the first page was read, up to the last text id in the cursor: a
    claim whose text changes meanwhile keeps its position. Raises InvalidError for a cursor of another list.
    """
    last_text_id, after = _start_of_page(search, request)
    past_text_id = _past_text_id(search, last_text_id) if request.cursor is None else last_text_id
    columns = (TEXT_ID, RANK)
    # Beyond the ranked claims, the candidates need not be read again unless they are filtered or counted.
    if after is not None and after[0] == OLDER_RANK and not (search.conditions.has_indexed_filter or search.is_counted):
        ranked_from_id, below_id, matches = after[1], after[1], ClaimMatches([], complete=False)
    else:
        candidates = _find_candidates(search, last_text_id)
        top_ranked = None if search.is_counted else _TopRanked(request.limit + 1, after)
        ranked_from_id, below_id = candidates.lowest_ranked_id, candidates.lowest_id
        matches = _find_matches(search, candidates, past_text_id, columns, top_ranked)

    def key(row: Any) -> SortKey:
        text_id, rank = row[-2:]
        return (rank, row[0]) if text_id >= ranked_from_id else (OLDER_RANK, text_id)

    keyed = [(key(row), row[0]) for row in matches.rows]
    keyed = sorted((item for item in keyed if after is None or item[0] < after), reverse=True)
    if not matches.complete and len(keyed) <= request.limit:
        if after is not None and after[0] == OLDER_RANK:
            below_id = min(below_id, after[1])
        older_rows = _read_older(search, below_id, past_text_id, columns, request.limit + 1 - len(keyed))
        keyed += [(key(row), row[0]) for row in older_rows]
    return _build_page(
        [((last_text_id, *item), claim_id) for item, claim_id in keyed[: request.limit + 1]], matches, request
    )


def by_columns(search: ClaimSearch, order: Order, request: PageRequest) -> SearchPage:
    """A page in an order by columns of the claim. Raises InvalidError for a cursor of another list."""
    after = request.after(order)
    after_key = None if after is None else _plain_key(after)
    candidates = _find_candidates(search, fulltext.last_text_id(search.connection, search.snapshot.seq))
    matches = ClaimMatches([], complete=False)
    if candidates.complete or search.conditions.has_indexed_filter or search.is_counted:
        matches = _find_matches(
            search, candidates, _past_text_id(search, candidates.last_text_id), _column_names(order)
        )
    if matches.complete:
        keys = _sort_keys(matches.rows, order, after_key)
    else:
        keys = _scan_in_order(search, candidates, order, after, request.limit + 1)
    return _build_page([(key, key[-1]) for key in keys], matches, request)


def _build_page(keyed: Sequence[tuple[SortKey, str]], matches: ClaimMatches, request: PageRequest) -> SearchPage:
    """The page from the first of these claims with their sort keys; more than the limit means there is a next page."""
    page = keyed[: request.limit]
    next_cursor = request.next_cursor(page[-1][0]) if len(keyed) > request.limit else None
    return SearchPage([claim_id for _key, claim_id in page], next_cursor, matches)


def _start_of_page(search: ClaimSearch, request: PageRequest) -> tuple[int, SortKey | None]:
    """The last text id of the list, and the sort key after which the page starts, None on the first page."""
    if request.cursor is None:
        return fulltext.last_text_id(search.connection, search.snapshot.seq), None
    values = request.cursors.read(request.query, request.cursor)
    if len(values) != len(("last text id", "rank", "claim id or text id")):
        raise InvalidError.of("cursor", "belongs to a list with another sort order; start again without a cursor")
    return values[0], tuple(values[1:])


def _past_text_id(search: ClaimSearch, last_text_id: int) -> int | None:
    """The last text id of a past snapshot; None for the current one, whose texts are marked as the latest."""
    return None if search.snapshot.seq is None else last_text_id


def _find_candidates(search: ClaimSearch, last_text_id: int) -> _Candidates:
    limit = MAX_COUNTED if search.is_counted else MAX_RANKED
    text_ids = fulltext.newest_matches(search.connection, search.match, last_text_id, limit + 1)
    return _Candidates(last_text_id, text_ids[:limit], len(text_ids) <= limit)


def _find_matches(
    search: ClaimSearch,
    candidates: _Candidates,
    past_text_id: int | None,
    columns: tuple[str, ...],
    top_ranked: "_TopRanked | None" = None,
) -> ClaimMatches:
    """All claims that match the search and the filters if either leaves few; otherwise those among the candidates.

    `top_ranked` limits the claims among the candidates to those of one page.
    """
    for claim_ids in () if candidates.complete else search.conditions.select_by_index():
        identifiers = search.connection.scalars(claim_ids.limit(FEW_CLAIMS + 1)).all()
        if len(identifiers) <= FEW_CLAIMS:
            return ClaimMatches(_read_claims(search, sorted(set(identifiers)), past_text_id, columns), complete=True)
    return ClaimMatches(
        _read_claims(search, candidates.text_ids, past_text_id, columns, top_ranked), candidates.complete
    )


def _read_older(
    search: ClaimSearch, below_id: int, past_text_id: int | None, columns: tuple[str, ...], count: int
) -> list[Any]:
    """Up to `count` matching claims with text ids below `below_id`, newest first."""
    rows: list[Any] = []
    batch_size = 2 * count
    while True:
        text_ids = fulltext.newest_matches(search.connection, search.match, below_id - 1, batch_size)
        batch = _read_claims(search, text_ids, past_text_id, columns)
        rows += sorted(batch, key=lambda row: row[-2], reverse=True)
        if len(rows) >= count or len(text_ids) < batch_size:
            return rows[:count]
        below_id, batch_size = text_ids[-1], min(4 * batch_size, MAX_SCANNED)


def _scan_in_order(
    search: ClaimSearch, candidates: _Candidates, order: Order, after: SortKey | None, count: int
) -> list[SortKey]:
    """The sort keys of the next matching claims in an order, at least `count` unless there are no more.

    Scans the claims in this order and matches their texts, or reads and sorts all matches if that is less work.
    """
    last_text_id, past_text_id = candidates.last_text_id, _past_text_id(search, candidates.last_text_id)
    match_rate = len(candidates.text_ids) / (last_text_id - candidates.lowest_id + 1)
    likely_scan = int(2 * count / match_rate)
    # If the scan is expected to read as many claims as there are matches, all matches are read and sorted instead.
    for scan_limit in (min(likely_scan, MAX_SCANNED), MAX_SCANNED) if likely_scan < match_rate * last_text_id else ():
        scanned = (
            pagination.apply_order(_select_in_order(search, order), order, after).limit(scan_limit).subquery("scanned")
        )
        conditions = [search_text.c.claim_id == scanned.c.id, fulltext.is_current_text(past_text_id)]
        conditions.append(fulltext.text_matches(len(search.match.required), len(search.match.excluded)))
        matching = select(*scanned.c).where(select(1).select_from(search_text).where(*conditions).exists())
        keys = [_plain_key(row) for row in search.connection.execute(matching, search.match.phrases)]
        if len(keys) >= count or _count_rows(search.connection, scanned) < scan_limit:
            return sorted(keys, reverse=order.descending)
    text_ids = fulltext.newest_matches(search.connection, search.match, last_text_id, last_text_id)
    return _sort_keys(
        _read_claims(search, text_ids, past_text_id, _column_names(order)),
        order,
        None if after is None else _plain_key(after),
    )


def _select_in_order(search: ClaimSearch, order: Order) -> Select[Any]:
    claims = select(*order.columns)
    if len(order.columns) > 1:
        return claims.where(
            *search.conditions.all(unindexed=() if order.columns[0].key == "time_earliest" else {"date_to"})
        )
    # In the order of ids, no index may answer the filters, because its rows would have to be sorted.
    return claims.where(and_(*search.conditions.all()).is_(True))


def _sort_keys(rows: Sequence[Any], order: Order, after: SortKey | None) -> list[SortKey]:
    keys: list[SortKey] = [tuple(row[-len(order.columns) :]) for row in rows]
    if after is not None:
        keys = [key for key in keys if (key < after if order.descending else key > after)]
    return sorted(keys, reverse=order.descending)


def _count_rows(connection: Connection, table: FromClause) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _column_names(order: Order) -> tuple[str, ...]:
    return tuple(str(column.key) for column in order.columns)


def _plain_key(key: Iterable[Any]) -> SortKey:
    """A sort key with dates as ISO 8601 text, as compiled reads return them."""
    return tuple(value.isoformat() if isinstance(value, date) else value for value in key)


class _TopRanked(NamedTuple):
    """The first `limit` claims in the order of rank, after the sort key `after` unless it is None."""

    limit: int
    after: SortKey | None

    @property
    def values(self) -> dict[str, Any]:
        """The parameters for the statement."""
        if self.after is None:
            return {"limit": self.limit}
        rank, claim_id = self.after
        return {"limit": self.limit, "after_rank": rank, "after_claim": str(claim_id)}


def _read_claims(
    search: ClaimSearch,
    lookup_keys: Sequence[int] | Sequence[str],
    past_text_id: int | None,
    columns: tuple[str, ...],
    top_ranked: _TopRanked | None = None,
) -> list[tuple[Any, ...]]:
    """Read the claims that match the filters, each with its id, the facets of the search and these columns.

    `lookup_keys` are ids of matching texts, or ids of claims whose texts are then matched too. `top_ranked` limits the
    result to one page.
    """
    shape = _QueryShape(
        filter_shape=search.conditions.shape,
        facets=search.facets,
        columns=columns,
        by_claim_id=bool(lookup_keys) and isinstance(lookup_keys[0], str),
        is_current=past_text_id is None,
        only_top_ranked=top_ranked is not None,
        has_cursor=top_ranked is not None and top_ranked.after is not None,
        required=len(search.match.required),
        excluded=len(search.match.excluded),
    )
    values = {**search.conditions.values, **search.match.phrases, "lookup_keys": list(lookup_keys)}
    values |= {} if top_ranked is None else top_ranked.values
    values |= {} if past_text_id is None else {"past_text_id": past_text_id}
    rows = _claims_query(shape)(search.connection, search.snapshot, **values)
    return [tuple(row.values()) for row in rows]


class _QueryShape(NamedTuple):
    """All that the statement of `_read_claims` depends on, without its values."""

    filter_shape: FilterShape
    facets: tuple[str, ...]
    columns: tuple[str, ...]
    by_claim_id: bool
    is_current: bool
    only_top_ranked: bool
    has_cursor: bool
    required: int
    excluded: int


@lru_cache(maxsize=1_024)
def _claims_query(shape: _QueryShape) -> SnapshotQuery:
    def build(snapshot: Snapshot) -> Select[Any]:
        claim = snapshot.claim
        text_columns = {TEXT_ID: search_text.c.id.label(TEXT_ID), RANK: fulltext.rank(shape.required).label(RANK)}
        keys = text_table("lookup_keys") if shape.by_claim_id else number_table("lookup_keys")
        key_column = search_text.c.claim_id if shape.by_claim_id else search_text.c.id
        conditions = [fulltext.text_matches(shape.required, shape.excluded)] if shape.by_claim_id else []
        conditions.append(
            fulltext.is_current_text(None if shape.is_current else bindparam("past_text_id", type_=BigInteger))
        )
        texts = (
            select(search_text.c.claim_id, *(text_columns[name] for name in text_columns if name in shape.columns))
            .select_from(keys.join(search_text, key_column == keys.c.value))
            .where(*conditions)
        )
        if shape.only_top_ranked:
            # Sorted in the subquery, so that PostgreSQL reads claims only until the page is full.
            sort_id = bytewise(search_text.c.claim_id).label("sort_id")
            texts = texts.add_columns(sort_id).order_by(text_columns[RANK].desc(), sort_id.desc())
        text = texts.subquery("text")
        claims = (
            select(
                claim.c.id.label("claim_id"),
                *(_facet_value(snapshot, facet).label(f"facet_{facet}") for facet in shape.facets),
                *((text if name in text_columns else claim).c[name].label(f"by_{name}") for name in shape.columns),
            )
            .select_from(text.join(claim, claim.c.id == text.c.claim_id))
            # `IS TRUE` hides the columns from the planner, so it looks the claims up by id.
            .where(and_(*ClaimConditions(snapshot, shape.filter_shape).all()).is_(True))
        )
        if not shape.only_top_ranked:
            return claims
        sort_key = text.c[RANK], text.c.sort_id
        if shape.has_cursor:
            after = tuple_(bindparam("after_rank", type_=Integer), bindparam("after_claim", type_=Text))
            claims = claims.where(tuple_(*sort_key) < after)
        return claims.order_by(*(column.desc() for column in sort_key)).limit(bindparam("limit", type_=BigInteger))

    return SnapshotQuery(build)


# --- counting ---

COLUMN_OF = {"status": "status", "kind": "kind", "stage": "stage", "topic": "topic_id"}
"""Facets that are columns of a claim; the status is that which is shown."""


def _facet_value(snapshot: Snapshot, facet: str) -> ColumnElement[Any]:
    if facet == "status":
        return shown_status(snapshot, snapshot.claim)
    return snapshot.claim.c[COLUMN_OF[facet]]


MAX_VALUES = 200
"""The most values that a facet lists."""


def count_column(search: ClaimSearch, matches: ClaimMatches, facet: str) -> dict[str, int]:
    """The number of claims by value of a facet in COLUMN_OF, most frequent first."""
    counts = Counter(map(itemgetter(1 + search.facets.index(facet)), matches.rows))
    del counts[None]
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_VALUES])
