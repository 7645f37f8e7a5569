"""A service on a migrated SQLite database, with an editor's key, for the checks in CONTRIBUTING.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.db import migrate
from app.db.engine import Database
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role


@contextmanager
def service() -> Iterator[TestClient]:
    """A client that sends an editor's key with each request; `client.get("claims")` is `GET /api/v1/claims`."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/attest.db", pool_size=1)
        migrate.upgrade(database)
        with database.writing() as connection:
            _info, key = keys.issue(connection, "Contributor", Role.EDITOR)
        database.close()
        settings = Settings(
            database_url=f"sqlite:///{folder}/attest.db", data_dir=Path(folder), secret_key=SecretStr("not secret")
        )
        headers = {"Authorization": f"Bearer {key}"}
        with TestClient(create_app(settings), base_url="http://testserver/api/v1/", headers=headers) as client:
            yield client
