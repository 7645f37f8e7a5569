"""Which topics ask the same question. Pure functions over rows.

Figures conflict only within one topic, so that two topics of one question hide contradictions. A suggestion must be
right nearly always: titles that merely share words are not enough.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from app.db.revisions import StoredRow
from app.formats.search_text import fold
from app.vocabulary import MetricFamily, TopicLikeness

_WORD = re.compile(r"\w+")
_APOSTROPHE = re.compile(r"['’]s\b|['’]")
_FILLER_WORDS = frozenset(
    (
        *("a", "an", "the", "of", "in", "on", "at", "to", "by", "for", "is", "are", "was", "were", "be", "been"),
        *("has", "have", "had", "there", "did", "do", "does", "and"),
        *("how", "many", "much", "what", "which", "number", "count", "total"),
    )
)
"""English words that do not change what a title asks for. All others do, and so does their order."""


class Likeness(NamedTuple):
    """A topic, an earlier one that may ask the same question, and why."""

    topic_id: str
    earlier_id: str
    reason: TopicLikeness


def find_likenesses(topics: Iterable[StoredRow], metrics: Mapping[str, frozenset[str]]) -> Iterator[Likeness]:
    """Yield each topic that may ask the same question as an earlier one, with the first such topic.

    `topics` are in the order in which they were recorded. `metrics` maps each topic to the metrics of its figures;
    topics without figures are missing.
    """
    by_title: dict[object, list[StoredRow]] = defaultdict(list)
    by_question: dict[object, list[StoredRow]] = defaultdict(list)
    for topic in topics:
        title, question = title_key(topic["title"]), _question(topic)
        earlier = next((other for other in by_title[title] if _may_be_one(topic, other)), None) if title else None
        if earlier is not None:
            yield Likeness(topic["id"], earlier["id"], TopicLikeness.TITLE)
        elif topic["metric_family"] != MetricFamily.OTHER:
            earlier = next((other for other in by_question[question] if _share_a_metric(topic, other, metrics)), None)
            if earlier is not None:
                yield Likeness(topic["id"], earlier["id"], TopicLikeness.QUESTION)
        by_title[title].append(topic)
        by_question[question].append(topic)


def title_key(title: str) -> tuple[str, ...]:
    """The words of a title that matter, in order, without case, accents, punctuation and the plural s."""
    words = _WORD.findall(fold(_APOSTROPHE.sub("", title)))
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word  # noqa: PLR2004 - 'gas'
        for word in words
        if word not in _FILLER_WORDS
    )


def _question(topic: StoredRow) -> tuple[object, ...]:
    """What a topic compares, apart from its title."""
    place = None if topic["place"] is None else fold(topic["place"])
    period = topic["period_earliest"], topic["period_latest"]
    return fold(topic["subject"]), topic["metric_family"], place, *period


def _may_be_one(first: StoredRow, second: StoredRow) -> bool:
    """False if two topics of one title differ in family or place, or cover different periods."""
    places = {fold(topic["place"]) for topic in (first, second) if topic["place"] is not None}
    return (
        first["metric_family"] == second["metric_family"]
        and len(places) < 2  # noqa: PLR2004 - one place, or none
        and first["period_earliest"] <= second["period_latest"]
        and second["period_earliest"] <= first["period_latest"]
    )


def _share_a_metric(first: StoredRow, second: StoredRow, metrics: Mapping[str, frozenset[str]]) -> bool:
    """Whether figures of both count the same: how many were destroyed and how many captured are two questions."""
    return not metrics.get(first["id"], frozenset()).isdisjoint(metrics.get(second["id"], frozenset()))
