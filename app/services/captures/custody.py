"""The custody of captures: what happened to their bytes, and whether they are still the ones that were recorded."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from app import clock
from app.blobs.store import PIECE, MissingBytesError, Store, Stored
from app.db.engine import Database
from app.db.ids import new_id
from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Capture, CustodyEvent
from app.services.core.actors import Actor
from app.services.core.refs import chunks
from app.vocabulary import Action, CustodyAct

BATCH = 100
"""Captures whose checks are recorded together: no writer waits while they are read."""

ON_ITS_WAY = timedelta(minutes=10)
"""For how long a file that no row names may just be on its way in."""

_capture, _event = table_of(Capture), table_of(CustodyEvent)

Progress = Callable[[int], None]
"""Told, now and then, how many captures have been read."""


def tell(change: Change, act: CustodyAct, capture_ids: Iterable[str], note: str | None = None) -> None:
    """Add the same to the history of each of these captures."""
    rows = [{"id": new_id(CustodyEvent.prefix), "capture_id": one, "act": act, "note": note} for one in capture_ids]
    change.append(_event, rows)


@dataclass(frozen=True)
class Fault:
    """A capture whose bytes are not as recorded."""

    capture_id: str
    document_id: str
    sha256: str
    what: str
    """missing, or altered."""
    note: str
    """What was found instead."""


@dataclass
class Verification:
    """What came of reading the bytes of captures."""

    captures: int = 0
    faults: list[Fault] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    """What lies in the store and belongs to no capture: left by uploads that failed. It harms nobody."""


def verify(
    database: Database,
    store: Store,
    actor: Actor,
    wanted: Sequence[str] | None,
    progress: Progress = lambda _captures: None,
) -> Verification:
    """Read the bytes of these captures (all of them for None) and record of each what was found.

    Raises NotFoundError for an id that is none of a capture, OSError if the store cannot be read.
    """
    reason = "Stored files were read and compared with the record."
    found = _each(
        database,
        actor,
        wanted,
        reason=reason,
        success=(CustodyAct.VERIFIED, None),
        act=partial(_fault, store),
        progress=progress,
    )
    if wanted is None:
        with database.reading() as connection:
            found.orphans = sorted(_orphans(connection, store.contents()))
    return found


def move(
    database: Database, store: Store, new: Store, actor: Actor, progress: Progress = lambda _captures: None
) -> Verification:
    """Copy the bytes of all captures to another store, read them back there, and record it of each.

    What is missing or altered is not copied. Raises OSError if one of the stores cannot be used.
    """

    def copied(row: Row) -> tuple[str, str] | None:
        if (fault := _fault(store, row)) is not None:
            return fault
        with store.open(row["sha256"]) as file, new.draft() as draft:
            while piece := file.read(PIECE):
                draft.write(piece)
            new.keep(draft)
        return _fault(new, row)

    reason = "Stored files were copied to another store."
    note = f"From {store.name} to {new.name}."
    return _each(database, actor, None, reason=reason, success=(CustodyAct.MOVED, note), act=copied, progress=progress)


def _each(
    database: Database,
    actor: Actor,
    wanted: Sequence[str] | None,
    *,
    reason: str,
    success: tuple[CustodyAct, str | None],
    act: Callable[[Row], tuple[str, str] | None],
    progress: Progress,
) -> Verification:
    """Do something with the bytes of captures, once for each digest, and record of each capture how it went."""
    found = Verification()
    known: dict[str, tuple[str, str] | None] = {}
    for rows in _batches(database, wanted):
        bad = []
        for row in rows:
            if row["sha256"] not in known:
                known[row["sha256"]] = act(row)
            if (fault := known[row["sha256"]]) is not None:
                bad.append(Fault(row["id"], row["document_id"], row["sha256"], *fault))
        wrong = {one.capture_id for one in bad}
        with database.writing() as connection:
            change = actor.open(connection, Action.CREATE, reason)
            done, note = success
            tell(change, done, [row["id"] for row in rows if row["id"] not in wrong], note)
            for one in bad:
                tell(change, CustodyAct.FAILED_VERIFICATION, [one.capture_id], one.note)
        found.captures += len(rows)
        found.faults += bad
        progress(found.captures)
    return found


def _batches(database: Database, wanted: Sequence[str] | None) -> Iterator[list[Row]]:
    if wanted is not None:
        for chunk in chunks(dict.fromkeys(wanted), BATCH):
            known = {row["id"]: row for row in _rows(database, _capture.c.id.in_(chunk))}
            for one in chunk:
                if one not in known:
                    raise NotFoundError("capture", one)
            yield list(known.values())
        return
    last = ""
    while rows := _rows(database, _capture.c.id > last):
        yield rows
        last = rows[-1]["id"]


def _rows(database: Database, which: Any) -> list[Row]:
    with database.reading() as connection:
        found = connection.execute(select(_capture).where(which).order_by(_capture.c.id).limit(BATCH))
        return list(found.mappings())


def _fault(store: Store, row: Row) -> tuple[str, str] | None:
    """What is wrong with the stored bytes of a capture, in a word and in a sentence; None for nothing."""
    try:
        file = store.open(row["sha256"])
    except MissingBytesError:
        return "missing", "The store does not hold it."
    digest, length = hashlib.sha256(), 0
    with file:
        while piece := file.read(PIECE):
            digest.update(piece)
            length += len(piece)
    if length != row["byte_length"]:
        return "altered", f"{length:,} bytes instead of {row['byte_length']:,}; SHA-256 {digest.hexdigest()}."
    if digest.hexdigest() != row["sha256"]:
        return "altered", f"SHA-256 {digest.hexdigest()}."
    return None


def _orphans(connection: Connection, contents: Iterable[Stored]) -> Iterator[str]:
    settled = (one.name for one in contents if one.since < clock.now() - ON_ITS_WAY)
    for names in chunks(settled):
        held = set(connection.scalars(select(_capture.c.sha256).where(_capture.c.sha256.in_(names))))
        yield from (name for name in names if name not in held)
