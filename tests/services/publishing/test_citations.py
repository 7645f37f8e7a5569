"""Citations over the API: what they cite, where they are found, their proofs and the check of cited versions.

The citation formats have tests of their own in `tests/formats/citations`.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.formats.citations import reference_lists
from app.formats.citations.cited_versions import cited_versions
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.services.audit.test_verify_proof import verify_proofs
from tests.support.attest import attest
from tests.support.client import Client

Record = Callable[..., dict[str, Any]]
CSL = "application/vnd.citationstyles.csl+json"
FIGURE = {"metric": "killed", "unit": "soldiers", "qualifier": "about", "best": 300.5}
RETRACTION = {"by": "origin", "on": "2025-01-20", "notice": "One unit was counted twice."}


@pytest.fixture
def claim(record: Record) -> dict[str, Any]:
    """A claim that a service makes in its own press release and a newspaper relays."""
    state = record("sources", name="South Korea")
    nis = record("sources", name="National Intelligence Service", kind="intelligence_service", parent=state["id"])
    paper = record("sources", name="A Paper", kind="news_organisation")
    release = record(
        "documents", kind="official_release", title="Briefing", publisher=nis["id"], published="2025-01-13"
    )
    article = record("documents", title="Losses", publisher=paper["id"], published="2025-01~", author="Kim Min-ji")
    return record(
        "claims",
        kind="casualty_figure",
        statement="About 300 soldiers were killed.",
        topic=record("topics", metric_family="casualties")["id"],
        quantities=[FIGURE],
        attributions=[
            {"key": "a", "source": nis["id"], "stance": "asserts", "lineage": "original", "document": release["id"]},
            {
                "source": paper["id"],
                "stance": "asserts",
                "lineage": "relayed",
                "upstream": "a",
                "document": article["id"],
                "quote": {"exact": "some 300 were killed"},
            },
        ],
    )


def csl_items(api: TestClient, path: str, **options: Any) -> list[dict[str, Any]]:
    """The citations at an address, as CSL-JSON."""
    response = api.get(path, **options)
    assert (response.status_code, response.headers["Content-Type"]) == (200, CSL), response.text
    body: list[dict[str, Any]] = response.json()
    return body


# --- citations ---


def test_a_claim_is_cited_by_the_documents_of_its_attributions(api: TestClient, claim: dict[str, Any]) -> None:
    release, article = csl_items(api, f"claims/{claim['id']}.csl.json")

    assert (release["type"], release["genre"], release["title"]) == ("webpage", "Press release", "Briefing")
    assert release["author"] == [{"literal": "National Intelligence Service (South Korea)"}]
    assert "publisher" not in release
    assert release["issued"] == {"date-parts": [[2025, 1, 13]]}
    assert (article["author"], article["container-title"]) == ([{"literal": "Kim Min-ji"}], "A Paper")
    assert article["issued"] == {"date-parts": [[2025, 1]], "circa": True}
    assert "A Paper asserts, citing National Intelligence Service: “some 300 were killed”." in article["note"]
    for item in (release, article):
        assert item["note"].startswith("No address of it is on record. Cited for: About 300 soldiers were killed.")
        assert f"/claims/{claim['id']}/versions/1 sha256:" in item["note"]


LISTS = ("csl_json", "bibtex", "biblatex", "ris", "wikipedia", "markdown", "quick_statements")


@pytest.mark.parametrize("name", LISTS)
def test_a_document_of_several_claims_stands_once_in_a_list(api: TestClient, record: Record, name: str) -> None:
    speaker = record("sources", name="A speaker", kind="person")["id"]
    shared = record("documents", title="A shared report", url="https://a.example/1")["id"]
    own = record("documents", title="A document of one claim")["id"]
    cited = {"source": speaker, "stance": "asserts"}
    claims = [
        record("claims", statement=f"Claim {number}.", attributions=[{**cited, "document": shared}])
        for number in range(3)
    ]
    claims.append(record("claims", statement="Claim 3.", attributions=[{**cited, "document": own}]))
    ids = [claim["id"] for claim in claims]

    text = api.get("citations", params={"claim": ids, "document": shared, "format": name}).text

    assert text.count("A shared report") == (2 if name == "quick_statements" else 1)  # its label and its title
    assert "A document of one claim" in text
    if name != "quick_statements":
        checked = {version.claim_id: version for version in cited_versions(text)}
        assert list(checked) == ids
        assert all(version.version == 1 and version.sha256 for version in checked.values())
        assert ("No address of it is on record." in text) == (name != "quick_statements")


def test_a_list_of_any_length_has_no_key_twice(
    api: TestClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_lists, "GROUPED_CITATIONS", 2)
    shared = record("documents", title="A shared report")["id"]
    cited = {"source": record("sources")["id"], "stance": "asserts", "document": shared}
    for number in range(5):
        record("claims", statement=f"Claim {number}.", attributions=[cited])
    keys = [item["id"] for item in api.get("citations", params={"format": "csl_json"}).json()]
    assert len(keys) == len(set(keys)) == 4  # one for the first two claims, one for each of the others
    assert keys[0] == f"{shared}-v1"


def test_our_decision_is_cited_by_claim_version(api: TestClient, claim: dict[str, Any]) -> None:
    (decision,) = csl_items(api, "citations", params={"claim": claim["id"], "include": "decision"})
    all_items = csl_items(api, "citations", params={"claim": claim["id"], "include": "statement,decision"})

    assert decision["author"] == [{"literal": "Attest"}]
    assert decision["title"] == "About 300 soldiers were killed: not assessed"
    assert decision["URL"].endswith(f"/claims/{claim['id']}/versions/1")
    assert (decision["version"], len(all_items), all_items[-1]) == ("1", 3, decision)


def test_documents_and_sources_have_citations_of_their_own(api: TestClient, claim: dict[str, Any]) -> None:
    attribution = claim["attributions"][0]
    (document,) = csl_items(api, f"documents/{attribution['document']['id']}.csl.json")
    (source,) = csl_items(api, f"sources/{attribution['source']['id']}.csl.json")

    assert document["title"] == "Briefing"
    assert f"/documents/{attribution['document']['id']} " in document["note"]
    assert source["title"] == "National Intelligence Service (South Korea)"


def test_a_claim_without_documents_is_cited_by_its_page_here(api: TestClient, record: Record) -> None:
    (citation,) = csl_items(api, f"claims/{record('claims')['id']}.csl.json")
    assert citation["title"] == "Soldiers are there: not assessed"


# --- addresses and formats ---


ADDRESSES: tuple[tuple[str, dict[str, str]], ...] = (
    ("claims/{id}.csl.json", {}),
    ("claims/{id}", {"Accept": CSL}),
    ("claims/{id}", {"Accept": f"text/html;q=0.8, {CSL};q=0.9, */*;q=0.1"}),
    ("claims/{id}/versions/1.csl.json", {}),
    ("claims/{id}/versions/1", {"Accept": CSL}),
    ("claims.csl.json", {}),
    ("claims.csl.json?kind=casualty_figure", {}),
    ("claims", {"Accept": CSL}),
    ("topics/{topic}.csl.json", {}),
    ("citations?claim={id}", {}),
    ("citations?claim={id}@1&format=csl_json", {}),
    ("citations", {}),
)


def test_every_address_returns_the_same_citations(
    api: TestClient, claim: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, headers in ADDRESSES:
        with subtests.test(path, headers=headers):
            address = path.format(id=claim["id"], topic=claim["topic"]["id"])
            assert [item["title"] for item in csl_items(api, address, headers=headers)] == ["Briefing", "Losses"]


INVALID_REQUESTS: tuple[tuple[str, int, str | None], ...] = (
    ("claims/clm_01jhf3m8w5k6v0x2s9r7q4t1ya.csl.json", 404, None),
    ("claims/{id}/versions/7.csl.json", 404, None),
    ("documents/doc_01jhf3m8w5k6v0x2s9r7q4t1ya.csl.json", 404, None),
    ("claims/{id}.nope", 404, None),
    ("claims.csl.json?nope=1", 422, "nope"),
    ("claims/{id}.csl.json?kind=other", 422, "kind"),
    ("citations?format=nope", 422, "format"),
    ("citations?include=nope", 422, "include"),
    ("citations?claim={id}@0", 422, "claim"),
    ("citations?claim={id}@one", 422, "claim"),
    ("citations?locale=not_a_tag", 422, "locale"),
    ("citations/check?cited={id}", 422, "cited.0"),
)


def test_invalid_citation_requests_are_refused(
    api: TestClient, claim: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, status, field in INVALID_REQUESTS:
        with subtests.test(path):
            response = api.get(path.format(id=claim["id"]))
            assert response.status_code == status, response.text
            assert [error["field"] for error in response.json().get("errors", [])] == ([field] if field else [])


def test_json_is_the_default_representation(api: TestClient, claim: dict[str, Any]) -> None:
    for accept in ("*/*", "application/json", f"application/json, {CSL}", "text/html, */*"):
        assert api.get(f"claims/{claim['id']}", headers={"Accept": accept}).json() == claim


def test_only_the_desk_can_cite_drafts(api: TestClient, record: Record, editor: dict[str, str]) -> None:
    draft = record("claims", stage="draft")
    for path in (f"claims/{draft['id']}.csl.json", f"claims/{draft['id']}/versions/1.csl.json"):
        assert api.get(path).status_code == 404
        assert len(csl_items(api, path, headers=editor)) == 1
    assert csl_items(api, "citations") == []
    (check,) = api.get("citations/check", params={"cited": f"{draft['id']}@1"}).json()["items"]
    assert (check["state"], check["status_now"]) == ("unknown", None)


# --- permanence and proofs ---


def test_the_content_hash_can_be_computed_from_the_version(api: TestClient, claim: dict[str, Any]) -> None:
    """The hash of app.formats.proofs.content_hash, computed only from the API's response."""
    version = api.get(f"claims/{claim['id']}/versions/1").json()
    plain_fields = ("id", "version", "kind", "statement", "language", "place", "time", "status", "stage", "notice")
    figure = {**FIGURE, "best": "300.5", "cumulative": False, "basis": "unstated"}
    content = {
        **{name: version[name] for name in plain_fields if version[name] is not None},
        "quantities": [figure],
        "attributions": [
            {
                "id": attribution["id"],
                "source": {"id": attribution["source"]["id"], "name": attribution["source"]["name"]},
                "stance": attribution["stance"],
                "lineage": attribution["lineage"],
                "document": {"id": attribution["document"]["id"]},
                **({"quote": {"exact": attribution["quote"]["exact"]}} if attribution["quote"] else {}),
                "withdrawn": False,
            }
            for attribution in version["attributions"]
        ],
        "evidence": [],
    }
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    note = csl_items(api, f"claims/{claim['id']}.csl.json")[0]["note"]

    assert f"sha256:{sha256(canonical.encode()).hexdigest()}" in note


