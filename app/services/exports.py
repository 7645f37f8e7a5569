"""Exports: the record in Attest's own exchange format, which an import reads back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from app.db.statements import PlainRow
from app.schemas.query import ClaimFilter
from app.services import evidence, export_reads, origins, reviews
from app.services.actors import Actor, visible_stages
from app.services.attributions import nested
from app.services.claim_lists import ids_of
from app.services.claims import CLAIM
from app.services.documents import DOCUMENT
from app.services.objects import Noun
from app.services.record import Read, Record, at
from app.services.sources import SOURCE, ancestors
from app.services.topics import TOPIC

CHUNK = 500
"""Claims that are read at once."""

_PARTS: Mapping[str, Sequence[str]] = {
    "attributions": ("source", "document", "own_claim"),
    "evidence": ("document",),
    "relations": ("other_claim",),
    "rulings": ("first_source", "second_source"),
    "reviews": (),
    "fact_checks": ("source", "document"),
}
"""What hangs on a claim, but for its figures, and the objects that it names."""

_NAMED_BY: Mapping[str, Sequence[str]] = {"source": ("parent",), "topic": (), "document": ("publisher",)}
"""The objects that other objects name."""

_BY_ID = itemgetter("id")
_BY_CHANGE = itemgetter("change_seq", "id")
_BY_POSITION = itemgetter("position")


def records(
    connection: Connection, chosen: ClaimFilter, as_of: datetime | None = None, actor: Actor | None = None
) -> Iterator[PlainRow]:
    """The claims that a filter asks for, each after everything that it names, as `app.schemas.record` has them.

    Raises InvalidError, and PermissionDeniedError for what this reader may not see.
    """
    record = at(connection, as_of)
    wanted = ids_of(connection, record, chosen, actor).order_by(record.claim.c.id)
    writer = _Writer(connection, record, actor)
    # By a cursor of the engine: there may be more ids than one would hold in memory.
    for ids in connection.execute(wanted.execution_options(yield_per=CHUNK)).scalars().partitions():
        yield from writer.write(ids)


class _Writer:
    """Writes claims chunk by chunk, and remembers what has been written before them."""

    def __init__(self, connection: Connection, record: Record, actor: Actor | None) -> None:
        self._connection = connection
        self._record = record
        self._stages = visible_stages(actor)
        self._written: set[str] = set()

    def write(self, claim_ids: Iterable[str]) -> Iterator[PlainRow]:
        """Records of these claims and of all that they name and that was not written before."""
        claims = self._read(export_reads.claims, set(claim_ids) - self._written)
        self._written.update(claim["id"] for claim in claims)
        names = self._names_of_claims(claims)
        _leave_out_unseen(claims, names)
        # A claim that states a party's own figure stands before the claim that the party disputes by it.
        own = {said["own_claim_id"] for claim in claims for said in claim["attributions"]} - {None}
        if ahead := own - self._written:
            yield from self.write(ahead)
        parts = [part for claim in claims for name in _PLACED for part in claim[name]]
        documents = self._read(export_reads.documents, {part["document_id"] for part in parts} - {None})
        sources = self._sources(_sources_named(claims, parts, documents))
        topics = self._read(export_reads.topics, {claim["topic_id"] for claim in claims} - {None})
        for noun, rows in ((SOURCE, sources), (TOPIC, topics), (DOCUMENT, documents)):
            names |= {row["id"]: row["key"] or row["id"] for row in rows}
            yield from self._new(noun, rows, names)
        for claim in sorted(claims, key=lambda claim: (claim["id"] not in own, claim["id"])):
            yield _finish(claim, names)

    def _read(self, read: Read, identifiers: Iterable[str]) -> list[PlainRow]:
        """The rows with these ids, by id."""
        wanted = list(identifiers)
        return sorted(read(self._connection, self._record, ids=wanted), key=_BY_ID) if wanted else []

    def _names_of_claims(self, claims: Sequence[PlainRow]) -> dict[str, str]:
        """The names of these claims, and of those that they name and that the reader may see."""
        said = {part["own_claim_id"] for claim in claims for part in claim["attributions"]}
        related = {part["other_claim_id"] for claim in claims for part in claim["relations"]}
        seen = [
            row
            for row in self._read(export_reads.named_claims, (said | related) - {None})
            if row["stage"] in self._stages
        ]
        return {row["id"]: row["key"] or row["id"] for row in (*seen, *claims)}

    def _sources(self, identifiers: set[str]) -> list[PlainRow]:
        """These sources and all that they are parts of, from the top of the tree down."""
        above = ancestors(self._connection, self._record, identifiers)
        ordered = dict.fromkeys(one for line in sorted(above) for one in [*reversed(above[line]), line])
        rows = {row["id"]: row for row in self._read(export_reads.sources, ordered)}
        return [rows[one] for one in ordered]

    def _new(self, noun: Noun, rows: Iterable[PlainRow], names: Mapping[str, str]) -> Iterator[PlainRow]:
        """Those of these objects that have not been written yet."""
        for row in rows:
            if row["id"] not in self._written:
                self._written.add(row["id"])
                _put_names(row, names, _NAMED_BY[noun.name])
                row.get("captures", []).sort(key=_BY_ID)
                row["record"] = noun.name
                yield row


_PLACED = ("attributions", "evidence", "fact_checks")
"""What hangs on a claim and stands in a document."""


def _sources_named(claims: Iterable[PlainRow], parts: Iterable[PlainRow], documents: Iterable[PlainRow]) -> set[str]:
    """All sources that claims, these parts of them and these documents name."""
    named: set[Any] = {part.get("source_id") for part in parts}
    named |= {claim["adverse_to_id"] for claim in claims}
    named |= {document["publisher_id"] for document in documents}
    rulings = [ruling for claim in claims for ruling in claim["rulings"]]
    named |= {ruling[name] for ruling in rulings for name in ("first_source_id", "second_source_id")}
    named.discard(None)
    return named


def _leave_out_unseen(claims: Iterable[PlainRow], names: Mapping[str, str]) -> None:
    """Take out what names a claim that the reader may not see: those that may be seen have names."""
    for claim in claims:
        claim["relations"] = [one for one in claim["relations"] if one["other_claim_id"] in names]
        for said in claim["attributions"]:
            if said["own_claim_id"] not in names:
                said["own_claim_id"] = None


# --- rows become records: what the schema names otherwise than the columns is put beside them ---


def _put_names(row: PlainRow, names: Mapping[str, str], references: Iterable[str]) -> None:
    """Put the names that the file gives to objects, by id, where a row refers to them."""
    for reference in references:
        identifier = row[f"{reference}_id"]
        row[reference] = None if identifier is None else names[identifier]


def _finish(claim: PlainRow, names: Mapping[str, str]) -> PlainRow:
    """A claim with all that hangs on it as `ClaimRecord` has it."""
    for part, references in _PARTS.items():
        claim[part].sort(key=_BY_CHANGE if part == "reviews" else _BY_ID)
        for row in claim[part]:
            _put_names(row, names, references)
    claim["quantities"].sort(key=_BY_POSITION)
    claim["attributions"] = _upstreams_first(claim["attributions"])
    for row in claim["evidence"]:
        row["key"] = row["key"] or row["id"]
        row["capture"] = row["capture_id"]
        row.update(evidence.nested(row))
    for row in claim["rulings"]:
        row["sources"] = [row["first_source"], row["second_source"]]
    for row in claim["reviews"]:
        row["stale"] = bool(reviews.staleness(row, claim["content_version"], claim["evidence"]))
    _put_names(claim, names, ("topic", "adverse_to"))
    claim["record"] = CLAIM.name
    return claim


def _upstreams_first(rows: Sequence[PlainRow]) -> list[PlainRow]:
    """The attributions of a claim, each after what it was relayed from."""
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        row.update(nested(row))
        # Whoever relays it names it by this.
        row["key"] = row["key"] or row["id"]
    for row in rows:
        upstream = by_id.get(row["upstream_id"])
        row["upstream"] = None if upstream is None else upstream["key"]
    return sorted(rows, key=lambda row: len(origins.chain(row, by_id)))
