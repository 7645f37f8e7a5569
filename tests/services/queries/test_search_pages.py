"""Searched lists that find much: pages, orders and counts are right on both sides of every bound."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count, product
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db import fulltext
from app.db.engine import Database
from app.services.queries import search_pages
from app.services.search import search_query

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Params = dict[str, Any]

MANY = 30
KINDS = ("troop_estimate", "deployment", "other")
SORTS = ("relevance", "-date", "date", "-recorded", "recorded", "id", "-id")

BOUNDS: list[dict[str, int]] = [
    {},
    {"RANKED": 1, "COUNTED": 1},
    {"RANKED": 7, "COUNTED": 7},
    {"RANKED": 4, "COUNTED": 7, "FEW_CLAIMS": 3},
    {"RANKED": 7, "COUNTED": 11, "FEW_CLAIMS": 3, "LONGEST_WALK": 4},
    {"RANKED": MANY, "COUNTED": MANY},
    {"RANKED": 9, "COUNTED": MANY - 1, "FEW_CLAIMS": 0, "SAMPLE": 2},
    {"RANKED": 5, "COUNTED": 5, "FEW_CLAIMS": 0, "SAMPLE": 1, "LONGEST_WALK": 1},
]
"""What a list shows must not depend on how far each way of finding is gone, but for the order by relevance."""


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the bounds; those that are not named are too large to be met."""

    def set_bounds(**bounds: int) -> None:
        for name in ("RANKED", "COUNTED", "FEW_CLAIMS", "LONGEST_WALK"):
            monkeypatch.setattr(search_pages, name, bounds.get(name, 20_000))
        monkeypatch.setattr(fulltext, "SAMPLE", bounds.get("SAMPLE", 1_000))

    return set_bounds


def statement(number: int) -> str:
    """Words that many, some or few claims have."""
    words = ["Soldiers", "northern" if number % 2 else "southern", "seldom" if number % 10 == 0 else "often"]
    return " ".join([*words, f"number{number}."])


