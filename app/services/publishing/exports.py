"""Exports of claims: as records of the exchange format, which an import can read, or as published claims.

In every format the claims are in the order of their ids, so an interrupted export can resume after the last complete
claim.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from app.db.compiled_reads import PlainRow
from app.db.revisions import last_change_at
from app.errors import InvalidError
from app.formats.exports.export_formats import EXPORT_FORMATS, Chunks
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim, Publisher
from app.schemas.query_parameters import ClaimFilter, ExportQuery
from app.services.catalogue.documents import DOCUMENT
from app.services.catalogue.sources import SOURCE
from app.services.catalogue.topics import TOPIC
from app.services.changes import decision_staleness
from app.services.changes.actors import Actor
from app.services.changes.status_facts import current_rulings
from app.services.claims import evidence
from app.services.claims.attributions import nested_objects
from app.services.claims.claim_reads import snapshot_of_version
from app.services.claims.claims import CLAIM
from app.services.core import decision_origins, possible_duplicates, source_tree
from app.services.core.nouns import Noun
from app.services.core.snapshot import Snapshot, SnapshotQuery, snapshot_at
from app.services.policy import origins
from app.services.publishing import citations, export_reads, published_reads
from app.services.publishing.compact_id_set import CompactIdSet
from app.services.publishing.dump_versions import DumpVersions
from app.services.queries.claim_lists import select_claim_ids
from app.vocabulary import PUBLIC_STAGES, Stage

CHUNK_SIZE = 500
"""Claims read per query."""

_PART_REFERENCES: Mapping[str, Sequence[str]] = {
    "attributions": ("source", "document", "own_claim"),
    "evidence": ("document",),
    "relations": ("other_claim",),
    "rulings": ("first_source", "second_source"),
    "reviews": (),
    "fact_checks": ("source", "document"),
}
"""The parts of a claim, except its figures, and the references in each."""

_REFERENCES: Mapping[str, Sequence[str]] = {
    "source": ("parent", "merged_into"),
    "topic": ("merged_into",),
    "document": ("publisher", "merged_into"),
}
"""The references of topics, sources and documents."""

_BY_ID = itemgetter("id")
_BY_CHANGE = itemgetter("change_seq", "id")
_BY_POSITION = itemgetter("position")

# Parts that are not sorted by id: a database restored from a file gave them new ids in another order.
_SORT_KEYS = {"reviews": _BY_CHANGE, "relations": itemgetter("other_claim_id", "relation")}


def export_timestamp(connection: Connection, as_of: datetime | None) -> str:
    """Return the time of the last change that an export can contain, RFC 3339; `as_of` this time it is the same again.

    Raises InvalidError if `as_of` is in the future.
    """
    snapshot_at(connection, as_of)
    last = last_change_at(connection)
    return (last if as_of is None else min(last, as_of)).isoformat().replace("+00:00", "Z")


def export_chunks(connection: Connection, query: ExportQuery, actor: Actor | None, edition: Edition) -> Chunks:
    """Return an export in chunks of text or bytes.

    Raises InvalidError for an unknown format or an invalid filter; NotFoundError for a claim that does not exist or
    that this reader may not see; PermissionDeniedError; UnavailableError for a format that is not installed.
    """
    export_format = EXPORT_FORMATS.get(query.format)
    if export_format is not None and export_format.records is not None:
        read_records = _records_by_ref if query.claim else _records_by_filter
        return export_format.records(read_records(connection, query, actor, edition.publisher))
    if export_format is None or export_format.claims is None:
        raise InvalidError.of("format", f"must be one of {', '.join(EXPORT_FORMATS)}")
    claims = published_claims(connection, query, actor, edition.publisher)
    # Most formats begin with a head. Reading the first claim before it refuses an invalid request while it can be.
    first = list(islice(claims, 1))
    return export_format.claims(chain(first, claims), edition)


def published_claims(
    connection: Connection, query: ExportQuery, actor: Actor | None, publisher: Publisher
) -> Iterator[PublishedClaim]:
    """Yield the claims that the query names, in that order, or those that its filter selects, in the order of ids."""
    if query.claim:
        yield from citations.claims_by_ref(connection, query.claim, query.as_of, actor, publisher)
        return
    snapshot = snapshot_at(connection, query.as_of)
    for chunk in claim_id_chunks(connection, snapshot, query, actor, query.after):
        yield from published_reads.claims(connection, snapshot, chunk, publisher)


def exchange_records(
    connection: Connection,
    claim_filter: ClaimFilter,
    as_of: datetime | None = None,
    actor: Actor | None = None,
    after: str | None = None,
    *,
    publisher: Publisher,
) -> Iterator[PlainRow]:
    """Yield the claims that a filter selects as `exchange_record` records, each after the records that it refers to.

    References to other claims are kept only if those are public or of a stage that the filter asks for, because
    fact-checkers often pass their exports on. Raises InvalidError, and PermissionDeniedError if this reader may not see
    what the filter asks for.
    """
    snapshot = snapshot_at(connection, as_of)
    writer = RecordWriter(connection, snapshot, PUBLIC_STAGES | set(claim_filter.stage), publisher)
    for chunk in claim_id_chunks(connection, snapshot, claim_filter, actor, after):
        yield from writer.write(chunk)


def _records_by_filter(
    connection: Connection, query: ExportQuery, actor: Actor | None, publisher: Publisher
) -> Iterator[PlainRow]:
    return exchange_records(connection, query, query.as_of, actor, query.after, publisher=publisher)


def _records_by_ref(
    connection: Connection, query: ExportQuery, actor: Actor | None, publisher: Publisher
) -> Iterator[PlainRow]:
    """Yield records of the claims that the query names; an earlier version comes with the references of its time."""
    writers: dict[Snapshot, RecordWriter] = {}
    claims = list(citations.claims_by_ref(connection, query.claim, query.as_of, actor, publisher))
    stages = PUBLIC_STAGES | {claim.stage for claim in claims}
    for ref, claim in zip(query.claim, claims, strict=True):
        snapshot = snapshot_at(connection, query.as_of)
        if "@" in ref:
            snapshot = snapshot_of_version(connection, claim.id, claim.version, actor)
        writer = writers.setdefault(snapshot, RecordWriter(connection, snapshot, stages, publisher))
        yield from writer.write([claim.id])


def claim_id_chunks(
    connection: Connection, snapshot: Snapshot, claim_filter: ClaimFilter, actor: Actor | None, after: str | None = None
) -> Iterator[Sequence[str]]:
    """Yield the ids of the claims that a filter selects, in ascending order, in chunks of CHUNK_SIZE."""
    query = select_claim_ids(connection, snapshot, claim_filter, actor).order_by(snapshot.claim.c.id)
    if after is not None:
        query = query.where(snapshot.claim.c.id > after)
    # A server-side cursor, because the ids may not fit in memory.
    # It is closed here, because an export may be broken off at any claim.
    with connection.execute(query.execution_options(yield_per=CHUNK_SIZE)) as rows:
        yield from rows.scalars().partitions()


class RecordWriter:
    """Builds the records of claims chunk by chunk, and remembers which records it has yielded."""

    def __init__(
        self,
        connection: Connection,
        snapshot: Snapshot,
        stages: Collection[Stage],
        publisher: Publisher,
        versions: DumpVersions | None = None,
    ) -> None:
        """With `versions`, each record also has its `dumped_version`."""
        self._versions = versions
        self._publisher = publisher
        """Named as the origin of the decisions of this desk."""
        self._connection = connection
        self._snapshot = snapshot
        self._stages = stages
        """Claims may be referred to only if they are of these stages."""
        self._claims_only = False
        """Whether to write claims only, because topics, sources and documents have files of their own."""
        self._written: dict[str, CompactIdSet] = defaultdict(CompactIdSet)

    def write(self, claim_ids: Iterable[str]) -> Iterator[PlainRow]:
        """Yield records of these claims and of everything that they refer to, each once."""
        written = self._written[CLAIM.name]
        claims = self._read(export_reads.claims, {claim_id for claim_id in claim_ids if claim_id not in written})
        for claim in claims:
            written.add(claim["id"])
            claim["rulings"] = current_rulings(claim["rulings"])
        names = self._names_of_claims(claims)
        _remove_hidden_references(claims, names)
        # A claim with a party's own figure must come before the claim that the party disputes with that figure.
        own_figure_ids = {attribution["own_claim_id"] for claim in claims for attribution in claim["attributions"]} - {
            None
        }
        if earlier := {claim_id for claim_id in own_figure_ids if claim_id not in written}:
            yield from self.write(earlier)
        parts = [part for claim in claims for name in _PARTS_WITH_DOCUMENT for part in claim[name]]
        documents = self._read(export_reads.documents, {part["document_id"] for part in parts} - {None})
        sources = self._source_rows(_referenced_sources(claims, parts, documents))
        topics = self._read(export_reads.topics, _referenced_topics(claims, sources))
        for noun, rows in ((TOPIC, topics), (SOURCE, sources), (DOCUMENT, documents)):
            names |= {row["id"]: row["key"] or row["id"] for row in rows}
            if not self._claims_only:
                yield from self._unwritten(noun, rows, names)
        exact = set() if self._versions is None else self._versions.exact_claims(claims, documents, sources, topics)
        for claim in sorted(claims, key=lambda claim: (claim["id"] not in own_figure_ids, claim["id"])):
            for decision in claim["reviews"]:
                decision["origin"] = decision_origins.exported(decision, self._publisher)
            record = _to_claim_record(claim, names)
            if self._versions is not None:
                record["dumped_version"] = self._versions.of_claim(claim, is_exact=claim["id"] in exact)
            yield record

    # --- one noun per file, for dumps ---

    def topics(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Yield records of these topics."""
        for chunk in chunks_of_ids:
            rows = {row["id"]: row for row in self._read(export_reads.topics, chunk)}
            names = self._names(export_reads.topics, (row["merged_into_id"] for row in rows.values()))
            yield from self._unwritten(TOPIC, [rows[topic_id] for topic_id in chunk], names)

    def sources(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Yield records of these sources, in this order."""
        for chunk in chunks_of_ids:
            rows = {row["id"]: row for row in self._read(export_reads.rated_sources, chunk)}
            named = (row[name] for row in rows.values() for name in ("parent_id", "merged_into_id"))
            names = self._names(export_reads.sources, named)
            ratings = [rating for row in rows.values() for rating in row["ratings"]]
            names |= self._names(export_reads.topics, (rating["topic_id"] for rating in ratings))
            yield from self._unwritten(SOURCE, [rows[source_id] for source_id in chunk], names)

    def documents(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Yield records of these documents."""
        for chunk in chunks_of_ids:
            rows = {row["id"]: row for row in self._read(export_reads.documents, chunk)}
            names = self._names(export_reads.sources, (row["publisher_id"] for row in rows.values()))
            names |= self._names(export_reads.documents, (row["merged_into_id"] for row in rows.values()))
            yield from self._unwritten(DOCUMENT, [rows[document_id] for document_id in chunk], names)

    def claims(self, chunks_of_ids: Iterable[Sequence[str]]) -> Iterator[PlainRow]:
        """Yield records of these claims only; a claim comes after those whose figures it refers to."""
        self._claims_only = True
        for chunk in chunks_of_ids:
            yield from self.write(chunk)

    def _names(self, read: SnapshotQuery, identifiers: Iterable[str | None]) -> dict[str, str]:
        ids = {identifier for identifier in identifiers if identifier is not None}
        return {row["id"]: row["key"] or row["id"] for row in self._read(read, ids)}

    def _read(self, read: SnapshotQuery, identifiers: Iterable[str]) -> list[PlainRow]:
        """Return the rows with these ids, sorted by id."""
        ids = list(identifiers)
        return sorted(read(self._connection, self._snapshot, ids=ids), key=_BY_ID) if ids else []

    def _names_of_claims(self, claims: Sequence[PlainRow]) -> dict[str, str]:
        """Return the names of these claims, and of the claims that they refer to and that may be named."""
        own_figure_ids = {part["own_claim_id"] for claim in claims for part in claim["attributions"]}
        related_ids = {part["other_claim_id"] for claim in claims for part in claim["relations"]}
        related_ids |= {ruling["other_id"] for claim in claims for ruling in claim["distinct"]}
        visible = [
            row
            for row in self._read(export_reads.named_claims, (own_figure_ids | related_ids) - {None})
            if row["stage"] in self._stages
        ]
        return {row["id"]: row["key"] or row["id"] for row in (*visible, *claims)}

    def _source_rows(self, identifiers: set[str]) -> list[PlainRow]:
        """Return these sources and all their ancestors, parents first."""
        chains = source_tree.ancestors(self._connection, self._snapshot, identifiers)
        ordered = dict.fromkeys(source_id for leaf in sorted(chains) for source_id in [*reversed(chains[leaf]), leaf])
        rows = {row["id"]: row for row in self._read(export_reads.rated_sources, ordered)}
        return [rows[source_id] for source_id in ordered]

    def _unwritten(self, noun: Noun, rows: Iterable[PlainRow], names: Mapping[str, str]) -> Iterator[PlainRow]:
        """Yield records of those of these rows that have not been written yet."""
        for row in rows:
            if row["id"] not in self._written[noun.name]:
                self._written[noun.name].add(row["id"])
                _put_names(row, names, _REFERENCES[noun.name])
                row.get("captures", []).sort(key=_BY_ID)
                row["distinct_from"] = possible_duplicates.ids_of(row.get("distinct", ()))
                row.get("ratings", []).sort(key=_BY_CHANGE)
                for rating in row.get("ratings", ()):
                    _put_names(rating, names, ("topic",))
                    rating["origin"] = decision_origins.exported(rating, self._publisher)
                row["record"] = noun.name
                if self._versions is not None:
                    row["dumped_version"] = self._versions.of_object(noun.name, row)
                yield row


_PARTS_WITH_DOCUMENT = ("attributions", "evidence", "fact_checks")
"""The parts of a claim that refer to a document."""


def _referenced_sources(
    claims: Iterable[PlainRow], parts: Iterable[PlainRow], documents: Iterable[PlainRow]
) -> set[str]:
    """Return the ids of all sources that these claims, parts and documents refer to."""
    ids: set[Any] = {part.get("source_id") for part in parts}
    ids |= {claim["adverse_to_id"] for claim in claims}
    ids |= {document["publisher_id"] for document in documents}
    rulings = [ruling for claim in claims for ruling in claim["rulings"]]
    ids |= {ruling[name] for ruling in rulings for name in ("first_source_id", "second_source_id")}
    ids.discard(None)
    return ids


def _referenced_topics(claims: Iterable[PlainRow], sources: Iterable[PlainRow]) -> set[str]:
    """Return the ids of all topics that these claims and the ratings of these sources refer to."""
    ids: set[Any] = {claim["topic_id"] for claim in claims}
    ids |= {rating["topic_id"] for source in sources for rating in source["ratings"]}
    return ids - {None}


def _remove_hidden_references(claims: Iterable[PlainRow], names: Mapping[str, str]) -> None:
    """Remove the references to claims that may not be named, which are those without an entry in `names`."""
    for claim in claims:
        claim["distinct_from"] = [
            other_id for other_id in possible_duplicates.ids_of(claim["distinct"]) if other_id in names
        ]
        claim["relations"] = [relation for relation in claim["relations"] if relation["other_claim_id"] in names]
        for attribution in claim["attributions"]:
            if attribution["own_claim_id"] not in names:
                attribution["own_claim_id"] = None


# --- rows become records: fields that the schema names differently are added next to the columns ---


def _put_names(row: PlainRow, names: Mapping[str, str], references: Iterable[str]) -> None:
    """Add to a row, for each reference, the name that the file uses for the object referred to."""
    for reference in references:
        identifier = row[f"{reference}_id"]
        row[reference] = None if identifier is None else names[identifier]


def _to_claim_record(claim: PlainRow, names: Mapping[str, str]) -> PlainRow:
    """Complete the row of a claim and its parts to a `ClaimRecord`."""
    for part, references in _PART_REFERENCES.items():
        claim[part].sort(key=_SORT_KEYS.get(part, _BY_ID))
        for row in claim[part]:
            _put_names(row, names, references)
    claim["quantities"].sort(key=_BY_POSITION)
    claim["attributions"] = _upstreams_first(claim["attributions"])
    for row in claim["evidence"]:
        row["key"] = row["key"] or row["id"]
        row["capture"] = row["capture_id"]
        row.update(evidence.nested_objects(row))
    for row in claim["rulings"]:
        row["sources"] = [row["first_source"], row["second_source"]]
    current = decision_staleness.current_decision(claim["reviews"])
    for row in claim["reviews"]:
        reasons = (
            claim["stale_because"]
            if row is current
            else decision_staleness.staleness(row, claim["content_version"], claim["evidence"], claim["attributions"])
        )
        row["stale"] = bool(reasons)
    _put_names(claim, names, ("topic", "adverse_to"))
    claim["record"] = CLAIM.name
    return claim


def _upstreams_first(rows: Sequence[PlainRow]) -> list[PlainRow]:
    """Return the attributions of a claim, each after the attribution that it relays."""
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        row.update(nested_objects(row))
        # Relaying attributions refer to this key.
        row["key"] = row["key"] or row["id"]
    for row in rows:
        upstream = by_id.get(row["upstream_id"])
        row["upstream"] = None if upstream is None else upstream["key"]
    return sorted(rows, key=lambda row: len(origins.upstream_chain(row, by_id)))
