"""Permanent addresses of versions in an installation that loaded the dump of another one.

For every version of every claim, the answer is that of the installation it came from, or 410 Gone with that
installation; never other content.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.db.engine import Database
from app.schemas.files.publication import Publisher
from app.services.core import actors
from app.services.imports.imports import ImportRefusedError
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
        return self.api.get(path, params=parameters, follow_redirects=False)

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

    def claim(self, a: int, b: int, c: int) -> bool:
        self.is_recording_claim = True
        try:
            return super().claim(a, b, c)
        finally:
            self.is_recording_claim = False


def installation_of(desk: Desk) -> Installation:
    return Installation("a", desk.api, desk.database, desk.headers, "")


def content(version: Response) -> Any:
    """What a version says, without what names the installation: times of recording and the people who signed."""

    def without_times(value: Any) -> Any:
        if isinstance(value, list):
            return [without_times(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: without_times(item) for name, item in value.items() if name != "recorded_at"}

    body = without_times(version.json())
    for name in ("proposed_by", "approved_by", "evidence"):
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
