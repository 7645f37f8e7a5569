"""The queries of exports: claims with their parts, and the topics, sources and documents that they name."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select, union_all

from app.db.compiled_reads import nested_rows, text_table, with_ids
from app.db.schema import EMBEDDED_COLUMNS, table_of
from app.models import Claim
from app.schemas.capture import CaptureCreate
from app.schemas.quantity import QuantityCreate
from app.services.catalogue import source_ratings
from app.services.changes.decision_staleness import first_change_seq
from app.services.changes.stale_periods import stale_reasons
from app.services.changes.status_facts import select_rulings
from app.services.claims import reviews
from app.services.core import possible_duplicates
from app.services.core.claim_parts import select_figures
from app.services.core.merged_objects import is_in_use, with_duplicates
from app.services.core.nouns import columns_of
from app.services.core.snapshot import Snapshot, SnapshotQuery

_INTERNAL_COLUMNS = ("claim_id", "recorded_at")
_DERIVED_SUFFIXES = ("_folded", "_earliest", "_latest")
"""Suffixes of columns that are derived from others."""


def _exported_columns(table: FromClause) -> list[ColumnElement[Any]]:
    """Return the columns of a table that an export writes, or that it sorts by."""
    return [
        column
        for column in table.c
        if column.key not in _INTERNAL_COLUMNS and not column.key.endswith(_DERIVED_SUFFIXES)
    ]


def _by_id(table: FromClause) -> Select[Any]:
    # Exports do not write the version, but citations and dumps need it.
    return with_ids(select(table.c.recorded_at, *_exported_columns(table)), table, "ids")


def _distinct(snapshot: Snapshot, table: FromClause) -> ColumnElement[Any]:
    return nested_rows(possible_duplicates.select_rulings(snapshot, table)).label("distinct")


@SnapshotQuery
def claims(snapshot: Snapshot) -> Select[Any]:
    """Select these claims, each with the rows of its parts, in no particular order."""
    claim, figure = snapshot.claim, snapshot.quantity
    figures = select_figures(figure, claim, QuantityCreate)
    parts = {
        "attributions": snapshot.attribution,
        "evidence": snapshot.evidence,
        "relations": snapshot.claim_relation,
        "fact_checks": snapshot.fact_check,
    }
    part_queries = {
        name: select(*_exported_columns(part)).where(part.c.claim_id == claim.c.id) for name, part in parts.items()
    }
    part_queries["attributions"] = part_queries["attributions"].add_columns(first_change_seq(snapshot.attribution))
    part_queries["distinct"] = possible_duplicates.select_rulings(snapshot, claim)
    ruling = snapshot.independence_ruling
    part_queries["rulings"] = select_rulings(snapshot).where(ruling.c.claim_id == claim.c.id)
    part_queries["reviews"] = reviews.select_signed(snapshot.review).where(snapshot.review.c.claim_id == claim.c.id)
    return _by_id(claim).add_columns(
        stale_reasons(snapshot, claim),
        nested_rows(figures).label("quantities"),
        *(nested_rows(part).label(name) for name, part in part_queries.items()),
    )


@SnapshotQuery
def named_claims(snapshot: Snapshot) -> Select[Any]:
    """Select the key and the stage of these claims: their names, and whether readers may see them."""
    claim = snapshot.claim
    return with_ids(select(claim.c.id, claim.c.key, claim.c.stage), claim, "ids")


@SnapshotQuery
def shown_claims(snapshot: Snapshot) -> Select[Any]:
    """Select what these claims show of other claims, as `claim_id` and the columns of the other claim."""
    claim, relation, attribution = snapshot.claim, snapshot.claim_relation, snapshot.attribution
    ends = (
        (relation, relation.c.claim_id, relation.c.other_claim_id),
        (relation, relation.c.other_claim_id, relation.c.claim_id),
        (attribution, attribution.c.claim_id, attribution.c.own_claim_id),
    )
    ids = text_table("ids")
    pairs = union_all(
        *(
            select(of.label("claim_id"), other.label("other_id")).select_from(ids.join(table, of == ids.c.value))
            for table, of, other in ends
        )
    ).subquery("pair")
    columns = (claim.c[name] for name in ("id", "change_seq", *sorted(table_of(Claim).info[EMBEDDED_COLUMNS])))
    return select(pairs.c.claim_id, *columns).select_from(pairs.join(claim, claim.c.id == pairs.c.other_id))


@SnapshotQuery
def topics(snapshot: Snapshot) -> Select[Any]:
    """Select these topics."""
    return _by_id(snapshot.topic).add_columns(_distinct(snapshot, snapshot.topic))


@SnapshotQuery
def documents(snapshot: Snapshot) -> Select[Any]:
    """Select these documents, each with the metadata of its captures; a duplicate's are with the other document."""
    document, capture = snapshot.document, snapshot.capture
    captures = select(*columns_of(CaptureCreate, capture)).where(
        is_in_use(document),
        capture.c.document_id.in_(with_duplicates(document, select(document.c.id).correlate(document))),
    )
    return _by_id(document).add_columns(nested_rows(captures).label("captures"), _distinct(snapshot, document))


@SnapshotQuery
def sources(snapshot: Snapshot) -> Select[Any]:
    """Select these sources."""
    return _by_id(snapshot.source)


@SnapshotQuery
def rated_sources(snapshot: Snapshot) -> Select[Any]:
    """Select these sources, each with the decisions on its reliability; a duplicate's are with the other source."""
    source = snapshot.source
    ratings = source_ratings.select_with_bylines(snapshot).where(
        is_in_use(source), source_ratings.rates(snapshot, select(source.c.id).correlate(source))
    )
    return _by_id(source).add_columns(nested_rows(ratings).label("ratings"), _distinct(snapshot, source))
