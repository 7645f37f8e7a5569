"""Exports: claims as records of Attest's own exchange format, which an import reads back, or as they are published.

Whatever the format, claims leave in the order of their ids. So an export that broke off goes on after the last claim
that arrived whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from app.db.compiled_reads import PlainRow
from app.db.revisions import last_moment
from app.errors import InvalidError
from app.formats.exports.export_formats import EXPORT_FORMATS, Pieces
from app.schemas.files.edition import Edition
from app.schemas.files.publication import House, PublishedClaim
from app.schemas.query_parameters import ClaimFilter, ExportQuery
from app.services.catalogue.documents import DOCUMENT
from app.services.catalogue.sources import SOURCE, ancestors
from app.services.catalogue.topics import TOPIC
from app.services.claims import evidence, reviews
from app.services.claims.attributions import nested
from app.services.claims.claim_reads import record_of_version
from app.services.claims.claims import CLAIM
from app.services.core.actors import Actor
from app.services.core.nouns import Noun
from app.services.core.snapshot import Read, Record, at
from app.services.policy import origins
from app.services.publishing import citations, export_reads, published_reads
from app.services.publishing.compact_id_set import ToldIds
from app.services.queries.claim_lists import ids_of
from app.vocabulary import PUBLIC_STAGES, Stage

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

# What is not in the order in which it was recorded: a database that was made of a file recorded it in another one.
_ORDERS = {"reviews": _BY_CHANGE, "relations": itemgetter("other_claim_id", "relation")}


def moment(connection: Connection, as_of: datetime | None) -> str:
    """When the newest of all that an export can hold was recorded: asked for as of then, it holds the same again.

    Raises InvalidError for a moment that lies ahead.
    """
    at(connection, as_of)
    last = last_moment(connection)
    return (last if as_of is None else min(last, as_of)).isoformat().replace("+00:00", "Z")


def pieces(connection: Connection, query: ExportQuery, actor: Actor | None, edition: Edition) -> Pieces:
    """An export, piece by piece.

    Raises InvalidError for a format that there is not, and for a filter that means nothing; NotFoundError for a claim
    that there is not or that this reader may not see; PermissionDeniedError; UnavailableError for a format that is not
    installed.
    """
    written = EXPORT_FORMATS.get(query.format)
    if written is None:
        raise InvalidError.of("format", f"must be one of {', '.join(EXPORT_FORMATS)}")
    if written.records is not None:
        found = _picked if query.claim else _found
        return written.records(found(connection, query, actor))
    if written.claims is None:
        raise InvalidError.of("format", "cannot be written")
    return written.claims(published(connection, query, actor, edition.house), edition)


def published(
    connection: Connection, query: ExportQuery, actor: Actor | None, house: House
) -> Iterator[PublishedClaim]:
    """The claims that are picked, in that order, or else those that the filter asks for, in the order of their ids."""
    if query.claim:
        yield from citations.picked(connection, query.claim, query.as_of, actor, house)
        return
    record = at(connection, query.as_of)
    for chunk in ids(connection, record, query, actor, query.after):
        yield from published_reads.claims(connection, record, chunk, house)


def records(
    connection: Connection,
    chosen: ClaimFilter,
    as_of: datetime | None = None,
    actor: Actor | None = None,
    after: str | None = None,
) -> Iterator[PlainRow]:
    """The claims that a filter asks for, each after everything that it names, as `exchange_record` has them.

    Claims are named that anybody may see, or that are of a stage that is asked for: what the desk exports is often
    handed on. Raises InvalidError, and PermissionDeniedError for what this reader may not see.
    """
    record = at(connection, as_of)
    writer = Writer(connection, record, PUBLIC_STAGES | set(chosen.stage))
    for chunk in ids(connection, record, chosen, actor, after):
        yield from writer.write(chunk)


def _found(connection: Connection, query: ExportQuery, actor: Actor | None) -> Iterator[PlainRow]:
    return records(connection, query, query.as_of, actor, query.after)


def _picked(connection: Connection, query: ExportQuery, actor: Actor | None) -> Iterator[PlainRow]:
    """The same of claims that are picked. One of an earlier version comes with what it named then."""
    writers: dict[Record, Writer] = {}
    found = list(citations.picked(connection, query.claim, query.as_of, actor, House(name="", address="")))
    stages = PUBLIC_STAGES | {claim.stage for claim in found}
    for ref, claim in zip(query.claim, found, strict=True):
        then = at(connection, query.as_of)
        if "@" in ref:
            then = record_of_version(connection, claim.id, claim.version, actor)
        writer = writers.setdefault(then, Writer(connection, then, stages))
        yield from writer.write([claim.id])


def ids(
    connection: Connection, record: Record, chosen: ClaimFilter, actor: Actor | None, after: str | None = None
) -> Iterator[Sequence[str]]:
    """The ids of the claims that a filter asks for, so many at a time."""
    wanted = ids_of(connection, record, chosen, actor).order_by(record.claim.c.id)
    if after is not None:
        wanted = wanted.where(record.claim.c.id > after)
    # By a cursor of the engine: there may be more ids than one would hold in memory.
    yield from connection.execute(wanted.execution_options(yield_per=CHUNK)).scalars().partitions()


class Writer:
    """Writes claims chunk by chunk, and remembers what has been written before them."""

    def __init__(self, connection: Connection, record: Record, stages: Collection[Stage]) -> None:
        self._connection = connection
        self._record = record
        self._stages = stages
        """Of these may be claims that the claims that are written name."""
        self._alone = False
        """Only claims are written: what they name stands in files of their own."""
        self._written: dict[str, ToldIds] = defaultdict(ToldIds)

    def write(self, claim_ids: Iterable[str]) -> Iterator[PlainRow]:
        """Records of these claims and of all that they name and that was not written before."""
        told = self._written[CLAIM.name]
        claims = self._read(export_reads.claims, {one for one in claim_ids if one not in told})
        for claim in claims:
            told.add(claim["id"])
        names = self._names_of_claims(claims)
        _leave_out_unseen(claims, names)
        # A claim that states a party's own figure stands before the claim that the party disputes by it.
        own = {said["own_claim_id"] for claim in claims for said in claim["attributions"]} - {None}
        if ahead := {one for one in own if one not in told}:
            yield from self.write(ahead)
        parts = [part for claim in claims for name in _PLACED for part in claim[name]]
        documents = self._read(export_reads.documents, {part["document_id"] for part in parts} - {None})
        sources = self._sources(_sources_named(claims, parts, documents))
        topics = self._read(export_reads.topics, _topics_named(claims, sources))
        for noun, rows in ((TOPIC, topics), (SOURCE, sources), (DOCUMENT, documents)):
            names |= {row["id"]: row["key"] or row["id"] for row in rows}
            if not self._alone:
                yield from self._new(noun, rows, names)
        for claim in sorted(claims, key=lambda claim: (claim["id"] not in own, claim["id"])):
            yield _finish(claim, names)

    # --- nouns by themselves, as a dump has them ---

    def topics(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Records of these topics."""
        for chunk in chunks_of_ids:
            yield from self._new(TOPIC, self._read(export_reads.topics, chunk), {})

    def sources(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Records of these sources, in this order."""
        for chunk in chunks_of_ids:
            rows = {row["id"]: row for row in self._read(export_reads.rated_sources, chunk)}
            names = self._names(export_reads.sources, (row["parent_id"] for row in rows.values()))
            rated = [rating for row in rows.values() for rating in row["ratings"]]
            names |= self._names(export_reads.topics, (rating["topic_id"] for rating in rated))
            yield from self._new(SOURCE, [rows[one] for one in chunk], names)

    def documents(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Records of these documents."""
        for chunk in chunks_of_ids:
            rows = self._read(export_reads.documents, chunk)
            names = self._names(export_reads.sources, (row["publisher_id"] for row in rows))
            yield from self._new(DOCUMENT, rows, names)

    def claims(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Records of these claims without what they name; those that another one names stand before it."""
        self._alone = True
        for chunk in chunks_of_ids:
            yield from self.write(chunk)

    def _names(self, read: Read, identifiers: Iterable[str | None]) -> dict[str, str]:
        wanted = {one for one in identifiers if one is not None}
        return {row["id"]: row["key"] or row["id"] for row in self._read(read, wanted)}

    def _read(self, read: Read, identifiers: Iterable[str]) -> list[PlainRow]:
        """The rows with these ids, by id."""
        wanted = list(identifiers)
        return sorted(read(self._connection, self._record, ids=wanted), key=_BY_ID) if wanted else []

    def _names_of_claims(self, claims: Sequence[PlainRow]) -> dict[str, str]:
        """The names of these claims, and of those that they name and that may be named."""
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
        rows = {row["id"]: row for row in self._read(export_reads.rated_sources, ordered)}
        return [rows[one] for one in ordered]

    def _new(self, noun: Noun, rows: Iterable[PlainRow], names: Mapping[str, str]) -> Iterator[PlainRow]:
        """Those of these objects that have not been written yet."""
        for row in rows:
            if row["id"] not in self._written[noun.name]:
                self._written[noun.name].add(row["id"])
                _put_names(row, names, _NAMED_BY[noun.name])
                row.get("captures", []).sort(key=_BY_ID)
                row.get("ratings", []).sort(key=_BY_CHANGE)
                for rating in row.get("ratings", ()):
                    _put_names(rating, names, ("topic",))
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


def _topics_named(claims: Iterable[PlainRow], sources: Iterable[PlainRow]) -> set[str]:
    """All topics that claims and ratings of sources name."""
    named: set[Any] = {claim["topic_id"] for claim in claims}
    named |= {rating["topic_id"] for source in sources for rating in source["ratings"]}
    return named - {None}


def _leave_out_unseen(claims: Iterable[PlainRow], names: Mapping[str, str]) -> None:
    """Take out what names a claim that may not be named: the others have names."""
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
        claim[part].sort(key=_ORDERS.get(part, _BY_ID))
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
        row["stale"] = bool(reviews.staleness(row, claim["content_version"], claim["evidence"], claim["attributions"]))
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
