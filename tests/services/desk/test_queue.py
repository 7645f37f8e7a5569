"""The queue: which claims wait for a decision and why, who has taken or requested them; and the public progress."""

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
from app.services.changes.actors import Actor
from app.services.desk import queue_candidates
from app.services.people import keys
from app.services.policy.queue_ranking import QUEUE_RULES, QueueFacts, explain_reasons, reason_points
from app.vocabulary import QueueReason, Role, Staleness
from tests.support.problems import assert_problem
from tests.support.retractions import RECORDED_WRONGLY

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
        self._headers_by_byline: dict[str, Headers] = {}

    def person(self, byline: str, role: Role = Role.FACT_CHECKER) -> Headers:
        """Headers with a key of the person of this name."""
        if byline not in self._headers_by_byline:
            with self._database.writing() as connection:
                _info, key = keys.issue(connection, byline, role)
            self._headers_by_byline[byline] = {"Authorization": f"Bearer {key}"}
        return self._headers_by_byline[byline]

    def page(self, by: str = "Anna", **params: Any) -> dict[str, Any]:
        response = self.api.get("queue", params=params, headers=self.person(by))
        body: dict[str, Any] = response.raise_for_status().json()
        return body

    def ids(self, by: str = "Anna", **params: Any) -> list[str]:
        return [item["claim"]["id"] for item in self.page(by, **params)["items"]]

    def item(self, claim_id: str, **params: Any) -> dict[str, Any] | None:
        items = [item for item in self.page(limit=200, **params)["items"] if item["claim"]["id"] == claim_id]
        return items[0] if items else None

    def reasons(self, claim_id: str) -> dict[str, int]:
        """The reasons why a claim waits, with their points; empty if it does not wait."""
        item = self.item(claim_id)
        return {} if item is None else {reason["reason"]: reason["points"] for reason in item["reasons"]}

    def claim(self, statement: str = "Soldiers are there.", *, attribution_count: int = 1, **fields: Any) -> str:
        """Record a published claim with this number of attributions; its id."""
        source = self.record("sources", name=f"NIS on {statement}")["id"]
        attributions = [
            {"source": source, "stance": "asserts", "lineage": "original"} for _ in range(attribution_count)
        ]
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
        response = self.api.post(f"claims/{claim_id}/proposals", json=body, headers=self.person(by))
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def sign(self, proposal_id: str, verdict: str = "approve", by: str = "Boris") -> None:
        body = {"verdict": verdict, "reason": "So."}
        response = self.api.post(f"proposals/{proposal_id}/sign-offs", json=body, headers=self.person(by))
        assert response.status_code == 201, response.text

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
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A function that stops the clock at a moment."""

    def stop_at(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return stop_at


# --- reasons: for each, changes that give it and similar changes that do not ---


def contradict(desk: QueueWork, claim_id: str, **other: Any) -> dict[str, Any]:
    """Record another claim that contradicts this one; the relation."""
    rival = desk.record("claims", statement="Nobody is there.", **other)
    return desk.record("relations", claim=rival["id"], other_claim=claim_id, relation="contradicts")


def deny(desk: QueueWork, claim_id: str, stance: str = "denies", **fields: Any) -> dict[str, Any]:
    source = desk.record("sources", name="Russia")["id"]
    return desk.record("attributions", claim=claim_id, source=source, stance=stance, **fields)


def show(desk: QueueWork, claim_id: str) -> dict[str, Any]:
    document = desk.record("documents", kind="video")["id"]
    return desk.record("evidence", claim=claim_id, document=document, role="supports")


def correct_evidence(desk: QueueWork, claim_id: str) -> None:
    piece = show(desk, claim_id)
    desk.decide(claim_id)
    desk.correct("evidence", piece["id"], description="A badge is to be seen.")


def withdraw_evidence(desk: QueueWork, claim_id: str) -> None:
    desk.decide(claim_id)
    desk.correct("evidence", show(desk, claim_id)["id"], withdrawn=True)


def decide_then(change: Callable[[QueueWork, str], Any]) -> Callable[[QueueWork, str], None]:
    def apply(desk: QueueWork, claim_id: str) -> None:
        desk.decide(claim_id)
        change(desk, claim_id)

    return apply


def then_decide(change: Callable[[QueueWork, str], Any]) -> Callable[[QueueWork, str], None]:
    def apply(desk: QueueWork, claim_id: str) -> None:
        change(desk, claim_id)
        desk.decide(claim_id)

    return apply


def leave_unchanged(_desk: QueueWork, _claim_id: str) -> None:
    pass


def withdraw_relation(desk: QueueWork, claim_id: str) -> None:
    desk.correct("relations", contradict(desk, claim_id)["id"], withdrawn=True)


def withdraw_denial(desk: QueueWork, claim_id: str) -> None:
    desk.correct("attributions", deny(desk, claim_id)["id"], retraction=RECORDED_WRONGLY)


def reword(desk: QueueWork, claim_id: str) -> None:
    desk.correct("claims", claim_id, statement="Another wording.")


def propose_and(verdict: str) -> Callable[[QueueWork, str], None]:
    def apply(desk: QueueWork, claim_id: str) -> None:
        desk.sign(desk.propose(claim_id), verdict, by="Anna" if verdict == "withdraw" else "Boris")

    return apply


def propose_and_reword(desk: QueueWork, claim_id: str) -> None:
    desk.propose(claim_id)
    reword(desk, claim_id)


def relate_otherwise(desk: QueueWork, claim_id: str) -> None:
    other = desk.record("claims", statement="More are there.")["id"]
    desk.record("relations", claim=claim_id, other_claim=other, relation="updates")


R = QueueReason
Case = tuple[str, Callable[[QueueWork, str], Any], set[QueueReason]]

# A change of a published claim with one attribution, and the reasons why the claim waits after it.
CASES: list[Case] = [
    ("as recorded", leave_unchanged, {R.UNASSESSED, R.REACH}),
    ("decided", QueueWork.decide, set()),
    ("contradicted", contradict, {R.CONTRADICTED, R.UNASSESSED, R.REACH}),
    ("contradicted by a draft", lambda d, c: contradict(d, c, stage="draft"), {R.UNASSESSED, R.REACH}),
    ("contradiction withdrawn", withdraw_relation, {R.UNASSESSED, R.REACH}),
    ("related otherwise", relate_otherwise, {R.UNASSESSED, R.REACH}),
    ("decided, then contradicted", decide_then(contradict), {R.CONTRADICTED, R.REACH}),
    ("contradicted, then decided", then_decide(contradict), set()),
    ("denied", deny, {R.CONTRADICTED, R.UNASSESSED, R.REACH}),
    ("decided, then denied", decide_then(deny), {R.CONTRADICTED, R.REACH}),
    ("decided, then disputed", decide_then(lambda d, c: deny(d, c, "disputes_figure")), {R.CONTRADICTED, R.REACH}),
    ("decided, then no comment", decide_then(lambda d, c: deny(d, c, "declines_to_comment")), set()),
    ("denied, then decided", then_decide(deny), set()),
    ("denial withdrawn", decide_then(withdraw_denial), set()),
    ("reworded", decide_then(reword), {R.STALE, R.REACH}),
    ("noted", decide_then(lambda d, c: d.correct("claims", c, note="Noted.")), set()),
    ("evidence added", decide_then(show), {R.STALE, R.NEW_EVIDENCE, R.REACH}),
    ("evidence, then decided", then_decide(show), set()),
    ("evidence corrected", correct_evidence, {R.STALE, R.REACH}),
    ("evidence withdrawn", withdraw_evidence, {R.STALE, R.REACH}),
    ("requested", decide_then(QueueWork.ask), {R.REQUESTED, R.REACH}),
    ("requested, then decided", then_decide(QueueWork.ask), set()),
    ("proposed", QueueWork.propose, {R.PROPOSAL_OPEN, R.UNASSESSED, R.REACH}),
    ("more requested", propose_and("request_more"), {R.PROPOSAL_OPEN, R.UNASSESSED, R.REACH}),
    ("rejected", propose_and("reject"), {R.UNASSESSED, R.REACH}),
    ("withdrawn", propose_and("withdraw"), {R.UNASSESSED, R.REACH}),
    ("void", propose_and_reword, {R.UNASSESSED, R.REACH}),
]


@pytest.mark.parametrize(("change", "reasons"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_claim_waits_for_the_reasons_that_a_change_gives(
    desk: QueueWork, change: Callable[[QueueWork, str], Any], reasons: set[QueueReason]
) -> None:
    claim_id = desk.claim()
    change(desk, claim_id)

    item = desk.item(claim_id)

    assert set(desk.reasons(claim_id)) == reasons
    assert item is None or item["score"] == sum(reason["points"] for reason in item["reasons"])
    # The filter by a reason finds the claim exactly if it has this reason.
    for reason in QueueReason:
        assert (desk.item(claim_id, reason=reason) is not None) == (reason in reasons), reason


def test_the_cases_have_every_reason_and_its_absence() -> None:
    assert set(QUEUE_RULES) == set(QueueReason) == set(queue_candidates.CANDIDATE_QUERIES)
    # No request can make a decision of earlier rules: see test_older_rules.
    for reason in set(QueueReason) - {R.OLDER_RULES}:
        assert {reason in reasons for _name, _change, reasons in CASES} == {True, False}, reason


def test_both_claims_of_a_contradiction_wait(desk: QueueWork) -> None:
    claim_id = desk.claim()
    rival = contradict(desk, claim_id)["claim"]["id"]
    for identifier in (claim_id, rival):
        assert "contradicted" in desk.reasons(identifier)
    # Recorded from both ends, it is still one claim that contradicts.
    desk.record("relations", claim=claim_id, other_claim=rival, relation="contradicts")
    item = desk.item(claim_id)
    assert item is not None
    assert item["reasons"][0]["detail"] == "1 published claim contradicts it."


def test_an_old_decision_that_is_imported_late_answers_no_reason(
    desk: QueueWork, api: TestClient, editor: Headers
) -> None:
    """The current decision counts, not the one that was recorded last."""
    claim_id = desk.claim(key="one")
    desk.decide(claim_id)
    deny(desk, claim_id)
    review = {"status": "unconfirmed", "rationale": "Old.", "decided_on": "2020-01-01", "decided_by": "Desk"}
    line = {"record": "claim", "key": "one", "kind": "troop_estimate", "statement": "Soldiers are there."}
    report = api.post("imports", json={**line, "stage": "published", "reviews": [review]}, headers=editor).json()
    assert (report["revised"], report["refusals"]) == (1, [])
    assert set(desk.reasons(claim_id)) == {"contradicted", "reach"}
    assert desk.ids(reason="contradicted") == [claim_id]


def facts(**more: Any) -> QueueFacts:
    least: dict[str, Any] = {
        "decided_on": datetime(2025, 1, 14, tzinfo=UTC).date(),
        "stale_because": [],
        "older_rules": None,
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
    ({"older_rules": 1}, {"older_rules": 15}),
    ({"new_evidence": 4}, {"new_evidence": 20}),
    *(({"requested": number}, {"requested": points}) for number, points in [(1, 5), (2, 10), (5, 25), (99, 25)]),
    *(
        ({"decided_on": None, "reach": number}, {"unassessed": 10, "reach": points})
        for number, points in [(1, 5), (2, 5), (3, 10), (6, 10), (7, 15), (254, 35), (255, 40), (10**6, 40)]
    ),
]


@pytest.mark.parametrize(("fact_fields", "points"), POINTS, ids=str)
def test_each_reason_has_its_points(fact_fields: dict[str, Any], points: dict[str, int]) -> None:
    points_by_reason = reason_points(facts(**fact_fields))
    reasons = explain_reasons(facts(**fact_fields), points_by_reason)
    assert points_by_reason == {reason.reason: reason.points for reason in reasons} == points
    assert all(reason.detail.endswith(".") for reason in reasons)
    assert [reason.points for reason in reasons] == sorted((reason.points for reason in reasons), reverse=True)


def test_each_reason_is_explained_in_words(desk: QueueWork) -> None:
    claim_id = desk.claim(attribution_count=3)
    desk.decide(claim_id)
    contradict(desk, claim_id)
    deny(desk, claim_id)
    deny(desk, claim_id, "disputes_figure")
    show(desk, claim_id)
    for name in ("Rita", "Romy"):
        assert desk.ask(claim_id, name).status_code == 201
    proposal = desk.propose(claim_id)
    item = desk.item(claim_id)
    assert item is not None
    today = clock.now().date()

    assert {reason["reason"]: reason["detail"] for reason in item["reasons"]} == {
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


# --- the list of claims ---


def test_the_queue_is_ranked_and_paged_without_gaps(desk: QueueWork, api: TestClient) -> None:
    claim_ids = [desk.claim(f"Claim {number}.", attribution_count=1 + number % 4) for number in range(7)]
    deny(desk, claim_ids[0])
    whole = desk.page(limit=200)
    order = [item["claim"]["id"] for item in whole["items"]]
    ranks = [(item["score"], item["claim"]["id"]) for item in whole["items"]]

    assert (set(order), order[0], whole["next"], whole["complete"]) == (set(claim_ids), claim_ids[0], None, True)
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
    # A cursor is valid only for the person who got it: `taken=me` depends on the person.
    assert_problem(api.get("queue", params={"cursor": cursor}, headers=desk.person("Boris")), 422, "cursor")


def test_filters_narrow_the_queue(desk: QueueWork) -> None:
    topic = desk.record("topics", key="kursk")["id"]
    plain = desk.claim("Plain.")
    other = desk.claim("Other.", kind="other", topic=topic)
    review = desk.claim("In review.", stage="in_review")
    draft = desk.claim("Draft.", stage="draft")
    withdrawn = desk.claim("Gone.")
    desk.correct("claims", withdrawn, stage="withdrawn", notice="Wrong.")
    decided = desk.claim("Decided.", topic=topic)
    desk.decide(decided)
    open_proposal = desk.propose(plain)
    rejected = desk.propose(other)
    desk.sign(rejected, "reject")
    desk.take(plain)
    desk.take(review, "Boris")

    def find_ids(**params: Any) -> set[str]:
        return set(desk.ids(**params))

    assert find_ids() == {plain, other, review}
    assert find_ids(kind="other") == {other}
    assert find_ids(kind=["other", "troop_estimate"]) == {plain, other, review}
    assert find_ids(topic="kursk") == find_ids(topic=topic) == {other}
    assert find_ids(topic=topic, kind="troop_estimate") == set()
    assert find_ids(stage="draft") == {draft}
    assert find_ids(stage=["draft", "published"]) == {draft, plain, other}
    assert find_ids(stage="withdrawn") == set()
    assert find_ids(reason="proposal_open") == {plain}
    assert find_ids(reason=["proposal_open", "requested"]) == {plain}
    assert find_ids(reason="stale") == set()
    assert find_ids(taken="nobody") == {other}
    assert find_ids(taken="me") == {plain}
    assert find_ids(by="Boris", taken="me") == {review}
    assert find_ids(taken="anybody") == {plain, review}
    assert find_ids(taken="anybody", kind="other") == set()
    assert find_ids(taken="me", reason="requested") == set()
    assert find_ids(proposal="open") == {plain}
    assert find_ids(proposal=["open", "rejected"]) == {plain, other}
    assert find_ids(proposal="approved") == set()
    assert find_ids(proposal="open", taken="anybody") == {plain}
    assert find_ids(proposal="rejected", taken="anybody") == set()
    item = desk.item(plain)
    assert item is not None
    assert item["open_proposal"]["id"] == open_proposal
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
def test_an_invalid_parameter_is_refused(desk: QueueWork, params: dict[str, str], field: str) -> None:
    assert_problem(desk.api.get("queue", params=params, headers=desk.person("Anna")), 422, field)


def test_the_queue_says_when_it_is_incomplete(desk: QueueWork, monkeypatch: pytest.MonkeyPatch) -> None:
    claim_ids = [desk.claim(f"Claim {number}.", time=f"2025-01-0{number + 1}") for number in range(4)]
    assert desk.page()["complete"] is True
    assert (queue_candidates.MAX_FOUND, queue_candidates.MAX_SCANNED) == (500, 10_000)
    monkeypatch.setattr(queue_candidates, "MAX_FOUND", 2)
    page = desk.page()
    # The two claims about the latest days.
    assert ({item["claim"]["id"] for item in page["items"]}, page["complete"]) == (set(claim_ids[2:]), False)
    assert desk.page(reason="requested") == {"items": [], "next": None, "complete": True}

    for claim_id in claim_ids:
        desk.decide(claim_id)
    assert desk.page(reason="stale") == {"items": [], "next": None, "complete": True}
    reword(desk, claim_ids[0])
    assert desk.page(reason="stale")["complete"] is True
    for claim_id in claim_ids[:3]:
        deny(desk, claim_id)
    monkeypatch.setattr(queue_candidates, "MAX_SCANNED", 1)
    page = desk.page(reason="contradicted")
    assert ([item["claim"]["id"] for item in page["items"]], page["complete"]) == ([claim_ids[2]], False)


def test_no_statement_of_the_queue_scans_a_whole_table(desk: QueueWork, database: Database) -> None:
    """The query plans of SQLite: every table is read by an index or a key."""
    if not database.is_sqlite:
        pytest.skip("the plans of PostgreSQL depend on its statistics, not only on the statement")
    topic = desk.record("topics")["id"]
    statements: list[tuple[str, Any]] = []
    engine = desk.api.app.state.database.engine  # type: ignore[attr-defined]  # the FastAPI application
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
    desk.page()
    desk.page(kind=["other", "deployment"], stage=["draft", "published"])
    desk.page(topic=topic)
    desk.page(taken="me")
    desk.page(taken="anybody")
    desk.page(proposal="open")
    plans = {}
    with database.reading() as connection:
        for sql, values in statements:
            if sql.lstrip().upper().startswith(("SELECT", "WITH")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
                plans[sql] = [row[3] for row in plan]
    assert len(plans) > 20
    for sql, plan in plans.items():
        # A walk along an index ends at the limit; everything else is found by key.
        scans = [step for step in plan if step.startswith("SCAN") and not is_bounded_scan(step)]
        assert scans == [], (sql, plan)
    steps = " ".join(step for plan in plans.values() for step in plan)
    for index in ("ix_claim_relation_contradicting", "ix_attribution_denying", "ix_stale_period_open"):
        assert index in steps, f"the partial index {index} is not used"


def is_bounded_scan(step: str) -> bool:
    """Whether a scan walks along an index, or over limited rows, or over rows from a parameter."""
    what = step.split()[1]
    return " USING " in step or "VIRTUAL TABLE" in step or what.startswith(("newest", "anon", "(", "CONSTANT"))


def test_the_command_lists_the_first_claims_with_their_reasons(
    desk: QueueWork, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.claim("Denied [red]."), desk.claim("Plain.")
    deny(desk, first)
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    configuration.load.cache_clear()
    results = [
        CliRunner().invoke(attest, ["queue", *arguments])
        for arguments in ((), ("--json", "--limit", "1"), ("--reason", "x"))
    ]
    configuration.load.cache_clear()

    assert [result.exit_code for result in results] == [0, 0, 2]
    assert results[0].output.index(first) < results[0].output.index(second)
    assert "40 contradicted: 1 attribution denies it or its figure." in results[0].output
    assert "Denied [red]." in results[0].output
    (item,) = json.loads(results[1].output)
    assert (item["claim"]["id"], item["score"]) == (first, 55)


# --- taking ---


@pytest.mark.parametrize(("path", "status"), [("queue/{claim}/take", 200), ("claims/{claim}/requests", 201)])
def test_an_empty_body_may_be_omitted(desk: QueueWork, path: str, status: int) -> None:
    address, headers = path.format(claim=desk.claim()), desk.person("Anna")

    assert desk.api.post(address, headers=headers).status_code == status
    assert desk.api.post(address, headers=headers, content=b"").status_code == 200
    # A body that is sent must be JSON.
    assert_problem(desk.api.post(address, headers=headers, content=b"{}"), 415)
    assert_problem(desk.api.post(address, headers={**headers, "Content-Type": "application/json"}, content=b"{"), 400)


def test_a_claim_is_taken_by_one_person_until_its_time_expires(
    desk: QueueWork, set_clock: Callable[[datetime], None]
) -> None:
    claim_id, begin = desk.claim(), clock.now().replace(microsecond=0)
    for name in ("Anna", "Boris"):
        desk.person(name)
    set_clock(begin)
    until = (begin + timedelta(minutes=120)).isoformat().replace("+00:00", "Z")
    response = desk.take(claim_id)
    assert (response.status_code, response.json()) == (
        200,
        {"claim_id": claim_id, "taken_by": "Anna", "taken_until": until},
    )
    item = desk.item(claim_id)
    assert item is not None
    assert (item["taken_by"], item["taken_until"]) == ("Anna", until)

    set_clock(begin + timedelta(minutes=119, seconds=59))
    assert assert_problem(desk.take(claim_id, "Boris"), 409)["detail"] == (
        f"Anna is working on this claim until {until}. Take it after that, or ask an editor to release it."
    )
    set_clock(begin + timedelta(minutes=120))
    item = desk.item(claim_id)
    assert item is not None
    assert (item["taken_by"], item["taken_until"]) == (None, None)
    assert desk.ids(taken="me") == []
    assert desk.ids(taken="nobody") == [claim_id]
    assert desk.take(claim_id, "Boris", minutes=1).json()["taken_by"] == "Boris"
    assert "Boris is working on this claim" in assert_problem(desk.take(claim_id), 409)["detail"]


def test_the_person_who_has_a_claim_may_extend_or_shorten_the_time(
    desk: QueueWork, set_clock: Callable[[datetime], None]
) -> None:
    claim_id, begin = desk.claim(), clock.now()
    desk.person("Anna")
    set_clock(begin)
    first = desk.take(claim_id, minutes=10).json()["taken_until"]
    set_clock(begin + timedelta(minutes=9))
    second = desk.take(claim_id, minutes=480).json()["taken_until"]
    assert second > first
    # A shorter time is accepted, too.
    assert desk.take(claim_id, minutes=1).json()["taken_until"] < second


def test_a_claim_is_released_by_the_person_who_has_it_or_by_an_editor(desk: QueueWork, editor: Headers) -> None:
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


def test_an_editor_assigns_a_claim(desk: QueueWork, editor: Headers, database: Database, actor: Actor) -> None:
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
    for name in ("Rita", "Gone", "Over", "Nobody"):
        assert_problem(assign(name, editor), 422, "person")
    assert assign("Boris", editor).json()["taken_by"] == "Boris"
    assert desk.ids("Boris", taken="me") == [claim_id]
    # An assignment does not replace another one: an editor must release the claim first.
    assert "Boris is working on this claim" in assert_problem(assign("Test editor", editor), 409)["detail"]
    assert assign("Boris", desk.person("Boris")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"), [({"minutes": 0}, "minutes"), ({"minutes": 481}, "minutes"), ({"until": "x"}, "until")]
)
def test_an_invalid_time_is_refused(desk: QueueWork, fields: dict[str, Any], field: str) -> None:
    assert_problem(desk.take(desk.claim(), **fields), 422, field)


def test_an_unknown_or_withdrawn_claim_is_neither_taken_nor_requested(desk: QueueWork) -> None:
    for response in (desk.take(NOWHERE), desk.release(NOWHERE), desk.ask(NOWHERE)):
        assert_problem(response, 404)
    assert_problem(desk.api.get(f"claims/{NOWHERE}/requests", headers=desk.person("Anna")), 404)
    claim_id = desk.claim()
    desk.correct("claims", claim_id, stage="withdrawn", notice="Recorded twice.")
    assert_problem(desk.take(claim_id), 409)
    assert_problem(desk.ask(claim_id), 409)


def test_only_one_of_many_concurrent_takes_succeeds(desk: QueueWork) -> None:
    people = [f"Person {number}" for number in range(8)]
    for name in people:
        desk.person(name)
    for number in range(6):
        claim_id = desk.claim(f"Claim {number}.")
        with ThreadPoolExecutor(8) as pool:
            responses = list(pool.map(lambda name, claim_id=claim_id: desk.take(claim_id, name), people))
        assert sorted(response.status_code for response in responses) == [200, *[409] * 7]
        (winner,) = [name for name, response in zip(people, responses, strict=True) if response.status_code == 200]
        item = desk.item(claim_id)
        assert item is not None
        assert item["taken_by"] == winner


def test_only_one_of_many_concurrent_takes_of_an_expired_claim_succeeds(
    desk: QueueWork, set_clock: Callable[[datetime], None]
) -> None:
    claim_id, begin = desk.claim(), clock.now()
    people = [f"Person {number}" for number in range(8)]
    for name in people:
        desk.person(name)
    set_clock(begin)
    assert desk.take(claim_id, people[0], minutes=1).status_code == 200
    set_clock(begin + timedelta(minutes=2))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda name: desk.take(claim_id, name).status_code, people))
    assert sorted(statuses) == [200, *[409] * 7]


# --- requests ---


def test_repeated_requests_of_a_person_count_once(desk: QueueWork, set_clock: Callable[[datetime], None]) -> None:
    claim_id = desk.claim()
    for name in ("Rita", "Romy"):
        desk.person(name, Role.READER)
    first = desk.ask(claim_id, note="For Friday.")
    assert (first.status_code, first.json()["note"], set(first.json())) == (
        201,
        "For Friday.",
        {"claim_id", "note", "asked_at"},
    )
    repeated = desk.ask(claim_id, note="For Sunday.")
    assert (repeated.status_code, repeated.json()["note"]) == (200, "For Sunday.")
    assert desk.reasons(claim_id)["requested"] == 5
    assert desk.ask(claim_id, "Romy").status_code == 201
    assert desk.reasons(claim_id)["requested"] == 10

    path = f"claims/{claim_id}/requests"
    requests = desk.api.get(path, headers=desk.person("Anna")).json()
    assert [(request["asked_by"], request["note"], request["answered"]) for request in requests["items"]] == [
        ("Romy", None, False),
        ("Rita", "For Sunday.", False),
    ]
    first_page = desk.api.get(path, params={"limit": 1}, headers=desk.person("Anna")).json()
    second_page = desk.api.get(
        path, params={"limit": 1, "cursor": first_page["next"]}, headers=desk.person("Anna")
    ).json()
    assert (first_page["items"] + second_page["items"], second_page["next"]) == (requests["items"], None)

    desk.decide(claim_id)
    answered_requests = desk.api.get(path, headers=desk.person("Anna")).json()["items"]
    assert [request["answered"] for request in answered_requests] == [True, True]
    # After a decision the same person may request another one.
    assert desk.ask(claim_id).status_code == 200
    assert desk.reasons(claim_id)["requested"] == 5


def test_concurrent_requests_of_a_person_count_once(desk: QueueWork) -> None:
    claim_id = desk.claim()
    desk.person("Rita", Role.READER)
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: desk.ask(claim_id).status_code, range(6)))
    assert sorted(statuses) == [*[200] * 5, 201]
    assert desk.reasons(claim_id)["requested"] == 5


# --- permissions and visibility ---


def test_only_the_desk_uses_the_queue_and_every_role_requests(desk: QueueWork, api: TestClient, key_of: KeyOf) -> None:
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


def test_a_reader_cannot_request_a_draft(desk: QueueWork) -> None:
    draft = desk.claim("Zebras.", stage="draft")
    missing = assert_problem(desk.ask(NOWHERE), 404)["detail"]
    assert assert_problem(desk.ask(draft), 404)["detail"] == missing.replace(NOWHERE, draft)
    headers = desk.person("Anna")
    assert desk.api.post(f"claims/{draft}/requests", json={}, headers=headers).status_code == 201


def test_nothing_of_the_queue_is_public(desk: QueueWork, api: TestClient) -> None:
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
    body: dict[str, Any] = api.get("progress", params=params).raise_for_status().json()
    return body


def test_progress_counts_published_claims_and_decisions(
    desk: QueueWork, api: TestClient, editor: Headers, set_clock: Callable[[datetime], None]
) -> None:
    empty = progress(api)
    assert (empty["claims"], empty["by_kind"], empty["open_proposals"]) == (0, {}, 0)
    assert set(empty["by_status"].values()) == {0}
    claim_ids = [desk.claim(f"Claim {number}.", kind="other" if number else "deployment") for number in range(4)]
    draft = desk.claim("Draft.", stage="draft")
    for claim_id in (claim_ids[0], draft):
        desk.decide(claim_id)
    decided_at = clock.now()
    desk.propose(claim_ids[1])
    desk.sign(desk.propose(claim_ids[2]), "request_more")
    desk.propose(claim_ids[3])
    reword(desk, claim_ids[3])  # void, so it is not open
    desk.propose(desk.claim("Another draft.", stage="draft"))

    now = progress(api)
    assert (now["claims"], now["decided"], now["unassessed"]) == (4, 1, 3)
    assert {status: number for status, number in now["by_status"].items() if number} == {
        "unassessed": 3,
        "unconfirmed": 1,
    }
    assert now["by_kind"] == {"deployment": {"claims": 1, "decided": 1}, "other": {"claims": 3, "decided": 0}}
    assert (now["decisions"], now["open_proposals"]) == ({"last_7_days": 1, "last_30_days": 1}, 2)
    earlier = progress(api, as_of=decided_at.isoformat())
    assert (earlier["open_proposals"], earlier["decisions"], earlier["claims"]) == (0, now["decisions"], 4)
    assert_problem(api.get("progress", params={"as_of": "2999-01-01"}), 422, "as_of")

    # Decisions that are imported today count on the day on which they were made.
    review = {"status": "unconfirmed", "rationale": "Old.", "decided_by": "Desk"}
    days = [decided_at.date() - timedelta(days=number) for number in (6, 7, 29, 30)]
    source = {"record": "source", "key": "s", "name": "S", "kind": "other"}
    line: dict[str, Any] = {"record": "claim", "key": "old", "kind": "other", "statement": "Old.", "stage": "published"}
    line |= {"attributions": [{"source": "s", "stance": "asserts"}]}
    line |= {"reviews": [{**review, "decided_on": day.isoformat()} for day in days]}
    lines: list[dict[str, Any]] = [source, line]
    for record in lines:
        assert api.post("imports", json=record, headers=editor).json()["refusals"] == []
    assert progress(api)["decisions"] == {"last_7_days": 2, "last_30_days": 4}

    # Days pass without a change of the record.
    set_clock(decided_at + timedelta(days=1))
    assert progress(api)["decisions"] == {"last_7_days": 1, "last_30_days": 3}
    set_clock(decided_at + timedelta(days=31))
    assert progress(api)["decisions"] == {"last_7_days": 0, "last_30_days": 0}


def test_progress_returns_304_until_the_record_changes(desk: QueueWork, api: TestClient) -> None:
    tag = api.get("progress").headers["ETag"]
    assert api.get("progress", headers={"If-None-Match": tag}).status_code == 304
    desk.claim()
    assert api.get("progress", headers={"If-None-Match": tag}).status_code == 200


def test_taking_and_requesting_a_claim_do_not_change_the_record(desk: QueueWork, database: Database) -> None:
    claim_id = desk.claim()
    with database.reading() as connection:
        before = connection.scalar(text("SELECT seq FROM head"))
    desk.take(claim_id)
    desk.ask(claim_id)
    desk.release(claim_id)
    with database.reading() as connection:
        assert connection.scalar(text("SELECT seq FROM head")) == before
