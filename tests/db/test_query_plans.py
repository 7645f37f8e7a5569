"""Lists are read along an index: no big table is read from end to end, and no order made by sorting all that matches.

The very statements that the service executes are looked at, on a record of some thousand claims, whatever the filters
and the order. What is not so stands in `KNOWN`, with the reason.
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
"""Each in words and values of which there are many, but for topics and sources: most of them have few claims.
`much` is asked for a source that has many."""

SORTS = ("-date", "date", "-recorded", "recorded", "-id", "id")

TWICE = ({"kind", "kinds"}, {"status", "statuses"}, {"metric", "metrics"}, {"source", "much"})
"""The same parameter with one value and with several, or with few claims and with many."""


class Known(NamedTuple):
    """Plans that are as bad as they look, and why they stay so."""

    faults: frozenset[str]
    engines: tuple[str, ...]
    given: frozenset[str]
    """Lists that are narrowed by one of these, whatever else they are narrowed by."""
    sorts: tuple[str, ...]
    why: str

    def covers(self, engine: str, given: frozenset[str], sort: str, fault: str) -> bool:
        """True if this is such a plan."""
        return engine in self.engines and bool(given & self.given) and sort in self.sorts and fault in self.faults


BY_DATE, BY_CHANGE, BY_ID = ("-date", "date"), ("-recorded", "recorded"), ("-id", "id")

KNOWN = (
    Known(
        frozenset({"sort"}),
        ("sqlite",),
        frozenset({"topic"}),
        (*BY_CHANGE, *BY_ID),
        "A topic has few claims: to sort them takes less than to walk along all claims of the record.",
    ),
    Known(
        frozenset({"scan"}),
        ("postgresql",),
        frozenset({"topic"}),
        (*BY_CHANGE, *BY_ID),
        "PostgreSQL expects a topic to have as many claims as there are for each, and rather walks along all of them.",
    ),
    Known(
        frozenset({"sort"}),
        ("sqlite",),
        frozenset({"kind", "status"}),
        BY_ID,
        "No index has a kind or status and then the id: one more would make every import slower, and along the index "
        "of ids alone a rare kind or status would be looked for among all claims.",
    ),
    Known(
        frozenset({"sort", "scan"}),
        ENGINES,
        frozenset({"source"}),
        SORTS,
        "The claims of a rare source are read and sorted, up to `claim_filters.RARE_SOURCE_LIMIT`.",
    ),
    Known(
        frozenset({"sort", "scan"}),
        ENGINES,
        frozenset({"stages"}),
        (*BY_DATE, *BY_CHANGE),
        "Indexes begin with the stage: several stages, which the desk alone may ask for, are sorted together.",
    ),
    Known(
        frozenset({"scan"}),
        ("postgresql",),
        frozenset({"from"}),
        ("date",),
        "What begins before a day may last until then: whoever wants the earliest first walks along all that is over.",
    ),
    Known(
        frozenset({"sort"}),
        ENGINES,
        frozenset({"q"}),
        ("relevance",),
        "The candidates of a search are sorted by rank, which no index has: a thousand at most.",
    ),
)


def lines() -> Iterator[dict[str, Any]]:
    """A record: with all that a filter may ask for, strewn."""
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
        # The agency says more than is looked up one by one (`claim_filters.RARE_SOURCE_LIMIT`).
        sources = [f"source {random.randrange(OTHERS)}", "agency" if random.random() < 0.7 else "source 0"]
        said = {"lineage": "unknown"}
        decided = {"status": "unconfirmed", "rationale": "So.", "decided_on": "2025-01-10", "decided_by": "Desk"}
        yield {
            "record": "claim",
            "kind": random.choice(("troop_estimate", "casualty_figure", "other")),
            # More than PostgreSQL reads from its index, which returns all matches unsorted (`fulltext.newest_matches`).
            "statement": f"About {number} soldiers were there{' in rain' if random.random() < 0.9 else ''}.",
            "topic": f"topic {random.randrange(OTHERS)}",
            "place": random.choice(("Kursk", "Sumy", "Donetsk")),
            "time": f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
            "quantities": [{"metric": metric, **figure} for metric in metrics],
            "attributions": [
                {"source": source, "stance": stance, **said} for source, stance in zip(sources, stances, strict=True)
            ],
            "reviews": [decided] if "denies" not in stances and random.random() < 0.8 else [],
            "stage": random.choices(("published", "draft"), (9, 1))[0],
        }


def load(url: str, key: dict[str, str]) -> None:
    rows = [json.dumps(line) for line in lines()]
    with service(url) as api:
        for begin in range(0, len(rows), PER_CHANGE):
            report = api.post("imports", content="\n".join(rows[begin : begin + PER_CHANGE]), headers=key).json()
            assert report["created"] == report["rows"], report["refusals"][:1]


def lists() -> Iterator[tuple[frozenset[str], str]]:
    """What is asked for: filters and an order. The first and the second page, where nothing more is said."""
    alone = [frozenset({name}) for name in FILTERS]
    several = [frozenset(pair) for pair in combinations(FILTERS, 2)]
    random = Random(2)
    several += [frozenset(random.sample(sorted(FILTERS), random.randint(3, 8))) for _time in range(30)]
    for given in (frozenset[str](), *alone):
        for sort in (*SORTS, *(["relevance"] if "q" in given else [])):
            yield given, sort
    for given in several:
        if not any(twice <= given for twice in TWICE):
            # An order that rises is the same walk from the other end.
            yield from ((given, sort) for sort in ("-date", "recorded", "-id"))


def faults(
    api: TestClient, key: dict[str, str], recorder: plans.PlanRecorder
) -> dict[tuple[frozenset[str], str, str], str]:
    """What is wrong, by filters, order and fault."""
    found: dict[tuple[frozenset[str], str, str], str] = {}
    for given, sort in lists():
        path = "claims?" + "&".join(("limit=5", f"sort={sort}", *(FILTERS[name] for name in sorted(given))))
        recorder.take_faults()
        page = api.get(path, headers=key).raise_for_status().json()
        if page["next"] and len(given) < 2:
            api.get(f"{path}&cursor={page['next']}", headers=key).raise_for_status()
        found |= {(given, sort, fault.kind): fault.step for fault in recorder.take_faults()}
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_lists_are_read_along_an_index(engine: str, request: pytest.FixtureRequest) -> None:
    with fresh_database(engine, request) as url:
        database = Database(url, pool_size=1)
        key = issue_key_headers(database, Role.EDITOR)
        database.close()
        load(url, key)
        with (
            service(url, response_cache_bytes=0) as api,
            plans.record_plans(cast(FastAPI, api.app).state.database) as recorder,
        ):
            found = faults(api, key, recorder)
            assert recorder.statements > 1_000
    of_known = [[one for one in found if known.covers(engine, *one)] for known in KNOWN]
    bad = {one: step for one, step in found.items() if not any(one in covered for covered in of_known)}
    assert not bad, "\n".join(f"{'+'.join(sorted(one[0]))} by {one[1]}, {one[2]}: {step}" for one, step in bad.items())
    # What has been mended meanwhile is known no longer.
    for known, covered in zip(KNOWN, of_known, strict=True):
        assert covered or engine not in known.engines, known.why


def test_postgresql_compiles_no_plan(request: pytest.FixtureRequest) -> None:
    # Its own default would, where it can: the server of these tests cannot, so that nothing else here would tell.
    with fresh_database("postgresql", request) as url:
        database = Database(url, pool_size=1)
        for connected in (
            database.reading,
            database.writing,
            database.single_statement,
            database.thread_connections().reading,
        ):
            with connected() as connection:
                assert connection.exec_driver_sql("SHOW jit").scalar_one() == "off"
        database.close()
