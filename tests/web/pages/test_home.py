"""The front page: what is widely repeated and not confirmed, the latest decisions, and topics with figures."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.vocabulary import Role
from tests.services.desk.test_proposals import person
from tests.support.html_pages import Element, parse_page

__all__ = ["person"]  # a fixture: imported to be used by name

ROOT = "http://testserver"
Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Decide = Callable[[str], None]


@pytest.fixture
def decide(api: TestClient, person: Callable[..., dict[str, str]]) -> Decide:
    """Decide that a claim is unconfirmed."""

    def propose_and_approve(claim_id: str) -> None:
        body = {
            "claim_version": api.get(f"claims/{claim_id}", headers=person("Anna")).json()["version"],
            "status": "unconfirmed",
            "rationale": "Nobody showed evidence.",
            "standard": "reasonable_grounds",
            "credibility": 3,
        }
        response = api.post(f"claims/{claim_id}/proposals", json=body, headers=person("Anna"))
        assert response.status_code == 201, response.text
        path = f"proposals/{response.json()['id']}/sign-offs"
        assert api.post(path, json={"verdict": "approve"}, headers=person("Boris")).status_code == 201

    return propose_and_approve


def front_page(api: TestClient, root: str = "/") -> Element:
    """The front page."""
    response = api.get(ROOT + root)
    assert response.status_code == 200, response.text[:1000]
    return parse_page(response.text)


def section(page: Element, name: str) -> Element:
    """A section of the page."""
    (found,) = page.all("section", lambda part: part.attributes["aria-labelledby"] == name)
    return found


def attributions(record: Record, relays: int) -> list[dict[str, Any]]:
    """An origin, and other sources that relay it."""
    first = {"key": "first", "source": record("sources", name="Ministry")["id"], "stance": "asserts"}
    relaying = [
        {
            "source": record("sources", name=f"Paper {number}")["id"],
            "stance": "asserts",
            "lineage": "relayed",
            "upstream": "first",
        }
        for number in range(relays)
    ]
    return [{**first, "lineage": "original"}, *relaying]


def test_an_empty_record_teaches(api: TestClient) -> None:
    for root in ("/", "/uk"):
        page = front_page(api, root)
        for name in ("repeated", "latest", "topics"):
            assert section(page, name).one("p").attributes["class"] == "empty"
    assert "0 claims are public." in front_page(api).text


def test_repeated_claims_have_their_counts_as_the_api_has_them(api: TestClient, record: Record, decide: Decide) -> None:
    often = record("claims", statement="Often repeated.", attributions=attributions(record, 3))["id"]
    twice = record("claims", statement="Repeated once.", attributions=attributions(record, 1))["id"]
    never = record("claims", statement="Repeated by nobody.", attributions=attributions(record, 0))["id"]
    record("claims", statement="Not decided.", attributions=attributions(record, 4))
    record("claims", statement="A secret zebra.", stage="draft", attributions=attributions(record, 5))
    for claim_id in (often, twice, never):
        decide(claim_id)

    entries = section(front_page(api), "repeated").all("li")

    assert [entry.one("h3").text for entry in entries] == ["Often repeated.", "Repeated once."]
    for entry, claim_id in zip(entries, (often, twice), strict=True):
        counts = api.get(f"claims/{claim_id}").json()["counts"]
        assert entry.one("p", class_="n").text == f"{counts['attributions']}one origin"
        assert counts["identified_origins"] == 1
        assert entry.one("span", **{"data-s": "unconfirmed"}).text == "Unconfirmed"
    assert "Ministry says so; relayed by three others." in entries[0].text


def test_decisions_show_whether_they_still_hold(
    api: TestClient, record: Record, correct: Correct, decide: Decide, editor: dict[str, str]
) -> None:
    names = ("Applies.", "Reworded.", "Taken back.", "Decided twice.")
    ids = {name: record("claims", statement=name, attributions=attributions(record, 1))["id"] for name in names}
    for name in names:
        decide(ids[name])
    correct("claims", ids["Reworded."], statement="Now says more.")
    correct("claims", ids["Taken back."], stage="withdrawn", notice="It was wrong.")
    decide(ids["Decided twice."])

    page = front_page(api)

    entries = {entry.text: entry for entry in section(page, "latest").all("li")}
    assert len(entries) == 5
    badges = {}
    for entry in entries.values():
        (badge,) = entry.all("span", is_badge)
        badges[" ".join(text.text for text in (*entry.all("a"), *entry.all("span", is_flag)))] = badge
    classes = {name: badge.attributes["class"].strip() for name, badge in badges.items()}
    assert classes == {
        "Applies.": "badge",
        "Now says more. Changed since it was decided": "badge was",
        "Taken back. Claim withdrawn since": "badge",
        "Decided twice.": "badge",
        "Decided twice. Decided again since": "badge was",
    }
    assert badges["Taken back. Claim withdrawn since"].text == "Withdrawn"
    assert "Proposed by Anna, approved by Boris" in section(page, "latest").text
    # A stale decision is no decision: neither in the number nor among the repeated.
    assert "3 claims are public. Decisions apply to 2 of them" in page.text
    assert "Now says more." not in section(page, "repeated").text


def is_badge(element: Element) -> bool:
    """True for a status."""
    return element.attributes.get("class", "").split()[:1] == ["badge"]


def is_flag(element: Element) -> bool:
    """True for a remark that something no longer holds."""
    return element.attributes.get("class") == "flag"


def test_decisions_on_drafts_never_appear(api: TestClient, record: Record, correct: Correct, decide: Decide) -> None:
    draft = record("claims", statement="A secret zebra.", stage="draft", attributions=attributions(record, 2))["id"]
    decide(draft)
    page = front_page(api)
    assert "zebra" not in page.text
    assert "0 claims are public." in page.text
    correct("claims", draft, stage="published")
    assert "A secret zebra." in section(front_page(api), "latest").text


def test_topics_show_their_latest_figure_and_who_gives_it(api: TestClient, record: Record) -> None:
    topic = record("topics", title="How many <b>are</b> there?")["id"]
    without_figures = record("topics", title="Why?", metric_family="other")["id"]
    figure = {"metric": "present", "unit": "soldiers"}
    said = attributions(record, 1)
    for time, quantity in {
        "2025-01-12": {**figure, "qualifier": "about", "best": 11000},
        "2024-12": {**figure, "qualifier": "exact", "best": 9000},
        "2025-02": {**figure, "qualifier": "vague", "verbatim": "many"},
    }.items():
        record("claims", topic=topic, time=time, quantities=[quantity], attributions=said)
    record("claims", topic=topic, time="2026", stage="draft", quantities=[{**figure, "qualifier": "exact", "best": 7}])
    for number in range(5):
        record("claims", statement=f"Reason {number}", topic=without_figures)

    (row,) = section(front_page(api), "topics").one("tbody").all("tr")

    assert row.one("th").one("small").text == "3 claims"
    assert row.one("th").one("a").text == "How many <b>are</b> there?"
    assert row.all("td")[0].text.startswith("about 11,000")
    assert "12 January 2025" in row.text
    assert row.all("td")[1].text == "MinistryNot assessed"


def test_a_new_byline_applies_at_once(
    api: TestClient, record: Record, decide: Decide, key_of: Callable[[Role], dict[str, str]]
) -> None:
    """Although the page is kept until something changes, and a byline is no part of the record."""
    decide(record("claims", attributions=attributions(record, 1))["id"])
    assert "Proposed by Anna" in front_page(api).text
    admin = key_of(Role.ADMIN)
    (anna,) = (item for item in api.get("people", headers=admin).json()["items"] if item["byline"] == "Anna")
    response = api.get(f"people/{anna['id']}", headers=admin)
    change = {"byline": "Desk 4"}
    headers = {**admin, "If-Match": response.headers["ETag"]}
    assert api.patch(f"people/{anna['id']}", json=change, headers=headers).status_code == 200
    page = front_page(api)
    assert "Proposed by Desk 4" in page.text
    assert "Anna" not in page.text
