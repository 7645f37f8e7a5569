"""Query plans of lists: no large table is scanned, and no order is made by sorting all matching rows.

The plans are those of the statements that the service executes, on a record of some thousand claims, with many filters
and every order. `KNOWN_FAULTS` has the exceptions with their reasons.
"""

import json
from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any, NamedTuple, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.vocabulary import Role
from tests.conftest import ENGINES
from tests.support import plans
from tests.support.desk import fresh_database, issue_key_headers, service

pytestmark = pytest.mark.slow

CLAIMS, PER_CHANGE, OTHERS = 4_000, 500, 80

FILTERS = {
    "kind": "kind=troop_estimate",
    "kinds": "kind=troop_estimate&kind=other",
    "status": "status=unconfirmed",
    "statuses": "status=unconfirmed&status=unassessed",
    "topic": "topic=topic 3",
    "source": "source=source 3",
    "much": "source=agency",
    "metric": "metric=present",
    "metrics": "metric=present&metric=killed",
    "min": "value_min=100",
    "max": "value_max=4000",
    "place": "place=kursk",
    "from": "date_from=2024-09",
    "to": "date_to=2024-10",
    "stages": "stage=draft&stage=published",
    "stance": "stance=asserts",
    "q": "q=rain",
}
"""Each filter with a value that many claims have, except those for topics and sources: most of them have few claims.
`much` names a source that has many."""

SORTS = ("-date", "date", "-recorded", "recorded", "-id", "id")

EXCLUSIVE_FILTERS = ({"kind", "kinds"}, {"status", "statuses"}, {"metric", "metrics"}, {"source", "much"})
"""Filters with the same parameter: with one value and with several, or with few claims and with many."""


class KnownFault(NamedTuple):
    """Faulty plans that are accepted, with the reason."""

    kinds: frozenset[str]
    engines: tuple[str, ...]
    filters: frozenset[str]
    """Lists with at least one of these filters."""
    sorts: tuple[str, ...]
    reason: str

    def covers(self, engine: str, filters: frozenset[str], sort: str, fault: str) -> bool:
        """Whether a fault of a plan is one of these."""
        return engine in self.engines and bool(filters & self.filters) and sort in self.sorts and fault in self.kinds


BY_DATE, BY_CHANGE, BY_ID = ("-date", "date"), ("-recorded", "recorded"), ("-id", "id")

KNOWN_FAULTS = (
    KnownFault(
        frozenset({"sort"}),
        ("sqlite",),
        frozenset({"topic"}),
        (*BY_CHANGE, *BY_ID),
        "A topic has few claims: sorting them takes less time than reading all claims of the record in order.",
    ),
    KnownFault(
        frozenset({"scan"}),
        ("postgresql",),
        frozenset({"topic"}),
        (*BY_CHANGE, *BY_ID),
        "PostgreSQL assumes that every topic has the average number of claims, so it reads all claims in order.",
    ),
    KnownFault(
        frozenset({"sort"}),
        ("sqlite",),
        frozenset({"kind", "status"}),
        BY_ID,
        "No index has a kind or status and then the id: one more would make every import slower, and the index of ids "
        "alone would read all claims to find a rare kind or status.",
    ),
    KnownFault(
        frozenset({"sort", "scan"}),
        ENGINES,
        frozenset({"source"}),
        SORTS,
        "The claims of a rare source are read and sorted, up to `claim_filters.RARE_SOURCE_LIMIT`.",
    ),
    KnownFault(
        frozenset({"sort", "scan"}),
        ENGINES,
        frozenset({"stages"}),
        (*BY_DATE, *BY_CHANGE),
        "Indexes begin with the stage, so the claims of several stages, which only the desk may list, are sorted.",
    ),
    KnownFault(
        frozenset({"scan"}),
        ("postgresql",),
        frozenset({"from"}),
        ("date",),
        "A claim that begins before a day may last until then, so a list in ascending order reads all earlier ones.",
    ),
    KnownFault(
        frozenset({"sort"}),
        ENGINES,
        frozenset({"q"}),
        ("relevance",),
        "The candidates of a search, at most a thousand, are sorted by rank, which is in no index.",
    ),
)


