"""Who stands behind a figure, and whether two figures are rival accounts. Pure functions over rows.

A conflict is between accounts: two sources that say different things, or two relays that report different figures by
one source. A source never contradicts itself: its later figure is an update, and its figures of one day may be of
different incidents.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from app.db.revisions import StoredRow
from app.schemas.base import edtf
from app.services.policy.origins import IDENTIFIED, asserting_attributions, taken_back_links, upstream_chain
from app.vocabulary import ConflictKind, Lineage


class VoiceShape(NamedTuple):
    """What rivalry between two voices depends on, apart from when they spoke."""

    source_id: str
    """The identified source that is furthest upstream."""
    is_origin: bool
    """True if the source is the origin of the figure, and not a speaker of unknown lineage."""
    carriers: frozenset[str]
    """The sources through which its figure is known: its relays, or itself if its own words are on record."""


class Account:
    """The voices behind the figures of a claim. It has none if no identified source asserts the claim."""

    def __init__(self, times_said: Mapping[VoiceShape, edtf.Span | None]) -> None:
        """`times_said` maps each voice to the time at which it spoke, None if that is unknown."""
        self.times_said = times_said
        self.shape = frozenset(times_said)

    @cached_property
    def origins(self) -> Mapping[str, VoiceShape]:
        """The voices that are origins, by source."""
        return {voice.source_id: voice for voice in self.times_said if voice.is_origin}

    def without(self, source_ids: Iterable[str]) -> "Account":
        """This account without some voices."""
        dropped = frozenset(source_ids)
        return Account({voice: time for voice, time in self.times_said.items() if voice.source_id not in dropped})


class Chain(NamedTuple):
    """How a figure reached the record: from its source, through relays."""

    source: StoredRow
    """The attribution furthest upstream whose source is identified; without one, the attribution itself."""
    relays: Sequence[StoredRow]
    """The attributions of its relays, nearest to the source first."""
    is_identified: bool
    """False if no source of the chain is identified."""


def account_chains(attributions: Sequence[StoredRow], anonymity: Mapping[str, str]) -> list[Chain]:
    """The chains of the attributions that assert a claim.

    A chain that is only the beginning of another one is left out, unless a document of its own is on record.
    """
    by_id = {row["id"]: row for row in attributions}
    chains = []
    for row in sorted(asserting_attributions(attributions), key=lambda row: str(row["id"])):
        if taken_back_links(row, by_id):
            continue  # what a relay had from a source that took it back is no account any more
        links = [row, *upstream_chain(row, by_id)]
        depth = _furthest_identified(links, anonymity)
        chains.append(Chain(links[depth or 0], links[: depth or 0][::-1], depth is not None))
    relayed = {link["id"] for chain in chains if chain.relays for link in (chain.source, *chain.relays[:-1])}
    return [
        chain
        for chain in chains
        if (last := chain.relays[-1] if chain.relays else chain.source)["document_id"] is not None
        or last["id"] not in relayed
    ]


def build_account(attributions: Sequence[StoredRow], anonymity: Mapping[str, str]) -> Account:
    """The voices behind a claim, from its attributions. A source that is not identified has no voice of its own."""
    carriers: dict[tuple[str, bool], set[str]] = {}
    times: dict[tuple[str, bool], list[str | None]] = {}
    for chain in account_chains(attributions, anonymity):
        if chain.is_identified:
            source_id = str(chain.source["source_id"])
            voice = source_id, chain.source["lineage"] == Lineage.ORIGINAL
            carriers.setdefault(voice, set()).update(relay["source_id"] for relay in chain.relays)
            if not chain.relays:
                carriers[voice].add(source_id)
            times.setdefault(voice, []).append(chain.source["said"])
    return Account({VoiceShape(*voice, frozenset(carriers[voice])): _last(texts) for voice, texts in times.items()})


def _furthest_identified(links: Sequence[StoredRow], anonymity: Mapping[str, str]) -> int | None:
    """The index of the link furthest upstream whose source is identified and did not withdraw it."""
    for depth in range(len(links) - 1, -1, -1):
        link = links[depth]
        if not link["withdrawn"] and anonymity.get(link["source_id"]) in IDENTIFIED:
            return depth
    return None


def _last(times_said: Iterable[str | None]) -> edtf.Span | None:
    known = [edtf.span(time) for time in times_said if time is not None]
    return max(known, key=lambda span: span.start, default=None)


def rivalry(
    first: frozenset[VoiceShape], second: frozenset[VoiceShape], ancestors: Mapping[str, Sequence[str]]
) -> ConflictKind | None:
    """What kind of conflict figures with these voices can have; None if they are no rival accounts.

    `ancestors` maps each source to the organisations that it belongs to: an organisation and its parts speak as one.
    Parts of one organisation may contradict each other. A figure without a voice is a rival of every other one.
    """
    if not first or not second:
        return ConflictKind.SOURCES
    shared = [pair for pair in _pairs(first, second) if _speak_as_one(*pair, ancestors)]
    of_one_origin = [pair for pair in shared if pair[0].is_origin and pair[1].is_origin]
    if of_one_origin:
        is_relayed_differently = all(
            voice.source_id == other.source_id and voice.carriers.isdisjoint(other.carriers)
            for voice, other in of_one_origin
        )
        return ConflictKind.RELAYS if is_relayed_differently else None
    # A speaker of unknown lineage that has both figures reports both sides. It settles nothing between the others.
    own, others = first - {pair[0] for pair in shared}, second - {pair[1] for pair in shared}
    return ConflictKind.SOURCES if own and others else None


def rival_voices(
    first: frozenset[VoiceShape], second: frozenset[VoiceShape], ancestors: Mapping[str, Sequence[str]]
) -> list[tuple[VoiceShape, VoiceShape]]:
    """The pairs of voices that do not speak as one."""
    return [pair for pair in _pairs(first, second) if not _speak_as_one(*pair, ancestors)]


def _pairs(first: Iterable[VoiceShape], second: Iterable[VoiceShape]) -> list[tuple[VoiceShape, VoiceShape]]:
    others = list(second)
    return [(voice, other) for voice in first for other in others]


def _speak_as_one(first: VoiceShape, second: VoiceShape, ancestors: Mapping[str, Sequence[str]]) -> bool:
    return (
        first.source_id == second.source_id
        or first.source_id in ancestors.get(second.source_id, ())
        or second.source_id in ancestors.get(first.source_id, ())
    )
