"""Russia's losses as the Ukrainian General Staff counts them, relayed by two collections of JSON (MIT).

- `petro`: PetroIvaniuk/2022-Ukraine-Russia-War-Dataset, four files: `russia_losses_personnel`, `_equipment`,
  `_equipment_correction` and `_equipment_oryx`.
- `lod`: lod-db/orc-losses, `russian-losses.json`.

Which file it is shows in the fields of its first row. A row gives one claim for each figure. Both collections relay
the same reports: where their figures agree, the records are worded alike and each `joins` the other's claim; where
they differ, two claims of one topic remain.

A bad figure or an unknown column is refused by itself, and the row's other figures are taken. A row with a bad date,
a date that stood in the file before, or a bad address is refused as a whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from app.formats.json_stream import objects
from app.formats.oryx_events import FULL_SCALE_WAR, ORYX, RUSSIA, UKRAINE, in_words, is_day, slug
from app.formats.rows import Reading, Refused, Row, refusals
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.quantity import QuantityCreate
from app.schemas.record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord, TopicRecord
from app.schemas.review import ReviewCreate
from app.vocabulary import (
    Basis,
    ClaimKind,
    Directness,
    DocumentKind,
    Lineage,
    Metric,
    MetricFamily,
    Qualifier,
    SourceKind,
    Stage,
    Stance,
    Status,
)

PETRO_COMMIT = "37655f8bbdd6806d2f94416253116b02a750c97b"
"""State of petro's repository that our copy was taken from."""

_PETRO_URL = "https://github.com/PetroIvaniuk/2022-Ukraine-Russia-War-Dataset"

_BODIES = (
    UKRAINE,
    SourceRecord(
        key="ua-mod",
        name="Ministry of Defence of Ukraine",
        kind=SourceKind.GOVERNMENT,
        parent="ua",
        side="Ukraine",
        other_names=["Міністерство оборони України"],
        url="https://mod.gov.ua",
    ),
    SourceRecord(
        key="ua-general-staff",
        name="General Staff of the Armed Forces of Ukraine",
        kind=SourceKind.ARMED_FORCE,
        parent="ua-mod",
        side="Ukraine",
        other_names=["Генеральний штаб Збройних Сил України"],
    ),
    RUSSIA,
)
_DATASET_PETRO = SourceRecord(
    key="dataset-petro",
    name="2022 Ukraine Russia War Dataset (Petro Ivaniuk)",
    kind=SourceKind.DATASET,
    url=_PETRO_URL,
)
_DATASET_LOD = SourceRecord(
    key="dataset-lod",
    name="orc-losses (lod-db)",
    kind=SourceKind.DATASET,
    url="https://github.com/lod-db/orc-losses",
)
_PETRO_DOCUMENT = DocumentRecord(
    key=f"petro/{PETRO_COMMIT}",
    kind=DocumentKind.DATASET,
    title="2022 Ukraine Russia War Dataset",
    publisher="dataset-petro",
    url=f"{_PETRO_URL}/tree/{PETRO_COMMIT}",
    language="en",
    note=f"As of commit {PETRO_COMMIT[:7]}. MIT licence.",
)

_LONGEST_PLACE = 500

_RATIONALE = (
    "One belligerent's account of its enemy's losses, published without the evidence that it rests on. Several "
    "datasets relay it; that makes no second origin."
)


# --- what is counted ---


@dataclass(frozen=True)
class _Category:
    """Something that is counted, and how the record speaks of it."""

    slug: str
    one: str
    many: str
    note: str | None = None
    kind: ClaimKind = ClaimKind.EQUIPMENT_LOSS
    family: MetricFamily = MetricFamily.EQUIPMENT
    metric: Metric = Metric.EQUIPMENT_LOST
    basis: Basis = Basis.UNSTATED
    title: str = "How many {many} has Russia lost in Ukraine, by Ukraine's count?"
    subject: str = "Russian {many}"
    sentence: str = "Russia had lost {figure} in the full-scale war by {day}, by Ukraine's count."

    @property
    def key(self) -> str:
        return f"ua-mod-losses/{self.slug}"

    @property
    def topic(self) -> TopicRecord:
        return TopicRecord(
            key=self.key,
            title=self.title.format(many=self.many),
            subject=self.subject.format(many=self.many),
            metric_family=self.family,
            period=FULL_SCALE_WAR,
            note=self.note,
        )

    def statement(self, figure: int, limit: Qualifier, day: date) -> str:
        limited = {Qualifier.ABOUT: "about ", Qualifier.MORE_THAN: "more than "}.get(limit, "")
        words = f"{limited}{figure:,} {self.one if figure == 1 else self.many}"
        return self.sentence.format(figure=words, day=in_words(day))


