"""What was said is taken back in public, and claims that were recorded twice become one; nothing vanishes."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.vocabulary import Role

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

RETRACTION = {"by": "origin", "on": "2025-01-20", "notice": "The ministry had counted one unit twice."}


# --- retractions ---


def test_a_retraction_says_who_when_and_what(api: TestClient, record: Record, correct: Record) -> None:
    record("sources", key="A ministry")
    claim = record("claims", attributions=[{"source": "A ministry", "stance": "asserts", "lineage": "original"}])
    (said,) = claim["attributions"]
    assert said["retraction"] is None

    after = correct("attributions", said["id"], withdrawn=True, retraction=RETRACTION)

    assert (after["withdrawn"], after["retraction"]) == (True, RETRACTION)
    shown = api.get(f"claims/{claim['id']}").json()
    assert shown["attributions"][0]["retraction"] == RETRACTION
    assert shown["counts"]["attributions"] == 0
    before = api.get(f"claims/{claim['id']}/versions/{claim['version']}").json()
    assert (before["attributions"][0]["withdrawn"], before["counts"]["attributions"]) == (False, 1)
    # Who takes the retraction back has to say so of both.
    again = correct("attributions", said["id"], withdrawn=False, retraction=None)
    assert (again["withdrawn"], again["retraction"]) == (False, None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"retraction": RETRACTION}, "retraction"),
        ({"withdrawn": True, "retraction": {**RETRACTION, "by": "somebody"}}, "retraction.by"),
        ({"withdrawn": True, "retraction": {"by": "us", "on": "2025-01-20"}}, "retraction.notice"),
    ],
)
def test_half_a_retraction_is_refused(
    api: TestClient, record: Record, editor: Headers, fields: dict[str, Any], field: str
) -> None:
    record("sources", key="A ministry")
    claim = record("claims")
    body = {"claim": claim["id"], "source": "A ministry", "stance": "asserts", **fields}
    answer = api.post("attributions", json=body, headers=editor)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


def test_a_retraction_goes_out_and_comes_in_again(api: TestClient, record: Record, editor: Headers) -> None:
    record("sources", key="A ministry")
    said = {"source": "A ministry", "stance": "asserts", "key": "a", "withdrawn": True, "retraction": RETRACTION}
    record("claims", key="c", attributions=[said])
    exported = api.get("export")
    assert exported.status_code == 200, exported.text
    assert "The ministry had counted one unit twice." in exported.text
    report = api.post("imports", content=exported.content, headers=editor).json()
    assert report["refusals"] == []
    assert report["revised"] == 0


# --- merging ---


class Merging:
    """Merges over HTTP."""

    def __init__(self, api: TestClient, headers: Headers) -> None:
        self._api = api
        self._headers = headers

    def merge(self, one: str, into: str, headers: Headers | None = None, **fields: Any) -> Response:
        used = headers or self._headers
        tag = self._api.get(f"claims/{one}", headers=used, follow_redirects=False).headers["ETag"]
        body = {"into": into, "notice": "Recorded twice.", **fields}
        return self._api.post(f"claims/{one}/merge", json=body, headers={**used, "If-Match": tag})


@pytest.fixture
def merging(api: TestClient, editor: Headers) -> Merging:
    return Merging(api, editor)


@pytest.fixture
def twice(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """One claim that was recorded twice: the second time with one attribution, its relay and a video more."""
    for name in ("Yonhap", "NIS"):
        record("sources", name=name, key=name)
    video = record("documents", kind="video", key="video")
    nis = {"source": "NIS", "stance": "asserts", "lineage": "original", "key": "nis"}
    kept = record("claims", statement="Soldiers fell.", attributions=[nis])
    relay = {"source": "Yonhap", "stance": "asserts", "lineage": "relayed", "upstream": "nis"}
    shown = {"document": video["id"], "role": "supports", "independent": True}
    twin = record("claims", statement="Soldiers have fallen.", key="twin", attributions=[nis, relay], evidence=[shown])
    return kept, twin


def test_a_merged_claim_leads_on_and_stays_readable(
    api: TestClient, merging: Merging, twice: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    kept, twin = twice
    done = merging.merge(twin["id"], kept["id"])
    assert done.status_code == 200, done.text
    body = done.json()
    assert (body["stage"], body["notice"], body["successor"]["id"]) == ("withdrawn", "Recorded twice.", kept["id"])

    moved = api.get(f"claims/{twin['id']}", follow_redirects=False)
    assert (moved.status_code, moved.headers["Location"]) == (307, f"/api/v1/claims/{kept['id']}")
    assert moved.json() == body
    again = api.get(f"claims/{twin['id']}", follow_redirects=False)  # one that was kept
    assert (again.status_code, again.headers["Location"]) == (307, moved.headers["Location"])
    unchanged = {"If-None-Match": moved.headers["ETag"]}
    assert api.get(f"claims/{twin['id']}", headers=unchanged, follow_redirects=False).status_code == 304
    assert api.get(f"claims/{twin['id']}").json()["id"] == kept["id"]

    # As of a moment, and by version, it is read as it is.
    for address in (
        f"claims/{twin['id']}?as_of={body['recorded_at']}",
        f"claims/{twin['id']}/versions/{body['version']}",
    ):
        answer = api.get(address, follow_redirects=False)
        assert (answer.status_code, answer.json()["id"]) == (200, twin["id"])
    assert api.get(f"claims/{twin['id']}/versions/1").json()["stage"] == "published"


def test_what_was_said_and_shown_goes_along_once(
    api: TestClient, merging: Merging, twice: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    kept, twin = twice
    assert merging.merge(twin["id"], kept["id"]).status_code == 200
    after = api.get(f"claims/{kept['id']}").json()

    said = {one["source"]["name"]: one for one in after["attributions"]}
    assert len(after["attributions"]) == len(said) == 2
    assert said["Yonhap"]["upstream_id"] == said["NIS"]["id"]
    assert after["counts"]["attributions"] == 2
    assert [(one["document"]["id"], one["role"]) for one in after["evidence"]] == [
        (twin["evidence"][0]["document"]["id"], "supports")
    ]
    assert [(one["relation"], one["claim"]["id"], one["other_claim"]["id"]) for one in after["relations"]] == [
        ("same_as", twin["id"], kept["id"])
    ]
    # The name of a source that speaks for it only since then is found with it.
    assert kept["id"] in [one["id"] for one in api.get("claims", params={"q": "Yonhap"}).json()["items"]]
    # The other one keeps what it had.
    assert len(api.get(f"claims/{twin['id']}/versions/2").json()["attributions"]) == 2


def test_a_superseded_claim_leads_to_what_took_its_place(
    api: TestClient, merging: Merging, record: Record, correct: Record
) -> None:
    old, new = record("claims"), record("claims")
    assert merging.merge(old["id"], new["id"], relation="supersedes").status_code == 200
    relation = api.get(f"claims/{new['id']}").json()["relations"][0]
    assert (relation["relation"], relation["claim"]["id"]) == ("supersedes", new["id"])
    assert api.get(f"claims/{old['id']}", follow_redirects=False).status_code == 307
    # Whoever takes back the relation takes back the merging.
    correct("relations", relation["id"], withdrawn=True)
    assert api.get(f"claims/{old['id']}", follow_redirects=False).status_code == 200


def test_merging_takes_up_a_relation_that_was_there(
    api: TestClient, merging: Merging, record: Record, correct: Record
) -> None:
    one, other = record("claims"), record("claims")
    relation = record("relations", claim=one["id"], other_claim=other["id"], relation="same_as")
    correct("relations", relation["id"], withdrawn=True)
    assert merging.merge(one["id"], other["id"]).status_code == 200
    assert api.get(f"relations/{relation['id']}").json()["withdrawn"] is False


def test_merging_leaves_a_relation_that_says_so_already(
    api: TestClient, merging: Merging, record: Record, correct: Record
) -> None:
    one, other = record("claims"), record("claims")
    relation = record("relations", claim=one["id"], other_claim=other["id"], relation="same_as", note="By the desk.")
    merged = merging.merge(one["id"], other["id"]).raise_for_status().json()
    assert [(one["id"], one["note"]) for one in merged["relations"]] == [(relation["id"], "By the desk.")]


@pytest.mark.parametrize(("relation", "gone"), [("same_as", "claim"), ("supersedes", "other_claim")])
def test_only_editors_lead_readers_of_a_withdrawn_claim_elsewhere(
    api: TestClient, record: Record, correct: Record, key_of: Callable[[Role], Headers], *, relation: str, gone: str
) -> None:
    one, other = record("claims"), record("claims", statement="Something else.")
    there = "other_claim" if gone == "claim" else "claim"
    ends = {gone: one["id"], there: other["id"], "reason": "See there."}
    checker = key_of(Role.FACT_CHECKER)
    correct("claims", one["id"], stage="withdrawn", notice="It was wrong.")

    assert api.post("relations", json={**ends, "relation": relation}, headers=checker).status_code == 403
    if gone == "other_claim":
        body = {"kind": "other", "statement": "New.", "relations": [{"other_claim": one["id"], "relation": relation}]}
        assert api.post("claims", json=body, headers=checker).status_code == 403
    # What leads nobody anywhere they may record, also the other way round.
    for harmless in ({**ends, "relation": "refines"}, {gone: other["id"], there: one["id"], "relation": relation}):
        assert api.post("relations", json={"reason": "So.", **harmless}, headers=checker).status_code == 201
    made = record("relations", **ends, relation=relation)
    assert api.get(f"claims/{one['id']}", follow_redirects=False).status_code == 307
    tag = {"If-Match": api.get(f"relations/{made['id']}").headers["ETag"]}
    taken_back = {"withdrawn": True, "reason": "Not so."}
    assert api.patch(f"relations/{made['id']}", json=taken_back, headers={**checker, **tag}).status_code == 403


def test_who_may_merge_and_what(
    api: TestClient, merging: Merging, record: Record, key_of: Callable[[Role], Headers], editor: Headers
) -> None:
    one, other, draft = record("claims"), record("claims"), record("claims", stage="draft")
    assert merging.merge(one["id"], other["id"], headers=key_of(Role.FACT_CHECKER)).status_code == 403
    for into in (one["id"], draft["id"], "clm_none"):
        answer = merging.merge(one["id"], into)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "into"), into
    assert merging.merge(draft["id"], other["id"]).status_code == 409
    assert merging.merge(one["id"], other["id"], relation="refines").json()["errors"][0]["field"] == "relation"
    body = {"into": other["id"], "notice": "Twice."}
    assert api.post(f"claims/{one['id']}/merge", json=body, headers=editor).status_code == 428
    stale = {**editor, "If-Match": '"99.0"'}
    assert api.post(f"claims/{one['id']}/merge", json=body, headers=stale).status_code == 412
