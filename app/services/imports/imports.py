"""Imports: what a file says is laid over what is on record.

One import is one change in one transaction. A row that cannot be taken is reported and stops no other. What the file
says again changes nothing; what it says otherwise becomes a revision; what it does not say is left alone.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection, or_, select

from app.db import bulk, statistics
from app.db.engine import before_commit
from app.db.revisions import Change, Row
from app.errors import AttestError, FieldProblem, InvalidError
from app.formats.parsing import import_rows as files
from app.schemas.base.fields import Schema
from app.schemas.capture import CaptureCreate
from app.schemas.desk.rating import RatingCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord, TopicRecord
from app.schemas.files.import_report import ImportReport, Refusal, Tally
from app.services.captures import captures
from app.services.catalogue import source_ratings
from app.services.catalogue.documents import DOCUMENT
from app.services.catalogue.sources import SOURCE, refuse_cycle
from app.services.catalogue.topics import TOPIC
from app.services.core.actors import Actor
from app.services.core.human_corrections import set_aside
from app.services.core.nouns import Columns, Noun, differing, given
from app.services.core.refs import Refs, chunks
from app.services.imports.claim_imports import ClaimLoader
from app.services.search import search_index
from app.vocabulary import Action, Role, Scope

Outcome = Literal["created", "unchanged", "revised", "refused"]

BATCH = 500
"""Records that are looked up and written together."""

MOST_REFUSALS = 1_000
"""Refusals that a report lists; all are counted."""

Progress = Callable[[int], None]
"""Told, now and then, how many rows have been read."""


class ImportRefusedError(AttestError):
    """A strict import found rows that it could not take; nothing is to be kept."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__(f"{report.refused} of {report.rows} rows cannot be taken; nothing was imported.")
        self.report = report


@dataclass
class _Tally:
    """What an import has done so far."""

    open_rows: dict[int, Outcome] = field(default_factory=dict)
    """What has become so far of the rows of the batch, by their number."""
    rows: Counter[Outcome] = field(default_factory=Counter)
    objects: dict[str, Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, line: int, name: str, reason: str) -> None:
        number = files.number_of(line)
        self.open_rows[number] = "refused"
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals.append(Refusal(line=line, row=number, field=name, reason=reason))

    def count(self, line: int, noun: str, outcome: Outcome) -> None:
        self.objects[noun][outcome] += 1
        # A row is what the strongest of its objects is.
        strength: tuple[Outcome, ...] = ("unchanged", "created", "revised", "refused")
        number = files.number_of(line)
        self.open_rows[number] = max(self.open_rows.get(number, "unchanged"), outcome, key=strength.index)

    def settle(self) -> None:
        """Rows that are done with are only counted: a file may have millions."""
        self.open_rows.pop(0, None)  # what the format itself says is no row
        self.rows.update(self.open_rows.values())
        self.open_rows.clear()


def load(
    connection: Connection,
    actor: Actor,
    reading: files.Reading,
    *,
    format: str,
    reason: str,
    strict: bool = False,
    dry_run: bool = False,
    restoring: bool = False,
    progress: Progress = lambda _rows: None,
) -> ImportReport:
    """Lay a file over the record and report what that did.

    `restoring`: decisions are taken over from another record that checked them, as they are.

    The caller commits, or rolls back for a dry run. Raises ImportRefusedError if `strict` and a row was refused, and
    PermissionDeniedError unless the actor is an editor.
    """
    actor.require(Role.EDITOR, "import a file", Scope.IMPORT)
    begun = time.monotonic()
    bulk.expect_growth(connection)
    loader = _Loader(actor.open(connection, Action.IMPORT, reason), restoring)
    for batch in _batches(reading, loader.tally):
        loader.take(batch)
        progress(sum(loader.tally.rows.values()))
    loader.finish()
    report = _report(loader.tally, format=format, dry_run=dry_run, seconds=time.monotonic() - begun)
    if strict and report.refused:
        raise ImportRefusedError(report)
    if report.created + report.revised >= statistics.MANY:
        before_commit(connection, partial(statistics.refresh, connection))
    return report


def _report(tally: _Tally, *, format: str, dry_run: bool, seconds: float) -> ImportReport:
    return ImportReport(
        format=format,
        rows=sum(tally.rows.values()),
        **{outcome: tally.rows[outcome] for outcome in ("created", "unchanged", "revised", "refused")},
        refusals=tally.refusals,
        objects={
            noun: Tally(created=count["created"], unchanged=count["unchanged"], revised=count["revised"])
            for noun, count in sorted(tally.objects.items())
        },
        dry_run=dry_run,
        seconds=round(seconds, 3),
    )


Numbered = tuple[int, Record]


def _batches(reading: files.Reading, tally: _Tally) -> Iterable[list[Numbered]]:
    """Records with their lines, so many at a time; never the same claim twice in one batch."""
    batch: list[Numbered] = []
    named: set[str] = set()
    for row in reading:
        if isinstance(row, files.Refused):
            tally.refuse(row.line, row.field, row.reason)
            continue
        names = {name for record in row.records for name in _names(record)}
        if len(batch) + len(row.records) > BATCH or named & names:
            yield batch
            batch, named = [], set()
        tally.open_rows.setdefault(files.number_of(row.line), "unchanged")
        batch += [(row.line, record) for record in row.records]
        named |= names
    yield batch


def _names(record: Record) -> set[str]:
    if isinstance(record, ClaimRecord):
        return {name for name in (record.key, record.id, record.joins) if name is not None}
    return {name for name in (record.claim, record.joins) if name} if isinstance(record, NoteRecord) else set()


