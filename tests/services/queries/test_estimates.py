"""Figures as intervals, conflicts between them, and the estimates of a topic."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.services.policy.figure_conflicts import ComparableFigure, Interval, find_conflicts, interval_of, time_sort_key
from app.vocabulary import Qualifier
from tests.support.retractions import RETRACTED

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]


# --- figures as intervals ---


def decimal(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


@pytest.mark.parametrize(
    ("qualifier", "numbers_given", "low", "high", "open_end"),
    [
        ("exact", (None, 300, None), 300, 300, ""),
        ("exact", (None, 0, None), 0, 0, ""),
        # About: all numbers that round to it at its last significant digit.
        ("about", (None, 300, None), 250, 350, "high"),
        ("about", (None, 11000, None), 10500, 11500, "high"),
        ("about", (None, 2700, None), 2650, 2750, "high"),
        ("about", (None, 12345, None), 12344.5, 12345.5, "high"),
        ("about", (None, 1.5, None), 1.45, 1.55, "high"),
        ("about", (None, 0.25, None), 0.245, 0.255, "high"),
        ("about", (None, 0, None), -0.5, 0.5, "high"),
        # The source's own bounds are used unchanged.
        ("about", (10000, 11000, 12000), 10000, 12000, ""),
        ("about", (10000, 11000, None), 10000, 11500, "high"),
        ("about", (None, 11000, 12000), 10500, 12000, ""),
        ("at_least", (300, None, None), 300, None, ""),
        ("more_than", (300, None, None), 300, None, "low"),
        ("at_most", (None, None, 300), None, 300, ""),
        ("fewer_than", (None, None, 300), None, 300, "high"),
        ("up_to", (None, None, 300), None, 300, ""),
        ("between", (10, None, 20), 10, 20, ""),
        ("between", (10, 15, 20), 10, 20, ""),
    ],
)
def test_a_figure_becomes_an_interval(
    qualifier: str,
    numbers_given: tuple[float | None, ...],
    low: float | None,
    high: float | None,
    open_end: str,
) -> None:
    assert interval_of(qualifier, *map(decimal, numbers_given)) == Interval(
        decimal(low), decimal(high), low_open=open_end == "low", high_open=open_end == "high"
    )


def test_a_figure_without_a_number_has_no_interval() -> None:
    assert interval_of("vague", None, None, None) is None


def test_every_qualifier_is_in_the_table_above() -> None:
    """A qualifier without a row would go untested."""
    (table,) = (mark for mark in test_a_figure_becomes_an_interval.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {row[0] for row in table.args[1]} == set(Qualifier) - {Qualifier.VAGUE}


# --- conflicting figures ---

PLAIN: dict[str, Any] = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 100}
JANUARY = "2025-01-12"


def figure(**fields: Any) -> dict[str, Any]:
    """A claim with one figure; `time` and `place` are the claim's."""
    claim: dict[str, Any] = {name: fields.pop(name) for name in ("time", "place") if name in fields}
    number = {name: fields.pop(name) for name in ("low", "best", "high") if name in fields} or {"best": 100}
    rest = {name: value for name, value in PLAIN.items() if name not in ("best",)}
    return {"time": JANUARY, **claim, "quantities": [{**rest, **fields, **number}]}


