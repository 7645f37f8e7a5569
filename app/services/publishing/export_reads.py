"""What an export reads: claims with all that hangs on them, and the objects that they name."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select

from app.db.compiled_reads import rows_of, with_ids
from app.schemas.capture import CaptureCreate
from app.schemas.quantity import QuantityCreate
from app.services.catalogue import source_ratings
from app.services.claims import reviews
from app.services.claims.attributions import first_seq
from app.services.core.nouns import columns_of
from app.services.core.snapshot import Read, Record

_NOT_WRITTEN = ("claim_id", "version", "recorded_at")
_WORKED_OUT = ("_folded", "_earliest", "_latest")
"""Columns that follow from others."""


def _written(table: FromClause) -> list[ColumnElement[Any]]:
    """The columns of a table that a file holds in some way, or that put its rows in order."""
    return [column for column in table.c if column.key not in _NOT_WRITTEN and not column.key.endswith(_WORKED_OUT)]


def _by_id(table: FromClause) -> Select[Any]:
    # Which version it is, no file holds; a citation does.
    return with_ids(select(table.c.version, table.c.recorded_at, *_written(table)), table, "ids")


@Read
def claims(record: Record) -> Select[Any]:
    """These claims, each with the rows of all that hangs on it, in no order."""
    claim, figure = record.claim, record.quantity
    figures = select(figure.c.position, *columns_of(QuantityCreate, figure)).where(
        figure.c.claim_id == claim.c.id, figure.c.content_version == claim.c.content_version
    )
    parts = {
        "attributions": record.attribution,
        "evidence": record.evidence,
        "relations": record.claim_relation,
        "rulings": record.independence_ruling,
        "fact_checks": record.fact_check,
    }
    hanging = {name: select(*_written(part)).where(part.c.claim_id == claim.c.id) for name, part in parts.items()}
    hanging["attributions"] = hanging["attributions"].add_columns(first_seq(record.attribution))
    hanging["reviews"] = reviews.signed(record.review).where(record.review.c.claim_id == claim.c.id)
    return _by_id(claim).add_columns(
        rows_of(figures).label("quantities"), *(rows_of(part).label(name) for name, part in hanging.items())
    )


@Read
def named_claims(record: Record) -> Select[Any]:
    """What tells of these claims how they are named, and who may see them."""
    claim = record.claim
    return with_ids(select(claim.c.id, claim.c.key, claim.c.stage), claim, "ids")


@Read
def topics(record: Record) -> Select[Any]:
    """These topics."""
    return _by_id(record.topic)


@Read
def documents(record: Record) -> Select[Any]:
    """These documents, each with what is known of its captures."""
    document, capture = record.document, record.capture
    kept = select(*columns_of(CaptureCreate, capture)).where(capture.c.document_id == document.c.id)
    return _by_id(document).add_columns(rows_of(kept).label("captures"))


@Read
def sources(record: Record) -> Select[Any]:
    """These sources."""
    return _by_id(record.source)


@Read
def rated_sources(record: Record) -> Select[Any]:
    """These sources, each with the decisions on its reliability."""
    source, rated = record.source, record.source_rating
    return _by_id(source).add_columns(
        rows_of(source_ratings.signed(rated).where(rated.c.source_id == source.c.id)).label("ratings")
    )
