"""Attributions of claims: who said what, where, and relayed from whom. Create, correct and read them."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import InvalidError
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
from app.services.catalogue.source_ratings import RatingIndex
from app.services.changes import change_effects
from app.services.changes.actors import Actor, visible_stages
from app.services.changes.claim_visibility import visible_claim_ids
from app.services.changes.decision_staleness import first_change_seq
from app.services.claims.relays import RelayGraph
from app.services.core import etags
from app.services.core.held_elsewhere import missing_past
from app.services.core.nouns import (
    Columns,
    Noun,
    columns_of,
    fetch_rows_by_id,
    field_values,
    plan_correction,
    serialize_row,
)
from app.services.core.quote_columns import QUOTE_COLUMNS, flatten_fields, nest_columns
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot
from app.services.policy import origins
from app.vocabulary import Action

_PLAIN = ("key", "stance", "lineage", "said", "directness", "note", "withdrawn")

_SEARCH = {"on": "searched_on", "where": "searched_where", "by": "searched_by"}
_RETRACTION = {"by": "retracted_by", "on": "retracted_on", "notice": "retraction_notice"}


def nested_objects(row: StoredRow) -> dict[str, Any]:
    """The nested objects of an attribution, built from its columns; None for each that it does not have."""
    return {
        "quote": nest_columns(row, QUOTE_COLUMNS, "exact"),
        "search": nest_columns(row, _SEARCH, "on"),
        "retraction": nest_columns(row, _RETRACTION, "by"),
    }


def nested_columns(attribution: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `nested_objects` needs."""
    names = {*QUOTE_COLUMNS.values(), *_SEARCH.values(), *_RETRACTION.values()}
    return [attribution.c[name] for name in sorted(names)]


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "source" in fields:
        columns["source_id"] = refs.resolve_field(table_of(Source), fields["source"], "source")
    if "document" in fields:
        columns["document_id"] = refs.resolve_field(table_of(Document), fields["document"], "document")
    if "own_claim" in fields:
        columns["own_claim_id"] = refs.resolve_field(table_of(Claim), fields["own_claim"], "own_claim")
    if "said" in fields:
        columns["said_earliest"], columns["said_latest"] = edtf.bounds(fields["said"])
    if "quote" in fields:
        columns |= flatten_fields(fields["quote"], QUOTE_COLUMNS)
    if "search" in fields:
        columns |= flatten_fields(fields["search"], _SEARCH)
    if "retraction" in fields:
        columns |= flatten_fields(fields["retraction"], _RETRACTION)
    return columns


def _fields(row: StoredRow) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN} | {
        "source": row["source_id"],
        "upstream": row["upstream_id"],
        "document": row["document_id"],
        "own_claim": row["own_claim_id"],
        **nested_objects(row),
    }


ATTRIBUTION = Noun(Attribution, ClaimAttributionCreate, _columns, _fields)


def build_rows(
    claim_id: str, attributions: Sequence[ClaimAttributionCreate], refs: Refs, existing: Iterable[StoredRow]
) -> list[Columns]:
    """Build the rows of a claim's attributions. One whose key is among `existing` keeps its id.

    An upstream is named by id or key and must be among `existing` or precede the attribution in the list. Raises
    InvalidError naming the field, with its index in the list.
    """
    graph = RelayGraph(existing)
    rows = []
    for index, attribution in enumerate(attributions):
        existing_id = graph.ids.get(attribution.key or "")
        try:
            columns = _columns(field_values(attribution), refs)
            upstream_id = graph.resolve_upstream(attribution.upstream, attribution_id=existing_id)
        except InvalidError as error:
            raise error.prefix_fields(f"attributions.{index}") from None
        identifier = existing_id or ATTRIBUTION.new_id()
        graph.add(identifier, attribution.key, upstream_id)
        rows.append({"id": identifier, "claim_id": claim_id, **columns, "upstream_id": upstream_id})
    return rows


def fetch_relay_rows(connection: Connection, claim_id: str) -> Sequence[StoredRow]:
    """The rows of a claim's attributions that a `RelayGraph` needs: `id`, `key` and `upstream_id`."""
    table = ATTRIBUTION.table
    statement = select(table.c.id, table.c.key, table.c.upstream_id).where(table.c.claim_id == claim_id)
    return connection.execute(statement).mappings().all()


