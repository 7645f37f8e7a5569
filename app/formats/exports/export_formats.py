"""The formats of exports: their names, suffixes and media types, and what writes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from app.formats.exchange.exchange_fields import PlainRecord
from app.formats.lazy import later
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim

Pieces = Iterator[str] | Iterator[bytes]
"""What is written, piece by piece. Nothing is held but the piece."""

WriteRecords = Callable[[Iterable[PlainRecord]], Pieces]
WriteClaims = Callable[[Iterable[PublishedClaim], Edition], Pieces]


class ExportFormat(NamedTuple):
    """How claims are written. Either of two things is: the record, to be read back, or claims, to be worked with."""

    suffix: str
    """What an address of ours and a file end with, without the point."""
    media_type: str
    records: WriteRecords | None = None
    """Writes claims and all that they name as records of the exchange format."""
    claims: WriteClaims | None = None
    """Writes claims as they are published, each with what it names."""


ATOM = "application/atom+xml"

EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    # Of those with one media type, `Accept` gets the first.
    "csv": ExportFormat("csv", "text/csv; charset=utf-8", claims=later("exports.claim_csv", "write")),
    "jsonl": ExportFormat("jsonl", "application/x-ndjson", claims=later("exports.claim_jsonl", "write")),
    "parquet": ExportFormat(
        "parquet", "application/vnd.apache.parquet", claims=later("exports.claim_parquet", "write")
    ),
    "json_ld": ExportFormat("jsonld", "application/ld+json", claims=later("exports.claim_json_ld", "write")),
    "claim_review": ExportFormat(
        "claimreview.json", "application/ld+json", claims=later("exports.claim_review_feed", "write")
    ),
    "atom": ExportFormat("atom", ATOM, claims=later("exports.claim_atom", "write")),
    "attest_json": ExportFormat("attest.jsonl", "application/x-ndjson", records=later("exchange.attest_json", "write")),
    "attest_csv": ExportFormat("attest.csv", "text/csv; charset=utf-8", records=later("exchange.attest_csv", "write")),
}
"""By the name that `format` gives."""
