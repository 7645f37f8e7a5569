"""Resumed exports: an interrupted export continues where it ended, as of the same moment."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from app.services.publishing.compact_id_set import CompactIdSet

RESUMABLE_FORMATS = ("csv", "jsonl")


@pytest.fixture
def claim_ids(api: TestClient, record: Callable[..., Any]) -> list[str]:
    """Five claims: the third has two figures, and an attribution of the fifth names the second as its own claim."""
    figures = [
        {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 300},
        {"metric": "wounded", "unit": "soldiers", "qualifier": "exact", "best": 2700},
    ]
    source_id = record("sources", key="who")["id"]
    ids = [record("claims", quantities=figures if number == 2 else [])["id"] for number in range(5)]
    record("attributions", claim=ids[4], source=source_id, stance="disputes_figure", own_claim=ids[1])
    return ids


def export_rest(api: TestClient, response: Any, last: str) -> Any:
    """The rest of an export after the claim `last`, from the address in its Link-Template header."""
    link = re.fullmatch(r'"([^"]+)"; rel="next"', response.headers["Link-Template"])
    assert link is not None
    url = urlsplit(link[1].replace("{last}", last))
    assert url.path == "/api/v1/export"
    return api.get("export", params=url.query)


@pytest.mark.parametrize("format", RESUMABLE_FORMATS)
@pytest.mark.parametrize("position", range(5))
def test_a_resumed_export_continues_where_the_first_ended(
    api: TestClient, claim_ids: list[str], record: Callable[..., Any], format: str, position: int
) -> None:
    full_export = api.get("export", params={"format": format})
    # A claim recorded during the first request is in neither half.
    record("claims", statement="Later.")
    rest = export_rest(api, full_export, claim_ids[position])

    lines = full_export.content.splitlines(keepends=True)
    head, body = (lines[:1], lines[1:]) if format == "csv" else ([], lines)
    line_count = max(number for number, line in enumerate(body) if claim_ids[position].encode() in line[:40]) + 1
    assert rest.content == b"".join([*head, *body[line_count:]])
    assert b"Later" not in rest.content


def test_a_resumed_record_export_contains_the_remaining_claims(api: TestClient, claim_ids: list[str]) -> None:
    full_export = api.get("export", params={"format": "attest_json"})
    rest = export_rest(api, full_export, claim_ids[1])

    full_lines = full_export.text.splitlines()
    assert set(rest.text.splitlines()) <= set(full_lines)
    claims = [json.loads(line)["id"] for line in rest.text.splitlines() if '"record":"claim"' in line]
    # The second claim is repeated because an attribution of the fifth names it as its own claim.
    assert claims == claim_ids[1:]


def test_a_resumed_export_keeps_the_filters(api: TestClient, claim_ids: list[str], record: Callable[..., Any]) -> None:
    other_id = record("claims", kind="other")["id"]
    response = api.get("export", params={"format": "csv", "kind": ["other", "troop_estimate"]})
    assert "kind=other&kind=troop_estimate" in response.headers["Link-Template"]
    rows = list(csv.DictReader(io.StringIO(export_rest(api, response, claim_ids[4]).text)))
    assert [row["claim_id"] for row in rows] == [other_id]


def test_an_export_of_selected_claims_cannot_be_resumed(api: TestClient, claim_ids: list[str]) -> None:
    response = api.get("export", params={"format": "jsonl", "claim": [claim_ids[3], claim_ids[0]]})

    assert "Link-Template" not in response.headers
    assert [json.loads(line)["id"] for line in response.text.splitlines()] == [claim_ids[3], claim_ids[0]]


def test_an_export_of_an_earlier_version_has_its_content(
    api: TestClient, claim_ids: list[str], correct: Callable[..., Any]
) -> None:
    correct("claims", claim_ids[0], statement="Corrected.")
    for version, expected, unexpected in ((1, "Soldiers are there.", "Corrected."), (2, "Corrected.", "Soldiers are")):
        for name in ("csv", "attest_json"):
            text = api.get("export", params={"format": name, "claim": f"{claim_ids[0]}@{version}"}).text
            assert (expected in text, unexpected in text) == (True, False), (version, name)


def test_a_compact_id_set_remembers_ids_in_any_order() -> None:
    ids = [f"clm_{number * 7:026d}" for number in range(50)]
    id_set = CompactIdSet()
    for claim_id in [*ids[10:], *ids[:5], "src_x"]:
        assert claim_id not in id_set
        id_set.add(claim_id)
    assert all(claim_id in id_set for claim_id in [*ids[10:], *ids[:5], "src_x"])
    assert not any(claim_id in id_set for claim_id in [*ids[5:10], "clm_" + "9" * 26, f"clm_{71:026d}", "", "clm_1"])
