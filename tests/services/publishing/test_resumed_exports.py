"""Exports that broke off: two halves are the whole, and speak of one moment."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from app.services.publishing.compact_id_set import ToldIds

LINES = ("csv", "jsonl")


@pytest.fixture
def five(api: TestClient, record: Callable[..., Any]) -> list[str]:
    """Five claims, of which one has two figures; the third has a figure of its own named by the first."""
    figures = [
        {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 300},
        {"metric": "wounded", "unit": "soldiers", "qualifier": "exact", "best": 2700},
    ]
    who = record("sources", key="who")["id"]
    made = [record("claims", quantities=figures if number == 2 else [])["id"] for number in range(5)]
    record("attributions", claim=made[4], source=who, stance="disputes_figure", own_claim=made[1])
    return made


def rest_of(api: TestClient, answer: Any, last: str) -> Any:
    """The rest of an export, as its header says."""
    found = re.fullmatch(r'"([^"]+)"; rel="next"', answer.headers["Link-Template"])
    assert found is not None
    asked = urlsplit(found[1].replace("{last}", last))
    assert asked.path == "/api/v1/export"
    return api.get("export", params=dict(parse_qsl(asked.query)))


@pytest.mark.parametrize("format", LINES)
@pytest.mark.parametrize("place", range(5))
def test_two_halves_are_the_whole(
    api: TestClient, five: list[str], record: Callable[..., Any], format: str, place: int
) -> None:
    whole = api.get("export", params={"format": format})
    # Recorded while the first half was on its way: it is in neither half.
    record("claims", statement="Later.")
    rest = rest_of(api, whole, five[place])

    lines = whole.content.splitlines(keepends=True)
    head, body = (lines[:1], lines[1:]) if format == "csv" else ([], lines)
    done = max(number for number, line in enumerate(body) if five[place].encode() in line[:40]) + 1
    assert rest.content == b"".join([*head, *body[done:]])
    assert b"Later" not in rest.content


def test_records_of_two_halves_make_the_same(api: TestClient, five: list[str]) -> None:
    whole = api.get("export", params={"format": "attest_json"})
    rest = rest_of(api, whole, five[1])

    first = whole.text.splitlines()
    assert set(rest.text.splitlines()) <= set(first)
    claims = [json.loads(line)["id"] for line in rest.text.splitlines() if '"record":"claim"' in line]
    # The claim that another one's party states as its own stands before it, also here.
    assert claims == [five[2], five[3], five[1], five[4]] or claims == [five[1], *five[2:]]


def test_the_other_half_takes_the_filters_along(api: TestClient, five: list[str], record: Callable[..., Any]) -> None:
    other = record("claims", kind="other")["id"]
    answer = api.get("export", params={"format": "csv", "kind": ["other", "troop_estimate"]})
    assert "kind=other&kind=troop_estimate" in answer.headers["Link-Template"]
    rows = list(csv.DictReader(io.StringIO(rest_of(api, answer, five[4]).text)))
    assert [row["claim_id"] for row in rows] in ([other], [])


def test_what_is_picked_is_short_and_has_no_rest(api: TestClient, five: list[str]) -> None:
    answer = api.get("export", params={"format": "jsonl", "claim": [five[3], five[0]]})

    assert "Link-Template" not in answer.headers
    assert [json.loads(line)["id"] for line in answer.text.splitlines()] == [five[3], five[0]]


def test_an_earlier_version_is_exported_as_it_was(
    api: TestClient, five: list[str], correct: Callable[..., Any]
) -> None:
    correct("claims", five[0], statement="Corrected.")
    for params in ({"claim": f"{five[0]}@1"}, {"claim": f"{five[0]}@2"}):
        text = api.get("export", params={"format": "csv", **params}).text
        assert ("Corrected." in text) is params["claim"].endswith("@2")
        text = api.get("export", params={"format": "attest_json", **params}).text
        assert ("Corrected." in text) is params["claim"].endswith("@2")


def test_ids_are_remembered_in_whatever_order() -> None:
    ids = [f"clm_{number * 7:026d}" for number in range(50)]
    told = ToldIds()
    for one in [*ids[10:], *ids[:5], "src_x"]:
        assert one not in told
        told.add(one)
    assert all(one in told for one in [*ids[10:], *ids[:5], "src_x"])
    assert not any(one in told for one in [*ids[5:10], "clm_" + "9" * 26, f"clm_{71:026d}", "", "clm_1"])
