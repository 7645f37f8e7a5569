"""The desk: a status is proposed by one person, approved by another, and speaks of what both have seen."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.engine import Database
from app.db.schema import table_of
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.models import Proposal, Review, SignOff
from app.services.core.actors import Actor
from app.services.people import keys
from app.services.policy.proposal_states import CLOSING_VERDICTS, TRANSITIONS
from app.services.policy.status_rules import STATUS_RULES
from app.vocabulary import ProposalState, Role, Signer, Status, Verdict
from tests.support.problems import assert_problem

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

EXAMINED = {"examined_on": "2025-01-14", "finding": "The badge is legible."}


@pytest.fixture
def person(database: Database) -> Callable[[str], Headers]:
    """Headers of a fact-checker by name."""
    known: dict[str, Headers] = {}

    def headers(byline: str) -> Headers:
        if byline not in known:
            with database.writing() as connection:
                _info, key = keys.issue(connection, byline, Role.FACT_CHECKER)
            known[byline] = {"Authorization": f"Bearer {key}"}
        return known[byline]

    return headers


class DeskWork:
    """Steps of the desk over HTTP."""

    def __init__(self, api: TestClient, person: Callable[[str], Headers]) -> None:
        self._api = api
        self._person = person

    def propose(self, claim_id: str, by: str = "Anna", /, **fields: Any) -> Response:
        version = self.claim(claim_id)["version"]
        least = {
            "claim_version": version,
            "status": "unconfirmed",
            "rationale": "Said, and no more.",
            "credibility": 3,
            "standard": "reasonable_grounds",
        }
        return self._api.post(f"claims/{claim_id}/proposals", json={**least, **fields}, headers=self._person(by))

    def sign(self, proposal_id: str, verdict: str, by: str = "Boris", reason: str | None = None) -> Response:
        body = {"verdict": verdict, "reason": reason}
        return self._api.post(f"proposals/{proposal_id}/sign-offs", json=body, headers=self._person(by))

    def state(self, proposal_id: str) -> str:
        answer = self._api.get(f"proposals/{proposal_id}", headers=self._person("Reader of the desk"))
        return str(answer.raise_for_status().json()["state"])

    def claim(self, claim_id: str, **params: Any) -> dict[str, Any]:
        answer = self._api.get(f"claims/{claim_id}", params=params, headers=self._person("Reader of the desk"))
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def listed(self, claim_id: str, **params: Any) -> dict[str, Any]:
        """The claim as it stands in a list."""
        page = self._api.get("claims", params=params).raise_for_status().json()
        return next(item for item in page["items"] if item["id"] == claim_id)

    def queue(self, **params: Any) -> list[dict[str, Any]]:
        """What waits."""
        answer = self._api.get("queue", params=params, headers=self._person("Reader of the desk"))
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return found

    def decisions(self, claim_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.get(f"claims/{claim_id}/reviews").raise_for_status().json()["items"]
        return found


@pytest.fixture
def desk(api: TestClient, person: Callable[[str], Headers]) -> DeskWork:
    return DeskWork(api, person)


@pytest.fixture
def claim(record: Record) -> dict[str, Any]:
    """A published claim with one attribution, written by the editor of the tests, `Test editor`."""
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    return record("claims", attributions=[{"source": "NIS", "stance": "asserts", "lineage": "original"}])


@pytest.fixture
def evidence(record: Record, claim: dict[str, Any]) -> dict[str, Any]:
    """A supporting piece of evidence for it, independent and examined."""
    video = record("documents", kind="video", title="A video")
    fields = {"role": "supports", "independent": True, **EXAMINED}
    return record("evidence", claim=claim["id"], document=video["id"], **fields)


def proposed(answer: Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


# --- two people ---


def test_a_status_holds_once_another_has_approved_it(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    fields = {"status": "confirmed", "credibility": 1, "probability": "almost_certain", "evidence": [evidence["id"]]}
    made = desk.propose(claim["id"], rationale="The badge is his.", **fields)
    identifier = proposed(made)

    assert identifier.startswith("prp_")
    assert made.headers["Location"] == f"/api/v1/proposals/{identifier}"
    assert (made.json()["state"], made.json()["proposed_by"]) == ("open", "Anna")
    # A proposal publishes nothing.
    assert api.get(f"claims/{claim['id']}").json()["status"] == "unassessed"

    approved = desk.sign(identifier, "approve")

    assert (approved.status_code, approved.json()["state"]) == (201, "approved")
    assert [one["id"][:4] for one in approved.json()["sign_offs"]] == ["sgn_"]
    public = api.get(f"claims/{claim['id']}").json()
    review = public["review"]
    assert review["id"].startswith("rev_")
    assert (public["status"], review["status"], review["rationale"]) == ("confirmed", "confirmed", "The badge is his.")
    assert (review["proposed_by"], review["approved_by"], review["decided_by"]) == ("Anna", "Boris", "Anna and Boris")
    assert (review["credibility"], review["standard"], review["probability"], review["evidence"], review["stale"]) == (
        1,
        "reasonable_grounds",
        "almost_certain",
        [evidence["id"]],
        False,
    )
    assert api.get(f"claims/{claim['id']}/reviews").json()["items"] == [review]


def test_the_status_is_that_of_the_last_decision(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    assert api.get(f"claims/{claim['id']}/reviews").json()["items"] == []
    moments = [desk.claim(claim["id"])["recorded_at"]]
    for status, credibility in (("unconfirmed", 3), ("confirmed", 1)):
        fields = {"status": status, "credibility": credibility, "evidence": [evidence["id"]]}
        identifier = proposed(desk.propose(claim["id"], **fields))
        assert desk.sign(identifier, "approve").status_code == 201
        moments.append(desk.claim(claim["id"])["recorded_at"])

    states = [desk.claim(claim["id"], as_of=moment) for moment in moments]
    assert [one["status"] for one in states] == ["unassessed", "unconfirmed", "confirmed"]
    assert [one["review"] and one["review"]["status"] for one in states] == [None, "unconfirmed", "confirmed"]


NOT_ALLOWED_TO_APPROVE = {
    "Anna": "you proposed it. You can withdraw it.",
    "Test editor": "you wrote the current wording of the claim. You can reject it or request more information.",
}


def test_whoever_wrote_the_wording_neither_proposes_nor_approves(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], person: Callable[[str], Headers], editor: Headers
) -> None:
    refused = desk.propose(claim["id"], "Test editor")  # another key of the same person
    assert (refused.status_code, "current wording" in refused.json()["detail"]) == (403, True)

    identifier = proposed(desk.propose(claim["id"]))
    for who in ("Anna", "Test editor"):
        refused = desk.sign(identifier, "approve", by=who)
        assert refused.status_code == 403, who
        reason = NOT_ALLOWED_TO_APPROVE[who]
        assert refused.json()["detail"] == f"Approving this proposal needs another fact-checker: {reason}"
    refused = desk.sign(identifier, "reject", by="Anna", reason="No.")
    assert refused.json()["detail"] == (
        "Rejecting this proposal needs another person on the desk: you proposed it. You can withdraw it."
    )
    assert desk.state(identifier) == "open"
    assert desk.sign(identifier, "approve", by="Boris").status_code == 201


def test_the_last_editor_is_whoever_changed_the_wording_last(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], person: Callable[[str], Headers]
) -> None:
    tag = {"If-Match": api.get(f"claims/{claim['id']}").headers["ETag"]}
    reworded = {"reason": "Clearer.", "statement": "Soldiers were there."}
    assert api.patch(f"claims/{claim['id']}", json=reworded, headers=person("Anna") | tag).status_code == 200
    tag = {"If-Match": api.get(f"claims/{claim['id']}").headers["ETag"]}
    noted = {"reason": "Noted.", "note": "See there."}
    assert api.patch(f"claims/{claim['id']}", json=noted, headers=person("Boris") | tag).status_code == 200

    assert desk.propose(claim["id"], "Anna").status_code == 403
    assert desk.propose(claim["id"], "Boris").status_code == 201


# --- the way of a proposal: every cell of the table ---


STATES: dict[ProposalState, list[tuple[str, str]]] = {
    ProposalState.OPEN: [],
    ProposalState.MORE_REQUESTED: [("request_more", "Clara")],
    ProposalState.VOID: [],
    ProposalState.APPROVED: [("approve", "Clara")],
    ProposalState.REJECTED: [("reject", "Clara")],
    ProposalState.WITHDRAWN: [("withdraw", "Anna")],
}
"""How a proposal of Anna's comes into each state."""

