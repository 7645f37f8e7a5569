"""The estimates of a topic, and which of its figures conflict."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.formats.english.conflict_sentences import conflict_sentence
from app.schemas.estimate import Conflict
from tests.support.retractions import RETRACTED

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]


# --- conflicting figures ---

PLAIN: dict[str, Any] = {"metric": "present", "unit": "soldiers", "qualifier": "exact"}
JANUARY = "2025-01-12"
EVENING = "2025-01-12T18:00/2025-01-12T23:30"
MORNING = "2025-01-12T06:00/2025-01-12T09:00"
SOURCES = [
    {"key": "ua", "name": "Ukraine", "kind": "government"},
    {"key": "staff", "name": "General Staff", "kind": "armed_force", "parent": "ua"},
    {"key": "spies", "name": "Military intelligence", "kind": "intelligence_service", "parent": "ua"},
    {"key": "ru", "name": "Russia", "kind": "government"},
    {"key": "un", "name": "United Nations", "kind": "intergovernmental_organisation"},
    {"key": "paper", "name": "The Paper", "kind": "news_organisation"},
    {"key": "agency", "name": "The Agency", "kind": "news_organisation"},
    {"key": "officials", "name": "Western officials", "kind": "government", "anonymity": "described"},
    {"key": "somebody", "name": "A source", "kind": "witness", "anonymity": "anonymous"},
]


def figure(
    *chains: str, said: str | None = None, document: str | None = None, relation: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A claim with one figure. A chain is the origin and its relays, `ua < paper`; `? paper` has an unknown lineage.

    `time` and `place` are the claim's. `said` and `document` are the origin's, and `relation` is one to the claim
    before.
    """
    claim: dict[str, Any] = {name: fields.pop(name) for name in ("time", "place") if name in fields}
    bounds: dict[str, Any] = {name: fields.pop(name) for name in ("low", "best", "high") if name in fields}
    bounds = bounds or {"best": 100}
    attributions: list[dict[str, Any]] = []
    for chain in chains:
        upstream = None
        for source in chain.removeprefix("? ").split(" < "):
            key = f"{upstream or ''}{source}"
            lineage: dict[str, Any] = (
                {"lineage": "relayed", "upstream": upstream} if upstream else {"lineage": "original"}
            )
            if chain.startswith("? "):
                lineage = {"lineage": "unknown"}
            if key not in [attribution["key"] for attribution in attributions]:
                details: dict[str, Any] = {} if upstream else {"said": said, "document": document}
                attributions.append({"key": key, "source": source, "stance": "asserts", **lineage, **details})
            upstream = key
    relations = [] if relation is None else [{"relation": relation, "other_claim": "before"}]
    quantity: dict[str, Any] = {**PLAIN, **fields, **bounds}
    return {"time": JANUARY, **claim, "quantities": [quantity], "attributions": attributions, "relations": relations}


def killed_by(*chains: str, best: int, **fields: Any) -> dict[str, Any]:
    return figure(*chains, metric="killed", best=best, **fields)


def total_by(*chains: str, best: int, **fields: Any) -> dict[str, Any]:
    return killed_by(*chains, best=best, cumulative=True, **fields)


UA, RU = figure("ua"), figure("ru", best=200)

