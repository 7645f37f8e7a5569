"""Writes the tamper-evident log in the same transaction as the record.

Just before a transaction commits, the rows that it wrote are read back and each becomes an entry. So the services need
not know about the log, and every row that a change writes to a logged table is in it.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hmac import digest
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select, update

from app.db import bulk
from app.db.compiled_reads import CompiledStatement, fetch_pipelined
from app.db.engine import Database, before_commit, checkpoint_signer_of
from app.db.revisions import ChangeWriter, last_change_at
from app.db.schema import table_of
from app.formats.proofs.merkle import Frontier, leaf_hash
from app.models import Change as ChangeModel
from app.models import Head, LogCheckpoint, LogCommitment, LogLeaf, LogNode, LogSalt
from app.services.log.log_entries import SALT_BYTES, LogEntry, build_entries, entries_of_change, logged_tables

head, change_table = table_of(Head), table_of(ChangeModel)
log_leaf, log_node, log_salt = table_of(LogLeaf), table_of(LogNode), table_of(LogSalt)
log_commitment, log_checkpoint = table_of(LogCommitment), table_of(LogCheckpoint)

BATCH_SIZE = 5_000
"""Entries held in memory at a time."""

CATCH_UP_CHANGES = 500
"""Changes added to the log per transaction when it catches up."""

MAX_INLINE_ROWS = 100
"""Up to this many rows, a change is read back in one round trip and logged in another."""

_head = CompiledStatement(select(head.c.seq, head.c.log_seq, head.c.log_size, head.c.log_frontier, head.c.log_secret))


def attach_log(change: ChangeWriter) -> None:
    """Register a change to be logged just before its transaction commits."""
    before_commit(change.connection, lambda: _log_change(change))


def _log_change(change: ChangeWriter) -> None:
    if not change.has_writes:
        return
    if sum(change.written.values()) > MAX_INLINE_ROWS or not _log_small_change(change):
        extend_log(change.connection, change.seq, change.written, {change.seq: change.actor_id})


def _log_small_change(change: ChangeWriter) -> bool:
    """Log a change of few rows in two round trips; return False if earlier changes are not logged yet."""
    connection = change.connection
    tables, bounds = logged_tables(change.written), {"first": change.seq, "last": change.seq}
    (state,), *row_lists = fetch_pipelined(
        connection, [(_head, {}), *((table.rows_of_changes, bounds) for table in tables)]
    )
    _seq, log_seq, size, stored_frontier, log_secret = state
    if log_seq + 1 != change.seq:
        return False
    log_secret = log_secret or secrets.token_bytes(SALT_BYTES)
    salt = secrets.token_bytes(SALT_BYTES)
    commitment = actor_commitment(change.actor_id, salt)
    new_entries = list(entries_of_change(log_secret, commitment, zip(tables, row_lists, strict=True)))
    frontier = Frontier.from_bytes(size, stored_frontier or b"")
    rows, completed = _build_tree_rows(new_entries, frontier)
    writes = bulk.Batch(connection)
    writes.insert(log_salt, [{"change_seq": change.seq, "salt": salt}])
    writes.insert(log_commitment, [{"change_seq": change.seq, "actor_commitment": commitment}])
    writes.insert(log_leaf, rows)
    writes.insert(log_node, completed)
    writes.update(head, _head_values(change.seq, frontier, log_secret))
    writes.insert(log_checkpoint, _checkpoint_rows(connection, frontier, change.at))
    writes.send()
    return True


def actor_commitment(person_id: str, salt: bytes) -> bytes:
    """Return the commitment to the author of a change: HMAC-SHA256 of the person's id, with the salt as its key."""
    return digest(salt, person_id.encode(), "sha256")


def extend_log(
    connection: Connection,
    last: int,
    written: Mapping[str, int] | None = None,
    actors: Mapping[int, str] | None = None,
) -> None:
    """Add all changes up to number `last` that are not logged yet, and sign the new state.

    The caller must hold the lock of the head row. `written` and `actors` describe change `last`; they are used only if
    it is the only change to add.
    """
    (state,) = _head.rows(connection)
    first = state["log_seq"] + 1
    if first < last or actors is None:
        written, actors = None, _actors(connection, first, last)
    secret = state["log_secret"] or secrets.token_bytes(SALT_BYTES)
    _commit_to(connection, actors)
    frontier = Frontier.from_bytes(state["log_size"], state["log_frontier"] or b"")
    new_entries = build_entries(connection, secret, first, last, written=written)
    while batch := list(islice(new_entries, BATCH_SIZE)):
        _append_entries(connection, batch, frontier)
    connection.execute(update(head).values(_head_values(last, frontier, secret)))
    sign_log(connection, frontier)


