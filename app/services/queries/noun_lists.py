"""Lists of the other nouns: sources, topics, documents, attributions, evidence, relations."""

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
from app.services.claims import attributions, evidence, relations
from app.services.core.actors import Actor, visible_stages
from app.services.core.claim_visibility import claim_named
from app.services.core.cursors import Cursors
from app.services.core.pagination import Order, Place, page
from app.services.core.refs import Refs
from app.services.core.snapshot import Record, at

Item = TypeVar("Item")
Conditions = list[ColumnElement[bool]]


def _page_of(
    connection: Connection,
    ids: Select[tuple[str]],
    place: Place,
    read: Callable[[Sequence[str]], list[Item]],
) -> Page[Item]:
    """A page in the order of ids, which is that of recording."""
    (identifier,) = ids.selected_columns
    rows, following = page(connection, ids, Order((identifier,)), place)
    return Page(items=read([row[0] for row in rows]), next=following)


def of_sources(connection: Connection, query: SourceQuery, cursors: Cursors) -> Page[SourceRead]:
    """Sources."""
    record = at(connection, query.as_of)
    table = record.source
    conditions: Conditions = []
    if query.kind:
        conditions.append(table.c.kind.in_(query.kind))
    if query.anonymity:
        conditions.append(table.c.anonymity.in_(query.anonymity))
    if query.parent is not None:
        conditions.append(table.c.parent_id == Refs(connection).field(table_of(Source), query.parent, "parent"))
    if query.name is not None:
        names = (table.c.name_folded, table.c.other_names_folded)
        conditions.append(or_(*(column.contains(fold(query.name), autoescape=True) for column in names)))
    statement = select(table.c.id).where(*conditions)
    return _page_of(
        connection, statement, Place.of(query, cursors), lambda ids: sources.read_all(connection, record, ids)
    )


def of_topics(connection: Connection, query: TopicQuery, cursors: Cursors) -> Page[TopicRead]:
    """Topics."""
    record = at(connection, query.as_of)
    table = record.topic
    conditions: Conditions = [table.c.metric_family.in_(query.metric_family)] if query.metric_family else []
    statement = select(table.c.id).where(*conditions)
    return _page_of(
        connection, statement, Place.of(query, cursors), lambda ids: topics.read_all(connection, record, ids)
    )


def of_documents(connection: Connection, query: DocumentQuery, cursors: Cursors) -> Page[DocumentRead]:
    """Documents."""
    record = at(connection, query.as_of)
    table = record.document
    conditions: Conditions = []
    if query.kind:
        conditions.append(table.c.kind.in_(query.kind))
    if query.publisher is not None:
        publisher = Refs(connection).field(table_of(Source), query.publisher, "publisher")
        conditions.append(table.c.publisher_id == publisher)
    if query.url is not None:
        conditions.append(table.c.url == query.url)
    if query.date_from is not None or query.date_to is not None:
        conditions.append(table.c.published.is_not(None))
    if query.date_from is not None:
        conditions.append(table.c.published_latest >= edtf.bounds(query.date_from).earliest)
    if query.date_to is not None:
        conditions.append(table.c.published_earliest <= edtf.bounds(query.date_to).latest)
    statement = select(table.c.id).where(*conditions)
    return _page_of(
        connection, statement, Place.of(query, cursors), lambda ids: documents.read_all(connection, record, ids)
    )


def of_attributions(
    connection: Connection, query: AttributionQuery, actor: Actor | None, cursors: Cursors
) -> Page[AttributionRead]:
    """Attributions of claims that the reader may see."""
    record = at(connection, query.as_of)
    table = record.attribution
    refs = Refs(connection)
    conditions: Conditions = []
    if query.claim is not None:
        conditions.append(table.c.claim_id == claim_named(connection, query.claim, actor, "claim"))
    if query.source is not None:
        conditions.append(table.c.source_id == refs.field(table_of(Source), query.source, "source"))
    if query.document is not None:
        conditions.append(table.c.document_id == refs.field(table_of(Document), query.document, "document"))
    if query.stance:
        conditions.append(table.c.stance.in_(query.stance))
    statement = _of_visible_claims(record, table, actor).where(*conditions)
    return _page_of(
        connection,
        statement,
        Place.of(query, cursors),
        lambda ids: attributions.read_all(connection, record, ids, actor),
    )


def of_evidence(
    connection: Connection, query: EvidenceQuery, actor: Actor | None, cursors: Cursors
) -> Page[EvidenceRead]:
    """Evidence for claims that the reader may see."""
    record = at(connection, query.as_of)
    table = record.evidence
    refs = Refs(connection)
    conditions: Conditions = []
    if query.claim is not None:
        conditions.append(table.c.claim_id == claim_named(connection, query.claim, actor, "claim"))
    if query.document is not None:
        conditions.append(table.c.document_id == refs.field(table_of(Document), query.document, "document"))
    if query.role:
        conditions.append(table.c.role.in_(query.role))
    statement = _of_visible_claims(record, table, actor).where(*conditions)
    return _page_of(
        connection, statement, Place.of(query, cursors), lambda ids: evidence.read_all(connection, record, ids, actor)
    )


def of_relations(
    connection: Connection, query: RelationQuery, actor: Actor | None, cursors: Cursors
) -> Page[RelationRead]:
    """Relations between claims that the reader may see."""
    record = at(connection, query.as_of)
    table = record.claim_relation
    conditions: Conditions = []
    if query.claim is not None:
        claim_id = claim_named(connection, query.claim, actor, "claim")
        conditions.append(or_(table.c.claim_id == claim_id, table.c.other_claim_id == claim_id))
    if query.relation:
        conditions.append(table.c.relation.in_(query.relation))
    other = record.claim.alias("other")
    statement = (
        _of_visible_claims(record, table, actor)
        .join(other, other.c.id == table.c.other_claim_id)
        .where(other.c.stage.in_(visible_stages(actor)), *conditions)
    )
    return _page_of(
        connection, statement, Place.of(query, cursors), lambda ids: relations.read_all(connection, record, ids, actor)
    )


def _of_visible_claims(record: Record, table: FromClause, actor: Actor | None) -> Select[Any]:
    claim = record.claim
    return (
        select(table.c.id).join(claim, claim.c.id == table.c.claim_id).where(claim.c.stage.in_(visible_stages(actor)))
    )
