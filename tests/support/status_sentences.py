"""The sentences in which statuses and retractions must be stated, written out for tests of what goes out."""

from datetime import date

from tests.support.plain_statuses import Decided, Row, is_our_error

DESK = "Attest's desk"
IMPORTER = "Desk, editor"
MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - as a list it takes twelve lines
)


def one_line(text: str) -> str:
    return " ".join(text.split())


def day_in_words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def file_of(decided: Decided) -> str | None:
    """On whose word a decision from a file is; None for a decision of this desk."""
    if decided.decision is None or not decided.is_from_a_file:
        return None
    return f"according to {decided.decision['origin_file'] or 'unnamed file'}, imported by {IMPORTER}"


def status_in_words(decided: Decided, stage: str) -> str:
    """The status as titles and notes state it."""
    if stage == "withdrawn":
        return "withdrawn"
    if decided.shown in ("unassessed", "stale"):
        return {"unassessed": "not assessed", "stale": "not decided as it reads now"}[decided.shown]
    return ", ".join(filter(None, (decided.shown, file_of(decided))))


def note_in_words(decided: Decided) -> str:
    """The status as the note of a citation states it, with the day of the decision."""
    if decided.shown in ("unassessed", "stale"):
        return status_in_words(decided, "published")
    assert decided.decision is not None
    return ", ".join(filter(None, (f"{decided.shown} on {decided.decision['decided_on']}", file_of(decided))))


def decision_in_words(decided: Decided, adverse: str) -> str:
    """How the news line ends."""
    if decided.shown == "stale":
        return "not decided by Attest's desk as it reads now"
    if decided.decision is None:
        return "not assessed by Attest's desk"
    day, file = day_in_words(decided.decision["decided_on"]), file_of(decided)
    if file is not None:
        words = {
            "corroborated": "corroborated, not verified",
            "conceded": f"acknowledged by {adverse}",
            "unlikely": "judged unlikely",
            "unverifiable": "could not be verified",
        }.get(decided.shown, decided.shown)
        return f"{words} (decision of {day} {file})"
    return {
        "unconfirmed": f"unconfirmed (Attest's desk, {day})",
        "corroborated": f"corroborated, not verified (Attest's desk, {day})",
        "conceded": f"acknowledged by {adverse} (Attest's desk, {day})",
        "confirmed": f"confirmed by Attest's desk on {day}",
        "disputed": f"disputed (Attest's desk, {day})",
        "unlikely": f"judged unlikely by Attest's desk on {day}",
        "refuted": f"refuted by Attest's desk on {day}",
        "unverifiable": f"could not be verified by Attest's desk on {day}",
    }[decided.shown]


LOST = "citing a source that is not known (it had been recorded wrongly)"


def retraction_in_words(link: Row) -> str:
    """What became of a link of a relay chain, as brackets state it."""
    if is_our_error(link):
        return LOST
    report = "report retracted by its publisher" if link["retracted_by"] == "publisher" else "retracted"
    return f"({report} on {link['retracted_on']})"
