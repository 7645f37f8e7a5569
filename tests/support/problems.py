"""What every refusal of the service looks like."""

from typing import Any

from httpx2 import Response


def refused(answer: Response, status: int, *fields: str) -> dict[str, Any]:
    """The problem document of a refusal: with this status, and, if fields are named, with a fault in just these."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert told["title"]
    assert told["detail"]
    assert ("errors" in told) == (status == 422)
    assert all(fault["message"] not in ("", "None") for fault in told.get("errors", ()))
    if fields:
        assert sorted({fault["field"] for fault in told["errors"]}) == sorted(fields)
    return told
