"""The desk asks whether quotes and figures of a claim stand in the captures of its documents."""

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

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]
Capture = Callable[[str, bytes], str]

UKRAINIAN = html("<p>«В Курській області — близько 11\u00a0тисяч військових КНДР», — сказав він.</p>")
FIGURE = {"metric": "present", "unit": "soldiers"}


@pytest.fixture
def capture(api: TestClient, editor: Headers) -> Capture:
    """Hand over a file as a capture of a document; the id of the capture."""

    def post(document: str, data: bytes) -> str:
        answer = api.post(f"documents/{document}/captures", content=data, headers=editor)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return post


@pytest.fixture
def check(api: TestClient, key_of: KeyOf) -> Callable[[str], list[dict[str, Any]]]:
    """The checks of a claim, as a fact-checker gets them."""

    def get(claim: str) -> list[dict[str, Any]]:
        answer = api.get(f"claims/{claim}/figures/check", headers=key_of(Role.FACT_CHECKER))
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    return get


def test_quotes_passages_and_figures_are_looked_up(
    record: Record, capture: Capture, check: Callable[[str], list[dict[str, Any]]]
) -> None:
    source, briefing, study, lost = (
        record("sources")["id"],
        *(record("documents", title=title)["id"] for title in ("Briefing", "Study", "Lost")),
    )
    said = {"source": source, "stance": "asserts", "document": briefing}
    claim = record(
        "claims",
        quantities=[
            {**FIGURE, "qualifier": "about", "best": 11000, "verbatim": "близько 11 тисяч", "verbatim_language": "uk"},
            {**FIGURE, "qualifier": "between", "low": 10000, "high": 11000},
            {**FIGURE, "qualifier": "vague", "verbatim": "десятки тисяч"},
            {**FIGURE, "qualifier": "at_least", "low": 11000},
        ],
        attributions=[
            {**said, "quote": {"exact": "близько 11 тисяч військових КНДР", "prefix": "області – ", "suffix": '"'}},
            {**said, "quote": {"exact": "близько 12 тисяч"}},
            {**said, "document": lost, "quote": {"exact": "близько 11 тисяч"}},
            {**said, "document": None, "quote": {"exact": "близько 11 тисяч"}},
            {**said, "withdrawn": True, "quote": {"exact": "withdrawn"}},
            said,
        ],
    )
    page = capture(briefing, UKRAINIAN)
    first, second = capture(study, pdf("Nothing here.")), capture(study, pdf("x", "Some 11,000 men (sic)."))
    shown = {"claim": claim["id"], "document": study, "role": "supports", "quote": {"exact": "Some 11,000 men"}}
    record("evidence", **shown)
    record("evidence", **shown, capture=first)
    record("evidence", **shown, withdrawn=True)
    record("evidence", **{**shown, "quote": None})

    items = check(claim["id"])

    told = [(one["about"], one["position"], one["result"]) for one in items]
    assert told == [
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
    ids = [one["id"] for one in claim["attributions"]]
    assert [one["id"] for one in items[:4]] == ids[:4]
    quote, _other, uncaptured, unplaced, passage = items[:5]
    assert quote["looked_for"] == "близько 11 тисяч військових КНДР"
    assert quote["captures"] == [
        {
            "capture_id": page,
            "document_id": briefing,
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
    assert {one["capture_id"]: (one["result"], one["where"]) for one in passage["captures"]} == {
        first: ("not_found", None),
        second: ("found", "page 2"),
    }
    assert [one["looked_for"] for one in items[6:]] == ["близько 11 тисяч", "10000, 11000", "десятки тисяч", "11000"]
    assert items[9]["reason"] == "The number is in the text."


def test_a_capture_that_cannot_be_read_leaves_it_open(
    record: Record, capture: Capture, check: Callable[[str], list[dict[str, Any]]]
) -> None:
    document = record("documents")["id"]
    said = {"source": record("sources")["id"], "stance": "asserts", "document": document, "quote": {"exact": "Words."}}
    claim = record("claims", attributions=[said], quantities=[{**FIGURE, "qualifier": "exact", "best": 0.5}])["id"]

    assert [one["result"] for one in check(claim)] == ["not_checkable", "not_checkable"]
    assert check(claim)[1]["reason"] == "No document that asserts the claim has a capture."
    capture(document, html("<p>Nothing.</p>"))
    assert [one["result"] for one in check(claim)] == ["not_found", "not_found"]
    capture(document, PNG)
    assert [(one["result"], one["reason"]) for one in check(claim)] == [
        ("not_checkable", "The file is an image, which has no text to search.")
    ] * 2
    capture(document, html("<p>Words. 0,5</p>"))
    assert [one["result"] for one in check(claim)] == ["found", "found"]


def test_so_many_captures_are_looked_into_and_no_more(
    record: Record,
    capture: Capture,
    check: Callable[[str], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figure_checks, "MAX_CAPTURES", 1)
    document = record("documents")["id"]
    said = {"source": record("sources")["id"], "stance": "asserts", "document": document, "quote": {"exact": "Words."}}
    claim = record("claims", attributions=[said])["id"]
    for number in range(2):
        capture(document, html(f"<p>Nothing {number}.</p>"))

    ((one, two),) = [item["captures"] for item in check(claim)]
    assert (one["result"], two["result"]) == ("not_found", "not_checkable")
    assert two["reason"] == "Only 1 captures are searched for one claim."


@contextmanager
def others_are_read() -> Iterator[None]:
    """As many other files are being read as may be at a time."""
    for _ in range(sandbox.MAX_RUNNING):
        assert sandbox._slots.acquire(blocking=False)
    try:
        yield
    finally:
        sandbox._slots.release(sandbox.MAX_RUNNING)


def test_only_so_many_checks_wait_and_readers_do_not_wait_for_them(
    api: TestClient, record: Record, capture: Capture, key_of: KeyOf
) -> None:
    document = record("documents")["id"]
    said = {"source": record("sources")["id"], "stance": "asserts", "document": document, "quote": {"exact": "Words."}}
    path = f"claims/{record('claims', attributions=[said])['id']}/figures/check"
    capture(document, html(f"<p>Words. {document}</p>"))  # which nobody has asked about before
    headers = key_of(Role.FACT_CHECKER)
    places = sandbox.MAX_RUNNING + sandbox.MAX_WAITING

    with ThreadPoolExecutor(places + 1) as pool:
        with others_are_read():
            asked = [pool.submit(api.get, path, headers=headers) for _ in range(places + 1)]
            told, waiting = wait(asked, return_when=FIRST_COMPLETED)
            # There are more that wait than threads that read.
            read = api.get("claims?q=soldiers")
            assert not any(one.done() for one in waiting)
        answers = [one.result() for one in waiting]

    assert (read.status_code, len(read.json()["items"])) == (200, 1)
    (one_too_many,) = (one.result() for one in told)
    assert_problem(one_too_many, 503)
    assert one_too_many.headers["Retry-After"] == "10"
    assert [one.json()["items"][0]["result"] for one in answers] == ["found"] * places
    assert api.get(path, headers=headers).status_code == 200


def test_the_desk_alone_may_ask(api: TestClient, key_of: KeyOf, record: Record, database: Database) -> None:
    path = f"claims/{record('claims')['id']}/figures/check"

    assert_problem(api.get(path), 401)
    assert_problem(api.get(path, headers=key_of(Role.READER)), 403)
    assert api.get(path, headers=key_of(Role.FACT_CHECKER)).json() == {"items": []}
    assert_problem(api.get("claims/clm_x/figures/check", headers=key_of(Role.FACT_CHECKER)), 404)


def test_other_services_get_plain_results(
    api: TestClient, record: Record, capture: Capture, database: Database
) -> None:
    document = record("documents")["id"]
    said = {"source": record("sources")["id"], "stance": "asserts", "document": document, "quote": {"exact": "Words."}}
    claim = record("claims", attributions=[said])["id"]
    capture(document, html("<p>Words.</p>"))
    store = api.app.state.store  # type: ignore[attr-defined]  # the client knows it as a bare ASGI application

    with database.reading() as connection:
        (item,) = figure_checks.run_lookups(store, figure_checks.plan_lookups(connection, claim)).items

    assert (item.about, item.result) == ("attribution", "found")
