"""What a merge does to the decision on a claim: only other origins make it stale."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.vocabulary import Role

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
Parts = dict[str, str]

ROOT_NAMES = ("origin", "twin", "other origin", "speaker")


@pytest.fixture
def parts(record: Record) -> Parts:
    """The ids of sources, documents and topics, by name."""
    ids = {name: record("sources", name=name, kind="intelligence_service")["id"] for name in ROOT_NAMES}
    ids |= {name: record("documents", title=name)["id"] for name in ("document", "second document")}
    ids |= {name: record("topics", title=name)["id"] for name in ("topic", "second topic")}
    return ids


@pytest.fixture
def decide(api: TestClient, key_of: KeyOf) -> Callable[[dict[str, Any]], None]:
    """Take the decision "unconfirmed" on a claim."""

    def decide(claim: dict[str, Any]) -> None:
        proposer, approver = key_of(Role.FACT_CHECKER), key_of(Role.ADMIN)
        fields = {
            "claim_version": claim["version"],
            "status": "unconfirmed",
            "standard": "reasonable_grounds",
            "rationale": "One says so.",
        }
        proposal = api.post(f"claims/{claim['id']}/proposals", json=fields, headers=proposer)
        assert proposal.status_code == 201, proposal.text
        address = f"proposals/{proposal.json()['id']}/sign-offs"
        assert api.post(address, json={"verdict": "approve"}, headers=approver).status_code == 201

    return decide


@pytest.mark.parametrize(
    ("plural", "duplicate", "into", "reasons"),
    [
        ("sources", "twin", "origin", ["origins"]),
        ("sources", "origin", "twin", ["origins"]),
        ("sources", "origin", "other origin", []),  # the claim's origin has another name, and there are still two
        ("sources", "speaker", "other origin", []),  # no origin of the claim is concerned
        ("documents", "document", "second document", []),
        ("topics", "topic", "second topic", []),
    ],
)
def test_a_merge_makes_a_decision_stale_only_if_it_changes_the_origins(
    *,
    api: TestClient,
    editor: Headers,
    record: Record,
    decide: Callable[[dict[str, Any]], None],
    parts: Parts,
    plural: str,
    duplicate: str,
    into: str,
    reasons: list[str],
) -> None:
    attributions = [
        {"source": parts[name], "stance": "asserts", "lineage": "original", "document": parts["document"]}
        for name in ("origin", "twin")
    ]
    denial = {"source": parts["speaker"], "stance": "denies"}
    claim = record("claims", topic=parts["topic"], attributions=[*attributions, denial])
    decide(claim)
    decided = api.get(f"claims/{claim['id']}").json()
    assert (decided["status"], decided["counts"]["identified_origins"]) == ("unconfirmed", 2)

    tag = api.get(f"{plural}/{parts[duplicate]}").headers["ETag"]
    body = {"into": parts[into], "notice": "Recorded twice."}
    merged = api.post(f"{plural}/{parts[duplicate]}/merge", json=body, headers={**editor, "If-Match": tag})
    assert merged.status_code == 200, merged.text

    after = api.get(f"claims/{claim['id']}").json()
    assert (after["review"]["stale_because"], after["status"]) == (reasons, "stale" if reasons else "unconfirmed")
    assert after["review"]["status"] == "unconfirmed"
    (item,) = api.get("claims").json()["items"]
    assert item["status"] == after["status"]
    facets = api.get("claims", params={"facets": "status"}).json()["facets"]
    assert facets == {"status": {after["status"]: 1}}
    assert api.get(f"claims/{claim['id']}/versions/{decided['version']}").json()["status"] == "unconfirmed"


def test_a_correction_before_a_merge_still_makes_the_decision_stale(
    *,
    api: TestClient,
    editor: Headers,
    record: Record,
    correct: Record,
    decide: Callable[[dict[str, Any]], None],
    parts: Parts,
) -> None:
    attribution = {"source": parts["origin"], "stance": "asserts", "lineage": "original"}
    claim = record("claims", attributions=[attribution])
    decide(claim)
    correct("attributions", claim["attributions"][0]["id"], said="2025-01-12")
    tag = api.get(f"sources/{parts['origin']}").headers["ETag"]
    body = {"into": parts["other origin"], "notice": "Recorded twice."}
    api.post(f"sources/{parts['origin']}/merge", json=body, headers={**editor, "If-Match": tag}).raise_for_status()
    assert api.get(f"claims/{claim['id']}").json()["review"]["stale_because"] == ["attributions"]
