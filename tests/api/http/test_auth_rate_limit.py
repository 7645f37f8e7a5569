"""Keys that do not work are limited, by handle and by address; those of other people go on working."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.http import auth_rate_limit
from app.api.http.auth_rate_limit import PER_ADDRESS, WrongKeys, network
from app.db.engine import Database
from app.main import create_app
from app.services.people import keys
from app.services.people.keys import presented
from app.settings import Settings
from app.vocabulary import Role
from tests.support.problems import refused

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
From = Callable[[str], TestClient]
MOST = 5


@pytest.fixture
def asked_from(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[From]:
    """The service with a low limit, asked from an address; one service for all of them.

    Its clock stands still, so that no try comes back however long a test takes.
    """
    monkeypatch.setattr(auth_rate_limit, "monotonic", lambda: 1_000.0)
    app = create_app(settings.model_copy(update={"wrong_keys_per_minute": MOST}))
    with ExitStack() as stack:
        first = stack.enter_context(TestClient(app, base_url="http://testserver/api/v1/"))

        def client(address: str) -> TestClient:
            other = TestClient(app, base_url="http://testserver/api/v1/", client=(address, 50000))
            other.portal = first.portal
            return other

        yield client


def wrong(handle: str, number: int = 0) -> Headers:
    """Headers with a key of the right form that nobody has."""
    secret = f"{number:032d}"
    return {"Authorization": f"Bearer attest_{handle}_{secret}{zlib.crc32((handle + secret).encode()):08x}"}


def statuses(client: TestClient, tries: list[Headers]) -> list[int]:
    return [client.get("health", headers=headers).status_code for headers in tries]


def test_tries_with_one_handle_are_limited_wherever_they_come_from(asked_from: From) -> None:
    tries = [asked_from(f"192.0.2.{number}").get("claims", headers=wrong("a" * 8, number)) for number in range(9)]
    assert [one.status_code for one in tries] == [401] * MOST + [429] * 4
    refused(tries[-1], 429)
    assert 0 < int(tries[-1].headers["Retry-After"]) <= 60 / MOST
    # Another handle is another matter; so is no key.
    elsewhere = asked_from("192.0.2.99")
    assert statuses(elsewhere, [wrong("b" * 8), {}]) == [401, 200]


def test_tries_from_one_address_are_limited_whatever_they_try(asked_from: From) -> None:
    many = [wrong(f"{number:08d}") for number in range(MOST * PER_ADDRESS + 3)]
    told = statuses(asked_from("198.51.100.7"), many)
    assert told == [401] * (MOST * PER_ADDRESS) + [429] * 3
    assert statuses(asked_from("198.51.100.8"), [wrong("c" * 8), {}]) == [401, 200]
    # Whoever sends none is not concerned.
    assert statuses(asked_from("198.51.100.7"), [{}]) == [200]


@pytest.mark.parametrize("bad", ["", "x", "attest_x", "attest_é"])
def test_what_is_no_key_is_limited_too(asked_from: From, bad: str) -> None:
    header: Any = {b"Authorization": f"Bearer {bad}".encode()}
    assert statuses(asked_from("203.0.113.1"), [header] * (MOST + 2)) == [401] * MOST + [429] * 2


def test_a_good_key_is_no_try(asked_from: From, key_of: KeyOf) -> None:
    own = key_of(Role.READER)
    assert statuses(asked_from("203.0.113.1"), [own] * 100) == [200] * 100
    # Having worked, it leaves all tries.
    handle = own["Authorization"].split("_")[1]
    assert statuses(asked_from("203.0.113.2"), [wrong(handle)] * (MOST + 1)) == [401] * MOST + [429]


def test_good_keys_of_others_go_on_working(asked_from: From, key_of: KeyOf) -> None:
    own, other = key_of(Role.READER), key_of(Role.EDITOR)
    office = asked_from("203.0.113.1")
    assert statuses(office, [own]) == [200]
    handle = own["Authorization"].split("_")[1]
    # Somebody uses up the handle from elsewhere, and a program in the office sends keys that have ended.
    statuses(asked_from("198.51.100.9"), [wrong(handle, number) for number in range(20)])
    assert statuses(office, [wrong(f"{number:08d}") for number in range(MOST * PER_ADDRESS + 1)])[-1] == 429
    assert statuses(office, [own] * 3) == [200] * 3
    assert statuses(asked_from("203.0.113.77"), [other]) == [200]
    # A key that has not worked from there yet might be a guess, and no guess is told that it is right.
    assert statuses(office, [other]) == [429]
    assert statuses(asked_from("203.0.113.2"), [own]) == [429]


def test_a_key_that_ends_is_limited_like_any_other(asked_from: From, key_of: KeyOf, api: TestClient) -> None:
    own = key_of(Role.READER)
    office = asked_from("203.0.113.1")
    assert statuses(office, [own]) == [200]
    key_id = api.get("me", headers=own).json()["key"]["id"]
    assert api.post(f"keys/{key_id}/revoke", headers=own).status_code == 200
    assert statuses(office, [own] * (MOST + 4)) == [401] * (MOST + 1) + [429] * 3


def test_one_program_with_a_key_that_ended_does_not_use_up_its_office(asked_from: From, key_of: KeyOf) -> None:
    office = asked_from("203.0.113.1")
    statuses(office, [wrong("a" * 8)] * 300)
    assert statuses(office, [key_of(Role.EDITOR)]) == [200]


def test_a_database_that_is_away_uses_up_nobody_s_tries(asked_from: From, key_of: KeyOf, database: Database) -> None:
    own = key_of(Role.READER)
    office = asked_from("203.0.113.1")
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE api_key RENAME TO lost")
    assert set(statuses(office, [own] * (MOST + 5))) <= {500, 503}
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO api_key")
    assert statuses(office, [own]) == [200]


# --- the counts themselves ---


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


KEY = presented("attest_x")


def test_tries_come_back_with_time() -> None:
    clock = Clock()
    counts = WrongKeys(6, clock)
    assert [counts.wait(KEY, "a") for _try in range(8)] == [0] * 6 + [10, 10]
    clock.now += 9.5
    assert counts.wait(KEY, "a") == 1
    clock.now += 0.5
    assert [counts.wait(KEY, "a") for _try in range(2)] == [0, 10]
    clock.now += 3_600
    assert [counts.wait(KEY, "a") for _try in range(7)] == [0] * 6 + [10]


def test_no_flood_makes_anybody_unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fills up but places, and a place that is full is refused."""
    monkeypatch.setattr(auth_rate_limit, "PLACES", 64)
    clock = Clock()
    counts = WrongKeys(6, clock)
    let_through = 0
    for number in range(20_000):
        let_through += not counts.wait(presented(f"key {number}"), f"address {number}")
    assert let_through <= 64 * 6
    assert counts.wait(presented("one more"), "elsewhere") > 0


def test_the_one_that_worked_last_is_forgotten_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth_rate_limit, "REMEMBERED", 2)
    counts = WrongKeys(1, Clock())
    for name in ("one", "two", "one", "three"):
        counts.worked(presented(name), "a")
    assert set(counts._worked) == {(keys.presented(name).digest, "a") for name in ("one", "three")}
    counts.failed(presented("one"), "a")
    counts.failed(presented("never seen"), "a")
    assert len(counts._worked) == 1


@pytest.mark.parametrize(
    ("address", "counted"),
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
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted
