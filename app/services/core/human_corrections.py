"""What people have put in the place of what a file says: the file does not undo it by saying it again."""

from collections.abc import Callable

from sqlalchemy import Connection, Table, select

from app.db.revisions import Row, revision_table
from app.db.schema import table_of
from app.models import Change
from app.vocabulary import Action

change = table_of(Change)


def set_aside(connection: Connection, table: Table, identifier: str, said: Callable[[Row], bool]) -> bool:
    """True if a version of an object said what a file says, and a person's correction, not a later file, came after it.

    `said` tells of a version whether it does; the object as it is does not.
    """
    versions = revision_table(table)
    statement = (
        select(versions, change.c.action)
        .join(change, change.c.seq == versions.c.change_seq)
        .where(versions.c.id == identifier)
        .order_by(versions.c.version.desc())
    )
    following: Row | None = None
    for version in connection.execute(statement).mappings():
        if said(version):
            return following is not None and following["action"] != Action.IMPORT
        following = version
    return False
