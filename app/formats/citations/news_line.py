"""Attribution lines in English, as newspapers print them: who said what, who denies it, and the desk's decision.

    South Korea's National Intelligence Service said that about 300 North Korean soldiers have been killed,
    according to The Paper; no statement by North Korea was found as of 12 January 2025; unconfirmed (Attest's desk,
    12 January 2025).

Each claim has one line, followed by the address of its version. A line only states what is on record. That no
statement was found is the result of a search on a certain day, and never a denial.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.formats.citations import short_style
from app.formats.citations.citation_note import describe_change, search_scope
from app.formats.english.decision_origins import describe_origin
from app.formats.english.english_dates import format_edtf
from app.formats.english.source_names import (
    is_placeholder,
    is_plural,
    join_names,
    join_sources,
    name_in_sentence,
    possessive_suffix,
)
from app.schemas.files.citation import Citation, Rendering
from app.schemas.files.publication import PublishedAttribution, PublishedClaim, PublishedSource
from app.vocabulary import ASSERTING_STANCES, ClaimStatus, Retractor, SourceKind, Stage, Stance

MAX_STATEMENT_LENGTH = 500
"""Characters of a statement that are printed. A longer one is cut after a whole word."""

_VERBS: Mapping[Stance, str] = {
    Stance.ASSERTS: "said",
    Stance.ALLEGES: "alleged",
    Stance.PREDICTS: "predicted",
    Stance.SPECULATES: "speculated",
    Stance.CONFIRMS: "confirmed",
    Stance.PARTLY_CONFIRMS: "confirmed in part",
    Stance.DENIES: "denied",
}

_FURTHER_PHRASES: Mapping[Stance, str] = {
    Stance.ASSERTS: "also stated by",
    Stance.ESTIMATES: "also estimated by",
    Stance.ALLEGES: "also alleged by",
    Stance.PREDICTS: "also predicted by",
    Stance.SPECULATES: "considered possible by",
    Stance.CONFIRMS: "confirmed by",
    Stance.PARTLY_CONFIRMS: "confirmed in part by",
    Stance.DENIES: "denied by",
    Stance.DISPUTES_FIGURE: "the figure is disputed by",
}
"""Introduces further sources for or against the statement, after the first sources and the statement."""

_PASSIVE_VERBS: Mapping[Stance, str] = {
    Stance.ASSERTS: "reported",
    Stance.ESTIMATES: "estimated",
    Stance.ALLEGES: "alleged",
    Stance.PREDICTS: "predicted",
    Stance.SPECULATES: "speculated",
    Stance.CONFIRMS: "reported as confirmed",
    Stance.PARTLY_CONFIRMS: "reported as partly confirmed",
}

_DECISION_PHRASES: Mapping[ClaimStatus, str] = {
    ClaimStatus.UNASSESSED: "not assessed by {desk}",
    ClaimStatus.UNCONFIRMED: "unconfirmed ({desk}{day})",
    ClaimStatus.CORROBORATED: "corroborated, not verified ({desk}{day})",
    ClaimStatus.CONCEDED: "acknowledged by {adverse} ({desk}{day})",
    ClaimStatus.CONFIRMED: "confirmed by {desk}{day}",
    ClaimStatus.DISPUTED: "disputed ({desk}{day})",
    ClaimStatus.UNLIKELY: "judged unlikely by {desk}{day}",
    ClaimStatus.REFUTED: "refuted by {desk}{day}",
    ClaimStatus.UNVERIFIABLE: "could not be verified by {desk}{day}",
    ClaimStatus.STALE: "not decided by {desk} as it reads now",
}

_IMPORTED_PHRASES: Mapping[ClaimStatus, str] = {
    ClaimStatus.CORROBORATED: "corroborated, not verified",
    ClaimStatus.CONCEDED: "acknowledged by {adverse}",
    ClaimStatus.UNLIKELY: "judged unlikely",
    ClaimStatus.UNVERIFIABLE: "could not be verified",
}
"""A status that this desk did not decide on, where the value alone is not enough. Its day and origin follow."""

_LOWER_CASE_WORDS = (
    "a about all almost an another any around as at between both by dozens each eight either every few fewer "
    "five four from half hundreds in it its less many more most nearly neither nine no none nobody nothing on "
    "one only other over roughly several seven she six some soldiers ten that the their there these they this "
    "those thousands three troops two under up we when where while within without"
)
_LOWERED_WORDS = frozenset(_LOWER_CASE_WORDS.split())
"""First words of a statement that are in lower case within a sentence. All others may be names."""


def write(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    """Write a line and the address for each cited claim. Documents and sources have the built-in style `short`."""
    last_version = None
    lead = ""
    for citation in citations:
        claim = citation.claim
        if claim is None:
            yield f"{lead}{short_style.format_reference(citation)}\n{citation.address}\n"
        elif last_version != (claim.id, claim.version):  # the citations of a claim are adjacent
            change = describe_change(claim) if claim.changed is not None else None
            notice = f" ({change})" if change else ""
            yield f"{lead}{attribution_line(claim, rendering.publisher)}\n{claim.address}{notice}\n"
            last_version = (claim.id, claim.version)
        else:
            continue
        lead = "\n"


def attribution_line(claim: PublishedClaim, publisher: str) -> str:
    """The record of a claim in one sentence; `publisher` is the name of the organisation to which the desk belongs."""
    desk = f"{publisher}{possessive_suffix(publisher)} desk"
    if claim.stage is Stage.WITHDRAWN:
        return f"Withdrawn by {desk}: {_one_line(claim.notice or 'no reason was published').rstrip('. ')}."
    attributions = [attribution for attribution in claim.attributions if not attribution.is_our_error]
    parts = [
        *_assertions(claim, attributions),
        *_responses(attributions),
        *_retractions(attributions),
        _decision(claim, desk),
    ]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


# --- the statement and its sources ---


def _assertions(claim: PublishedClaim, attributions: Sequence[PublishedAttribution]) -> Iterator[str]:
    """The statement with its first sources, then further sources that say the same."""
    asserting = [attribution for attribution in attributions if attribution.stance in ASSERTING_STANCES]
    speaking, orphaned = _speakers_and_orphans(asserting)
    if not speaking and not orphaned:
        denying = [attribution for attribution in attributions if attribution.stance is Stance.DENIES]
        speaking, orphaned = _speakers_and_orphans(denying)
        if not speaking and orphaned:
            yield f"{_sentence(claim)} (no source is on record; denied,{_orphans_clause(orphaned)})"
            return
    groups: dict[tuple[Stance, bool], list[PublishedAttribution]] = {}
    for attribution in speaking:
        key = attribution.stance, is_placeholder(attribution.source)
        groups.setdefault(key, []).append(attribution)
    if not groups and not orphaned:
        yield f"{_sentence(claim)} (no source is on record)"
        return
    if not groups:
        yield f"it was reported{_statement_clause(claim)},{_orphans_clause(orphaned)}"
        return
    # Named sources come before unnamed ones, and assertions before confirmations.
    order = sorted(groups, key=lambda key: (key[1], key[0] in (Stance.CONFIRMS, Stance.PARTLY_CONFIRMS)))
    for number, (stance, is_unnamed) in enumerate(order):
        group = groups[stance, is_unnamed]
        sources = [attribution.source for attribution in group]
        if number:
            names = "a source that is not named" if is_unnamed else join_sources(sources)
            yield f"{_FURTHER_PHRASES[stance]} {names}{_according_to(group, attributions)}"
        elif is_unnamed:
            verb = _PASSIVE_VERBS.get(stance, "reported")
            yield f"it was {verb}, without a named source,{_statement_clause(claim)}"
        else:
            subject = f"{join_sources(sources)} {_verb(stance, sources)}"
            yield f"{subject}{_statement_clause(claim, sources)}{_according_to(group, attributions)}"
    if orphaned and speaking[0].stance is Stance.DENIES:
        yield f"also denied,{_orphans_clause(orphaned)}"
    elif orphaned:
        yield f"also reported,{_orphans_clause(orphaned)}"


def _speakers_and_orphans(
    attributions: Sequence[PublishedAttribution],
) -> tuple[list[PublishedAttribution], list[PublishedAttribution]]:
    """The attributions whose sources a sentence names as speaking, and the relays without a speaker.

    Relays speak only if their own origin is not on record with this stance. A relay of something that was retracted or
    withdrawn never speaks: it passed on what its source said, and does not say it itself.
    """
    original = [attribution for attribution in attributions if not _is_relay(attribution)]
    speaking = original or [attribution for attribution in attributions if not attribution.taken_back]
    speaker_ids = {attribution.source.id for attribution in speaking}
    orphaned = [
        attribution
        for attribution in attributions
        if attribution.taken_back
        and (attribution.has_lost_source or attribution.relayed_from[-1].id not in speaker_ids)
    ]
    return speaking, orphaned


def _is_relay(attribution: PublishedAttribution) -> bool:
    return bool(attribution.relayed_from) or attribution.has_lost_source


def _orphans_clause(relays: Sequence[PublishedAttribution]) -> str:
    """According to whom it was reported, and what is known of their sources."""
    clauses = []
    lost = [relay for relay in relays if relay.has_lost_source]
    if lost:
        is_single = len({relay.source.id for relay in lost}) == 1
        sources = "source was recorded wrongly and is" if is_single else "sources were recorded wrongly and are"
        clauses.append(f" according to {join_sources(relay.source for relay in lost)}, whose {sources} not known")
    known = {
        f"{name_in_sentence(relay.source)}, citing {join_names([name_in_sentence(s) for s in relay.relayed_from])}"
        for relay in relays
        if not relay.has_lost_source
    }
    if known:
        clauses.append(f" according to {join_names(sorted(known))}")
    return " and".join(clauses)


def _verb(stance: Stance, sources: Sequence[PublishedSource]) -> str:
    if stance is Stance.ESTIMATES:  # present tense: an estimate is current until the source gives another one
        is_plural_subject = len({source.id for source in sources}) > 1 or is_plural(sources[0])
        return "estimate" if is_plural_subject else "estimates"
    return _VERBS[stance]


def _statement_clause(claim: PublishedClaim, sources: Sequence[PublishedSource] = ()) -> str:
    """The statement as a `that` clause in English, or after a colon in any other language."""
    text = _sentence(claim)
    if not re.match(r"en\b", claim.language, re.IGNORECASE):
        return f": {text}"
    name = sources[0].name if len({source.id for source in sources}) == 1 else None
    if name is not None and text.startswith(f"{name} ") and sources[0].kind is not SourceKind.PERSON:
        return f" that it{text[len(name) :]}"
    word = re.match(r"[^\s,]+", text)
    is_lowered = word is not None and word[0].lower() in _LOWERED_WORDS
    return f" that {text[:1].lower() if is_lowered else text[:1]}{text[1:]}"


def _sentence(claim: PublishedClaim) -> str:
    text = _one_line(claim.statement)
    if len(text) <= MAX_STATEMENT_LENGTH:
        return text.rstrip(". ")
    return text[:MAX_STATEMENT_LENGTH].rsplit(" ", 1)[0] + " …"


def _according_to(group: Sequence[PublishedAttribution], attributions: Sequence[PublishedAttribution]) -> str:
    """The sources that relay a group of attributions; empty if the group has a document of its own on record."""
    if any(attribution.document is not None for attribution in group):
        return ""
    source_ids = {attribution.source.id for attribution in group}
    relay_names: dict[str, None] = {}
    for relay in attributions:
        if relay.has_lost_source or not relay.relayed_from or relay.document is None:
            continue
        if relay.relayed_from[-1].id in source_ids:
            intermediate = relay.relayed_from[:-1]
            names = [name_in_sentence(source) for source in intermediate]
            citing = f", citing {join_names(names)}" if names else ""
            relay_names[name_in_sentence(relay.source) + citing] = None
    return f", according to {join_names(list(relay_names))}" if relay_names else ""


# --- responses of others ---


def _responses(attributions: Sequence[PublishedAttribution]) -> Iterator[str]:
    is_asserted = any(attribution.stance in ASSERTING_STANCES for attribution in attributions)
    for stance in (Stance.DISPUTES_FIGURE, Stance.DENIES):
        group = [attribution for attribution in attributions if attribution.stance is stance]
        # If nobody asserts the statement, _assertions has already named those who deny it.
        if not group or (stance is Stance.DENIES and not is_asserted):
            continue
        speaking, orphaned = _speakers_and_orphans(group)
        if speaking:
            names = join_sources(attribution.source for attribution in speaking)
            yield f"{_FURTHER_PHRASES[stance]} {names}{_according_to(speaking, attributions)}"
        if orphaned:
            verb = "denied" if stance is Stance.DENIES else "the figure is disputed"
            yield f"{verb},{_orphans_clause(orphaned)}"
    if declining := _sources_with_stance(attributions, Stance.DECLINES_TO_COMMENT):
        yield f"{join_sources(declining)} declined to comment"
    if unable_to_verify := _sources_with_stance(attributions, Stance.CANNOT_VERIFY):
        yield f"{join_sources(unable_to_verify)} could not verify it"
    sources_by_search: dict[str, list[PublishedSource]] = {}
    for attribution in attributions:
        if attribution.stance is Stance.NO_STATEMENT_FOUND:
            sources_by_search.setdefault(_describe_search(attribution.search), []).append(attribution.source)
    for search, sources in sources_by_search.items():
        yield f"no statement by {join_sources(sources, 'or')} was found{search}"


def _sources_with_stance(attributions: Sequence[PublishedAttribution], stance: Stance) -> list[PublishedSource]:
    return [attribution.source for attribution in attributions if attribution.stance is stance]


def _describe_search(search: Mapping[str, Any] | None) -> str:
    return "" if search is None else f" as of {format_edtf(str(search['on']))}{search_scope(search['where'])}"


def _retractions(attributions: Sequence[PublishedAttribution]) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[PublishedAttribution]] = {}
    for attribution in attributions:
        if attribution.retraction is not None and attribution.is_retracted:
            retraction = attribution.retraction
            key = str(retraction["by"]), str(retraction["on"]), _retracted_thing(attribution.stance)
            groups.setdefault(key, []).append(attribution)
    for (retractor, day, thing), group in groups.items():
        sources = join_sources(attribution.source for attribution in group)
        if retractor == Retractor.PUBLISHER:
            yield f"{_publisher(group)} retracted the report of what {sources} said on {format_edtf(day)}"
        else:
            yield f"{thing}retracted by {sources} on {format_edtf(day)}"


def _retracted_thing(stance: Stance) -> str:
    return "the denial was " if stance in (Stance.DENIES, Stance.DISPUTES_FIGURE) else ""


def _publisher(attributions: Sequence[PublishedAttribution]) -> str:
    publishers = [
        attribution.document.publisher
        for attribution in attributions
        if attribution.document is not None and attribution.document.publisher is not None
    ]
    return join_sources(publishers) if publishers else "the publisher"


# --- the desk's decision ---


def _decision(claim: PublishedClaim, desk: str) -> str:
    decision = None if claim.status is ClaimStatus.STALE else claim.decision
    day = "" if decision is None else format_edtf(str(decision["decided_on"]))
    pattern = _DECISION_PHRASES[claim.status]
    adverse = "the party that it speaks against" if claim.adverse_to is None else name_in_sentence(claim.adverse_to)
    before = ", " if "({desk}" in pattern else " on "
    whose = None if decision is None else describe_origin(decision)
    if whose is None:
        text = pattern.format(desk=desk, day=f"{before}{day}" if day else "", adverse=adverse)
    else:
        status = _IMPORTED_PHRASES.get(claim.status, claim.status).format(adverse=adverse)
        text = f"{status} (decision of {day} {whose})"
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
