"""Kept evidence: what a decision needs since rules 2, and what becomes of decisions and proposals of rules 1."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, select, text

from app.db.engine import Database
from app.db.schema import table_of
from app.models import Review
from app.models.review import OLDER_RULES
from app.services.changes import decision_staleness, status_facts
from app.services.claims import evidence, reviews
from app.services.claims.kept_evidence import rests_on_kept_evidence
from app.services.core.snapshot import NOW
from app.services.policy.status_rules import CURRENT_RULES, RULE_CHANGES, STATUS_RULES, is_kept, relevant_evidence
from tests.services.desk.test_proposals import person
from tests.support.files import MP3_FRAME, mp4
from tests.support.problems import assert_problem

__all__ = ["person"]  # a fixture: imported to be used by name

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]

EXAMINED = {"examined_on": "2025-01-14", "finding": "The badge is legible."}
REASON = "Shown to us, not handed over."

SUPPORT = {"role": "supports", "independent": True, **EXAMINED}
REFUTATION = {"role": "refutes", "conclusive": True, **EXAMINED}
CREDIBILITY = {"confirmed": 1, "unlikely": 4, "refuted": 5, "unverifiable": 6}


class KeptWork:
    """A desk of two fact-checkers and one editor, and a claim with evidence."""

    def __init__(self, api: TestClient, database: Database, record: Record, person: Callable[[str], Headers]) -> None:
        self.api, self.database, self.record, self.person = api, database, record, person
        record("sources", name="NIS", kind="intelligence_service", key="NIS")
        self.document = record("documents", kind="video", title="A video")["id"]
        self.claim = record("claims", attributions=[{"source": "NIS", "stance": "asserts", "lineage": "original"}])[
            "id"
        ]

    def capture(self, data: bytes = b"The badge is legible.") -> str:
        response = self.api.post(f"documents/{self.document}/captures", content=data, headers=self.person("Anna"))
        return str(response.raise_for_status().json()["id"])

    def evidence(self, **fields: Any) -> str:
        return str(self.record("evidence", claim=self.claim, document=self.document, **fields)["id"])

    def propose(self, status: str, *evidence_ids: str) -> Any:
        version = self.api.get(f"claims/{self.claim}").json()["version"]
        body = {
            "claim_version": version,
            "status": status,
            "rationale": "Seen.",
            "standard": "reasonable_grounds",
            "credibility": CREDIBILITY[status],
            "evidence": list(evidence_ids),
        }
        return self.api.post(f"claims/{self.claim}/proposals", json=body, headers=self.person("Anna"))

    def approve(self, proposal_id: str) -> Any:
        path = f"proposals/{proposal_id}/sign-offs"
        return self.api.post(path, json={"verdict": "approve"}, headers=self.person("Boris"))

    def decide(self, status: str, *evidence_ids: str) -> dict[str, Any]:
        response = self.propose(status, *evidence_ids)
        assert response.status_code == 201, response.text
        assert self.approve(response.json()["id"]).status_code == 201
        review: dict[str, Any] = self.api.get(f"claims/{self.claim}").json()["review"]
        return review

    def make_older(self) -> None:
        """Turn all evidence, proposals and decisions into what they were before rules 2."""
        with self.database.writing() as connection:
            connection.execute(text("UPDATE evidence SET not_kept_because = NULL, capture_id = NULL"))
            without_guard(connection, "proposal", "UPDATE proposal SET rules = 1")
            without_guard(connection, "review", "UPDATE review SET rules = 1")

    def queue(self, **params: Any) -> dict[str, list[dict[str, Any]]]:
        """The reasons of each claim in the queue, by claim id."""
        page = self.api.get("queue", params=params, headers=self.person("Anna")).raise_for_status().json()
        return {item["claim"]["id"]: item["reasons"] for item in page["items"]}


def without_guard(connection: Connection, table: str, statement: str) -> None:
    """Run a statement on a table whose trigger would refuse it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        connection.execute(text(statement))
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        return
    names = select(text("name"), text("sql")).select_from(text("sqlite_master"))
    rows = connection.execute(names.where(text(f"type = 'trigger' AND tbl_name = '{table}'"))).all()
    for name, _sql in rows:
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.execute(text(statement))
    for _name, sql in rows:
        connection.exec_driver_sql(sql)


