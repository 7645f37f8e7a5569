"""Claims as a table: one row for each figure, and one for a claim without figures. CSV and Parquet are made of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from app.formats.english.source_names import in_brackets
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.publication import PublishedAttribution, PublishedClaim


class Column(NamedTuple):
    """A column of the table."""

    name: str
    kind: str
    """text, whole (a whole number), number (a decimal one), flag, day, moment or speakers."""
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("claim_id", "text", "The claim. All rows of a claim follow one another."),
    Column("version", "whole", "Which version of it this is."),
    Column("figure", "whole", "Number of the figure within the claim, from 1; empty: the claim has none."),
    Column("statement", "text", "The proposition, in our words."),
    Column("language", "text", "Language of the statement, BCP 47."),
    Column("kind", "text", "What it is about."),
    Column("topic_id", "text", "The question that it answers."),
    Column("topic", "text", "That question."),
    Column("place", "text", "Where."),
    Column("time", "text", "When it is said to be true, EDTF."),
    Column("metric", "text", "What the figure counts."),
    Column("unit", "text", "In what."),
    Column("population", "text", "Which part of the topic's subject; empty: all of it."),
    Column("qualifier", "text", "How the source limits it."),
    Column("value_low", "number", "Lower bound that the source gave; empty: it gave none."),
    Column("value_best", "number", "The number that the source gave."),
    Column("value_high", "number", "Upper bound that the source gave."),
    Column("cumulative", "flag", "Counted from a beginning up to the time."),
    Column("basis", "text", "How the source came by it."),
    Column("verbatim", "text", "The figure's own words: 'dozens' stays 'dozens'."),
    Column("verbatim_language", "text", "Their language, BCP 47."),
    Column("said_by", "speakers", "Who takes which stance, with what was taken back left out."),
    Column("adverse_to", "text", "The party whose losses or conduct it states."),
    Column("status", "text", "What was concluded."),
    Column("decided_on", "day", "When; empty: nothing was decided."),
    Column("decision_stale", "flag", "The claim is no longer what it was decided on; empty: nothing was decided."),
    Column("stage", "text", "Editorial stage."),
    Column("notice", "text", "What readers are told about a correction or withdrawal."),
    Column("recorded_at", "moment", "When this version was recorded, UTC."),
    Column("address", "text", "Where this version is, for ever."),
    Column("content_hash", "text", "SHA-256 of what it says; how it is made is documented."),
)

_FIGURE = ("metric", "unit", "population", "qualifier", "cumulative", "basis", "verbatim", "verbatim_language")


class Speaker(NamedTuple):
    """Who takes a stance."""

    source_id: str
    name: str
    stance: str


def rows(claim: PublishedClaim) -> Iterator[dict[str, Any]]:
    """The rows of a claim by the names of the columns. Figures are numbers, what is not known is None."""
    decision = claim.decision
    alike = {
        "claim_id": claim.id,
        "version": claim.version,
        "statement": claim.statement,
        "language": claim.language,
        "kind": claim.kind,
        "topic_id": None if claim.topic is None else claim.topic["id"],
        "topic": None if claim.topic is None else claim.topic["title"],
        "place": claim.place,
        "time": claim.time,
        "said_by": speakers(claim),
        "adverse_to": None if claim.adverse_to is None else in_brackets(claim.adverse_to),
        "status": claim.status.value,
        "decided_on": None if decision is None else str(decision["decided_on"]),
        "decision_stale": None if decision is None else decision["stale"],
        "stage": claim.stage.value,
        "notice": claim.notice,
        "recorded_at": claim.recorded_at,
        "address": claim.address,
        "content_hash": content_hash(claim),
    }
    if not claim.quantities:
        yield alike
    for number, figure in enumerate(claim.quantities, 1):
        values = {f"value_{name}": figure[name] for name in ("low", "best", "high")}
        yield {**alike, "figure": number, **{name: figure[name] for name in _FIGURE}, **values}


def speakers(claim: PublishedClaim) -> list[Speaker]:
    """Who takes which stance on a claim, each once, in the order recorded."""
    return list(dict.fromkeys(Speaker(one.source.id, in_brackets(one.source), one.stance.value) for one in said(claim)))


def said(claim: PublishedClaim) -> list[PublishedAttribution]:
    """What is said of a claim and was not taken back."""
    return [one for one in claim.attributions if not one.withdrawn]
