"""Keys: who may make which, what they are good for, when they end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.api import housekeeping
from app.db.engine import Database
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import ROLE_SCOPES, Role, Scope
from tests.support.client import Client
from tests.support.problems import assert_problem

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
SOURCE = {"name": "One", "kind": "person"}


def bearer(issued: dict[str, Any]) -> Headers:
    """Headers with a key that an answer shows."""
    return {"Authorization": f"Bearer {issued['key']}"}


@pytest.fixture
def issue(api: TestClient) -> Callable[..., dict[str, Any]]:
    """Issue a key with these headers: the answer's body."""

    def post(headers: Headers, **fields: Any) -> dict[str, Any]:
        answer = api.post("keys", json=fields, headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return post


Issue = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("role", Role)
def test_everybody_gives_themselves_what_they_have_and_no_more(
    api: TestClient, key_of: KeyOf, issue: Issue, role: Role
) -> None:
    own = key_of(role)
    made = issue(own, label="a script")

    assert made.items() >= {"byline": f"Test {role}", "role": role, "label": "a script", "expires_at": None}.items()
    assert set(made["scopes"]) == ROLE_SCOPES[role]
    assert api.get("me", headers=bearer(made)).json()["key"]["id"] == made["id"]
    for other in Role:
        answer = api.post("keys", json={"role": other}, headers=own)
        if role.includes(other):
            assert set(answer.json()["scopes"]) == ROLE_SCOPES[other]
        else:
            assert_problem(answer, 422, "role")
    for scope in Scope:
        answer = api.post("keys", json={"scopes": [scope]}, headers=own)
        if scope in ROLE_SCOPES[role]:
            assert answer.json()["scopes"] == [scope]
        else:
            assert_problem(answer, 422, "scopes")


@pytest.mark.parametrize(("who", "whose"), list(product(Role, Role)))
def test_only_administrators_have_to_do_with_others(
    api: TestClient, key_of: KeyOf, issue: Issue, who: Role, whose: Role
) -> None:
    asking, others = key_of(who), key_of(whose)
    theirs = issue(others)
    mine = who is whose or who is Role.ADMIN
    listed = [one["id"] for one in api.get("keys", headers=asking).json()["items"]]
    assert (theirs["id"] in listed) == mine
    answer = api.post("keys", json={"person": f"Test {whose}"}, headers=asking)
    if mine:
        assert answer.json().items() >= {"byline": f"Test {whose}", "role": whose}.items()
        assert api.post(f"keys/{theirs['id']}/rotate", json={}, headers=asking).status_code == 201
    else:
        assert_problem(answer, 403)
        assert_problem(api.post(f"keys/{theirs['id']}/rotate", json={}, headers=asking), 404)
        assert_problem(api.post(f"keys/{theirs['id']}/revoke", headers=asking), 404)
        assert api.get("me", headers=bearer(theirs)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"person": "nobody"}, "person"),
        ({"person": ""}, "person"),
        ({"role": "king"}, "role"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
        ({"label": "two\nlines"}, "label"),
        ({"person": "Test reader", "role": "editor"}, "role"),
        ({"person": "Test reader", "scopes": ["record"]}, "scopes"),
    ],
)
def test_a_key_that_cannot_be(api: TestClient, key_of: KeyOf, fields: dict[str, Any], fault: str) -> None:
    key_of(Role.READER)
    assert_problem(api.post("keys", json=fields, headers=key_of(Role.ADMIN)), 422, fault)


