"""Proposals: one person proposes a status or rating, another approves it, and later changes make the decision stale."""

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
from app.services.changes.actors import Actor
from app.services.people import keys
from app.services.policy.status_rules import STATUS_RULES
from app.vocabulary import ProposalState, Role, Status, Verdict
from tests.support.problems import assert_problem
from tests.support.retractions import RECORDED_WRONGLY

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

EXAMINED = {"examined_on": "2025-01-14", "finding": "The badge is legible."}


@pytest.fixture
def person(database: Database) -> Callable[[str], Headers]:
    """A function that returns headers with a key of the fact-checker of this name."""
    headers_by_byline: dict[str, Headers] = {}

    def headers(byline: str) -> Headers:
        if byline not in headers_by_byline:
            with database.writing() as connection:
                _info, key = keys.issue(connection, byline, Role.FACT_CHECKER)
            headers_by_byline[byline] = {"Authorization": f"Bearer {key}"}
        return headers_by_byline[byline]

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
        response = self._api.get(f"proposals/{proposal_id}", headers=self._person("Reader of the desk"))
        return str(response.raise_for_status().json()["state"])

    def claim(self, claim_id: str, **params: Any) -> dict[str, Any]:
        response = self._api.get(f"claims/{claim_id}", params=params, headers=self._person("Reader of the desk"))
        body: dict[str, Any] = response.raise_for_status().json()
        return body

    def list_item(self, claim_id: str, **params: Any) -> dict[str, Any]:
        """The claim as an item of the list of claims."""
        page = self._api.get("claims", params=params).raise_for_status().json()
        return next(item for item in page["items"] if item["id"] == claim_id)

    def queue(self, **params: Any) -> list[dict[str, Any]]:
        """The items of the queue."""
        response = self._api.get("queue", params=params, headers=self._person("Reader of the desk"))
        items: list[dict[str, Any]] = response.raise_for_status().json()["items"]
        return items

    def decisions(self, claim_id: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._api.get(f"claims/{claim_id}/reviews").raise_for_status().json()["items"]
        return items


@pytest.fixture
def desk(api: TestClient, person: Callable[[str], Headers]) -> DeskWork:
    return DeskWork(api, person)


@pytest.fixture
def claim(record: Record) -> dict[str, Any]:
    """A published claim with one attribution, worded by `Test editor`."""
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    return record("claims", attributions=[{"source": "NIS", "stance": "asserts", "lineage": "original"}])


@pytest.fixture
def evidence(record: Record, claim: dict[str, Any]) -> dict[str, Any]:
    """A piece of evidence that supports the claim, independent and examined."""
    video = record("documents", kind="video", title="A video")
    fields = {"role": "supports", "independent": True, "not_kept_because": "Shown to us, not handed over.", **EXAMINED}
    return record("evidence", claim=claim["id"], document=video["id"], **fields)


def proposal_id_of(response: Response) -> str:
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


# --- two people ---


def test_a_status_applies_once_another_person_approves_it(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    fields = {"status": "confirmed", "credibility": 1, "probability": "almost_certain", "evidence": [evidence["id"]]}
    proposal = desk.propose(claim["id"], rationale="The badge is his.", **fields)
    identifier = proposal_id_of(proposal)

    assert identifier.startswith("prp_")
    assert proposal.headers["Location"] == f"/api/v1/proposals/{identifier}"
    assert (proposal.json()["state"], proposal.json()["proposed_by"]) == ("open", "Anna")
    # A proposal publishes nothing.
    assert api.get(f"claims/{claim['id']}").json()["status"] == "unassessed"

    approved = desk.sign(identifier, "approve")

    assert (approved.status_code, approved.json()["state"]) == (201, "approved")
    assert [sign_off["id"][:4] for sign_off in approved.json()["sign_offs"]] == ["sgn_"]
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


def test_a_claim_has_the_status_of_its_last_decision(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    assert api.get(f"claims/{claim['id']}/reviews").json()["items"] == []
    moments = [desk.claim(claim["id"])["recorded_at"]]
    for status, credibility in (("unconfirmed", 3), ("confirmed", 1)):
        fields = {"status": status, "credibility": credibility, "evidence": [evidence["id"]]}
        identifier = proposal_id_of(desk.propose(claim["id"], **fields))
        assert desk.sign(identifier, "approve").status_code == 201
        moments.append(desk.claim(claim["id"])["recorded_at"])

    states = [desk.claim(claim["id"], as_of=moment) for moment in moments]
    assert [state["status"] for state in states] == ["unassessed", "unconfirmed", "confirmed"]
    assert [state["review"] and state["review"]["status"] for state in states] == [None, "unconfirmed", "confirmed"]


NOT_ALLOWED_TO_APPROVE = {
    "Anna": "you proposed it. You can withdraw it.",
    "Test editor": "you wrote the current wording of the claim. You can reject it or request more information.",
}


def test_the_author_of_the_wording_neither_proposes_nor_approves(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], person: Callable[[str], Headers], editor: Headers
) -> None:
    response = desk.propose(claim["id"], "Test editor")  # another key of the same person
    assert (response.status_code, "current wording" in response.json()["detail"]) == (403, True)

    identifier = proposal_id_of(desk.propose(claim["id"]))
    for name in ("Anna", "Test editor"):
        response = desk.sign(identifier, "approve", by=name)
        assert response.status_code == 403, name
        reason = NOT_ALLOWED_TO_APPROVE[name]
        assert response.json()["detail"] == f"Approving this proposal needs another fact-checker: {reason}"
    response = desk.sign(identifier, "reject", by="Anna", reason="No.")
    assert response.json()["detail"] == (
        "Rejecting this proposal needs another person on the desk: you proposed it. You can withdraw it."
    )
    assert desk.state(identifier) == "open"
    assert desk.sign(identifier, "approve", by="Boris").status_code == 201


def test_only_a_change_of_the_wording_makes_a_person_its_author(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], person: Callable[[str], Headers]
) -> None:
    if_match = {"If-Match": api.get(f"claims/{claim['id']}").headers["ETag"]}
    reworded = {"reason": "Clearer.", "statement": "Soldiers were there."}
    assert api.patch(f"claims/{claim['id']}", json=reworded, headers=person("Anna") | if_match).status_code == 200
    if_match = {"If-Match": api.get(f"claims/{claim['id']}").headers["ETag"]}
    noted = {"reason": "Noted.", "note": "See there."}
    assert api.patch(f"claims/{claim['id']}", json=noted, headers=person("Boris") | if_match).status_code == 200

    assert desk.propose(claim["id"], "Anna").status_code == 403
    assert desk.propose(claim["id"], "Boris").status_code == 201


# --- the state machine: every verdict by every signer in every state ---


STATES: dict[ProposalState, list[tuple[str, str]]] = {
    ProposalState.OPEN: [],
    ProposalState.MORE_REQUESTED: [("request_more", "Clara")],
    ProposalState.VOID: [],
    ProposalState.APPROVED: [("approve", "Clara")],
    ProposalState.REJECTED: [("reject", "Clara")],
    ProposalState.WITHDRAWN: [("withdraw", "Anna")],
}
"""The sign-offs that bring a proposal of Anna's into each state; a change of the wording makes it void."""


EXPECTED_STATES: dict[tuple[str, str], dict[str, str]] = {
    ("open", "approve"): {"Boris": "approved"},
    ("open", "reject"): {"Test editor": "rejected", "Boris": "rejected"},
    ("open", "request_more"): {"Test editor": "more_requested", "Boris": "more_requested"},
    ("open", "withdraw"): {"Anna": "withdrawn"},
    ("more_requested", "reject"): {"Test editor": "rejected", "Boris": "rejected"},
    ("more_requested", "answer"): {"Anna": "open"},
    ("more_requested", "withdraw"): {"Anna": "withdrawn"},
    ("void", "withdraw"): {"Anna": "withdrawn"},
}
"""The next state, by state, verdict and signer: Anna proposes, `Test editor` worded the claim, Boris did neither.

A verdict that is missing for a state is refused with 409, and a signer who may not give it with 403.
"""


def test_every_state_can_be_reached() -> None:
    assert STATES.keys() == set(ProposalState)


@pytest.mark.parametrize("before", list(ProposalState))
def test_each_verdict_is_accepted_only_in_its_states_and_from_its_signers(
    desk: DeskWork, claim: dict[str, Any], correct: Record, before: ProposalState
) -> None:
    for verdict in Verdict:
        next_states = EXPECTED_STATES.get((before, verdict), {})
        for signer in ("Anna", "Test editor", "Boris"):
            identifier = proposal_id_of(desk.propose(claim["id"]))
            for earlier, by in STATES[before]:
                assert desk.sign(identifier, earlier, by=by, reason="So.").status_code == 201
            if before is ProposalState.VOID:
                correct("claims", claim["id"], statement=f"Another wording: {verdict}, {signer}.")
            assert desk.state(identifier) == before

            response = desk.sign(identifier, verdict, by=signer, reason="Because.")

            after = next_states.get(signer, str(before))
            if signer in next_states:
                assert (response.status_code, response.json()["state"]) == (201, after), (verdict, signer)
            else:
                assert response.status_code == (403 if next_states else 409), (verdict, signer, response.text)
            assert desk.state(identifier) == after
            if after in ("open", "more_requested"):
                assert desk.sign(identifier, "withdraw", by="Anna", reason="Next.").status_code == 201


def test_a_request_for_more_and_its_answer_stay_readable(desk: DeskWork, claim: dict[str, Any]) -> None:
    identifier = proposal_id_of(desk.propose(claim["id"]))
    assert desk.sign(identifier, "request_more", reason="Which day?").json()["state"] == "more_requested"
    assert desk.sign(identifier, "approve").status_code == 409
    assert desk.sign(identifier, "answer", by="Anna", reason="The twelfth.").json()["state"] == "open"
    approved = desk.sign(identifier, "approve").json()

    sign_offs = [(sign_off["verdict"], sign_off["by"], sign_off["reason"]) for sign_off in approved["sign_offs"]]
    assert sign_offs == [
        ("request_more", "Boris", "Which day?"),
        ("answer", "Anna", "The twelfth."),
        ("approve", "Boris", None),
    ]


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.APPROVE])
def test_every_verdict_except_approval_needs_a_reason(desk: DeskWork, claim: dict[str, Any], verdict: Verdict) -> None:
    identifier = proposal_id_of(desk.propose(claim["id"]))
    response = desk.sign(identifier, verdict)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "reason")


