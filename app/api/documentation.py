"""The API's documentation as a page: Swagger UI, served from here, so that it needs no network and tells nobody."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from app.api.http.idempotency_key import FORM
from app.api.http.permissions import whole
from app.services.core.idempotency import FIELD

OPENAPI = "/api/v1/openapi.json"
PAGE = "/docs"
FILES = f"{PAGE}/files"

POLICY: Mapping[str, str] = {
    # Swagger UI draws its icons from data: addresses.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

_HTML = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Attest: the API</title>
<link rel="icon" href="{FILES}/favicon-32x32.png">
<link rel="stylesheet" href="{FILES}/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="{FILES}/swagger-ui-bundle.js"></script>
<script src="{PAGE}/start.js"></script>
</body>
</html>
"""

# A script of its own, because the policy allows none inside the page.
_START = f"""SwaggerUIBundle({{
  url: "{OPENAPI}",
  dom_id: "#page",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
}});
"""

router = APIRouter(include_in_schema=False)


@router.get("/")
def to_documentation() -> Response:
    """Whoever comes without a path is shown what there is."""
    return RedirectResponse(PAGE)


@router.get(PAGE)
def page() -> Response:
    """The page itself."""
    return HTMLResponse(_HTML, headers=POLICY)


@router.get(f"{PAGE}/start.js")
def start() -> Response:
    """What sets the page going."""
    return Response(_START, media_type="text/javascript")


_KEY = {"type": "http", "scheme": "bearer", "bearerFormat": "attest_…", "description": "A key: `attest_…`"}

_NAME = {
    "name": FIELD,
    "in": "header",
    "required": False,
    "description": "Any name for this request. Within 24 hours the same request of this name, with the same key, is "
    "answered as the first time, and done once; another one is refused.",
    "schema": {"type": "string", "pattern": f"^{FORM.pattern}$".replace("?P<quoted>", "").replace("?P<bare>", "")},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}


def add_layers(document: dict[str, Any]) -> None:
    """Say in an OpenAPI document what holds before a route is reached: who may use it, and how it may be repeated."""
    document.setdefault("components", {}).setdefault("securitySchemes", {})["key"] = _KEY
    for method, path, policy in whole():
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:  # not a part of the API that is documented
            continue
        # A route for everybody takes a key, too.
        operation["security"] = [{"key": []}] if policy.role is not None else [{}, {"key": []}]
        if policy.role is not None:
            scope = "" if policy.scope is None else f", with the scope `{policy.scope}`"
            operation["description"] += f"\n\nTakes the key of a {policy.role}{scope}."
        if method == "POST" and policy.repeatable:
            operation.setdefault("parameters", []).append(_NAME)


def install(app: FastAPI) -> None:
    """Add the page and its files."""
    app.include_router(router)
    # Swagger UI as the package fastapi-swagger ships it; nothing else of that package is used.
    app.mount(FILES, StaticFiles(packages=[("fastapi_swagger", "resources")]))
