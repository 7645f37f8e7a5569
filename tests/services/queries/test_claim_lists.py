"""Lists of claims over the API: filters, orders, facets, search, pages; now and as of a moment."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.queries import claim_filters
from tests.support.problems import refused

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Params = dict[str, Any]


def figure(metric: str, qualifier: str, **bounds: Any) -> dict[str, Any]:
    """A figure of soldiers."""
    return {"metric": metric, "unit": "soldiers", "qualifier": qualifier, **bounds}


@pytest.fixture
def data(record: Record, correct: Correct) -> dict[str, str]:
    """A small record in which every filter parts the claims; ids by name."""
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

    def says(source: str, stance: str = "asserts", **fields: Any) -> dict[str, Any]:
        return {"source": source, "stance": stance, **fields}

    claim(
        "troops",
        kind="troop_estimate",
        statement="About 11,000 soldiers are in Kursk.",
        topic=strength,
        place="Курська область, Росія",
        time="2025-01~",
        quantities=[figure("present", "about", best=11000)],
        attributions=[says(office, "estimates"), says(paper), says(paper, note="Again, in another edition.")],
    )
    claim(
        "losses",
        kind="casualty_figure",
        statement="300 were killed and 2,700 wounded near Çankırı.",
        topic=losses,
        place="Çankırı, Türkiye",
        time="2025-01-13",
        quantities=[figure("killed", "about", best=300), figure("wounded", "at_least", low=2700)],
        attributions=[says(service), says(paper, "cannot_verify")],
    )
    claim(
        "range",
        kind="casualty_figure",
        place="50% of A_b",
        time="2024-12-31/2025-01-01",
        quantities=[figure("killed", "between", low=40, high=60), figure("missing", "up_to", high=500)],
        attributions=[says(state, "denies")],
    )
    claim(
        "dozens",
        kind="capture_report",
        time="../2024-06",
        quantities=[figure("captured", "vague", verbatim="десятки")],
        attributions=[says(paper, "alleges", quote={"exact": "захопили десятки"})],
    )
    claim("bare", statement="Nothing is known of it.")
    claim("taken back", attributions=[says(paper)])
    spoken = record("attributions", claim=ids["bare"], source=service, stance="denies")["id"]
    correct("attributions", spoken, withdrawn=True)
    correct("claims", ids["taken back"], stage="withdrawn", notice="It was a misreading.")
    claim("draft", stage="draft", kind="troop_estimate", time="2025-01-05")
    return ids


def found(api: TestClient, params: Params, **headers: str) -> list[str]:
    """The keys of the claims in a list, in its order."""
    answer = api.get("claims", params=params, headers=headers)
    assert answer.status_code == 200, (params, answer.text)
    return [one["key"] for one in answer.json()["items"]]


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
    # An organisation answers for its parts, and not the other way round.
    ({"source": "@state"}, {"troops", "losses", "range"}),
    ({"source": "state"}, {"troops", "losses", "range"}),
    ({"source": "@service"}, {"troops", "losses"}),
    ({"source": "@office"}, {"troops"}),
    ({"source": "@paper"}, {"troops", "losses", "dozens"}),
    # The stance is that source's.
    ({"source": "@paper", "stance": "asserts"}, {"troops"}),
    ({"source": "@state", "stance": ["denies", "estimates"]}, {"troops", "range"}),
    ({"stance": "denies"}, {"range"}),
    ({"stance": "no_statement_found"}, set()),
    # Metric and value are those of one figure.
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
    # Neither case nor accents matter, and nothing is a wildcard.
    ({"place": "КУРСЬКА"}, {"troops"}),
    ({"place": "росія"}, {"troops"}),
    ({"place": "cankiri"}, {"losses"}),
    ({"place": "TÜRKIYE"}, {"losses"}),
    ({"place": "% of a_"}, {"range"}),
    ({"place": "a%b"}, set()),
    # A claim may speak of any day that its time covers; without one, of none.
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


def test_every_filter(api: TestClient, data: dict[str, str], subtests: pytest.Subtests) -> None:
    for params, expected in FILTERS:
        with subtests.test(str(params)):
            asked = {
                name: data[value[1:]] if isinstance(value, str) and value.startswith("@") else value
                for name, value in params.items()
            }
            assert sorted(found(api, asked)) == sorted(expected)


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


def test_every_parameter_that_is_not_as_it_should_be(api: TestClient, subtests: pytest.Subtests) -> None:
    for params, fields in REFUSED:
        with subtests.test(str(params)):
            refused(api.get("claims", params=params), 422, *fields.split())


def test_every_sort(api: TestClient, data: dict[str, str], correct: Correct) -> None:
    # What has no beginning comes first, in the order of recording.
    by_date = ["dozens", "bare", "range", "troops", "losses"]
    recorded = ["troops", "losses", "range", "dozens", "bare"]
    assert found(api, {}) == found(api, {"sort": "-date"}) == by_date[::-1]
    assert found(api, {"sort": "date"}) == by_date
    assert found(api, {"sort": "id"}) == recorded
    assert found(api, {"sort": "-id"}) == recorded[::-1]
    assert found(api, {"sort": "recorded"}) == recorded
    correct("claims", data["losses"], note="Looked at again.")
    assert found(api, {"sort": "-recorded"}) == ["losses", "bare", "dozens", "range", "troops"]
    assert found(api, {"q": "kursk OR claim", "sort": "id"}) == found(api, {"q": "kursk OR claim", "sort": "-id"})[::-1]
    # A statement counts for more than the name of a source.
    assert found(api, {"q": "paper"}) == found(api, {"q": "paper", "sort": "relevance"})


def test_facets_count_the_whole_list(api: TestClient, data: dict[str, str]) -> None:
    everything = "status,kind,stage,topic,metric,source"

    page = api.get("claims", params={"facets": everything, "limit": 1}).json()

    assert len(page["items"]) == 1
    assert page["facets"] == {
        "status": {"unassessed": 5},
        "kind": {"casualty_figure": 2, "capture_report": 1, "other": 1, "troop_estimate": 1},
        "stage": {"published": 5},
        "topic": {data["strength"]: 1, data["lost"]: 1},
        "metric": {"killed": 2, "captured": 1, "missing": 1, "present": 1, "wounded": 1},
        # A claim counts once for each source, however often the source speaks.
        "source": {data["paper"]: 3, data["state"]: 1, data["service"]: 1, data["office"]: 1},
    }
    assert list(page["facets"]["kind"]) == ["casualty_figure", "capture_report", "other", "troop_estimate"]
    narrowed = api.get("claims", params={"facets": "metric, kind,metric", "source": "paper", "q": "were"}).json()
    assert narrowed["facets"] == {"metric": {"killed": 1, "wounded": 1}, "kind": {"casualty_figure": 1}}
    assert api.get("claims").json()["facets"] is None


def test_a_claim_in_a_list_says_who_takes_which_stance(api: TestClient, data: dict[str, str]) -> None:
    items = {one["key"]: one for one in api.get("claims").json()["items"]}

    assert [(one["name"], one["stance"]) for one in items["troops"]["attributed_to"]] == [
        ("An office", "estimates"),
        ("A paper", "asserts"),
    ]
    # What was taken back is not among them.
    assert items["bare"]["attributed_to"] == []
    assert items["losses"]["topic"] == {"id": data["lost"], "title": "Losses?"}
    assert [(one["low"], one["best"], one["high"]) for one in items["range"]["quantities"]] == [
        (40, None, 60),
        (None, None, 500),
    ]
    assert items["troops"]["snippets"] is None


def test_a_list_as_of_a_moment(api: TestClient, data: dict[str, str], record: Record, correct: Correct) -> None:
    params: Params = {"facets": "kind,metric,source,topic", "limit": 200}
    before = api.get("claims", params={**params, "sort": "-recorded"}).json()
    searched = api.get("claims", params={"q": "kursk"}).json()
    withdrawn = api.get("claims", params={"stage": "withdrawn"}).json()
    moment = max(one["recorded_at"] for one in [*before["items"], *withdrawn["items"]])

    correct("claims", data["troops"], statement="Nobody is anywhere.", place="Here", kind="other", topic=None)
    correct("claims", data["losses"], stage="withdrawn", notice="Wrong.")
    correct("claims", data["range"], quantities=[], time="1999")
    correct("sources", data["office"], parent=None, name="Bureau")
    record("claims", statement="Some are in Kursk.", key="new")

    assert found(api, {"q": "kursk"}) == ["new"]
    assert found(api, {"source": "state"}) == ["range"]
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
        assert set(found(api, {**filters, **then})) == expected, filters
    nothing = api.get("claims", params={"as_of": "2020-01-01", "facets": "kind"}).json()
    assert nothing == {
        "items": [],
        "next": None,
        "facets": {"kind": {}},
        "counted": {"claims": 0, "complete": True},
    }


def test_a_cursor_belongs_to_its_query(api: TestClient, data: dict[str, str]) -> None:
    params: Params = {"limit": 2, "sort": "date", "kind": ["casualty_figure", "capture_report"]}
    page = api.get("claims", params=params).json()
    cursor = page["next"]

    # How many are on a page may change.
    rest = api.get("claims", params={**params, "limit": 5, "cursor": cursor}).json()
    assert ([one["key"] for one in rest["items"]], rest["next"]) == (["losses"], None)
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
        asked = {name: value for name, value in {**params, **change, "cursor": cursor}.items() if value is not None}
        refused(api.get("claims", params=asked), 422, "cursor")
    for other in ("sources", "attributions", f"topics/{data['strength']}/estimates"):
        refused(api.get(other, params={"cursor": cursor}), 422, "cursor")
    for place in range(0, len(cursor), 7):
        tampered = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        refused(api.get("claims", params={**params, "cursor": tampered}), 422, "cursor")


def pages(api: TestClient, params: Params, between: Callable[[], object] = lambda: None) -> Iterable[list[str]]:
    """The ids on each page of a list, one page after the other; `between` is done between them."""
    cursor: Params = {}
    while True:
        answer = api.get("claims", params={**params, **cursor})
        assert answer.status_code == 200, answer.text
        yield [one["id"] for one in answer.json()["items"]]
        if answer.json()["next"] is None:
            return
        cursor = {"cursor": answer.json()["next"]}
        between()


SORTS = ("-date", "date", "-recorded", "recorded", "id", "-id", "relevance")

TIMES = (None, "2025-01", "2025-01-01", "../2025-01", "2024-12-31/2025-02", "9999-12-31", "0001-01-01")


def test_pages_are_complete_and_without_repeats(api: TestClient, record: Record) -> None:
    many = [
        record("claims", statement="Soldiers " * (number % 3 + 1) + "are there.", time=TIMES[number % len(TIMES)])["id"]
        for number in range(12)
    ]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(sort=st.sampled_from(SORTS), limit=st.integers(1, 14), searched=st.booleans())
    def whatever_is_asked(sort: str, limit: int, searched: bool) -> None:
        params: Params = {"sort": sort, "limit": limit} | ({"q": "soldiers"} if searched or sort == "relevance" else {})
        read = list(pages(api, params))
        together = [one for page in read for one in page]
        whole = api.get("claims", params={**params, "limit": 200}).json()
        assert together == [one["id"] for one in whole["items"]]
        assert sorted(together) == sorted(many)
        assert all(len(page) == limit for page in read[:-1])

    whatever_is_asked()


def test_pages_lose_and_repeat_nothing_while_others_write(
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
            before = {one["id"] for one in api.get("claims", params={**params, "limit": 200}).json()["items"]}
            read = [one for page in pages(api, params, partial(add, number)) for one in page]
            assert len(read) == len(set(read))
            assert before <= set(read)


def test_a_source_of_few_words_and_one_of_many_are_listed_alike(
    api: TestClient, record: Record, correct: Correct, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = record("sources", key="above")
    for name, parent in (("one", "above"), ("two", "above"), ("other", None)):
        record("sources", key=name, parent=parent)
    stances = ("asserts", "denies", "asserts", "alleges")
    for number, (name, stance) in enumerate(zip(("one", "two", "other", "one"), stances, strict=True)):
        said = [{"key": "a", "source": name, "stance": stance}, {"key": "b", "source": name, "stance": stance}]
        record("claims", key=f"c{number}", time=f"2025-01-1{number % 2}", attributions=said)
    last = api.get("claims", params={"sort": "-recorded"}).json()["items"][0]
    for said_last in api.get(f"claims/{last['id']}").json()["attributions"]:
        correct("attributions", said_last["id"], withdrawn=True)

    def listed(**params: Any) -> list[str]:
        found: list[str] = []
        page = api.get("claims", params={"limit": 1, **params}).raise_for_status().json()
        found += [one["key"] for one in page["items"]]
        while page["next"] is not None:
            page = api.get("claims", params={"limit": 1, **params, "cursor": page["next"]}).raise_for_status().json()
            found += [one["key"] for one in page["items"]]
        return found

    asked: list[dict[str, Any]] = [
        {"source": source, "sort": sort, **more}
        for source in ("one", "two", above["id"], "other")
        for sort in ("-date", "date", "-recorded", "recorded", "-id", "id")
        for more in ({}, {"as_of": last["recorded_at"]}, {"stance": ["asserts", "denies"]}, {"date_from": "2025-01-11"})
    ]
    few = [listed(**one) for one in asked]
    monkeypatch.setattr(claim_filters, "FEW", -1)
    many = [listed(**one) for one in asked]

    assert few == many
    told = dict(zip(map(str, asked), few, strict=True))
    assert told[str({"source": "one", "sort": "id"})] == ["c0"]
    assert told[str({"source": "one", "sort": "-id", "as_of": last["recorded_at"]})] == ["c3", "c0"]
    assert told[str({"source": above["id"], "sort": "date"})] == ["c0", "c1"]
    assert told[str({"source": above["id"], "sort": "date", "as_of": last["recorded_at"]})] == ["c0", "c1", "c3"]
