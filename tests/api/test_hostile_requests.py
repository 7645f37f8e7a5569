"""Malicious and malformed requests: they get a problem document, break nothing and store nothing.

A response of 5xx is always a bug, 503 included, because no request in this file keeps the database busy.
"""

import copy
import json
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Annotated, Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, example, given
from hypothesis import settings as configured
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app import schemas
from app.schemas import attribution, claim, document, evidence, quantity, source, topic
from app.schemas.base.fields import Schema
from app.vocabulary import Role

pytestmark = pytest.mark.slow

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

ROOT = "http://testserver"
"""The prefix of paths outside /api/v1."""

NOUNS = ("claims", "topics", "sources", "documents", "attributions", "evidence", "relations")

# All examples of a test share one database, so each must also survive what the others have stored.
fuzzed = configured(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def unexpected_responses(responses: Iterator[tuple[str, Response]], *allowed: int) -> list[str]:
    """Descriptions of responses that are neither a problem document nor have one of the `allowed` statuses."""
    return [
        f"{label[:120]!r}: {response.status_code} {response.text[:200]}"
        for label, response in responses
        if response.status_code not in allowed and not is_problem(response)
    ]


def is_problem(response: Response) -> bool:
    """True for a 4xx with a complete problem document that has the same status."""
    if not 400 <= response.status_code < 500 or response.headers["content-type"] != "application/problem+json":
        return False
    body = response.json()
    return body["status"] == response.status_code and bool(body["title"]) and bool(body["detail"])


def is_success_or_problem(response: Response) -> bool:
    """True for a success, and for a 4xx with a problem document."""
    return response.status_code < 400 or is_problem(response)


@pytest.fixture
def world(api: TestClient, editor: Headers, record: Record) -> dict[str, dict[str, Any]]:
    """The id of one object of each noun, and the required fields of a new one."""
    source = record("sources")
    document = record("documents")
    first, second = record("claims"), record("claims")
    required: dict[str, dict[str, Any]] = {
        "claims": {"kind": "troop_estimate", "statement": "Soldiers are there."},
        "topics": {"title": "How many?", "subject": "soldiers", "metric_family": "strength"},
        "sources": {"name": "A ministry", "kind": "government"},
        "documents": {"kind": "article"},
        "attributions": {"claim": first["id"], "source": source["id"], "stance": "asserts"},
        "evidence": {"claim": first["id"], "document": document["id"], "role": "context"},
        "relations": {"claim": first["id"], "other_claim": second["id"], "relation": "refines"},
    }
    capture = api.post(f"documents/{document['id']}/captures", content=b"<p>Words.</p>", headers=editor).json()
    objects = {"claims": first, "sources": source, "documents": document, "captures": capture}
    objects |= {noun: record(noun, **required[noun]) for noun in ("topics", "attributions", "evidence", "relations")}
    return {noun: {"id": body["id"], "required": required.get(noun, {})} for noun, body in objects.items()}


# --- paths ---

IDENTIFIERS = (
    *("1_000", "%00", "a%00b", "%ff", "%ed%a0%80", "%2e%2e", "..", "*", "%25", "%5c", "'", "%27%20OR%201=1--"),
    *(
        "a" * 64,
        "a" * 65,
        "a" * 10_000,
        "clm_" + "0" * 26,
        "CLM_01JHF3M8W5K6V0X2S9R7Q4T1YA",
        "%F0%9F%92%A3",
        "%0d%0aX: y",
    ),
)


def test_malformed_identifiers_in_paths(api: TestClient) -> None:
    def responses() -> Iterator[tuple[str, Response]]:
        for identifier in IDENTIFIERS:
            for path in (
                *(f"{noun}/{identifier}" for noun in NOUNS),
                *(f"captures/{identifier}{part}" for part in ("", "/content")),
                f"claims/{identifier}/figures/check",
                *(
                    f"claims/{identifier}/{part}"
                    for part in ("history", "reviews", "independence-rulings", "versions/1")
                ),
                f"topics/{identifier}/estimates",
            ):
                yield path, api.get(path)

    # The client resolves "..", so that path is the list itself.
    assert unexpected_responses((path, response) for path, response in responses() if "/.." not in path) == []


@pytest.mark.parametrize(
    "version",
    ["0", "-1", "2147483648", "9223372036854775808", "1.0", "1_0", "+1", "%201", "01", "1e0", "٣", "9" * 5000],
)
def test_a_version_number_has_only_one_spelling(api: TestClient, record: Record, version: str) -> None:
    identifier = record("claims")["id"]

    assert api.get(f"claims/{identifier}/versions/1").status_code == 200
    assert api.get(f"claims/{identifier}/versions/2147483647").status_code == 404
    assert is_problem(api.get(f"claims/{identifier}/versions/{version}"))


def test_other_spellings_of_a_path_do_not_exist(api: TestClient) -> None:
    """No redirect either: it would contain the Host header, and behind a proxy it would send keys over plain http."""
    paths = (
        "/api/v1/claims/",
        "//api/v1/claims",
        "/api//v1/claims",
        "/api/v1/Claims",
        "/api/v1/claims//",
        "/API/V1/claims",
        "/api/v1/claims;x=1",
        "/docs/",
        "/docs/files/../../secret",
        "/docs/files/%2e%2e/main.py",
        "/nothing",
    )

    responses = {path: api.get(f"http://evil.example{path}", follow_redirects=False) for path in paths}
    # The client itself resolves `..`.
    in_api = {path: sent for path, sent in responses.items() if sent.url.path.startswith(("/api/v1/", "/docs"))}
    assert unexpected_responses(iter(in_api.items())) == []
    # Elsewhere, readers get a page that says so.
    for path in responses.keys() - in_api.keys():
        assert responses[path].status_code == 404, path
        assert "There is no such page here" in responses[path].text
        assert "evil.example" not in responses[path].text


def test_unsupported_methods(api: TestClient, editor: Headers) -> None:
    for method in ("PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS", "PROPFIND"):
        response = api.request(method, "claims", headers=editor)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, POST"), method
        assert is_problem(response)
    assert api.request("PUT", "imports", headers=editor).headers["Allow"] == "POST"


def test_head_returns_the_headers_of_get(api: TestClient, record: Record) -> None:
    path = f"claims/{record('claims')['id']}"
    got, head = api.get(path), api.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers} == {**got.headers}
    assert api.head("claims/none").status_code == 404


