"""The rows of generated databases: a named tuple for each table, with its columns as fields.

Values have the form that SQLite stores: dates and times as text, booleans as 0 and 1. Columns that are not listed get
their default.
"""

from typing import NamedTuple


class SourceRow(NamedTuple):
    """A row of `source` and `source_revision`."""

    id: str
    key: str
    version: int
    name: str
    kind: str
    anonymity: str
    parent_id: str | None
    other_names: str
    name_folded: str
    other_names_folded: str
    side: str | None
    url: str | None
    description: str | None
    change_seq: int
    recorded_at: str


class TopicRow(NamedTuple):
    """A row of `topic` and `topic_revision`."""

    id: str
    key: str
    version: int
    title: str
    subject: str
    metric_family: str
    place: str | None
    period: str | None
    period_earliest: str
    period_latest: str
    note: str | None
    change_seq: int
    recorded_at: str


class DocumentRow(NamedTuple):
    """A row of `document` and `document_revision`."""

    id: str
    key: str
    version: int
    kind: str
    title: str | None
    publisher_id: str | None
    author: str | None
    url: str | None
    language: str | None
    published: str | None
    published_earliest: str
    published_latest: str
    accessed_on: str | None
    archive_url: str | None
    archived_on: str | None
    note: str | None
    change_seq: int
    recorded_at: str


class CaptureRow(NamedTuple):
    """A row of `capture`."""

    id: str
    document_id: str
    sha256: str
    media_type: str
    byte_length: int
    captured_at: str
    url: str | None
    change_seq: int
    recorded_at: str


class ClaimRow(NamedTuple):
    """A row of `claim` and `claim_revision`."""

    id: str
    key: str
    version: int
    topic_id: str | None
    kind: str
    statement: str
    language: str
    place: str | None
    place_folded: str | None
    time: str | None
    time_earliest: str
    time_latest: str
    adverse_to_id: str | None
    status: str
    stage: str
    notice: str | None
    note: str | None
    content_version: int
    change_seq: int
    recorded_at: str


class QuantityRow(NamedTuple):
    """A row of `quantity`."""

    claim_id: str
    content_version: int
    position: int
    metric: str
    unit: str
    population: str | None
    qualifier: str
    low: int | None
    best: int | None
    high: int | None
    cumulative: int
    basis: str
    verbatim: str | None
    verbatim_language: str | None
    change_seq: int
    recorded_at: str


class AttributionRow(NamedTuple):
    """A row of `attribution` and `attribution_revision`."""

    id: str
    key: str
    version: int
    claim_id: str
    source_id: str
    stance: str
    lineage: str
    upstream_id: str | None
    document_id: str | None
    said: str | None
    said_earliest: str
    said_latest: str
    directness: str
    quote: str | None
    quote_language: str | None
    translation: str | None
    translated_by: str | None
    searched_on: str | None
    searched_where: str | None
    searched_by: str | None
    note: str | None
    withdrawn: int
    change_seq: int
    recorded_at: str


class EvidenceRow(NamedTuple):
    """A row of `evidence` and `evidence_revision`."""

    id: str
    key: str
    version: int
    claim_id: str
    document_id: str
    role: str
    description: str | None
    independent: int | None
    examined_on: str | None
    finding: str | None
    conclusive: int
    withdrawn: int
    change_seq: int
    recorded_at: str


class RelationRow(NamedTuple):
    """A row of `claim_relation` and `claim_relation_revision`."""

    id: str
    key: str | None
    version: int
    claim_id: str
    other_claim_id: str
    relation: str
    note: str | None
    withdrawn: int
    change_seq: int
    recorded_at: str


class FactCheckRow(NamedTuple):
    """A row of `fact_check` and `fact_check_revision`."""

    id: str
    key: str
    version: int
    claim_id: str
    source_id: str
    document_id: str | None
    verdict: str | None
    rating_value: str | None
    best_rating: str | None
    worst_rating: str | None
    explanation: str | None
    original: str
    change_seq: int
    recorded_at: str


class RulingRow(NamedTuple):
    """A row of `independence_ruling`."""

    id: str
    claim_id: str
    first_source_id: str
    second_source_id: str
    ruling: str
    reason: str
    change_seq: int
    recorded_at: str


class ReviewRow(NamedTuple):
    """A row of `review`."""

    id: str
    claim_id: str
    claim_version: int
    status: str
    rationale: str
    decided_on: str
    decided_by: str
    change_seq: int
    recorded_at: str


class SearchTextRow(NamedTuple):
    """A row of `search_text`; the id is added when the row is stored."""

    claim_id: str
    version: int
    latest: int
    change_seq: int
    statement: str
    quotes: str
    sources: str


class ChangeRow(NamedTuple):
    """A row of `change`."""

    seq: int
    at: str
    actor_id: str
    action: str
    reason: str


class PersonRow(NamedTuple):
    """A row of `person`."""

    id: str
    byline: str
    created_at: str


ROW_TYPES: dict[str, type[tuple[object, ...]]] = {
    "person": PersonRow,
    "change": ChangeRow,
    "source": SourceRow,
    "topic": TopicRow,
    "document": DocumentRow,
    "capture": CaptureRow,
    "claim": ClaimRow,
    "quantity": QuantityRow,
    "attribution": AttributionRow,
    "evidence": EvidenceRow,
    "claim_relation": RelationRow,
    "fact_check": FactCheckRow,
    "independence_ruling": RulingRow,
    "review": ReviewRow,
    "search_text": SearchTextRow,
}
"""The row type of each table; revisions have the type of their table."""


def columns_of(table: str) -> list[str]:
    """Return the columns of a table or its revision table, in the order of its rows."""
    fields: tuple[str, ...] = ROW_TYPES[table.removesuffix("_revision")]._fields  # type: ignore[attr-defined]  # named tuples
    return [*fields, "id"] if table == "search_text" else list(fields)