WHO = {Signer.PROPOSER: "Anna", Signer.EDITOR: "Test editor", Signer.ANOTHER: "Boris"}


def test_the_table_has_every_verdict_and_state() -> None:
    assert TRANSITIONS.keys() == set(Verdict)
    assert STATES.keys() == set(ProposalState)
    assert {led for step in TRANSITIONS.values() for led in step.next_state.values()} >= set(CLOSING_VERDICTS.values())


@pytest.mark.parametrize("before", list(ProposalState))
def test_of_each_state_only_the_steps_of_the_table_lead_away(
    desk: DeskWork, claim: dict[str, Any], correct: Record, before: ProposalState
) -> None:
    for verdict, step in TRANSITIONS.items():
        for signer, who in WHO.items():
            identifier = proposed(desk.propose(claim["id"]))
            for earlier, by in STATES[before]:
                assert desk.sign(identifier, earlier, by=by, reason="So.").status_code == 201
            if before is ProposalState.VOID:
                correct("claims", claim["id"], statement=f"Another wording: {verdict}, {signer}.")
            assert desk.state(identifier) == before

            answer = desk.sign(identifier, verdict, by=who, reason="Because.")

            if before in step.next_state and signer in step.signers:
                after = step.next_state[before]
                assert (answer.status_code, answer.json()["state"]) == (201, after), (verdict, who)
            else:
                after = before
                assert answer.status_code == (403 if before in step.next_state else 409), (verdict, who, answer.text)
            assert desk.state(identifier) == after
            if after in ("open", "more_requested"):
                assert desk.sign(identifier, "withdraw", by="Anna", reason="Next.").status_code == 201


def test_what_was_asked_is_answered_and_all_of_it_stays_readable(desk: DeskWork, claim: dict[str, Any]) -> None:
    identifier = proposed(desk.propose(claim["id"]))
    assert desk.sign(identifier, "request_more", reason="Which day?").json()["state"] == "more_requested"
    assert desk.sign(identifier, "approve").status_code == 409
    assert desk.sign(identifier, "answer", by="Anna", reason="The twelfth.").json()["state"] == "open"
    approved = desk.sign(identifier, "approve").json()

    said = [(one["verdict"], one["by"], one["reason"]) for one in approved["sign_offs"]]
    assert said == [
        ("request_more", "Boris", "Which day?"),
        ("answer", "Anna", "The twelfth."),
        ("approve", "Boris", None),
    ]


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.APPROVE])
def test_all_but_an_approval_takes_a_reason(desk: DeskWork, claim: dict[str, Any], verdict: Verdict) -> None:
    identifier = proposed(desk.propose(claim["id"]))
    answer = desk.sign(identifier, verdict)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")


# --- what a proposal needs ---


