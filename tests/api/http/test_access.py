"""Access: roles, invalid keys, limits on bodies, and the errors that clients get."""

import json
import logging
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app import clock
from app.db.engine import Database
from app.main import create_app
from app.services.changes.actors import Actor
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.support.client import Client
from tests.support.problems import assert_problem
from tests.support.raw_request import RawRequest

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

UNKNOWN_ID = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"

OPERATOR = Actor("", "", Role.ADMIN)

CHANGE = {"reason": "Better known."}

JUDGEMENT = {
    "claim_version": 1,
    "status": "unconfirmed",
    "rationale": "Said.",
    "credibility": 3,
    "standard": "reasonable_grounds",
}

# (method, path, body, lowest role). The bodies refer to objects that do not exist.
WRITES: list[tuple[str, str, dict[str, Any], Role]] = [
    ("POST", "claims", {"kind": "other", "statement": "So it is.", "topic": "?"}, Role.FACT_CHECKER),
    ("POST", "sources", {"name": "One", "kind": "person", "parent": "?"}, Role.FACT_CHECKER),
    ("POST", "topics", {"title": "?", "subject": "all", "metric_family": "area", "key": ""}, Role.FACT_CHECKER),
    ("POST", "documents", {"kind": "article", "publisher": "?"}, Role.FACT_CHECKER),
    ("POST", "attributions", {"claim": "?", "source": "?", "stance": "asserts"}, Role.FACT_CHECKER),
    ("POST", "evidence", {"claim": "?", "document": "?", "role": "context"}, Role.FACT_CHECKER),
    ("POST", "relations", {"claim": "?", "other_claim": "?", "relation": "updates"}, Role.FACT_CHECKER),
    *(
        ("PATCH", f"{plural}/{UNKNOWN_ID}", CHANGE, Role.FACT_CHECKER)
        for plural in ("claims", "sources", "topics", "documents", "attributions", "evidence", "relations")
    ),
    (
        "POST",
        f"claims/{UNKNOWN_ID}/independence-rulings",
        {"sources": ["a", "b"], "ruling": "established", "reason": "Own counts."},
        Role.EDITOR,
    ),
    ("POST", "claims", {"kind": "other", "statement": "So it is.", "topic": "?", "stage": "published"}, Role.EDITOR),
    ("POST", "imports", {"record": "nonsense"}, Role.EDITOR),
    ("POST", "keys", {"role": "king"}, Role.READER),
    ("POST", f"keys/{UNKNOWN_ID}/rotate", {}, Role.READER),
    ("POST", f"keys/{UNKNOWN_ID}/revoke", {}, Role.READER),
    ("POST", "people", {"byline": ""}, Role.ADMIN),
    ("PATCH", f"people/{UNKNOWN_ID}", {}, Role.ADMIN),
    ("POST", f"documents/{UNKNOWN_ID}/captures", {}, Role.FACT_CHECKER),
    ("POST", f"claims/{UNKNOWN_ID}/proposals", JUDGEMENT, Role.FACT_CHECKER),
    ("POST", f"sources/{UNKNOWN_ID}/proposals", {"reliability": "F", "rationale": "Unknown."}, Role.FACT_CHECKER),
    ("POST", f"proposals/{UNKNOWN_ID}/sign-offs", {"verdict": "approve"}, Role.FACT_CHECKER),
    *(
        ("POST", f"{plural}/{UNKNOWN_ID}/merge", {"into": "?", "notice": "Twice."}, Role.EDITOR)
        for plural in ("claims", "sources", "topics", "documents")
    ),
    ("POST", f"claims/{UNKNOWN_ID}/requests", {}, Role.READER),
    ("POST", f"queue/{UNKNOWN_ID}/take", {}, Role.FACT_CHECKER),
    ("DELETE", f"queue/{UNKNOWN_ID}/take", {}, Role.FACT_CHECKER),
    ("POST", "citations", {"record": "nonsense"}, Role.READER),
]


