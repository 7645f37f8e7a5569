"""What the log shows of itself: its state, its entries, and proofs that can be checked without us."""

from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from app.db.compiled_reads import PlainRow, Statement
from app.db.schema import table_of
from app.db.types import BigInt
from app.errors import ConflictError, InvalidError, NotFoundError
from app.formats.proofs import merkle
from app.formats.proofs.merkle import KEPT_LEVELS, Frontier, leaf_hash
from app.models import Head, LogCheckpoint, LogLeaf, LogNode
from app.schemas.files.publication import LogPlace
from app.services.audit.log_visibility import may_read
from app.services.core.actors import Actor
from app.services.log.log_entries import entries_of, salt_of
from app.services.log.log_tables import Place, named, place_of

head, log_leaf, log_node, log_checkpoint = (table_of(one) for one in (Head, LogLeaf, LogNode, LogCheckpoint))

MOST = 1_000
"""Entries that are given at a time."""

_begin, _end = bindparam("begin", type_=BigInt), bindparam("end", type_=BigInt)
_state = Statement(select(head.c.log_size, head.c.log_frontier, head.c.log_secret))
_leaves = Statement(
    select(log_leaf).where(log_leaf.c.position >= _begin, log_leaf.c.position < _end).order_by(log_leaf.c.position)
)
_leaf_hashes = Statement(
    select(log_leaf.c.leaf_hash)
    .where(log_leaf.c.position >= _begin, log_leaf.c.position < _end)
    .order_by(log_leaf.c.position)
)
_node_hashes = Statement(
    select(log_node.c.node_hash)
    .where(log_node.c.level == bindparam("level"), log_node.c.position >= _begin, log_node.c.position < _end)
    .order_by(log_node.c.position)
)
_last_checkpoint = Statement(select(log_checkpoint).order_by(log_checkpoint.c.size.desc()).limit(1))
_checkpoint_of = Statement(select(log_checkpoint).where(log_checkpoint.c.size == bindparam("size", type_=BigInt)))


class LogState(NamedTuple):
    """The log as it stands."""

    size: int
    root: bytes
    checkpoint: str | None
    """The newest signed state, as a note."""


class LoggedEntry(NamedTuple):
    """An entry of the log."""

    position: int
    hash: bytes
    leaf: PlainRow | None
    """What it says; None if the row that it stands for is gone or is another one now, as must never be."""


class InclusionProof(NamedTuple):
    """Everything that it takes to check that an entry is in the log."""

    entry: LoggedEntry
    size: int
    proof: Sequence[bytes]
    checkpoint: str
    record: PlainRow | None
    """The row itself, as it is hashed; None if the reader may not see it."""
    salt: bytes | None
    """What it is hashed with."""