@pytest.fixture
def desk(api: TestClient, database: Database, record: Record, person: Callable[[str], Headers]) -> KeptWork:
    return KeptWork(api, database, record, person)


NOT_KEPT: dict[str, tuple[str, dict[str, Any]]] = {
    "confirmed by a note": ("confirmed", SUPPORT),
    "unlikely by a note": ("unlikely", REFUTATION),
    "refuted by a note": ("refuted", REFUTATION),
}


@pytest.mark.parametrize(("status", "fields"), NOT_KEPT.values(), ids=NOT_KEPT)
def test_evidence_that_is_not_kept_is_not_enough(desk: KeptWork, status: str, fields: dict[str, Any]) -> None:
    piece = desk.evidence(**fields)

    (problem,) = assert_problem(desk.propose(status, piece), 422)["errors"]

    assert problem["field"] == "status"
    assert problem["message"].endswith(f"; {piece} names no capture, so add `capture` or `not_kept_because` to it")


@pytest.mark.parametrize(("status", "fields"), NOT_KEPT.values(), ids=NOT_KEPT)
def test_a_capture_or_a_public_reason_is_enough(
    desk: KeptWork, api: TestClient, status: str, fields: dict[str, Any]
) -> None:
    for kept in ({"capture": desk.capture()}, {"not_kept_because": REASON}):
        piece = desk.evidence(**fields, **kept)
        review = desk.decide(status, piece)
        assert (review["status"], review["rules"], review["stale"], review["origin"]) == (status, 2, False, None)
    shown = api.get(f"claims/{desk.claim}").json()["evidence"]
    assert [piece["not_kept_because"] for piece in shown] == [None, REASON]
    line = api.get("export", params={"format": "jsonl"}).text
    assert REASON in line
    assert REASON in api.get("export", params={"format": "attest_json"}).text


@pytest.mark.parametrize(("kind", "recording"), [("video", mp4()), ("audio", MP3_FRAME * 2)], ids=["video", "audio"])
def test_a_kept_recording_is_enough(desk: KeptWork, kind: str, recording: bytes) -> None:
    piece = desk.evidence(**SUPPORT, kind=kind, capture=desk.capture(recording))
    assert desk.decide("confirmed", piece)["status"] == "confirmed"


def test_kept_evidence_must_be_the_evidence_that_counts(desk: KeptWork) -> None:
    capture = desk.capture()
    useless = [
        desk.evidence(role="supports", independent=True, capture=capture),
        desk.evidence(role="supports", capture=capture, **EXAMINED),
        desk.evidence(role="context", independent=True, capture=capture, **EXAMINED),
        desk.evidence(**{**SUPPORT, "withdrawn": False}),
    ]
    assert desk.propose("confirmed", *useless).status_code == 422
    assert desk.propose("confirmed", *useless, desk.evidence(**SUPPORT, capture=capture)).status_code == 201


def test_a_capture_without_its_bytes_is_not_enough(desk: KeptWork, api: TestClient, editor: Headers) -> None:
    capture = {
        "id": "cap_01jhf3m8w5k6v0x2s9r7q4t1ya",
        "sha256": "0" * 64,
        "media_type": "video/mp4",
        "byte_length": 3,
        "captured_at": "2025-01-12T18:00:00Z",
    }
    line = {"record": "document", "key": "declared", "kind": "video", "title": "Declared", "captures": [capture]}
    assert api.post("imports", json=line, headers=editor).json()["refusals"] == []
    piece = desk.record("evidence", claim=desk.claim, document="declared", capture=capture["id"], **SUPPORT)["id"]

    (problem,) = assert_problem(desk.propose("confirmed", piece), 422)["errors"]

    assert (
        f"the file of capture {capture['id']}, which {piece} names, is not in the capture store" in problem["message"]
    )


def test_a_decision_of_earlier_rules_is_judged_by_them(desk: KeptWork, api: TestClient) -> None:
    review = desk.decide("confirmed", desk.evidence(**SUPPORT, not_kept_because=REASON))
    before = api.get(f"claims/{desk.claim}").json()
    assert desk.queue() == {}
    desk.make_older()

    # As a fact-checker, because the response for readers is cached until the record changes by a request.
    after = api.get(f"claims/{desk.claim}", headers=desk.person("Anna")).json()

    assert after["review"] == {**review, "rules": 1}
    assert (after["status"], after["review"]["stale"], after["review"]["stale_because"]) == ("confirmed", False, [])
    past = api.get(f"claims/{desk.claim}/versions/{before['version']}", headers=desk.person("Anna")).json()
    assert (past["status"], past["review"]) == ("confirmed", after["review"])
    # It waits, with a reason of its own.
    for params in ({}, {"reason": "older_rules"}):
        (reason,) = (entry for entry in desk.queue(**params)[desk.claim] if entry["reason"] == "older_rules")
        assert reason["points"] == 15
        assert "taken under rules 1" in reason["detail"]


