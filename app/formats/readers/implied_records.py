"""Records that a format implies, such as its sources: they are introduced when a row first refers to them.

This way, a part of a file brings the records that it needs, and no others.
"""

from collections.abc import Iterable, Iterator

from app.formats.parsing.import_rows import ImportRow, RowStream
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord


def introduce_on_first_use(rows: RowStream, implied: Iterable[Record]) -> RowStream:
    """Yield the rows, each preceded by a row at line 0 with the implied records that it is the first to refer to.

    Records that these refer to in turn, such as the parent of a source, come before them.
    """
    not_introduced = {record.key: record for record in implied if not isinstance(record, NoteRecord)}

    def referenced_by(records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            for key in _referenced_keys(record):
                referenced = not_introduced.pop(key, None)
                if referenced is not None:
                    yield from referenced_by([referenced])
                    yield referenced

    for item in rows:
        if not_introduced and isinstance(item, ImportRow) and (introduced := tuple(referenced_by(item.records))):
            yield ImportRow(0, introduced)
        yield item


def _referenced_keys(record: Record) -> Iterator[str | None]:
    """Yield the keys of the sources, documents and topics that a record refers to."""
    if isinstance(record, SourceRecord):
        yield record.parent
    elif isinstance(record, DocumentRecord):
        yield record.publisher
    elif isinstance(record, ClaimRecord):
        yield record.topic
        yield record.adverse_to
        for attribution in record.attributions:
            yield attribution.source
            yield attribution.document
        for evidence in record.evidence:
            yield evidence.document
