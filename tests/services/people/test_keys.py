"""API keys: who may issue which, their scopes, rotation, revocation and last use."""

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
from app.vocabulary import Role, Scope
from tests.support.client import Client
from tests.support.problems import assert_problem

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
SOURCE = {"name": "One", "kind": "person"}


def bearer(issued: dict[str, Any]) -> Headers:
    """Headers with an issued key."""
    return {"Authorization": f"Bearer {issued['key']}"}


@pytest.fixture
def issue(api: TestClient) -> Callable[..., dict[str, Any]]:
    """Issue a key with these headers and return the body of the response."""

    def post(headers: Headers, **fields: Any) -> dict[str, Any]:
        response = api.post("keys", json=fields, headers=headers)
        assert response.status_code == 201, response.text
        issued: dict[str, Any] = response.json()
        return issued

    return post


Issue = Callable[..., dict[str, Any]]

SCOPES_OF: dict[Role, list[str]] = {
    Role.READER: ["read"],
    Role.FACT_CHECKER: ["read", "record", "decide"],
    Role.EDITOR: ["read", "record", "decide", "import"],
    Role.ADMIN: ["read", "record", "decide", "import", "administer"],
}
"""The scopes of each role. The roles are in ascending order: each includes those before it."""


@pytest.mark.parametrize("role", Role)
def test_people_can_issue_themselves_keys_within_their_own_role_and_scopes(
    api: TestClient, key_of: KeyOf, issue: Issue, role: Role
) -> None:
    headers = key_of(role)
    issued = issue(headers, label="a script")

    assert issued.items() >= {"byline": f"Test {role}", "role": role, "label": "a script", "expires_at": None}.items()
    assert issued["scopes"] == SCOPES_OF[role]
    assert api.get("me", headers=bearer(issued)).json()["key"]["id"] == issued["id"]
    assert list(SCOPES_OF) == list(Role)
    for other, other_scopes in SCOPES_OF.items():
        response = api.post("keys", json={"role": other}, headers=headers)
        if set(other_scopes) <= set(SCOPES_OF[role]):
            assert response.json()["scopes"] == other_scopes
        else:
            assert_problem(response, 422, "role")
    for scope in Scope:
        response = api.post("keys", json={"scopes": [scope]}, headers=headers)
        if scope in SCOPES_OF[role]:
            assert response.json()["scopes"] == [scope]
        else:
            assert_problem(response, 422, "scopes")


