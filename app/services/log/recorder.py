"""Keeps the log that proves itself in step with the record, in the same transaction.

As the last of a transaction the rows that it wrote are read back, and each becomes an entry. So nobody who records
something has to know of the log, and whatever reaches the tables of the record under a change is in it.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hmac import digest
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select, update

from app.db import bulk
from app.db.compiled_reads import Statement, together
from app.db.engine import Database, before_commit, seal_of
from app.db.revisions import Change, last_moment
from app.db.schema import table_of
from app.formats.proofs.merkle import Frontier, leaf_hash
from app.models import Change as ChangeModel
from app.models import Head, LogCheckpoint, LogCommitment, LogLeaf, LogNode, LogSalt
from app.services.log.log_entries import SALT_BYTES, Entry, entries, entries_of_change, tables_of

head, change_table = table_of(Head), table_of(ChangeModel)
log_leaf, log_node, log_salt = table_of(LogLeaf), table_of(LogNode), table_of(LogSalt)
log_commitment, log_checkpoint = table_of(LogCommitment), table_of(LogCheckpoint)

TOGETHER = 5_000
"""Entries that are held at a time."""

CAUGHT_UP_TOGETHER = 500
"""Changes that are taken into the log in one transaction."""

SHORT = 100
"""Rows up to which a change is read back and logged at once."""

_head = Statement(select(head.c.seq, head.c.log_seq, head.c.log_size, head.c.log_frontier, head.c.log_secret))


def keep(change: Change) -> None:
    """Have the log take in what is going to be written under a change."""
    before_commit(change.connection, lambda: _finish(change))


def _finish(change: Change) -> None:
    if not change.made:
        return
    if sum(change.written.values()) > SHORT or not _take_in(change):
        extend(change.connection, change.seq, change.written, {change.seq: change.actor_id})


def _take_in(change: Change) -> bool:
    """Take in a change of few rows, with two questions to the database; False if others come before it."""
    connection = change.connection
    tables, span = tables_of(change.written), {"first": change.seq, "last": change.seq}
    (state,), *found = together(connection, [(_head, {}), *((table.of_changes, span) for table in tables)])
    _seq, log_seq, size, stored, secret = state
    if log_seq + 1 != change.seq:
        return False
    secret = secret or secrets.token_bytes(SALT_BYTES)
    salt = secrets.token_bytes(SALT_BYTES)
    committed = commitment_to(change.actor_id, salt)
    made = list(entries_of_change(secret, committed, zip(tables, found, strict=True)))
    frontier = Frontier.of(size, stored or b"")
    rows, completed = _appended(made, frontier)
    writes = bulk.Together(connection)
    writes.insert(log_salt, [{"change_seq": change.seq, "salt": salt}])
    writes.insert(log_commitment, [{"change_seq": change.seq, "actor_commitment": committed}])
    writes.insert(log_leaf, rows)
    writes.insert(log_node, completed)
    writes.update(head, _state_of(change.seq, frontier, secret))
    writes.insert(log_checkpoint, _signed(connection, frontier, change.at))
    writes.send()
    return True


def commitment_to(person_id: str, salt: bytes) -> bytes:
    """What entries say of who made a change."""
    return digest(salt, person_id.encode(), "sha256")


def extend(
    connection: Connection,
    last: int,
    written: Mapping[str, int] | None = None,
    actors: Mapping[int, str] | None = None,
) -> None:
    """Take in all changes up to number `last` that are not in the log yet, and sign it.

    The caller holds the lock of the head. `written` and `actors`: what is known of that change, if it is the only one.
    """
    (state,) = _head.rows(connection)
    first = state["log_seq"] + 1
    if first < last or actors is None:
        written, actors = None, _actors(connection, first, last)
    secret = state["log_secret"] or secrets.token_bytes(SALT_BYTES)
    _commit_to(connection, actors)
    frontier = Frontier.of(state["log_size"], state["log_frontier"] or b"")
    made = entries(connection, secret, first, last, written=written)
    while batch := list(islice(made, TOGETHER)):
        _append(connection, batch, frontier)
    connection.execute(update(head).values(_state_of(last, frontier, secret)))
    sign(connection, frontier)


def _state_of(last: int, frontier: Frontier, secret: bytes) -> dict[str, Any]:
    return {"log_seq": last, "log_size": frontier.size, "log_frontier": frontier.to_bytes(), "log_secret": secret}


def _actors(connection: Connection, first: int, last: int) -> dict[int, str]:
    statement = select(change_table.c.seq, change_table.c.actor_id).where(change_table.c.seq.between(first, last))
    return {row.seq: row.actor_id for row in connection.execute(statement)}


def _commit_to(connection: Connection, actors: Mapping[int, str]) -> None:
    """Commit to who made these changes, each with a salt of its own."""
    salts = {seq: secrets.token_bytes(SALT_BYTES) for seq in actors}
    bulk.insert(connection, log_salt, [{"change_seq": seq, "salt": salt} for seq, salt in salts.items()], {})
    commitments = [
        {"change_seq": seq, "actor_commitment": commitment_to(actors[seq], salt)} for seq, salt in salts.items()
    ]
    bulk.insert(connection, log_commitment, commitments, {})


def _append(connection: Connection, made: Sequence[Entry], frontier: Frontier) -> None:
    rows, completed = _appended(made, frontier)
    bulk.insert(connection, log_leaf, rows, {})
    if completed:
        bulk.insert(connection, log_node, completed, {})


Rows: TypeAlias = list[dict[str, Any]]


def _appended(made: Sequence[Entry], frontier: Frontier) -> tuple[Rows, Rows]:
    """Let the tree grow by these entries: the rows of its new leaves, and of the subtrees that they complete."""
    hashes = [leaf_hash(entry.leaf) for entry in made]
    rows = [
        {
            "position": position,
            "change_seq": entry.place.change_seq,
            "object": entry.object,
            "version": entry.place.version,
            "leaf_hash": hashed,
        }
        for position, (entry, hashed) in enumerate(zip(made, hashes, strict=True), frontier.size)
    ]
    completed = frontier.extend(hashes)
    return rows, [{"level": one.level, "position": one.number, "node_hash": one.hash} for one in completed]


def sign(connection: Connection, frontier: Frontier) -> bool:
    """Sign the log as it stands, if there is a key; the caller has written all of it. False if nothing was signed."""
    rows = _signed(connection, frontier, last_moment(connection))
    if rows:
        bulk.insert(connection, log_checkpoint, rows, {})
    return bool(rows)


def _signed(connection: Connection, frontier: Frontier, at: datetime) -> Rows:
    """The row of a signed state; none if there is no key."""
    seal = seal_of(connection)
    root = frontier.root()
    note = None if seal is None else seal(frontier.size, root, first=lambda: _is_unsigned(connection))
    return [] if note is None else [{"size": frontier.size, "root": root, "at": at, "note": note}]


def _is_unsigned(connection: Connection) -> bool:
    return not connection.scalar(select(func.count()).select_from(log_checkpoint))


def sign_end(connection: Connection) -> bool:
    """Sign the log as it stands unless it is; False if there is no key to do so."""
    connection.execute(select(head.c.id).with_for_update())
    (state,) = _head.rows(connection)
    size = select(func.count()).select_from(log_checkpoint).where(log_checkpoint.c.size == state["log_size"])
    return bool(connection.scalar(size)) or sign(
        connection, Frontier.of(state["log_size"], state["log_frontier"] or b"")
    )


def behind(connection: Connection) -> int:
    """How many changes are not in the log: those that were recorded before there was one."""
    (state,) = _head.rows(connection)
    return int(state["seq"] - state["log_seq"])


def catch_up(database: Database) -> int:
    """Take in all changes that are not in the log yet, so many in a transaction; how many there were."""
    return sum(_steps(database))


def _steps(database: Database) -> Iterator[int]:
    while True:
        with database.writing() as connection:
            connection.execute(select(head.c.id).with_for_update())
            left = behind(connection)
            if not left:
                return
            (state,) = _head.rows(connection)
            more = min(left, CAUGHT_UP_TOGETHER)
            extend(connection, state["log_seq"] + more)
        yield more