class ConsistencyProof(NamedTuple):
    """Everything that it takes to check that the log has only grown."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    proof: Sequence[bytes]
    first_checkpoint: str | None
    """The note of the state with so many entries, if there is one."""
    second_checkpoint: str | None


def state(connection: Connection) -> LogState:
    """The log as it stands."""
    (row,) = _state.rows(connection)
    frontier = Frontier.of(row["log_size"], row["log_frontier"] or b"")
    newest = _last_checkpoint.rows(connection)
    return LogState(frontier.size, frontier.root(), newest[0]["note"] if newest else None)


def checkpoint(connection: Connection) -> str:
    """The newest signed state, as a note. Raises NotFoundError if nothing has been signed yet."""
    newest = state(connection).checkpoint
    if newest is None:
        raise NotFoundError("checkpoint", "newest")
    return newest


def page(connection: Connection, begin: int, limit: int) -> list[LoggedEntry]:
    """So many entries from number `begin` on, with what they say."""
    (row,) = _state.rows(connection)
    rows = _leaves.rows(connection, begin=begin, end=begin + limit)
    wanted = {(one["object"], one["version"]) for one in rows}
    made = entries_of(connection, row["log_secret"] or b"", wanted)
    found = []
    for one in rows:
        entry = made.get((one["object"], one["version"]))
        same = entry is not None and leaf_hash(entry[0].leaf) == one["leaf_hash"]
        found.append(
            LoggedEntry(
                one["position"], one["leaf_hash"], msgspec.json.decode(entry[0].leaf) if entry and same else None
            )
        )
    return found


def inclusion(connection: Connection, name: str, version: int | None, actor: Actor | None) -> InclusionProof:
    """The proof that a version of an object is in the log; the newest version if none is named.

    Raises InvalidError for a name that is none, NotFoundError for an object that is not in the log, and ConflictError
    where nothing can be proved: the entry is under no signature yet, or the record was tampered with.
    """
    found = named(name)
    if found is None:
        raise InvalidError.of("object", "must be a table and a key, such as claim/clm_… or quantity/clm_…/1/0")
    table, key = found
    if version is None:
        version = max((row.version for row in table.rows_with(connection, [key[0]]) if row.key == key), default=1)
    (row,) = _state.rows(connection)
    made = entries_of(connection, row["log_secret"] or b"", {(name, version)}).get((name, version))
    position = None if made is None else _position(connection, made[0].place, row["log_size"])
    if made is None or position is None:
        raise NotFoundError("entry", f"{name} version {version}")
    entry, content = made
    hashed = leaf_hash(entry.leaf)
    if _hashes_of(connection, 0, position, position + 1) != [hashed]:
        raise ConflictError(f"{name} version {version} is not what was logged. Run: attest audit verify")
    newest = _last_checkpoint.rows(connection)
    if not newest or newest[0]["size"] <= position:
        raise ConflictError(f"{name} version {version} is in the log, but under no signature yet.")
    size = newest[0]["size"]
    readable = may_read(connection, table, content, actor)
    return InclusionProof(
        LoggedEntry(position, hashed, msgspec.json.decode(entry.leaf)),
        size,
        merkle.inclusion_proof(position, size, lambda begin, end: _root(connection, begin, end)),
        newest[0]["note"],
        msgspec.json.decode(content.content) if readable else None,
        salt_of(row["log_secret"], name, version) if readable else None,
    )


def places(connection: Connection, objects: Sequence[tuple[str, int]]) -> dict[tuple[str, int], LogPlace]:
    """Where the log has these versions of objects under its newest signature; those under none are left out."""
    newest = _last_checkpoint.rows(connection)
    if not newest or not objects:
        return {}
    (row,) = _state.rows(connection)
    size, root = newest[0]["size"], b64encode(newest[0]["root"]).decode()
    found = {}
    for name, (entry, _content) in entries_of(connection, row["log_secret"] or b"", set(objects)).items():
        position = _position(connection, entry.place, row["log_size"])
        if position is not None and position < size:
            found[name] = LogPlace(index=position, size=size, root=root)
    return found


def consistency(connection: Connection, first: int, second: int | None) -> ConsistencyProof:
    """The proof that the log of `first` entries is the beginning of that of `second`; of all that there are for None.

    Raises InvalidError, naming the field, for sizes that the log has not had.
    """
    (row,) = _state.rows(connection)
    size = row["log_size"]
    second = size if second is None else second
    if second > size:
        raise InvalidError.of("second", f"must not be more than the {size} entries of the log")
    if first > second:
        raise InvalidError.of("first", f"must not be more than {second}")
    notes = [_checkpoint_of.rows(connection, size=one) for one in (first, second)]
    return ConsistencyProof(
        first,
        second,
        _root(connection, 0, first),
        _root(connection, 0, second),
        merkle.consistency_proof(first, second, lambda begin, end: _root(connection, begin, end)),
        *(found[0]["note"] if found else None for found in notes),
    )


def _position(connection: Connection, place: Place, size: int) -> int | None:
    """The number of the entry at a place. The log is in order, so a few looks find it."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        found = _leaves.rows(connection, begin=middle, end=middle + 1)
        there = place_of(found[0]["change_seq"], found[0]["object"], found[0]["version"]) if found else None
        if there is None:
            return None
        if there == place:
            return middle
        low, high = (middle + 1, high) if there < place else (low, middle)
    return None


def _root(connection: Connection, begin: int, end: int) -> bytes:
    """The root of the entries from one number up to another one, from the subtrees that are kept."""
    parts = []
    for level, number in merkle.subtrees(begin, end):
        kept = level - level % KEPT_LEVELS
        width = 1 << level - kept
        parts.append(merkle.fold(_hashes_of(connection, kept, number * width, (number + 1) * width)))
    return merkle.join(parts)


def _hashes_of(connection: Connection, level: int, begin: int, end: int) -> list[bytes]:
    if level == 0:
        return [row[0] for row in _leaf_hashes.lists(connection, at_once=None, begin=begin, end=end)]
    return [row[0] for row in _node_hashes.lists(connection, at_once=None, level=level, begin=begin, end=end)]
