"""The rate limit on authentication: wrong keys are limited by handle and by IP address, keys that worked are not."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.http import auth_rate_limit
from app.api.http.auth_rate_limit import AuthRateLimit, network
from app.db.engine import Database
from app.main import create_app
from app.services.people import keys
from app.services.people.keys import parse_key
from app.settings import Settings
from app.vocabulary import Role
from tests.support.problems import assert_problem

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
ClientFrom = Callable[[str], TestClient]
LIMIT = 5

ADDRESS_FACTOR = 6
"""How many times as many attempts one address has as one handle."""


@pytest.fixture
def client_from(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientFrom]:
    """A function that returns a client with this IP address. All clients use one service, which has a low limit.

    The clock of the rate limit does not advance, so no attempt is given back during a slow test.
    """
    monkeypatch.setattr(auth_rate_limit, "monotonic", lambda: 1_000.0)
    app = create_app(settings.model_copy(update={"wrong_keys_per_minute": LIMIT}))
    with ExitStack() as stack:
        first = stack.enter_context(TestClient(app, base_url="http://testserver/api/v1/"))

        def build_client(address: str) -> TestClient:
            other = TestClient(app, base_url="http://testserver/api/v1/", client=(address, 50000))
            other.portal = first.portal
            return other

        yield build_client


def headers_with_wrong_key(handle: str, number: int = 0) -> Headers:
    """Headers with a well-formed key that does not exist."""
    secret = f"{number:032d}"
    return {"Authorization": f"Bearer attest_{handle}_{secret}{zlib.crc32((handle + secret).encode()):08x}"}


def statuses(client: TestClient, attempts: list[Headers]) -> list[int]:
    return [client.get("health", headers=headers).status_code for headers in attempts]


def test_attempts_with_one_handle_are_limited_across_addresses(client_from: ClientFrom) -> None:
    responses = [
        client_from(f"192.0.2.{number}").get("claims", headers=headers_with_wrong_key("a" * 8, number))
        for number in range(9)
    ]
    assert [response.status_code for response in responses] == [401] * LIMIT + [429] * 4
    assert_problem(responses[-1], 429)
    assert responses[-1].headers["Retry-After"] == "12"
    # Other handles and requests without a key are not limited.
    elsewhere = client_from("192.0.2.99")
    assert statuses(elsewhere, [headers_with_wrong_key("b" * 8), {}]) == [401, 200]


def test_attempts_from_one_address_are_limited_across_handles(client_from: ClientFrom) -> None:
    attempts = [headers_with_wrong_key(f"{number:08d}") for number in range(LIMIT * ADDRESS_FACTOR + 3)]
    actual = statuses(client_from("198.51.100.7"), attempts)
    assert actual == [401] * (LIMIT * ADDRESS_FACTOR) + [429] * 3
    assert statuses(client_from("198.51.100.8"), [headers_with_wrong_key("c" * 8), {}]) == [401, 200]
    # Requests without a key are not limited.
    assert statuses(client_from("198.51.100.7"), [{}]) == [200]


@pytest.mark.parametrize("bad", ["", "x", "attest_x", "attest_é"])
def test_malformed_keys_are_limited_too(client_from: ClientFrom, bad: str) -> None:
    header: Any = {b"Authorization": f"Bearer {bad}".encode()}
    assert statuses(client_from("203.0.113.1"), [header] * (LIMIT + 2)) == [401] * LIMIT + [429] * 2


def test_a_valid_key_does_not_count_as_an_attempt(client_from: ClientFrom, key_of: KeyOf) -> None:
    own = key_of(Role.READER)
    assert statuses(client_from("203.0.113.1"), [own] * 100) == [200] * 100
    # It has used up none of the attempts with its handle.
    handle = own["Authorization"].split("_")[1]
    assert statuses(client_from("203.0.113.2"), [headers_with_wrong_key(handle)] * (LIMIT + 1)) == [401] * LIMIT + [429]


def test_a_key_that_worked_from_an_address_is_not_limited_there(client_from: ClientFrom, key_of: KeyOf) -> None:
    working_key, new_key = key_of(Role.READER), key_of(Role.EDITOR)
    office = client_from("203.0.113.1")
    assert statuses(office, [working_key]) == [200]
    handle = working_key["Authorization"].split("_")[1]
    # The limit of the handle is exhausted from another address, and the limit of the office by wrong keys.
    statuses(client_from("198.51.100.9"), [headers_with_wrong_key(handle, number) for number in range(20)])
    assert (
        statuses(office, [headers_with_wrong_key(f"{number:08d}") for number in range(LIMIT * ADDRESS_FACTOR + 1)])[-1]
        == 429
    )
    assert statuses(office, [working_key] * 3) == [200] * 3
    assert statuses(client_from("203.0.113.77"), [new_key]) == [200]
    # A key that has not worked from this address may be guessed, and the service does not confirm guesses.
    assert statuses(office, [new_key]) == [429]
    assert statuses(client_from("203.0.113.2"), [working_key]) == [429]


def test_a_revoked_key_is_limited_like_any_other(client_from: ClientFrom, key_of: KeyOf, api: TestClient) -> None:
    own = key_of(Role.READER)
    office = client_from("203.0.113.1")
    assert statuses(office, [own]) == [200]
    key_id = api.get("me", headers=own).json()["key"]["id"]
    assert api.post(f"keys/{key_id}/revoke", headers=own).status_code == 200
    assert statuses(office, [own] * (LIMIT + 4)) == [401] * (LIMIT + 1) + [429] * 3


def test_one_handle_alone_does_not_exhaust_the_limit_of_its_address(client_from: ClientFrom, key_of: KeyOf) -> None:
    office = client_from("203.0.113.1")
    statuses(office, [headers_with_wrong_key("a" * 8)] * 300)
    assert statuses(office, [key_of(Role.EDITOR)]) == [200]


def test_a_database_failure_does_not_count_as_an_attempt(
    client_from: ClientFrom, key_of: KeyOf, database: Database
) -> None:
    own = key_of(Role.READER)
    office = client_from("203.0.113.1")
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE api_key RENAME TO lost")
    assert set(statuses(office, [own] * (LIMIT + 5))) == {503 if database.is_sqlite else 500}
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO api_key")
    assert statuses(office, [own]) == [200]


# --- AuthRateLimit ---


class Clock:
    """A clock that only advances when a test sets it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


