"""The search page says what `GET /claims` says, keeps the whole search in its address, and explains what is wrong."""

import gzip
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from app.schemas.query_parameters import ClaimFilter
from tests.support.html_pages import Element, parse_page

ROOT = "http://testserver"
Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Params = Mapping[str, str | list[str]]

HOSTILE = "<script>alert(1)</script> \u200fevil\" onmouseover='x'"


def open_search(api: TestClient, params: Params | None = None, root: str = "") -> Element:
    """The search page."""
    return open_page(api, f"{ROOT}{root}/search", params)


def open_page(api: TestClient, address: str, params: Params | None = None) -> Element:
    """The page at an address."""
    response = api.get(address, params=params)
    assert response.status_code == 200, response.text[:1000]
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return parse_page(response.text)


def statements(page: Element) -> list[str]:
    """The statements of the claims on a page of results."""
    return [heading.text for heading in page.all("h3")]


def chips(page: Element) -> dict[str, str]:
    """The active filters, with the addresses that remove them."""
    links = page.all("a", lambda link: link.attributes.get("class") == "chip")
    return {link.text.removesuffix("×"): link.attributes["href"] for link in links}


def link(page: Element, text: str) -> str:
    """The address of the only link with this text."""
    (address,) = {link.attributes["href"] for link in page.all("a") if link.text == text}
    return address


def figure(metric: str, best: int) -> dict[str, Any]:
    """An exact figure of soldiers."""
    return {"metric": metric, "unit": "soldiers", "qualifier": "exact", "best": best}


@pytest.fixture
def ids(record: Record) -> dict[str, str]:
    """Published claims that differ in every filter, and a draft."""
    ministry = record("sources", name="Ministry", key="ministry")["id"]
    paper = record("sources", name="A paper", kind="news_organisation")["id"]
    rival = record("sources", name="Rival")["id"]
    topic = record("topics", title="How many were killed?", key="killed", metric_family="casualties")["id"]
    attributions = [
        {"key": "first", "source": ministry, "stance": "asserts", "lineage": "original"},
        {"source": paper, "stance": "asserts", "lineage": "relayed", "upstream": "first"},
        {"source": rival, "stance": "denies", "lineage": "original"},
    ]
    losses = record(
        "claims",
        kind="casualty_figure",
        statement="300 soldiers were killed near Kursk.",
        topic=topic,
        place="Kursk Oblast, Russia",
        time="2025-01-12",
        quantities=[figure("killed", 300)],
        attributions=attributions,
    )["id"]
    record("claims", statement="Soldiers are far away.", kind="troop_estimate", place="Zaporizhzhia", time="2023")
    record("claims", statement="A zebra is secret.", stage="draft", place="Zebraville", time="2025-01-12")
    taken_back = record("claims", statement="Soldiers left.", kind="deployment")["id"]
    return {"ministry": ministry, "topic": topic, "losses": losses, "taken back": taken_back}


def test_the_page_says_what_the_list_says(api: TestClient, ids: dict[str, str]) -> None:
    for root in ("", "/uk"):
        for params in ({}, {"q": "soldiers"}, {"q": "killed", "sort": "date"}, {"kind": "troop_estimate"}):
            page = open_search(api, params, root)
            items = api.get("claims", params=params).json()["items"]
            assert statements(page) == [item["statement"] for item in items]
            addresses = [heading.one("a").attributes["href"] for heading in page.all("h3")]
            assert addresses == [f"{root}/claims/{item['id']}" for item in items]
            assert [badge.attributes["data-s"] for badge in page.all("span", is_badge)] == [
                item["status"] for item in items
            ]


def is_badge(element: Element) -> bool:
    """True for a status."""
    return element.attributes.get("class", "").split()[:1] == ["badge"]


def test_a_result_says_who_says_so_through_origins_and_stances(api: TestClient, ids: dict[str, str]) -> None:
    page = open_search(api, {"q": "killed"})

    (result,) = page.all("li", lambda item: bool(item.all("h3")))
    assert "Ministry says so; relayed by one other; Rival denies it." in result.text
    assert [name.text for name in result.all("b")] == ["Ministry"]
    assert "300 soldiers killed" in result.text
    assert [mark.text for mark in result.one("h3").all("mark")] == ["killed"]
    assert "Kursk Oblast, Russia" in result.text
    assert "12 January 2025" in result.text