# --- validation of proposals ---


def test_evidence_counts_only_if_the_proposal_lists_it(
    desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    response = desk.propose(claim["id"], status="confirmed", credibility=1)
    (problem,) = response.json()["errors"]
    assert (response.status_code, problem["field"]) == (422, "status")
    assert (
        "supporting evidence that is independent of the claim's origins, was examined and is kept" in problem["message"]
    )
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
"""By fault: the fields sent, the field of the error, and its message, or the beginning of it up to a comma."""


@pytest.mark.parametrize(("fields", "field", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_an_invalid_proposal_is_refused_with_the_field(
    desk: DeskWork, claim: dict[str, Any], fields: dict[str, Any], field: str, message: str
) -> None:
    response = desk.propose(claim["id"], **fields)
    (problem,) = response.json()["errors"]
    assert (response.status_code, problem["field"]) == (422, field)
    assert problem["message"].startswith(message)
    assert problem["message"] == message or message.endswith(", ")


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


def test_each_status_allows_its_credibilities() -> None:
    assert {status: set(rule.credibility) for status, rule in STATUS_RULES.items()} == CREDIBILITY


def test_evidence_of_another_claim_or_withdrawn_evidence_is_refused(
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


def test_the_credibility_may_be_left_out_where_the_status_allows_only_one_value(
    desk: DeskWork, record: Record, claim: dict[str, Any]
) -> None:
    response = desk.propose(claim["id"], credibility=None)
    assert (response.status_code, response.json()["credibility"]) == (201, 3)

    denial = {"source": record("sources", name="A denier")["id"], "stance": "denies"}
    disputed = record("claims", statement="Others are there.", attributions=[denial])
    (problem,) = desk.propose(disputed["id"], status="disputed", credibility=None).json()["errors"]
    assert problem == {"field": "credibility", "message": "must be 3 or 4 if the status is 'disputed'"}


def test_a_version_that_does_not_exist_is_refused_as_such(desk: DeskWork, claim: dict[str, Any]) -> None:
    response = desk.propose(claim["id"], claim_version=9)
    detail = assert_problem(response, 409)["detail"]
    assert detail.startswith(f"There is no version 9 of this claim: its latest version is {claim['version']}.")


def test_a_proposal_on_an_older_version_is_refused(desk: DeskWork, correct: Record, claim: dict[str, Any]) -> None:
    correct("claims", claim["id"], note="Noted.")
    response = desk.propose(claim["id"], claim_version=claim["version"])
    assert (response.status_code, "version 2" in response.json()["detail"]) == (409, True)


def test_a_claim_has_at_most_one_open_proposal(desk: DeskWork, claim: dict[str, Any]) -> None:
    first = proposal_id_of(desk.propose(claim["id"]))
    response = desk.propose(claim["id"], "Boris")
    assert (response.status_code, first in response.json()["detail"]) == (409, True)


def test_a_proposal_on_a_withdrawn_claim_is_refused(desk: DeskWork, correct: Record, claim: dict[str, Any]) -> None:
    correct("claims", claim["id"], stage="withdrawn", notice="Recorded twice.")
    assert "was withdrawn" in assert_problem(desk.propose(claim["id"]), 409)["detail"]


def test_an_unknown_claim_or_proposal_is_not_found(
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
    for response in (desk.sign("prp_none", "approve"), api.get("proposals/prp_none", headers=person("Anna"))):
        assert assert_problem(response, 404)["detail"] == "There is no proposal 'prp_none'."


# --- stale decisions and void proposals ---


def test_a_changed_wording_makes_a_proposal_void_and_a_decision_stale(
    desk: DeskWork, correct: Record, claim: dict[str, Any]
) -> None:
    assert desk.list_item(claim["id"])["status"] != "stale"
    assert desk.sign(proposal_id_of(desk.propose(claim["id"])), "approve").status_code == 201
    second = proposal_id_of(desk.propose(claim["id"]))
    assert desk.list_item(claim["id"])["status"] != "stale"
    correct("claims", claim["id"], statement="Another wording.")

    review = desk.claim(claim["id"])["review"]
    assert (review["stale"], review["stale_because"]) == (True, ["wording"])
    assert desk.list_item(claim["id"])["status"] == "stale"
    assert desk.list_item(claim["id"], q="wording")["status"] == "stale"
    assert desk.state(second) == "void"
    response = desk.sign(second, "approve")
    assert (response.status_code, "void" in response.json()["detail"]) == (409, True)
    # A void proposal does not prevent a new one.
    assert desk.propose(claim["id"]).status_code == 201


@pytest.mark.parametrize("change", ["added", "corrected", "withdrawn"])
def test_a_change_of_evidence_makes_a_proposal_void_and_a_decision_stale(
    desk: DeskWork, record: Record, correct: Record, evidence: dict[str, Any], change: str
) -> None:
    assert desk.sign(proposal_id_of(desk.propose(evidence["claim_id"])), "approve").status_code == 201
    second = proposal_id_of(desk.propose(evidence["claim_id"]))
    before = desk.claim(evidence["claim_id"])
    if change == "added":
        record("evidence", claim=evidence["claim_id"], document=evidence["document"]["id"], role="context")
    else:
        correct(
            "evidence",
            evidence["id"],
            **({"finding": "Not so sure."} if change == "corrected" else {"withdrawn": True}),
        )

    review = desk.claim(evidence["claim_id"])["review"]
    assert (review["stale"], review["stale_because"]) == (True, ["evidence"])
    assert desk.list_item(evidence["claim_id"])["status"] == "stale"
    assert desk.state(second) == "void"
    assert desk.claim(evidence["claim_id"], as_of=before["recorded_at"])["review"]["stale"] is False
    assert desk.list_item(evidence["claim_id"], as_of=before["recorded_at"])["status"] != "stale"


@pytest.mark.parametrize(
    "fields",
    [{"source": "DIU"}, {"stance": "alleges"}, {"retraction": RECORDED_WRONGLY}, {"note": "As heard."}],
    ids=str,
)
def test_a_corrected_attribution_makes_a_decision_stale(
    api: TestClient, desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], *, fields: dict[str, Any]
) -> None:
    record("sources", name="DIU", key="DIU")
    record("attributions", claim=claim["id"], source="DIU", stance="asserts", key="to be corrected", reason="Said too.")
    assert desk.sign(proposal_id_of(desk.propose(claim["id"])), "approve").status_code == 201
    decided = desk.claim(claim["id"])
    later_attribution = record(
        "attributions", claim=claim["id"], source="DIU", stance="asserts", reason="New, but no correction."
    )
    correct("attributions", later_attribution["id"], note="Heard in the evening.")
    assert desk.claim(claim["id"])["review"]["stale"] is False
    assert desk.list_item(claim["id"])["status"] != "stale"
    assert "ClaimReview" in api.get(f"claims/{claim['id']}.claimreview.json").text

    correct("attributions", claim["attributions"][0]["id"], **fields)

    review = desk.claim(claim["id"])["review"]
    assert (review["stale"], review["stale_because"]) == (True, ["attributions"])
    assert desk.decisions(claim["id"])[0]["stale_because"] == ["attributions"]
    assert desk.list_item(claim["id"])["status"] == "stale"
    assert "ClaimReview" not in api.get(f"claims/{claim['id']}.claimreview.json").text
    assert desk.claim(claim["id"], as_of=decided["recorded_at"])["review"]["stale"] is False
    assert [item["claim"]["id"] for item in desk.queue(reason="stale")] == [claim["id"]]


def test_a_decision_without_grounds_is_exported_as_stale(
    api: TestClient, desk: DeskWork, correct: Record, claim: dict[str, Any]
) -> None:
    assert desk.sign(proposal_id_of(desk.propose(claim["id"])), "approve").status_code == 201
    correct("attributions", claim["attributions"][0]["id"], retraction=RECORDED_WRONGLY)

    assert desk.claim(claim["id"])["review"]["stale_because"] == ["attributions", "grounds"]
    (line,) = api.get(f"claims/{claim['id']}.jsonl").text.splitlines()
    assert json.loads(line)["decision"]["stale_because"] == ["attributions", "grounds"]


def test_changes_of_another_claim_do_not_affect_a_proposal(
    desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    identifier = proposal_id_of(desk.propose(claim["id"]))
    other = record("claims", statement="Another.")
    record("evidence", claim=other["id"], document=evidence["document"]["id"], role="context")
    correct("claims", other["id"], statement="Yet another.")

    assert desk.state(identifier) == "open"
    assert desk.sign(identifier, "approve").status_code == 201
    assert desk.claim(claim["id"])["review"]["stale"] is False
    assert desk.list_item(claim["id"])["status"] != "stale"


STALE_STATUS = "not decided as it reads now"

STALE_MARKERS = {
    **dict.fromkeys(
        ("csl.json", "bib", "biblatex.bib", "ris", "wiki", "md", "qs", "txt", "html", "atom"), STALE_STATUS
    ),
    "news.txt": "not decided by Attest's desk as it reads now",
    "jsonl": '"stale":true',
    "attest.jsonl": '"stale":true',
    "jsonld": '"attest:stale":true',
}
"""How each format marks a decision on an earlier wording; tables have a column for it and are tested elsewhere."""


@pytest.mark.parametrize("suffix", [*STALE_MARKERS, "claimreview.json"])
def test_every_format_marks_a_stale_decision(
    api: TestClient, desk: DeskWork, correct: Record, claim: dict[str, Any], suffix: str
) -> None:
    citation_suffixes = {citation_format.suffix for citation_format in CITATION_FORMATS.values()}
    assert citation_suffixes <= STALE_MARKERS.keys(), "every citation format needs a marker"

    def read_export() -> str:
        response = api.get(
            f"claims/{claim['id']}.{suffix}", params={"include": "decision"} if suffix in citation_suffixes else {}
        )
        return " ".join(response.raise_for_status().text.split())

    assert desk.sign(proposal_id_of(desk.propose(claim["id"])), "approve").status_code == 201
    assert STALE_MARKERS.get(suffix, "nothing") not in read_export()
    assert ("ClaimReview" in read_export()) is (suffix in ("claimreview.json", "jsonld"))
    correct("claims", claim["id"], statement="Another wording.")
    assert STALE_MARKERS.get(suffix, "") in read_export()
    assert "ClaimReview" not in read_export()
    # The old status must not be read with the new words.
    assert "unconfirmed" not in read_export().lower() or suffix in ("jsonl", "attest.jsonl", "jsonld")


def test_new_evidence_removes_the_claim_review(
    api: TestClient, desk: DeskWork, record: Record, evidence: dict[str, Any]
) -> None:
    address = f"claims/{evidence['claim_id']}.claimreview.json"
    assert desk.sign(proposal_id_of(desk.propose(evidence["claim_id"])), "approve").status_code == 201
    record("evidence", claim=evidence["claim_id"], document=evidence["document"]["id"], role="context")
    assert "ClaimReview" not in api.get(address).text


Removal = Callable[[Record, dict[str, Any]], object]


def withdraw_last(noun: str) -> Removal:
    """A function that withdraws the last part of this kind of a claim."""
    taken_back = {"retraction": RECORDED_WRONGLY} if noun == "attributions" else {"withdrawn": True}
    return lambda correct, about: correct(noun, about[noun][-1]["id"], **taken_back)


def remove_parent(correct: Record, about: dict[str, Any]) -> object:
    """Remove the parent of the source of the last attribution."""
    return correct("sources", about["attributions"][-1]["source"]["id"], parent=None)


def withdraw_contradicting_claim(correct: Record, about: dict[str, Any]) -> object:
    """Withdraw the claim that contradicts this one."""
    return correct("claims", about["relations"][0]["other_claim"]["id"], stage="withdrawn", notice="Wrong.")


# Status, credibility, the grounds on record besides the attribution of the fixture, and the removal of these grounds.
GROUNDS: dict[str, tuple[str, int, str, Removal]] = {
    "attributed": ("unconfirmed", 3, "nothing", withdraw_last("attributions")),
    "ruled independent": ("corroborated", 2, "ruling", withdraw_last("attributions")),
    "conceded": ("conceded", 1, "concession", withdraw_last("attributions")),
    "conceded by a part": ("conceded", 1, "concession", remove_parent),
    "denied": ("disputed", 3, "denial", withdraw_last("attributions")),
    "contradicted": ("disputed", 4, "contradiction", withdraw_last("relations")),
    "contradicting claim withdrawn": ("disputed", 4, "contradiction", withdraw_contradicting_claim),
    "searched": ("unverifiable", 6, "search", withdraw_last("attributions")),
}

WITHDRAWN_ATTRIBUTION = frozenset({"attributed", "ruled independent", "conceded", "denied", "searched"})
"""The cases in which an attribution is withdrawn."""


@pytest.fixture
def record_ground(api: TestClient, record: Record, correct: Record, claim: dict[str, Any], editor: Headers) -> Record:
    """A function that records the grounds of a status and returns the claim: `record_ground("denial")`."""

    def record_ground(ground: str) -> dict[str, Any]:
        state = record("sources", name="A state", kind="government")
        service = record("sources", name="Its service", kind="intelligence_service", parent=state["id"])
        army = record("sources", name="Its army", kind="armed_force", parent=service["id"])
        correct("claims", claim["id"], adverse_to=state["id"])
        search = {"on": "2025-01-12", "where": "mil.ru", "by": "Desk"}
        attributions: dict[str, dict[str, Any]] = {
            "ruling": {"stance": "asserts", "lineage": "original"},
            "concession": {"stance": "confirms"},
            "denial": {"stance": "denies"},
            "search": {"stance": "no_statement_found", "search": search},
        }
        if ground in attributions:
            record("attributions", claim=claim["id"], source=army["id"], **attributions[ground])
        if ground == "ruling":
            ruling = {"sources": ["NIS", army["id"]], "ruling": "established", "reason": "Own counts."}
            ruled = api.post(f"claims/{claim['id']}/independence-rulings", json=ruling, headers=editor)
            assert ruled.status_code == 201, ruled.text
        if ground == "contradiction":
            other = record("claims", statement="No soldiers are there.")
            record("relations", claim=claim["id"], other_claim=other["id"], relation="contradicts")
        return claim

    return record_ground


@pytest.mark.parametrize("case", GROUNDS)
def test_a_decision_is_stale_once_the_record_no_longer_supports_it(
    api: TestClient, desk: DeskWork, record_ground: Record, correct: Record, case: str
) -> None:
    status, credibility, ground, remove = GROUNDS[case]
    claim = record_ground(ground)
    response = desk.propose(claim["id"], status=status, credibility=credibility)
    assert desk.sign(proposal_id_of(response), "approve").status_code == 201
    decided = desk.claim(claim["id"])
    assert (decided["status"], decided["review"]["stale"]) == (status, False)

    remove(correct, desk.claim(claim["id"]))

    public = api.get(f"claims/{claim['id']}").json()
    # The status that was decided remains in the decision.
    assert (public["status"], public["review"]["status"], public["review"]["stale_because"]) == (
        "stale",
        status,
        # A withdrawn attribution is a reason of its own.
        ["attributions", "grounds"] if case in WITHDRAWN_ATTRIBUTION else ["grounds"],
    )
    assert api.get(f"claims/{claim['id']}/reviews").json()["items"] == [public["review"]]
    assert desk.claim(claim["id"], as_of=decided["recorded_at"])["review"]["stale"] is False


def test_a_revised_ruling_makes_a_decision_stale(
    api: TestClient, desk: DeskWork, record: Record, claim: dict[str, Any], editor: Headers
) -> None:
    other = record("sources", name="Another service", kind="intelligence_service")
    record("attributions", claim=claim["id"], source=other["id"], stance="asserts", lineage="original")

    def rule(ruling: str) -> None:
        body = {"sources": ["NIS", other["id"]], "ruling": ruling, "reason": f"So we see it: {ruling}."}
        assert api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=editor).status_code == 201

    rule("established")
    fields = {"status": "corroborated", "credibility": 2}
    assert desk.sign(proposal_id_of(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    reasons = []
    for ruling in ("not_established", "established", "dependent"):
        rule(ruling)
        reasons.append(desk.claim(claim["id"])["review"]["stale_because"])
    assert reasons == [["grounds"], [], ["grounds"]]
    # A new decision has grounds of its own, and an earlier decision is no longer checked.
    assert desk.sign(proposal_id_of(desk.propose(claim["id"])), "approve").status_code == 201
    decisions = api.get(f"claims/{claim['id']}/reviews").json()["items"]
    assert [(decision["status"], decision["stale_because"]) for decision in decisions] == [
        ("unconfirmed", []),
        ("corroborated", []),
    ]


def test_evidence_that_a_decision_does_not_list_does_not_support_it(
    desk: DeskWork, record: Record, correct: Record, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    fields = {"status": "confirmed", "credibility": 1, "evidence": [evidence["id"]]}
    assert desk.sign(proposal_id_of(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    # Another piece of evidence would support it, but the decision does not list it.
    video = record("documents", kind="video", title="Another video")
    record("evidence", claim=claim["id"], document=video["id"], role="supports", independent=True, **EXAMINED)
    correct("evidence", evidence["id"], withdrawn=True)

    review = desk.claim(claim["id"])["review"]
    assert review["stale_because"] == ["evidence", "grounds"]
    assert desk.decisions(claim["id"]) == [review]


def test_an_approval_checks_the_requirement_again(desk: DeskWork, correct: Record, claim: dict[str, Any]) -> None:
    identifier = proposal_id_of(desk.propose(claim["id"]))
    correct("attributions", claim["attributions"][0]["id"], retraction=RECORDED_WRONGLY)

    response = desk.sign(identifier, "approve")

    assert (
        "'unconfirmed' needs at least one attribution that asserts the claim" in assert_problem(response, 409)["detail"]
    )
    assert (desk.state(identifier), desk.claim(claim["id"])["status"]) == ("open", "unassessed")


def test_a_correction_of_a_decision_is_published_with_its_notice(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], evidence: dict[str, Any]
) -> None:
    fields = {"status": "confirmed", "credibility": 1, "evidence": [evidence["id"]]}
    assert desk.sign(proposal_id_of(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    notice = "We mistook the date of the upload for the date of the recording."
    assert desk.sign(
        proposal_id_of(desk.propose(claim["id"], notice=notice)), "approve", reason="Seen again."
    ).is_success

    reviews = api.get(f"claims/{claim['id']}/reviews").json()["items"]
    assert [(review["status"], review["notice"]) for review in reviews] == [
        ("unconfirmed", notice),
        ("confirmed", None),
    ]
    entries = api.get(f"claims/{claim['id']}/history").json()["items"]
    decisions = [
        {change["field"]: change["after"] for change in entry["changes"]}
        for entry in entries
        if entry["noun"] == "review"
    ]
    assert [(decision["status"], decision["proposed_by"], decision["approved_by"]) for decision in decisions] == [
        ("confirmed", "Anna", "Boris"),
        ("unconfirmed", "Anna", "Boris"),
    ]
    assert decisions[1]["notice"] == notice
    assert [(entry["action"], entry["reason"]) for entry in entries if entry["noun"] == "review"] == [
        ("decide", "Approved."),
        ("decide", "Seen again."),
    ]


# --- decisions in import files, which one person imports ---


@pytest.fixture
def import_decision(api: TestClient, editor: Headers) -> Callable[..., dict[str, Any]]:
    """A function that imports a decision on the claim with the key `k` as an editor, and returns the report."""

    def import_review(decided_on: date, status: str = "unconfirmed") -> dict[str, Any]:
        review = {"rationale": "So.", "decided_on": decided_on.isoformat(), "decided_by": "Elsewhere"}
        line = {"record": "claim", "key": "k", "kind": "troop_estimate", "statement": "Soldiers are there."}
        response = api.post(
            "imports", content=json.dumps({**line, "reviews": [{"status": status, **review}]}), headers=editor
        )
        assert response.status_code == 200, response.text
        report: dict[str, Any] = response.json()
        return report

    return import_review


def test_an_import_does_not_override_a_decision_of_two_people(
    desk: DeskWork, record: Record, import_decision: Callable[..., dict[str, Any]]
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    record("sources", name="Moscow", kind="government", key="Moscow")
    attributions = [{"source": "NIS", "stance": "asserts"}, {"source": "Moscow", "stance": "denies"}]
    claim = record("claims", key="k", attributions=attributions)
    today = datetime.now(UTC).date()
    assert import_decision(today)["refusals"] == []
    fields = {"status": "disputed", "credibility": 3}
    assert desk.sign(proposal_id_of(desk.propose(claim["id"], **fields)), "approve").status_code == 201
    signed = desk.claim(claim["id"])

    for day in (today, today + timedelta(days=1)):
        report = import_decision(day, "disputed")
        assert [refusal["field"] for refusal in report["refusals"]] == ["reviews.0.decided_on"], day

    assert desk.claim(claim["id"])["review"] == signed["review"]
    # An earlier decision is recorded, and changes nothing.
    assert import_decision(today - timedelta(days=400))["refusals"] == []
    assert (desk.claim(claim["id"])["status"], desk.claim(claim["id"])["review"]["status"]) == ("disputed", "disputed")


def test_an_import_does_not_override_a_decision_of_earlier_days(
    desk: DeskWork, record: Record, import_decision: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: now - timedelta(days=5))
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    claim = record("claims", key="k", attributions=[{"source": "NIS", "stance": "asserts"}])
    assert desk.sign(proposal_id_of(desk.propose(claim["id"])), "approve").status_code == 201
    monkeypatch.setattr(clock, "now", lambda: now)

    refusals = {days: import_decision(now.date() - timedelta(days=days))["refusals"] for days in (0, 2, 5, 6)}

    assert [days for days, refusal_list in refusals.items() if refusal_list] == [0, 2, 5]


def test_an_imported_decision_with_a_future_date_is_refused(
    desk: DeskWork, record: Record, import_decision: Callable[..., dict[str, Any]]
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    claim = record("claims", key="k", attributions=[{"source": "NIS", "stance": "asserts"}])
    report = import_decision(datetime.now(UTC).date() + timedelta(days=1))
    assert [refusal["field"] for refusal in report["refusals"]] == ["reviews.0.decided_on"]
    assert desk.claim(claim["id"])["status"] == "unassessed"


def test_a_refused_decision_does_not_prevent_the_others_of_a_file(
    api: TestClient, record: Record, editor: Headers
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    today = datetime.now(UTC).date()
    lines, ids = [], []
    for number, day in enumerate((today, today + timedelta(days=9), today, today)):
        claim = {"key": f"k{number}", "kind": "troop_estimate", "statement": f"Soldiers are there, says {number}."}
        ids.append(record("claims", attributions=[{"source": "NIS", "stance": "asserts"}], **claim)["id"])
        review = {"status": "unconfirmed", "rationale": "So.", "decided_on": str(day), "decided_by": "Elsewhere"}
        lines.append({"record": "claim", **claim, "reviews": [review]})

    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).raise_for_status().json()

    assert [refusal["field"] for refusal in report["refusals"]] == ["reviews.0.decided_on"]
    claims = [api.get(f"claims/{claim_id}").json() for claim_id in ids]
    assert [claim["status"] for claim in claims] == ["unconfirmed", "unassessed", "unconfirmed", "unconfirmed"]
    assert [(claim["review"] or {"id": "none"})["id"][:4] for claim in claims] == ["rev_", "none", "rev_", "rev_"]


# --- concurrency ---


PAIRS = 60


def test_only_one_of_two_concurrent_approvals_is_accepted(
    desk: DeskWork, database: Database, record: Record, person: Callable[[str], Headers]
) -> None:
    record("sources", name="NIS", kind="intelligence_service", key="NIS")
    attributions = [{"source": "NIS", "stance": "asserts", "lineage": "original"}]
    claims = [
        record("claims", statement=f"Claim {number}.", attributions=attributions)["id"] for number in range(PAIRS)
    ]
    proposal_ids = [proposal_id_of(desk.propose(claim_id)) for claim_id in claims]
    signers = ("Boris", "Clara")
    for name in signers:
        person(name)  # issue the keys beforehand
    barrier = Barrier(len(signers), timeout=60)

    def approve_each(name: str) -> list[int]:
        statuses = []
        for proposal_id in proposal_ids:
            barrier.wait()
            statuses.append(desk.sign(proposal_id, "approve", by=name).status_code)
        return statuses

    with ThreadPoolExecutor(len(signers)) as pool:
        pairs = list(zip(*pool.map(approve_each, signers), strict=True))

    assert [sorted(pair) for pair in pairs] == [[201, 409]] * PAIRS
    with database.reading() as connection:
        decided = connection.execute(select(table_of(Review).c.claim_id)).scalars().all()
    assert sorted(decided) == sorted(claims)


def test_concurrent_approvals_by_the_proposer_are_all_refused(desk: DeskWork, claim: dict[str, Any]) -> None:
    identifier = proposal_id_of(desk.propose(claim["id"]))
    barrier = Barrier(8, timeout=60)

    def approve(_number: int) -> int:
        barrier.wait()
        return desk.sign(identifier, "approve", by="Anna").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(approve, range(8)))
    assert statuses == [403] * 8
    assert (desk.state(identifier), desk.claim(claim["id"])["status"]) == ("open", "unassessed")


# --- constraints of the database ---


FORGERIES: dict[str, tuple[dict[str, str], str]] = {
    "by the proposer": ({"person_id": "proposer_id"}, "ck_sign_off_by_another"),
    "by the editor": ({"person_id": "editor_id"}, "ck_sign_off_by_another"),
    "by the proposer, with a false proposer": (
        {"person_id": "proposer_id", "proposer_id": "editor_id"},
        "(?i)foreign key constraint",
    ),
    "a second time": ({}, "uq_sign_off_closing|UNIQUE constraint failed: sign_off.proposal_id"),
}
"""The forged columns, each with the column of the proposal that has its value, and the constraint in the error."""


def forge(database: Database, table: Table, **fields: Any) -> None:
    """Insert a row without the service."""
    with database.writing() as connection:
        connection.execute(insert(table).values(fields))


@pytest.mark.parametrize("forged", FORGERIES, ids=FORGERIES)
def test_the_database_refuses_a_forged_approval(
    desk: DeskWork, database: Database, claim: dict[str, Any], actor: Actor, forged: str
) -> None:
    proposal = stored(database, proposal_id_of(desk.propose(claim["id"])))
    if forged == "a second time":
        assert desk.sign(proposal["id"], "reject", reason="No.").status_code == 201
    copies = {name: proposal[name] for name in ("proposer_id", "editor_id", "change_seq", "recorded_at")}
    row = {
        "id": "sgn_forged",
        "proposal_id": proposal["id"],
        "person_id": actor.person_id,
        "verdict": "approve",
        **copies,
    }
    columns, constraint = FORGERIES[forged]
    with pytest.raises(IntegrityError, match=constraint):
        forge(database, table_of(SignOff), **{**row, **{name: proposal[column] for name, column in columns.items()}})
    if forged != "a second time":
        # The same row by another person is accepted, so it is the forgery that was refused.
        forge(database, table_of(SignOff), **row)


def test_the_database_refuses_a_proposal_of_the_editor(
    desk: DeskWork, database: Database, claim: dict[str, Any]
) -> None:
    proposal = stored(database, proposal_id_of(desk.propose(claim["id"])))
    row = {**proposal, "id": "prp_forged"}
    with pytest.raises(IntegrityError, match="ck_proposal_proposed_by_another"):
        forge(database, table_of(Proposal), **{**row, "proposer_id": row["editor_id"]})
    # The same row by another person is accepted, so it is the forgery that was refused.
    forge(database, table_of(Proposal), **row)


def stored(database: Database, proposal_id: str) -> dict[str, Any]:
    """The stored row of a proposal."""
    table = table_of(Proposal)
    with database.reading() as connection:
        return dict(connection.execute(select(table).where(table.c.id == proposal_id)).mappings().one())


# --- lists of proposals ---


def test_proposals_are_listed_by_state_and_claim(
    api: TestClient, desk: DeskWork, record: Record, correct: Record, person: Callable[[str], Headers]
) -> None:
    nis = record("sources", name="NIS", kind="intelligence_service", key="NIS")
    attributions = [{"source": "NIS", "stance": "asserts", "lineage": "original"}]
    by_state: dict[ProposalState, tuple[str, str]] = {}
    for state, steps in STATES.items():
        claim_id = record("claims", statement=f"To become {state}.", attributions=attributions)["id"]
        by_state[state] = claim_id, proposal_id_of(desk.propose(claim_id))
        for verdict, by in steps:
            assert desk.sign(by_state[state][1], verdict, by=by, reason="So.").status_code == 201
    correct("claims", by_state[ProposalState.VOID][0], statement="Another wording.")

    def list_ids(**params: Any) -> list[str]:
        response = api.get("proposals", params=params, headers=person("Anna"))
        return [row["id"] for row in response.raise_for_status().json()["items"]]

    assert list_ids() == [identifier for _claim, identifier in reversed(by_state.values())]
    for state, (claim_id, identifier) in by_state.items():
        assert list_ids(state=state) == [identifier], state
        assert list_ids(claim=claim_id) == [identifier]
    assert set(list_ids(state=["open", "more_requested"])) == {
        by_state[ProposalState.OPEN][1],
        by_state[ProposalState.MORE_REQUESTED][1],
    }
    rating = {"reliability": "B", "rationale": "Borne out."}
    rating_id = proposal_id_of(api.post(f"sources/{nis['id']}/proposals", json=rating, headers=person("Anna")))
    assert list_ids(source="NIS") == [rating_id]
    assert desk.sign(rating_id, "withdraw", by="Anna", reason="So.").status_code == 201
    assert list_ids(source="NIS", state="open") == []
    first = api.get("proposals", params={"limit": 5}, headers=person("Anna")).json()
    rest = api.get("proposals", params={"limit": 5, "cursor": first["next"]}, headers=person("Anna")).json()
    assert [row["id"] for page in (first, rest) for row in page["items"]] == list_ids()


def test_proposals_are_listed_by_their_state_as_of_any_moment(
    api: TestClient, desk: DeskWork, record: Record, claim: dict[str, Any], person: Callable[[str], Headers]
) -> None:
    def moment() -> str:
        return str(record("sources", name=f"Source {len(moments)}")["recorded_at"])

    moments = ["2020-01-01T00:00:00Z"]
    identifier = proposal_id_of(desk.propose(claim["id"]))
    moments.append(moment())
    for verdict, by in (("request_more", "Boris"), ("answer", "Anna"), ("approve", "Boris")):
        assert desk.sign(identifier, verdict, by=by, reason="So.").status_code == 201
        moments.append(moment())

    states = ["", "open", "more_requested", "open", "approved"]
    for as_of, state in zip([*moments, None], [*states, states[-1]], strict=True):
        for filter_state in ProposalState:
            params = {"state": filter_state, "claim": claim["id"]} | ({} if as_of is None else {"as_of": as_of})
            items = api.get("proposals", params=params, headers=person("Anna")).raise_for_status().json()["items"]
            rows = [(row["id"], row["state"]) for row in items]
            assert rows == ([(identifier, state)] if filter_state == state else []), (as_of, filter_state)
    assert_problem(api.get("proposals", params={"claim": "clm_none"}, headers=person("Anna")), 422, "claim")
    assert_problem(api.get("proposals", params={"source": "src_none"}, headers=person("Anna")), 422, "source")


def test_only_the_desk_reads_and_signs_proposals(
    api: TestClient, desk: DeskWork, claim: dict[str, Any], key_of: Callable[[Role], Headers]
) -> None:
    identifier = proposal_id_of(desk.propose(claim["id"]))
    for address in ("proposals", f"proposals/{identifier}"):
        assert api.get(address).status_code == 401
        assert api.get(address, headers=key_of(Role.READER)).status_code == 403
    response = api.post(f"proposals/{identifier}/sign-offs", json={"verdict": "approve"}, headers=key_of(Role.READER))
    assert response.status_code == 403


# --- the reliability of sources ---


def test_an_import_does_not_override_a_rating_of_two_people(
    api: TestClient, desk: DeskWork, record: Record, person: Callable[[str], Headers], editor: Headers
) -> None:
    source = record("sources", name="NIS", kind="intelligence_service", key="NIS")
    line = {"record": "source", "key": "NIS", "name": "NIS", "kind": "intelligence_service"}
    today = datetime.now(UTC).date()

    def import_decision(day: date) -> list[str]:
        rating = {"reliability": "A", "rationale": "So we hear.", "decided_on": str(day), "decided_by": "A desk"}
        response = api.post("imports", content=json.dumps({**line, "ratings": [rating]}), headers=editor)
        return [refusal["field"] for refusal in response.raise_for_status().json()["refusals"]]

    assert import_decision(today + timedelta(days=1)) == ["ratings.decided_on"]
    body = {"reliability": "D", "rationale": "Not borne out."}
    proposal = api.post(f"sources/{source['id']}/proposals", json=body, headers=person("Anna"))
    assert desk.sign(proposal_id_of(proposal), "approve").status_code == 201

    for day in (today, today - timedelta(days=400)):
        assert import_decision(day) == ["ratings"]
    assert [row["reliability"] for row in api.get(f"sources/{source['id']}/ratings").json()["items"]] == ["D"]
    claim = record("claims", attributions=[{"source": "NIS", "stance": "asserts"}])
    assert claim["attributions"][0]["reliability"]["reliability"] == "D"


def test_a_rating_approved_by_another_is_shown_with_the_attributions_of_the_source(
    api: TestClient, desk: DeskWork, record: Record, person: Callable[[str], Headers]
) -> None:
    source = record("sources", name="NIS", kind="intelligence_service", key="NIS")
    topic = record("topics")
    claims = {
        name: record(
            "claims",
            statement=f"Said in {name}.",
            topic=topic["id"] if "topic" in name else None,
            attributions=[{"source": "NIS", "stance": "asserts", "said": date_stated}],
        )["id"]
        for name, date_stated in {"2024": "2024-05", "2025": "2025-01-12", "2025 on the topic": "2025-01"}.items()
    }

    def rate(**fields: Any) -> str:
        body = {"rationale": "Borne out.", **fields}
        return proposal_id_of(api.post(f"sources/{source['id']}/proposals", json=body, headers=person("Anna")))

    def reliabilities() -> dict[str, str | None]:
        ratings = {name: desk.claim(claim_id)["attributions"][0]["reliability"] for name, claim_id in claims.items()}
        return {name: rating and rating["reliability"] for name, rating in ratings.items()}

    first = rate(reliability="C")
    assert desk.sign(first, "approve", by="Anna").status_code == 403
    assert set(reliabilities().values()) == {None}
    assert desk.sign(first, "approve").json()["state"] == "approved"
    assert set(reliabilities().values()) == {"C"}
    assert desk.sign(rate(reliability="B", period="2024"), "approve").status_code == 201
    assert reliabilities() == {"2024": "B", "2025": "C", "2025 on the topic": "C"}
    assert desk.sign(rate(reliability="D", topic=topic["id"]), "approve").status_code == 201
    assert reliabilities() == {"2024": "B", "2025": "C", "2025 on the topic": "D"}
    assert desk.sign(rate(reliability="E"), "approve").status_code == 201
    assert reliabilities() == {"2024": "B", "2025": "E", "2025 on the topic": "D"}

    listed_ratings = api.get(f"sources/{source['id']}/ratings").json()["items"]
    assert [(rating["reliability"], rating["topic_id"], rating["period"]) for rating in listed_ratings] == [
        ("E", None, None),
        ("D", topic["id"], None),
        ("B", None, "2024"),
        ("C", None, None),
    ]
    assert {(rating["proposed_by"], rating["approved_by"]) for rating in listed_ratings} == {("Anna", "Boris")}
    attribution = api.get(f"claims/{claims['2024']}").json()["attributions"][0]
    assert api.get(f"attributions/{attribution['id']}").json()["reliability"] == attribution["reliability"]


def test_a_source_has_at_most_one_open_rating_for_a_topic_and_period(
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
    response = api.post(path, json=of_topic, headers=person("Boris"))
    assert (response.status_code, response.json()["topic_id"]) == (201, topic)
    assert api.post(path, json=of_topic, headers=person("Anna")).status_code == 409
    assert_problem(api.post(path, json={**body, "topic": "top_none"}, headers=person("Boris")), 422, "topic")
    nowhere = api.post("sources/src_none/proposals", json=body, headers=person("Boris"))
    assert "source 'src_none'" in assert_problem(nowhere, 404)["detail"]
