"""What a format itself knows is said only when a row first names it, so that a slice of a file brings what it needs."""

from collections.abc import Iterable, Iterator

from app.formats.parsing.import_rows import Reading, Row
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord


def introducing(reading: Reading, known: Iterable[Record]) -> Reading:
    """The rows, and before each row, as line 0, those of the known records that it is the first to name.

    What these name in their turn, such as the parent of a source, comes before them.
    """
    waiting = {record.key: record for record in known if not isinstance(record, NoteRecord)}

    def named_by(records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            for name in _names(record):
                found = waiting.pop(name, None)
                if found is not None:
                    yield from named_by([found])
                    yield found

    for item in reading:
        if waiting and isinstance(item, Row) and (opening := tuple(named_by(item.records))):
            yield Row(0, opening)
        yield item


def _names(record: Record) -> Iterator[str | None]:
    """The keys of the sources, documents and topics that a record names."""
    if isinstance(record, SourceRecord):
        yield record.parent
    elif isinstance(record, DocumentRecord):
        yield record.publisher
    elif isinstance(record, ClaimRecord):
        yield record.topic
        yield record.adverse_to
        for said in record.attributions:
            yield said.source
            yield said.document
        for shown in record.evidence:
            yield shown.document
