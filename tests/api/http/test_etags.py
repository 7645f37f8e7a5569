"""Entity tags are never wrong, and what is kept to be given again is given only while it is right.

Random things are done to the record through one service, as another process would do them. Two more serve the same
database: one keeps answers, as is usual, and one keeps none. After each act everything is asked again: what the first
gives, and what it says is still good, must be what the other one reads.
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
from tests.support.desk import A_WEEK, BEGINNING, Act, Desk, act, desk, key_for, service

FOR_EVER = "max-age=31536000, immutable"

LISTS = (
    "claims",
    "claims?limit=2&sort=-recorded&facets=topic,metric",
    "claims?q=soldiers&facets=status,source",
    "sources",
)

DESKS_LISTS = ("claims?stage=draft&stage=published&sort=id&limit=3",)


@dataclass
class Readers:
    """Ask for everything again and again, and compare."""

    desk: Desk
    keeping: AsyncClient
    """The service that is under test."""
    fresh: AsyncClient
    """Keeps nothing."""
    headers: dict[str, dict[str, str]]
    """By reader; the desk comes first."""
    told: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    """What was told: by reader and address, by tag."""
    said_same: int = 0
    """How often the service said that a copy was still good."""
    moment: str | None = None
    """A moment of the past, once there is one."""

    def claims(self) -> list[str]:
        return [f"claims/{claim_id}" for claim_id in self.desk.ids["claims"]]

    def addresses(self, reader: str, *, lists: bool) -> list[str]:
        """What is asked after an act; of versions only the last ones, and these once."""
        found = [*LISTS, *(DESKS_LISTS if reader == "desk" else ())] if lists else []
        for claim in self.claims():
            # The desk sees them all, and was told just now.
            version = json.loads(next(reversed(self.told["desk", claim].values())))["version"]
            found += [claim] if reader != "desk" else []
            found += [last for last in [f"{claim}/versions/{version}"] if (reader, last) not in self.told]
        if self.moment is not None and lists:
            found += [f"claims?as_of={self.moment}&q=soldiers", f"{self.claims()[0]}?as_of={self.moment}"]
        return found

    async def compare(self, *, lists: bool = True) -> None:
        """Ask for what is asked after an act."""
        for claim in self.claims():
            await self.compare_one("desk", claim)
        for reader in self.headers:
            for address in self.addresses(reader, lists=lists):
                await self.compare_one(reader, address)

    async def compare_again(self) -> None:
        """Ask for all that was ever asked."""
        for reader, address in list(self.told):
            await self.compare_one(reader, address)

    async def compare_one(self, reader: str, address: str) -> None:
        headers = self.headers[reader]
        right = await self.fresh.get(address, headers=headers)
        # Also with the tags that the other reader was told.
        told = [self.told.get((one, address), {}) for one in self.headers]
        tags = ", ".join(tag for each in told for tag in each)
        again = await self.keeping.get(address, headers={**headers, "If-None-Match": tags}) if tags else None
        plain = await self.keeping.get(address, headers=headers)

        assert same(plain, right), f"{address} for {reader}: {plain.text} instead of {right.text}"
        if again is not None and again.status_code == 304:
            self.said_same += 1
            good = [each[again.headers["ETag"]] for each in told if again.headers["ETag"] in each]
            assert good, f"{address} for {reader}: {again.headers['ETag']} was never told"
            assert good == [right.content] * len(good), f"{address} for {reader}: {again.headers['ETag']} is not good"
            assert again.content == b""
        elif again is not None:
            assert same(again, right), f"{address} for {reader}"
        if right.status_code == 200:
            mine = self.told.setdefault((reader, address), {})
            # One tag never stands for two contents.
            assert mine.setdefault(right.headers["ETag"], right.content) == right.content, f"{address} for {reader}"
            assert len(mine) == 1 or "/versions/" not in address


def same(one: Response, other: Response) -> bool:
    """The same answer, and the same said of it."""
    told = ("ETag", "Cache-Control", "Vary", "Surrogate-Key", "Content-Type")
    return (one.status_code, one.content) == (other.status_code, other.content) and all(
        one.headers.get(name) == other.headers.get(name) for name in told
    )


@asynccontextmanager
async def asked_together(url: str, **settings: Any) -> AsyncIterator[AsyncClient]:
    """A service upon a database, whose callers share one event loop: to hand each request to another takes longer."""
    app = create_app(Settings(database_url=url, secret_key=SecretStr("not secret"), pool_size=2, **settings))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://testserver/api/v1/") as client,
    ):
        yield client


async def work_and_compare(at_work: Desk, acts: list[Act]) -> None:
    url = at_work.database.url
    async with AsyncExitStack() as open_too:
        readers = Readers(
            at_work,
            keeping=await open_too.enter_async_context(asked_together(url)),
            fresh=await open_too.enter_async_context(asked_together(url, kept_answers_bytes=0)),
            headers={"desk": key_for(at_work.database, Role.FACT_CHECKER), "public": {}},
        )
        await readers.compare()
        for number, one in enumerate(acts):
            at_work.do(*one)
            if number == 2:
                readers.moment = at_work.body(f"claims/{at_work.ids['claims'][0]}")["recorded_at"]
            # The tag of a list is new after every act, and to make a list takes longest.
            await readers.compare(lists=number % 3 == 2)
        await readers.compare_again()
        assert readers.said_same


@pytest.mark.parametrize("engine", ENGINES)
@settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(act, min_size=3, max_size=6))
@example(acts=A_WEEK)
def test_tags_are_never_wrong(engine: str, request: pytest.FixtureRequest, acts: list[Act]) -> None:
    with desk(engine, request, begin_with=BEGINNING, most_claims=4) as at_work:
        asyncio.run(work_and_compare(at_work, acts))


# --- what caches are told ---


@pytest.fixture
def claim(record: Any) -> dict[str, Any]:
    """A claim on a topic."""
    made: dict[str, Any] = record("claims", topic=record("topics")["id"])
    return made


@pytest.fixture
def changed(claim: dict[str, Any], correct: Any) -> dict[str, Any]:
    """The same, in its second version."""
    return {**claim, **correct("claims", claim["id"], place="Kursk Oblast")}


@pytest.mark.parametrize(
    ("seconds", "public"),
    [(0, "no-cache"), (30, "public, max-age=0, s-maxage=30, stale-while-revalidate=30")],
)
def test_what_caches_are_told(url: str, changed: dict[str, Any], database: Database, seconds: int, public: str) -> None:
    claim = changed
    one, version = f"claims/{claim['id']}", f"claims/{claim['id']}/versions/1"
    # Of the newest version nobody can be told yet that the claim has changed since.
    may_change = (
        one,
        f"{one}/versions/2",
        f"{one}?as_of={claim['recorded_at']}",
        "claims",
        f"{one}/history",
        "sources",
        "claims?q=are",
    )
    keys = [key_for(database, Role.READER), key_for(database, Role.FACT_CHECKER)]
    expected = dict.fromkeys(may_change, (public, "private, no-cache"))
    expected[version] = (f"public, {FOR_EVER}", f"private, {FOR_EVER}")
    with service(url, shared_max_age=seconds) as api:
        for path, (without_key, with_key) in expected.items():
            for headers in ({}, *keys):
                first = api.get(path, headers=headers)
                as_kept = api.get(path, headers=headers)
                unchanged = api.get(path, headers={**headers, "If-None-Match": first.headers["ETag"]})
                answers = (first, as_kept, unchanged)
                assert [answer.status_code for answer in answers] == [200, 200, 304]
                assert {answer.headers["ETag"] for answer in answers} == {first.headers["ETag"]}
                assert {answer.headers["Cache-Control"] for answer in answers} == {with_key if headers else without_key}
                assert {answer.headers["Vary"] for answer in answers} == {"Authorization, Accept"}


def test_copies_are_marked_with_what_they_show(api: TestClient, record: Any, claim: dict[str, Any]) -> None:
    bare = record("claims")
    expected = [(claim, f"{claim['id']} {claim['topic']['id']}"), (bare, bare["id"])]

    for one, named in expected:
        path = f"claims/{one['id']}"
        for address in (path, f"{path}/versions/1", f"{path}?as_of={one['recorded_at']}"):
            # The second time it is given as it was kept.
            assert [api.get(address).headers["Surrogate-Key"] for _time in range(2)] == [named, named]
    assert "Surrogate-Key" not in api.get("claims").headers
