"""Who may come in, with how much, and what is said to whoever may not."""

import json
import logging
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.types import ASGIApp, Message

from app import clock
from app.db.engine import Database
from app.main import create_app
from app.services.core.actors import Actor
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.support.client import Client
from tests.support.problems import refused

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

NOWHERE = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"

OPERATOR = Actor("", "", Role.ADMIN)

CHANGE = {"reason": "Better known."}

JUDGEMENT = {
    "claim_version": 1,
    "status": "unconfirmed",
    "rationale": "Said.",
    "credibility": 3,
    "standard": "reasonable_grounds",
}

# (method, path, body, least role). The bodies are right in form; what they name is not there.
WRITES: list[tuple[str, str, dict[str, Any], Role]] = [
    ("POST", "claims", {"kind": "other", "statement": "So it is.", "topic": "?"}, Role.FACT_CHECKER),
    ("POST", "sources", {"name": "One", "kind": "person", "parent": "?"}, Role.FACT_CHECKER),
    ("POST", "topics", {"title": "?", "subject": "all", "metric_family": "area", "key": ""}, Role.FACT_CHECKER),
    ("POST", "documents", {"kind": "article", "publisher": "?"}, Role.FACT_CHECKER),
    ("POST", "attributions", {"claim": "?", "source": "?", "stance": "asserts"}, Role.FACT_CHECKER),
    ("POST", "evidence", {"claim": "?", "document": "?", "role": "context"}, Role.FACT_CHECKER),
    ("POST", "relations", {"claim": "?", "other_claim": "?", "relation": "updates"}, Role.FACT_CHECKER),
    *(
        ("PATCH", f"{plural}/{NOWHERE}", CHANGE, Role.FACT_CHECKER)
        for plural in ("claims", "sources", "topics", "documents", "attributions", "evidence", "relations")
    ),
    (
        "POST",
        f"claims/{NOWHERE}/independence-rulings",
        {"sources": ["a", "b"], "ruling": "established", "reason": "Own counts."},
        Role.EDITOR,
    ),
    ("POST", "claims", {"kind": "other", "statement": "So it is.", "topic": "?", "stage": "published"}, Role.EDITOR),
    ("POST", "imports", {"record": "nonsense"}, Role.EDITOR),
    ("POST", "keys", {"role": "king"}, Role.READER),
    ("POST", f"keys/{NOWHERE}/rotate", {}, Role.READER),
    ("POST", f"keys/{NOWHERE}/revoke", {}, Role.READER),
    ("POST", "people", {"byline": ""}, Role.ADMIN),
    ("PATCH", f"people/{NOWHERE}", {}, Role.ADMIN),
    ("POST", f"documents/{NOWHERE}/captures", {}, Role.FACT_CHECKER),
    ("POST", f"claims/{NOWHERE}/proposals", JUDGEMENT, Role.FACT_CHECKER),
    ("POST", f"sources/{NOWHERE}/proposals", {"reliability": "F", "rationale": "Unknown."}, Role.FACT_CHECKER),
    ("POST", f"proposals/{NOWHERE}/sign-offs", {"verdict": "approve"}, Role.FACT_CHECKER),
    ("POST", f"claims/{NOWHERE}/merge", {"into": "?", "notice": "Twice."}, Role.EDITOR),
    ("POST", f"claims/{NOWHERE}/requests", {}, Role.READER),
    ("POST", f"queue/{NOWHERE}/take", {}, Role.FACT_CHECKER),
    ("DELETE", f"queue/{NOWHERE}/take", {}, Role.FACT_CHECKER),
    ("POST", "citations", {"record": "nonsense"}, Role.READER),
]


def test_every_write_takes_its_role(api: TestClient, key_of: KeyOf) -> None:
    written = set()
    for method, path, body, least in WRITES:
        written.add((method.lower(), f"/api/v1/{path.replace(NOWHERE, '{identifier}')}"))
        answer = api.request(method, path, json=body)
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        for role in Role:
            answer = api.request(method, path, json=body, headers={**key_of(role), "If-Match": "*"})
            if role.includes(least):
                assert answer.status_code in (404, 422), (method, path, role, answer.text)
            else:
                assert "takes a key with the role" in refused(answer, 403)["detail"], (method, path, role)
    known = {
        (method, path)
        for path, methods in api.get("openapi.json").json()["paths"].items()
        for method in methods
        if method not in ("get", "head")
    }
    assert written == known


