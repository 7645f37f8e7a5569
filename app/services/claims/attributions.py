"""Attributions: record, correct, read; and the chains that they form."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, case, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import Change, Row, revision_table
from app.db.schema import table_of
from app.errors import InvalidError, NotFoundError
from app.models import Attribution, Claim, Document, Source
from app.schemas.attribution import (
    AttributionCorrection,
    AttributionCreate,
    AttributionRead,
    ChainLink,
    ClaimAttributionCreate,
)
from app.schemas.base import edtf
from app.services.catalogue import documents, source_ratings, sources
from app.services.catalogue.source_ratings import Ratings
from app.services.claims.relays import Relays
from app.services.core.actors import Actor, visible_stages
from app.services.core.claim_visibility import seen
from app.services.core.nouns import Columns, Noun, check_etag, columns_of, etag, given, overlay, rows_by_id, shaped
from app.services.core.quote_columns import QUOTE, gather, spread
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Record
from app.services.core.version_bumps import touch
from app.services.policy import origins
from app.services.search import search_index
from app.vocabulary import Action

_PLAIN = ("key", "stance", "lineage", "said", "directness", "note", "withdrawn")

_SEARCH = {"on": "searched_on", "where": "searched_where", "by": "searched_by"}
_RETRACTION = {"by": "retracted_by", "on": "retracted_on", "notice": "retraction_notice"}


def nested(row: Row) -> dict[str, Any]:
    """The objects within an attribution, from its columns; None where there is none."""
    return {
        "quote": gather(row, QUOTE, "exact"),
        "search": gather(row, _SEARCH, "on"),
        "retraction": gather(row, _RETRACTION, "by"),
    }


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "source" in fields:
        columns["source_id"] = refs.field(table_of(Source), fields["source"], "source")
    if "document" in fields:
        columns["document_id"] = refs.field(table_of(Document), fields["document"], "document")
    if "own_claim" in fields:
        columns["own_claim_id"] = refs.field(table_of(Claim), fields["own_claim"], "own_claim")
    if "said" in fields:
        columns["said_earliest"], columns["said_latest"] = edtf.bounds(fields["said"])
    if "quote" in fields:
        columns |= spread(fields["quote"], QUOTE)
    if "search" in fields:
        columns |= spread(fields["search"], _SEARCH)
    if "retraction" in fields:
        columns |= spread(fields["retraction"], _RETRACTION)
    return columns


def _fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN} | {
        "source": row["source_id"],
        "upstream": row["upstream_id"],
        "document": row["document_id"],
        "own_claim": row["own_claim_id"],
        **nested(row),
    }


ATTRIBUTION = Noun(Attribution, ClaimAttributionCreate, _columns, _fields)


def rows_for(
    claim_id: str, attributions: Sequence[ClaimAttributionCreate], refs: Refs, existing: Iterable[Row]
) -> list[Columns]:
    """The rows of a claim's attributions; an upstream is one of `existing` (by key or id) or stands before it.

    Raises InvalidError naming the field, with its place in the list.
    """
    known = Relays(existing)
    rows = []
    for place, attribution in enumerate(attributions):
        there = known.ids.get(attribution.key or "")
        try:
            columns = _columns(given(attribution), refs)
            upstream_id = known.upstream(attribution.upstream, of=there)
        except InvalidError as error:
            raise error.under(f"attributions.{place}") from None
        identifier = there or ATTRIBUTION.new_id()
        known.add(identifier, attribution.key, upstream_id)
        rows.append({"id": identifier, "claim_id": claim_id, **columns, "upstream_id": upstream_id})
    return rows


def of_claim(connection: Connection, claim_id: str) -> Sequence[Row]:
    """The attributions of a claim: `id`, `key` and `upstream_id`."""
    table = ATTRIBUTION.table
    statement = select(table.c.id, table.c.key, table.c.upstream_id).where(table.c.claim_id == claim_id)
    return connection.execute(statement).mappings().all()


def create(connection: Connection, actor: Actor, attribution: AttributionCreate, reason: str) -> str:
    """Record an attribution of a claim; its id."""
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    claim_id = refs.required(table_of(Claim), attribution.claim, "claim")
    existing = of_claim(connection, claim_id)
    if attribution.key is not None and any(attribution.key in (row["id"], row["key"]) for row in existing):
        raise InvalidError.of("key", "the claim has an attribution with this key already")
    try:
        row = rows_for(claim_id, [attribution], refs, existing)[0]
    except InvalidError as error:
        raise error.without("attributions.0") from None
    change.add(ATTRIBUTION.table, [row])
    settle(change, [claim_id])
    return str(row["id"])


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: AttributionCorrection, if_match: str | None
) -> None:
    """Correct an attribution."""
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_etag(if_match, etag(read_one(connection, NOW, identifier, actor)))
    refs = Refs(connection)
    row, columns = overlay(change, ATTRIBUTION, identifier, correction, refs)
    claim_id = row["claim_id"]
    if "upstream" in correction.model_fields_set:
        upstream_id = Relays(of_claim(connection, claim_id)).upstream(correction.upstream, of=identifier)
        if upstream_id != row["upstream_id"]:
            columns["upstream_id"] = upstream_id
    if columns:
        change.amend(ATTRIBUTION.table, [{"id": identifier, **columns}])
        settle(change, [claim_id])


def settle(change: Change, claim_ids: Iterable[str]) -> None:
    """What follows when attributions change: their claims have a new version, and other words."""
    touched = sorted(set(claim_ids))
    touch(change, touched)
    search_index.refresh(change, touched)


def read_one(connection: Connection, record: Record, identifier: str, actor: Actor | None) -> AttributionRead:
    """An attribution of a claim that this reader may see. Raises NotFoundError."""
    found = read_all(connection, record, [identifier], actor)
    if not found:
        raise NotFoundError("attribution", identifier, then=record.seq is not None)
    return found[0]


def read_all(
    connection: Connection, record: Record, identifiers: Iterable[str], actor: Actor | None
) -> list[AttributionRead]:
    """The attributions with these ids whose claims this reader may see, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.attribution, wanted)
    claims = rows_by_id(connection, record.claim, {row["claim_id"] for row in rows.values()})
    visible = [one for one, row in claims.items() if row["stage"] in visible_stages(actor)]
    shown = {read.id: read for one in of_claims(connection, record, visible, actor).values() for read in one}
    return [shown[one] for one in wanted if one in shown]


