"""Recording objects that equal existing ones on purpose."""

from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response


def post_distinct(api: TestClient, path: str, fields: dict[str, Any], headers: dict[str, str]) -> Response:
    """Record an object; if equal ones are on record, rule it distinct from them."""
    response = api.post(path, json=fields, headers=headers)
    if response.status_code == 409 and "candidates" in response.json():
        distinct_from = [candidate["id"] for candidate in response.json()["candidates"]]
        response = api.post(path, json={**fields, "distinct_from": distinct_from}, headers=headers)
    return response
