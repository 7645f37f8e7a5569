"""Who may use which route: the table, held to the routes that there are, and every route asked by everybody."""

import runpy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.routing import Mount

from app.api.http import permissions
from app.api.http.permissions import Policy, Table
from app.db.engine import Database
from app.main import create_app
from app.services.core.actors import Actor
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role, Scope
from tests.support.problems import refused

ROOT = "http://testserver"
PAGE = Path(__file__).parents[3] / "docs" / "permissions.md"

Headers = dict[str, str]


def routes(api: TestClient) -> Iterator[str]:
    """Every route that the application has, documented or not: `GET /api/v1/claims`."""
    for route in iter_route_contexts(api.app.routes):  # type: ignore[attr-defined]  # Starlette's client says ASGI app
        original = getattr(route, "original_route", None)
        if isinstance(original, Mount):
            yield f"GET {original.path}/{{path:path}}"
            continue
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield f"{method} {route.path}"


def test_every_route_has_a_policy_and_every_policy_a_route(api: TestClient) -> None:
    there = set(routes(api))
    listed = {f"{method} {path}" for method, path, _policy in permissions.whole()}

    assert there - listed == set(), "these routes lack a line in app/api/http/permissions.py"
    assert listed - there == set(), "there are no such routes any more"


def test_the_table_finds_what_the_routes_find(api: TestClient) -> None:
    table = Table()
    for method, path, policy in permissions.whole():
        assert table.find(filled(path))[method] is policy, path
    assert table.find("/docs/files/a/b.css") == {"GET": permissions.OPEN}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "/api/v1",
        "/api/v1/",
        "/api/v1/claims/",
        "/api/v1//claims",
        "/api/v1/claims//versions/1",
        "/api/v1/claims/x/versions",
        "/api/v1/claims/x/versions/",
        "/api/v1/claims/x/versions/1/2",
        "/api/v1/Claims",
        "/api/v1/claims\n",
        "/api/v1/nothing",
        "/docs/",
        "/docs/files",
        "/docs/files/",
        "/docs/other/a",
        "/{identifier}",
    ],
)
def test_a_path_that_is_nearly_one_has_no_policy(path: str) -> None:
    assert path == "/" or Table().find(path) == {}


def test_a_route_without_a_policy_is_not_served(settings: Settings, key_of: Callable[[Role], Headers]) -> None:
    app = create_app(settings)
    forgotten = APIRouter()
    forgotten.add_api_route("/api/v1/forgotten", lambda: "secret", methods=["GET", "POST"])
    forgotten.add_api_route("/api/v1/health", lambda: "secret", methods=["POST"])
    app.include_router(forgotten)
    with TestClient(app, base_url=ROOT) as client:
        for headers in ({}, key_of(Role.ADMIN)):
            refused(client.get("/api/v1/forgotten", headers=headers), 404)
            refused(client.post("/api/v1/forgotten", headers=headers), 404)
            answer = client.post("/api/v1/health", headers=headers)
            refused(answer, 405)
            assert answer.headers["Allow"] == "GET, HEAD"
        assert "GET /api/v1/forgotten" in set(routes(client)), "the first test of this file would name it"


def test_what_is_not_there_is_told_to_all_alike(api: TestClient, key_of: Callable[[Role], Headers]) -> None:
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
        for headers in ({}, key_of(Role.ADMIN)):
            refused(api.request(method, "nowhere", headers=headers), 404)
        if method not in ("GET", "POST"):
            answer = api.request(method, "claims", content=b"x" * 100)
            refused(answer, 405)
            assert answer.headers["Allow"] == "GET, HEAD, POST"


# --- the matrix ---


@pytest.fixture
def callers(database: Database, key_of: Callable[[Role], Headers]) -> Mapping[str, Headers]:
    """Everybody who may ask, by what is to be said of them: a role, or why their key does not work."""
    operator = Actor("", "", Role.ADMIN)
    with database.writing() as connection:
        revoked, ended = keys.issue(connection, "Somebody", Role.ADMIN)
        keys.revoke(connection, operator, revoked.id)
        _key, expired = keys.issue(connection, "Somebody", Role.ADMIN, revoked.created_at)
        _key, good = keys.issue(connection, "Somebody", Role.ADMIN)
    another = good[:-9] + ("0" if good[-9] != "0" else "1")
    unknown = another + keys._checksum(another.replace("_", "").removeprefix("attest"))
    bad = {"unknown": unknown, "revoked": ended, "expired": expired, "malformed": "attest_x"}
    found: dict[str, Headers] = {"anonymous": {}}
    found |= {why: {"Authorization": f"Bearer {key}"} for why, key in bad.items()}
    return found | {role: key_of(role) for role in Role}


def filled(path: str) -> str:
    """A path of the table with something in the place of what it leaves open."""
    for name, value in {"identifier": "nobody", "version": "1", "path:path": "swagger-ui.css"}.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"this test does not know what may stand in {path}"
    return path


def expected(policy: Policy, caller: str) -> int | None:
    """The status of the refusal that the table means; None if it lets the caller through."""
    if caller == "anonymous":
        return None if policy.role is None else 401
    if caller not in Role.values():
        return 401
    return None if Role(caller).includes(policy.role or Role.READER) else 403


def test_every_route_for_everybody(api: TestClient, callers: Mapping[str, Headers], subtests: pytest.Subtests) -> None:
    # The log has a signed state from its first entry on.
    source = {"name": "A ministry", "kind": "government"}
    api.post("sources", json=source, headers=callers["admin"]).raise_for_status()
    for method, path, policy in permissions.whole():
        with subtests.test(f"{method} {path}"):
            for caller, headers in callers.items():
                answer = api.request(method, ROOT + filled(path), headers=headers, follow_redirects=False)
                status = expected(policy, caller)
                if status is not None:
                    refused(answer, status)
                else:
                    assert answer.status_code not in (401, 403, 404, 405) or "nobody" in filled(path), caller
                    assert answer.status_code not in (401, 403, 405), caller


def test_every_scope_on_every_route(api: TestClient, database: Database) -> None:
    """An administrator's key that is good for one thing only."""
    narrow = {}
    for scope in Scope:
        with database.writing() as connection:
            _key, secret = keys.issue(connection, "Somebody", Role.ADMIN, scopes=[scope])
        narrow[scope] = {"Authorization": f"Bearer {secret}"}
    for method, path, policy in permissions.whole():
        for scope, headers in narrow.items():
            answer = api.request(method, ROOT + filled(path), headers=headers, follow_redirects=False)
            if policy.scope in (None, scope):
                assert answer.status_code not in (401, 403, 405), (method, path, scope)
            else:
                assert f"the scope {policy.scope}" in refused(answer, 403)["detail"]


def test_what_a_path_does_not_take_is_refused_with_what_it_takes(api: TestClient) -> None:
    taken: dict[str, set[str]] = defaultdict(set)
    for method, path, _policy in permissions.whole():
        taken[path] |= {method, "HEAD"} if method == "GET" else {method}
    for path, methods in taken.items():
        answer = api.request("TRACE", ROOT + filled(path))
        assert refused(answer, 405)["detail"] == "This is not what can be done here."
        assert answer.headers["Allow"] == ", ".join(sorted(methods)), path
    assert refused(api.get("nowhere"), 404)["detail"] == "There is nothing here."


# --- what is told of it ---


def test_the_page_is_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert PAGE.read_text() == permissions.page(), "run: python -m app.api.http.permissions > docs/permissions.md"
    runpy.run_path(permissions.__file__, run_name="__main__")
    assert capsys.readouterr().out == permissions.page()


def test_openapi_says_which_routes_take_a_key(api: TestClient) -> None:
    document = api.get("openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    seen = 0
    for method, path, policy in permissions.whole():
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        seen += 1
        assert operation["security"] == ([{}, {"key": []}] if policy.role is None else [{"key": []}]), path
        assert (policy.role is None) == ("Takes the key of" not in operation["description"]), path
        names = [one["name"] for one in operation.get("parameters", [])]
        assert ("Idempotency-Key" in names) == (method == "POST" and policy.repeatable), (method, path)
    assert seen == sum(len(methods) for methods in document["paths"].values())
