"""Conflicts between figures in English: who gave which figure, through whom.

National Intelligence Service gives 11,000 soldiers present in January 2025, according to The Paper; the Main
Directorate of Intelligence gives about 12,000.
"""

import re
from collections.abc import Mapping, Sequence

from app.formats.english.english_dates import format_edtf
from app.formats.english.source_names import is_plural, join_names
from app.schemas.estimate import Conflict, FigureSpeaker
from app.schemas.quantity import QuantityRead
from app.schemas.source import SourceBrief
from app.vocabulary import ConflictKind, Metric, Qualifier, SourceKind

_METRIC_PHRASES: Mapping[Metric, str] = {
    Metric.PRESENT: "{figure} {unit} present",
    Metric.DEPLOYED_TOTAL: "{figure} {unit} deployed in all",
    Metric.KILLED: "{figure} {unit} killed",
    Metric.WOUNDED: "{figure} {unit} wounded",
    Metric.KILLED_AND_WOUNDED: "{figure} {unit} killed or wounded",
    Metric.MISSING: "{figure} {unit} missing",
    Metric.CAPTURED: "{figure} {unit} captured",
    Metric.SURRENDERED: "{figure} {unit} surrendered",
    Metric.IRRECOVERABLE: "{figure} {unit} irrecoverably lost",
    Metric.CASUALTIES_UNSPECIFIED: "losses of {figure} {unit}",
    Metric.EQUIPMENT_DESTROYED: "{figure} {unit} destroyed",
    Metric.EQUIPMENT_DAMAGED: "{figure} {unit} damaged",
    Metric.EQUIPMENT_ABANDONED: "{figure} {unit} abandoned",
    Metric.EQUIPMENT_CAPTURED: "{figure} {unit} captured",
    Metric.EQUIPMENT_LOST: "{figure} {unit} lost",
    Metric.AREA: "{figure} {unit}",
    Metric.OTHER: "{figure} {unit}",
}

_QUALIFIER_PHRASES: Mapping[Qualifier, str] = {
    Qualifier.EXACT: "{best}",
    Qualifier.ABOUT: "about {best}",
    Qualifier.AT_LEAST: "at least {low}",
    Qualifier.MORE_THAN: "more than {low}",
    Qualifier.AT_MOST: "at most {high}",
    Qualifier.FEWER_THAN: "fewer than {high}",
    Qualifier.UP_TO: "up to {high}",
    Qualifier.BETWEEN: "between {low} and {high}",
    Qualifier.VAGUE: "{verbatim}",
}

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NAME_WITH_ARTICLE = re.compile(r"(?:[A-Z][\w'-]+ )+of |United (?:States|Kingdom|Nations|Arab)\b")
"""Names such as 'General Staff of the Armed Forces' take an article in a sentence."""


def conflict_sentence(conflict: Conflict) -> str:
    """Return a conflict in one sentence: who gave which figure for which time, and through whom."""
    first, second = conflict.quantities
    first_time, second_time = (_time_phrase(time, first.cumulative) for time in conflict.times)
    first_figure = f"{_whole_figure(first)}{first_time}"
    second_figure = f"{format_figure(second)}{'' if second_time == first_time else second_time}"
    speakers, other_speakers = conflict.speakers
    if conflict.kind is ConflictKind.RELAYS:
        source_ids = {speaker.source.id for speaker in other_speakers}
        shared = [speaker for speaker in speakers if speaker.source.id in source_ids]
        text = (
            f"{_carriers(speakers)}, {_account(shared)} {first_figure}; "
            f"{_carriers(other_speakers)}, {'they give' if _are_several(shared) else 'it gives'} {second_figure}"
        )
    else:
        text = f"{_account(speakers)} {first_figure}{_relays(speakers)}; {_account(other_speakers)} {second_figure}"
        text += _relays(other_speakers)
    return f"{text[:1].upper()}{text[1:]}."


def format_figure(figure: QuantityRead) -> str:
    """Return a figure as its source qualifies it: 'about 11,000'."""
    numbers = {name: getattr(figure, name) for name in ("low", "best", "high")}
    texts = {name: "" if number is None else f"{number:,f}" for name, number in numbers.items()}
    return _QUALIFIER_PHRASES[figure.qualifier].format(**texts, verbatim=f"“{figure.verbatim}”")


def _whole_figure(figure: QuantityRead) -> str:
    phrase = _METRIC_PHRASES[figure.metric].format(figure=format_figure(figure), unit=figure.unit)
    return phrase if figure.population is None else f"{phrase} ({figure.population})"


def _time_phrase(time: str | None, cumulative: bool) -> str:
    """Return ' on 12 January 2025', ' in January 2025' or, for running totals, ' by 12 January 2025'."""
    if time is None:
        return ""
    text = format_edtf(time)
    if text.startswith(("by ", "from ")):
        return f" {text}"
    if cumulative and "/" not in time:
        return f" by {text}"
    if "/" in time:
        return f" for {text}"
    if "T" in time:
        return f" at {text}"
    return f" on {text}" if _DAY.fullmatch(time) else f" in {text}"


def _account(speakers: Sequence[FigureSpeaker]) -> str:
    """Return the sources of a figure with their verb: 'the Ministry of Defence gives'."""
    if not speakers:
        return "a claim without a recorded source gives"
    names = dict.fromkeys(_name(speaker.source) for speaker in speakers)
    return f"{join_names(list(names))} {'give' if _are_several(speakers) else 'gives'}"


def _are_several(speakers: Sequence[FigureSpeaker]) -> bool:
    return len({speaker.source.id for speaker in speakers}) > 1 or is_plural(speakers[0].source)


def _relays(speakers: Sequence[FigureSpeaker]) -> str:
    """Return the relays of a figure: ', according to The Paper, citing The Agency'."""
    phrases: dict[str, None] = {}
    for speaker in speakers:
        if speaker.relayed_by:
            *cited, last = [_name(source) for source in speaker.relayed_by]
            phrases[last + (f", citing {join_names(cited[::-1])}" if cited else "")] = None
    return f", according to {join_names(list(phrases))}" if phrases else ""


def _carriers(speakers: Sequence[FigureSpeaker]) -> str:
    """Return through whom a figure is known: 'according to The Paper', or 'in its own words'."""
    relays = dict.fromkeys(_name(speaker.relayed_by[-1]) for speaker in speakers if speaker.relayed_by)
    return f"according to {join_names(list(relays))}" if relays else "in its own words"


def _name(source: SourceBrief) -> str:
    has_article = source.kind is not SourceKind.PERSON and _NAME_WITH_ARTICLE.match(source.name) is not None
    return f"the {source.name}" if has_article else source.name
