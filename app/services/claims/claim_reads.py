"""Reading one claim with everything attached to it: now, as of a moment, or in one of its versions."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, case, or_, select, true, union_all

from app.db.compiled_reads import CompiledStatement, PlainRow, nested_rows
from app.db.engine import prepare_read
from app.db.revisions import revision_table
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Claim, Head
from app.schemas.claim import ClaimRead
from app.schemas.document import DocumentBrief
from app.schemas.fact_check import FactCheckRead
from app.schemas.quantity import QuantityRead
from app.schemas.relation import ClaimBrief, RelationRead
from app.schemas.source import SourceBrief
from app.services.catalogue import source_ratings
from app.services.catalogue.source_ratings import RatingIndex
from app.services.changes.actors import Actor, may_see_drafts, visible_stages
from app.services.changes.decision_staleness import current_decision, first_change_seq
from app.services.changes.stale_periods import shown_status, stale_reasons
from app.services.changes.status_facts import latest_by_pair, select_rulings
from app.services.claims import attributions, evidence, relations, reviews
from app.services.core import etags, possible_duplicates, source_tree
from app.services.core.claim_parts import select_figures
from app.services.core.etags import Tagged
from app.services.core.held_elsewhere import missing_past, missing_version
from app.services.core.nouns import columns_of, serialize_row
from app.services.core.snapshot import NOW, Snapshot, SnapshotQuery, snapshot_at_seq
from app.services.policy import origins

_versions = revision_table(table_of(Claim))

_id = bindparam("id", type_=Text())
_BY_ID = itemgetter("id")
_BY_CHANGE = itemgetter("change_seq", "id")


@SnapshotQuery
def _claim(snapshot: Snapshot) -> Select[Any]:
    """A claim with everything that is shown with it, in one statement: its parts are JSON arrays in the claim's row.

    One statement sees one state of the database without a transaction, and takes a fifth of the time of eleven.
    """
    claim, topic, document, source = snapshot.claim, snapshot.topic, snapshot.document, snapshot.source
    figure, attribution, piece = snapshot.quantity, snapshot.attribution, snapshot.evidence
    relation, fact_check, review = snapshot.claim_relation, snapshot.fact_check, snapshot.review
    ruling = snapshot.independence_ruling
    other_claim = snapshot.claim.alias("other")
    cited_documents = union_all(
        *(select(part.c.document_id).where(part.c.claim_id == _id) for part in (attribution, piece, fact_check))
    )
    publishers = select(document.c.publisher_id).where(document.c.id.in_(cited_documents))
    named_sources = union_all(
        select(claim.c.adverse_to_id).where(claim.c.id == _id),
        *(select(part.c.source_id).where(part.c.claim_id == _id) for part in (attribution, fact_check)),
        publishers,
    )
    related_claims = union_all(
        select(relation.c.other_claim_id).where(relation.c.claim_id == _id),
        select(relation.c.claim_id).where(relation.c.other_claim_id == _id),
        select(attribution.c.own_claim_id).where(attribution.c.claim_id == _id),
    )
    parts: dict[str, Select[Any]] = {
        "quantities": select_figures(figure, claim, QuantityRead),
        "attributions": select(
            attribution.c.change_seq,
            first_change_seq(attribution),
            *attributions.serialized_columns(attribution),
        ).where(attribution.c.claim_id == _id),
        "documents": select(document.c.publisher_id, *columns_of(DocumentBrief, document)).where(
            document.c.id.in_(cited_documents)
        ),
        "sources": select(source.c.parent_id, *columns_of(SourceBrief, source)).where(source.c.id.in_(named_sources)),
        "evidence": select(piece.c.change_seq, *evidence.serialized_columns(piece)).where(piece.c.claim_id == _id),
        "relations": select(relation.c.claim_id, relation.c.other_claim_id, *columns_of(RelationRead, relation)).where(
            or_(relation.c.claim_id == _id, relation.c.other_claim_id == _id)
        ),
        "claims": select(*columns_of(ClaimBrief, other_claim, status=shown_status(snapshot, other_claim))).where(
            other_claim.c.id.in_(related_claims)
        ),
        "reviews": reviews.select_signed(review).where(review.c.claim_id == _id),
        "ratings": select(*source_ratings.brief_columns(snapshot)).where(
            source_ratings.rates(snapshot, select(attribution.c.source_id).where(attribution.c.claim_id == _id))
        ),
        "distinct": possible_duplicates.select_rulings(snapshot, claim),
        "rulings": select_rulings(snapshot).where(ruling.c.claim_id == _id),
        "fact_checks": select(fact_check.c.source_id, *columns_of(FactCheckRead, fact_check)).where(
            fact_check.c.claim_id == _id
        ),
    }
    return (
        select(
            claim.c.topic_id,
            claim.c.adverse_to_id,
            topic.c.title.label("topic_title"),
            _shared_seq(snapshot),
            stale_reasons(snapshot, claim),
            *columns_of(ClaimRead, claim, status=shown_status(snapshot, claim)),
            *(nested_rows(part).label(name) for name, part in parts.items()),
        )
        .select_from(claim.outerjoin(topic, topic.c.id == claim.c.topic_id).join(table_of(Head), true()))
        .where(claim.c.id == _id)
    )


@SnapshotQuery
def _state(snapshot: Snapshot) -> Select[Any]:
    """The parts of a claim's entity tag, and its stage."""
    claim = snapshot.claim
    return select(claim.c.version, claim.c.stage, _shared_seq(snapshot)).where(claim.c.id == _id)


