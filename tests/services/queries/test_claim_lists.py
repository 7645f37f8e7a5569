"""Lists of claims over the API: filters, sort orders, facets, search and pages, now and as of a past moment."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.queries import claim_filters
from tests.support.problems import assert_problem
from tests.support.retractions import RECORDED_WRONGLY

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Params = dict[str, Any]


def figure(metric: str, qualifier: str, **bounds: Any) -> dict[str, Any]:
    """A figure of soldiers."""
    return {"metric": metric, "unit": "soldiers", "qualifier": qualifier, **bounds}


@pytest.fixture
def ids_by_name(record: Record, correct: Correct) -> dict[str, str]:
    """A small record in which every filter selects some claims and leaves out others; ids by name."""
    state = record("sources", name="Republic of Korea", key="state")["id"]
    service = record("sources", name="National Intelligence Service", parent=state, other_names=["국가정보원"])["id"]
    office = record("sources", name="An office", parent=service, kind="intelligence_service")["id"]
    paper = record("sources", name="A paper", kind="news_organisation", key="paper")["id"]
    strength = record("topics", key="strength")["id"]
    losses = record("topics", title="Losses?", metric_family="casualties")["id"]
    ids = {"state": state, "service": service, "office": office, "paper": paper}
    ids |= {"strength": strength, "lost": losses}

    def claim(name: str, **fields: Any) -> None:
        ids[name] = record("claims", **{"kind": "other", "statement": f"Claim {name}.", "key": name, **fields})["id"]

    def attribution(source: str, stance: str = "asserts", **fields: Any) -> dict[str, Any]:
        return {"source": source, "stance": stance, **fields}

    claim(
        "troops",
        kind="troop_estimate",
        statement="About 11,000 soldiers are in Kursk.",
        topic=strength,
        place="Курська область, Росія",
        time="2025-01~",
        quantities=[figure("present", "about", best=11000)],
        attributions=[
            attribution(office, "estimates"),
            attribution(paper),
            attribution(paper, note="Again, in another edition."),
        ],
    )
    claim(
        "losses",
        kind="casualty_figure",
        statement="300 were killed and 2,700 wounded near Çankırı.",
        topic=losses,
        place="Çankırı, Türkiye",
        time="2025-01-13",
        quantities=[figure("killed", "about", best=300), figure("wounded", "at_least", low=2700)],
        attributions=[attribution(service), attribution(paper, "cannot_verify")],
    )
    claim(
        "range",
        kind="casualty_figure",
        place="50% of A_b",
        time="2024-12-31/2025-01-01",
        quantities=[figure("killed", "between", low=40, high=60), figure("missing", "up_to", high=500)],
        attributions=[attribution(state, "denies")],
    )
    claim(
        "dozens",
        kind="capture_report",
        time="../2024-06",
        quantities=[figure("captured", "vague", verbatim="десятки")],
        attributions=[attribution(paper, "alleges", quote={"exact": "захопили десятки"})],
    )
    claim("bare", statement="Nothing is known of it.")
    claim("taken back", attributions=[attribution(paper)])
    withdrawn_id = record("attributions", claim=ids["bare"], source=service, stance="denies")["id"]
    correct("attributions", withdrawn_id, retraction=RECORDED_WRONGLY)
    correct("claims", ids["taken back"], stage="withdrawn", notice="It was a misreading.")
    claim("draft", stage="draft", kind="troop_estimate", time="2025-01-05")
    return ids


def listed_keys(api: TestClient, params: Params, **headers: str) -> list[str]:
    """The keys of the claims in a list, in its order."""
    response = api.get("claims", params=params, headers=headers)
    assert response.status_code == 200, (params, response.text)
    return [item["key"] for item in response.json()["items"]]


FILTERS: list[tuple[Params, set[str]]] = [
    ({}, {"troops", "losses", "range", "dozens", "bare"}),
    ({"kind": "casualty_figure"}, {"losses", "range"}),
    ({"kind": ["casualty_figure", "capture_report"]}, {"losses", "range", "dozens"}),
    ({"status": "unassessed"}, {"troops", "losses", "range", "dozens", "bare"}),
    ({"status": ["confirmed", "disputed"]}, set()),
    ({"stage": "withdrawn"}, {"taken back"}),
    ({"stage": ["published", "withdrawn"], "kind": "other"}, {"bare", "taken back"}),
    ({"topic": "@strength"}, {"troops"}),
    ({"topic": "strength"}, {"troops"}),
    # Filtering by an organisation includes its sub-organisations, but not its parent.
    ({"source": "@state"}, {"troops", "losses", "range"}),
    ({"source": "state"}, {"troops", "losses", "range"}),
    ({"source": "@service"}, {"troops", "losses"}),
    ({"source": "@office"}, {"troops"}),
    ({"source": "@paper"}, {"troops", "losses", "dozens"}),
    # The stance filter applies to the attribution of the source in the same filter.
    ({"source": "@paper", "stance": "asserts"}, {"troops"}),
    ({"source": "@state", "stance": ["denies", "estimates"]}, {"troops", "range"}),
    ({"stance": "denies"}, {"range"}),
    ({"stance": "no_statement_found"}, set()),
    # Metric and value must match the same figure.
    ({"metric": "killed"}, {"losses", "range"}),
    ({"metric": ["missing", "captured"]}, {"range", "dozens"}),
    ({"metric": "killed", "value_min": 300}, {"losses"}),
    ({"metric": "killed", "value_min": 301}, set()),
    ({"metric": "wounded", "value_max": 300}, set()),
    ({"metric": "wounded", "value_min": 2700, "value_max": 2700}, {"losses"}),
    ({"metric": "killed", "value_max": "40.0"}, {"range"}),
    ({"metric": "killed", "value_max": "39.9999"}, set()),
    ({"metric": "missing", "value_min": 500}, {"range"}),
    ({"value_min": 301, "value_max": 2699}, {"range"}),
    ({"value_min": 0}, {"troops", "losses", "range"}),
    ({"metric": "captured", "value_min": 0}, set()),
    # Matching ignores case and accents, and no character is a wildcard.
    ({"place": "КУРСЬКА"}, {"troops"}),
    ({"place": "росія"}, {"troops"}),
    ({"place": "cankiri"}, {"losses"}),
    ({"place": "TÜRKIYE"}, {"losses"}),
    ({"place": "% of a_"}, {"range"}),
    ({"place": "a%b"}, set()),
    # A claim matches any day that its time covers; a claim without a time matches none.
    ({"date_from": "2025-01-31"}, {"troops"}),
    ({"date_from": "2025-01-13"}, {"troops", "losses"}),
    ({"date_from": "2025-01-01"}, {"troops", "losses", "range"}),
    ({"date_from": "2025-02"}, set()),
    ({"date_to": "2024-12-31"}, {"range", "dozens"}),
    ({"date_to": "2024-12"}, {"range", "dozens"}),
    ({"date_to": "2025-01-01"}, {"troops", "range", "dozens"}),
    ({"date_to": "0001-01-01"}, {"dozens"}),
    ({"date_from": "2024-06-30", "date_to": "2024-12-30"}, {"dozens"}),
    ({"date_from": "2024~", "date_to": "2024?"}, {"range", "dozens"}),
    ({"q": "soldiers"}, {"troops"}),
    ({"q": "국가정보원"}, {"losses"}),
    ({"q": "десятки"}, {"dozens"}),
    ({"q": "cankiri", "kind": "casualty_figure"}, {"losses"}),
    ({"q": "cankiri", "kind": "troop_estimate"}, set()),
    ({"kind": "troop_estimate", "source": "paper", "metric": "present", "place": "курс", "q": "kursk"}, {"troops"}),
]


def test_each_filter_returns_the_expected_claims(
    api: TestClient, ids_by_name: dict[str, str], subtests: pytest.Subtests
) -> None:
    for params, expected in FILTERS:
        with subtests.test(str(params)):
            query = {
                name: ids_by_name[value[1:]] if isinstance(value, str) and value.startswith("@") else value
                for name, value in params.items()
            }
            assert sorted(listed_keys(api, query)) == sorted(expected)


REFUSED: list[tuple[Params, str]] = [
    ({"colour": "red"}, "colour"),
    ({"Kind": "other"}, "Kind"),
    ({"kind[]": "other"}, "kind[]"),
    ({"kind": "nonsense"}, "kind.0"),
    ({"kind": ["other", ""]}, "kind.1"),
    ({"status": "true"}, "status.0"),
    ({"stage": "gone"}, "stage.0"),
    ({"stance": "says"}, "stance.0"),
    ({"metric": "kills"}, "metric.0"),
    ({"topic": "no such key"}, "topic"),
    ({"topic": ""}, "topic"),
    ({"source": "src_01jhf3m8w5k6v0x2s9r7q4t1ya"}, "source"),
    ({"value_min": "many"}, "value_min"),
    ({"value_min": "-1"}, "value_min"),
    ({"value_min": "NaN"}, "value_min"),
    ({"value_max": "Infinity"}, "value_max"),
    ({"value_max": "1.00001"}, "value_max"),
    ({"value_max": "1e400"}, "value_max"),
    ({"place": "x"}, "place"),
    ({"place": "x" * 201}, "place"),
    ({"date_from": "yesterday"}, "date_from"),
    ({"date_from": "2024-W01"}, "date_from"),
    ({"date_to": "2025-02-30"}, "date_to"),
    ({"date_to": ""}, "date_to"),
    ({"q": "x" * 501}, "q"),
    ({"q": " "}, "q"),
    ({"q": "-only"}, "q"),
    ({"sort": "statement"}, "sort"),
    ({"sort": "date; DROP TABLE claim"}, "sort"),
    ({"sort": "relevance"}, "sort"),
    ({"facets": "status,colour"}, "facets"),
    ({"facets": ""}, "facets"),
    ({"limit": "0"}, "limit"),
    ({"value_min": "5", "value_max": "3"}, "value_max"),
    ({"date_from": "2025-02", "date_to": "2025-01-05"}, "date_to"),
    ({"limit": "201"}, "limit"),
    ({"limit": "-1"}, "limit"),
    ({"limit": "1.0"}, "limit"),
    ({"limit": "9" * 30}, "limit"),
    ({"as_of": "soon"}, "as_of"),
    ({"as_of": "1736700000"}, "as_of"),
    ({"as_of": "9999-12-31"}, "as_of"),
    ({"as_of": "0001-01-01T00:00:00+14:00"}, "as_of"),
    ({"cursor": "x"}, "cursor"),
    ({"cursor": ""}, "cursor"),
    ({"cursor": "x" * 2001}, "cursor"),
    ({"limit": "0", "colour": "red"}, "limit colour"),
]


def test_invalid_query_parameters_are_refused(api: TestClient, subtests: pytest.Subtests) -> None:
    for params, fields in REFUSED:
        with subtests.test(str(params)):
            assert_problem(api.get("claims", params=params), 422, *fields.split())


@pytest.mark.parametrize(
    "params",
    [
        {"place": "xy"},
        {"place": "x" * 200},
        {"q": "x" * 500},
        {"limit": "1"},
        {"limit": "200"},
        {"value_min": "0", "value_max": "99999999999.9999"},
    ],
    ids=["shortest place", "longest place", "longest query", "lowest limit", "highest limit", "widest values"],
)
def test_parameters_at_the_limits_are_accepted(api: TestClient, params: Params) -> None:
    assert listed_keys(api, params) == []


def test_lists_are_sorted_as_requested(
    api: TestClient, ids_by_name: dict[str, str], record: Record, correct: Correct
) -> None:
    # Claims without a beginning come first, in the order of recording.
    by_date = ["dozens", "bare", "range", "troops", "losses"]
    recorded = ["troops", "losses", "range", "dozens", "bare"]
    assert listed_keys(api, {}) == listed_keys(api, {"sort": "-date"}) == by_date[::-1]
    assert listed_keys(api, {"sort": "date"}) == by_date
    assert listed_keys(api, {"sort": "id"}) == recorded
    assert listed_keys(api, {"sort": "-id"}) == recorded[::-1]
    assert listed_keys(api, {"sort": "recorded"}) == recorded
    correct("claims", ids_by_name["losses"], note="Looked at again.")
    assert listed_keys(api, {"sort": "-recorded"}) == ["losses", "bare", "dozens", "range", "troops"]
    assert listed_keys(api, {"q": "claim", "sort": "id"}) == ["range", "dozens"]
    assert listed_keys(api, {"q": "claim", "sort": "-id"}) == ["dozens", "range"]
    # Searches sort by relevance unless told otherwise: a match in a statement outranks one in a source's name.
    record("claims", statement="A paper was found.", key="paper in the statement", time="1999")
    by_relevance = ["paper in the statement", "dozens", "losses", "troops"]
    assert listed_keys(api, {"q": "paper"}) == listed_keys(api, {"q": "paper", "sort": "relevance"}) == by_relevance


def test_facets_count_the_whole_list(api: TestClient, ids_by_name: dict[str, str]) -> None:
    everything = "status,kind,stage,topic,metric,source"

    page = api.get("claims", params={"facets": everything, "limit": 1}).json()

    assert len(page["items"]) == 1
    assert page["facets"] == {
        "status": {"unassessed": 5},
        "kind": {"casualty_figure": 2, "capture_report": 1, "other": 1, "troop_estimate": 1},
        "stage": {"published": 5},
        "topic": {ids_by_name["strength"]: 1, ids_by_name["lost"]: 1},
        "metric": {"killed": 2, "captured": 1, "missing": 1, "present": 1, "wounded": 1},
        # A claim counts once per source, even if it has several attributions to that source.
        "source": {
            ids_by_name["paper"]: 3,
            ids_by_name["state"]: 1,
            ids_by_name["service"]: 1,
            ids_by_name["office"]: 1,
        },
    }
    assert page["facet_names"] == {
        ids_by_name["strength"]: "How many?",
        ids_by_name["lost"]: "Losses?",
        ids_by_name["paper"]: "A paper",
        ids_by_name["state"]: "Republic of Korea",
        ids_by_name["service"]: "National Intelligence Service",
        ids_by_name["office"]: "An office",
    }
    assert list(page["facets"]["kind"]) == ["casualty_figure", "capture_report", "other", "troop_estimate"]
    narrowed = api.get("claims", params={"facets": "metric, kind,metric", "source": "paper", "q": "were"}).json()
    assert narrowed["facets"] == {"metric": {"killed": 1, "wounded": 1}, "kind": {"casualty_figure": 1}}
    assert narrowed["facet_names"] is None
    assert api.get("claims").json()["facets"] is None
    searched = api.get("claims", params={"facets": "topic", "q": "wounded"}).json()
    assert searched["facet_names"] == {ids_by_name["lost"]: "Losses?"}
    assert api.get("claims", params={"facets": "topic", "q": "nothing"}).json()["facet_names"] == {}


def test_a_listed_claim_shows_its_sources_and_their_stances(api: TestClient, ids_by_name: dict[str, str]) -> None:
    items = {item["key"]: item for item in api.get("claims").json()["items"]}

    assert [(source["name"], source["stance"]) for source in items["troops"]["attributed_to"]] == [
        ("An office", "estimates"),
        ("A paper", "asserts"),
    ]
    # Withdrawn attributions are left out.
    assert items["bare"]["attributed_to"] == []
    assert items["losses"]["topic"] == {"id": ids_by_name["lost"], "title": "Losses?"}
    assert [(figure["low"], figure["best"], figure["high"]) for figure in items["range"]["quantities"]] == [
        (40, None, 60),
        (None, None, 500),
    ]
    assert items["troops"]["snippets"] is None


def test_a_list_as_of_a_past_moment_is_unaffected_by_later_edits(
    api: TestClient, ids_by_name: dict[str, str], record: Record, correct: Correct
) -> None:
    params: Params = {"facets": "kind,metric,source,topic", "limit": 200}
    before = api.get("claims", params={**params, "sort": "-recorded"}).json()
    searched = api.get("claims", params={"q": "kursk"}).json()
    withdrawn = api.get("claims", params={"stage": "withdrawn"}).json()
    moment = max(item["recorded_at"] for item in [*before["items"], *withdrawn["items"]])

    correct("claims", ids_by_name["troops"], statement="Nobody is anywhere.", place="Here", kind="other", topic=None)
    correct("claims", ids_by_name["losses"], stage="withdrawn", notice="Wrong.")
    correct("claims", ids_by_name["range"], quantities=[], time="1999")
    correct("sources", ids_by_name["office"], parent=None, name="Bureau")
    record("claims", statement="Some are in Kursk.", key="new")

    assert listed_keys(api, {"q": "kursk"}) == ["new"]
    assert listed_keys(api, {"source": "state"}) == ["range"]
    then: Params = {"as_of": moment}
    assert api.get("claims", params={**params, "sort": "-recorded", **then}).json() == before
    assert api.get("claims", params={"q": "kursk", **then}).json() == searched
    table: list[tuple[Params, set[str]]] = [
        ({"source": "state"}, {"troops", "losses", "range"}),
        ({"place": "курс"}, {"troops"}),
        ({"metric": "killed"}, {"losses", "range"}),
        ({"date_to": "2000"}, {"dozens"}),
        ({"topic": "strength"}, {"troops"}),
        ({"q": "bureau"}, set()),
        ({"stage": "withdrawn"}, {"taken back"}),
    ]
    for filters, expected in table:
        assert set(listed_keys(api, {**filters, **then})) == expected, filters
    nothing = api.get("claims", params={"as_of": "2020-01-01", "facets": "kind"}).json()
    assert nothing == {
        "items": [],
        "next": None,
        "facets": {"kind": {}},
        "facet_names": None,
        "counted": {"claims": 0, "complete": True},
    }


def test_a_cursor_is_valid_only_for_its_query(api: TestClient, ids_by_name: dict[str, str]) -> None:
    params: Params = {"limit": 2, "sort": "date", "kind": ["casualty_figure", "capture_report"]}
    page = api.get("claims", params=params).json()
    cursor = page["next"]

    # The page size may change between pages.
    rest = api.get("claims", params={**params, "limit": 5, "cursor": cursor}).json()
    assert ([item["key"] for item in rest["items"]], rest["next"]) == (["losses"], None)
    changes: list[Params] = [
        {"sort": "-date"},
        {"sort": None},
        {"kind": "casualty_figure"},
        {"q": "killed"},
        {"as_of": "2020-01-01"},
        {"facets": "kind"},
        {"stage": "published"},
    ]
    for change in changes:
        query = {name: value for name, value in {**params, **change, "cursor": cursor}.items() if value is not None}
        assert_problem(api.get("claims", params=query), 422, "cursor")
    for other in ("sources", "attributions", f"topics/{ids_by_name['strength']}/estimates"):
        assert_problem(api.get(other, params={"cursor": cursor}), 422, "cursor")
    for position in range(0, len(cursor), 7):
        tampered = cursor[:position] + ("A" if cursor[position] != "A" else "B") + cursor[position + 1 :]
        assert_problem(api.get("claims", params={**params, "cursor": tampered}), 422, "cursor")


def pages(api: TestClient, params: Params, between: Callable[[], object] = lambda: None) -> Iterable[list[str]]:
    """The ids on each page of a list; `between` is called between pages."""
    cursor: Params = {}
    while True:
        response = api.get("claims", params={**params, **cursor})
        assert response.status_code == 200, response.text
        yield [item["id"] for item in response.json()["items"]]
        if response.json()["next"] is None:
            return
        cursor = {"cursor": response.json()["next"]}
        between()


SORTS = ("-date", "date", "-recorded", "recorded", "id", "-id", "relevance")

TIMES = (None, "2025-01", "2025-01-01", "../2025-01", "2024-12-31/2025-02", "9999-12-31", "0001-01-01")


def test_pages_are_complete_and_without_repeats(api: TestClient, record: Record) -> None:
    claim_ids = [
        record("claims", statement="Soldiers " * (number % 3 + 1) + "are there.", time=TIMES[number % len(TIMES)])["id"]
        for number in range(12)
    ]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(sort=st.sampled_from(SORTS), limit=st.integers(1, 14), is_search=st.booleans())
    def check_pages(sort: str, limit: int, is_search: bool) -> None:
        params: Params = {"sort": sort, "limit": limit} | (
            {"q": "soldiers"} if is_search or sort == "relevance" else {}
        )
        id_pages = list(pages(api, params))
        read_ids = [claim_id for page in id_pages for claim_id in page]
        full_list = api.get("claims", params={**params, "limit": 200}).json()
        assert read_ids == [item["id"] for item in full_list["items"]]
        assert sorted(read_ids) == sorted(claim_ids)
        assert all(len(page) == limit for page in id_pages[:-1])

    check_pages()


def test_pages_skip_and_repeat_no_claim_during_concurrent_writes(
    api: TestClient, record: Record, subtests: pytest.Subtests
) -> None:
    def add(number: int) -> str:
        statement = "Soldiers " * (number % 3 + 1) + "are there" + ", it is said" * (number % 4) + "."
        identifier: str = record("claims", statement=statement, time=TIMES[number % len(TIMES)])["id"]
        return identifier

    for number in range(8):
        add(number)
    for number, sort in enumerate(SORTS):
        with subtests.test(sort):
            params: Params = {"sort": sort, "limit": 4, "q": "soldiers"}
            ids_before = {item["id"] for item in api.get("claims", params={**params, "limit": 200}).json()["items"]}
            read_ids = [claim_id for page in pages(api, params, partial(add, number)) for claim_id in page]
            assert len(read_ids) == len(set(read_ids))
            assert ids_before <= set(read_ids)


def test_rare_and_frequent_sources_are_listed_alike(
    api: TestClient, record: Record, correct: Correct, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = record("sources", key="above")
    for name, parent in (("one", "above"), ("two", "above"), ("other", None)):
        record("sources", key=name, parent=parent)
    stances = ("asserts", "denies", "asserts", "alleges")
    for number, (name, stance) in enumerate(zip(("one", "two", "other", "one"), stances, strict=True)):
        attributions = [{"key": "a", "source": name, "stance": stance}, {"key": "b", "source": name, "stance": stance}]
        record("claims", key=f"c{number}", time=f"2025-01-1{number % 2}", attributions=attributions)
    last = api.get("claims", params={"sort": "-recorded"}).json()["items"][0]
    for attribution in api.get(f"claims/{last['id']}").json()["attributions"]:
        correct("attributions", attribution["id"], retraction=RECORDED_WRONGLY)

    def all_keys(**params: Any) -> list[str]:
        keys: list[str] = []
        page = api.get("claims", params={"limit": 1, **params}).raise_for_status().json()
        keys += [item["key"] for item in page["items"]]
        while page["next"] is not None:
            page = api.get("claims", params={"limit": 1, **params, "cursor": page["next"]}).raise_for_status().json()
            keys += [item["key"] for item in page["items"]]
        return keys

    queries: list[dict[str, Any]] = [
        {"source": source, "sort": sort, **more}
        for source in ("one", "two", above["id"], "other")
        for sort in ("-date", "date", "-recorded", "recorded", "-id", "id")
        for more in ({}, {"as_of": last["recorded_at"]}, {"stance": ["asserts", "denies"]}, {"date_from": "2025-01-11"})
    ]
    as_rare = [all_keys(**params) for params in queries]
    monkeypatch.setattr(claim_filters, "RARE_SOURCE_LIMIT", -1)
    as_frequent = [all_keys(**params) for params in queries]

    assert as_rare == as_frequent
    keys_by_query = dict(zip(map(str, queries), as_rare, strict=True))
    assert keys_by_query[str({"source": "one", "sort": "id"})] == ["c0"]
    assert keys_by_query[str({"source": "one", "sort": "-id", "as_of": last["recorded_at"]})] == ["c3", "c0"]
    assert keys_by_query[str({"source": above["id"], "sort": "date"})] == ["c0", "c1"]
    assert keys_by_query[str({"source": above["id"], "sort": "date", "as_of": last["recorded_at"]})] == [
        "c0",
        "c1",
        "c3",
    ]
