"""An assertion that every error response of the service meets: the shape of its problem document (RFC 9457)."""

from typing import Any

from httpx2 import Response

HELD_ELSEWHERE = "urn:attest:problem:held-elsewhere"
"""The type of a 410."""


def assert_problem(response: Response, status: int, *fields: str) -> dict[str, Any]:
    """Assert that a response is a problem document with this status and return it.

    If fields are named, the document must report errors in exactly these.
    """
    assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem.keys() - {"errors", "held_by", "candidates"} == {"type", "title", "status", "detail"}
    is_duplicate = "candidates" in problem
    types = {"held_by": HELD_ELSEWHERE, "candidates": "urn:attest:problem:possible-duplicate"}
    assert [problem["type"]] == ([types[member] for member in types if member in problem] or ["about:blank"])
    assert problem["status"] == status
    assert not is_duplicate or (status == 409 and problem["candidates"])
    assert problem["title"]
    assert problem["detail"]
    assert ("held_by" in problem) == (status == 410)
    assert ("errors" in problem) == (status == 422)
    assert all(error["message"] not in ("", "None") for error in problem.get("errors", ()))
    if fields:
        assert sorted({error["field"] for error in problem["errors"]}) == sorted(fields)
    return problem
