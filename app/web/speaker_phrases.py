"""Who says so, in the one line that a list has for it: origins by name, relays by their number, then other parties."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.vocabulary import ASSERTING_STANCES, Lineage, Stance, UpstreamState
from app.web.localization import Localization
from app.web.word_labels import label

MAX_RELAYS = 2
"""The most relays that are named where no origin is on record."""


@dataclass(frozen=True)
class Phrase:
    """A part of the line. The name of the source stands between two texts, because it may be in any script."""

    before: str
    name: str
    after: str
    puts_forward: bool = False
    """True if the source puts the claim forward."""


def speaker_phrases(speakers: Iterable[Mapping[str, Any]], l10n: Localization) -> list[Phrase]:
    """The phrases for the sources of a claim in a list (`attributed_to`).

    Sources that have it from somebody else are named only where no origin is on record.
    """
    _ = l10n.gettext
    asserting = [speaker for speaker in speakers if Stance(speaker["stance"]) in ASSERTING_STANCES]
    others = [speaker for speaker in speakers if Stance(speaker["stance"]) not in ASSERTING_STANCES]
    originals = [speaker for speaker in asserting if speaker["lineage"] == Lineage.ORIGINAL]
    relays = [speaker for speaker in asserting if speaker["lineage"] != Lineage.ORIGINAL]
    phrases = [_phrase("{name} " + label(l10n, "stance", speaker["stance"]), speaker, True) for speaker in originals]
    if originals and relays:
        relaying = len({speaker["source_id"] for speaker in relays})
        text = l10n.ngettext("relayed by {count} other", "relayed by {count} others", relaying)
        phrases.append(Phrase(text.format(count=l10n.small_number(relaying)), "", ""))
    elif relays:
        phrases += [_phrase(_relay_pattern(speaker, l10n), speaker, True) for speaker in relays[:MAX_RELAYS]]
        if len(relays) > MAX_RELAYS:
            text = l10n.ngettext("{count} more relays it", "{count} more relay it", len(relays) - MAX_RELAYS)
            phrases.append(Phrase(text.format(count=l10n.small_number(len(relays) - MAX_RELAYS)), "", ""))
    for state, text in (
        (UpstreamState.RETRACTED, _("what was relayed has been retracted")),
        (UpstreamState.WITHDRAWN, _("what was relayed had been recorded wrongly")),
    ):
        if any(speaker["upstream_state"] == state for speaker in relays):
            phrases.append(Phrase(text, "", ""))
    for speaker in others:
        pattern = (
            _("no statement by {name} found")
            if speaker["stance"] == Stance.NO_STATEMENT_FOUND
            else "{name} " + label(l10n, "stance", speaker["stance"])
        )
        phrases.append(_phrase(pattern, speaker, False))
    return phrases


def _relay_pattern(speaker: Mapping[str, Any], l10n: Localization) -> str:
    _ = l10n.gettext
    if speaker["lineage"] == Lineage.RELAYED:
        return _("{name} relays it")
    return "{name} " + label(l10n, "stance", speaker["stance"]) + _("; from where is not known")


def _phrase(pattern: str, speaker: Mapping[str, Any], puts_forward: bool) -> Phrase:
    before, _name, after = pattern.partition("{name}")
    return Phrase(before, speaker["name"], after, puts_forward)