@pytest.mark.parametrize(("role", "other_role"), list(product(Role, Role)))
def test_only_administrators_manage_keys_of_others(
    api: TestClient, key_of: KeyOf, issue: Issue, role: Role, other_role: Role
) -> None:
    own_headers, other_headers = key_of(role), key_of(other_role)
    other_key = issue(other_headers)
    is_allowed = role is other_role or role is Role.ADMIN
    listed_ids = [key["id"] for key in api.get("keys", headers=own_headers).json()["items"]]
    assert (other_key["id"] in listed_ids) == is_allowed
    response = api.post("keys", json={"person": f"Test {other_role}"}, headers=own_headers)
    if is_allowed:
        assert response.json().items() >= {"byline": f"Test {other_role}", "role": other_role}.items()
        assert api.post(f"keys/{other_key['id']}/rotate", json={}, headers=own_headers).status_code == 201
    else:
        assert_problem(response, 403)
        assert_problem(api.post(f"keys/{other_key['id']}/rotate", json={}, headers=own_headers), 404)
        assert_problem(api.post(f"keys/{other_key['id']}/revoke", headers=own_headers), 404)
        assert api.get("me", headers=bearer(other_key)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
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
def test_an_invalid_key_request_is_refused(api: TestClient, key_of: KeyOf, fields: dict[str, Any], field: str) -> None:
    key_of(Role.READER)
    assert_problem(api.post("keys", json=fields, headers=key_of(Role.ADMIN)), 422, field)


def test_a_restricted_key_cannot_issue_a_less_restricted_one(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    """Neither by issuing a key, nor by rotating another one, nor with a later expiry."""
    full_headers = key_of(Role.EDITOR)
    full_key = api.get("me", headers=full_headers).json()["key"]
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    restricted = issue(full_headers, role="fact_checker", scopes=["read", "record"], expires_at=soon)
    restricted_headers = bearer(restricted)

    issued = issue(restricted_headers)
    assert (issued["role"], issued["scopes"]) == ("fact_checker", ["read", "record"])
    assert issued["expires_at"] == restricted["expires_at"]
    later = (clock.now() + timedelta(hours=2)).isoformat()
    for fields in ({"role": "editor"}, {"scopes": ["decide"]}, {"expires_at": later}):
        assert_problem(api.post("keys", json=fields, headers=restricted_headers), 403)
    assert_problem(api.post(f"keys/{full_key['id']}/rotate", json={}, headers=restricted_headers), 403)
    assert api.get("me", headers=full_headers).status_code == 200
    # Revoking gains nothing: people who find a leaked key can revoke it with any key of their own.
    assert api.post(f"keys/{full_key['id']}/revoke", headers=restricted_headers).json()["revoked_at"] is not None
    assert_problem(api.get("me", headers=full_headers), 401)
    assert_problem(api.post(f"keys/{full_key['id']}/revoke", headers=restricted_headers), 409)


def test_a_restricted_key_of_an_administrator_cannot_administer(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    key_of(Role.READER)
    headers = bearer(issue(key_of(Role.ADMIN), scopes=["read", "record"]))
    assert_problem(api.get("people", headers=headers), 403)
    assert_problem(api.post("keys", json={"person": "Test reader"}, headers=headers), 403)
    assert_problem(api.post("keys", json={"scopes": ["administer"]}, headers=headers), 403)
    assert {key["byline"] for key in api.get("keys", headers=headers).json()["items"]} == {"Test admin"}


def test_scopes_are_checked_within_a_route(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    records = bearer(issue(key_of(Role.EDITOR), scopes=["read", "record"]))
    claim = {"kind": "other", "statement": "So it is."}
    assert api.post("claims", json=claim, headers=records).status_code == 201
    problem = assert_problem(api.post("claims", json={**claim, "stage": "published"}, headers=records), 403)
    assert "you need a key with the scope decide. Your key has the scopes read, record." in problem["detail"]


def test_a_rotated_key_expires_at_once_or_after_the_overlap(api: TestClient, key_of: KeyOf, issue: Issue) -> None:
    headers = key_of(Role.FACT_CHECKER)
    old = issue(headers, scopes=["read"], label="nightly")
    rotated = api.post(f"keys/{old['id']}/rotate", json={}, headers=bearer(old))
    assert rotated.headers["Cache-Control"] == "no-store"
    assert "ETag" not in rotated.headers
    new = rotated.json()
    unchanged_fields = ("person", "byline", "role", "scopes", "label", "expires_at")
    assert [new[name] for name in unchanged_fields] == [old[name] for name in unchanged_fields]
    assert new["handle"] != old["handle"]
    assert_problem(api.get("me", headers=bearer(old)), 401)
    assert api.get("me", headers=bearer(new)).status_code == 200
    assert_problem(api.post(f"keys/{old['id']}/rotate", json={}, headers=headers), 409)

    third = api.post(f"keys/{new['id']}/rotate", json={"overlap_hours": 24}, headers=headers).json()
    keys_by_id = {key["id"]: key for key in api.get("keys", headers=headers).json()["items"]}
    expires = datetime.fromisoformat(keys_by_id[new["id"]]["expires_at"])
    assert timedelta(hours=23) < expires - datetime.now(UTC) < timedelta(hours=25)
    assert third["expires_at"] is None
    for valid_key in (new, third):
        assert api.get("me", headers=bearer(valid_key)).status_code == 200
    # An overlap does not extend the expiry of a key.
    short = issue(headers, expires_at=(clock.now() + timedelta(minutes=5)).isoformat())
    rotated_short = api.post(f"keys/{short['id']}/rotate", json={"overlap_hours": 24}, headers=headers).json()
    keys_by_id = {key["id"]: key for key in api.get("keys", headers=headers).json()["items"]}
    assert keys_by_id[short["id"]]["expires_at"] == short["expires_at"] == rotated_short["expires_at"]
    for hours in (-1, 169, 1.5, "x"):
        body = {"overlap_hours": hours}
        assert_problem(api.post(f"keys/{third['id']}/rotate", json=body, headers=headers), 422, "overlap_hours")
    for hours in (0, 168):
        path = f"keys/{issue(headers)['id']}/rotate"
        assert api.post(path, json={"overlap_hours": hours}, headers=headers).status_code == 201


def test_a_key_is_shown_once(api: TestClient, key_of: KeyOf, issue: Issue, database: Database) -> None:
    issued = issue(key_of(Role.ADMIN))
    secret = issued["key"].split("_")[2]
    for path in ("keys", "me", "people"):
        assert secret not in api.get(path, headers=bearer(issued)).text
    if database.is_sqlite:
        with database.reading() as connection:
            stored = "\n".join(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]  # it is open
        assert issued["handle"] in stored
        assert secret not in stored


def test_a_revoked_key_gets_no_cached_responses(
    api: TestClient, key_of: KeyOf, issue: Issue, record: Callable[..., dict[str, Any]]
) -> None:
    claim = record("claims")["id"]
    headers = key_of(Role.FACT_CHECKER)
    issued = issue(headers)
    paths = (f"claims/{claim}", f"claims/{claim}/versions/1", "claims", "claims?q=soldiers", "sources", "health")
    tags = {path: api.get(path, headers=bearer(issued)).headers.get("ETag", "") for path in paths}
    assert api.post(f"keys/{issued['id']}/revoke", headers=headers).status_code == 200
    for path, tag in tags.items():
        assert_problem(api.get(path, headers=bearer(issued)), 401)
        assert_problem(api.get(path, headers={**bearer(issued), "If-None-Match": tag}), 401)


def test_a_key_shows_when_it_was_last_used(
    settings: Settings, database: Database, api: TestClient, key_of: KeyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = key_of(Role.READER)
    assert api.get("me", headers=headers).json()["key"]["last_used_at"] is None
    before = clock.now()
    # A service stores the last uses when it stops, and once a minute while it runs.
    with Client(create_app(settings)) as first:
        for _time in range(3):
            assert first.get("claims", headers=headers).status_code == 200
    used = datetime.fromisoformat(api.get("me", headers=headers).json()["key"]["last_used_at"])
    assert before < used < clock.now()

    monkeypatch.setattr(housekeeping, "INTERVAL", 0.05)
    with Client(create_app(settings)) as second:
        assert second.get("claims", headers=headers).status_code == 200
        used_again = used
        for _time in range(200):
            used_again = datetime.fromisoformat(second.get("me", headers=headers).json()["key"]["last_used_at"])
            if used_again > used:
                break
        assert used_again > used
    # If two processes store a last use, the later one counts.
    key_id = api.get("me", headers=headers).json()["key"]["id"]
    with database.writing() as connection:
        keys.record_uses(connection, {key_id: before})
    assert datetime.fromisoformat(api.get("me", headers=headers).json()["key"]["last_used_at"]) >= used_again


def test_failed_housekeeping_is_retried_the_next_time(database: Database, caplog: pytest.LogCaptureFixture) -> None:
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


def test_the_first_key_is_issued_once_and_for_an_administrator(database: Database, api: TestClient) -> None:
    with database.writing() as connection:
        first = keys.issue_first(connection)
        assert keys.issue_first(connection) is None
    assert first is not None
    me = api.get("me", headers={"Authorization": f"Bearer {first}"}).json()
    assert (me["byline"], me["role"], me["scopes"]) == ("Administrator", "admin", list(Scope))