_WHO_TOOK_IT_BACK = (
    "does not say who took the attribution back; send `retraction` with `on`, `notice` and `by`, which is 'origin' if "
    "the source retracted its statement, 'publisher' if the publisher of the document retracted the report, and 'us' "
    "if we had recorded it wrongly"
)


def _is_open(row: StoredRow) -> bool:
    """True if an attribution was taken back and nothing says by whom, as in files and in older records."""
    return bool(row["withdrawn"]) and row["retracted_by"] is None


def require_retractor(attributions: Iterable[ClaimAttributionCreate], prefix: str = "") -> None:
    """Raise InvalidError if a new attribution is withdrawn without saying by whom. `prefix` begins with the index."""
    for index, attribution in enumerate(attributions):
        if attribution.withdrawn and attribution.retraction is None:
            raise InvalidError.of(f"{prefix}{index}.withdrawn" if prefix else "withdrawn", _WHO_TOOK_IT_BACK)


def create(connection: Connection, actor: Actor, attribution: AttributionCreate, reason: str) -> str:
    """Record an attribution of a claim and return its id. Raises InvalidError naming the field."""
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    claim_id = refs.resolve_required_field(table_of(Claim), attribution.claim, "claim")
    existing = fetch_relay_rows(connection, claim_id)
    if attribution.key is not None and any(attribution.key in (row["id"], row["key"]) for row in existing):
        raise InvalidError.of(
            "key", "the claim already has an attribution with this key; choose another key or correct that attribution"
        )
    require_retractor([attribution])
    try:
        row = build_rows(claim_id, [attribution], refs, existing)[0]
    except InvalidError as error:
        raise error.strip_prefix("attributions.0") from None
    change.add(ATTRIBUTION.table, [row])
    refresh_claims(change, [claim_id])
    return str(row["id"])


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: AttributionCorrection, if_match: str | None
) -> None:
    """Correct an attribution. Raises NotFoundError, VersionMismatchError, InvalidError."""
    change = actor.open(connection, Action.CORRECT, correction.reason)
    etags.require(if_match, etags.of_object(read_one(connection, NOW, identifier, actor)))
    refs = Refs(connection)
    row, columns = plan_correction(change, ATTRIBUTION, identifier, correction, refs)
    is_open = _is_open({**row, **columns})
    if is_open and not _is_open(row):
        raise InvalidError.of("withdrawn", _WHO_TOOK_IT_BACK)
    claim_id = row["claim_id"]
    if "upstream" in correction.model_fields_set:
        upstream_id = RelayGraph(fetch_relay_rows(connection, claim_id)).resolve_upstream(
            correction.upstream, attribution_id=identifier
        )
        if upstream_id != row["upstream_id"]:
            columns["upstream_id"] = upstream_id
    if columns:
        change.amend(ATTRIBUTION.table, [{"id": identifier, **columns}])
        refresh_claims(change, [claim_id])


def refresh_claims(change: ChangeWriter, claim_ids: Iterable[str]) -> None:
    """Give claims whose attributions have changed a new version, and update their search texts."""
    ids = sorted(set(claim_ids))
    change_effects.bump_versions(change, ids)
    change_effects.update_search_texts(change, ids)


def read_one(connection: Connection, snapshot: Snapshot, identifier: str, actor: Actor | None) -> AttributionRead:
    """Read an attribution. Raises NotFoundError, also if the reader may not see its claim."""
    attributions = read_all(connection, snapshot, [identifier], actor)
    if not attributions:
        raise missing_past(connection, snapshot, ATTRIBUTION.table, identifier)
    return attributions[0]


def read_all(
    connection: Connection, snapshot: Snapshot, identifiers: Iterable[str], actor: Actor | None
) -> list[AttributionRead]:
    """The attributions with these ids whose claims this reader may see, in the order of the ids."""
    ids = list(identifiers)
    rows = fetch_rows_by_id(connection, snapshot.attribution, ids)
    claims = fetch_rows_by_id(connection, snapshot.claim, {row["claim_id"] for row in rows.values()})
    visible_ids = [claim_id for claim_id, row in claims.items() if row["stage"] in visible_stages(actor)]
    # The whole claim is read, because an attribution is shown with its upstream chain.
    by_claim = read_by_claim(connection, snapshot, visible_ids, actor)
    by_id = {attribution.id: attribution for group in by_claim.values() for attribution in group}
    return [by_id[identifier] for identifier in ids if identifier in by_id]


