"""What a citation is bound to, how it is asked for, and what becomes of it. How it is written stands in other files."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.formats.citations.cited_versions import cited_versions
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.services.audit.test_verify_proof import verify
from tests.support.attest import attest
from tests.support.client import Client

Record = Callable[..., dict[str, Any]]
CSL = "application/vnd.citationstyles.csl+json"
FIGURE = {"metric": "killed", "unit": "soldiers", "qualifier": "about", "best": 300.5}
RETRACTION = {"by": "origin", "on": "2025-01-20", "notice": "One unit was counted twice."}


@pytest.fixture
def claim(record: Record) -> dict[str, Any]:
    """A claim that a service makes in a release of its own, and a newspaper relays."""
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


def items(api: TestClient, path: str, **asked: Any) -> list[dict[str, Any]]:
    """Citations as CSL-JSON."""
    answer = api.get(path, **asked)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CSL), answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


# --- what is cited ---


def test_the_documents_are_cited_in_which_it_was_said(api: TestClient, claim: dict[str, Any]) -> None:
    release, article = items(api, f"claims/{claim['id']}.csl.json")

    assert (release["type"], release["genre"], release["title"]) == ("webpage", "Press release", "Briefing")
    assert release["author"] == [{"literal": "National Intelligence Service (South Korea)"}]
    assert "publisher" not in release
    assert release["issued"] == {"date-parts": [[2025, 1, 13]]}
    assert (article["author"], article["container-title"]) == ([{"literal": "Kim Min-ji"}], "A Paper")
    assert article["issued"] == {"date-parts": [[2025, 1]], "circa": True}
    assert "A Paper asserts, citing National Intelligence Service: “some 300 were killed”." in article["note"]
    for one in (release, article):
        assert one["note"].startswith("Cited for: About 300 soldiers were killed.")
        assert f"/claims/{claim['id']}/versions/1 sha256:" in one["note"]


def test_our_decision_is_cited_by_its_version(api: TestClient, claim: dict[str, Any]) -> None:
    (one,) = items(api, "citations", params={"claim": claim["id"], "include": "decision"})
    both = items(api, "citations", params={"claim": claim["id"], "include": "statement,decision"})

    assert one["author"] == [{"literal": "Attest"}]
    assert one["title"] == "About 300 soldiers were killed: not assessed"
    assert one["URL"].endswith(f"/claims/{claim['id']}/versions/1")
    assert (one["version"], len(both), both[-1]) == ("1", 3, one)


def test_documents_and_sources_are_cited_by_themselves(api: TestClient, claim: dict[str, Any]) -> None:
    said = claim["attributions"][0]
    (document,) = items(api, f"documents/{said['document']['id']}.csl.json")
    (source,) = items(api, f"sources/{said['source']['id']}.csl.json")

    assert document["title"] == "Briefing"
    assert f"/documents/{said['document']['id']} " in document["note"]
    assert source["title"] == "National Intelligence Service (South Korea)"


def test_a_claim_in_no_document_is_cited_as_it_stands_here(api: TestClient, record: Record) -> None:
    (one,) = items(api, f"claims/{record('claims')['id']}.csl.json")
    assert one["title"] == "Soldiers are there: not assessed"


# --- ways in ---


WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("claims/{id}.csl.json", {}),
    ("claims/{id}", {"Accept": CSL}),
    ("claims/{id}", {"Accept": f"text/html;q=0.9, {CSL};q=0.8, */*;q=0.1"}),
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


def test_every_way_leads_to_the_same_citations(
    api: TestClient, claim: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, headers in WAYS:
        with subtests.test(path, headers=headers):
            there = path.format(id=claim["id"], topic=claim["topic"]["id"])
            assert [one["title"] for one in items(api, there, headers=headers)] == ["Briefing", "Losses"]


REFUSED: tuple[tuple[str, int, str | None], ...] = (
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


def test_what_cannot_be_cited_is_refused(api: TestClient, claim: dict[str, Any], subtests: pytest.Subtests) -> None:
    for path, status, field in REFUSED:
        with subtests.test(path):
            answer = api.get(path.format(id=claim["id"]))
            assert answer.status_code == status, answer.text
            assert [one["field"] for one in answer.json().get("errors", [])] == ([field] if field else [])


def test_json_is_what_it_was_for_whoever_asks_for_nothing_else(api: TestClient, claim: dict[str, Any]) -> None:
    for accept in ("*/*", "application/json", f"application/json, {CSL}", "text/html,*/*;q=0.8"):
        assert api.get(f"claims/{claim['id']}", headers={"Accept": accept}).json() == claim


def test_drafts_are_cited_by_the_desk_alone(api: TestClient, record: Record, editor: dict[str, str]) -> None:
    draft = record("claims", stage="draft")
    for path in (f"claims/{draft['id']}.csl.json", f"claims/{draft['id']}/versions/1.csl.json"):
        assert api.get(path).status_code == 404
        assert len(items(api, path, headers=editor)) == 1
    assert items(api, "citations") == []
    (checked,) = api.get("citations/check", params={"cited": f"{draft['id']}@1"}).json()["items"]
    assert (checked["state"], checked["status_now"]) == ("unknown", None)


# --- permanent and bound ---


def test_the_content_hash_follows_from_what_the_version_shows(api: TestClient, claim: dict[str, Any]) -> None:
    """The recipe of app.formats.proofs.content_hash, from the API's own answer and nothing else."""
    shown = api.get(f"claims/{claim['id']}/versions/1").json()
    plain = ("id", "version", "kind", "statement", "language", "place", "time", "status", "stage", "notice")
    figure = {**FIGURE, "best": "300.5", "cumulative": False, "basis": "unstated"}
    content = {
        **{name: shown[name] for name in plain if shown[name] is not None},
        "quantities": [figure],
        "attributions": [
            {
                "id": said["id"],
                "source": {"id": said["source"]["id"], "name": said["source"]["name"]},
                "stance": said["stance"],
                "lineage": said["lineage"],
                "document": {"id": said["document"]["id"]},
                **({"quote": {"exact": said["quote"]["exact"]}} if said["quote"] else {}),
                "withdrawn": False,
            }
            for said in shown["attributions"]
        ],
        "evidence": [],
    }
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    note = items(api, f"claims/{claim['id']}.csl.json")[0]["note"]

    assert f"sha256:{sha256(canonical.encode()).hexdigest()}" in note


