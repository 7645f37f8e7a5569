"""Figures side by side: where each may lie, which cannot both hold, and how a topic shows them."""

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

from app.services.policy.conflicts import Figure, Interval, by_time, conflicting, interval
from app.services.queries import estimates
from app.vocabulary import Qualifier

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]


# --- where a figure may lie ---


def decimal(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


@pytest.mark.parametrize(
    ("qualifier", "given_as", "low", "high", "opens"),
    [
        ("exact", (None, 300, None), 300, 300, ""),
        ("exact", (None, 0, None), 0, 0, ""),
        # About: what would be rounded to it, by its last significant digit.
        ("about", (None, 300, None), 250, 350, "high"),
        ("about", (None, 11000, None), 10500, 11500, "high"),
        ("about", (None, 2700, None), 2650, 2750, "high"),
        ("about", (None, 12345, None), 12344.5, 12345.5, "high"),
        ("about", (None, 1.5, None), 1.45, 1.55, "high"),
        ("about", (None, 0.25, None), 0.245, 0.255, "high"),
        ("about", (None, 0, None), -0.5, 0.5, "high"),
        # Bounds that the source gives itself are taken as they are.
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
def test_where_a_figure_may_lie(
    qualifier: str,
    given_as: tuple[float | None, ...],
    low: float | None,
    high: float | None,
    opens: str,
) -> None:
    assert interval(qualifier, *map(decimal, given_as)) == Interval(
        decimal(low), decimal(high), low_open=opens == "low", high_open=opens == "high"
    )


def test_a_figure_without_a_number_lies_nowhere() -> None:
    assert interval("vague", None, None, None) is None


def test_every_qualifier_has_its_rule() -> None:
    ten = Decimal(10)
    found = {one: interval(one, ten, ten, ten) for one in Qualifier}
    assert [one for one, lies in found.items() if lies is None] == [Qualifier.VAGUE]


# --- which figures cannot both hold: a table ---

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
    for name, first, second, conflict in CONFLICTS:
        topic = record("topics", title=name)
        claims = [record("claims", topic=topic["id"], **fields) for fields in (first, second)]

        found = api.get(f"topics/{topic['id']}/estimates").json()

        pairs = [{claim["id"] for claim in one["claims"]} for one in found["conflicts"]]
        assert pairs == ([{claim["id"] for claim in claims}] if conflict else []), name
        assert found["conflict_count"] == int(conflict), name


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
def figures(draw: st.DrawFn) -> Figure:
    earliest, latest = sorted((draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))))
    match draw(st.integers(0, 9)):
        case 0:
            earliest, latest = date.min, date.max
        case 1:
            earliest = date.min
        case 2:
            latest = date.max
    return Figure(
        claim_id=draw(st.sampled_from("abcdef")),
        position=draw(st.integers(0, 3)),
        comparable=(draw(st.sampled_from(("killed", "wounded"))),),
        earliest=earliest,
        latest=latest,
        interval=draw(intervals()),
    )


def holds(number: Decimal, lies: Interval) -> bool:
    """Whether a number lies in an interval."""
    above = lies.low is None or number > lies.low or (number == lies.low and not lies.low_open)
    below = lies.high is None or number < lies.high or (number == lies.high and not lies.high_open)
    return above and below


WITNESSES = [Decimal(number) / 2 for number in range(-2, 16)]
"""Every interval of the tests that is not empty holds one of these, and so does every two that meet."""


def exclude(first: Interval, second: Interval) -> bool:
    """Whether no number lies in both."""
    return not any(holds(one, first) and holds(one, second) for one in WITNESSES)


SETTLED = {"a": {"b"}, "b": {"a"}}
"""Of claims a and b one takes the place of the other."""


@given(st.lists(figures(), max_size=14, unique_by=lambda one: (one.claim_id, one.position)))
def test_the_sweep_finds_what_the_definition_says(given_figures: list[Figure]) -> None:
    def conflict(first: Figure, second: Figure) -> bool:
        return (
            first.claim_id != second.claim_id
            and {first.claim_id, second.claim_id} != {"a", "b"}
            and first.comparable == second.comparable
            and first.interval is not None
            and second.interval is not None
            and (date.min, date.max) not in ((first.earliest, first.latest), (second.earliest, second.latest))
            and first.earliest <= second.latest
            and second.earliest <= first.latest
            and exclude(first.interval, second.interval)
        )

    found = [(other, figure) for figure, others in conflicting(given_figures, SETTLED) for other in others]

    meant = [pair for pair in combinations(given_figures, 2) if conflict(*pair)]
    assert {frozenset(pair) for pair in found} == {frozenset(pair) for pair in meant}
    assert len(found) == len(meant)
    assert all(by_time(one) < by_time(other) for one, other in found)


# --- what a topic shows ---


@pytest.fixture
def topic(record: Record) -> dict[str, Any]:
    """A topic with two origins, one of them relayed, and figures over three days."""
    for name in ("NIS", "HUR", "Reuters"):
        record("sources", key=name, name=name)
    made = record("topics", key="losses", metric_family="casualties")
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
    return made


@pytest.fixture
def read(api: TestClient, topic: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The figures of the topic, as anybody reads them."""

    def get(**params: Any) -> dict[str, Any]:
        answer = api.get(f"topics/{topic['id']}/estimates", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return get


def said(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(one["time"][-2:], one["quantity"]["metric"], one["quantity"]["best"]) for one in found["items"]]


EVERYTHING = [
    ("11", "killed", 300),
    ("11", "wounded", 2000),
    ("12", "killed", 300),
    ("12", "wounded", 2700),
    ("13", "killed", 500),
    ("13", "killed", 900),
]


def test_figures_stand_in_the_order_of_their_time_with_who_says_so(
    topic: dict[str, Any], read: Callable[..., dict[str, Any]]
) -> None:
    found = read()

    assert found["topic"] == topic
    assert said(found) == EVERYTHING
    assert found["next"] is None
    first = found["items"][0]
    assert [one["name"] for one in first["origins"]] == ["HUR"]
    assert [one["name"] for one in first["said_by"]] == ["HUR", "Reuters"]
    assert (first["claim"]["statement"], first["claim"]["status"]) == ("HUR on 11.", "unassessed")
    assert (first["place"], first["quantity"]["qualifier"]) == ("Kursk", "exact")
    assert (found["items"][-1]["origins"], found["items"][-1]["said_by"]) == ([], [])


def test_series_tell_which_origin_gives_what(read: Callable[..., dict[str, Any]]) -> None:
    series = {
        (None if one["origin"] is None else one["origin"]["name"], one["metric"]): (
            one["figures"],
            one["first"],
            one["last"],
        )
        for one in read()["series"]
    }
    assert series == {
        ("HUR", "killed"): (2, "2025-01-11", "2025-01-13"),
        ("HUR", "wounded"): (1, "2025-01-11", "2025-01-11"),
        ("NIS", "killed"): (1, "2025-01-12", "2025-01-12"),
        ("NIS", "wounded"): (1, "2025-01-12", "2025-01-12"),
        (None, "killed"): (1, "2025-01-13", "2025-01-13"),
    }


def test_a_conflict_tells_both_sides(read: Callable[..., dict[str, Any]]) -> None:
    found = read()

    (conflict,) = found["conflicts"]
    assert (found["conflict_count"], conflict["metric"], conflict["unit"]) == (1, "killed", "soldiers")
    assert [one["statement"] for one in conflict["claims"]] == ["HUR on 13.", "Soldiers are there."]
    assert [one["best"] for one in conflict["quantities"]] == [500, 900]
    assert conflict["times"] == ["2025-01-13", "2025-01-13"]


def test_filters_narrow_figures_series_and_conflicts_alike(read: Callable[..., dict[str, Any]]) -> None:
    wounded = read(metric="wounded")
    assert said(wounded) == [one for one in EVERYTHING if one[1] == "wounded"]
    assert {one["metric"] for one in wounded["series"]} == {"wounded"}
    assert (wounded["conflicts"], wounded["conflict_count"]) == ([], 0)
    assert said(read(metric=["killed", "wounded"])) == EVERYTHING
    assert said(read(date_from="2025-01-12", date_to="2025-01-12")) == EVERYTHING[2:4]
    assert said(read(date_from="2025-01-13", metric="killed")) == EVERYTHING[4:]
    assert read(date_to="2025-01-12")["conflict_count"] == 0


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_together_are_the_whole(read: Callable[..., dict[str, Any]], limit: int) -> None:
    whole = read()

    def pages() -> Iterator[dict[str, Any]]:
        found = read(limit=limit)
        yield found
        while found["next"] is not None:
            found = read(limit=limit, cursor=found["next"])
            yield found

    every = list(pages())

    assert [item for found in every for item in found["items"]] == whole["items"]
    assert len(every) == -(-len(whole["items"]) // limit)
    # What is said of the whole selection stands on each of them.
    assert all((found["series"], found["conflicts"]) == (whole["series"], whole["conflicts"]) for found in every)


def test_a_cursor_belongs_to_its_topic_and_its_query(
    api: TestClient, topic: dict[str, Any], read: Callable[..., dict[str, Any]], record: Record
) -> None:
    cursor = read(limit=1)["next"]
    other = record("topics")

    assert api.get(f"topics/{other['id']}/estimates", params={"limit": 1, "cursor": cursor}).status_code == 422
    for params in ({"metric": "killed"}, {"as_of": topic["recorded_at"]}, {"date_from": "2025"}):
        answer = api.get(f"topics/{topic['id']}/estimates", params={**params, "limit": 1, "cursor": cursor})
        assert answer.status_code == 422, params
    assert api.get(f"topics/{topic['id']}/estimates", params={"statuz": "x"}).status_code == 422
    assert api.get("topics/top_nowhere/estimates").status_code == 404


@pytest.mark.parametrize("relation", ["supersedes", "same_as", "updates", "refines", "contradicts", "part_of"])
def test_pairs_of_which_one_takes_the_place_of_the_other_are_no_conflict(
    record: Record, correct: Record, read: Callable[..., dict[str, Any]], relation: str
) -> None:
    before = read()["conflict_count"]
    tied = record("relations", claim="rival", other_claim="HUR 13", relation=relation)

    resolved = relation in ("supersedes", "same_as")
    assert (before, read()["conflict_count"]) == (1, 0 if resolved else 1)
    assert len(read()["items"]) == len(EVERYTHING)

    correct("relations", tied["id"], withdrawn=True)
    assert read()["conflict_count"] == 1


def test_only_what_is_published_is_shown_and_any_moment_can_be_read(
    api: TestClient, topic: dict[str, Any], read: Callable[..., dict[str, Any]], correct: Record, editor: Headers
) -> None:
    before = read()
    moment = api.get("claims", params={"sort": "-recorded"}).json()["items"][0]["recorded_at"]
    rival = next(one for one in api.get("claims").json()["items"] if one["key"] == "rival")
    draft = api.get("claims", params={"stage": "draft"}, headers=editor).json()["items"][0]

    correct("claims", rival["id"], stage="withdrawn", notice="Not so.")
    assert said(read()) == EVERYTHING[:-1]
    assert read()["conflicts"] == []
    published = correct("claims", draft["id"], stage="published")
    assert read()["conflict_count"] == 1
    figures_now = [{**published["quantities"][0], "best": 500}]
    correct("claims", draft["id"], quantities=figures_now)
    assert read()["conflicts"] == []

    assert read(as_of=moment) == before
    assert read(as_of=published["recorded_at"])["conflict_count"] == 1
    assert read(as_of=topic["recorded_at"])["items"] == []


def test_a_figure_given_by_two_origins_stands_in_both_series(
    record: Record, read: Callable[..., dict[str, Any]]
) -> None:
    record("attributions", claim="rival", source="NIS", stance="asserts", lineage="original")
    record("attributions", claim="rival", source="HUR", stance="asserts", lineage="original")
    record("attributions", claim="rival", source="Reuters", stance="denies", lineage="original")

    found = read()

    last = found["items"][-1]
    assert [one["name"] for one in last["origins"]] == [one["name"] for one in last["said_by"]] == ["NIS", "HUR"]
    killed = {one["origin"]["name"]: one["figures"] for one in found["series"] if one["metric"] == "killed"}
    assert killed == {"HUR": 3, "NIS": 2}


def test_what_all_have_taken_back_is_no_estimate(
    api: TestClient, record: Record, correct: Record, read: Callable[..., dict[str, Any]]
) -> None:
    by_key = {one["key"]: one["id"] for one in api.get("claims").json()["items"]}
    origin, relay = (one["id"] for one in api.get(f"claims/{by_key['HUR 13']}").json()["attributions"])
    before = read()

    # Its origin took it back, but somebody still says so: it stands, of unknown origin.
    correct("attributions", origin, withdrawn=True)
    last_but_one = read()["items"][-2]
    assert (last_but_one["claim"]["id"], last_but_one["origins"]) == (by_key["HUR 13"], [])
    assert [one["name"] for one in last_but_one["said_by"]] == ["Reuters"]
    assert read()["conflict_count"] == 1

    moment = correct("attributions", relay, withdrawn=True)["recorded_at"]
    without = [one for one in EVERYTHING if one != ("13", "killed", 500)]
    assert said(read()) == said(read(as_of=moment)) == without
    assert (read()["conflicts"], read()["conflict_count"]) == ([], 0)
    assert {one["origin"]["name"]: one["figures"] for one in read(metric="killed")["series"] if one["origin"]} == {
        "HUR": 1,
        "NIS": 1,
    }
    # That somebody denies it, or has nothing to say, puts it forward no more than before.
    record("attributions", claim="HUR 13", source="NIS", stance="denies", lineage="original")
    assert said(read()) == without
    assert said(read(limit=5)) == without
    assert read(limit=5)["next"] is None

    correct("attributions", origin, withdrawn=False)
    correct("attributions", relay, withdrawn=False)
    assert {name: read()[name] for name in ("series", "conflicts")} == {
        name: before[name] for name in ("series", "conflicts")
    }


def test_a_copy_that_is_still_good_is_not_sent_again(
    api: TestClient, topic: dict[str, Any], record: Record, editor: Headers
) -> None:
    path = f"topics/{topic['id']}/estimates"
    first = api.get(path)
    known = {"If-None-Match": first.headers["etag"]}

    assert api.get(path, headers=known).status_code == 304
    assert api.get(path, headers={**known, **editor}).status_code == 304
    assert api.get("topics/top_nowhere/estimates", headers=known).status_code == 404
    record("attributions", claim="rival", source="NIS", stance="asserts", lineage="original")
    again = api.get(path, headers=known)
    assert (again.status_code, again.json()["items"][-1]["said_by"][0]["name"]) == (200, "NIS")


# --- many figures ---


def load_figures(api: TestClient, editor: Headers, figures_of: Iterator[dict[str, Any]]) -> str:
    """Import a topic with many claims of one figure each; its id."""
    lines: list[dict[str, Any]] = [
        {"record": "source", "key": "s", "name": "S", "kind": "other"},
        {"record": "topic", "key": "t", "title": "T", "subject": "soldiers", "metric_family": "casualties"},
    ]
    said_so = [{"key": "a", "source": "s", "stance": "asserts", "lineage": "original"}]
    lines += [
        {"record": "claim", "key": f"c{place}", "topic": "t", "stage": "published", "kind": "casualty_figure"}
        | {"statement": f"Claim {place}.", "attributions": said_so}
        | fields
        for place, fields in enumerate(figures_of)
    ]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == []
    return str(api.get("topics").json()["items"][0]["id"])


def killed(best: int, when: str) -> dict[str, Any]:
    return {"time": when, "quantities": [{"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": best}]}


def timed(api: TestClient, topic_id: str) -> tuple[dict[str, Any], float]:
    begun = time.perf_counter()
    found = api.get(f"topics/{topic_id}/estimates").raise_for_status().json()
    return found, time.perf_counter() - begun


def test_thousands_of_figures_over_time_are_quick(api: TestClient, editor: Headers) -> None:
    days = [(date(2022, 2, 24) + timedelta(days=number)).isoformat() for number in range(1500)]
    topic_id = load_figures(
        api, editor, (killed(place + which, day) for place, day in enumerate(days) for which in (0, 1))
    )

    found, seconds = timed(api, topic_id)

    assert (found["conflict_count"], len(found["conflicts"])) == (1500, estimates.MOST_CONFLICTS)
    assert found["series"][0]["figures"] == 3000
    assert seconds < 10


def test_thousands_of_figures_of_one_time_that_all_conflict_are_quick(api: TestClient, editor: Headers) -> None:
    number = 3000
    topic_id = load_figures(api, editor, (killed(place, "2025") for place in range(number)))

    found, seconds = timed(api, topic_id)

    assert len(found["conflicts"]) == estimates.MOST_CONFLICTS
    assert found["conflict_count"] == number * (number - 1) // 2
    assert seconds < 10
