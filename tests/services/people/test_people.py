"""People: their accounts are for administrators, and an account that ends takes its keys with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.errors import ConflictError
from app.services.core import actors
from app.services.core.actors import Actor
from app.services.people import keys
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
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
    assert_problem(api.get("people/nobody", headers=admin), 404)


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
    assert_problem(api.post("people", json=fields, headers=admin), 422, fault)


def test_a_change_says_what_it_changes(api: TestClient, admin: Headers, jane: dict[str, Any]) -> None:
    path = f"people/{jane['id']}"
    tag = api.get(path, headers=admin).headers["ETag"]
    assert_problem(api.patch(path, json={"role": "editor"}, headers=admin), 428)

    changed = api.patch(path, json={"role": "editor", "name": None}, headers={**admin, "If-Match": tag})

    assert changed.json() == {**jane, "role": "editor", "name": None}
    assert changed.headers["ETag"] == api.get(path, headers=admin).headers["ETag"] != tag
    assert_problem(api.patch(path, json={"role": "admin"}, headers={**admin, "If-Match": tag}), 412)
    now = {**admin, "If-Match": "*"}
    assert api.patch(path, json={}, headers=now).json() == changed.json()
    for name in ("byline", "pseudonym", "role", "active"):
        assert_problem(api.patch(path, json={name: None}, headers=now), 422, name)
    assert api.post("people", json={"byline": "Other"}, headers=admin).status_code == 201
    assert_problem(api.patch(path, json={"byline": "Other"}, headers=now), 422, "byline")
    assert_problem(api.patch("people/nobody", json={}, headers=now), 404)


def test_another_byline_holds_for_all_that_they_did(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    headers = key_for("Desk 3")
    claim = api.post("claims", json={"kind": "other", "statement": "So."}, headers=headers).json()

    change(api, admin, jane["id"], byline="Desk 4")

    told = api.get(f"claims/{claim['id']}/history", headers=headers).text
    assert "Desk 4" in told
    assert "Desk 3" not in told


@pytest.mark.parametrize("then", [{}, {"place": "Kursk"}])
def test_an_earlier_byline_is_nowhere_any_more(
    api: TestClient,
    admin: Headers,
    record: Record,
    correct: Record,
    jane: dict[str, Any],
    *,
    key_for: Callable[..., Headers],
    then: dict[str, Any],
) -> None:
    record("sources", key="NIS")
    claim = record("claims", attributions=[{"source": "NIS", "stance": "asserts"}])
    api.post("people", json={"byline": "Second", "role": "fact_checker"}, headers=admin).raise_for_status()
    wanted = {"claim_version": 1, "status": "unconfirmed", "rationale": "Said.", "credibility": 3}
    proposed = api.post(
        f"claims/{claim['id']}/proposals", json={**wanted, "standard": "reasonable_grounds"}, headers=key_for("Desk 3")
    ).json()
    signed = api.post(f"proposals/{proposed['id']}/sign-offs", json={"verdict": "approve"}, headers=key_for("Second"))
    assert signed.status_code == 201
    if then:
        correct("claims", claim["id"], **then)
    now = api.get(f"claims/{claim['id']}").json()
    one = f"claims/{claim['id']}"
    addresses = [one, f"{one}/versions/2", f"{one}?as_of={now['recorded_at']}", f"{one}/reviews", f"{one}/history"]
    before = {address: api.get(address) for address in addresses}
    assert all("Desk 3" in answer.text for answer in before.values())

    change(api, admin, jane["id"], byline="Desk 4", pseudonym=True)

    for address, answer in before.items():
        after = api.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (after.status_code, "Desk 4" in after.text, "Desk 3" in after.text) == (200, True, False), address
        assert "immutable" not in answer.headers["Cache-Control"]


def test_whoever_leaves_is_out_at_once_and_for_good(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    one, two = key_for("Desk 3"), key_for(jane["id"], role="reader")
    assert api.post("sources", json=SOURCE, headers=one).status_code == 201

    left = change(api, admin, "Desk 3", active=False)

    assert left["left_at"] is not None
    for headers in (one, two):
        assert_problem(api.get("claims", headers=headers), 401)
        assert_problem(api.get("health", headers=headers), 401)
    assert_problem(api.post("keys", json={"person": "Desk 3"}, headers=admin), 409)
    assert change(api, admin, "Desk 3", active=False) == left
    # Back again: with new keys.
    assert change(api, admin, "Desk 3", active=True) == jane
    assert_problem(api.get("claims", headers=one), 401)
    assert api.get("claims", headers=key_for("Desk 3")).status_code == 200


def test_a_role_that_falls_takes_the_keys_along_and_one_that_rises_does_not(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    headers = key_for("Desk 3")
    change(api, admin, "Desk 3", role="reader")
    assert_problem(api.post("sources", json=SOURCE, headers=headers), 403)
    assert api.get("me", headers=headers).json().items() >= {"role": "reader", "scopes": ["read"]}.items()
    change(api, admin, "Desk 3", role="editor")
    assert api.post("sources", json=SOURCE, headers=headers).status_code == 201
    assert api.get("me", headers=headers).json()["role"] == "fact_checker"


def test_the_system_is_nobody(api: TestClient, admin: Headers, actor: Actor, database: Database) -> None:
    shown = api.get(f"people/{actor.byline}", headers=admin).json()
    assert shown.items() >= {"system": True, "role": "admin"}.items()
    assert_problem(api.patch("people/Test", json={"role": "reader"}, headers={**admin, "If-Match": "*"}), 409)
    assert_problem(api.post("keys", json={"person": "Test"}, headers=admin), 409)
    with database.writing() as connection:
        assert actors.system_actor(connection, "Test") == actor
        keys.issue(connection, "A person")
        with pytest.raises(ConflictError, match=r"is a person.s byline"):
            actors.system_actor(connection, "A person")


# --- somebody must be left to administer ---


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"role": "editor"}, "role"), ({"active": False}, "active"), ({"role": "reader", "active": False}, "active")],
)
def test_the_last_administrator_stays(
    api: TestClient, admin: Headers, jane: dict[str, Any], fields: dict[str, Any], named: str
) -> None:
    now = {**admin, "If-Match": "*"}
    # Neither somebody who has left, nor the program itself, nor somebody with another role is one.
    other = api.post("people", json={"byline": "Chief 2", "role": "admin"}, headers=admin).json()
    change(api, admin, other["id"], active=False)

    assert_problem(api.patch("people/Test admin", json=fields, headers=now), 422, named)

    assert api.get("people/Test admin", headers=admin).json().items() >= {"role": "admin", "left_at": None}.items()
    # Whoever is no administrator may go, and all else about the last one may change.
    assert api.patch(f"people/{jane['id']}", json=fields, headers=now).status_code == 200
    assert api.patch("people/Test admin", json={"byline": "Chief", "role": "admin"}, headers=now).status_code == 200
    change(api, admin, other["id"], active=True)
    assert api.patch("people/Chief", json=fields, headers=now).status_code == 200


def test_the_last_administrator_stays_on_the_command_line_too(
    url: str, tmp_path: Path, api: TestClient, admin: Headers
) -> None:
    for words in (
        ("people", "deactivate", "Test admin"),
        ("people", "change", "Test admin", "--role", "reader"),
        ("audit", "erase-person", "Test admin", "--yes"),
    ):
        done = attest(url, tmp_path, *words)
        assert done.code != 0, words
        assert "belongs to the last administrator, who cannot be deactivated, demoted or erased" in done.err, words
    assert api.get("me", headers=admin).json()["role"] == "admin"


def test_of_the_last_two_administrators_who_leave_at_once_one_stays(
    api: TestClient, admin: Headers, key_for: Callable[..., Headers]
) -> None:
    for number in range(8):
        byline = f"Chief {number}"
        api.post("people", json={"byline": byline, "role": "admin"}, headers=admin)
        keys_of = [(key_for(byline), "Test admin"), (admin, byline)]

        def leave(pair: tuple[Headers, str]) -> int:
            headers, other = pair
            return api.patch(
                f"people/{other}", json={"role": "reader"}, headers={**headers, "If-Match": "*"}
            ).status_code

        with ThreadPoolExecutor(2) as pool:
            told = sorted(pool.map(leave, keys_of))

        # The slower one is too late: by now without the role, or without the other one.
        assert told in ([200, 403], [200, 422]), told
        left = [headers for headers, _other in keys_of if api.get("people", headers=headers).status_code == 200]
        assert len(left) == 1
        if left != [admin]:
            change(api, left[0], "Test admin", role="admin")
        change(api, admin, byline, role="reader")


def test_a_byline_changes_while_its_holder_writes(
    api: TestClient, admin: Headers, jane: dict[str, Any], key_for: Callable[..., Headers]
) -> None:
    headers = key_for(jane["id"])

    def act(number: int) -> int:
        if number % 2:
            return api.post("sources", json=SOURCE, headers=headers).status_code
        now = {**admin, "If-Match": "*"}
        return api.patch(f"people/{jane['id']}", json={"byline": f"Desk {number}"}, headers=now).status_code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(act, range(64)))

    assert told == [200, 201] * 32
