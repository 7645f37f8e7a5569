"""The sources and topics of a generated database."""

import json
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from app.formats.search_text import fold
from app.vocabulary import Metric, MetricFamily
from benchmarks import texts
from benchmarks.history import BEGIN
from benchmarks.ids import Ids
from benchmarks.rows import SourceRow, TopicRow
from benchmarks.texts import Zipf

FIRST_DAY = date(2022, 2, 24)
"""The earliest day that claims are about."""


class Speaker(NamedTuple):
    """The properties of a source that claims need."""

    id: str
    root: str
    """The source at the top of its tree."""
    kind: str
    named: bool
    language: str
    names: tuple[str, ...]


class Question(NamedTuple):
    """The properties of a topic that claims need."""

    id: str
    family: MetricFamily
    metric: Metric
    unit: str
    region: texts.Place
    base: int
    """The figure at the start of the period."""
    growth: float
    """The growth until the end of the period, as a multiple of `base`."""


class World(NamedTuple):
    """The sources and topics that all claims share."""

    source_rows: list[SourceRow]
    topic_rows: list[TopicRow]
    speakers: Zipf[Speaker]
    parties: dict[str, Speaker]
    """The states that are parties to the war, by side."""
    questions: Zipf[Question]


_STATES = {
    "Ukraine": ("uk", "Ukrainian", ("Україна",)),
    "Russia": ("ru", "Russian", ("Россия", "Росія")),
    "North Korea": ("ko", "North Korean", ("조선민주주의인민공화국", "DPRK")),
    "South Korea": ("ko", "", ("대한민국",)),
    "United States": ("en", "", ("USA",)),
    "United Kingdom": ("en", "", ("UK",)),
    "Belarus": ("ru", "Belarusian", ("Беларусь",)),
    "China": ("zh", "", ("中国",)),
    "Greece": ("el", "", ("Ελλάδα",)),
    "Saudi Arabia": ("ar", "", ("السعودية",)),
}
_OFFICES = (
    ("Ministry of Defence of {}", "government"),
    ("General Staff of {}", "armed_force"),
    ("Intelligence service of {}", "intelligence_service"),
    ("Government spokesperson of {}", "person"),
    ("Border guard of {}", "armed_force"),
)
_PRESS_NAMES = "Herald Courier Observer Gazette Tribune Dispatch Monitor Chronicle Wire Telegraph Post Review".split()
_LOCAL_NAMES = {
    "uk": "Вісник {}",
    "ru": "Вестник {}",
    "ko": "{} 신문",
    "ar": "صحيفة {}",
    "zh": "{}日报",
    "el": "Εφημερίδα {}",
}
_NAMES = {
    "social_media_account": "@{handle}_{number}",
    "witness": "Resident of {village}",
    "research_organisation": "{village} Institute for Conflict Studies",
    "ngo": "{village} Relief",
    "dataset": "Losses around {village}, dataset {number}",
    "other": "Official in {village} who asked not to be named",
}
_OTHER_SOURCES = (
    ("news_organisation", "named", 0.45),
    ("social_media_account", "named", 0.20),
    ("witness", "described", 0.10),
    ("person", "named", 0.12),
    ("research_organisation", "named", 0.05),
    ("ngo", "named", 0.04),
    ("dataset", "named", 0.02),
    ("other", "anonymous", 0.02),
)
_METRICS: dict[MetricFamily, tuple[tuple[Metric, str], ...]] = {
    MetricFamily.STRENGTH: ((Metric.PRESENT, "soldiers"), (Metric.DEPLOYED_TOTAL, "soldiers")),
    MetricFamily.CASUALTIES: (
        (Metric.KILLED, "soldiers"),
        (Metric.WOUNDED, "soldiers"),
        (Metric.KILLED_AND_WOUNDED, "soldiers"),
        (Metric.KILLED, "civilians"),
    ),
    MetricFamily.CAPTIVITY: ((Metric.CAPTURED, "soldiers"), (Metric.SURRENDERED, "soldiers")),
    MetricFamily.EQUIPMENT: (
        (Metric.EQUIPMENT_DESTROYED, "tanks"),
        (Metric.EQUIPMENT_LOST, "vehicles"),
        (Metric.EQUIPMENT_DAMAGED, "howitzers"),
        (Metric.EQUIPMENT_CAPTURED, "vehicles"),
        (Metric.EQUIPMENT_DESTROYED, "drones"),
    ),
    MetricFamily.AREA: ((Metric.AREA, "km²"),),
    MetricFamily.OTHER: ((Metric.OTHER, "shells"),),
}
FAMILIES = {
    MetricFamily.CASUALTIES: 30,
    MetricFamily.EQUIPMENT: 30,
    MetricFamily.STRENGTH: 12,
    MetricFamily.AREA: 15,
    MetricFamily.CAPTIVITY: 8,
    MetricFamily.OTHER: 5,
}
"""The relative frequency of topics in each family."""


def metric_of(rng: Random, family: MetricFamily) -> tuple[Metric, str]:
    """Draw a metric of a family, with its unit."""
    return rng.choice(_METRICS[family])


