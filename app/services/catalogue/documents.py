"""Documents: record, correct, read."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.db.revisions import Row
from app.errors import NotFoundError
from app.models import Document
from app.schemas.base import edtf
from app.schemas.base.author_name import Name
from app.schemas.capture import CaptureRead
from app.schemas.document import (
    DocumentBrief,
    DocumentCorrection,
    DocumentCreate,
    DocumentFields,
    DocumentRead,
)
from app.services.catalogue import sources
from app.services.core import edit_protection, nouns
from app.services.core.actors import Actor
from app.services.core.nouns import Columns, Noun, check_etag, etag, rows_by_id
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Record
from app.vocabulary import Action

_WHICH = ("kind", "title", "author", "authors", "url", "published", "publisher_id", "archive_url", "archived_on")
"""Which document it is, and where it stands."""

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
        columns["authors"] = _in_parts(fields["authors"])
    if "publisher" in fields:
        columns["publisher_id"] = refs.field(sources.SOURCE.table, fields["publisher"], "publisher")
    if "published" in fields:
        columns["published_earliest"], columns["published_latest"] = edtf.bounds(fields["published"])
    return columns


def _fields(row: Row) -> dict[str, Any]:
    plain = {name: row[name] for name in _PLAIN if name != "key"}
    return plain | {"authors": row["authors"], "publisher": row["publisher_id"]}


def _in_parts(names: Iterable[Name] | None) -> list[dict[str, str]] | None:
    return None if names is None else [name.model_dump(exclude_none=True) for name in names]


DOCUMENT = Noun(Document, DocumentFields, _columns, _fields)


def create(connection: Connection, actor: Actor, document: DocumentCreate, reason: str) -> str:
    """Record a document; its id."""
    return nouns.create(actor.open(connection, Action.CREATE, reason), DOCUMENT, document)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: DocumentCorrection, if_match: str | None
) -> None:
    """Correct a document.

    Raises PermissionDeniedError for a fact-checker who would have a claim with a decision cite something else.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_etag(if_match, etag(read_one(connection, NOW, identifier)))

    def refuse(row: Row, columns: Columns) -> None:
        replaced = edit_protection.replaced_columns(row, columns, _WHICH)
        edit_protection.refuse_replacing(
            connection, actor, replaced, lambda: edit_protection.citing_document(identifier)
        )

    nouns.correct(change, DOCUMENT, identifier, correction, refuse)


def read_one(connection: Connection, record: Record, identifier: str) -> DocumentRead:
    """A document. Raises NotFoundError."""
    found = read_all(connection, record, [identifier])
    if not found:
        raise NotFoundError("document", identifier, then=record.seq is not None)
    return found[0]


def read_all(connection: Connection, record: Record, identifiers: Iterable[str]) -> list[DocumentRead]:
    """The documents with these ids that exist, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.document, wanted)
    publishers = sources.briefs_of(connection, record, _publishers(rows))
    captures: dict[str, list[CaptureRead]] = {one: [] for one in rows}
    table = record.capture
    for chunk in chunks(rows):
        found = connection.execute(select(table).where(table.c.document_id.in_(chunk)).order_by(table.c.id)).mappings()
        for row in found:
            captures[row["document_id"]].append(CaptureRead(**row))
    return [
        DocumentRead(**rows[one], publisher=publishers.get(rows[one]["publisher_id"]), captures=captures[one])
        for one in wanted
        if one in rows
    ]


def briefs_of(connection: Connection, record: Record, identifiers: Iterable[str]) -> dict[str, DocumentBrief]:
    """These documents as they are mentioned, by id."""
    rows = rows_by_id(connection, record.document, identifiers)
    publishers = sources.briefs_of(connection, record, _publishers(rows))
    return {one: DocumentBrief(**row, publisher=publishers.get(row["publisher_id"])) for one, row in rows.items()}


def _publishers(rows: Mapping[str, Row]) -> set[str]:
    return {row["publisher_id"] for row in rows.values() if row["publisher_id"] is not None}
