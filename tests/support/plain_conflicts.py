"""A naive reference implementation of conflicts between figures: every pair is compared, and nothing is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from app.schemas.base import edtf
from app.services.policy.figure_conflicts import MAX_FIGURES_OF_ONE_TIME
from app.services.policy.figure_intervals import Interval
from app.vocabulary import ASSERTING_STANCES, ConflictKind, Metric

Row = dict[str, Any]

STATES = (Metric.PRESENT, Metric.AREA)


@dataclass(frozen=True)
class PlainFigure:
    """A figure with what its claim and topic say."""

    claim_id: str
    position: int
    metric: str
    unit: str
    population: str | None
    place: str | None
    cumulative: bool
    time: str | None
    interval: Interval | None
    attributions: tuple[Row, ...]
    topic_start: date = date.min

    @property
    def mode(self) -> str:
        """state, total or period."""
        if self.cumulative or self.metric == Metric.DEPLOYED_TOTAL:
            return "total"
        return "state" if self.metric in STATES else "period"

    @property
    def span(self) -> edtf.Span:
        return edtf.span(self.time)

    @property
    def beginning(self) -> date | None:
        """Since when a running total counts; None for the beginning of the topic's period."""
        start, slash, _end = (self.time or "").partition("/")
        since = edtf.bounds(start).earliest if slash and start not in {"", ".."} else self.topic_start
        return None if since == self.topic_start else since

    @property
    def end(self) -> object:
        """By when a running total counts."""
        last = (self.time or "").split("/")[-1]
        if "T" not in last:
            return edtf.bounds(last)
        return (self.span.end if "/" in (self.time or "") else self.span.start), self.span.is_zoned


@dataclass(frozen=True)
class PlainVoice:
    """A source behind a figure."""

    source: str
    is_origin: bool
    carriers: frozenset[str]
    said: edtf.Span | None


