"""Retractions of attributions, and merging of duplicate claims; neither deletes anything."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.db.engine import Database
from app.services.changes import stale_periods
from app.vocabulary import Role
from tests.support.problems import assert_problem

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]
Fields = dict[str, Any]

RETRACTION = {"by": "origin", "on": "2025-01-20", "notice": "The ministry had counted one unit twice."}


# --- retractions ---


def test_a_retraction_is_shown_with_the_withdrawn_attribution(api: TestClient, record: Record, correct: Record) -> None:
    record("sources", key="A ministry")
    claim = record("claims", attributions=[{"source": "A ministry", "stance": "asserts", "lineage": "original"}])
    (attribution,) = claim["attributions"]
    assert attribution["retraction"] is None

    corrected = correct("attributions", attribution["id"], withdrawn=True, retraction=RETRACTION)

    assert (corrected["withdrawn"], corrected["retraction"]) == (True, RETRACTION)
    claim_after = api.get(f"claims/{claim['id']}").json()
    assert claim_after["attributions"][0]["retraction"] == RETRACTION
    assert claim_after["counts"]["attributions"] == 0
    claim_before = api.get(f"claims/{claim['id']}/versions/{claim['version']}").json()
    assert (claim_before["attributions"][0]["withdrawn"], claim_before["counts"]["attributions"]) == (False, 1)
    # To undo a retraction, both fields must be sent.
    restored = correct("attributions", attribution["id"], withdrawn=False, retraction=None)
    assert (restored["withdrawn"], restored["retraction"]) == (False, None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"withdrawn": False, "retraction": RETRACTION}, "retraction"),
        ({"withdrawn": True}, "withdrawn"),
        ({"withdrawn": True, "retraction": None}, "withdrawn"),
        ({"withdrawn": True, "retraction": {**RETRACTION, "by": "somebody"}}, "retraction.by"),
        ({"withdrawn": True, "retraction": {"by": "us", "on": "2025-01-20"}}, "retraction.notice"),
    ],
)
def test_an_incomplete_retraction_is_refused(
    api: TestClient, record: Record, editor: Headers, fields: dict[str, Any], field: str
) -> None:
    record("sources", key="A ministry")
    claim = record("claims")
    body = {"claim": claim["id"], "source": "A ministry", "stance": "asserts", **fields}
    response = api.post("attributions", json=body, headers=editor)
    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (422, [field])


def test_a_retraction_survives_an_export_and_import(api: TestClient, record: Record, editor: Headers) -> None:
    record("sources", key="A ministry")
    attribution = {"source": "A ministry", "stance": "asserts", "key": "a", "withdrawn": True, "retraction": RETRACTION}
    record("claims", key="c", attributions=[attribution])
    exported = api.get("export")
    assert exported.status_code == 200, exported.text
    assert "The ministry had counted one unit twice." in exported.text
    report = api.post("imports", content=exported.content, headers=editor).json()
    assert report["refusals"] == []
    assert (report["created"], report["revised"], report["unchanged"]) == (0, 0, 2)


# --- merging ---


class Merging:
    """Merges over HTTP."""

    def __init__(self, api: TestClient, headers: Headers) -> None:
        self._api = api
        self._headers = headers

    def merge(self, claim_id: str, into: str, headers: Headers | None = None, **fields: Any) -> Response:
        sent_headers = headers or self._headers
        etag = self._api.get(f"claims/{claim_id}", headers=sent_headers, follow_redirects=False).headers["ETag"]
        body = {"into": into, "notice": "Recorded twice.", **fields}
        return self._api.post(f"claims/{claim_id}/merge", json=body, headers={**sent_headers, "If-Match": etag})


@pytest.fixture
def merging(api: TestClient, editor: Headers) -> Merging:
    return Merging(api, editor)


@pytest.fixture
def duplicates(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """A claim and its duplicate, which has a relay of the same attribution and a piece of evidence in addition."""
    for name in ("Yonhap", "NIS"):
        record("sources", name=name, key=name)
    video = record("documents", kind="video", key="video")
    nis = {"source": "NIS", "stance": "asserts", "lineage": "original", "key": "nis"}
    original = record("claims", statement="Soldiers fell.", attributions=[nis])
    relay = {"source": "Yonhap", "stance": "asserts", "lineage": "relayed", "upstream": "nis"}
    evidence = {"document": video["id"], "role": "supports", "independent": True}
    duplicate = record(
        "claims", statement="Soldiers have fallen.", key="twin", attributions=[nis, relay], evidence=[evidence]
    )
    return original, duplicate


def test_a_merged_claim_redirects_to_its_successor_and_stays_readable(
    api: TestClient, merging: Merging, duplicates: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    original, duplicate = duplicates
    merged = merging.merge(duplicate["id"], original["id"])
    assert merged.status_code == 200, merged.text
    body = merged.json()
    assert (body["stage"], body["notice"], body["successor"]["id"]) == ("withdrawn", "Recorded twice.", original["id"])

    redirect = api.get(f"claims/{duplicate['id']}", follow_redirects=False)
    assert (redirect.status_code, redirect.headers["Location"]) == (307, f"/api/v1/claims/{original['id']}")
    assert redirect.json() == body
    again = api.get(f"claims/{duplicate['id']}", follow_redirects=False)  # now from the cache
    assert (again.status_code, again.headers["Location"]) == (307, redirect.headers["Location"])
    unchanged = {"If-None-Match": redirect.headers["ETag"]}
    assert api.get(f"claims/{duplicate['id']}", headers=unchanged, follow_redirects=False).status_code == 304
    assert api.get(f"claims/{duplicate['id']}").json()["id"] == original["id"]

    # As of a moment, and by version, it does not redirect.
    for address in (
        f"claims/{duplicate['id']}?as_of={body['recorded_at']}",
        f"claims/{duplicate['id']}/versions/{body['version']}",
    ):
        response = api.get(address, follow_redirects=False)
        assert (response.status_code, response.json()["id"]) == (200, duplicate["id"])
    assert api.get(f"claims/{duplicate['id']}/versions/1").json()["stage"] == "published"


def test_merging_copies_each_attribution_and_piece_of_evidence_once(
    api: TestClient, merging: Merging, duplicates: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    original, duplicate = duplicates
    assert merging.merge(duplicate["id"], original["id"]).status_code == 200
    after = api.get(f"claims/{original['id']}").json()

    by_source = {row["source"]["name"]: row for row in after["attributions"]}
    assert len(after["attributions"]) == len(by_source) == 2
    assert by_source["Yonhap"]["upstream_id"] == by_source["NIS"]["id"]
    assert after["counts"]["attributions"] == 2
    assert [(row["document"]["id"], row["role"]) for row in after["evidence"]] == [
        (duplicate["evidence"][0]["document"]["id"], "supports")
    ]
    assert [(row["relation"], row["claim"]["id"], row["other_claim"]["id"]) for row in after["relations"]] == [
        ("same_as", duplicate["id"], original["id"])
    ]
    # A search for the name of a source that came with the merge finds the claim.
    assert original["id"] in [row["id"] for row in api.get("claims", params={"q": "Yonhap"}).json()["items"]]
    # The merged claim keeps its own.
    assert len(api.get(f"claims/{duplicate['id']}/versions/2").json()["attributions"]) == 2


def test_a_superseded_claim_redirects_to_its_successor(
    api: TestClient, merging: Merging, record: Record, correct: Record
) -> None:
    old, new = record("claims"), record("claims")
    assert merging.merge(old["id"], new["id"], relation="supersedes").status_code == 200
    relation = api.get(f"claims/{new['id']}").json()["relations"][0]
    assert (relation["relation"], relation["claim"]["id"]) == ("supersedes", new["id"])
    assert api.get(f"claims/{old['id']}", follow_redirects=False).status_code == 307
    # Withdrawing the relation undoes the merge.
    correct("relations", relation["id"], withdrawn=True)
    assert api.get(f"claims/{old['id']}", follow_redirects=False).status_code == 200


def test_merging_restores_a_withdrawn_relation(
    api: TestClient, merging: Merging, record: Record, correct: Record
) -> None:
    claim, other = record("claims"), record("claims")
    relation = record("relations", claim=claim["id"], other_claim=other["id"], relation="same_as")
    correct("relations", relation["id"], withdrawn=True)
    assert merging.merge(claim["id"], other["id"]).status_code == 200
    assert api.get(f"relations/{relation['id']}").json()["withdrawn"] is False


def test_merging_keeps_an_existing_relation(api: TestClient, merging: Merging, record: Record, correct: Record) -> None:
    claim, other = record("claims"), record("claims")
    relation = record("relations", claim=claim["id"], other_claim=other["id"], relation="same_as", note="By the desk.")
    merged = merging.merge(claim["id"], other["id"]).raise_for_status().json()
    assert [(row["id"], row["note"]) for row in merged["relations"]] == [(relation["id"], "By the desk.")]


@pytest.mark.parametrize(("relation", "withdrawn_end"), [("same_as", "claim"), ("supersedes", "other_claim")])
def test_only_an_editor_makes_a_withdrawn_claim_redirect(
    api: TestClient,
    record: Record,
    correct: Record,
    key_of: Callable[[Role], Headers],
    *,
    relation: str,
    withdrawn_end: str,
) -> None:
    claim, other = record("claims"), record("claims", statement="Something else.")
    other_end = "other_claim" if withdrawn_end == "claim" else "claim"
    ends = {withdrawn_end: claim["id"], other_end: other["id"], "reason": "See there."}
    checker = key_of(Role.FACT_CHECKER)
    correct("claims", claim["id"], stage="withdrawn", notice="It was wrong.")

    assert api.post("relations", json={**ends, "relation": relation}, headers=checker).status_code == 403
    if withdrawn_end == "other_claim":
        body = {"kind": "other", "statement": "New.", "relations": [{"other_claim": claim["id"], "relation": relation}]}
        assert api.post("claims", json=body, headers=checker).status_code == 403
    # A fact-checker may record relations that do not redirect, also in the opposite direction.
    for fields in (
        {**ends, "relation": "refines"},
        {withdrawn_end: other["id"], other_end: claim["id"], "relation": relation},
    ):
        assert api.post("relations", json={"reason": "So.", **fields}, headers=checker).status_code == 201
    recorded = record("relations", **ends, relation=relation)
    assert api.get(f"claims/{claim['id']}", follow_redirects=False).status_code == 307
    if_match = {"If-Match": api.get(f"relations/{recorded['id']}").headers["ETag"]}
    withdrawal = {"withdrawn": True, "reason": "Not so."}
    assert api.patch(f"relations/{recorded['id']}", json=withdrawal, headers={**checker, **if_match}).status_code == 403


def test_a_merge_needs_an_editor_two_published_claims_and_a_current_tag(
    api: TestClient, merging: Merging, record: Record, key_of: Callable[[Role], Headers], editor: Headers
) -> None:
    claim, other, draft = record("claims"), record("claims"), record("claims", stage="draft")
    assert merging.merge(claim["id"], other["id"], headers=key_of(Role.FACT_CHECKER)).status_code == 403
    for into in (claim["id"], draft["id"], "clm_none"):
        response = merging.merge(claim["id"], into)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "into"), into
    assert merging.merge(draft["id"], other["id"]).status_code == 409
    assert_problem(merging.merge(claim["id"], other["id"], relation="refines"), 422, "relation")
    body = {"into": other["id"], "notice": "Twice."}
    assert api.post(f"claims/{claim['id']}/merge", json=body, headers=editor).status_code == 428
    stale = {**editor, "If-Match": '"99.0"'}
    assert api.post(f"claims/{claim['id']}/merge", json=body, headers=stale).status_code == 412


# Who says the duplicate, which then is an origin of the kept claim too; whether its decision then applies; why not.
MERGED_ORIGINS: list[tuple[str, list[Fields], list[str]]] = [
    ("another origin", [{"source": "Pentagon", "lineage": "original"}], ["origins"]),
    ("the same origin", [{"source": "NIS", "lineage": "original", "said": "2025-01-13"}], []),
    ("a source of unknown lineage", [{"source": "Pentagon", "lineage": "unknown"}], []),
    (
        "a relay of the same origin",
        [
            {"source": "NIS", "lineage": "original", "key": "said"},
            {"source": "Pentagon", "lineage": "relayed", "upstream": "said"},
        ],
        [],
    ),
    ("another origin that denies it", [{"source": "Pentagon", "lineage": "original", "stance": "denies"}], []),
]


def test_a_merge_that_adds_an_origin_makes_the_decision_stale(
    *,
    api: TestClient,
    merging: Merging,
    record: Record,
    key_of: Callable[[Role], Headers],
    database: Database,
    subtests: pytest.Subtests,
) -> None:
    for name in ("NIS", "Pentagon"):
        record("sources", name=name, key=name)
    for number, (name, attributions, reasons) in enumerate(MERGED_ORIGINS):
        with subtests.test(name):
            nis = {"source": "NIS", "stance": "asserts", "lineage": "original"}
            kept = record("claims", statement=f"Soldiers fell, {number}.", attributions=[nis])
            twin = record(
                "claims",
                statement=f"Soldiers have fallen, {number}.",
                attributions=[{"stance": "asserts", **fields} for fields in attributions],
            )
            proposal = {
                "claim_version": 1,
                "status": "unconfirmed",
                "rationale": "One origin.",
                "standard": "reasonable_grounds",
            }
            path = f"claims/{kept['id']}/proposals"
            proposed = api.post(path, json=proposal, headers=key_of(Role.FACT_CHECKER)).json()
            path = f"proposals/{proposed['id']}/sign-offs"
            signed = api.post(path, json={"verdict": "approve"}, headers=key_of(Role.ADMIN))
            assert signed.status_code == 201, signed.text
            assert merging.merge(twin["id"], kept["id"]).status_code == 200
            after = api.get(f"claims/{kept['id']}").json()
            assert (after["review"]["stale_because"], after["status"]) == (
                reasons,
                "stale" if reasons else "unconfirmed",
            )
            with database.writing() as connection:
                stale_periods.rebuild(connection)
            assert api.get(f"claims/{kept['id']}").json()["review"] == after["review"]