_MERGED = (
    "Until 30 April 2022 motor vehicles and fuel tankers are counted apart (lod gives the motor vehicles only), "
    "since 1 May 2022 together. Each of these counts has its own topic."
)
_MISSILES = (
    "Since 1 May 2022 missiles are counted (lod's schema reads: long-range ballistic and cruise missiles); in March "
    "and April 2022 it was mobile short-range ballistic missile systems. Each of these counts has its own topic."
)
_PERSONNEL = _Category(
    "personnel",
    "soldier",
    "soldiers",
    "The ministry says 'losses' and calls its figure approximate; it does not say which losses are meant. lod's "
    "schema reads it as killed or wounded.",
    ClaimKind.CASUALTY_FIGURE,
    MetricFamily.CASUALTIES,
    Metric.CASUALTIES_UNSPECIFIED,
    Basis.ESTIMATE,
    subject="Russian military personnel",
)
_PRISONERS = _Category(
    "prisoners",
    "Russian soldier",
    "Russian soldiers",
    "The dataset has figures until 27 April 2022 only.",
    ClaimKind.CAPTURE_REPORT,
    MetricFamily.CAPTIVITY,
    Metric.CAPTURED,
    title="How many {many} has Ukraine taken prisoner, by its own count?",
    subject="{many} in Ukrainian captivity",
    sentence="Ukraine had taken {figure} prisoner in the full-scale war by {day}, by its own count.",
)
_TANK = _Category("tank", "tank", "tanks")
_APC = _Category("apc", "armoured vehicle", "armoured vehicles")
_ARTILLERY = _Category("field-artillery", "artillery system", "artillery systems")
_MRL = _Category("mrl", "multiple rocket launcher", "multiple rocket launchers")
_AIR_DEFENCE = _Category("anti-aircraft-warfare", "air defence system", "air defence systems")
_AIRCRAFT = _Category("aircraft", "fixed-wing aircraft", "fixed-wing aircraft")
_HELICOPTER = _Category("helicopter", "helicopter", "helicopters")
_DRONE = _Category("drone", "drone", "drones")
_MISSILE = _Category("cruise-missiles", "missile", "missiles", _MISSILES)
_SHIP = _Category("naval-ship", "ship or boat", "ships and boats")
_SUBMARINE = _Category("submarines", "submarine", "submarines")
_MOTOR_VEHICLE = _Category("military-auto", "motor vehicle", "motor vehicles", _MERGED)
_FUEL_TANKER = _Category("fuel-tank", "fuel tanker", "fuel tankers", _MERGED)
_VEHICLE = _Category("vehicles-and-fuel-tanks", "vehicle or fuel tanker", "vehicles and fuel tankers", _MERGED)
_SPECIAL = _Category("special-equipment", "piece of special equipment", "pieces of special equipment")
_SRBM = _Category(
    "mobile-srbm-system",
    "mobile short-range ballistic missile system",
    "mobile short-range ballistic missile systems",
    _MISSILES,
)
_ROBOT = _Category("ground-robotic-systems", "ground robotic system", "ground robotic systems")

