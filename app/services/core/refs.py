"""From the names that people use for objects (ids, or keys of the files they came in) to ids."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import Connection, Table, select

from app.db.ids import is_id
from app.errors import InvalidError, NotFoundError

T = TypeVar("T")

CHUNK = 500
"""How many values one statement lists at most: engines bound it."""

MOST_REMEMBERED = 50_000
"""Refs to one table that an act remembers from one batch to the next."""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterable[list[T]]:
    """The values in lists of at most `size`."""
    chunk: list[T] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def unknown(table: Table, field: str) -> InvalidError:
    """What is said of a ref in a field that names nothing."""
    return InvalidError.of(field, f"there is no {table.name.replace('_', ' ')} with this id or key")


class Refs:
    """Finds ids by ref and remembers them for as long as one act lasts."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: dict[str, dict[str, str]] = defaultdict(dict)

    def learn(self, table: Table, refs: Iterable[str | None]) -> None:
        """Look up many refs at once."""
        known = self._known[table.name]
        wanted = sorted({ref for ref in refs if ref is not None and ref not in known})
        for chunk in chunks(ref for ref in wanted if is_id(ref)):
            known |= {row: row for row in self.connection.scalars(select(table.c.id).where(table.c.id.in_(chunk)))}
        if "key" not in table.c:
            return
        for chunk in chunks(ref for ref in wanted if ref not in known):
            rows = self.connection.execute(select(table.c.key, table.c.id).where(table.c.key.in_(chunk)))
            known |= {row.key: row.id for row in rows}

    def forget(self) -> None:
        """Make room between batches, once all is written: a file may name millions, and they can be looked up again."""
        for known in self._known.values():
            if len(known) > MOST_REMEMBERED:
                known.clear()

    def put(self, table: Table, ref: str | None, identifier: str) -> None:
        """Remember an object that has just been recorded."""
        self._known[table.name][identifier] = identifier
        if ref is not None:
            self._known[table.name][ref] = identifier

    def get(self, table: Table, ref: str | None) -> str | None:
        """The id for a ref; None if there is no such object."""
        if ref is None:
            return None
        if ref not in self._known[table.name]:
            self.learn(table, [ref])
        return self._known[table.name].get(ref)

    def field(self, table: Table, ref: str | None, field: str) -> str | None:
        """The id for a ref that stands in a field of an input; None for none.

        Raises InvalidError, naming the field, if there is no such object.
        """
        found = self.get(table, ref)
        if ref is not None and found is None:
            raise unknown(table, field)
        return found

    def required(self, table: Table, ref: str, field: str) -> str:
        """The id for a ref that must be given. Raises InvalidError, naming the field, if there is no such object."""
        return str(self.field(table, ref, field))

    def the_one(self, table: Table, ref: str) -> str:
        """The id for a ref that names the object of the whole act. Raises NotFoundError if there is none."""
        found = self.get(table, ref)
        if found is None:
            raise NotFoundError(table.name.replace("_", " "), ref)
        return found