# --- parameters ---

VALUES = (
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\x1b[31m",
        "\r\nX: y",
        "\u2028",
        "💣",
        "�",
        "a" * 501,
        "a" * 10_000,
        "-",
        "*",
        '"',
        "()",
    ),
    *(
        "0",
        "-1",
        "1.0",
        "1_0",
        "1e400",
        "-0",
        "0e-999999",
        "0e999999999999",
        "9" * 5000,
        "NaN",
        "sNaN",
        "Infinity",
        "٣",
    ),
    *("true", "null", "[]", "{}", "' OR 1=1 --", "id;DROP TABLE claim", "%s", "{0}", "${x}", "../../etc/passwd"),
    *(
        "0001-01-01T00:00:00+14:00",
        "0001-01-01",
        "9999-12-31T23:59:59-14:00",
        "2025-01-12T18:00:00+99:99",
        "2025-02-30",
    ),
    *(
        "1e-5",
        "5.681746590009208e-196",
        "1-1",
        "0000",
        "-0001",
        "y12345678901",
        "XXXX",
        "{1,2}",
        "[1..9999]",
        "((((((((((",
        "2025-01-12/..",
        "../..",
    ),
)


def test_every_value_in_every_query_parameter(api: TestClient, world: dict[str, dict[str, Any]]) -> None:
    """Each parameter is tested on one of the routes that have it: 200 or a problem document."""
    tested: set[str] = set()

    def responses() -> Iterator[tuple[str, Response]]:
        for path, names in parameters(api).items():
            address = path.format(identifier=world[path.split("/")[3]]["id"]) if "{" in path else path
            for name in names:
                for value in VALUES if name not in tested else ():
                    yield f"{path} {name}={value}", api.get(ROOT + address, params={name: value})
                tested.add(name)

    assert unexpected_responses(responses(), 200) == []
    assert tested >= {"q", "limit", "cursor", "as_of", "facets", "place", "value_min", "date_from", "cited"}


