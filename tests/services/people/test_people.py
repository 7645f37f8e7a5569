"""People: administrators manage accounts, and the keys of a deactivated account are revoked."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.errors import ConflictError
from app.services.changes import actors
from app.services.changes.actors import Actor
from app.services.people import keys
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]
SOURCE = {"name": "One", "kind": "person"}


@pytest.fixture
def admin_headers(key_of: KeyOf) -> Headers:
    """Headers with an administrator's key."""
    return key_of(Role.ADMIN)


@pytest.fixture
def pseudonymous_person(api: TestClient, admin_headers: Headers) -> dict[str, Any]:
    """A fact-checker under a pseudonym."""
    fields = {"byline": "Desk 3", "pseudonym": True, "name": "Jane Doe", "role": "fact_checker"}
    response = api.post("people", json=fields, headers=admin_headers)
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == f"/api/v1/people/{response.json()['id']}"
    person: dict[str, Any] = response.json()
    assert person.items() >= {**fields, "system": False, "left_at": None}.items()
    return person


@pytest.fixture
def issue_key(api: TestClient, admin_headers: Headers) -> Callable[..., Headers]:
    """Issue a key to a person as the administrator, and return headers with it."""

    def issue(person: str, **fields: Any) -> Headers:
        response = api.post("keys", json={"person": person, **fields}, headers=admin_headers)
        assert response.status_code == 201, response.text
        return {"Authorization": f"Bearer {response.json()['key']}"}

    return issue


def change_person(api: TestClient, admin_headers: Headers, person: str, **fields: Any) -> Any:
    tag = api.get(f"people/{person}", headers=admin_headers).headers["ETag"]
    response = api.patch(f"people/{person}", json=fields, headers={**admin_headers, "If-Match": tag})
    assert response.status_code == 200, response.text
    return response.json()


def test_an_account_is_read_by_id_and_by_byline(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any]
) -> None:
    assert api.get(f"people/{pseudonymous_person['id']}", headers=admin_headers).json() == pseudonymous_person
    assert api.get("people/Desk 3", headers=admin_headers).json() == pseudonymous_person
    assert pseudonymous_person in api.get("people", headers=admin_headers).json()["items"]
    assert_problem(api.get("people/nobody", headers=admin_headers), 404)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"byline": "Desk 3"}, "byline"),
        ({"byline": ""}, "byline"),
        ({"byline": "two\nlines"}, "byline"),
        ({"byline": "One", "role": "king"}, "role"),
        ({"byline": "One", "name": ""}, "name"),
        ({"byline": "One", "id": "per_x"}, "id"),
    ],
)
def test_an_invalid_account_is_refused(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    assert_problem(api.post("people", json=fields, headers=admin_headers), 422, field)


def test_an_account_is_changed_conditionally_and_only_in_the_fields_sent(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any]
) -> None:
    path = f"people/{pseudonymous_person['id']}"
    tag = api.get(path, headers=admin_headers).headers["ETag"]
    assert_problem(api.patch(path, json={"role": "editor"}, headers=admin_headers), 428)

    changed = api.patch(path, json={"role": "editor", "name": None}, headers={**admin_headers, "If-Match": tag})

    assert changed.json() == {**pseudonymous_person, "role": "editor", "name": None}
    assert changed.headers["ETag"] == api.get(path, headers=admin_headers).headers["ETag"] != tag
    assert_problem(api.patch(path, json={"role": "admin"}, headers={**admin_headers, "If-Match": tag}), 412)
    now = {**admin_headers, "If-Match": "*"}
    assert api.patch(path, json={}, headers=now).json() == changed.json()
    for name in ("byline", "pseudonym", "role", "active"):
        assert_problem(api.patch(path, json={name: None}, headers=now), 422, name)
    assert api.post("people", json={"byline": "Other"}, headers=admin_headers).status_code == 201
    assert_problem(api.patch(path, json={"byline": "Other"}, headers=now), 422, "byline")
    assert_problem(api.patch("people/nobody", json={}, headers=now), 404)


