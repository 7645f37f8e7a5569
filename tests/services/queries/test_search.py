"""Full-text search: both database engines return the same claims in the same order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text as statement

from app.db import fulltext
from app.db.engine import Database
from app.formats.search_text import index_text
from app.main import create_app
from app.services.people import keys
from app.services.queries import search_pages
from app.settings import Settings
from app.vocabulary import Role
from tests.support import postgres
from tests.support.client import Client
from tests.support.desk import fresh_database
from tests.support.distinct import post_distinct

Record = Callable[..., dict[str, Any]]

CLAIMS: dict[str, dict[str, Any]] = {
    "english": {"statement": "About 11,000 North Korean soldiers are in Kursk Oblast; one is a café owner."},
    "ukrainian": {"statement": "Близько 11 тисяч військових КНДР перебувають у Курській області, їхня п’ята бригада."},
    "russian": {"statement": "Российская сторона не подтвердила потери; ещё один пленный."},
    "korean": {"statement": "국가정보원은 북한군 사상자가 3천여 명이라고 밝혔다."},
    "arabic": {"statement": "أَسَرَتْ أوكرانيا جنديين من كوريا الشمالية في منطقة كورسك الروسية."},
    "hebrew": {"statement": 'דובר צה"ל אמר כי אין שינוי.'},
    "operators": {"statement": "alpha NEAR beta AND gamma OR delta NOT epsilon"},
    "vietnamese": {"statement": "Đại sứ quán ở Hà Nội phủ nhận."},
    "dotted": {"statement": "Exactly 2.500 men in the village of Ägypten-Süd."},
    "spaced": {"statement": "Another 12 000 were said to be in Belgorod."},
    # The field that has the word decides its weight.
    "in the statement": {"statement": "Pyongyang denies it."},
    "in a quote": {"statement": "It was denied.", "quotes": ["There is nothing in it, Pyongyang said today"]},
    "in a name": {"statement": "Nothing was said.", "source": "Voice of Pyongyang"},
    # A phrase must not match across two texts.
    "two quotes": {"statement": "They spoke twice.", "quotes": ["we saw the red", "lantern from afar"]},
    "statement and quote": {"statement": "It began in winter", "quotes": ["palace guards came"]},
    "markup": {"statement": 'He wrote <b>"zebra"</b> & <script>alert(1)</script>.'},
}

EXPECTED: dict[str, list[str]] = {
    # words, all of them, in any order
    "soldiers kursk": ["english"],
    "kursk soldiers café": ["english"],
    "soldiers belgorod": [],
    # case, accents and letters that are written in more than one way
    "CAFE": ["english"],
    "café": ["english"],
    "КНДР": ["ukrainian"],
    "курській": ["ukrainian"],
    "п'ята": ["ukrainian"],
    "пʼята": ["ukrainian"],
    "еще": ["russian"],
    "ЕЩЁ": ["russian"],
    "اسرت": ["arabic"],
    "أسرت اوكرانيا": ["arabic"],
    "dai su quan": ["vietnamese"],
    "Đại": ["vietnamese"],
    "agypten": ["dotted"],
    'צה"ל': ["hebrew"],
    # scripts without spaces: a word inside a longer one
    "사상": ["korean"],
    "사상자": ["korean"],
    "정보원": ["korean"],
    "북한": ["korean"],
    "사정": [],
    # numbers with any thousands separator
    "11,000": ["english"],
    "11000": ["english"],
    "11 000": ["english"],
    "11.000": ["english"],
    "2500": ["dotted"],
    "2,500": ["dotted"],
    "12,000": ["spaced"],
    "000": [],
    # phrases
    '"north korean soldiers"': ["english"],
    '"korean north"': [],
    "„north korean“ kursk": ["english"],
    "«військових КНДР»": ["ukrainian"],
    '"red lantern"': [],
    "red lantern": ["two quotes"],
    '"winter palace"': [],
    "winter palace": ["statement and quote"],
    # prefixes and exclusions
    "belgor*": ["spaced"],
    "soldi* kur*": ["english"],
    '"north kor*"': ["english"],
    "pyongyang -denies -voice": ["in a quote"],
    '"north korean" -kursk': [],
    "pyongyang -den*": ["in a name"],
    # weights: the statement weighs most, a quote more than a name
    "pyongyang": ["in the statement", "in a quote", "in a name"],
    # the engines' operators are plain text
    "near beta": ["operators"],
    "NEAR": ["operators"],
    "beta OR kursk": [],
    "gamma OR delta": ["operators"],
    "NOT epsilon": ["operators"],
    "NEAR(beta gamma, 5)": [],
    "statement:kursk": [],
    "^pyongyang": ["in the statement", "in a quote", "in a name"],
    "kursk & soldiers": ["english"],
    "kursk | belgorod": [],
    "!kursk": ["english"],
    "(kursk)": ["english"],
    "kursk:*": ["english"],
    "kursk\\": ["english"],
    "'kursk'": ["english"],
    "soldiers <-> kursk": ["english"],
    "soldiers''; DROP TABLE claim; --": [],
    '"soldiers': ["english"],
    "zebra": ["markup"],
}


@pytest.fixture(scope="module")
def clients(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, postgresql_template: str
) -> Iterator[dict[str, TestClient]]:
    """A client of the service on each engine, with the claims recorded in both."""
    folder = tmp_path_factory.mktemp("search")
    (folder / "attest.db").write_bytes(sqlite_template.read_bytes())
    postgresql_url = postgres.create_database(template=postgresql_template)
    with (
        client_with_claims(f"sqlite:///{folder / 'attest.db'}") as sqlite,
        client_with_claims(postgresql_url) as postgresql,
    ):
        yield {"sqlite": sqlite, "postgresql": postgresql}
    postgres.drop_database(postgresql_url)


@contextmanager
def client_with_claims(url: str) -> Iterator[TestClient]:
    """A client with an editor's key, for a service with the claims recorded in its database."""
    database = Database(url, pool_size=1)
    with database.writing() as connection:
        _info, key = keys.issue(connection, "Test", Role.EDITOR)
    database.close()
    # No response cache: tests repeat a request that must run another query plan.
    settings = Settings(database_url=url, secret_key=SecretStr("not secret"), pool_size=2, response_cache_bytes=0)
    app = create_app(settings)
    with Client(app) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        record_claims(client)
        yield client