CONFLICTS: list[tuple[str, list[dict[str, Any]], str]] = [
    # What is compared at all. The last column has the kinds of the conflicts.
    ("the same figure", [figure("ua"), figure("ru")], ""),
    ("another figure", [figure("ua"), figure("ru", best=101)], "sources"),
    ("another metric", [figure("ua", metric="killed"), figure("ru", best=200, metric="wounded")], ""),
    ("another unit", [figure("ua"), figure("ru", best=200, unit="brigades")], ""),
    ("a unit in capitals", [figure("ua"), figure("ru", best=200, unit="Soldiers")], "sources"),
    ("a part of the population", [figure("ua"), figure("ru", best=200, population="officers")], ""),
    ("the same part", [figure("ua", population="officers"), figure("ru", best=9, population="officers ")], "sources"),
    ("another place", [figure("ua", place="Kursk"), figure("ru", best=200, place="Sumy")], ""),
    ("the same place", [figure("ua", place="Kursk"), figure("ru", best=200, place="kursk")], "sources"),
    ("nobody on record", [figure(), figure("ru", best=200)], "sources"),
    # Times of states: they conflict if they overlap.
    ("another day", [UA, figure("ru", best=200, time="2025-01-13")], ""),
    ("a day and its month", [UA, figure("ru", best=200, time="2025-01")], "sources"),
    ("months that meet", [
        figure("ua", time="2024-12/2025-01-12"), figure("ru", best=2, time=f"{JANUARY}/..")], "sources"),
    ("months that do not meet", [figure("ua", time="2024-12"), figure("ru", best=200, time="2025-01")], ""),
    ("no time", [figure("ua", time=None), figure("ru", best=200, time=None)], ""),
    ("no time, and one", [UA, figure("ru", best=200, time=None)], ""),
    ("from then on", [figure("ua", time="2025-01-13/.."), figure("ru", best=200, time="2030")], "sources"),
    ("a state in hours of its day", [UA, figure("ru", best=200, time=EVENING)], "sources"),
    ("states in the morning and evening", [figure("ua", time=MORNING), figure("ru", best=2, time=EVENING)], ""),
    ("a moment in the evening", [figure("ua", time="2025-01-12T19:00"), figure("ru", best=2, time=EVENING)], "sources"),
    ("a moment in the morning", [figure("ua", time="2025-01-12T07:00"), figure("ru", best=2, time=EVENING)], ""),
    ("one moment, with offsets", [
        figure("ua", time="2025-01-12T19:00+02:00"), figure("ru", best=2, time="2025-01-12T17:00Z")], "sources"),
    ("one clock time, with offsets", [
        figure("ua", time="2025-01-12T19:00+02:00"), figure("ru", best=2, time="2025-01-12T19:00Z")], ""),
    ("one moment on two days", [
        figure("ua", time="2025-01-13T01:00+10:00"), figure("ru", best=2, time="2025-01-12T15:00Z")], "sources"),
    ("local time, perhaps the same", [
        figure("ua", time="2025-01-12T12:00"), figure("ru", best=2, time="2025-01-12T20:00Z")], "sources"),
    ("local time, certainly another", [
        figure("ua", time="2025-01-12T06:00"), figure("ru", best=2, time="2025-01-12T20:00Z")], ""),
    ("a day, and a moment of the next in UTC", [UA, figure("ru", best=2, time="2025-01-13T11:00Z")], "sources"),
    # Times of incidents and of counts in a period: they must be the same.
    ("a day's count", [killed_by("ua", best=12), killed_by("ru", best=3)], "sources"),
    ("a day's count and its month's", [killed_by("ua", best=12), killed_by("ru", best=300, time="2025-01")], ""),
    ("an incident at an unknown time", [
        killed_by("ua", best=12), killed_by("un", best=1, time="2022-02-24/2025-01-12")], ""),
    ("a period since the invasion", [
        killed_by("ua", best=12000, time="2022-02-24/2025-01-12"),
        killed_by("un", best=10000, time="2022-02-24/2025-01-12")], "sources"),
    ("incidents at different hours", [
        killed_by("ua", best=12, time=EVENING), killed_by("ru", best=3, time=MORNING)], ""),
    ("an incident, timed differently", [
        killed_by("ua", best=12, time=EVENING), killed_by("ru", best=3, time="2025-01-12T20:00")], "sources"),
    ("an incident past midnight", [
        killed_by("ua", best=12, time="2025-01-12T22:00/2025-01-13T02:00"),
        killed_by("ru", best=3, time="2025-01-13T00:30/2025-01-13T01:00")], "sources"),
    ("an incident and the day's count", [killed_by("ua", best=12, time=EVENING), killed_by("ru", best=30)], ""),
    ("days' counts that overlap", [
        killed_by("ua", best=12, time="2025-01-12/2025-01-13"),
        killed_by("ru", best=30, time="2025-01-13/2025-01-14")], ""),
    # Running totals: they must have the same end.
    ("an incident and a total", [killed_by("ua", best=12), total_by("ru", best=43000)], ""),
    ("two totals", [total_by("ua", best=43000), total_by("ru", best=60000)], "sources"),
    ("totals of two days", [total_by("ua", best=43000), total_by("ru", best=60000, time="2025-01-13")], ""),
    ("a total by a day and by its month", [total_by("ua", best=1), total_by("ru", best=6, time="2025-01")], ""),
    ("totals by a month", [total_by("ua", best=1, time="2025-01"), total_by("ru", best=6, time="2025-01")], "sources"),
    ("totals by an hour", [
        total_by("ua", best=1, time="2025-01-12T18:00"), total_by("ru", best=6, time="2025-01-12T18:00")], "sources"),
    ("totals by two hours", [
        total_by("ua", best=1, time="2025-01-12T18:00"), total_by("ru", best=6, time="2025-01-12T20:00")], ""),
    ("totals since two beginnings", [
        total_by("ua", best=1, time="2024-10/2025-01-12"), total_by("ru", best=6, time="2024-12/2025-01-12")], ""),
    ("a total since the topic's beginning", [
        total_by("ua", best=1, time="2024-10-01/2025-01-12"), total_by("ru", best=6)], "sources"),
    ("totals of an unknown end", [
        total_by("ua", best=1, time="2024-10/.."), total_by("ru", best=6, time="2024-10/..")], ""),
    ("all ever deployed, counted up or not", [
        figure("ua", metric="deployed_total"),
        figure("ru", best=2, metric="deployed_total", cumulative=True)], "sources"),
    # One source against itself.
    ("one source, two incidents", [killed_by("ua", best=12), killed_by("ua", best=3)], ""),
    ("one source, said twice", [figure("ua", said="2025-01-12"), figure("ua", best=200, said="2025-01-13")], ""),
    ("one source, state of overlapping times", [figure("ua"), figure("ua", best=200, time="2025-01")], ""),
    ("one source in two papers", [
        killed_by("ua < paper", best=12, said=JANUARY), killed_by("ua < agency", best=3, said=JANUARY)], ""),
    ("an organisation and its part", [UA, figure("staff", best=200)], ""),
    ("two parts of one organisation", [figure("staff"), figure("spies", best=200)], "sources"),
    ("one paper of unknown lineage", [figure("? paper"), figure("? paper", best=200)], ""),
    ("two papers of unknown lineage", [figure("? paper"), figure("? agency", best=200)], "sources"),
    ("one paper reports both sides", [figure("ua < paper"), figure("ru < paper", best=200)], "sources"),
    ("one paper has both sides", [figure("ua", "? paper"), figure("ru", "? paper", best=200)], "sources"),
    ("one paper, two unnamed sources", [figure("somebody < paper"), figure("somebody < paper", best=200)], ""),
    ("two papers, two unnamed sources", [figure("somebody < paper"), figure("somebody < agency", best=200)], "sources"),
    ("described sources", [figure("officials"), figure("officials", best=200)], ""),
    ("a source agrees with one of two", [figure("ua", "un"), figure("un", best=200)], ""),
    # Updates, and several incidents of one day.
    ("an update, and an agreement with it", [
        killed_by("ua", best=5, said="2025-01-12"), killed_by("ua", best=12, said="2025-01-13"),
        killed_by("ru", best=12)], ""),
    ("an update, and a third figure", [
        killed_by("ua", best=5, said="2025-01-12"), killed_by("ua", best=12, said="2025-01-13"),
        killed_by("ru", best=30)], "sources"),
    ("an update that others still stand by", [
        total_by("ua", "un", best=5, said="2025-01-12"), total_by("ua", best=12, said="2025-01-13"),
        total_by("ru", best=30)], "sources sources"),
    ("two incidents of one source, and one of another", [
        killed_by("ua", best=5), killed_by("ua", best=12), killed_by("ru", best=30)], ""),
    ("two totals of one source, and another", [
        total_by("ua", best=5), total_by("ua", best=12), total_by("ru", best=30)], "sources sources"),
    ("two totals of one source, and one of them", [
        total_by("ua", best=5), total_by("ua", best=12), total_by("ru", best=12)], ""),
    # Two relays of one source.
    ("relays of one total", [total_by("ua < paper", best=5), total_by("ua < agency", best=12)], "relays"),
    ("relays of one total, said on one day", [
        total_by("ua < paper", best=5, said=JANUARY), total_by("ua < agency", best=12, said=JANUARY)], "relays"),
    ("relays of totals of two days", [
        total_by("ua < paper", best=5, said=JANUARY), total_by("ua < agency", best=12, said="2025-01-13")], ""),
    ("relays of totals of two hours", [
        total_by("ua < paper", best=5, said=MORNING), total_by("ua < agency", best=12, said=EVENING)], ""),
    ("one relay of two totals", [total_by("ua < paper", best=5), total_by("ua < paper", best=12)], ""),
    ("a relay of both totals", [total_by("ua < paper", best=5), total_by("ua < agency", "ua < paper", best=12)], ""),
    ("its own words and a relay", [
        total_by("ua", best=5, document="doc"), total_by("ua < agency", best=12)], "relays"),
    ("its own words in both", [
        total_by("ua", best=5, document="doc"), total_by("ua < agency", best=12, document="doc")], ""),
    ("relays of incidents", [killed_by("ua < paper", best=5), killed_by("ua < agency", best=12)], ""),
    ("relays of a state", [figure("ua < paper"), figure("ua < agency", best=200)], "relays"),
    ("relays of states of other times", [figure("ua < paper"), figure("ua < agency", best=9, time="2025-01")], ""),
    ("a chain of relays", [
        total_by("ua < paper < agency", best=5), total_by("ua < paper", best=12)], ""),
    # Relations that settle a conflict.
    *(
        (f"a claim that {relation}", [UA, figure("ru", best=200, relation=relation)], "")
        for relation in ("supersedes", "same_as", "updates", "part_of")
    ),
    *(
        (f"a claim that {relation}", [UA, figure("ru", best=200, relation=relation)], "sources")
        for relation in ("contradicts", "refines")
    ),
    # Ranges.
    ("about, the same when rounded", [figure("ua", qualifier="about", best=11000), figure("ru", best=10500)], ""),
    ("about, next to it", [figure("ua", qualifier="about", best=11000), figure("ru", best=10499)], "sources"),
    ("about, rounded up", [figure("ua", qualifier="about", best=11000), figure("ru", best=11500)], "sources"),
    ("two abouts that meet", [
        figure("ua", qualifier="about", best=300), figure("ru", qualifier="about", best=340)], ""),
    ("two abouts that touch", [
        figure("ua", qualifier="about", best=300), figure("ru", qualifier="about", best=400)], "sources"),
    ("at least, that number", [figure("ua", qualifier="at_least", low=100), figure("ru")], ""),
    ("more than, that number", [figure("ua", qualifier="more_than", low=100), figure("ru")], "sources"),
    ("more than, one more", [figure("ua", qualifier="more_than", low=100), figure("ru", best=101)], ""),
    ("at most, that number", [figure("ua", qualifier="at_most", high=100), figure("ru")], ""),
    ("up to, that number", [figure("ua", qualifier="up_to", high=100), figure("ru")], ""),
    ("fewer than, that number", [figure("ua", qualifier="fewer_than", high=100), figure("ru")], "sources"),
    ("fewer than, one less", [figure("ua", qualifier="fewer_than", high=100), figure("ru", best=99)], ""),
    ("two lower bounds", [
        figure("ua", qualifier="at_least", low=100), figure("ru", qualifier="more_than", low=9000)], ""),
    ("bounds that meet", [
        figure("ua", qualifier="at_least", low=100), figure("ru", qualifier="at_most", high=100)], ""),
    ("half-open bounds", [
        figure("ua", qualifier="at_least", low=100), figure("ru", qualifier="fewer_than", high=100)], "sources"),
    ("ranges that meet", [
        figure("ua", qualifier="between", low=1, high=9), figure("ru", qualifier="between", low=9, high=9)], ""),
    ("ranges apart", [
        figure("ua", qualifier="between", low=1, high=9),
        figure("ru", qualifier="between", low=10, high=12)], "sources"),
    ("no number at all", [UA, {"time": JANUARY, "quantities": [
        {"metric": "present", "unit": "soldiers", "qualifier": "vague", "verbatim": "dozens"}]}], ""),
]  # fmt: skip


