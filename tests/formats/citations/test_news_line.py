"""News lines: the record of a claim as one printable sentence."""

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
    "no": {"name": "Norway", "kind": "government"},
    "norwood": {"name": "Norwood Command", "kind": "armed_force", "parent": "no"},
    "by": {"name": "Belarus", "kind": "government"},
    "paper": {"name": "The Daily Paper", "kind": "news_organisation"},
    "agency": {"name": "The Agency", "kind": "news_organisation"},
    "nobody": {"name": "Source not named", "kind": "other", "anonymity": "unknown"},
}

SEARCH = {"on": "2025-01-12", "where": "Everywhere.", "by": "Desk"}


def attribution(source: str, stance: str = "asserts", **fields: Any) -> dict[str, Any]:
    lineage = "original" if stance not in ("no_statement_found", "denies") else "unknown"
    search = {"search": SEARCH} if stance == "no_statement_found" else {}
    return {"source": source, "stance": stance, "lineage": lineage, **search, **fields}


ABOUT = "About 11,000 soldiers are in Kursk."
LINES: list[tuple[str, list[dict[str, Any]], str]] = [
    (
        ABOUT,
        [attribution("nis")],
        "South Korea's National Intelligence Service said that about 11,000 soldiers are in Kursk",
    ),
    (ABOUT, [attribution("zelensky")], "Volodymyr Zelensky of Ukraine said that about 11,000 soldiers are in Kursk"),
    (
        ABOUT,
        [attribution("west", "estimates"), attribution("hur", "estimates"), attribution("ru", "no_statement_found")],
        (
            "Western and Ukrainian intelligence estimate that about 11,000 soldiers are in Kursk; "
            "no statement by Russia was found as of 12 January 2025 (searched: Everywhere); not"
        ),
    ),
    (
        ABOUT,
        [attribution("nis", "estimates")],
        "South Korea's National Intelligence Service estimates that about 11,000",
    ),
    (ABOUT, [attribution("norwood")], "Norway's Norwood Command said that about 11,000 soldiers are in Kursk"),
    (ABOUT, [attribution("officials", "estimates")], "Western officials estimate that about"),
    (ABOUT, [attribution("pentagon", "alleges")], "The United States' Department of Defense alleged that about"),
    (
        ABOUT,
        [attribution("nis"), attribution("zelensky", "confirms"), attribution("ru", "denies")],
        (
            "South Korea's National Intelligence Service said that about 11,000 soldiers are in Kursk; "
            "confirmed by Volodymyr Zelensky of Ukraine; denied by Russia"
        ),
    ),
    (ABOUT, [attribution("ru", "denies")], "Russia denied that about 11,000 soldiers are in Kursk; not assessed"),
    (
        ABOUT,
        [
            attribution("nis"),
            attribution("ru", "disputes_figure"),
            attribution("by", "declines_to_comment"),
            attribution("west", "cannot_verify"),
        ],
        (
            "Kursk; the figure is disputed by Russia; Belarus declined to comment; "
            "Western intelligence could not verify it"
        ),
    ),
    (
        ABOUT,
        [attribution("nis"), attribution("ru", "no_statement_found"), attribution("by", "no_statement_found")],
        "Kursk; no statement by Russia or Belarus was found as of 12 January 2025 (searched: Everywhere); not assessed",
    ),
    (
        ABOUT,
        [attribution("nobody")],
        "It was reported, without a named source, that about 11,000 soldiers are in Kursk; not",
    ),
    (ABOUT, [attribution("nobody", "speculates")], "It was speculated, without a named source, that about"),
    (ABOUT, [], "About 11,000 soldiers are in Kursk (no source is on record); not assessed by Attest's desk."),
    ("Ukraine is ready to help.", [attribution("ua")], "Ukraine said that it is ready to help; not assessed"),
    ("Kim Jong Un\nwill come.", [attribution("ru", "predicts")], "Russia predicted that Kim Jong Un will come; not"),
    (
        ABOUT,
        [attribution(source) for source in ("nis", "ua", "us", "by", "ru", "west")],
        "South Korea's National Intelligence Service, Ukraine, the United States and 3 others said that about",
    ),
]


@pytest.fixture
def sources(record: Record) -> dict[str, str]:
    """The ids of the speakers by their short names."""
    ids: dict[str, str] = {}
    for key, fields in SOURCES.items():
        parent = {"parent": ids[fields["parent"]]} if "parent" in fields else {}
        ids[key] = record("sources", **{**fields, **parent})["id"]
    return ids


def fetch_line(api: TestClient, claim: dict[str, Any]) -> str:
    text = api.get(f"claims/{claim['id']}.news.txt").text
    line, address = text.splitlines()[:2]
    assert f"/claims/{claim['id']}/versions/{claim['version']}" in address
    return line


