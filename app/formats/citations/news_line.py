"""Attribution lines, as an editor prints them: who said what, who denies it, what we made of it. In English.

    South Korea's National Intelligence Service said that about 300 North Korean soldiers have been killed,
    according to The Paper; no statement by North Korea was found as of 12 January 2025; unconfirmed (Attest's desk,
    12 January 2025).

One for each claim, with the address of the version below. Only what is on record is said: that nothing was found is a
search that had a day, and never a denial.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.formats.citations import short_style
from app.formats.citations.citation_note import changed, searched
from app.formats.english.english_dates import date_words
from app.formats.english.source_names import in_a_sentence, joined, listed, nobody, plural, possessive
from app.formats.english.status_words import BEFORE_IT_CHANGED
from app.schemas.files.citation import Citation, Rendering
from app.schemas.files.publication import PublishedAttribution, PublishedClaim, PublishedSource
from app.vocabulary import ASSERTING_STANCES, Retractor, SourceKind, Stage, Stance, Status

LONGEST = 500
"""Characters of a statement that are printed."""

_VERBS: Mapping[Stance, str] = {
    Stance.ASSERTS: "said",
    Stance.ALLEGES: "alleged",
    Stance.PREDICTS: "predicted",
    Stance.SPECULATES: "speculated",
    Stance.CONFIRMS: "confirmed",
    Stance.PARTLY_CONFIRMS: "confirmed in part",
    Stance.DENIES: "denied",
}

_AS_WELL: Mapping[Stance, str] = {
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
"""How those follow who say the same, or the contrary, after what is said has been said."""

_BY_NOBODY: Mapping[Stance, str] = {
    Stance.ASSERTS: "reported",
    Stance.ESTIMATES: "estimated",
    Stance.ALLEGES: "alleged",
    Stance.PREDICTS: "predicted",
    Stance.SPECULATES: "speculated",
    Stance.CONFIRMS: "reported as confirmed",
    Stance.PARTLY_CONFIRMS: "reported as partly confirmed",
}

_BY_THE_DESK: Mapping[Status, str] = {
    Status.UNASSESSED: "not assessed by {desk}",
    Status.UNCONFIRMED: "unconfirmed ({desk}{day})",
    Status.CORROBORATED: "corroborated, not verified ({desk}{day})",
    Status.CONCEDED: "acknowledged by {adverse} ({desk}{day})",
    Status.CONFIRMED: "confirmed by {desk}{day}",
    Status.DISPUTED: "disputed ({desk}{day})",
    Status.UNLIKELY: "judged unlikely by {desk}{day}",
    Status.REFUTED: "refuted by {desk}{day}",
    Status.UNVERIFIABLE: "could not be verified by {desk}{day}",
}

_SMALL = (
    "a about all almost an another any around as at between both by dozens each eight either every few fewer "
    "five four from half hundreds in it its less many more most nearly neither nine no none nobody nothing on "
    "one only other over roughly several seven she six some soldiers ten that the their there these they this "
    "those thousands three troops two under up we when where while within without"
)
_LOWERED = frozenset(_SMALL.split())
"""First words that are written small within a sentence. All others may be names."""


def write(citations: Iterable[Citation], rendering: Rendering) -> Iterator[str]:
    """A line for each claim that is cited, and its address; documents and sources in the built-in style."""
    last = None
    lead = ""
    for citation in citations:
        claim = citation.claim
        if claim is None:
            yield f"{lead}{short_style.line(citation)}\n{citation.address}\n"
        elif last != (claim.id, claim.version):  # a claim's citations follow each other
            since = changed(claim) if claim.changed is not None else None
            yield f"{lead}{line(claim, rendering.house)}\n{claim.address}{f' ({since})' if since else ''}\n"
            last = (claim.id, claim.version)
        else:
            continue
        lead = "\n"


def line(claim: PublishedClaim, house: str) -> str:
    """What is on record on a claim, in one sentence."""
    desk = f"{house}{possessive(house)} desk"
    if claim.stage is Stage.WITHDRAWN:
        return f"Withdrawn by {desk}: {_one_line(claim.notice or 'no reason was published').rstrip('. ')}."
    said = [one for one in claim.attributions if not _ours(one)]
    parts = [*_claimed(claim, said), *_answers(said), *_taken_back(said), _status(claim, desk)]
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}."


def _ours(said: PublishedAttribution) -> bool:
    """True for what we took back: we had recorded it wrongly, nobody said it."""
    return said.withdrawn and (said.retraction is None or said.retraction["by"] == Retractor.US)


# --- what is said, and by whom ---


def _claimed(claim: PublishedClaim, said: Sequence[PublishedAttribution]) -> Iterator[str]:
    """The statement with those who came up with it; then those who say so too."""
    first_hand = [one for one in said if one.stance in ASSERTING_STANCES and not one.relayed_from]
    # Relays only where the one from whom they have it is not on record as saying it.
    origins = first_hand or [one for one in said if one.stance in ASSERTING_STANCES]
    groups: dict[tuple[Stance, bool], list[PublishedAttribution]] = {}
    for one in origins or [one for one in said if one.stance is Stance.DENIES]:
        groups.setdefault((one.stance, nobody(one.source)), []).append(one)
    if not groups:
        yield f"{_sentence(claim)} (no source is on record)"
        return
    # Names before nobody, and who says so before who confirms it.
    order = sorted(groups, key=lambda one: (one[1], one[0] in (Stance.CONFIRMS, Stance.PARTLY_CONFIRMS)))
    for number, (stance, unnamed) in enumerate(order):
        group = groups[stance, unnamed]
        sources = [one.source for one in group]
        if number:
            who = "a source that is not named" if unnamed else joined(sources)
            yield f"{_AS_WELL[stance]} {who}{_through(group, said)}"
        elif unnamed:
            yield f"it was {_BY_NOBODY.get(stance, 'reported')}, without a named source,{_that(claim)}"
        else:
            who = joined(sources)
            yield f"{who} {_verb(stance, sources)}{_that(claim, sources)}{_through(group, said)}"


def _verb(stance: Stance, sources: Sequence[PublishedSource]) -> str:
    if stance is Stance.ESTIMATES:  # an estimate holds until there is another one
        several = len({one.id for one in sources}) > 1 or plural(sources[0])
        return "estimate" if several else "estimates"
    return _VERBS[stance]


def _that(claim: PublishedClaim, sources: Sequence[PublishedSource] = ()) -> str:
    """The statement as what somebody says. Grammar of other languages is left alone."""
    text = _sentence(claim)
    if not re.match(r"en\b", claim.language, re.IGNORECASE):
        return f": {text}"
    name = sources[0].name if len({one.id for one in sources}) == 1 else None
    if name is not None and text.startswith(f"{name} ") and sources[0].kind is not SourceKind.PERSON:
        return f" that it{text[len(name) :]}"
    word = re.match(r"[^\s,]+", text)
    small = word is not None and word[0].lower() in _LOWERED
    return f" that {text[:1].lower() if small else text[:1]}{text[1:]}"


def _sentence(claim: PublishedClaim) -> str:
    text = _one_line(claim.statement)
    return text.rstrip(". ") if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def _through(group: Sequence[PublishedAttribution], said: Sequence[PublishedAttribution]) -> str:
    """Through whom it is known, where what they said themselves is in no document that we know."""
    if any(one.document is not None for one in group):
        return ""
    sources = {one.source.id for one in group}
    told: dict[str, None] = {}
    for relay in said:
        if relay.relayed_from and relay.relayed_from[-1].id in sources and relay.document is not None:
            between = relay.relayed_from[:-1]
            citing = f", citing {listed([in_a_sentence(one) for one in between])}" if between else ""
            told[in_a_sentence(relay.source) + citing] = None
    return f", according to {listed(list(told))}" if told else ""


# --- what others say to it ---


def _answers(said: Sequence[PublishedAttribution]) -> Iterator[str]:
    asserted = any(one.stance in ASSERTING_STANCES for one in said)
    for stance in (Stance.DISPUTES_FIGURE, Stance.DENIES):
        group = [one for one in said if one.stance is stance]
        if group and (asserted or stance is not Stance.DENIES):
            yield f"{_AS_WELL[stance]} {joined(one.source for one in group)}{_through(group, said)}"
    if silent := [one.source for one in said if one.stance is Stance.DECLINES_TO_COMMENT]:
        yield f"{joined(silent)} declined to comment"
    if unsure := [one.source for one in said if one.stance is Stance.CANNOT_VERIFY]:
        yield f"{joined(unsure)} could not verify it"
    looked: dict[str, list[PublishedSource]] = {}
    for one in said:
        if one.stance is Stance.NO_STATEMENT_FOUND:
            looked.setdefault(_looked_for(one.search), []).append(one.source)
    for when_and_where, sources in looked.items():
        yield f"no statement by {joined(sources, 'or')} was found{when_and_where}"


def _looked_for(search: Mapping[str, Any] | None) -> str:
    return "" if search is None else f" as of {date_words(str(search['on']))}{searched(search['where'])}"


def _taken_back(said: Sequence[PublishedAttribution]) -> Iterator[str]:
    days: dict[str, list[PublishedSource]] = {}
    for one in said:
        if one.retraction is not None:
            days.setdefault(str(one.retraction["on"]), []).append(one.source)
    for day, sources in days.items():
        yield f"retracted by {joined(sources)} on {date_words(day)}"


# --- what we made of it ---


def _status(claim: PublishedClaim, desk: str) -> str:
    decision = claim.decision
    day = "" if decision is None else date_words(str(decision["decided_on"]))
    pattern = _BY_THE_DESK[claim.status]
    adverse = "the party that it speaks against" if claim.adverse_to is None else in_a_sentence(claim.adverse_to)
    before = ", " if "({desk}" in pattern else " on "
    told = pattern.format(desk=desk, day=f"{before}{day}" if day else "", adverse=adverse)
    return f"{told}, {BEFORE_IT_CHANGED}" if decision is not None and decision["stale"] else told


def _one_line(text: str) -> str:
    return " ".join(text.split())
