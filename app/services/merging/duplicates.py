"""What the merges of sources, topics and documents have in common.

The duplicate stays readable, in all its versions, and names the object that it was merged into. Everything that refers
to it is changed to refer to that object, so that counts, filters and origins need no special case. Rows that are never
altered keep the id of the duplicate; reads resolve it (`core.merged_objects`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, Table, or_, select

from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError
from app.models import Claim
from app.schemas.base.fields import Stamp
from app.schemas.desk.merge import DuplicateMergeCreate
from app.services.changes import change_effects
from app.services.changes.actors import Actor
from app.services.core import equality_keys, etags
from app.services.core.nouns import Columns, Noun, fetch_row
from app.services.core.refs import unknown_ref
from app.services.core.snapshot import NOW, Snapshot
from app.vocabulary import Action, Role, Scope

claim = table_of(Claim)


class Merge(NamedTuple):
    """A merge that has passed the checks that apply to all nouns."""

    change: ChangeWriter
    duplicate: StoredRow
    target: StoredRow
    """The object that is kept."""


class Reference(NamedTuple):
    """A column that refers to objects of the merged noun."""

    table: Table
    column: str


def begin(
    connection: Connection,
    actor: Actor,
    noun: Noun,
    merge_request: DuplicateMergeCreate,
    *,
    identifier: str,
    if_match: str | None,
    read_one: Callable[[Connection, Snapshot, str], Stamp],
) -> Merge:
    """Open the change of a merge.

    Raises NotFoundError; VersionMismatchError if the duplicate has changed since it was read; ConflictError if it was
    merged already; InvalidError if `into` does not exist, is the duplicate itself or was merged into another object;
    PermissionDeniedError if the actor is no editor.
    """
    actor.require(Role.EDITOR, f"merge {noun.name}s", Scope.DECIDE)
    change = actor.open(connection, Action.MERGE, merge_request.reason)
    etags.require(if_match, etags.of_object(read_one(connection, NOW, identifier)))
    duplicate = fetch_row(connection, noun.table, identifier)
    if duplicate["merged_into_id"] is not None:
        raise ConflictError(f"This {noun.name} was already merged, into {duplicate['merged_into_id']}.")
    target = _fetch_target(connection, noun, merge_request.into)
    if target["id"] == identifier:
        raise InvalidError.of("into", f"must be a different {noun.name}: a {noun.name} cannot be merged into itself")
    if target["merged_into_id"] is not None:
        raise InvalidError.of(
            "into", f"must be a {noun.name} that is in use: that one was merged into {target['merged_into_id']}"
        )
    return Merge(change, duplicate, target)


def _fetch_target(connection: Connection, noun: Noun, ref: str) -> StoredRow:
    # Not `Refs`, which would follow an earlier merge without a word.
    table = noun.table
    rows = connection.execute(select(table).where(or_(table.c.id == ref, table.c.key == ref))).mappings().all()
    if not rows:
        raise unknown_ref(table, "into")
    return next((row for row in rows if row["id"] == ref), rows[0])


def finish(
    merge: Merge,
    noun: Noun,
    notice: str,
    references: Iterable[Reference],
    *,
    target_columns: Columns | None = None,
) -> None:
    """Move all references, and record that the duplicate was merged.

    `target_columns` are the columns of the kept object that change. The claims concerned get a new version, but no new
    content version: their wording is the same, so the merge alone makes no decision stale.
    """
    change, duplicate_id, target_id = merge.change, merge.duplicate["id"], merge.target["id"]
    # By table, because an object gets one new version, also if it refers to the duplicate in two ways.
    changed: dict[Table, dict[str, Columns]] = defaultdict(lambda: defaultdict(dict))
    for reference in (Reference(noun.table, "merged_into_id"), *references):
        table, column = reference.table, reference.table.c[reference.column]
        for identifier in change.connection.scalars(select(table.c.id).where(column == duplicate_id)):
            changed[table][identifier][reference.column] = target_id
    changed[noun.table][duplicate_id] |= {"merged_into_id": target_id, "merge_notice": notice}
    # After the references: a part of the duplicate that takes its place must not become a part of itself.
    if target_columns or target_id in changed[noun.table]:
        changed[noun.table][target_id] |= target_columns or {}
    for table, rows in changed.items():
        change.amend_each(table, rows)
    if target_columns:
        keys = equality_keys.KEYS_OF[noun.name](fetch_row(change.connection, noun.table, target_id))
        equality_keys.store(change.connection, {target_id: keys})
    amended_claims = changed[claim].keys() if claim in changed else set()
    concerned = {claim_id for table in changed for claim_id in _claim_ids(change, table)}
    change_effects.bump_versions(change, sorted(concerned - amended_claims))


def _claim_ids(change: ChangeWriter, table: Table) -> Iterable[str]:
    """The claims to which the rows that this change has written to a table belong."""
    if "claim_id" not in table.c:
        return ()
    return change.connection.scalars(select(table.c.claim_id).where(table.c.change_seq == change.seq).distinct())
