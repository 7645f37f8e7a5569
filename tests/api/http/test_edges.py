"""Requests at the edges of what is allowed: moments, tags that proxies changed, deceptive characters, addresses."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.problems import assert_problem

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

MOMENTS = (
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "0001-01-02",
    "0001-01-29",
    "0001-01-30T23:59:59.999999Z",
    "1000-01-01",
)


def test_no_read_of_the_past_fails_at_the_edge_of_the_calendar(api: TestClient, record: Record) -> None:
    claim, topic = record("claims"), record("topics")
    paths: dict[str, Any] = api.get("openapi.json").json()["paths"]
    ids = {"claims": claim["id"], "topics": topic["id"]}
    readable = [
        (path, methods["get"])
        for path, methods in paths.items()
        if any(parameter["name"] == "as_of" for parameter in methods.get("get", {}).get("parameters", []))
    ]
    assert len(readable) > 15
    for template, _operation in readable:
        noun = template.removeprefix("/api/v1/").partition("/")[0]
        path = template.removeprefix("/api/v1/").replace("{identifier}", ids.get(noun, "src_x"))
        for moment in MOMENTS:
            response = api.get(path, params={"as_of": moment}, follow_redirects=False)
            assert response.status_code < 500, (path, moment, response.text)


def test_a_plus_that_became_a_space_is_explained(api: TestClient) -> None:
    problem = assert_problem(api.get("claims?as_of=2025-01-12T18:00:00+01:00"), 422)
    assert "%2B" in problem["errors"][0]["message"]
    assert api.get("claims?as_of=2025-01-12T18:00:00%2B01:00").status_code == 200


@pytest.mark.parametrize("change", ['W/"{}"', '"{}-gzip"', '"{}-br"', 'W/"{}-zstd"', '"x", "{}-gzip"'])
def test_tags_that_proxies_changed_are_understood(
    api: TestClient, record: Record, editor: Headers, change: str
) -> None:
    for plural in ("claims", "sources"):
        path = f"{plural}/{record(plural)['id']}"
        tag = api.get(path, headers=editor).headers["ETag"].strip('"')
        changed = change.format(tag)
        assert api.get(path, headers={**editor, "If-None-Match": changed}).status_code == 304
        body = {"reason": "So.", **({"note": "N"} if plural == "claims" else {"description": "D"})}
        corrected = api.patch(path, json=body, headers={**editor, "If-Match": changed})
        assert corrected.status_code == 200, corrected.text
        assert_problem(api.patch(path, json={**body, "reason": "Late."}, headers={**editor, "If-Match": changed}), 412)


DECEPTIVE = ("\u202e", "\u202a", "\u2066", "\u2069", "\ufdd0", "\uffff", "\U0001fffe")


@pytest.mark.parametrize("character", DECEPTIVE)
def test_deceptive_characters_are_refused_in_our_own_words_and_kept_in_those_of_others(
    api: TestClient, record: Record, editor: Headers, character: str
) -> None:
    text = f"sol{character}diers"
    bodies: dict[str, list[dict[str, Any]]] = {
        "sources": [{"name": text, "kind": "ngo"}, {"name": "N", "kind": "ngo", "description": text}],
        "topics": [{"title": text, "subject": "soldiers", "metric_family": "strength"}],
        "claims": [
            {"kind": "other", "statement": text},
            {"kind": "other", "statement": "S", "key": text},
            {"kind": "other", "statement": "S", "note": text},
        ],
    }
    for plural, requests in bodies.items():
        for body in requests:
            (error,) = assert_problem(api.post(plural, json=body, headers=editor), 422)["errors"]
            assert body[error["field"]] == text
            assert f"U+{ord(character):04X}" in error["message"]
    source = record("sources")["id"]
    quoted = [{"source": source, "stance": "asserts", "quote": {"exact": text}}]
    claim = record("claims", statement="It is kept.", attributions=quoted)
    assert claim["attributions"][0]["quote"]["exact"] == text


@pytest.mark.parametrize(
    ("address", "stored"),
    [
        (
            "https://doi.org/10.1002/(SICI)1096-8644(199601)99:1<1::AID-AJPA1>3.0.CO;2-1",
            "https://doi.org/10.1002/(SICI)1096-8644(199601)99:1%3C1::AID-AJPA1%3E3.0.CO;2-1",
        ),
        ("https://a.example/a|b?q={x}", "https://a.example/a%7Cb?q=%7Bx%7D"),
        ('https://a.example/"quoted"', "https://a.example/%22quoted%22"),
        ("https://a.example/%3C1%3E", "https://a.example/%3C1%3E"),
    ],
)
def test_addresses_with_characters_that_must_be_encoded_are_encoded(
    api: TestClient, record: Record, address: str, stored: str
) -> None:
    document = record("documents", url=address)
    assert document["url"] == stored
    assert [item["id"] for item in api.get("documents", params={"url": address}).json()["items"]] == [document["id"]]


@pytest.mark.parametrize(
    "address", ["https://a<b.example/", "https://a b.example", "ftp://a.example/", "https://u@a.example/"]
)
def test_what_is_no_address_is_still_refused(api: TestClient, editor: Headers, address: str) -> None:
    body = {"kind": "article", "url": address}
    assert [
        error["field"] for error in assert_problem(api.post("documents", json=body, headers=editor), 422)["errors"]
    ] == ["url"]
