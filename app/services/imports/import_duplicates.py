"""Possible duplicates in an import: new objects that equal existing ones. They are recorded and reported, not refused.

Equal means the same as for single writes (`services.core.equality_keys`). The keys of a batch are stored and looked up
together, and what was looked up stays cached, so that a file with many equal rows does not read them again and again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Table

from app.db.revisions import ChangeWriter
from app.db.schema import table_of
from app.errors import Candidate
from app.formats.parsing.import_rows import row_number
from app.models import Claim
from app.schemas.files.import_report import DuplicateCandidate, PossibleDuplicate
from app.services.claims.relations import fetch_successors
from app.services.core import equality_keys, possible_duplicates
from app.services.core.equality_keys import Key
from app.services.core.possible_duplicates import MAX_CANDIDATES, successors_of
from app.services.core.refs import MAX_CACHED_REFS, Refs

MAX_LISTED = 1_000
"""Possible duplicates that a report lists at most; all are counted."""

MAX_LISTED_CANDIDATES = 10
"""Candidates that a report lists for each of them at most, oldest first."""


@dataclass(frozen=True)
class NewKeys:
    """The keys of an object that an import adds, or changes in a way that changes its keys."""

    line: int
    identifier: str
    key: str | None
    """The object's key in the file."""
    keys: Sequence[Key]
    old_keys: Sequence[Key] | None = None
    """None for a new object."""


@dataclass
class DuplicateFinder:
    """Stores the equality keys of an import batch by batch, and collects the possible duplicates."""

    change: ChangeWriter
    refs: Refs
    count: int = 0
    ruled_ids: set[str] = field(default_factory=set)
    """Objects with a ruling that is new."""
    _listed: list[tuple[NewKeys, Table, list[str]]] = field(default_factory=list)
    _counted: set[str] = field(default_factory=set)
    _known: dict[Key, list[str]] = field(default_factory=dict)
    """The oldest objects with each key that was looked up or stored in this import."""
    _pending_rulings: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """By table, the ids of objects, each with a reference to another one, which may come further down in the file."""

    def rule(self, table: Table, identifier: str, distinct_from: Iterable[str]) -> None:
        """Take the rulings of a record, by id or key.

        References to objects that are neither in the file nor on record are ignored.
        """
        self._pending_rulings[table.name] += [(identifier, ref) for ref in distinct_from]

    def take(self, table: Table, entries: Sequence[NewKeys]) -> None:
        """Store the keys of objects that were just written, and note which of them equal an object on record.

        Objects earlier in the file count as on record.
        """
        self.record_rulings(table)
        self._look_up({key for entry in entries for key in entry.keys})
        equal: list[tuple[NewKeys, list[str]]] = []
        for entry in entries:
            for key in entry.old_keys or ():
                if entry.identifier in self._known.get(key, ()):
                    self._known[key].remove(entry.identifier)
            others = {other for key in entry.keys for other in self._known[key]} - {entry.identifier}
            if others:
                equal.append((entry, sorted(others)))
            for key in entry.keys:
                # A few more than are listed, because some may have been ruled distinct.
                if len(self._known[key]) < MAX_CANDIDATES and entry.identifier not in self._known[key]:
                    self._known[key].append(entry.identifier)
        connection = self.change.connection
        equality_keys.store(
            connection, {entry.identifier: entry.keys for entry in entries if entry.old_keys is None}, new=True
        )
        equality_keys.store(
            connection, {entry.identifier: entry.keys for entry in entries if entry.old_keys is not None}
        )
        self.note(table, equal)

    def note(self, table: Table, equal: Sequence[tuple[NewKeys, Sequence[str]]]) -> None:
        """Note objects as possible duplicates of those with these ids, unless they were ruled distinct."""
        if not equal:
            return
        connection = self.change.connection
        rulings = possible_duplicates.fetch_rulings(connection, [entry.identifier for entry, _ids in equal])
        fetch_merged = fetch_successors if table.name == table_of(Claim).name else successors_of(table)
        merged = fetch_merged(connection, sorted({other for _entry, ids in equal for other in ids}))
        for entry, equal_ids in equal:
            excluded = {entry.identifier, *rulings[entry.identifier]}
            current_ids = dict.fromkeys(merged.get(other, other) for other in equal_ids)
            candidate_ids = [other for other in current_ids if other not in excluded]
            if candidate_ids and entry.identifier not in self._counted:
                self.count += 1
                self._counted.add(entry.identifier)
                if len(self._listed) < MAX_LISTED:
                    self._listed.append((entry, table, candidate_ids[:MAX_LISTED_CANDIDATES]))

    def record_rulings(self, table: Table) -> None:
        """Record the rulings on objects that are on record by now."""
        pending = self._pending_rulings.pop(table.name, [])
        self.refs.prefetch(table, [ref for _identifier, ref in pending])
        distinct_ids: dict[str, list[str]] = defaultdict(list)
        for identifier, ref in pending:
            other_id = self.refs.get_cached(table, ref)
            if other_id is None:
                self._pending_rulings[table.name].append((identifier, ref))
            elif other_id != identifier:
                distinct_ids[identifier].append(other_id)
        for identifier, other_ids in distinct_ids.items():
            if possible_duplicates.record_rulings(self.change, identifier, other_ids):
                self.ruled_ids.add(identifier)

    def _look_up(self, keys: set[Key]) -> None:
        if len(self._known) > MAX_CACHED_REFS:
            self._known.clear()
        missing = [key for key in keys if key not in self._known]
        found = equality_keys.find_each(self.change.connection, missing)
        self._known |= {key: found.get(key, [])[:MAX_CANDIDATES] for key in missing}

    def read_report(self) -> list[PossibleDuplicate]:
        """The first possible duplicates, for the report of the import."""
        described: dict[str, Candidate] = {}
        for table in {table.name: table for _entry, table, _ids in self._listed}.values():
            identifiers = {
                other for _entry, listed_table, ids in self._listed if listed_table is table for other in ids
            }
            for candidate in possible_duplicates.candidates(self.change.connection, table, sorted(identifiers)):
                described[candidate.id] = candidate
        return [
            PossibleDuplicate(
                line=entry.line,
                row=row_number(entry.line),
                record=table.name,
                id=entry.identifier,
                key=entry.key,
                candidates=[
                    DuplicateCandidate(
                        id=other, key=described[other].key, label=described[other].label or described[other].url
                    )
                    for other in ids
                    if other in described
                ],
            )
            for entry, table, ids in self._listed
        ]
