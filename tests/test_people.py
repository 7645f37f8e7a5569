"""People: their accounts are for administrators, and an account that ends takes its keys with it."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.errors import ConflictError
from app.services import actors, keys
from app.services.actors import Actor
from app.vocabulary import Role
from tests.support.problems import refused

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
SOURCE = {"name": "One", "kind": "person"}


@pytest.fixture
def admin(key_of: KeyOf) -> Headers:
    """Headers with an administrator's key."""
    return key_of(Role.ADMIN)


@pytest.fixture
def jane(api: TestClient, admin: Headers) -> dict[str, Any]:
    """A fact-checker under a pseudonym."""
    fields = {"byline": "Desk 3", "pseudonym": True, "name": "Jane Doe", "role": "fact_checker"}
    answer = api.post("people", json=fields, headers=admin)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/people/{answer.json()['id']}"
    made: dict[str, Any] = answer.json()
    assert made.items() >= {**fields, "system": False, "left_at": None}.items()
    return made


@pytest.fixture
def key_for(api: TestClient, admin: Headers) -> Callable[..., Headers]:
    """Headers with a key that the administrator issues to somebody."""

    def issue(person: str, **fields: Any) -> Headers:
        answer = api.post("keys", json={"person": person, **fields}, headers=admin)
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['key']}"}

    return issue


def change(api: TestClient, admin: Headers, person: str, **fields: Any) -> Any:
    tag = api.get(f"people/{person}", headers=admin).headers["ETag"]
    answer = api.patch(f"people/{person}", json=fields, headers={**admin, "If-Match": tag})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_account_is_read_by_id_and_by_byline(api: TestClient, admin: Headers, jane: dict[str, Any]) -> None:
    assert api.get(f"people/{jane['id']}", headers=admin).json() == jane
    assert api.get("people/Desk 3", headers=admin).json() == jane
    assert jane in api.get("people", headers=admin).json()["items"]
    refused(api.get("people/nobody", headers=admin), 404)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"byline": "Desk 3"}, "byline"),
        ({"byline": ""}, "byline"),
        ({"byline": "two\nlines"}, "byline"),
        ({"byline": "One", "role": "king"}, "role"),
        ({"byline": "One", "name": ""}, "name"),
        ({"byline": "One", "id": "per_x"}, "id"),
    ],
)
def test_what_cannot_be_entered(
    api: TestClient, admin: Headers, jane: dict[str, Any], fields: dict[str, Any], fault: str
) -> None:
    refused(api.post("people", json=fields, headers=admin), 422, fault)


def test_a_change_says_what_it_changes(api: TestClient, admin: Headers, jane: dict[str, Any]) -> None:
    path = f"people/{jane['id']}"
    tag = api.get(path, headers=admin).headers["ETag"]
    refused(api.patch(path, json={"role": "editor"}, headers=admin), 428)

    changed = api.patch(path, json={"role": "editor", "name": None}, headers={**admin, "If-Match": tag})

    assert changed.json() == {**jane, "role": "editor", "name": None}
    assert changed.headers["ETag"] == api.get(path, headers=admin).headers["ETag"] != tag
    refused(api.patch(path, json={"role": "admin"}, headers={**admin, "If-Match": tag}), 412)
    now = {**admin, "If-Match": "*"}
    assert api.patch(path, json={}, headers=now).json() == changed.json()
    for name in ("byline", "pseudonym", "role", "active"):
        refused(api.patch(path, json={name: None}, headers=now), 422, name)
    assert api.post("people", json={"byline": "Other"}, headers=admin).status_code == 201
    refused(api.patch(path, json={"byline": "Other"}, headers=now), 422, "byline")
    refused(api.patch("people/nobody", json={}, headers=now), 404)


def test_another_byline_holds_for_all_that_they_did(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    headers = key_for("Desk 3")
    claim = api.post("claims", json={"kind": "other", "statement": "So."}, headers=headers).json()

    change(api, admin, jane["id"], byline="Desk 4")

    told = api.get(f"claims/{claim['id']}/history", headers=headers).text
    assert "Desk 4" in told
    assert "Desk 3" not in told


def test_whoever_leaves_is_out_at_once_and_for_good(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    one, two = key_for("Desk 3"), key_for(jane["id"], role="reader")
    assert api.post("sources", json=SOURCE, headers=one).status_code == 201

    left = change(api, admin, "Desk 3", active=False)

    assert left["left_at"] is not None
    for headers in (one, two):
        refused(api.get("claims", headers=headers), 401)
        refused(api.get("health", headers=headers), 401)
    refused(api.post("keys", json={"person": "Desk 3"}, headers=admin), 409)
    assert change(api, admin, "Desk 3", active=False) == left
    # Back again: with new keys.
    assert change(api, admin, "Desk 3", active=True) == jane
    refused(api.get("claims", headers=one), 401)
    assert api.get("claims", headers=key_for("Desk 3")).status_code == 200


def test_a_role_that_falls_takes_the_keys_along_and_one_that_rises_does_not(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    headers = key_for("Desk 3")
    change(api, admin, "Desk 3", role="reader")
    refused(api.post("sources", json=SOURCE, headers=headers), 403)
    assert api.get("me", headers=headers).json().items() >= {"role": "reader", "scopes": ["read"]}.items()
    change(api, admin, "Desk 3", role="editor")
    assert api.post("sources", json=SOURCE, headers=headers).status_code == 201
    assert api.get("me", headers=headers).json()["role"] == "fact_checker"


def test_the_system_is_nobody(api: TestClient, admin: Headers, actor: Actor, database: Database) -> None:
    shown = api.get(f"people/{actor.byline}", headers=admin).json()
    assert shown.items() >= {"system": True, "role": "admin"}.items()
    refused(api.patch("people/Test", json={"role": "reader"}, headers={**admin, "If-Match": "*"}), 409)
    refused(api.post("keys", json={"person": "Test"}, headers=admin), 409)
    with database.writing() as connection:
        assert actors.system(connection, "Test") == actor
        keys.issue(connection, "A person")
        with pytest.raises(ConflictError, match="byline of a person"):
            actors.system(connection, "A person")