def record_claims(client: TestClient) -> None:
    for name, texts in CLAIMS.items():
        speaker = {"name": texts.get("source", "A ministry"), "kind": "other"}
        source = post_distinct(client, "sources", speaker, {}).json()["id"]
        attributions = [
            {"source": source, "stance": "asserts", "quote": {"exact": quote}} for quote in texts.get("quotes", [])
        ]
        body = {"kind": "other", "statement": texts["statement"], "stage": "published", "note": name}
        body["attributions"] = attributions or [{"source": source, "stance": "asserts"}]
        response = client.post("claims", json={**body, "key": name})
        assert response.status_code == 201, response.text


def search_keys(client: TestClient, q: str) -> list[str]:
    """The keys of the matching claims, in order."""
    response = client.get("claims", params={"q": q, "limit": 200})
    assert response.status_code == 200, response.text
    return [item["key"] for item in response.json()["items"]]


SAMPLE_SIZES = (0, 1_000)
"""How many rows PostgreSQL scans before it uses its index: none, or all."""


@pytest.mark.parametrize("q", EXPECTED)
def test_both_engines_find_the_same_in_the_same_order(
    clients: dict[str, TestClient], q: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search_keys(clients["sqlite"], q) == EXPECTED[q]
    for sample in SAMPLE_SIZES:
        monkeypatch.setattr(fulltext, "SAMPLE_SIZE", sample)
        assert search_keys(clients["postgresql"], q) == EXPECTED[q]


@pytest.mark.parametrize("q", EXPECTED)
def test_scanned_texts_match_like_the_index(
    clients: dict[str, TestClient], q: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_pages, "MAX_RANKED", 1)
    monkeypatch.setattr(search_pages, "MAX_COUNTED", 1)
    for client in clients.values():
        narrowed = client.get("claims", params={"q": q, "limit": 200, "kind": "other"})
        assert sorted(item["key"] for item in narrowed.json()["items"]) == sorted(EXPECTED[q])
        monkeypatch.setattr(search_pages, "FEW_CLAIMS", 0)
        by_date = client.get("claims", params={"q": q, "limit": 200, "sort": "-date"})
        assert sorted(item["key"] for item in by_date.json()["items"]) == sorted(EXPECTED[q])


ALPHABET = "kurs 북한상자  -*\"'()&|!:<>^\\NEAR ÄКй1,0. أسر"

WORDS = [word for texts in CLAIMS.values() for word in texts["statement"].split()]

beginnings = st.builds(
    lambda word, end, star: word[:end] + star, st.sampled_from(WORDS), st.integers(1, 12), st.sampled_from(["", "*"])
)


@hypothesis_settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text(ALPHABET, max_size=40),
        st.lists(st.sampled_from([*EXPECTED, "-", "*", '"', " "]), max_size=4).map(" ".join),
        st.lists(beginnings, min_size=1, max_size=3).map(" ".join),
    )
)
def test_any_text_is_answered_and_both_engines_agree(clients: dict[str, TestClient], q: str) -> None:
    responses = []
    for sample in SAMPLE_SIZES:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(fulltext, "SAMPLE_SIZE", sample)
            responses += [client.get("claims", params={"q": q, "limit": 200}) for client in clients.values()]

    assert {response.status_code for response in responses} in ({200}, {422})
    key_sets = [{item["key"] for item in response.json().get("items", [])} for response in responses]
    assert all(keys == key_sets[0] for keys in key_sets)


