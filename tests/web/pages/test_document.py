"""The page of a document: what is cited from it, and what is kept of it; never the captured text."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.support.pages import get_page, text_of

Record = Callable[..., dict[str, Any]]


def test_quotes_citations_and_captures_are_listed(api: TestClient, record: Record, editor: dict[str, str]) -> None:
    paper = record("sources", name="The Paper", kind="news_organisation")["id"]
    speaker = record("sources", name="A speaker", kind="person")["id"]
    document = record("documents", title="A report", publisher=paper, published="2025-01", url="https://a.example/1")
    cited = {"source": speaker, "stance": "asserts", "document": document["id"]}
    quote = {"exact": "three hundred", "prefix": "They lost ", "page": "3"}
    record("claims", statement="Quoted.", attributions=[{**cited, "quote": quote}])
    record("claims", statement="Cited.", attributions=[cited, {**cited, "stance": "denies"}])
    record("claims", statement="A draft.", stage="draft", attributions=[cited])
    secret = b"<p>They lost three hundred, and more that nobody quoted.</p>"
    capture = api.post(f"documents/{document['id']}/captures", content=secret, headers=editor)
    assert capture.status_code == 201

    page = get_page(api, f"/documents/{document['id']}")

    assert page.text("h1") == "A report"
    assert page.text("blockquote") == "… They lost three hundred"
    assert "page 3" in page.text("figcaption")
    (cited_claims,) = page.all("ul", "claims")
    assert [text_of(item) for item in cited_claims] == ["Not assessed Cited.A speaker says so; A speaker denies it"]
    assert capture.json()["sha256"] == page.text("dd", "hash").replace(" ", "")
    assert "nobody quoted" not in page.html
    assert "A draft." not in page.html
    assert "https://a.example/1" in page.addresses()


def test_a_bare_document_says_what_is_missing(api: TestClient, record: Record) -> None:
    page = get_page(api, f"/documents/{record('documents')['id']}")
    assert page.text("h1") == "Document without a title"
    assert "No passage of it is quoted." in page.texts("p", "empty")
    assert "No address is on record." in page.html
    assert "Nothing: no copy of this document is on record." in page.html
