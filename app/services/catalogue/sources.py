"""Sources: create, correct and read them; and the tree that they form."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, select

from app.db.compiled_reads import PlainRow, with_ids
from app.db.revisions import StoredRow
from app.errors import InvalidError
from app.formats.search_text import fold
from app.models import Source
from app.schemas.source import SourceBrief, SourceCorrection, SourceCreate, SourceFields, SourceRead
from app.services.changes import change_effects, edit_protection
from app.services.changes.actors import Actor
from app.services.core import etags, nouns, possible_duplicates
from app.services.core.held_elsewhere import missing_past
from app.services.core.nouns import Columns, Noun, columns_of, fetch_rows_by_id, plan_correction
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot, SnapshotQuery
from app.services.core.source_tree import ancestors, descendants
from app.vocabulary import Action

_IDENTITY = ("name", "kind", "anonymity")
"""The columns that identify a source. Only an editor may replace them once a decision depends on it."""

_ALWAYS_PROTECTED = ("parent_id", "side")
"""Columns in which null is a statement too: a source without a parent may be independent of another, and one without
a side belongs to neither."""

_PLAIN = ("key", "name", "kind", "anonymity", "other_names", "side", "url", "description")


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "name" in fields:
        columns["name_folded"] = fold(fields["name"])
    if "other_names" in fields:
        columns["other_names_folded"] = "\n".join(map(fold, fields["other_names"]))
    if "parent" in fields:
        columns["parent_id"] = refs.resolve_field(SOURCE.table, fields["parent"], "parent")
    return columns


def _fields(row: StoredRow) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN if name != "key"} | {"parent": row["parent_id"]}


SOURCE = Noun(Source, SourceFields, _columns, _fields)


def create(connection: Connection, actor: Actor, source: SourceCreate, reason: str) -> str:
    """Create a source and return its id. Raises PossibleDuplicateError if another source has its name."""
    return nouns.create(actor.open(connection, Action.CREATE, reason), SOURCE, source)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: SourceCorrection, if_match: str | None
) -> None:
    """Correct a source and update the search index of all its claims.

    Raises PossibleDuplicateError if another source has its new name, and
    PermissionDeniedError if a fact-checker would change the identity of a source on which a decision depends.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    etags.require(if_match, etags.of_object(read_one(connection, NOW, identifier)))
    row, columns = plan_correction(change, SOURCE, identifier, correction, Refs(connection))
    refuse_cycle(connection, identifier, columns.get("parent_id"))
    replaced = edit_protection.replaced_columns(row, columns, _IDENTITY, always=_ALWAYS_PROTECTED)

    def find_decisions() -> edit_protection.DecisionQueries:
        # Claims show a source with its ancestors, so decisions on its parts depend on it too.
        return edit_protection.decisions_on_sources(descendants(connection, NOW, identifier))

    edit_protection.require_editor_if_decided(connection, actor, replaced, find_decisions)
    nouns.store_correction(change, SOURCE, row, columns, correction)
    if columns:
        change_effects.update_search_texts_of_source(change, identifier)


def refuse_cycle(connection: Connection, identifier: str, parent_id: str | None) -> None:
    """Raise InvalidError if the source would become its own ancestor."""
    if parent_id is not None and identifier in [parent_id, *ancestors(connection, NOW, [parent_id])[parent_id]]:
        raise InvalidError.of("parent", "must not be the source itself or a part of it")


def read_one(connection: Connection, snapshot: Snapshot, identifier: str) -> SourceRead:
    """A source. Raises NotFoundError if it does not exist."""
    sources = read_all(connection, snapshot, [identifier])
    if not sources:
        raise missing_past(connection, snapshot, SOURCE.table, identifier)
    return sources[0]


def read_all(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> list[SourceRead]:
    """The existing sources out of these, in the given order."""
    requested_ids = list(identifiers)
    rows = fetch_rows_by_id(connection, snapshot.source, requested_ids)
    ancestor_ids = ancestors(connection, snapshot, rows)
    distinct_ids = possible_duplicates.read_rulings(connection, snapshot, rows)
    briefs = read_briefs(
        connection, snapshot, {ancestor_id for chain in ancestor_ids.values() for ancestor_id in chain}
    )
    return [
        SourceRead(
            **rows[source_id],
            ancestors=[briefs[ancestor_id] for ancestor_id in ancestor_ids[source_id]],
            distinct_from=distinct_ids[source_id],
        )
        for source_id in requested_ids
        if source_id in rows
    ]


@SnapshotQuery
def _briefs_query(snapshot: Snapshot) -> Select[Any]:
    source = snapshot.source
    return with_ids(select(*columns_of(SourceBrief, source)), source, "ids")


def read_brief_rows(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> dict[str, PlainRow]:
    """The short form of these sources as dicts in the shape of `SourceBrief`, by id."""
    rows = (_briefs_query(connection, snapshot, ids=chunk) for chunk in chunks(sorted(set(identifiers))))
    return {row["id"]: row for chunk in rows for row in chunk}


def read_briefs(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> dict[str, SourceBrief]:
    """The short form of these sources, by id."""
    return {
        source_id: SourceBrief(**row) for source_id, row in read_brief_rows(connection, snapshot, identifiers).items()
    }
