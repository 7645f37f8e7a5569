"""Rules with a Python form and an SQL form: the current decision, its staleness, and the state of a proposal."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.models import Head, StalePeriod
from app.services.changes import decision_staleness, stale_periods
from app.services.claims import evidence, reviews
from app.services.core.snapshot import NOW, Snapshot, snapshot_at_seq
from app.services.people import keys
from app.services.policy import proposal_states
from app.services.policy.status_rules import STATUS_RULES
from app.vocabulary import ProposalState, Role, Staleness, Status
from tests.conftest import ENGINES
from tests.support.desk import ACTION_NAMES, EVERY_ACTION, MERGING_ACTIONS, Action, Desk, open_desk

STATUSES = ("unconfirmed", "disputed")
VERDICTS = ("approve", "reject", "request_more", "answer", "withdraw")


class SigningDesk:
    """A desk whose random actions include proposals and sign-offs by three people."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.people: list[dict[str, str]] = []
        with desk.database.writing() as connection:
            for number in range(3):
                _info, key = keys.issue(connection, f"Fact-checker {number}", Role.FACT_CHECKER)
                self.people.append({"Authorization": f"Bearer {key}"})
        self.proposals: list[str] = []

    def perform(self, name: str, a: int, b: int, c: int) -> None:
        """Perform one action."""
        if hasattr(self, name):
            getattr(self, name)(a, b, c)
        else:
            self.desk.perform(name, a, b, c)

    def propose(self, a: int, b: int, c: int) -> None:
        """Propose a status for a claim."""
        if self.desk.ids["claims"]:
            path = f"claims/{self.desk.pick_id('claims', a)}/proposals"
            status = STATUSES[b % len(STATUSES)]
            fields = {
                "status": status,
                "rationale": f"Because {b}.",
                "credibility": min(STATUS_RULES[Status(status)].credibility),
                "standard": "reasonable_grounds",
                "claim_version": self.desk.read_json(f"claims/{self.desk.pick_id('claims', a)}")["version"],
            }
            response = self.desk.api.post(path, json=fields, headers=self.people[c % 3])
            if self.desk.is_accepted(response):
                self.proposals.append(response.json()["id"])

    def sign(self, a: int, b: int, c: int) -> None:
        """Give a verdict on a proposal."""
        if self.proposals:
            path = f"proposals/{self.proposals[a % len(self.proposals)]}/sign-offs"
            fields = {"verdict": VERDICTS[b % len(VERDICTS)], "reason": f"Because {b}."}
            response = self.desk.api.post(path, json=fields, headers=self.people[c % 3])
            assert response.status_code in (201, 403, 409, 422), response.text


DECISIONS: list[Action] = [
    # Approved, and then made stale for each of the three reasons.
    ("propose", 0, 0, 0), ("sign", 0, 0, 1), ("propose", 2, 0, 0), ("sign", 1, 0, 2),
    ("propose", 3, 0, 0), ("sign", 2, 0, 1), ("reword_claim", 0, 1, 0), ("evidence", 2, 0, 0),
    ("correct_attribution", 0, 0, 1), ("correct_attribution", 1, 0, 1), ("correct_attribution", 2, 0, 1),
    # Rejected, answered and withdrawn, open, and void.
    ("propose", 0, 0, 1), ("sign", 3, 1, 2), ("propose", 0, 0, 1), ("sign", 4, 2, 2), ("sign", 4, 3, 1),
    ("sign", 4, 4, 1), ("propose", 2, 0, 1), ("propose", 3, 0, 1), ("sign", 6, 2, 0), ("reword_claim", 2, 2, 0),
]  # fmt: skip
"""Every verdict, and every reason why a decision is stale or a proposal void."""

action_strategy = st.tuples(
    st.sampled_from((*ACTION_NAMES, *("propose", "sign") * 5)), *(st.integers(0, 11) for _ in range(3))
)