CONFLICTS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("the same figure", figure(), figure(), False),
    ("another figure", figure(), figure(best=101), True),
    ("another metric", figure(), figure(best=200, metric="deployed_total"), False),
    ("another unit", figure(), figure(best=200, unit="brigades"), False),
    ("a part of the population", figure(), figure(best=200, population="officers"), False),
    ("the same part", figure(population="officers"), figure(best=200, population="officers"), True),
    ("another place", figure(place="Kursk"), figure(best=200, place="Sumy"), False),
    ("the same place", figure(place="Kursk"), figure(best=200, place="Kursk"), True),
    ("counted up, or at the time", figure(), figure(best=200, cumulative=True), False),
    ("both counted up", figure(cumulative=True), figure(best=200, cumulative=True), True),
    ("another day", figure(), figure(best=200, time="2025-01-13"), False),
    ("a day and its month", figure(), figure(best=200, time="2025-01"), True),
    ("months that meet in a day", figure(time="2024-12/2025-01-12"), figure(best=200, time="2025-01-12/.."), True),
    ("months that do not meet", figure(time="2024-12"), figure(best=200, time="2025-01"), False),
    ("no time", figure(time=None), figure(best=200, time=None), False),
    ("no time, and one", figure(), figure(best=200, time=None), False),
    ("from then on", figure(time="2025-01-13/.."), figure(best=200, time="2030"), True),
    ("about, the same when rounded", figure(qualifier="about", best=11000), figure(best=10500), False),
    ("about, next to it", figure(qualifier="about", best=11000), figure(best=10499), True),
    ("about, rounded up", figure(qualifier="about", best=11000), figure(best=11500), True),
    ("about and about that meet", figure(qualifier="about", best=300), figure(qualifier="about", best=340), False),
    ("about and about that only touch", figure(qualifier="about", best=300), figure(qualifier="about", best=400), True),
    ("at least, that number", figure(qualifier="at_least", low=100), figure(), False),
    ("more than, that number", figure(qualifier="more_than", low=100), figure(), True),
    ("more than, one more", figure(qualifier="more_than", low=100), figure(best=101), False),
    ("at most, that number", figure(qualifier="at_most", high=100), figure(), False),
    ("up to, that number", figure(qualifier="up_to", high=100), figure(), False),
    ("fewer than, that number", figure(qualifier="fewer_than", high=100), figure(), True),
    ("fewer than, one less", figure(qualifier="fewer_than", high=100), figure(best=99), False),
    ("two lower bounds", figure(qualifier="at_least", low=100), figure(qualifier="more_than", low=9000), False),
    ("bounds that meet", figure(qualifier="at_least", low=100), figure(qualifier="at_most", high=100), False),
    ("half-open bounds", figure(qualifier="at_least", low=100), figure(qualifier="fewer_than", high=100), True),
    ("ranges that meet", figure(qualifier="between", low=1, high=9), figure(qualifier="between", low=9, high=9), False),
    ("ranges apart", figure(qualifier="between", low=1, high=9), figure(qualifier="between", low=10, high=12), True),
    ("no number at all", figure(), {"time": JANUARY, "quantities": [
        {"metric": "present", "unit": "soldiers", "qualifier": "vague", "verbatim": "dozens"}]}, False),
]  # fmt: skip


def test_which_figures_conflict(api: TestClient, record: Record) -> None:
    for name, first, second, is_conflict in CONFLICTS:
        topic = record("topics", title=name)
        claims = [record("claims", topic=topic["id"], **fields) for fields in (first, second)]

        estimates_page = api.get(f"topics/{topic['id']}/estimates").json()

        pairs = [{claim["id"] for claim in is_conflict["claims"]} for is_conflict in estimates_page["conflicts"]]
        assert pairs == ([{claim["id"] for claim in claims}] if is_conflict else []), name
        assert estimates_page["conflict_count"] == int(is_conflict), name


# --- the sweep, against the definition ---

DAYS = [date(2025, 1, 1) + timedelta(days=number) for number in range(6)]
numbers = st.integers(0, 4).map(Decimal)


@st.composite
def intervals(draw: st.DrawFn) -> Interval | None:
    low, high = sorted((draw(numbers), draw(numbers)))
    match draw(st.sampled_from(("closed", "low", "high", "open", "none"))):
        case "closed":
            return Interval(low, high)
        case "low":
            return Interval(low, None, low_open=draw(st.booleans()))
        case "high":
            return Interval(None, high, high_open=draw(st.booleans()))
        case "open":
            return Interval(low, high + 1, low_open=draw(st.booleans()), high_open=draw(st.booleans()))
        case _:
            return None


@st.composite
def figures(draw: st.DrawFn) -> ComparableFigure:
    earliest, latest = sorted((draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))))
    match draw(st.integers(0, 9)):
        case 0:
            earliest, latest = date.min, date.max
        case 1:
            earliest = date.min
        case 2:
            latest = date.max
    return ComparableFigure(
        claim_id=draw(st.sampled_from("abcdef")),
        position=draw(st.integers(0, 3)),
        comparable=(draw(st.sampled_from(("killed", "wounded"))),),
        earliest=earliest,
        latest=latest,
        interval=draw(intervals()),
    )


def contains(number: Decimal, lies: Interval) -> bool:
    """Whether a number is in an interval."""
    above = lies.low is None or number > lies.low or (number == lies.low and not lies.low_open)
    below = lies.high is None or number < lies.high or (number == lies.high and not lies.high_open)
    return above and below


