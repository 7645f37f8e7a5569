"""Replays the log against the record, to find every row that was altered without going through the services.

Rows are streamed, so memory use does not grow with the size of the record.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from app.db.compiled_reads import CompiledStatement
from app.db.schema import table_of
from app.db.types import BigInt
from app.formats.proofs.merkle import HASH_BYTES, Frontier, leaf_hash
from app.formats.proofs.signed_note import Checkpoint, NoteError, SignedNote, Verifier
from app.models import Head, LogCheckpoint, LogLeaf, LogNode
from app.services.audit.record_integrity import find_integrity_faults
from app.services.log.log_entries import READ_BATCH_SIZE, LogEntry, build_entries
from app.services.log.log_tables import EntrySortKey, entry_sort_key

head, log_leaf, log_node, log_checkpoint = (table_of(model) for model in (Head, LogLeaf, LogNode, LogCheckpoint))

MAX_LISTED_FINDINGS = 20
"""Findings listed per kind (about claims, about checkpoints, …). All of them are counted."""

MAX_CHANGE_SEQ = 2**63 - 1
"""The largest change number that the database can hold: the bound of a replay of everything."""

_head = CompiledStatement(select(head))
_leaves = CompiledStatement(select(log_leaf).order_by(log_leaf.c.position))
_checkpoints = CompiledStatement(
    select(log_checkpoint.c.size, log_checkpoint.c.root, log_checkpoint.c.note).order_by("size")
)
_node = CompiledStatement(
    select(log_node.c.node_hash).where(
        log_node.c.level == bindparam("level"), log_node.c.position == bindparam("position", type_=BigInt)
    )
)


class Finding(NamedTuple):
    """A place where the record or the log differs from what was recorded."""

    place: str
    """An object with its version, an entry of the log, or a checkpoint."""
    what: str
    """The predicate of a sentence whose subject is `place`."""


@dataclass
class AuditReport:
    """The result of an audit."""

    changes: int = 0
    entries: int = 0
    checkpoints: int = 0
    signed: int = 0
    """Number of entries that a valid signature covers."""
    erased: int = 0
    """Number of changes made by people who were erased since."""
    findings: list[Finding] = field(default_factory=list)
    finding_count: int = 0
    """Total number of findings, including those that are not listed."""
    _kinds: Counter[str] = field(default_factory=Counter)

    def add(self, place: str, what: str) -> None:
        """Count a finding, and list it unless its kind has MAX_LISTED_FINDINGS already."""
        self.finding_count += 1
        kind = place.replace(" ", "/").partition("/")[0]
        self._kinds[kind] += 1
        if self._kinds[kind] <= MAX_LISTED_FINDINGS:
            self.findings.append(Finding(place, what))


class _StoredEntry(NamedTuple):
    """An entry as stored in the log."""

    position: int
    sort_key: EntrySortKey | None
    """None if the entry names no possible object."""
    name: str
    hash: bytes


class _SignedState(NamedTuple):
    """A state of the log that somebody signed."""

    size: int
    root: bytes
    label: str
    """What a finding calls it."""
    note: str


def verify_log(
    connection: Connection,
    verifiers: Sequence[Verifier],
    trusted_checkpoints: Sequence[str] = (),
    progress: Callable[[int], None] = lambda _entries: None,
) -> AuditReport:
    """Replay the whole log and compare it with the record.

    `trusted_checkpoints`: signed notes that were stored outside the database. `progress` is called with the number of
    entries compared so far. Raises NoteError if a trusted checkpoint is malformed or not signed by one of `verifiers`.
    """
    report = AuditReport()
    states = sorted(_trusted_state(note, verifiers) for note in trusted_checkpoints)
    (head_row,) = _head.rows(connection)
    if not verifiers:
        report.add("log", "has no key to check its signatures with")
    tree = _Tree(connection, report, verifiers, states)
    expected = build_entries(connection, head_row["log_secret"] or b"", -MAX_CHANGE_SEQ, MAX_CHANGE_SEQ)
    _compare(expected, _stored_entries(connection, report, tree), report, progress)
    tree.finish(head_row)
    report.entries = tree.frontier.size
    for place, what in find_integrity_faults(connection, report):
        report.add(place, what)
    if head_row["log_seq"] != head_row["seq"]:
        report.add("log", f"lacks changes {head_row['log_seq'] + 1} to {head_row['seq']}. Run: attest db upgrade")
    return report


def _trusted_state(note: str, verifiers: Sequence[Verifier]) -> _SignedState:
    checkpoint = Checkpoint.parse(SignedNote.parse(note).verify(verifiers))
    return _SignedState(checkpoint.size, checkpoint.root, f"saved checkpoint of {checkpoint.size} entries", note)


def _stored_entries(connection: Connection, report: AuditReport, tree: "_Tree") -> Iterator[_StoredEntry]:
    """Yield the stored entries in log order, adding each to the tree and reporting gaps."""
    expected_position = 0
    for position, change_seq, name, version, entry_hash in _leaves.lists(connection, batch_size=READ_BATCH_SIZE):
        if position != expected_position:
            report.add(f"log entry {expected_position}", f"is missing; the next entry is {position}")
        expected_position = position + 1
        sort_key = entry_sort_key(change_seq, name, version)
        if sort_key is None:
            report.add(f"log entry {position}", f"names no object: {name!r}")
        tree.append(entry_hash)
        yield _StoredEntry(position, sort_key, name, entry_hash)


def _compare(
    expected_entries: Iterator[LogEntry],
    stored_entries: Iterator[_StoredEntry],
    report: AuditReport,
    progress: Callable[[int], None],
) -> None:
    """Merge-join the entries that the record implies with those stored; both are in log order."""
    entry, stored = next(expected_entries, None), next(stored_entries, None)
    while entry is not None or stored is not None:
        if stored is not None and stored.sort_key is None:
            stored = next(stored_entries, None)
        elif entry is None or (stored is not None and stored.sort_key is not None and stored.sort_key < entry.sort_key):
            assert stored is not None  # noqa: S101 - for the type checker: one of the two is not None
            assert stored.sort_key is not None  # noqa: S101 - as above: the branch before handles None
            report.add(
                _name(stored.name, stored.sort_key), f"is in the log (entry {stored.position}) and not in the record"
            )
            stored = next(stored_entries, None)
        elif stored is None or (stored.sort_key is not None and stored.sort_key > entry.sort_key):
            report.add(_name(entry.object, entry.sort_key), "is in the record and not in the log")
            entry = next(expected_entries, None)
        else:
            if stored.hash != leaf_hash(entry.leaf):
                report.add(
                    _name(entry.object, entry.sort_key),
                    f"differs from what change {entry.sort_key.change_seq} logged (entry {stored.position})",
                )
            if not stored.position % 10_000:
                progress(stored.position)
            entry, stored = next(expected_entries, None), next(stored_entries, None)


def _name(name: str, sort_key: EntrySortKey) -> str:
    return f"{name} version {sort_key.version}"


class _Tree:
    """Rebuilds the Merkle tree from the stored entries, and checks stored nodes and signed states against it."""

    def __init__(
        self,
        connection: Connection,
        report: AuditReport,
        verifiers: Sequence[Verifier],
        trusted_states: Sequence[_SignedState],
    ) -> None:
        self.frontier = Frontier()
        self._connection = connection
        self._report = report
        self._verifiers = verifiers
        self._nodes = 0
        self._pending_states = self._all_states(list(trusted_states))
        self._pending_state = next(self._pending_states, None)

    def _all_states(self, trusted_states: list[_SignedState]) -> Iterator[_SignedState]:
        for size, root, note in _checkpoints.lists(self._connection, batch_size=READ_BATCH_SIZE):
            while trusted_states and trusted_states[0].size <= size:
                yield trusted_states.pop(0)
            self._report.checkpoints += 1
            yield _SignedState(size, root, f"checkpoint of {size} entries", note)
        yield from trusted_states

    def append(self, entry_hash: bytes) -> None:
        """Add the hash of the next entry."""
        self._check_reached_states()
        if len(entry_hash) != HASH_BYTES:
            self._report.add(f"log entry {self.frontier.size}", f"has a hash that is not {HASH_BYTES} bytes long")
        for node in self.frontier.extend([entry_hash]):
            self._nodes += 1
            rows = _node.rows(self._connection, level=node.level, position=node.number)
            if [row["node_hash"] for row in rows] != [node.hash]:
                self._report.add(f"log node {node.level}/{node.number}", "is not the hash of its entries")

    def _check_reached_states(self) -> None:
        """Compare each signed state with the tree once the tree has reached its size."""
        while self._pending_state is not None and self._pending_state.size <= self.frontier.size:
            self._check(self._pending_state)
            self._pending_state = next(self._pending_states, None)

    def _check(self, state: _SignedState) -> None:
        try:
            signed = Checkpoint.parse(SignedNote.parse(state.note).verify(self._verifiers))
        except NoteError as error:
            self._report.add(state.label, str(error))
            return
        if (signed.size, signed.root) != (state.size, state.root):
            self._report.add(state.label, "signs a state that differs from the stored one")
        elif signed.root != self.frontier.root() or signed.size != self.frontier.size:
            since = self._report.signed
            self._report.add(
                state.label,
                f"has a different root hash from the log: entry {since} or a later one differs from what was signed",
            )
        else:
            self._report.signed = max(self._report.signed, state.size)

    def finish(self, head_row: Any) -> None:
        """Run the checks that need the whole tree."""
        self._check_reached_states()
        size = self.frontier.size
        while self._pending_state is not None:
            self._report.add(self._pending_state.label, f"covers more entries than the {size} in the log")
            self._pending_state = next(self._pending_states, None)
        if (head_row["log_size"], head_row["log_frontier"] or b"") != (size, self.frontier.to_bytes()):
            self._report.add("head", f"stores a log size or frontier that does not match the {size} entries of the log")
        if self._connection.scalar(select(func.count()).select_from(log_node)) != self._nodes:
            self._report.add("log nodes", f"differ from those of the tree, whose number of nodes is {self._nodes}")
        if self._report.signed < size:
            # Not simply "run": signing would hide what else is wrong.
            self._report.add(
                "log",
                f"has no signature for entry {self._report.signed} and later. If nothing else was found, run: "
                "attest audit checkpoint",
            )