def test_a_new_byline_applies_to_earlier_changes(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any], issue_key: Callable[..., Headers]
) -> None:
    headers = issue_key("Desk 3")
    claim = api.post("claims", json={"kind": "other", "statement": "So."}, headers=headers).json()

    change_person(api, admin_headers, pseudonymous_person["id"], byline="Desk 4")

    history = api.get(f"claims/{claim['id']}/history", headers=headers).text
    assert "Desk 4" in history
    assert "Desk 3" not in history


@pytest.mark.parametrize("correction", [{}, {"place": "Kursk"}])
def test_an_earlier_byline_is_shown_nowhere_and_cached_nowhere(
    api: TestClient,
    admin_headers: Headers,
    record: Record,
    correct: Record,
    pseudonymous_person: dict[str, Any],
    *,
    issue_key: Callable[..., Headers],
    correction: dict[str, Any],
) -> None:
    record("sources", key="NIS")
    claim = record("claims", attributions=[{"source": "NIS", "stance": "asserts"}])
    api.post("people", json={"byline": "Second", "role": "fact_checker"}, headers=admin_headers).raise_for_status()
    decision = {"claim_version": 1, "status": "unconfirmed", "rationale": "Said.", "credibility": 3}
    proposed = api.post(
        f"claims/{claim['id']}/proposals",
        json={**decision, "standard": "reasonable_grounds"},
        headers=issue_key("Desk 3"),
    ).json()
    signed_off = api.post(
        f"proposals/{proposed['id']}/sign-offs", json={"verdict": "approve"}, headers=issue_key("Second")
    )
    assert signed_off.status_code == 201
    if correction:
        correct("claims", claim["id"], **correction)
    current = api.get(f"claims/{claim['id']}").json()
    claim_path = f"claims/{claim['id']}"
    addresses = [
        claim_path,
        f"{claim_path}/versions/2",
        f"{claim_path}?as_of={current['recorded_at']}",
        f"{claim_path}/reviews",
        f"{claim_path}/history",
    ]
    before = {address: api.get(address) for address in addresses}
    assert all("Desk 3" in response.text for response in before.values())

    change_person(api, admin_headers, pseudonymous_person["id"], byline="Desk 4", pseudonym=True)

    for address, response in before.items():
        after = api.get(address, headers={"If-None-Match": response.headers["ETag"]})
        assert (after.status_code, "Desk 4" in after.text, "Desk 3" in after.text) == (200, True, False), address
        assert "immutable" not in response.headers["Cache-Control"]


def test_deactivating_an_account_revokes_its_keys_for_good(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any], issue_key: Callable[..., Headers]
) -> None:
    full_key, reader_key = issue_key("Desk 3"), issue_key(pseudonymous_person["id"], role="reader")
    assert api.post("sources", json=SOURCE, headers=full_key).status_code == 201

    deactivated = change_person(api, admin_headers, "Desk 3", active=False)

    assert deactivated["left_at"] is not None
    for headers in (full_key, reader_key):
        assert_problem(api.get("claims", headers=headers), 401)
        assert_problem(api.get("health", headers=headers), 401)
    assert_problem(api.post("keys", json={"person": "Desk 3"}, headers=admin_headers), 409)
    assert change_person(api, admin_headers, "Desk 3", active=False) == deactivated
    # A reactivated account needs new keys.
    assert change_person(api, admin_headers, "Desk 3", active=True) == pseudonymous_person
    assert_problem(api.get("claims", headers=full_key), 401)
    assert api.get("claims", headers=issue_key("Desk 3")).status_code == 200


def test_a_lower_role_limits_existing_keys_and_a_higher_role_does_not_extend_them(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any], issue_key: Callable[..., Headers]
) -> None:
    headers = issue_key("Desk 3")
    change_person(api, admin_headers, "Desk 3", role="reader")
    assert_problem(api.post("sources", json=SOURCE, headers=headers), 403)
    assert api.get("me", headers=headers).json().items() >= {"role": "reader", "scopes": ["read"]}.items()
    change_person(api, admin_headers, "Desk 3", role="editor")
    assert api.post("sources", json=SOURCE, headers=headers).status_code == 201
    assert api.get("me", headers=headers).json()["role"] == "fact_checker"
    # The account may import by now; its old key may not, and the error says what to do.
    detail = assert_problem(api.post("imports", content=b"", headers=headers), 403)["detail"]
    assert detail.endswith("Your account has the role editor by now, so issue a new key and use that one.")


