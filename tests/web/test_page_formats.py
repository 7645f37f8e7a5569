"""Pages and data lead to each other by suffix and by `Accept`."""

import pytest
from fastapi.testclient import TestClient

from tests.support.pages import ROOT

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CLAIM = "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"


@pytest.mark.parametrize(
    ("path", "accept", "location"),
    [
        (f"/claims/{CLAIM}.json", BROWSER, f"/api/v1/claims/{CLAIM}"),
        (f"/uk/claims/{CLAIM}.json", BROWSER, f"/api/v1/claims/{CLAIM}"),
        (f"/claims/{CLAIM}/versions/2.bib", BROWSER, f"/api/v1/claims/{CLAIM}/versions/2.bib"),
        (f"/claims/{CLAIM}", "application/json", f"/api/v1/claims/{CLAIM}"),
        (f"/claims/{CLAIM}", "text/html;q=0.5, application/json", f"/api/v1/claims/{CLAIM}"),
        ("/search.csv?q=losses&kind=other", BROWSER, "/api/v1/claims.csv?q=losses&kind=other"),
        ("/search.json?q=losses", BROWSER, "/api/v1/claims?q=losses"),
        ("/topics.json", "*/*", "/api/v1/topics"),
        (f"/api/v1/claims/{CLAIM}", BROWSER, f"/claims/{CLAIM}"),
        (f"/api/v1/claims/{CLAIM}/versions/1", BROWSER, f"/claims/{CLAIM}/versions/1"),
        ("/api/v1/claims?kind=other", BROWSER, "/search?kind=other"),
    ],
)
def test_a_request_for_another_form_is_redirected(api: TestClient, path: str, accept: str, location: str) -> None:
    response = api.get(ROOT + path, headers={"Accept": accept}, follow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (f"/claims/{CLAIM}", BROWSER),
        (f"/claims/{CLAIM}", "*/*"),
        (f"/claims/{CLAIM}", "application/json;q=0.5, text/html"),
        (f"/claims/{CLAIM}", "application/json, */*"),
        (f"/api/v1/claims/{CLAIM}", "*/*"),
        (f"/api/v1/claims/{CLAIM}", "application/json"),
        (f"/api/v1/claims/{CLAIM}", "text/html, application/json"),
        (f"/api/v1/claims/{CLAIM}", "text/html, */*"),
        (f"/api/v1/claims/{CLAIM}", "text/html;q=x"),
        (f"/api/v1/claims/{CLAIM}", "text/html, application/x-bibtex"),
        ("/api/v1/claims", "*/*"),
        ("/docs", BROWSER),
    ],
)
def test_a_request_for_the_form_at_hand_is_not_redirected(api: TestClient, path: str, accept: str) -> None:
    response = api.get(ROOT + path, headers={"Accept": accept}, follow_redirects=False)
    assert response.status_code in (200, 404)
