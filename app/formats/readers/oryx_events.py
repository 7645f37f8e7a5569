"""Reader of equipment losses documented by Oryx, from the tables of scarnecchia/oryx_data (CSV, CC BY 4.0).

Two tables are read, distinguished by their columns. `event_*.csv` has one lost item in each row, with the URL of its
proof. `daily_count.csv` has the number of losses of a type documented by a day. Its differences (`*_diff`) are ignored,
because they follow from the counts, and so are the dataset's row numbers (`sysID`, `matID` and the like), which change
whenever the dataset is rebuilt. An event is identified by its country, item, status and URL; no two rows of the dataset
share all four.

`date_recorded` is the day on which the dataset first saw the item on Oryx's page, not the day of the loss, which is
unknown. Oryx lists only losses of the full-scale invasion, so an event's time is the interval from the start of the
invasion to the day of recording (`2022-02-24/2022-06-26`). An open start would say less than is known, sort every event
before all other claims, and match any search for a period in the past. If Oryx changed an entry later, the dataset has
it twice, before and after the change: it contains more events than Oryx counts.

A running total before an item's name ("273 T-80BV") is not part of the name. A URL that follows other words, lacks its
first letter (`ttps://`) or is joined to another URL is not repaired: its document has no URL, and the text stays in its
note. Nearly all such rows occur again later, corrected by Oryx, and a repair would give that row's loss a second date.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.english.english_dates import format_day
from app.formats.parsing.import_rows import ImportRow, RowRefusal, RowStream, read_csv_rows, row_refusals
from app.formats.parsing.lenient_values import is_day
from app.formats.readers.implied_records import introduce_on_first_use
from app.formats.readers.slugs import slugify
from app.formats.readers.war_parties import FULL_SCALE_WAR, INVASION, ORYX, RUSSIA, UKRAINE
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.evidence import ClaimEvidenceCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, Record, TopicRecord
from app.schemas.quantity import QuantityCreate
from app.vocabulary import (
    Basis,
    ClaimKind,
    Directness,
    DocumentKind,
    EvidenceRole,
    Lineage,
    Metric,
    MetricFamily,
    Qualifier,
    Stage,
    Stance,
)

_PAGE = "https://www.oryxspioenkop.com/2022/02/attack-on-europe-documenting-"
_PAGES = {
    "Russia": DocumentRecord(
        key="oryx/page/russia",
        kind=DocumentKind.ARTICLE,
        title="Attack On Europe: Documenting Russian Equipment Losses During The Russian Invasion Of Ukraine",
        publisher="oryx",
        url=f"{_PAGE}equipment.html",
        language="en",
    ),
    "Ukraine": DocumentRecord(
        key="oryx/page/ukraine",
        kind=DocumentKind.ARTICLE,
        title="Attack On Europe: Documenting Ukrainian Equipment Losses During The Russian Invasion Of Ukraine",
        publisher="oryx",
        url=f"{_PAGE}ukrainian.html",
        language="en",
    ),
}
_IMPLIED_RECORDS: tuple[Record, ...] = (ORYX, UKRAINE, RUSSIA, *_PAGES.values())
_ADJECTIVES = {"Russia": "Russian", "Ukraine": "Ukrainian"}
_ADVERSE_TO = {"Russia": "ru", "Ukraine": "ua"}
_METRICS = {
    "destroyed": Metric.EQUIPMENT_DESTROYED,
    "damaged": Metric.EQUIPMENT_DAMAGED,
    "abandoned": Metric.EQUIPMENT_ABANDONED,
    "captured": Metric.EQUIPMENT_CAPTURED,
}
_COUNTS = _METRICS | {"type_total": Metric.EQUIPMENT_LOST}
_EVENT_COLUMNS = ("country", "system", "status", "url", "date_recorded")
_DAILY_COLUMNS = ("country", "equipment_type", *_COUNTS, "date_recorded")

_COLLECTION = "Read from a machine-readable copy of Oryx's lists, scarnecchia/oryx_data (CC BY 4.0)."
_EVENTS_NOTE = (
    f"{_COLLECTION} The time of a claim spans from the invasion to the day by which the loss was listed: it happened "
    "on some day of these. One item may be listed under two states, for example damaged and abandoned, and what Oryx "
    "changed later is listed before and after: these claims cannot be added up to Oryx's own counts."
)

_URL = re.compile(r"https?://(?P<host>[^\s/?#:]+)(?P<path>[^\s?#]*)\S*")
_RUNNING_TOTAL = re.compile(r"^\d+ (?=\S)")
_EQUIPMENT_TYPE = re.compile(r"[^\W\d][^\d:]*")
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_IMAGE_HOSTS = frozenset({"i.postimg.cc", "postimg.cc", "postlmg.cc", "imgur.com", "i.imgur.com"})
_POST_HOSTS = frozenset({"twitter.com", "x.com", "pic.twitter.com", "t.me", "www.facebook.com"})
_MAX_KEY_LENGTH = 300

_EVENT_TOPICS = tuple(
    TopicRecord(
        key=f"oryx/{slugify(country)}/{status}",
        title=f"Which {adjective} vehicles and weapons are documented as {status}?",
        subject=f"{adjective} vehicles and weapons",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=_EVENTS_NOTE,
    )
    for country, adjective in _ADJECTIVES.items()
    for status in _METRICS
)


def read(stream: BinaryIO) -> RowStream:
    """Yield the records of each row of the table: an event with its proof, or a count.

    Sources, pages and topics come before the first row that refers to them. An invalid row is refused as a whole, with
    a refusal for each of its faults.
    """
    csv_rows = read_csv_rows(stream)
    for item in csv_rows:
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, header = item
        columns = [name.strip() for name in header]
        if set(_EVENT_COLUMNS) <= set(columns):
            rows = _read_rows(csv_rows, columns, _read_event)
            yield from introduce_on_first_use(rows, (*_IMPLIED_RECORDS, *_EVENT_TOPICS))
        elif set(_DAILY_COLUMNS) <= set(columns):
            rows = _read_rows(csv_rows, columns, _DailyCountReader())
            yield from introduce_on_first_use(rows, _IMPLIED_RECORDS)
        else:
            expected = f"{', '.join(_EVENT_COLUMNS)}, or {', '.join(_DAILY_COLUMNS)}"
            yield RowRefusal(line, "", f"must have the columns {expected}")
        return


def _read_rows(
    csv_rows: Iterator[tuple[int, list[str]] | RowRefusal],
    columns: list[str],
    read_row: Callable[[int, dict[str, str]], RowStream],
) -> RowStream:
    """Yield the records of each remaining row of the table, read with `read_row`."""
    for item in csv_rows:
        if isinstance(item, RowRefusal):
            yield item
            continue
        line, row = item
        if not row:
            continue
        if len(row) != len(columns):
            yield RowRefusal(line, "", f"must have {len(columns)} cells, as many as the first row, but has {len(row)}")
            continue
        try:
            yield from read_row(line, {name: cell.strip() for name, cell in zip(columns, row, strict=True)})
        except ValidationError as error:
            yield from row_refusals(line, error)


# --- events ---


def _read_event(line: int, row: dict[str, str]) -> RowStream:
    faults = list(_find_faults(row))
    if is_day(row["date_recorded"]) and row["date_recorded"] < str(INVASION):
        faults.append(("date_recorded", f"must not be before {INVASION}, when the full-scale invasion began"))
    if row["status"] not in _METRICS:
        faults.append(("status", f"must be one of {', '.join(_METRICS)}"))
    item = _RUNNING_TOTAL.sub("", row["system"]).rstrip(" :")
    if not item:
        faults.append(("system", "must name the item that was lost"))
    if not row["url"]:
        faults.append(("url", "must be the URL of the photo or post that proves the loss"))
    if faults:
        yield from (RowRefusal(line, field, reason) for field, reason in faults)
        return
    url = _URL.fullmatch(row["url"])
    is_single_url = url is not None and row["url"].count("://") == 1
    document = _proof_document(url) if url is not None and is_single_url else _proof_without_url(row["url"])
    yield ImportRow(line, (document, _loss_claim(row, item, document)))


def _loss_claim(row: dict[str, str], item: str, document: DocumentRecord) -> ClaimRecord:
    country, status, day = row["country"], row["status"], date.fromisoformat(row["date_recorded"])
    digest = sha256(f"{item}\n{document.url or document.key}".encode()).hexdigest()[:20]
    return ClaimRecord(
        key=f"oryx/{slugify(country)}/{status}/{digest}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=(f"One {_ADJECTIVES[country]} {item} was {status}; Oryx had listed it by {format_day(day)}."),
        topic=f"oryx/{slugify(country)}/{status}",
        time=f"{INVASION}/{day}",
        adverse_to=_ADVERSE_TO[country],
        stage=Stage.PUBLISHED,
        quantities=[_single_item(item, _METRICS[status])],
        attributions=[_oryx_attribution(country, day)],
        evidence=[ClaimEvidenceCreate(key="proof", document=document.key or "", role=EvidenceRole.SUPPORTS)],
    )


@lru_cache(maxsize=4096)  # many rows share an item and a status
def _single_item(item: str, metric: Metric) -> QuantityCreate:
    return QuantityCreate(
        metric=metric,
        unit="items",
        population=item,
        qualifier=Qualifier.EXACT,
        best=Decimal(1),
        basis=Basis.NAMED_COUNT,
    )


@lru_cache(maxsize=4096)  # many rows share a country and a day
def _oryx_attribution(country: str, day: date) -> ClaimAttributionCreate:
    return ClaimAttributionCreate(
        key="oryx",
        source="oryx",
        stance=Stance.ASSERTS,
        lineage=Lineage.ORIGINAL,
        document=_PAGES[country].key,
        said=day.isoformat(),
        directness=Directness.OFFICIAL_RELEASE,
    )


def _proof_document(url: re.Match[str]) -> DocumentRecord:
    """Return the document at a URL, built from the URL alone, so that it is the same for every row."""
    kind = DocumentKind.OTHER
    if url["host"] in _IMAGE_HOSTS or url["path"].lower().endswith(_IMAGE_SUFFIXES):
        kind = DocumentKind.IMAGE
    elif url["host"] in _POST_HOSTS:
        kind = DocumentKind.SOCIAL_MEDIA_POST
    key = f"oryx/{url[0]}"
    if len(key) > _MAX_KEY_LENGTH:
        key = f"oryx/sha256:{sha256(url[0].encode()).hexdigest()}"
    return DocumentRecord(key=key, kind=kind, url=url[0])


def _proof_without_url(text: str) -> DocumentRecord:
    """Return a document for a damaged URL: the loss is still imported, and the URL is not guessed."""
    return DocumentRecord(
        key=f"oryx/sha256:{sha256(text.encode()).hexdigest()}",
        kind=DocumentKind.OTHER,
        note=f"The collection gives as its address what is not one whole address: {text}",
    )


# --- daily counts ---


class _DailyCountReader:
    """Reads rows of counts; the topic of a type of equipment comes before the first claim about it."""

    def __init__(self) -> None:
        self._introduced_topics: set[str] = set()

    def __call__(self, line: int, row: dict[str, str]) -> RowStream:
        """Yield the claim of a row, with its topic if it is new; or the refusals of the row's faults."""
        faults = list(_find_faults(row))
        if not _EQUIPMENT_TYPE.fullmatch(row["equipment_type"]):
            faults.append(("equipment_type", "must be a type of equipment such as Tanks, not a sentence"))
        faults += [
            (name, "must be a whole number, 0 or greater")
            for name in _COUNTS
            if not (row[name].isascii() and row[name].isdecimal())
        ]
        if faults:
            yield from (RowRefusal(line, field, reason) for field, reason in faults)
            return
        topic, claim = _type_topic(row), _count_claim(row)
        is_new_topic = topic.key not in self._introduced_topics
        self._introduced_topics.add(topic.key or "")
        yield ImportRow(line, (topic, claim) if is_new_topic else (claim,))