def import_lines() -> Iterator[dict[str, Any]]:
    """The lines of a record with values for every filter, at random."""
    for number in range(OTHERS):
        yield {"record": "source", "key": f"source {number}", "name": f"Source {number}", "kind": "other"}
        words = {"title": f"How many {number}?", "subject": "soldiers", "metric_family": "other"}
        yield {"record": "topic", "key": f"topic {number}", **words}
    yield {"record": "source", "key": "agency", "name": "An agency", "kind": "news_organisation"}
    random = Random(1)
    for number in range(CLAIMS):
        metrics = random.sample(("present", "killed", "wounded"), 2)
        figure = {"unit": "soldiers", "qualifier": "exact", "best": random.randrange(5_000)}
        stances = random.choices(("asserts", "estimates", "denies"), k=2)
        # The agency has more attributions than are read one by one (`claim_filters.RARE_SOURCE_LIMIT`).
        sources = [f"source {random.randrange(OTHERS)}", "agency" if random.random() < 0.7 else "source 0"]
        lineage = {"lineage": "unknown"}
        review = {"status": "unconfirmed", "rationale": "So.", "decided_on": "2025-01-10", "decided_by": "Desk"}
        yield {
            "record": "claim",
            "kind": random.choice(("troop_estimate", "casualty_figure", "other")),
            # More matches than PostgreSQL reads from its index, which does not sort them (`fulltext.newest_matches`).
            "statement": f"About {number} soldiers were there{' in rain' if random.random() < 0.9 else ''}.",
            "topic": f"topic {random.randrange(OTHERS)}",
            "place": random.choice(("Kursk", "Sumy", "Donetsk")),
            "time": f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
            "quantities": [{"metric": metric, **figure} for metric in metrics],
            "attributions": [
                {"source": source, "stance": stance, **lineage} for source, stance in zip(sources, stances, strict=True)
            ],
            "reviews": [review] if "denies" not in stances and random.random() < 0.8 else [],
            "stage": random.choices(("published", "draft"), (9, 1))[0],
        }


def load_record(url: str, key: dict[str, str]) -> None:
    rows = [json.dumps(line) for line in import_lines()]
    with service(url) as api:
        for begin in range(0, len(rows), PER_CHANGE):
            report = api.post("imports", content="\n".join(rows[begin : begin + PER_CHANGE]), headers=key).json()
            assert report["created"] == report["rows"], report["refusals"][:1]


def list_queries() -> Iterator[tuple[frozenset[str], str]]:
    """Each query as its filters and its order."""
    single = [frozenset({name}) for name in FILTERS]
    combined = [frozenset(pair) for pair in combinations(FILTERS, 2)]
    random = Random(2)
    combined += [frozenset(random.sample(sorted(FILTERS), random.randint(3, 8))) for _time in range(30)]
    for filters in (frozenset[str](), *single):
        for sort in (*SORTS, *(["relevance"] if "q" in filters else [])):
            yield filters, sort
    for filters in combined:
        if not any(twice <= filters for twice in EXCLUSIVE_FILTERS):
            # The ascending order reads the same index from the other end.
            yield from ((filters, sort) for sort in ("-date", "recorded", "-id"))


def find_faults(
    api: TestClient, key: dict[str, str], recorder: plans.PlanRecorder
) -> dict[tuple[frozenset[str], str, str], str]:
    """The steps of faulty plans, by filters, order and kind of fault; of the second page only with up to one filter."""
    faults: dict[tuple[frozenset[str], str, str], str] = {}
    for filters, sort in list_queries():
        path = "claims?" + "&".join(("limit=5", f"sort={sort}", *(FILTERS[name] for name in sorted(filters))))
        recorder.take_faults()
        page = api.get(path, headers=key).raise_for_status().json()
        if page["next"] and len(filters) < 2:
            api.get(f"{path}&cursor={page['next']}", headers=key).raise_for_status()
        faults |= {(filters, sort, fault.kind): fault.step for fault in recorder.take_faults()}
    return faults


@pytest.mark.parametrize("engine", ENGINES)
def test_lists_are_read_along_an_index(engine: str, request: pytest.FixtureRequest) -> None:
    with fresh_database(engine, request) as url:
        database = Database(url, pool_size=1)
        key = issue_key_headers(database, Role.EDITOR)
        database.close()
        load_record(url, key)
        with (
            service(url, response_cache_bytes=0) as api,
            plans.record_plans(cast(FastAPI, api.app).state.database) as recorder,
        ):
            faults = find_faults(api, key, recorder)
            assert recorder.statements > 1_000
    covered_faults = [[fault for fault in faults if accepted.covers(engine, *fault)] for accepted in KNOWN_FAULTS]
    unknown = {fault: step for fault, step in faults.items() if not any(fault in covered for covered in covered_faults)}
    assert not unknown, "\n".join(
        f"{'+'.join(sorted(fault[0]))} by {fault[1]}, {fault[2]}: {step}" for fault, step in unknown.items()
    )
    # An exception that no longer occurs must be removed from the list.
    for accepted, covered in zip(KNOWN_FAULTS, covered_faults, strict=True):
        assert covered or engine not in accepted.engines, accepted.reason


def test_jit_compilation_is_off_on_every_postgresql_connection(request: pytest.FixtureRequest) -> None:
    # The server of the tests cannot compile plans, so only the setting shows whether another server would.
    with fresh_database("postgresql", request) as url:
        database = Database(url, pool_size=1)
        for connect in (
            database.reading,
            database.writing,
            database.single_statement,
            database.thread_connections().reading,
        ):
            with connect() as connection:
                assert connection.exec_driver_sql("SHOW jit").scalar_one() == "off"
        database.close()
