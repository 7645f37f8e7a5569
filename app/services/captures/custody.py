"""The chain of custody of captures: what happened to their bytes, and whether they are still the recorded ones."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from app import clock
from app.blobs.store import CHUNK_SIZE, BlobStore, MissingBlobError, StoredBlob
from app.db.engine import Database
from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Capture, CustodyEvent
from app.services.changes.actors import Actor
from app.services.core.refs import chunks
from app.vocabulary import Action, CustodyAct

CAPTURES_PER_BATCH = 100
"""Captures recorded per transaction. Their bytes are read before it begins, so other writers do not wait for that."""

UPLOAD_GRACE_PERIOD = timedelta(minutes=10)
"""A stored file without a row may be an upload in progress for this long; after that it is an orphan."""

_capture, _event = table_of(Capture), table_of(CustodyEvent)

Progress = Callable[[int], None]
"""Called now and then with the number of captures read so far."""


def record_events(change: ChangeWriter, act: CustodyAct, capture_ids: Iterable[str], note: str | None = None) -> None:
    """Add an event to the custody history of each of these captures."""
    rows = [
        {"id": new_id(CustodyEvent.prefix), "capture_id": capture_id, "act": act, "note": note}
        for capture_id in capture_ids
    ]
    change.append(_event, rows)


@dataclass(frozen=True)
class CaptureFault:
    """A capture whose stored bytes are missing or differ from the record."""

    capture_id: str
    document_id: str
    sha256: str
    what: str
    """`missing` or `altered`."""
    note: str
    """What was found instead, as a sentence."""


@dataclass
class VerificationReport:
    """The result of reading the bytes of captures."""

    captures: int = 0
    faults: list[CaptureFault] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    """Digests of stored files that belong to no capture: harmless remains of failed uploads."""


def verify_captures(
    database: Database,
    store: BlobStore,
    actor: Actor,
    capture_ids: Sequence[str] | None,
    progress: Progress = lambda _captures: None,
) -> VerificationReport:
    """Read the bytes of these captures, or of all captures for None, and record the result in their custody history.

    Orphans are reported only if all captures are read. Raises NotFoundError for an unknown capture id and OSError if
    the store cannot be read.
    """
    reason = "Stored files were read and compared with the record."
    report = _process_captures(
        database,
        actor,
        capture_ids,
        reason=reason,
        success=(CustodyAct.VERIFIED, None),
        act=partial(_check_bytes, store),
        progress=progress,
    )
    if capture_ids is None:
        with database.reading() as connection:
            report.orphans = sorted(_orphans(connection, store.list_blobs()))
    return report


def move_captures(
    database: Database, store: BlobStore, new: BlobStore, actor: Actor, progress: Progress = lambda _captures: None
) -> VerificationReport:
    """Copy the bytes of all captures to another store, read them back, and record the result in their custody history.

    Missing or altered bytes are not copied. Raises OSError if one of the stores cannot be used.
    """

    def copy_bytes(row: StoredRow) -> tuple[str, str] | None:
        if (fault := _check_bytes(store, row)) is not None:
            return fault
        with store.open(row["sha256"]) as file, new.stage() as draft:
            while piece := file.read(CHUNK_SIZE):
                draft.write(piece)
            new.save(draft)
        return _check_bytes(new, row)

    reason = "Stored files were copied to another store."
    note = f"From {store.name} to {new.name}."
    return _process_captures(
        database, actor, None, reason=reason, success=(CustodyAct.MOVED, note), act=copy_bytes, progress=progress
    )


def _process_captures(
    database: Database,
    actor: Actor,
    capture_ids: Sequence[str] | None,
    *,
    reason: str,
    success: tuple[CustodyAct, str | None],
    act: Callable[[StoredRow], tuple[str, str] | None],
    progress: Progress,
) -> VerificationReport:
    """Apply `act` to the bytes of captures, once per digest, and record the result for each capture."""
    report = VerificationReport()
    problem_by_digest: dict[str, tuple[str, str] | None] = {}
    for rows in _batches(database, capture_ids):
        faults = []
        for row in rows:
            if row["sha256"] not in problem_by_digest:
                problem_by_digest[row["sha256"]] = act(row)
            if (problem := problem_by_digest[row["sha256"]]) is not None:
                faults.append(CaptureFault(row["id"], row["document_id"], row["sha256"], *problem))
        faulty_ids = {fault.capture_id for fault in faults}
        with database.writing() as connection:
            change = actor.open(connection, Action.CREATE, reason)
            event, note = success
            record_events(change, event, [row["id"] for row in rows if row["id"] not in faulty_ids], note)
            for fault in faults:
                record_events(change, CustodyAct.FAILED_VERIFICATION, [fault.capture_id], fault.note)
        report.captures += len(rows)
        report.faults += faults
        progress(report.captures)
    return report


def _batches(database: Database, capture_ids: Sequence[str] | None) -> Iterator[list[StoredRow]]:
    if capture_ids is not None:
        for chunk in chunks(dict.fromkeys(capture_ids), CAPTURES_PER_BATCH):
            rows_by_id = {row["id"]: row for row in _rows(database, _capture.c.id.in_(chunk))}
            for capture_id in chunk:
                if capture_id not in rows_by_id:
                    raise NotFoundError("capture", capture_id)
            yield list(rows_by_id.values())
        return
    last = ""
    while rows := _rows(database, _capture.c.id > last):
        yield rows
        last = rows[-1]["id"]


def _rows(database: Database, condition: Any) -> list[StoredRow]:
    with database.reading() as connection:
        rows = connection.execute(select(_capture).where(condition).order_by(_capture.c.id).limit(CAPTURES_PER_BATCH))
        return list(rows.mappings())


def _check_bytes(store: BlobStore, row: StoredRow) -> tuple[str, str] | None:
    """Compare the stored bytes of a capture with its row; return the fault as a word and a sentence, or None."""
    try:
        file = store.open(row["sha256"])
    except MissingBlobError:
        return "missing", "The store does not hold it."
    digest, length = hashlib.sha256(), 0
    with file:
        while piece := file.read(CHUNK_SIZE):
            digest.update(piece)
            length += len(piece)
    if length != row["byte_length"]:
        return "altered", f"{length:,} bytes instead of {row['byte_length']:,}; SHA-256 {digest.hexdigest()}."
    if digest.hexdigest() != row["sha256"]:
        return "altered", f"SHA-256 {digest.hexdigest()}."
    return None


def _orphans(connection: Connection, contents: Iterable[StoredBlob]) -> Iterator[str]:
    settled = (stored.name for stored in contents if stored.stored_at < clock.now() - UPLOAD_GRACE_PERIOD)
    for names in chunks(settled):
        recorded = set(connection.scalars(select(_capture.c.sha256).where(_capture.c.sha256.in_(names))))
        yield from (name for name in names if name not in recorded)
