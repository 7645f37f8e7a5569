"""The API's documentation: the OpenAPI document, and Swagger UI on a page of ours that needs no other server."""

import copy
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from app.api.http.dependencies import ReadConnection
from app.api.http.idempotency_key import KEY_PATTERN
from app.api.http.permissions import API, policies
from app.services.core.idempotency import HEADER_NAME
from app.services.queries.example_ids import newest_public_ids
from app.vocabulary import Role

OPENAPI = f"{API}/openapi.json"
PAGE = "/docs"
FILES = f"{PAGE}/files"

PAGE_HEADERS: Mapping[str, str] = {
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

# A file of its own, because the page's policy does not allow inline scripts.
_START = f"""SwaggerUIBundle({{
  url: "{OPENAPI}",
  dom_id: "#page",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
}});
"""

_SWAGGER_UI = StaticFiles(packages=[("fastapi_swagger", "resources")])
"""The files of Swagger UI that the package fastapi-swagger ships; nothing else of that package is used."""

router = APIRouter(include_in_schema=False)


@router.get(OPENAPI)
def read_openapi(request: Request, connection: ReadConnection) -> Response:
    """The OpenAPI document."""
    ids = newest_public_ids(connection)
    cached: tuple[dict[str, str], bytes] | None = getattr(request.app.state, "openapi", None)
    if cached is None or cached[0] != ids:
        # Copying and encoding the document takes 30 ms, and everybody may request it.
        cached = ids, json.dumps(with_examples(request.app.openapi(), ids), ensure_ascii=False).encode()
        request.app.state.openapi = cached
    return Response(cached[1], media_type="application/json")


@router.get(PAGE)
def page() -> Response:
    """The Swagger UI page."""
    return HTMLResponse(_HTML, headers=PAGE_HEADERS)


@router.get(f"{PAGE}/start.js")
def start_script() -> Response:
    """The script that starts Swagger UI."""
    return Response(_START, media_type="text/javascript")


@router.get(f"{FILES}/{{path:path}}")
async def swagger_ui_file(path: str, request: Request) -> Response:
    """A static file of Swagger UI."""
    return await _SWAGGER_UI.get_response(path, request.scope)


_KEY = {"type": "http", "scheme": "bearer", "bearerFormat": "attest_…", "description": "A key: `attest_…`"}

_IDEMPOTENCY_KEY = {
    "name": HEADER_NAME,
    "in": "header",
    "required": False,
    "description": "A unique name for this request, such as a UUID. If the same request is sent again within 24 hours "
    "with the same key of yours, it is not carried out again, and you get the first response. A different request "
    "with the same name is refused.",
    "schema": {
        "type": "string",
        "pattern": f"^{KEY_PATTERN.pattern}$".replace("?P<quoted>", "").replace("?P<bare>", ""),
    },
}

_ROLES: Mapping[Role, str] = {
    Role.READER: "a reader",
    Role.FACT_CHECKER: "a fact-checker",
    Role.EDITOR: "an editor",
    Role.ADMIN: "an administrator",
}


def add_policies(document: dict[str, Any]) -> None:
    """Add to an OpenAPI document who may use each operation, and whether it accepts an Idempotency-Key."""
    document.setdefault("components", {}).setdefault("securitySchemes", {})["key"] = _KEY
    for method, path, policy in policies():
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:  # not documented in OpenAPI
            continue
        # A public route accepts a key too.
        operation["security"] = [{"key": []}] if policy.role is not None else [{}, {"key": []}]
        if policy.role is not None:
            scope = "" if policy.scope is None else f" with the scope `{policy.scope}`"
            operation["description"] += f"\n\nNeeds the key of {_ROLES[policy.role]}{scope}."
        if method == "POST" and policy.repeatable:
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def with_examples(document: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """A copy of an OpenAPI document whose required parameters have examples that exist here.

    `ids` has an id for each noun in an address. Where there is none, the parameter gets no example.
    """
    result = copy.deepcopy(dict(document))
    claim_id = ids.get("claims")
    for path, operations in result["paths"].items():
        example_of = {
            "identifier": ids.get(path.removeprefix(API).split("/")[1]),
            "cited": claim_id and [f"{claim_id}@1"],
            "object": claim_id and f"claim/{claim_id}",
        }
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter.get("required") and parameter["name"] in example_of:
                    parameter["schema"].pop("examples", None)
                    if example := example_of[parameter["name"]]:
                        parameter["example"] = example
    return result
