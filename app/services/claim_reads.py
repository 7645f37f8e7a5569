"""One claim, whole: as it is, as it stood at a moment, as it stood in one of its versions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select, tuple_

from app.db.revisions import Row, revision_table
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Claim
from app.schemas.claim import ClaimRead, TopicBrief
from app.schemas.fact_check import FactCheckRead
from app.schemas.independence import OriginsRead
from app.schemas.quantity import QuantityRead
from app.services import attributions, documents, evidence, independence, origins, relations, reviews, sources
from app.services.actors import Actor, visible_stages
from app.services.objects import rows_by_id
from app.services.record import Record, at_seq
from app.services.refs import chunks

_versions = revision_table(table_of(Claim))


def read_one(connection: Connection, record: Record, identifier: str, actor: Actor | None) -> ClaimRead:
    """A claim that this reader may see, whole. Raises NotFoundError."""
    rows = rows_by_id(connection, record.claim, [identifier])
    if identifier not in rows or rows[identifier]["stage"] not in visible_stages(actor):
        raise NotFoundError("claim", identifier)
    return _whole(connection, record, rows[identifier], actor)


def read_version(connection: Connection, identifier: str, version: int, actor: Actor | None) -> ClaimRead:
    """One version of a claim with all that hung on it: it never says anything else. Raises NotFoundError."""
    row = (
        connection.execute(select(_versions).where(_versions.c.id == identifier, _versions.c.version == version))
        .mappings()
        .one_or_none()
    )
    if row is None or row["stage"] not in visible_stages(actor):
        raise NotFoundError("version", f"{identifier}/versions/{version}")
    return _whole(connection, at_seq(row["change_seq"]), row, actor)


def _whole(connection: Connection, record: Record, row: Row, actor: Actor | None) -> ClaimRead:
    claim_id = row["id"]
    said = attributions.rows_of_claims(connection, record, [claim_id])[claim_id]
    speakers = {one["source_id"] for one in said} | ({row["adverse_to_id"]} - {None})
    above = sources.ancestors(connection, record, speakers)
    briefs = sources.briefs_of(connection, record, speakers | {one for line in above.values() for one in line})
    anonymity = {one: str(brief.anonymity) for one, brief in briefs.items()}
    names = {one: brief.name for one, brief in briefs.items()}
    found = origins.origins_of(said, anonymity)
    rulings = independence.latest(connection, record, [claim_id]).get(claim_id, {})
    pairs = origins.pairs(said, found, above, names, rulings)
    placed = documents.briefs_of(connection, record, {one["document_id"] for one in said} - {None})
    publishers = {one: None if brief.publisher is None else brief.publisher.id for one, brief in placed.items()}
    decision = reviews.standing(reviews.rows_of_claims(connection, record, [claim_id])[claim_id])
    return ClaimRead(
        **row,
        topic=topics_of(connection, record, [row]).get(row["topic_id"]),
        quantities=quantities_of(connection, [row])[claim_id],
        adverse_to=briefs.get(row["adverse_to_id"]),
        attributions=attributions.show(connection, record, {claim_id: said}, actor)[claim_id],
        counts=origins.counts(said, anonymity, publishers, pairs),
        origins=OriginsRead(origins=[briefs[one] for one in found], pairs=pairs),
        evidence=evidence.show(connection, record, evidence.rows_of_claims(connection, record, [claim_id])[claim_id]),
        relations=relations.show(connection, record, relations.rows_of_claim(connection, record, claim_id), actor),
        review=None if decision is None else reviews.show(decision, row["content_version"]),
        fact_checks=_fact_checks(connection, record, claim_id),
    )


def topics_of(connection: Connection, record: Record, rows: Iterable[Row]) -> dict[str, TopicBrief]:
    """The topics of these claims as they are mentioned, by id."""
    wanted = {row["topic_id"] for row in rows} - {None}
    return {one: TopicBrief(**row) for one, row in rows_by_id(connection, record.topic, wanted).items()}


def quantities_of(connection: Connection, rows: Iterable[Row]) -> Mapping[str, list[QuantityRead]]:
    """The figures of these claims, each of the version that its row says."""
    table = at_seq(None).quantity
    found: dict[str, list[QuantityRead]] = defaultdict(list)
    for chunk in chunks((row["id"], row["content_version"]) for row in rows):
        figures = connection.execute(
            select(table)
            .where(tuple_(table.c.claim_id, table.c.content_version).in_(chunk))
            .order_by(table.c.claim_id, table.c.position)
        ).mappings()
        for figure in figures:
            found[figure["claim_id"]].append(QuantityRead(**figure))
    return found


def _fact_checks(connection: Connection, record: Record, claim_id: str) -> list[FactCheckRead]:
    table = record.fact_check
    rows = connection.execute(select(table).where(table.c.claim_id == claim_id).order_by(table.c.id)).mappings().all()
    briefs = sources.briefs_of(connection, record, {row["source_id"] for row in rows})
    placed = documents.briefs_of(connection, record, {row["document_id"] for row in rows} - {None})
    return [
        FactCheckRead(
            **row,
            source=briefs[row["source_id"]],
            url=placed[row["document_id"]].url if row["document_id"] in placed else None,
        )
        for row in rows
    ]
