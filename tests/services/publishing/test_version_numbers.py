"""Permanent addresses of versions in an installation that loaded the dump of another one.

For every version of every claim, the answer is that of the installation it came from, or 410 Gone with that
installation; never other content.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.db.engine import Database
from app.errors import AttestError, ConflictError
from app.schemas.files.publication import Publisher
from app.services.changes import actors
from app.services.imports.import_tally import ImportRefusedError
from app.services.publishing import dumps
from app.vocabulary import Role
from tests.conftest import ENGINES
from tests.support.attest import attest, findings
from tests.support.desk import (
    EVERY_ACTION,
    Action,
    Desk,
    action_strategy,
    fresh_database,
    issue_key_headers,
    open_desk,
    service,
)
from tests.support.problems import assert_problem

pytestmark = pytest.mark.slow

ENGINE = pytest.mark.parametrize("engine", ENGINES)


class Installation(NamedTuple):
    """A service on a database of its own, with an address of its own."""

    name: str
    api: TestClient
    database: Database
    headers: dict[str, str]
    """An editor's key."""
    url: str

    @property
    def address(self) -> str:
        return f"https://{self.name}.example/api/v1"

    def read(self, path: str, **parameters: Any) -> Response:
        return self.api.get(path, params=parameters or None, follow_redirects=False)

    def version(self, claim_id: str, number: int) -> Response:
        return self.read(f"claims/{claim_id}/versions/{number}")

    def claim(self, claim_id: str) -> Any:
        response = self.read(f"claims/{claim_id}")
        assert response.status_code in (200, 307), response.text
        return response.json()

    def post(self, path: str, **body: Any) -> Any:
        response = self.api.post(path, json=body, headers=self.headers)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def correct(self, path: str, **changes: Any) -> Any:
        tag = self.api.get(path, headers=self.headers, follow_redirects=False).headers["ETag"]
        body = {"reason": "Better known now.", **changes}
        response = self.api.patch(path, json=body, headers={**self.headers, "If-Match": tag})
        assert response.status_code == 200, response.text
        return response.json()

    def dump(self, folder: Path, **options: Any) -> Path:
        publisher = Publisher(name=f"Desk {self.name}", address=self.address)
        with self.database.reading() as connection:
            dumps.write_dump(connection, folder, publisher, licence="CC0-1.0", **options)
        return folder

    def load(self, folder: Path) -> None:
        try:
            dumps.load_dump(
                self.database, lambda connection: actors.system_actor(connection, "Test"), folder, reason="Restored."
            )
        except ImportRefusedError as error:
            raise AssertionError(error.report.refusals) from None

    def import_lines(self, *lines: Any) -> Any:
        response = self.api.post("imports", content="\n".join(map(json.dumps, lines)), headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def installation(name: str, engine: str, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Run an installation on an empty database."""
    with fresh_database(engine, request) as url, service(url, public_url=f"https://{name}.example") as api:
        database = Database(url, pool_size=1)
        try:
            yield Installation(name, api, database, issue_key_headers(database, Role.EDITOR), url)
        finally:
            database.close()


class AcyclicDesk(Desk):
    """A desk whose claims do not refer to each other in a circle with their parties' own figures.

    A dump of such claims cannot be loaded.
    """

    def attribution_fields(self, b: int, c: int) -> dict[str, Any]:
        fields = super().attribution_fields(b, c)
        # Only earlier claims are named, when a claim is recorded.
        return fields if self.is_recording_claim else {name: fields[name] for name in fields if name != "own_claim"}

    is_recording_claim = False

    def merge_claim(self, _a: int, _b: int, _c: int) -> bool:
        """Do nothing: the attributions of a merged claim may lead to later ones."""
        return False

    def claim(self, a: int, b: int, c: int) -> bool:
        self.is_recording_claim = True
        try:
            return super().claim(a, b, c)
        finally:
            self.is_recording_claim = False


def installation_of(desk: Desk) -> Installation:
    return Installation("a", desk.api, desk.database, desk.headers, "")


def content(version: Response) -> Any:
    """What a version says, without what names the installation: when it was recorded, who signed, and the origin."""

    def without_times(value: Any) -> Any:
        if isinstance(value, list):
            return [without_times(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: without_times(item) for name, item in value.items() if name != "recorded_at"}

    body = without_times(version.json())
    for name in ("proposed_by", "approved_by", "evidence", "origin"):
        (body["review"] or {}).pop(name, None)
    return body


def assert_held_by(response: Response, holder: Installation, path: str) -> None:
    problem = assert_problem(response, 410)
    assert problem["held_by"] == {"publisher": f"Desk {holder.name}", "address": f"{holder.address}/{path}"}
    assert problem["held_by"]["address"] in problem["detail"]
    assert response.headers["Link"] == f'<{holder.address}/{path}>; rel="alternate"'
    assert response.headers["Cache-Control"] == "no-cache"


def assert_version_held_by(here: Installation, claim_id: str, number: int, holder: Installation) -> None:
    path = f"claims/{claim_id}/versions/{number}"
    assert_held_by(here.version(claim_id, number), holder, path)


# --- any history ---


def claim_ids(at: Installation) -> list[str]:
    stages = {"stage": ["published", "withdrawn"], "limit": 200}
    return [item["id"] for item in at.read("claims", **stages).json()["items"]]


def assert_same_or_gone(first: Installation, second: Installation) -> tuple[int, int]:
    """Compare every version of every claim; return how many the second installation has and how many are gone."""
    same, gone = 0, 0
    assert claim_ids(first) == claim_ids(second)
    for claim_id in claim_ids(first):
        newest = first.claim(claim_id)["version"]
        for number in range(1, newest + 1):
            here, there = second.version(claim_id, number), first.version(claim_id, number)
            if here.status_code == 410:
                assert_version_held_by(second, claim_id, number, first)
                gone += 1
            else:
                assert content(here) == content(there), number
                assert hashes(second, claim_id, number) == hashes(first, claim_id, number)
                same += 1
        assert second.claim(claim_id)["version"] in (newest, newest + 1)
        assert second.version(claim_id, second.claim(claim_id)["version"] + 1).status_code == 404
    return same, gone


def hashes(at: Installation, claim_id: str, number: int) -> list[str]:
    text = at.read(f"claims/{claim_id}/versions/{number}.csl.json").text
    return sorted(
        {part[:64] for part in text.split("sha256:")[1:]} | {part[:64] for part in text.split("sha256: ")[1:]}
    )


@ENGINE
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(history=EVERY_ACTION, later=EVERY_ACTION[:12])
@given(history=st.lists(action_strategy, max_size=20), later=st.lists(action_strategy, max_size=6))
def test_any_version_is_that_of_the_origin_or_gone(
    engine: str, request: pytest.FixtureRequest, history: list[Action], later: list[Action]
) -> None:
    with (
        open_desk(engine, request, public_url="https://a.example") as opened,
        installation("b", "sqlite", request) as second,
        installation("c", "sqlite", request) as third,
        TemporaryDirectory() as folder,
    ):
        desk = AcyclicDesk(opened.api, opened.headers, opened.database, ids=opened.ids)
        first = installation_of(desk)
        for action in history:
            desk.perform(*action)
        second.load(first.dump(Path(folder) / "first"))
        assert_same_or_gone(first, second)
        with_versions = {
            (claim_id, number): second.version(claim_id, number)
            for claim_id in claim_ids(second)
            for number in range(1, second.claim(claim_id)["version"] + 1)
        }

        # The desk of the second installation goes on. What an address returned, it returns again.
        other_desk = AcyclicDesk(second.api, second.headers, second.database)
        other_desk.ids = {plural: list(ids) for plural, ids in desk.ids.items()}
        other_desk.ids["claims"] = claim_ids(second) or other_desk.ids["claims"]
        known = other_desk.ids
        for plural in ("attributions", "evidence", "relations"):
            page = second.read(plural, limit=200).json()["items"]
            known[plural] = [item["id"] for item in page]
        for action in later:
            if known["claims"] and known["attributions"] and known["evidence"] and known["relations"]:
                other_desk.perform(*action)
        for (claim_id, number), before in with_versions.items():
            after = second.version(claim_id, number)
            assert (after.status_code, after.content) == (before.status_code, before.content)

        third.load(second.dump(Path(folder) / "second"))
        for claim_id in claim_ids(third):
            for number in range(1, third.claim(claim_id)["version"] + 1):
                here, there = third.version(claim_id, number), second.version(claim_id, number)
                if here.status_code == 200:
                    assert number == third.claim(claim_id)["version"]
                    assert there.status_code == 404 or content(here) == content(there)
                elif there.status_code == 410:
                    assert here.json()["held_by"] == there.json()["held_by"]
                else:
                    assert_version_held_by(third, claim_id, number, second)


# --- a known history ---


class Pair(NamedTuple):
    """Two installations: the second one has loaded a dump of the first."""

    first: Installation
    second: Installation
    folder: Path
    claim: str
    """Id of a claim with five versions in the first installation, of which the second has the fifth."""
    renamed: str
    """Id of a claim with one version, whose source was renamed later, so that the second begins with version 2."""
    source: str
    document: str
    topic: str
    capture: str


NEWEST = 5


@pytest.fixture
def pair(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with installation("a", engine, request) as first, installation("b", engine, request) as second:
        yield load_pair(first, second, tmp_path)


def load_pair(first: Installation, second: Installation, folder: Path) -> Pair:
    note = {"reason": "New."}
    topic = first.post("topics", title="How many?", subject="soldiers", metric_family="strength", **note)["id"]
    source = first.post("sources", name="Ministry", kind="government", **note)["id"]
    other = first.post("sources", name="Agency", kind="news_organisation", **note)["id"]
    document = first.post("documents", kind="article", title="Title", publisher=source, **note)["id"]
    capture = first.api.post(
        f"documents/{document}/captures", content=b"<p>Captured.</p>", headers=first.headers
    ).json()["id"]
    claim = first.post(
        "claims",
        kind="troop_estimate",
        statement="Soldiers are there.",
        stage="published",
        topic=topic,
        quantities=[{"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 300}],
        attributions=[{"source": source, "stance": "asserts", "document": document, "lineage": "original"}],
        **note,
    )["id"]
    first.correct(f"claims/{claim}", statement="About 300 soldiers are there.")
    first.correct(f"claims/{claim}", place="Kursk Oblast")
    decision = {"status": "unconfirmed", "rationale": "One source.", "decided_on": "2025-01-14", "decided_by": "Desk"}
    figures = [{"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 300}]
    first.import_lines(
        {
            "record": "claim",
            "id": claim,
            "kind": "troop_estimate",
            "statement": "About 300 soldiers are there.",
            "place": "Kursk Oblast",
            "topic": topic,
            "quantities": figures,
            "reviews": [decision],
        }
    )
    first.correct(f"claims/{claim}", note="Seen in a photograph.")
    renamed = first.post(
        "claims",
        kind="troop_estimate",
        statement="Others are there.",
        stage="published",
        attributions=[{"source": other, "stance": "asserts"}],
        **note,
    )["id"]
    first.correct(f"sources/{other}", name="The Agency")
    assert first.claim(claim)["version"] == NEWEST
    second.load(first.dump(folder / "dump"))
    return Pair(first, second, folder, claim, renamed, source, document, topic, capture)


@ENGINE
def test_each_address_of_an_earlier_version_says_who_holds_it(pair: Pair) -> None:
    second, claim = pair.second, pair.claim
    for number in range(1, NEWEST):
        path = f"claims/{claim}/versions/{number}"
        assert_version_held_by(second, claim, number, pair.first)
        for suffix in ("bib", "ris", "csl.json", "txt", "md", "jsonld", "csv"):
            assert_held_by(second.read(f"{path}.{suffix}"), pair.first, path)
        for route in ("citations", "export"):
            assert_held_by(second.read(route, claim=f"{claim}@{number}"), pair.first, path)
        with_tag = second.api.get(path, headers={"If-None-Match": '"1.0"'})
        assert_held_by(with_tag, pair.first, path)
        with_key = second.api.get(path, headers=second.headers)
        assert_held_by(with_key, pair.first, path)
        proof = second.read("log/inclusion", object=f"claim/{claim}", version=number)
        assert_held_by(proof, pair.first, f"log/inclusion?object=claim/{claim}&version={number}")


@ENGINE
def test_a_version_that_was_dumped_is_what_it_was(pair: Pair) -> None:
    here, there = pair.second.version(pair.claim, NEWEST), pair.first.version(pair.claim, NEWEST)
    assert content(here) == content(there)
    assert here.json()["status"] == "unconfirmed"
    assert here.json()["review"]["stale"] is False
    assert hashes(pair.second, pair.claim, NEWEST) == hashes(pair.first, pair.claim, NEWEST) != []
    assert "immutable" not in here.headers["Cache-Control"]
    # The service signs the log with its next change.
    pair.second.post("sources", name="Signed", kind="other", reason="New.")
    assert pair.second.read("log/inclusion", object=f"claim/{pair.claim}", version=NEWEST).status_code == 200
    # Every other object has the same number, which its citation key has too.
    for path in (f"sources/{pair.source}", f"documents/{pair.document}", f"topics/{pair.topic}"):
        assert pair.second.read(path).json()["version"] == pair.first.read(path).json()["version"]


@ENGINE
def test_a_version_that_a_dump_shows_otherwise_has_the_next_number(pair: Pair) -> None:
    assert pair.first.version(pair.renamed, 1).json()["attributions"][0]["source"]["name"] == "Agency"
    assert_version_held_by(pair.second, pair.renamed, 1, pair.first)
    assert pair.second.version(pair.renamed, 2).json()["attributions"][0]["source"]["name"] == "The Agency"
    assert pair.second.claim(pair.renamed)["version"] == 2


@ENGINE
@pytest.mark.parametrize(
    "path",
    [
        "claims/{claim}/versions/6",
        "claims/{claim}/versions/2147483647",
        "claims/clm_01jhf3m8w5k6v0x2s9r7q4t1ya/versions/1",
        "claims/{claim}/versions/6.bib",
        "log/inclusion?object=claim/{claim}&version=6",
        "claims/clm_01jhf3m8w5k6v0x2s9r7q4t1ya?as_of=2025-01-01",
        "claims/{own}?as_of=2025-01-01",
        "claims/{own}/versions/2",
    ],
)
def test_what_never_existed_is_not_found(pair: Pair, path: str) -> None:
    note = {"reason": "New."}
    own = pair.second.post("claims", kind="other", statement="Ours.", stage="published", **note)["id"]
    assert_problem(pair.second.read(path.format(claim=pair.claim, own=own)), 404)


@ENGINE
def test_a_moment_before_the_dump_was_loaded_is_held_by_the_other_installation(pair: Pair) -> None:
    claim = pair.second.claim(pair.claim)
    parts = {
        f"claims/{pair.claim}": f"claims/{pair.claim}",
        f"claims/{pair.claim}/history": f"claims/{pair.claim}",
        f"claims/{pair.claim}/reviews": f"claims/{pair.claim}",
        f"claims/{pair.claim}/independence-rulings": f"claims/{pair.claim}",
        f"claims/{pair.claim}.bib": f"claims/{pair.claim}",
        f"sources/{pair.source}": f"sources/{pair.source}",
        f"sources/{pair.source}.ris": f"sources/{pair.source}",
        f"documents/{pair.document}": f"documents/{pair.document}",
        f"documents/{pair.document}.bib": f"documents/{pair.document}",
        f"topics/{pair.topic}": f"topics/{pair.topic}",
        f"sources/{pair.source}/ratings": f"sources/{pair.source}",
        f"topics/{pair.topic}/estimates": f"topics/{pair.topic}",
        f"captures/{pair.capture}": f"captures/{pair.capture}",
    } | {f"attributions/{part['id']}": f"attributions/{part['id']}" for part in claim["attributions"]}
    for path, expected in parts.items():
        assert_held_by(pair.second.read(path, as_of="2025-01-01"), pair.first, expected)
        assert pair.second.read(path).status_code == 200


@ENGINE
def test_the_file_of_a_capture_is_held_by_the_other_installation(pair: Pair) -> None:
    path = f"captures/{pair.capture}/content"
    assert pair.first.api.get(path, headers=pair.first.headers).content == b"<p>Captured.</p>"
    assert_held_by(pair.second.api.get(path, headers=pair.second.headers), pair.first, path)
    # A copy that is uploaded here is found by its digest.
    uploaded = pair.second.api.post(
        f"documents/{pair.document}/captures", content=b"<p>Captured.</p>", headers=pair.second.headers
    )
    assert uploaded.status_code == 200
    assert pair.second.api.get(path, headers=pair.second.headers).content == b"<p>Captured.</p>"


@ENGINE
def test_both_desks_continue_with_the_same_number(pair: Pair) -> None:
    """Each address names its installation, and what it has returned it returns again, whatever is imported later."""
    first, second, claim = pair.first, pair.second, pair.claim
    first.correct(f"claims/{claim}", statement="About 400 soldiers are there.")
    second.correct(f"claims/{claim}", statement="Hardly any soldiers are there.")
    theirs, ours = first.version(claim, NEWEST + 1), second.version(claim, NEWEST + 1)
    assert (theirs.json()["statement"], ours.json()["statement"]) == (
        "About 400 soldiers are there.",
        "Hardly any soldiers are there.",
    )
    assert "immutable" not in ours.headers["Cache-Control"]

    # A newer dump of the first cannot be loaded over the older one. Its records can be imported; they get numbers here.
    newer = first.dump(pair.folder / "newer")
    with pytest.raises(ConflictError, match="not empty"):
        second.load(newer)
    for _time in range(2):
        for name in ("sources", "documents", "topics", "claims"):
            body = (newer / f"{name}.jsonl").read_bytes()
            assert second.api.post("imports", content=body, headers=second.headers).status_code == 200
    assert second.version(claim, NEWEST + 1).json() == ours.json()
    assert content(second.version(claim, NEWEST)) == content(first.version(claim, NEWEST))
    for number in range(1, NEWEST):
        assert_version_held_by(second, claim, number, first)
    assert findings_of(second, pair.folder) == {}


@ENGINE
def test_a_decision_holds_until_this_desk_changes_the_wording(pair: Pair) -> None:
    second, claim = pair.second, pair.claim
    review = second.claim(claim)["review"]
    assert (review["claim_version"], review["stale"]) == (pair.first.claim(claim)["review"]["claim_version"], False)
    version = second.correct(f"claims/{claim}", note="Another note.")["version"]
    assert second.claim(claim)["review"]["stale"] is False
    proposal = {
        "claim_version": version,
        "status": "unconfirmed",
        "credibility": 3,
        "standard": "reasonable_grounds",
        "rationale": "Still one source.",
    }
    proposer, approver = (issue_key_headers(second.database, role) for role in (Role.FACT_CHECKER, Role.ADMIN))
    proposed = second.api.post(f"claims/{claim}/proposals", json=proposal, headers=proposer)
    assert proposed.status_code == 201, proposed.text
    path = f"proposals/{proposed.json()['id']}/sign-offs"
    signed = second.api.post(path, json={"verdict": "approve"}, headers=approver)
    assert signed.status_code == 201, signed.text
    assert second.claim(claim)["review"]["claim_version"] == version
    second.correct(f"claims/{claim}", statement="About 500 soldiers are there.")
    assert second.claim(claim)["review"]["stale_because"] == ["wording"]
    assert content(second.version(claim, NEWEST))["review"]["stale"] is False
    assert findings_of(second, pair.folder) == {}


def findings_of(at: Installation, folder: Path) -> dict[str, str]:
    """What an audit of an installation finds, except that this test has not the key of its log."""
    found = findings(at.url, folder)
    return {place: found[place] for place in found if place.split()[0] not in ("log", "checkpoint")}


@ENGINE
def test_a_dump_of_a_dump_names_the_installation_that_holds_each_version(
    pair: Pair, engine: str, request: pytest.FixtureRequest
) -> None:
    second, claim = pair.second, pair.claim
    for statement in ("About 301 soldiers are there.", "About 302 soldiers are there."):
        second.correct(f"claims/{claim}", statement=statement)
    with installation("c", engine, request) as third:
        third.load(second.dump(pair.folder / "of b"))
        for number in range(1, NEWEST):
            assert_version_held_by(third, claim, number, pair.first)
        for number in (NEWEST, NEWEST + 1):
            assert_version_held_by(third, claim, number, second)
        assert content(third.version(claim, NEWEST + 2)) == content(second.version(claim, NEWEST + 2))
        assert_version_held_by(third, pair.renamed, 1, pair.first)
        assert third.version(pair.renamed, 2).status_code == 200
        assert findings_of(third, pair.folder) == {}


@ENGINE
def test_a_citation_of_another_installation_is_checked_there(pair: Pair, tmp_path: Path) -> None:
    first, second, claim = pair.first, pair.second, pair.claim
    cited = {number: first.read(f"claims/{claim}/versions/{number}.bib").text for number in (2, NEWEST)}
    first.correct(f"claims/{claim}", statement="About 400 soldiers are there.")
    second.correct(f"claims/{claim}", note="Our own note.")
    cited[NEWEST + 1] = first.read(f"claims/{claim}/versions/{NEWEST + 1}.bib").text
    own = second.read(f"claims/{claim}/versions/{NEWEST + 1}.bib").text
    cases = [
        (cited[2], "held_elsewhere", f"{first.address}/claims/{claim}/versions/2"),
        (cited[NEWEST], "unchanged", f"{second.address}/claims/{claim}"),
        (cited[NEWEST + 1], "held_elsewhere", f"{first.address}/claims/{claim}/versions/{NEWEST + 1}"),
        (f"{first.address}/claims/{claim}/versions/7", "held_elsewhere", f"{first.address}/claims/{claim}/versions/7"),
        (f"{first.address}/claims/{claim}/versions/6", "held_elsewhere", f"{first.address}/claims/{claim}/versions/6"),
        (f"{second.address}/claims/{claim}/versions/7", "unknown", None),
        (own, "unchanged", f"{second.address}/claims/{claim}"),
        (f"/claims/{claim}/versions/{NEWEST + 1}", "unchanged", f"{second.address}/claims/{claim}"),
    ]
    for text, state, address in cases:
        references = tmp_path / "references.txt"
        references.write_text(text)
        result = attest(second.url, tmp_path, "cite", "--check", references, "--json", public_url="https://b.example")
        (check,) = result.json
        assert (check["state"], check["address"]) == (state, address), check
        assert result.code == (0 if state == "unchanged" else 1)
    (check,) = second.read("citations/check", cited=f"{claim}@2").json()["items"]
    assert (check["state"], check["newest_version"]) == ("held_elsewhere", NEWEST + 1)


@ENGINE
def test_the_command_line_keeps_versions_and_names_their_holder(pair: Pair, tmp_path: Path) -> None:
    with empty_database() as url:
        first, folder = pair.first, tmp_path / "from command line"
        dumped = attest(
            first.url, tmp_path, "dump", folder, "--licence", "CC0-1.0", public_url="https://a.example", publisher="A"
        )
        assert dumped.code == 0, dumped.err
        assert attest(url, tmp_path, "import", folder).code == 0
        cited = attest(url, tmp_path, "cite", f"{pair.claim}@2")
        assert cited.code != 0
        assert f"https://a.example/api/v1/claims/{pair.claim}/versions/2 (A)" in cited.err
        assert attest(url, tmp_path, "cite", f"{pair.claim}@{NEWEST}").code == 0
        # Citations without a version are of the version with the same number.
        assert f"versions/{NEWEST}" in attest(url, tmp_path, "cite", pair.claim, "--format", "bibtex").out


@contextmanager
def empty_database() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/attest.db"
        assert attest(url, Path(folder), "db", "upgrade").code == 0
        yield url


@ENGINE
def test_a_dump_without_versions_begins_with_numbers_that_were_never_used(
    pair: Pair, engine: str, request: pytest.FixtureRequest
) -> None:
    dump = pair.first.dump(pair.folder / "old")
    manifest = json.loads((dump / "manifest.json").read_text())
    manifest["files"] = [file for file in manifest["files"] if file["name"] != "versions.jsonl"]
    (dump / "manifest.json").write_text(json.dumps(manifest | {"format_version": 1}))
    with installation("c", engine, request) as third:
        third.load(dump)
        begin = third.claim(pair.claim)["version"]
        assert begin > NEWEST
        for number in (1, NEWEST, NEWEST + 1, begin - 1):
            assert_version_held_by(third, pair.claim, number, pair.first)
        assert third.version(pair.claim, begin).status_code == 200
        assert third.version(pair.claim, begin + 1).status_code == 404
        assert third.claim(pair.claim)["review"]["stale"] is False
        third.correct(f"claims/{pair.claim}", statement="New words.")
        assert third.claim(pair.claim)["review"]["stale_because"] == ["wording"]
        assert findings_of(third, pair.folder) == {}


@ENGINE
def test_an_export_with_ids_is_no_dump(pair: Pair, engine: str, request: pytest.FixtureRequest) -> None:
    """Its claims are recorded anew, as version 1 of this installation."""
    exported = pair.first.read("export").content
    with installation("c", engine, request) as third:
        response = third.api.post("imports", content=exported, headers=third.headers)
        assert response.json()["refused"] == 0, response.text
        newest = third.claim(pair.claim)["version"]
        for number in range(1, newest + 1):
            assert third.version(pair.claim, number).status_code == 200
        assert_problem(third.version(pair.claim, newest + 1), 404)
        assert_problem(third.read(f"claims/{pair.claim}", as_of="2025-01-01"), 404)
        assert findings_of(third, pair.folder) == {}


def drop_a_line(lines: list[str]) -> list[str]:
    return lines[:-1]


def repeat_a_line(lines: list[str]) -> list[str]:
    return [*lines, lines[-1]]


def change_last(**changes: Any) -> Any:
    return lambda lines: [*lines[:-1], json.dumps(json.loads(lines[-1]) | changes)]


@ENGINE
@pytest.mark.parametrize(
    "damage_and_message",
    [
        (drop_a_line, "versions.jsonl"),
        (change_last(version=0), "line 6"),
        (change_last(version=10**12), "line 6"),
        (change_last(id="clm_01jhf3m8w5k6v0x2s9r7q4t1ya"), "versions.jsonl"),
        (change_last(content_version=2), "content_version"),
        (change_last(attributions=[]), "attributions"),
        (change_last(reviews=[{"id": "rev_01jhf3m8w5k6v0x2s9r7q4t1ya", "claim_version": 1}]), "reviews"),
        (change_last(attributions=[{"id": "{other}"}]), "occurs twice"),
        (lambda _lines: ["{", "", "x"], "line 1"),
    ],
)
def test_versions_that_do_not_fit_the_records_are_refused(
    pair: Pair, tmp_path: Path, damage_and_message: tuple[Any, str]
) -> None:
    damage, message = damage_and_message
    dump = pair.first.dump(tmp_path / "damaged")
    path = dump / "versions.jsonl"
    other = pair.first.claim(pair.claim)["attributions"][0]["id"]
    lines = [line.replace("{other}", other) for line in damage(path.read_text().splitlines())]
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(data)
    manifest = json.loads((dump / "manifest.json").read_text())
    description = {"records": len(lines), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["files"][-1] |= description
    (dump / "manifest.json").write_text(json.dumps(manifest))
    with empty_database() as url:
        database = Database(url, pool_size=1)
        with pytest.raises((AttestError, AssertionError), match=message):
            pair.second._replace(database=database).load(dump)
        database.close()