def test_a_narrow_key_makes_no_wider_one(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    """Neither a new one, nor by way of rotating an old one, nor one that lives longer."""
    whole = key_of(Role.EDITOR)
    wide = api.get("me", headers=whole).json()["key"]
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    narrow = issue(whole, role="fact_checker", scopes=["read", "record"], expires_at=soon)
    headers = bearer(narrow)

    made = issue(headers)
    assert (made["role"], made["scopes"]) == ("fact_checker", ["read", "record"])
    assert made["expires_at"] == narrow["expires_at"]
    later = (clock.now() + timedelta(hours=2)).isoformat()
    for more in ({"role": "editor"}, {"scopes": ["decide"]}, {"expires_at": later}):
        assert_problem(api.post("keys", json=more, headers=headers), 403)
    assert_problem(api.post(f"keys/{wide['id']}/rotate", json={}, headers=headers), 403)
    assert api.get("me", headers=whole).status_code == 200
    # To end is not to gain: whoever finds a leaked key may end it with any key of their own.
    assert api.post(f"keys/{wide['id']}/revoke", headers=headers).json()["revoked_at"] is not None
    assert_problem(api.get("me", headers=whole), 401)
    assert_problem(api.post(f"keys/{wide['id']}/revoke", headers=headers), 409)


def test_an_administrator_s_narrow_key_administers_nothing(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    key_of(Role.READER)
    headers = bearer(issue(key_of(Role.ADMIN), scopes=["read", "record"]))
    assert_problem(api.get("people", headers=headers), 403)
    assert_problem(api.post("keys", json={"person": "Test reader"}, headers=headers), 403)
    assert_problem(api.post("keys", json={"scopes": ["administer"]}, headers=headers), 403)
    assert {one["byline"] for one in api.get("keys", headers=headers).json()["items"]} == {"Test admin"}


def test_scopes_hold_within_a_route_too(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    records = bearer(issue(key_of(Role.EDITOR), scopes=["read", "record"]))
    claim = {"kind": "other", "statement": "So it is."}
    assert api.post("claims", json=claim, headers=records).status_code == 201
    told = assert_problem(api.post("claims", json={**claim, "stage": "published"}, headers=records), 403)
    assert "you need a key with the scope decide. Your key has the scopes read, record." in told["detail"]


def test_a_rotated_key_ends_at_once_or_after_an_overlap(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    own = key_of(Role.FACT_CHECKER)
    old = issue(own, scopes=["read"], label="nightly")
    rotated = api.post(f"keys/{old['id']}/rotate", json={}, headers=bearer(old))
    assert rotated.headers["Cache-Control"] == "no-store"
    assert "ETag" not in rotated.headers
    new = rotated.json()
    same = ("person", "byline", "role", "scopes", "label", "expires_at")
    assert [new[name] for name in same] == [old[name] for name in same]
    assert new["handle"] != old["handle"]
    assert_problem(api.get("me", headers=bearer(old)), 401)
    assert api.get("me", headers=bearer(new)).status_code == 200
    assert_problem(api.post(f"keys/{old['id']}/rotate", json={}, headers=own), 409)

    third = api.post(f"keys/{new['id']}/rotate", json={"overlap_hours": 24}, headers=own).json()
    shown = {one["id"]: one for one in api.get("keys", headers=own).json()["items"]}
    ends = datetime.fromisoformat(shown[new["id"]]["expires_at"])
    assert timedelta(hours=23) < ends - datetime.now(UTC) < timedelta(hours=25)
    assert third["expires_at"] is None
    for works in (new, third):
        assert api.get("me", headers=bearer(works)).status_code == 200
    # An overlap makes no key live longer than it would have.
    short = issue(own, expires_at=(clock.now() + timedelta(minutes=5)).isoformat())
    again = api.post(f"keys/{short['id']}/rotate", json={"overlap_hours": 24}, headers=own).json()
    shown = {one["id"]: one for one in api.get("keys", headers=own).json()["items"]}
    assert shown[short["id"]]["expires_at"] == short["expires_at"] == again["expires_at"]
    for hours in (-1, 169, 1.5, "x"):
        body = {"overlap_hours": hours}
        assert_problem(api.post(f"keys/{third['id']}/rotate", json=body, headers=own), 422, "overlap_hours")


def test_a_key_is_shown_once(api: TestClient, key_of: KeyOf, issue: Issue, database: Database) -> None:
    made = issue(key_of(Role.ADMIN))
    secret = made["key"].split("_")[2]
    for path in ("keys", "me", "people"):
        assert secret not in api.get(path, headers=bearer(made)).text
    if database.is_sqlite:
        with database.reading() as connection:
            stored = "\n".join(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]  # it is open
        assert made["handle"] in stored
        assert secret not in stored


def test_a_key_that_was_revoked_opens_nothing_that_is_kept(
    api: TestClient, key_of: KeyOf, issue: Issue, record: Callable[..., dict[str, Any]]
) -> None:
    claim = record("claims")["id"]
    own = key_of(Role.FACT_CHECKER)
    made = issue(own)
    paths = (f"claims/{claim}", f"claims/{claim}/versions/1", "claims", "claims?q=soldiers", "sources", "health")
    tags = {path: api.get(path, headers=bearer(made)).headers.get("ETag", "") for path in paths}
    assert api.post(f"keys/{made['id']}/revoke", headers=own).status_code == 200
    for path, tag in tags.items():
        assert_problem(api.get(path, headers=bearer(made)), 401)
        assert_problem(api.get(path, headers={**bearer(made), "If-None-Match": tag}), 401)


def test_a_key_tells_when_it_was_used_last(
    settings: Settings, database: Database, api: TestClient, key_of: KeyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = key_of(Role.READER)
    assert api.get("me", headers=own).json()["key"]["last_used_at"] is None
    before = clock.now()
    # A service that ends writes down what it knows; one that goes on does so each minute.
    with Client(create_app(settings)) as first:
        for _time in range(3):
            assert first.get("claims", headers=own).status_code == 200
    used = datetime.fromisoformat(api.get("me", headers=own).json()["key"]["last_used_at"])
    assert before < used < clock.now()

    monkeypatch.setattr(housekeeping, "INTERVAL", 0.05)
    with Client(create_app(settings)) as second:
        assert second.get("claims", headers=own).status_code == 200
        again = used
        for _time in range(200):
            again = datetime.fromisoformat(second.get("me", headers=own).json()["key"]["last_used_at"])
            if again > used:
                break
        assert again > used
    # Of two processes the later use counts.
    key_id = api.get("me", headers=own).json()["key"]["id"]
    with database.writing() as connection:
        keys.record_uses(connection, {key_id: before})
    assert datetime.fromisoformat(api.get("me", headers=own).json()["key"]["last_used_at"]) >= again


def test_housekeeping_that_does_not_succeed_is_left_to_the_next_time(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    uses = {"key_x": clock.now()}
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE api_key RENAME TO lost")
    housekeeping.run_once(database, uses)
    assert "will be tried again" in caplog.text
    assert uses
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO api_key")
    housekeeping.run_once(database, uses)
    assert uses == {}
    housekeeping.run_once(database, uses)


def test_the_first_key_is_an_administrator_s_and_made_once(database: Database, api: TestClient) -> None:
    with database.writing() as connection:
        first = keys.issue_first(connection)
        assert keys.issue_first(connection) is None
    assert first is not None
    me = api.get("me", headers={"Authorization": f"Bearer {first}"}).json()
    assert (me["byline"], me["role"], me["scopes"]) == ("Administrator", "admin", list(Scope))