_PETRO_PERSONNEL = {"personnel": _PERSONNEL, "POW": _PRISONERS}
_PETRO_EQUIPMENT = {
    "tank": _TANK,
    "APC": _APC,
    "field artillery": _ARTILLERY,
    "MRL": _MRL,
    "anti-aircraft warfare": _AIR_DEFENCE,
    "aircraft": _AIRCRAFT,
    "helicopter": _HELICOPTER,
    "drone": _DRONE,
    "cruise missiles": _MISSILE,
    "naval ship": _SHIP,
    "submarines": _SUBMARINE,
    "military auto": _MOTOR_VEHICLE,
    "fuel tank": _FUEL_TANKER,
    "vehicles and fuel tanks": _VEHICLE,
    "special equipment": _SPECIAL,
    "mobile SRBM system": _SRBM,
    "ground robotic systems": _ROBOT,
}
_LOD = {
    "personnel": _PERSONNEL,
    "tanks": _TANK,
    "afvs": _APC,
    "artillery": _ARTILLERY,
    "airDefense": _AIR_DEFENCE,
    "rocketSystems": _MRL,
    "unarmoredVehicles": _VEHICLE,
    "fixedWingAircraft": _AIRCRAFT,
    "rotaryWingAircraft": _HELICOPTER,
    "uavs": _DRONE,
    "ships": _SHIP,
    "submarines": _SUBMARINE,
    "specialEquipment": _SPECIAL,
    "missiles": _MISSILE,
}
# On all days until then on which both have figures but one (30 for 130), lod's are petro's of motor vehicles.
_LOD_UNTIL_MERGED = _LOD | {"unarmoredVehicles": _MOTOR_VEHICLE}
_MERGED_ON = date(2022, 5, 1)
_IN_LOD = frozenset({*_LOD_UNTIL_MERGED.values(), *_LOD.values()})

_DIRECTION = "greatest losses direction"
_DIRECTION_TOPIC = TopicRecord(
    key="ua-mod-losses/greatest-losses-direction",
    title="Where did Russia lose most on a day, by Ukraine's account?",
    subject="Directions of Russia's greatest losses",
    metric_family=MetricFamily.OTHER,
    period=FULL_SCALE_WAR,
    note=(
        "Named are directions of the front, not the places themselves. The dataset has them from 25 April 2022 to "
        "2 January 2023."
    ),
)


# --- reading ---


def read(stream: BinaryIO) -> Reading:
    """The claims of each row, after the sources, documents and topics that they name.

    Yields nothing but faults if no row has the fields of one of the files.
    """
    reader: _RowReader | None = None
    for found in objects(stream):
        if isinstance(found, Refused):
            yield found
            continue
        line, row = found
        if reader is None:
            file = _file_of(row)
            if file is None:
                yield Refused(line, "", f"must have the fields of one of {', '.join(_FILES)}")
                continue
            reader = file.reader()
            yield Row(0, file.opening)
        try:
            yield from reader(line, row)
        except ValidationError as error:
            yield from refusals(line, error)


def _file_of(row: Mapping[str, Any]) -> "_File | None":
    if "equipment_oryx" in row:
        return _FILES["equipment_oryx"]
    if "sourceUri" in row:
        return _FILES["russian-losses"]
    if row.keys() & {"personnel*", "POW"}:
        return _FILES["personnel"]
    if row.keys() & _PETRO_EQUIPMENT.keys():
        # A day's personnel and equipment stand in different files; only the corrections are of both.
        return _FILES["equipment_correction" if "personnel" in row else "equipment"]
    return None


def _by_day(records: "_RecordsOfDay") -> "_RowReader":
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
    line: int, row: Mapping[str, Any], columns: Mapping[str, _Category], *others: str
) -> Iterator[tuple[_Category, int] | Refused]:
    """The figures of a row that can be taken, and the faults of others. Null is no figure; zero is one."""
    yield from _strangers(line, row, [*columns, *others])
    for name, category in columns.items():
        value = row.get(name)
        if value is None:
            continue
        if _is_count(value):
            yield category, value
        else:
            yield Refused(line, name, "must be a whole number from 0 up, or null")


