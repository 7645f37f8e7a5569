"""References to objects, by id or by the key from the file they came from, and their resolution to ids.

A reference to an object that was merged into another one resolves to that other one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Table, null, select

from app.db.ids import is_id
from app.errors import InvalidError, NotFoundError
from app.services.core.snapshot import NOW, Snapshot

T = TypeVar("T")

CHUNK_SIZE = 500
"""The most values in one statement: both engines limit the number of parameters."""

MAX_CACHED_REFS = 50_000
"""The most references to one table that stay cached from one batch of an import to the next."""


def chunks(values: Iterable[T], size: int = CHUNK_SIZE) -> Iterable[list[T]]:
    """Yield the values in lists of at most `size`."""
    chunk: list[T] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def unknown_ref(table: Table, field: str) -> InvalidError:
    """The error for a field with a reference to an object that does not exist."""
    return InvalidError.of(field, f"there is no {table.name.replace('_', ' ')} with this id or key")


def _target(table: Table) -> ColumnElement[Any]:
    return (table.c.merged_into_id if "merged_into_id" in table.c else null()).label("target")


class Refs:
    """Resolves references to ids, with a cache that lasts for one request, command or import."""

    def __init__(self, connection: Connection, snapshot: Snapshot = NOW) -> None:
        """`snapshot`: the record in which a reference is followed, if it names a merged object."""
        self.connection = connection
        self._snapshot = snapshot
        self._ids: dict[str, dict[str, str]] = defaultdict(dict)
        """For each table, ids by reference."""

    def prefetch(self, table: Table, refs: Iterable[str | None]) -> None:
        """Look up many references at once and cache their ids."""
        ids = self._ids[table.name]
        missing = sorted({ref for ref in refs if ref is not None and ref not in ids})
        for chunk in chunks(ref for ref in missing if is_id(ref)):
            rows = self.connection.execute(select(table.c.id, _target(table)).where(table.c.id.in_(chunk)))
            ids |= self._current_ids(table, {row.id: (row.id, row.target) for row in rows})
        if "key" not in table.c:
            return
        for chunk in chunks(ref for ref in missing if ref not in ids):
            rows = self.connection.execute(
                select(table.c.key, table.c.id, _target(table)).where(table.c.key.in_(chunk))
            )
            ids |= self._current_ids(table, {row.key: (row.id, row.target) for row in rows})

    def _current_ids(self, table: Table, rows: Mapping[str, tuple[str, str | None]]) -> dict[str, str]:
        """Ids by reference, from the id of each object and that of the object it is merged into now, if any."""
        targets = {identifier: target for identifier, target in rows.values() if target is not None}
        if targets and self._snapshot.seq is not None:
            then: FromClause = getattr(self._snapshot, table.name)
            for chunk in chunks(sorted(targets)):
                past = self.connection.execute(select(then.c.id, then.c.merged_into_id).where(then.c.id.in_(chunk)))
                targets |= {row.id: row.merged_into_id or row.id for row in past}
        return {ref: targets.get(identifier, identifier) for ref, (identifier, _target) in rows.items()}

    def evict(self) -> None:
        """Clear large caches; call it between batches, when everything is written and can be looked up again.

        A file may name millions of objects, and their ids must not all stay in memory.
        """
        for ids in self._ids.values():
            if len(ids) > MAX_CACHED_REFS:
                ids.clear()

    def remember(self, table: Table, ref: str | None, identifier: str) -> None:
        """Cache an object that has just been recorded."""
        self._ids[table.name][identifier] = identifier
        if ref is not None:
            self._ids[table.name][ref] = identifier

    def get_cached(self, table: Table, ref: str) -> str | None:
        """The id for a reference, after `prefetch`; None if there is no such object."""
        return self._ids[table.name].get(ref)

    def forget(self, table: Table, ref: str | None) -> None:
        """Remove a reference from the cache, because its object was not recorded after all."""
        self._ids[table.name].pop(ref or "", None)

    def get(self, table: Table, ref: str | None) -> str | None:
        """The id for a reference; None if there is no reference or no such object."""
        if ref is None:
            return None
        if ref not in self._ids[table.name]:
            self.prefetch(table, [ref])
        return self._ids[table.name].get(ref)

    def resolve_field(self, table: Table, ref: str | None, field: str) -> str | None:
        """The id for the reference in a field of the input; None if the field is empty.

        Raises InvalidError for the field if there is no such object.
        """
        identifier = self.get(table, ref)
        if ref is not None and identifier is None:
            raise unknown_ref(table, field)
        return identifier

    def resolve_required_field(self, table: Table, ref: str, field: str) -> str:
        """The id for the reference in a required field. Raises InvalidError if there is no such object."""
        return str(self.resolve_field(table, ref, field))

    def resolve_target(self, table: Table, ref: str) -> str:
        """The id for the object that a whole request is about. Raises NotFoundError if there is no such object."""
        identifier = self.get(table, ref)
        if identifier is None:
            raise NotFoundError(table.name.replace("_", " "), ref)
        return identifier
