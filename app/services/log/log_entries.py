"""The entries of the log: what it says of each row of the record, and in which order.

They are made from the record and from nothing else. The same function makes them when something is recorded, when a
record that was there before the log is taken in, and when an audit compares.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b, sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from app.db.compiled_reads import Statement, among
from app.db.schema import table_of
from app.db.types import BigInt
from app.formats.proofs.canonical_json import encode
from app.models import Change, LogCommitment
from app.services.log.log_tables import BY_TABLE, CHANGES, LOGGED, Key, Logged, Place, Row, named

change, commitment = table_of(Change), table_of(LogCommitment)

FORM = 1
"""How entries are written; they say so themselves."""

SALT_BYTES = 32

AT_ONCE = 1_000
"""Rows of a table that are held at a time."""


class Entry(NamedTuple):
    """What the log says of a row."""

    place: Place
    object: str
    leaf: bytes
    """Its canonical bytes."""


class _Leaf(msgspec.Struct, gc=False):
    """An entry. The fields are in the order in which ASCII has their names, as canonical JSON wants it."""

    action: str
    actor_commitment: str
    after_hash: str
    at: str
    before_hash: str | None
    object: str
    seq: int
    v: int
    version: int


class _Act(NamedTuple):
    """What entries say of their change."""

    at: str
    action: str
    commitment: str


_NO_ACT = _Act("", "", "")
"""Of a change that is not there, or not in the log: nothing that was ever logged says so."""

_acts = select(change.c.seq, change.c.at, change.c.action, commitment.c.actor_commitment).outerjoin(
    commitment, commitment.c.change_seq == change.c.seq
)
_acts_between = Statement(
    _acts.where(change.c.seq.between(bindparam("first", type_=BigInt), bindparam("last", type_=BigInt))).order_by(
        change.c.seq
    )
)
_acts_with = Statement(_acts.where(among(change.c.seq, "keys", numbers=True)))


def salt_of(secret: bytes, name: str, version: int) -> bytes:
    """What the hash of a row is blinded with.

    Without it whoever reads the log could find out the figures of a draft by trying some. It is given away with the row
    itself, and says nothing about other rows.
    """
    return blake2b(f"{name}\n{version}".encode(), key=secret, digest_size=SALT_BYTES).digest()


def tables_of(written: Iterable[str]) -> list[Logged]:
    """The logged tables among these, by rank; that of changes is always one."""
    return sorted({CHANGES, *(BY_TABLE[name] for name in written if name in BY_TABLE)}, key=lambda table: table.rank)


def entries_of_change(
    secret: bytes, committed: bytes, found: Iterable[tuple[Logged, Iterable[list[Any]]]]
) -> Iterator[Entry]:
    """What the log says of a single change, from the rows that it wrote: those of the change itself come first."""
    act = _NO_ACT
    for table, lists in found:
        rows = list(map(table.row, lists))
        if table is CHANGES:
            said = msgspec.json.decode(rows[0].content)
            act = _Act(said["at"], said["action"], committed.hex())
        yield from _entries(table, rows, act, secret)


def entries(
    connection: Connection, secret: bytes, first: int, last: int, *, written: Mapping[str, int] | None = None
) -> Iterator[Entry]:
    """What the log says of the changes from number `first` to `last`, in its order.

    `written`: how many rows they wrote to which tables, if that is known; then no other tables are asked.
    """
    tables = LOGGED if written is None else tables_of(written)
    acts = _acts_between.lists(connection, at_once=AT_ONCE, first=first, last=last)
    streams = {table.rank: table.rows(connection, first, last, at_once=AT_ONCE) for table in tables}
    act, act_seq = _NO_ACT, 0
    for seq, rank, rows in _in_order(streams):
        while act_seq < seq:
            row = next(acts, None)
            act_seq, act = (seq, _NO_ACT) if row is None else (row[0], _act(row))
        yield from _entries(LOGGED[rank], rows, act if act_seq == seq else _NO_ACT, secret)


def _in_order(streams: Mapping[int, Iterator[Row]]) -> Iterator[tuple[int, int, Iterable[Row]]]:
    """The rows of several tables, those of one change and one table together."""
    groups = {rank: groupby(stream, key=itemgetter(0)) for rank, stream in streams.items()}
    waiting: list[tuple[int, int, Iterable[Row]]] = []

    def next_of(rank: int) -> None:
        for seq, rows in groups[rank]:
            heapq.heappush(waiting, (seq, rank, rows))
            return

    for rank in groups:
        next_of(rank)
    while waiting:
        seq, rank, rows = heapq.heappop(waiting)
        yield seq, rank, rows
        next_of(rank)


def _act(row: list[Any]) -> _Act:
    return _Act(row[1], row[2], row[3].hex() if row[3] is not None else "")


def _entries(table: Logged, rows: Iterable[Row], act: _Act, secret: bytes) -> Iterator[Entry]:
    noun, rank = table.noun, table.rank
    for seq, key, version, content, before in rows:
        name = f"{noun}/{key[0]}" if len(key) == 1 else table.object_of(key)
        after_hash = sha256(salt_of(secret, name, version) + content).hexdigest()
        before_hash = None
        if before is not None:
            before_hash = sha256(salt_of(secret, name, version - 1) + before).hexdigest()
        leaf = encode(_Leaf(act.action, act.commitment, after_hash, act.at, before_hash, name, seq, FORM, version))
        yield Entry(Place(seq, rank, key, version), name, leaf)


def entries_of(
    connection: Connection, secret: bytes, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[Entry, Row]]:
    """What the log says of single versions of objects, and the rows themselves; without those that are not there."""
    keys: dict[int, dict[Key, str]] = {}
    for name, _version in wanted:
        found = named(name)
        if found is not None:
            keys.setdefault(found[0].rank, {})[found[1]] = name
    rows: list[tuple[Logged, Row]] = []
    for rank, of_table in keys.items():
        table = LOGGED[rank]
        found_rows = table.rows_with(connection, sorted({key[0] for key in of_table}, key=str))
        rows += [(table, row) for row in found_rows if (of_table.get(row.key, ""), row.version) in wanted]
    seqs = sorted({row.change_seq for _table, row in rows})
    acts = {row[0]: _act(row) for row in _acts_with.lists(connection, at_once=None, keys=seqs)}
    made: dict[tuple[str, int], tuple[Entry, Row]] = {}
    for table, row in rows:
        for entry in _entries(table, [row], acts.get(row.change_seq, _NO_ACT), secret):
            made[entry.object, row.version] = entry, row
    return made