@pytest.fixture
def refused_keys(database: Database) -> dict[str, str]:
    """Keys that do not work, by what is wrong with them."""
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


def test_a_key_works_or_it_does_not(api: TestClient, refused_keys: dict[str, str], subtests: pytest.Subtests) -> None:
    told = set()
    for what, key in refused_keys.items():
        with subtests.test(what):
            header = {b"Authorization": f"Bearer {key}".encode()}
            for path in ("claims", "health", f"claims/{NOWHERE}", "nowhere", "export"):
                answer = api.get(path, headers=header)
                told.add(refused(answer, 401)["detail"])
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            refused(api.post("claims", json={}, headers=header), 401)
            refused(api.patch("claims/x", json={}, headers=header), 401)
    assert len(told) == 1, "what is wrong with a key is told to nobody"


def test_a_key_goes_into_one_header_and_nowhere_else(api: TestClient, database: Database) -> None:
    with database.writing() as connection:
        _info, key = keys.issue(connection, "Somebody", Role.READER, clock.now() + timedelta(minutes=5))

    for header in (f"Bearer {key}", f"bearer {key}", f"BEARER  {key} "):
        assert api.get("claims", headers={"Authorization": header}).status_code == 200
    for header in (key, f"Basic {key}", f"Token {key}", "", f"Bearer{key}"):
        answer = refused(api.get("claims", headers={"Authorization": header}), 401)
        assert answer["detail"] == "The key goes into one header: Authorization: Bearer attest_…"
    twice = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]
    refused(api.get("claims", headers=twice), 401)
    refused(api.get("claims", params={"key": key}), 422, "key")


def test_a_key_that_is_revoked_ends_at_once(api: TestClient, database: Database) -> None:
    with database.writing() as connection:
        info, key = keys.issue(connection, "Somebody", Role.FACT_CHECKER)
    headers = {"Authorization": f"Bearer {key}"}
    source = {"name": "One", "kind": "person"}
    assert api.post("sources", json=source, headers=headers).status_code == 201

    with database.writing() as connection:
        keys.revoke(connection, OPERATOR, info.id)

    refused(api.post("sources", json=source, headers=headers), 401)
    refused(api.get("sources", headers=headers), 401)


class Taken:
    """A request straight to the application, of which every piece that is asked for is counted."""

    def __init__(
        self, app: ASGIApp, path: str, headers: Headers, *, chunk: int, chunks: int, whole: bool = True
    ) -> None:
        """`whole`: it ends with the last piece; else whoever sends it goes away instead."""
        self.pieces = 0
        self.status = 0
        self._chunk = b"x" * chunk
        self._chunks = chunks
        self._whole = whole
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": f"/api/v1/{path}",
            "raw_path": f"/api/v1/{path}".encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"Host": "testserver", "Content-Type": "application/json", **headers}.items()
            ],
            "client": ("testclient", 50000),
            "server": ("testserver", 80),
        }
        anyio.run(app, scope, self._receive, self._send)

    async def _receive(self) -> Message:
        self.pieces += 1
        if self.pieces > self._chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self._chunk, "more_body": not self._whole or self.pieces < self._chunks}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


@pytest.fixture
def small(settings: Settings) -> Iterator[TestClient]:
    """The service with low limits: 10 kB, and 50 kB for imports."""
    tight = settings.model_copy(update={"max_body_bytes": 10_000, "max_import_bytes": 50_000})
    with Client(create_app(tight), raise_server_exceptions=False) as client:
        yield client


def test_who_may_not_is_turned_away_before_the_body_is_read(
    api: TestClient, key_of: KeyOf, refused_keys: dict[str, str]
) -> None:
    # 30 MB in all, with and without saying so.
    for declared in ({}, {"Content-Length": "30000000"}):
        for path, headers, status in (
            ("claims", {}, 401),
            ("imports", {}, 401),
            ("claims", {"Authorization": f"Bearer {refused_keys['expired']}"}, 401),
            ("claims", key_of(Role.READER), 403),
            ("imports", key_of(Role.FACT_CHECKER), 403),
        ):
            taken = Taken(api.app, path, {**headers, **declared}, chunk=1_000_000, chunks=30)
            assert (taken.status, taken.pieces) == (status, 0), (path, status)
    assert "use POST here" in refused(api.post("sources", json={}, headers=key_of(Role.READER)), 403)["detail"]
    assert "use POST here" in refused(api.post("sources", json={}), 401)["detail"]
    for said in ("30000000", "1000001", "9" * 5000, "-1", "1_0", "ten"):
        taken = Taken(api.app, "claims", {**key_of(Role.EDITOR), "Content-Length": said}, chunk=1_000_000, chunks=30)
        assert (taken.status in (400, 413), taken.pieces) == (True, 0), said