def first_seq(said: FromClause) -> ColumnElement[int]:
    """The number of the change that recorded an attribution of an outer statement first, `first_seq`."""
    first = revision_table(ATTRIBUTION.table).alias("first")
    recorded = select(first.c.change_seq).where(first.c.id == said.c.id, first.c.version == 1).scalar_subquery()
    return case((said.c.version > 1, recorded), else_=said.c.change_seq).label("first_seq")


def rows_of_claims(connection: Connection, record: Record, claim_ids: Iterable[str]) -> dict[str, list[Row]]:
    """The rows of the attributions of each claim, oldest first, each with its `first_seq`."""
    wanted = list(claim_ids)
    found: dict[str, list[Row]] = {claim_id: [] for claim_id in wanted}
    table = record.attribution
    for chunk in chunks(wanted):
        statement = select(table, first_seq(table)).where(table.c.claim_id.in_(chunk)).order_by(table.c.id)
        for row in connection.execute(statement).mappings():
            found[row["claim_id"]].append(row)
    return found


def of_claims(
    connection: Connection, record: Record, claim_ids: Iterable[str], actor: Actor | None
) -> dict[str, list[AttributionRead]]:
    """The attributions of each claim as they are shown, oldest first."""
    by_claim = rows_of_claims(connection, record, claim_ids)
    return show(connection, record, by_claim, actor)


def show(
    connection: Connection, record: Record, by_claim: Mapping[str, Sequence[Row]], actor: Actor | None
) -> dict[str, list[AttributionRead]]:
    """These rows as they are shown. A claim of their own that the reader may not see is left unnamed."""
    rows = [row for group in by_claim.values() for row in group]
    own = seen(connection, record, (row["own_claim_id"] for row in rows), actor)
    briefs = sources.briefs_of(connection, record, {row["source_id"] for row in rows})
    anonymity = {one: str(brief.anonymity) for one, brief in briefs.items()}
    placed = documents.briefs_of(connection, record, {row["document_id"] for row in rows} - {None})
    rated = Ratings(source_ratings.of_sources(connection, record, briefs))
    topics = {one: row["topic_id"] for one, row in rows_by_id(connection, record.claim, by_claim).items()}
    return {
        claim_id: [
            AttributionRead(**one)
            for one in shown(
                group, origins.traced(group, anonymity), briefs, placed, own, rated=rated, topic_id=topics[claim_id]
            )
        ]
        for claim_id, group in by_claim.items()
    }


def shown_columns(attribution: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `shown` needs."""
    names = {
        "source_id",
        "document_id",
        "said_earliest",
        "said_latest",
        *QUOTE.values(),
        *_SEARCH.values(),
        *_RETRACTION.values(),
    }
    return [*columns_of(AttributionRead, attribution), *(attribution.c[name] for name in sorted(names - {"quote"}))]


def shown(
    rows: Sequence[Row],
    ends: Mapping[str, str | None],
    briefs: Mapping[str, Any],
    placed: Mapping[str, Any],
    own: Container[str],
    *,
    rated: Ratings,
    topic_id: str | None,
) -> list[PlainRow]:
    """The attributions of one claim as `AttributionRead` has them.

    `ends` are as `origins.traced` has them; `briefs` are their sources and `placed` their documents as they are
    mentioned; `own` are the claims of their own that the reader may see; `topic_id` is the topic of the claim.
    """
    by_id = {row["id"]: row for row in rows}
    return [
        shaped(
            AttributionRead,
            row,
            source=briefs[row["source_id"]],
            reliability=rated.holding(row, topic_id),
            chain=[
                shaped(ChainLink, link, attribution_id=link["id"], source=briefs[link["source_id"]])
                for link in origins.chain(row, by_id)
            ],
            origin_id=ends[row["id"]],
            document=placed.get(row["document_id"]),
            **nested(row),
            own_claim_id=row["own_claim_id"] if row["own_claim_id"] in own else None,
        )
        for row in rows
    ]
