"""Sources: record, correct, read, list; and the tree that they form."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, select

from app.db.compiled_reads import PlainRow, texts, with_ids
from app.db.revisions import Row
from app.errors import InvalidError, NotFoundError
from app.formats.search_text import fold
from app.models import Source
from app.schemas.source import SourceBrief, SourceCorrection, SourceCreate, SourceFields, SourceRead
from app.services.core import edit_protection, nouns
from app.services.core.actors import Actor
from app.services.core.nouns import Columns, Noun, check_etag, columns_of, etag, overlay, rows_by_id
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Read, Record
from app.services.search import search_index
from app.vocabulary import Action

_WHO = ("name", "kind", "anonymity")
"""Who it is, as claims tell it."""

_WHERE_IT_BELONGS = ("parent_id", "side")
"""A source that is a part of nothing may be independent of another, and one on no side is on nobody's."""

_PLAIN = ("key", "name", "kind", "anonymity", "other_names", "side", "url", "description")


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "name" in fields:
        columns["name_folded"] = fold(fields["name"])
    if "other_names" in fields:
        columns["other_names_folded"] = "\n".join(map(fold, fields["other_names"]))
    if "parent" in fields:
        columns["parent_id"] = refs.field(SOURCE.table, fields["parent"], "parent")
    return columns


def _fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN if name != "key"} | {"parent": row["parent_id"]}


SOURCE = Noun(Source, SourceFields, _columns, _fields)


def create(connection: Connection, actor: Actor, source: SourceCreate, reason: str) -> str:
    """Record a source; its id."""
    return nouns.create(actor.open(connection, Action.CREATE, reason), SOURCE, source)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: SourceCorrection, if_match: str | None
) -> None:
    """Correct a source. A new name is found by search at once, in every claim of the source.

    Raises PermissionDeniedError for a fact-checker who would have a claim with a decision come from somebody else.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_etag(if_match, etag(read_one(connection, NOW, identifier)))
    row, columns = overlay(change, SOURCE, identifier, correction, Refs(connection))
    refuse_cycle(connection, identifier, columns.get("parent_id"))
    replaced = edit_protection.replaced_columns(row, columns, _WHO, always=_WHERE_IT_BELONGS)

    def resting() -> edit_protection.Decisions:
        # Claims name the parts of an organisation together with it.
        return edit_protection.naming_sources(descendants(connection, NOW, identifier))

    edit_protection.refuse_replacing(connection, actor, replaced, resting)
    if columns:
        change.amend(SOURCE.table, [{"id": identifier, **columns}])
        search_index.refresh_of_source(change, identifier)


def refuse_cycle(connection: Connection, identifier: str, parent_id: str | None) -> None:
    """Raises InvalidError if the source would come to stand above itself."""
    if parent_id is not None and identifier in [parent_id, *ancestors(connection, NOW, [parent_id])[parent_id]]:
        raise InvalidError.of("parent", "must not be the source itself or a part of it")


def read_one(connection: Connection, record: Record, identifier: str) -> SourceRead:
    """A source. Raises NotFoundError."""
    found = read_all(connection, record, [identifier])
    if not found:
        raise NotFoundError("source", identifier, then=record.seq is not None)
    return found[0]


def read_all(connection: Connection, record: Record, identifiers: Iterable[str]) -> list[SourceRead]:
    """The sources with these ids that exist, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.source, wanted)
    above = ancestors(connection, record, rows)
    briefs = briefs_of(connection, record, {source for line in above.values() for source in line})
    return [
        SourceRead(**rows[one], ancestors=[briefs[source] for source in above[one]]) for one in wanted if one in rows
    ]


@Read
def _mentioned(record: Record) -> Select[Any]:
    source = record.source
    return with_ids(select(*columns_of(SourceBrief, source)), source, "ids")


def mentioned(connection: Connection, record: Record, identifiers: Iterable[str]) -> dict[str, PlainRow]:
    """These sources as `SourceBrief` has them, by id."""
    rows = (_mentioned(connection, record, ids=chunk) for chunk in chunks(sorted(set(identifiers))))
    return {row["id"]: row for chunk in rows for row in chunk}


def briefs_of(connection: Connection, record: Record, identifiers: Iterable[str]) -> dict[str, SourceBrief]:
    """These sources as they are mentioned, by id."""
    return {one: SourceBrief(**row) for one, row in mentioned(connection, record, identifiers).items()}


@Read
def _up_from(record: Record) -> Select[Any]:
    """Sources and all that stand above them."""
    source = record.source
    line = select(texts("ids").c.value.label("id")).cte("line", recursive=True)
    line = line.union(select(source.c.parent_id).join(line, line.c.id == source.c.id))
    return select(source.c.id, source.c.parent_id, source.c.name).join(line, line.c.id == source.c.id)


def up_from(connection: Connection, record: Record, identifiers: Iterable[str]) -> list[PlainRow]:
    """These sources and all that stand above them: `id`, `parent_id`, `name`."""
    rows = (_up_from(connection, record, ids=chunk) for chunk in chunks(sorted(set(identifiers))))
    return list({row["id"]: row for chunk in rows for row in chunk}.values())


def ancestors(connection: Connection, record: Record, identifiers: Iterable[str]) -> dict[str, list[str]]:
    """The sources above each of these, nearest first."""
    wanted = set(identifiers)
    parent = {row["id"]: row["parent_id"] for row in up_from(connection, record, wanted)}
    return {one: line_above(one, parent) for one in wanted}


def line_above(one: str, parent: Mapping[str, str | None]) -> list[str]:
    """The sources above this one, nearest first, from the parent of each."""
    line: list[str] = []
    above = parent.get(one)
    while above is not None and above not in line:
        line.append(above)
        above = parent.get(above)
    return line


def descendants(connection: Connection, record: Record, identifier: str) -> list[str]:
    """The source itself and all its parts, at any depth."""
    table = record.source
    found = [identifier]
    level = [identifier]
    while level:
        below: list[str] = []
        for chunk in chunks(level):
            below += connection.scalars(select(table.c.id).where(table.c.parent_id.in_(chunk)))
        level = [one for one in below if one not in found]
        found += level
    return found