def test_which_figures_conflict(api: TestClient, editor: Headers, subtests: pytest.Subtests) -> None:
    lines: list[dict[str, Any]] = [{"record": "source", **source} for source in SOURCES]
    lines.append({"record": "document", "key": "doc", "kind": "official_release"})
    for number, (_name, claims, _kinds) in enumerate(CONFLICTS):
        topic = {"record": "topic", "key": f"topic {number}", "title": f"Question {number}", "period": "2024-10-01/.."}
        lines.append({**topic, "subject": "soldiers", "metric_family": "other"})
        for position, claim in enumerate(claims):
            relations = [{**relation, "other_claim": f"{number}/0"} for relation in claim.get("relations", ())]
            lines.append(
                {"record": "claim", "key": f"{number}/{position}", "topic": f"topic {number}", "stage": "published"}
                | {"kind": "casualty_figure", "statement": f"Claim {number}/{position}.", **claim}
                | {"relations": relations}
            )
    content = "\n".join(map(json.dumps, lines))
    report = api.post("imports", content=content.encode(), headers=editor).json()
    assert report["refusals"] == []
    topics = [item for page in read_pages(api, "topics") for item in page["items"]]
    by_key = {topic["key"]: topic["id"] for topic in topics}

    for number, (name, _claims, kinds) in enumerate(CONFLICTS):
        with subtests.test(name):
            page = api.get(f"topics/{by_key[f'topic {number}']}/estimates").json()
            assert [conflict["kind"] for conflict in page["conflicts"]] == kinds.split()
            assert page["conflict_count"] == len(kinds.split())