def _type_topic(row: dict[str, str]) -> TopicRecord:
    adjective, type_ = _ADJECTIVES[row["country"]], row["equipment_type"]
    return TopicRecord(
        key=f"oryx-count/{slugify(row['country'])}/{slugify(type_)}",
        title=f"How many {adjective} losses of equipment are documented under “{type_}”?",
        subject=f"{adjective} equipment: {type_}",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=f"{_COLLECTION} A count grows as losses are documented, which may be long after they happened.",
    )


def _count_claim(row: dict[str, str]) -> ClaimRecord:
    country, type_, day = row["country"], row["equipment_type"], date.fromisoformat(row["date_recorded"])
    counts = {name: int(row[name]) for name in _COUNTS}
    topic = f"oryx-count/{slugify(country)}/{slugify(type_)}"
    return ClaimRecord(
        key=f"{topic}/{day}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=(
            f"Oryx had documented {counts['type_total']:,} {_ADJECTIVES[country]} losses under “{type_}” by "
            f"{format_day(day)}: {counts['destroyed']:,} destroyed, {counts['damaged']:,} damaged, "
            f"{counts['abandoned']:,} abandoned and {counts['captured']:,} captured."
        ),
        topic=topic,
        time=day.isoformat(),
        adverse_to=_ADVERSE_TO[country],
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=metric,
                unit="items",
                qualifier=Qualifier.EXACT,
                best=Decimal(counts[name]),
                cumulative=True,
                basis=Basis.NAMED_COUNT,
            )
            for name, metric in _COUNTS.items()
        ],
        attributions=[_oryx_attribution(country, day)],
    )


def _find_faults(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the column and the reason of each fault in the columns that both tables have."""
    if row["country"] not in _ADJECTIVES:
        yield "country", f"must be {' or '.join(map(repr, _ADJECTIVES))}"
    if not is_day(row["date_recorded"]):
        yield "date_recorded", "must be a day such as 2025-01-12"