def test_a_citation_of_a_version_does_not_change(api: TestClient, claim: dict[str, Any], correct: Record) -> None:
    path = f"claims/{claim['id']}/versions/1.csl.json"
    before = csl_items(api, path)
    correct("claims", claim["id"], place="Kursk Oblast")
    correct("sources", claim["attributions"][0]["source"]["id"], name="Another name")
    after = csl_items(api, path)
    assert len(before) == 2

    for item_before, item_after in zip(before, after, strict=True):
        note = item_after["note"].removesuffix(" Notice: this claim has been changed since (version 2).")
        # Only the log entry differs, because the log has grown.
        assert (note.partition(" log entry ")[0], {**item_after, "note": ""}) == (
            item_before["note"].partition(" log entry ")[0],
            {**item_before, "note": ""},
        )
        assert note != item_after["note"]


def test_an_old_version_links_to_the_newest_and_has_a_notice(
    api: TestClient, claim: dict[str, Any], correct: Record
) -> None:
    path = f"claims/{claim['id']}/versions/1"
    latest = f'</api/v1/claims/{claim["id"]}>; rel="latest-version"'
    first = api.get(path)
    assert (first.headers["Link"], first.headers["Cache-Control"]) == (latest, "no-cache")
    assert "Attest-Notice" not in first.headers

    correct("claims", claim["id"], place="Kursk Oblast")

    after = api.get(path)
    assert (after.content, after.headers["Link"]) == (first.content, latest)
    assert after.headers["Attest-Notice"].startswith("The claim has changed since")
    assert "immutable" in after.headers["Cache-Control"]
    unchanged = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, "Attest-Notice" in unchanged.headers) == (304, True)