def test_the_system_actor_is_not_an_account(
    api: TestClient, admin_headers: Headers, actor: Actor, database: Database
) -> None:
    system = api.get(f"people/{actor.byline}", headers=admin_headers).json()
    assert system.items() >= {"system": True, "role": "admin"}.items()
    assert_problem(api.patch("people/Test", json={"role": "reader"}, headers={**admin_headers, "If-Match": "*"}), 409)
    assert_problem(api.post("keys", json={"person": "Test"}, headers=admin_headers), 409)
    with database.writing() as connection:
        assert actors.system_actor(connection, "Test") == actor
        keys.issue(connection, "A person")
        with pytest.raises(ConflictError, match=r"A person has the byline"):
            actors.system_actor(connection, "A person")


# --- the last administrator ---


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"role": "editor"}, "role"), ({"active": False}, "active"), ({"role": "reader", "active": False}, "active")],
)
def test_the_last_administrator_cannot_be_removed(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    now = {**admin_headers, "If-Match": "*"}
    # Neither a deactivated account, nor the system actor, nor another role counts as an administrator.
    other = api.post("people", json={"byline": "Chief 2", "role": "admin"}, headers=admin_headers).json()
    change_person(api, admin_headers, other["id"], active=False)

    assert_problem(api.patch("people/Test admin", json=fields, headers=now), 422, field)

    assert (
        api.get("people/Test admin", headers=admin_headers).json().items() >= {"role": "admin", "left_at": None}.items()
    )
    # Other accounts can be deactivated, and the other fields of the last administrator can be changed.
    assert api.patch(f"people/{pseudonymous_person['id']}", json=fields, headers=now).status_code == 200
    assert api.patch("people/Test admin", json={"byline": "Chief", "role": "admin"}, headers=now).status_code == 200
    change_person(api, admin_headers, other["id"], active=True)
    assert api.patch("people/Chief", json=fields, headers=now).status_code == 200


def test_the_command_line_cannot_remove_the_last_administrator(
    url: str, tmp_path: Path, api: TestClient, admin_headers: Headers
) -> None:
    for words in (
        ("people", "deactivate", "Test admin"),
        ("people", "change", "Test admin", "--role", "reader"),
        ("audit", "erase-person", "Test admin", "--yes"),
    ):
        result = attest(url, tmp_path, *words)
        assert result.code != 0, words
        assert "belongs to the last administrator, who cannot be deactivated, demoted or erased" in result.err, words
    assert api.get("me", headers=admin_headers).json()["role"] == "admin"


def test_two_administrators_cannot_demote_each_other_at_once(
    api: TestClient, admin_headers: Headers, issue_key: Callable[..., Headers]
) -> None:
    for number in range(8):
        byline = f"Chief {number}"
        api.post("people", json={"byline": byline, "role": "admin"}, headers=admin_headers)
        keys_of = [(issue_key(byline), "Test admin"), (admin_headers, byline)]

        def demote_other(pair: tuple[Headers, str]) -> int:
            headers, other = pair
            return api.patch(
                f"people/{other}", json={"role": "reader"}, headers={**headers, "If-Match": "*"}
            ).status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(demote_other, keys_of))

        # The second request comes too late: its sender lost the role, or would demote the last administrator.
        assert statuses in ([200, 403], [200, 422]), statuses
        remaining = [headers for headers, _other in keys_of if api.get("people", headers=headers).status_code == 200]
        assert len(remaining) == 1
        if remaining != [admin_headers]:
            change_person(api, remaining[0], "Test admin", role="admin")
        change_person(api, admin_headers, byline, role="reader")


def test_a_byline_can_change_while_its_person_writes(
    api: TestClient, admin_headers: Headers, pseudonymous_person: dict[str, Any], issue_key: Callable[..., Headers]
) -> None:
    headers = issue_key(pseudonymous_person["id"])

    def act(number: int) -> int:
        if number % 2:
            return api.post("sources", json={**SOURCE, "name": f"Source {number}"}, headers=headers).status_code
        now = {**admin_headers, "If-Match": "*"}
        return api.patch(
            f"people/{pseudonymous_person['id']}", json={"byline": f"Desk {number}"}, headers=now
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(act, range(64)))

    assert statuses == [200, 201] * 32