class _Loader:
    """Takes batches of records, all under one change."""

    def __init__(self, change: Change, restoring: bool) -> None:
        self.tally = _Tally()
        self._change = change
        self._refs = Refs(change.connection)
        self._claims = ClaimLoader(change, self._refs, restoring=restoring)
        self._waiting: dict[int, Outcome] = {}

    def take(self, batch: Sequence[Numbered]) -> None:
        """Lay a batch over the record: first what claims refer to, then the claims."""
        for noun, kind in ((TOPIC, TopicRecord), (SOURCE, SourceRecord), (DOCUMENT, DocumentRecord)):
            self._take_plain(noun, [one for one in batch if isinstance(one[1], kind)])
        claims = [(line, record) for line, record in batch if isinstance(record, ClaimRecord)]
        for line, outcome, problems in self._claims.take(claims):
            if outcome is not None:
                self.tally.count(line, "claim", outcome)
            self._refuse(line, problems)
        related = [files.number_of(line) for line, record in claims if record.relations]
        self._waiting |= {number: self.tally.open_rows[number] for number in related}
        for line, note in [(line, record) for line, record in batch if isinstance(record, NoteRecord)]:
            self._take_note(line, note)
        self.tally.settle()
        self._refs.forget()

    def finish(self) -> None:
        """Take what had to wait for the end of the file."""
        for line, _outcome, problems in self._claims.finish():
            number = files.number_of(line)
            if number in self._waiting:
                # The row was counted by what became of the claim itself.
                self.tally.rows[self._waiting.pop(number)] -= 1
            self._refuse(line, problems)
        self.tally.settle()

    def _refuse(self, line: int, problems: Iterable[FieldProblem]) -> None:
        for problem in problems:
            self.tally.refuse(line, problem.field, problem.message)

    def _take_note(self, line: int, note: NoteRecord) -> None:
        changed = self._claims.annotate(note)
        if changed is None:
            self.tally.refuse(line, "claim", "there is no claim with this key; import what the note speaks of first")
        else:
            self.tally.count(line, "claim", "revised" if changed else "unchanged")

    def _take_plain(self, noun: Noun, records: Sequence[tuple[int, Any]]) -> None:
        on_record = _on_record(self._change.connection, noun, [record for _line, record in records])
        adds: dict[str, Columns] = {}
        amends: dict[str, Columns] = {}
        kept: list[tuple[int, str, CaptureCreate]] = []
        rated: list[tuple[int, str, RatingCreate]] = []
        for line, record in records:
            row = on_record.get(record.key) or on_record.get(record.id)
            try:
                outcome, row = self._lay_over(noun, record, row, adds, amends)
            except InvalidError as error:
                self._refuse(line, error.problems)
                continue
            on_record |= {name: row for name in (record.key, row["id"]) if name is not None}
            self._refs.put(noun.table, record.key, row["id"])
            self.tally.count(line, noun.name, outcome)
            if isinstance(record, DocumentRecord):
                kept += [(line, row["id"], capture) for capture in record.captures]
            if isinstance(record, SourceRecord):
                rated += [(line, row["id"], rating) for rating in record.ratings]
        self._change.add(noun.table, list(adds.values()))
        self._change.amend_each(noun.table, amends)
        if noun is SOURCE:
            for identifier in amends:
                search_index.refresh_of_source(self._change, identifier)
        self._take_captures(kept)
        self._take_ratings(rated)

    def _take_ratings(self, rated: Sequence[tuple[int, str, RatingCreate]]) -> None:
        outcomes = source_ratings.declare(
            self._change, self._refs, [(source_id, one) for _line, source_id, one in rated]
        )
        for (line, _source_id, _rating), outcome in zip(rated, outcomes, strict=True):
            if isinstance(outcome, InvalidError):
                self._refuse(line, outcome.problems)
            else:
                self.tally.count(line, "source_rating", "created" if outcome else "unchanged")

    def _take_captures(self, kept: Sequence[tuple[int, str, CaptureCreate]]) -> None:
        outcomes = captures.declare(self._change, [(document_id, capture) for _line, document_id, capture in kept])
        for (line, _document_id, capture), new in zip(kept, outcomes, strict=True):
            if new is None:
                self.tally.refuse(line, "captures", f"there is another capture {capture.id}")
            else:
                self.tally.count(line, "capture", "created" if new else "unchanged")

    def _lay_over(
        self, noun: Noun, record: Schema, row: Row | None, adds: dict[str, Columns], amends: dict[str, Columns]
    ) -> tuple[Outcome, Row]:
        """Put one record among what is to be added or amended; the row as it will be."""
        if row is None:
            columns = noun.columns(given(record), self._refs)
            new = {"id": getattr(record, "id", None) or noun.new_id(), **columns}
            adds[new["id"]] = new
            return "created", new
        columns = differing(row, noun.columns(given(record, only_set=True), self._refs))
        connection = self._change.connection
        if not columns or set_aside(connection, noun.table, row["id"], lambda then: not differing(then, columns)):
            return "unchanged", row
        if noun is SOURCE:
            refuse_cycle(connection, row["id"], columns.get("parent_id"))
        waiting = adds if row["id"] in adds else amends
        waiting[row["id"]] = {**waiting.get(row["id"], {}), **columns}
        return "revised", {**row, **columns}


def _on_record(connection: Connection, noun: Noun, records: Iterable[Any]) -> dict[str | None, Row]:
    """The objects that these records speak of, by key and by id."""
    table = noun.table
    found: dict[str | None, Row] = {}
    for chunk in chunks(records):
        keys = [record.key for record in chunk if record.key is not None]
        ids = [record.id for record in chunk if record.id is not None]
        statement = select(table).where(or_(table.c.key.in_(keys), table.c.id.in_(ids)))
        for row in connection.execute(statement).mappings():
            found |= {row["id"]: row} | ({row["key"]: row} if row["key"] is not None else {})
    found.pop(None, None)
    return found
