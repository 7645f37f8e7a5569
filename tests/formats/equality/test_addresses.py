"""Normal forms of web addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.equality.addresses import normal_address

BASE = "https://example.org/news/1?id=5&page=2"

EQUAL = {
    "scheme": "http://example.org/news/1?id=5&page=2",
    "case of scheme and host": "HTTPS://Example.ORG/news/1?id=5&page=2",
    "default port": "https://example.org:443/news/1?id=5&page=2",
    "default port of http": "http://example.org:80/news/1?id=5&page=2",
    "www": "https://www.example.org/news/1?id=5&page=2",
    "dot at the end of the host": "https://example.org./news/1?id=5&page=2",
    "slash at the end": "https://example.org/news/1/?id=5&page=2",
    "fragment": "https://example.org/news/1?id=5&page=2#comments",
    "text fragment": "https://example.org/news/1?id=5&page=2#:~:text=soldiers",
    "empty fragment": "https://example.org/news/1?id=5&page=2#",
    "order of parameters": "https://example.org/news/1?page=2&id=5",
    "utm": "https://example.org/news/1?id=5&page=2&utm_source=x&utm_medium=y",
    "click ids": "https://example.org/news/1?fbclid=IwAR&id=5&gclid=1&page=2",
    "empty parameters": "https://example.org/news/1?&id=5&&page=2&",
    "dot segments": "https://example.org/a/../news/./1?id=5&page=2",
    "needless encoding": "https://example.org/%6Eews/1?id=%35&page=2",
}

DIFFERENT = {
    "host": "https://example.com/news/1?id=5&page=2",
    "subdomain": "https://m.example.org/news/1?id=5&page=2",
    "port": "https://example.org:8443/news/1?id=5&page=2",
    "path": "https://example.org/news/11?id=5&page=2",
    "case of the path": "https://example.org/News/1?id=5&page=2",
    "value": "https://example.org/news/1?id=6&page=2",
    "missing parameter": "https://example.org/news/1?id=5",
    "no parameters": "https://example.org/news/1",
    "page within a script": "https://example.org/news/1?id=5&page=2#!/story/7",
    "encoded slash": "https://example.org/news%2F1?id=5&page=2",
    "encoded ampersand": "https://example.org/news/1?id=5%26page=2",
}


@pytest.mark.parametrize("url", EQUAL.values(), ids=EQUAL)
def test_one_page_has_one_normal_address(url: str) -> None:
    assert normal_address(url) == normal_address(BASE)


@pytest.mark.parametrize("url", DIFFERENT.values(), ids=DIFFERENT)
def test_another_page_has_another(url: str) -> None:
    assert normal_address(url) != normal_address(BASE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org", "http://www.example.org/"),
        ("https://пример.example/а", "https://xn--e1afmkfd.example/%D0%B0"),
        ("https://example.org/%d0%b0", "https://example.org/%D0%B0"),
        ("https://example.org/a b".replace(" ", "%20"), "https://example.org/a%20b"),
        ("https://example.org/?q=a+b", "https://example.org/?q=a%20b"),
        ("https://example.org/?a=2&a=1&b", "https://example.org/?b&a=2&a=1"),
    ],
)
def test_other_pairs_are_equal(one: str, other: str) -> None:
    assert normal_address(one) == normal_address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?a=1&a=2", "https://example.org/?a=2&a=1"),
        ("https://example.org/?q=a%2Bb", "https://example.org/?q=a+b"),
        ("https://example.org/#/one", "https://example.org/#/two"),
        ("https://[broken", "https://[broken2"),
        ("https://example.org:port/", "https://example.org/port"),
    ],
)
def test_other_pairs_are_different(one: str, other: str) -> None:
    assert normal_address(one) != normal_address(other)


_URLS = st.from_regex(r"https?://[^\s/?#@<>\"\\^`{|}]{1,12}([/?#][^\s<>\"\\^`{|}]{0,30})?", fullmatch=True)


@given(_URLS)
def test_every_accepted_address_has_a_normal_form(url: str) -> None:
    without_fragment, _, fragment = url.partition("#")
    if not fragment.startswith(("!", "/")):
        assert normal_address(url) == normal_address(without_fragment)
    if ":" not in without_fragment.partition("://")[2]:  # the default port depends on the scheme
        other = ("http" if url.startswith("https") else "https") + "://" + without_fragment.partition("://")[2]
        assert normal_address(other) == normal_address(without_fragment)
