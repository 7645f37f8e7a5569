"""Claims as Apache Parquet: the columns of `app.formats.exports.claim_table`, typed, in row groups.

Figures are decimal128(15, 4), which is exactly what the record holds; days are dates and moments UTC timestamps. It is
written with pyarrow, which is heavy: it is loaded when the first Parquet is asked for, and comes with an extra.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from app.errors import UnavailableError
from app.formats.exports.claim_table import COLUMNS, rows
from app.formats.proofs.canonical_json import decimal_text
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim

GROUP = 5_000
"""Rows of a row group. All that is held at a time is one of them."""


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[bytes]:
    """The file, row group by row group. Raises UnavailableError where pyarrow is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UnavailableError("Parquet takes an extra: pip install 'attest[parquet]'") from None
    schema = _schema(pyarrow, edition)
    sink = _Sink()
    # Not closed by a `with`: what is broken off must not look like a whole file.
    writer = parquet.ParquetWriter(sink, schema, compression="zstd")
    waiting: list[dict[str, Any]] = []
    for claim in claims:
        waiting += map(_typed, rows(claim))
        if len(waiting) >= GROUP:
            writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
            waiting.clear()
            yield sink.taken()
    if waiting:
        writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
    writer.close()
    yield sink.taken()


class _Sink(BytesIO):
    """A file that is handed on while it is written: Parquet is never written backwards."""

    def __init__(self) -> None:
        super().__init__()
        self._before = 0

    def tell(self) -> int:
        """How much was written, what was handed on included."""
        return self._before + super().tell()

    def seekable(self) -> bool:
        """False: what was handed on is gone."""
        return False

    def taken(self) -> bytes:
        """What was written since it was last asked."""
        found = self.getvalue()
        self._before += len(found)
        super().seek(0)
        self.truncate()
        return found

    def close(self) -> None:
        """Not before all of it was taken."""


def _schema(pyarrow: Any, edition: Edition) -> Any:
    speaker = pyarrow.struct([(name, pyarrow.string()) for name in ("source_id", "name", "stance")])
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
        pyarrow.field(column.name, kinds[column.kind], metadata={"description": column.meaning}) for column in COLUMNS
    ]
    about = {"publisher": edition.house.name, "address": edition.address, "as_of": edition.moment}
    return pyarrow.schema(fields, metadata=about)


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("value_low", "value_best", "value_high"):
        if row.get(name) is not None:
            row[name] = Decimal(decimal_text(row[name]))
    row["recorded_at"] = datetime.fromisoformat(row["recorded_at"])
    row["said_by"] = [one._asdict() for one in row["said_by"]]
    if row["decided_on"] is not None:
        row["decided_on"] = date.fromisoformat(row["decided_on"])
    return row