def _strangers(line: int, row: Mapping[str, Any], columns: Iterable[str]) -> Iterator[Refused]:
    known = ["date", "day", *columns]
    for name in row:
        if name not in known:
            yield Refused(line, name[:100], f"is not a column of this file, which has {', '.join(known)}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**11


# --- petro ---


def _personnel(line: int, row: dict[str, Any], day: date) -> "_Records":
    word = str(row.get("personnel*"))
    limit = {"about": Qualifier.ABOUT, "more": Qualifier.MORE_THAN}.get(word)
    for found in _figures(line, row, _PETRO_PERSONNEL, "personnel*"):
        if isinstance(found, Refused):
            yield found
        elif found[0] is _PRISONERS:
            yield _claim(*found, Qualifier.EXACT, day, _PETRO)
        elif limit:
            yield _claim(*found, limit, day, _PETRO)
        else:
            yield Refused(line, "personnel*", "must be about or more")


def _equipment(line: int, row: dict[str, Any], day: date) -> "_Records":
    for found in _figures(line, row, _PETRO_EQUIPMENT, _DIRECTION):
        yield found if isinstance(found, Refused) else _claim(*found, Qualifier.EXACT, day, _PETRO)
    places = row.get(_DIRECTION)
    if isinstance(places, str) and places.strip() and len(places) <= _LONGEST_PLACE and "\n" not in places:
        yield _direction(places.strip(), day)
    elif places is not None:
        yield Refused(line, _DIRECTION, f"must name places, in one line of up to {_LONGEST_PLACE} characters")


def _corrections(line: int, row: dict[str, Any], day: date) -> "_Records":
    """A note for each difference that is not zero, on the claim of that day whose total includes it."""
    columns = {"personnel": _PERSONNEL, **_PETRO_EQUIPMENT}
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
            claim=f"ua-mod-losses/petro/{category.slug}/{day}",
            joins=f"ua-mod-losses/lod/{category.slug}/{day}",
            note=(
                f"The total of this day includes a correction of {signed} to earlier figures, by the dataset's "
                "list of corrections."
            ),
        )


# --- lod ---


def _losses(line: int, row: dict[str, Any], day: date) -> "_Records":
    address = row.get("sourceUri")
    try:
        document = DocumentRecord(
            key=f"lod/{day}",
            kind=DocumentKind.OFFICIAL_RELEASE,
            publisher="ua-mod",
            url=address if isinstance(address, str) else "",
            published=day.isoformat(),
        )
    except ValidationError:
        yield Refused(line, "sourceUri", "must be a whole http or https address, without blanks")
        return
    yield document
    relay = _Relay("lod", "petro", "dataset-lod", f"lod/{day}")
    for found in _figures(line, row, _LOD if day >= _MERGED_ON else _LOD_UNTIL_MERGED, "sourceUri"):
        if isinstance(found, Refused):
            yield found
        else:
            # Its schema: the ministry has declared the number of personnel an approximation.
            yield _claim(*found, Qualifier.ABOUT if found[0] is _PERSONNEL else Qualifier.EXACT, day, relay)


# --- claims ---


class _Relay(NamedTuple):
    """A collection that hands the ministry's figures on, and the document that it does so in."""

    name: str
    other: str
    source: str
    document: str


_PETRO = _Relay("petro", "lod", "dataset-petro", f"petro/{PETRO_COMMIT}")


def _claim(category: _Category, figure: int, limit: Qualifier, day: date, relay: _Relay) -> ClaimRecord:
    number = Decimal(figure)
    return ClaimRecord(
        key=f"ua-mod-losses/{relay.name}/{category.slug}/{day}",
        joins=f"ua-mod-losses/{relay.other}/{category.slug}/{day}" if category in _IN_LOD else None,
        kind=category.kind,
        statement=category.statement(figure, limit, day),
        topic=category.key,
        time=day.isoformat(),
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=category.metric,
                unit=category.many,
                qualifier=limit,
                low=number if limit is Qualifier.MORE_THAN else None,
                best=None if limit is Qualifier.MORE_THAN else number,
                cumulative=True,
                basis=category.basis,
            )
        ],
        attributions=_attributions(relay, "ua-general-staff", day),
        reviews=[_unconfirmed(day)],
    )


def _direction(places: str, day: date) -> ClaimRecord:
    return ClaimRecord(
        key=f"ua-mod-losses/petro/greatest-losses-direction/{day}",
        kind=ClaimKind.OTHER,
        statement=(
            f"Russia's greatest losses reported on {in_words(day)} were in the direction of {places}, by "
            "Ukraine's account."
        ),
        topic=_DIRECTION_TOPIC.key,
        place=places,
        time=day.isoformat(),
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        attributions=_attributions(_PETRO, "ua-general-staff", day),
        reviews=[_unconfirmed(day)],
    )


