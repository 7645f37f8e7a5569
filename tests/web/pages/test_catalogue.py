"""The lists of topics, sources and documents say what the lists of the API say."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.html_pages import Element, parse_page

ROOT = "http://testserver"
Record = Callable[..., dict[str, Any]]

HOSTILE = '<script>alert(1)</script> \u200fevil"'

NAME_OF = {"topics": "title", "sources": "name", "documents": "title"}


def open_list(api: TestClient, address: str, **params: str) -> Element:
    """The page of a list."""
    response = api.get(ROOT + address, params=params or None)  # empty ones would replace those of the address
    assert response.status_code == 200, response.text[:1000]
    return parse_page(response.text)


def names(page: Element) -> list[str]:
    """The names in the list, in its order."""
    return [row.one("th").all("a")[0].text for row in page.one("tbody").all("tr")]


def link(page: Element, text: str) -> str:
    """The address of the only link with this text."""
    (address,) = {link.attributes["href"] for link in page.all("a") if link.text == text}
    return address


@pytest.mark.parametrize("plural", NAME_OF)
def test_pages_follow_one_another_as_in_the_api(api: TestClient, record: Record, plural: str) -> None:
    for number in range(45):
        record(plural, **{NAME_OF[plural]: f"Thing {number}"})
    links = {"": ("Next 20", "Back to the first page"), "/uk": ("Наступні 20", "На першу сторінку")}
    for root, (following, back) in links.items():
        page = open_list(api, f"{root}/{plural}")
        seen = names(page)
        assert page.one("h1").text
        while any(link.attributes.get("rel") == "next" for link in page.all("a")):
            page = open_list(api, link(page, following))
            assert link(page, back) == f"{root}/{plural}"
            seen += names(page)
        listed = api.get(plural, params={"limit": 200}).json()["items"]
        assert seen == [item[NAME_OF[plural]] for item in listed]
        assert len(seen) == 45
    assert "no longer there" in open_list(api, f"/{plural}", cursor="x").text


def test_sources_are_found_by_name_and_kind(api: TestClient, record: Record) -> None:
    state = record("sources", name="Republic of Korea", other_names=["대한민국"], side="Ukraine")["id"]
    record("sources", name="Service", parent=state, kind="intelligence_service")
    record("sources", name="A paper", kind="news_organisation", anonymity="described")
    for params in ({"name": "KOREA"}, {"name": "대한"}, {"kind": "intelligence_service"}, {"name": "", "kind": ""}):
        given = {name: value for name, value in params.items() if value}
        expected = [item["name"] for item in api.get("sources", params=given).json()["items"]]
        assert names(open_list(api, "/sources", **params)) == expected
        assert expected
    page = open_list(api, "/sources", name="service")
    assert link(page, "Republic of Korea") == f"/sources/{state}"
    page = open_list(api, "/sources", name="x", kind="nothing")
    assert page.one("li", id="name-error").text.startswith("Name: must have at least 2 characters.")
    assert len(names(page)) == 3
    assert "No source fits." in open_list(api, "/sources", name="nobody").text


def test_claims_are_counted_by_topic_and_source(api: TestClient, record: Record) -> None:
    topic = record("topics", title="How many?")["id"]
    record("topics", title="Why?")
    source = record("sources", name="Ministry")["id"]
    record("sources", name="Silent")
    attribution = {"source": source, "stance": "asserts", "lineage": "original"}
    for number, stage in enumerate(("published", "published", "draft")):
        record("claims", statement=f"Claim {number}", stage=stage, topic=topic, attributions=[attribution])
    for plural, expected in {"topics": ["2", "0"], "sources": ["2", "0"]}.items():
        rows = open_list(api, f"/{plural}").one("tbody").all("tr")
        assert [row.all("td")[-1].text for row in rows] == expected
    assert link(open_list(api, "/topics"), "2") == f"/search?topic={topic}"


def test_documents_name_their_publisher_and_day(api: TestClient, record: Record) -> None:
    paper = record("sources", name="A paper")["id"]
    url = "https://example.com/a?b=1"
    record("documents", title="Втрати ворога", language="uk", publisher=paper, published="2025-01-12", url=url)
    record("documents", published="2025-01-13", kind="official_release")
    page = open_list(api, "/documents", url=url)
    (row,) = page.one("tbody").all("tr")
    (title,) = row.one("th").all("span")
    assert (title.attributes, title.text) == ({"lang": "uk", "dir": "ltr"}, "Втрати ворога")
    assert link(page, "A paper") == f"/sources/{paper}"
    assert "12 January 2025" in row.text
    (row,) = open_list(api, "/documents", kind="official_release").one("tbody").all("tr")
    assert row.one("th").text == "Official release, 13 January 2025 without a title"
    assert names(open_list(api, "/documents", date_from="garbage", publisher="nobody"))
    assert len(open_list(api, "/documents", date_from="garbage", publisher="nobody").all("li", is_error)) == 2


def is_error(element: Element) -> bool:
    """True for a message about a field."""
    return element.attributes.get("class") == "error"


def test_topics_are_narrowed_to_what_is_counted(api: TestClient, record: Record) -> None:
    record("topics", title="How many?", metric_family="strength")
    record("topics", title="How many were killed?", metric_family="casualties")
    assert names(open_list(api, "/topics", metric_family="casualties")) == ["How many were killed?"]
    assert names(open_list(api, "/topics", metric_family="")) == ["How many?", "How many were killed?"]


@pytest.mark.parametrize("plural", NAME_OF)
def test_hostile_names_are_shown_and_not_run(api: TestClient, record: Record, plural: str) -> None:
    record(plural, **{NAME_OF[plural]: HOSTILE})
    page = open_list(api, f"/{plural}")
    assert names(page) == [HOSTILE]
    assert [script.children for script in page.all("script")] == [[]]
    assert any(name.text == HOSTILE for name in page.all("bdi"))
    for parameter in ("cursor", "kind") if plural != "topics" else ("cursor", "metric_family"):
        assert len(open_list(api, f"/{plural}", **{parameter: HOSTILE}).all("script")) == 1