def test_a_body_is_read_no_further_than_its_limit(small: TestClient, key_of: KeyOf) -> None:
    # Nothing is declared, or too little: what arrives is what counts.
    for declared in ({}, {"Content-Length": "10"}):
        for path, limit in (("claims", 10_000), ("imports", 50_000)):
            taken = Taken(small.app, path, {**key_of(Role.ADMIN), **declared}, chunk=1_000, chunks=1_000)
            assert taken.status == 413, path
            assert taken.pieces <= limit / 1_000 + 1


def test_whoever_goes_away_is_nobodys_failure(
    small: TestClient, key_of: KeyOf, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("claims", "sources", "imports", f"documents/{NOWHERE}/captures"):
        for named in ({}, {"Idempotency-Key": "first"}):
            taken = Taken(small.app, path, {**key_of(Role.ADMIN), **named}, chunk=100, chunks=3, whole=False)
            assert taken.status != 500, (path, named)
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []
    assert small.get("sources").json()["items"] == []


def test_a_body_that_is_too_large(small: TestClient, editor: Headers) -> None:
    long = {"name": "One", "kind": "person", "description": "x" * 10_000}
    refused(small.post("sources", json=long, headers=editor), 413)
    refused(small.patch("sources/x", json=long, headers={**editor, "If-Match": "*"}), 413)
    pieces = (b" " * 1_000 for _piece in range(20))
    refused(small.post("sources", content=pieces, headers={**editor, "Content-Type": "application/json"}), 413)
    told = refused(small.post("imports", content=b" " * 50_001, headers=editor), 413)
    assert "50,000" in told["detail"]
    pieces = (b"\n" * 10_000 for _piece in range(6))
    refused(small.post("imports", content=pieces, headers=editor), 413)


def test_what_just_fits_is_taken(small: TestClient, editor: Headers) -> None:
    headers = {**editor, "Content-Type": "application/json"}
    for pieces in (1, 7):  # of one piece the length is declared, of several it is not
        for length, status in ((10_000, 201), (10_001, 413)):
            body = json.dumps({"name": f"In {pieces}", "kind": "person"}).encode().ljust(length)
            parts = [body[at : at + length // pieces + 1] for at in range(0, length, length // pieces + 1)]
            answer = small.post("sources", content=iter(parts) if pieces > 1 else body, headers=headers)
            assert answer.status_code == status, (pieces, length)
            assert status == 201 or "at most 10,000 bytes" in refused(answer, 413)["detail"]


def test_every_refusal_is_a_problem_document(api: TestClient, record: Record, editor: Headers, key_of: KeyOf) -> None:
    one = f"sources/{record('sources', key='k')['id']}"
    json = {**editor, "Content-Type": "application/json"}
    seen = {**editor, "If-Match": '"1.nonsense"'}
    claim, other = record("claims")["id"], record("claims")["id"]
    relation = {"claim": claim, "other_claim": other, "relation": "updates"}
    record("relations", **relation)
    table: list[tuple[Any, int]] = [
        (api.post("sources", content=b"{", headers=json), 400),
        (api.post("sources", content=b"\xff\xfe", headers=json), 400),
        (api.post("sources", content=b"[" * 100_000, headers=json), 400),
        (api.post("sources", json=[], headers=editor), 422),
        (api.post("sources", content=b"null", headers=json), 422),
        (api.post("sources", headers=json), 422),
        (api.post("sources", json={}, headers={}), 401),
        (api.post("sources", json={}, headers=key_of(Role.READER)), 403),
        (api.get("claims", params={"stage": "draft"}), 403),
        (api.get(f"claims/{NOWHERE}"), 404),
        (api.get("nowhere"), 404),
        (api.get("claims/"), 404),
        (api.get("/nowhere"), 404),
        (api.get(f"claims/{claim}/versions/99"), 404),
        (api.delete(one, headers=editor), 405),
        (api.put("claims", json={}, headers=editor), 405),
        (api.post("relations", json=relation, headers=editor), 409),
        (api.patch(one, json={**CHANGE, "name": "Two"}, headers=seen), 412),
        (api.patch(one, json={**CHANGE, "name": "Two"}, headers=editor), 428),
        (api.patch(one, json={"name": "Two"}, headers={**editor, "If-Match": "*"}), 422),
        (api.get("claims", params={"colour": "red"}), 422),
    ]
    for answer, status in table:
        refused(answer, status)
        assert "Traceback" not in answer.text
    assert set(api.delete(one, headers=editor).headers["Allow"].split(", ")) >= {"GET", "PATCH"}


def test_a_failure_tells_nothing_of_our_insides(
    api: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE claim RENAME TO lost"))

    answer = api.get("claims", params={"place": "marker in a parameter"})

    refused(answer, answer.status_code)
    assert answer.status_code in (500, 503)
    for inside in ("SELECT", "sqlalchemy", "sqlite", "psycopg", "Traceback", "claim.", "marker"):
        assert inside not in answer.text
    assert "marker in a parameter" not in caplog.text
    assert api.get("health").status_code == 200


def test_a_database_that_was_away_is_used_again_at_once(
    api: TestClient, record: Record, editor: Headers, database: Database
) -> None:
    """Threads keep connections: those that were cut meanwhile are nobody's 503, however much later they are noticed."""
    source = record("sources")

    def ask_all() -> list[int]:
        with ThreadPoolExecutor(8) as pool:
            asked = [f"sources/{source['id']}", "claims", "sources"] * 8
            return [one.status_code for one in pool.map(lambda path: api.get(path, headers=editor), asked)]

    assert set(ask_all()) == {200}
    if not database.is_sqlite:  # which has no server that could go away
        with database.reading() as connection:
            cut = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
            )
            assert len(connection.execute(text(f"{cut} pg_backend_pid()")).all()) > 1
    assert set(ask_all()) == {200}
    assert api.post("sources", json={"name": "Two", "kind": "ngo"}, headers=editor).status_code == 201


def test_keys_are_never_in_logs(
    api: TestClient, database: Database, caplog: pytest.LogCaptureFixture, refused_keys: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with database.writing() as connection:
        _info, good = keys.issue(connection, "Somebody", Role.EDITOR)
    told = []

    for key in (good, refused_keys["unknown"], refused_keys["revoked"], refused_keys["expired"]):
        headers = {"Authorization": f"Bearer {key}"}
        told += [
            api.get("claims", headers=headers),
            api.post("sources", json={"name": "One", "kind": "person"}, headers=headers),
            api.post("sources", json={"name": 1}, headers=headers),
            api.post("sources", content=b"x" * 1_100_000, headers=headers),
        ]
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE source RENAME TO lost"))
    told.append(api.get("sources", headers={"Authorization": f"Bearer {good}"}))

    assert [one.status_code for one in told[:4]] == [200, 201, 422, 413]
    assert told[-1].status_code in (500, 503)
    assert caplog.records, "a failure is logged"
    for key in (good, *refused_keys.values()):
        if len(key) > 20:
            secret = key.split("_")[-1][:20]
            assert secret not in caplog.text
            assert not [one for one in told if secret in one.text or secret in str(one.headers)]


def test_what_a_reader_has_already_is_not_sent_again(
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
        for given in (tags[path], f"W/{tags[path]}", f'"other", {tags[path]}', f'W/"other",{tags[path]}'):
            again = api.get(path, headers={"If-None-Match": given})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tags[path])
        for given in ('"other"', tags[path].strip('"'), ""):
            assert api.get(path, headers={"If-None-Match": given}).status_code == 200

    # A claim shows the names of its sources: another name is another claim to whoever keeps a copy.
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
def test_a_parameter_that_a_route_does_not_know_is_refused(
    api: TestClient, editor: dict[str, str], method: str, path: str, field: str
) -> None:
    body = {"name": "A paper", "kind": "news_organisation", "reason": "x"} if method != "GET" else None
    answer = api.request(method, path, json=body, headers={**editor, "If-Match": "*"})

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