WITNESSES = [Decimal(number) / 2 for number in range(-2, 16)]
"""Every non-empty interval of the tests contains one of these, and so does every non-empty intersection of two."""


def are_disjoint(first: Interval, second: Interval) -> bool:
    """Whether no number is in both intervals."""
    return not any(contains(number, first) and contains(number, second) for number in WITNESSES)


RESOLVED_PAIRS = {"a": {"b"}, "b": {"a"}}
"""One of the claims a and b supersedes the other, so they do not conflict."""


@given(st.lists(figures(), max_size=14, unique_by=lambda figure: (figure.claim_id, figure.position)))
def test_the_sweep_finds_exactly_the_conflicts_of_the_definition(comparable_figures: list[ComparableFigure]) -> None:
    def is_conflict(first: ComparableFigure, second: ComparableFigure) -> bool:
        return (
            first.claim_id != second.claim_id
            and {first.claim_id, second.claim_id} != {"a", "b"}
            and first.comparable == second.comparable
            and first.interval is not None
            and second.interval is not None
            and (date.min, date.max) not in ((first.earliest, first.latest), (second.earliest, second.latest))
            and first.earliest <= second.latest
            and second.earliest <= first.latest
            and are_disjoint(first.interval, second.interval)
        )

    pairs_found = [
        (other, figure) for figure, others in find_conflicts(comparable_figures, RESOLVED_PAIRS) for other in others
    ]

    expected_pairs = [pair for pair in combinations(comparable_figures, 2) if is_conflict(*pair)]
    assert {frozenset(pair) for pair in pairs_found} == {frozenset(pair) for pair in expected_pairs}
    assert len(pairs_found) == len(expected_pairs)
    assert all(time_sort_key(first_figure) < time_sort_key(other) for first_figure, other in pairs_found)


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
def test_only_superseding_and_identical_claims_do_not_conflict(
    record: Record, correct: Record, read: Callable[..., dict[str, Any]], relation: str
) -> None:
    before = read()["conflict_count"]
    relation_recorded = record("relations", claim="rival", other_claim="HUR 13", relation=relation)

    is_resolved = relation in ("supersedes", "same_as")
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


def load_figures(api: TestClient, editor: Headers, figures_of: Iterator[dict[str, Any]]) -> str:
    """Import a topic with many claims of one figure each and return its id."""
    lines: list[dict[str, Any]] = [
        {"record": "source", "key": "s", "name": "S", "kind": "other"},
        {"record": "topic", "key": "t", "title": "T", "subject": "soldiers", "metric_family": "casualties"},
    ]
    attributions = [{"key": "a", "source": "s", "stance": "asserts", "lineage": "original"}]
    lines += [
        {"record": "claim", "key": f"c{number}", "topic": "t", "stage": "published", "kind": "casualty_figure"}
        | {"statement": f"Claim {number}.", "attributions": attributions}
        | fields
        for number, fields in enumerate(figures_of)
    ]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == []
    return str(api.get("topics").json()["items"][0]["id"])


def killed(best: int, when: str) -> dict[str, Any]:
    return {"time": when, "quantities": [{"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": best}]}


def read_timed(api: TestClient, topic_id: str) -> tuple[dict[str, Any], float]:
    started = time.perf_counter()
    body = api.get(f"topics/{topic_id}/estimates").raise_for_status().json()
    return body, time.perf_counter() - started


def test_thousands_of_figures_over_time_are_quick(api: TestClient, editor: Headers) -> None:
    days = [(date(2022, 2, 24) + timedelta(days=number)).isoformat() for number in range(1500)]
    topic_id = load_figures(
        api, editor, (killed(number + which, day) for number, day in enumerate(days) for which in (0, 1))
    )

    body, seconds = read_timed(api, topic_id)

    assert (body["conflict_count"], len(body["conflicts"])) == (1500, 500)
    assert body["series"][0]["figures"] == 3000
    assert seconds < 10


def test_thousands_of_conflicting_figures_of_one_time_are_quick(api: TestClient, editor: Headers) -> None:
    count = 3000
    topic_id = load_figures(api, editor, (killed(best, "2025") for best in range(count)))

    body, seconds = read_timed(api, topic_id)

    assert len(body["conflicts"]) == 500
    assert body["conflict_count"] == count * (count - 1) // 2
    assert seconds < 10
