"""Captures: receive the bytes of a document, read what is known of them, hand them out to the desk."""

import logging
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from sqlalchemy import Connection, select

from app import clock, models
from app.blobs.store import Draft, MissingBytesError, Store
from app.db.ids import new_id
from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import AuthenticationError, InvalidError, NotFoundError, UnavailableError
from app.models import Capture, Document, Person
from app.schemas.capture import CaptureCreate, CaptureQuery, CaptureWhole, CustodyRead
from app.services.captures import custody
from app.services.core.actors import Actor
from app.services.core.nouns import rows_by_id
from app.services.core.refs import Refs
from app.services.core.snapshot import FAST_CLOCK, NOW, Record
from app.vocabulary import Action, CustodyAct, Role

logger = logging.getLogger("attest")

_changes, _person = table_of(models.Change), table_of(Person)


def document_named(connection: Connection, ref: str) -> str:
    """The id of the document that a capture is to be of. Raises NotFoundError."""
    return Refs(connection).the_one(table_of(Document), ref)


def receive(
    connection: Connection,
    actor: Actor,
    document_id: str,
    *,
    store: Store,
    draft: Draft,
    media_type: str,
    said: CaptureQuery,
) -> str:
    """Keep what was handed over as a capture of a document; its id.

    The bytes are stored before a row says so. Raises InvalidError for a digest that they do not have, and for a time
    that lies ahead; UnavailableError if they cannot be stored.
    """
    actor.require(Role.FACT_CHECKER, "hand over a capture")
    if said.sha256 is not None and said.sha256 != draft.sha256:
        raise InvalidError.of("sha256", f"is not that of the {draft.byte_length:,} bytes that arrived: {draft.sha256}")
    if said.captured_at is not None and said.captured_at > clock.now() + FAST_CLOCK:
        raise InvalidError.of("captured_at", "must not lie in the future")
    try:
        store.keep(draft)
    except OSError as error:
        raise _unavailable(error) from error
    change = actor.open(connection, Action.CREATE, said.reason)
    identifier = new_id(Capture.prefix)
    row = {
        "id": identifier,
        "document_id": document_id,
        "sha256": draft.sha256,
        "media_type": media_type,
        "byte_length": draft.byte_length,
        "captured_at": said.captured_at or change.at,
        "url": said.url,
        "note": said.note,
    }
    change.append(table_of(Capture), [row])
    custody.tell(change, CustodyAct.RECEIVED, [identifier])
    return identifier


def declare(change: Change, said: Sequence[tuple[str, CaptureCreate]]) -> list[bool | None]:
    """Record captures that a file names, each with the id of its document, for those that are not on record.

    For each: true if it is new, None if another capture has its id. Their bytes are looked for by digest, whenever they
    come into the store; until then they are missing.
    """
    on_record = dict(rows_by_id(change.connection, table_of(Capture), [capture.id for _document, capture in said]))
    rows: list[Row] = []
    outcomes: list[bool | None] = []
    for document_id, capture in said:
        row = {**vars(capture), "document_id": document_id}
        before = on_record.setdefault(capture.id, row)
        same = all(before[name] == row[name] for name in ("document_id", "sha256", "byte_length"))
        outcomes.append(before is row if same else None)
        rows += [row] if before is row else []
    change.append(table_of(Capture), rows)
    note = "An imported file names it; the bytes were not in that file."
    custody.tell(change, CustodyAct.DECLARED, [row["id"] for row in rows], note)
    return outcomes


def read_one(connection: Connection, record: Record, identifier: str) -> CaptureWhole:
    """A capture with its history. Raises NotFoundError."""
    row = _row(connection, record, identifier)
    return CaptureWhole(**row, custody=_custody(connection, record, identifier))


def _row(connection: Connection, record: Record, identifier: str) -> Row:
    found = rows_by_id(connection, record.capture, [identifier])
    if identifier not in found:
        raise NotFoundError("capture", identifier)
    return found[identifier]


def _custody(connection: Connection, record: Record, identifier: str) -> list[CustodyRead]:
    event = record.custody_event
    statement = (
        select(event.c.act, event.c.recorded_at.label("at"), _person.c.byline.label("by"), event.c.note)
        .join(_changes, _changes.c.seq == event.c.change_seq)
        .join(_person, _person.c.id == _changes.c.actor_id)
        .where(event.c.capture_id == identifier)
        .order_by(event.c.change_seq, event.c.id)
    )
    return [CustodyRead(**row) for row in connection.execute(statement).mappings()]


class Content(NamedTuple):
    """The bytes of a capture, open to be read."""

    file: BinaryIO
    """Whoever gets it closes it."""
    byte_length: int
    sha256: str
    media_type: str


def content(connection: Connection, store: Store, identifier: str, actor: Actor | None) -> Content:
    """The bytes of a capture, for the desk.

    What others have the right to copy we keep as evidence, and do not publish: the public learns that it is there, and
    by its digest can tell whether it has the same. Raises AuthenticationError, PermissionDeniedError, and NotFoundError
    if there is no such capture or its bytes are gone; UnavailableError if the store cannot be read.
    """
    if actor is None:
        raise AuthenticationError("Captured bytes are for the desk: Authorization: Bearer attest_…")
    actor.require(Role.FACT_CHECKER, "fetch captured bytes")
    row = _row(connection, NOW, identifier)
    try:
        file = store.open(row["sha256"])
    except MissingBytesError:
        raise NotFoundError("stored file of capture", identifier) from None
    except OSError as error:
        raise _unavailable(error) from error
    if file.seek(0, 2) != row["byte_length"]:
        file.close()
        raise NotFoundError("unaltered file of capture", identifier)
    return Content(file, *(row[name] for name in Content._fields[1:]))


def _unavailable(error: OSError) -> UnavailableError:
    logger.error("The store of captures cannot be used", exc_info=error)
    return UnavailableError("The store of captures cannot be used; try again shortly.")
