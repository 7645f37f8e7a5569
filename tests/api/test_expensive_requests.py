"""Requests that are cheap to send are cheap to answer: limits on the work, and generous ones on processor time."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.services.claims import relays
from tests.support.problems import assert_problem

pytestmark = pytest.mark.slow

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Headers = dict[str, str]

MANY = 30_000

MAX_RELAYS = 20
"""The highest number of relays in an upstream chain."""


@contextmanager
def limit_cpu_time(seconds: float = 3) -> Iterator[None]:
    """Fail if the block takes more processor time than this. The limit is many times the expected time."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def object_with_duplicate(members: int = MANY) -> str:
    """A JSON object with this many members, the last of them duplicated."""
    return "{" + "".join(f'"m{number}":0,' for number in range(members)) + f'"m{members - 1}":0}}'


def test_a_duplicate_among_many_members_of_an_object(api: TestClient, editor: Headers) -> None:
    headers = {**editor, "Content-Type": "application/json"}
    with limit_cpu_time():
        assert_problem(api.post("sources", content=object_with_duplicate(), headers=headers), 400)
    with limit_cpu_time():
        report = api.post(
            "imports",
            params={"dry_run": True, "format": "attest_json"},
            content=object_with_duplicate(),
            headers=headers,
        )
        assert "occurs twice" in report.text


def test_many_unknown_columns(api: TestClient, editor: Headers) -> None:
    columns = ",".join(["record", *(f"column{number}" for number in range(MANY)), "record"])
    with limit_cpu_time():
        report = api.post(
            "imports",
            params={"dry_run": True, "format": "attest_csv"},
            content=f"{columns}\nclaim\n",
            headers={**editor, "Content-Type": "text/csv"},
        )
    assert report.status_code == 200
    assert "occurs twice" in report.text
    assert f"neither are {MANY - 51} further names" in report.text


def test_many_invalid_values(api: TestClient, editor: Headers) -> None:
    with limit_cpu_time():
        assert_problem(api.post("keys", json={"label": "x", "scopes": [1] * 10 * MANY}, headers=editor), 422)


def test_the_error_for_many_unknown_parameters_is_short(api: TestClient) -> None:
    response = api.get("vocabulary?" + "&".join(f"p{number}" for number in range(5_000)))
    assert_problem(response, 422)
    assert len(response.content) < 10_000


# --- chains of relays ---


def relay_chain(links: int, source: str = "A") -> list[dict[str, Any]]:
    """A chain of attributions: each but the first relays the one before it."""
    fields: dict[str, Any] = {"source": source, "stance": "asserts"}
    first = {**fields, "key": "0", "lineage": "original"}
    return [first] + [
        {**fields, "key": str(number), "lineage": "relayed", "upstream": str(number - 1)}
        for number in range(1, links + 1)
    ]


def test_an_upstream_chain_has_at_most_20_relays(api: TestClient, editor: Headers, record: Record) -> None:
    record("sources", key="A")
    claim = record("claims", attributions=relay_chain(MAX_RELAYS))
    last = claim["attributions"][-1]
    assert len(last["chain"]) == MAX_RELAYS

    body = {"kind": "other", "statement": "Said.", "attributions": relay_chain(MAX_RELAYS + 1)}
    assert_problem(api.post("claims", json=body, headers=editor), 422, f"attributions.{MAX_RELAYS + 1}.upstream")
    more = {"source": "A", "stance": "asserts", "lineage": "relayed", "reason": "One more."}
    assert_problem(
        api.post("attributions", json={**more, "claim": claim["id"], "upstream": last["id"]}, headers=editor),
        422,
        "upstream",
    )
    end = record("attributions", claim=claim["id"], **{**more, "upstream": claim["attributions"][-2]["id"]})
    assert len(end["chain"]) == MAX_RELAYS


def test_joining_two_chains_may_not_exceed_the_maximum_length(
    api: TestClient, editor: Headers, record: Record, correct: Correct
) -> None:
    record("sources", key="A")
    short, long = relay_chain(3), with_key_prefix(relay_chain(MAX_RELAYS - 3), "long")
    claim = record("claims", attributions=[*short, *long])
    by_key = {attribution["key"]: attribution["id"] for attribution in claim["attributions"]}
    head = by_key["0"]

    joined = {"lineage": "relayed", "upstream": by_key[f"long {MAX_RELAYS - 3}"], "reason": "Said so."}
    tag = api.get(f"attributions/{head}").headers["ETag"]
    response = api.patch(f"attributions/{head}", json=joined, headers={**editor, "If-Match": tag})
    assert_problem(response, 422, "upstream")
    joined["upstream"] = by_key[f"long {MAX_RELAYS - 4}"]
    corrected = correct("attributions", head, **{name: joined[name] for name in ("lineage", "upstream")})
    assert len(corrected["chain"]) == MAX_RELAYS - 3


def test_a_chain_that_is_longer_than_a_lowered_limit_can_be_imported_unchanged(
    api: TestClient, editor: Headers, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("sources", key="A")
    file = {"record": "claim", "key": "c", "kind": "other", "statement": "Said.", "attributions": relay_chain(4)}

    def load() -> dict[str, Any]:
        report: dict[str, Any] = api.post("imports", content=json.dumps(file), headers=editor).json()
        return report

    assert load()["created"] == 1
    monkeypatch.setattr(relays, "MAX_RELAYS", 3)
    assert load()["unchanged"] == 1
    file |= {"key": "another"}
    assert load()["refused"] == 1


@pytest.mark.parametrize("route", ["claims/{claim}", "attributions?claim={claim}&limit=1", "claims/{claim}.jsonld"])
def test_a_claim_with_very_many_attributions(api: TestClient, record: Record, route: str) -> None:
    record("sources", key="A")
    attributions = [
        attribution
        for number in range(20)
        for attribution in with_key_prefix(relay_chain(MAX_RELAYS), f"chain {number}")
    ]
    claim = record("claims", attributions=attributions[:400])
    with limit_cpu_time():
        assert api.get(route.format(claim=claim["id"])).status_code == 200


def with_key_prefix(chain: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    key_fields = {"upstream", "key"}
    return [
        {key: f"{name} {attribution[key]}" if key in key_fields else attribution[key] for key in attribution}
        for attribution in chain
    ]
