"""News lines: what is on record on a claim, in a sentence that can be printed."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.formats.english.english_dates import format_edtf

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]

SOURCES: dict[str, dict[str, Any]] = {
    "kr": {"name": "South Korea", "kind": "government"},
    "nis": {"name": "National Intelligence Service", "kind": "intelligence_service", "parent": "kr"},
    "ua": {"name": "Ukraine", "kind": "government"},
    "zelensky": {"name": "Volodymyr Zelensky", "kind": "person", "parent": "ua"},
    "hur": {
        "name": "Ukrainian intelligence",
        "kind": "intelligence_service",
        "parent": "ua",
        "anonymity": "described",
    },
    "west": {"name": "Western intelligence", "kind": "intelligence_service", "anonymity": "described"},
    "officials": {"name": "Western officials", "kind": "government", "anonymity": "described"},
    "us": {"name": "United States", "kind": "government"},
    "pentagon": {"name": "Department of Defense", "kind": "armed_force", "parent": "us"},
    "ru": {"name": "Russia", "kind": "government"},
    "by": {"name": "Belarus", "kind": "government"},
    "paper": {"name": "The Daily Paper", "kind": "news_organisation"},
    "agency": {"name": "The Agency", "kind": "news_organisation"},
    "nobody": {"name": "Source not named", "kind": "other", "anonymity": "unknown"},
}

SEARCH = {"on": "2025-01-12", "where": "Everywhere.", "by": "Desk"}


def said(source: str, stance: str = "asserts", **more: Any) -> dict[str, Any]:
    lineage = "original" if stance not in ("no_statement_found", "denies") else "unknown"
    search = {"search": SEARCH} if stance == "no_statement_found" else {}
    return {"source": source, "stance": stance, "lineage": lineage, **search, **more}


ABOUT = "About 11,000 soldiers are in Kursk."
LINES: list[tuple[str, list[dict[str, Any]], str]] = [
    (ABOUT, [said("nis")], "South Korea's National Intelligence Service said that about 11,000 soldiers are in Kursk"),
    (ABOUT, [said("zelensky")], "Volodymyr Zelensky of Ukraine said that about 11,000 soldiers are in Kursk"),
    (
        ABOUT,
        [said("west", "estimates"), said("hur", "estimates"), said("ru", "no_statement_found")],
        (
            "Western and Ukrainian intelligence estimate that about 11,000 soldiers are in Kursk; "
            "no statement by Russia was found as of 12 January 2025 (searched: Everywhere); not"
        ),
    ),
    (ABOUT, [said("nis", "estimates")], "South Korea's National Intelligence Service estimates that about 11,000"),
    (ABOUT, [said("officials", "estimates")], "Western officials estimate that about"),
    (ABOUT, [said("pentagon", "alleges")], "The United States' Department of Defense alleged that about"),
    (
        ABOUT,
        [said("nis"), said("zelensky", "confirms"), said("ru", "denies")],
        (
            "South Korea's National Intelligence Service said that about 11,000 soldiers are in Kursk; "
            "confirmed by Volodymyr Zelensky of Ukraine; denied by Russia"
        ),
    ),
    (ABOUT, [said("ru", "denies")], "Russia denied that about 11,000 soldiers are in Kursk; not assessed"),
    (
        ABOUT,
        [said("nis"), said("ru", "disputes_figure"), said("by", "declines_to_comment"), said("west", "cannot_verify")],
        (
            "Kursk; the figure is disputed by Russia; Belarus declined to comment; "
            "Western intelligence could not verify it"
        ),
    ),
    (
        ABOUT,
        [said("nis"), said("ru", "no_statement_found"), said("by", "no_statement_found")],
        "Kursk; no statement by Russia or Belarus was found as of 12 January 2025 (searched: Everywhere); not assessed",
    ),
    (ABOUT, [said("nobody")], "It was reported, without a named source, that about 11,000 soldiers are in Kursk; not"),
    (ABOUT, [said("nobody", "speculates")], "It was speculated, without a named source, that about"),
    (ABOUT, [], "About 11,000 soldiers are in Kursk (no source is on record); not assessed by Attest's desk."),
    ("Ukraine is ready to help.", [said("ua")], "Ukraine said that it is ready to help; not assessed"),
    ("Kim Jong Un\nwill come.", [said("ru", "predicts")], "Russia predicted that Kim Jong Un will come; not"),
    (
        ABOUT,
        [said(one) for one in ("nis", "ua", "us", "by", "ru", "west")],
        "South Korea's National Intelligence Service, Ukraine, the United States and 3 others said that about",
    ),
]


@pytest.fixture
def sources(record: Record) -> dict[str, str]:
    """Who speaks, by a short name."""
    found: dict[str, str] = {}
    for key, fields in SOURCES.items():
        parent = {"parent": found[fields["parent"]]} if "parent" in fields else {}
        found[key] = record("sources", **{**fields, **parent})["id"]
    return found


def line(api: TestClient, claim: dict[str, Any]) -> str:
    text = api.get(f"claims/{claim['id']}.news.txt").text
    told, address = text.splitlines()[:2]
    assert f"/claims/{claim['id']}/versions/{claim['version']}" in address
    return told


def named(attributions: list[dict[str, Any]], sources: dict[str, str]) -> list[dict[str, Any]]:
    return [{**one, "source": sources[one["source"]]} for one in attributions]


def test_lines(api: TestClient, record: Record, sources: dict[str, str], subtests: pytest.Subtests) -> None:
    for statement, attributions, words in LINES:
        with subtests.test(words):
            claim = record("claims", statement=statement, attributions=named(attributions, sources))
            told = line(api, claim)
            assert words in told
            assert told.endswith("not assessed by Attest's desk.")
            assert "  " not in told


def test_a_search_that_found_nothing_is_never_a_denial(
    api: TestClient, record: Record, sources: dict[str, str]
) -> None:
    claim = record("claims", statement=ABOUT, attributions=named([said("ru", "no_statement_found")], sources))
    told = line(api, claim)
    assert "no statement by Russia was found as of 12 January 2025" in told
    assert "deni" not in told


def test_what_is_known_through_others_says_so(api: TestClient, record: Record, sources: dict[str, str]) -> None:
    article = record("documents", title="Eleven thousand", publisher=sources["paper"])["id"]
    claim = record("claims", statement=ABOUT, attributions=named([said("nis")], sources))
    first = claim["attributions"][0]["id"]
    relayed = {"claim": claim["id"], "stance": "asserts", "lineage": "relayed"}
    agency = record("attributions", source=sources["agency"], upstream=first, **relayed)
    record("attributions", source=sources["paper"], upstream=agency["id"], document=article, **relayed)
    told = line(api, api.get(f"claims/{claim['id']}").json())
    assert "are in Kursk, according to The Daily Paper, citing The Agency; not assessed" in told


def test_other_languages_are_left_alone(api: TestClient, record: Record, sources: dict[str, str]) -> None:
    claim = record(
        "claims", statement="Про 11 тисяч солдатів.", language="uk", attributions=named([said("ua")], sources)
    )
    assert line(api, claim) == "Ukraine said: Про 11 тисяч солдатів; not assessed by Attest's desk."


def test_what_was_taken_back(api: TestClient, record: Record, correct: Correct, sources: dict[str, str]) -> None:
    claim = record("claims", statement=ABOUT, attributions=named([said("nis"), said("ru", "denies")], sources))
    nis, russia = (one["id"] for one in claim["attributions"])
    retraction = {"by": "origin", "on": "2025-01-14", "notice": "The service corrected itself."}
    correct("attributions", nis, withdrawn=True, retraction=retraction)
    ours = {"by": "us", "on": "2025-01-15", "notice": "We had misread it."}
    correct("attributions", russia, withdrawn=True, retraction=ours)
    told = line(api, api.get(f"claims/{claim['id']}").json())
    assert "; retracted by South Korea's National Intelligence Service on 14 January 2025; not assessed" in told
    assert "Russia" not in told, "what we had recorded wrongly nobody said"


def test_a_withdrawn_claim_is_not_repeated(
    api: TestClient, record: Record, correct: Correct, sources: dict[str, str]
) -> None:
    claim = record("claims", statement=ABOUT, attributions=named([said("nis")], sources))
    gone = correct("claims", claim["id"], stage="withdrawn", notice="The source was misread.")
    assert line(api, gone) == "Withdrawn by Attest's desk: The source was misread."
    old = api.get(f"claims/{claim['id']}/versions/1.news.txt").text
    assert "(Withdrawn since: The source was misread.)" in old


def test_a_claim_has_one_line_however_often_it_is_cited(
    api: TestClient, record: Record, sources: dict[str, str]
) -> None:
    documents = [record("documents", title=f"No {number}")["id"] for number in range(3)]
    spoken = [said("nis", document=one) for one in documents]
    claim = record("claims", statement=ABOUT, attributions=named(spoken, sources))
    text = api.get(f"citations?claim={claim['id']}&include=statement,decision&format=news").text
    assert text.count("said that") == 1
    assert api.get(f"documents/{documents[0]}.news.txt").text.startswith("“No 0”, undated.\n")


@pytest.mark.parametrize(
    ("edtf", "words"),
    [
        ("2025-01-12", "12 January 2025"),
        ("2025-01~", "about January 2025"),
        ("2024-10/2025-01", "October 2024 to January 2025"),
        ("../2025-01-12", "by 12 January 2025"),
        ("2025-01-12/..", "from 12 January 2025"),
        ("2024-22", "summer 2024"),
        ("199X", "1990s"),
        ("19XX", "1900s"),
        ("2025?", "about 2025"),
        ("Y-17000", "Y-17000"),
    ],
)
def test_dates_in_words(edtf: str, words: str) -> None:
    assert format_edtf(edtf) == words
