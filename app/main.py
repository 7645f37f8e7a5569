"""The application: configuration, middleware and routes put together."""

import gc
import logging
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from sqlalchemy.engine import make_url
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp

from app import __version__, settings
from app.api import documentation
from app.api.desk import keys, people, progress, proposals, queue
from app.api.files import citations, health, imports_exports, log, vocabulary
from app.api.housekeeping import housekeeping
from app.api.http import problems
from app.api.http.access import Admission, Authentication
from app.api.http.fast_reads import FastReads
from app.api.http.json_responses import cache_control
from app.api.http.negotiation import Negotiation
from app.api.http.response_cache import ResponseCache
from app.api.http.routing import MatchedRoute, RouteTable, Routing, route_table
from app.api.http.security_headers import SecurityHeaders
from app.api.http.streams import Streams
from app.api.record import (
    activity,
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
from app.schemas.files.publication import Publisher
from app.services.captures.uploads import SizeLimits
from app.services.core.cursors import Cursors
from app.services.log.signing_key import FileCheckpointSigner
from app.settings import Settings, SettingsError, create_secret_file
from app.web import site_files, static_files
from app.web.error_pages import ErrorPages
from app.web.page_formats import PageFormats
from app.web.pages import catalogue, corrections, explanations, home, search
from app.web.pages import claim as claim_page
from app.web.pages import document as document_page
from app.web.pages import source as source_page
from app.web.pages import topic as topic_page

DESCRIPTION = """
Who claimed what, on whose word, in which document, and what could be confirmed.

* **Topics** are questions, and **claims** answer them with figures. **Attributions** say which source takes which
  stance on a claim, in which document, and who relayed it. **Reviews** are the desk's decisions on a claim's status.
* Reading is open to everybody. Writing needs a key: `Authorization: Bearer attest_…`.
* `as_of=<moment>` answers any read with what was on record at that moment.
* Lists take `limit` and `cursor`; `next` of one page is the `cursor` of the following one.
* Unknown parameters are errors.
* Repeating a `POST` with the same `Idempotency-Key` carries it out once and returns the first response again.
* To correct an object, send a `PATCH` with `If-Match` (the ETag that you read) and a `reason`.
* Errors are problem documents (RFC 9457). With 422, `errors` names the fields.
"""

METADATA: dict[str, Any] = {
    "title": "Attest",
    "version": __version__,
    "summary": "A fact-check database for war reporting",
    "description": DESCRIPTION,
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

ROUTE_MODULES = (
    *(claims, activity, figure_checks, topics, sources, documents, captures, attributions, evidence, relations),
    *(proposals, queue, progress, people, keys, citations, imports_exports, log, health, vocabulary),
)
"""The modules with the API's routes, in the order of its documentation. Requests are matched in this order too."""


PAGE_MODULES = (
    home,
    search,
    catalogue,
    claim_page,
    source_page,
    document_page,
    topic_page,
    corrections,
    explanations,
    site_files,
    static_files,
)
"""The modules with the pages."""


class Service(FastAPI):
    """FastAPI with our middleware outside its own, so that it handles only what the middleware does not."""

    outer_middleware: Sequence[Callable[[ASGIApp], ASGIApp]] = ()
    """The first one sees a request first."""

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's middleware with ours around it."""
        app: ASGIApp = super().build_middleware_stack()
        if isinstance(app, ServerErrorMiddleware):
            # It would answer in plain text and raise the error again; SafetyNet takes its place.
            app = app.app
        for middleware in reversed(self.outer_middleware):
            app = middleware(app)
        return app

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, which is the same for every service."""
        return _openapi_document()


def create_app(configuration: Settings | None = None) -> FastAPI:
    """The application, ready to serve. Raises SettingsError for an unusable configuration."""
    config = configuration or settings.load()
    logging.getLogger("attest").setLevel(config.log_level.upper())
    checkpoint_signer = FileCheckpointSigner(config.log_key_path, config.log_origin)
    database = Database(config.url, pool_size=config.pool_size, checkpoint_signer=checkpoint_signer)
    key_uses: dict[str, datetime] = {}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # `attest serve` starts with garbage collection off. What exists by now lives as long as the process.
        gc.freeze()
        gc.enable()
        async with housekeeping(database, key_uses):
            yield
        gc.unfreeze()
        database.close()

    app = Service(
        routes=[MatchedRoute()],
        **METADATA,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirect would be built from the Host header, and behind a proxy send keys over plain HTTP.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.database = database
    app.state.streams = Streams(database, config.max_streams)
    app.state.write_limiter = CapacityLimiter(config.pool_size)
    app.state.checkpoint_signer = checkpoint_signer
    app.state.store = open_store(config.capture_store, config.data_dir)
    app.state.size_limits = SizeLimits(config.max_recording_bytes, config.max_capture_bytes)
    app.state.written_folders = _written_folders(config)
    app.state.cursors = Cursors(secret_of(config))
    app.state.response_cache = ResponseCache(config.response_cache_bytes)
    app.state.publisher = Publisher(name=config.publisher, address=config.api_url)
    app.state.cache_control = cache_control(config.shared_max_age)
    problems.install(app)
    app.outer_middleware = [
        SecurityHeaders,
        ErrorPages,
        problems.SafetyNet,
        PageFormats,
        Negotiation,
        partial(Authentication, database=database, settings=config, key_uses=key_uses),
        partial(Routing, table=api_route_table(), admission=Admission(config), fast_reads=FastReads(database)),
    ]
    return app


def _written_folders(config: Settings) -> list[Path]:
    """The folders on this machine that the service writes to."""
    url = make_url(config.url)
    is_file = url.get_backend_name() == "sqlite" and url.database
    return [config.data_dir, Path(tempfile.gettempdir()), *([Path(str(url.database)).parent] if is_file else [])]


@cache
def api_route_table() -> RouteTable:
    """The route table, which every service shares."""
    return route_table([*(module.router for module in (*ROUTE_MODULES, *PAGE_MODULES)), documentation.router])


@cache
def _openapi_document() -> dict[str, Any]:
    """FastAPI's document of the API, with our policies added. Building it takes a second, so it is built on request."""
    routes = [route for module in ROUTE_MODULES for route in module.router.routes]
    document = get_openapi(**METADATA, routes=routes)
    documentation.add_policies(document)
    return document


def secret_of(config: Settings) -> str:
    """The installation's secret: the configured one, or one that is generated once and kept in the data folder.

    Raises SettingsError if it can neither be read nor written.
    """
    if configured := config.secret_key.get_secret_value():
        return configured
    path = config.data_dir / "secret"
    try:
        if not path.exists():
            create_secret_file(path, secrets.token_urlsafe(32))
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}. Set ATTEST_SECRET_KEY, or ATTEST_DATA_DIR to another folder.") from error
    if not secret:
        raise SettingsError(
            f"{path} is empty. Delete the file to have a new secret generated, or set ATTEST_SECRET_KEY."
        )
    return secret
