"""Checks whether the quotes and figures of a claim occur in the captures of its documents."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import sandbox
from app.db.engine import Database
from app.services.captures import figure_checks
from app.vocabulary import Role
from tests.support.files import PNG, html, pdf
from tests.support.problems import assert_problem
from tests.support.retractions import RECORDED_WRONGLY

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]
Capture = Callable[[str, bytes], str]

UKRAINIAN = html("<p>«В Курській області — близько 11\u00a0тисяч військових КНДР», — сказав він.</p>")
FIGURE = {"metric": "present", "unit": "soldiers"}


@pytest.fixture
def upload_capture(api: TestClient, editor: Headers) -> Capture:
    """Upload a file as a capture of a document and return the id of the capture."""

    def post(document: str, data: bytes) -> str:
        response = api.post(f"documents/{document}/captures", content=data, headers=editor)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    return post


@pytest.fixture
def check(api: TestClient, key_of: KeyOf) -> Callable[[str], list[dict[str, Any]]]:
    """The checks of a claim, read with a fact-checker's key."""

    def get(claim: str) -> list[dict[str, Any]]:
        response = api.get(f"claims/{claim}/figures/check", headers=key_of(Role.FACT_CHECKER))
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    return get


def test_quotes_passages_and_figures_are_searched_in_captures(
    record: Record, upload_capture: Capture, check: Callable[[str], list[dict[str, Any]]]
) -> None:
    source, briefing, study, uncaptured_document = (
        record("sources")["id"],
        *(record("documents", title=title)["id"] for title in ("Briefing", "Study", "Lost")),
    )
    attribution = {"source": source, "stance": "asserts", "document": briefing}
    claim = record(
        "claims",
        quantities=[
            {**FIGURE, "qualifier": "about", "best": 11000, "verbatim": "близько 11 тисяч", "verbatim_language": "uk"},
            {**FIGURE, "qualifier": "between", "low": 10000, "high": 11000},
            {**FIGURE, "qualifier": "vague", "verbatim": "десятки тисяч"},
            {**FIGURE, "qualifier": "at_least", "low": 11000},
        ],
        attributions=[
            {
                **attribution,
                "quote": {"exact": "близько 11 тисяч військових КНДР", "prefix": "області – ", "suffix": '"'},
            },
            {**attribution, "quote": {"exact": "близько 12 тисяч"}},
            {**attribution, "document": uncaptured_document, "quote": {"exact": "близько 11 тисяч"}},
            {**attribution, "document": None, "quote": {"exact": "близько 11 тисяч"}},
            {**attribution, "retraction": RECORDED_WRONGLY, "quote": {"exact": "withdrawn"}},
            attribution,
        ],
    )
    page = upload_capture(briefing, UKRAINIAN)
    first, second = (
        upload_capture(study, pdf("Nothing here.")),
        upload_capture(study, pdf("x", "Some 11,000 men (sic).")),
    )
    evidence = {"claim": claim["id"], "document": study, "role": "supports", "quote": {"exact": "Some 11,000 men"}}
    record("evidence", **evidence)
    record("evidence", **evidence, capture=first)
    record("evidence", **evidence, withdrawn=True)
    record("evidence", **{**evidence, "quote": None})

    items = check(claim["id"])

    results = [(item["about"], item["position"], item["result"]) for item in items]
    assert results == [
        ("attribution", None, "found"),
        ("attribution", None, "not_found"),
        ("attribution", None, "not_checkable"),
        ("attribution", None, "not_checkable"),
        ("evidence", None, "found"),
        ("evidence", None, "not_found"),
        ("quantity", 0, "found"),
        ("quantity", 1, "not_found"),
        ("quantity", 2, "not_found"),
        ("quantity", 3, "found"),
    ]
    ids = [attribution["id"] for attribution in claim["attributions"]]
    assert [item["id"] for item in items[:4]] == ids[:4]
    quote, _other, uncaptured, unplaced, passage = items[:5]
    assert quote["looked_for"] == "близько 11 тисяч військових КНДР"
    assert quote["captures"] == [
        {
            "capture_id": page,
            "document_id": briefing,
            "transcript_of": None,
            "result": "found",
            "reason": "The words are in the text.",
            "where": None,
            "excerpt": 'Briefing "В Курській області - близько 11 тисяч військових КНДР", - сказав він.',
        }
    ]
    assert (uncaptured["reason"], unplaced["reason"]) == (
        "Its document has no capture.",
        "It names no document.",
    )
    assert {
        upload_capture["capture_id"]: (upload_capture["result"], upload_capture["where"])
        for upload_capture in passage["captures"]
    } == {
        first: ("not_found", None),
        second: ("found", "page 2"),
    }
    assert [item["looked_for"] for item in items[6:]] == ["близько 11 тисяч", "10000, 11000", "десятки тисяч", "11000"]
    assert items[9]["reason"] == "The number is in the text."


