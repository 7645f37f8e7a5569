"""What another installation holds of the objects that came here with its dump: their earlier versions, and their past.

A dump has only the newest version of each object. It keeps its number here, so that a number never stands for two
contents. `HeldElsewhereError` tells readers of an earlier version, or of a moment before the dump was loaded, where to
find it.
"""

from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Table, Text, bindparam, func, select

from app.db.compiled_reads import CompiledStatement
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.errors import AttestError, HeldElsewhereError, NotFoundError
from app.models import Capture, Claim, DumpLoad, VersionHolder
from app.services.core.snapshot import Snapshot

load, version_holder, capture = table_of(DumpLoad), table_of(VersionHolder), table_of(Capture)

_ID = bindparam("id", type_=Text())

PLURALS = {"evidence": "evidence", "claim_relation": "relations"}
"""The collections of the API whose name is not that of the table with an s."""


class HoldingInstallation(NamedTuple):
    """An installation that holds the versions of a claim up to `through`, after those of the holder before it."""

    publisher: str
    address: str
    through: int


class _FirstVersion(NamedTuple):
    """The first version of an object here, and the dump that it came with."""

    version: int
    publisher: str
    address: str


@cache
def _first_version_statement(table: Table) -> CompiledStatement:
    versions = revision_table(table)
    first = select(versions.c.version, versions.c.change_seq).where(versions.c.id == _ID)
    oldest = first.order_by(versions.c.version).limit(1).subquery("oldest")
    return CompiledStatement(
        select(oldest.c.version, load.c.publisher, load.c.address).join(load, load.c.change_seq == oldest.c.change_seq)
    )


_holders = CompiledStatement(
    select(version_holder.c.publisher, version_holder.c.address, version_holder.c.through_version.label("through"))
    .where(version_holder.c.claim_id == _ID)
    .order_by(version_holder.c.through_version)
)

_load_of_capture = CompiledStatement(
    select(load.c.publisher, load.c.address)
    .join(capture, capture.c.change_seq == load.c.change_seq)
    .where(capture.c.id == _ID)
)


def _first_version(connection: Connection, table: Table, identifier: str) -> _FirstVersion | None:
    """The first version of an object here, if it came with a dump."""
    for row in _first_version_statement(table).rows(connection, id=identifier):
        return _FirstVersion(row["version"], row["publisher"], row["address"])
    return None


def holders(connection: Connection, claim_id: str) -> list[HoldingInstallation]:
    """The installations that hold versions of a claim that are not here, oldest versions first."""
    first = _first_version(connection, table_of(Claim), claim_id)
    if first is None:
        return []
    earlier = [HoldingInstallation(**row) for row in _holders.rows(connection, id=claim_id)]
    last = HoldingInstallation(first.publisher, first.address, first.version - 1)
    return [*earlier, last] if last.through > max((holder.through for holder in earlier), default=0) else earlier


def missing_version(
    connection: Connection, table: Table, identifier: str, version: int, path: str
) -> HeldElsewhereError | None:
    """The error for a version of an object that another installation holds; None if no other is known to.

    `path` is its address below the address of that installation's API.
    """
    first = _first_version(connection, table, identifier)
    if first is None or not 0 < version < first.version:
        return None
    holder = HoldingInstallation(first.publisher, first.address, first.version - 1)
    if table is table_of(Claim):
        holder = next(of for of in holders(connection, identifier) if version <= of.through)
    noun = table.name.replace("_", " ")
    message = (
        f"This installation does not hold version {version} of the {noun} {identifier}: it loaded the {noun} from a "
        "dump, which has only the newest version."
    )
    return HeldElsewhereError(message, holder.publisher, f"{holder.address}{path}")


def missing_past(connection: Connection, snapshot: Snapshot, table: Table, identifier: str) -> AttestError:
    """The error for an object that is not on record in a snapshot, or that the reader may not see.

    A HeldElsewhereError if the object came with a dump that was loaded later, else a NotFoundError.
    """
    noun = table.name.removeprefix("claim_")
    is_past = snapshot.seq is not None
    first = _first_version(connection, table, identifier) if is_past else None
    if first is None or _is_on_record(connection, snapshot, table, identifier):
        return NotFoundError(noun, identifier, is_past=is_past)
    message = (
        f"This installation had no {noun} {identifier} on record then (as_of): it loaded the {noun} later, from "
        "a dump. Ask the installation that wrote the dump, with the same `as_of`."
    )
    collection = PLURALS.get(table.name, f"{table.name}s")
    return HeldElsewhereError(message, first.publisher, f"{first.address}/{collection}/{identifier}")


def _is_on_record(connection: Connection, snapshot: Snapshot, table: Table, identifier: str) -> bool:
    versions = revision_table(table)
    statement = select(func.min(versions.c.change_seq)).where(versions.c.id == identifier)
    since = connection.scalar(statement)
    return since is None or snapshot.seq is None or since <= snapshot.seq


def missing_past_capture(connection: Connection, snapshot: Snapshot, capture_id: str) -> AttestError:
    """The same as `missing_past` for a capture, which has no versions."""
    for row in _load_of_capture.rows(connection, id=capture_id) if snapshot.seq is not None else ():
        message = (
            f"This installation had no capture {capture_id} on record then (as_of): it loaded the capture later, from "
            "a dump. Ask the installation that wrote the dump, with the same `as_of`."
        )
        return HeldElsewhereError(message, row["publisher"], f"{row['address']}/captures/{capture_id}")
    return NotFoundError("capture", capture_id, is_past=snapshot.seq is not None)


def missing_file(connection: Connection, capture_id: str) -> HeldElsewhereError | None:
    """The error for a captured file that did not come with the dump that names it; None if no dump names it."""
    for row in _load_of_capture.rows(connection, id=capture_id):
        message = (
            f"This installation does not hold the file of capture {capture_id}: it loaded the capture from a dump, "
            "which has no files."
        )
        return HeldElsewhereError(message, row["publisher"], f"{row['address']}/captures/{capture_id}/content")
    return None
