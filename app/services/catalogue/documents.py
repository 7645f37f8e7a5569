"""Documents: create, correct and read them."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.db.revisions import StoredRow
from app.models import Document
from app.schemas.base import edtf
from app.schemas.base.author_name import AuthorName
from app.schemas.capture import CaptureRead
from app.schemas.document import (
    DocumentBrief,
    DocumentCorrection,
    DocumentCreate,
    DocumentFields,
    DocumentRead,
)
from app.services.catalogue import sources
from app.services.changes import edit_protection
from app.services.changes.actors import Actor
from app.services.core import etags, nouns, possible_duplicates
from app.services.core.held_elsewhere import missing_past
from app.services.core.merged_objects import current_id, with_duplicates
from app.services.core.nouns import Columns, Noun, fetch_rows_by_id
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot
from app.vocabulary import Action

_PROTECTED = ("kind", "title", "author", "authors", "url", "published", "publisher_id", "archive_url", "archived_on")
"""The columns that identify a document. Only an editor may replace them once a decision depends on it."""

_PLAIN = (
    "key",
    "kind",
    "title",
    "author",
    "url",
    "language",
    "published",
    "accessed_on",
    "archive_url",
    "archived_on",
    "note",
)


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "authors" in fields:
        columns["authors"] = _plain_names(fields["authors"])
    if "publisher" in fields:
        columns["publisher_id"] = refs.resolve_field(sources.SOURCE.table, fields["publisher"], "publisher")
    if "published" in fields:
        columns["published_earliest"], columns["published_latest"] = edtf.bounds(fields["published"])
    return columns


def _fields(row: StoredRow) -> dict[str, Any]:
    plain = {name: row[name] for name in _PLAIN if name != "key"}
    return plain | {"authors": row["authors"], "publisher": row["publisher_id"]}


def _plain_names(names: Iterable[AuthorName] | None) -> list[dict[str, str]] | None:
    return None if names is None else [name.model_dump(exclude_none=True) for name in names]


DOCUMENT = Noun(Document, DocumentFields, _columns, _fields)


def create(connection: Connection, actor: Actor, document: DocumentCreate, reason: str) -> str:
    """Create a document and return its id. Raises PossibleDuplicateError if another document has its address."""
    return nouns.create(actor.open(connection, Action.CREATE, reason), DOCUMENT, document)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: DocumentCorrection, if_match: str | None
) -> None:
    """Correct a document.

    Raises PermissionDeniedError if a fact-checker would replace an identifying column of a document that a claim with a
    decision cites.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    etags.require(if_match, etags.of_object(read_one(connection, NOW, identifier)))

    def refuse(row: StoredRow, columns: Columns) -> None:
        replaced = edit_protection.replaced_columns(row, columns, _PROTECTED)
        edit_protection.require_editor_if_decided(
            connection, actor, replaced, lambda: edit_protection.decisions_citing_document(identifier)
        )

    nouns.correct(change, DOCUMENT, identifier, correction, refuse)


def read_one(connection: Connection, snapshot: Snapshot, identifier: str) -> DocumentRead:
    """A document. Raises NotFoundError if it does not exist."""
    documents = read_all(connection, snapshot, [identifier])
    if not documents:
        raise missing_past(connection, snapshot, DOCUMENT.table, identifier)
    return documents[0]


def read_all(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> list[DocumentRead]:
    """The existing documents out of these, in the given order."""
    requested_ids = list(identifiers)
    rows = fetch_rows_by_id(connection, snapshot.document, requested_ids)
    publishers = sources.read_briefs(connection, snapshot, _publishers(rows))
    distinct_ids = possible_duplicates.read_rulings(connection, snapshot, rows)
    captures: dict[str, list[CaptureRead]] = {document_id: [] for document_id in rows}
    for row in fetch_captures(connection, snapshot, rows):
        for document_id in {row["document_id"], row["current_document_id"]} & captures.keys():
            captures[document_id].append(CaptureRead(**row))
    return [
        DocumentRead(
            **rows[document_id],
            publisher=publishers.get(rows[document_id]["publisher_id"]),
            captures=captures[document_id],
            distinct_from=distinct_ids[document_id],
        )
        for document_id in requested_ids
        if document_id in rows
    ]


def fetch_captures(connection: Connection, snapshot: Snapshot, document_ids: Iterable[str]) -> list[StoredRow]:
    """The captures of these documents and of their duplicates, oldest first.

    `current_document_id` is the document that a capture counts for. A capture of a duplicate keeps its `document_id`,
    because captures are never altered.
    """
    rows: list[StoredRow] = []
    table, document = snapshot.capture, snapshot.document
    for chunk in chunks(document_ids):
        identifiers = with_duplicates(document, select(document.c.id).where(document.c.id.in_(chunk)))
        current_document_id = current_id(document, table.c.document_id).label("current_document_id")
        statement = select(table, current_document_id).where(table.c.document_id.in_(identifiers))
        rows += connection.execute(statement.order_by(table.c.id)).mappings()
    return rows


def read_briefs(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> dict[str, DocumentBrief]:
    """The short form of these documents, by id."""
    rows = fetch_rows_by_id(connection, snapshot.document, identifiers)
    publishers = sources.read_briefs(connection, snapshot, _publishers(rows))
    return {
        document_id: DocumentBrief(**row, publisher=publishers.get(row["publisher_id"]))
        for document_id, row in rows.items()
    }


def _publishers(rows: Mapping[str, StoredRow]) -> set[str]:
    return {row["publisher_id"] for row in rows.values() if row["publisher_id"] is not None}
