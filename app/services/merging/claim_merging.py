"""Merging: withdraw a duplicate or superseded claim in favour of another one.

Nothing is deleted. The merged claim is withdrawn with a notice, stays readable in all its versions and refers to the
other claim; its attributions and evidence are copied to that claim.
"""

from typing import Any

from sqlalchemy import Connection

from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError
from app.models import Claim
from app.schemas.desk.merge import MergeCreate
from app.services.changes.actors import Actor
from app.services.claims import attributions, evidence, relations
from app.services.claims.attributions import ATTRIBUTION
from app.services.claims.claim_reads import tag_of
from app.services.claims.evidence import EVIDENCE
from app.services.claims.relations import RELATION
from app.services.core import etags
from app.services.core.nouns import Noun, fetch_rows_by_id
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW
from app.services.policy import origins
from app.vocabulary import Action, Relation, Role, Scope, Stage

claim = table_of(Claim)

_NOT_COPIED = ("id", "claim_id", "key", "version", "change_seq", "recorded_at")
"""Columns that are not copied from the original."""


def merge(
    connection: Connection, actor: Actor, identifier: str, merge_request: MergeCreate, if_match: str | None
) -> None:
    """Withdraw a published claim in favour of the claim `merge_request.into`.

    Raises NotFoundError; VersionMismatchError if the claim has changed since it was read; InvalidError if the other
    claim does not exist, is the same claim or is not published; ConflictError if the claim itself is not published;
    PermissionDeniedError if the actor is no editor.
    """
    actor.require(Role.EDITOR, "merge claims", Scope.DECIDE)
    change = actor.open(connection, Action.MERGE, merge_request.reason)
    etags.require_claim_version(if_match, tag_of(connection, NOW, identifier, actor))
    other_id = Refs(connection).resolve_required_field(claim, merge_request.into, "into")
    if other_id == identifier:
        raise InvalidError.of("into", "must be a different claim: a claim cannot be merged into itself")
    rows = fetch_rows_by_id(connection, claim, [identifier, other_id])
    if rows[identifier]["stage"] != Stage.PUBLISHED:
        raise ConflictError("Only a published claim can be merged into another. Publish this claim first.")
    if rows[other_id]["stage"] != Stage.PUBLISHED:
        raise InvalidError.of("into", "must be a published claim")
    change.amend(claim, [{"id": identifier, "stage": Stage.WITHDRAWN, "notice": merge_request.notice}])
    _relate(change, identifier, other_id, merge_request)
    _copy_attributions(change, identifier, other_id)
    _copy_evidence(change, identifier, other_id)
    # The other claim gets a new version, and search finds it by the words of the copied attributions.
    attributions.refresh_claims(change, [other_id])


def _relate(change: ChangeWriter, identifier: str, other_id: str, merge_request: MergeCreate) -> None:
    # Direction: the duplicate is the same as the other claim; the other claim supersedes the old one.
    ends = (identifier, other_id) if merge_request.relation is Relation.SAME_AS else (other_id, identifier)
    row = {
        "id": RELATION.new_id(),
        "claim_id": ends[0],
        "other_claim_id": ends[1],
        "relation": merge_request.relation,
        "key": None,
        "note": merge_request.notice,
        "withdrawn": False,
    }
    existing = relations.fetch_existing(change.connection, row)
    if existing is None:
        change.add(RELATION.table, [row])
    elif existing["withdrawn"]:
        change.amend(RELATION.table, [{"id": existing["id"], "withdrawn": False, "note": merge_request.notice}])


def _copy_attributions(change: ChangeWriter, identifier: str, other_id: str) -> None:
    rows = attributions.fetch_by_claim(change.connection, NOW, [identifier, other_id])
    existing_ids = {_identity(row): row["id"] for row in rows[other_id]}
    by_id = {row["id"]: row for row in rows[identifier]}
    # From the ids of the originals to the ids on the other claim, so that copies point to the right upstream.
    new_ids: dict[str | None, str | None] = {None: None}
    copies = []
    # Sorted by chain length, so that an upstream is copied before the attributions relayed from it.
    for row in sorted(by_id.values(), key=lambda row: len(origins.upstream_chain(row, by_id))):
        existing_id = existing_ids.get(_identity(row))
        new_ids[row["id"]] = existing_id or ATTRIBUTION.new_id()
        if existing_id is None:
            copy = _copy(ATTRIBUTION, row, other_id, new_ids[row["id"]])
            copies.append(copy | {"upstream_id": new_ids[row["upstream_id"]]})
    change.add(ATTRIBUTION.table, copies)


def _identity(row: StoredRow) -> tuple[Any, ...]:
    """The columns by which two attributions count as the same, including who took them back."""
    names = ("source_id", "stance", "document_id", "said", "lineage", "withdrawn", "retracted_by")
    return tuple(row[name] for name in names)


def _copy_evidence(change: ChangeWriter, identifier: str, other_id: str) -> None:
    rows = evidence.fetch_by_claim(change.connection, NOW, [identifier, other_id])
    existing = {(row["document_id"], row["capture_id"], row["role"]) for row in rows[other_id]}
    missing = [row for row in rows[identifier] if (row["document_id"], row["capture_id"], row["role"]) not in existing]
    change.add(EVIDENCE.table, [_copy(EVIDENCE, row, other_id, EVIDENCE.new_id()) for row in missing])


def _copy(noun: Noun, row: StoredRow, claim_id: str, identifier: str | None) -> dict[str, Any]:
    columns = {column.name: row[column.name] for column in noun.table.c if column.name not in _NOT_COPIED}
    return {**columns, "id": identifier, "claim_id": claim_id, "key": None}
