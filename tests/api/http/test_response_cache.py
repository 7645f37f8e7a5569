"""The response cache: its capacity, its eviction order, and its separation by permissions.

test_etags shows that no outdated response is served. To show that responses come from the cache at all, these tests
change the database directly, without the services, so that the ETag stays the same.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.api.http.response_cache import CachedResponse, ResponseCache
from app.db.engine import Database
from app.db.schema import table_of
from app.models import Claim
from app.vocabulary import Role
from tests.support.desk import issue_key_headers, service

Record = Callable[..., dict[str, Any]]

SECRET = "Changed in secret."


def change_without_invalidation(database: Database) -> None:
    claim = table_of(Claim)
    with database.writing() as connection:
        connection.execute(update(claim).values(statement=SECRET))


def is_served_from_cache(api: TestClient, claim: dict[str, Any]) -> bool:
    """True if the response is from before the change."""
    statement: str = api.get(f"claims/{claim['id']}").raise_for_status().json()["statement"]
    return statement != SECRET


def test_the_most_recently_used_responses_stay_in_the_cache(url: str, database: Database, record: Record) -> None:
    claims = [record("claims") for _ in range(24)]
    with service(url, response_cache_bytes=0) as api:
        size = len(api.get(f"claims/{claims[0]['id']}").content)
    # A response may take a twentieth of the capacity.
    with service(url, response_cache_bytes=20 * size) as api:
        first, second, *others = claims
        for claim in (first, second, *others[:18], first, *others[18:20]):
            is_served_from_cache(api, claim)
        change_without_invalidation(database)
        cached = [first, *others[1:20]]
        assert [is_served_from_cache(api, claim) for claim in cached] == [True] * 20
        assert [is_served_from_cache(api, claim) for claim in (second, others[0], *others[20:])] == [False] * 4


@pytest.mark.parametrize(("capacity", "is_cached"), [(0, False), (19, False), (20, True)])
def test_a_response_is_cached_only_if_it_takes_at_most_a_twentieth_of_the_cache(
    url: str, database: Database, record: Record, capacity: int, is_cached: bool
) -> None:
    claim = record("claims")
    with service(url, response_cache_bytes=0) as api:
        size = len(api.get(f"claims/{claim['id']}").content)
    with service(url, response_cache_bytes=capacity * size) as api:
        assert is_served_from_cache(api, claim)
        change_without_invalidation(database)
        assert is_served_from_cache(api, claim) is is_cached


def relevant_parts(response: Response) -> tuple[Any, ...]:
    return response.status_code, response.content, response.headers.get("ETag"), response.headers.get("Cache-Control")


def test_a_cached_response_is_never_sent_to_a_reader_with_other_permissions(
    url: str, database: Database, record: Record
) -> None:
    claims = [record("claims", stage=stage)["id"] for stage in ("draft", "published", "in_review")]
    all_stages = "claims?stage=draft&stage=in_review&stage=published"
    paths = ["claims", "claims?facets=stage", "claims?q=are", all_stages, f"{all_stages}&q=are"]
    paths += [f"claims/{claim}{more}" for claim in claims for more in ("", "/versions/1")]
    readers = [issue_key_headers(database, Role.FACT_CHECKER), {}, issue_key_headers(database, Role.READER)]
    with service(url) as api, service(url, response_cache_bytes=0) as fresh:
        for path in paths:
            expected = [relevant_parts(fresh.get(path, headers=reader)) for reader in readers]
            for number in (0, 1, 2, 1, 0, 2):
                assert relevant_parts(api.get(path, headers=readers[number])) == expected[number], path
                others = {tag for _status, _body, tag, _caching in expected if tag not in (None, expected[number][2])}
                if_none_match = {"If-None-Match": ", ".join(others) or '"none"'}
                assert (
                    relevant_parts(api.get(path, headers={**readers[number], **if_none_match})) == expected[number]
                ), path


# --- ResponseCache ---

CAPACITY, KEYS = 400, 25

act = st.tuples(st.integers(0, KEYS - 1), st.sampled_from((20, 20, 20, 21, 19, 5, 0, None, None)))
"""A key, and the size of a response to store; None reads the key. The cache has no capacity for all keys."""


@settings(max_examples=50, deadline=None)
@given(st.lists(act, min_size=40, max_size=120))
def test_the_cache_never_exceeds_its_capacity(actions: list[tuple[int, int | None]]) -> None:
    cache, expected = ResponseCache(CAPACITY), OrderedDict[int, CachedResponse]()
    for number, (number_of_key, size) in enumerate(actions):
        key = (f"/{number_of_key}", b"")
        if size is None:
            assert cache.get(key) == expected.get(number_of_key)
            if number_of_key in expected:
                expected.move_to_end(number_of_key)
            continue
        response = CachedResponse(f'"{number}"', b"x" * size, "")
        cache.put(key, response)
        expected.pop(number_of_key, None)
        if size * 20 <= CAPACITY:
            expected[number_of_key] = response
            while sum(len(entry.body) for entry in expected.values()) > CAPACITY:
                expected.popitem(last=False)
    # Read in the order of use, so that reading does not change the order.
    assert [
        cache.get((f"/{number_of_key}", b"")) for number_of_key in [*expected, *(set(range(KEYS)) - set(expected))]
    ] == [
        *expected.values(),
        *[None] * (KEYS - len(expected)),
    ]
