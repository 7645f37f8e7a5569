"""Permissions: the policy table matches the routes, and every route enforces its policy."""

import runpy
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from httpx2 import Response

from app.api import documentation
from app.api.http import permissions
from app.api.http.permissions import Policy
from app.api.http.routing import api_router, route_table
from app.db.engine import Database
from app.main import PAGE_MODULES, ROUTE_MODULES
from app.services.changes.actors import Actor
from app.services.people import keys
from app.vocabulary import Role, Scope
from app.web.error_pages import DATA_PATHS
from tests.support.problems import assert_problem

ROOT = "http://testserver"
PAGE = Path(__file__).parents[3] / "docs" / "permissions.md"

Headers = dict[str, str]


def routers_with(*extra: APIRouter) -> list[APIRouter]:
    """The routers of the service and additional ones."""
    return [*(module.router for module in (*ROUTE_MODULES, *PAGE_MODULES)), documentation.router, *extra]


def test_every_route_has_a_policy_and_every_policy_a_route() -> None:
    operations = {(method, path) for path, methods in route_table(routers_with()).items() for method in methods}
    assert operations == {(method, path) for method, path, _policy in permissions.policies()}


def test_the_service_does_not_start_with_a_route_that_has_no_policy() -> None:
    unlisted = api_router("/forgotten", "forgotten")
    unlisted.add_api_route("", lambda: "secret", methods=["GET"])
    with pytest.raises(LookupError, match="GET /api/v1/forgotten has no policy"):
        route_table(routers_with(unlisted))
    other_method = api_router("/health", "forgotten")
    other_method.add_api_route("", lambda: "secret", methods=["POST"])
    with pytest.raises(LookupError, match="POST /api/v1/health has no policy"):
        route_table(routers_with(other_method))


def test_the_service_does_not_start_with_a_policy_that_has_no_route() -> None:
    with pytest.raises(LookupError, match=r"GET.*/docs"):
        route_table(routers_with()[:-1])


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1",
        "/api/v1/",
        "/api/v1/claims/",
        "/api/v1//claims",
        "/api/v1/claims//versions/1",
        "/api/v1/claims/x/versions",
        "/api/v1/claims/x/versions/",
        "/api/v1/claims/x/versions/1/2",
        "/api/v1/Claims",
        "/api/v1/claims%0A",
        "/api/v1/claims/x/history%0A",
        "/api/v1/nothing",
        "/docs/",
        "/docs/files",
        "/docs/files/",
        "/docs/other/a",
    ],
)
def test_a_path_that_is_almost_a_route_does_not_exist(api: TestClient, path: str) -> None:
    problem = assert_problem(api.get(ROOT + path, follow_redirects=False), 404)
    assert problem["detail"] == "There is no such address. See /docs for all addresses."


def test_unknown_paths_and_methods_get_the_same_response_for_everybody(
    api: TestClient, key_of: Callable[[Role], Headers]
) -> None:
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
        for headers in ({}, key_of(Role.ADMIN)):
            assert_problem(api.request(method, "nowhere", headers=headers), 404)
        if method not in ("GET", "POST"):
            response = api.request(method, "claims", content=b"x" * 100)
            assert_problem(response, 405)
            assert response.headers["Allow"] == "GET, HEAD, POST"


# --- roles, invalid keys and scopes ---


@pytest.fixture
def callers(database: Database, key_of: Callable[[Role], Headers]) -> Mapping[str, Headers]:
    """Headers by caller: `anonymous`, a role, or the reason why the key is invalid."""
    operator = Actor("", "", Role.ADMIN)
    with database.writing() as connection:
        revoked, revoked_key = keys.issue(connection, "Somebody", Role.ADMIN)
        keys.revoke(connection, operator, revoked.id)
        _key, expired = keys.issue(connection, "Somebody", Role.ADMIN, revoked.created_at)
        _key, valid = keys.issue(connection, "Somebody", Role.ADMIN)
    altered = valid[:-9] + ("0" if valid[-9] != "0" else "1")
    unknown = altered + keys._checksum(altered.replace("_", "").removeprefix("attest"))
    invalid_keys = {"unknown": unknown, "revoked": revoked_key, "expired": expired, "malformed": "attest_x"}
    headers_by_caller: dict[str, Headers] = {"anonymous": {}}
    headers_by_caller |= {problem: {"Authorization": f"Bearer {key}"} for problem, key in invalid_keys.items()}
    return headers_by_caller | {role: key_of(role) for role in Role}