def test_a_citation_stays_what_it_was(api: TestClient, claim: dict[str, Any], correct: Record) -> None:
    path = f"claims/{claim['id']}/versions/1.csl.json"
    before = items(api, path)
    correct("claims", claim["id"], place="Kursk Oblast")
    correct("sources", claim["attributions"][0]["source"]["id"], name="Another name")
    after = items(api, path)

    for then, now in zip(before, after, strict=True):
        note = now["note"].removesuffix(" Notice: this claim has been changed since (version 2).")
        # Only the log has grown.
        assert (note.partition(" log entry ")[0], {**now, "note": ""}) == (
            then["note"].partition(" log entry ")[0],
            {**then, "note": ""},
        )
        assert note != now["note"]


def test_a_version_says_that_it_is_no_longer_the_newest(
    api: TestClient, claim: dict[str, Any], correct: Record
) -> None:
    path = f"claims/{claim['id']}/versions/1"
    latest = f'</api/v1/claims/{claim["id"]}>; rel="latest-version"'
    first = api.get(path)
    assert (first.headers["Link"], first.headers["Cache-Control"]) == (latest, "no-cache")
    assert "Attest-Notice" not in first.headers

    correct("claims", claim["id"], place="Kursk Oblast")

    then = api.get(path)
    assert (then.content, then.headers["Link"]) == (first.content, latest)
    assert then.headers["Attest-Notice"].startswith("The claim has changed since")
    assert "immutable" in then.headers["Cache-Control"]
    unchanged = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, "Attest-Notice" in unchanged.headers) == (304, True)