def test_snippets_mark_the_words_and_escape_the_text(clients: dict[str, TestClient]) -> None:
    for client in clients.values():
        item = client.get("claims", params={"q": "zebra alert"}).json()["items"][0]
        assert item["snippets"] == [
            {
                "field": "statement",
                "html": "He wrote &lt;b&gt;&quot;<mark>zebra</mark>&quot;&lt;/b&gt; &amp; "
                "&lt;script&gt;<mark>alert</mark>(1)&lt;/script&gt;.",
            }
        ]
        fields = {
            item["key"]: {snippet["field"] for snippet in item["snippets"]}
            for item in client.get("claims", params={"q": "pyongyang"}).json()["items"]
        }
        assert fields == {"in the statement": {"statement"}, "in a quote": {"quote"}, "in a name": {"source"}}
        assert client.get("claims").json()["items"][0]["snippets"] is None


@pytest.mark.parametrize("q", ["", " ", "-kursk", "*", '""', "-", "()", "!!!", "a" * 501])
def test_a_query_without_search_terms_is_refused(clients: dict[str, TestClient], q: str) -> None:
    for client in clients.values():
        response = client.get("claims", params={"q": q})
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "q"


def test_pages_of_a_search_skip_and_repeat_nothing(clients: dict[str, TestClient]) -> None:
    for client in clients.values():
        pages, params = [], {"q": "pyongyang", "limit": "1"}
        while True:
            page = client.get("claims", params=params).json()
            pages += [item["key"] for item in page["items"]]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        assert pages == EXPECTED["pyongyang"]


# --- after corrections, and as of a past moment ---


def search_ids(api: TestClient, q: str, **params: str) -> list[str]:
    """The ids of the matching claims."""
    return [item["id"] for item in api.get("claims", params={"q": q, **params}).json()["items"]]


def test_the_longest_text_fits_into_the_index_in_any_segment(request: pytest.FixtureRequest) -> None:
    words = index_text(" ".join(f"{number:064d}" for number in range(20_000)))
    assert len(words) > 800_000
    with fresh_database("postgresql", request) as url:
        database = Database(url, pool_size=1)
        with database.reading() as connection:
            stored = connection.execute(statement("SELECT search_vector(99999, :words, 'A')"), {"words": words})
            assert stored.scalar_one().startswith("'99999/0000")
        database.close()