FILTERS: Params = {
    "q": "killed",
    "kind": ["casualty_figure", "other"],
    "status": ["unassessed", "disputed"],
    "stage": "published",
    "topic": "killed",
    "source": "ministry",
    "stance": "asserts",
    "metric": "killed",
    "value_min": "200",
    "value_max": "400",
    "place": "kursk",
    "date_from": "2024-10",
    "date_to": "2025-01",
}


def test_every_filter_applies_and_stays_in_the_address(api: TestClient, ids: dict[str, str]) -> None:
    assert FILTERS.keys() == ClaimFilter.model_fields.keys()
    page = open_search(api, {**FILTERS, "sort": "-date"})

    assert statements(page) == ["300 soldiers were killed near Kursk."]
    assert list(chips(page)) == [
        "Words: killed",
        "Status: Not assessed",
        "Status: Disputed",
        "Stage: published",
        "Kind: Casualty figure",
        "Kind: Other",
        "Who speaks: Ministry",
        "Stance: says so",
        "Question: How many were killed?",
        "What is counted: killed",
        "Figure: at least 200",
        "Figure: at most 400",
        "Place: kursk",
        "Time: from October 2024",
        "Time: up to January 2025",
    ]
    sent = {name: value if isinstance(value, list) else [value] for name, value in FILTERS.items()} | {
        "sort": ["-date"]
    }
    without_source = parse_qs(urlsplit(chips(page)["Who speaks: Ministry"]).query)
    assert without_source == {name: values for name, values in sent.items() if name != "source"}
    without_one_kind = parse_qs(urlsplit(chips(page)["Kind: Other"]).query)
    assert without_one_kind == {**sent, "kind": ["casualty_figure"]}
    # The form sends everything again: by its fields, or unseen.
    fields = [field for tag in ("input", "select") for field in page.all(tag) if "name" in field.attributes]
    names = {field.attributes["name"] for field in fields}
    assert names >= sent.keys()
    for text, suffix in {"CSV": ".csv", "JSON": "", "RIS": ".ris", "Atom feed": ".atom"}.items():
        address = link(page, text)
        assert urlsplit(address).path == f"/api/v1/claims{suffix}"
        response = api.get(ROOT + address)
        assert response.status_code == 200, response.text
    assert api.get(ROOT + link(page, "JSON")).json()["items"][0]["id"] == ids["losses"]


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_each_filter_alone_finds_what_the_list_finds(api: TestClient, ids: dict[str, str], name: str) -> None:
    params = {name: FILTERS[name]}
    expected = [item["statement"] for item in api.get("claims", params=params).json()["items"]]
    assert statements(open_search(api, params)) == expected
    assert "300 soldiers were killed near Kursk." in expected


def test_empty_fields_count_as_not_given(api: TestClient, ids: dict[str, str]) -> None:
    everything_empty = "&".join(f"{name}=" for name in (*ClaimFilter.model_fields, "sort", "as_of", "cursor"))
    page = open_page(api, f"{ROOT}/search?{everything_empty}")
    assert statements(page) == statements(open_search(api))
    assert not chips(page)
    data = api.get(f"{ROOT}/search.json?{everything_empty}", follow_redirects=True)
    assert data.status_code == 200, data.text


PROBLEMS: list[tuple[Params, str, str]] = [
    ({"date_from": "garbage"}, "date_from", "From: must be a date such as 2025-01-12, or a part of one"),
    ({"date_from": "2025", "date_to": "2024"}, "date_to", "To: must not be before date_from."),
    ({"kind": "nothing"}, "kind", "Kind: there is no such value."),
    ({"status": ["nothing", "unassessed"]}, "status", "Status: there is no such value."),
    ({"topic": "nothing"}, "topic", "Question: "),
    ({"source": "nothing"}, "source", "Who speaks: "),
    ({"value_min": "many"}, "value_min", "At least: must be a valid decimal."),
    ({"value_min": "5", "value_max": "4"}, "value_max", "At most: must not be less than value_min."),
    ({"place": "x"}, "place", "Place: must have at least 2 characters."),
    ({"as_of": "2999-01-01"}, "as_of", "As we knew it on: must not be in the future."),
    ({"as_of": "yesterday"}, "as_of", "As we knew it on: must be a date"),
    ({"sort": "best"}, "sort", "Order: there is no such value."),
]


