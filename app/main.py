"""Puts the application together."""

import gc
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, partial
from typing import Any

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp

from app import __version__, settings
from app.api import documentation
from app.api.desk import keys, people, progress, proposals, queue
from app.api.files import citations, health, imports_exports, log
from app.api.housekeeping import keeping_house
from app.api.http import problems, responses
from app.api.http.access import Access
from app.api.http.fast_reads import ShortWay, Tree, reads
from app.api.http.negotiation import Negotiation
from app.api.http.permissions import API
from app.api.http.response_cache import KeptAnswers
from app.api.http.security_headers import Edge
from app.api.record import (
    attributions,
    captures,
    claims,
    documents,
    evidence,
    figure_checks,
    relations,
    sources,
    topics,
)
from app.blobs.store import open_store
from app.db.engine import Database
from app.schemas.files.publication import House
from app.services.core.cursors import Cursors
from app.services.log.signing_key import Sealer
from app.settings import Settings, SettingsError, keep_secret

DESCRIPTION = """
Who claimed what, on whose word, in which document, and what could be confirmed.

* **Topics** are questions; **claims** answer them with figures; **attributions** say who takes which stance on a claim,
  where, and from whom they have it; **reviews** say what we concluded.
* Reading is open. Writing takes a key: `Authorization: Bearer attest_…`.
* `as_of=<moment>` answers any read from what was recorded then.
* Lists: `limit`, and `next` of one page as `cursor` of the following one. Unknown parameters are errors.
* A `POST` that is repeated with the same `Idempotency-Key` is answered as the first time, and done once.
* Corrections: `PATCH` with `If-Match` (the ETag that you read) and a `reason`.
* Errors are problem documents (RFC 9457); with 422, `errors` names the fields.
"""

ABOUT: dict[str, Any] = {
    "title": "Attest",
    "version": __version__,
    "summary": "A fact-check database for war reporting",
    "description": DESCRIPTION,
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

ROOMS = (
    *(claims, figure_checks, topics, sources, documents, captures, attributions, evidence, relations),
    *(proposals, queue, progress, people, keys, citations, imports_exports, log, health),
)
"""Modules with routes of the API, in the order in which its documentation shows them."""


class Service(FastAPI):
    """FastAPI with our own layers around its own, not within: what they answer by themselves is answered at once."""

    layers: Sequence[Callable[[ASGIApp], ASGIApp]] = ()
    """The first one sees a request first."""

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's layers, and ours around them."""
        app: ASGIApp = super().build_middleware_stack()
        if isinstance(app, ServerErrorMiddleware):
            # It answers in plain text and then fails all the same; SafetyNet stands in its place.
            app = app.app
        for layer in reversed(self.layers):
            app = layer(app)
        return app

    def openapi(self) -> dict[str, Any]:
        """The document of the API, which every service has in common."""
        return _document()


def create_app(configuration: Settings | None = None) -> FastAPI:
    """The application, ready to serve. Raises SettingsError for a configuration that cannot be used."""
    chosen = configuration or settings.load()
    logging.getLogger("attest").setLevel(chosen.log_level.upper())
    sealer = Sealer(chosen.log_key_path, chosen.log_origin)
    database = Database(chosen.url, pool_size=chosen.pool_size, seal=sealer)
    uses: dict[str, datetime] = {}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # `attest serve` starts without looking for garbage. What has been made by now need not be looked at again.
        gc.freeze()
        gc.enable()
        async with keeping_house(database, uses):
            yield
        gc.unfreeze()
        database.close()

    app = Service(
        routes=_api().routes,
        **ABOUT,
        openapi_url=documentation.OPENAPI,
        docs_url=None,
        redoc_url=None,
        # A redirect would be built from the Host header, and behind a proxy send keys over plain http.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.database = database
    app.state.turns = CapacityLimiter(chosen.pool_size)
    app.state.sealer = sealer
    app.state.store = open_store(chosen.capture_store, chosen.data_dir)
    app.state.cursors = Cursors(secret_of(chosen))
    app.state.kept_answers = KeptAnswers(chosen.kept_answers_bytes)
    app.state.house = House(name=chosen.publisher, address=chosen.api_url)
    app.state.caching = responses.caching(chosen.shared_max_age)
    documentation.install(app)
    problems.install(app)
    app.layers = [
        Edge,
        problems.SafetyNet,
        Negotiation,
        partial(Access, database=database, settings=chosen, uses=uses),
        partial(ShortWay, reads=_reads(), database=database),
    ]
    return app


@cache
def _api() -> APIRouter:
    """The routes of the API, made once: FastAPI takes longer over them than over all else, and they know no service."""
    api = APIRouter(prefix=API, generate_unique_id_function=lambda route: route.name)
    for room in ROOMS:
        api.include_router(room.router)
    return api


@cache
def _document() -> dict[str, Any]:
    """FastAPI's document of the API, and what our layers do besides. To make it takes a second."""
    document = get_openapi(**ABOUT, routes=_api().routes)
    documentation.add_layers(document)
    return document


@cache
def _reads() -> Tree:
    """The routes that there is a short way to."""
    return reads(API, [room.router for room in ROOMS])


def secret_of(chosen: Settings) -> str:
    """The secret of this installation: the configured one, or one that is made once and kept in the data folder.

    Raises SettingsError if it can neither be read nor made.
    """
    if configured := chosen.secret_key.get_secret_value():
        return configured
    kept = chosen.data_dir / "secret"
    try:
        if not kept.exists():
            keep_secret(kept, secrets.token_urlsafe(32))
        secret = kept.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{kept}: {error}. Set ATTEST_SECRET_KEY, or ATTEST_DATA_DIR to another folder.") from error
    if not secret:
        raise SettingsError(f"{kept} is empty. Remove it, and a new one is made; or set ATTEST_SECRET_KEY.")
    return secret
