"""Large search results: pages, sort orders and counts are right below and above every internal limit."""

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
from app.services.queries import search_pages, search_query

pytestmark = pytest.mark.slow

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]
Params = dict[str, Any]

CLAIM_COUNT = 30
KINDS = ("troop_estimate", "deployment", "other")
SORTS = ("relevance", "-date", "date", "-recorded", "recorded", "id", "-id")

LIMITS: list[dict[str, int]] = [
    {},
    {"MAX_RANKED": 1, "MAX_COUNTED": 1},
    {"MAX_RANKED": 7, "MAX_COUNTED": 7},
    {"MAX_RANKED": 4, "MAX_COUNTED": 7, "FEW_CLAIMS": 3},
    {"MAX_RANKED": 7, "MAX_COUNTED": 11, "FEW_CLAIMS": 3, "MAX_SCANNED": 4},
    {"MAX_RANKED": CLAIM_COUNT, "MAX_COUNTED": CLAIM_COUNT},
    {"MAX_RANKED": 9, "MAX_COUNTED": CLAIM_COUNT - 1, "FEW_CLAIMS": 0, "SAMPLE": 2},
    {"MAX_RANKED": 5, "MAX_COUNTED": 5, "FEW_CLAIMS": 0, "SAMPLE": 1, "MAX_SCANNED": 1},
]
"""The result of a list must not depend on these limits, except in the order by relevance."""


