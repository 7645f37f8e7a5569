"""Losses of equipment as Oryx documents them, from the tables of scarnecchia/oryx_data (CSV, CC BY 4.0).

Two tables are read, told apart by their columns. `event_*.csv`: one lost item in each row, with the address of its
proof. `daily_count.csv`: how many losses of a type were documented by a day; its differences (`*_diff`) only follow
from the counts and are passed over, as are the numbers that the collection gives its rows (`sysID`, `matID` and
the like): they change when it is made anew. An event is the same as long as its country, item, status and address
are; no two rows of the collection share all four.

`date_recorded` is the day on which the collection first saw the item on Oryx's page, not the day of the loss. When that
was nobody says, but Oryx lists losses of the full-scale invasion only: an event's time spans from its beginning to the
day of recording (`2022-02-24/2022-06-26`). An open start would say less than is known, put every event before all
other claims, and find it in any period of the past that is asked for. What Oryx changed on its page later stands in
the collection twice, before and after: it holds more events than Oryx counts.

A running total before an item's name ("273 T-80BV") is left out of the name. An address with words before it, without
its first letter (`ttps://`) or run together with another is refused: nearly all of these stand in a later row again,
mended by Oryx itself, and mending them here would give that row's loss a second date.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import BinaryIO

from pydantic import ValidationError

from app.formats.english.wording import in_words, slug
from app.formats.parsing.import_rows import Reading, Refused, Row, cells, refusals
from app.formats.parsing.lenient_values import is_day
from app.formats.readers.implied_records import introducing
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
_KNOWN: tuple[Record, ...] = (ORYX, UKRAINE, RUSSIA, *_PAGES.values())
_PEOPLE = {"Russia": "Russian", "Ukraine": "Ukrainian"}
_ADVERSE = {"Russia": "ru", "Ukraine": "ua"}
_METRICS = {
    "destroyed": Metric.EQUIPMENT_DESTROYED,
    "damaged": Metric.EQUIPMENT_DAMAGED,
    "abandoned": Metric.EQUIPMENT_ABANDONED,
    "captured": Metric.EQUIPMENT_CAPTURED,
}
_COUNTS = _METRICS | {"type_total": Metric.EQUIPMENT_LOST}
_EVENT = ("country", "system", "status", "url", "date_recorded")
_DAILY = ("country", "equipment_type", *_COUNTS, "date_recorded")

_COLLECTION = "Read from a machine-readable copy of Oryx's lists, scarnecchia/oryx_data (CC BY 4.0)."
_EVENTS_NOTE = (
    f"{_COLLECTION} The time of a claim spans from the invasion to the day by which the loss was listed: it happened "
    "on some day of these. One item may be listed under two states, for example damaged and abandoned, and what Oryx "
    "changed later is listed before and after: these claims cannot be added up to Oryx's own counts."
)

_ADDRESS = re.compile(r"https?://(?P<host>[^\s/?#:]+)(?P<path>[^\s?#]*)\S*")
_RUNNING_TOTAL = re.compile(r"^\d+ (?=\S)")
_TYPE = re.compile(r"[^\W\d][^\d:]*")
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_PICTURE_HOSTS = frozenset({"i.postimg.cc", "postimg.cc", "postlmg.cc", "imgur.com", "i.imgur.com"})
_POST_HOSTS = frozenset({"twitter.com", "x.com", "pic.twitter.com", "t.me", "www.facebook.com"})
_LONGEST_KEY = 300

_EVENT_TOPICS = tuple(
    TopicRecord(
        key=f"oryx/{slug(country)}/{status}",
        title=f"Which {people} vehicles and weapons are documented as {status}?",
        subject=f"{people} vehicles and weapons",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=_EVENTS_NOTE,
    )
    for country, people in _PEOPLE.items()
    for status in _METRICS
)


def read(stream: BinaryIO) -> Reading:
    """One row of records for each row of the table: an event and its proof, or a count.

    Sources, pages and topics come before the first row that names them. A row with a fault is refused as a whole,
    with every fault in it.
    """
    table = cells(stream)
    for found in table:
        if isinstance(found, Refused):
            yield found
            continue
        line, header = found
        names = [name.strip() for name in header]
        if set(_EVENT) <= set(names):
            yield from introducing(_table(table, names, _event), (*_KNOWN, *_EVENT_TOPICS))
        elif set(_DAILY) <= set(names):
            yield from introducing(_table(table, names, _Daily()), _KNOWN)
        else:
            yield Refused(line, "", f"must name the columns {', '.join(_EVENT)}, or {', '.join(_DAILY)}")
        return


def _table(
    table: Iterator[tuple[int, list[str]] | Refused],
    names: list[str],
    reader: Callable[[int, dict[str, str]], Reading],
) -> Reading:
    for found in table:
        if isinstance(found, Refused):
            yield found
            continue
        line, row = found
        if not row:
            continue
        if len(row) != len(names):
            yield Refused(line, "", f"must have {len(names)} cells, as many as the first row")
            continue
        try:
            yield from reader(line, {name: cell.strip() for name, cell in zip(names, row, strict=True)})
        except ValidationError as error:
            yield from refusals(line, error)


# --- events ---


def _event(line: int, row: dict[str, str]) -> Reading:
    faults = list(_faults(row))
    if is_day(row["date_recorded"]) and row["date_recorded"] < str(INVASION):
        faults.append(("date_recorded", f"must not be before {INVASION}, when the full-scale invasion began"))
    if row["status"] not in _METRICS:
        faults.append(("status", f"must be one of {', '.join(_METRICS)}"))
    item = _RUNNING_TOTAL.sub("", row["system"]).rstrip(" :")
    if not item:
        faults.append(("system", "must name what was lost"))
    if not row["url"]:
        faults.append(("url", "must say where the proof is"))
    if faults:
        yield from (Refused(line, field, why) for field, why in faults)
        return
    address = _ADDRESS.fullmatch(row["url"])
    whole = address is not None and row["url"].count("://") == 1
    document = _proof(address) if address is not None and whole else _spoilt_proof(row["url"])
    yield Row(line, (document, _loss(row, item, document)))


def _loss(row: dict[str, str], item: str, document: DocumentRecord) -> ClaimRecord:
    country, status, day = row["country"], row["status"], date.fromisoformat(row["date_recorded"])
    same = sha256(f"{item}\n{document.url or document.key}".encode()).hexdigest()[:20]
    return ClaimRecord(
        key=f"oryx/{slug(country)}/{status}/{same}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=(f"One {_PEOPLE[country]} {item} was {status}; Oryx had listed it by {in_words(day)}."),
        topic=f"oryx/{slug(country)}/{status}",
        time=f"{INVASION}/{day}",
        adverse_to=_ADVERSE[country],
        stage=Stage.PUBLISHED,
        quantities=[_one(item, _METRICS[status])],
        attributions=[_listed(country, day)],
        evidence=[ClaimEvidenceCreate(key="proof", document=document.key or "", role=EvidenceRole.SUPPORTS)],
    )


@lru_cache(maxsize=4096)
def _one(item: str, metric: Metric) -> QuantityCreate:
    return QuantityCreate(
        metric=metric,
        unit="items",
        population=item,
        qualifier=Qualifier.EXACT,
        best=Decimal(1),
        basis=Basis.NAMED_COUNT,
    )


@lru_cache(maxsize=4096)
def _listed(country: str, day: date) -> ClaimAttributionCreate:
    return ClaimAttributionCreate(
        key="oryx",
        source="oryx",
        stance=Stance.ASSERTS,
        lineage=Lineage.ORIGINAL,
        document=_PAGES[country].key,
        said=day.isoformat(),
        directness=Directness.OFFICIAL_RELEASE,
    )


def _proof(address: re.Match[str]) -> DocumentRecord:
    """The document at an address: nothing but what the address tells, so that it is the same for every row."""
    kind = DocumentKind.OTHER
    if address["host"] in _PICTURE_HOSTS or address["path"].lower().endswith(_PICTURES):
        kind = DocumentKind.IMAGE
    elif address["host"] in _POST_HOSTS:
        kind = DocumentKind.SOCIAL_MEDIA_POST
    key = f"oryx/{address[0]}"
    if len(key) > _LONGEST_KEY:
        key = f"oryx/sha256:{sha256(address[0].encode()).hexdigest()}"
    return DocumentRecord(key=key, kind=kind, url=address[0])


def _spoilt_proof(text: str) -> DocumentRecord:
    """The document whose address was spoilt on its way: a loss is not struck out for that, and nothing is guessed."""
    return DocumentRecord(
        key=f"oryx/sha256:{sha256(text.encode()).hexdigest()}",
        kind=DocumentKind.OTHER,
        note=f"The collection gives as its address what is not one whole address: {text}",
    )


# --- daily counts ---


class _Daily:
    """Reads counts; a type's topic comes before the first claim of it."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def __call__(self, line: int, row: dict[str, str]) -> Reading:
        faults = list(_faults(row))
        if not _TYPE.fullmatch(row["equipment_type"]):
            faults.append(("equipment_type", "must be a type of equipment such as Tanks, not a sentence"))
        faults += [
            (name, "must be a whole number from 0 up")
            for name in _COUNTS
            if not (row[name].isascii() and row[name].isdecimal())
        ]
        if faults:
            yield from (Refused(line, field, why) for field, why in faults)
            return
        topic, claim = _type_topic(row), _count(row)
        new = topic.key not in self._known
        self._known.add(topic.key or "")
        yield Row(line, (topic, claim) if new else (claim,))


