"""The API's documentation as a page: Swagger UI, served from here, so that it needs no network and tells nobody."""

from collections.abc import Mapping

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

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


def install(app: FastAPI) -> None:
    """Add the page and its files."""
    app.include_router(router)
    # Swagger UI as the package fastapi-swagger ships it; nothing else of that package is used.
    app.mount(FILES, StaticFiles(packages=[("fastapi_swagger", "resources")]))
