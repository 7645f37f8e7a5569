"""Exports: Attest's own JSON and CSV are imported again without changes, here and into an empty database."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.db import migrate
from app.db.engine import Database
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.support.client import Client
from tests.support.problems import assert_problem

SEED = Path(__file__).parents[3] / "seed_data"

FORMATS = ("attest_json", "attest_csv")


def load(api: TestClient, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Import a body without refusals and return the report."""
    response = api.post("imports", content=body, headers=headers)
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    assert report["refused"] == 0, report["refusals"][:3]
    return report


@pytest.fixture
def story(api: TestClient, editor: dict[str, str], record: Callable[..., Any]) -> TestClient:
    """A client of a service with the seed story of January 2025 and with claims without keys, recorded over the API."""
    load(api, editor, (SEED / "01-story-january-2025.json").read_bytes())
    source = record("sources", name='=cmd()|\'Formel, "quoted"', kind="person", other_names=["a|b", "＝x", "'y"])
    document = record("documents", title="@title\n".strip(), url="https://example.org/a?b=c&d=%20", author="-1")
    other = record("claims", statement="+1 is another\nclaim of two lines.", note="\tTab, 'apostrophe'")
    record(
        "claims",
        statement="Dozens are there.",
        quantities=[{"metric": "present", "unit": "soldiers", "qualifier": "vague", "verbatim": "десятки"}],
        attributions=[
            {"key": "first", "source": source["id"], "stance": "asserts", "lineage": "original"},
            {
                "source": source["id"],
                "stance": "asserts",
                "lineage": "relayed",
                "upstream": "first",
                "document": document["id"],
                "quote": {"exact": " =десятки ", "language": "uk", "translation": "dozens", "translated_by": "Desk"},
            },
        ],
        evidence=[{"document": document["id"], "role": "context", "independent": False}],
        relations=[{"relation": "refines", "other_claim": other["id"]}],
    )
    return api


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_is_imported_again_without_changes(story: TestClient, editor: dict[str, str], format: str) -> None:
    exported = story.get("export", params={"format": format}).content

    report = load(story, editor, exported)

    assert report["rows"] == report["unchanged"] > 20
    assert story.get("export", params={"format": format}).content == exported


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_creates_the_same_record_in_an_empty_database(story: TestClient, tmp_path: Path, format: str) -> None:
    exported = story.get("export", params={"format": format}).content
    with second_service(tmp_path) as (second, headers):
        load(second, headers, exported)

        assert second.get("export", params={"format": format}).content == exported
        first_claims, second_claims = (
            client.get("claims", params={"limit": 200}).json()["items"] for client in (story, second)
        )
        assert len(first_claims) > 10
        assert [without_recording_details(claim) for claim in first_claims] == [
            without_recording_details(claim) for claim in second_claims
        ]


@contextmanager
def second_service(folder: Path) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A client of a service with an empty database of its own, and headers with an editor's key for it."""
    settings = Settings(
        database_url=f"sqlite:///{folder}/second.db", data_dir=folder, secret_key=SecretStr("x"), pool_size=2
    )
    database = Database(settings.url)
    migrate.upgrade(database)
    with database.writing() as connection:
        _info, key = keys.issue(connection, "Second", Role.EDITOR)
    database.close()
    with Client(create_app(settings)) as client:
        yield client, {"Authorization": f"Bearer {key}"}


def without_recording_details(item: dict[str, Any]) -> dict[str, Any]:
    """A claim of a list, without the fields that depend on when and where it was recorded."""
    return {name: value for name, value in item.items() if name not in ("recorded_at", "version", "topic")} | {
        "attributed_to": sorted(source["name"] for source in item["attributed_to"])
    }


def test_an_export_accepts_the_filters_of_the_list(story: TestClient) -> None:
    exported = story.get("export", params={"kind": "casualty_figure"})

    assert exported.headers["content-type"].startswith("application/x-ndjson")
    claims = [line for line in exported.text.splitlines() if '"record":"claim"' in line]
    assert len(claims) == story.get("claims", params={"kind": "casualty_figure", "facets": "kind"}).json()["facets"][
        "kind"
    ].get("casualty_figure")
    assert story.get("export", params={"stage": "draft"}).status_code == 403
    assert story.get("export", params={"nope": "1"}).status_code == 422


def test_rulings_and_stale_decisions_survive_an_export_and_import(
    api: TestClient,
    editor: dict[str, str],
    tmp_path: Path,
    record: Callable[..., Any],
    correct: Callable[..., Any],
) -> None:
    first, second = (record("sources", key=name, name=name) for name in ("one", "two"))
    without_recording_details = [
        {"source": source["id"], "stance": "asserts", "lineage": "original"} for source in (first, second)
    ]
    claim = record("claims", key="c", attributions=without_recording_details)
    for ruling in ("established", "not_established", "established"):
        body = {"sources": [first["id"], second["id"]], "ruling": ruling, "reason": f"Because {ruling}."}
        response = api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=editor)
        assert response.status_code == 201, response.text
    decision = {"status": "corroborated", "rationale": "Two.", "decided_on": "2025-01-12", "decided_by": "Desk"}
    again = {"record": "claim", "key": "c", "kind": "troop_estimate", "statement": "Soldiers are there."}
    load(api, editor, json.dumps({**again, "reviews": [decision]}).encode())
    correct("claims", claim["id"], statement="More soldiers are there.")
    exported = api.get("export").content
    assert load(api, editor, exported)["unchanged"] == 3

    with second_service(tmp_path) as (other, headers):
        load(other, headers, exported)
        (item,) = other.get("claims").json()["items"]
        imported = other.get(f"claims/{item['id']}").json()

        assert (imported["status"], imported["counts"]["independent_origins"]) == ("stale", 2)
        assert (imported["review"]["status"], imported["review"]["stale"]) == ("corroborated", True)
        assert other.get("export").content == exported


REFUSED_EXPORTS = (
    ({"topic": "nope"}, 422, "topic"),
    ({"source": "nope"}, 422, "source"),
    ({"stage": "draft"}, 403, None),
    ({"q": '"'}, 422, "q"),
    ({"claim": "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"}, 404, None),
    ({"claim": "nope@0"}, 422, "claim"),
    ({"as_of": "2999-01-01"}, 422, "as_of"),
)


@pytest.mark.parametrize("name", EXPORT_FORMATS)
def test_an_invalid_export_is_refused_before_it_begins(
    api: TestClient, record: Callable[..., dict[str, Any]], name: str
) -> None:
    record("claims")
    for params, status, field in REFUSED_EXPORTS:
        problem = assert_problem(api.get("export", params={"format": name, **params}), status)
        assert field is None or [error["field"] for error in problem["errors"]] == [field], params