def parameters(api: TestClient) -> dict[str, list[str]]:
    """The query parameters of each route that reads, by its path."""
    paths: dict[str, Any] = api.get("openapi.json").json()["paths"]
    return {
        path: [
            parameter["name"]
            for parameter in operations["get"].get("parameters", [])
            # All closed lists are validated in the same way; `sort` is tested as an example.
            if parameter["in"] == "query" and "$ref" not in json.dumps(parameter["schema"])
        ]
        for path, operations in paths.items()
        # Routes that need a key have no query parameters.
        if {} in operations.get("get", {}).get("security", []) and "{version}" not in path
    }


def test_every_route_refuses_unknown_query_parameters(
    api: TestClient, key_of: Callable[[Role], Headers], world: dict[str, dict[str, Any]]
) -> None:
    """If `?dry_run=true` were ignored where it is unknown, the client would create records by mistake."""
    for path, operations in api.get("openapi.json").json()["paths"].items():
        identifier = world.get(path.split("/")[3], {"id": "nobody"})["id"]
        address = path.format(identifier=identifier, version=1) if "{" in path else path
        for method in operations:
            headers = {**key_of(Role.ADMIN), "If-Match": "*", "Content-Type": "application/json"}
            response = api.request(method, ROOT + address, params={"nonsense": "1"}, headers=headers, content=b"{}")
            assert response.status_code == 422, (method, path, response.text)
            assert "nonsense" in [fault["field"] for fault in response.json()["errors"]]


@fuzzed
@given(st.data())
def test_random_query_parameters(api: TestClient, data: st.DataObject) -> None:
    names_by_path = {path: names for path, names in parameters(api).items() if "{" not in path}
    path = data.draw(st.sampled_from(sorted(names_by_path)))
    names = (
        st.one_of(st.sampled_from(names_by_path[path]), st.text(max_size=10))
        if names_by_path[path]
        else st.text(max_size=10)
    )
    values = st.one_of(st.sampled_from(VALUES), st.text(max_size=50), st.dates().map(str), st.integers().map(str))
    params: Any = data.draw(st.lists(st.tuples(names, values), max_size=4))

    assert is_success_or_problem(api.get(ROOT + path, params=params))


@fuzzed
@given(st.one_of(st.text(max_size=300), st.binary(max_size=100).map(lambda data: data.decode("latin-1"))))
def test_random_cursors(api: TestClient, cursor: str) -> None:
    assert is_problem(api.get("claims", params={"cursor": cursor}))


def test_a_manipulated_cursor(api: TestClient, record: Record) -> None:
    for _ in range(3):
        record("claims")
        record("sources")
    cursor = api.get("claims", params={"limit": 1}).json()["next"]
    assert api.get("claims", params={"limit": 1, "cursor": cursor}).status_code == 200

    def responses() -> Iterator[tuple[str, Response]]:
        for position in range(len(cursor)):
            with_value_at = cursor[:position] + ("A" if cursor[position] != "A" else "B") + cursor[position + 1 :]
            # The last character of base64 has unused bits.
            if position < len(cursor) - 1:
                yield with_value_at, api.get("claims", params={"limit": 1, "cursor": with_value_at})
        yield "cut", api.get("claims", params={"limit": 1, "cursor": cursor[:-5]})
        yield "another order", api.get("claims", params={"limit": 1, "sort": "id", "cursor": cursor})
        yield "another list", api.get("sources", params={"limit": 1, "cursor": cursor})

    assert unexpected_responses(responses()) == []


# --- headers ---


def latin1_headers(**headers: str) -> dict[bytes, bytes]:
    """Headers as bytes in Latin-1, so that invalid values can be sent."""
    return {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}


def test_malformed_authorization_headers(api: TestClient) -> None:
    handle, secret = "\x00bcdefgh", "y" * 32
    checksum = f"{zlib.crc32((handle + secret).encode()):08x}"
    values = (
        *("", "Bearer", "Bearer ", "Basic YTpi", "Bearer " + "x" * 10_000, "Bearer attest_a_b", "bearer attest__"),
        *("Bearer attest_\xe9_x", f"Bearer attest_{handle}_{secret}{checksum}", "Bearer attest_abcdefgh_" + "y" * 40),
    )

    responses = [(value, api.get("claims", headers=latin1_headers(Authorization=value))) for value in values]

    assert unexpected_responses(iter(responses)) == []
    assert {response.status_code for _value, response in responses} == {401}
    assert all(response.headers["WWW-Authenticate"] == "Bearer" for _value, response in responses)


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 15, "-1", "1e3", "٣", "", "0x10", "1000001"])
def test_invalid_content_lengths(api: TestClient, editor: Headers, length: str) -> None:
    headers = latin1_headers(Content_Type="application/json", **editor) | {b"Content-Length": length.encode()}

    assert is_problem(api.post("claims", content=b"{}", headers=headers))


