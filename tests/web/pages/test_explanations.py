"""The pages about the record are made from its own tables."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from app.services.policy.status_rules import STATUS_RULES
from app.vocabulary import LISTS, Status
from tests.support.pages import ROOT, get_page

Record = Callable[..., dict[str, Any]]


def test_how_we_decide_has_every_rule(api: TestClient) -> None:
    page = get_page(api, "/how-we-decide")
    for status, rule in STATUS_RULES.items():
        assert status is Status.UNASSESSED or rule.requirement.replace("`", "") in page.text("main")


def test_every_word_is_explained(api: TestClient) -> None:
    page = get_page(api, "/words")
    shown = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert {word.value for words in LISTS for word in words} == shown.keys()
    assert page.texts("h2") == [words.__name__ for words in LISTS]


def test_the_record_page_has_the_state_of_the_log(api: TestClient, record: Record) -> None:
    record("sources")
    state = api.get("log").json()
    page = get_page(api, "/record")
    assert str(state["size"]) in page.texts("dd")
    assert (state["checkpoint"] or "").split() == (page.texts("p", "out") or [""])[0].split()


def test_corrections_show_what_changed(api: TestClient, record: Record, correct: Record) -> None:
    claim = record("claims", statement="Two were captured.")
    correct("claims", claim["id"], statement="Three were captured.", reason="The ministry <b>corrected</b> itself.")
    page = get_page(api, "/corrections")
    assert (page.texts("del"), page.texts("ins")) == (["Two"], ["Three"])
    assert "The ministry <b>corrected</b> itself." in page.text("ul", "feed")


def test_corrections_are_paged(api: TestClient, record: Record, correct: Record) -> None:
    for number in range(3):
        claim = record("claims", statement=f"Claim {number}.")
        correct("claims", claim["id"], statement=f"Claim {number}, corrected.")
    first = get_page(api, "/corrections?limit=2")
    (following,) = (link.get("href") for link in first.all("a", rel="next"))
    assert len(first.all("ul", "feed")[0]) == 2
    # The link has the default limit, so the cursor stands for the following acts.
    assert len(get_page(api, following).all("ul", "feed")[0]) == 1


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
def test_search_engines_get_what_they_ask_for(api: TestClient, record: Record, path: str) -> None:
    claim, draft = record("claims"), record("claims", stage="draft", statement="Secret.")
    response = api.get(ROOT + path)
    assert response.status_code == 200
    if path == "/sitemap.xml":
        addresses = [element.text for element in ET.fromstring(response.content).iter() if element.tag.endswith("loc")]  # noqa: S314 - our own
        assert any(address and address.endswith(f"/claims/{claim['id']}") for address in addresses)
        assert draft["id"] not in response.text
