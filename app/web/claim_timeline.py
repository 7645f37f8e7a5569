"""Decisions and changes of a claim as acts: one entry for a change, however many objects and fields it touched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from app.schemas.desk.history import HistoryEntry
from app.schemas.desk.review import ReviewRead
from app.vocabulary import Action, Stage
from app.web.localization import Localization
from app.web.word_differences import Piece, word_differences


@dataclass(frozen=True)
class TimelineEntry:
    """One act."""

    seq: int
    at: datetime
    by: str
    title: str
    """What was done: 'Recorded', 'Wording corrected', 'Evidence added'."""
    reason: str
    version: int | None
    """Version of the claim after it."""
    decision: ReviewRead | None = None
    wording: Sequence[Piece] = field(default_factory=tuple)
    """The statement with what was taken out and put in, if its wording changed."""


def timeline(
    history: Iterable[HistoryEntry], decisions: Iterable[ReviewRead], l10n: Localization
) -> list[TimelineEntry]:
    """The acts, the latest first."""
    by_id = {decision.id: decision for decision in decisions}
    entries = []
    version: int | None = None
    for seq, group in groupby(history, key=lambda entry: entry.seq):
        parts = list(group)
        version = next((part.version for part in parts if part.noun == "claim"), version)
        decided = next((by_id[part.id] for part in parts if part.noun == "review" and part.id in by_id), None)
        first = parts[0]
        entries.append(
            TimelineEntry(seq, first.at, first.by, _title(parts, l10n), first.reason, version, decided, _wording(parts))
        )
    return entries[::-1]


def _title(parts: Sequence[HistoryEntry], l10n: Localization) -> str:
    _ = l10n.gettext
    if parts[0].action == Action.MERGE:
        return _("Merged")
    claim = next((part for part in parts if part.noun == "claim"), None)
    if claim is not None and claim.version == 1:
        count = sum(part.noun == "attribution" for part in parts)
        sentence = l10n.ngettext("Recorded, with {count} attribution", "Recorded, with {count} attributions", count)
        return sentence.format(count=l10n.small_number(count)) if count else _("Recorded")
    return (claim and _title_of_fields(claim, l10n)) or _title_of_parts(parts, l10n) or _("Corrected")


def _title_of_fields(claim: HistoryEntry, l10n: Localization) -> str | None:
    """What a change of the claim's own fields is called; None if another part of it says more."""
    _ = l10n.gettext
    fields = {change.field: change for change in claim.changes}
    if "stage" in fields:
        return _("Withdrawn") if fields["stage"].after == Stage.WITHDRAWN else _("Published")
    if "statement" in fields:
        return _("Wording corrected")
    return _("Figures corrected") if any(name.startswith("quantities") for name in fields) else None


def _title_of_parts(parts: Sequence[HistoryEntry], l10n: Localization) -> str | None:
    """What a change of what belongs to the claim is called."""
    _ = l10n.gettext
    titles = {
        "evidence": (_("Evidence added"), _("Evidence corrected")),
        "attribution": (_("Attribution added"), _("Attribution corrected")),
        "relation": (_("Relation to another claim recorded"), _("Relation to another claim corrected")),
        "independence_ruling": (_("Independence of two origins ruled"), _("Independence of two origins ruled")),
    }
    for noun, (added, corrected) in titles.items():
        for part in parts:
            if part.noun == noun:
                return added if part.version in (None, 1) else corrected
    return None


def _wording(parts: Iterable[HistoryEntry]) -> Sequence[Piece]:
    for part in parts:
        for change in part.changes if part.noun == "claim" and part.version != 1 else ():
            if change.field == "statement" and isinstance(change.before, str) and isinstance(change.after, str):
                return word_differences(change.before, change.after)
    return ()