def _attributions(relay: _Relay, origin: str, day: date | None) -> list[ClaimAttributionCreate]:
    return [
        ClaimAttributionCreate(
            key="origin",
            source=origin,
            stance=Stance.ASSERTS,
            lineage=Lineage.ORIGINAL,
            said=day.isoformat() if day else None,
            directness=Directness.OFFICIAL_RELEASE,
        ),
        ClaimAttributionCreate(
            key=relay.name,
            source=relay.source,
            stance=Stance.ASSERTS,
            lineage=Lineage.RELAYED,
            upstream="origin",
            document=relay.document,
            directness=Directness.PARAPHRASE,
        ),
    ]


def _unconfirmed(day: date) -> ReviewCreate:
    return ReviewCreate(status=Status.UNCONFIRMED, rationale=_RATIONALE, decided_on=day, decided_by="Attest import")


# --- Oryx's losses by model, as petro relays them ---


def _models() -> "_RowReader":
    """Reads losses by model; the topic of a type of equipment comes before the first claim of it."""
    topics: set[str] = set()
    models: set[tuple[str, ...]] = set()

    def read_row(line: int, row: dict[str, Any]) -> Reading:
        names = [row.get(name) for name in _MODEL]
        texts = tuple(name.strip() for name in names if isinstance(name, str) and name.strip())
        faults = [
            Refused(line, column, "must be text")
            for column, name in zip(_MODEL, names, strict=True)
            if not isinstance(name, str) or not name.strip()
        ]
        if not _is_count(row.get("losses_total")):
            faults.append(Refused(line, "losses_total", "must be a whole number from 0 up"))
        if texts in models:
            faults.append(Refused(line, "model", "stands in an earlier row, with this maker and type"))
        if faults:
            yield from faults
            return
        models.add(texts)
        topic, claim = _model_topic(texts[0]), _model(*texts, figure=row["losses_total"])
        new = topic.key not in topics
        topics.add(topic.key or "")
        yield Row(line, (topic, claim) if new else (claim,))

    return read_row


_MODEL = ("equipment_oryx", "model", "manufacturer")


def _model_topic(type_: str) -> TopicRecord:
    return TopicRecord(
        key=f"oryx-models/{slug(type_)}",
        title=f"How many Russian losses of each model are documented under “{type_}”?",
        subject=f"Russian equipment by model: {type_}",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=(
            "Oryx's counts by model as a dataset relays them, without a date: those of the day on which it was "
            "last brought up to date."
        ),
    )


def _model(type_: str, model: str, maker: str, *, figure: int) -> ClaimRecord:
    return ClaimRecord(
        key=f"oryx-models/{slug(type_)}/{model}/{maker}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=f"Russia had lost {figure:,} of the model {model}, made in {maker}, by Oryx's count.",
        topic=f"oryx-models/{slug(type_)}",
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=Metric.EQUIPMENT_LOST,
                unit="items",
                population=f"{model}, made in {maker}",
                qualifier=Qualifier.EXACT,
                best=Decimal(figure),
                cumulative=True,
                basis=Basis.NAMED_COUNT,
            )
        ],
        attributions=_attributions(_PETRO, "oryx", None),
    )


# --- the files ---

_Records = Iterator[Record | Refused]
_RecordsOfDay = Callable[[int, dict[str, Any], date], _Records]
_RowReader = Callable[[int, dict[str, Any]], Reading]


class _File(NamedTuple):
    """What a file says before its rows, and what reads them."""

    opening: tuple[Record, ...]
    reader: Callable[[], _RowReader]


def _topics(columns: Mapping[str, _Category]) -> tuple[TopicRecord, ...]:
    return tuple(category.topic for category in columns.values())


_FROM_PETRO = (*_BODIES, _DATASET_PETRO, _PETRO_DOCUMENT)
_FILES: dict[str, _File] = {
    "personnel": _File((*_FROM_PETRO, *_topics(_PETRO_PERSONNEL)), lambda: _by_day(_personnel)),
    "equipment": _File((*_FROM_PETRO, *_topics(_PETRO_EQUIPMENT), _DIRECTION_TOPIC), lambda: _by_day(_equipment)),
    "equipment_correction": _File((), lambda: _by_day(_corrections)),
    "equipment_oryx": _File((ORYX, RUSSIA, _DATASET_PETRO, _PETRO_DOCUMENT), _models),
    "russian-losses": _File((*_BODIES, _DATASET_LOD, *_topics(_LOD), _MOTOR_VEHICLE.topic), lambda: _by_day(_losses)),
}
