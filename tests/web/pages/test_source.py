"""The page of a source: who it is, and what became of what it said."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.support.pages import ROOT, get_page, text_of

Record = Callable[..., dict[str, Any]]


def test_the_page_names_the_source_and_its_claims(api: TestClient, record: Record) -> None:
    state = record("sources", name="South Korea", kind="government")["id"]
    names = {"name": "National Intelligence Service", "other_names": ["국가정보원", "NIS"]}
    service = record("sources", kind="intelligence_service", parent=state, description="A service.", **names)["id"]
    asserted = {"source": service, "stance": "asserts", "lineage": "original"}
    said = record("claims", statement="Two were captured.", attributions=[asserted])
    record("claims", statement="Of nobody.")
    record("claims", statement="A draft.", stage="draft", attributions=[asserted])

    page = get_page(api, f"/sources/{service}")

    assert page.text("h1") == "National Intelligence Service"
    assert {"국가정보원", "NIS"} <= set(page.texts("li"))
    assert f"/sources/{state}" in page.addresses()
    assert [text_of(item.find("h3")) for item in page.all("ol", "claims")[0]] == [said["statement"]]
    assert "says so, as its origin" in page.html
    assert page.texts("ul", "counts")[0].startswith("1claim on which it takes a position")
    assert "National Intelligence Service" in get_page(api, f"/sources/{state}").html


def test_a_source_without_claims_says_so(api: TestClient, record: Record) -> None:
    page = get_page(api, f"/sources/{record('sources')['id']}")
    assert "No public claim has a statement by this source." in page.texts("p", "empty")


def test_a_merged_source_leads_to_the_other_one(api: TestClient, record: Record, editor: dict[str, str]) -> None:
    kept, duplicate = (record("sources", name=name)["id"] for name in ("One", "Another"))
    tag = api.get(f"sources/{duplicate}").headers["ETag"]
    body = {"into": kept, "notice": "Recorded twice."}
    api.post(f"sources/{duplicate}/merge", json=body, headers={**editor, "If-Match": tag}).raise_for_status()
    response = api.get(f"{ROOT}/sources/{duplicate}", follow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (307, f"/sources/{kept}")
