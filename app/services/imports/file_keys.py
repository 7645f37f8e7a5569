"""The keys and ids of a file that is being imported: an object may be described only once.

Otherwise the last description would overwrite the ones before it, and each further import would revise the object
again. Equal descriptions are harmless, and several formats repeat sources with each row.
"""

import struct
from collections.abc import Iterator
from hashlib import blake2b

from app.formats.parsing.import_rows import RowRefusal, row_number
from app.schemas.files.exchange_record import NoteRecord, Record

_PLACE = struct.Struct(">QQ8s")


class FileKeys:
    """The keys and ids that a file has used so far. Each takes about 200 bytes of memory, whatever its length."""

    def __init__(self) -> None:
        self._places: dict[bytes, bytes] = {}
        """Line, row and digest of the content of the first record, by the digest of its key or id."""
        self._refused: set[tuple[str, int]] = set()
        """Kinds of records and the rows in which one of them was refused."""

    def forget(self, record_type: str, line: int) -> None:
        """Let later records use the keys and ids of the records of this type in a row, because one was refused."""
        self._refused.add((record_type, row_number(line)))

    def find_conflict(self, line: int, record: Record) -> RowRefusal | None:
        """Remember a record; return a refusal if an earlier one has the same key or id and another content."""
        content = blake2b(record.model_dump_json(exclude_unset=True).encode(), digest_size=8).digest()
        place = _PLACE.pack(line, row_number(line), content)
        for field, name in _names(record):
            identity = blake2b(f"{record.record}\n{field}\n{name}".encode(), digest_size=16).digest()
            first_line, first_row, first_content = _PLACE.unpack(self._places.setdefault(identity, place))
            if (record.record, first_row) in self._refused:
                self._places[identity] = place
            elif first_content != content:
                reason = (
                    f"must occur only once in a file: the {record.record} in line {first_line} (row {first_row}) has "
                    f"the same {field} and other content, and only that one is read. Merge the two, or give this one "
                    f"(row {row_number(line)}) another {field}"
                )
                return RowRefusal(line, field, reason)
        return None


def _names(record: Record) -> Iterator[tuple[str, str]]:
    if isinstance(record, NoteRecord):
        yield "claim", record.claim
        return
    if record.key is not None:
        yield "key", record.key
    if record.id is not None:
        yield "id", record.id
