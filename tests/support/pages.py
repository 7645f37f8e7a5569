"""Reading pages in tests: parsed strictly as HTML, and taken apart by element and class."""

from collections.abc import Iterator
from typing import Any

import html5lib
from fastapi.testclient import TestClient

ROOT = "http://testserver"


class Page:
    """A page as a reader gets it."""

    def __init__(self, html: str) -> None:
        # Strict: a page that is not valid HTML fails the test that reads it.
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.tree = parser.parse(html)
        self.html = html

    def all(self, tag: str, class_name: str | None = None, **attributes: str) -> list[Any]:
        """The elements with this tag, and with this class and these attributes if they are given."""
        return [
            element
            for element in self.tree.iter(tag)
            if (class_name is None or class_name in element.get("class", "").split())
            and all(element.get(name.replace("_", "-")) == value for name, value in attributes.items())
        ]

    def text(self, tag: str, class_name: str | None = None) -> str:
        """The text of the only such element."""
        (element,) = self.all(tag, class_name)
        return text_of(element)

    def texts(self, tag: str, class_name: str | None = None) -> list[str]:
        """The texts of all such elements."""
        return [text_of(element) for element in self.all(tag, class_name)]

    def addresses(self) -> Iterator[str]:
        """Where the links of the page lead."""
        for link in self.tree.iter("a"):
            yield link.get("href", "")


def text_of(element: Any) -> str:
    """The text of an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def get_page(api: TestClient, path: str, status: int = 200) -> Page:
    """The page at this path. Fails unless it is HTML with this status and our security policy."""
    response = api.get(ROOT + path, follow_redirects=False)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    return Page(response.text)
