"""Reads of the transparency log: tree head, entries, and Merkle proofs (RFC 6962) that anyone can check offline."""

from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from app.db.compiled_reads import CompiledStatement, PlainRow
from app.db.schema import Base, table_of
from app.db.types import BigInt
from app.errors import ConflictError, InvalidError, NotFoundError
from app.formats.proofs import merkle
from app.formats.proofs.merkle import STORED_LEVEL_STEP, Frontier, leaf_hash
from app.models import Head, LogCheckpoint, LogLeaf, LogNode
from app.schemas.files.publication import LogPosition
from app.services.audit.log_visibility import may_read
from app.services.changes.actors import Actor
from app.services.core.held_elsewhere import missing_version
from app.services.log.log_entries import derive_salt, entries_of_versions
from app.services.log.log_tables import EntrySortKey, entry_sort_key, parse_object_name

head, log_leaf, log_node, log_checkpoint = (table_of(model) for model in (Head, LogLeaf, LogNode, LogCheckpoint))

_begin, _end = bindparam("begin", type_=BigInt), bindparam("end", type_=BigInt)
_state = CompiledStatement(select(head.c.log_size, head.c.log_frontier, head.c.log_secret))
_leaves = CompiledStatement(
    select(log_leaf).where(log_leaf.c.position >= _begin, log_leaf.c.position < _end).order_by(log_leaf.c.position)
)
_leaf_hashes = CompiledStatement(
    select(log_leaf.c.leaf_hash)
    .where(log_leaf.c.position >= _begin, log_leaf.c.position < _end)
    .order_by(log_leaf.c.position)
)
_node_hashes = CompiledStatement(
    select(log_node.c.node_hash)
    .where(log_node.c.level == bindparam("level"), log_node.c.position >= _begin, log_node.c.position < _end)
    .order_by(log_node.c.position)
)
_last_checkpoint = CompiledStatement(select(log_checkpoint).order_by(log_checkpoint.c.size.desc()).limit(1))
_checkpoint_of = CompiledStatement(
    select(log_checkpoint).where(log_checkpoint.c.size == bindparam("size", type_=BigInt))
)


class TreeHead(NamedTuple):
    """The current state of the log: its size, its Merkle root and its latest signature."""

    size: int
    """Number of entries."""
    root: bytes
    checkpoint: str | None
    """The latest checkpoint, as a C2SP signed note; None if nothing has been signed."""


class LoggedEntry(NamedTuple):
    """An entry of the log."""

    position: int
    """Index in the log, from 0."""
    hash: bytes
    leaf: PlainRow | None
    """The decoded entry; None if its row is gone or was altered, which only tampering can cause."""


class InclusionProof(NamedTuple):
    """Everything needed to check that an entry is in the log (RFC 6962, section 2.1.1)."""

    entry: LoggedEntry
    size: int
    """Number of entries of the tree that the proof leads to."""
    proof: Sequence[bytes]
    checkpoint: str
    """The signed note for that tree."""
    record: PlainRow | None
    """The row as it was hashed; None if the reader may not see it."""
    salt: bytes | None
    """The salt of the row's hash; None if the reader may not see the row."""


