"""Captures: receive the bytes of a document, read their metadata, and serve them to fact-checkers."""

import logging
from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple

from sqlalchemy import Connection, select

from app import clock, models
from app.blobs.store import BlobStore, MissingBlobError, StagedBlob
from app.db.ids import new_id
from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import AuthenticationError, InvalidError, NotFoundError, PossibleDuplicateError, UnavailableError
from app.models import Capture, Document, Person
from app.schemas.capture import CaptureCreate, CaptureQuery, CaptureWhole, CustodyRead
from app.services.captures import custody, transcripts
from app.services.changes.actors import Actor
from app.services.core import possible_duplicates
from app.services.core.held_elsewhere import missing_file, missing_past_capture
from app.services.core.merged_objects import with_duplicates
from app.services.core.nouns import fetch_rows_by_id
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import MAX_CLOCK_SKEW, NOW, Snapshot
from app.vocabulary import Action, CustodyAct, Role

logger = logging.getLogger("attest")

_changes, _person = table_of(models.Change), table_of(Person)


def resolve_document(connection: Connection, ref: str) -> str:
    """Return the id of the document that a new capture belongs to. Raises NotFoundError."""
    return Refs(connection).resolve_target(table_of(Document), ref)


class ReceivedCapture(NamedTuple):
    """The capture that an upload made, or the one of the same bytes that the document had before."""

    id: str
    is_new: bool


def receive(
    connection: Connection,
    actor: Actor,
    document_id: str,
    *,
    store: BlobStore,
    draft: StagedBlob,
    media_type: str,
    details: CaptureQuery,
) -> ReceivedCapture:
    """Store uploaded bytes as a capture of a document.

    The same bytes of the same document are one capture, whose details stay as they were first given; only as a
    transcript of another recording they are a further capture. The bytes are stored before the row is written, so a row
    never lacks its bytes. Raises PermissionDeniedError, InvalidError if the digest does not match the bytes, the time
    is in the future or the file cannot be a transcript of what it is said to be, PossibleDuplicateError if the same
    bytes are kept of another document, and UnavailableError if the bytes cannot be stored.
    """
    actor.require(Role.FACT_CHECKER, "upload a capture")
    if details.sha256 is not None and details.sha256 != draft.sha256:
        raise InvalidError.of(
            "sha256",
            f"does not match the {draft.byte_length:,} bytes received, whose SHA-256 is {draft.sha256}; check the file "
            "and upload it again",
        )
    if details.captured_at is not None and details.captured_at > clock.now() + MAX_CLOCK_SKEW:
        raise InvalidError.of("captured_at", "must not be in the future")
    if details.transcript_of is not None:
        transcripts.require_recording(Refs(connection), document_id, media_type, details.transcript_of)
    try:
        store.save(draft)
    except OSError as error:
        raise _unavailable(error) from error
    change = actor.open(connection, Action.CREATE, details.reason)
    # Under the lock of writers, so that two uploads at the same time make one capture.
    capture = table_of(Capture)
    own_id = select(table_of(Document).c.id).where(table_of(Document).c.id == document_id)
    of_document = capture.c.document_id.in_(with_duplicates(table_of(Document), own_id))
    same_bytes = select(capture.c.id).where(of_document, capture.c.sha256 == draft.sha256)
    if details.transcript_of is not None:
        same_bytes = same_bytes.where(capture.c.transcript_of == details.transcript_of)
    recorded = connection.scalar(same_bytes.order_by(capture.c.id).limit(1))
    if recorded is not None:
        return ReceivedCapture(recorded, is_new=False)
    _require_distinct(change, document_id, draft.sha256, details.distinct_from)
    identifier = new_id(Capture.prefix)
    row = {
        "id": identifier,
        "document_id": document_id,
        "sha256": draft.sha256,
        "media_type": media_type,
        "byte_length": draft.byte_length,
        "captured_at": details.captured_at or change.at,
        "url": details.url,
        "note": details.note,
        "transcript_of": details.transcript_of,
    }
    change.append(capture, [row])
    custody.record_events(change, CustodyAct.RECEIVED, [identifier])
    return ReceivedCapture(identifier, is_new=True)


def _require_distinct(change: ChangeWriter, document_id: str, sha256: str, distinct_from: Sequence[str]) -> None:
    """Raise PossibleDuplicateError if the bytes are kept as a capture of another document; record what was ruled."""
    connection, table = change.connection, table_of(Document)
    distinct_ids = possible_duplicates.resolve_distinct(table, distinct_from, Refs(connection), own_id=document_id)
    same_bytes = documents_with_bytes(connection, [sha256]).get(sha256, [])
    equal_ids = possible_duplicates.unruled(
        connection,
        same_bytes,
        distinct_ids,
        own_id=document_id,
        successors=possible_duplicates.successors_of(table),
    )
    if equal_ids:
        found = possible_duplicates.candidates(connection, table, equal_ids)
        raise PossibleDuplicateError(table.name, found, problem="A document with the same bytes is")
    possible_duplicates.record_rulings(change, document_id, distinct_ids)


