"""Replays the log against the record: whatever was altered past the services is found, and named.

Nothing here holds more than a few rows of each table at a time, whatever their number.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from app.db.compiled_reads import Statement
from app.db.schema import table_of
from app.db.types import BigInt
from app.formats.proofs.merkle import HASH_BYTES, Frontier, leaf_hash
from app.formats.proofs.signed_note import Checkpoint, Note, NoteError, Verifier
from app.models import Head, LogCheckpoint, LogLeaf, LogNode
from app.services.audit.record_integrity import faults_of_the_record
from app.services.log.log_entries import AT_ONCE, Entry, entries
from app.services.log.log_tables import Place, place_of

head, log_leaf, log_node, log_checkpoint = (table_of(one) for one in (Head, LogLeaf, LogNode, LogCheckpoint))

MOST = 20
"""Findings of one kind (about claims, about checkpoints, …) that are told; all are counted."""

EVER = 2**63 - 1

_head = Statement(select(head))
_leaves = Statement(select(log_leaf).order_by(log_leaf.c.position))
_checkpoints = Statement(select(log_checkpoint.c.size, log_checkpoint.c.root, log_checkpoint.c.note).order_by("size"))
_node = Statement(
    select(log_node.c.node_hash).where(
        log_node.c.level == bindparam("level"), log_node.c.position == bindparam("position", type_=BigInt)
    )
)


class Finding(NamedTuple):
    """Something that is not as it was recorded."""

    place: str
    """Where: an object with its version, an entry of the log, a checkpoint."""
    what: str


@dataclass
class Report:
    """What an audit found."""

    changes: int = 0
    entries: int = 0
    checkpoints: int = 0
    signed: int = 0
    """How many entries are under a signature that holds."""
    erased: int = 0
    """Changes of people who were erased."""
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    """How many findings there were, also of those that are not told."""
    _kinds: Counter[str] = field(default_factory=Counter)

    def add(self, place: str, what: str) -> None:
        """Note a finding."""
        self.found += 1
        kind = place.replace(" ", "/").partition("/")[0]
        self._kinds[kind] += 1
        if self._kinds[kind] <= MOST:
            self.findings.append(Finding(place, what))


class _Stored(NamedTuple):
    """An entry as the log holds it."""

    position: int
    place: Place | None
    name: str
    hash: bytes


class _State(NamedTuple):
    """A state of the log that is vouched for."""

    size: int
    root: bytes
    where: str
    note: str


def verify(
    connection: Connection,
    verifiers: Sequence[Verifier],
    kept: Sequence[str] = (),
    progress: Callable[[int], None] = lambda _entries: None,
) -> Report:
    """Replay the whole log. `kept`: checkpoints that somebody kept elsewhere, as notes.

    Raises NoteError if a kept checkpoint is none, or is not signed by one of the keys.
    """
    report = Report()
    states = sorted(_kept_state(note, verifiers) for note in kept)
    (row,) = _head.rows(connection)
    if not verifiers:
        report.add("log", "there is no key to check its signatures with")
    tree = _Tree(connection, report, verifiers, states)
    made = entries(connection, row["log_secret"] or b"", -EVER, EVER)
    _compare(made, _stored(connection, report, tree), report, progress)
    tree.finish(row)
    report.entries = tree.frontier.size
    for place, what in faults_of_the_record(connection, report):
        report.add(place, what)
    if row["log_seq"] != row["seq"]:
        report.add("log", f"changes {row['log_seq'] + 1} to {row['seq']} are not in it. Run: attest db upgrade")
    return report


def _kept_state(note: str, verifiers: Sequence[Verifier]) -> _State:
    said = Checkpoint.parse(Note.parse(note).verified(verifiers))
    return _State(said.size, said.root, f"kept checkpoint of {said.size} entries", note)


def _stored(connection: Connection, report: Report, tree: "_Tree") -> Iterator[_Stored]:
    """The entries as the log holds them."""
    expected = 0
    for position, change_seq, name, version, hashed in _leaves.lists(connection, at_once=AT_ONCE):
        if position != expected:
            report.add(f"log entry {expected}", f"is missing; the next one is {position}")
        expected = position + 1
        place = place_of(change_seq, name, version)
        if place is None:
            report.add(f"log entry {position}", f"names no object: {name!r}")
        tree.append(hashed)
        yield _Stored(position, place, name, hashed)


def _compare(made: Iterator[Entry], stored: Iterator[_Stored], report: Report, progress: Callable[[int], None]) -> None:
    """Lay what the log should say beside what it holds; both are in the same order."""
    entry, held = next(made, None), next(stored, None)
    while entry is not None or held is not None:
        if held is not None and held.place is None:
            held = next(stored, None)
        elif entry is None or (held is not None and held.place is not None and held.place < entry.place):
            assert held is not None  # noqa: S101 - for the type checker: one of the two is there
            assert held.place is not None  # noqa: S101 - as above: that was asked before
            report.add(_name(held.name, held.place), f"is in the log (entry {held.position}) and not in the record")
            held = next(stored, None)
        elif held is None or (held.place is not None and held.place > entry.place):
            report.add(_name(entry.object, entry.place), "is in the record and not in the log")
            entry = next(made, None)
        else:
            if held.hash != leaf_hash(entry.leaf):
                report.add(
                    _name(entry.object, entry.place),
                    f"is not what was logged by change {entry.place.change_seq} (entry {held.position})",
                )
            if not held.position % 10_000:
                progress(held.position)
            entry, held = next(made, None), next(stored, None)


def _name(name: str, place: Place) -> str:
    return f"{name} version {place.version}"


class _Tree:
    """Builds the tree anew from the entries as they are stored, and looks at what is kept of it."""

    def __init__(
        self, connection: Connection, report: Report, verifiers: Sequence[Verifier], kept: Sequence[_State]
    ) -> None:
        self.frontier = Frontier()
        self._connection = connection
        self._report = report
        self._verifiers = verifiers
        self._nodes = 0
        self._states = self._all_states(list(kept))
        self._next = next(self._states, None)

    def _all_states(self, kept: list[_State]) -> Iterator[_State]:
        for size, root, note in _checkpoints.lists(self._connection, at_once=AT_ONCE):
            while kept and kept[0].size <= size:
                yield kept.pop(0)
            self._report.checkpoints += 1
            yield _State(size, root, f"checkpoint of {size} entries", note)
        yield from kept

    def append(self, hashed: bytes) -> None:
        """Take the next entry."""
        self._look()
        if len(hashed) != HASH_BYTES:
            self._report.add(f"log entry {self.frontier.size}", "its hash is none")
        for node in self.frontier.extend([hashed]):
            self._nodes += 1
            found = _node.rows(self._connection, level=node.level, position=node.number)
            if [row["node_hash"] for row in found] != [node.hash]:
                self._report.add(f"log node {node.level}/{node.number}", "is not what its entries give")

    def _look(self) -> None:
        """Compare the states that were vouched for with the tree, when it has come to their size."""
        while self._next is not None and self._next.size <= self.frontier.size:
            self._check(self._next)
            self._next = next(self._states, None)

    def _check(self, state: _State) -> None:
        try:
            said = Checkpoint.parse(Note.parse(state.note).verified(self._verifiers))
        except NoteError as error:
            self._report.add(state.where, str(error))
            return
        if (said.size, said.root) != (state.size, state.root):
            self._report.add(state.where, "what is signed is another state")
        elif said.root != self.frontier.root() or said.size != self.frontier.size:
            since = self._report.signed
            self._report.add(
                state.where, f"its root is not that of the log: something after entry {since} is not what was signed"
            )
        else:
            self._report.signed = max(self._report.signed, state.size)

    def finish(self, row: Any) -> None:
        """Look at what is left when all entries are there."""
        self._look()
        size = self.frontier.size
        while self._next is not None:
            self._report.add(self._next.where, f"stands for more than the {size} entries that there are")
            self._next = next(self._states, None)
        if (row["log_size"], row["log_frontier"] or b"") != (size, self.frontier.to_bytes()):
            self._report.add("head", f"it says of the log what its {size} entries do not give")
        if self._connection.scalar(select(func.count()).select_from(log_node)) != self._nodes:
            self._report.add("log nodes", f"there are others than the {self._nodes} of the tree")
        if self._report.signed < size:
            self._report.add("log", f"entries from {self._report.signed} on are under no signature")