def test_every_write_needs_its_role(api: TestClient, key_of: KeyOf) -> None:
    tested = set()
    for method, path, body, required_role in WRITES:
        tested.add((method.lower(), f"/api/v1/{path.replace(UNKNOWN_ID, '{identifier}')}"))
        response = api.request(method, path, json=body)
        assert_problem(response, 401)
        assert response.headers["WWW-Authenticate"] == "Bearer"
        for role in Role:
            response = api.request(method, path, json=body, headers={**key_of(role), "If-Match": "*"})
            if role.includes(required_role):
                assert response.status_code in (404, 422), (method, path, role, response.text)
            else:
                assert "you need a key with the role" in assert_problem(response, 403)["detail"], (method, path, role)
    documented = {
        (method, path)
        for path, methods in api.get("openapi.json").json()["paths"].items()
        for method in methods
        if method not in ("get", "head")
    }
    assert tested == documented


@pytest.fixture
def refused_keys(database: Database) -> dict[str, str]:
    """Keys that are refused, by the reason."""
    with database.writing() as connection:
        _info, good = keys.issue(connection, "Somebody", Role.ADMIN)
        revoked, revoked_key = keys.issue(connection, "Somebody", Role.ADMIN)
        keys.revoke(connection, OPERATOR, revoked.id)
        _info, expired = keys.issue(connection, "Somebody", Role.ADMIN, clock.now() - timedelta(seconds=1))
    handle, secret = "12345678", "9" * 32
    return {
        "unknown": f"attest_{handle}_{secret}{zlib.crc32((handle + secret).encode()):08x}",
        "revoked": revoked_key,
        "expired": expired,
        "mistyped": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "short": good[:-1],
        "long": good + "0",
        "upper": good.upper(),
        "without its beginning": good.removeprefix("attest_"),
        "another handle": good[:7] + "00000000" + good[15:],
        "empty": "",
        "blank": "   ",
        "underscores": "attest__",
        "huge": "attest_" + "a" * 10_000,
        "quoted": f'"{good}"',
        "two": f"{good} {good}",
        "foreign": "attest_ключ_ключ",
    }


def test_every_invalid_key_is_refused_with_the_same_message(
    api: TestClient, refused_keys: dict[str, str], subtests: pytest.Subtests
) -> None:
    details = set()
    for problem, key in refused_keys.items():
        with subtests.test(problem):
            header = {b"Authorization": f"Bearer {key}".encode()}
            for path in ("claims", "health", f"claims/{UNKNOWN_ID}", "nowhere", "export"):
                response = api.get(path, headers=header)
                details.add(assert_problem(response, 401)["detail"])
                assert response.headers["WWW-Authenticate"] == "Bearer"
            assert_problem(api.post("claims", json={}, headers=header), 401)
            assert_problem(api.patch("claims/x", json={}, headers=header), 401)
    assert len(details) == 1, "the message must not reveal what is wrong with a key"


def test_a_key_is_accepted_only_in_one_authorization_header(api: TestClient, database: Database) -> None:
    with database.writing() as connection:
        _info, key = keys.issue(connection, "Somebody", Role.READER, clock.now() + timedelta(minutes=5))

    for header in (f"Bearer {key}", f"bearer {key}", f"BEARER  {key} "):
        assert api.get("claims", headers={"Authorization": header}).status_code == 200
    for header in (key, f"Basic {key}", f"Token {key}", "", f"Bearer{key}"):
        problem = assert_problem(api.get("claims", headers={"Authorization": header}), 401)
        assert problem["detail"].endswith("Send exactly one, in this form: Authorization: Bearer attest_…")
    twice = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]
    assert_problem(api.get("claims", headers=twice), 401)
    assert_problem(api.get("claims", params={"key": key}), 422, "key")


