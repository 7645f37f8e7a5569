"""Russia's losses as the Ukrainian General Staff counts them, relayed by two collections of JSON (MIT).

- `petro`: PetroIvaniuk/2022-Ukraine-Russia-War-Dataset, four files: `russia_losses_personnel`, `_equipment`,
  `_equipment_correction` and `_equipment_oryx`.
- `lod`: lod-db/orc-losses, `russian-losses.json`.

Which file it is shows in the fields of its first row. A row gives one claim for each figure. Both collections relay
the same reports: where their figures agree, the records are worded alike and each `joins` the other's claim; where
they differ, two claims of one topic remain. Sources and topics come before the first row that names them.

A bad figure or an unknown column is refused by itself, and the row's other figures are taken. A row with a bad date,
a date that stood in the file before, or a bad address is refused as a whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO

from pydantic import ValidationError

from app.formats.parsing.import_rows import Reading, Refused, Row, refusals
from app.formats.parsing.json_stream import objects
from app.formats.parsing.lenient_values import is_count, is_day
from app.formats.readers.implied_records import introducing
from app.formats.readers.oryx_models import models
from app.formats.readers.ua_mod_categories import (
    DIRECTION,
    PERSONNEL,
    PETRO_EQUIPMENT,
    PETRO_PERSONNEL,
    PRISONERS,
    TOPICS,
    Category,
    lod_columns,
)
from app.formats.readers.ua_mod_claims import PETRO, PETRO_DOCUMENT, SOURCES, claim_key, count, direction, lod
from app.formats.readers.war_parties import ORYX
from app.schemas.files.exchange_record import DocumentRecord, NoteRecord, Record
from app.vocabulary import DocumentKind, Qualifier

_LONGEST_PLACE = 500

_Records = Iterator[Record | Refused]
_RecordsOfDay = Callable[[int, dict[str, Any], date], _Records]
_RowReader = Callable[[int, dict[str, Any]], Reading]


def read(stream: BinaryIO) -> Reading:
    """The claims of each row, after the sources, documents and topics that they are the first to name.

    Yields nothing but faults if no row has the fields of one of the files.
    """
    return introducing(_rows(stream), (*SOURCES, ORYX, PETRO_DOCUMENT, *TOPICS))


def _rows(stream: BinaryIO) -> Reading:
    reader: _RowReader | None = None
    for found in objects(stream):
        if isinstance(found, Refused):
            yield found
            continue
        line, row = found
        reader = reader or _reader_of(row)
        if reader is None:
            yield Refused(line, "", f"must have the fields of one of {', '.join(_READERS)}")
            continue
        try:
            yield from reader(line, row)
        except ValidationError as error:
            yield from refusals(line, error)


def _reader_of(row: Mapping[str, Any]) -> _RowReader | None:
    """What reads the file that has this row."""
    if "equipment_oryx" in row:
        return _READERS["equipment_oryx"]()
    if "sourceUri" in row:
        return _READERS["russian-losses"]()
    if row.keys() & {"personnel*", "POW"}:
        return _READERS["personnel"]()
    if row.keys() & PETRO_EQUIPMENT.keys():
        # A day's personnel and equipment stand in different files; only the corrections are of both.
        return _READERS["equipment_correction" if "personnel" in row else "equipment"]()
    return None


def _by_day(records: _RecordsOfDay) -> _RowReader:
    """Reads the rows of a file that has one for each day."""
    known: set[str] = set()  # there are only so many days in a war

    def read_row(line: int, row: dict[str, Any]) -> Reading:
        day = row.get("date")
        if not isinstance(day, str) or not is_day(day):
            yield Refused(line, "date", "must be a day such as 2025-01-12")
            return
        if day in known:
            yield Refused(line, "date", "stands in an earlier row of the file; a day has one row")
            return
        known.add(day)
        found = list(records(line, row, date.fromisoformat(day)))
        faults = [item for item in found if isinstance(item, Refused)]
        taken = tuple(item for item in found if not isinstance(item, Refused))
        yield from faults
        if taken or not faults:
            yield Row(line, taken)

    return read_row


def _figures(
    line: int, row: Mapping[str, Any], columns: Mapping[str, Category], *others: str
) -> Iterator[tuple[Category, int] | Refused]:
    """The figures of a row that can be taken, and the faults of others. Null is no figure; zero is one."""
    yield from _strangers(line, row, [*columns, *others])
    for name, category in columns.items():
        value = row.get(name)
        if value is None:
            continue
        if is_count(value):
            yield category, value
        else:
            yield Refused(line, name, "must be a whole number from 0 up, or null")


def _strangers(line: int, row: Mapping[str, Any], columns: Iterable[str]) -> Iterator[Refused]:
    known = ["date", "day", *columns]
    for name in row:
        if name not in known:
            yield Refused(line, name[:100], f"is not a column of this file, which has {', '.join(known)}")


# --- petro ---


def _personnel(line: int, row: dict[str, Any], day: date) -> _Records:
    word = str(row.get("personnel*"))
    limit = {"about": Qualifier.ABOUT, "more": Qualifier.MORE_THAN}.get(word)
    for found in _figures(line, row, PETRO_PERSONNEL, "personnel*"):
        if isinstance(found, Refused):
            yield found
        elif found[0] is PRISONERS:
            yield count(*found, Qualifier.EXACT, day, PETRO)
        elif limit:
            yield count(*found, limit, day, PETRO)
        else:
            yield Refused(line, "personnel*", "must be about or more")


def _equipment(line: int, row: dict[str, Any], day: date) -> _Records:
    for found in _figures(line, row, PETRO_EQUIPMENT, DIRECTION):
        yield found if isinstance(found, Refused) else count(*found, Qualifier.EXACT, day, PETRO)
    places = row.get(DIRECTION)
    if isinstance(places, str) and places.strip() and len(places) <= _LONGEST_PLACE and "\n" not in places:
        yield direction(places.strip(), day)
    elif places is not None:
        yield Refused(line, DIRECTION, f"must name places, in one line of up to {_LONGEST_PLACE} characters")


def _corrections(line: int, row: dict[str, Any], day: date) -> _Records:
    """A note for each difference that is not zero, on the claim of that day whose total includes it."""
    columns = {"personnel": PERSONNEL, **PETRO_EQUIPMENT}
    yield from _strangers(line, row, columns)
    for name, category in columns.items():
        value = row.get(name)
        if value is None or value == 0:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            yield Refused(line, name, "must be a whole number, with a minus if it was taken away")
            continue
        signed = f"{value:+,}".replace("-", "−")
        yield NoteRecord(
            claim=claim_key("petro", category, day),
            joins=claim_key("lod", category, day),
            note=(
                f"The total of this day includes a correction of {signed} to earlier figures, by the dataset's "
                "list of corrections."
            ),
        )


# --- lod ---


def _losses(line: int, row: dict[str, Any], day: date) -> _Records:
    address, relay = row.get("sourceUri"), lod(day)
    try:
        document = DocumentRecord(
            key=relay.document,
            kind=DocumentKind.OFFICIAL_RELEASE,
            publisher="ua-mod",
            url=address if isinstance(address, str) else "",
            published=day.isoformat(),
        )
    except ValidationError:
        yield Refused(line, "sourceUri", "must be a whole http or https address, without blanks")
        return
    yield document
    for found in _figures(line, row, lod_columns(day), "sourceUri"):
        if isinstance(found, Refused):
            yield found
        else:
            # Its schema: the ministry has declared the number of personnel an approximation.
            yield count(*found, Qualifier.ABOUT if found[0] is PERSONNEL else Qualifier.EXACT, day, relay)


_READERS: dict[str, Callable[[], _RowReader]] = {
    "personnel": lambda: _by_day(_personnel),
    "equipment": lambda: _by_day(_equipment),
    "equipment_correction": lambda: _by_day(_corrections),
    "equipment_oryx": models,
    "russian-losses": lambda: _by_day(_losses),
}
"""What reads each file, by its name."""
