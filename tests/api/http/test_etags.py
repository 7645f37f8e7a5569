"""ETags and cached responses: no outdated response is sent, and no outdated copy is confirmed with 304.

One service changes the record with random actions, as another process would. Two more services use the same database,
one with a response cache and one without. After each action both get the same requests. The responses of the first,
and the copies that it confirms, must equal the responses of the second.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.db.engine import Database
from app.main import create_app
from app.settings import Settings
from app.vocabulary import Role
from tests.conftest import ENGINES
from tests.support.desk import (
    EVERY_ACTION,
    INITIAL_ACTIONS,
    MERGING_ACTIONS,
    Action,
    Desk,
    action_strategy,
    issue_key_headers,
    open_desk,
    service,
)

IMMUTABLE = "max-age=31536000, immutable"

LISTS = (
    "claims",
    "claims?limit=2&sort=-recorded&facets=topic,metric",
    "claims?q=soldiers&facets=status,source",
    "sources",
)

DESK_LISTS = ("claims?stage=draft&stage=published&sort=id&limit=3",)


@dataclass
class Readers:
    """Readers that request everything after each action and compare the two services."""

    desk: Desk
    cached: AsyncClient
    """The service under test, which caches responses."""
    uncached: AsyncClient
    """The service whose responses are expected, without a cache."""
    headers: dict[str, dict[str, str]]
    """Headers by reader. The first one is the desk."""
    received: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    """Bodies that were received, by reader and path, then by ETag."""
    not_modified: int = 0
    """How many responses were 304."""
    moment: str | None = None
    """A past time for `as_of`; None until enough has happened."""

    def claims(self) -> list[str]:
        return [f"claims/{claim_id}" for claim_id in self.desk.ids["claims"]]

    def paths(self, reader: str, *, lists: bool) -> list[str]:
        """The paths to request after an action. Only the newest version of each claim, and each version once."""
        paths = [*LISTS, *(DESK_LISTS if reader == "desk" else ())] if lists else []
        for claim in self.claims():
            # The desk sees every claim and has just read it.
            version = json.loads(next(reversed(self.received["desk", claim].values())))["version"]
            paths += [claim] if reader != "desk" else []
            paths += [
                version_path
                for version_path in [f"{claim}/versions/{version}"]
                if (reader, version_path) not in self.received
            ]
        if self.moment is not None and lists:
            paths += [f"claims?as_of={self.moment}&q=soldiers", f"{self.claims()[0]}?as_of={self.moment}"]
        return paths

    async def compare(self, *, lists: bool = True) -> None:
        """Request and compare everything that an action may change."""
        for claim in self.claims():
            await self.compare_one("desk", claim)
        for reader in self.headers:
            for path in self.paths(reader, lists=lists):
                await self.compare_one(reader, path)

    async def compare_again(self) -> None:
        """Request and compare every path that was ever requested."""
        for reader, path in list(self.received):
            await self.compare_one(reader, path)

    async def compare_one(self, reader: str, path: str) -> None:
        headers = self.headers[reader]
        expected = await self.uncached.get(path, headers=headers)
        # Also with the ETags that other readers received.
        known_bodies = [self.received.get((other_reader, path), {}) for other_reader in self.headers]
        tags = ", ".join(tag for bodies_by_tag in known_bodies for tag in bodies_by_tag)
        conditional = await self.cached.get(path, headers={**headers, "If-None-Match": tags}) if tags else None
        unconditional = await self.cached.get(path, headers=headers)

        assert have_same_content_and_headers(unconditional, expected), (
            f"{path} for {reader}: {unconditional.text} instead of {expected.text}"
        )
        if conditional is not None and conditional.status_code == 304:
            self.not_modified += 1
            known_versions = [
                bodies_by_tag[conditional.headers["ETag"]]
                for bodies_by_tag in known_bodies
                if conditional.headers["ETag"] in bodies_by_tag
            ]
            assert known_versions, f"{path} for {reader}: {conditional.headers['ETag']} was never sent"
            assert known_versions == [expected.content] * len(known_versions), (
                f"{path} for {reader}: {conditional.headers['ETag']} belongs to another body"
            )
            assert conditional.content == b""
        elif conditional is not None:
            assert have_same_content_and_headers(conditional, expected), f"{path} for {reader}"
        if expected.status_code == 200:
            own_bodies = self.received.setdefault((reader, path), {})
            # One ETag never belongs to two bodies.
            assert own_bodies.setdefault(expected.headers["ETag"], expected.content) == expected.content, (
                f"{path} for {reader}"
            )
            # The tag of a version may change (it counts bylines and merges); what it says may not.
            assert len(set(own_bodies.values())) == 1 or "/versions/" not in path


def have_same_content_and_headers(response: Response, other: Response) -> bool:
    """True if status, body and the headers about caching are equal."""
    names = ("ETag", "Cache-Control", "Vary", "Surrogate-Key", "Content-Type")
    return (response.status_code, response.content) == (other.status_code, other.content) and all(
        response.headers.get(name) == other.headers.get(name) for name in names
    )


@asynccontextmanager
async def start_service(url: str, **settings: Any) -> AsyncIterator[AsyncClient]:
    """A client of a service in the same event loop, because passing requests to another loop is slower."""
    app = create_app(Settings(database_url=url, secret_key=SecretStr("not secret"), pool_size=2, **settings))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://testserver/api/v1/") as client,
    ):
        yield client


async def work_and_compare(desk: Desk, actions: list[Action]) -> None:
    url = desk.database.url
    async with AsyncExitStack() as stack:
        readers = Readers(
            desk,
            cached=await stack.enter_async_context(start_service(url)),
            uncached=await stack.enter_async_context(start_service(url, response_cache_bytes=0)),
            headers={"desk": issue_key_headers(desk.database, Role.FACT_CHECKER), "public": {}},
        )
        await readers.compare()
        for number, action in enumerate(actions):
            desk.perform(*action)
            if number == 2:
                readers.moment = desk.read_json(f"claims/{desk.ids['claims'][0]}")["recorded_at"]
            # The ETags of lists change with every action, and lists are the slowest responses.
            await readers.compare(lists=number % 3 == 2)
        await readers.compare_again()
        assert readers.not_modified


@pytest.mark.parametrize("engine", ENGINES)
@settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=st.lists(action_strategy, min_size=3, max_size=6))
@example(actions=[*EVERY_ACTION, *MERGING_ACTIONS])
def test_etags_are_correct_after_every_action(
    engine: str, request: pytest.FixtureRequest, actions: list[Action]
) -> None:
    with open_desk(engine, request, initial_actions=INITIAL_ACTIONS, max_claims=4) as desk:
        asyncio.run(work_and_compare(desk, actions))


# --- Cache-Control and Surrogate-Key ---


@pytest.fixture
def claim(record: Any) -> dict[str, Any]:
    """A claim with a topic."""
    body: dict[str, Any] = record("claims", topic=record("topics")["id"])
    return body


@pytest.fixture
def corrected_claim(claim: dict[str, Any], correct: Any) -> dict[str, Any]:
    """The claim in its second version."""
    return {**claim, **correct("claims", claim["id"], place="Kursk Oblast")}


@pytest.mark.parametrize(
    ("seconds", "public"),
    [(0, "no-cache"), (30, "public, max-age=0, s-maxage=30, stale-while-revalidate=30")],
)
def test_cache_control_depends_on_the_version_and_the_key(
    url: str, corrected_claim: dict[str, Any], database: Database, seconds: int, public: str
) -> None:
    claim = corrected_claim
    path_of_claim, version = f"claims/{claim['id']}", f"claims/{claim['id']}/versions/1"
    # The newest version is mutable too: its response changes when the next version appears.
    mutable = (
        path_of_claim,
        f"{path_of_claim}/versions/2",
        f"{path_of_claim}?as_of={claim['recorded_at']}",
        "claims",
        f"{path_of_claim}/history",
        "sources",
        "claims?q=are",
    )
    keys = [issue_key_headers(database, Role.READER), issue_key_headers(database, Role.FACT_CHECKER)]
    expected = dict.fromkeys(mutable, (public, "private, no-cache"))
    expected[version] = (f"public, {IMMUTABLE}", f"private, {IMMUTABLE}")
    with service(url, shared_max_age=seconds) as api:
        for path, (without_key, with_key) in expected.items():
            for headers in ({}, *keys):
                first = api.get(path, headers=headers)
                cached = api.get(path, headers=headers)
                unchanged = api.get(path, headers={**headers, "If-None-Match": first.headers["ETag"]})
                responses = (first, cached, unchanged)
                assert [response.status_code for response in responses] == [200, 200, 304]
                assert {response.headers["ETag"] for response in responses} == {first.headers["ETag"]}
                assert {response.headers["Cache-Control"] for response in responses} == {
                    with_key if headers else without_key
                }
                assert {response.headers["Vary"] for response in responses} == {"Authorization, Accept"}


def test_surrogate_keys_name_the_claim_and_its_topic(api: TestClient, record: Any, claim: dict[str, Any]) -> None:
    bare = record("claims")
    expected = [(claim, f"{claim['id']} {claim['topic']['id']}"), (bare, bare["id"])]

    for claim_body, surrogate_key in expected:
        path = f"claims/{claim_body['id']}"
        for address in (path, f"{path}/versions/1", f"{path}?as_of={claim_body['recorded_at']}"):
            # The second response comes from the cache.
            assert [api.get(address).headers["Surrogate-Key"] for _time in range(2)] == [surrogate_key, surrogate_key]
    assert "Surrogate-Key" not in api.get("claims").headers
