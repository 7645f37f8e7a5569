"""The tree that sources form: each may be a part of another one."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, select

from app.db.compiled_reads import PlainRow, text_table
from app.services.core.refs import chunks
from app.services.core.snapshot import Snapshot, SnapshotQuery


@SnapshotQuery
def _ancestors_query(snapshot: Snapshot) -> Select[Any]:
    """Sources and all their ancestors."""
    source = snapshot.source
    chain = select(text_table("ids").c.value.label("id")).cte("line", recursive=True)
    chain = chain.union(select(source.c.parent_id).join(chain, chain.c.id == source.c.id))
    return select(source.c.id, source.c.parent_id, source.c.name).join(chain, chain.c.id == source.c.id)


def fetch_ancestors(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> list[PlainRow]:
    """These sources and all their ancestors, in no order: `id`, `parent_id`, `name`."""
    rows = (_ancestors_query(connection, snapshot, ids=chunk) for chunk in chunks(sorted(set(identifiers))))
    return list({row["id"]: row for chunk in rows for row in chunk}.values())


def ancestors(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the ancestors of each of these sources, nearest first."""
    source_ids = set(identifiers)
    parents = {row["id"]: row["parent_id"] for row in fetch_ancestors(connection, snapshot, source_ids)}
    return {source_id: ancestor_chain(source_id, parents) for source_id in source_ids}


def ancestor_chain(source_id: str, parents: Mapping[str, str | None]) -> list[str]:
    """The ids of the ancestors of a source, nearest first; `parents` maps each source to its parent."""
    chain: list[str] = []
    parent_id = parents.get(source_id)
    while parent_id is not None and parent_id not in chain:
        chain.append(parent_id)
        parent_id = parents.get(parent_id)
    return chain


def descendants(connection: Connection, snapshot: Snapshot, identifier: str) -> list[str]:
    """The ids of the source itself and of all its parts, at any depth."""
    table = snapshot.source
    identifiers = [identifier]
    level = [identifier]
    while level:
        children: list[str] = []
        for chunk in chunks(level):
            children += connection.scalars(select(table.c.id).where(table.c.parent_id.in_(chunk)))
        level = [child_id for child_id in children if child_id not in identifiers]
        identifiers += level
    return identifiers