class ConsistencyProof(NamedTuple):
    """Everything needed to check that the log is append-only (RFC 6962, section 2.1.2)."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    proof: Sequence[bytes]
    first_checkpoint: str | None
    """The signed note for the tree of `first` entries; None if that state was never signed."""
    second_checkpoint: str | None


def tree_head(connection: Connection) -> TreeHead:
    """Return the current size, root and latest checkpoint of the log."""
    (row,) = _state.rows(connection)
    frontier = Frontier.from_bytes(row["log_size"], row["log_frontier"] or b"")
    newest = _last_checkpoint.rows(connection)
    return TreeHead(frontier.size, frontier.root(), newest[0]["note"] if newest else None)


def latest_checkpoint(connection: Connection) -> str:
    """Return the latest checkpoint, as a signed note. Raises NotFoundError if nothing has been signed yet."""
    newest = tree_head(connection).checkpoint
    if newest is None:
        message = (
            "The log has no checkpoint yet. The operator of this service can sign one with: attest audit checkpoint"
        )
        raise NotFoundError("checkpoint", "newest", message=message)
    return newest


def read_entries(connection: Connection, begin: int, limit: int) -> list[LoggedEntry]:
    """Return up to `limit` entries from position `begin` on, each with its decoded leaf."""
    (head_row,) = _state.rows(connection)
    rows = _leaves.rows(connection, begin=begin, end=begin + limit)
    versions = {(row["object"], row["version"]) for row in rows}
    built = entries_of_versions(connection, head_row["log_secret"] or b"", versions)
    entries = []
    for row in rows:
        entry = built.get((row["object"], row["version"]))
        is_as_logged = entry is not None and leaf_hash(entry[0].leaf) == row["leaf_hash"]
        entries.append(
            LoggedEntry(
                row["position"],
                row["leaf_hash"],
                msgspec.json.decode(entry[0].leaf) if entry and is_as_logged else None,
            )
        )
    return entries


def prove_inclusion(connection: Connection, name: str, version: int | None, actor: Actor | None) -> InclusionProof:
    """Prove that a version of an object is in the log; the newest version if `version` is None.

    Raises InvalidError for a malformed name, NotFoundError if the log has no such entry, HeldElsewhereError if another
    installation holds that version, and ConflictError if no proof
    is possible: no checkpoint covers the entry yet, or the record was tampered with.
    """
    parsed = parse_object_name(name)
    if parsed is None:
        raise InvalidError.of("object", "must be a table and a key, such as claim/clm_… or quantity/clm_…/1/0")
    table, key = parsed
    if version is None:
        version = max((row.version for row in table.rows_with(connection, [key[0]]) if row.key == key), default=1)
    (head_row,) = _state.rows(connection)
    built = entries_of_versions(connection, head_row["log_secret"] or b"", {(name, version)}).get((name, version))
    position = None if built is None else _position(connection, built[0].sort_key, head_row["log_size"])
    if built is None and table.versioned:
        path = f"/log/inclusion?object={name}&version={version}"
        if (
            elsewhere := missing_version(connection, Base.metadata.tables[table.noun], str(key[0]), version, path)
        ) is not None:
            raise elsewhere
    if built is None or position is None:
        entry_name = f"{name} version {version}"
        raise NotFoundError("entry", entry_name, message=f"The log has no entry for {entry_name}.")
    entry, content = built
    entry_hash = leaf_hash(entry.leaf)
    if _hashes_of(connection, 0, position, position + 1) != [entry_hash]:
        raise ConflictError(
            f"{name} version {version} differs from what was logged. Tell the operator of this service, who can run: "
            "attest audit verify"
        )
    newest = _last_checkpoint.rows(connection)
    if not newest or newest[0]["size"] <= position:
        raise ConflictError(
            f"{name} version {version} is in the log, but no checkpoint covers it yet. Try again later, or ask the "
            "operator of this service to run: attest audit checkpoint"
        )
    size = newest[0]["size"]
    is_readable = may_read(connection, table, content, actor)
    return InclusionProof(
        LoggedEntry(position, entry_hash, msgspec.json.decode(entry.leaf)),
        size,
        merkle.inclusion_proof(position, size, lambda begin, end: _root(connection, begin, end)),
        newest[0]["note"],
        msgspec.json.decode(content.content) if is_readable else None,
        derive_salt(head_row["log_secret"], name, version) if is_readable else None,
    )


def log_positions(connection: Connection, objects: Sequence[tuple[str, int]]) -> dict[tuple[str, int], LogPosition]:
    """Return the log position of each of these object versions that the latest checkpoint covers."""
    newest = _last_checkpoint.rows(connection)
    if not newest or not objects:
        return {}
    (head_row,) = _state.rows(connection)
    size, root = newest[0]["size"], b64encode(newest[0]["root"]).decode()
    positions = {}
    for name, (entry, _content) in entries_of_versions(connection, head_row["log_secret"] or b"", set(objects)).items():
        position = _position(connection, entry.sort_key, head_row["log_size"])
        if position is not None and position < size:
            positions[name] = LogPosition(index=position, size=size, root=root)
    return positions


def prove_consistency(connection: Connection, first: int, second: int | None) -> ConsistencyProof:
    """Prove that the log of `first` entries is a prefix of the log of `second` entries; None is the current size.

    Raises InvalidError, naming the field, for a size that the log has not reached.
    """
    (head_row,) = _state.rows(connection)
    size = head_row["log_size"]
    second = size if second is None else second
    if second > size:
        raise InvalidError.of("second", f"must be at most {size}, the number of entries in the log")
    if first > second:
        raise InvalidError.of("first", f"must be at most `second`, which is {second}")
    notes = [_checkpoint_of.rows(connection, size=entry_count) for entry_count in (first, second)]
    return ConsistencyProof(
        first,
        second,
        _root(connection, 0, first),
        _root(connection, 0, second),
        merkle.consistency_proof(first, second, lambda begin, end: _root(connection, begin, end)),
        *(rows[0]["note"] if rows else None for rows in notes),
    )


def _position(connection: Connection, sort_key: EntrySortKey, size: int) -> int | None:
    """Return the position of the entry with this sort key, or None. The log is sorted, so a binary search finds it."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        rows = _leaves.rows(connection, begin=middle, end=middle + 1)
        middle_key = entry_sort_key(rows[0]["change_seq"], rows[0]["object"], rows[0]["version"]) if rows else None
        if middle_key is None:
            return None
        if middle_key == sort_key:
            return middle
        low, high = (middle + 1, high) if middle_key < sort_key else (low, middle)
    return None


def _root(connection: Connection, begin: int, end: int) -> bytes:
    """Return the Merkle root of entries `begin` to `end` (exclusive), computed from the stored subtree hashes."""
    parts = []
    for level, number in merkle.complete_subtrees(begin, end):
        stored_level = level - level % STORED_LEVEL_STEP
        # Only every STORED_LEVEL_STEP-th level is stored; the levels between are folded again.
        width = 1 << level - stored_level
        parts.append(merkle.subtree_root(_hashes_of(connection, stored_level, number * width, (number + 1) * width)))
    return merkle.combine_subtrees(parts)


def _hashes_of(connection: Connection, level: int, begin: int, end: int) -> list[bytes]:
    if level == 0:
        return [row[0] for row in _leaf_hashes.lists(connection, batch_size=None, begin=begin, end=end)]
    return [row[0] for row in _node_hashes.lists(connection, batch_size=None, level=level, begin=begin, end=end)]
