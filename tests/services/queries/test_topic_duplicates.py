"""Topics that may ask the same question."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

KURSK = {
    "title": "How many North Korean soldiers are in Kursk?",
    "subject": "North Korean soldiers",
    "period": "2024/..",
}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("case and punctuation", {}, {"title": "how many north-korean soldiers are in Kursk"}, "title"),
    ("words that change nothing", {}, {"title": "How many North Korean soldiers were there in the Kursk?"}, "title"),
    ("the singular", {}, {"title": "Number of North Korean soldier in Kursk"}, "title"),
    ("an accent", {"title": "Who holds Časiv Jar?"}, {"title": "Who holds Casiv Jar"}, "title"),
    ("one with a place", {}, {"title": KURSK["title"].upper(), "place": "Kursk"}, "title"),
    ("another place", {"place": "Sumy"}, {"title": KURSK["title"].upper(), "place": "Kursk"}, None),
    ("another period", {}, {"title": KURSK["title"].upper(), "period": "2023"}, None),
    ("another family", {}, {"title": KURSK["title"].upper(), "metric_family": "casualties"}, None),
    ("another word", {}, {"title": "How many South Korean soldiers are in Kursk?", "subject": "Others"}, None),
    (
        "another order",
        {"title": "Russian losses, by Ukraine", "subject": "A"},
        {"title": "Ukraine losses, by Russia"},
        None,
    ),
    ("another year", {"title": "Losses in 2023", "subject": "A"}, {"title": "Losses in 2024"}, None),
    ("the same question", {}, {"title": "North Korea's strength", "subject": "north korean soldiers"}, "question"),
    ("another subject", {}, {"title": "North Korea's strength", "subject": "North Korean generals"}, None),
    ("another place of the question", {}, {"title": "North Korea's strength", "place": "Kursk"}, None),
    ("another period of the question", {}, {"title": "North Korea's strength", "period": "2025/.."}, None),
    ("no figure in common", {}, {"title": "North Korea's strength", "metric": "deployed_total"}, None),
    ("no figures", {}, {"title": "North Korea's strength", "metric": None}, None),
    ("only Chinese", {"title": "库尔斯克有多少士兵"}, {"title": "库尔斯克有多少士兵?", "subject": "other"}, "title"),
    ("only filler words", {"title": "How many?", "subject": "A"}, {"title": "How much?", "subject": "B"}, None),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_which_topics_may_ask_the_same_question(
    api: TestClient,
    record: Record,
    editor: Headers,
    case: tuple[str, dict[str, Any], dict[str, Any], str | None],
) -> None:
    _name, first, second, reason = case
    topics = []
    for fields in (first, second):
        metric = fields.get("metric", "killed" if fields.get("metric_family") == "casualties" else "present")
        topic = record("topics", **{**KURSK, **{key: value for key, value in fields.items() if key != "metric"}})
        quantity = {"metric": metric, "unit": "soldiers", "qualifier": "exact", "best": 1}
        record("claims", topic=topic["id"], quantities=[] if metric is None else [quantity])
        topics.append(topic)
    unrelated = record("topics", title="Who shelled the market?", subject="Responsibility", metric_family="other")

    body = api.get("topics/possible-duplicates", headers=editor).json()

    pairs = [(item["topic"], item["possible_duplicate_of"], item["reason"]) for item in body["items"]]
    assert pairs == ([] if reason is None else [(topics[1], topics[0], reason)])
    for topic, count in ((topics[0], len(pairs)), (topics[1], len(pairs)), (unrelated, 0)):
        of_one = api.get("topics/possible-duplicates", params={"topic": topic["id"]}, headers=editor).json()
        assert len(of_one["items"]) == count


def test_possible_duplicates_are_for_the_desk(api: TestClient, editor: Headers) -> None:
    assert api.get("topics/possible-duplicates").status_code == 401
    assert api.get("topics/possible-duplicates", headers=editor).json() == {"items": []}
    assert api.get("topics/possible-duplicates", params={"topik": "x"}, headers=editor).status_code == 422


OSINT_STATUSES = ("destroyed", "captured", "damaged", "abandoned")


def test_topics_by_status_and_by_country_are_no_duplicates(api: TestClient, editor: Headers) -> None:
    """They have one subject, family and period, as lists of documented losses have them."""
    lines: list[dict[str, Any]] = []
    for country in ("Russian", "Ukrainian"):
        for status in OSINT_STATUSES:
            topic = {"record": "topic", "key": f"{country}/{status}", "subject": f"{country} vehicles"}
            topic |= {"metric_family": "equipment", "period": "2022-02-24/.."}
            lines.append({**topic, "title": f"Which {country} vehicles are documented as {status}?"})
            quantity = {"metric": f"equipment_{status}", "unit": "items", "qualifier": "exact", "best": 1}
            claim = {"record": "claim", "key": f"c/{country}/{status}", "topic": topic["key"], "stage": "published"}
            lines.append({**claim, "kind": "equipment_loss", "statement": "One was.", "quantities": [quantity]})
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == []

    assert api.get("topics/possible-duplicates", headers=editor).json() == {"items": []}