def test_an_unreadable_capture_makes_the_result_not_checkable(
    record: Record, upload_capture: Capture, check: Callable[[str], list[dict[str, Any]]]
) -> None:
    document = record("documents")["id"]
    attribution = {
        "source": record("sources")["id"],
        "stance": "asserts",
        "document": document,
        "quote": {"exact": "Words."},
    }
    claim = record("claims", attributions=[attribution], quantities=[{**FIGURE, "qualifier": "exact", "best": 0.5}])[
        "id"
    ]

    assert [item["result"] for item in check(claim)] == ["not_checkable", "not_checkable"]
    assert check(claim)[1]["reason"] == "No document that asserts the claim has a capture."
    upload_capture(document, html("<p>Nothing.</p>"))
    assert [item["result"] for item in check(claim)] == ["not_found", "not_found"]
    upload_capture(document, PNG)
    assert [(item["result"], item["reason"]) for item in check(claim)] == [
        ("not_checkable", "The file is an image, which has no text to search.")
    ] * 2
    upload_capture(document, html("<p>Words. 0,5</p>"))
    assert [item["result"] for item in check(claim)] == ["found", "found"]


def test_the_number_of_captures_searched_is_limited(
    record: Record,
    upload_capture: Capture,
    check: Callable[[str], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figure_checks, "MAX_CAPTURES", 1)
    document = record("documents")["id"]
    attribution = {
        "source": record("sources")["id"],
        "stance": "asserts",
        "document": document,
        "quote": {"exact": "Words."},
    }
    claim = record("claims", attributions=[attribution])["id"]
    for number in range(2):
        upload_capture(document, html(f"<p>Nothing {number}.</p>"))

    ((first, second),) = [item["captures"] for item in check(claim)]
    assert (first["result"], second["result"]) == ("not_found", "not_checkable")
    assert second["reason"] == "Only 1 captures are searched for one claim."


@contextmanager
def all_slots_in_use() -> Iterator[None]:
    """Occupy all slots of the sandbox, as if other files were being read."""
    for _ in range(sandbox.MAX_RUNNING):
        assert sandbox._slots.acquire(blocking=False)
    try:
        yield
    finally:
        sandbox._slots.release(sandbox.MAX_RUNNING)


def test_waiting_checks_are_limited_and_do_not_delay_readers(
    api: TestClient, record: Record, upload_capture: Capture, key_of: KeyOf
) -> None:
    document = record("documents")["id"]
    attribution = {
        "source": record("sources")["id"],
        "stance": "asserts",
        "document": document,
        "quote": {"exact": "Words."},
    }
    path = f"claims/{record('claims', attributions=[attribution])['id']}/figures/check"
    upload_capture(document, html(f"<p>Words. {document}</p>"))  # unique, so that no cached result exists
    headers = key_of(Role.FACT_CHECKER)
    capacity = sandbox.MAX_RUNNING + sandbox.MAX_WAITING

    with ThreadPoolExecutor(capacity + 1) as pool:
        with all_slots_in_use():
            requests = [pool.submit(api.get, path, headers=headers) for _ in range(capacity + 1)]
            completed, waiting = wait(requests, return_when=FIRST_COMPLETED)
            # More checks wait than there are threads for requests.
            claims_response = api.get("claims?q=soldiers")
            assert not any(request.done() for request in waiting)
        responses = [request.result() for request in waiting]

    assert (claims_response.status_code, len(claims_response.json()["items"])) == (200, 1)
    (rejected,) = (request.result() for request in completed)
    assert_problem(rejected, 503)
    assert rejected.headers["Retry-After"] == "10"
    assert [response.json()["items"][0]["result"] for response in responses] == ["found"] * capacity
    assert api.get(path, headers=headers).status_code == 200


def test_only_the_desk_can_request_checks(api: TestClient, key_of: KeyOf, record: Record) -> None:
    path = f"claims/{record('claims')['id']}/figures/check"

    assert_problem(api.get(path), 401)
    assert_problem(api.get(path, headers=key_of(Role.READER)), 403)
    assert api.get(path, headers=key_of(Role.FACT_CHECKER)).json() == {"items": []}
    assert_problem(api.get("claims/clm_x/figures/check", headers=key_of(Role.FACT_CHECKER)), 404)


def test_the_service_function_returns_the_results(
    api: TestClient, record: Record, upload_capture: Capture, database: Database
) -> None:
    document = record("documents")["id"]
    attribution = {
        "source": record("sources")["id"],
        "stance": "asserts",
        "document": document,
        "quote": {"exact": "Words."},
    }
    claim = record("claims", attributions=[attribution])["id"]
    upload_capture(document, html("<p>Words.</p>"))
    store = api.app.state.store  # type: ignore[attr-defined]  # the client knows it as a bare ASGI application

    with database.reading() as connection:
        (item,) = figure_checks.run_lookups(store, figure_checks.plan_lookups(connection, claim)).items

    assert (item.about, item.result) == ("attribution", "found")


def test_the_language_of_the_document_decides_what_a_multiplier_means(
    record: Record, upload_capture: Capture, check: Callable[[str], list[dict[str, Any]]]
) -> None:
    results = {}
    for language in ("tr", "de", None):
        document = record("documents", language=language)["id"]
        upload_capture(document, html(f"<p>5 bin.</p><!-- {language} -->"))
        attribution = {"source": record("sources")["id"], "stance": "asserts", "document": document}
        claim = record(
            "claims", attributions=[attribution], quantities=[{**FIGURE, "qualifier": "exact", "best": 5000}]
        )
        (results[language],) = [item["result"] for item in check(claim["id"])]

    assert results == {"tr": "found", "de": "not_checkable", None: "not_checkable"}
