"""Merging of sources: what the duplicate said, published and checked counts for the other source."""

from sqlalchemy import Connection

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import ConflictError
from app.formats.search_text import fold
from app.models import Attribution, Claim, Document, FactCheck, Source
from app.schemas.desk.merge import DuplicateMergeCreate
from app.services.catalogue import sources
from app.services.catalogue.sources import SOURCE
from app.services.changes import change_effects
from app.services.changes.actors import Actor
from app.services.core import source_tree
from app.services.core.nouns import Columns
from app.services.core.snapshot import NOW
from app.services.merging import duplicates
from app.services.merging.duplicates import Reference

MAX_OTHER_NAMES = 50
"""The most other names that a source may have."""

REFERENCES = (
    Reference(table_of(Source), "parent_id"),
    Reference(table_of(Document), "publisher_id"),
    Reference(table_of(Claim), "adverse_to_id"),
    Reference(table_of(Attribution), "source_id"),
    Reference(table_of(FactCheck), "source_id"),
)
"""The references that are moved. Ratings, proposals and rulings are never altered; reads resolve their sources."""


def merge(
    connection: Connection, actor: Actor, identifier: str, merge_request: DuplicateMergeCreate, if_match: str | None
) -> None:
    """Merge a source into the source `merge_request.into`, which gets its names.

    Raises what `duplicates.begin` raises, and ConflictError if the tree of sources contradicts that they are one.
    """
    merge = duplicates.begin(
        connection, actor, SOURCE, merge_request, identifier=identifier, if_match=if_match, read_one=sources.read_one
    )
    columns = {**_parent(connection, merge.duplicate, merge.target), **_names(merge.duplicate, merge.target)}
    duplicates.finish(merge, SOURCE, merge_request.notice, REFERENCES, target_columns=columns)
    # Also those of its own claims, because they are found by its new names.
    change_effects.update_search_texts_of_source(merge.change, merge.target["id"])


def _parent(connection: Connection, duplicate: StoredRow, target: StoredRow) -> Columns:
    """The new parent of the kept source if it was a part of the duplicate: it takes the duplicate's place."""
    if target["parent_id"] == duplicate["id"]:
        return {"parent_id": duplicate["parent_id"]}
    if duplicate["id"] in source_tree.ancestors(connection, NOW, [target["id"]])[target["id"]]:
        raise ConflictError(
            f"{target['name']} is part of {target['parent_id']}, which is part of {duplicate['name']}, so the two "
            "cannot be the same source. If they are, first correct the parent of one of them."
        )
    return {}


def _names(duplicate: StoredRow, target: StoredRow) -> Columns:
    """The other names of the kept source, with all names of the duplicate."""
    names = dict.fromkeys([*target["other_names"], duplicate["name"], *duplicate["other_names"]])
    names.pop(target["name"], None)
    if len(names) > MAX_OTHER_NAMES:
        raise ConflictError(
            f"{target['name']} would have {len(names)} other names, and it can have at most {MAX_OTHER_NAMES}. First "
            "remove other names that nobody needs from one of the two sources."
        )
    if list(names) == target["other_names"]:
        return {}
    return {"other_names": list(names), "other_names_folded": "\n".join(map(fold, names))}