@pytest.fixture
def set_limits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the limits; those that are not named are too large to be reached."""

    def set_module_limits(**limits: int) -> None:
        for name in ("MAX_RANKED", "MAX_COUNTED", "FEW_CLAIMS", "MAX_SCANNED"):
            monkeypatch.setattr(search_pages, name, limits.get(name, 20_000))
        monkeypatch.setattr(fulltext, "SAMPLE_SIZE", limits.get("SAMPLE", 1_000))

    return set_module_limits


def statement(number: int) -> str:
    """A statement of words that occur in many, some or few claims."""
    words = ["Soldiers", "northern" if number % 2 else "southern", "seldom" if number % 10 == 0 else "often"]
    return " ".join([*words, f"number{number}."])


def skip_text_ids(database: Database) -> None:
    """Advance PostgreSQL's sequence of text ids almost to the end of a segment of the index."""
    if not database.is_sqlite:
        with database.writing() as connection:
            last = connection.execute(text("SELECT max(id) FROM search_text")).scalar_one()
            end = {"number": (last // fulltext.SEGMENT_SIZE + 1) * fulltext.SEGMENT_SIZE - 2}
            connection.execute(text("SELECT setval(pg_get_serial_sequence('search_text', 'id'), :number)"), end)


@pytest.fixture
def claim_ids(record: Record, database: Database) -> list[str]:
    """Claims that all have the word "soldiers", every third one only in a quote; ids in the order of recording."""
    source = record("sources")["id"]
    ids = []
    for number in range(CLAIM_COUNT):
        if number % 7 == 5:
            skip_text_ids(database)
        is_quoted = number % 3 == 0
        attribution = {"source": source, "stance": "asserts"}
        if is_quoted:
            attribution["quote"] = {"exact": statement(number)}
        claim = record(
            "claims",
            statement="It is said." if is_quoted else statement(number),
            kind=KINDS[number % len(KINDS)],
            time=str(date(2025, 1, 1) + timedelta(days=number * 7 % 31)),
            attributions=[attribution],
        )
        ids.append(claim["id"])
    return ids


def read_all_pages(api: TestClient, params: Params, between: Callable[[], object] = lambda: None) -> list[str]:
    """The ids of all pages of a list; `between` is called after each page but the last."""
    ids: list[str] = []
    cursor: Params = {}
    while True:
        response = api.get("claims", params={**params, **cursor})
        assert response.status_code == 200, response.text
        page = response.json()
        ids += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return ids
        assert len(page["items"]) == params["limit"]
        cursor = {"cursor": page["next"]}
        between()


def test_lists_do_not_depend_on_the_query_strategy(
    api: TestClient, claim_ids: list[str], set_limits: Callable[..., None], subtests: pytest.Subtests
) -> None:
    queries: list[tuple[Params, int]] = [
        ({"q": "soldiers"}, 30),
        ({"q": "soldiers northern"}, 15),
        ({"q": "soldiers -northern"}, 15),
        ({"q": "sold* seldom"}, 3),
        ({"q": "soldiers", "kind": "other"}, 10),
        ({"q": "soldiers", "status": "confirmed"}, 0),
        ({"q": "soldiers", "date_from": "2025-01-20"}, 11),
        ({"q": "nothing"}, 0),
    ]
    for params, expected_count in queries:
        for sort in SORTS:
            set_limits()
            full_list = read_all_pages(api, {**params, "sort": sort, "limit": 200})
            assert len(full_list) == expected_count
            for limits in LIMITS:
                with subtests.test(f"{params} {sort} {limits}"):
                    set_limits(**limits)
                    read_ids = read_all_pages(api, {**params, "sort": sort, "limit": 4})
                    assert len(read_ids) == len(set(read_ids))
                    assert set(read_ids) == set(full_list)
                    if sort != "relevance" or limits.get("MAX_RANKED", CLAIM_COUNT) >= CLAIM_COUNT:
                        assert read_ids == full_list


def test_the_newest_matches_are_ranked_and_older_ones_follow_newest_first(
    api: TestClient, claim_ids: list[str], set_limits: Callable[..., None]
) -> None:
    set_limits(MAX_RANKED=8, MAX_COUNTED=11)
    newest, older = claim_ids[-8:], claim_ids[:-8]
    in_statement = [claim_id for claim_id in newest if claim_ids.index(claim_id) % 3]
    in_quote = [claim_id for claim_id in newest if claim_id not in in_statement]

    for limit in (1, 5, 8, 13, 200):
        for facets in ({}, {"facets": "kind"}):
            read_ids = read_all_pages(api, {"q": "soldiers", "limit": limit, **facets})
            assert read_ids == in_statement[::-1] + in_quote[::-1] + older[::-1]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_skip_and_repeat_nothing_during_concurrent_writes(
    api: TestClient,
    claim_ids: list[str],
    record: Record,
    correct: Correct,
    sort: str,
    *,
    set_limits: Callable[..., None],
) -> None:
    set_limits(MAX_RANKED=8, MAX_COUNTED=11, MAX_SCANNED=10)
    rewritten = iter(claim_ids)

    def write() -> None:
        record("claims", statement="Soldiers, more of them.", time="2025-01-15")
        # The corrected text becomes the newest. In the order of recording the claim itself moves and may be skipped.
        if not sort.endswith("recorded"):
            correct("claims", next(rewritten), statement="Soldiers, said otherwise.")

    ids_before = read_all_pages(api, {"q": "soldiers", "sort": sort, "limit": 200})
    read_ids = read_all_pages(api, {"q": "soldiers", "sort": sort, "limit": 4}, write)

    assert len(read_ids) == len(set(read_ids))
    assert set(ids_before) <= set(read_ids)


def test_a_search_as_of_a_moment_returns_what_it_returned_then(
    api: TestClient, claim_ids: list[str], set_limits: Callable[..., None], record: Record, correct: Correct
) -> None:
    searches: list[Params] = [
        {"q": "soldiers", "limit": 4, "facets": "kind,status", "sort": sort} for sort in ("relevance", "-date", "id")
    ]
    searches += [{"q": "soldiers north*", "limit": 4, "kind": "other", "facets": "kind,source"}]
    set_limits(MAX_RANKED=8, MAX_COUNTED=11, FEW_CLAIMS=5, MAX_SCANNED=6)
    pages_before = [api.get("claims", params=params).json() for params in searches]
    ids_before = [read_all_pages(api, {**params, "limit": 4}) for params in searches]
    moment = api.get(f"claims/{claim_ids[-1]}").json()["recorded_at"]

    for number in range(12):
        record("claims", statement="Soldiers northwards, more of them.", kind="other")
        correct("claims", claim_ids[number * 2], statement="Nobody at all.", kind="other")

    for params, page, ids in zip(searches, pages_before, ids_before, strict=True):
        params_then = {**params, "as_of": moment}
        page_then = api.get("claims", params=params_then).json()
        assert {**page_then, "next": None} == {**page, "next": None}
        assert read_all_pages(api, params_then) == ids


def test_facets_report_how_many_claims_were_counted(
    api: TestClient, claim_ids: list[str], set_limits: Callable[..., None]
) -> None:
    page_sizes = count(1)  # a new address for each request: the response cache does not know the limits

    def count_and_facets(**params: Any) -> tuple[Any, Any]:
        page = api.get("claims", params={"limit": next(page_sizes), **params}).json()
        return page["counted"], page["facets"]

    everything = {"claims": CLAIM_COUNT, "complete": True}
    kinds = {"kind": dict.fromkeys(sorted(KINDS), CLAIM_COUNT // len(KINDS))}
    assert count_and_facets() == (None, None)
    assert count_and_facets(facets="kind") == (everything, kinds)
    assert count_and_facets(q="soldiers") == (None, None)
    assert count_and_facets(q="soldiers", facets="kind") == (everything, kinds)
    set_limits(MAX_RANKED=CLAIM_COUNT, MAX_COUNTED=CLAIM_COUNT, FEW_CLAIMS=CLAIM_COUNT // 3)
    assert count_and_facets(q="soldiers", facets="kind") == (everything, kinds)
    set_limits(MAX_RANKED=CLAIM_COUNT // 2, MAX_COUNTED=CLAIM_COUNT - 1, FEW_CLAIMS=CLAIM_COUNT // 3)
    counted, facets = count_and_facets(q="soldiers", facets="kind,source,topic", sort="-date")
    assert counted == {"claims": CLAIM_COUNT - 1, "complete": False}
    assert sum(facets["kind"].values()) == CLAIM_COUNT - 1
    assert list(facets["source"].values()) == [CLAIM_COUNT - 1]
    assert facets["topic"] == {}
    # A filter leaves few enough claims to match each text.
    few = {"claims": CLAIM_COUNT // 3, "complete": True}
    assert count_and_facets(q="soldiers", kind="other", facets="kind") == (few, {"kind": {"other": CLAIM_COUNT // 3}})
    set_limits(MAX_RANKED=1, MAX_COUNTED=CLAIM_COUNT - 3, FEW_CLAIMS=1)
    counted, facets = count_and_facets(q="soldiers", kind="other", facets="kind")
    assert counted == {"claims": CLAIM_COUNT // 3 - 1, "complete": False}
    assert facets == {"kind": {"other": CLAIM_COUNT // 3 - 1}}


@pytest.fixture
def words_by_text_id(api: TestClient, database: Database, editor: dict[str, str]) -> dict[int, set[str]]:
    """The words of each text by its id, in three segments with gaps; only the newest texts have the word "burst"."""
    random = Random(1)
    for part in range(3):
        lines = []
        for number in range(50):
            words = ["every", *(word for word, share in WORD_SHARES.items() if random.random() < share)]
            words += ["burst"] if part == 2 and number >= 35 else []
            lines.append({"record": "claim", "kind": "other", "statement": " ".join(words), "stage": "published"})
        response = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor)
        assert response.json()["created"] == len(lines), response.text
        skip_text_ids(database)
    with database.reading() as connection:
        rows = connection.execute(text("SELECT id, statement FROM search_text ORDER BY id DESC")).all()
    return {number: set(words.split()) for number, words in rows}


WORD_SHARES = {"most": 0.8, "half": 0.5, "seldom": 0.05}

MATCHERS: dict[str, Callable[[set[str]], bool]] = {
    "every": lambda words: "every" in words,
    "most half": lambda words: {"most", "half"} <= words,
    '"every most"': lambda words: "most" in words,
    "half -most": lambda words: "half" in words and "most" not in words,
    "seld*": lambda words: "seldom" in words,
    "burst": lambda words: "burst" in words,
    "most -burst": lambda words: "most" in words and "burst" not in words,
    "never": lambda words: False,
}


def test_the_newest_matches_do_not_depend_on_the_query_strategy(
    database: Database, words_by_text_id: dict[int, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(2)
    upper_bounds = [
        max(words_by_text_id),
        *random.sample(sorted(words_by_text_id), 5),
        min(words_by_text_id),
        min(words_by_text_id) - 1,
    ]
    combinations = list(product(MATCHERS, upper_bounds, (1, 2, 14, 15, 16, 40, 200), (0, 1, 7, 1_000), (0, 2, 10**9)))
    with database.reading() as connection:
        for q, highest, limit, sample, hits_per_row in random.sample(combinations, 700):
            monkeypatch.setattr(fulltext, "SAMPLE_SIZE", sample)
            monkeypatch.setattr(fulltext, "INDEX_HITS_PER_SCANNED_ROW", hits_per_row)
            text_ids = fulltext.newest_matches(
                connection, search_query.build_match(connection, search_query.parse(q)), highest, limit
            )
            expected = [
                text_id for text_id, words in words_by_text_id.items() if text_id <= highest and MATCHERS[q](words)
            ]
            assert text_ids == expected[:limit], (q, highest, limit, sample, hits_per_row)


@pytest.fixture
def postgresql_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that read from PostgreSQL, call by call."""
    reads: list[str] = []

    def counting(name: str) -> Callable[..., list[int]]:
        read: Callable[..., list[int]] = getattr(fulltext, name)

        def counted_read(*arguments: Any) -> list[int]:
            reads.append(name)
            return read(*arguments)

        return counted_read

    for name in ("_scan_rows", "_search_segments"):
        monkeypatch.setattr(fulltext, name, counting(name))
    return reads


def test_few_reads_show_that_there_are_no_more_matches(
    database: Database,
    words_by_text_id: dict[int, set[str]],
    postgresql_reads: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fulltext, "SAMPLE_SIZE", 4)
    with database.reading() as connection:
        burst = search_query.build_match(connection, search_query.parse("burst"))
        # The limit is one more than there are matches, so all older texts must be searched too.
        for hits_per_row in (0, 2, 10**9):
            monkeypatch.setattr(fulltext, "INDEX_HITS_PER_SCANNED_ROW", hits_per_row)
            postgresql_reads.clear()
            assert len(fulltext.newest_matches(connection, burst, max(words_by_text_id), 16)) == 15
            # Each read covers twice as many rows as the last, from 4 rows to all ids of three segments.
            assert len(postgresql_reads) <= 16, postgresql_reads
            assert bool(postgresql_reads) is not database.is_sqlite


def test_gaps_between_text_ids_do_not_distort_the_frequency_estimate(
    database: Database,
    words_by_text_id: dict[int, set[str]],
    postgresql_reads: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The sample holds the newest texts and some more from beyond a gap of nearly a whole segment.
    monkeypatch.setattr(fulltext, "SAMPLE_SIZE", 60)
    with database.reading() as connection:
        every = search_query.build_match(connection, search_query.parse("every"))
        assert len(fulltext.newest_matches(connection, every, max(words_by_text_id), 70)) == 70
    assert postgresql_reads == ([] if database.is_sqlite else ["_scan_rows", "_scan_rows"])


def test_an_export_contains_all_matches_of_a_search(api: TestClient, claim_ids: list[str]) -> None:
    for q, expected in {
        "soldiers": claim_ids,
        "sold* -northern": claim_ids[::2],
        "number7": claim_ids[7:8],
        "nothing": [],
    }.items():
        lines = api.get("claims.jsonl", params={"q": q}).raise_for_status().text.splitlines()
        assert sorted(json.loads(line)["id"] for line in lines) == sorted(expected)


def test_a_prefix_finds_the_same_however_many_words_it_expands_to(
    api: TestClient, claim_ids: list[str], set_limits: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = {
        "number*": CLAIM_COUNT,
        "numbe*": CLAIM_COUNT,
        "number2*": 11,
        '"often number2*"': 10,
        "sold* south*": CLAIM_COUNT // 2,
        "soldiers -numb*": 0,
        "-number1* sold*": CLAIM_COUNT - 11,
        "numbering*": 0,
    }
    for max_expansions in (0, 5, 300):
        monkeypatch.setattr(search_query, "MAX_EXPANSIONS", max_expansions)
        for q, expected in queries.items():
            assert len(read_all_pages(api, {"q": q, "limit": 200})) == expected, (q, max_expansions)