@pytest.mark.parametrize(("params", "name", "message"), PROBLEMS)
def test_an_invalid_field_is_explained_and_the_rest_of_the_search_applies(
    api: TestClient, ids: dict[str, str], params: Params, name: str, message: str
) -> None:
    page = open_search(api, {"q": "killed", **params})

    assert statements(page) == ["300 soldiers were killed near Kursk."]
    error = page.one("p", id=f"{name}-error").text
    assert error.startswith(message)
    # It is listed first, as a link to its field.
    assert link(page, error) == f"#{name}"
    assert page.one("input", id="q").attributes["value"] == "killed"
    assert "Words: killed" in chips(page)
    assert not any(values == params[name] for values in parse_qs(urlsplit(link(page, "JSON")).query).values())


def test_words_that_cannot_be_searched_for_are_explained(api: TestClient, ids: dict[str, str]) -> None:
    for q in ('"', "-", "-killed", "x" * 501, "***"):
        page = open_search(api, {"q": q, "kind": "casualty_figure"})
        assert statements(page) == ["300 soldiers were killed near Kursk."], q
        assert page.one("p", id="q-error").text.startswith("Words: "), q
        assert page.one("input", id="q").attributes["value"] == q


def test_drafts_never_appear(api: TestClient, ids: dict[str, str], editor: dict[str, str]) -> None:
    for params in ({"q": "zebra"}, {"stage": "draft"}, {"stage": ["draft", "in_review"]}, {"place": "zebraville"}):
        # Not even to those who may see them: a page is the same for everybody.
        response = api.get(f"{ROOT}/search", params=params, headers=editor)
        assert response.status_code == 200
        text = response.text.replace('value="zebra"', "").replace("Words: zebra", "").replace("zebra:", "")
        assert "secret" not in text
        assert "Zebraville" not in text
    assert "Only fact-checkers can see drafts" in open_search(api, {"stage": "draft"}).text


def test_withdrawn_claims_have_no_other_status(api: TestClient, ids: dict[str, str], correct: Correct) -> None:
    correct("claims", ids["taken back"], stage="withdrawn", notice="It was wrong.")
    page = open_search(api, {"stage": "withdrawn"})
    assert statements(page) == ["Soldiers left."]
    assert [badge.text for badge in page.all("span", is_badge)] == ["Withdrawn"]


def test_pages_follow_one_another_and_lead_back(api: TestClient, record: Record) -> None:
    for number in range(45):
        record("claims", statement=f"Unit {number} has moved.", key=f"unit-{number}")
    for params in ({}, {"q": "unit", "kind": "troop_estimate"}):
        page = open_search(api, params)
        seen = statements(page)
        assert len(seen) == 20
        assert "1 to 20 of 45." in page.text
        assert "Back to the first page" not in page.text
        page = open_page(api, ROOT + link(page, "Next 20"))
        seen += statements(page)
        assert link(page, "Back to the first page") == urlsplit(str(open_address(params))).geturl()
        page = open_page(api, ROOT + link(page, "Next 20"))
        seen += statements(page)
        assert len(seen) == len(set(seen)) == 45
        assert "Next" not in page.text
    # A cursor of another search is not guessed at.
    other = link(open_search(api, {"q": "unit"}), "Next 20")
    page = open_search(api, {**dict(parse_qsl(urlsplit(other).query)), "q": "moved"})
    assert "This page of the list is no longer there. You see the first page." in page.text
    assert len(statements(page)) == 20


def open_address(params: Params) -> str:
    """The address of a search, as the page writes it."""
    query = "&".join(f"{name}={value}" for name, value in sorted(params.items(), key=lambda item: item[0] != "q"))
    return "/search" + (f"?{query}" if query else "")