def test_a_revoked_key_stops_working_at_once(api: TestClient, database: Database) -> None:
    with database.writing() as connection:
        info, key = keys.issue(connection, "Somebody", Role.FACT_CHECKER)
    headers = {"Authorization": f"Bearer {key}"}
    source = {"name": "One", "kind": "person"}
    assert api.post("sources", json=source, headers=headers).status_code == 201

    with database.writing() as connection:
        keys.revoke(connection, OPERATOR, info.id)

    assert_problem(api.post("sources", json=source, headers=headers), 401)
    assert_problem(api.get("sources", headers=headers), 401)


@pytest.fixture
def limited_api(settings: Settings) -> Iterator[TestClient]:
    """The service with low limits on bodies: 10 kB, and 50 kB for imports."""
    tight = settings.model_copy(update={"max_body_bytes": 10_000, "max_import_bytes": 50_000})
    with Client(create_app(tight), raise_server_exceptions=False) as client:
        yield client


def test_unauthorised_requests_are_refused_before_the_body_is_read(
    api: TestClient, key_of: KeyOf, refused_keys: dict[str, str]
) -> None:
    # A body of 30 MB, with and without a declared length.
    for declared in ({}, {"Content-Length": "30000000"}):
        for path, headers, status in (
            ("claims", {}, 401),
            ("imports", {}, 401),
            ("claims", {"Authorization": f"Bearer {refused_keys['expired']}"}, 401),
            ("claims", key_of(Role.READER), 403),
            ("imports", key_of(Role.FACT_CHECKER), 403),
        ):
            request = RawRequest(api.app, path, {**headers, **declared}, chunk_size=1_000_000, chunks=30)
            assert (request.status, request.chunks_received) == (status, 0), (path, status)
    assert (
        "use POST on this address"
        in assert_problem(api.post("sources", json={}, headers=key_of(Role.READER)), 403)["detail"]
    )
    assert "use POST on this address" in assert_problem(api.post("sources", json={}), 401)["detail"]
    for length in ("30000000", "1000001", "9" * 5000, "-1", "1_0", "ten"):
        request = RawRequest(
            api.app, "claims", {**key_of(Role.EDITOR), "Content-Length": length}, chunk_size=1_000_000, chunks=30
        )
        assert (request.status, request.chunks_received) == (413, 0), length


def test_a_body_is_read_only_up_to_its_limit(limited_api: TestClient, key_of: KeyOf) -> None:
    # The declared length is missing or too low: the received bytes count.
    for declared in ({}, {"Content-Length": "10"}):
        for path, limit in (("claims", 10_000), ("imports", 50_000)):
            request = RawRequest(
                limited_api.app, path, {**key_of(Role.ADMIN), **declared}, chunk_size=1_000, chunks=1_000
            )
            assert request.status == 413, path
            assert request.chunks_received <= limit / 1_000 + 1