def test_evidence_counts_only_if_it_is_named(desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]) -> None:
    refused = desk.propose(claim["id"], status="confirmed", credibility=1)
    (problem,) = refused.json()["errors"]
    assert (refused.status_code, problem["field"]) == (422, "status")
    assert STATUS_RULES[Status.CONFIRMED].requirement in problem["message"]
    assert "listed in the field evidence" in problem["message"]
    assert desk.propose(claim["id"], status="confirmed", credibility=1, evidence=[evidence["id"]]).status_code == 201


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "unassessed is never decided": (
        {"status": "unassessed", "credibility": 6},
        "status",
        "'unassessed' needs nothing; it is the status of a new claim, and no decision can set it",
    ),
    "two origins are missing": (
        {"status": "corroborated", "credibility": 2},
        "status",
        "'corroborated' needs two or more origins whose independence is established by rulings",
    ),
    "a credibility of another status": ({"credibility": 1}, "credibility", "must be 3 if the status is 'unconfirmed'"),
    "no credibility of the code": ({"credibility": 7}, "credibility", "must be less than or equal to 6"),
    "no standard": ({"standard": "gut feeling"}, "standard", "must be 'reasonable_suspicion', "),
    "no band": ({"probability": "70 %"}, "probability", "must be 'almost_no_chance', "),
    "no such evidence": (
        {"evidence": ["evd_none"]},
        "evidence.0",
        "must be the id or key of a piece of evidence of this claim",
    ),
    "nothing to correct": (
        {"notice": "We were wrong."},
        "notice",
        "must be null, because this claim has no earlier decision to correct",
    ),
    "no rationale": ({"rationale": " "}, "rationale", "must not be empty"),
    "no version": ({"claim_version": 0}, "claim_version", "must be greater than or equal to 1"),
    "an unknown field": ({"decided_by": "Me"}, "decided_by", "there is no such field or parameter"),
}
"""What is wrong, the field that is named, and how what is said of it begins."""