def test_facets_offer_what_the_list_counts(api: TestClient, ids: dict[str, str]) -> None:
    page = open_search(api)
    counted = api.get("claims", params={"facets": "kind,source"}).json()
    kinds = {box.attributes["value"] for box in page.all("input") if box.attributes.get("name") == "kind"}
    assert kinds == counted["facets"]["kind"].keys()
    labels = {label.text for label in page.all("label")}
    assert {f"{name} 1" for name in counted["facet_names"].values()} <= labels
    # With one value chosen, the other values of the list remain to be chosen.
    narrowed = open_search(api, {"kind": "casualty_figure", "source": "ministry"})
    boxes = [box for box in narrowed.all("input") if box.attributes.get("name") == "kind"]
    assert len(boxes) > len(kinds)
    assert [box.attributes["value"] for box in boxes if "checked" in box.attributes] == ["casualty_figure"]
    (chosen,) = (
        box for box in narrowed.all("input") if box.attributes.get("name") == "source" and "checked" in box.attributes
    )
    assert chosen.attributes["value"] == ids["ministry"]
    # Also where no claim is left to name it.
    nothing = open_search(api, {"q": "nothing", "source": "ministry"})
    assert "Who speaks: Ministry" in chips(nothing)


def test_a_search_that_finds_nothing_teaches(api: TestClient, ids: dict[str, str]) -> None:
    page = open_search(api, {"q": "killed 290", "status": "confirmed"})

    assert page.one("h2", id="results").text == "No claim fits"
    assert "does not mean that it was not said, nor that it is false" in page.text
    by_value = link(page, "Figures are searched by value: any figure from 261 to 319")
    assert statements(open_page(api, ROOT + by_value)) == ["300 soldiers were killed near Kursk."]
    without_number = link(page, "Without the number: killed")
    assert statements(open_page(api, ROOT + without_number)) == ["300 soldiers were killed near Kursk."]
    for q in ("290", "-290", '"killed 290"', "99999999999999999999999", "٣٠٠ غير", "killed 0"):
        assert open_search(api, {"q": q, "status": "confirmed"}).one("h2", id="results").text == "No claim fits"


def test_the_past_stays_the_past(api: TestClient, ids: dict[str, str]) -> None:
    page = open_search(api, {"as_of": "2020-01-01", "q": "killed"})
    assert page.one("h2", id="results").text == "No claim fits"
    assert "You see what we knew on 1 January 2020, 23:59 UTC" in page.text
    as_data = page.one("link", type="application/json").attributes["href"]
    assert parse_qs(urlsplit(as_data).query)["as_of"] == ["2020-01-01T23:59:59.999999Z"]
    assert page.one("input", id="as_of").attributes["value"] == "2020-01-01"
    then = api.get("claims").json()["items"][0]["recorded_at"]
    page = open_search(api, {"as_of": then, "q": "killed"})
    (heading,) = page.all("h3")
    assert urlsplit(heading.one("a").attributes["href"]).query.startswith("as_of=")
    assert open_page(api, ROOT + heading.one("a").attributes["href"]).one("h1").text == heading.text


def test_hostile_texts_are_shown_and_not_run(api: TestClient, record: Record) -> None:
    source = record("sources", name=HOSTILE)["id"]
    topic = record("topics", title=HOSTILE)["id"]
    attribution = {
        "source": source,
        "stance": "no_statement_found",
        "search": {"on": "2025-01-01", "where": HOSTILE, "by": HOSTILE},
    }
    record("claims", statement=f"{HOSTILE} zebra", place=HOSTILE, topic=topic, attributions=[attribution])
    for params in (
        {},
        {"q": "zebra"},
        {"q": HOSTILE},
        {"q": "zebra", "source": source, "topic": topic},
        {"place": HOSTILE},
    ):
        page = open_search(api, params)
        assert [script.children for script in page.all("script")] == [[]]
        assert statements(page) == [f"{HOSTILE} zebra"]
        # A name that turns the direction of writing does so for itself alone.
        assert any(name.text == HOSTILE for name in page.all("bdi"))
    for name in ("place", "date_from", "source", "sort", "cursor", "as_of", "kind"):
        page = open_search(api, {name: HOSTILE})
        assert len(page.all("script")) == 1