def with_source_ids(attributions: list[dict[str, Any]], sources: dict[str, str]) -> list[dict[str, Any]]:
    return [{**fields, "source": sources[fields["source"]]} for fields in attributions]


def test_a_line_names_speakers_stances_and_status(
    api: TestClient, record: Record, sources: dict[str, str], subtests: pytest.Subtests
) -> None:
    for statement, attributions, words in LINES:
        with subtests.test(words):
            claim = record("claims", statement=statement, attributions=with_source_ids(attributions, sources))
            line = fetch_line(api, claim)
            assert words in line
            assert line.endswith("not assessed by Attest's desk.")
            assert "  " not in line


def test_a_search_without_result_is_not_a_denial(api: TestClient, record: Record, sources: dict[str, str]) -> None:
    claim = record(
        "claims", statement=ABOUT, attributions=with_source_ids([attribution("ru", "no_statement_found")], sources)
    )
    line = fetch_line(api, claim)
    assert "no statement by Russia was found as of 12 January 2025" in line
    assert "deni" not in line


def test_a_relayed_statement_names_the_relays(api: TestClient, record: Record, sources: dict[str, str]) -> None:
    article = record("documents", title="Eleven thousand", publisher=sources["paper"])["id"]
    claim = record("claims", statement=ABOUT, attributions=with_source_ids([attribution("nis")], sources))
    first = claim["attributions"][0]["id"]
    relayed = {"claim": claim["id"], "stance": "asserts", "lineage": "relayed"}
    agency = record("attributions", source=sources["agency"], upstream=first, **relayed)
    record("attributions", source=sources["paper"], upstream=agency["id"], document=article, **relayed)
    line = fetch_line(api, api.get(f"claims/{claim['id']}").json())
    assert "are in Kursk, according to The Daily Paper, citing The Agency; not assessed" in line


def test_a_statement_in_another_language_is_quoted_unchanged(
    api: TestClient, record: Record, sources: dict[str, str]
) -> None:
    claim = record(
        "claims",
        statement="Про 11 тисяч солдатів.",
        language="uk",
        attributions=with_source_ids([attribution("ua")], sources),
    )
    assert fetch_line(api, claim) == "Ukraine said: Про 11 тисяч солдатів; not assessed by Attest's desk."


def test_a_retraction_by_the_source_is_mentioned_and_our_own_error_is_not(
    api: TestClient, record: Record, correct: Correct, sources: dict[str, str]
) -> None:
    claim = record(
        "claims",
        statement=ABOUT,
        attributions=with_source_ids([attribution("nis"), attribution("ru", "denies")], sources),
    )
    nis, russia = (attribution["id"] for attribution in claim["attributions"])
    retraction = {"by": "origin", "on": "2025-01-14", "notice": "The service corrected itself."}
    correct("attributions", nis, withdrawn=True, retraction=retraction)
    ours = {"by": "us", "on": "2025-01-15", "notice": "We had misread it."}
    correct("attributions", russia, withdrawn=True, retraction=ours)
    line = fetch_line(api, api.get(f"claims/{claim['id']}").json())
    assert "; retracted by South Korea's National Intelligence Service on 14 January 2025; not assessed" in line
    assert "Russia" not in line, "our own error must not be attributed to the source"


def test_a_withdrawn_claim_shows_the_notice_instead_of_the_statement(
    api: TestClient, record: Record, correct: Correct, sources: dict[str, str]
) -> None:
    claim = record("claims", statement=ABOUT, attributions=with_source_ids([attribution("nis")], sources))
    gone = correct("claims", claim["id"], stage="withdrawn", notice="The source was misread.")
    assert fetch_line(api, gone) == "Withdrawn by Attest's desk: The source was misread."
    old = api.get(f"claims/{claim['id']}/versions/1.news.txt").text
    assert "(Withdrawn since: The source was misread.)" in old


def test_a_claim_cited_in_several_documents_has_one_line(
    api: TestClient, record: Record, sources: dict[str, str]
) -> None:
    documents = [record("documents", title=f"No {number}")["id"] for number in range(3)]
    attributions = [attribution("nis", document=document) for document in documents]
    claim = record("claims", statement=ABOUT, attributions=with_source_ids(attributions, sources))
    text = api.get(f"citations?claim={claim['id']}&include=statement,decision&format=news").text
    assert text.count("said that") == 1
    assert api.get(f"documents/{documents[0]}.news.txt").text.startswith("“No 0”, undated.\n")


def test_a_long_statement_is_cut_after_500_characters(api: TestClient, record: Record) -> None:
    claim = record("claims", statement="word " * 120)
    assert fetch_line(api, claim).startswith("Word " + "word " * 99 + "… (no source")


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
def test_edtf_dates_are_written_in_words(edtf: str, words: str) -> None:
    assert format_edtf(edtf) == words
