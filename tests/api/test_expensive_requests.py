"""What takes little to send must not take much to answer: bounds on work, and a generous one on time."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.services.claims import relays
from app.services.claims.relays import MOST_RELAYS
from tests.support.problems import refused

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Headers = dict[str, str]

MANY = 30_000


@contextmanager
def soon(seconds: float = 3) -> Iterator[None]:
    """Fails if that takes more of the processor, many times what it should."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def one_twice(names: int = MANY) -> str:
    """An object with so many members, the last of them twice."""
    return "{" + "".join(f'"m{number}":0,' for number in range(names)) + f'"m{names - 1}":0}}'


def test_a_member_that_stands_twice_among_very_many(api: TestClient, editor: Headers) -> None:
    headers = {**editor, "Content-Type": "application/json"}
    with soon():
        refused(api.post("sources", content=one_twice(), headers=headers), 400)
    with soon():
        report = api.post(
            "imports", params={"dry_run": True, "format": "attest_json"}, content=one_twice(), headers=headers
        )
        assert "stands twice" in report.text


def test_columns_of_which_very_many_are_none(api: TestClient, editor: Headers) -> None:
    columns = ",".join(["record", *(f"column{number}" for number in range(MANY)), "record"])
    with soon():
        report = api.post(
            "imports",
            params={"dry_run": True, "format": "attest_csv"},
            content=f"{columns}\nclaim\n",
            headers={**editor, "Content-Type": "text/csv"},
        )
    assert report.status_code in (200, 422)
    assert "stands twice" in report.text
    assert f"nor are {MANY - 51} more" in report.text


def test_values_of_which_very_many_are_wrong(api: TestClient, editor: Headers) -> None:
    with soon():
        refused(api.post("keys", json={"label": "x", "scopes": [1] * 10 * MANY}, headers=editor), 422)


def test_parameters_that_nobody_knows(api: TestClient) -> None:
    answer = api.get("vocabulary?" + "&".join(f"p{number}" for number in range(5_000)))
    refused(answer, 422)
    assert len(answer.content) < 10_000


# --- words that went through many hands ---


def relayed(links: int, source: str = "A") -> list[dict[str, Any]]:
    """Attributions of which each has its word from the one before."""
    said: dict[str, Any] = {"source": source, "stance": "asserts"}
    first = {**said, "key": "0", "lineage": "original"}
    return [first] + [
        {**said, "key": str(number), "lineage": "relayed", "upstream": str(number - 1)}
        for number in range(1, links + 1)
    ]


def test_a_word_comes_through_so_many_hands_at_most(api: TestClient, editor: Headers, record: Record) -> None:
    record("sources", key="A")
    claim = record("claims", attributions=relayed(MOST_RELAYS))
    last = claim["attributions"][-1]
    assert len(last["chain"]) == MOST_RELAYS

    body = {"kind": "other", "statement": "Said.", "attributions": relayed(MOST_RELAYS + 1)}
    refused(api.post("claims", json=body, headers=editor), 422, f"attributions.{MOST_RELAYS + 1}.upstream")
    more = {"source": "A", "stance": "asserts", "lineage": "relayed", "reason": "One more."}
    refused(
        api.post("attributions", json={**more, "claim": claim["id"], "upstream": last["id"]}, headers=editor),
        422,
        "upstream",
    )
    end = record("attributions", claim=claim["id"], **{**more, "upstream": claim["attributions"][-2]["id"]})
    assert len(end["chain"]) == MOST_RELAYS


def test_chains_are_not_joined_to_one_that_is_too_long(
    api: TestClient, editor: Headers, record: Record, correct: Correct
) -> None:
    record("sources", key="A")
    short, long = relayed(3), _renamed(relayed(MOST_RELAYS - 3), "long")
    claim = record("claims", attributions=[*short, *long])
    by_key = {one["key"]: one["id"] for one in claim["attributions"]}
    head = by_key["0"]

    joined = {"lineage": "relayed", "upstream": by_key[f"long {MOST_RELAYS - 3}"], "reason": "Said so."}
    tag = api.get(f"attributions/{head}").headers["ETag"]
    answer = api.patch(f"attributions/{head}", json=joined, headers={**editor, "If-Match": tag})
    refused(answer, 422, "upstream")
    joined["upstream"] = by_key[f"long {MOST_RELAYS - 4}"]
    corrected = correct("attributions", head, **{name: joined[name] for name in ("lineage", "upstream")})
    assert len(corrected["chain"]) == MOST_RELAYS - 3


def test_what_came_through_more_hands_before_there_was_a_bound_stays(
    api: TestClient, editor: Headers, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("sources", key="A")
    file = {"record": "claim", "key": "c", "kind": "other", "statement": "Said.", "attributions": relayed(4)}

    def load() -> dict[str, Any]:
        report: dict[str, Any] = api.post("imports", content=json.dumps(file), headers=editor).json()
        return report

    assert load()["created"] == 1
    monkeypatch.setattr(relays, "MOST_RELAYS", 3)
    assert load()["unchanged"] == 1
    file |= {"key": "another"}
    assert load()["refused"] == 1


@pytest.mark.parametrize("route", ["claims/{claim}", "attributions?claim={claim}&limit=1", "claims/{claim}.jsonld"])
def test_claims_of_which_very_many_speak(api: TestClient, record: Record, route: str) -> None:
    record("sources", key="A")
    said = [one for place in range(20) for one in _renamed(relayed(MOST_RELAYS), f"chain {place}")]
    claim = record("claims", attributions=said[:400])
    with soon():
        assert api.get(route.format(claim=claim["id"])).status_code == 200


def _renamed(chain: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    named = {"upstream", "key"}
    return [{key: f"{name} {one[key]}" if key in named else one[key] for key in one} for one in chain]