def test_texts_in_other_languages_have_their_language_and_direction(api: TestClient, record: Record) -> None:
    record("claims", statement="قُتل ثلاثمئة جندي.", language="ar")
    record("claims", statement="Російські втрати зросли.", language="uk")
    record("claims", statement="Losses grew.", language="en")
    for root, expected in (
        ("", {"ar": "rtl", "uk": "ltr"}),
        ("/uk", {"ar": "rtl", "en": "ltr"}),
    ):
        page = open_search(api, {}, root)
        marked = [link.attributes for heading in page.all("h3") for link in heading.all("a")]
        assert {item["lang"]: item["dir"] for item in marked if "lang" in item} == expected


def test_the_page_is_revalidated_with_its_entity_tag(api: TestClient, record: Record) -> None:
    record("claims", statement="Soldiers left.")
    for path in ("/search?q=soldiers", "/", "/topics", "/sources", "/documents", "/uk/search"):
        first = api.get(ROOT + path)
        again = api.get(ROOT + path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert first.headers["Vary"] == "Accept"
        assert "set-cookie" not in first.headers
    tag = api.get(f"{ROOT}/search?q=soldiers").headers["ETag"]
    record("claims", statement="Soldiers came back.")
    assert api.get(f"{ROOT}/search?q=soldiers", headers={"If-None-Match": tag}).status_code == 200


def test_a_page_of_results_is_light(api: TestClient, record: Record) -> None:
    for number in range(25):
        source = record("sources", name=f"Ministry number {number} of a long name")["id"]
        topic = record(
            "topics", title=f"How many soldiers were killed in district {number}?", metric_family="casualties"
        )["id"]
        record(
            "claims",
            statement=f"In district number {number}, {number * 37} soldiers were killed by {number} shells.",
            place=f"District {number}, Kursk Oblast, Russia",
            topic=topic,
            time="2025-01-12",
            quantities=[figure("killed", number * 37), figure("wounded", number * 41)],
            attributions=[{"source": source, "stance": "asserts", "lineage": "original"}],
        )
    page = api.get(f"{ROOT}/search", params={"q": "soldiers", "kind": "troop_estimate"})
    assert len(gzip.compress(page.content)) <= 15_000


def test_addresses_of_the_api_lead_here(api: TestClient, ids: dict[str, str]) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = api.get("claims?q=killed&facets=source&limit=5", headers=browser, follow_redirects=True)
    assert statements(parse_page(response.text)) == ["300 soldiers were killed near Kursk."]
    response = api.get(f"{ROOT}/search.csv?q=killed&date_from=&as_of=", follow_redirects=True)
    assert response.headers["Content-Type"].startswith("text/csv")
    assert ids["losses"] in response.text
    assert api.get(f"{ROOT}/search?nonsense=1").status_code == 422
    accept = {"Accept": "application/json"}
    as_data = api.get(f"{ROOT}/uk/search?q=&as_of=2020-01-01", headers=accept, follow_redirects=False)
    assert as_data.status_code == 303
    address = urlsplit(as_data.headers["Location"])
    assert (address.path, parse_qs(address.query)) == (
        "/api/v1/claims",
        {"as_of": ["2020-01-01T23:59:59.999999+00:00"]},  # a day on a page means its end
    )


def test_a_page_that_is_kept_shows_every_change_at_once(api: TestClient, ids: dict[str, str], correct: Correct) -> None:
    for _ in range(2):
        assert "Ministry says so" in open_search(api, {"q": "killed"}).text
    correct("sources", ids["ministry"], name="Ministry of Defence")
    assert "Ministry of Defence says so" in open_search(api, {"q": "killed"}).text
    correct("claims", ids["losses"], stage="withdrawn", notice="It was wrong.")
    assert open_search(api, {"q": "killed"}).one("h2", id="results").text == "No claim fits"