def _head_values(last: int, frontier: Frontier, secret: bytes) -> dict[str, Any]:
    return {"log_seq": last, "log_size": frontier.size, "log_frontier": frontier.to_bytes(), "log_secret": secret}


def _actors(connection: Connection, first: int, last: int) -> dict[int, str]:
    statement = select(change_table.c.seq, change_table.c.actor_id).where(change_table.c.seq.between(first, last))
    return {row.seq: row.actor_id for row in connection.execute(statement)}


def _commit_to(connection: Connection, actors: Mapping[int, str]) -> None:
    """Store a commitment to the author of each of these changes, each with its own salt."""
    salts = {seq: secrets.token_bytes(SALT_BYTES) for seq in actors}
    bulk.insert(connection, log_salt, [{"change_seq": seq, "salt": salt} for seq, salt in salts.items()], {})
    commitments = [
        {"change_seq": seq, "actor_commitment": actor_commitment(actors[seq], salt)} for seq, salt in salts.items()
    ]
    bulk.insert(connection, log_commitment, commitments, {})


def _append_entries(connection: Connection, new_entries: Sequence[LogEntry], frontier: Frontier) -> None:
    rows, completed = _build_tree_rows(new_entries, frontier)
    bulk.insert(connection, log_leaf, rows, {})
    if completed:
        bulk.insert(connection, log_node, completed, {})


Rows: TypeAlias = list[dict[str, Any]]


def _build_tree_rows(new_entries: Sequence[LogEntry], frontier: Frontier) -> tuple[Rows, Rows]:
    """Extend the Merkle tree by these entries; return the rows of the new leaves and of the subtrees completed."""
    hashes = [leaf_hash(entry.leaf) for entry in new_entries]
    rows = [
        {
            "position": position,
            "change_seq": entry.sort_key.change_seq,
            "object": entry.object,
            "version": entry.sort_key.version,
            "leaf_hash": entry_hash,
        }
        for position, (entry, entry_hash) in enumerate(zip(new_entries, hashes, strict=True), frontier.size)
    ]
    completed = frontier.extend(hashes)
    return rows, [{"level": node.level, "position": node.number, "node_hash": node.hash} for node in completed]


def sign_log(connection: Connection, frontier: Frontier) -> bool:
    """Sign the current state of the log; return False if there is no key. All entries must have been written."""
    rows = _checkpoint_rows(connection, frontier, last_change_at(connection))
    if rows:
        bulk.insert(connection, log_checkpoint, rows, {})
    return bool(rows)


def _checkpoint_rows(connection: Connection, frontier: Frontier, at: datetime) -> Rows:
    """Return the row of a new checkpoint in a list; an empty list if there is no key."""
    sign_checkpoint = checkpoint_signer_of(connection)
    root = frontier.root()
    note = (
        None
        if sign_checkpoint is None
        else sign_checkpoint(frontier.size, root, first=lambda: _is_unsigned(connection))
    )
    return [] if note is None else [{"size": frontier.size, "root": root, "at": at, "note": note}]


def _is_unsigned(connection: Connection) -> bool:
    return not connection.scalar(select(func.count()).select_from(log_checkpoint))


def ensure_signed(connection: Connection) -> bool:
    """Sign the current state of the log unless it is signed already; return False if there is no key."""
    connection.execute(select(head.c.id).with_for_update())
    (state,) = _head.rows(connection)
    size = select(func.count()).select_from(log_checkpoint).where(log_checkpoint.c.size == state["log_size"])
    return bool(connection.scalar(size)) or sign_log(
        connection, Frontier.from_bytes(state["log_size"], state["log_frontier"] or b"")
    )


def count_unlogged_changes(connection: Connection) -> int:
    """Return the number of changes that are not logged: those recorded before the log existed."""
    (state,) = _head.rows(connection)
    return int(state["seq"] - state["log_seq"])


def catch_up(database: Database) -> int:
    """Add all unlogged changes, CATCH_UP_CHANGES per transaction; return how many there were."""
    return sum(_catch_up_steps(database))


def _catch_up_steps(database: Database) -> Iterator[int]:
    while True:
        with database.writing() as connection:
            connection.execute(select(head.c.id).with_for_update())
            left = count_unlogged_changes(connection)
            if not left:
                return
            (state,) = _head.rows(connection)
            batch = min(left, CATCH_UP_CHANGES)
            extend_log(connection, state["log_seq"] + batch)
        yield batch
