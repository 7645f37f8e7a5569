"""Fixtures that several files use: a fresh, migrated database for each test, on both engines, and the service on it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.db import migrate
from app.db.engine import Database
from app.main import create_app
from app.services.changes import actors
from app.services.changes.actors import Actor
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.support import postgres
from tests.support.client import Client
from tests.support.distinct import post_distinct

pytest_plugins = ["tests.support.plugin"]

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "attest.db"
    database = Database(f"sqlite:///{path}", pool_size=1)
    migrate.upgrade(database)
    # Closing the last connection moves the write-ahead log into the file, so a copy of the file is complete.
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template() -> str:
    """A migrated PostgreSQL database, to be cloned."""
    url = postgres.create_database()
    database = Database(url, pool_size=1)
    migrate.upgrade(database)
    database.close()
    return url


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database. Each test that uses it runs on both engines."""
    if request.param == "sqlite":
        path = tmp_path / "attest.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    clone = postgres.create_database(template=request.getfixturevalue("postgresql_template"))
    yield clone
    postgres.drop_database(clone)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A fresh, migrated database."""
    opened = Database(url, pool_size=4)
    yield opened
    opened.close()


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    """Settings of a service on the database."""
    return Settings(
        database_url=url,
        data_dir=tmp_path / "data",
        secret_key=SecretStr("not secret"),
        pool_size=4,
        wrong_keys_per_minute=100_000,
    )


@pytest.fixture
def api(settings: Settings) -> Iterator[TestClient]:
    """A client of the service, without a key. Its base URL is `/api/v1/`: `api.get("claims")`."""
    with Client(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def key_of(database: Database) -> Callable[[Role], dict[str, str]]:
    """Headers with a key of a role: `api.post("claims", json=…, headers=key_of(Role.EDITOR))`."""
    issued: dict[Role, dict[str, str]] = {}

    def headers(role: Role) -> dict[str, str]:
        if role not in issued:
            with database.writing() as connection:
                _info, key = keys.issue(connection, f"Test {role}", role)
            issued[role] = {"Authorization": f"Bearer {key}"}
        return issued[role]

    return headers


@pytest.fixture
def editor(key_of: Callable[[Role], dict[str, str]]) -> dict[str, str]:
    """Headers with an editor's key, which may record, publish, rule on independence and import."""
    return key_of(Role.EDITOR)


@pytest.fixture
def actor(database: Database) -> Actor:
    """The system account, for tests that call a service function."""
    with database.writing() as connection:
        return actors.system_actor(connection, "Test")


@pytest.fixture
def record(api: TestClient, editor: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Create an object with its required fields and return the response body: `record("claims", statement="…")`.

    An object that equals an existing one is ruled distinct from it.
    """
    required: dict[str, dict[str, Any]] = {
        "sources": {"name": "A ministry", "kind": "government"},
        "topics": {"title": "How many?", "subject": "soldiers", "metric_family": "strength"},
        "documents": {"kind": "article"},
        "claims": {"kind": "troop_estimate", "statement": "Soldiers are there.", "stage": "published"},
    }

    def post(plural: str, /, **fields: Any) -> dict[str, Any]:
        response = post_distinct(api, plural, {**required.get(plural, {}), **fields}, editor)
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    return post


@pytest.fixture
def correct(api: TestClient, editor: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Correct the current version and return the response body: `correct("claims", claim["id"], place="Kursk")`."""

    def patch(plural: str, identifier: str, /, *, reason: str = "Better known now.", **fields: Any) -> dict[str, Any]:
        tag = api.get(f"{plural}/{identifier}", headers=editor).headers["ETag"]
        response = api.patch(
            f"{plural}/{identifier}", json={"reason": reason, **fields}, headers={**editor, "If-Match": tag}
        )
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    return patch
