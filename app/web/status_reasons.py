"""Why a claim has its status, in one sentence made from the record, and not from the rationale of the decision."""

from collections.abc import Callable, Mapping
from typing import Any

from app.vocabulary import ClaimStatus, EvidenceRole, Independence, Stage, Stance
from app.web.localization import Localization

Row = Mapping[str, Any]


def status_reason(claim: Row, l10n: Localization) -> str:
    """Return the sentence that stands beside the status of a claim."""
    _ = l10n.gettext
    if claim["stage"] == Stage.WITHDRAWN:
        return _("It is no longer claimed here, and no status holds for it.")
    sentence = _REASONS[ClaimStatus(claim["status"])](claim, l10n)
    return sentence[:1].upper() + sentence[1:]


def _unassessed(_claim: Row, l10n: Localization) -> str:
    return l10n.gettext("We have not decided on this claim yet.")


def _conceded(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    if claim["adverse_to"] is None:
        return _("The party that it speaks against confirms it.")
    return _("{party}, against which it speaks, confirms it.").format(party=claim["adverse_to"]["name"])


def _stale(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    reasons = set(claim["review"]["stale_because"]) if claim["review"] else set()
    if "wording" in reasons:
        return _("We decided on an earlier wording. The claim has changed since, and we have not decided on it again.")
    if reasons & {"attributions", "origins"}:
        return _(
            "What is on record about who says so has changed since we decided, and we have not decided on it again."
        )
    if "evidence" in reasons:
        return _("The evidence on record has changed since we decided, and we have not decided on it again.")
    return _("What our decision rested on is no longer on record, and we have not decided on it again.")


def _unconfirmed(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    origins = claim["counts"]["identified_origins"]
    has_examined = any(evidence["examined_on"] and not evidence["withdrawn"] for evidence in claim["evidence"])
    if not origins:
        return _("It is reported, and nobody is named who says so.")
    if origins == 1:
        return (
            _("One origin says so, and nothing that we examined shows it.")
            if has_examined
            else _("One origin says so, and no evidence has been examined.")
        )
    count = _count(origins, l10n)
    if claim["counts"]["independent_origins"] > 1:
        return _("{origins}, and nothing that we examined shows it.").format(origins=count)
    return (
        _("{origins}, nobody has shown that they know it independently, and nothing that we examined shows it.")
        if has_examined
        else _("{origins}, nobody has shown that they know it independently, and no evidence has been examined.")
    ).format(origins=count)


def _count(origins: int, l10n: Localization) -> str:
    number = l10n.small_number(origins)
    return l10n.ngettext("{count} origin says so", "{count} origins say so", origins).format(count=number)


def _corroborated(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    number = claim["counts"]["independent_origins"]
    pairs = (pair for pair in claim["origins"]["pairs"] if pair["independence"] == Independence.ESTABLISHED)
    why = next((pair["why"] for pair in pairs), "")
    count = _count(number, l10n)
    if not why:
        return _("{origins}, and they were ruled independent of one another.").format(origins=count)
    return _("{origins}, and they were ruled independent of one another: {reason}").format(origins=count, reason=why)


def _disputed(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    for stance, sentence in (
        (Stance.DENIES, _("{party} denies it.")),
        (Stance.DISPUTES_FIGURE, _("{party} gives another figure.")),
    ):
        for row in claim["attributions"]:
            if row["stance"] == stance and not row["withdrawn"]:
                return sentence.format(party=row["source"]["name"])
    return _("A party in a position to know gives a different account.")


def _unverifiable(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    examined = [evidence for evidence in claim["evidence"] if evidence["examined_on"] and not evidence["withdrawn"]]
    if examined:
        return l10n.ngettext(
            "We examined {count} piece of evidence and could not tell.",
            "We examined {count} pieces of evidence and could not tell.",
            len(examined),
        ).format(count=l10n.number(len(examined)))
    searches = [row["search"] for row in claim["attributions"] if row["search"] and not row["withdrawn"]]
    if searches:
        return _("We looked for a statement on {day} and found none.").format(day=l10n.day(searches[-1]["on"]))
    return _("We tried to find out and could not.")


def _examined(claim: Row, l10n: Localization) -> str:
    _ = l10n.gettext
    status = ClaimStatus(claim["status"])
    role = EvidenceRole.SUPPORTS if status is ClaimStatus.CONFIRMED else EvidenceRole.REFUTES
    cited = set(claim["review"]["evidence"]) if claim["review"] else set()
    examined = [
        evidence
        for evidence in claim["evidence"]
        if evidence["role"] == role and evidence["examined_on"] and not evidence["withdrawn"]
    ]
    examined.sort(key=lambda evidence: evidence["id"] not in cited)
    if not examined:
        return (
            _("We examined evidence that bears the claim out.")
            if status is ClaimStatus.CONFIRMED
            else _("We examined evidence that speaks against it.")
        )
    document = examined[0]["document"]["title"] or _("a document without a title")
    sentence = (
        _("We examined {document}, which does not come from those who make the claim")
        if status is ClaimStatus.CONFIRMED
        else _("We examined {document}, which speaks against it")
    ).format(document=document)
    finding = examined[0]["finding"]
    return f"{sentence}: {finding}" if finding else f"{sentence}."


_REASONS: Mapping[ClaimStatus, Callable[[Row, Localization], str]] = {
    ClaimStatus.UNASSESSED: _unassessed,
    ClaimStatus.STALE: _stale,
    ClaimStatus.UNCONFIRMED: _unconfirmed,
    ClaimStatus.CORROBORATED: _corroborated,
    ClaimStatus.CONCEDED: _conceded,
    ClaimStatus.CONFIRMED: _examined,
    ClaimStatus.DISPUTED: _disputed,
    ClaimStatus.UNLIKELY: _examined,
    ClaimStatus.REFUTED: _examined,
    ClaimStatus.UNVERIFIABLE: _unverifiable,
}
