"""Imports: merge the records of a file into the record.

One import is one change in one transaction. A row that is refused is reported and does not stop the others. Records
that repeat what is on record change nothing, records that differ become revisions, and what the file does not mention
is left unchanged.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, or_, select

from app.db import bulk, statistics
from app.db.engine import before_commit
from app.db.revisions import ChangeWriter, StoredRow
from app.errors import FieldProblem, InvalidError
from app.formats.parsing import import_rows as files
from app.schemas.base.fields import Schema
from app.schemas.capture import CaptureCreate
from app.schemas.desk.decision_origin import UNNAMED_FILE, OriginCreate
from app.schemas.desk.rating import RatingCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord, TopicRecord
from app.schemas.files.import_report import ImportReport, Tally
from app.services.captures import captures
from app.services.catalogue import source_ratings
from app.services.catalogue.documents import DOCUMENT
from app.services.catalogue.sources import SOURCE, refuse_cycle
from app.services.catalogue.topics import TOPIC
from app.services.changes import change_effects
from app.services.changes.actors import Actor
from app.services.claims import figure_warnings
from app.services.core import equality_keys
from app.services.core.human_corrections import was_corrected_by_person
from app.services.core.nouns import Columns, Noun, changed_columns, field_values
from app.services.core.possible_duplicates import MAX_CANDIDATES
from app.services.core.refs import Refs, chunks
from app.services.imports import decided_claims
from app.services.imports.claim_imports import ClaimLoader
from app.services.imports.file_keys import FileKeys
from app.services.imports.import_duplicates import DuplicateFinder, NewKeys
from app.services.imports.import_tally import ImportRefusedError, ImportTally, RowOutcome
from app.services.imports.restored_versions import RestoredVersions, occurs_twice
from app.vocabulary import Action, Role, Scope

BATCH_SIZE = 500
"""Records looked up and written together."""

Progress = Callable[[int], None]
"""Called now and then with the number of rows read so far."""


def import_records(
    connection: Connection,
    actor: Actor,
    reading: files.RowStream,
    *,
    format: str,
    reason: str,
    strict: bool = False,
    dry_run: bool = False,
    cut_line: int | None = None,
    complete: bool = False,
    restored: RestoredVersions | None = None,
    origin: OriginCreate | None = None,
    progress: Progress = lambda _rows: None,
) -> ImportReport:
    """Merge the records of a file into the record and report the outcome.

    `restored`: the versions of a dump, which is loaded into an empty database. Objects keep them, and decisions are
    accepted unchecked, because the record that they come from has checked them. `origin` is what readers are told about
    where the file's decisions come from: a file without a name by default. The caller commits, or rolls back after a
    dry run. `cut_line` is the last line of a file that may have been cut there, and
    `complete` means that the sender says it was not. Raises ImportRefusedError if `strict` and a row was refused, or if
    `strict` and not `complete` and the file may have been cut or has no rows;
    PermissionDeniedError unless the actor is an editor with the scope `import`.
    """
    actor.require(Role.EDITOR, "import a file", Scope.IMPORT)
    begun = time.monotonic()
    bulk.prefer_index_plans(connection)
    change = actor.open(connection, Action.IMPORT, reason)
    loader = _Loader(change, origin or OriginCreate(file=UNNAMED_FILE), restored)
    if restored is not None:
        restored.begin(change)
    # A dump is checked when its versions are placed.
    for batch in _batches(reading, loader.tally, loader.keys if restored is None else None):
        loader.take(batch)
        progress(sum(loader.tally.rows.values()))
    loader.finish()
    if restored is not None:
        restored.finish(change)
    seconds = time.monotonic() - begun
    report = _report(loader, None if complete else cut_line, format=format, dry_run=dry_run, seconds=seconds)
    if strict and (report.refused or (not complete and report.warnings)):
        raise ImportRefusedError(report)
    if report.created + report.revised >= statistics.BULK_LOAD_ROWS:
        before_commit(connection, partial(statistics.refresh, connection))
    return report


def _report(loader: "_Loader", cut_line: int | None, *, format: str, dry_run: bool, seconds: float) -> ImportReport:
    tally = loader.tally
    return ImportReport(
        format=format,
        rows=sum(tally.rows.values()),
        **{outcome: tally.rows[outcome] for outcome in ("created", "unchanged", "revised", "refused")},
        refusals=tally.refusals,
        reasons=tally.reasons(),
        may_be_cut=cut_line is not None,
        warnings=list(_warnings(sum(tally.rows.values()), cut_line)),
        possible_duplicates=loader.duplicates.count,
        duplicates=loader.duplicates.read_report(),
        questioned=tally.questioned,
        questions=tally.questions,
        objects={
            noun: Tally(created=count["created"], unchanged=count["unchanged"], revised=count["revised"])
            for noun, count in sorted(tally.objects.items())
        },
        dry_run=dry_run,
        seconds=round(seconds, 3),
    )


def _warnings(rows: int, cut_line: int | None) -> Iterator[str]:
    """Yield what makes it uncertain that a file was whole."""
    if rows == 0:
        yield "The file contains no rows."
    if cut_line is not None:
        yield (
            f"The file may be cut: line {cut_line}, the last one, has no line end. Check it; if the file is whole, say "
            "so with complete=true (--complete on the command line)."
        )


Numbered = tuple[int, Record]


def _batches(reading: files.RowStream, tally: ImportTally, keys: FileKeys | None) -> Iterable[list[Numbered]]:
    """Yield records with their lines in batches of up to BATCH_SIZE; no claim occurs twice in one batch."""
    batch: list[Numbered] = []
    batch_names: set[str] = set()
    for row in reading:
        if isinstance(row, files.RowRefusal):
            tally.refuse(row.line, row.field, row.reason)
            continue
        names = {name for record in row.records for name in _names(record)}
        if len(batch) + len(row.records) > BATCH_SIZE or batch_names & names:
            yield batch
            batch, batch_names = [], set()
        tally.open_rows.setdefault(files.row_number(row.line), "unchanged")
        for record in row.records:
            conflict = None if keys is None else keys.find_conflict(row.line, record)
            if conflict is None:
                batch.append((row.line, record))
            else:
                tally.refuse(conflict.line, conflict.field, conflict.reason)
        batch_names |= names
    yield batch


def _names(record: Record) -> set[str]:
    if isinstance(record, ClaimRecord):
        return {name for name in (record.key, record.id, record.joins) if name is not None}
    return {name for name in (record.claim, record.joins) if name} if isinstance(record, NoteRecord) else set()


class _Loader:
    """Merges batches of records into the record, all under one change."""

    def __init__(self, change: ChangeWriter, origin: OriginCreate, restored: RestoredVersions | None) -> None:
        self._restored = restored
        self._origin = origin
        self.tally = ImportTally()
        self.keys = FileKeys()
        self._change = change
        self._refs = Refs(change.connection)
        self.duplicates = DuplicateFinder(change, self._refs)
        self._claims = ClaimLoader(change, self._refs, self.duplicates, origin, restored)
        self._rows_with_relations: dict[int, RowOutcome] = {}

    def take(self, batch: Sequence[Numbered]) -> None:
        """Merge a batch into the record: first topics, sources and documents, then the claims that refer to them."""
        for noun, kind in ((TOPIC, TopicRecord), (SOURCE, SourceRecord), (DOCUMENT, DocumentRecord)):
            self._merge_nouns(noun, [numbered for numbered in batch if isinstance(numbered[1], kind)])
        claims = [(line, record) for line, record in batch if isinstance(record, ClaimRecord)]
        written: set[int] = set()
        for line, outcome, problems in self._claims.take(claims):
            if outcome is not None:
                self.tally.count(line, "claim", outcome)
                written |= {line} if outcome != "unchanged" else set()
            else:
                self.keys.forget("claim", line)
            self._refuse(line, problems)
        if self._restored is None:  # the figures of a dump were questioned when they were recorded
            for line, record in claims:
                if line in written:
                    self.tally.question(line, figure_warnings.question_record(record))
        related = [files.row_number(line) for line, record in claims if record.relations]
        self._rows_with_relations |= {number: self.tally.open_rows[number] for number in related}
        for line, note in [(line, record) for line, record in batch if isinstance(record, NoteRecord)]:
            self._add_note(line, note)
        self.tally.settle()
        self._refs.evict()

    def finish(self) -> None:
        """Record the relations and rulings that had to wait for the end of the file."""
        for noun in (TOPIC, SOURCE, DOCUMENT):
            self.duplicates.record_rulings(noun.table)
        for line, _outcome, problems in self._claims.finish():
            number = files.row_number(line)
            if number in self._rows_with_relations:
                # The row was already counted with the outcome of its claim.
                self.tally.rows[self._rows_with_relations.pop(number)] -= 1
            self._refuse(line, problems)
        self.tally.settle()

    def _refuse(self, line: int, problems: Iterable[FieldProblem]) -> None:
        for problem in problems:
            self.tally.refuse(line, problem.field, problem.message)

    def _add_note(self, line: int, note: NoteRecord) -> None:
        changed = self._claims.annotate(note)
        if changed is None:
            self.tally.refuse(line, "claim", "no claim has this key; import the claim before its note")
        else:
            self.tally.count(line, "claim", "revised" if changed else "unchanged")

    def _merge_nouns(self, noun: Noun, records: Sequence[tuple[int, Any]]) -> None:
        on_record = _on_record(self._change.connection, noun, [record for _line, record in records])
        adds: dict[str, Columns] = {}
        amends: dict[str, Columns] = {}
        captures: list[tuple[int, str, CaptureCreate]] = []
        ratings: list[tuple[int, str, RatingCreate, str | None]] = []
        rating_ids: dict[str, list[str]] = {}
        originals: dict[str, StoredRow] = {}
        written: dict[str, tuple[int, str | None, StoredRow]] = {}
        for line, record in records:
            row = on_record.get(record.key) or on_record.get(record.id)
            if row is not None:
                originals.setdefault(row["id"], row)
            try:
                outcome, row = self._merge_record(noun, record, row, adds, amends)
                if self._restored is not None:
                    rating_ids[row["id"]] = self._restored.place_object(noun, record, adds[row["id"]])
            except InvalidError as error:
                self.keys.forget(noun.name, line)
                self._refuse(line, error.problems)
                continue
            on_record |= {name: row for name in (record.key, row["id"]) if name is not None}
            # What the file says of a duplicate counts for the object that it was merged into.
            identifier = row.get("merged_into_id") or row["id"]
            self._refs.remember(noun.table, record.key, identifier)
            self.tally.count(line, noun.name, outcome)
            self.duplicates.rule(noun.table, row["id"], record.distinct_from)
            if outcome != "unchanged":
                written[row["id"]] = (line, record.key, row)
            if isinstance(record, DocumentRecord):
                captures += [(line, identifier, capture) for capture in record.captures]
            if isinstance(record, SourceRecord):
                ids: list[str | None] = [*rating_ids.get(row["id"], ())] or [None] * len(record.ratings)
                ratings += [(line, identifier, *rating) for rating in zip(record.ratings, ids, strict=False)]
        self._change.add(noun.table, list(adds.values()))
        self._change.amend_each(noun.table, amends)
        if noun is SOURCE:
            for identifier in amends:
                change_effects.update_search_texts_of_source(self._change, identifier)
        keys_of, entries = equality_keys.KEYS_OF[noun.name], []
        for identifier, (line, key, row) in written.items():
            old_keys = None if identifier in adds else keys_of(originals[identifier])
            if (keys := keys_of(row)) != old_keys:
                entries.append(NewKeys(line, identifier, key, keys, old_keys))
        self.duplicates.take(noun.table, entries)
        self._import_captures(captures)
        self._import_ratings(ratings)

    def _import_ratings(self, ratings: Sequence[tuple[int, str, RatingCreate, str | None]]) -> None:
        outcomes = source_ratings.import_ratings(
            self._change,
            self._refs,
            [(source_id, rating) for _line, source_id, rating, _id in ratings],
            self._origin,
            ids=[identifier for _line, _source_id, _rating, identifier in ratings],
            restoring=self._restored is not None,
        )
        for (line, *_rating), outcome in zip(ratings, outcomes, strict=True):
            if isinstance(outcome, InvalidError):
                self._refuse(line, outcome.problems)
            else:
                self.tally.count(line, "source_rating", "created" if outcome else "unchanged")

    def _import_captures(self, declared: Sequence[tuple[int, str, CaptureCreate]]) -> None:
        connection = self._change.connection
        same_bytes = captures.documents_with_bytes(connection, {capture.sha256 for _line, _id, capture in declared})
        outcomes = captures.import_captures(
            self._change, [(document_id, capture) for _line, document_id, capture in declared]
        )
        equal: list[tuple[NewKeys, list[str]]] = []
        for (line, document_id, capture), new in zip(declared, outcomes, strict=True):
            documents = same_bytes.setdefault(capture.sha256, [])
            if isinstance(new, InvalidError):
                self._refuse(line, new.problems)
                continue
            if new and set(documents) - {document_id}:
                equal.append((NewKeys(line, document_id, None, ()), documents[:MAX_CANDIDATES]))
            if new:
                documents.append(document_id)
            self.tally.count(line, "capture", "created" if new else "unchanged")
        self.duplicates.note(DOCUMENT.table, equal)

    def _merge_record(
        self, noun: Noun, record: Schema, row: StoredRow | None, adds: dict[str, Columns], amends: dict[str, Columns]
    ) -> tuple[RowOutcome, StoredRow]:
        """Add one record to `adds` or `amends` as needed; return the outcome and the row as it will be."""
        if row is None:
            columns = noun.columns(field_values(record), self._refs)
            new = {"id": getattr(record, "id", None) or noun.new_id(), **columns, **self._merge_columns(noun, record)}
            adds[new["id"]] = new
            return "created", new
        if self._restored is not None:
            raise occurs_twice(noun.name)
        if row.get("merged_into_id") is not None:
            return "unchanged", row  # the record still describes the duplicate
        columns = changed_columns(row, noun.columns(field_values(record, only_set=True), self._refs))
        connection = self._change.connection
        if not columns or was_corrected_by_person(
            connection, noun.table, row["id"], lambda earlier: not changed_columns(earlier, columns)
        ):
            return "unchanged", row
        if noun is SOURCE:
            refuse_cycle(connection, row["id"], columns.get("parent_id"))
            if problems := decided_claims.find_source_problems(connection, row, columns):
                raise InvalidError(problems)
        pending = adds if row["id"] in adds else amends
        pending[row["id"]] = {**pending.get(row["id"], {}), **columns}
        return "revised", {**row, **columns}

    def _merge_columns(self, noun: Noun, record: Any) -> Columns:
        target_id = self._refs.resolve_field(noun.table, record.merged_into, "merged_into")
        return {
            "merged_into_id": target_id,
            "merge_notice": None if target_id is None else record.merge_notice or "Merged.",
        }


def _on_record(connection: Connection, noun: Noun, records: Iterable[Any]) -> dict[str | None, StoredRow]:
    """Return the rows on record with the keys or ids of these records, by key and by id."""
    table = noun.table
    rows_by_name: dict[str | None, StoredRow] = {}
    for chunk in chunks(records):
        keys = [record.key for record in chunk if record.key is not None]
        ids = [record.id for record in chunk if record.id is not None]
        statement = select(table).where(or_(table.c.key.in_(keys), table.c.id.in_(ids)))
        for row in connection.execute(statement).mappings():
            rows_by_name |= {row["id"]: row} | ({row["key"]: row} if row["key"] is not None else {})
    rows_by_name.pop(None, None)
    return rows_by_name