def with_parameters(path: str) -> str:
    """A path template of the table with values for its parameters."""
    values = {
        "identifier": "nobody",
        "version": "1",
        "path:path": "swagger-ui.css",
        "digest": "0",
        "name": "attest.css",
    }
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"no value for a parameter of {path}"
    return path


def assert_refused(path: str, response: Response, status: int) -> str:
    """Assert that a request was refused: by a problem document, or, outside the API, by a page. Return what it says."""
    if path.startswith(DATA_PATHS):
        return str(assert_problem(response, status)["detail"])
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.text


def expected_refusal(policy: Policy, caller: str) -> int | None:
    """The status with which the policy refuses the caller; None if it allows the request."""
    if caller == "anonymous":
        return None if policy.role is None else 401
    if caller not in Role.values():
        return 401
    return None if Role(caller).includes(policy.role or Role.READER) else 403


def test_every_route_with_every_role_and_every_invalid_key(
    api: TestClient, callers: Mapping[str, Headers], subtests: pytest.Subtests
) -> None:
    # The routes of the log need an entry.
    source = {"name": "A ministry", "kind": "government"}
    api.post("sources", json=source, headers=callers["admin"]).raise_for_status()
    for method, path, policy in permissions.policies():
        with subtests.test(f"{method} {path}"):
            for caller, headers in callers.items():
                response = api.request(method, ROOT + with_parameters(path), headers=headers, follow_redirects=False)
                status = expected_refusal(policy, caller)
                if status is not None:
                    assert_refused(path, response, status)
                else:
                    assert response.status_code not in (401, 403, 404, 405) or "nobody" in with_parameters(path), caller
                    assert response.status_code not in (401, 403, 405), caller


def test_every_route_with_a_key_of_every_single_scope(api: TestClient, database: Database) -> None:
    """All keys are an administrator's, so that only the scope restricts them."""
    narrow = {}
    for scope in Scope:
        with database.writing() as connection:
            _key, secret = keys.issue(connection, "Somebody", Role.ADMIN, scopes=[scope])
        narrow[scope] = {"Authorization": f"Bearer {secret}"}
    for method, path, policy in permissions.policies():
        for scope, headers in narrow.items():
            response = api.request(method, ROOT + with_parameters(path), headers=headers, follow_redirects=False)
            if policy.scope in (None, scope):
                assert response.status_code not in (401, 403, 405), (method, path, scope)
            else:
                assert f"the scope {policy.scope}" in assert_problem(response, 403)["detail"]


def test_an_unsupported_method_gets_405_with_the_supported_methods(api: TestClient) -> None:
    methods_by_path: dict[str, set[str]] = defaultdict(set)
    for method, path, _policy in permissions.policies():
        methods_by_path[path] |= {method, "HEAD"} if method == "GET" else {method}
    for path, methods in methods_by_path.items():
        response = api.request("TRACE", ROOT + with_parameters(path))
        assert "This address does not accept TRACE; it accepts " in assert_refused(path, response, 405)
        assert response.headers["Allow"] == ", ".join(sorted(methods)), path
    assert assert_problem(api.get("nowhere"), 404)["detail"] == "There is no such address. See /docs for all addresses."
    assert "There is no such address." in assert_refused("/nowhere", api.get(f"{ROOT}/nowhere"), 404)


# --- documentation ---


def test_the_permissions_page_is_generated_from_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert PAGE.read_text() == permissions.page(), "run: python -m app.api.http.permissions > docs/permissions.md"
    runpy.run_path(permissions.__file__, run_name="__main__")
    assert capsys.readouterr().out == permissions.page()


def test_openapi_documents_which_routes_need_a_key(api: TestClient) -> None:
    document = api.get("openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    checked = 0
    for method, path, policy in permissions.policies():
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        checked += 1
        assert operation["security"] == ([{}, {"key": []}] if policy.role is None else [{"key": []}]), path
        assert (policy.role is None) == ("Needs the key of" not in operation["description"]), path
        names = [parameter["name"] for parameter in operation.get("parameters", [])]
        assert ("Idempotency-Key" in names) == (method == "POST" and policy.repeatable), (method, path)
    assert checked == sum(len(methods) for methods in document["paths"].values())
