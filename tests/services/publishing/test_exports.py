"""Exports: what goes out as Attest's own JSON or CSV comes back the same, here and in an empty database."""

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
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.support.client import Client

SEED = Path(__file__).parents[3] / "seed_data"

FORMATS = ("attest_json", "attest_csv")


def load(api: TestClient, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Import a body that must be taken whole; the report."""
    answer = api.post("imports", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    assert report["refused"] == 0, report["refusals"][:3]
    return report


@pytest.fixture
def story(api: TestClient, editor: dict[str, str], record: Callable[..., Any]) -> TestClient:
    """A service with the story of January 2025, and with claims that were recorded over the API, without keys."""
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
def test_what_goes_out_comes_back_unchanged(story: TestClient, editor: dict[str, str], format: str) -> None:
    out = story.get("export", params={"format": format}).content

    report = load(story, editor, out)

    assert report["rows"] == report["unchanged"] > 20
    assert story.get("export", params={"format": format}).content == out


@pytest.mark.parametrize("format", FORMATS)
def test_it_makes_the_same_record_in_an_empty_database(story: TestClient, tmp_path: Path, format: str) -> None:
    out = story.get("export", params={"format": format}).content
    with second_service(tmp_path) as (second, headers):
        load(second, headers, out)

        assert second.get("export", params={"format": format}).content == out
        first_claims, second_claims = (
            one.get("claims", params={"limit": 200}).json()["items"] for one in (story, second)
        )
        assert [said(one) for one in first_claims] == [said(one) for one in second_claims]


@contextmanager
def second_service(folder: Path) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A service upon an empty database of its own, and headers of an editor there."""
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


def said(item: dict[str, Any]) -> dict[str, Any]:
    """What a claim in a list says, without when it was recorded here."""
    return {name: value for name, value in item.items() if name not in ("recorded_at", "version", "topic")} | {
        "attributed_to": sorted(one["name"] for one in item["attributed_to"])
    }


def test_an_export_takes_the_filters_of_the_list(story: TestClient) -> None:
    out = story.get("export", params={"kind": "casualty_figure"})

    assert out.headers["content-type"].startswith("application/x-ndjson")
    claims = [line for line in out.text.splitlines() if '"record":"claim"' in line]
    assert len(claims) == story.get("claims", params={"kind": "casualty_figure", "facets": "kind"}).json()["facets"][
        "kind"
    ].get("casualty_figure")
    assert story.get("export", params={"stage": "draft"}).status_code == 403
    assert story.get("export", params={"nope": "1"}).status_code == 422


def test_rulings_and_stale_decisions_come_back_as_they_were(
    api: TestClient,
    editor: dict[str, str],
    tmp_path: Path,
    record: Callable[..., Any],
    correct: Callable[..., Any],
) -> None:
    first, second = (record("sources", key=name, name=name) for name in ("one", "two"))
    said = [{"source": one["id"], "stance": "asserts", "lineage": "original"} for one in (first, second)]
    claim = record("claims", key="c", attributions=said)
    for ruling in ("established", "not_established", "established"):
        body = {"sources": [first["id"], second["id"]], "ruling": ruling, "reason": f"Because {ruling}."}
        answer = api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=editor)
        assert answer.status_code == 201, answer.text
    decision = {"status": "corroborated", "rationale": "Two.", "decided_on": "2025-01-12", "decided_by": "Desk"}
    again = {"record": "claim", "key": "c", "kind": "troop_estimate", "statement": "Soldiers are there."}
    load(api, editor, json.dumps({**again, "reviews": [decision]}).encode())
    correct("claims", claim["id"], statement="More soldiers are there.")
    out = api.get("export").content
    assert load(api, editor, out)["unchanged"] == 3

    with second_service(tmp_path) as (other, headers):
        load(other, headers, out)
        (item,) = other.get("claims").json()["items"]
        whole = other.get(f"claims/{item['id']}").json()

        assert (whole["status"], whole["counts"]["independent_origins"]) == ("corroborated", 2)
        assert whole["review"]["stale"]
        assert other.get("export").content == out