def _shared_seq(snapshot: Snapshot) -> ColumnElement[int]:
    """`shared_seq`: the number of the last change of anything that claims show but do not own.

    In the past nothing of that changes any more, except for the bylines of the people who signed or imported decisions.
    """
    seq = table_of(Head).c.shared_seq
    return seq if snapshot is NOW else case((_has_decision(snapshot), seq), else_=0).label(seq.name)


def _has_decision(snapshot: Snapshot) -> ColumnElement[bool]:
    review = snapshot.review
    return select(1).where(review.c.claim_id == _id).exists()


_version = CompiledStatement(
    select(_versions.c.stage, _versions.c.change_seq).where(
        _versions.c.id == _id, _versions.c.version == bindparam("version")
    )
)


_mutability = CompiledStatement(
    select(NOW.claim.c.version, _has_decision(NOW).label("shows_bylines")).where(NOW.claim.c.id == _id)
)


def read_one(connection: Connection, snapshot: Snapshot, identifier: str, actor: Actor | None) -> Tagged:
    """A claim that the actor may see, as `ClaimRead` has it.

    Raises NotFoundError; HeldElsewhereError if the claim came with a dump that was loaded after the snapshot.
    """
    prepare_read(connection)
    rows = _claim(connection, snapshot, id=identifier)
    row = _visible(connection, snapshot, rows, identifier, actor)
    return Tagged(_tag(row, snapshot, actor), _assemble(connection, snapshot, row, actor))


def read_version(connection: Connection, identifier: str, version: int, actor: Actor | None) -> Tagged:
    """One version of a claim with everything that was attached to it then.

    Raises NotFoundError; HeldElsewhereError if another installation holds this version.
    """
    return read_one(connection, snapshot_of_version(connection, identifier, version, actor), identifier, actor)


class VersionMutability(NamedTuple):
    """What can still change in the response for a version of a claim."""

    is_newest: bool
    """The response will say so once there is a newer version."""
    shows_bylines: bool
    """It may show bylines of the people who signed or imported decisions. They can be changed or erased, because they
    are not part of the record."""


def version_mutability(connection: Connection, identifier: str, version: int) -> VersionMutability:
    """What can still change in the response for a version, whether or not the version exists."""
    for row in _mutability.rows(connection, id=identifier):
        return VersionMutability(is_newest=row["version"] == version, shows_bylines=row["shows_bylines"])
    return VersionMutability(is_newest=False, shows_bylines=False)


def version_tag(connection: Connection, identifier: str, version: int, actor: Actor | None) -> str:
    """The entity tag of a version of a claim. Raises NotFoundError, HeldElsewhereError."""
    return tag_of(connection, snapshot_of_version(connection, identifier, version, actor), identifier, actor)


def snapshot_of_version(connection: Connection, identifier: str, version: int, actor: Actor | None) -> Snapshot:
    """The record right after the change that made this version of a claim.

    Raises NotFoundError; HeldElsewhereError if another installation holds this version.
    """
    rows = _version.rows(connection, id=identifier, version=version)
    if not rows:
        path = f"/claims/{identifier}/versions/{version}"
        elsewhere = missing_version(connection, table_of(Claim), identifier, version, path)
        if elsewhere is not None:
            raise elsewhere
    if not rows or rows[0]["stage"] not in visible_stages(actor):
        raise NotFoundError("version", f"{identifier}/versions/{version}")
    return snapshot_at_seq(rows[0]["change_seq"])


