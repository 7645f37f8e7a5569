"""Puts the application together."""

import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from app import __version__, settings
from app.api import (
    answers,
    attributions,
    claims,
    documentation,
    documents,
    evidence,
    problems,
    progress,
    proposals,
    queue,
    relations,
    service,
    sources,
    topics,
    transfers,
)
from app.api.access import Access
from app.api.edge import Edge
from app.api.kept_answers import KeptAnswers
from app.api.short_way import ShortWay
from app.db.engine import Database
from app.services.cursors import Cursors
from app.settings import Settings, SettingsError

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


class Service(FastAPI):
    """FastAPI with our own layers around its own, not within: what they answer by themselves is answered at once."""

    layers: Sequence[Callable[[ASGIApp], ASGIApp]] = ()
    """The first one sees a request first."""

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's layers, and ours around them."""
        app = super().build_middleware_stack()
        for layer in reversed(self.layers):
            app = layer(app)
        return app


def create_app(configuration: Settings | None = None) -> FastAPI:
    """The application, ready to serve. Raises SettingsError for a configuration that cannot be used."""
    chosen = configuration or settings.load()
    logging.getLogger("attest").setLevel(chosen.log_level.upper())
    database = Database(chosen.url, pool_size=chosen.pool_size)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = Service(
        title="Attest",
        version=__version__,
        summary="A fact-check database for war reporting",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=documentation.OPENAPI,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        # A redirect would be built from the Host header, and behind a proxy send keys over plain http.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.database = database
    app.state.cursors = Cursors(secret_of(chosen))
    app.state.kept_answers = KeptAnswers(chosen.kept_answers_bytes)
    app.state.caching = answers.caching(chosen.shared_max_age)
    api = APIRouter(prefix="/api/v1")
    nouns = (claims, topics, sources, documents, attributions, evidence, relations)
    rooms = (*nouns, proposals, queue, progress, transfers, service)
    for room in rooms:
        api.include_router(room.router)
    app.include_router(api)
    documentation.install(app)
    problems.install(app)
    routers = [room.router for room in rooms]
    app.layers = [
        Edge,
        problems.SafetyNet,
        partial(Access, database=database, settings=chosen),
        partial(ShortWay, prefix=api.prefix, routers=routers, database=database),
    ]
    return app


def secret_of(chosen: Settings) -> str:
    """The secret of this installation: the configured one, or one that is made once and kept in the data folder.

    Raises SettingsError if it can neither be read nor made.
    """
    if configured := chosen.secret_key.get_secret_value():
        return configured
    kept = chosen.data_dir / "secret"
    try:
        if not kept.exists():
            _keep(kept, secrets.token_urlsafe(32))
        secret = kept.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{kept}: {error}. Set ATTEST_SECRET_KEY, or ATTEST_DATA_DIR to another folder.") from error
    if not secret:
        raise SettingsError(f"{kept} is empty. Remove it, and a new one is made; or set ATTEST_SECRET_KEY.")
    return secret


def _keep(path: Path, secret: str) -> None:
    """Write a secret for its owner's eyes only. Of processes that start together the first wins; none sees half."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix="secret-") as draft, suppress(FileExistsError):
        draft.write(secret)
        draft.flush()
        os.link(draft.name, path)