def documents_with_bytes(connection: Connection, digests: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the documents that have a capture of these bytes, oldest capture first, by SHA-256."""
    documents: dict[str, list[str]] = {}
    capture = table_of(Capture)
    for chunk in chunks(digests):
        statement = select(capture.c.sha256, capture.c.document_id).where(capture.c.sha256.in_(chunk))
        for row in connection.execute(statement.order_by(capture.c.id)):
            documents.setdefault(row.sha256, []).append(row.document_id)
    return documents


def import_captures(change: ChangeWriter, declared: Sequence[tuple[str, CaptureCreate]]) -> list[bool | InvalidError]:
    """Record captures listed in an imported file, each given with the id of its document, without their bytes.

    Return for each: True if it is new, False if it is on record already, an InvalidError if another capture has its id
    or if it is no transcript of the capture that it names. The bytes are found by their digest once they are in the
    store; until then they count as missing.
    """
    named_ids = {capture.id for _document, capture in declared}
    named_ids |= {capture.transcript_of for _document, capture in declared if capture.transcript_of is not None}
    recorded_rows = dict(fetch_rows_by_id(change.connection, table_of(Capture), named_ids))
    rows: list[StoredRow] = []
    outcomes: dict[int, bool | InvalidError] = {}
    refs = Refs(change.connection)
    # Recordings first, whatever their order in the file.
    for index, (document_id, capture) in sorted(enumerate(declared), key=lambda item: bool(item[1][1].transcript_of)):
        row = {**vars(capture), "document_id": document_id}
        recorded = recorded_rows.get(capture.id)
        if recorded is not None:
            outcomes[index] = False if _is_same(refs, recorded, row) else _id_in_use(capture.id)
            continue
        if capture.transcript_of is not None:
            recording = recorded_rows.get(capture.transcript_of)
            problem = transcripts.transcript_problem(refs, document_id, capture.media_type, recording)
            if problem is not None:
                outcomes[index] = InvalidError.of("captures", f"`transcript_of` of {capture.id} {problem}")
                continue
        recorded_rows[capture.id], outcomes[index] = row, True
        rows.append(row)
    change.append(table_of(Capture), rows)
    note = "An imported file names it; the bytes were not in that file."
    custody.record_events(change, CustodyAct.DECLARED, [row["id"] for row in rows], note)
    return [outcomes[index] for index in range(len(declared))]


def _id_in_use(identifier: str) -> InvalidError:
    return InvalidError.of("captures", f"the id {identifier} is already used by another capture; choose another id")


def _is_same(refs: Refs, recorded: StoredRow, row: StoredRow) -> bool:
    """True if a capture on record is the one that a file describes."""
    # The document may have been merged since into the one that the file now lists the capture with.
    is_same_document = refs.get(table_of(Document), recorded["document_id"]) == row["document_id"]
    return is_same_document and all(recorded[name] == row[name] for name in ("sha256", "byte_length", "transcript_of"))


def read_one(connection: Connection, snapshot: Snapshot, identifier: str) -> CaptureWhole:
    """Return a capture with its custody history. Raises NotFoundError."""
    row = _row(connection, snapshot, identifier)
    return CaptureWhole(
        **row,
        transcripts=transcripts.fetch_transcripts(connection, snapshot, identifier),
        custody=_custody_events(connection, snapshot, identifier),
    )


def _row(connection: Connection, snapshot: Snapshot, identifier: str) -> StoredRow:
    rows = fetch_rows_by_id(connection, snapshot.capture, [identifier])
    if identifier not in rows:
        raise missing_past_capture(connection, snapshot, identifier)
    return rows[identifier]


def _custody_events(connection: Connection, snapshot: Snapshot, identifier: str) -> list[CustodyRead]:
    event = snapshot.custody_event
    statement = (
        select(event.c.act, event.c.recorded_at.label("at"), _person.c.byline.label("by"), event.c.note)
        .join(_changes, _changes.c.seq == event.c.change_seq)
        .join(_person, _person.c.id == _changes.c.actor_id)
        .where(event.c.capture_id == identifier)
        .order_by(event.c.change_seq, event.c.id)
    )
    return [CustodyRead(**row) for row in connection.execute(statement).mappings()]


class CaptureContent(NamedTuple):
    """The bytes of a capture, open for reading."""

    file: BinaryIO
    """The caller must close it."""
    byte_length: int
    sha256: str
    media_type: str


_ASK_TO_RESTORE = "Ask the operator of this service to restore it."


def open_content(connection: Connection, store: BlobStore, identifier: str, actor: Actor | None) -> CaptureContent:
    """Open the bytes of a capture, for fact-checkers only.

    Captures may be under other people's copyright, so they are kept as evidence and not published. The public sees that
    a capture exists, and can compare its digest with a copy of their own. Raises AuthenticationError,
    PermissionDeniedError, NotFoundError if there is no such capture or its bytes are missing or have another length,
    HeldElsewhereError if the bytes are missing because a dump names the capture, and UnavailableError if the store
    cannot be read.
    """
    if actor is None:
        raise AuthenticationError(
            "Only fact-checkers can download captured files. Send a fact-checker's key in the header Authorization: "
            "Bearer attest_…"
        )
    actor.require(Role.FACT_CHECKER, "download a captured file")
    row = _row(connection, NOW, identifier)
    try:
        file = store.open(row["sha256"])
    except MissingBlobError:
        if (elsewhere := missing_file(connection, identifier)) is not None:
            raise elsewhere from None
        message = f"The file of capture {identifier} is missing from the capture store. {_ASK_TO_RESTORE}"
        raise NotFoundError("stored file of capture", identifier, message=message) from None
    except OSError as error:
        raise _unavailable(error) from error
    if file.seek(0, 2) != row["byte_length"]:
        file.close()
        message = f"The stored file of capture {identifier} was altered: its length is wrong. {_ASK_TO_RESTORE}"
        raise NotFoundError("unaltered file of capture", identifier, message=message)
    return CaptureContent(file, *(row[name] for name in CaptureContent._fields[1:]))


def _unavailable(error: OSError) -> UnavailableError:
    logger.error("The capture store is unavailable", exc_info=error)
    return UnavailableError("The capture store is unavailable. Try again in a few minutes.")