def read_pages(api: TestClient, path: str) -> Iterator[dict[str, Any]]:
    page = api.get(path, params={"limit": 200}).json()
    yield page
    while page["next"] is not None:
        page = api.get(path, params={"limit": 200, "cursor": page["next"]}).json()
        yield page


def test_a_conflict_names_who_gave_which_figure_through_whom(api: TestClient, record: Record, editor: Headers) -> None:
    for source in SOURCES[:1] + SOURCES[3:]:
        record("sources", **source)
    document = record("documents", title="Losses", url="https://paper.example/losses", publisher="paper")
    topic = record("topics", metric_family="casualties")
    origin = {"key": "o", "source": "ua", "stance": "asserts", "lineage": "original", "said": "2025-01-12T18:00Z"}
    relay = {"key": "r", "source": "agency", "stance": "asserts", "lineage": "relayed", "upstream": "o"}
    last = {"source": "paper", "stance": "asserts", "lineage": "relayed", "upstream": "r", "document": document["id"]}
    denial = {"source": "ru", "stance": "denies", "lineage": "original"}
    for best, attributions in ((43000, [origin, relay, last, denial]), (90000, [{**origin, "source": "ru"}])):
        fields = total_by(best=best)
        del fields["relations"]
        record("claims", topic=topic["id"], **{**fields, "attributions": attributions})

    (conflict,) = api.get(f"topics/{topic['id']}/estimates").json()["conflicts"]

    assert conflict["kind"] == "sources"
    (speaker,), (other,) = conflict["speakers"]
    assert (speaker["source"]["name"], speaker["said"]) == ("Ukraine", "2025-01-12T18:00Z")
    assert [source["name"] for source in speaker["relayed_by"]] == ["The Agency", "The Paper"]
    assert (speaker["document"]["title"], speaker["document"]["publisher"]["name"]) == ("Losses", "The Paper")
    assert (other["source"]["name"], other["relayed_by"], other["document"]) == ("Russia", [], None)
    assert conflict_sentence(Conflict.model_validate(conflict)) == (
        "Ukraine gives 43,000 soldiers killed by 12 January 2025, according to The Paper, citing The Agency; "
        "Russia gives 90,000."
    )


