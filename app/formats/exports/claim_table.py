"""Claims as a table for CSV and Parquet: one row for each figure, and one row for a claim without figures."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from app.formats.english.decision_origins import describe_origin
from app.formats.english.retraction_words import describe_taken_back
from app.formats.english.source_names import name_with_parent
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.publication import PublishedAttribution, PublishedClaim


class ClaimColumn(NamedTuple):
    """A column of the table."""

    name: str
    kind: str
    """Type of the values: text, whole (an integer), number (a decimal), flag, day, moment or speakers."""
    meaning: str


CLAIM_COLUMNS: tuple[ClaimColumn, ...] = (
    ClaimColumn("claim_id", "text", "Id of the claim. All rows of a claim are next to each other."),
    ClaimColumn("version", "whole", "The version of the claim."),
    ClaimColumn("figure", "whole", "Number of the figure within the claim, from 1. Empty: the claim has no figures."),
    ClaimColumn("statement", "text", "The proposition, in our words."),
    ClaimColumn("language", "text", "Language of the statement (BCP 47)."),
    ClaimColumn("kind", "text", "What the claim is about."),
    ClaimColumn("topic_id", "text", "The topic that it belongs to."),
    ClaimColumn("topic", "text", "The question of that topic."),
    ClaimColumn("place", "text", "The place."),
    ClaimColumn("time", "text", "The time to which the claim refers (EDTF)."),
    ClaimColumn("metric", "text", "What the figure counts."),
    ClaimColumn("unit", "text", "The unit of the figure."),
    ClaimColumn("population", "text", "The part of the topic's subject that the figure counts. Empty: all of it."),
    ClaimColumn("qualifier", "text", "How the source qualifies the figure."),
    ClaimColumn("value_low", "number", "The source's lower bound. Empty: it gave none."),
    ClaimColumn("value_best", "number", "The source's number."),
    ClaimColumn("value_high", "number", "The source's upper bound."),
    ClaimColumn("cumulative", "flag", "Whether the figure is a running total up to `time`."),
    ClaimColumn("basis", "text", "How the source arrived at the figure."),
    ClaimColumn("verbatim", "text", "The figure in the source's words: 'dozens' stays 'dozens'."),
    ClaimColumn("verbatim_language", "text", "Language of `verbatim` (BCP 47)."),
    ClaimColumn(
        "said_by",
        "speakers",
        "The sources and their stances, without attributions that were taken back. A relay says if its own source "
        "retracted the statement, or had been recorded wrongly.",
    ),
    ClaimColumn("adverse_to", "text", "The party whose losses or conduct the claim states."),
    ClaimColumn("status", "text", "What was concluded."),
    ClaimColumn("decided_on", "day", "Date of the decision. Empty: there is none."),
    ClaimColumn("decision_origin", "text", "On whose word the decision is. Empty: ours, or none."),
    ClaimColumn("decision_stale", "flag", "Whether the decision is stale. Empty: there is no decision."),
    ClaimColumn("stage", "text", "Editorial stage."),
    ClaimColumn("notice", "text", "What readers are told about a correction or withdrawal."),
    ClaimColumn("recorded_at", "moment", "When this version was recorded (UTC)."),
    ClaimColumn("address", "text", "Permanent address of this version."),
    ClaimColumn("content_hash", "text", "SHA-256 of the version's content."),
)

_FIGURE_FIELDS = ("metric", "unit", "population", "qualifier", "cumulative", "basis", "verbatim", "verbatim_language")


class Speaker(NamedTuple):
    """A source and its stance on a claim."""

    source_id: str
    name: str
    stance: str
    upstream_state: str
    """Whether what the source relayed it from still stands, a value of `UpstreamState`."""
    upstream: str
    """What became of the sources of a relay, in words; empty if they stand."""


def claim_rows(claim: PublishedClaim) -> Iterator[dict[str, Any]]:
    """Yield the rows of a claim by column name; figures are decimals, and unknown values are None or missing."""
    decision = claim.decision
    shared_cells = {
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
        "adverse_to": None if claim.adverse_to is None else name_with_parent(claim.adverse_to),
        "status": claim.status.value,
        "decided_on": None if decision is None else str(decision["decided_on"]),
        "decision_origin": None if decision is None else describe_origin(decision),
        "decision_stale": None if decision is None else decision["stale"],
        "stage": claim.stage.value,
        "notice": claim.notice,
        "recorded_at": claim.recorded_at,
        "address": claim.address,
        "content_hash": content_hash(claim),
    }
    if not claim.quantities:
        yield shared_cells
    for number, figure in enumerate(claim.quantities, 1):
        values = {f"value_{name}": figure[name] for name in ("low", "best", "high")}
        yield {**shared_cells, "figure": number, **{name: figure[name] for name in _FIGURE_FIELDS}, **values}


def speakers(claim: PublishedClaim) -> list[Speaker]:
    """Return the distinct sources and stances on a claim, in the order recorded."""
    return list(
        dict.fromkeys(
            Speaker(
                attribution.source.id,
                name_with_parent(attribution.source),
                attribution.stance.value,
                attribution.upstream_state.value,
                describe_taken_back(attribution.taken_back),
            )
            for attribution in current_attributions(claim)
        )
    )


def current_attributions(claim: PublishedClaim) -> list[PublishedAttribution]:
    """Return the attributions of a claim that were neither retracted nor withdrawn."""
    return [attribution for attribution in claim.attributions if not attribution.withdrawn]
