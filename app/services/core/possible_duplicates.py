"""Recording something equal to an existing object: refused with the candidates, unless it is ruled distinct from them.

A ruling is a row of its own, so that nobody is asked again. It holds in both directions, and is never removed: if it
was wrong, the two objects are merged.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Table, func, select

from app.db.ids import new_id
from app.db.revisions import ChangeWriter
from app.db.schema import table_of
from app.errors import Candidate, InvalidError, PossibleDuplicateError
from app.models import Claim, DistinctRuling, Document, Source, Topic
from app.services.core import equality_keys
from app.services.core.equality_keys import Key
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import Snapshot

ruling = table_of(DistinctRuling)

MAX_CANDIDATES = 50
"""Candidates that `distinct_from` must name at most: the oldest ones."""

_LABELS: Mapping[str, str] = {
    table_of(Source).name: "name",
    table_of(Topic).name: "title",
    table_of(Document).name: "title",
    table_of(Claim).name: "statement",
}
"""The column that an object is recognised by."""

Successors = Callable[[Connection, Iterable[str]], Mapping[str, str]]
"""Finds the objects that others were merged into: from the ids of the merged ones to the ids of those."""


def successors_of(table: Table) -> Successors:
    """Finds what sources, topics or documents were merged into."""

    def find(connection: Connection, identifiers: Iterable[str]) -> Mapping[str, str]:
        merged: dict[str, str] = {}
        for chunk in chunks(identifiers):
            statement = select(table.c.id, table.c.merged_into_id).where(
                table.c.id.in_(chunk), table.c.merged_into_id.is_not(None)
            )
            merged |= {row.id: row.merged_into_id for row in connection.execute(statement)}
        return merged

    return find


def resolve_distinct(table: Table, distinct_from: Sequence[str], refs: Refs, *, own_id: str | None = None) -> list[str]:
    """The ids of the objects that `distinct_from` names. Raises InvalidError if one does not exist or is the object."""
    identifiers = []
    for position, ref in enumerate(distinct_from):
        field = f"distinct_from.{position}"
        identifier = refs.resolve_required_field(table, ref, field)
        if identifier == own_id:
            raise InvalidError.of(field, f"must be another {table.name}: nothing is distinct from itself")
        identifiers.append(identifier)
    return list(dict.fromkeys(identifiers))


def require_distinct(
    connection: Connection,
    table: Table,
    keys: Sequence[Key],
    distinct_ids: Sequence[str],
    *,
    own_id: str | None = None,
    successors: Successors | None = None,
) -> None:
    """Raise PossibleDuplicateError if an object with one of these keys is on record that was not ruled distinct.

    `own_id` is the object itself, for a correction. `successors` is needed for claims. Call it after the change is
    open, so that no writer comes between.
    """
    equal_ids = equality_keys.find(connection, keys)
    candidate_ids = unruled(
        connection, equal_ids, distinct_ids, own_id=own_id, successors=successors or successors_of(table)
    )
    if candidate_ids:
        raise PossibleDuplicateError(table.name, candidates(connection, table, candidate_ids))


def unruled(
    connection: Connection,
    equal_ids: Sequence[str],
    distinct_ids: Iterable[str],
    *,
    own_id: str | None,
    successors: Successors,
) -> list[str]:
    """Of these equal objects, those that the object was not ruled distinct from. Merged ones count as their successor.

    Of more than MAX_CANDIDATES only the oldest are considered.
    """
    if not equal_ids:
        return []
    merged = successors(connection, equal_ids)
    current_ids = dict.fromkeys(merged.get(identifier, identifier) for identifier in equal_ids)
    current_ids.pop(own_id or "", None)
    considered = list(current_ids)[:MAX_CANDIDATES]
    if not considered:
        return []
    ruled = set(distinct_ids) | (set() if own_id is None else fetch_rulings(connection, [own_id])[own_id])
    return [identifier for identifier in considered if identifier not in ruled]


def candidates(connection: Connection, table: Table, identifiers: Sequence[str]) -> list[Candidate]:
    """Short descriptions of these objects, in this order."""
    rows = {
        row["id"]: row
        for chunk in chunks(identifiers)
        for row in connection.execute(select(table).where(table.c.id.in_(chunk))).mappings()
    }
    return [
        Candidate(
            noun=table.name,
            id=identifier,
            key=rows[identifier]["key"],
            label_field=_LABELS[table.name],
            label=rows[identifier][_LABELS[table.name]],
            url=rows[identifier]["url"] if table.name == "document" else None,
        )
        for identifier in identifiers
        if identifier in rows
    ]


def record_rulings(change: ChangeWriter, identifier: str, distinct_ids: Iterable[str]) -> bool:
    """Record that an object is distinct from these, as far as it is not on record; return True if anything was new."""
    ruled = fetch_rulings(change.connection, [identifier])[identifier]
    rows = [
        {"id": new_id(DistinctRuling.prefix), "object_id": identifier, "other_id": other_id}
        for other_id in dict.fromkeys(distinct_ids)
        if other_id not in ruled
    ]
    change.append(ruling, rows)
    return bool(rows)


def fetch_rulings(connection: Connection, identifiers: Iterable[str]) -> dict[str, set[str]]:
    """For each of these objects, the ids of those that it was ruled distinct from, in either direction."""
    distinct: dict[str, set[str]] = {identifier: set() for identifier in identifiers}
    for own, other in ((ruling.c.object_id, ruling.c.other_id), (ruling.c.other_id, ruling.c.object_id)):
        for chunk in chunks(distinct):
            for own_id, other_id in connection.execute(select(own, other).where(own.in_(chunk))):
                distinct[own_id].add(other_id)
    return distinct


def select_rulings(snapshot: Snapshot, table: FromClause) -> Select[Any]:
    """The rulings that were made when an object of the outer statement was recorded or corrected.

    A ruling on two objects of which one was merged into the other since is left out: it has lost its subject.
    """
    rulings = snapshot.distinct_ruling
    statement = select(rulings.c.id, rulings.c.other_id).where(rulings.c.object_id == table.c.id)
    if "merged_into_id" not in table.c:
        return statement
    other = table.alias("other")
    is_duplicate = select(other.c.id).where(other.c.id == rulings.c.other_id, other.c.merged_into_id == table.c.id)
    return statement.where(
        ~is_duplicate.correlate(rulings, table).exists(),
        func.coalesce(table.c.merged_into_id, "") != rulings.c.other_id,
    )


def ids_of(rulings: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of the objects that an object was ruled distinct from, oldest ruling first."""
    return [row["other_id"] for row in sorted(rulings, key=itemgetter("id"))]


def read_rulings(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> dict[str, list[str]]:
    """For each of these objects, the ids of those that it was ruled distinct from when it was recorded or corrected."""
    distinct: dict[str, list[str]] = {identifier: [] for identifier in identifiers}
    table = snapshot.distinct_ruling
    for chunk in chunks(distinct):
        statement = select(table.c.object_id, table.c.other_id).where(table.c.object_id.in_(chunk))
        for row in connection.execute(statement.order_by(table.c.id)):
            distinct[row.object_id].append(row.other_id)
    return distinct


def check_correction(
    connection: Connection,
    table: Table,
    row: Mapping[str, Any],
    columns: Mapping[str, Any],
    distinct_ids: Sequence[str],
) -> list[Key] | None:
    """Check a correction of a source, topic or document, and return its new keys; None if they stay the same.

    Raises PossibleDuplicateError if it makes the object equal to another one.
    """
    keys_of = equality_keys.KEYS_OF.get(table.name)
    if keys_of is None:
        return None
    before, after = keys_of(row), keys_of({**row, **columns})
    if before == after:
        return None
    added = [key for key in after if key not in before]
    require_distinct(connection, table, added, distinct_ids, own_id=row["id"])
    return after
