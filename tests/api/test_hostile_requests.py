"""What nobody should send: it gets a problem document that says so, breaks nothing, and none of it is kept.

An answer of 5xx is always our fault, 503 included: nothing in here keeps the database busy.
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

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

ROOT = "http://testserver"
"""Before a path from the root; other paths stand below /api/v1."""

NOUNS = ("claims", "topics", "sources", "documents", "attributions", "evidence", "relations")

# The database is made once for all examples: what one example does, the others must survive.
fuzzed = configured(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def faults(answers: Iterator[tuple[str, Response]], *allowed: int) -> list[str]:
    """Answers that are neither a clean refusal nor one of the `allowed` statuses."""
    return [
        f"{what[:120]!r}: {answer.status_code} {answer.text[:200]}"
        for what, answer in answers
        if answer.status_code not in allowed and not is_refusal(answer)
    ]


def is_refusal(answer: Response) -> bool:
    """True for a 4xx with a problem document that agrees with it."""
    if not 400 <= answer.status_code < 500 or answer.headers["content-type"] != "application/problem+json":
        return False
    body = answer.json()
    return body["status"] == answer.status_code and bool(body["title"]) and bool(body["detail"])


def is_sound(answer: Response) -> bool:
    """True for a success or a clean refusal."""
    return answer.status_code < 400 or is_refusal(answer)


@pytest.fixture
def world(api: TestClient, editor: Headers, record: Record) -> dict[str, dict[str, Any]]:
    """One of each noun, and the least that another one like it needs."""
    speaker = record("sources")
    paper = record("documents")
    first, second = record("claims"), record("claims")
    least: dict[str, dict[str, Any]] = {
        "claims": {"kind": "troop_estimate", "statement": "Soldiers are there."},
        "topics": {"title": "How many?", "subject": "soldiers", "metric_family": "strength"},
        "sources": {"name": "A ministry", "kind": "government"},
        "documents": {"kind": "article"},
        "attributions": {"claim": first["id"], "source": speaker["id"], "stance": "asserts"},
        "evidence": {"claim": first["id"], "document": paper["id"], "role": "context"},
        "relations": {"claim": first["id"], "other_claim": second["id"], "relation": "refines"},
    }
    handed_over = api.post(f"documents/{paper['id']}/captures", content=b"<p>Words.</p>", headers=editor).json()
    made = {"claims": first, "sources": speaker, "documents": paper, "captures": handed_over}
    made |= {noun: record(noun, **least[noun]) for noun in ("topics", "attributions", "evidence", "relations")}
    return {noun: {"id": one["id"], "least": least.get(noun, {})} for noun, one in made.items()}


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


def test_identifiers(api: TestClient) -> None:
    def answers() -> Iterator[tuple[str, Response]]:
        for one in IDENTIFIERS:
            for path in (
                *(f"{noun}/{one}" for noun in NOUNS),
                *(f"captures/{one}{part}" for part in ("", "/content")),
                f"claims/{one}/figures/check",
                *(f"claims/{one}/{part}" for part in ("history", "reviews", "independence-rulings", "versions/1")),
                f"topics/{one}/estimates",
            ):
                yield path, api.get(path)

    # "..", once resolved, is the list itself.
    assert faults((what, answer) for what, answer in answers() if "/.." not in what) == []


@pytest.mark.parametrize(
    "version",
    ["0", "-1", "2147483648", "9223372036854775808", "1.0", "1_0", "+1", "%201", "01", "1e0", "٣", "9" * 5000],
)
def test_a_version_has_one_address(api: TestClient, record: Record, version: str) -> None:
    identifier = record("claims")["id"]

    assert api.get(f"claims/{identifier}/versions/1").status_code == 200
    assert api.get(f"claims/{identifier}/versions/2147483647").status_code == 404
    assert is_refusal(api.get(f"claims/{identifier}/versions/{version}"))


def test_only_the_one_spelling_of_a_path_is_served(api: TestClient) -> None:
    """No redirect either: it would be built from the Host header, and behind a proxy send a key over plain http."""
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

    assert faults((path, api.get(f"http://evil.example{path}", follow_redirects=False)) for path in paths) == []


def test_methods(api: TestClient, editor: Headers) -> None:
    for method in ("PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS", "PROPFIND"):
        answer = api.request(method, "claims", headers=editor)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST"), method
        assert is_refusal(answer)
    assert api.request("PUT", "imports", headers=editor).headers["Allow"] == "POST"


def test_head_is_get_without_the_body(api: TestClient, record: Record) -> None:
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


def test_parameters(api: TestClient, world: dict[str, dict[str, Any]]) -> None:
    """Every value in every parameter, on one of the routes that have it: an answer or a refusal."""

    def answers() -> Iterator[tuple[str, Response]]:
        seen: set[str] = set()
        for path, names in parameters(api).items():
            address = path.format(identifier=world[path.split("/")[3]]["id"]) if "{" in path else path
            for name in names:
                for value in VALUES if name not in seen else ():
                    yield f"{path} {name}={value}", api.get(ROOT + address, params={name: value})
                seen.add(name)

    assert faults(answers(), 200) == []


def parameters(api: TestClient) -> dict[str, list[str]]:
    """The query parameters of each route that reads, by its path."""
    paths: dict[str, Any] = api.get("openapi.json").json()["paths"]
    return {
        path: [
            one["name"]
            for one in operations["get"].get("parameters", [])
            # Words of closed lists are all checked alike; `sort` stands for them.
            if one["in"] == "query" and "$ref" not in json.dumps(one["schema"])
        ]
        for path, operations in paths.items()
        # What takes a key takes no parameters.
        if {} in operations.get("get", {}).get("security", []) and "{version}" not in path
    }


def test_a_parameter_that_nobody_knows_is_refused_everywhere(
    api: TestClient, key_of: Callable[[Role], Headers], world: dict[str, dict[str, Any]]
) -> None:
    """`?dry_run=true` that is passed over in silence would be a record that nobody meant to make."""
    for path, operations in api.get("openapi.json").json()["paths"].items():
        identifier = world.get(path.split("/")[3], {"id": "nobody"})["id"]
        address = path.format(identifier=identifier, version=1) if "{" in path else path
        for method in operations:
            headers = {**key_of(Role.ADMIN), "If-Match": "*", "Content-Type": "application/json"}
            answer = api.request(method, ROOT + address, params={"nonsense": "1"}, headers=headers, content=b"{}")
            assert answer.status_code == 422, (method, path, answer.text)
            assert "nonsense" in [fault["field"] for fault in answer.json()["errors"]]


@fuzzed
@given(st.data())
def test_any_parameters(api: TestClient, data: st.DataObject) -> None:
    known = {path: names for path, names in parameters(api).items() if "{" not in path}
    path = data.draw(st.sampled_from(sorted(known)))
    names = st.one_of(st.sampled_from(known[path]), st.text(max_size=10)) if known[path] else st.text(max_size=10)
    values = st.one_of(st.sampled_from(VALUES), st.text(max_size=50), st.dates().map(str), st.integers().map(str))
    asked: Any = data.draw(st.lists(st.tuples(names, values), max_size=4))

    assert is_sound(api.get(ROOT + path, params=asked))


@fuzzed
@given(st.one_of(st.text(max_size=300), st.binary(max_size=100).map(lambda some: some.decode("latin-1"))))
def test_any_cursor(api: TestClient, cursor: str) -> None:
    assert is_refusal(api.get("claims", params={"cursor": cursor}))


def test_a_cursor_that_was_tampered_with(api: TestClient, record: Record) -> None:
    for _ in range(3):
        record("claims")
        record("sources")
    cursor = api.get("claims", params={"limit": 1}).json()["next"]
    assert api.get("claims", params={"limit": 1, "cursor": cursor}).status_code == 200

    def answers() -> Iterator[tuple[str, Response]]:
        for place in range(len(cursor)):
            altered = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
            # The last character of base64 has bits that mean nothing.
            if place < len(cursor) - 1:
                yield altered, api.get("claims", params={"limit": 1, "cursor": altered})
        yield "cut", api.get("claims", params={"limit": 1, "cursor": cursor[:-5]})
        yield "another order", api.get("claims", params={"limit": 1, "sort": "id", "cursor": cursor})
        yield "another list", api.get("sources", params={"limit": 1, "cursor": cursor})

    assert faults(answers()) == []


# --- headers ---


def latin(**headers: str) -> dict[bytes, bytes]:
    """Headers as they go over the wire, whatever is in them."""
    return {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}


def test_keys(api: TestClient) -> None:
    handle, secret = "\x00bcdefgh", "y" * 32
    checksum = f"{zlib.crc32((handle + secret).encode()):08x}"
    values = (
        *("", "Bearer", "Bearer ", "Basic YTpi", "Bearer " + "x" * 10_000, "Bearer attest_a_b", "bearer attest__"),
        *("Bearer attest_\xe9_x", f"Bearer attest_{handle}_{secret}{checksum}", "Bearer attest_abcdefgh_" + "y" * 40),
    )

    answers = [(one, api.get("claims", headers=latin(Authorization=one))) for one in values]

    assert faults(iter(answers)) == []
    assert {answer.status_code for _value, answer in answers} == {401}
    assert all(answer.headers["WWW-Authenticate"] == "Bearer" for _value, answer in answers)


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 15, "-1", "1e3", "٣", "", "0x10", "1000001"])
def test_content_lengths(api: TestClient, editor: Headers, length: str) -> None:
    headers = latin(Content_Type="application/json", **editor) | {b"Content-Length": length.encode()}

    assert is_refusal(api.post("claims", content=b"{}", headers=headers))


@pytest.mark.parametrize("tag", ["", "x", '"x"', 'W/"1.00"', "\xff", '"' * 1000, ",,,", '"1"' * 500])
def test_entity_tags(api: TestClient, editor: Headers, record: Record, tag: str) -> None:
    path = f"claims/{record('claims')['id']}"

    assert api.get(path, headers=latin(If_None_Match=tag)).status_code == 200
    assert api.get(path, headers={"If-None-Match": "*"}).status_code == 304
    answer = api.patch(path, json={"reason": "x"}, headers=latin(If_Match=tag, **editor))
    assert answer.status_code == 412


def test_every_answer_keeps_browsers_strict(api: TestClient, editor: Headers) -> None:
    """Also those that were made before any route: refusals, and what was not found."""
    answers = [
        api.get("claims"),
        api.get("claims", headers={"Authorization": "x"}),
        api.post("claims", json={}),
        api.post("claims", json={}, headers=editor),
        api.get(f"{ROOT}/nothing"),
        api.get(f"{ROOT}/docs/files/swagger-ui.css"),
        api.get(f"{ROOT}/docs/files/nothing"),
    ]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_documentation_needs_nobody_else(api: TestClient) -> None:
    page = api.get(f"{ROOT}/docs")

    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "//" not in page.text.replace("<!DOCTYPE html>", "")
    for address in ("/docs/start.js", "/docs/files/swagger-ui-bundle.js", "/docs/files/swagger-ui.css"):
        assert address in page.text
        assert api.get(ROOT + address).status_code == 200
    assert api.get(f"{ROOT}/", follow_redirects=False).headers["Location"] == "/docs"


# --- bodies ---

BODIES: tuple[tuple[int, bytes], ...] = (
    *((422, body) for body in (b"", b"[]", b"null", b"1", b'"x"', b"true", b"{}", b"\xef\xbb\xbf{}", b"[{}]")),
    *((400, body) for body in (b"{", b"\xff", b"\x00", b"'x'", b"{} {}", b"NaN", b'{"a":NaN}', b'{"a":-Infinity}')),
    *((400, body) for body in (b'{"a":1e400}', b'{"a":-1e400}', b'{"a":' + b"9" * 5000 + b"}", b'{"kind":1,"kind":1}')),
    *((400, body) for body in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000, "{}".encode("utf-16"))),
    *((400, body) for body in ("{}".encode("utf-32"), b'{"a":{"b":1,"b":2}}', b'{"a":"\xed\xa0\x80"}', b"//\n{}")),
    *((422, body) for body in (b'{"\\ud800":1}', b'{"\\u0000":1}', b'{"a":' + b"[" * 500 + b"]" * 500 + b"}")),
)


def test_bodies(api: TestClient, editor: Headers, world: dict[str, dict[str, Any]]) -> None:
    headers = {**editor, "Content-Type": "application/json", "If-Match": "*"}
    routes = [*(("POST", noun) for noun in NOUNS), *(("PATCH", f"{noun}/{world[noun]['id']}") for noun in NOUNS)]
    routes.append(("POST", f"claims/{world['claims']['id']}/independence-rulings"))
    for method, path in routes:
        for status, body in BODIES:
            answer = api.request(method, path, content=body, headers=headers)
            assert is_refusal(answer), (method, path, body[:60], answer.text)
            assert answer.status_code == status, (method, path, body[:60], answer.text)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", "*/*", "\x01"],
)
def test_bodies_that_do_not_say_that_they_are_json(api: TestClient, editor: Headers, kind: str) -> None:
    answer = api.post("sources", content=b'{"name":"A","kind":"ngo"}', headers={**editor, "Content-Type": kind})

    assert (answer.status_code, is_refusal(answer)) == (415, True)
    assert api.post("sources", content=b'{"name":"A","kind":"ngo"}', headers=editor).status_code == 415


def test_bodies_that_are_too_large(api: TestClient, editor: Headers) -> None:
    headers = {**editor, "Content-Type": "application/json"}
    chunks = (b" " * 100_000 for _ in range(11))

    assert api.post("claims", content=b" " * 1_000_001, headers=headers).status_code == 413
    assert api.post("claims", content=chunks, headers=headers).status_code == 413
    # Whoever has no key learns no more than that.
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

WHOLE: dict[str, dict[str, Any]] = {
    "sources": {
        "name": "A",
        "kind": "ngo",
        "anonymity": "named",
        "parent": None,
        "other_names": ["B"],
        "side": "X",
        "key": "s",
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
                "withdrawn": False,
            }
        ],
        "relations": [],
    },
}
"""Bodies with every field, the claim with all that may hang on it."""


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of a body at which there is a value."""
    if path:
        yield path
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        yield from places(value, (*path, name))