def build(claims: int, seed: int) -> World:
    """Build the sources and topics of a database of `claims` claims."""
    rng = Random(f"world {seed} {claims}")
    ids = Ids(rng, BEGIN)
    rows, speakers, parties = _sources(rng, ids, max(200, claims // 200))
    topic_rows, questions = _topics(rng, ids, max(20, claims // 500))
    return World(rows, topic_rows, Zipf(speakers, flatness=2.5), parties, Zipf(questions, flatness=10))


def moment(at: datetime) -> str:
    """Format a moment as SQLite stores it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _source(
    ids: Ids, number: int, *, name: str, kind: str, parent: str | None, others: tuple[str, ...], **more: str | None
) -> SourceRow:
    return SourceRow(
        id=ids.new("src"),
        key=f"source/{number}",
        version=1,
        name=name,
        kind=kind,
        anonymity=more.get("anonymity") or "named",
        parent_id=parent,
        other_names=json.dumps(list(others)),
        name_folded=fold(name),
        other_names_folded="\n".join(map(fold, others)),
        side=more.get("side"),
        url=more.get("url"),
        description=more.get("description"),
        change_seq=1,
        recorded_at=moment(BEGIN),
    )


def _sources(rng: Random, ids: Ids, count: int) -> tuple[list[SourceRow], list[Speaker], dict[str, Speaker]]:
    """All sources, parents first; the same as speakers, the most frequent first; the parties by side."""
    rows: list[SourceRow] = []
    speakers: list[Speaker] = []
    parties: dict[str, Speaker] = {}

    def add(row: SourceRow, root: str, language: str) -> Speaker:
        rows.append(row)
        names = (row.name, *json.loads(row.other_names))
        speaker = Speaker(row.id, root, row.kind, row.anonymity in ("named", "described"), language, names)
        speakers.append(speaker)
        return speaker

    for name, (language, side, others) in _STATES.items():
        state = _source(
            ids, len(rows), name=name, kind="government", parent=None, others=others, side=name if side else None
        )
        speaker = add(state, state.id, language)
        if side:
            parties[side] = speaker
        for office, kind in _OFFICES:
            row = _source(
                ids,
                len(rows),
                name=office.format(name),
                kind=kind,
                parent=state.id,
                others=(),
                side=name if side else None,
            )
            add(row, state.id, language)
    possible_parents = list(speakers)
    while len(rows) < count:
        kinds, weights = [row[:2] for row in _OTHER_SOURCES], [row[2] for row in _OTHER_SOURCES]
        kind, anonymity = rng.choices(kinds, weights)[0]
        language = rng.choices(("en", *texts.LANGUAGES), (40, 20, 15, 9, 6, 6, 4))[0]
        has_parent = rng.random() < 0.35
        parent = rng.choice(possible_parents) if has_parent else None
        name, others = _name(rng, kind, language, len(rows))
        url = f"https://source-{len(rows)}.example/" if kind != "witness" else None
        row = _source(
            ids,
            len(rows),
            name=name,
            kind=kind,
            parent=parent and parent.id,
            others=others,
            anonymity=anonymity,
            url=url,
            description=f"A {kind.replace('_', ' ')} that was made up.",
        )
        speaker = add(row, parent.root if parent else row.id, language)
        if rng.random() < 0.05:
            possible_parents.append(speaker)
    # Offices alternate with other sources at the top; a long tail hardly ever speaks.
    frequent = speakers[1 : 1 + len(_STATES) * (1 + len(_OFFICES))]
    rest = speakers[1 + len(frequent) :]
    ordered = [speaker for pair in zip(frequent, rest, strict=False) for speaker in pair]
    placed = set(ordered)
    ordered += [speaker for speaker in speakers if speaker not in placed]
    return rows, ordered, parties


def _name(rng: Random, kind: str, language: str, number: int) -> tuple[str, tuple[str, ...]]:
    village = texts.VILLAGES.draw(rng)
    if kind == "news_organisation":
        local = _LOCAL_NAMES.get(language)
        place = texts.cyrillic(village) if language in ("uk", "ru") else str(number)
        return f"{village} {rng.choice(_PRESS_NAMES)}", (local.format(place),) if local else ()
    if kind == "person":
        return texts.person_name(rng), ()
    return _NAMES[kind].format(village=village, handle=village.replace(" ", "").lower(), number=number), ()


def _topics(rng: Random, ids: Ids, count: int) -> tuple[list[TopicRow], list[Question]]:
    rows, questions = [], []
    for number in range(count):
        family = rng.choices(list(FAMILIES), list(FAMILIES.values()))[0]
        metric, unit = metric_of(rng, family)
        region, side = texts.REGIONS.draw(rng), texts.SIDES.draw(rng)
        place = f"{region.latin} Oblast"
        row = TopicRow(
            id=ids.new("top"),
            key=f"topic/{number}",
            version=1,
            title=f"How many {side} {unit} ({metric.value.replace('_', ' ')}) in {place}, question {number}?",
            subject=f"{side} {unit}",
            metric_family=family.value,
            place=place,
            period="2022-02-24/..",
            period_earliest=FIRST_DAY.isoformat(),
            period_latest=date.max.isoformat(),
            note=None,
            change_seq=1,
            recorded_at=moment(BEGIN),
        )
        rows.append(row)
        base = int(rng.lognormvariate(6, 1.5)) + 10
        questions.append(Question(row.id, family, metric, unit, region, base, rng.uniform(0, 8)))
    return rows, questions


def day_before(day: date, days: float) -> date:
    """Return the day `days` before `day`, but not before FIRST_DAY."""
    return max(FIRST_DAY, day - timedelta(days=int(days)))