@pytest.mark.parametrize("tag", ["", "x", '"x"', 'W/"1.00"', "\xff", '"' * 1000, ",,,", '"1"' * 500])
def test_entity_tags_that_do_not_match(api: TestClient, editor: Headers, record: Record, tag: str) -> None:
    path = f"claims/{record('claims')['id']}"

    assert api.get(path, headers=latin1_headers(If_None_Match=tag)).status_code == 200
    assert api.get(path, headers={"If-None-Match": "*"}).status_code == 304
    response = api.patch(path, json={"reason": "x"}, headers=latin1_headers(If_Match=tag, **editor))
    assert response.status_code == 412


def test_every_response_has_security_headers(api: TestClient, editor: Headers) -> None:
    """Also responses that no route made, such as 401 and 404."""
    responses = [
        api.get("claims"),
        api.get("claims", headers={"Authorization": "x"}),
        api.post("claims", json={}),
        api.post("claims", json={}, headers=editor),
        api.get(f"{ROOT}/nothing"),
        api.get(f"{ROOT}/docs/files/swagger-ui.css"),
        api.get(f"{ROOT}/docs/files/nothing"),
    ]
    for response in responses:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_documentation_loads_nothing_from_other_hosts(api: TestClient) -> None:
    page = api.get(f"{ROOT}/docs")

    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "//" not in page.text.replace("<!DOCTYPE html>", "")
    for address in ("/docs/start.js", "/docs/files/swagger-ui-bundle.js", "/docs/files/swagger-ui.css"):
        assert address in page.text
        assert api.get(ROOT + address).status_code == 200


# --- bodies ---

BODIES: tuple[tuple[int, bytes], ...] = (
    *((422, body) for body in (b"", b"[]", b"null", b"1", b'"x"', b"true", b"{}", b"\xef\xbb\xbf{}", b"[{}]")),
    *((400, body) for body in (b"{", b"\xff", b"\x00", b"'x'", b"{} {}", b"NaN", b'{"a":NaN}', b'{"a":-Infinity}')),
    *((400, body) for body in (b'{"a":1e400}', b'{"a":-1e400}', b'{"a":' + b"9" * 5000 + b"}", b'{"kind":1,"kind":1}')),
    *((400, body) for body in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000, "{}".encode("utf-16"))),
    *((400, body) for body in ("{}".encode("utf-32"), b'{"a":{"b":1,"b":2}}', b'{"a":"\xed\xa0\x80"}', b"//\n{}")),
    *((422, body) for body in (b'{"\\ud800":1}', b'{"\\u0000":1}', b'{"a":' + b"[" * 500 + b"]" * 500 + b"}")),
)