# --- the estimates of a topic ---


@pytest.fixture
def topic(record: Record) -> dict[str, Any]:
    """A topic with two origins, one of them relayed, and figures over three days."""
    for name in ("NIS", "HUR", "Reuters"):
        record("sources", key=name, name=name)
    created = record("topics", key="losses", metric_family="casualties")
    days = {
        "11": ("HUR", [("killed", 300), ("wounded", 2000)]),
        "12": ("NIS", [("killed", 300), ("wounded", 2700)]),
        "13": ("HUR", [("killed", 500)]),
    }
    for day, (name, numbers_of_day) in days.items():
        record(
            "claims",
            key=f"{name} {day}",
            topic="losses",
            kind="casualty_figure",
            statement=f"{name} on {day}.",
            time=f"2025-01-{day}",
            place="Kursk",
            quantities=[{"metric": m, "unit": "soldiers", "qualifier": "exact", "best": n} for m, n in numbers_of_day],
            attributions=[
                {"key": "o", "source": name, "stance": "asserts", "lineage": "original"},
                {"source": "Reuters", "stance": "asserts", "lineage": "relayed", "upstream": "o"},
            ],
        )
    other = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 900}
    record("claims", key="rival", topic="losses", time="2025-01-13", place="Kursk", quantities=[other])
    record("claims", topic="losses", time="2025-01-13", stage="draft", place="Kursk", quantities=[{**other, "best": 1}])
    record("claims", key="no figure", topic="losses", time="2025-01-12")
    return created


