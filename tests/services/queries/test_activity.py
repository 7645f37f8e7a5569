"""The public feed of decisions and corrections."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from app.vocabulary import Role

Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], dict[str, str]]


def decide(api: TestClient, key_of: KeyOf, claim: dict[str, Any]) -> None:
    body = {
        "claim_version": claim["version"],
        "status": "unconfirmed",
        "standard": "reasonable_grounds",
        "rationale": "One says so.",
    }
    proposal = api.post(f"claims/{claim['id']}/proposals", json=body, headers=key_of(Role.FACT_CHECKER)).json()
    address = f"proposals/{proposal['id']}/sign-offs"
    api.post(address, json={"verdict": "approve"}, headers=key_of(Role.ADMIN)).raise_for_status()


def test_decisions_corrections_and_withdrawals_are_listed_the_latest_first(
    api: TestClient, record: Record, correct: Record, key_of: KeyOf
) -> None:
    source = record("sources")["id"]
    attributions = [{"source": source, "stance": "asserts", "lineage": "original"}]
    claim = record("claims", statement="Two were captured.", attributions=attributions)
    decide(api, key_of, claim)
    correct("claims", claim["id"], statement="Three were captured.", reason="The ministry corrected itself.")
    correct("claims", claim["id"], note="No correction of what it says.")
    other = record("claims", statement="Of something else.")
    correct("claims", other["id"], stage="withdrawn", notice="Wrong.", reason="Recorded wrongly.")

    items = api.get("activity").json()["items"]

    assert [(item["kind"], item["claim"]["id"], item["version"]) for item in items] == [
        ("withdrawn", other["id"], 2),
        ("corrected", claim["id"], 3),
        ("decided", claim["id"], 2),
    ]
    withdrawn, corrected, decided = items
    assert (withdrawn["reason"], withdrawn["claim"]["stage"]) == ("Recorded wrongly.", "withdrawn")
    assert (corrected["before"], corrected["after"]) == ("Two were captured.", "Three were captured.")
    assert corrected["reason"] == "The ministry corrected itself."
    assert (decided["decision"]["status"], decided["claim"]["status"]) == ("unconfirmed", "stale")
    assert decided["decision"]["rationale"] == "One says so."
    only = api.get("activity", params={"kind": ["corrected"]}).json()["items"]
    assert only == [corrected]
    then = api.get("activity", params={"as_of": decided["at"]}).json()["items"]
    assert [(item["kind"], item["claim"]["status"]) for item in then] == [("decided", "unconfirmed")]


def test_what_was_done_before_publication_or_to_drafts_is_not_public(
    api: TestClient, record: Record, correct: Record
) -> None:
    draft = record("claims", stage="draft", statement="A secret draft.")
    correct("claims", draft["id"], statement="Another secret draft.")
    published = record("claims", stage="draft", statement="An early wording.")
    correct("claims", published["id"], statement="A better wording.")
    correct("claims", published["id"], stage="published")

    response = api.get("activity")

    assert response.json()["items"] == []
    assert "secret" not in response.text


def test_pages_follow_one_another(api: TestClient, record: Record, correct: Record) -> None:
    for number in range(5):
        claim = record("claims", statement=f"Claim {number}.")
        correct("claims", claim["id"], statement=f"Claim {number}, corrected.")
    whole = api.get("activity").json()["items"]
    first = api.get("activity", params={"limit": 2}).json()
    second = api.get("activity", params={"limit": 2, "cursor": first["next"]}).json()
    third = api.get("activity", params={"limit": 2, "cursor": second["next"]}).json()
    assert first["items"] + second["items"] + third["items"] == whole
    assert (len(whole), third["next"]) == (5, None)