class PlainConflicts:
    """The conflicts between figures of one topic."""

    def __init__(
        self,
        figures: Sequence[PlainFigure],
        anonymity: Mapping[str, str],
        parents: Mapping[str, str | None],
        settled: Collection[frozenset[str]] = (),
    ) -> None:
        """`parents` maps each source to its organisation; `settled` has the pairs of claims that do not compete."""
        self.figures = figures
        self.anonymity = anonymity
        self.parents = parents
        self.settled = settled

    def pairs(self) -> list[tuple[PlainFigure, PlainFigure, ConflictKind]]:
        """All conflicts."""
        return [
            (first, second, kind)
            for first, second in combinations(self.figures, 2)
            if (kind := self.conflict(first, second)) is not None
        ]

    def conflict(self, first: PlainFigure, second: PlainFigure) -> ConflictKind | None:
        """The kind of conflict between two figures; None if they do not conflict."""
        if first.claim_id == second.claim_id or frozenset((first.claim_id, second.claim_id)) in self.settled:
            return None
        if not are_comparable(first, second) or not are_apart(first.interval, second.interval):
            return None
        if self.is_unclear(first) or self.is_unclear(second):
            return None
        voices, others = self.standing_voices(first), self.standing_voices(second)
        if voices is None or others is None:
            return None
        if not voices or not others:
            return ConflictKind.SOURCES
        return self.rivalry(first, second, voices, others)

    def rivalry(
        self, first: PlainFigure, second: PlainFigure, voices: Sequence[PlainVoice], others: Sequence[PlainVoice]
    ) -> ConflictKind | None:
        """The kind of conflict between figures with these voices."""
        pairs = [(voice, other) for voice in voices for other in others]
        shared = [pair for pair in pairs if self.speak_as_one(pair[0].source, pair[1].source)]
        of_origins = [pair for pair in shared if pair[0].is_origin and pair[1].is_origin]
        if of_origins:
            may_differ = first.mode != "period" and first.span == second.span
            for voice, other in of_origins:
                is_one_time = voice.said is None or other.said is None or voice.said.overlaps(other.said)
                is_same = voice.source == other.source
                may_differ = may_differ and is_same and is_one_time and not voice.carriers & other.carriers
            return ConflictKind.RELAYS if may_differ else None
        if all(voice in [pair[0] for pair in shared] for voice in voices):
            return None
        if all(other in [pair[1] for pair in shared] for other in others):
            return None
        for voice, other in pairs:
            if (
                (voice, other) not in shared
                and not self.agrees(voice.source, first, second)
                and not self.agrees(other.source, second, first)
            ):
                return ConflictKind.SOURCES
        return None

    # --- the figures of one source ---

    def own_figures(self, source: str, figure: PlainFigure) -> list[PlainFigure]:
        """All figures that a source gave, as their origin, of exactly the same thing and time; none if they agree."""
        own = [
            other
            for other in self.figures
            if are_comparable(figure, other)
            and other.span == figure.span
            and any(voice.source == source and voice.is_origin for voice in self.voices(other))
        ]
        has_differences = any(are_apart(first.interval, other.interval) for first, other in combinations(own, 2))
        return own if has_differences and len({other.claim_id for other in own}) > 1 else []

    def agrees(self, source: str, figure: PlainFigure, other: PlainFigure) -> bool:
        return any(not are_apart(own.interval, other.interval) for own in self.own_figures(source, figure))

    def last_said(self, source: str, own: Sequence[PlainFigure]) -> PlainFigure | None:
        """The figure that a source gave after all others."""
        times = [
            (voice.said, figure)
            for figure in own
            for voice in self.voices(figure)
            if voice.source == source and voice.is_origin
        ]
        for time, figure in times:
            if all(
                other.claim_id == figure.claim_id or (past is not None and time is not None and past.ends_before(time))
                for past, other in times
            ):
                return figure if time is not None else None
        return None

    def is_unclear(self, figure: PlainFigure) -> bool:
        """True if some source gave several figures of that time, so that these are of different incidents."""
        sources = {
            voice.source
            for other in self.figures
            if are_comparable(figure, other) and other.span == figure.span
            for voice in self.voices(other)
            if voice.is_origin
        }
        several = [(source, own) for source in sources if (own := self.own_figures(source, figure))]
        return any(
            len(own) > MAX_FIGURES_OF_ONE_TIME or (figure.mode == "period" and self.last_said(source, own) is None)
            for source, own in several
        )

    def standing_voices(self, figure: PlainFigure) -> list[PlainVoice] | None:
        """The voices that stand by a figure; None if all of them have updated it."""
        voices = self.voices(figure)
        standing = []
        for voice in voices:
            own = self.own_figures(voice.source, figure)
            last = self.last_said(voice.source, own) if own else None
            if last is None or not are_apart(figure.interval, last.interval):
                standing.append(voice)
        return standing if standing or not voices else None

    def voices(self, figure: PlainFigure) -> list[PlainVoice]:
        voices_by_source: dict[tuple[str, bool], tuple[set[str], list[edtf.Span]]] = {}
        for chain in self.chains(figure):
            source = chain[-1]
            if self.anonymity[source["source_id"]] not in {"named", "described"} or source["withdrawn"]:
                continue
            carriers, times = voices_by_source.setdefault(
                (source["source_id"], source["lineage"] == "original"), (set(), [])
            )
            carriers |= {link["source_id"] for link in chain[:-1]} or {source["source_id"]}
            if source["said"] is not None:
                times.append(edtf.span(source["said"]))
        return [
            PlainVoice(source, is_origin, frozenset(carriers), max(times, key=lambda span: span.start, default=None))
            for (source, is_origin), (carriers, times) in voices_by_source.items()
        ]

    def chains(self, figure: PlainFigure) -> list[list[Row]]:
        """The chains of the asserting attributions, from the last relay to the identified source."""
        by_id = {row["id"]: row for row in figure.attributions}
        asserting = [
            row
            for row in sorted(figure.attributions, key=lambda row: row["id"])
            if row["stance"] in ASSERTING_STANCES
            and not row["withdrawn"]
            and not any(link["withdrawn"] for link in self.upstream(row, by_id))
        ]
        chains = [self.chain(row, by_id) or [row] for row in asserting]
        cited = {link["id"] for chain in chains for link in chain[1:]}
        return [chain for chain in chains if chain[0]["id"] not in cited or chain[0]["document_id"] is not None]

    def chain(self, row: Row, by_id: Mapping[str, Row]) -> list[Row]:
        """The attribution and those that it relays, up to the furthest identified one that still stands."""
        chain = [row, *self.upstream(row, by_id)]
        while chain and (
            chain[-1]["withdrawn"] or self.anonymity[chain[-1]["source_id"]] not in {"named", "described"}
        ):
            chain.pop()
        return chain

    def upstream(self, row: Row, by_id: Mapping[str, Row]) -> list[Row]:
        """The attributions from which this one was relayed, nearest first."""
        links = [row]
        while links[-1]["upstream_id"] in by_id:
            links.append(by_id[links[-1]["upstream_id"]])
        return links[1:]

    def speak_as_one(self, source: str, other: str) -> bool:
        return source in self.line(other) or other in self.line(source)

    def line(self, source: str) -> list[str]:
        """The source and its organisations."""
        line = [source]
        while (parent := self.parents.get(line[-1])) is not None:
            line.append(parent)
        return line


def are_comparable(first: PlainFigure, second: PlainFigure) -> bool:
    """Whether two figures are of the same thing, counted in the same way, at times that may be the same."""
    if first.time is None or second.time is None or first.mode != second.mode or first.metric != second.metric:
        return False
    for name in ("unit", "population", "place"):
        texts = [getattr(figure, name) for figure in (first, second)]
        if len({None if text is None else " ".join(text.casefold().split()) for text in texts}) > 1:
            return False
    if edtf.OPEN in (edtf.bounds(first.time), edtf.bounds(second.time)):
        return False
    if first.mode == "state":
        return first.span.overlaps(second.span)
    if first.mode == "period":
        are_incidents = all(
            figure.span.has_hours and figure.span.length <= timedelta(days=1) for figure in (first, second)
        )
        return first.span.overlaps(second.span) if are_incidents else first.span == second.span
    has_end = date.max not in {edtf.bounds(first.time).latest, edtf.bounds(second.time).latest}
    return has_end and first.beginning == second.beginning and first.end == second.end


def are_apart(first: Interval | None, second: Interval | None) -> bool:
    """Whether no number is in both intervals."""
    return first is not None and second is not None and (_is_below(first, second) or _is_below(second, first))


def _is_below(lower: Interval, upper: Interval) -> bool:
    if lower.high is None or upper.low is None:
        return False
    return lower.high < upper.low or (lower.high == upper.low and (lower.high_open or upper.low_open))
