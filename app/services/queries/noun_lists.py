"""Lists of sources, topics, documents, attributions, evidence and relations."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, or_, select

from app.db.schema import table_of
from app.formats.search_text import fold
from app.models import Document, Source
from app.schemas.attribution import AttributionRead
from app.schemas.base import edtf
from app.schemas.base.fields import Page
from app.schemas.document import DocumentRead
from app.schemas.evidence import EvidenceRead
from app.schemas.query_parameters import (
    AttributionQuery,
    DocumentQuery,
    EvidenceQuery,
    RelationQuery,
    SourceQuery,
    TopicQuery,
)
from app.schemas.relation import RelationRead
from app.schemas.source import SourceRead
from app.schemas.topic import TopicRead
from app.services.catalogue import documents, sources, topics
from app.services.changes.actors import Actor, visible_stages
from app.services.changes.claim_visibility import resolve_visible_claim
from app.services.claims import attributions, evidence, relations
from app.services.core.cursors import Cursors
from app.services.core.merged_objects import current_id, is_in_use
from app.services.core.pagination import Order, PageRequest, fetch_page
from app.services.core.refs import Refs
from app.services.core.snapshot import Snapshot, snapshot_at

Item = TypeVar("Item")
WhereClauses = list[ColumnElement[bool]]


def _build_page(
    connection: Connection,
    ids: Select[tuple[str]],
    request: PageRequest,
    read: Callable[[Sequence[str]], list[Item]],
) -> Page[Item]:
    """A page in the order of ids, which is the order of recording; `read` reads the objects with these ids."""
    (identifier,) = ids.selected_columns
    rows, next_cursor = fetch_page(connection, ids, Order((identifier,)), request)
    return Page(items=read([row[0] for row in rows]), next=next_cursor)


def list_sources(connection: Connection, query: SourceQuery, cursors: Cursors) -> Page[SourceRead]:
    """A page of sources. Raises InvalidError for an unknown parent or a cursor of another list."""
    snapshot = snapshot_at(connection, query.as_of)
    table = snapshot.source
    conditions: WhereClauses = [is_in_use(table)]
    if query.kind:
        conditions.append(table.c.kind.in_(query.kind))
    if query.anonymity:
        conditions.append(table.c.anonymity.in_(query.anonymity))
    if query.parent is not None:
        conditions.append(
            table.c.parent_id == Refs(connection, snapshot).resolve_field(table_of(Source), query.parent, "parent")
        )
    if query.name is not None:
        names = (table.c.name_folded, table.c.other_names_folded)
        conditions.append(or_(*(column.contains(fold(query.name), autoescape=True) for column in names)))
    statement = select(table.c.id).where(*conditions)
    return _build_page(
        connection, statement, PageRequest.of(query, cursors), lambda ids: sources.read_all(connection, snapshot, ids)
    )


def list_topics(connection: Connection, query: TopicQuery, cursors: Cursors) -> Page[TopicRead]:
    """A page of topics. Raises InvalidError for a cursor of another list."""
    snapshot = snapshot_at(connection, query.as_of)
    table = snapshot.topic
    conditions: WhereClauses = [is_in_use(table)]
    if query.metric_family:
        conditions.append(table.c.metric_family.in_(query.metric_family))
    statement = select(table.c.id).where(*conditions)
    return _build_page(
        connection, statement, PageRequest.of(query, cursors), lambda ids: topics.read_all(connection, snapshot, ids)
    )


def list_documents(connection: Connection, query: DocumentQuery, cursors: Cursors) -> Page[DocumentRead]:
    """A page of documents. Raises InvalidError for an unknown publisher or a cursor of another list."""
    snapshot = snapshot_at(connection, query.as_of)
    table = snapshot.document
    conditions: WhereClauses = [is_in_use(table)]
    if query.kind:
        conditions.append(table.c.kind.in_(query.kind))
    if query.publisher is not None:
        publisher = Refs(connection, snapshot).resolve_field(table_of(Source), query.publisher, "publisher")
        conditions.append(table.c.publisher_id == publisher)
    if query.url is not None:
        # The address of a duplicate finds the document that it was merged into.
        same_url = snapshot.document.alias()
        conditions.append(table.c.id.in_(select(current_id(table, same_url.c.id)).where(same_url.c.url == query.url)))
    if query.date_from is not None or query.date_to is not None:
        conditions.append(table.c.published.is_not(None))
    if query.date_from is not None:
        conditions.append(table.c.published_latest >= edtf.bounds(query.date_from).earliest)
    if query.date_to is not None:
        conditions.append(table.c.published_earliest <= edtf.bounds(query.date_to).latest)
    statement = select(table.c.id).where(*conditions)
    return _build_page(
        connection, statement, PageRequest.of(query, cursors), lambda ids: documents.read_all(connection, snapshot, ids)
    )


def list_attributions(
    connection: Connection, query: AttributionQuery, actor: Actor | None, cursors: Cursors
) -> Page[AttributionRead]:
    """A page of attributions of claims that the reader may see.

    Raises InvalidError for an unknown claim, source or document, or a cursor of another list.
    """
    snapshot = snapshot_at(connection, query.as_of)
    table = snapshot.attribution
    refs = Refs(connection, snapshot)
    conditions: WhereClauses = []
    if query.claim is not None:
        conditions.append(table.c.claim_id == resolve_visible_claim(connection, query.claim, actor, "claim"))
    if query.source is not None:
        conditions.append(table.c.source_id == refs.resolve_field(table_of(Source), query.source, "source"))
    if query.document is not None:
        conditions.append(table.c.document_id == refs.resolve_field(table_of(Document), query.document, "document"))
    if query.stance:
        conditions.append(table.c.stance.in_(query.stance))
    statement = _select_of_visible_claims(snapshot, table, actor).where(*conditions)
    return _build_page(
        connection,
        statement,
        PageRequest.of(query, cursors),
        lambda ids: attributions.read_all(connection, snapshot, ids, actor),
    )


def list_evidence(
    connection: Connection, query: EvidenceQuery, actor: Actor | None, cursors: Cursors
) -> Page[EvidenceRead]:
    """A page of evidence on claims that the reader may see.

    Raises InvalidError for an unknown claim or document, or a cursor of another list.
    """
    snapshot = snapshot_at(connection, query.as_of)
    table = snapshot.evidence
    refs = Refs(connection, snapshot)
    conditions: WhereClauses = []
    if query.claim is not None:
        conditions.append(table.c.claim_id == resolve_visible_claim(connection, query.claim, actor, "claim"))
    if query.document is not None:
        conditions.append(table.c.document_id == refs.resolve_field(table_of(Document), query.document, "document"))
    if query.role:
        conditions.append(table.c.role.in_(query.role))
    statement = _select_of_visible_claims(snapshot, table, actor).where(*conditions)
    return _build_page(
        connection,
        statement,
        PageRequest.of(query, cursors),
        lambda ids: evidence.read_all(connection, snapshot, ids, actor),
    )


def list_relations(
    connection: Connection, query: RelationQuery, actor: Actor | None, cursors: Cursors
) -> Page[RelationRead]:
    """A page of relations between claims that the reader may see.

    Raises InvalidError for an unknown claim or a cursor of another list.
    """
    snapshot = snapshot_at(connection, query.as_of)
    table = snapshot.claim_relation
    conditions: WhereClauses = []
    if query.claim is not None:
        claim_id = resolve_visible_claim(connection, query.claim, actor, "claim")
        conditions.append(or_(table.c.claim_id == claim_id, table.c.other_claim_id == claim_id))
    if query.relation:
        conditions.append(table.c.relation.in_(query.relation))
    other = snapshot.claim.alias("other")
    statement = (
        _select_of_visible_claims(snapshot, table, actor)
        .join(other, other.c.id == table.c.other_claim_id)
        .where(other.c.stage.in_(visible_stages(actor)), *conditions)
    )
    return _build_page(
        connection,
        statement,
        PageRequest.of(query, cursors),
        lambda ids: relations.read_all(connection, snapshot, ids, actor),
    )


def _select_of_visible_claims(snapshot: Snapshot, table: FromClause, actor: Actor | None) -> Select[Any]:
    claim = snapshot.claim
    return (
        select(table.c.id).join(claim, claim.c.id == table.c.claim_id).where(claim.c.stage.in_(visible_stages(actor)))
    )
