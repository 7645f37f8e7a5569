"""The changes of a generated record: two years of imports, and what the desk did to claims afterwards."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from app.vocabulary import Action, Stage, Status

BEGIN = datetime(2023, 11, 1, tzinfo=UTC)
DAYS = 730
"""Length of the record, in days."""

BATCH = 500
"""Claims per import."""

IMPORTER = "Import desk"
DESK = ("A. Lindqvist", "B. Moreau", "C. Okafor", "D. Petrenko", "E. Tanaka", "F. Weiss")

# Shares of all claims that get a decision, by status.
_STATUS_SHARES = {
    Status.UNCONFIRMED: 0.090,
    Status.DISPUTED: 0.040,
    Status.UNVERIFIABLE: 0.022,
    Status.CONFIRMED: 0.022,
    Status.UNLIKELY: 0.009,
    Status.REFUTED: 0.008,
    Status.CONCEDED: 0.006,
    Status.CORROBORATED: 0.003,
}
_CORRECTION_SHARES = {"correct_claim": 0.015, "correct_attribution": 0.012, "withdraw": 0.004}
_UNPUBLISHED_SHARES = {Stage.DRAFT: 0.025, Stage.IN_REVIEW: 0.010}


class LaterChange(NamedTuple):
    """A change to a claim after it was recorded."""

    seq: int
    at: datetime
    action: str
    """rule, decide, correct_claim, correct_attribution or withdraw."""
    by: str
    """The byline of the person who made it."""


@dataclass
class ClaimPlan:
    """The stage, final status and later changes of a claim."""

    stage: Stage = Stage.PUBLISHED
    """Stage when recorded."""
    status: Status = Status.UNASSESSED
    """Final status."""
    events: list[LaterChange] = field(default_factory=list)
    """Later changes, in order."""


class PlannedChange(NamedTuple):
    """A row of the table `change`."""

    seq: int
    at: datetime
    by: str
    action: Action
    reason: str


@dataclass
class History:
    """All changes, and the plans of the claims."""

    changes: list[PlannedChange]
    imports: list[PlannedChange]
    """The changes that record claims: number n records batch n."""
    claim_plans: dict[int, ClaimPlan]
    """By the number of the claim; claims without a plan are published and never changed."""

    @property
    def middle(self) -> datetime:
        """A moment when half of the claims were recorded."""
        return self.imports[len(self.imports) // 2].at + timedelta(seconds=1)


_ACTIONS = {
    "rule": (Action.RULE, "Each has it from people of its own."),
    "decide": (Action.DECIDE, "Reviewed by the desk."),
    "correct_claim": (Action.CORRECT, "The place was named too narrowly."),
    "correct_attribution": (Action.CORRECT, "The summary was compared with the recording."),
    "withdraw": (Action.CORRECT, "It was recorded by mistake."),
}


def plan(claims: int, seed: int) -> History:
    """Plan the history of a database of `claims` claims."""
    rng = Random(f"history {seed} {claims}")
    batches = math.ceil(claims / BATCH)
    step = timedelta(days=DAYS) / batches
    moments = [BEGIN + timedelta(hours=1) + step * (number + rng.random() * 0.8) for number in range(batches)]
    end = BEGIN + timedelta(days=DAYS, hours=1)
    claim_plans: dict[int, ClaimPlan] = {}
    later_changes: list[tuple[datetime, int, str, str]] = []
    for number in range(claims):
        at = moments[number // BATCH]
        claim_plan = _draw_claim_plan(rng)
        if claim_plan is None:
            continue
        claim_plans[number] = claim_plan
        if claim_plan.stage is Stage.PUBLISHED:
            later_changes += _events(rng, number, claim_plan, at, end)
    return _number_changes(moments, later_changes, claim_plans)


def _draw_claim_plan(rng: Random) -> ClaimPlan | None:
    drawn = rng.random()
    for stage, share in _UNPUBLISHED_SHARES.items():
        if drawn < share:
            return ClaimPlan(stage=stage)
        drawn -= share
    for status, share in _STATUS_SHARES.items():
        if drawn < share:
            return ClaimPlan(status=status)
        drawn -= share
    # Corrections also affect claims without a decision.
    return ClaimPlan() if rng.random() < sum(_CORRECTION_SHARES.values()) else None


def _events(
    rng: Random, number: int, claim_plan: ClaimPlan, at: datetime, end: datetime
) -> list[tuple[datetime, int, str, str]]:
    actions: list[str] = []
    if claim_plan.status is not Status.UNASSESSED:
        actions = ["rule", "decide"] if claim_plan.status is Status.CORROBORATED else ["decide"]
    if not actions or rng.random() < sum(_CORRECTION_SHARES.values()):
        correction = rng.choices(list(_CORRECTION_SHARES), list(_CORRECTION_SHARES.values()))[0]
        actions.append(correction)
        if correction != "withdraw":
            rng.shuffle(actions)
        if "rule" in actions and actions.index("rule") > actions.index("decide"):
            actions.remove("rule")
            actions.insert(0, "rule")
    planned = []
    for action in actions:
        delay = timedelta(days=min(rng.lognormvariate(2.5, 1.0), 200), seconds=rng.random() * 3600)
        # A change that would come after the end is moved before it.
        at = at + delay if at + delay < end else at + (end - at) * rng.uniform(0.2, 0.8)
        planned.append((at, number, action, rng.choice(DESK)))
    return planned


def _number_changes(
    moments: list[datetime], later_changes: list[tuple[datetime, int, str, str]], claim_plans: dict[int, ClaimPlan]
) -> History:
    first_change = PlannedChange(1, BEGIN, IMPORTER, Action.IMPORT, "Sources and topics.")
    changes: list[PlannedChange] = [first_change]
    imports: list[PlannedChange] = []
    planned = [(at, -1, "import", IMPORTER) for at in moments] + later_changes
    for seq, (at, number, action_name, by) in enumerate(sorted(planned), start=2):
        if number < 0:
            change = PlannedChange(seq, at, by, Action.IMPORT, f"Import of batch-{len(imports):05}.json.")
            imports.append(change)
        else:
            action, reason = _ACTIONS[action_name]
            change = PlannedChange(seq, at, by, action, reason)
            claim_plans[number].events.append(LaterChange(seq, at, action_name, by))
        changes.append(change)
    return History(changes, imports, claim_plans)
