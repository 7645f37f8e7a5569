"""The entries of the log: one per row of the record, in a defined order.

An entry is derived from the record alone. The same function builds it when a change is recorded, when changes older
than the log are added, and when an audit compares.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b, sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from app.db.compiled_reads import CompiledStatement, in_list
from app.db.schema import table_of
from app.db.types import BigInt
from app.formats.proofs.canonical_json import encode_canonical
from app.models import Change, LogCommitment
from app.services.log.log_tables import (
    CHANGE_TABLE,
    LOGGED_BY_TABLE_NAME,
    LOGGED_TABLES,
    EntrySortKey,
    Key,
    LoggedRow,
    LoggedTable,
    parse_object_name,
)

change, commitment = table_of(Change), table_of(LogCommitment)

ENTRY_FORMAT_VERSION = 1
"""Version of the entry format, stored in each entry as `v`."""

SALT_BYTES = 32
"""Length of the salts of row hashes and of commitments."""

READ_BATCH_SIZE = 1_000
"""Rows per table fetched at a time."""


class LogEntry(NamedTuple):
    """An entry of the log: the hash of one row, in canonical JSON."""

    sort_key: EntrySortKey
    object: str
    leaf: bytes
    """The entry as canonical JSON (RFC 8785)."""


class _Leaf(msgspec.Struct, gc=False):
    """The fields of an entry, in the ASCII order of their names, as canonical JSON (RFC 8785) requires."""

    action: str
    actor_commitment: str
    after_hash: str
    at: str
    before_hash: str | None
    object: str
    seq: int
    v: int
    version: int


class _ChangeHeader(NamedTuple):
    """The fields that all entries of a change share."""

    at: str
    action: str
    commitment: str


_NO_HEADER = _ChangeHeader("", "", "")
"""For a change that is missing or not logged. No logged entry has these values, so an audit reports the row."""

_headers = select(change.c.seq, change.c.at, change.c.action, commitment.c.actor_commitment).outerjoin(
    commitment, commitment.c.change_seq == change.c.seq
)
_headers_between = CompiledStatement(
    _headers.where(change.c.seq.between(bindparam("first", type_=BigInt), bindparam("last", type_=BigInt))).order_by(
        change.c.seq
    )
)
_headers_with = CompiledStatement(_headers.where(in_list(change.c.seq, "keys", numbers=True)))


def derive_salt(secret: bytes, name: str, version: int) -> bytes:
    """Return the salt of a row's hash: 32 bytes of keyed BLAKE2b over the object's name and version.

    Without a salt, readers of the log could guess the figures of a draft by trying values. A salt is published together
    with its row and reveals nothing about other rows.
    """
    return blake2b(f"{name}\n{version}".encode(), key=secret, digest_size=SALT_BYTES).digest()


def logged_tables(written: Iterable[str]) -> list[LoggedTable]:
    """Return the logged tables among these names, by rank. The change table is always included."""
    return sorted(
        {CHANGE_TABLE, *(LOGGED_BY_TABLE_NAME[name] for name in written if name in LOGGED_BY_TABLE_NAME)},
        key=lambda table: table.rank,
    )


def entries_of_change(
    secret: bytes, committed: bytes, rows_by_table: Iterable[tuple[LoggedTable, Iterable[list[Any]]]]
) -> Iterator[LogEntry]:
    """Yield the entries of a single change from the rows that it wrote; the change's own row must come first."""
    header = _NO_HEADER
    for table, row_lists in rows_by_table:
        rows = list(map(table.row, row_lists))
        if table is CHANGE_TABLE:
            fields = msgspec.json.decode(rows[0].content)
            header = _ChangeHeader(fields["at"], fields["action"], committed.hex())
        yield from _entries(table, rows, header, secret)


def build_entries(
    connection: Connection, secret: bytes, first: int, last: int, *, written: Mapping[str, int] | None = None
) -> Iterator[LogEntry]:
    """Yield the entries of changes `first` to `last` (inclusive), in log order.

    `written`: the number of rows that they wrote per table, if known; then only these tables are read.
    """
    tables = LOGGED_TABLES if written is None else logged_tables(written)
    headers = _headers_between.lists(connection, batch_size=READ_BATCH_SIZE, first=first, last=last)
    streams = {table.rank: table.rows(connection, first, last, batch_size=READ_BATCH_SIZE) for table in tables}
    header, header_seq = _NO_HEADER, 0
    for seq, rank, rows in _merge_streams(streams):
        while header_seq < seq:
            row = next(headers, None)
            header_seq, header = (seq, _NO_HEADER) if row is None else (row[0], _header(row))
        yield from _entries(LOGGED_TABLES[rank], rows, header if header_seq == seq else _NO_HEADER, secret)


def _merge_streams(streams: Mapping[int, Iterator[LoggedRow]]) -> Iterator[tuple[int, int, Iterable[LoggedRow]]]:
    """Merge the row streams of several tables, grouped by change and table."""
    groups = {rank: groupby(stream, key=itemgetter(0)) for rank, stream in streams.items()}
    heap: list[tuple[int, int, Iterable[LoggedRow]]] = []

    def push_next(rank: int) -> None:
        for seq, rows in groups[rank]:
            heapq.heappush(heap, (seq, rank, rows))
            return

    for rank in groups:
        push_next(rank)
    while heap:
        seq, rank, rows = heapq.heappop(heap)
        yield seq, rank, rows
        push_next(rank)


def _header(row: list[Any]) -> _ChangeHeader:
    return _ChangeHeader(row[1], row[2], row[3].hex() if row[3] is not None else "")


def _entries(table: LoggedTable, rows: Iterable[LoggedRow], header: _ChangeHeader, secret: bytes) -> Iterator[LogEntry]:
    noun, rank = table.noun, table.rank
    for seq, key, version, content, before in rows:
        name = f"{noun}/{key[0]}" if len(key) == 1 else table.object_name(key)
        after_hash = sha256(derive_salt(secret, name, version) + content).hexdigest()
        before_hash = None
        if before is not None:
            before_hash = sha256(derive_salt(secret, name, version - 1) + before).hexdigest()
        leaf = encode_canonical(
            _Leaf(
                header.action,
                header.commitment,
                after_hash,
                header.at,
                before_hash,
                name,
                seq,
                ENTRY_FORMAT_VERSION,
                version,
            )
        )
        yield LogEntry(EntrySortKey(seq, rank, key, version), name, leaf)


def entries_of_versions(
    connection: Connection, secret: bytes, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[LogEntry, LoggedRow]]:
    """Return the entry and the row of each of these object versions; versions that do not exist are left out."""
    keys: dict[int, dict[Key, str]] = {}
    for name, _version in versions:
        parsed = parse_object_name(name)
        if parsed is not None:
            keys.setdefault(parsed[0].rank, {})[parsed[1]] = name
    rows: list[tuple[LoggedTable, LoggedRow]] = []
    for rank, of_table in keys.items():
        table = LOGGED_TABLES[rank]
        candidates = table.rows_with(connection, sorted({key[0] for key in of_table}, key=str))
        rows += [(table, row) for row in candidates if (of_table.get(row.key, ""), row.version) in versions]
    seqs = sorted({row.change_seq for _table, row in rows})
    headers = {row[0]: _header(row) for row in _headers_with.lists(connection, batch_size=None, keys=seqs)}
    entries: dict[tuple[str, int], tuple[LogEntry, LoggedRow]] = {}
    for table, row in rows:
        for entry in _entries(table, [row], headers.get(row.change_seq, _NO_HEADER), secret):
            entries[entry.object, row.version] = entry, row
    return entries
