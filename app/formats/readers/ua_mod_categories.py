"""Categories of losses that the Ukrainian General Staff counts, their wording in records and their columns in files."""

from dataclasses import dataclass
from datetime import date

from app.formats.english.english_dates import format_day
from app.formats.readers.war_parties import FULL_SCALE_WAR
from app.schemas.files.exchange_record import TopicRecord
from app.vocabulary import Basis, ClaimKind, Metric, MetricFamily, Qualifier


@dataclass(frozen=True)
class Category:
    """A category of losses, with the wording of its topic and claims."""

    slug: str
    singular: str
    plural: str
    note: str | None = None
    kind: ClaimKind = ClaimKind.EQUIPMENT_LOSS
    family: MetricFamily = MetricFamily.EQUIPMENT
    metric: Metric = Metric.EQUIPMENT_LOST
    basis: Basis = Basis.UNSTATED
    title: str = "How many {plural} has Russia lost in Ukraine, by Ukraine's count?"
    subject: str = "Russian {plural}"
    sentence: str = "Russia had lost {figure} in the full-scale war by {day}, by Ukraine's count."

    @property
    def key(self) -> str:
        return f"ua-mod-losses/{self.slug}"

    @property
    def topic(self) -> TopicRecord:
        return TopicRecord(
            key=self.key,
            title=self.title.format(plural=self.plural),
            subject=self.subject.format(plural=self.plural),
            metric_family=self.family,
            period=FULL_SCALE_WAR,
            note=self.note,
        )

    def statement(self, figure: int, qualifier: Qualifier, day: date) -> str:
        prefix = {Qualifier.ABOUT: "about ", Qualifier.MORE_THAN: "more than "}.get(qualifier, "")
        phrase = f"{prefix}{figure:,} {self.singular if figure == 1 else self.plural}"
        return self.sentence.format(figure=phrase, day=format_day(day))


_MERGED = (
    "Until 30 April 2022 motor vehicles and fuel tankers are counted apart (lod gives the motor vehicles only), "
    "since 1 May 2022 together. Each of these counts has its own topic."
)
_MISSILES = (
    "Since 1 May 2022 missiles are counted (lod's schema reads: long-range ballistic and cruise missiles); in March "
    "and April 2022 it was mobile short-range ballistic missile systems. Each of these counts has its own topic."
)
PERSONNEL = Category(
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
PRISONERS = Category(
    "prisoners",
    "Russian soldier",
    "Russian soldiers",
    "The dataset has figures until 27 April 2022 only.",
    ClaimKind.CAPTURE_REPORT,
    MetricFamily.CAPTIVITY,
    Metric.CAPTURED,
    title="How many {plural} has Ukraine taken prisoner, by its own count?",
    subject="{plural} in Ukrainian captivity",
    sentence="Ukraine had taken {figure} prisoner in the full-scale war by {day}, by its own count.",
)
_TANK = Category("tank", "tank", "tanks")
_APC = Category("apc", "armoured vehicle", "armoured vehicles")
_ARTILLERY = Category("field-artillery", "artillery system", "artillery systems")
_MRL = Category("mrl", "multiple rocket launcher", "multiple rocket launchers")
_AIR_DEFENCE = Category("anti-aircraft-warfare", "air defence system", "air defence systems")
_AIRCRAFT = Category("aircraft", "fixed-wing aircraft", "fixed-wing aircraft")
_HELICOPTER = Category("helicopter", "helicopter", "helicopters")
_DRONE = Category("drone", "drone", "drones")
_MISSILE = Category("cruise-missiles", "missile", "missiles", _MISSILES)
_SHIP = Category("naval-ship", "ship or boat", "ships and boats")
_SUBMARINE = Category("submarines", "submarine", "submarines")
_MOTOR_VEHICLE = Category("military-auto", "motor vehicle", "motor vehicles", _MERGED)
_FUEL_TANKER = Category("fuel-tank", "fuel tanker", "fuel tankers", _MERGED)
_VEHICLE = Category("vehicles-and-fuel-tanks", "vehicle or fuel tanker", "vehicles and fuel tankers", _MERGED)
_SPECIAL = Category("special-equipment", "piece of special equipment", "pieces of special equipment")
_SRBM = Category(
    "mobile-srbm-system",
    "mobile short-range ballistic missile system",
    "mobile short-range ballistic missile systems",
    _MISSILES,
)
_ROBOT = Category("ground-robotic-systems", "ground robotic system", "ground robotic systems")

PETRO_PERSONNEL = {"personnel": PERSONNEL, "POW": PRISONERS}
PETRO_EQUIPMENT = {
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
    "personnel": PERSONNEL,
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
# Until that day, lod's figures equal petro's for motor vehicles on every day that both have, but one (30 for 130).
_LOD_UNTIL_MERGED = _LOD | {"unarmoredVehicles": _MOTOR_VEHICLE}
_MERGED_ON = date(2022, 5, 1)

SHARED_CATEGORIES = frozenset({*_LOD_UNTIL_MERGED.values(), *_LOD.values()})
"""Categories for which both datasets have figures."""


def lod_columns(day: date) -> dict[str, Category]:
    """Return the categories of lod's columns, by column name, for the rows of a day."""
    return _LOD if day >= _MERGED_ON else _LOD_UNTIL_MERGED


DIRECTION = "greatest losses direction"
"""Name of the column in petro's equipment files that holds places instead of a figure."""

DIRECTION_TOPIC = TopicRecord(
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

TOPICS = (*(category.topic for category in (PERSONNEL, PRISONERS, *PETRO_EQUIPMENT.values())), DIRECTION_TOPIC)
"""Every topic of both datasets; petro has all of lod's."""