def _type_topic(row: dict[str, str]) -> TopicRecord:
    people, type_ = _PEOPLE[row["country"]], row["equipment_type"]
    return TopicRecord(
        key=f"oryx-count/{slug(row['country'])}/{slug(type_)}",
        title=f"How many {people} losses of equipment are documented under “{type_}”?",
        subject=f"{people} equipment: {type_}",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=f"{_COLLECTION} A count grows as losses are documented, which may be long after they happened.",
    )


def _count(row: dict[str, str]) -> ClaimRecord:
    country, type_, day = row["country"], row["equipment_type"], date.fromisoformat(row["date_recorded"])
    of = {name: int(row[name]) for name in _COUNTS}
    topic = f"oryx-count/{slug(country)}/{slug(type_)}"
    return ClaimRecord(
        key=f"{topic}/{day}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=(
            f"Oryx had documented {of['type_total']:,} {_PEOPLE[country]} losses under “{type_}” by "
            f"{in_words(day)}: {of['destroyed']:,} destroyed, {of['damaged']:,} damaged, "
            f"{of['abandoned']:,} abandoned and {of['captured']:,} captured."
        ),
        topic=topic,
        time=day.isoformat(),
        adverse_to=_ADVERSE[country],
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=metric,
                unit="items",
                qualifier=Qualifier.EXACT,
                best=Decimal(of[name]),
                cumulative=True,
                basis=Basis.NAMED_COUNT,
            )
            for name, metric in _COUNTS.items()
        ],
        attributions=[_listed(country, day)],
    )


def _faults(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    if row["country"] not in _PEOPLE:
        yield "country", f"must be {' or '.join(_PEOPLE)}"
    if not is_day(row["date_recorded"]):
        yield "date_recorded", "must be a day such as 2025-01-12"