def fetch_by_claim(connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]) -> dict[str, list[StoredRow]]:
    """The attribution rows of each claim, oldest first, each with its `first_seq` (see `first_change_seq`)."""
    rows: dict[str, list[StoredRow]] = {claim_id: [] for claim_id in claim_ids}
    table = snapshot.attribution
    for chunk in chunks(rows):
        statement = select(table, first_change_seq(table)).where(table.c.claim_id.in_(chunk)).order_by(table.c.id)
        for row in connection.execute(statement).mappings():
            rows[row["claim_id"]].append(row)
    return rows


def read_by_claim(
    connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str], actor: Actor | None
) -> dict[str, list[AttributionRead]]:
    """The attributions of each claim as read models, oldest first."""
    by_claim = fetch_by_claim(connection, snapshot, claim_ids)
    return to_read_models(connection, snapshot, by_claim, actor)


def to_read_models(
    connection: Connection, snapshot: Snapshot, by_claim: Mapping[str, Sequence[StoredRow]], actor: Actor | None
) -> dict[str, list[AttributionRead]]:
    """Convert attribution rows to read models. `own_claim_id` is left out if the reader may not see that claim."""
    rows = [row for group in by_claim.values() for row in group]
    visible_claims = visible_claim_ids(connection, snapshot, (row["own_claim_id"] for row in rows), actor)
    briefs = sources.read_briefs(connection, snapshot, {row["source_id"] for row in rows})
    anonymity = {source_id: str(brief.anonymity) for source_id, brief in briefs.items()}
    document_briefs = documents.read_briefs(connection, snapshot, {row["document_id"] for row in rows} - {None})
    ratings = RatingIndex(source_ratings.fetch_ratings(connection, snapshot, briefs))
    claims = fetch_rows_by_id(connection, snapshot.claim, by_claim)
    return {
        claim_id: [
            AttributionRead(**fields)
            for fields in serialize(
                group,
                origins.trace_origins(group, anonymity),
                briefs,
                document_briefs,
                visible_claims,
                ratings=ratings,
                topic_id=claims[claim_id]["topic_id"],
            )
        ]
        for claim_id, group in by_claim.items()
    }


def serialized_columns(attribution: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `serialize` needs."""
    names = {
        "source_id",
        "document_id",
        "said_earliest",
        "said_latest",
        *QUOTE_COLUMNS.values(),
        *_SEARCH.values(),
        *_RETRACTION.values(),
    }
    return [*columns_of(AttributionRead, attribution), *(attribution.c[name] for name in sorted(names - {"quote"}))]


def serialize(
    rows: Sequence[StoredRow],
    traced_origins: Mapping[str, str | None],
    source_briefs: Mapping[str, Any],
    document_briefs: Mapping[str, Any],
    visible_claims: Container[str],
    *,
    ratings: RatingIndex,
    topic_id: str | None,
) -> list[PlainRow]:
    """The attributions of one claim as plain dicts with the fields of `AttributionRead`.

    `traced_origins` is the result of `origins.trace_origins`. `source_briefs` and `document_briefs` map ids to briefs.
    `visible_claims` are the claims that the reader may see in `own_claim_id`. `topic_id` is the topic of the claim.
    """
    by_id = {row["id"]: row for row in rows}
    return [
        serialize_row(
            AttributionRead,
            row,
            source=source_briefs[row["source_id"]],
            reliability=ratings.in_force(row, topic_id),
            chain=[
                serialize_row(
                    ChainLink,
                    link,
                    attribution_id=link["id"],
                    source=source_briefs[link["source_id"]],
                    retraction=nest_columns(link, _RETRACTION, "by"),
                )
                for link in origins.upstream_chain(row, by_id)
            ],
            upstream_state=origins.upstream_state(row, by_id),
            origin_id=traced_origins[row["id"]],
            document=document_briefs.get(row["document_id"]),
            **nested_objects(row),
            own_claim_id=row["own_claim_id"] if row["own_claim_id"] in visible_claims else None,
        )
        for row in rows
    ]
