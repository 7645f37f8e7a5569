"""Puts the application together."""

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse

from app import __version__, settings
from app.api import attributions, claims, documents, evidence, problems, relations, service, sources, topics, transfers
from app.api.access import Access
from app.db.engine import Database
from app.services.cursors import Cursors
from app.settings import Settings

DESCRIPTION = """
Who claimed what, on whose word, in which document, and what could be confirmed.

* **Topics** are questions; **claims** answer them with figures; **attributions** say who takes which stance on a claim,
  where, and from whom they have it; **reviews** say what we concluded.
* Reading is open. Writing takes a key: `Authorization: Bearer attest_…`.
* `as_of=<moment>` answers any read from what was recorded then.
* Lists: `limit`, and `next` of one page as `cursor` of the following one. Unknown parameters are errors.
* Corrections: `PATCH` with `If-Match` (the ETag that you read) and a `reason`.
* Errors are problem documents (RFC 9457); with 422, `errors` names the fields.
"""


def create_app(configuration: Settings | None = None) -> FastAPI:
    """The application, ready to serve. Raises SettingsError for a configuration that cannot be used."""
    chosen = configuration or settings.load()
    logging.getLogger("attest").setLevel(chosen.log_level.upper())
    database = Database(chosen.url, pool_size=chosen.pool_size)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(
        title="Attest",
        version=__version__,
        summary="A fact-check database for war reporting",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/api/v1/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.database = database
    app.state.cursors = Cursors(secret_of(chosen))
    api = APIRouter(prefix="/api/v1")
    for room in (claims, topics, sources, documents, attributions, evidence, relations, transfers, service):
        api.include_router(room.router)
    app.include_router(api)
    app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
    problems.install(app)
    # The last one added is the first to see a request.
    app.add_middleware(Access, database=database, settings=chosen)
    app.add_middleware(problems.SafetyNet)
    return app


def secret_of(chosen: Settings) -> str:
    """The secret of this installation: the configured one, or one that is made once and kept in the data folder."""
    if configured := chosen.secret_key.get_secret_value():
        return configured
    kept = chosen.data_dir / "secret"
    if not kept.exists():
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(32))
    return kept.read_text().strip()
