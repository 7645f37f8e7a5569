"""The page of a claim says what the API says, in words, and never more."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Response
from fastapi.testclient import TestClient

from app.errors import BusyError
from app.formats.citations import csl_processor
from app.vocabulary import Role
from app.web.pages import claim as claim_page
from app.web.rendering import html_response
from tests.support.pages import ROOT, Page, get_page, text_of

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]


@pytest.fixture
def claim(record: Record) -> dict[str, Any]:
    """Two services estimate it, one author relays both in one document, and no statement by a third was found."""
    west = record("sources", name="Western intelligence", kind="intelligence_service", anonymity="described")["id"]
    kyiv = record("sources", name="Ukrainian intelligence", kind="intelligence_service", anonymity="described")["id"]
    author = record("sources", name="The author", kind="other", anonymity="unknown")["id"]
    moscow = record("sources", name="Russia", kind="government")["id"]
    summary = record("documents", title="A summary", kind="report", published="2025-01-12")["id"]
    estimates = {"stance": "estimates"}
    return record(
        "claims",
        statement="About 11,000 soldiers are in Kursk.",
        topic=record("topics", title="How many soldiers are in Kursk?")["id"],
        time="2025-01-12",
        quantities=[{"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}],
        attributions=[
            {"key": "w", "source": west, "lineage": "original", **estimates},
            {"key": "u", "source": kyiv, "lineage": "original", **estimates},
            {"source": author, "lineage": "relayed", "upstream": "w", "document": summary, **estimates},
            {"source": author, "lineage": "relayed", "upstream": "u", "document": summary, **estimates},
            {
                "source": moscow,
                "stance": "no_statement_found",
                "search": {"on": "2025-01-12", "where": "Its website.", "by": "Desk"},
            },
        ],
    )


def decide(api: TestClient, key_of: KeyOf, claim: dict[str, Any], **fields: Any) -> None:
    proposal = {"claim_version": claim["version"], "standard": "reasonable_grounds", "rationale": "They say so."}
    body = {**proposal, "status": "unconfirmed", **fields}
    response = api.post(f"claims/{claim['id']}/proposals", json=body, headers=key_of(Role.FACT_CHECKER))
    assert response.status_code == 201, response.text
    address = f"proposals/{response.json()['id']}/sign-offs"
    api.post(address, json={"verdict": "approve"}, headers=key_of(Role.ADMIN)).raise_for_status()


def badges(page: Page) -> list[str]:
    return [text_of(badge) for badge in page.all("span", "badge") if "was" not in badge.get("class", "").split()]


def test_the_page_opens_with_the_statement_the_status_and_why(
    api: TestClient, claim: dict[str, Any], key_of: KeyOf
) -> None:
    page = get_page(api, f"/claims/{claim['id']}")
    assert page.text("h1") == "About 11,000 soldiers are in Kursk."
    assert badges(page) == ["Not assessed"]
    assert page.text("p", "because") == "We have not decided on this claim yet."

    decide(api, key_of, claim)
    page = get_page(api, f"/claims/{claim['id']}")
    assert badges(page) == ["Unconfirmed", "Unconfirmed"]  # of the claim, and of the decision
    assert page.text("p", "because") == (
        "Two origins say so, nobody has shown that they know it independently, and no evidence has been examined."
    )
    assert "They say so." in page.texts("p", "prose")


def test_two_origins_of_one_relay_are_one_branch(api: TestClient, claim: dict[str, Any]) -> None:
    page = get_page(api, f"/claims/{claim['id']}")

    (branch,) = page.all("li", "branch")
    nodes = [
        (text_of(node.find("b")), "origin" in node.get("class").split())
        for node in branch.iter("div")
        if "node" in node.get("class", "").split()
    ]
    assert nodes == [
        ("Western intelligence", True),
        ("Ukrainian intelligence", True),
        ("The author", False),
        ("A summary", False),
    ]
    (search,) = page.all("div", "search")
    assert text_of(search.find("b")) == "Russia"
    assert "A search result, not a denial." in page.html
    counts = [int(text_of(item.find("b"))) for item in page.all("ul", "counts")[0]]
    assert counts == [claim["counts"][name] for name in COUNTS]


COUNTS = ("attributions", "publishers", "identified_origins", "independent_origins", "lineage_unknown")


def test_a_decision_that_no_longer_holds_has_no_badge(
    api: TestClient, claim: dict[str, Any], key_of: KeyOf, correct: Record
) -> None:
    decide(api, key_of, claim)
    correct("claims", claim["id"], statement="About 12,000 soldiers are in Kursk.")

    page = get_page(api, f"/claims/{claim['id']}")

    assert badges(page) == ["Not decided as it reads now"]
    assert page.texts("span", "was") == ["Unconfirmed", "Unconfirmed"]
    assert page.text("p", "because").startswith("We decided on an earlier wording.")
    assert (page.texts("del"), page.texts("ins")) == (["11"], ["12"])
    assert "unconfirmed" not in page.text("p", "quotable")


def test_versions_and_the_past_are_marked_and_lead_to_the_present(
    api: TestClient, claim: dict[str, Any], correct: Record
) -> None:
    correct("claims", claim["id"], statement="About 12,000 soldiers are in Kursk.")
    address = f"/claims/{claim['id']}"

    version = get_page(api, f"{address}/versions/1")
    past = get_page(api, f"{address}?as_of={claim['recorded_at']}")

    for page in (version, past):
        assert page.text("h1") == "About 11,000 soldiers are in Kursk."
        assert page.all("div", "past")
        assert address in page.addresses()
        assert page.all("meta", name="robots", content="noindex")
    assert get_page(api, f"{address}?as_of=").text("h1") == "About 12,000 soldiers are in Kursk."


def test_a_withdrawn_claim_keeps_its_page_with_the_notice(
    api: TestClient, claim: dict[str, Any], correct: Record
) -> None:
    correct("claims", claim["id"], stage="withdrawn", notice="Recorded by mistake.")
    page = get_page(api, f"/claims/{claim['id']}")
    assert badges(page)[0] == "Withdrawn"
    assert page.texts("del") == ["About 11,000 soldiers are in Kursk."]
    assert "Recorded by mistake." in page.text("div", "alert")


def test_what_somebody_wrote_is_text_and_never_markup(api: TestClient, record: Record) -> None:
    hostile = '<script>alert(1)</script> "quoted" & {{ 7 * 7 }}'
    source = record("sources", name=hostile, kind="ngo")["id"]
    attribution = {"source": source, "stance": "asserts", "quote": {"exact": hostile, "language": "ar"}}
    claim = record("claims", statement=hostile, note=hostile, language="ko", attributions=[attribution])

    page = get_page(api, f"/claims/{claim['id']}")

    assert page.text("h1") == hostile
    assert len(page.all("script")) == 1  # our own
    assert (page.all("h1")[0].get("lang"), page.all("h1")[0].get("dir")) == ("ko", "ltr")
    (quoted,) = page.all("span", lang="ar")
    assert (text_of(quoted), quoted.get("dir")) == (hostile, "rtl")


def test_drafts_have_no_page(api: TestClient, record: Record, editor: Headers) -> None:
    draft = record("claims", stage="draft", statement="Secret.")
    for headers in ({}, editor):
        response = api.get(f"{ROOT}/claims/{draft['id']}", headers=headers)
        assert response.status_code == 404
        assert "Secret." not in response.text


def test_a_merged_claim_leads_to_the_other_one(api: TestClient, record: Record, editor: Headers) -> None:
    kept, duplicate = record("claims", statement="One."), record("claims", statement="Two.")
    tag = api.get(f"claims/{duplicate['id']}").headers["ETag"]
    body = {"into": kept["id"], "notice": "Recorded twice."}
    api.post(f"claims/{duplicate['id']}/merge", json=body, headers={**editor, "If-Match": tag}).raise_for_status()
    for prefix in ("", "/uk"):
        response = api.get(f"{ROOT}{prefix}/claims/{duplicate['id']}", follow_redirects=False)
        assert (response.status_code, response.headers["Location"]) == (307, f"{prefix}/claims/{kept['id']}")


def test_the_cite_box_gives_the_reference_of_the_api(api: TestClient, claim: dict[str, Any]) -> None:
    for name, suffix in (("bibtex", "bib"), ("ris", "ris"), ("csl_json", "csl.json")):
        page = get_page(api, f"/claims/{claim['id']}?format={name}&include=statement")
        cited = api.get(f"claims/{claim['id']}/versions/1.{suffix}", params={"include": "statement"})
        assert page.text("p", "out") == " ".join(cited.text.split())
        (download,) = page.all("a", download="")
        assert api.get(ROOT + download.get("href")).text == cited.text


def test_an_unchanged_page_is_not_sent_again(api: TestClient, claim: dict[str, Any], correct: Record) -> None:
    address = f"{ROOT}/claims/{claim['id']}"
    tag = api.get(address).headers["ETag"]
    assert api.get(address, headers={"If-None-Match": tag}).status_code == 304
    correct("claims", claim["id"], place="Kursk Oblast")
    assert api.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_opening_a_page_starts_no_citation_processor(
    api: TestClient, claim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has two processes for all readers, so that a page that needed one would be refused to the third reader."""

    def run(*_arguments: Any, **_options: Any) -> bytes:
        raise BusyError("All processors are busy.", wait=5)

    monkeypatch.setattr(csl_processor, "run", run)
    page = get_page(api, f"/claims/{claim['id']}")
    assert "About 11,000 soldiers are in Kursk" in page.text("p", "out")
    # Another style is asked for while the processor is busy: the page comes in our own style, and says so.
    busy = get_page(api, f"/claims/{claim['id']}?style=apa")
    assert busy.text("p", "out") == page.text("p", "out")
    assert [option.get("value") for option in busy.all("option", selected="")] == ["bibliography", "short"]


def test_a_page_is_made_again_only_if_something_changed(
    api: TestClient, claim: dict[str, Any], correct: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*arguments: Any) -> Response:
        made.append(arguments)
        return html_response(*arguments)

    monkeypatch.setattr(claim_page, "html_response", counted)
    for _time in range(3):
        get_page(api, f"/claims/{claim['id']}")
    assert len(made) == 1
    correct("sources", claim["attributions"][0]["source"]["id"], name="Western officials")
    assert "Western officials" in get_page(api, f"/claims/{claim['id']}").html
    assert len(made) == 2
