"""Claims, sources and documents as they are given out, read by the hundred: where every format begins."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, select

from app.db.compiled_reads import PlainRow, with_ids
from app.db.revisions import Row
from app.errors import NotFoundError
from app.schemas.files.publication import (
    Changed,
    House,
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedEvidence,
    PublishedFactCheck,
    PublishedSource,
)
from app.services.claims import reviews
from app.services.claims.attributions import nested
from app.services.claims.claim_reads import figures_in_order
from app.services.core.actors import Actor, visible_stages
from app.services.core.snapshot import NOW, Read, Record
from app.services.policy import origins
from app.services.publishing import export_reads
from app.vocabulary import DocumentKind, Lineage, SourceKind, Stage, Stance, Status

CHUNK = 500
"""Claims that are read at once."""

Thing = TypeVar("Thing")

_BY_ID = itemgetter("id")
_BY_CHANGE = itemgetter("change_seq", "id")


@Read
def _now(record: Record) -> Select[Any]:
    claim = record.claim
    shown = (claim.c[name] for name in ("id", "version", "content_version", "status", "stage", "notice"))
    return with_ids(select(*shown), claim, "ids")


def claims(
    connection: Connection, record: Record, identifiers: Iterable[str], house: House
) -> Iterator[PublishedClaim]:
    """These claims, in this order, as they stood then. Those that did not exist are left out."""
    waiting = iter(identifiers)
    while chunk := list(islice(waiting, CHUNK)):
        rows = {row["id"]: row for row in export_reads.claims(connection, record, ids=chunk)}
        whole = _Whole(connection, record, rows.values(), house)
        yield from (whole.claim(rows[one]) for one in chunk if one in rows)


def seen(claim: PublishedClaim, actor: Actor | None) -> bool:
    """True if this reader may see the claim."""
    return claim.stage in visible_stages(actor)


def compared(connection: Connection, published: Sequence[PublishedClaim]) -> list[PublishedClaim]:
    """The same, each with what it has become since."""
    now = {row["id"]: row for row in _now(connection, NOW, ids=[one.id for one in published])}
    return [replace(one, changed=_changed(one, now[one.id])) for one in published]


def _changed(claim: PublishedClaim, now: PlainRow) -> Changed | None:
    if now["version"] == claim.version:
        return None
    return Changed(
        version=now["version"],
        status=Status(now["status"]),
        stage=Stage(now["stage"]),
        notice=now["notice"],
        content_version=now["content_version"],
    )


def documents(connection: Connection, record: Record, identifiers: Sequence[str]) -> list[PublishedDocument]:
    """These documents, in this order. Raises NotFoundError."""
    rows = {row["id"]: row for row in export_reads.documents(connection, record, ids=list(identifiers))}
    known = _Known(connection, record, {row["publisher_id"] for row in rows.values()}, rows)
    return [_found(known.document(one), "document", one) for one in identifiers]


def sources(connection: Connection, record: Record, identifiers: Sequence[str]) -> list[PublishedSource]:
    """These sources, in this order. Raises NotFoundError."""
    known = _Known(connection, record, set(identifiers), {})
    return [_found(known.source(one), "source", one) for one in identifiers]


def _found(thing: Thing | None, noun: str, identifier: str) -> Thing:
    if thing is None:
        raise NotFoundError(noun, identifier)
    return thing


class _Known:
    """Sources and documents, each made once for all that name it."""

    def __init__(
        self, connection: Connection, record: Record, sources: set[Any], documents: Mapping[str, PlainRow]
    ) -> None:
        wanted = sources - {None}
        rows = export_reads.sources(connection, record, ids=list(wanted)) if wanted else []
        if above := {row["parent_id"] for row in rows} - wanted - {None}:
            rows += export_reads.sources(connection, record, ids=list(above))
        self._rows = {row["id"]: row for row in rows}
        self._documents = documents
        self._made: dict[str, Any] = {}

    def source(self, identifier: str | None) -> PublishedSource | None:
        """The source with this id."""
        found: PublishedSource | None = self._once(identifier, self._rows, self._source)
        return found

    def document(self, identifier: str | None) -> PublishedDocument | None:
        """The document with this id."""
        found: PublishedDocument | None = self._once(identifier, self._documents, self._document)
        return found

    def _once(self, identifier: str | None, rows: Mapping[str, PlainRow], make: Callable[[PlainRow], Any]) -> Any:
        if identifier is None or identifier not in rows:
            return None
        if identifier not in self._made:
            self._made[identifier] = make(rows[identifier])
        return self._made[identifier]

    def _source(self, row: PlainRow) -> PublishedSource:
        # One step up is enough to say whose service it is, and there is no way around in circles.
        above = self._rows.get(row["parent_id"])
        return PublishedSource(
            id=row["id"],
            version=row["version"],
            name=row["name"],
            kind=SourceKind(row["kind"]),
            anonymity=row["anonymity"],
            parent=None if above is None else self._source({**above, "parent_id": None}),
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


def _decision(claim: PlainRow) -> Row | None:
    return reviews.standing(sorted(claim["reviews"], key=_BY_CHANGE))


class _Whole:
    """Claims of one chunk, with what they name."""

    def __init__(self, connection: Connection, record: Record, rows: Collection[PlainRow], house: House) -> None:
        placed = [part for row in rows for name in ("attributions", "evidence", "fact_checks") for part in row[name]]
        named = {part["document_id"] for part in placed} - {None}
        found = export_reads.documents(connection, record, ids=list(named)) if named else []
        speakers = {part.get("source_id") for part in placed} | {row["adverse_to_id"] for row in rows}
        speakers |= {row["publisher_id"] for row in found}
        asked = {row["topic_id"] for row in rows} - {None}
        topics = export_reads.topics(connection, record, ids=list(asked)) if asked else []
        self._known = _Known(connection, record, speakers, {row["id"]: row for row in found})
        self._topics = {row["id"]: {name: row[name] for name in ("id", "title", "subject")} for row in topics}
        self._house = house
        decided = {row["id"]: decision for row in rows if (decision := _decision(row)) is not None}
        rests_on = {one: decision["evidence"] for one, decision in decided.items()}
        self._held = reviews.facts(connection, record, rests_on) if rests_on else {}

    def claim(self, row: PlainRow) -> PublishedClaim:
        """A claim as it is given out."""
        said = sorted(row["attributions"], key=_BY_ID)
        by_id = {one["id"]: one for one in said}
        decision = _decision(row)
        shown = None
        if decision is not None:
            held = self._held[row["id"]]
            shown = reviews.shown(decision, row["content_version"], row["evidence"], said, held)
        return PublishedClaim(
            id=row["id"],
            key=row["key"],
            version=row["version"],
            address=self._house.claim(row["id"], row["version"]),
            recorded_at=row["recorded_at"],
            kind=row["kind"],
            statement=row["statement"],
            language=row["language"],
            topic=self._topics.get(row["topic_id"]),
            place=row["place"],
            time=row["time"],
            status=Status(row["status"]),
            stage=Stage(row["stage"]),
            notice=row["notice"],
            adverse_to=self._known.source(row["adverse_to_id"]),
            quantities=figures_in_order(row["quantities"]),
            attributions=[self._attribution(one, by_id) for one in said],
            evidence=[self._evidence(one) for one in sorted(row["evidence"], key=_BY_ID)],
            decision=shown,
            fact_checks=[self._fact_check(one) for one in sorted(row["fact_checks"], key=_BY_ID)],
        )

    def _attribution(self, row: PlainRow, by_id: Mapping[str, PlainRow]) -> PublishedAttribution:
        inside = nested(row)
        return PublishedAttribution(
            id=row["id"],
            source=self._speaker(row["source_id"]),
            stance=Stance(row["stance"]),
            lineage=Lineage(row["lineage"]),
            relayed_from=[self._speaker(link["source_id"]) for link in origins.chain(row, by_id)],
            document=self._known.document(row["document_id"]),
            said=row["said"],
            quote=inside["quote"],
            search=inside["search"],
            withdrawn=row["withdrawn"],
            retraction=inside["retraction"],
        )

    def _evidence(self, row: PlainRow) -> PublishedEvidence:
        return PublishedEvidence(
            id=row["id"],
            document=_found(self._known.document(row["document_id"]), "document", row["document_id"]),
            role=row["role"],
            description=row["description"],
            withdrawn=row["withdrawn"],
        )

    def _fact_check(self, row: PlainRow) -> PublishedFactCheck:
        said = ("verdict", "rating_value", "best_rating", "worst_rating", "explanation", "original")
        return PublishedFactCheck(
            id=row["id"],
            source=self._speaker(row["source_id"]),
            document=self._known.document(row["document_id"]),
            **{name: row[name] for name in said},
        )

    def _speaker(self, identifier: str) -> PublishedSource:
        return _found(self._known.source(identifier), "source", identifier)