@pytest.mark.parametrize(("fields", "field", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_proposal_that_is_not_right_is_refused_by_its_field(
    desk: DeskWork, claim: dict[str, Any], fields: dict[str, Any], field: str, why: str
) -> None:
    answer = desk.propose(claim["id"], **fields)
    (problem,) = answer.json()["errors"]
    assert (answer.status_code, problem["field"]) == (422, field)
    assert problem["message"].startswith(why)
    assert problem["message"] == why or why.endswith(", ")


CREDIBILITY = {
    Status.UNASSESSED: {6},
    Status.UNCONFIRMED: {3},
    Status.CORROBORATED: {2},
    Status.CONCEDED: {1, 2},
    Status.CONFIRMED: {1},
    Status.DISPUTED: {3, 4},
    Status.UNLIKELY: {4, 5},
    Status.REFUTED: {5},
    Status.UNVERIFIABLE: {6},
}
"""The credibility of the Admiralty code that each status may have, as docs/vocabulary.md says."""


def test_the_credibility_goes_with_the_status() -> None:
    assert {status: set(rule.credibility) for status, rule in STATUS_RULES.items()} == CREDIBILITY


def test_evidence_of_another_claim_or_taken_back_carries_nothing(
    desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    other = record("claims", statement="Another.")
    fields = {"status": "unverifiable", "credibility": 6, "evidence": [evidence["id"]]}
    assert desk.propose(other["id"], **fields).json()["errors"][0]["field"] == "evidence.0"
    correct("evidence", evidence["id"], withdrawn=True)
    (problem,) = desk.propose(claim["id"], **fields).json()["errors"]
    assert problem == {
        "field": "evidence.0",
        "message": "must not be a piece of evidence that was withdrawn; leave it out",
    }


def test_a_version_that_is_not_the_last_is_refused(desk: DeskWork, correct: Record, claim: dict[str, Any]) -> None:
    correct("claims", claim["id"], note="Noted.")
    answer = desk.propose(claim["id"], claim_version=claim["version"])
    assert (answer.status_code, "version 2" in answer.json()["detail"]) == (409, True)


def test_one_open_proposal_at_a_time(desk: DeskWork, claim: dict[str, Any]) -> None:
    first = proposed(desk.propose(claim["id"]))
    answer = desk.propose(claim["id"], "Boris")
    assert (answer.status_code, first in answer.json()["detail"]) == (409, True)


def test_a_withdrawn_claim_takes_none(desk: DeskWork, correct: Record, claim: dict[str, Any]) -> None:
    correct("claims", claim["id"], stage="withdrawn", notice="Recorded twice.")
    assert "was withdrawn" in assert_problem(desk.propose(claim["id"]), 409)["detail"]


def test_there_must_be_something_to_decide_on(
    desk: DeskWork, api: TestClient, person: Callable[[str], Headers]
) -> None:
    body = {
        "claim_version": 1,
        "status": "unconfirmed",
        "rationale": "Said.",
        "credibility": 3,
        "standard": "reasonable_grounds",
    }
    nowhere = api.post("claims/clm_none/proposals", json=body, headers=person("Anna"))
    assert assert_problem(nowhere, 404)["detail"] == "There is no claim 'clm_none'."
    for answer in (desk.sign("prp_none", "approve"), api.get("proposals/prp_none", headers=person("Anna"))):
        assert assert_problem(answer, 404)["detail"] == "There is no proposal 'prp_none'."


# --- what a decision speaks of ---


def test_a_changed_wording_makes_a_proposal_void_and_a_decision_stale(
    desk: DeskWork, correct: Record, claim: dict[str, Any]
) -> None:
    assert desk.listed(claim["id"])["stale"] is False
    assert desk.sign(proposed(desk.propose(claim["id"])), "approve").status_code == 201
    second = proposed(desk.propose(claim["id"]))
    assert desk.listed(claim["id"])["stale"] is False
    correct("claims", claim["id"], statement="Another wording.")

    review = desk.claim(claim["id"])["review"]
    assert (review["stale"], review["stale_because"]) == (True, ["wording"])
    assert desk.listed(claim["id"])["stale"] is True
    assert desk.listed(claim["id"], q="wording")["stale"] is True
    assert desk.state(second) == "void"
    refused = desk.sign(second, "approve")
    assert (refused.status_code, "void" in refused.json()["detail"]) == (409, True)
    # What is void keeps nobody from proposing anew.
    assert desk.propose(claim["id"]).status_code == 201


@pytest.mark.parametrize("act", ["added", "corrected", "taken back"])
def test_other_evidence_makes_a_proposal_void_and_a_decision_stale(
    desk: DeskWork, record: Record, correct: Record, evidence: dict[str, Any], act: str
) -> None:
    assert desk.sign(proposed(desk.propose(evidence["claim_id"])), "approve").status_code == 201
    second = proposed(desk.propose(evidence["claim_id"]))
    before = desk.claim(evidence["claim_id"])
    if act == "added":
        record("evidence", claim=evidence["claim_id"], document=evidence["document"]["id"], role="context")
    else:
        correct(
            "evidence", evidence["id"], **({"finding": "Not so sure."} if act == "corrected" else {"withdrawn": True})
        )

    review = desk.claim(evidence["claim_id"])["review"]
    assert (review["stale"], review["stale_because"]) == (True, ["evidence"])
    assert desk.listed(evidence["claim_id"])["stale"] is True
    assert desk.state(second) == "void"
    assert desk.claim(evidence["claim_id"], as_of=before["recorded_at"])["review"]["stale"] is False
    assert desk.listed(evidence["claim_id"], as_of=before["recorded_at"])["stale"] is False


@pytest.mark.parametrize(
    "fields", [{"source": "DIU"}, {"stance": "alleges"}, {"withdrawn": True}, {"note": "As heard."}], ids=str
)
def test_an_attribution_that_is_corrected_makes_a_decision_stale(
    api: TestClient, desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], *, fields: dict[str, Any]
) -> None:
    record("sources", name="DIU", key="DIU")
    record("attributions", claim=claim["id"], source="DIU", stance="asserts", key="to be corrected", reason="Said too.")
    assert desk.sign(proposed(desk.propose(claim["id"])), "approve").status_code == 201
    decided = desk.claim(claim["id"])
    more = record(
        "attributions", claim=claim["id"], source="DIU", stance="asserts", reason="That is news, and no more."
    )
    correct("attributions", more["id"], note="Heard in the evening.")
    assert desk.claim(claim["id"])["review"]["stale"] is False
    assert desk.listed(claim["id"])["stale"] is False
    assert "ClaimReview" in api.get(f"claims/{claim['id']}.claimreview.json").text

    correct("attributions", claim["attributions"][0]["id"], **fields)

    review = desk.claim(claim["id"])["review"]
    assert (review["stale"], review["stale_because"]) == (True, ["attributions"])
    assert desk.decisions(claim["id"])[0]["stale_because"] == ["attributions"]
    assert desk.listed(claim["id"])["stale"] is True
    assert "ClaimReview" not in api.get(f"claims/{claim['id']}.claimreview.json").text
    assert desk.claim(claim["id"], as_of=decided["recorded_at"])["review"]["stale"] is False
    assert [one["claim"]["id"] for one in desk.queue(reason="stale")] == [claim["id"]]


def test_grounds_that_are_gone_are_told_wherever_a_decision_goes_out(
    api: TestClient, desk: DeskWork, correct: Record, claim: dict[str, Any]
) -> None:
    assert desk.sign(proposed(desk.propose(claim["id"])), "approve").status_code == 201
    correct("attributions", claim["attributions"][0]["id"], withdrawn=True)

    assert desk.claim(claim["id"])["review"]["stale_because"] == ["attributions", "grounds"]
    (line,) = api.get(f"claims/{claim['id']}.jsonl").text.splitlines()
    assert json.loads(line)["decision"]["stale_because"] == ["attributions", "grounds"]


def test_evidence_and_wordings_of_another_claim_are_nothing_to_a_proposal(
    desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    identifier = proposed(desk.propose(claim["id"]))
    other = record("claims", statement="Another.")
    record("evidence", claim=other["id"], document=evidence["document"]["id"], role="context")
    correct("claims", other["id"], statement="Yet another.")

    assert desk.state(identifier) == "open"
    assert desk.sign(identifier, "approve").status_code == 201
    assert desk.claim(claim["id"])["review"]["stale"] is False
    assert desk.listed(claim["id"])["stale"] is False


BEFORE = "unconfirmed, before the claim was changed"

TELLS_STALE = {
    **dict.fromkeys(("csl.json", "bib", "biblatex.bib", "ris", "wiki", "md", "qs", "txt", "html", "atom"), BEFORE),
    "news.txt": "before the claim was changed",
    "jsonl": '"stale":true',
    "attest.jsonl": '"stale":true',
    "jsonld": '"attest:stale":true',
}
"""How each format says that a status was decided on another wording; those with tables have a column for it."""


@pytest.mark.parametrize("suffix", [*TELLS_STALE, "claimreview.json"])
def test_a_status_goes_out_as_what_it_was_decided_on(
    api: TestClient, desk: DeskWork, correct: Record, claim: dict[str, Any], suffix: str
) -> None:
    citing = {one.suffix for one in CITATION_FORMATS.values()}

    def told() -> str:
        answer = api.get(f"claims/{claim['id']}.{suffix}", params={"include": "decision"} if suffix in citing else {})
        return " ".join(answer.raise_for_status().text.split())

    assert desk.sign(proposed(desk.propose(claim["id"])), "approve").status_code == 201
    assert TELLS_STALE.get(suffix, "nothing") not in told()
    assert ("ClaimReview" in told()) is (suffix in ("claimreview.json", "jsonld"))
    correct("claims", claim["id"], statement="Another wording.")
    assert TELLS_STALE.get(suffix, "") in told()
    assert "ClaimReview" not in told()


def test_new_evidence_leaves_a_review_where_it_is(
    api: TestClient, desk: DeskWork, record: Record, evidence: dict[str, Any]
) -> None:
    address = f"claims/{evidence['claim_id']}.claimreview.json"
    assert desk.sign(proposed(desk.propose(evidence["claim_id"])), "approve").status_code == 201
    record("evidence", claim=evidence["claim_id"], document=evidence["document"]["id"], role="context")
    assert "Unconfirmed" in api.get(address).text


Take = Callable[[Record, dict[str, Any]], object]


def take_back(noun: str) -> Take:
    """Takes back the last thing of a noun that hangs on a claim."""
    return lambda correct, about: correct(noun, about[noun][-1]["id"], withdrawn=True)


def no_part_any_more(correct: Record, about: dict[str, Any]) -> object:
    """The last one who spoke is no part of anybody any more."""
    return correct("sources", about["attributions"][-1]["source"]["id"], parent=None)


def withdraw_the_other(correct: Record, about: dict[str, Any]) -> object:
    """The claim that stands against it is withdrawn."""
    return correct("claims", about["relations"][0]["other_claim"]["id"], stage="withdrawn", notice="Wrong.")


# status, credibility, what the record holds for it besides the attribution of the fixture, how that goes
GROUNDS: dict[str, tuple[str, int, str, Take]] = {
    "attributed": ("unconfirmed", 3, "nothing", take_back("attributions")),
    "ruled independent": ("corroborated", 2, "ruling", take_back("attributions")),
    "conceded": ("conceded", 1, "concession", take_back("attributions")),
    "conceded by a part": ("conceded", 1, "concession", no_part_any_more),
    "denied": ("disputed", 3, "denial", take_back("attributions")),
    "contradicted": ("disputed", 4, "contradiction", take_back("relations")),
    "contradicted by what was withdrawn": ("disputed", 4, "contradiction", withdraw_the_other),
    "searched": ("unverifiable", 6, "search", take_back("attributions")),
}

TAKEN_BACK = frozenset({"attributed", "ruled independent", "conceded", "denied", "searched"})
"""Cases in which an attribution is taken back."""


@pytest.fixture
def hold(api: TestClient, record: Record, correct: Record, claim: dict[str, Any], editor: Headers) -> Record:
    """Records what a status needs: `hold("denial")`."""

    def act(held: str) -> dict[str, Any]:
        state = record("sources", name="A state", kind="government")
        service = record("sources", name="Its service", kind="intelligence_service", parent=state["id"])
        army = record("sources", name="Its army", kind="armed_force", parent=service["id"])
        correct("claims", claim["id"], adverse_to=state["id"])
        search = {"on": "2025-01-12", "where": "mil.ru", "by": "Desk"}
        said: dict[str, dict[str, Any]] = {
            "ruling": {"stance": "asserts", "lineage": "original"},
            "concession": {"stance": "confirms"},
            "denial": {"stance": "denies"},
            "search": {"stance": "no_statement_found", "search": search},
        }
        if held in said:
            record("attributions", claim=claim["id"], source=army["id"], **said[held])
        if held == "ruling":
            ruling = {"sources": ["NIS", army["id"]], "ruling": "established", "reason": "Own counts."}
            ruled = api.post(f"claims/{claim['id']}/independence-rulings", json=ruling, headers=editor)
            assert ruled.status_code == 201, ruled.text
        if held == "contradiction":
            other = record("claims", statement="No soldiers are there.")
            record("relations", claim=claim["id"], other_claim=other["id"], relation="contradicts")
        return claim

    return act


@pytest.mark.parametrize("case", GROUNDS)
def test_a_decision_is_stale_when_the_record_no_longer_carries_it(
    api: TestClient, desk: DeskWork, hold: Record, correct: Record, case: str
) -> None:
    status, credibility, held, take = GROUNDS[case]
    claim = hold(held)
    answer = desk.propose(claim["id"], status=status, credibility=credibility)
    assert desk.sign(proposed(answer), "approve").status_code == 201
    decided = desk.claim(claim["id"])
    assert (decided["status"], decided["review"]["stale"]) == (status, False)

    take(correct, desk.claim(claim["id"]))

    public = api.get(f"claims/{claim['id']}").json()
    # The status stays until somebody decides anew; that it is not carried any more is seen at once.
    assert (public["status"], public["review"]["stale"], public["review"]["stale_because"]) == (
        status,
        True,
        # Who is no longer said to have said it is a reason by itself.
        ["attributions", "grounds"] if case in TAKEN_BACK else ["grounds"],
    )
    assert api.get(f"claims/{claim['id']}/reviews").json()["items"] == [public["review"]]
    assert desk.claim(claim["id"], as_of=decided["recorded_at"])["review"]["stale"] is False


def test_a_ruling_that_is_taken_back_makes_a_decision_stale(
    api: TestClient, desk: DeskWork, record: Record, claim: dict[str, Any], editor: Headers
) -> None:
    other = record("sources", name="Another service", kind="intelligence_service")
    record("attributions", claim=claim["id"], source=other["id"], stance="asserts", lineage="original")

    def rule(ruling: str) -> None:
        body = {"sources": ["NIS", other["id"]], "ruling": ruling, "reason": f"So we see it: {ruling}."}
        assert api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=editor).status_code == 201

    rule("established")
    fields = {"status": "corroborated", "credibility": 2}
    assert desk.sign(proposed(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    stale = []
    for ruling in ("not_established", "established", "dependent"):
        rule(ruling)
        stale.append(desk.claim(claim["id"])["review"]["stale_because"])
    assert stale == [["grounds"], [], ["grounds"]]
    # What came after it has its own grounds, and of what was decided before nobody asks any more.
    assert desk.sign(proposed(desk.propose(claim["id"])), "approve").status_code == 201
    told = api.get(f"claims/{claim['id']}/reviews").json()["items"]
    assert [(one["status"], one["stale_because"]) for one in told] == [("unconfirmed", []), ("corroborated", [])]


def test_evidence_that_a_decision_does_not_name_does_not_carry_it(
    desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    fields = {"status": "confirmed", "credibility": 1, "evidence": [evidence["id"]]}
    assert desk.sign(proposed(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    # Another piece stands beside it that nobody has decided on.
    video = record("documents", kind="video", title="Another video")
    record("evidence", claim=claim["id"], document=video["id"], role="supports", independent=True, **EXAMINED)
    correct("evidence", evidence["id"], withdrawn=True)

    held = desk.claim(claim["id"])["review"]
    assert held["stale_because"] == ["evidence", "grounds"]
    assert desk.decisions(claim["id"]) == [held]


def test_an_approval_asks_the_record_again(desk: DeskWork, correct: Record, claim: dict[str, Any]) -> None:
    identifier = proposed(desk.propose(claim["id"]))
    correct("attributions", claim["attributions"][0]["id"], withdrawn=True)

    answer = desk.sign(identifier, "approve")

    assert STATUS_RULES[Status.UNCONFIRMED].requirement in assert_problem(answer, 409)["detail"]
    assert (desk.state(identifier), desk.claim(claim["id"])["status"]) == ("open", "unassessed")


def test_a_wrong_decision_is_corrected_in_public(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    fields = {"status": "confirmed", "credibility": 1, "evidence": [evidence["id"]]}
    assert desk.sign(proposed(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    notice = "We mistook the date of the upload for the date of the recording."
    assert desk.sign(proposed(desk.propose(claim["id"], notice=notice)), "approve", reason="Seen again.").is_success

    items = api.get(f"claims/{claim['id']}/reviews").json()["items"]
    assert [(one["status"], one["notice"]) for one in items] == [("unconfirmed", notice), ("confirmed", None)]
    told = api.get(f"claims/{claim['id']}/history").json()["items"]
    decisions = [
        {one["field"]: one["after"] for one in entry["changes"]} for entry in told if entry["noun"] == "review"
    ]
    assert [(one["status"], one["proposed_by"], one["approved_by"]) for one in decisions] == [
        ("confirmed", "Anna", "Boris"),
        ("unconfirmed", "Anna", "Boris"),
    ]
    assert decisions[1]["notice"] == notice
    assert [(entry["action"], entry["reason"]) for entry in told if entry["noun"] == "review"] == [
        ("decide", "Approved."),
        ("decide", "Seen again."),
    ]


# --- decisions that come with files, which one person brings in ---


@pytest.fixture
def bring(api: TestClient, editor: Headers) -> Callable[..., dict[str, Any]]:
    """Has an editor import a decision on the claim with the key `k`; the report."""

    def act(decided_on: date, status: str = "unconfirmed") -> dict[str, Any]:
        said = {"rationale": "So.", "decided_on": decided_on.isoformat(), "decided_by": "Elsewhere"}
        line = {"record": "claim", "key": "k", "kind": "troop_estimate", "statement": "Soldiers are there."}
        answer = api.post(
            "imports", content=json.dumps({**line, "reviews": [{"status": status, **said}]}), headers=editor
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    return act


def test_a_file_does_not_undo_what_two_people_have_signed(
    desk: DeskWork, record: Record, bring: Callable[..., dict[str, Any]]
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    record("sources", name="Moscow", kind="government", key="Moscow")
    said = [{"source": "NIS", "stance": "asserts"}, {"source": "Moscow", "stance": "denies"}]
    claim = record("claims", key="k", attributions=said)
    today = datetime.now(UTC).date()
    assert bring(today)["refusals"] == []
    fields = {"status": "disputed", "credibility": 3}
    assert desk.sign(proposed(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    signed = desk.claim(claim["id"])

    for day in (today, today + timedelta(days=1)):
        report = bring(day, "disputed")
        assert [one["field"] for one in report["refusals"]] == ["reviews.0.decided_on"], day

    assert desk.claim(claim["id"])["review"] == signed["review"]
    # What was decided before is told, and changes nothing.
    assert bring(today - timedelta(days=400))["refusals"] == []
    assert (desk.claim(claim["id"])["status"], desk.claim(claim["id"])["review"]["status"]) == ("disputed", "disputed")


def test_a_file_does_not_undo_it_days_afterwards(
    desk: DeskWork, record: Record, bring: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: now - timedelta(days=5))
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    claim = record("claims", key="k", attributions=[{"source": "NIS", "stance": "asserts"}])
    assert desk.sign(proposed(desk.propose(claim["id"])), "approve").status_code == 201
    monkeypatch.setattr(clock, "now", lambda: now)

    refusals = {days: bring(now.date() - timedelta(days=days))["refusals"] for days in (0, 2, 5, 6)}

    assert [days for days, found in refusals.items() if found] == [0, 2, 5]


def test_a_file_decides_nothing_in_advance(
    desk: DeskWork, record: Record, bring: Callable[..., dict[str, Any]]
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    claim = record("claims", key="k", attributions=[{"source": "NIS", "stance": "asserts"}])
    report = bring(datetime.now(UTC).date() + timedelta(days=1))
    assert [one["field"] for one in report["refusals"]] == ["reviews.0.decided_on"]
    assert desk.claim(claim["id"])["status"] == "unassessed"


def test_one_decision_of_a_file_that_is_refused_keeps_no_other_back(
    api: TestClient, record: Record, editor: Headers
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    today = datetime.now(UTC).date()
    lines, ids = [], []
    for number, day in enumerate((today, today + timedelta(days=9), today, today)):
        claim = {"key": f"k{number}", "kind": "troop_estimate", "statement": f"Soldiers are there, says {number}."}
        ids.append(record("claims", attributions=[{"source": "NIS", "stance": "asserts"}], **claim)["id"])
        said = {"status": "unconfirmed", "rationale": "So.", "decided_on": str(day), "decided_by": "Elsewhere"}
        lines.append({"record": "claim", **claim, "reviews": [said]})

    told = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).raise_for_status().json()

    assert [one["field"] for one in told["refusals"]] == ["reviews.0.decided_on"]
    shown = [api.get(f"claims/{one}").json() for one in ids]
    assert [one["status"] for one in shown] == ["unconfirmed", "unassessed", "unconfirmed", "unconfirmed"]
    assert [(one["review"] or {"id": "none"})["id"][:4] for one in shown] == ["rev_", "none", "rev_", "rev_"]


# --- at the same time ---


PAIRS = 60


def test_of_two_who_sign_at_once_one_closes_it(
    desk: DeskWork, database: Database, record: Record, person: Callable[[str], Headers]
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    said = [{"source": "NIS", "stance": "asserts", "lineage": "original"}]
    claims = [record("claims", statement=f"Claim {number}.", attributions=said)["id"] for number in range(PAIRS)]
    made = [proposed(desk.propose(one)) for one in claims]
    signers = ("Boris", "Clara")
    for who in signers:
        person(who)  # both have a key by now
    both = Barrier(len(signers), timeout=60)

    def approve_each(who: str) -> list[int]:
        answers = []
        for one in made:
            both.wait()
            answers.append(desk.sign(one, "approve", by=who).status_code)
        return answers

    with ThreadPoolExecutor(len(signers)) as pool:
        pairs = list(zip(*pool.map(approve_each, signers), strict=True))

    assert [sorted(pair) for pair in pairs] == [[201, 409]] * PAIRS
    with database.reading() as connection:
        decided = connection.execute(select(table_of(Review).c.claim_id)).scalars().all()
    assert sorted(decided) == sorted(claims)


def test_one_person_approving_eight_times_at_once_publishes_nothing(desk: DeskWork, claim: dict[str, Any]) -> None:
    identifier = proposed(desk.propose(claim["id"]))
    all_eight = Barrier(8, timeout=60)

    def approve(_number: int) -> int:
        all_eight.wait()
        return desk.sign(identifier, "approve", by="Anna").status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(approve, range(8)))
    assert answers == [403] * 8
    assert (desk.state(identifier), desk.claim(claim["id"])["status"]) == ("open", "unassessed")


# --- the database itself ---


FORGED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "by the proposer": lambda row: {"person_id": row["proposer_id"]},
    "by the editor": lambda row: {"person_id": row["editor_id"]},
    "by the proposer, said to be another's": lambda row: {
        "person_id": row["proposer_id"],
        "proposer_id": row["editor_id"],
    },
    "a second time": lambda row: {},
}


def forge(database: Database, table: Table, **fields: Any) -> None:
    """Write a row past the service."""
    with database.writing() as connection:
        connection.execute(insert(table).values(fields))


@pytest.mark.parametrize("forged", FORGED, ids=FORGED)
def test_the_database_refuses_a_forged_approval(
    desk: DeskWork, database: Database, claim: dict[str, Any], actor: Actor, forged: str
) -> None:
    about = stored(database, proposed(desk.propose(claim["id"])))
    if forged == "a second time":
        assert desk.sign(about["id"], "reject", reason="No.").status_code == 201
    copied = {name: about[name] for name in ("proposer_id", "editor_id", "change_seq", "recorded_at")}
    row = {"id": "sgn_forged", "proposal_id": about["id"], "person_id": actor.person_id, "verdict": "approve", **copied}
    with pytest.raises(IntegrityError):
        forge(database, table_of(SignOff), **{**row, **FORGED[forged](about)})


def test_the_database_refuses_a_proposal_of_the_editor(
    desk: DeskWork, database: Database, claim: dict[str, Any]
) -> None:
    about = stored(database, proposed(desk.propose(claim["id"])))
    with pytest.raises(IntegrityError):
        forge(database, table_of(Proposal), **{**about, "id": "prp_forged", "proposer_id": about["editor_id"]})


def stored(database: Database, proposal_id: str) -> dict[str, Any]:
    """A proposal as it is stored."""
    table = table_of(Proposal)
    with database.reading() as connection:
        return dict(connection.execute(select(table).where(table.c.id == proposal_id)).mappings().one())


# --- lists, and who may read them ---


def test_proposals_are_listed_by_state_and_claim(
    api: TestClient, desk: DeskWork, record: Record, correct: Record, person: Callable[[str], Headers]
) -> None:
    nis = record("sources", name="NIS", kind="intelligence_service", key="NIS")
    said = [{"source": "NIS", "stance": "asserts", "lineage": "original"}]
    made: dict[ProposalState, tuple[str, str]] = {}
    for state, steps in STATES.items():
        claim_id = record("claims", statement=f"To become {state}.", attributions=said)["id"]
        made[state] = claim_id, proposed(desk.propose(claim_id))
        for verdict, by in steps:
            assert desk.sign(made[state][1], verdict, by=by, reason="So.").status_code == 201
    correct("claims", made[ProposalState.VOID][0], statement="Another wording.")

    def listed(**params: Any) -> list[str]:
        answer = api.get("proposals", params=params, headers=person("Anna"))
        return [one["id"] for one in answer.raise_for_status().json()["items"]]

    assert listed() == [one for _claim, one in reversed(made.values())]
    for state, (claim_id, identifier) in made.items():
        assert listed(state=state) == [identifier], state
        assert listed(claim=claim_id) == [identifier]
    assert set(listed(state=["open", "more_requested"])) == {
        made[ProposalState.OPEN][1],
        made[ProposalState.MORE_REQUESTED][1],
    }
    rating = {"reliability": "B", "rationale": "Borne out."}
    rated = proposed(api.post(f"sources/{nis['id']}/proposals", json=rating, headers=person("Anna")))
    assert listed(source="NIS") == [rated]
    assert desk.sign(rated, "withdraw", by="Anna", reason="So.").status_code == 201
    assert listed(source="NIS", state="open") == []
    first = api.get("proposals", params={"limit": 5}, headers=person("Anna")).json()
    rest = api.get("proposals", params={"limit": 5, "cursor": first["next"]}, headers=person("Anna")).json()
    assert [one["id"] for page in (first, rest) for one in page["items"]] == listed()


def test_a_proposal_is_listed_by_the_last_step_as_of_any_moment(
    api: TestClient, desk: DeskWork, record: Record, claim: dict[str, Any], person: Callable[[str], Headers]
) -> None:
    def moment() -> str:
        return str(record("sources", name=f"Source {len(moments)}")["recorded_at"])

    moments = ["2020-01-01T00:00:00Z"]
    identifier = proposed(desk.propose(claim["id"]))
    moments.append(moment())
    for verdict, by in (("request_more", "Boris"), ("answer", "Anna"), ("approve", "Boris")):
        assert desk.sign(identifier, verdict, by=by, reason="So.").status_code == 201
        moments.append(moment())

    then = ["", "open", "more_requested", "open", "approved"]
    for at, state in zip([*moments, None], [*then, then[-1]], strict=True):
        for asked in ProposalState:
            params = {"state": asked, "claim": claim["id"]} | ({} if at is None else {"as_of": at})
            listed = api.get("proposals", params=params, headers=person("Anna")).raise_for_status().json()["items"]
            found = [(one["id"], one["state"]) for one in listed]
            assert found == ([(identifier, state)] if asked == state else []), (at, asked)
    assert_problem(api.get("proposals", params={"claim": "clm_none"}, headers=person("Anna")), 422, "claim")
    assert_problem(api.get("proposals", params={"source": "src_none"}, headers=person("Anna")), 422, "source")


def test_what_is_proposed_is_the_desks(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], key_of: Callable[[Role], Headers]
) -> None:
    identifier = proposed(desk.propose(claim["id"]))
    for address in ("proposals", f"proposals/{identifier}"):
        assert api.get(address).status_code == 401
        assert api.get(address, headers=key_of(Role.READER)).status_code == 403
    refused = api.post(f"proposals/{identifier}/sign-offs", json={"verdict": "approve"}, headers=key_of(Role.READER))
    assert refused.status_code == 403


# --- the reliability of sources ---


def test_a_file_does_not_undo_a_rating_that_two_people_have_signed(
    api: TestClient, desk: DeskWork, record: Record, person: Callable[[str], Headers], editor: Headers
) -> None:
    source = record("sources", name="NIS", kind="intelligence_service", key="NIS")
    line = {"record": "source", "key": "NIS", "name": "NIS", "kind": "intelligence_service"}
    today = datetime.now(UTC).date()

    def bring(day: date) -> list[str]:
        said = {"reliability": "A", "rationale": "So we hear.", "decided_on": str(day), "decided_by": "A desk"}
        answer = api.post("imports", content=json.dumps({**line, "ratings": [said]}), headers=editor)
        return [one["field"] for one in answer.raise_for_status().json()["refusals"]]

    assert bring(today + timedelta(days=1)) == ["ratings.decided_on"]
    body = {"reliability": "D", "rationale": "Not borne out."}
    made = api.post(f"sources/{source['id']}/proposals", json=body, headers=person("Anna"))
    assert desk.sign(proposed(made), "approve").status_code == 201

    for day in (today, today - timedelta(days=400)):
        assert bring(day) == ["ratings"]
    assert [one["reliability"] for one in api.get(f"sources/{source['id']}/ratings").json()["items"]] == ["D"]
    claim = record("claims", attributions=[{"source": "NIS", "stance": "asserts"}])
    assert claim["attributions"][0]["reliability"]["reliability"] == "D"


def test_a_rating_is_signed_by_another_and_shown_beside_what_the_source_says(
    api: TestClient, desk: DeskWork, record: Record, person: Callable[[str], Headers]
) -> None:
    source = record("sources", name="NIS", kind="intelligence_service", key="NIS")
    topic = record("topics")
    claims = {
        name: record(
            "claims",
            statement=f"Said in {name}.",
            topic=topic["id"] if "topic" in name else None,
            attributions=[{"source": "NIS", "stance": "asserts", "said": said}],
        )["id"]
        for name, said in {"2024": "2024-05", "2025": "2025-01-12", "2025 on the topic": "2025-01"}.items()
    }

    def rate(**fields: Any) -> str:
        body = {"rationale": "Borne out.", **fields}
        return proposed(api.post(f"sources/{source['id']}/proposals", json=body, headers=person("Anna")))

    def shown() -> dict[str, str | None]:
        found = {name: desk.claim(one)["attributions"][0]["reliability"] for name, one in claims.items()}
        return {name: one and one["reliability"] for name, one in found.items()}

    first = rate(reliability="C")
    assert desk.sign(first, "approve", by="Anna").status_code == 403
    assert set(shown().values()) == {None}
    assert desk.sign(first, "approve").json()["state"] == "approved"
    assert set(shown().values()) == {"C"}
    assert desk.sign(rate(reliability="B", period="2024"), "approve").status_code == 201
    assert shown() == {"2024": "B", "2025": "C", "2025 on the topic": "C"}
    assert desk.sign(rate(reliability="D", topic=topic["id"]), "approve").status_code == 201
    assert shown() == {"2024": "B", "2025": "C", "2025 on the topic": "D"}
    assert desk.sign(rate(reliability="E"), "approve").status_code == 201
    assert shown() == {"2024": "B", "2025": "E", "2025 on the topic": "D"}

    listed = api.get(f"sources/{source['id']}/ratings").json()["items"]
    assert [(one["reliability"], one["topic_id"], one["period"]) for one in listed] == [
        ("E", None, None),
        ("D", topic["id"], None),
        ("B", None, "2024"),
        ("C", None, None),
    ]
    assert {(one["proposed_by"], one["approved_by"]) for one in listed} == {("Anna", "Boris")}
    attribution = api.get(f"claims/{claims['2024']}").json()["attributions"][0]
    assert api.get(f"attributions/{attribution['id']}").json()["reliability"] == attribution["reliability"]


def test_one_open_rating_for_a_topic_and_period(
    api: TestClient, record: Record, person: Callable[[str], Headers]
) -> None:
    source = record("sources")
    path, body = f"sources/{source['id']}/proposals", {"reliability": "F", "rationale": "Unknown to us."}
    assert api.post(path, json=body, headers=person("Anna")).status_code == 201
    assert api.post(path, json=body, headers=person("Boris")).status_code == 409
    assert api.post(path, json={**body, "period": "2025"}, headers=person("Boris")).status_code == 201
    assert api.post(path, json={**body, "reliability": "G"}, headers=person("Boris")).status_code == 422
    topic = record("topics")["id"]
    of_topic = {**body, "topic": topic}
    made = api.post(path, json=of_topic, headers=person("Boris"))
    assert (made.status_code, made.json()["topic_id"]) == (201, topic)
    assert api.post(path, json=of_topic, headers=person("Anna")).status_code == 409
    assert_problem(api.post(path, json={**body, "topic": "top_none"}, headers=person("Boris")), 422, "topic")
    nowhere = api.post("sources/src_none/proposals", json=body, headers=person("Boris"))
    assert "source 'src_none'" in assert_problem(nowhere, 404)["detail"]
