"""A row of an import that is refused leaves nothing behind: not now, and not for what is recorded later."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

Row = dict[str, Any]


def figure(best: int) -> Row:
    """So many soldiers."""
    return {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": best}


def claim_row(**fields: Any) -> Row:
    """A row with a claim."""
    least = {"kind": "troop_estimate", "statement": "Soldiers are there.", "stage": "published", "key": "one"}
    return {"record": "claim", **least, **fields}


REFUSED = {"fact_checks": [{"source": "no such source", "original": {}}]}
"""A part that cannot be taken: nor can its claim."""


@pytest.fixture
def load(api: TestClient, editor: dict[str, str]) -> Callable[..., Row]:
    """Import rows; the report."""

    def post(*rows: Row) -> Row:
        answer = api.post("imports", content="\n".join(map(json.dumps, rows)), headers=editor)
        assert answer.status_code == 200, answer.text
        report: Row = answer.json()
        return report

    return post


@pytest.fixture
def claims(api: TestClient, editor: dict[str, str]) -> Callable[[], dict[str, Row]]:
    """All published claims by key."""

    def read() -> dict[str, Row]:
        return {one["key"]: api.get(f"claims/{one['id']}").json() for one in api.get("claims").json()["items"]}

    return read


def test_its_figures_are_not_recorded(load: Callable[..., Row], claims: Callable[[], dict[str, Row]]) -> None:
    load(claim_row(quantities=[figure(100)]))

    report = load(claim_row(quantities=[figure(200)], **REFUSED), claim_row(quantities=[figure(300)]))

    assert (report["refused"], report["revised"]) == (1, 1)
    assert [one["best"] for one in claims()["one"]["quantities"]] == [300]


def test_the_claim_that_it_names_keeps_its_key(
    load: Callable[..., Row], claims: Callable[[], dict[str, Row]], record: Callable[..., Row]
) -> None:
    record("sources", key="paper", name="A paper", kind="news_organisation")
    said = {"source": "paper", "stance": "asserts"}
    load(claim_row(quantities=[figure(100)], attributions=[{**said, "key": "theirs"}]))
    before = claims()

    # Others stand by the old figure, so that the row parts from the claim; but it cannot be taken.
    row = claim_row(joins="other", quantities=[figure(200)], attributions=[{**said, "key": "ours"}], **REFUSED)
    report = load(row)

    assert (report["refused"], report["revised"], report["created"]) == (1, 0, 0)
    assert claims() == before


def test_its_relations_are_not_recorded(load: Callable[..., Row], claims: Callable[[], dict[str, Row]]) -> None:
    relations = [{"relation": "supersedes", "other_claim": "later"}]

    report = load(claim_row(relations=relations, **REFUSED), claim_row(key="later"))

    assert (report["refused"], report["created"]) == (1, 1)
    assert claims()["later"]["relations"] == []


def test_its_attributions_and_their_withdrawal_are_not_recorded(
    load: Callable[..., Row], claims: Callable[[], dict[str, Row]], record: Callable[..., Row]
) -> None:
    record("sources", key="paper", name="A paper", kind="news_organisation")
    said = {"source": "paper", "stance": "asserts", "key": "ours"}
    load(claim_row(quantities=[figure(100)], attributions=[said]))
    before = claims()

    changed = [{**said, "stance": "denies"}, {**said, "key": "another"}]
    report = load(claim_row(statement="Otherwise.", attributions=changed, **REFUSED), claim_row())

    assert (report["refused"], report["revised"], report["unchanged"]) == (1, 0, 1)
    assert claims() == before
