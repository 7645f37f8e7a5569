"""When the record was made: two years of imports, and what the desk did to claims afterwards."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from app.vocabulary import Action, Stage, Status

BEGIN = datetime(2023, 11, 1, tzinfo=UTC)
DAYS = 730
"""How long the record was being made."""

BATCH = 500
"""Claims of one import."""

IMPORTER = "Import desk"
DESK = ("A. Lindqvist", "B. Moreau", "C. Okafor", "D. Petrenko", "E. Tanaka", "F. Weiss")

# Of all claims: those that a decision was taken on, by what was decided.
_DECIDED = {
    Status.UNCONFIRMED: 0.090,
    Status.DISPUTED: 0.040,
    Status.UNVERIFIABLE: 0.022,
    Status.CONFIRMED: 0.022,
    Status.UNLIKELY: 0.009,
    Status.REFUTED: 0.008,
    Status.CONCEDED: 0.006,
    Status.CORROBORATED: 0.003,
}
_CORRECTED = {"correct_claim": 0.015, "correct_attribution": 0.012, "withdraw": 0.004}
_HIDDEN = {Stage.DRAFT: 0.025, Stage.IN_REVIEW: 0.010}


class Event(NamedTuple):
    """A change that was made to one claim after it was recorded."""

    seq: int
    at: datetime
    what: str
    """rule, decide, correct_claim, correct_attribution or withdraw."""
    by: str
    """The byline of who did it."""


@dataclass
class Fate:
    """What becomes of a claim."""

    stage: Stage = Stage.PUBLISHED
    """The stage in which it is recorded."""
    status: Status = Status.UNASSESSED
    """What is decided on it in the end."""
    events: list[Event] = field(default_factory=list)
    """What happens to it later, in that order."""


class Act(NamedTuple):
    """A change as it stands in the table."""

    seq: int
    at: datetime
    by: str
    action: Action
    reason: str


@dataclass
class History:
    """Every change, and what becomes of the claims."""

    acts: list[Act]
    imports: list[Act]
    """Those that record claims: batch n is recorded by number n."""
    fates: dict[int, Fate]
    """By the claim's number; the many that are not in here are published and left alone."""

    @property
    def middle(self) -> datetime:
        """A moment at which half of the claims were recorded."""
        return self.imports[len(self.imports) // 2].at + timedelta(seconds=1)


_ACTS = {
    "rule": (Action.RULE, "Each has it from people of its own."),
    "decide": (Action.DECIDE, "Reviewed by the desk."),
    "correct_claim": (Action.CORRECT, "The place was named too narrowly."),
    "correct_attribution": (Action.CORRECT, "The summary was compared with the recording."),
    "withdraw": (Action.CORRECT, "It was recorded by mistake."),
}


def plan(claims: int, seed: int) -> History:
    """The history of a database of so many claims."""
    rng = Random(f"history {seed} {claims}")
    batches = math.ceil(claims / BATCH)
    step = timedelta(days=DAYS) / batches
    moments = [BEGIN + timedelta(hours=1) + step * (number + rng.random() * 0.8) for number in range(batches)]
    end = BEGIN + timedelta(days=DAYS, hours=1)
    fates: dict[int, Fate] = {}
    later: list[tuple[datetime, int, str, str]] = []
    for number in range(claims):
        at = moments[number // BATCH]
        fate = _fate(rng)
        if fate is None:
            continue
        fates[number] = fate
        if fate.stage is Stage.PUBLISHED:
            later += _events(rng, number, fate, at, end)
    return _numbered(moments, later, fates)


def _fate(rng: Random) -> Fate | None:
    drawn = rng.random()
    for stage, share in _HIDDEN.items():
        if drawn < share:
            return Fate(stage=stage)
        drawn -= share
    for status, share in _DECIDED.items():
        if drawn < share:
            return Fate(status=status)
        drawn -= share
    # Corrections strike claims whether or not there is a decision; here are those without one.
    return Fate() if rng.random() < sum(_CORRECTED.values()) else None


def _events(rng: Random, number: int, fate: Fate, at: datetime, end: datetime) -> list[tuple[datetime, int, str, str]]:
    whats: list[str] = []
    if fate.status is not Status.UNASSESSED:
        whats = ["rule", "decide"] if fate.status is Status.CORROBORATED else ["decide"]
    if not whats or rng.random() < sum(_CORRECTED.values()):
        correction = rng.choices(list(_CORRECTED), list(_CORRECTED.values()))[0]
        whats.append(correction)
        if correction != "withdraw":
            rng.shuffle(whats)
        if "rule" in whats and whats.index("rule") > whats.index("decide"):
            whats.remove("rule")
            whats.insert(0, "rule")
    found = []
    for what in whats:
        wait = timedelta(days=min(rng.lognormvariate(2.5, 1.0), 200), seconds=rng.random() * 3600)
        # What would have come after the end came sooner.
        at = at + wait if at + wait < end else at + (end - at) * rng.uniform(0.2, 0.8)
        found.append((at, number, what, rng.choice(DESK)))
    return found


def _numbered(moments: list[datetime], later: list[tuple[datetime, int, str, str]], fates: dict[int, Fate]) -> History:
    begin = Act(1, BEGIN, IMPORTER, Action.IMPORT, "Sources and topics.")
    acts: list[Act] = [begin]
    imports: list[Act] = []
    every = [(at, -1, "import", IMPORTER) for at in moments] + later
    for seq, (at, number, what, by) in enumerate(sorted(every), start=2):
        if number < 0:
            act = Act(seq, at, by, Action.IMPORT, f"Import of batch-{len(imports):05}.json.")
            imports.append(act)
        else:
            action, reason = _ACTS[what]
            act = Act(seq, at, by, action, reason)
            fates[number].events.append(Event(seq, at, what, by))
        acts.append(act)
    return History(acts, imports, fates)