@pytest.fixture
def read(api: TestClient, topic: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Read the estimates of the topic as a reader without a key."""

    def get(**params: Any) -> dict[str, Any]:
        response = api.get(f"topics/{topic['id']}/estimates", params=params)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    return get


def summarise(body: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(item["time"][-2:], item["quantity"]["metric"], item["quantity"]["best"]) for item in body["items"]]


EVERYTHING = [
    ("11", "killed", 300),
    ("11", "wounded", 2000),
    ("12", "killed", 300),
    ("12", "wounded", 2700),
    ("13", "killed", 500),
    ("13", "killed", 900),
]


def test_figures_are_listed_by_time_with_their_sources(
    topic: dict[str, Any], read: Callable[..., dict[str, Any]]
) -> None:
    body = read()

    assert body["topic"] == topic
    assert summarise(body) == EVERYTHING
    assert body["next"] is None
    first = body["items"][0]
    assert [origin["name"] for origin in first["origins"]] == ["HUR"]
    assert [source["name"] for source in first["said_by"]] == ["HUR", "Reuters"]
    assert (first["claim"]["statement"], first["claim"]["status"]) == ("HUR on 11.", "unassessed")
    assert (first["place"], first["quantity"]["qualifier"]) == ("Kursk", "exact")
    assert (body["items"][-1]["origins"], body["items"][-1]["said_by"]) == ([], [])


def test_there_is_a_series_for_each_origin_and_metric(read: Callable[..., dict[str, Any]]) -> None:
    series = {
        (None if line["origin"] is None else line["origin"]["name"], line["metric"]): (
            line["figures"],
            line["first"],
            line["last"],
        )
        for line in read()["series"]
    }
    assert series == {
        ("HUR", "killed"): (2, "2025-01-11", "2025-01-13"),
        ("HUR", "wounded"): (1, "2025-01-11", "2025-01-11"),
        ("NIS", "killed"): (1, "2025-01-12", "2025-01-12"),
        ("NIS", "wounded"): (1, "2025-01-12", "2025-01-12"),
        (None, "killed"): (1, "2025-01-13", "2025-01-13"),
    }


def test_a_conflict_shows_both_claims(read: Callable[..., dict[str, Any]]) -> None:
    body = read()

    (conflict,) = body["conflicts"]
    assert (body["conflict_count"], conflict["metric"], conflict["unit"]) == (1, "killed", "soldiers")
    assert [claim["statement"] for claim in conflict["claims"]] == ["HUR on 13.", "Soldiers are there."]
    assert [figure["best"] for figure in conflict["quantities"]] == [500, 900]
    assert conflict["times"] == ["2025-01-13", "2025-01-13"]


def test_filters_narrow_figures_series_and_conflicts_alike(read: Callable[..., dict[str, Any]]) -> None:
    wounded = read(metric="wounded")
    assert summarise(wounded) == [row for row in EVERYTHING if row[1] == "wounded"]
    assert {line["metric"] for line in wounded["series"]} == {"wounded"}
    assert (wounded["conflicts"], wounded["conflict_count"]) == ([], 0)
    assert summarise(read(metric=["killed", "wounded"])) == EVERYTHING
    assert summarise(read(date_from="2025-01-12", date_to="2025-01-12")) == EVERYTHING[2:4]
    assert summarise(read(date_from="2025-01-13", metric="killed")) == EVERYTHING[4:]
    assert read(date_to="2025-01-12")["conflict_count"] == 0


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_add_up_to_the_full_list(read: Callable[..., dict[str, Any]], limit: int) -> None:
    full_list = read()

    def pages() -> Iterator[dict[str, Any]]:
        page = read(limit=limit)
        yield page
        while page["next"] is not None:
            page = read(limit=limit, cursor=page["next"])
            yield page

    all_pages = list(pages())

    assert [item for page in all_pages for item in page["items"]] == full_list["items"]
    assert len(all_pages) == -(-len(full_list["items"]) // limit)
    # Every page has the series and conflicts of the whole selection.
    assert all(
        (page["series"], page["conflicts"]) == (full_list["series"], full_list["conflicts"]) for page in all_pages
    )


def test_a_cursor_is_valid_only_for_its_topic_and_query(
    api: TestClient, topic: dict[str, Any], read: Callable[..., dict[str, Any]], record: Record
) -> None:
    cursor = read(limit=1)["next"]
    other = record("topics")

    assert api.get(f"topics/{other['id']}/estimates", params={"limit": 1, "cursor": cursor}).status_code == 422
    for params in ({"metric": "killed"}, {"as_of": topic["recorded_at"]}, {"date_from": "2025"}):
        response = api.get(f"topics/{topic['id']}/estimates", params={**params, "limit": 1, "cursor": cursor})
        assert response.status_code == 422, params
    assert api.get(f"topics/{topic['id']}/estimates", params={"statuz": "x"}).status_code == 422
    assert api.get("topics/top_nowhere/estimates").status_code == 404


@pytest.mark.parametrize("relation", ["supersedes", "same_as", "updates", "refines", "contradicts", "part_of"])
def test_a_relation_settles_a_conflict_until_it_is_withdrawn(
    record: Record, correct: Record, read: Callable[..., dict[str, Any]], relation: str
) -> None:
    before = read()["conflict_count"]
    relation_recorded = record("relations", claim="rival", other_claim="HUR 13", relation=relation)

    is_resolved = relation in ("supersedes", "same_as", "updates", "part_of")
    assert (before, read()["conflict_count"]) == (1, 0 if is_resolved else 1)
    assert len(read()["items"]) == len(EVERYTHING)

    correct("relations", relation_recorded["id"], withdrawn=True)
    assert read()["conflict_count"] == 1


def test_only_published_figures_are_shown_and_past_moments_can_be_read(
    api: TestClient, topic: dict[str, Any], read: Callable[..., dict[str, Any]], correct: Record, editor: Headers
) -> None:
    before = read()
    moment = api.get("claims", params={"sort": "-recorded"}).json()["items"][0]["recorded_at"]
    rival = next(item for item in api.get("claims").json()["items"] if item["key"] == "rival")
    draft = api.get("claims", params={"stage": "draft"}, headers=editor).json()["items"][0]

    correct("claims", rival["id"], stage="withdrawn", notice="Not so.")
    assert summarise(read()) == EVERYTHING[:-1]
    assert read()["conflicts"] == []
    published = correct("claims", draft["id"], stage="published")
    assert read()["conflict_count"] == 1
    figures_now = [{**published["quantities"][0], "best": 500}]
    correct("claims", draft["id"], quantities=figures_now)
    assert read()["conflicts"] == []

    assert read(as_of=moment) == before
    assert read(as_of=published["recorded_at"])["conflict_count"] == 1
    assert read(as_of=topic["recorded_at"])["items"] == []


def test_a_figure_with_two_origins_is_in_both_series(record: Record, read: Callable[..., dict[str, Any]]) -> None:
    record("attributions", claim="rival", source="NIS", stance="asserts", lineage="original")
    record("attributions", claim="rival", source="HUR", stance="asserts", lineage="original")
    record("attributions", claim="rival", source="Reuters", stance="denies", lineage="original")

    body = read()

    last = body["items"][-1]
    assert (
        [origin["name"] for origin in last["origins"]]
        == [source["name"] for source in last["said_by"]]
        == ["NIS", "HUR"]
    )
    killed = {line["origin"]["name"]: line["figures"] for line in body["series"] if line["metric"] == "killed"}
    assert killed == {"HUR": 3, "NIS": 2}


def test_a_figure_that_all_sources_withdrew_is_not_an_estimate(
    api: TestClient, record: Record, correct: Record, read: Callable[..., dict[str, Any]]
) -> None:
    by_key = {item["key"]: item["id"] for item in api.get("claims").json()["items"]}
    origin, relay = (attribution["id"] for attribution in api.get(f"claims/{by_key['HUR 13']}").json()["attributions"])
    before = read()

    # The origin withdrew it, but another source still asserts it: it remains, with an unknown origin.
    correct("attributions", origin, retraction=RETRACTED)
    last_but_one = read()["items"][-2]
    assert (last_but_one["claim"]["id"], last_but_one["origins"]) == (by_key["HUR 13"], [])
    assert [(source["name"], source["upstream_state"]) for source in last_but_one["said_by"]] == [
        ("Reuters", "retracted")
    ]
    assert read()["conflict_count"] == 1

    moment = correct("attributions", relay, retraction=RETRACTED)["recorded_at"]
    remaining = [row for row in EVERYTHING if row != ("13", "killed", 500)]
    assert summarise(read()) == summarise(read(as_of=moment)) == remaining
    assert (read()["conflicts"], read()["conflict_count"]) == ([], 0)
    assert {line["origin"]["name"]: line["figures"] for line in read(metric="killed")["series"] if line["origin"]} == {
        "HUR": 1,
        "NIS": 1,
    }
    # A denial does not make it an estimate again.
    record("attributions", claim="HUR 13", source="NIS", stance="denies", lineage="original")
    assert summarise(read()) == remaining
    assert summarise(read(limit=5)) == remaining
    assert read(limit=5)["next"] is None

    correct("attributions", origin, withdrawn=False, retraction=None)
    correct("attributions", relay, withdrawn=False, retraction=None)
    assert {name: read()[name] for name in ("series", "conflicts")} == {
        name: before[name] for name in ("series", "conflicts")
    }


def test_an_unchanged_topic_is_answered_with_304(
    api: TestClient, topic: dict[str, Any], record: Record, editor: Headers
) -> None:
    path = f"topics/{topic['id']}/estimates"
    first = api.get(path)
    headers = {"If-None-Match": first.headers["etag"]}

    assert api.get(path, headers=headers).status_code == 304
    assert api.get(path, headers={**headers, **editor}).status_code == 304
    assert api.get("topics/top_nowhere/estimates", headers=headers).status_code == 404
    record("attributions", claim="rival", source="NIS", stance="asserts", lineage="original")
    changed = api.get(path, headers=headers)
    assert (changed.status_code, changed.json()["items"][-1]["said_by"][0]["name"]) == (200, "NIS")


# --- many figures ---


ORIGINAL = {"stance": "asserts", "lineage": "original"}


def load_figures(api: TestClient, editor: Headers, figures_of: Iterator[dict[str, Any]]) -> str:
    """Import a topic with many claims of one figure each, by two sources in turn, and return its id."""
    lines: list[dict[str, Any]] = [
        *({"record": "source", "key": f"s{number}", "name": f"S {number}", "kind": "other"} for number in range(2)),
        {"record": "topic", "key": "t", "title": "T", "subject": "soldiers", "metric_family": "strength"},
    ]
    lines += [
        {"record": "claim", "key": f"c{number}", "topic": "t", "stage": "published", "kind": "casualty_figure"}
        | {"statement": f"Claim {number}.", "attributions": [{"key": "a", **ORIGINAL, "source": f"s{number % 2}"}]}
        | fields
        for number, fields in enumerate(figures_of)
    ]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == []
    return str(api.get("topics").json()["items"][0]["id"])


def present(best: int, when: str) -> dict[str, Any]:
    return {"time": when, "quantities": [{"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": best}]}


def read_timed(api: TestClient, topic_id: str) -> tuple[dict[str, Any], float]:
    started = time.perf_counter()
    body = api.get(f"topics/{topic_id}/estimates").raise_for_status().json()
    return body, time.perf_counter() - started


def test_thousands_of_figures_over_time_are_quick(api: TestClient, editor: Headers) -> None:
    days = [(date(2022, 2, 24) + timedelta(days=number)).isoformat() for number in range(1500)]
    topic_id = load_figures(
        api, editor, (present(number + which, day) for number, day in enumerate(days) for which in (0, 1))
    )

    body, seconds = read_timed(api, topic_id)

    assert (body["conflict_count"], len(body["conflicts"])) == (1500, 500)
    assert [line["figures"] for line in body["series"]] == [1500, 1500]
    assert seconds < 10


def test_thousands_of_conflicting_figures_of_one_time_are_quick(api: TestClient, editor: Headers) -> None:
    count = 3000
    topic_id = load_figures(
        api, editor, (present(best, f"{date(2016, 1, 1) + timedelta(days=best)}/2025") for best in range(count))
    )

    body, seconds = read_timed(api, topic_id)

    assert len(body["conflicts"]) == 500
    assert body["conflict_count"] == (count // 2) ** 2
    assert seconds < 10
