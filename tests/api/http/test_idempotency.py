"""Idempotency-Key: a POST that is repeated is answered as the first time, and done once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.api import housekeeping
from app.api.http import idempotency_key
from app.db.engine import Database
from app.services.core import idempotency
from app.settings import Settings
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.problems import refused

Headers = dict[str, str]
KeyOf = Callable[[Role], Headers]
SOURCE = {"name": "One", "kind": "person"}
LINES = b'{"record": "source", "key": "one", "name": "One", "kind": "ngo"}\n'
FIELD = "Idempotency-Key"


def named(headers: Headers, name: str = "first") -> Headers:
    """Headers that name their request."""
    return {**headers, FIELD: name}


def sources(api: TestClient) -> int:
    return len(api.get("sources", params={"limit": 200}).json()["items"])


def test_a_request_that_is_repeated_is_answered_as_the_first_time(api: TestClient, editor: Headers) -> None:
    first = api.post("sources", json=SOURCE, headers=named(editor))
    again = api.post("sources", json=SOURCE, headers=named(editor, '"first"'))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("ETag", "Location", "Content-Type", "Content-Length", "X-Content-Type-Options"):
        assert again.headers[header] == first.headers[header]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert sources(api) == 1
    # Another name is another request; so is none.
    assert api.post("sources", json=SOURCE, headers=named(editor, "second")).json()["id"] != first.json()["id"]
    assert api.post("sources", json=SOURCE, headers=editor).json()["id"] != first.json()["id"]


def test_a_name_stands_for_one_request(api: TestClient, editor: Headers) -> None:
    assert api.post("sources", json=SOURCE, headers=named(editor)).status_code == 201
    for answer in (
        api.post("sources", json={**SOURCE, "name": "Two"}, headers=named(editor)),
        api.post("sources", content=json.dumps(SOURCE, indent=1), headers=named(editor)),
        api.post("topics", json=SOURCE, headers=named(editor)),
        api.post("imports", content=LINES, headers=named(editor)),
    ):
        if answer.status_code != 415:
            refused(answer, 422, FIELD)
    assert sources(api) == 1


def test_names_belong_to_a_key(api: TestClient, editor: Headers, key_of: KeyOf) -> None:
    first = api.post("sources", json=SOURCE, headers=named(editor)).json()
    other = api.post("sources", json={**SOURCE, "name": "Two"}, headers=named(key_of(Role.FACT_CHECKER)))
    assert other.status_code == 201
    assert other.json()["id"] != first["id"]


@pytest.mark.parametrize(
    "name", ["", " ", '""', '"', '"a', "a b", "a\\b", 'a"b', "ключ", "a" * 256, '"' + "a" * 256 + '"']
)
def test_what_is_no_name(api: TestClient, editor: Headers, name: str) -> None:
    header: Any = {**editor, FIELD: name.encode()}
    refused(api.post("sources", json=SOURCE, headers=header), 422, FIELD)
    assert sources(api) == 0


def test_a_name_is_given_once_and_has_room(api: TestClient, editor: Headers) -> None:
    twice: Any = [*editor.items(), (FIELD, "a"), (FIELD, "a")]
    refused(api.post("sources", json=SOURCE, headers=twice), 422, FIELD)
    for name in ("!", "~", "a" * 255, "8e03978e-40d5-43e8-bc93-6894a57f9324"):
        assert api.post("sources", json=SOURCE, headers=named(editor, name)).status_code == 201


def test_what_was_refused_is_not_kept(api: TestClient, editor: Headers, key_of: KeyOf) -> None:
    """It has done nothing, and may be right the next time."""
    said = {"claim": "later", "source": "later", "stance": "asserts"}
    refused(api.post("attributions", json=said, headers=named(editor)), 422)
    refused(api.post("sources", json={"name": 1}, headers=named(editor)), 422)
    refused(api.post("sources", content=b"{", headers={**named(editor), "Content-Type": "application/json"}), 400)
    assert api.post("sources", json={**SOURCE, "key": "later"}, headers=named(editor, "x")).status_code == 201
    claim = {"kind": "other", "statement": "So.", "key": "later"}
    assert api.post("claims", json=claim, headers=named(editor, "y")).status_code == 201
    assert api.post("attributions", json=said, headers=named(editor)).status_code == 201


def test_whoever_may_no_more_is_not_answered_again(api: TestClient, key_of: KeyOf) -> None:
    own = key_of(Role.EDITOR)
    assert api.post("sources", json=SOURCE, headers=named(own)).status_code == 201
    refused(api.post("sources", json=SOURCE, headers=named({})), 401)
    admin = {**key_of(Role.ADMIN), "If-Match": "*"}
    assert api.patch("people/Test editor", json={"role": "reader"}, headers=admin).status_code == 200
    refused(api.post("sources", json=SOURCE, headers=named(own)), 403)


def test_every_post_that_does_something_is_done_once(
    api: TestClient, key_of: KeyOf, record: Callable[..., dict[str, Any]], subtests: pytest.Subtests
) -> None:
    admin = key_of(Role.ADMIN)
    one, two = record("sources"), record("sources")
    said = [{"source": each["id"], "stance": "asserts", "lineage": "original"} for each in (one, two)]
    claim = record("claims", attributions=said)["id"]
    other, document = record("claims")["id"], record("documents")["id"]
    spare = api.post("keys", json={}, headers=admin).json()["id"]
    ruling = {"sources": [one["id"], two["id"]], "ruling": "established", "reason": "Own counts."}
    posts: dict[str, dict[str, Any] | None] = {
        "claims": {"kind": "other", "statement": "So."},
        "topics": {"title": "How many?", "subject": "soldiers", "metric_family": "strength"},
        "sources": SOURCE,
        "documents": {"kind": "article"},
        "attributions": {"claim": claim, "source": one["id"], "stance": "denies"},
        "evidence": {"claim": claim, "document": document, "role": "context"},
        "relations": {"claim": claim, "other_claim": other, "relation": "updates"},
        f"claims/{claim}/independence-rulings": ruling,
        "people": {"byline": "Desk 3"},
        f"keys/{spare}/revoke": None,
    }
    for path, body in posts.items():
        with subtests.test(path):
            first = api.post(path, json=body, headers=named(admin, path))
            assert first.status_code in (200, 201), first.text
            again = api.post(path, json=body, headers=named(admin, path))
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["Idempotent-Replayed"] == "true"


def test_an_answer_that_shows_a_key_is_stored_nowhere(api: TestClient, key_of: KeyOf, database: Database) -> None:
    admin = key_of(Role.ADMIN)
    key_id = api.get("me", headers=admin).json()["key"]["id"]
    before = len(api.get("keys", headers=admin).json()["items"])
    for path in ("keys", f"keys/{key_id}/rotate"):
        refused(api.post(path, json={}, headers=named(admin)), 422, FIELD)
    assert len(api.get("keys", headers=admin).json()["items"]) == before
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM idempotent_answer")) == 0


def test_an_import_is_done_once(api: TestClient, editor: Headers) -> None:
    dry = api.post("imports?dry_run=true", content=LINES, headers=named(editor, "dry"))
    assert api.post("imports?dry_run=true", content=LINES, headers=named(editor, "dry")).status_code == 200
    assert dry.json()["dry_run"]
    assert sources(api) == 0

    first = api.post("imports", content=LINES, headers=named(editor))
    again = api.post("imports", content=iter([LINES[:10], LINES[10:]]), headers=named(editor))

    assert first.status_code == 200, first.text
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    refused(api.post("imports", content=LINES + b"\n", headers=named(editor)), 422, FIELD)
    refused(api.post("imports?strict=true", content=LINES, headers=named(editor)), 422, FIELD)
    assert sources(api) == 1


def test_of_many_at_once_one_is_done(api: TestClient, editor: Headers) -> None:
    def post(_number: int) -> Any:
        return api.post("sources", json=SOURCE, headers=named(editor))

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(post, range(24)))

    assert {(one.status_code, one.content) for one in told} == {(201, told[0].content)}
    assert sum("Idempotent-Replayed" not in one.headers for one in told) == 1
    assert sources(api) == 1


def test_more_writers_than_threads(api: TestClient, editor: Headers) -> None:
    """Whoever writes finds a thread to go on in, however many wait for their turn."""

    def post(number: int) -> int:
        headers = named(editor, f"number-{number}") if number % 2 else editor
        return api.post("sources", json=SOURCE, headers=headers).status_code

    with ThreadPoolExecutor(90) as pool:
        told = list(pool.map(post, range(180)))

    assert told == [201] * 180


def test_an_act_and_its_answer_are_kept_together_or_not_at_all(
    api: TestClient, editor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patch:
        patch.setattr(idempotency_key, "keep", fails)
        refused(api.post("sources", json=SOURCE, headers=named(editor)), 500)
        refused(api.post("imports", content=LINES, headers=named(editor, "file")), 500)
    assert sources(api) == 0
    first = api.post("sources", json=SOURCE, headers=named(editor))
    assert "Idempotent-Replayed" not in first.headers
    assert sources(api) == 1


def test_a_name_is_free_again_after_a_day(
    api: TestClient, editor: Headers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> Any:
        with database.reading() as connection:
            return connection.scalar(text("SELECT count(*) FROM idempotent_answer"))

    first = api.post("sources", json=SOURCE, headers=named(editor)).json()
    api.post("sources", json=SOURCE, headers=named(editor, "other"))
    housekeeping.keep_house(database, {})
    assert kept() == 2

    monkeypatch.setattr(idempotency, "KEPT", timedelta(0))
    second = api.post("sources", json={**SOURCE, "name": "Two"}, headers=named(editor))
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    assert kept() == 2
    housekeeping.keep_house(database, {})
    assert kept() == 0


def test_a_correction_takes_no_name(api: TestClient, editor: Headers, record: Callable[..., dict[str, Any]]) -> None:
    """If-Match sees to it that a correction is done once."""
    source = record("sources")
    body = {"name": "Two", "reason": "Better known."}
    for _time in range(2):
        answer = api.patch(f"sources/{source['id']}", json=body, headers={**named(editor), "If-Match": "*"})
        assert answer.status_code == 200
        assert "Idempotent-Replayed" not in answer.headers


def test_what_is_forgotten_of_somebody_is_not_told_again(
    settings: Settings, api: TestClient, key_of: KeyOf, database: Database
) -> None:
    """A kept answer holds a private name, or a byline that is none any more, no longer than the account does."""
    admin = key_of(Role.ADMIN)

    def kept() -> str:
        with database.reading() as connection:
            return "".join(
                bytes(one).decode() for one in connection.scalars(text("SELECT body FROM idempotent_answer"))
            )

    for number, (byline, name) in enumerate((("Desk 1", 'Jane "J" Doe'), ("Desk 2", "Ірина"), ("Desk 3", "Kim"))):
        body = {"byline": byline, "name": name, "role": "fact_checker", "pseudonym": True}
        assert api.post("people", json=body, headers=named(admin, f"enter-{number}")).status_code == 201
    first = api.post("people", json={"byline": "Desk 4", "name": None}, headers=named(admin, "fourth"))
    assert all(one in kept() for one in (r"Jane \"J\" Doe", "Desk 1", "Ірина", "Kim", "Desk 4"))

    now = {**admin, "If-Match": "*"}
    assert api.patch("people/Desk 1", json={"name": None}, headers=now).status_code == 200
    assert api.patch("people/Desk 2", json={"byline": "Desk 5"}, headers=now).status_code == 200
    assert api.patch("people/Desk 3", json={"role": "editor"}, headers=now).status_code == 200
    assert "Jane" not in kept()
    assert "Ірина" not in kept()
    assert "Kim" in kept()
    done = attest(settings.url, settings.data_dir, "audit", "erase-person", "Desk 3", "--yes")
    assert (done.code, "Kim" in kept(), "Desk 3" in kept()) == (0, False, False)
    # Who is not concerned is answered as before; who is, makes a new request.
    again = api.post("people", json={"byline": "Desk 4", "name": None}, headers=named(admin, "fourth"))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    body = {"byline": "Desk 1", "name": 'Jane "J" Doe', "role": "fact_checker", "pseudonym": True}
    refused(api.post("people", json=body, headers=named(admin, "enter-0")), 422, "byline")
