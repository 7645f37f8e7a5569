"""Batched reads of published claims, sources and documents, which every export and citation format starts from."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, select

from app.db.compiled_reads import PlainRow, text_table, with_ids
from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Document, Source
from app.schemas.files.publication import (
    LaterChange,
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedEvidence,
    PublishedFactCheck,
    PublishedSource,
    Publisher,
    TakenBackLink,
    is_retraction,
)
from app.services.changes import decision_staleness
from app.services.changes.actors import Actor, visible_stages
from app.services.changes.stale_periods import shown_status, stale_reasons
from app.services.claims import reviews
from app.services.claims.attributions import nested_columns, nested_objects
from app.services.claims.claim_reads import figures_in_order
from app.services.core.held_elsewhere import missing_past
from app.services.core.snapshot import NOW, Snapshot, SnapshotQuery
from app.services.policy import origins
from app.services.publishing import export_reads
from app.vocabulary import ClaimStatus, DocumentKind, Lineage, SourceKind, Stage, Stance

CHUNK_SIZE = 500
"""Claims read per query."""

T = TypeVar("T")

_BY_ID = itemgetter("id")
_BY_CHANGE = itemgetter("change_seq", "id")


@SnapshotQuery
def _now(snapshot: Snapshot) -> Select[Any]:
    claim = snapshot.claim
    columns = (claim.c[name] for name in ("id", "version", "content_version", "stage", "notice"))
    return with_ids(select(*columns, shown_status(snapshot, claim), stale_reasons(snapshot, claim)), claim, "ids")


@SnapshotQuery
def _withdrawn_attributions(snapshot: Snapshot) -> Select[Any]:
    attribution, ids = snapshot.attribution, text_table("ids")
    columns = [attribution.c.id, attribution.c.source_id, *nested_columns(attribution)]
    by_claim = ids.join(attribution, attribution.c.claim_id == ids.c.value)
    return select(*columns).select_from(by_claim).where(attribution.c.withdrawn)


def claims(
    connection: Connection, snapshot: Snapshot, identifiers: Iterable[str], publisher: Publisher
) -> Iterator[PublishedClaim]:
    """Yield these claims as of the snapshot, in this order, without those that did not exist then."""
    remaining = iter(identifiers)
    while chunk := list(islice(remaining, CHUNK_SIZE)):
        rows = {row["id"]: row for row in export_reads.claims(connection, snapshot, ids=chunk)}
        builder = _ClaimBuilder(connection, snapshot, rows.values(), publisher)
        yield from (builder.claim(rows[claim_id]) for claim_id in chunk if claim_id in rows)


def is_visible_to(claim: PublishedClaim, actor: Actor | None) -> bool:
    """Return True if this reader may see the claim."""
    return claim.stage in visible_stages(actor)


def with_later_changes(connection: Connection, published: Sequence[PublishedClaim]) -> list[PublishedClaim]:
    """Return these claims, each with what has changed since its version."""
    now = {row["id"]: row for row in _now(connection, NOW, ids=[claim.id for claim in published])}
    changed_ids = [claim.id for claim in published if _has_changed(claim, now[claim.id])]
    if not changed_ids:
        return list(published)
    withdrawn = list(_withdrawn_attributions(connection, NOW, ids=changed_ids))
    sources_by_id = _ObjectCache(connection, NOW, {row["source_id"] for row in withdrawn}, {}) if withdrawn else None
    links = {
        row["id"]: TakenBackLink(
            source=_require(sources_by_id.source(row["source_id"]), "source", row["source_id"]),
            retraction=nested_objects(row)["retraction"],
        )
        for row in sorted(withdrawn, key=_BY_ID)
        if sources_by_id is not None
    }
    decisions = {
        claim_id: decision_staleness.current_decision(rows)
        for claim_id, rows in reviews.fetch_by_claim(connection, NOW, changed_ids).items()
    }
    return [
        replace(claim, changed=_changed(claim, now[claim.id], decisions[claim.id], links))
        if claim.id in decisions
        else claim
        for claim in published
    ]


def _has_changed(claim: PublishedClaim, now: PlainRow) -> bool:
    return (now["version"], now["status"]) != (claim.version, claim.status)


def _changed(
    claim: PublishedClaim, now: PlainRow, decision: StoredRow | None, links: Mapping[str, TakenBackLink]
) -> LaterChange | None:
    if not _has_changed(claim, now):  # another version of this claim has
        return None
    stood_then = [attribution.id for attribution in claim.attributions if not attribution.withdrawn]
    return LaterChange(
        version=now["version"],
        status=ClaimStatus(now["status"]),
        stage=Stage(now["stage"]),
        notice=now["notice"],
        decision=None if decision is None else reviews.serialize(decision, now["stale_because"] or ()),
        content_version=now["content_version"],
        taken_back=[links[identifier] for identifier in stood_then if identifier in links],
    )


def documents(connection: Connection, snapshot: Snapshot, identifiers: Sequence[str]) -> list[PublishedDocument]:
    """Return these documents, in this order. Raises NotFoundError, HeldElsewhereError."""
    rows = {row["id"]: row for row in export_reads.documents(connection, snapshot, ids=list(identifiers))}
    cache = _ObjectCache(connection, snapshot, {row["publisher_id"] for row in rows.values()}, rows)
    published = {identifier: cache.document(identifier) for identifier in identifiers}
    return _require_all(connection, snapshot, table_of(Document), published, identifiers)


def sources(connection: Connection, snapshot: Snapshot, identifiers: Sequence[str]) -> list[PublishedSource]:
    """Return these sources, in this order. Raises NotFoundError, HeldElsewhereError."""
    cache = _ObjectCache(connection, snapshot, set(identifiers), {})
    published = {identifier: cache.source(identifier) for identifier in identifiers}
    return _require_all(connection, snapshot, table_of(Source), published, identifiers)


def _require_all(
    connection: Connection, snapshot: Snapshot, table: Table, published: Mapping[str, T | None], refs: Sequence[str]
) -> list[T]:
    for identifier in refs:
        if published[identifier] is None:
            raise missing_past(connection, snapshot, table, identifier)
    return [_require(published[identifier], table.name, identifier) for identifier in refs]


def _require(published: T | None, noun: str, identifier: str) -> T:
    if published is None:
        raise NotFoundError(noun, identifier)
    return published


class _ObjectCache:
    """Builds published sources and documents, each once for all references to it."""

    def __init__(
        self, connection: Connection, snapshot: Snapshot, sources: set[Any], documents: Mapping[str, PlainRow]
    ) -> None:
        source_ids = sources - {None}
        rows = export_reads.sources(connection, snapshot, ids=list(source_ids)) if source_ids else []
        if parent_ids := {row["parent_id"] for row in rows} - source_ids - {None}:
            rows += export_reads.sources(connection, snapshot, ids=list(parent_ids))
        self._rows = {row["id"]: row for row in rows}
        self._documents = documents
        self._built: dict[str, Any] = {}

    def source(self, identifier: str | None) -> PublishedSource | None:
        """Return the source with this id; None if it was not read."""
        published: PublishedSource | None = self._build_once(identifier, self._rows, self._source)
        return published

    def document(self, identifier: str | None) -> PublishedDocument | None:
        """Return the document with this id; None if it was not read."""
        published: PublishedDocument | None = self._build_once(identifier, self._documents, self._document)
        return published

    def _build_once(self, identifier: str | None, rows: Mapping[str, PlainRow], make: Callable[[PlainRow], Any]) -> Any:
        if identifier is None or identifier not in rows:
            return None
        if identifier not in self._built:
            self._built[identifier] = make(rows[identifier])
        return self._built[identifier]

    def _source(self, row: PlainRow) -> PublishedSource:
        # One parent is enough to name the organisation behind a source, and a cycle cannot recurse forever.
        parent = self._rows.get(row["parent_id"])
        return PublishedSource(
            id=row["id"],
            version=row["version"],
            name=row["name"],
            kind=SourceKind(row["kind"]),
            anonymity=row["anonymity"],
            parent=None if parent is None else self._source({**parent, "parent_id": None}),
            url=row["url"],
            description=row["description"],
            other_names=row["other_names"],
            recorded_at=row["recorded_at"],
        )

    def _document(self, row: PlainRow) -> PublishedDocument:
        return PublishedDocument(
            id=row["id"],
            version=row["version"],
            kind=DocumentKind(row["kind"]),
            title=row["title"],
            author=row["author"],
            authors=row["authors"] or (),
            publisher=self.source(row["publisher_id"]),
            url=row["url"],
            language=row["language"],
            published=row["published"],
            accessed_on=row["accessed_on"],
            archive_url=row["archive_url"],
            archived_on=row["archived_on"],
            note=row["note"],
            captures=row["captures"],
            recorded_at=row["recorded_at"],
        )


class _ClaimBuilder:
    """Builds the published claims of one chunk, with the objects that they refer to."""

    def __init__(
        self, connection: Connection, snapshot: Snapshot, rows: Collection[PlainRow], publisher: Publisher
    ) -> None:
        parts = [part for row in rows for name in ("attributions", "evidence", "fact_checks") for part in row[name]]
        document_ids = {part["document_id"] for part in parts} - {None}
        documents = export_reads.documents(connection, snapshot, ids=list(document_ids)) if document_ids else []
        source_ids = {part.get("source_id") for part in parts} | {row["adverse_to_id"] for row in rows}
        source_ids |= {row["publisher_id"] for row in documents}
        topic_ids = {row["topic_id"] for row in rows} - {None}
        topics = export_reads.topics(connection, snapshot, ids=list(topic_ids)) if topic_ids else []
        self._objects = _ObjectCache(connection, snapshot, source_ids, {row["id"]: row for row in documents})
        self._topics = {row["id"]: {name: row[name] for name in ("id", "title", "subject")} for row in topics}
        self._publisher = publisher

    def claim(self, row: PlainRow) -> PublishedClaim:
        """Build a published claim from its row."""
        attributions = sorted(row["attributions"], key=_BY_ID)
        by_id = {attribution["id"]: attribution for attribution in attributions}
        decision = decision_staleness.current_decision(sorted(row["reviews"], key=_BY_CHANGE))
        stale_because = row["stale_because"] or []
        return PublishedClaim(
            id=row["id"],
            key=row["key"],
            version=row["version"],
            address=self._publisher.claim(row["id"], row["version"]),
            recorded_at=row["recorded_at"],
            kind=row["kind"],
            statement=row["statement"],
            language=row["language"],
            topic=self._topics.get(row["topic_id"]),
            place=row["place"],
            time=row["time"],
            status=ClaimStatus.STALE if stale_because else ClaimStatus(row["status"]),
            stage=Stage(row["stage"]),
            notice=row["notice"],
            adverse_to=self._objects.source(row["adverse_to_id"]),
            quantities=figures_in_order(row["quantities"]),
            attributions=[self._attribution(attribution, by_id) for attribution in attributions],
            evidence=[self._evidence(part) for part in sorted(row["evidence"], key=_BY_ID)],
            decision=None if decision is None else reviews.serialize(decision, stale_because),
            fact_checks=[self._fact_check(part) for part in sorted(row["fact_checks"], key=_BY_ID)],
        )

    def _attribution(self, row: PlainRow, by_id: Mapping[str, PlainRow]) -> PublishedAttribution:
        nested_fields = nested_objects(row)
        chain = origins.relayed_links(row, by_id)
        links = [self._taken_back(link, chain.index(link) + 1) for link in origins.taken_back_links(row, by_id)]
        if links and links[-1].step is not None and not is_retraction(links[-1].retraction):
            chain = chain[: links[-1].step - 1]
        return PublishedAttribution(
            id=row["id"],
            source=self._speaker(row["source_id"]),
            stance=Stance(row["stance"]),
            lineage=Lineage(row["lineage"]),
            relayed_from=[self._speaker(link["source_id"]) for link in chain],
            document=self._objects.document(row["document_id"]),
            said=row["said"],
            quote=nested_fields["quote"],
            search=nested_fields["search"],
            withdrawn=row["withdrawn"],
            retraction=nested_fields["retraction"],
            upstream_state=origins.upstream_state(row, by_id),
            taken_back=links,
        )

    def _taken_back(self, row: StoredRow, step: int) -> TakenBackLink:
        return TakenBackLink(
            source=self._speaker(row["source_id"]), retraction=nested_objects(row)["retraction"], step=step
        )

    def _evidence(self, row: PlainRow) -> PublishedEvidence:
        return PublishedEvidence(
            id=row["id"],
            document=_require(self._objects.document(row["document_id"]), "document", row["document_id"]),
            role=row["role"],
            description=row["description"],
            not_kept_because=row["not_kept_because"],
            withdrawn=row["withdrawn"],
        )

    def _fact_check(self, row: PlainRow) -> PublishedFactCheck:
        columns = ("verdict", "rating_value", "best_rating", "worst_rating", "explanation", "original")
        return PublishedFactCheck(
            id=row["id"],
            source=self._speaker(row["source_id"]),
            document=self._objects.document(row["document_id"]),
            **{name: row[name] for name in columns},
        )

    def _speaker(self, identifier: str) -> PublishedSource:
        return _require(self._objects.source(identifier), "source", identifier)
