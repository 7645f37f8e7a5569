"""Reader of Russia's losses as counted by the Ukrainian General Staff, relayed by two JSON datasets (MIT).

- `petro`: PetroIvaniuk/2022-Ukraine-Russia-War-Dataset, four files: `russia_losses_personnel`, `_equipment`,
  `_equipment_correction` and `_equipment_oryx`.
- `lod`: lod-db/orc-losses, `russian-losses.json`.

The fields of the first row tell which file it is. A row yields one claim for each figure. Both datasets relay the same
reports: where their figures agree, the records have the same wording and each `joins` the other's claim; where they
differ, two claims of one topic remain. Sources and topics come before the first row that refers to them.

An invalid figure or an unknown column is refused on its own, and the row's other figures are imported. A row with an
invalid date, a date that an earlier row has, or an invalid URL is refused as a whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO

from pydantic import ValidationError

from app.formats.parsing.import_rows import ImportRow, RowRefusal, RowStream, row_refusals
from app.formats.parsing.json_stream import read_objects
from app.formats.parsing.lenient_values import is_count, is_day
from app.formats.readers.implied_records import introduce_on_first_use
from app.formats.readers.oryx_models import model_row_reader
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
from app.formats.readers.ua_mod_claims import (
    PETRO,
    PETRO_DOCUMENT,
    SOURCES,
    claim_key,
    count_claim,
    direction_claim,
    lod_relay,
)
from app.formats.readers.war_parties import ORYX
from app.schemas.files.exchange_record import DocumentRecord, NoteRecord, Record
from app.vocabulary import DocumentKind, Qualifier

_MAX_PLACE_LENGTH = 500

_Records = Iterator[Record | RowRefusal]
_DayReader = Callable[[int, dict[str, Any], date], _Records]
_RowReader = Callable[[int, dict[str, Any]], RowStream]


def read(stream: BinaryIO) -> RowStream:
    """Yield the claims of each row, after the sources, documents and topics that they are the first to refer to.

    Yields only refusals if no row has the fields of one of the files.
    """
    return introduce_on_first_use(_rows(stream), (*SOURCES, ORYX, PETRO_DOCUMENT, *TOPICS))


def _rows(stream: BinaryIO) -> RowStream:
    read_row: _RowReader | None = None
    for item in read_objects(stream):
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, row = item
        read_row = read_row or _row_reader(row)
        if read_row is None:
            yield RowRefusal(line, "", f"must have the fields of one of these files: {', '.join(_ROW_READERS)}")
            continue
        try:
            yield from read_row(line, row)
        except ValidationError as error:
            yield from row_refusals(line, error)


def _row_reader(row: Mapping[str, Any]) -> _RowReader | None:
    """Return a reader for the rows of the file that contains this row; None if no file has its fields."""
    if "equipment_oryx" in row:
        return _ROW_READERS["equipment_oryx"]()
    if "sourceUri" in row:
        return _ROW_READERS["russian-losses"]()
    if row.keys() & {"personnel*", "POW"}:
        return _ROW_READERS["personnel"]()
    if row.keys() & PETRO_EQUIPMENT.keys():
        # A day's personnel and equipment are in different files; only the file of corrections has both.
        return _ROW_READERS["equipment_correction" if "personnel" in row else "equipment"]()
    return None


def _daily_reader(read_day: _DayReader) -> _RowReader:
    """Build a reader for a file that has one row for each day."""
    seen_days: set[str] = set()  # small enough to keep in memory: one entry for each day of the war

    def read_row(line: int, row: dict[str, Any]) -> RowStream:
        day = row.get("date")
        if not isinstance(day, str) or not is_day(day):
            yield RowRefusal(line, "date", "must be a day such as 2025-01-12")
            return
        if day in seen_days:
            yield RowRefusal(line, "date", "occurs in an earlier row of the file; give one row for each day")
            return
        seen_days.add(day)
        items = list(read_day(line, row, date.fromisoformat(day)))
        refusals = [item for item in items if isinstance(item, RowRefusal)]
        records = tuple(item for item in items if not isinstance(item, RowRefusal))
        yield from refusals
        if records or not refusals:
            yield ImportRow(line, records)

    return read_row


def _figures(
    line: int, row: Mapping[str, Any], columns: Mapping[str, Category], *other_columns: str
) -> Iterator[tuple[Category, int] | RowRefusal]:
    """Yield the figures of a row with their categories, and a refusal for each invalid one; null is no figure."""
    yield from _unknown_columns(line, row, [*columns, *other_columns])
    for name, category in columns.items():
        value = row.get(name)
        if value is None:
            continue
        if is_count(value):
            yield category, value
        else:
            yield RowRefusal(line, name, "must be null or a whole number, 0 or greater")


def _unknown_columns(line: int, row: Mapping[str, Any], columns: Iterable[str]) -> Iterator[RowRefusal]:
    """Yield a refusal for each column of a row that its file should not have."""
    known_columns = ["date", "day", *columns]
    for name in row:
        if name not in known_columns:
            yield RowRefusal(line, name[:100], f"is not a column of this file, which has {', '.join(known_columns)}")


# --- petro ---


def _personnel(line: int, row: dict[str, Any], day: date) -> _Records:
    qualifier_word = str(row.get("personnel*"))
    qualifier = {"about": Qualifier.ABOUT, "more": Qualifier.MORE_THAN}.get(qualifier_word)
    for item in _figures(line, row, PETRO_PERSONNEL, "personnel*"):
        if isinstance(item, RowRefusal):
            yield item
        elif item[0] is PRISONERS:
            yield count_claim(*item, Qualifier.EXACT, day, PETRO)
        elif qualifier:
            yield count_claim(*item, qualifier, day, PETRO)
        else:
            yield RowRefusal(line, "personnel*", "must be 'about' or 'more'")


def _equipment(line: int, row: dict[str, Any], day: date) -> _Records:
    for item in _figures(line, row, PETRO_EQUIPMENT, DIRECTION):
        yield item if isinstance(item, RowRefusal) else count_claim(*item, Qualifier.EXACT, day, PETRO)
    places = row.get(DIRECTION)
    if isinstance(places, str) and places.strip() and len(places) <= _MAX_PLACE_LENGTH and "\n" not in places:
        yield direction_claim(places.strip(), day)
    elif places is not None:
        reason = f"must be the names of places, on one line of at most {_MAX_PLACE_LENGTH} characters"
        yield RowRefusal(line, DIRECTION, reason)


def _corrections(line: int, row: dict[str, Any], day: date) -> _Records:
    """Yield a note for each correction that is not zero, on the claim of that day whose total includes it."""
    columns = {"personnel": PERSONNEL, **PETRO_EQUIPMENT}
    yield from _unknown_columns(line, row, columns)
    for name, category in columns.items():
        value = row.get(name)
        if value is None or value == 0:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            yield RowRefusal(line, name, "must be a whole number, negative if the total was reduced")
            continue
        signed_value = f"{value:+,}".replace("-", "−")
        yield NoteRecord(
            claim=claim_key("petro", category, day),
            joins=claim_key("lod", category, day),
            note=(
                f"The total of this day includes a correction of {signed_value} to earlier figures, by the dataset's "
                "list of corrections."
            ),
        )


# --- lod ---


def _losses(line: int, row: dict[str, Any], day: date) -> _Records:
    url, relay = row.get("sourceUri"), lod_relay(day)
    try:
        document = DocumentRecord(
            key=relay.document,
            kind=DocumentKind.OFFICIAL_RELEASE,
            publisher="ua-mod",
            url=url if isinstance(url, str) else "",
            published=day.isoformat(),
        )
    except ValidationError:
        yield RowRefusal(line, "sourceUri", "must be a complete http or https URL without spaces")
        return
    yield document
    for item in _figures(line, row, lod_columns(day), "sourceUri"):
        if isinstance(item, RowRefusal):
            yield item
        else:
            # lod's schema says that the ministry has declared the number of personnel an approximation.
            yield count_claim(*item, Qualifier.ABOUT if item[0] is PERSONNEL else Qualifier.EXACT, day, relay)


_ROW_READERS: dict[str, Callable[[], _RowReader]] = {
    "personnel": lambda: _daily_reader(_personnel),
    "equipment": lambda: _daily_reader(_equipment),
    "equipment_correction": lambda: _daily_reader(_corrections),
    "equipment_oryx": model_row_reader,
    "russian-losses": lambda: _daily_reader(_losses),
}
"""Builders of the row reader for each file, by the file's name."""
