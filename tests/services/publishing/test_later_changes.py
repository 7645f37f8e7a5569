"""What a citation of a version says about later changes: what changed, the present status, and on whose word it is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.vocabulary import Role

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]


@dataclass
class Desk:
    """What happens to a claim, over HTTP."""

    api: TestClient
    record: Record
    correct: Record
    key_of: Callable[[Role], Headers]
    claim_id: str = ""
    other_id: str = ""
    """A published claim that contradicts the other one."""

    def decide(self, status: str) -> None:
        claim = self.api.get(f"claims/{self.claim_id}").json()
        proposal = {
            "claim_version": claim["version"],
            "status": status,
            "rationale": "We looked.",
            "standard": "reasonable_grounds",
            "credibility": {"disputed": 3, "unconfirmed": 3, "confirmed": 1}[status],
            "evidence": [piece["id"] for piece in claim["evidence"]],
        }
        path = f"claims/{self.claim_id}/proposals"
        proposed = self.api.post(path, json=proposal, headers=self.key_of(Role.FACT_CHECKER))
        assert proposed.status_code == 201, proposed.text
        path = f"proposals/{proposed.json()['id']}/sign-offs"
        signed = self.api.post(path, json={"verdict": "approve"}, headers=self.key_of(Role.ADMIN))
        assert signed.status_code == 201, signed.text

    def decide_unconfirmed(self) -> None:
        self.decide("unconfirmed")

    def decide_disputed(self) -> None:
        self.decide("disputed")

    def reword(self) -> None:
        self.correct("claims", self.claim_id, statement="Soldiers fell, one of whom had surrendered.")

    def annotate(self) -> None:
        self.correct("claims", self.claim_id, note="See the other one.")

    def add_evidence(self) -> None:
        video = self.record("documents", kind="video", title="A video")["id"]
        self.record("evidence", claim=self.claim_id, document=video, role="context")

    def withdraw_other(self) -> None:
        self.correct("claims", self.other_id, stage="withdrawn", notice="Wrong.")

    def publish_other(self) -> None:
        self.correct("claims", self.other_id, stage="published")

    def import_decision(self) -> None:
        decision = {"status": "unconfirmed", "rationale": "So.", "decided_on": "2025-01-12", "decided_by": "Anna"}
        claim = {"record": "claim", "key": "cited", "kind": "other", "statement": "Soldiers fell."}
        content = json.dumps({**claim, "reviews": [decision]})
        report = self.api.post("imports?file=f.jsonl", content=content, headers=self.key_of(Role.EDITOR)).json()
        assert report["refused"] == 0, report


FILE = "unconfirmed, according to f.jsonl, imported by Test editor"
STALE = "not decided as it reads now"
DECIDED = "decide_unconfirmed"

# What happens before and after the citation, and the notice; `{n}` is the newest version.
CASES: list[tuple[list[str], list[str], str | None]] = [
    ([], [], None),
    ([], ["annotate"], "this claim has been supplemented since (version {n})."),
    ([], ["reword"], "this claim has been changed since (version {n})."),
    ([], [DECIDED], "this claim has been decided on since (version {n}, now unconfirmed)."),
    ([], ["import_decision"], f"this claim has been decided on since (version {{n}}, now {FILE})."),
    ([DECIDED], ["annotate"], "this claim has been supplemented since (version {n})."),
    ([DECIDED], ["reword"], f"this claim has been changed since (version {{n}}, {STALE})."),
    ([DECIDED], ["add_evidence"], f"what its status rests on has changed since (version {{n}}, {STALE})."),
    ([DECIDED], ["decide_disputed"], "this claim has been decided on anew since (version {n}, now disputed)."),
    ([DECIDED], [DECIDED], "this claim has been decided on anew since (version {n})."),
    ([DECIDED], ["add_evidence", DECIDED], "this claim has been decided on anew since (version {n})."),
    (["import_decision"], [DECIDED], "this claim has been decided on anew since (version {n}, now unconfirmed)."),
    (["import_decision"], ["reword"], f"this claim has been changed since (version {{n}}, {STALE})."),
    # The stage of another claim gives this one no new version.
    (["decide_disputed"], ["withdraw_other"], f"what its status rests on has changed since ({STALE})."),
    (["decide_disputed"], ["withdraw_other", "publish_other"], None),
    (
        ["decide_disputed", "withdraw_other", "annotate"],
        ["publish_other"],
        "what its status rests on has changed since (now disputed).",
    ),
]


@pytest.mark.parametrize(("before", "after", "notice"), CASES)
def test_the_notice_says_what_has_changed(
    *,
    api: TestClient,
    record: Record,
    correct: Record,
    key_of: Callable[[Role], Headers],
    before: list[str],
    after: list[str],
    notice: str | None,
) -> None:
    desk = Desk(api, record, correct, key_of)
    record("sources", name="NIS", key="NIS")
    nis = [{"source": "NIS", "stance": "asserts", "lineage": "original"}]
    desk.other_id = record("claims", statement="No soldiers fell.", attributions=nis)["id"]
    contradiction = [{"relation": "contradicts", "other_claim": desk.other_id}]
    fields = {"kind": "other", "statement": "Soldiers fell.", "attributions": nis, "relations": contradiction}
    desk.claim_id = record("claims", key="cited", **fields)["id"]
    for step in before:
        getattr(desk, step)()
    cited = api.get(f"claims/{desk.claim_id}").json()
    for step in after:
        getattr(desk, step)()

    ref = f"{desk.claim_id}@{cited['version']}"
    now = api.get(f"claims/{desk.claim_id}").json()
    expected = "" if notice is None else notice.format(n=now["version"])
    (item,) = api.get("citations", params={"claim": ref, "include": "decision"}).json()
    assert item["note"].partition(" Notice: ")[2] == expected
    _line, address = api.get(f"claims/{desk.claim_id}/versions/{cited['version']}.news.txt").text.splitlines()
    assert address.partition(" (Notice: ")[2].removesuffix(")") == expected
    (check,) = api.get("citations/check", params={"cited": ref}).json()["items"]
    if FILE in expected:
        assert check["says"] == f"Its status has changed from not assessed to {FILE}."
    assert (check["status_then"], check["status_now"]) == (cited["status"], now["status"])
