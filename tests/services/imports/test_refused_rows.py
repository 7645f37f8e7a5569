"""A refused row of an import leaves nothing behind and does not affect later rows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

Row = dict[str, Any]


def figure(best: int) -> Row:
    """A figure of soldiers."""
    return {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": best}


def claim_row(**fields: Any) -> Row:
    """An import row with a claim."""
    required_fields = {"kind": "troop_estimate", "statement": "Soldiers are there.", "stage": "published", "key": "one"}
    return {"record": "claim", **required_fields, **fields}


INVALID_PART = {"fact_checks": [{"source": "no such source", "original": {}}]}
"""A part that is invalid, so that the row of its claim is refused."""


@pytest.fixture
def load(api: TestClient, editor: dict[str, str]) -> Callable[..., Row]:
    """Import rows and return the report."""

    def post(*rows: Row) -> Row:
        response = api.post("imports", content="\n".join(map(json.dumps, rows)), headers=editor)
        assert response.status_code == 200, response.text
        report: Row = response.json()
        return report

    return post


@pytest.fixture
def claims_by_key(api: TestClient, editor: dict[str, str]) -> Callable[[], dict[str, Row]]:
    """All published claims by key."""

    def read() -> dict[str, Row]:
        return {item["key"]: api.get(f"claims/{item['id']}").json() for item in api.get("claims").json()["items"]}

    return read


def test_the_figures_of_a_refused_row_are_not_recorded(
    load: Callable[..., Row], claims_by_key: Callable[[], dict[str, Row]]
) -> None:
    load(claim_row(quantities=[figure(100)]))

    report = load(claim_row(quantities=[figure(200)], **INVALID_PART), claim_row(quantities=[figure(300)]))

    assert (report["refused"], report["revised"]) == (1, 1)
    assert [quantity["best"] for quantity in claims_by_key()["one"]["quantities"]] == [300]


def test_the_claim_that_a_refused_row_names_keeps_its_key(
    load: Callable[..., Row], claims_by_key: Callable[[], dict[str, Row]], record: Callable[..., Row]
) -> None:
    record("sources", key="paper", name="A paper", kind="news_organisation")
    attribution = {"source": "paper", "stance": "asserts"}
    load(claim_row(quantities=[figure(100)], attributions=[{**attribution, "key": "theirs"}]))
    before = claims_by_key()

    # The other attribution still gives the old figure, so the row would separate from the claim, but it is refused.
    row = claim_row(
        joins="other", quantities=[figure(200)], attributions=[{**attribution, "key": "ours"}], **INVALID_PART
    )
    report = load(row)

    assert (report["refused"], report["revised"], report["created"]) == (1, 0, 0)
    assert claims_by_key() == before


def test_the_relations_of_a_refused_row_are_not_recorded(
    load: Callable[..., Row], claims_by_key: Callable[[], dict[str, Row]]
) -> None:
    relations = [{"relation": "supersedes", "other_claim": "later"}]

    report = load(claim_row(relations=relations, **INVALID_PART), claim_row(key="later"))

    assert (report["refused"], report["created"]) == (1, 1)
    assert claims_by_key()["later"]["relations"] == []


def test_the_attributions_of_a_refused_row_are_neither_recorded_nor_withdrawn(
    load: Callable[..., Row], claims_by_key: Callable[[], dict[str, Row]], record: Callable[..., Row]
) -> None:
    record("sources", key="paper", name="A paper", kind="news_organisation")
    attribution = {"source": "paper", "stance": "asserts", "key": "ours"}
    load(claim_row(quantities=[figure(100)], attributions=[attribution]))
    before = claims_by_key()

    changed = [{**attribution, "stance": "denies"}, {**attribution, "key": "another"}]
    report = load(claim_row(statement="Otherwise.", attributions=changed, **INVALID_PART), claim_row())

    assert (report["refused"], report["revised"], report["unchanged"]) == (1, 0, 1)
    assert claims_by_key() == before
