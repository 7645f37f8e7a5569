"""Claims as Apache Parquet: the columns of `app.formats.exports.claim_table`, typed, in row groups.

Figures are decimal128(15, 4), the precision in which the database stores them; days are dates and moments are UTC
timestamps. Writing needs pyarrow, an optional dependency that is slow to import, so it is imported on first use.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from app.errors import UnavailableError
from app.formats.exports.claim_table import CLAIM_COLUMNS, Speaker, claim_rows
from app.formats.proofs.canonical_json import decimal_text
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim

ROW_GROUP_SIZE = 5_000
"""Rows of a row group; only one row group is in memory at a time."""


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[bytes]:
    """Yield the file, row group by row group. Raises UnavailableError if pyarrow is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UnavailableError("Parquet needs an optional dependency: pip install 'attest[parquet]'") from None
    schema = _schema(pyarrow, edition)
    sink = _StreamingSink()
    # A `with` block would write the footer after an error too, and an incomplete file would look complete.
    writer = parquet.ParquetWriter(sink, schema, compression="zstd")
    pending: list[dict[str, Any]] = []
    for claim in claims:
        pending += map(_convert_types, claim_rows(claim))
        if len(pending) >= ROW_GROUP_SIZE:
            writer.write_table(pyarrow.Table.from_pylist(pending, schema))
            pending.clear()
            yield sink.drain()
    if pending:
        writer.write_table(pyarrow.Table.from_pylist(pending, schema))
    writer.close()
    yield sink.drain()


class _StreamingSink(BytesIO):
    """A file that is drained while it is written; this works because Parquet is written without seeking back."""

    def __init__(self) -> None:
        super().__init__()
        self._drained_size = 0

    def tell(self) -> int:
        """Return the number of bytes written so far, drained ones included."""
        return self._drained_size + super().tell()

    def seekable(self) -> bool:
        """Return False, because drained bytes are gone."""
        return False

    def drain(self) -> bytes:
        """Return and drop the bytes written since the last call."""
        data = self.getvalue()
        self._drained_size += len(data)
        super().seek(0)
        self.truncate()
        return data

    def close(self) -> None:
        """Do nothing: the last bytes are drained after the writer has closed the file."""


def _schema(pyarrow: Any, edition: Edition) -> Any:
    speaker = pyarrow.struct([(name, pyarrow.string()) for name in Speaker._fields])
    kinds = {
        "text": pyarrow.string(),
        "whole": pyarrow.int32(),
        "number": pyarrow.decimal128(15, 4),
        "flag": pyarrow.bool_(),
        "day": pyarrow.date32(),
        "moment": pyarrow.timestamp("us", tz="UTC"),
        "speakers": pyarrow.list_(speaker),
    }
    fields = [
        pyarrow.field(column.name, kinds[column.kind], metadata={"description": column.meaning})
        for column in CLAIM_COLUMNS
    ]
    metadata = {"publisher": edition.publisher.name, "address": edition.address, "as_of": edition.moment}
    return pyarrow.schema(fields, metadata=metadata)


def _convert_types(row: dict[str, Any]) -> dict[str, Any]:
    """Convert figures, days and moments of a row to the types of the schema, in place."""
    for name in ("value_low", "value_best", "value_high"):
        if row.get(name) is not None:
            row[name] = Decimal(decimal_text(row[name]))
    row["recorded_at"] = datetime.fromisoformat(row["recorded_at"])
    row["said_by"] = [speaker._asdict() for speaker in row["said_by"]]
    if row["decided_on"] is not None:
        row["decided_on"] = date.fromisoformat(row["decided_on"])
    return row
