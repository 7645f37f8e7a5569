"""The export formats: their names, suffixes, media types and writers.

Writers are imported on first use, because a service should not wait at start-up for formats that nobody may ask for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from app.formats.exchange.exchange_fields import PlainRecord
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim

Chunks = Iterator[str] | Iterator[bytes]
"""The pieces of a file. A writer holds one piece in memory at a time."""

WriteRecords = Callable[[Iterable[PlainRecord]], Chunks]
WriteClaims = Callable[[Iterable[PublishedClaim], Edition], Chunks]


class ExportFormat(NamedTuple):
    """One format of exports. It writes either records, to be imported again, or published claims, to work with."""

    suffix: str
    """The ending of an address and of a file name, without the dot."""
    media_type: str
    records: WriteRecords | None = None
    """Writes claims, and every object that they name, as records of the exchange format."""
    claims: WriteClaims | None = None
    """Writes published claims, each together with the objects that it names."""


ATOM = "application/atom+xml"


def _write_csv(claims: Iterable[PublishedClaim], edition: Edition) -> Chunks:
    from app.formats.exports import claim_csv

    return claim_csv.write(claims, edition)


def _write_jsonl(claims: Iterable[PublishedClaim], edition: Edition) -> Chunks:
    from app.formats.exports import claim_jsonl

    return claim_jsonl.write(claims, edition)


def _write_parquet(claims: Iterable[PublishedClaim], edition: Edition) -> Chunks:
    from app.formats.exports import claim_parquet

    return claim_parquet.write(claims, edition)


def _write_json_ld(claims: Iterable[PublishedClaim], edition: Edition) -> Chunks:
    from app.formats.exports import claim_json_ld

    return claim_json_ld.write(claims, edition)


def _write_claim_review(claims: Iterable[PublishedClaim], edition: Edition) -> Chunks:
    from app.formats.exports import claim_review_feed

    return claim_review_feed.write(claims, edition)


def _write_atom(claims: Iterable[PublishedClaim], edition: Edition) -> Chunks:
    from app.formats.exports import claim_atom

    return claim_atom.write(claims, edition)


def _write_attest_json(records: Iterable[PlainRecord]) -> Chunks:
    from app.formats.exchange import attest_json

    return attest_json.write(records)


def _write_attest_csv(records: Iterable[PlainRecord]) -> Chunks:
    from app.formats.exchange import attest_csv

    return attest_csv.write(records)


EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    # An Accept header selects the first format of its media type.
    "csv": ExportFormat("csv", "text/csv; charset=utf-8", claims=_write_csv),
    "jsonl": ExportFormat("jsonl", "application/x-ndjson", claims=_write_jsonl),
    "parquet": ExportFormat("parquet", "application/vnd.apache.parquet", claims=_write_parquet),
    "json_ld": ExportFormat("jsonld", "application/ld+json", claims=_write_json_ld),
    "claim_review": ExportFormat("claimreview.json", "application/ld+json", claims=_write_claim_review),
    "atom": ExportFormat("atom", ATOM, claims=_write_atom),
    "attest_json": ExportFormat("attest.jsonl", "application/x-ndjson", records=_write_attest_json),
    "attest_csv": ExportFormat("attest.csv", "text/csv; charset=utf-8", records=_write_attest_csv),
}
"""Every export format, by the value of the parameter `format`."""