def test_malformed_bodies(api: TestClient, editor: Headers, world: dict[str, dict[str, Any]]) -> None:
    headers = {**editor, "Content-Type": "application/json", "If-Match": "*"}
    routes = [*(("POST", noun) for noun in NOUNS), *(("PATCH", f"{noun}/{world[noun]['id']}") for noun in NOUNS)]
    routes.append(("POST", f"claims/{world['claims']['id']}/independence-rulings"))
    for method, path in routes:
        for status, body in BODIES:
            response = api.request(method, path, content=body, headers=headers)
            assert is_problem(response), (method, path, body[:60], response.text)
            assert response.status_code == status, (method, path, body[:60], response.text)


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", "*/*", "\x01"],
)
def test_a_body_needs_the_content_type_of_json(api: TestClient, editor: Headers, media_type: str) -> None:
    response = api.post("sources", content=b'{"name":"A","kind":"ngo"}', headers={**editor, "Content-Type": media_type})

    assert (response.status_code, is_problem(response)) == (415, True)
    assert api.post("sources", content=b'{"name":"A","kind":"ngo"}', headers=editor).status_code == 415


def test_bodies_that_are_too_large(api: TestClient, editor: Headers) -> None:
    headers = {**editor, "Content-Type": "application/json"}
    chunks = (b" " * 100_000 for _ in range(11))

    assert api.post("claims", content=b" " * 1_000_001, headers=headers).status_code == 413
    assert api.post("claims", content=chunks, headers=headers).status_code == 413
    # Without a key the response is 401, however large the body is.
    assert api.post("claims", content=b" " * 1_000_001).status_code == 401


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(VALUES),
        st.sampled_from(["\ud800", "a\x00", 10**400, -1, 2**31, 2**63, 1e308, 5e-324]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)

QUOTE = {
    "exact": "E",
    "prefix": "P",
    "suffix": "S",
    "page": "1",
    "media_time": "00:00:01",
    "language": "uk",
    "translation": "T",
    "translated_by": "B",
}

FULL_BODIES: dict[str, dict[str, Any]] = {
    "sources": {
        "name": "A",
        "kind": "ngo",
        "anonymity": "named",
        "parent": None,
        "other_names": ["B"],
        "side": "X",
        "key": "s",
        "distinct_from": [],
        "url": "https://a.example",
        "description": "D",
        "reason": "R",
    },
    "topics": {
        "title": "T",
        "subject": "S",
        "metric_family": "strength",
        "place": "P",
        "period": "2025",
        "note": "N",
        "key": "t",
        "distinct_from": [],
        "reason": "R",
    },
    "documents": {
        "kind": "article",
        "title": "T",
        "publisher": None,
        "author": "A",
        "url": "https://a.example",
        "note": "N",
        "language": "uk",
        "published": "2025-01",
        "authors": [{"family": "Kim", "given": "Min-ji", "particle": "van", "suffix": "Jr."}, {"literal": "Desk"}],
        "accessed_on": "2025-01-12",
        "archive_url": "https://a.example/x",
        "archived_on": "2025-01-12",
        "key": "d",
        "distinct_from": [],
        "reason": "R",
    },
    "claims": {
        "kind": "troop_estimate",
        "statement": "S",
        "language": "en",
        "topic": None,
        "place": "P",
        "time": "2025-01",
        "adverse_to": None,
        "stage": "published",
        "notice": "N",
        "note": "N",
        "key": "c",
        "distinct_from": [],
        "reason": "R",
        "quantities": [
            {
                "metric": "present",
                "unit": "soldiers",
                "population": "P",
                "qualifier": "between",
                "low": 1,
                "best": 2.5,
                "high": 3,
                "cumulative": False,
                "basis": "count",
                "verbatim": "V",
                "verbatim_language": "en",
            }
        ],
        "attributions": [
            {
                "source": "s",
                "stance": "asserts",
                "lineage": "original",
                "upstream": None,
                "document": "d",
                "key": "a",
                "said": "2025-01",
                "directness": "direct_quote",
                "own_claim": None,
                "note": "N",
                "withdrawn": False,
                "retraction": None,
                "search": None,
                "quote": QUOTE,
            },
            {
                "source": "s",
                "stance": "no_statement_found",
                "search": {"on": "2025-01-12", "where": "W", "by": "B"},
            },
        ],
        "evidence": [
            {
                "document": "d",
                "capture": None,
                "role": "context",
                "kind": "document",
                "note": "N",
                "quote": QUOTE,
                "description": "D",
                "independent": None,
                "key": "e",
                "examined_on": "2025-01-12",
                "finding": "F",
                "conclusive": False,
                "not_kept_because": None,
                "withdrawn": False,
            }
        ],
        "relations": [],
    },
}
"""Bodies with every field, by noun; the claim has attributions and evidence."""


def paths_of_values(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON body, as keys and indexes."""
    if path:
        yield path
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        yield from paths_of_values(value, (*path, name))


def with_value_at(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the body with another value at this path."""
    changed = copy.deepcopy(body)
    parent = changed
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = value
    return changed


@fuzzed
@given(noun=st.sampled_from(sorted(FULL_BODIES)), data=st.data())
def test_random_values_in_any_field(
    api: TestClient, editor: Headers, world: dict[str, dict[str, Any]], noun: str, data: st.DataObject
) -> None:
    create_referenced_objects(api, editor)
    body = {**FULL_BODIES[noun], "key": None}
    changed = with_value_at(body, data.draw(st.sampled_from(list(paths_of_values(body)))), data.draw(json_values))
    headers = {**editor, "Content-Type": "application/json", "If-Match": "*"}

    response = api.post(noun, content=json.dumps(changed).encode(), headers=headers)

    assert is_success_or_problem(response), response.text
    if response.status_code == 201:
        assert api.get(ROOT + response.headers["Location"], headers=editor).json() == response.json()
    # The same fields as a correction.
    body = {name: value for name, value in changed.items() if name not in (*PARTS, "key", "distinct_from")}
    content = json.dumps(body).encode()
    assert is_success_or_problem(api.patch(f"{noun}/{world[noun]['id']}", content=content, headers=headers))


PARTS = ("attributions", "evidence", "relations")


def create_referenced_objects(api: TestClient, editor: Headers) -> None:
    """Create the source and the document that `FULL_BODIES` refer to; both requests fail if they exist."""
    api.post("sources", json={"name": "S", "kind": "ngo", "key": "s"}, headers=editor)
    api.post("documents", json={"kind": "article", "key": "d"}, headers=editor)


def test_the_full_bodies_have_every_field_and_are_valid(api: TestClient, editor: Headers) -> None:
    """Otherwise the tests of random values would leave out fields."""
    create_referenced_objects(api, editor)
    posts: dict[str, type[Schema]] = {
        "sources": source.SourcePost,
        "topics": topic.TopicPost,
        "documents": document.DocumentPost,
        "claims": claim.ClaimPost,
    }
    for noun, schema in posts.items():
        assert FULL_BODIES[noun].keys() == schema.model_fields.keys()
        response = api.post(noun, json={**FULL_BODIES[noun], "key": None}, headers=editor)
        assert response.status_code == 201, response.text
    parts = FULL_BODIES["claims"]
    assert parts["quantities"][0].keys() == quantity.QuantityCreate.model_fields.keys()
    assert parts["attributions"][0].keys() == attribution.ClaimAttributionCreate.model_fields.keys()
    assert parts["evidence"][0].keys() == evidence.ClaimEvidenceCreate.model_fields.keys()


# --- imports ---


def post_import(api: TestClient, editor: Headers, content: bytes, **params: str) -> Response:
    return api.post("imports", params=params, content=content, headers=editor)


@fuzzed
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        json_values.map(lambda value: json.dumps(value).encode()),
    ),
    format=st.sampled_from(
        [None, "attest_json", "attest_csv", "ua_mod_losses", "oryx_events", "claim_review", "bibtex", "x", "\x00"]
    ),
)
@example(content=b"", format="attest_csv")
@example(content=b'"' * 200_000, format="attest_csv")
@example(content=b"[" * 200_000, format="attest_json")
@example(content=b"{" * 200_000, format="claim_review")
def test_random_import_files(api: TestClient, editor: Headers, content: bytes, format: str | None) -> None:
    assert is_success_or_problem(post_import(api, editor, content, **({} if format is None else {"format": format})))


@fuzzed
@given(noun=st.sampled_from(sorted(FULL_BODIES)), data=st.data())
def test_random_values_in_any_field_of_an_import_file(
    api: TestClient, editor: Headers, noun: str, data: st.DataObject
) -> None:
    body = {name: value for name, value in FULL_BODIES[noun].items() if name != "reason"} | {
        "record": noun.removesuffix("s")
    }
    if noun == "claims":
        check = {"key": "f", "source": "s", "verdict": "V", "original": {"a": [1, "b"]}, "explanation": "E"}
        decision = {"status": "unconfirmed", "rationale": "R", "decided_on": "2025-01-12", "decided_by": "B"}
        body |= {"fact_checks": [check], "reviews": [decision], "joins": None, "id": None}
    lines = [FULL_BODIES["sources"], FULL_BODIES["documents"]]
    referenced = [{**line, "record": name} for line, name in zip(lines, ("source", "document"), strict=True)]
    changed = with_value_at(body, data.draw(st.sampled_from(list(paths_of_values(body)))), data.draw(json_values))
    rows = [*({name: line[name] for name in line if name != "reason"} for line in referenced), body, changed, changed]

    response = post_import(api, editor, "\n".join(map(json.dumps, rows)).encode(), format="attest_json")

    assert response.status_code == 200, response.text
    # Everything that was accepted can be read and exported.
    assert api.get("claims", params={"stage": "published", "limit": 200}).status_code == 200
    assert api.get("export", params={"format": "attest_csv"}).status_code == 200


@pytest.mark.parametrize(
    ("content", "location", "reason"),
    [
        (
            b"@string{a0 = {0123456789}}\n"
            + b"".join(b"@string{a%d = a%d # a%d}\n" % (n + 1, n, n) for n in range(20)),
            (14, "a13"),
            "50,000 characters",
        ),
        (
            b"".join(
                b"@xdata{a%d, author={%s}}\n" % (n, b" and ".join([b"xdata=a%d-author" % (n + 1)] * 20))
                for n in range(4)
            )
            + b"@xdata{a4, author={Kim}}\n@misc{k, author={xdata=a0-author}}",
            (6, "author"),
            "50,000 characters",
        ),
        (b"".join(b"@misc{k%d, crossref={k%d}}\n" % (n, n + 1) for n in range(1_200)), (1, "crossref"), "8 entries"),
        (b"% coding: undefined\n@misc{a, \xff {}}", (2, "\xff"), "equals sign"),
        (b"% coding: raw_unicode_escape\n@misc{a, \\ud800 {\xff}}", (2, "\\ud800"), "equals sign"),
    ],
    ids=["strings", "xdata", "crossref", "no codec", "half a character"],
)
def test_a_bibtex_file_that_expands_to_much_more_than_its_size(
    api: TestClient, editor: Headers, content: bytes, location: tuple[int, str], reason: str
) -> None:
    response = post_import(api, editor, content, format="bibtex")

    assert response.status_code == 200, response.text
    first = response.json()["refusals"][0]
    assert (first["line"], first["field"]) == location
    assert reason in first["reason"]
    assert is_problem(post_import(api, editor, content, format="bibtex", strict="true"))


CLAIM = {"record": "claim", "key": "c", "kind": "troop_estimate", "statement": "S", "stage": "published"}
SOURCE = {"record": "source", "key": "s", "name": "S", "kind": "ngo"}
CHECK = {"key": "k", "source": "s", "original": {}}


@pytest.mark.parametrize(
    ("rows", "created", "refusals"),
    [
        # The relations of the first row can only be resolved after the second one; then the duplicate is merged.
        (
            [{**CLAIM, "relations": [{"relation": "refines", "other_claim": "d"}] * 2}, {**CLAIM, "key": "d"}],
            2,
            [(1, "relations")],
        ),
        (
            [{**CLAIM, "key": "d"}, {**CLAIM, "relations": [{"relation": "refines", "other_claim": "d"}] * 2}],
            1,
            [(2, "relations")],
        ),
        ([{**CLAIM, "relations": [{"relation": "refines", "other_claim": "c"}]}], 0, [(1, "relations.0.other_claim")]),
        ([SOURCE, {**CLAIM, "fact_checks": [CHECK, CHECK]}], 1, [(2, "fact_checks")]),
        (
            [
                CLAIM,
                {"record": "note", "claim": "c", "joins": "c", "note": "N"},
                {"record": "note", "claim": "c", "note": "M"},
            ],
            1,
            [(3, "claim")],
        ),
        (
            [
                {**SOURCE, "key": "t", "parent": "t"},
                {**SOURCE, "key": "u", "parent": "v"},
                {**SOURCE, "key": "v", "parent": "u"},
            ],
            0,
            [(1, "parent"), (2, "parent"), (3, "parent")],
        ),
        (
            [
                {**SOURCE, "id": "src_" + "0" * 26},
                {**SOURCE, "id": "src_" + "1" * 26},
                {**SOURCE, "key": None, "id": "src_" + "0" * 26},
            ],
            1,
            [(2, "key"), (3, "id")],
        ),
        (
            [
                {**CLAIM, "id": "clm_" + "0" * 26},
                {**CLAIM, "key": "d", "id": "clm_" + "0" * 26},
                {**CLAIM, "joins": "c"},
            ],
            1,
            [(2, "id"), (3, "key")],
        ),
        ([SOURCE, {**CLAIM, "fact_checks": [{**CHECK, "original": {"a": {"b": ["\x00"]}}}]}], 1, [(2, "")]),
        ([SOURCE, {**CLAIM, "fact_checks": [{**CHECK, "original": {"\ud800": 1}}]}], 1, [(2, "")]),
        (
            [
                SOURCE,
                {**CLAIM, "fact_checks": [{**CHECK, "original": {"a": 10**4000, "b": 1e308, "c": 5e-324, "d": -0.0}}]},
            ],
            2,
            [],
        ),
    ],
    ids=lambda value: json.dumps(value)[-40:],
)
def test_import_rows_that_contradict_each_other(
    api: TestClient, editor: Headers, rows: list[dict[str, Any]], created: int, refusals: list[tuple[int, str]]
) -> None:
    content = "\n".join(map(json.dumps, rows)).encode()

    first, second = (post_import(api, editor, content, format="attest_json") for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200), first.text
    assert (first.json()["created"], second.json()["created"]) == (created, 0)
    assert [(refusal["line"], refusal["field"]) for refusal in second.json()["refusals"]] == refusals
    strict = post_import(api, editor, content, format="attest_json", strict="true")
    assert strict.status_code == (422 if refusals else 200)
    assert api.get("claims").status_code == 200
    assert api.get("export").status_code == 200


def test_a_note_on_an_unknown_claim_changes_no_other_claim(api: TestClient, editor: Headers, record: Record) -> None:
    """In particular not a claim that has no key."""
    other_claim = record("claims")

    row = json.dumps({"record": "note", "claim": "unknown", "note": "Corrected."}).encode()
    report = post_import(api, editor, row, format="attest_json").json()

    assert (report["refused"], report["revised"]) == (1, 0)
    assert api.get(f"claims/{other_claim['id']}").json()["note"] is None


def test_a_claim_may_have_as_much_text_as_fits_in_a_body(api: TestClient, editor: Headers, record: Record) -> None:
    """PostgreSQL limits a full-text vector to one megabyte."""
    source_id = record("sources")["id"]
    syllables = [chr(0xAC00 + number * 7919 % 11_172) for number in range(40_000)]
    quotes = ["".join(syllables[number:] + syllables[:number]) for number in range(7)]
    attributions = [{"source": source_id, "stance": "asserts", "quote": {"exact": quote}} for quote in quotes]
    body = {"kind": "other", "statement": quotes[0], "stage": "published", "attributions": attributions}
    headers = {**editor, "Content-Type": "application/json"}

    response = api.post("claims", content=json.dumps(body, ensure_ascii=False).encode(), headers=headers)

    assert response.status_code == 201, response.text[:200]
    items = api.get("claims", params={"q": quotes[0][100:120]}).json()["items"]
    assert [item["id"] for item in items] == [response.json()["id"]]


# --- values that no schema may accept ---

FORBIDDEN_VALUES: tuple[Any, ...] = ("a\x00b", "\ud800", "a\udfff", float("nan"), float("inf"), -float("inf"))

UNCHECKED_PARAMETERS = {
    "cursor": "is verified by its signature and never stored",
    "q": "is split into words, which cannot contain NUL",
    "format": "is compared with the names of the formats",
    "encoding": "is compared with the names of the encodings",
}
"""Query parameters that accept any text, and why this does no harm."""


def input_schemas() -> dict[str, type[Schema]]:
    """Every schema of input, by module and name."""
    for module in walk_packages(schemas.__path__, "app.schemas."):
        import_module(module.name)
    schemas_by_name, pending = {}, list(Schema.__subclasses__())
    while pending:
        schema = pending.pop()
        pending += schema.__subclasses__()
        schemas_by_name[f"{schema.__module__.rpartition('.')[2]}.{schema.__name__}"] = schema
    return schemas_by_name


@pytest.mark.parametrize("schema", [pytest.param(schema, id=name) for name, schema in sorted(input_schemas().items())])
def test_no_field_accepts_forbidden_values(schema: type[Schema]) -> None:
    """Validation refuses values that a database cannot store, or that would break every later response."""
    for name, field in schema.model_fields.items():
        if name in UNCHECKED_PARAMETERS:
            continue
        field_type: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        adapter: TypeAdapter[Any] = TypeAdapter(field_type)
        for forbidden in FORBIDDEN_VALUES:
            values = [
                forbidden,
                [forbidden],
                {"a": forbidden},
                {"a": [{"b": forbidden}]},
                {forbidden: 1},
                {"a": {forbidden: 1}},
            ]
            if isinstance(forbidden, str):
                # At the end of valid text.
                values += [
                    valid + forbidden for valid in ("https://a.example/", "2025-01-12", "en", "clm_" + "0" * 26, "ü")
                ]
            for value in values:
                with pytest.raises(ValidationError):
                    adapter.validate_python(value)