def test_a_client_that_disconnects_causes_no_error(
    limited_api: TestClient, key_of: KeyOf, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("claims", "sources", "imports", f"documents/{UNKNOWN_ID}/captures"):
        for headers in ({}, {"Idempotency-Key": "first"}):
            request = RawRequest(
                limited_api.app, path, {**key_of(Role.ADMIN), **headers}, chunk_size=100, chunks=3, is_complete=False
            )
            assert request.status == (404 if path.endswith("captures") else 400), (path, headers)
    assert [entry for entry in caplog.records if entry.levelno >= logging.ERROR] == []
    assert limited_api.get("sources").json()["items"] == []


def test_a_body_over_the_limit_is_refused(limited_api: TestClient, editor: Headers) -> None:
    long = {"name": "One", "kind": "person", "description": "x" * 10_000}
    assert_problem(limited_api.post("sources", json=long, headers=editor), 413)
    assert_problem(limited_api.patch("sources/x", json=long, headers={**editor, "If-Match": "*"}), 413)
    chunks = (b" " * 1_000 for _piece in range(20))
    assert_problem(
        limited_api.post("sources", content=chunks, headers={**editor, "Content-Type": "application/json"}), 413
    )
    problem = assert_problem(limited_api.post("imports", content=b" " * 50_001, headers=editor), 413)
    assert "50,000" in problem["detail"]
    chunks = (b"\n" * 10_000 for _piece in range(6))
    assert_problem(limited_api.post("imports", content=chunks, headers=editor), 413)


def test_a_body_of_exactly_the_limit_is_accepted(limited_api: TestClient, editor: Headers) -> None:
    headers = {**editor, "Content-Type": "application/json"}
    for chunk_count in (1, 7):  # the client declares the length only of a single chunk
        for length, status in ((10_000, 201), (10_001, 413)):
            body = json.dumps({"name": f"In {chunk_count}", "kind": "person"}).encode().ljust(length)
            chunks = [body[at : at + length // chunk_count + 1] for at in range(0, length, length // chunk_count + 1)]
            response = limited_api.post("sources", content=iter(chunks) if chunk_count > 1 else body, headers=headers)
            assert response.status_code == status, (chunk_count, length)
            assert status == 201 or "at most 10,000 bytes" in assert_problem(response, 413)["detail"]


def test_every_error_is_a_problem_document(api: TestClient, record: Record, editor: Headers, key_of: KeyOf) -> None:
    path = f"sources/{record('sources', key='k')['id']}"
    json_headers = {**editor, "Content-Type": "application/json"}
    outdated = {**editor, "If-Match": '"1.nonsense"'}
    claim, other = record("claims")["id"], record("claims")["id"]
    relation = {"claim": claim, "other_claim": other, "relation": "updates"}
    record("relations", **relation)
    cases: list[tuple[Any, int]] = [
        (api.post("sources", content=b"{", headers=json_headers), 400),
        (api.post("sources", content=b"\xff\xfe", headers=json_headers), 400),
        (api.post("sources", content=b"[" * 100_000, headers=json_headers), 400),
        (api.post("sources", json=[], headers=editor), 422),
        (api.post("sources", content=b"null", headers=json_headers), 422),
        (api.post("sources", headers=json_headers), 422),
        (api.post("sources", json={}, headers={}), 401),
        (api.post("sources", json={}, headers=key_of(Role.READER)), 403),
        (api.get("claims", params={"stage": "draft"}), 403),
        (api.get(f"claims/{UNKNOWN_ID}"), 404),
        (api.get("nowhere"), 404),
        (api.get("claims/"), 404),
        (api.get("/nowhere"), 404),
        (api.get(f"claims/{claim}/versions/99"), 404),
        (api.delete(path, headers=editor), 405),
        (api.put("claims", json={}, headers=editor), 405),
        (api.post("relations", json=relation, headers=editor), 409),
        (api.patch(path, json={**CHANGE, "name": "Two"}, headers=outdated), 412),
        (api.patch(path, json={**CHANGE, "name": "Two"}, headers=editor), 428),
        (api.patch(path, json={"name": "Two"}, headers={**editor, "If-Match": "*"}), 422),
        (api.get("claims", params={"colour": "red"}), 422),
    ]
    for response, status in cases:
        assert_problem(response, status)
        assert "Traceback" not in response.text
    assert set(api.delete(path, headers=editor).headers["Allow"].split(", ")) >= {"GET", "PATCH"}


def test_an_internal_error_reveals_no_implementation_details(
    api: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE claim RENAME TO lost"))

    response = api.get("claims", params={"place": "marker in a parameter"})

    assert_problem(response, 503 if database.is_sqlite else 500)
    for detail in ("SELECT", "sqlalchemy", "sqlite", "psycopg", "Traceback", "claim.", "marker"):
        assert detail not in response.text
    assert "marker in a parameter" not in caplog.text
    assert api.get("health").status_code == 200


def test_the_service_reconnects_to_a_restarted_database(
    api: TestClient, record: Record, editor: Headers, database: Database
) -> None:
    """Connections that threads keep open may have been closed meanwhile; none of them may cause a 503."""
    source = record("sources")

    def fetch_all() -> list[int]:
        with ThreadPoolExecutor(8) as pool:
            paths = [f"sources/{source['id']}", "claims", "sources"] * 8
            return [response.status_code for response in pool.map(lambda path: api.get(path, headers=editor), paths)]

    assert set(fetch_all()) == {200}
    if not database.is_sqlite:  # SQLite has no server
        with database.reading() as connection:
            cut = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
            )
            assert len(connection.execute(text(f"{cut} pg_backend_pid()")).all()) > 1
    assert set(fetch_all()) == {200}
    assert api.post("sources", json={"name": "Two", "kind": "ngo"}, headers=editor).status_code == 201


def test_keys_are_never_in_logs(
    api: TestClient, database: Database, caplog: pytest.LogCaptureFixture, refused_keys: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with database.writing() as connection:
        _info, good = keys.issue(connection, "Somebody", Role.EDITOR)
    responses = []

    for key in (good, refused_keys["unknown"], refused_keys["revoked"], refused_keys["expired"]):
        headers = {"Authorization": f"Bearer {key}"}
        responses += [
            api.get("claims", headers=headers),
            api.post("sources", json={"name": "One", "kind": "person"}, headers=headers),
            api.post("sources", json={"name": 1}, headers=headers),
            api.post("sources", content=b"x" * 1_100_000, headers=headers),
        ]
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE source RENAME TO lost"))
    responses.append(api.get("sources", headers={"Authorization": f"Bearer {good}"}))

    assert [response.status_code for response in responses[:4]] == [200, 201, 422, 413]
    assert responses[-1].status_code == (503 if database.is_sqlite else 500)
    assert caplog.records, "the error must be logged"
    for key in (good, *refused_keys.values()):
        if len(key) > 20:
            secret = key.split("_")[-1][:20]
            assert secret not in caplog.text
            assert not [
                response for response in responses if secret in response.text or secret in str(response.headers)
            ]


def test_if_none_match_gets_304_while_the_representation_is_unchanged(
    api: TestClient, record: Record, correct: Callable[..., dict[str, Any]]
) -> None:
    source = record("sources")
    claim = record("claims", attributions=[{"source": source["id"], "stance": "asserts"}])
    paths = (
        f"claims/{claim['id']}",
        f"claims/{claim['id']}/history",
        f"claims/{claim['id']}/versions/1",
        f"sources/{source['id']}",
        "claims",
        "attributions",
        "vocabulary",
    )
    tags = {}
    for path in paths:
        first = api.get(path)
        tags[path] = first.headers["ETag"]
        assert first.headers["Vary"] == "Authorization, Accept"
        assert first.headers["Cache-Control"] == "no-cache"
        for header in (tags[path], f"W/{tags[path]}", f'"other", {tags[path]}', f'W/"other",{tags[path]}'):
            again = api.get(path, headers={"If-None-Match": header})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tags[path])
        for header in ('"other"', tags[path].strip('"'), ""):
            assert api.get(path, headers={"If-None-Match": header}).status_code == 200

    # A claim shows the names of its sources, so a new name changes the ETag of the claim.
    correct("sources", source["id"], name="Another name")

    changed = {path for path in paths if api.get(path).headers["ETag"] != tags[path]}
    assert changed == {f"claims/{claim['id']}", f"sources/{source['id']}", "claims", "attributions"}


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "health?nope=1", "nope"),
        ("GET", "vocabulary?as_of=2025-01-12", "as_of"),
        ("GET", "claims?limit=5&limit=6", "limit"),
        ("GET", "claims/clm_x/versions/1?as_of=2025-01-12", "as_of"),
        ("GET", "claims/clm_x?nope=1", "nope"),
        ("POST", "sources?reason=x", "reason"),
        ("PATCH", "sources/src_x?reason=x", "reason"),
    ],
)
def test_unknown_or_repeated_parameters_are_refused(
    api: TestClient, editor: dict[str, str], method: str, path: str, field: str
) -> None:
    body = {"name": "A paper", "kind": "news_organisation", "reason": "x"} if method != "GET" else None
    response = api.request(method, path, json=body, headers={**editor, "If-Match": "*"})

    assert (response.status_code, [error["field"] for error in response.json()["errors"]]) == (422, [field])
