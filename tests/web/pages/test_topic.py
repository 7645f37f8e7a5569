"""The page of a topic: its chart and table show the figures of the API, and what contradicts what."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.pages import ROOT, Page, descendants, get_page, text_of

Record = Callable[..., dict[str, Any]]


@pytest.fixture
def topic(record: Record) -> str:
    """A topic with figures by two services that contradict each other, one in words, and a draft."""
    topic: str = record("topics", title="How many soldiers were lost?", metric_family="casualties")["id"]
    services = [record("sources", name=name, kind="intelligence_service")["id"] for name in ("NIS", "GUR")]
    for service, best in zip(services, (300, 900), strict=True):
        record(
            "claims",
            statement=f"{best} were killed.",
            topic=topic,
            time="2025-01-12",
            quantities=[{"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": best}],
            attributions=[{"source": service, "stance": "asserts", "lineage": "original"}],
        )
    vague = {"metric": "killed", "unit": "soldiers", "qualifier": "vague", "verbatim": "<b>dozens</b>"}
    record("claims", statement="Dozens were killed.", topic=topic, quantities=[vague])
    secret = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 77}
    record("claims", statement="A draft.", stage="draft", topic=topic, quantities=[secret])
    return topic


def marks(page: Page, width: str) -> list[Any]:
    (drawing,) = page.all("svg", width)
    return list(descendants(drawing, "a"))


def test_every_figure_of_the_api_is_a_mark_that_leads_to_its_claim(api: TestClient, topic: str) -> None:
    series = api.get(f"topics/{topic}/series").json()
    page = get_page(api, f"/topics/{topic}")
    assert series["figure_count"] == 3
    for width in ("wide", "mid", "narrow"):
        assert [link.get("href") for link in marks(page, width)] == [
            f"/claims/{figure['claim_id']}" for figure in series["figures"]
        ]
    assert "NIS: 300. killed. 12 January 2025. Not assessed" in {link.get("aria-label") for link in marks(page, "wide")}
    assert "“<b>dozens</b>”" in page.html.replace("&lt;", "<").replace("&gt;", ">")
    assert "A draft." not in page.html
    assert "77" not in page.text("table")


def test_contradictions_name_who_gave_which_figure(api: TestClient, topic: str) -> None:
    page = get_page(api, f"/topics/{topic}")
    assert "1 pair of figures contradicts each other." in page.texts("p", "hint")
    (pair,) = page.all("ul", "stances")[0]
    assert {"300", "900", "NIS", "GUR"} <= {text_of(link) for link in pair.iter("a")}


def test_a_topic_in_the_past_has_the_figures_of_that_time(api: TestClient, topic: str, record: Record) -> None:
    moment = api.get(f"topics/{topic}").json()["recorded_at"]
    page = get_page(api, f"/topics/{topic}?as_of={moment.replace('+', '%2B')}")
    assert "No figure is on record." in page.texts("p", "lede")
    assert page.all("div", "past")


def test_a_merged_topic_leads_to_the_other_one(api: TestClient, record: Record, editor: dict[str, str]) -> None:
    kept, duplicate = (record("topics", title=title)["id"] for title in ("One?", "Another?"))
    tag = api.get(f"topics/{duplicate}").headers["ETag"]
    body = {"into": kept, "notice": "Recorded twice."}
    api.post(f"topics/{duplicate}/merge", json=body, headers={**editor, "If-Match": tag}).raise_for_status()
    response = api.get(f"{ROOT}/topics/{duplicate}", follow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (307, f"/topics/{kept}")


def test_the_series_has_the_status_that_is_shown(api: TestClient, topic: str, record: Record) -> None:
    figure = api.get(f"topics/{topic}/series").json()["figures"][0]
    assert figure["status"] == "unassessed"
    assert (figure["origins"], figure["day"]) in ([["NIS"], "2025-01-12"], ([], None), (["NIS"], "2025-01-12"))
