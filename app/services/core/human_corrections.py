"""Corrections by people that a later import of the same file must not undo."""

from collections.abc import Callable

from sqlalchemy import Connection, Table, select

from app.db.revisions import StoredRow, revision_table
from app.db.schema import table_of
from app.models import Change
from app.vocabulary import Action

change = table_of(Change)


def was_corrected_by_person(
    connection: Connection, table: Table, identifier: str, matches_file: Callable[[StoredRow], bool]
) -> bool:
    """True if an earlier version of an object matches a file and a person, not a later file, then corrected it.

    `matches_file` is called with versions of the object, newest first. The current version must not match.
    """
    versions = revision_table(table)
    statement = (
        select(versions, change.c.action)
        .join(change, change.c.seq == versions.c.change_seq)
        .where(versions.c.id == identifier)
        .order_by(versions.c.version.desc())
    )
    next_version: StoredRow | None = None
    for version in connection.execute(statement).mappings():
        if matches_file(version):
            return next_version is not None and next_version["action"] != Action.IMPORT
        next_version = version
    return False
