"""The Accept header decides by qualities: the format that the client wants most (RFC 9110, section 12.5.1)."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.http.accept_header import accepted_ranges, quality_of

JSON, CSV = "application/json", "text/csv; charset=utf-8"
BIBTEX, RIS = "application/x-bibtex; charset=utf-8", "application/x-research-info-systems; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv;q=0.1, application/json;q=1.0", JSON),
        ("application/x-bibtex;q=0.2, application/x-research-info-systems;q=0.9", RIS),
        ("*/*;q=0.1, text/csv", CSV),
        ("text/csv, */*;q=0.1", CSV),
        ("application/json;q=0.9, application/x-bibtex", BIBTEX),
        ("application/x-bibtex;q=0, application/json", JSON),
        ("application/x-bibtex;q=0", JSON),
        ("application/x-bibtex;q=nonsense, text/csv;q=0.5", CSV),
        ("application/x-bibtex;q=2, text/csv;q=0.5", CSV),
        ("TEXT/CSV ; Q=0.8 , application/x-bibtex;q=0.3", CSV),
        ("application/*, application/x-bibtex;q=0.9", JSON),
        ("application/x-bibtex, text/csv", BIBTEX),
        ("text/csv, application/x-bibtex", CSV),
        ("image/png", JSON),
        (",,", JSON),
    ],
)
def test_the_format_that_is_wanted_most_is_sent(
    api: TestClient, record: Callable[..., dict[str, Any]], accept: str, expected: str
) -> None:
    claim = record("claims")
    response = api.get(f"claims/{claim['id']}", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"].partition(";")[0] == expected.partition(";")[0]


@pytest.mark.parametrize(
    ("media_type", "quality"), [("text/html", 0.7), ("text/plain", 0.3), ("image/png", 0.1), ("application/json", 0.0)]
)
def test_the_most_specific_range_has_the_quality(media_type: str, quality: float) -> None:
    ranges = accepted_ranges(
        [(b"accept", b"*/*;q=0.1, text/*;q=0.3"), (b"accept", b"text/html;q=0.7, application/json;q=0")]
    )
    assert quality_of(media_type, ranges) == quality
