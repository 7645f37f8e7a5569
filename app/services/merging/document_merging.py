"""Merging of documents: what was said in the duplicate, was said in the other document."""

from sqlalchemy import Connection

from app.db.schema import table_of
from app.models import Attribution, Evidence, FactCheck
from app.schemas.desk.merge import DuplicateMergeCreate
from app.services.catalogue import documents
from app.services.catalogue.documents import DOCUMENT
from app.services.changes.actors import Actor
from app.services.merging import duplicates
from app.services.merging.duplicates import Reference

REFERENCES = (
    Reference(table_of(Attribution), "document_id"),
    Reference(table_of(Evidence), "document_id"),
    Reference(table_of(FactCheck), "document_id"),
)
"""The references that are moved. Captures are never altered; reads show them with the other document."""


def merge(
    connection: Connection, actor: Actor, identifier: str, merge_request: DuplicateMergeCreate, if_match: str | None
) -> None:
    """Merge a document into the document `merge_request.into`. Raises what `duplicates.begin` raises."""
    merge = duplicates.begin(
        connection,
        actor,
        DOCUMENT,
        merge_request,
        identifier=identifier,
        if_match=if_match,
        read_one=documents.read_one,
    )
    duplicates.finish(merge, DOCUMENT, merge_request.notice, REFERENCES)
