"""The queue: what waits for a decision and why, who is at work on it, who asked; and what the public is told."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event, text
from typer.testing import CliRunner

from app import clock
from app import settings as configuration
from app.cli.main import app as attest
from app.db.engine import Database
from app.services.core.actors import Actor
from app.services.desk import queue_candidates
from app.services.people import keys
from app.services.policy.queue_ranking import QUEUE_RULES, QueueFacts, explain_reasons, reason_points
from app.vocabulary import QueueReason, Role, Staleness
from tests.support.problems import assert_problem

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]

NOWHERE = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"


class QueueWork:
    """Steps at the queue over HTTP."""

    def __init__(self, api: TestClient, database: Database, record: Record, correct: Record) -> None:
        self.api = api
        self.record = record
        self.correct = correct
        self._database = database
        self._known: dict[str, Headers] = {}

    def person(self, byline: str, role: Role = Role.FACT_CHECKER) -> Headers:
        """Headers of somebody by name."""
        if byline not in self._known:
            with self._database.writing() as connection:
                _info, key = keys.issue(connection, byline, role)
            self._known[byline] = {"Authorization": f"Bearer {key}"}
        return self._known[byline]

    def page(self, by: str = "Anna", **params: Any) -> dict[str, Any]:
        answer = self.api.get("queue", params=params, headers=self.person(by))
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def ids(self, by: str = "Anna", **params: Any) -> list[str]:
        return [item["claim"]["id"] for item in self.page(by, **params)["items"]]

    def item(self, claim_id: str, **params: Any) -> dict[str, Any] | None:
        found = [item for item in self.page(limit=200, **params)["items"] if item["claim"]["id"] == claim_id]
        return found[0] if found else None

    def reasons(self, claim_id: str) -> dict[str, int]:
        """The reasons for which a claim waits, with their points; none if it does not wait."""
        item = self.item(claim_id)
        return {} if item is None else {one["reason"]: one["points"] for one in item["reasons"]}

    def claim(self, statement: str = "Soldiers are there.", *, said: int = 1, **fields: Any) -> str:
        """A published claim that so many put forward."""
        source = self.record("sources", name=f"NIS on {statement}")["id"]
        attributions = [{"source": source, "stance": "asserts", "lineage": "original"} for _ in range(said)]
        return str(self.record("claims", statement=statement, attributions=attributions, **fields)["id"])

    def propose(self, claim_id: str, by: str = "Anna") -> str:
        version = self.api.get(f"claims/{claim_id}", headers=self.person(by)).json()["version"]
        body = {
            "claim_version": version,
            "status": "unconfirmed",
            "rationale": "Said, and no more.",
            "credibility": 3,
            "standard": "reasonable_grounds",
        }
        answer = self.api.post(f"claims/{claim_id}/proposals", json=body, headers=self.person(by))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def sign(self, proposal_id: str, verdict: str = "approve", by: str = "Boris") -> None:
        body = {"verdict": verdict, "reason": "So."}
        answer = self.api.post(f"proposals/{proposal_id}/sign-offs", json=body, headers=self.person(by))
        assert answer.status_code == 201, answer.text

    def decide(self, claim_id: str) -> None:
        self.sign(self.propose(claim_id))

    def take(self, claim_id: str, by: str = "Anna", **fields: Any) -> Response:
        return self.api.post(f"queue/{claim_id}/take", json=fields, headers=self.person(by))

    def release(self, claim_id: str, by: str = "Anna") -> Response:
        return self.api.delete(f"queue/{claim_id}/take", headers=self.person(by))

    def ask(self, claim_id: str, by: str = "Rita", note: str | None = None) -> Response:
        headers = self.person(by, Role.READER)
        return self.api.post(f"claims/{claim_id}/requests", json={"note": note}, headers=headers)


@pytest.fixture
def desk(api: TestClient, database: Database, record: Record, correct: Record) -> QueueWork:
    return QueueWork(api, database, record, correct)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock."""

    def put(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return put


# --- reasons: for each a record that has it, and one that nearly has ---


def contradict(desk: QueueWork, claim_id: str, **other: Any) -> dict[str, Any]:
    """Let another claim contradict this one; the relation."""
    rival = desk.record("claims", statement="Nobody is there.", **other)
    return desk.record("relations", claim=rival["id"], other_claim=claim_id, relation="contradicts")


def deny(desk: QueueWork, claim_id: str, stance: str = "denies", **fields: Any) -> dict[str, Any]:
    source = desk.record("sources", name="Russia")["id"]
    return desk.record("attributions", claim=claim_id, source=source, stance=stance, **fields)


def show(desk: QueueWork, claim_id: str) -> dict[str, Any]:
    document = desk.record("documents", kind="video")["id"]
    return desk.record("evidence", claim=claim_id, document=document, role="supports")


def evidence_corrected(desk: QueueWork, claim_id: str) -> None:
    piece = show(desk, claim_id)
    desk.decide(claim_id)
    desk.correct("evidence", piece["id"], description="A badge is to be seen.")


def evidence_taken_back(desk: QueueWork, claim_id: str) -> None:
    desk.decide(claim_id)
    desk.correct("evidence", show(desk, claim_id)["id"], withdrawn=True)


def decided_then(act: Callable[[QueueWork, str], Any]) -> Callable[[QueueWork, str], None]:
    def both(desk: QueueWork, claim_id: str) -> None:
        desk.decide(claim_id)
        act(desk, claim_id)

    return both


def then_decided(act: Callable[[QueueWork, str], Any]) -> Callable[[QueueWork, str], None]:
    def both(desk: QueueWork, claim_id: str) -> None:
        act(desk, claim_id)
        desk.decide(claim_id)

    return both


def nothing(_desk: QueueWork, _claim_id: str) -> None:
    pass


def withdraw_relation(desk: QueueWork, claim_id: str) -> None:
    desk.correct("relations", contradict(desk, claim_id)["id"], withdrawn=True)


def withdraw_denial(desk: QueueWork, claim_id: str) -> None:
    desk.correct("attributions", deny(desk, claim_id)["id"], withdrawn=True)


def reword(desk: QueueWork, claim_id: str) -> None:
    desk.correct("claims", claim_id, statement="Another wording.")


def propose_and(verdict: str) -> Callable[[QueueWork, str], None]:
    def both(desk: QueueWork, claim_id: str) -> None:
        desk.sign(desk.propose(claim_id), verdict, by="Anna" if verdict == "withdraw" else "Boris")

    return both


def propose_and_reword(desk: QueueWork, claim_id: str) -> None:
    desk.propose(claim_id)
    reword(desk, claim_id)


def relate_otherwise(desk: QueueWork, claim_id: str) -> None:
    other = desk.record("claims", statement="More are there.")["id"]
    desk.record("relations", claim=claim_id, other_claim=other, relation="updates")


R = QueueReason
Case = tuple[str, Callable[[QueueWork, str], Any], set[QueueReason]]

# What is done to a published claim that one source puts forward, and the reasons that it waits for then.
CASES: list[Case] = [
    ("as recorded", nothing, {R.UNASSESSED, R.REACH}),
    ("decided", QueueWork.decide, set()),
    ("contradicted", contradict, {R.CONTRADICTED, R.UNASSESSED, R.REACH}),
    ("contradicted by a draft", lambda d, c: contradict(d, c, stage="draft"), {R.UNASSESSED, R.REACH}),
    ("contradiction withdrawn", withdraw_relation, {R.UNASSESSED, R.REACH}),
    ("related otherwise", relate_otherwise, {R.UNASSESSED, R.REACH}),
    ("decided, then contradicted", decided_then(contradict), {R.CONTRADICTED, R.REACH}),
    ("contradicted, then decided", then_decided(contradict), set()),
    ("denied", deny, {R.CONTRADICTED, R.UNASSESSED, R.REACH}),
    ("decided, then denied", decided_then(deny), {R.CONTRADICTED, R.REACH}),
    ("decided, then disputed", decided_then(lambda d, c: deny(d, c, "disputes_figure")), {R.CONTRADICTED, R.REACH}),
    ("decided, then no comment", decided_then(lambda d, c: deny(d, c, "declines_to_comment")), set()),
    ("denied, then decided", then_decided(deny), set()),
    ("denial withdrawn", decided_then(withdraw_denial), set()),
    ("reworded", decided_then(reword), {R.STALE, R.REACH}),
    ("noted", decided_then(lambda d, c: d.correct("claims", c, note="Noted.")), set()),
    ("evidence added", decided_then(show), {R.STALE, R.NEW_EVIDENCE, R.REACH}),
    ("evidence, then decided", then_decided(show), set()),
    ("evidence corrected", evidence_corrected, {R.STALE, R.REACH}),
    ("evidence taken back", evidence_taken_back, {R.STALE, R.REACH}),
    ("requested", decided_then(QueueWork.ask), {R.REQUESTED, R.REACH}),
    ("requested, then decided", then_decided(QueueWork.ask), set()),
    ("proposed", QueueWork.propose, {R.PROPOSAL_OPEN, R.UNASSESSED, R.REACH}),
    ("more requested", propose_and("request_more"), {R.PROPOSAL_OPEN, R.UNASSESSED, R.REACH}),
    ("rejected", propose_and("reject"), {R.UNASSESSED, R.REACH}),
    ("taken back", propose_and("withdraw"), {R.UNASSESSED, R.REACH}),
    ("void", propose_and_reword, {R.UNASSESSED, R.REACH}),
]


@pytest.mark.parametrize(("act", "reasons"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_claim_waits_for_what_happened_to_it(
    desk: QueueWork, act: Callable[[QueueWork, str], Any], reasons: set[QueueReason]
) -> None:
    claim_id = desk.claim()
    act(desk, claim_id)

    item = desk.item(claim_id)

    assert set(desk.reasons(claim_id)) == reasons
    assert item is None or item["score"] == sum(one["points"] for one in item["reasons"])
    # Each reason finds the claim by itself, as well as by looking everywhere.
    for reason in QueueReason:
        assert (desk.item(claim_id, reason=reason) is not None) == (reason in reasons), reason


def test_every_reason_is_there_in_some_case_and_not_in_another() -> None:
    assert set(QUEUE_RULES) == set(QueueReason) == set(queue_candidates.CANDIDATE_QUERIES)
    for reason in QueueReason:
        assert {reason in reasons for _name, _act, reasons in CASES} == {True, False}, reason


def test_both_ends_of_a_contradiction_wait(desk: QueueWork) -> None:
    claim_id = desk.claim()
    rival = contradict(desk, claim_id)["claim"]["id"]
    for one in (claim_id, rival):
        assert "contradicted" in desk.reasons(one)
    # Said twice, from either end, it is one claim that contradicts.
    desk.record("relations", claim=claim_id, other_claim=rival, relation="contradicts")
    item = desk.item(claim_id)
    assert item is not None
    assert item["reasons"][0]["detail"] == "1 published claim contradicts it."


def test_an_old_decision_that_is_filed_late_does_not_hold(desk: QueueWork, api: TestClient, editor: Headers) -> None:
    """What counts is the decision that holds, not the one that was recorded last."""
    claim_id = desk.claim(key="one")
    desk.decide(claim_id)
    deny(desk, claim_id)
    decided = {"status": "unconfirmed", "rationale": "Old.", "decided_on": "2020-01-01", "decided_by": "Desk"}
    line = {"record": "claim", "key": "one", "kind": "troop_estimate", "statement": "Soldiers are there."}
    report = api.post("imports", json={**line, "stage": "published", "reviews": [decided]}, headers=editor).json()
    assert (report["revised"], report["refusals"]) == (1, [])
    assert set(desk.reasons(claim_id)) == {"contradicted", "reach"}
    assert desk.ids(reason="contradicted") == [claim_id]


def facts(**more: Any) -> QueueFacts:
    least: dict[str, Any] = {
        "decided_on": datetime(2025, 1, 14, tzinfo=UTC).date(),
        "stale_because": [],
        "contradicting": 0,
        "denying": 0,
        "new_evidence": 0,
        "requested": 0,
        "proposal": None,
        "reach": 0,
    }
    return QueueFacts(**{**least, **more})


POINTS: list[tuple[dict[str, Any], dict[str, int]]] = [
    ({}, {}),
    ({"reach": 1_000}, {}),
    ({"decided_on": None}, {"unassessed": 10}),
    ({"contradicting": 1}, {"contradicted": 40}),
    ({"contradicting": 3, "denying": 2}, {"contradicted": 40}),
    ({"stale_because": [Staleness.WORDING, Staleness.EVIDENCE]}, {"stale": 30}),
    ({"new_evidence": 4}, {"new_evidence": 20}),
    *(({"requested": number}, {"requested": points}) for number, points in [(1, 5), (2, 10), (5, 25), (99, 25)]),
    *(
        ({"decided_on": None, "reach": number}, {"unassessed": 10, "reach": points})
        for number, points in [(1, 5), (2, 5), (3, 10), (6, 10), (7, 15), (254, 35), (255, 40), (10**6, 40)]
    ),
]


@pytest.mark.parametrize(("given", "points"), POINTS, ids=str)
def test_points_are_those_of_the_table(given: dict[str, Any], points: dict[str, int]) -> None:
    counted = reason_points(facts(**given))
    found = explain_reasons(facts(**given), counted)
    assert counted == {one.reason: one.points for one in found} == points
    assert all(one.detail.endswith(".") for one in found)
    assert [one.points for one in found] == sorted((one.points for one in found), reverse=True)


def test_reasons_are_told_in_words(desk: QueueWork) -> None:
    claim_id = desk.claim(said=3)
    desk.decide(claim_id)
    contradict(desk, claim_id)
    deny(desk, claim_id)
    deny(desk, claim_id, "disputes_figure")
    show(desk, claim_id)
    for who in ("Rita", "Romy"):
        assert desk.ask(claim_id, who).status_code == 201
    proposal = desk.propose(claim_id)
    item = desk.item(claim_id)
    assert item is not None
    today = clock.now().date()

    assert {one["reason"]: one["detail"] for one in item["reasons"]} == {
        "contradicted": "1 published claim contradicts it, 2 attributions deny it or its figure.",
        "stale": f"Changed since the decision of {today}: evidence.",
        "proposal_open": "Anna proposes 'unconfirmed'; it awaits a sign-off.",
        "new_evidence": f"1 piece of evidence is new since the decision of {today}.",
        "requested": "2 people request a decision.",
        "reach": "3 attributions assert it.",
    }
    assert (item["score"], item["reach"]) == (40 + 30 + 25 + 20 + 10 + 10, 3)
    assert item["open_proposal"] == {
        "id": proposal,
        "status": "unconfirmed",
        "state": "open",
        "proposed_by": "Anna",
    }
    desk.sign(proposal, "request_more")
    assert "Anna must answer a request for more information." in str(desk.item(claim_id))


# --- the list ---


def test_the_queue_is_ranked_and_paged_without_gaps(desk: QueueWork, api: TestClient) -> None:
    made = [desk.claim(f"Claim {number}.", said=1 + number % 4) for number in range(7)]
    deny(desk, made[0])
    whole = desk.page(limit=200)
    order = [item["claim"]["id"] for item in whole["items"]]
    ranks = [(item["score"], item["claim"]["id"]) for item in whole["items"]]

    assert (set(order), order[0], whole["next"], whole["complete"]) == (set(made), made[0], None, True)
    assert all(earlier > later for earlier, later in pairwise(ranks))
    for limit in (1, 2, 3, 7):
        paged, cursor = [], None
        while True:
            page = desk.page(limit=limit, **({"cursor": cursor} if cursor else {}))
            paged += [item["claim"]["id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert paged == order, limit

    cursor = desk.page(limit=2)["next"]
    for params in ({"cursor": cursor, "kind": "other"}, {"cursor": "x" + cursor[1:]}, {"cursor": "x"}):
        assert_problem(api.get("queue", params=params, headers=desk.person("Anna")), 422, "cursor")
    # "Mine" are others' for somebody else.
    assert_problem(api.get("queue", params={"cursor": cursor}, headers=desk.person("Boris")), 422, "cursor")


def test_filters_narrow(desk: QueueWork) -> None:
    topic = desk.record("topics", key="kursk")["id"]
    plain = desk.claim("Plain.")
    other = desk.claim("Other.", kind="other", topic=topic)
    review = desk.claim("In review.", stage="in_review")
    draft = desk.claim("Draft.", stage="draft")
    gone = desk.claim("Gone.")
    desk.correct("claims", gone, stage="withdrawn", notice="Wrong.")
    decided = desk.claim("Decided.", topic=topic)
    desk.decide(decided)
    open_one = desk.propose(plain)
    rejected = desk.propose(other)
    desk.sign(rejected, "reject")
    desk.take(plain)
    desk.take(review, "Boris")

    def found(**params: Any) -> set[str]:
        return set(desk.ids(**params))

    assert found() == {plain, other, review}
    assert found(kind="other") == {other}
    assert found(kind=["other", "troop_estimate"]) == {plain, other, review}
    assert found(topic="kursk") == found(topic=topic) == {other}
    assert found(topic=topic, kind="troop_estimate") == set()
    assert found(stage="draft") == {draft}
    assert found(stage=["draft", "published"]) == {draft, plain, other}
    assert found(stage="withdrawn") == set()
    assert found(reason="proposal_open") == {plain}
    assert found(reason=["proposal_open", "requested"]) == {plain}
    assert found(reason="stale") == set()
    assert found(taken="nobody") == {other}
    assert found(taken="me") == {plain}
    assert found(by="Boris", taken="me") == {review}
    assert found(taken="anybody") == {plain, review}
    assert found(taken="anybody", kind="other") == set()
    assert found(taken="me", reason="requested") == set()
    assert found(proposal="open") == {plain}
    assert found(proposal=["open", "rejected"]) == {plain, other}
    assert found(proposal="approved") == set()
    assert found(proposal="open", taken="anybody") == {plain}
    assert found(proposal="rejected", taken="anybody") == set()
    item = desk.item(plain)
    assert item is not None
    assert item["open_proposal"]["id"] == open_one
    assert all(item["open_proposal"] is None for item in desk.page(kind="other")["items"])


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"reason": "boredom"}, "reason.0"),
        ({"taken": "they"}, "taken"),
        ({"limit": "201"}, "limit"),
        ({"topic": "nowhere"}, "topic"),
        ({"as_of": "2025-01-01"}, "as_of"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_a_parameter_that_is_not_right_is_refused(desk: QueueWork, params: dict[str, str], field: str) -> None:
    assert_problem(desk.api.get("queue", params=params, headers=desk.person("Anna")), 422, field)


def test_more_than_a_look_goes_over_is_said(desk: QueueWork, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [desk.claim(f"Claim {number}.", time=f"2025-01-0{number + 1}") for number in range(4)]
    assert desk.page()["complete"] is True
    monkeypatch.setattr(queue_candidates, "MAX_FOUND", 2)
    page = desk.page()
    # The latest by what they speak of, and the latest by what was said.
    assert ({item["claim"]["id"] for item in page["items"]}, page["complete"]) == (set(claims[2:]), False)
    assert desk.page(reason="requested") == {"items": [], "next": None, "complete": True}

    for one in claims:
        desk.decide(one)
    assert desk.page(reason="stale") == {"items": [], "next": None, "complete": True}
    reword(desk, claims[0])
    monkeypatch.setattr(queue_candidates, "MAX_SCANNED", 1)
    page = desk.page(reason="stale")
    assert ([item["claim"]["id"] for item in page["items"]], page["complete"]) == ([claims[0]], False)


def test_no_look_goes_over_a_whole_table(desk: QueueWork, database: Database) -> None:
    """Asked of the engine itself: every table is gone into by an index, and nothing is sorted but what was found."""
    if not database.is_sqlite:
        pytest.skip("plans of PostgreSQL follow from its statistics, not from the statement alone")
    topic = desk.record("topics")["id"]
    asked: list[tuple[str, Any]] = []
    engine = desk.api.app.state.database.engine  # type: ignore[attr-defined]  # the service, which is ours
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    desk.page()
    desk.page(kind=["other", "deployment"], stage=["draft", "published"])
    desk.page(topic=topic)
    desk.page(taken="me")
    desk.page(taken="anybody")
    desk.page(proposal="open")
    plans = {}
    with database.reading() as connection:
        for sql, values in asked:
            if sql.lstrip().upper().startswith(("SELECT", "WITH")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
                plans[sql] = [row[3] for row in plan]
    assert len(plans) > 20
    for sql, plan in plans.items():
        # What an index gives in order is cut off by the limit; all else is found by key.
        scans = [step for step in plan if step.startswith("SCAN") and not by_index_or_found(step)]
        assert scans == [], (sql, plan)


def by_index_or_found(step: str) -> bool:
    """A walk along an index, or over rows that were cut off already or given as a parameter."""
    what = step.split()[1]
    return " USING " in step or "VIRTUAL TABLE" in step or what.startswith(("newest", "anon", "(", "CONSTANT"))


def test_the_command_lists_the_first_with_their_reasons(
    desk: QueueWork, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.claim("Denied [red]."), desk.claim("Plain.")
    deny(desk, first)
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    configuration.load.cache_clear()
    told = [
        CliRunner().invoke(attest, ["queue", *words]) for words in ((), ("--json", "--limit", "1"), ("--reason", "x"))
    ]
    configuration.load.cache_clear()

    assert [one.exit_code for one in told] == [0, 0, 2]
    assert told[0].output.index(first) < told[0].output.index(second)
    assert "40 contradicted: 1 attribution denies it or its figure." in told[0].output
    assert "Denied [red]." in told[0].output
    (item,) = json.loads(told[1].output)
    assert (item["claim"]["id"], item["score"]) == (first, 55)


# --- taking ---


@pytest.mark.parametrize(("path", "status"), [("queue/{claim}/take", 200), ("claims/{claim}/requests", 201)])
def test_what_says_nothing_may_be_left_out(desk: QueueWork, path: str, status: int) -> None:
    address, headers = path.format(claim=desk.claim()), desk.person("Anna")

    assert desk.api.post(address, headers=headers).status_code == status
    assert desk.api.post(address, headers=headers, content=b"").status_code == 200
    # What is sent must be JSON all the same.
    assert_problem(desk.api.post(address, headers=headers, content=b"{}"), 415)
    assert_problem(desk.api.post(address, headers={**headers, "Content-Type": "application/json"}, content=b"{"), 400)


def test_a_claim_is_taken_by_one_and_its_time_runs_out(desk: QueueWork, at: Callable[[datetime], None]) -> None:
    claim_id, begin = desk.claim(), clock.now().replace(microsecond=0)
    for who in ("Anna", "Boris"):
        desk.person(who)
    at(begin)
    until = (begin + timedelta(minutes=120)).isoformat().replace("+00:00", "Z")
    answer = desk.take(claim_id)
    assert (answer.status_code, answer.json()) == (
        200,
        {"claim_id": claim_id, "taken_by": "Anna", "taken_until": until},
    )
    item = desk.item(claim_id)
    assert item is not None
    assert (item["taken_by"], item["taken_until"]) == ("Anna", until)

    at(begin + timedelta(minutes=119, seconds=59))
    assert assert_problem(desk.take(claim_id, "Boris"), 409)["detail"] == (
        f"Anna is working on this claim until {until}. Take it after that, or ask an editor to release it."
    )
    at(begin + timedelta(minutes=120))
    item = desk.item(claim_id)
    assert item is not None
    assert (item["taken_by"], item["taken_until"]) == (None, None)
    assert desk.ids(taken="me") == []
    assert desk.ids(taken="nobody") == [claim_id]
    assert desk.take(claim_id, "Boris", minutes=1).json()["taken_by"] == "Boris"
    assert "Boris is working on this claim" in assert_problem(desk.take(claim_id), 409)["detail"]


def test_whoever_has_it_goes_on(desk: QueueWork, at: Callable[[datetime], None]) -> None:
    claim_id, begin = desk.claim(), clock.now()
    desk.person("Anna")
    at(begin)
    first = desk.take(claim_id, minutes=10).json()["taken_until"]
    at(begin + timedelta(minutes=9))
    second = desk.take(claim_id, minutes=480).json()["taken_until"]
    assert second > first
    # Also for less time than is left.
    assert desk.take(claim_id, minutes=1).json()["taken_until"] < second


def test_it_is_released_by_whoever_has_it_or_by_an_editor(desk: QueueWork, editor: Headers) -> None:
    claim_id = desk.claim()
    assert desk.release(claim_id).status_code == 204
    desk.take(claim_id)
    assert "Anna is working on this claim" in assert_problem(desk.release(claim_id, "Boris"), 403)["detail"]
    assert desk.ids(taken="me") == [claim_id]
    released = desk.release(claim_id)
    assert (released.status_code, released.content) == (204, b"")
    assert desk.take(claim_id, "Boris").status_code == 200
    assert desk.api.delete(f"queue/{claim_id}/take", headers=editor).status_code == 204
    assert desk.take(claim_id).status_code == 200


def test_editors_assign(desk: QueueWork, editor: Headers, database: Database, actor: Actor) -> None:
    claim_id = desk.claim()
    desk.person("Boris")
    desk.person("Rita", Role.READER)
    with database.writing() as connection:
        info, _key = keys.issue(connection, "Gone", Role.FACT_CHECKER)
        keys.revoke(connection, actor, info.id)
        keys.issue(connection, "Over", Role.ADMIN, clock.now() - timedelta(seconds=1))

    def assign(person: str, headers: Headers) -> Response:
        return desk.api.post(f"queue/{claim_id}/take", json={"person": person}, headers=headers)

    assert_problem(assign("Boris", desk.person("Anna")), 403)
    for nobody in ("Rita", "Gone", "Over", "Nobody"):
        assert_problem(assign(nobody, editor), 422, "person")
    assert assign("Boris", editor).json()["taken_by"] == "Boris"
    assert desk.ids("Boris", taken="me") == [claim_id]
    # Not over somebody's head: an editor releases it first.
    assert "Boris is working on this claim" in assert_problem(assign("Test editor", editor), 409)["detail"]
    assert assign("Boris", desk.person("Boris")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"), [({"minutes": 0}, "minutes"), ({"minutes": 481}, "minutes"), ({"until": "x"}, "until")]
)
def test_a_time_that_is_not_right_is_refused(desk: QueueWork, fields: dict[str, Any], field: str) -> None:
    assert_problem(desk.take(desk.claim(), **fields), 422, field)


def test_what_is_not_there_or_withdrawn_is_not_taken(desk: QueueWork) -> None:
    for answer in (desk.take(NOWHERE), desk.release(NOWHERE), desk.ask(NOWHERE)):
        assert_problem(answer, 404)
    assert_problem(desk.api.get(f"claims/{NOWHERE}/requests", headers=desk.person("Anna")), 404)
    claim_id = desk.claim()
    desk.correct("claims", claim_id, stage="withdrawn", notice="Recorded twice.")
    assert_problem(desk.take(claim_id), 409)
    assert_problem(desk.ask(claim_id), 409)


def test_of_many_who_take_at_once_one_gets_it(desk: QueueWork) -> None:
    people = [f"Person {number}" for number in range(8)]
    for one in people:
        desk.person(one)
    for number in range(6):
        claim_id = desk.claim(f"Claim {number}.")
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda one, claim_id=claim_id: desk.take(claim_id, one), people))
        assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
        (got,) = [one for one, answer in zip(people, answers, strict=True) if answer.status_code == 200]
        item = desk.item(claim_id)
        assert item is not None
        assert item["taken_by"] == got


def test_of_many_who_take_at_once_what_ran_out_one_gets_it(desk: QueueWork, at: Callable[[datetime], None]) -> None:
    claim_id, begin = desk.claim(), clock.now()
    people = [f"Person {number}" for number in range(8)]
    for one in people:
        desk.person(one)
    at(begin)
    assert desk.take(claim_id, people[0], minutes=1).status_code == 200
    at(begin + timedelta(minutes=2))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: desk.take(claim_id, one).status_code, people))
    assert sorted(answers) == [200, *[409] * 7]


# --- requests ---


def test_a_person_asks_once_however_often(desk: QueueWork, at: Callable[[datetime], None]) -> None:
    claim_id = desk.claim()
    for who in ("Rita", "Romy"):
        desk.person(who, Role.READER)
    first = desk.ask(claim_id, note="For Friday.")
    assert (first.status_code, first.json()["note"], set(first.json())) == (
        201,
        "For Friday.",
        {"claim_id", "note", "asked_at"},
    )
    again = desk.ask(claim_id, note="For Sunday.")
    assert (again.status_code, again.json()["note"]) == (200, "For Sunday.")
    assert desk.reasons(claim_id)["requested"] == 5
    assert desk.ask(claim_id, "Romy").status_code == 201
    assert desk.reasons(claim_id)["requested"] == 10

    path = f"claims/{claim_id}/requests"
    listed = desk.api.get(path, headers=desk.person("Anna")).json()
    assert [(one["asked_by"], one["note"], one["answered"]) for one in listed["items"]] == [
        ("Romy", None, False),
        ("Rita", "For Sunday.", False),
    ]
    one = desk.api.get(path, params={"limit": 1}, headers=desk.person("Anna")).json()
    two = desk.api.get(path, params={"limit": 1, "cursor": one["next"]}, headers=desk.person("Anna")).json()
    assert (one["items"] + two["items"], two["next"]) == (listed["items"], None)

    desk.decide(claim_id)
    answered = desk.api.get(path, headers=desk.person("Anna")).json()["items"]
    assert [one["answered"] for one in answered] == [True, True]
    # Whoever is not content asks again.
    assert desk.ask(claim_id).status_code == 200
    assert desk.reasons(claim_id)["requested"] == 5


def test_whoever_asks_twice_at_once_asks_once(desk: QueueWork) -> None:
    claim_id = desk.claim()
    desk.person("Rita", Role.READER)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: desk.ask(claim_id).status_code, range(6)))
    assert sorted(answers) == [*[200] * 5, 201]
    assert desk.reasons(claim_id)["requested"] == 5


# --- who may, and what is public ---


def test_the_queue_is_the_desks(desk: QueueWork, api: TestClient, key_of: KeyOf) -> None:
    claim_id = desk.claim()
    reads = ("queue", f"claims/{claim_id}/requests")
    for path in reads:
        assert_problem(api.get(path), 401)
        assert_problem(api.get(path, headers=key_of(Role.READER)), 403)
        for role in (Role.FACT_CHECKER, Role.EDITOR, Role.ADMIN):
            assert api.get(path, headers=key_of(role)).status_code == 200
    take = f"queue/{claim_id}/take"
    for method in ("POST", "DELETE"):
        assert_problem(api.request(method, take, json={}), 401)
        assert_problem(api.request(method, take, json={}, headers=key_of(Role.READER)), 403)
    assert_problem(api.post(f"claims/{claim_id}/requests", json={}), 401)
    for role in Role:
        assert api.post(f"claims/{claim_id}/requests", json={}, headers=key_of(role)).status_code == 201


def test_a_reader_asks_for_what_a_reader_sees(desk: QueueWork) -> None:
    draft = desk.claim("Zebras.", stage="draft")
    missing = assert_problem(desk.ask(NOWHERE), 404)["detail"]
    assert assert_problem(desk.ask(draft), 404)["detail"] == missing.replace(NOWHERE, draft)
    headers = desk.person("Anna")
    assert desk.api.post(f"claims/{draft}/requests", json={}, headers=headers).status_code == 201


def test_nothing_of_it_is_public(desk: QueueWork, api: TestClient) -> None:
    claim_id = desk.claim()
    draft = desk.claim("Zebras.", stage="draft")
    before = {path: api.get(path).content for path in ("progress", f"claims/{claim_id}", "claims", "export")}
    desk.ask(claim_id, "Rita Secret", note="hush")
    desk.take(claim_id, "Anna Secret")
    desk.propose(draft, "Boris Secret")
    history = api.get(f"claims/{claim_id}/history").text
    for path, content in before.items():
        assert api.get(path).content == content, path
    for word in ("Secret", "hush", "per_", "req_"):
        assert word not in history + "".join(map(str, before.values()))


# --- progress ---


def progress(api: TestClient, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.get("progress", params=params).raise_for_status().json()
    return found


def test_progress_counts_what_is_published(
    desk: QueueWork, api: TestClient, editor: Headers, at: Callable[[datetime], None]
) -> None:
    empty = progress(api)
    assert (empty["claims"], empty["by_kind"], empty["open_proposals"]) == (0, {}, 0)
    assert set(empty["by_status"].values()) == {0}
    claims = [desk.claim(f"Claim {number}.", kind="other" if number else "deployment") for number in range(4)]
    draft = desk.claim("Draft.", stage="draft")
    for one in (claims[0], draft):
        desk.decide(one)
    decided_then = clock.now()
    desk.propose(claims[1])
    desk.sign(desk.propose(claims[2]), "request_more")
    desk.propose(claims[3])
    reword(desk, claims[3])  # void: nobody is to decide on it
    desk.propose(desk.claim("Another draft.", stage="draft"))

    now = progress(api)
    assert (now["claims"], now["decided"], now["unassessed"]) == (4, 1, 3)
    assert {status: number for status, number in now["by_status"].items() if number} == {
        "unassessed": 3,
        "unconfirmed": 1,
    }
    assert now["by_kind"] == {"deployment": {"claims": 1, "decided": 1}, "other": {"claims": 3, "decided": 0}}
    assert (now["decisions"], now["open_proposals"]) == ({"last_7_days": 1, "last_30_days": 1}, 2)
    then = progress(api, as_of=decided_then.isoformat())
    assert (then["open_proposals"], then["decisions"], then["claims"]) == (0, now["decisions"], 4)
    assert_problem(api.get("progress", params={"as_of": "2999-01-01"}), 422, "as_of")

    # Old decisions that come with a file today are not decisions of today.
    said = {"status": "unconfirmed", "rationale": "Old.", "decided_by": "Desk"}
    days = [decided_then.date() - timedelta(days=number) for number in (6, 7, 29, 30)]
    source = {"record": "source", "key": "s", "name": "S", "kind": "other"}
    line: dict[str, Any] = {"record": "claim", "key": "old", "kind": "other", "statement": "Old.", "stage": "published"}
    line |= {"attributions": [{"source": "s", "stance": "asserts"}]}
    line |= {"reviews": [{**said, "decided_on": day.isoformat()} for day in days]}
    lines: list[dict[str, Any]] = [source, line]
    for record in lines:
        assert api.post("imports", json=record, headers=editor).json()["refusals"] == []
    assert progress(api)["decisions"] == {"last_7_days": 2, "last_30_days": 4}

    # Days go by without a change of the record.
    at(decided_then + timedelta(days=1))
    assert progress(api)["decisions"] == {"last_7_days": 1, "last_30_days": 3}
    at(decided_then + timedelta(days=31))
    assert progress(api)["decisions"] == {"last_7_days": 0, "last_30_days": 0}


def test_progress_answers_304(desk: QueueWork, api: TestClient) -> None:
    tag = api.get("progress").headers["ETag"]
    assert api.get("progress", headers={"If-None-Match": tag}).status_code == 304
    desk.claim()
    assert api.get("progress", headers={"If-None-Match": tag}).status_code == 200


def test_the_database_has_no_rows_of_the_record_for_it(desk: QueueWork, database: Database) -> None:
    """Neither to take a claim nor to ask for one is a change of the record."""
    claim_id = desk.claim()
    with database.reading() as connection:
        before = connection.scalar(text("SELECT seq FROM head"))
    desk.take(claim_id)
    desk.ask(claim_id)
    desk.release(claim_id)
    with database.reading() as connection:
        assert connection.scalar(text("SELECT seq FROM head")) == before