def tag_of(connection: Connection, snapshot: Snapshot, identifier: str, actor: Actor | None) -> str:
    """The entity tag of a claim. Raises NotFoundError, HeldElsewhereError."""
    rows = _state(connection, snapshot, id=identifier)
    return _tag(_visible(connection, snapshot, rows, identifier, actor), snapshot, actor)


def _tag(row: PlainRow, snapshot: Snapshot, actor: Actor | None) -> str:
    return etags.of_claim(row["version"], row["shared_seq"], snapshot.seq, for_desk=may_see_drafts(actor))


def _visible(
    connection: Connection, snapshot: Snapshot, rows: Sequence[PlainRow], identifier: str, actor: Actor | None
) -> PlainRow:
    if not rows or rows[0]["stage"] not in visible_stages(actor):
        raise missing_past(connection, snapshot, table_of(Claim), identifier)
    return rows[0]


def _assemble(connection: Connection, snapshot: Snapshot, row: PlainRow, actor: Actor | None) -> PlainRow:
    """A claim as `ClaimRead` has it, from the row of `_claim`."""
    parents = {source["id"]: source.pop("parent_id") for source in row["sources"]}
    briefs = {source["id"]: source for source in row["sources"]}
    publishers = {document["id"]: document.pop("publisher_id") for document in row["documents"]}
    documents = {document["id"]: document for document in row["documents"]}
    for identifier, document in documents.items():
        document["publisher"] = briefs.get(publishers[identifier])
    visible_claims = relations.claim_briefs([*row["claims"], row], actor) if row["claims"] else {}
    attribution_rows = sorted(row["attributions"], key=_BY_ID)
    anonymity = {source_id: brief["anonymity"] for source_id, brief in briefs.items()}
    traced = origins.trace_origins(attribution_rows, anonymity)
    identified = origins.identified_origins(attribution_rows, traced)
    names = {source_id: brief["name"] for source_id, brief in briefs.items()}
    decision = current_decision(sorted(row["reviews"], key=_BY_CHANGE))
    # The source tree is read only where it matters: for the dependence of two origins.
    wanted = identified if len(identified) > 1 else ()
    if unread_parents := {parents[source_id] for source_id in wanted} - {None}:
        for ancestor in source_tree.fetch_ancestors(connection, snapshot, unread_parents):
            parents[ancestor["id"]], names[ancestor["id"]] = ancestor["parent_id"], ancestor["name"]
    ancestors = {source_id: source_tree.ancestor_chain(source_id, parents) for source_id in identified}
    rulings = latest_by_pair(sorted(row["rulings"], key=_BY_CHANGE))
    pairs = origins.build_origin_pairs(attribution_rows, identified, ancestors, names, rulings)
    related = relations.serialize(sorted(row["relations"], key=_BY_ID), visible_claims)
    counts = origins.build_counts(attribution_rows, traced, publishers, pairs)
    review = None if decision is None else reviews.serialize(decision, row["stale_because"] or [])
    return serialize_row(
        ClaimRead,
        row,
        topic=None if row["topic_id"] is None else {"id": row["topic_id"], "title": row["topic_title"]},
        quantities=figures_in_order(row["quantities"]),
        adverse_to=briefs.get(row["adverse_to_id"]),
        attributions=attributions.serialize(
            attribution_rows,
            traced,
            briefs,
            documents,
            visible_claims,
            ratings=RatingIndex(row["ratings"]),
            topic_id=row["topic_id"],
        ),
        counts=counts,
        origins={
            "origins": [briefs[source_id] for source_id in identified],
            "pairs": [pair.model_dump(mode="json") for pair in pairs],
        },
        evidence=[evidence.serialize(piece, documents) for piece in sorted(row["evidence"], key=_BY_ID)],
        relations=related,
        successor=relations.successor(row, related),
        review=review,
        fact_checks=[_fact_check(check, briefs, documents) for check in sorted(row["fact_checks"], key=_BY_ID)],
        # Only for the desk, because the other claims may be drafts.
        distinct_from=possible_duplicates.ids_of(row["distinct"]) if may_see_drafts(actor) else [],
    )


def figures_in_order(rows: Iterable[PlainRow]) -> list[PlainRow]:
    """The figures of a claim as `QuantityRead` has them, by position."""
    figures = sorted(rows, key=itemgetter("position"))
    for figure in figures:
        del figure["position"]
    return figures


def _fact_check(row: PlainRow, briefs: Mapping[str, PlainRow], documents: Mapping[str, PlainRow]) -> PlainRow:
    document = documents.get(row["document_id"])
    url = None if document is None else document["url"]
    return serialize_row(FactCheckRead, row, source=briefs[row["source_id"]], url=url)