def test_what_is_under_no_signature_has_no_place_in_the_log_yet(
    api: TestClient, record: Record, settings: Settings, editor: dict[str, str]
) -> None:
    before = record("claims", statement="Signed.", stage="published")["id"]
    settings.log_key_path.unlink()

    with Client(create_app(settings)) as other:
        fields = {"kind": "other", "statement": "Not signed.", "stage": "published"}
        after = other.post("claims", json=fields, headers=editor).json()["id"]
        notes = [items(other, f"claims/{one}.csl.json")[0]["note"] for one in (before, after)]

    assert ["log entry" in note for note in notes] == [True, False]


def test_a_log_that_was_never_signed_keeps_nobody_from_citing(settings: Settings, editor: dict[str, str]) -> None:
    settings.data_dir.mkdir()
    settings.log_key_path.write_text("none")
    with Client(create_app(settings)) as api:
        fields = {"kind": "other", "statement": "Not signed.", "stage": "published"}
        made = api.post("claims", json=fields, headers=editor).json()["id"]

        assert "log entry" not in items(api, f"claims/{made}.csl.json")[0]["note"]


def test_the_proof_beside_a_citation_is_believed(
    api: TestClient, claim: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    key = api.get("log").json()["public_key"]
    asked = {"object": f"claim/{claim['id']}", "version": "1", "format": "tlog_proof"}
    proof = api.get("log/inclusion", params=asked).text
    assert proof.startswith("c2sp.org/tlog-proof@v1\nextra ")
    for path in (f"claims/{claim['id']}/versions/1.tlog-proof", f"claims/{claim['id']}.tlog-proof"):
        assert api.get(path).text == proof

    code, said = verify(tmp_path, key, proof)
    assert (code, f"proved: claim/{claim['id']} version 1 was recorded" in said) == (0, True), said
    code, said = verify(tmp_path, key, proof.replace("index ", "index 1"))
    assert (code, "NOT PROVED" in said) == (1, True)

    folder = tmp_path / "proofs"
    words = ("cite", claim["id"], "--format", "csl_json", "-o", tmp_path / "refs", "--proofs", folder)
    done = attest(settings.url, settings.data_dir, *words)
    assert done.code == 0, done.err
    (written,) = folder.iterdir()
    assert written.name == f"{claim['id']}-v1.tlog-proof"
    note = json.loads((tmp_path / "refs").read_text())[0]["note"]
    index, size, root = (written.read_text().split("\n")[place] for place in (2, -5, -4))
    assert note.endswith(f"log entry {index.removeprefix('index ')} of {size}, root {root}")


# --- what has become of it ---


def nothing(_correct: Record, _claim: dict[str, Any]) -> None:
    """Leave everything as it is."""


def supplement(correct: Record, claim: dict[str, Any]) -> None:
    """A note that changes nothing of what is said."""
    correct("claims", claim["id"], note="See also the report of the day before.")


def reword(correct: Record, claim: dict[str, Any]) -> None:
    """Another statement."""
    correct("claims", claim["id"], statement="About 3,000 soldiers were killed.")


def refigure(correct: Record, claim: dict[str, Any]) -> None:
    """Another figure."""
    correct("claims", claim["id"], quantities=[{**FIGURE, "best": 3000}])


def place(correct: Record, claim: dict[str, Any]) -> None:
    """Where it was, and nothing else."""
    correct("claims", claim["id"], place="Kursk")


def take_back(correct: Record, claim: dict[str, Any]) -> None:
    """The source's retraction."""
    correct("attributions", claim["attributions"][0]["id"], withdrawn=True, retraction=RETRACTION)


def withdraw(correct: Record, claim: dict[str, Any]) -> None:
    """Ours."""
    correct("claims", claim["id"], stage="withdrawn", notice="It was another war.")


@pytest.mark.parametrize(
    ("act", "state", "says"),
    [
        (nothing, "unchanged", "It says what it said, and is unassessed."),
        (supplement, "unchanged", "It says what it said, and is unassessed. More has been recorded about it since."),
        (reword, "corrected", "It now reads: About 3,000 soldiers were killed."),
        (refigure, "corrected", "Its figures are others now."),
        (place, "corrected", "Its place was not given then, and is Kursk now."),
        (take_back, "retracted", "National Intelligence Service is no longer on record with it: One unit was counted"),
        (withdraw, "retracted", "Withdrawn: It was another war."),
    ],
)
def test_a_reference_list_is_checked(  # noqa: PLR0917 - five fixtures and the columns of the table
    api: TestClient,
    claim: dict[str, Any],
    correct: Record,
    settings: Settings,
    act: Callable[..., None],
    state: str,
    says: str,
) -> None:
    refs = settings.data_dir / "refs.csl.json"
    refs.write_text(api.get(f"claims/{claim['id']}.csl.json").text)

    act(correct, claim)

    done = attest(settings.url, settings.data_dir, "cite", "--check", refs, "--json")
    (row,) = done.json
    assert (row["state"], row["line"], done.code) == (state, 2, 0 if state == "unchanged" else 1)
    assert row["says"].startswith(says)
    (asked,) = api.get("citations/check", params={"cited": f"{claim['id']}@1"}).json()["items"]
    assert asked == {name: value for name, value in row.items() if name not in ("file", "line")}


def test_a_decision_since_is_told(api: TestClient, claim: dict[str, Any], correct: Record, database: Database) -> None:
    with database.writing() as connection:
        issued = [keys.issue(connection, byline, Role.FACT_CHECKER)[1] for byline in ("Anna", "Boris")]
    anna, boris = ({"Authorization": f"Bearer {key}"} for key in issued)
    said = {"status": "unconfirmed", "credibility": 3, "standard": "reasonable_grounds", "rationale": "Said, no more."}
    proposal = api.post(f"claims/{claim['id']}/proposals", json={"claim_version": 1, **said}, headers=anna).json()
    api.post(f"proposals/{proposal['id']}/sign-offs", json={"verdict": "approve"}, headers=boris).raise_for_status()

    (asked,) = api.get("citations/check", params={"cited": f"{claim['id']}@1"}).json()["items"]
    assert (asked["state"], asked["status_then"], asked["status_now"]) == (
        "status_changed",
        "unassessed",
        "unconfirmed",
    )
    # What else is otherwise by now is told as well.
    correct("claims", claim["id"], place="Kursk")
    (asked,) = api.get("citations/check", params={"cited": f"{claim['id']}@1"}).json()["items"]
    assert (asked["state"], asked["says"]) == (
        "corrected",
        "Its place was not given then, and is Kursk now. It was not assessed then, and is unconfirmed now.",
    )


def test_what_was_tampered_with_or_never_here_is_told(
    api: TestClient, claim: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    address = f"https://factcheck.example/api/v1/claims/{claim['id']}/versions"
    other = "/claims/clm_01jhf3m8w5k6v0x2s9r7q4t1ya/versions/1"
    (tmp_path / "refs.bib").write_bytes(
        f"note = {{{address.replace('_', chr(92) + '_')}/1 sha256:{'0' * 64}}},\n\xff{other}\n{address}/2".encode(
            "latin-1"
        )
    )
    done = attest(settings.url, settings.data_dir, "cite", "--check", tmp_path / "refs.bib")
    assert done.code == 1
    assert [line.split(": ")[2].partition(". ")[0] for line in done.out.splitlines()] == [
        "altered",
        "unknown",
        "unknown",
    ]

    (tmp_path / "none.txt").write_text("Nothing of ours.")
    done = attest(settings.url, settings.data_dir, "cite", "--check", tmp_path / "none.txt")
    assert (done.code, done.out.startswith("No version of a claim is cited there")) == (0, True)


CLAIM = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"


@pytest.mark.parametrize(
    ("text", "found"),
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
def test_versions_are_found_however_they_are_written(text: str, found: list[tuple[int, int, str | None]]) -> None:
    assert [(one.line, one.version, one.sha256) for one in cited_versions(text)] == found
    assert {one.claim_id for one in cited_versions(text)} in ({CLAIM}, set())