def altered(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at a place."""
    changed = copy.deepcopy(body)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


@fuzzed
@given(noun=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_any_value_in_any_field(
    api: TestClient, editor: Headers, world: dict[str, dict[str, Any]], noun: str, data: st.DataObject
) -> None:
    prepare(api, editor)
    body = {**WHOLE[noun], "key": None}
    changed = altered(body, data.draw(st.sampled_from(list(places(body)))), data.draw(json_values))
    headers = {**editor, "Content-Type": "application/json", "If-Match": "*"}

    answer = api.post(noun, content=json.dumps(changed).encode(), headers=headers)

    assert is_sound(answer), answer.text
    if answer.status_code == 201:
        assert api.get(ROOT + answer.headers["Location"], headers=editor).json() == answer.json()
    # The same as a correction.
    body = {name: value for name, value in changed.items() if name not in (*PARTS, "key")}
    content = json.dumps(body).encode()
    assert is_sound(api.patch(f"{noun}/{world[noun]['id']}", content=content, headers=headers))


PARTS = ("attributions", "evidence", "relations")


def prepare(api: TestClient, editor: Headers) -> None:
    """What `WHOLE` speaks of; nothing if it is there."""
    api.post("sources", json={"name": "S", "kind": "ngo", "key": "s"}, headers=editor)
    api.post("documents", json={"kind": "article", "key": "d"}, headers=editor)


def test_the_whole_bodies_are_whole_and_good(api: TestClient, editor: Headers) -> None:
    """Else the tests above would alter less than they say."""
    prepare(api, editor)
    posts: dict[str, type[Schema]] = {
        "sources": source.SourcePost,
        "topics": topic.TopicPost,
        "documents": document.DocumentPost,
        "claims": claim.ClaimPost,
    }
    for noun, shape in posts.items():
        assert WHOLE[noun].keys() == shape.model_fields.keys()
        answer = api.post(noun, json={**WHOLE[noun], "key": None}, headers=editor)
        assert answer.status_code == 201, answer.text
    parts = WHOLE["claims"]
    assert parts["quantities"][0].keys() == quantity.QuantityCreate.model_fields.keys()
    assert parts["attributions"][0].keys() == attribution.ClaimAttributionCreate.model_fields.keys()
    assert parts["evidence"][0].keys() == evidence.ClaimEvidenceCreate.model_fields.keys()


# --- imports ---


def imported(api: TestClient, editor: Headers, content: bytes, **params: str) -> Response:
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
def test_any_file(api: TestClient, editor: Headers, content: bytes, format: str | None) -> None:
    assert is_sound(imported(api, editor, content, **({} if format is None else {"format": format})))


@fuzzed
@given(noun=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_any_value_in_any_field_of_a_file(api: TestClient, editor: Headers, noun: str, data: st.DataObject) -> None:
    body = {name: value for name, value in WHOLE[noun].items() if name != "reason"} | {"record": noun.removesuffix("s")}
    if noun == "claims":
        check = {"key": "f", "source": "s", "verdict": "V", "original": {"a": [1, "b"]}, "explanation": "E"}
        decided = {"status": "unconfirmed", "rationale": "R", "decided_on": "2025-01-12", "decided_by": "B"}
        body |= {"fact_checks": [check], "reviews": [decided], "joins": None, "id": None}
    lines = [WHOLE["sources"], WHOLE["documents"]]
    known = [{**line, "record": name} for line, name in zip(lines, ("source", "document"), strict=True)]
    changed = altered(body, data.draw(st.sampled_from(list(places(body)))), data.draw(json_values))
    rows = [*({name: line[name] for name in line if name != "reason"} for line in known), body, changed, changed]

    answer = imported(api, editor, "\n".join(map(json.dumps, rows)).encode(), format="attest_json")

    assert answer.status_code == 200, answer.text
    # Whatever was taken can be read and written again.
    assert api.get("claims", params={"stage": "published", "limit": 200}).status_code == 200
    assert api.get("export", params={"format": "attest_csv"}).status_code == 200


@pytest.mark.parametrize(
    ("content", "place", "why"),
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
def test_a_bibtex_file_that_comes_to_more_than_it_says(
    api: TestClient, editor: Headers, content: bytes, place: tuple[int, str], why: str
) -> None:
    answer = imported(api, editor, content, format="bibtex")

    assert answer.status_code == 200, answer.text
    first = answer.json()["refusals"][0]
    assert (first["line"], first["field"]) == place
    assert why in first["reason"]
    assert is_refusal(imported(api, editor, content, format="bibtex", strict="true"))


CLAIM = {"record": "claim", "key": "c", "kind": "troop_estimate", "statement": "S", "stage": "published"}
SOURCE = {"record": "source", "key": "s", "name": "S", "kind": "ngo"}
CHECK = {"key": "k", "source": "s", "original": {}}


@pytest.mark.parametrize(
    "rows",
    [
        [{**CLAIM, "relations": [{"relation": "refines", "other_claim": "d"}] * 2}, {**CLAIM, "key": "d"}],
        [{**CLAIM, "key": "d"}, {**CLAIM, "relations": [{"relation": "refines", "other_claim": "d"}] * 2}],
        [{**CLAIM, "relations": [{"relation": "refines", "other_claim": "c"}]}],
        [SOURCE, {**CLAIM, "fact_checks": [CHECK, CHECK]}],
        [
            CLAIM,
            {"record": "note", "claim": "c", "joins": "c", "note": "N"},
            {"record": "note", "claim": "c", "note": "M"},
        ],
        [
            {**SOURCE, "key": "t", "parent": "t"},
            {**SOURCE, "key": "u", "parent": "v"},
            {**SOURCE, "key": "v", "parent": "u"},
        ],
        [
            {**SOURCE, "id": "src_" + "0" * 26},
            {**SOURCE, "id": "src_" + "1" * 26},
            {**SOURCE, "key": None, "id": "src_" + "0" * 26},
        ],
        [{**CLAIM, "id": "clm_" + "0" * 26}, {**CLAIM, "key": "d", "id": "clm_" + "0" * 26}, {**CLAIM, "joins": "c"}],
        [SOURCE, {**CLAIM, "fact_checks": [{**CHECK, "original": {"a": {"b": ["\x00"]}}}]}],
        [SOURCE, {**CLAIM, "fact_checks": [{**CHECK, "original": {"\ud800": 1}}]}],
        [
            SOURCE,
            {**CLAIM, "fact_checks": [{**CHECK, "original": {"a": 10**4000, "b": 1e308, "c": 5e-324, "d": -0.0}}]},
        ],
    ],
    ids=lambda rows: json.dumps(rows)[-40:],
)
def test_rows_that_contradict_themselves(api: TestClient, editor: Headers, rows: list[dict[str, Any]]) -> None:
    content = "\n".join(map(json.dumps, rows)).encode()

    for _ in range(2):
        answer = imported(api, editor, content, format="attest_json")
        assert answer.status_code == 200, answer.text
    assert imported(api, editor, content, format="attest_json", strict="true").status_code in (200, 422)
    assert api.get("claims").status_code == 200
    assert api.get("export").status_code == 200


def test_a_note_is_never_put_on_some_other_claim(api: TestClient, editor: Headers, record: Record) -> None:
    """A claim without a key is not the claim that a note without one speaks of."""
    bystander = record("claims")

    row = json.dumps({"record": "note", "claim": "unknown", "note": "Corrected."}).encode()
    report = imported(api, editor, row, format="attest_json").json()

    assert (report["refused"], report["revised"]) == (1, 0)
    assert api.get(f"claims/{bystander['id']}").json()["note"] is None


def test_as_much_text_as_a_body_holds_can_be_recorded(api: TestClient, editor: Headers, record: Record) -> None:
    """PostgreSQL refuses a full-text vector of more than a megabyte."""
    speaker = record("sources")["id"]
    syllables = [chr(0xAC00 + number * 7919 % 11_172) for number in range(40_000)]
    quotes = ["".join(syllables[number:] + syllables[:number]) for number in range(7)]
    said = [{"source": speaker, "stance": "asserts", "quote": {"exact": quote}} for quote in quotes]
    body = {"kind": "other", "statement": quotes[0], "stage": "published", "attributions": said}
    headers = {**editor, "Content-Type": "application/json"}

    answer = api.post("claims", content=json.dumps(body, ensure_ascii=False).encode(), headers=headers)

    assert answer.status_code == 201, answer.text[:200]
    found = api.get("claims", params={"q": quotes[0][100:120]}).json()["items"]
    assert [item["id"] for item in found] == [answer.json()["id"]]


# --- what no shape may let in ---

POISONS: tuple[Any, ...] = ("a\x00b", "\ud800", "a\udfff", float("nan"), float("inf"), -float("inf"))

HARMLESS = {
    "cursor": "is checked by its signature and looked up nowhere",
    "q": "is cut into words, none of which can hold NUL",
    "format": "is compared with the formats that there are",
}
"""Fields of parameters that take any text."""


def shapes() -> dict[str, type[Schema]]:
    """Every shape that comes in, by its name."""
    for module in walk_packages(schemas.__path__, "app.schemas."):
        import_module(module.name)
    found, waiting = {}, list(Schema.__subclasses__())
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        found[f"{shape.__module__.rpartition('.')[2]}.{shape.__name__}"] = shape
    return found


@pytest.mark.parametrize("shape", [pytest.param(shape, id=name) for name, shape in sorted(shapes().items())])
def test_no_field_lets_poison_in(shape: type[Schema]) -> None:
    """A row that one database refuses, or that poisons every later answer, is refused by its shape already."""
    for name, field in shape.model_fields.items():
        if name in HARMLESS:
            continue
        kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        checks: TypeAdapter[Any] = TypeAdapter(kind)
        for poison in POISONS:
            values = [poison, [poison], {"a": poison}, {"a": [{"b": poison}]}, {poison: 1}, {"a": {poison: 1}}]
            if isinstance(poison, str):
                # At the end of what is otherwise good.
                values += [good + poison for good in ("https://a.example/", "2025-01-12", "en", "clm_" + "0" * 26, "ü")]
            for value in values:
                with pytest.raises(ValidationError):
                    checks.validate_python(value)
