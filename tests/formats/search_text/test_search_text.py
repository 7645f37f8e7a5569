"""Search text: folding, tokens, queries and snippets, in the scripts of war reports."""

import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import unescape

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.formats import search_text
from app.formats.search_text import QueryError, SearchQuery, SearchTerm, Token

ALPHABET = [
    *"aZßıİłé\u0301п'’ʼяйґ사상자각北京かガﾊﾟกินไทยहि्दीمحَمَّدـة٢½²㎞ﷺ0123",
    *' "“”«»„*-+:()^{}\\&|!<>,.\u00a0\u202f\u200b\u200d\ufeff\ud800\x00',
    "\u1100\u1161\u11a8",
    "11 000",
]
texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join))
queries = st.one_of(
    texts,
    st.lists(st.sampled_from(["AND", "OR", "NOT", "NEAR(", "b:", '"', "*", "-", " ", "사상", "a", "^", "{", ")"])).map(
        "".join
    ),
)

Matcher = Callable[[str, str], bool]


@pytest.fixture(scope="module")
def matches() -> Iterator[Matcher]:
    """Return a function that says whether SQLite finds a text by a query."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE entry USING fts5(body, tokenize='ascii')")

    def match(text: str, q: str) -> bool:
        compiled = search_text.to_fts5(search_text.parse_query(q))
        connection.execute("DELETE FROM entry")
        connection.execute("INSERT INTO entry VALUES (?)", (search_text.index_text(text),))
        return bool(connection.execute("SELECT 1 FROM entry WHERE entry MATCH ?", (compiled,)).fetchall())

    yield match
    connection.close()


def split(text: str) -> list[str]:
    return search_text.index_text(text).split()


# --- folding ---


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Kim Jong-un", "kim jong-un"),
        (
            "Łódź, Žižka, Øresund, Straße, Þór, Ælfred, cœur, Đà Nẵng",
            "lodz, zizka, oresund, strasse, thor, aelfred, coeur, da nang",
        ),
        ("İstanbul Iğdır ılık", "istanbul igdir ilik"),
        ("Nguyễn Phú Trọng", "nguyen phu trong"),
        ("Əliyev", "aliyev"),
        ("Київ і Їжак", "киів і іжак"),
        ("Ёлка, майор", "елка, маиор"),
        ("مُحَمَّد", "محمد"),
        ("أحمد إلى آخر", "احمد الي اخر"),
        ("كـــتاب", "كتاب"),
        ("صَلَاة", "صلاه"),
        ("צַהַ״ל", "צה״ל"),
        ("사상자", "사상자"),
        (unicodedata.normalize("NFD", "사상자"), "사상자"),
        ("ガﾊﾟ", "ガパ"),
        ("हिन्दी", "हिन्दी"),
        ("ที่", "ที่"),
        ("Ｆ－１６", "f-16"),
        ("١٢٣ ۴۵ १", "123 45 1"),
        ("ﬁn co\u00adoperation \ufeffa\u200db", "fin cooperation ab"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert search_text.fold(text) == folded


def test_fold_is_idempotent_for_every_character() -> None:
    last_letter = 0x1F000  # above are symbols, Han, and private or unassigned code points
    folded = map(search_text.fold, map(chr, range(last_letter)))
    assert [text for text in folded if search_text.fold(text) != text] == []


@settings(deadline=None)
@given(texts)
def test_fold_is_idempotent(text: str) -> None:
    folded = search_text.fold(text)
    assert search_text.fold(folded) == folded


# --- tokens ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("North Korea's F-16s, and U.S. aid", "north koreas f 16s and u s aid"),
        ("O'Brien O’Brien ‘quoted’ 'tis dogs'", "obrien obrien quoted tis dogs"),
        ("п'ять п’ять пʼять", "пять пять пять"),
        ('צה"ל צה״ל "צהל"', "צהל צהל צהל"),
        ("Qurʾan Qur'an", "quran quran"),
        ("co\u00adoperation snake_case", "cooperation snake case"),
        ("می‌خواهم", "ميخواهم"),
        ("हिन्दी में", "हिन्दी में"),
        # figures
        ("11,000 killed", "11000 killed"),
        ("11 000 солдатів", "11000 солдатів"),
        ("11\u00a0000 11\u202f000; 11\u2009000", "11000 11000 11000"),
        ("11'000 11’000; 11.000 1.234.567,89", "11000 11000 11000 1234567 89"),
        ("١١٬٠٠٠ و１１，０００", "11000 و11 000"),
        ("약 1만1000명, 약11,000명", "약 1 만 1000 명 약 11000 명"),
        ("1,5 0.125 3.14", "1 5 0 125 3 14"),
        ("2024, 300 2024,300 1,5,300", "2024 300 2024 300 1 5 300"),
        ("in 2024 11 000 men, in 2024 300", "in 2024 11000 men in 2024 300"),
        ("13.01.2024 12.500.50", "13 01 2024 12 500 50"),
        ("5 300 6 400", "5 300 6 400"),
        ("10-11 000; 10,000–11,000", "10 11000 10000 11000"),
        ("Su-25 300 km, 044 123", "su 25 300 km 044 123"),
        ("11,000km 11,0000", "11000 km 11 0000"),
        ("soldiers¹ 11,000² 2½ km² 5㎞ №7", "soldiers 1 11000 2 2 1 2 km 2 5 km no 7"),
        ("½300 000 x²500 000", "1 2 300000 x 2 500000"),
        # scripts without spaces
        ("사상자가", "사상 상자 자가 가"),
        (unicodedata.normalize("NFD", "사상 자"), "사상 상 자"),
        ("北京2024年", "北京 京 2024 年"),
        ("ミサイル・攻撃", "ミサ サイ イル ル 攻撃 撃"),
        ("ทหาร ๑๑", "ทห หา าร ร 11"),
        ("ทิน", "ทิน น"),
        ("K-방산", "k 방산 산"),
        ("", ""),
        ("… — \x00\ud800 🇺🇦", ""),
    ],
)
def test_text_is_split_into_tokens(text: str, expected: str) -> None:
    assert " ".join(split(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("О'Ґрейді, é!", [("оґреиді", "О'Ґрейді"), ("e", "é")]),
        ("e\u0301t ك\u0640ت", [("et", "e\u0301t"), ("كت", "ك\u0640ت")]),
        ("~11 000 men", [("11000", "11 000"), ("men", "men")]),
        ("사상자", [("사상", "사상"), ("상자", "상자"), ("자", "자")]),
        (
            "\u1109\u1161\u1109\u1161\u11bc",
            [("사상", "\u1109\u1161\u1109\u1161\u11bc"), ("상", "\u1109\u1161\u11bc")],
        ),
    ],
)
def test_token_offsets_point_into_the_original_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(token.text, text[token.start : token.end]) for token in search_text.tokens(text)] == expected


@settings(deadline=None)
@given(texts)
@example("ﷺﷺ ½½")
def test_token_offsets_are_valid_and_sorted(text: str) -> None:
    tokens = search_text.tokens(text)
    for token in tokens:
        assert 0 <= token.start < token.end <= len(text)
        assert 1 <= len(token.text) <= search_text.MAX_TOKEN_LENGTH
        assert token.text in split(text[token.start : token.end])
    assert tokens == sorted(tokens, key=lambda token: (token.start, token.end))


@settings(deadline=None)
@given(texts)
def test_tokens_survive_the_ascii_tokenizer(text: str) -> None:
    """No token contains a character at which FTS5 would split, or that would need quoting in SQL."""
    assert all(re.fullmatch(r"[^\x00-\x2f\x3a-\x60\x7b-\x7f]+", token.text) for token in search_text.tokens(text))


@settings(deadline=None)
@given(texts)
@example("1 000 ½ 000 a-1 000 а 1 000, 2")
@example("\u0bbe \u0301a \u1161")
def test_the_index_text_consists_of_the_tokens(text: str) -> None:
    assert split(text) == [token.text for token in search_text.tokens(text)]


def test_a_token_has_at_most_64_characters() -> None:
    assert search_text.tokens("x" * 100) == [Token("x" * 64, 0, 100)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a " * 20_000, 16_000),
        ("사" * 20_000, 16_000),
        (" ".join(f"{n:064d}" for n in range(20_000)), 13_157),
    ],
    ids=["positions", "bigrams", "bytes"],
)
def test_the_index_text_is_limited_to_the_size_of_a_tsvector(text: str, count: int) -> None:
    assert len(split(text)) == count


# --- queries ---


@pytest.mark.parametrize(
    ("q", "fts5", "tsquery"),
    [
        ("a", '"a"', "'a'"),
        ("Kursk 11,000", '"kursk" AND "11000"', "'kursk' & '11000'"),
        ("11 000 men", '"11000" AND "men"', "'11000' & 'men'"),
        ('a "b c" pre* -x', '("a" AND "b c" AND "pre" *) NOT ("x")', "'a' & ('b' <-> 'c') & 'pre':* & !'x'"),
        ('a -"x y" -z', '("a") NOT ("x y" OR "z")', "'a' & !('x' <-> 'y') & !'z'"),
        ("F-16*", '"f 16" *', "('f' <-> '16':*)"),
        ('"north kor"* "north kor*"', '"north kor" *', "('north' <-> 'kor':*)"),
        ("„а б“ “c d”", '"а б" AND "c d"', "('а' <-> 'б') & ('c' <-> 'd')"),
        ("«a b» »c d«", '"a b" AND "c d"', "('a' <-> 'b') & ('c' <-> 'd')"),
        ('a "b c', '"a" AND "b c"', "'a' & ('b' <-> 'c')"),
        ('foo:"b c" 5"', '"foo" AND "b c" AND "5"', "'foo' & ('b' <-> 'c') & '5'"),
        ("a a A", '"a"', "'a'"),
        ("a - b --*c e*f", '"a" AND "b" AND "c" AND "e f"', "'a' & 'b' & 'c' & ('e' <-> 'f')"),
        ("a OR NEAR(b)", '"a" AND "or" AND "near b"', "'a' & 'or' & ('near' <-> 'b')"),
        ("o'brien п’ять", '"obrien" AND "пять"', "'obrien' & 'пять'"),
        ("사", '"사" *', "'사':*"),
        ("사상", '"사상"', "'사상'"),
        ("사상자", '"사상 상자"', "('사상' <-> '상자')"),
        ('"한국 군인"', '"한국 국 군인"', "('한국' <-> '국' <-> '군인')"),
        ("5명", '"5 명" *', "('5' <-> '명':*)"),
        ("사상*", '"사상" *', "'사상':*"),
    ],
)  # fmt: skip
def test_queries_are_compiled_for_both_engines(q: str, fts5: str, tsquery: str) -> None:
    query = search_text.parse_query(q)
    assert search_text.to_fts5(query) == fts5
    assert search_text.to_tsquery(query) == tsquery


def test_prefixes_can_be_expanded_to_words() -> None:
    query = search_text.parse_query('ukr* "north kor*" -kur*')
    endings = {"ukr": ["ukraine", "ukrposhta"], "kor": ["korea"], "kur": ()}
    assert search_text.to_fts5(query, endings) == '(("ukraine" OR "ukrposhta") AND ("north korea")) NOT ("kur" *)'


def test_a_query_has_required_and_excluded_terms() -> None:
    assert search_text.parse_query('Kursk "North Korea" sold* -rumour') == SearchQuery(
        required=(SearchTerm(("kursk",)), SearchTerm(("north", "korea")), SearchTerm(("sold",), prefix=True)),
        excluded=(SearchTerm(("rumour",)),),
    )


@pytest.mark.parametrize(
    ("q", "message"),
    [
        ("", "a word or a number to search for."),
        ('"" * - !?', "a word or a number to search for."),
        ('-a -"b c"', "The query only excludes words."),
        ("a" * 501, "has 501 characters; at most 500"),
    ],
)
def test_an_invalid_query_is_refused_with_the_reason(q: str, message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        search_text.parse_query(q)


@pytest.mark.parametrize(
    ("text", "q", "is_found"),
    [
        ("북한군 사상자가 1만1000명", "사상", True),
        ("북한군 사상자가 1만1000명", "상자가", True),
        ("북한군 사상자가 1만1000명", "사자", False),
        ("북한군 사상자가 1만1000명", '"한군 사상"', True),
        ("북한군 사상자가 1만1000명", '"한 사상"', False),
        ("북한군 사상자가 1만1000명", "1000명", True),
        ("North Korean soldiers", "kor* sold*", True),
        ("North Korean soldiers", "korea", False),
        ("North Korean soldiers", '"north soldiers"', False),
        ("North Korean soldiers", "soldiers -korean", False),
        ("North Korean soldiers", 'soldiers -"south korean"', True),
        ("У Києві п’ять загиблих", "п'ять києві", True),
        ("В Курской области", "курск*", True),
        ("قُتِلَ ١١٬٠٠٠ جندي", "قتل 11000", True),
        ("Đà Nẵng, Wałęsa, İzmir", "da nang walesa izmir", True),
        ("11 000 осіб", "11,000", True),
        ("11 000 осіб", "11", False),
    ],
)
def test_fts5_finds_what_the_query_means(matches: Matcher, text: str, q: str, is_found: bool) -> None:
    assert matches(text, q) is is_found
    if is_found:
        assert search_text.snippet(text, search_text.parse_query(q))


@pytest.mark.parametrize("run", ["사상자가", "東京都", "ทหาร", "ສະບາຍ", "រដ្ឋ", "မြန်မာ"])
def test_one_character_is_found_anywhere_in_a_run(matches: Matcher, run: str) -> None:
    letters = [char for char in run if unicodedata.category(char) == "Lo"]
    assert letters
    for char in letters:
        assert matches(f"x {run} y", char)


@settings(deadline=None)
@given(queries)
@example("ﷺ" * 250)
@example("a " * 250)
@example("-b " * 166 + "a")
def test_no_query_is_invalid_for_fts5(matches: Matcher, q: str) -> None:
    with suppress(QueryError):
        matches("some text", q)


@settings(deadline=None)
@given(texts)
def test_every_word_of_a_text_finds_it(matches: Matcher, text: str) -> None:
    for token in search_text.tokens(text):
        assert matches(text, text[token.start : token.end])
        assert matches(text, token.text)


@settings(deadline=None)
@given(st.text(st.sampled_from("한국군인 "), min_size=1, max_size=12), st.data())
def test_any_substring_in_a_script_without_spaces_finds_the_text(
    matches: Matcher, text: str, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(text) - 1))
    piece = text[begin : data.draw(st.integers(begin + 1, len(text)))]
    assume(piece.strip())
    assert matches(text, f'"{piece}"')


# --- snippets ---

LONG = "word " * 100


@pytest.mark.parametrize(
    ("text", "q", "expected"),
    [
        ("About 11,000 men.", "11000", "About <mark>11,000</mark> men."),
        ("<b>Łódź & co</b>", "lodz", "&lt;b&gt;<mark>Łódź</mark> &amp; co&lt;/b&gt;"),
        ("The soldiers' camp", "sold*", "The <mark>soldiers</mark>&#x27; camp"),
        ("북한군 사상자가 많다", "사상자가", "북한군 <mark>사상자가</mark> 많다"),
        ("북한군 사상자가 많다", "상", "북한군 사<mark>상</mark>자가 많다"),
        ("북한군 사상자가 많다", "가", "북한군 사상자<mark>가</mark> 많다"),
        ("ทิน", "ท", "<mark>ทิ</mark>น"),
        ("ทิ", "ท", "<mark>ทิ</mark>"),
        ("북한군 사상자가", "사상 상자", "북한군 <mark>사상자</mark>가"),
        ("a North Korean unit", '"north kor*"', "a <mark>North Korean</mark> unit"),
        ("قُتِلَ جندي", "قتل", "<mark>قُتِلَ</mark> جندي"),
        ("a b", "a missing", "<mark>a</mark> b"),
        (LONG + "Kursk " + LONG, "kursk", "…" + "word " * 15 + "<mark>Kursk</mark>" + " word" * 15 + "…"),
        ("Kursk " + LONG, "kursk", "<mark>Kursk</mark>" + " word" * 31 + "…"),
        (LONG + "Kursk", "kursk", "…" + "word " * 31 + "<mark>Kursk</mark>"),
    ],
)
def test_a_snippet_marks_the_matches_in_context(text: str, q: str, expected: str) -> None:
    assert search_text.snippet(text, search_text.parse_query(q)) == expected


def test_a_snippet_shows_the_passage_with_most_of_the_query() -> None:
    snippet = search_text.snippet(
        "Kursk " + LONG + "killed in Kursk " + LONG + "killed", search_text.parse_query("kursk killed")
    )
    assert snippet is not None
    assert "<mark>killed</mark> in <mark>Kursk</mark>" in snippet


@pytest.mark.parametrize(("text", "q"), [("Kyiv", "Kursk"), ("", "a"), ("Korea North", '"north korea"')])
def test_a_text_without_a_match_has_no_snippet(text: str, q: str) -> None:
    assert search_text.snippet(text, search_text.parse_query(q)) is None


@settings(deadline=None)
@given(st.lists(texts, max_size=8).map(" ".join), texts, st.integers(1, 30))
def test_a_snippet_is_a_part_of_the_text(text: str, q: str, radius: int) -> None:
    try:
        query = search_text.parse_query(q)
    except QueryError:
        assume(False)
    snippet = search_text.snippet(text, query, radius=radius)
    if snippet is None:
        return
    plain = unescape(re.sub(r"</?mark>", "", snippet)).replace("\r", "")
    assert any(piece in text.replace("\r", "") for piece in (plain, plain[1:], plain[:-1], plain[1:-1]))
    assert snippet.count("<mark>") == snippet.count("</mark>") > 0
    assert len(plain) <= 4 * radius + 2


@settings(deadline=None)
@given(texts)
def test_every_word_of_a_text_is_marked_in_its_snippet(text: str) -> None:
    for token in search_text.tokens(text):
        word = text[token.start : token.end]
        snippet = search_text.snippet(text, search_text.parse_query(word))
        assert snippet is not None
        assert "<mark>" in snippet


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("a " * 50_000, '"' + "a " * 240 + 'b"'),
        ("사상자" * 11_000, " ".join("사상자가" * 60)),
        ("1,000" * 20_000, "1* 5000*"),
        ("e" + "\u0301" * 100_000, "e"),
        ("п'" * 50_000, "п*"),
    ],
    ids=["phrase", "bigrams", "figures", "marks", "apostrophes"],
)
def test_a_hundred_kilobytes_are_searched_quickly(text: str, q: str) -> None:
    start = time.process_time()
    search_text.snippet(text, search_text.parse_query(q))
    search_text.index_text(text)
    assert time.process_time() - start < 3