KEY = parse_key("attest_x")


def test_attempts_are_allowed_again_after_a_time() -> None:
    clock = Clock()
    limiter = AuthRateLimit(6, clock)
    assert [limiter.seconds_to_wait(KEY, "a") for _attempt in range(8)] == [0] * 6 + [10, 10]
    clock.now += 9.5
    assert limiter.seconds_to_wait(KEY, "a") == 1
    clock.now += 0.5
    assert [limiter.seconds_to_wait(KEY, "a") for _attempt in range(2)] == [0, 10]
    clock.now += 3_600
    assert [limiter.seconds_to_wait(KEY, "a") for _attempt in range(7)] == [0] * 6 + [10]


def test_a_flood_of_wrong_keys_does_not_lift_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of counters is fixed. Keys that share a full counter are refused."""
    monkeypatch.setattr(auth_rate_limit, "COUNTERS", 64)
    clock = Clock()
    limiter = AuthRateLimit(6, clock)
    allowed = 0
    for number in range(20_000):
        allowed += not limiter.seconds_to_wait(parse_key(f"key {number}"), f"address {number}")
    assert 6 <= allowed <= 64 * 6
    assert limiter.seconds_to_wait(parse_key("one more"), "elsewhere") > 0


def test_the_least_recently_used_trusted_key_is_evicted_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth_rate_limit, "MAX_TRUSTED", 2)
    limiter = AuthRateLimit(1, Clock())
    for name in ("one", "two", "one", "three"):
        limiter.record_success(parse_key(name), "a")
    assert set(limiter._trusted) == {(keys.parse_key(name).digest, "a") for name in ("one", "three")}
    limiter.record_failure(parse_key("one"), "a")
    limiter.record_failure(parse_key("never seen"), "a")
    assert len(limiter._trusted) == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_ipv6_addresses_are_counted_by_their_64_bit_network(address: str, expected: str) -> None:
    assert network(address) == expected
