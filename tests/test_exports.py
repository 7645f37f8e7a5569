"""Exports: what goes out as Attest's own JSON or CSV comes back the same, here and in an empty database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.db import migrate
from app.db.engine import Database
from app.main import create_app
from app.services import keys
from app.settings import Settings
from app.vocabulary import Role

SEED = Path(__file__).parents[1] / "seed_data"

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
def test_it_makes_the_same_record_in_an_empty_database(
    story: TestClient, tmp_path: Path, format: str, settings: Settings
) -> None:
    out = story.get("export", params={"format": format}).content
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/second.db", data_dir=tmp_path, secret_key=SecretStr("x"), pool_size=2
    )
    database = Database(settings.url)
    migrate.upgrade(database)
    with database.writing() as connection:
        _info, key = keys.issue(connection, "Second", Role.EDITOR)
    database.close()
    with TestClient(create_app(settings), base_url="http://testserver/api/v1/") as second:
        load(second, {"Authorization": f"Bearer {key}"}, out)

        assert second.get("export", params={"format": format}).content == out
        first_claims, second_claims = (
            one.get("claims", params={"limit": 200}).json()["items"] for one in (story, second)
        )
        assert [said(one) for one in first_claims] == [said(one) for one in second_claims]


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