def test_a_text_too_long_for_the_index_is_found_by_its_beginning(api: TestClient, record: Record) -> None:
    source = record("sources")["id"]
    # Khmer has no spaces and three bytes per character; every two characters are indexed as a word.
    long = "".join(chr(0x1780 + number * 7 % 33) + chr(0x1780 + number // 33 % 33) for number in range(24_000))
    attribution = {"source": source, "stance": "asserts", "quote": {"exact": f"first {long} last"}}
    claim = record("claims", attributions=[attribution, {**attribution, "quote": {"exact": "another"}}])
    for q, expected in {"first": [claim["id"]], long[:4]: [claim["id"]], "last": []}.items():
        assert [item["id"] for item in api.get("claims", params={"q": q}).json()["items"]] == expected, q


def test_a_source_is_found_by_its_new_name_at_once(
    api: TestClient, record: Record, correct: Callable[..., dict[str, Any]]
) -> None:
    source = record("sources", name="Ministry of Truth", other_names=["Minitrue"])
    claim = record("claims", attributions=[{"source": source["id"], "stance": "asserts"}])
    before = api.get(f"claims/{claim['id']}").json()["recorded_at"]
    assert search_ids(api, "truth") == search_ids(api, "minitrue") == [claim["id"]]

    correct("sources", source["id"], name="Ministry of Peace", other_names=["Minipax"])

    assert search_ids(api, "peace") == search_ids(api, "minipax") == [claim["id"]]
    assert search_ids(api, "truth") == search_ids(api, "minitrue") == []
    assert search_ids(api, "truth", as_of=before) == [claim["id"]]
    assert search_ids(api, "peace", as_of=before) == []


def test_a_search_as_of_a_moment_finds_the_words_of_that_moment(
    api: TestClient, record: Record, correct: Callable[..., dict[str, Any]]
) -> None:
    claim = record("claims", statement="Eleven thousand soldiers.", place="Kursk")
    later = record("claims", statement="Another about soldiers.")
    first = api.get(f"claims/{claim['id']}").json()["recorded_at"]

    corrected = correct("claims", claim["id"], statement="Twelve thousand soldiers.", place="Belgorod")

    assert search_ids(api, "twelve") == search_ids(api, "belgorod") == [claim["id"]]
    assert search_ids(api, "eleven") == search_ids(api, "kursk") == []
    assert search_ids(api, "eleven", as_of=first) == search_ids(api, "kursk", as_of=first) == [claim["id"]]
    assert search_ids(api, "twelve", as_of=first) == []
    assert search_ids(api, "soldiers", as_of=first) == [claim["id"]]
    assert set(search_ids(api, "soldiers", as_of=corrected["recorded_at"])) == {claim["id"], later["id"]}
    item = api.get("claims", params={"q": "eleven", "as_of": first}).json()["items"][0]
    assert item["statement"] == "Eleven thousand soldiers."
    assert item["snippets"][0]["html"] == "<mark>Eleven</mark> thousand soldiers."


def test_quotes_translations_and_verbatim_figures_are_searched(
    api: TestClient, record: Record, correct: Callable[..., dict[str, Any]]
) -> None:
    source = record("sources")
    quote = {"exact": "близько тисячі", "translation": "about a thousand", "translated_by": "Desk", "language": "uk"}
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "vague", "verbatim": "dozens upon dozens"}
    claim = record(
        "claims", attributions=[{"source": source["id"], "stance": "asserts", "quote": quote}], quantities=[figure]
    )

    for q in ("тисячі", '"a thousand"', '"dozens upon"'):
        assert search_ids(api, q) == [claim["id"]], q

    attribution_id = api.get(f"claims/{claim['id']}").json()["attributions"][0]["id"]
    correct("attributions", attribution_id, quote={"exact": "кілька сотень"})
    correct("claims", claim["id"], quantities=[{**figure, "verbatim": "hundreds"}])
    assert search_ids(api, "тисячі") == search_ids(api, "dozens") == []
    assert search_ids(api, "сотень") == search_ids(api, "hundreds") == [claim["id"]]


def test_drafts_are_not_found_by_readers(api: TestClient, record: Record, editor: dict[str, str]) -> None:
    claim = record("claims", statement="A secret draft.", stage="draft")

    assert search_ids(api, "secret") == []
    response = api.get("claims", params={"q": "secret", "stage": "draft"}, headers=editor)
    assert [item["id"] for item in response.json()["items"]] == [claim["id"]]
    assert api.get("claims", params={"q": "secret", "stage": "draft"}).status_code == 403
