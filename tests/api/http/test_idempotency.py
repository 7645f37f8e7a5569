"""Idempotency-Key: a repeated POST is carried out once and gets the first response."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text, update

from app import clock
from app.api import housekeeping
from app.api.http import idempotency_key
from app.db.engine import Database
from app.db.schema import table_of
from app.models import IdempotentAnswer
from app.settings import Settings
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.problems import assert_problem

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
SOURCE = {"name": "One", "kind": "person"}
LINES = b'{"record": "source", "key": "one", "name": "One", "kind": "ngo"}\n'
FIELD = "Idempotency-Key"


def with_idempotency_key(headers: Headers, name: str = "first") -> Headers:
    """The headers with an Idempotency-Key."""
    return {**headers, FIELD: name}


def count_sources(api: TestClient) -> int:
    return len(api.get("sources", params={"limit": 200}).json()["items"])


def test_a_repeated_request_gets_the_first_response(api: TestClient, editor: Headers) -> None:
    first = api.post("sources", json=SOURCE, headers=with_idempotency_key(editor))
    again = api.post("sources", json=SOURCE, headers=with_idempotency_key(editor, '"first"'))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("ETag", "Location", "Content-Type", "Content-Length", "X-Content-Type-Options"):
        assert again.headers[header] == first.headers[header]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count_sources(api) == 1
    # Requests with another key or without one are carried out, so they find that the source is on record.
    for headers in (with_idempotency_key(editor, "second"), editor):
        response = api.post("sources", json=SOURCE, headers=headers)
        assert response.status_code == 409
        assert [candidate["id"] for candidate in response.json()["candidates"]] == [first.json()["id"]]


def test_one_idempotency_key_cannot_be_used_for_different_requests(api: TestClient, editor: Headers) -> None:
    assert api.post("sources", json=SOURCE, headers=with_idempotency_key(editor)).status_code == 201
    headers = {**with_idempotency_key(editor), "Content-Type": "application/json"}
    for response in (
        api.post("sources", json={**SOURCE, "name": "Two"}, headers=headers),
        api.post("sources", content=json.dumps(SOURCE, indent=1), headers=headers),
        api.post("topics", json={"title": "T", "subject": "S", "metric_family": "area"}, headers=headers),
        api.post("imports", content=LINES, headers=headers),
    ):
        assert_problem(response, 422, FIELD)
    assert count_sources(api) == 1


def test_idempotency_keys_are_separate_for_each_api_key(api: TestClient, editor: Headers, key_of: KeyOf) -> None:
    first = api.post("sources", json=SOURCE, headers=with_idempotency_key(editor)).json()
    other = api.post("sources", json={**SOURCE, "name": "Two"}, headers=with_idempotency_key(key_of(Role.FACT_CHECKER)))
    assert other.status_code == 201
    assert other.json()["id"] != first["id"]


@pytest.mark.parametrize(
    "name", ["", " ", '""', '"', '"a', "a b", "a\\b", 'a"b', "ключ", "a" * 256, '"' + "a" * 256 + '"']
)
def test_invalid_idempotency_keys_are_refused(api: TestClient, editor: Headers, name: str) -> None:
    header: Any = {**editor, FIELD: name.encode()}
    assert_problem(api.post("sources", json=SOURCE, headers=header), 422, FIELD)
    assert count_sources(api) == 0


def test_an_idempotency_key_is_sent_once_and_has_up_to_255_characters(api: TestClient, editor: Headers) -> None:
    twice: Any = [*editor.items(), (FIELD, "a"), (FIELD, "a")]
    assert_problem(api.post("sources", json=SOURCE, headers=twice), 422, FIELD)
    for name in ("!", "~", "a" * 255, "8e03978e-40d5-43e8-bc93-6894a57f9324"):
        source = {**SOURCE, "name": f"Source {name}"}
        assert api.post("sources", json=source, headers=with_idempotency_key(editor, name)).status_code == 201


def test_responses_to_refused_requests_are_not_stored(api: TestClient, editor: Headers, key_of: KeyOf) -> None:
    """A refused request has no effect, and may be valid when it is repeated."""
    attribution = {"claim": "later", "source": "later", "stance": "asserts"}
    assert_problem(api.post("attributions", json=attribution, headers=with_idempotency_key(editor)), 422)
    assert_problem(api.post("sources", json={"name": 1}, headers=with_idempotency_key(editor)), 422)
    assert_problem(
        api.post("sources", content=b"{", headers={**with_idempotency_key(editor), "Content-Type": "application/json"}),
        400,
    )
    assert (
        api.post("sources", json={**SOURCE, "key": "later"}, headers=with_idempotency_key(editor, "x")).status_code
        == 201
    )
    claim = {"kind": "other", "statement": "So.", "key": "later"}
    assert api.post("claims", json=claim, headers=with_idempotency_key(editor, "y")).status_code == 201
    assert api.post("attributions", json=attribution, headers=with_idempotency_key(editor)).status_code == 201


def test_a_client_that_lost_its_role_does_not_get_the_stored_response(api: TestClient, key_of: KeyOf) -> None:
    editor_headers = key_of(Role.EDITOR)
    assert api.post("sources", json=SOURCE, headers=with_idempotency_key(editor_headers)).status_code == 201
    assert_problem(api.post("sources", json=SOURCE, headers=with_idempotency_key({})), 401)
    admin = {**key_of(Role.ADMIN), "If-Match": "*"}
    assert api.patch("people/Test editor", json={"role": "reader"}, headers=admin).status_code == 200
    assert_problem(api.post("sources", json=SOURCE, headers=with_idempotency_key(editor_headers)), 403)


def test_every_post_with_an_effect_is_carried_out_once(
    api: TestClient, key_of: KeyOf, record: Callable[..., dict[str, Any]], subtests: pytest.Subtests
) -> None:
    admin = key_of(Role.ADMIN)
    source, other_source = record("sources"), record("sources")
    attributions = [
        {"source": body["id"], "stance": "asserts", "lineage": "original"} for body in (source, other_source)
    ]
    claim = record("claims", attributions=attributions)["id"]
    other, document = record("claims")["id"], record("documents")["id"]
    spare = api.post("keys", json={}, headers=admin).json()["id"]
    ruling = {"sources": [source["id"], other_source["id"]], "ruling": "established", "reason": "Own counts."}
    posts: dict[str, dict[str, Any] | None] = {
        "claims": {"kind": "other", "statement": "So."},
        "topics": {"title": "How many?", "subject": "soldiers", "metric_family": "strength"},
        "sources": SOURCE,
        "documents": {"kind": "article"},
        "attributions": {"claim": claim, "source": source["id"], "stance": "denies"},
        "evidence": {"claim": claim, "document": document, "role": "context"},
        "relations": {"claim": claim, "other_claim": other, "relation": "updates"},
        f"claims/{claim}/independence-rulings": ruling,
        "people": {"byline": "Desk 3"},
        f"keys/{spare}/revoke": None,
    }
    for path, body in posts.items():
        with subtests.test(path):
            first = api.post(path, json=body, headers=with_idempotency_key(admin, path))
            assert first.status_code in (200, 201), first.text
            again = api.post(path, json=body, headers=with_idempotency_key(admin, path))
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["Idempotent-Replayed"] == "true"


def test_a_response_with_an_api_key_is_not_stored(api: TestClient, key_of: KeyOf, database: Database) -> None:
    admin = key_of(Role.ADMIN)
    key_id = api.get("me", headers=admin).json()["key"]["id"]
    before = len(api.get("keys", headers=admin).json()["items"])
    for path in ("keys", f"keys/{key_id}/rotate"):
        assert_problem(api.post(path, json={}, headers=with_idempotency_key(admin)), 422, FIELD)
    assert len(api.get("keys", headers=admin).json()["items"]) == before
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM idempotent_answer")) == 0


def test_an_import_is_carried_out_once(api: TestClient, editor: Headers) -> None:
    dry = api.post("imports?dry_run=true", content=LINES, headers=with_idempotency_key(editor, "dry"))
    assert (
        api.post("imports?dry_run=true", content=LINES, headers=with_idempotency_key(editor, "dry")).status_code == 200
    )
    assert dry.json()["dry_run"]
    assert count_sources(api) == 0

    first = api.post("imports", content=LINES, headers=with_idempotency_key(editor))
    again = api.post("imports", content=iter([LINES[:10], LINES[10:]]), headers=with_idempotency_key(editor))

    assert first.status_code == 200, first.text
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert_problem(api.post("imports", content=LINES + b"\n", headers=with_idempotency_key(editor)), 422, FIELD)
    assert_problem(api.post("imports?strict=true", content=LINES, headers=with_idempotency_key(editor)), 422, FIELD)
    assert count_sources(api) == 1


def test_of_concurrent_identical_requests_one_is_carried_out(api: TestClient, editor: Headers) -> None:
    def post(_number: int) -> Any:
        return api.post("sources", json=SOURCE, headers=with_idempotency_key(editor))

    with ThreadPoolExecutor(12) as pool:
        responses = list(pool.map(post, range(24)))

    assert {(response.status_code, response.content) for response in responses} == {(201, responses[0].content)}
    assert sum("Idempotent-Replayed" not in response.headers for response in responses) == 1
    assert count_sources(api) == 1


def test_more_concurrent_writers_than_threads(api: TestClient, editor: Headers) -> None:
    """A writer always gets a thread, however many other writers wait."""

    def post(number: int) -> int:
        headers = with_idempotency_key(editor, f"number-{number}") if number % 2 else editor
        return api.post("sources", json={**SOURCE, "name": f"Source {number}"}, headers=headers).status_code

    with ThreadPoolExecutor(90) as pool:
        statuses = list(pool.map(post, range(180)))

    assert statuses == [201] * 180


def test_a_write_and_its_response_are_stored_in_one_transaction(
    api: TestClient, editor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patch:
        patch.setattr(idempotency_key, "store", fails)
        assert_problem(api.post("sources", json=SOURCE, headers=with_idempotency_key(editor)), 500)
        assert_problem(api.post("imports", content=LINES, headers=with_idempotency_key(editor, "file")), 500)
    assert count_sources(api) == 0
    first = api.post("sources", json=SOURCE, headers=with_idempotency_key(editor))
    assert "Idempotent-Replayed" not in first.headers
    assert count_sources(api) == 1


def test_an_idempotency_key_expires_after_a_day(api: TestClient, editor: Headers, database: Database) -> None:
    def set_age(age: timedelta) -> None:
        with database.writing() as connection:
            connection.execute(update(table_of(IdempotentAnswer)).values(created_at=clock.now() - age))

    def count_stored() -> Any:
        with database.reading() as connection:
            return connection.scalar(text("SELECT count(*) FROM idempotent_answer"))

    first = api.post("sources", json=SOURCE, headers=with_idempotency_key(editor)).json()
    api.post("sources", json={**SOURCE, "name": "Other"}, headers=with_idempotency_key(editor, "other"))
    housekeeping.run_once(database, {})
    assert count_stored() == 2

    set_age(timedelta(hours=23, minutes=59))
    repeated = api.post("sources", json=SOURCE, headers=with_idempotency_key(editor))
    assert (repeated.json(), repeated.headers["Idempotent-Replayed"]) == (first, "true")
    housekeeping.run_once(database, {})
    assert count_stored() == 2

    set_age(timedelta(hours=24, seconds=1))
    second = api.post("sources", json={**SOURCE, "name": "Two"}, headers=with_idempotency_key(editor))
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    assert count_stored() == 2
    housekeeping.run_once(database, {})
    assert count_stored() == 1  # the second response has just been stored


def test_a_patch_ignores_idempotency_keys(
    api: TestClient, editor: Headers, record: Callable[..., dict[str, Any]]
) -> None:
    """If-Match ensures that a correction is carried out once."""
    source = record("sources")
    body = {"name": "Two", "reason": "Better known."}
    for _time in range(2):
        response = api.patch(
            f"sources/{source['id']}", json=body, headers={**with_idempotency_key(editor), "If-Match": "*"}
        )
        assert response.status_code == 200
        assert "Idempotent-Replayed" not in response.headers


def test_erased_personal_data_is_deleted_from_stored_responses(
    settings: Settings, api: TestClient, key_of: KeyOf, database: Database
) -> None:
    """A stored response must not contain a name that was removed or a byline that was changed."""
    admin = key_of(Role.ADMIN)

    def stored_bodies() -> str:
        with database.reading() as connection:
            return "".join(
                bytes(value).decode() for value in connection.scalars(text("SELECT body FROM idempotent_answer"))
            )

    for number, (byline, name) in enumerate((("Desk 1", 'Jane "J" Doe'), ("Desk 2", "Ірина"), ("Desk 3", "Kim"))):
        body = {"byline": byline, "name": name, "role": "fact_checker", "pseudonym": True}
        assert api.post("people", json=body, headers=with_idempotency_key(admin, f"enter-{number}")).status_code == 201
    first = api.post("people", json={"byline": "Desk 4", "name": None}, headers=with_idempotency_key(admin, "fourth"))
    assert all(value in stored_bodies() for value in (r"Jane \"J\" Doe", "Desk 1", "Ірина", "Kim", "Desk 4"))

    admin_headers = {**admin, "If-Match": "*"}
    assert api.patch("people/Desk 1", json={"name": None}, headers=admin_headers).status_code == 200
    assert api.patch("people/Desk 2", json={"byline": "Desk 5"}, headers=admin_headers).status_code == 200
    assert api.patch("people/Desk 3", json={"role": "editor"}, headers=admin_headers).status_code == 200
    assert "Jane" not in stored_bodies()
    assert "Ірина" not in stored_bodies()
    assert "Kim" in stored_bodies()
    result = attest(settings.url, settings.data_dir, "audit", "erase-person", "Desk 3", "--yes")
    assert (result.code, "Kim" in stored_bodies(), "Desk 3" in stored_bodies()) == (0, False, False)
    # Other stored responses are still sent. A repeated request of an erased person is carried out as a new one.
    again = api.post("people", json={"byline": "Desk 4", "name": None}, headers=with_idempotency_key(admin, "fourth"))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    body = {"byline": "Desk 1", "name": 'Jane "J" Doe', "role": "fact_checker", "pseudonym": True}
    assert_problem(api.post("people", json=body, headers=with_idempotency_key(admin, "enter-0")), 422, "byline")