@pytest.mark.parametrize("engine", ENGINES)
@given(history=st.lists(action_strategy, max_size=25))
@example(history=DECISIONS)
@example(history=[*EVERY_ACTION, *MERGING_ACTIONS, *DECISIONS])
@example(history=[*DECISIONS, *EVERY_ACTION, *MERGING_ACTIONS])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_forms_of_each_rule_agree(engine: str, request: pytest.FixtureRequest, history: list[Action]) -> None:
    with open_desk(engine, request) as desk:
        signing_desk = SigningDesk(desk)
        for action in history:
            signing_desk.perform(*action)
        with desk.database.reading() as connection:
            last = connection.scalar(select(table_of(Head).c.seq)) or 0
            reached: set[ProposalState] = set()
            reached_reasons: set[Staleness | None] = set()
            for seq in range(max(0, last - 12), last + 1):
                snapshot = NOW if seq == last else snapshot_at_seq(seq)
                reached_reasons |= compare_decisions(connection, snapshot)
                reached |= compare_proposals(connection, snapshot)
        with desk.database.writing() as connection:
            compare_rebuilt_periods(connection)
        if history == DECISIONS:
            assert reached_reasons >= {None, Staleness.WORDING, Staleness.EVIDENCE, Staleness.ATTRIBUTIONS}
            assert reached == set(ProposalState), "this example must reach every state"


def compare_decisions(connection: Connection, snapshot: Snapshot) -> set[Staleness | None]:
    """Assert that both forms agree on the current decision, and that the kept reasons are right; return these reasons.

    `None` in the result is a decision that is not stale.
    """
    claim = snapshot.claim
    rows = connection.execute(
        select(
            claim.c.id,
            claim.c.status,
            stale_periods.shown_status(snapshot, claim).label("shown"),
            decision_staleness.current_decision_value(claim.c.id, "id").label("decision_id"),
        )
    ).all()
    claim_ids = [row.id for row in rows]
    decisions = reviews.fetch_by_claim(connection, snapshot, claim_ids)
    kept = stale_periods.fetch_reasons(connection, snapshot, claim_ids)
    computed = stale_periods.find_reasons(connection, snapshot, claim_ids)
    reached: set[Staleness | None] = set()
    for row in rows:
        decision = decision_staleness.current_decision(decisions[row.id])
        reasons = computed.get(row.id, [])
        assert kept.get(row.id, []) == reasons, (snapshot.seq, row.id)
        assert row.shown == ("stale" if reasons else row.status)
        if snapshot is NOW:  # the SQL form of the current decision exists only for the present
            assert row.decision_id == (decision and decision["id"])
        if decision:
            reached |= set(reasons) or {None}
    return reached


def compare_proposals(connection: Connection, snapshot: Snapshot) -> set[ProposalState]:
    """Assert that both forms agree on the one state of each proposal; return the states that occur."""
    reached: set[ProposalState] = set()
    proposal, sign_off = snapshot.proposal, snapshot.sign_off
    is_outdated = proposal_states.is_outdated(proposal, snapshot.claim, snapshot.evidence)
    conditions = {
        state: proposal_states.in_state(state, proposal, sign_off, is_outdated).label(state) for state in ProposalState
    }
    rows = connection.execute(select(proposal, is_outdated.label("outdated"), *conditions.values())).mappings().all()
    sign_offs: dict[str, list[StoredRow]] = defaultdict(list)
    for sign in connection.execute(select(sign_off).order_by(sign_off.c.change_seq)).mappings():
        sign_offs[sign["proposal_id"]].append(sign)
    claims = {row["id"]: row for row in connection.execute(select(snapshot.claim)).mappings()}
    pieces = evidence.fetch_by_claim(connection, snapshot, claims)
    for row in rows:
        changed = claims[row["claim_id"]]["content_version"] > row["claim_version"] or any(
            piece["change_seq"] > row["change_seq"] for piece in pieces[row["claim_id"]]
        )
        assert bool(row["outdated"]) == changed, (snapshot.seq, row["id"])
        state = proposal_states.state_of(sign_offs[row["id"]], is_outdated=changed)
        assert [name for name in ProposalState if row[name]] == [state], (snapshot.seq, row["id"])
        reached.add(state)
    return reached


def compare_rebuilt_periods(connection: Connection) -> None:
    """Assert that the periods of stale decisions, computed anew from the revisions, are those that were kept."""
    period = table_of(StalePeriod)
    in_order = select(period).order_by(period.c.claim_id, period.c.since_seq)
    kept = connection.execute(in_order).all()
    stale_periods.rebuild(connection)
    assert connection.execute(in_order).all() == kept
