"""What the Ukrainian General Staff counts, how the record speaks of it, and in which columns it stands."""

from dataclasses import dataclass
from datetime import date

from app.formats.english.wording import in_words
from app.formats.readers.war_parties import FULL_SCALE_WAR
from app.schemas.files.exchange_record import TopicRecord
from app.vocabulary import Basis, ClaimKind, Metric, MetricFamily, Qualifier


@dataclass(frozen=True)
class Category:
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
    title="How many {many} has Ukraine taken prisoner, by its own count?",
    subject="{many} in Ukrainian captivity",
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
# On all days until then on which both have figures but one (30 for 130), lod's are petro's of motor vehicles.
_LOD_UNTIL_MERGED = _LOD | {"unarmoredVehicles": _MOTOR_VEHICLE}
_MERGED_ON = date(2022, 5, 1)

IN_BOTH = frozenset({*_LOD_UNTIL_MERGED.values(), *_LOD.values()})
"""What both collections have figures of."""


def lod_columns(day: date) -> dict[str, Category]:
    """What stands in the columns of lod's rows of a day."""
    return _LOD if day >= _MERGED_ON else _LOD_UNTIL_MERGED


DIRECTION = "greatest losses direction"
"""A column of petro's equipment that names places."""

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
"""Every topic of these collections; petro has all that lod has."""