def test_an_unsigned_version_is_cited_without_its_log_entry(
    api: TestClient, record: Record, settings: Settings, editor: dict[str, str]
) -> None:
    signed_id = record("claims", statement="Signed.", stage="published")["id"]
    settings.log_key_path.unlink()

    with Client(create_app(settings)) as unsigned_service:
        fields = {"kind": "other", "statement": "Not signed.", "stage": "published"}
        unsigned_id = unsigned_service.post("claims", json=fields, headers=editor).json()["id"]
        notes = [
            csl_items(unsigned_service, f"claims/{claim_id}.csl.json")[0]["note"]
            for claim_id in (signed_id, unsigned_id)
        ]

    assert ["log entry" in note for note in notes] == [True, False]


def test_citations_work_with_a_log_that_was_never_signed(settings: Settings, editor: dict[str, str]) -> None:
    settings.data_dir.mkdir()
    settings.log_key_path.write_text("none")
    with Client(create_app(settings)) as api:
        fields = {"kind": "other", "statement": "Not signed.", "stage": "published"}
        claim_id = api.post("claims", json=fields, headers=editor).json()["id"]

        assert "log entry" not in csl_items(api, f"claims/{claim_id}.csl.json")[0]["note"]


def test_the_proof_of_a_cited_version_is_verified(
    api: TestClient, claim: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    key = api.get("log").json()["public_key"]
    query = {"object": f"claim/{claim['id']}", "version": "1", "format": "tlog_proof"}
    proof = api.get("log/inclusion", params=query).text
    assert proof.startswith("c2sp.org/tlog-proof@v1\nextra ")
    for path in (f"claims/{claim['id']}/versions/1.tlog-proof", f"claims/{claim['id']}.tlog-proof"):
        assert api.get(path).text == proof

    code, output = verify_proofs(tmp_path, key, proof)
    assert (code, f"proved: claim/{claim['id']} version 1 was recorded" in output) == (0, True), output
    code, output = verify_proofs(tmp_path, key, proof.replace("index ", "index 1"))
    assert (code, "NOT PROVED" in output) == (1, True)

    folder = tmp_path / "proofs"
    words = ("cite", claim["id"], "--format", "csl_json", "-o", tmp_path / "refs", "--proofs", folder)
    result = attest(settings.url, settings.data_dir, *words)
    assert result.code == 0, result.err
    (written,) = folder.iterdir()
    assert written.name == f"{claim['id']}-v1.tlog-proof"
    note = json.loads((tmp_path / "refs").read_text())[0]["note"]
    index, size, root = (written.read_text().split("\n")[line_number] for line_number in (2, -5, -4))
    assert note.endswith(f"log entry {index.removeprefix('index ')} of {size}, root {root}")


# --- the check of cited versions ---


def change_nothing(_correct: Record, _claim: dict[str, Any]) -> None:
    """Change nothing."""


def add_note(correct: Record, claim: dict[str, Any]) -> None:
    """Add a note, which does not change the content."""
    correct("claims", claim["id"], note="See also the report of the day before.")


def change_statement(correct: Record, claim: dict[str, Any]) -> None:
    """Change the statement."""
    correct("claims", claim["id"], statement="About 3,000 soldiers were killed.")


def change_figure(correct: Record, claim: dict[str, Any]) -> None:
    """Change the figure."""
    correct("claims", claim["id"], quantities=[{**FIGURE, "best": 3000}])


def change_place(correct: Record, claim: dict[str, Any]) -> None:
    """Change only the place."""
    correct("claims", claim["id"], place="Kursk")


NIS = "National Intelligence Service (South Korea)"


def retract_attribution(correct: Record, claim: dict[str, Any]) -> None:
    """Withdraw an attribution that its source retracted."""
    correct("attributions", claim["attributions"][0]["id"], withdrawn=True, retraction=RETRACTION)


def withdraw_claim(correct: Record, claim: dict[str, Any]) -> None:
    """Withdraw the claim."""
    correct("claims", claim["id"], stage="withdrawn", notice="It was another war.")


@pytest.mark.parametrize(
    ("change", "state", "message"),
    [
        (change_nothing, "unchanged", "The claim still says the same, and its status is still not assessed."),
        (
            add_note,
            "unchanged",
            (
                "The claim still says the same, and its status is still not assessed. "
                "Other information has been added since."
            ),
        ),
        (change_statement, "corrected", "It now reads: About 3,000 soldiers were killed."),
        (change_figure, "corrected", "Its figures have changed."),
        (change_place, "corrected", "Its place was not given and is now Kursk."),
        (
            retract_attribution,
            "retracted",
            f"{NIS} retracted the statement on 2025-01-20: One unit was counted twice.",
        ),
        (withdraw_claim, "retracted", "Withdrawn: It was another war."),
    ],
)
def test_a_reference_list_is_checked(  # noqa: PLR0917 - five fixtures and the columns of the table
    api: TestClient,
    claim: dict[str, Any],
    correct: Record,
    settings: Settings,
    change: Callable[..., None],
    state: str,
    message: str,
) -> None:
    refs = settings.data_dir / "refs.csl.json"
    refs.write_text(api.get(f"claims/{claim['id']}.csl.json").text)

    change(correct, claim)

    result = attest(settings.url, settings.data_dir, "cite", "--check", refs, "--json")
    (row,) = result.json
    assert (row["state"], row["line"], result.code) == (state, 2, 0 if state == "unchanged" else 1)
    assert row["says"] == message
    (check,) = api.get("citations/check", params={"cited": f"{claim['id']}@1"}).json()["items"]
    assert check == {name: value for name, value in row.items() if name not in ("file", "line")}


def test_the_check_reports_a_later_decision(
    api: TestClient, claim: dict[str, Any], correct: Record, database: Database
) -> None:
    with database.writing() as connection:
        issued = [keys.issue(connection, byline, Role.FACT_CHECKER)[1] for byline in ("Anna", "Boris")]
    anna, boris = ({"Authorization": f"Bearer {key}"} for key in issued)
    decision = {
        "status": "unconfirmed",
        "credibility": 3,
        "standard": "reasonable_grounds",
        "rationale": "Said, no more.",
    }
    proposal = api.post(f"claims/{claim['id']}/proposals", json={"claim_version": 1, **decision}, headers=anna).json()
    api.post(f"proposals/{proposal['id']}/sign-offs", json={"verdict": "approve"}, headers=boris).raise_for_status()

    (check,) = api.get("citations/check", params={"cited": f"{claim['id']}@1"}).json()["items"]
    assert (check["state"], check["status_then"], check["status_now"]) == (
        "status_changed",
        "unassessed",
        "unconfirmed",
    )
    # The check reports other changes as well.
    correct("claims", claim["id"], place="Kursk")
    (check,) = api.get("citations/check", params={"cited": f"{claim['id']}@1"}).json()["items"]
    status_change = "Its status has changed from not assessed to not decided as it reads now."
    assert (check["state"], check["says"]) == (
        "corrected",
        f"Its place was not given and is now Kursk. {status_change}",
    )


def test_the_check_reports_altered_and_unknown_versions(
    api: TestClient, claim: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    address = f"https://factcheck.example/api/v1/claims/{claim['id']}/versions"
    other = "/claims/clm_01jhf3m8w5k6v0x2s9r7q4t1ya/versions/1"
    (tmp_path / "refs.bib").write_bytes(
        f"note = {{{address.replace('_', chr(92) + '_')}/1 sha256:{'0' * 64}}},\n\xff{other}\n{address}/2".encode(
            "latin-1"
        )
    )
    result = attest(settings.url, settings.data_dir, "cite", "--check", tmp_path / "refs.bib")
    assert result.code == 1
    assert [line.split(": ")[2].partition(". ")[0] for line in result.out.splitlines()] == [
        "altered",
        "unknown",
        "unknown",
    ]

    (tmp_path / "none.txt").write_text("Nothing of ours.")
    result = attest(settings.url, settings.data_dir, "cite", "--check", tmp_path / "none.txt")
    assert (result.code, result.out.startswith("The files cite no version of a claim")) == (0, True)


CLAIM = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://x/claims/{CLAIM}/versions/3", [(1, 3, None)]),
        (f"a\nb /claims/{CLAIM}/versions/3 sha256:{'ab' * 32}.", [(2, 3, "ab" * 32)]),
        (f"\\url{{https://x/claims/{CLAIM.replace('_', chr(92) + '_')}/versions/3}}", [(1, 3, None)]),
        (f"/claims/{CLAIM.replace('_', '{' + chr(92) + '_}')}/versions/3", [(1, 3, None)]),
        (f"/claims/{CLAIM.replace('_', chr(92) + 'textunderscore ')}/versions/3", [(1, 3, None)]),
        (f"\\/claims\\/{CLAIM}\\/versions\\/3", [(1, 3, None)]),
        (f"/claims/{CLAIM.replace('_', '%5F')}/versions/3", [(1, 3, None)]),
        (f"/claims/{CLAIM}/versions/3 and /claims/{CLAIM}/versions/3 sha256:{'ab' * 32}", [(1, 3, "ab" * 32)]),
        (
            f"/claims/{CLAIM}/versions/3\n/claims/{CLAIM}/versions/4 sha256:{'ab' * 32}",
            [(1, 3, None), (2, 4, "ab" * 32)],
        ),
        (f"/claims/{CLAIM}/versions/03 /claims/{CLAIM}/versions/0", []),
        (f"/claims/{CLAIM}x/versions/3 /claims/{CLAIM}", []),
        (f"/claims/{CLAIM}/versions/{'9' * 30}", []),
    ],
)
def test_cited_versions_are_found_in_any_spelling(text: str, expected: list[tuple[int, int, str | None]]) -> None:
    assert [(version.line, version.version, version.sha256) for version in cited_versions(text)] == expected
    assert {version.claim_id for version in cited_versions(text)} in ({CLAIM}, set())