def leap(database: Database) -> None:
    """Have PostgreSQL number what is recorded next as if much else had been before, almost to the end of a segment."""
    if not database.is_sqlite:
        with database.writing() as connection:
            last = connection.execute(text("SELECT max(id) FROM search_text")).scalar_one()
            end = {"number": (last // fulltext.SEGMENT + 1) * fulltext.SEGMENT - 2}
            connection.execute(text("SELECT setval(pg_get_serial_sequence('search_text', 'id'), :number)"), end)


@pytest.fixture
def many(record: Record, database: Database) -> list[str]:
    """Claims that all have the word soldiers, every third one only in a quote; ids in the order of recording."""
    source = record("sources")["id"]
    ids = []
    for number in range(MANY):
        if number % 7 == 5:
            leap(database)
        quoted = number % 3 == 0
        said = {"source": source, "stance": "asserts"}
        if quoted:
            said["quote"] = {"exact": statement(number)}
        claim = record(
            "claims",
            statement="It is said." if quoted else statement(number),
            kind=KINDS[number % len(KINDS)],
            time=str(date(2025, 1, 1) + timedelta(days=number * 7 % 31)),
            attributions=[said],
        )
        ids.append(claim["id"])
    return ids


def walk(api: TestClient, params: Params, between: Callable[[], object] = lambda: None) -> list[str]:
    """The ids of all pages of a list; `between` is done after each."""
    found: list[str] = []
    cursor: Params = {}
    while True:
        answer = api.get("claims", params={**params, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            return found
        assert len(page["items"]) == params["limit"]
        cursor = {"cursor": page["next"]}
        between()


def test_lists_are_the_same_whichever_way_they_are_found(
    api: TestClient, many: list[str], within: Callable[..., None], subtests: pytest.Subtests
) -> None:
    queries: list[Params] = [
        {"q": "soldiers"},
        {"q": "soldiers northern"},
        {"q": "soldiers -northern"},
        {"q": "sold* seldom"},
        {"q": "soldiers", "kind": "other"},
        {"q": "soldiers", "status": "confirmed"},
        {"q": "soldiers", "date_from": "2025-01-20"},
        {"q": "nothing"},
    ]
    for params in queries:
        for sort in SORTS:
            within()
            whole = walk(api, {**params, "sort": sort, "limit": 200})
            for bounds in BOUNDS:
                with subtests.test(f"{params} {sort} {bounds}"):
                    within(**bounds)
                    read = walk(api, {**params, "sort": sort, "limit": 4})
                    assert len(read) == len(set(read))
                    assert set(read) == set(whole)
                    if sort != "relevance" or bounds.get("RANKED", MANY) >= MANY:
                        assert read == whole


def test_the_newest_matches_are_ranked_and_older_ones_follow_newest_first(
    api: TestClient, many: list[str], within: Callable[..., None]
) -> None:
    within(RANKED=8, COUNTED=11)
    newest, older = many[-8:], many[:-8]
    in_statement = [one for one in newest if many.index(one) % 3]
    in_quote = [one for one in newest if one not in in_statement]

    for limit in (1, 5, 8, 13, 200):
        for counted in ({}, {"facets": "kind"}):
            read = walk(api, {"q": "soldiers", "limit": limit, **counted})
            assert read == in_statement[::-1] + in_quote[::-1] + older[::-1]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_lose_and_repeat_nothing_while_others_write(
    api: TestClient, many: list[str], record: Record, correct: Correct, sort: str, *, within: Callable[..., None]
) -> None:
    within(RANKED=8, COUNTED=11, LONGEST_WALK=10)
    rewritten = iter(many)

    def write() -> None:
        record("claims", statement="Soldiers, more of them.", time="2025-01-15")
        # Its text becomes the newest of all. In the order of recording the claim itself moves, and may be missed.
        if not sort.endswith("recorded"):
            correct("claims", next(rewritten), statement="Soldiers, said otherwise.")

    before = walk(api, {"q": "soldiers", "sort": sort, "limit": 200})
    read = walk(api, {"q": "soldiers", "sort": sort, "limit": 4}, write)

    assert len(read) == len(set(read))
    assert set(before) <= set(read)


def test_a_search_of_a_moment_is_the_one_that_was_made_then(
    api: TestClient, many: list[str], within: Callable[..., None], record: Record, correct: Correct
) -> None:
    questions: list[Params] = [
        {"q": "soldiers", "limit": 4, "facets": "kind,status", "sort": sort} for sort in ("relevance", "-date", "id")
    ]
    questions += [{"q": "soldiers north*", "limit": 4, "kind": "other", "facets": "kind,source"}]
    within(RANKED=8, COUNTED=11, FEW_CLAIMS=5, LONGEST_WALK=6)
    before = [api.get("claims", params=params).json() for params in questions]
    whole = [walk(api, {**params, "limit": 4}) for params in questions]
    moment = api.get(f"claims/{many[-1]}").json()["recorded_at"]

    for number in range(12):
        record("claims", statement="Soldiers northwards, more of them.", kind="other")
        correct("claims", many[number * 2], statement="Nobody at all.", kind="other")

    for params, answer, all_of_it in zip(questions, before, whole, strict=True):
        then = {**params, "as_of": moment}
        told = api.get("claims", params=then).json()
        assert {**told, "next": None} == {**answer, "next": None}
        assert walk(api, then) == all_of_it


def test_what_was_counted_is_told(api: TestClient, many: list[str], within: Callable[..., None]) -> None:
    limits = count(1)  # another address each time: the bounds are no part of what an answer is kept by

    def told(**params: Any) -> tuple[Any, Any]:
        page = api.get("claims", params={"limit": next(limits), **params}).json()
        return page["counted"], page["facets"]

    everything = {"claims": MANY, "complete": True}
    kinds = {"kind": dict.fromkeys(sorted(KINDS), MANY // len(KINDS))}
    assert told() == (None, None)
    assert told(facets="kind") == (everything, kinds)
    assert told(q="soldiers") == (None, None)
    assert told(q="soldiers", facets="kind") == (everything, kinds)
    within(RANKED=MANY, COUNTED=MANY, FEW_CLAIMS=MANY // 3)
    assert told(q="soldiers", facets="kind") == (everything, kinds)
    within(RANKED=MANY // 2, COUNTED=MANY - 1, FEW_CLAIMS=MANY // 3)
    counted, facets = told(q="soldiers", facets="kind,source,topic", sort="-date")
    assert counted == {"claims": MANY - 1, "complete": False}
    assert sum(facets["kind"].values()) == MANY - 1
    assert list(facets["source"].values()) == [MANY - 1]
    assert facets["topic"] == {}
    # The claims of one kind are few, and so they can all be tried.
    few = {"claims": MANY // 3, "complete": True}
    assert told(q="soldiers", kind="other", facets="kind") == (few, {"kind": {"other": MANY // 3}})
    within(RANKED=1, COUNTED=MANY - 3, FEW_CLAIMS=1)
    counted, facets = told(q="soldiers", kind="other", facets="kind")
    assert counted == {"claims": MANY // 3 - 1, "complete": False}
    assert facets == {"kind": {"other": MANY // 3 - 1}}


@pytest.fixture
def strewn(api: TestClient, database: Database, editor: dict[str, str]) -> dict[int, set[str]]:
    """Words of claims in three segments with gaps between, by the number of the text; the newest alone say "burst"."""
    random = Random(1)
    for part in range(3):
        lines = []
        for place in range(50):
            words = ["every", *(word for word, share in SHARES.items() if random.random() < share)]
            words += ["burst"] if part == 2 and place >= 35 else []
            lines.append({"record": "claim", "kind": "other", "statement": " ".join(words), "stage": "published"})
        answer = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor)
        assert answer.json()["created"] == len(lines), answer.text
        leap(database)
    with database.reading() as connection:
        rows = connection.execute(text("SELECT id, statement FROM search_text ORDER BY id DESC")).all()
    return {number: set(words.split()) for number, words in rows}


SHARES = {"most": 0.8, "half": 0.5, "seldom": 0.05}

QUESTIONS: dict[str, Callable[[set[str]], bool]] = {
    "every": lambda words: "every" in words,
    "most half": lambda words: {"most", "half"} <= words,
    '"every most"': lambda words: "most" in words,
    "half -most": lambda words: "half" in words and "most" not in words,
    "seld*": lambda words: "seldom" in words,
    "burst": lambda words: "burst" in words,
    "most -burst": lambda words: "most" in words and "burst" not in words,
    "never": lambda words: False,
}


def test_the_newest_matches_are_found_whichever_way_and_however_far(
    database: Database, strewn: dict[int, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(2)
    tops = [max(strewn), *random.sample(sorted(strewn), 5), min(strewn), min(strewn) - 1]
    ways = list(product(QUESTIONS, tops, (1, 2, 14, 15, 16, 40, 200), (0, 1, 7, 1_000), (0, 2, 10**9)))
    with database.reading() as connection:
        for q, highest, most, sample, listed_for_tried in random.sample(ways, 700):
            monkeypatch.setattr(fulltext, "SAMPLE", sample)
            monkeypatch.setattr(fulltext, "LISTED_FOR_TRIED", listed_for_tried)
            found = fulltext.newest(connection, search_query.match_of(connection, search_query.parse(q)), highest, most)
            expected = [number for number, words in strewn.items() if number <= highest and QUESTIONS[q](words)]
            assert found == expected[:most], (q, highest, most, sample, listed_for_tried)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How PostgreSQL was asked, look by look."""
    told: list[str] = []

    def counting(name: str) -> Callable[..., list[int]]:
        look: Callable[..., list[int]] = getattr(fulltext, name)

        def counted(*asked: Any) -> list[int]:
            told.append(name)
            return look(*asked)

        return counted

    for name in ("_walked", "_looked_up"):
        monkeypatch.setattr(fulltext, name, counting(name))
    return told


def test_few_looks_find_that_there_is_no_more(
    database: Database, strewn: dict[int, set[str]], looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "SAMPLE", 4)
    with database.reading() as connection:
        burst = search_query.match_of(connection, search_query.parse("burst"))
        # One more than there are: those before the burst are looked for among all that is older.
        for listed_for_tried in (0, 2, 10**9):
            monkeypatch.setattr(fulltext, "LISTED_FOR_TRIED", listed_for_tried)
            looks.clear()
            assert len(fulltext.newest(connection, burst, max(strewn), 16)) == 15
            # Twice as far each time, from 4 rows to all numbers of three segments.
            assert len(looks) <= 16, looks


def test_numbers_that_nothing_has_mislead_nobody_about_how_frequent_a_word_is(
    database: Database, strewn: dict[int, set[str]], looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The newest texts, and behind a gap of nearly a segment some more.
    monkeypatch.setattr(fulltext, "SAMPLE", 60)
    with database.reading() as connection:
        every = search_query.match_of(connection, search_query.parse("every"))
        assert len(fulltext.newest(connection, every, max(strewn), 70)) == 70
    assert looks == ([] if database.is_sqlite else ["_walked", "_walked"])


def test_an_export_has_all_that_a_search_finds(api: TestClient, many: list[str]) -> None:
    for q, expected in {"soldiers": many, "sold* -northern": many[::2], "number7": many[7:8], "nothing": []}.items():
        lines = api.get("claims.jsonl", params={"q": q}).raise_for_status().text.splitlines()
        assert sorted(json.loads(line)["id"] for line in lines) == sorted(expected)


def test_a_beginning_finds_the_same_however_many_words_it_stands_for(
    api: TestClient, many: list[str], within: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = {
        "number*": MANY,
        "numbe*": MANY,
        "number2*": 11,
        '"often number2*"': 10,
        "sold* south*": MANY // 2,
        "soldiers -numb*": 0,
        "-number1* sold*": MANY - 11,
        "numbering*": 0,
    }
    for most in (0, 5, 300):
        monkeypatch.setattr(search_query, "MOST_ENDINGS", most)
        for q, expected in queries.items():
            assert len(walk(api, {"q": q, "limit": 200})) == expected, (q, most)