@pytest.mark.parametrize("status", ["confirmed", "unlikely", "refuted", "unverifiable"])
@pytest.mark.parametrize("kept", [None, "named", "unnamed", "withdrawn"])
def test_both_forms_of_the_queue_agree(desk: KeptWork, status: str, kept: str | None) -> None:
    fields = SUPPORT if status == "confirmed" else REFUTATION
    piece, other = desk.evidence(**fields, not_kept_because=REASON), desk.evidence(**fields, not_kept_because=REASON)
    desk.decide(status, piece)
    desk.make_older()
    with desk.database.writing() as connection:
        if kept is not None:
            chosen = other if kept == "unnamed" else piece
            connection.execute(
                text("UPDATE evidence SET not_kept_because = 'x', withdrawn = :gone WHERE id = :id"),
                {"id": chosen, "gone": kept == "withdrawn"},
            )
    waits = status != "unverifiable" and kept != "named"
    with desk.database.reading() as connection:
        row = reviews.fetch_by_claim(connection, NOW, [desk.claim])[desk.claim][0]
        pieces = status_facts.only_named(
            evidence.fetch_by_claim(connection, NOW, [desk.claim])[desk.claim], row["evidence"]
        )
        review = table_of(Review)
        by_sql = bool(connection.scalar(select(rests_on_kept_evidence(review)).where(review.c.id == row["id"])))
        assert decision_staleness.current_decision([row]) is row
    assert by_sql == any(is_kept(kept_piece) for kept_piece in relevant_evidence(status, pieces))
    reasons = {entry["reason"] for entry in desk.queue().get(desk.claim, [])}
    assert ("older_rules" in reasons) == waits
    assert (desk.claim in desk.queue(reason="older_rules")) == waits


def test_an_open_proposal_of_earlier_rules_needs_the_present_ones(desk: KeptWork, api: TestClient) -> None:
    piece = desk.evidence(**SUPPORT, not_kept_because=REASON)
    proposal = desk.propose("confirmed", piece).json()
    assert proposal["rules"] == CURRENT_RULES
    desk.make_older()

    refusal = assert_problem(desk.approve(proposal["id"]), 409)["detail"]

    assert "since rules 2; it was made under rules 1" in refusal
    assert f"{piece} names no capture" in refusal
    assert api.get(f"claims/{desk.claim}").json()["status"] == "unassessed"


def test_the_condition_of_the_index_fits_the_rules() -> None:
    changed = sorted(status for status, rule in STATUS_RULES.items() if rule.was_met_under)
    listed = ", ".join(f"'{status}'" for status in ("confirmed", "unlikely", "refuted"))
    assert changed == ["confirmed", "refuted", "unlikely"]
    assert f"rules < {CURRENT_RULES} AND status IN ({listed})" == OLDER_RULES
    assert list(RULE_CHANGES) == list(range(1, CURRENT_RULES + 1))


def test_the_figures_of_the_evidence_are_checked_for_a_proposal(
    desk: KeptWork, api: TestClient, record: Record
) -> None:
    piece = desk.evidence(**SUPPORT, capture=desk.capture(), quote={"exact": "badge is legible", "language": "en"})
    desk.evidence(role="context", quote={"exact": "not named by the proposal", "language": "en"})
    proposal = desk.propose("confirmed", piece).json()
    path = proposal["figures_check"]
    assert path == f"/api/v1/proposals/{proposal['id']}/figures/check"

    checks = api.get(path.removeprefix("/api/v1/"), headers=desk.person("Boris")).raise_for_status().json()["items"]

    assert [(check["about"], check["id"], check["result"]) for check in checks] == [("evidence", piece, "found")]
    assert api.get(path.removeprefix("/api/v1/"), headers={"Authorization": ""}).status_code in (401, 403)
    assert desk.propose("unverifiable").status_code == 409
