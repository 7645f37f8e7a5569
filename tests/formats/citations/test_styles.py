"""Formatted citations: every style with hard cases, as text and HTML, on every route, and hostile styles."""

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import sandbox
from app.errors import InvalidError, UnavailableError
from app.formats.citations import bibliography, csl_processor, csl_styles, short_style
from app.formats.citations.csl_locales import correct_locale
from app.schemas.files.citation import Rendering
from app.vocabulary import Role
from tests.support.attest import attest
from tests.support.hard_citations import HARD_CITATIONS, citation, literal_name
from tests.support.problems import assert_problem

pytestmark = pytest.mark.slow

Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], dict[str, str]]

STYLES = ("apa", "chicago", "chicago-author-date", "mla", "vancouver", "ieee", "nature", "chicago-notes", "short")

EXPECTED_WORDS: dict[str, str] = {
    "institution": "National Intelligence Service (South Korea)",
    "single-name": "Sukarno",
    "people": "Lovelace",
    "korean": "김민수",
    "korean-whole": "박지은",
    "cyrillic": "Розвідка: близько 11 тисяч солдатів КНДР на Курщині",
    "arabic": "جنود كوريون شماليون في كورسك",
    "arabic-whole": "عبد الله بن محمد",
    "no-author": "Paper",
    "no-date": "General Staff of the Armed Forces of Ukraine",
    "no-title": "@eyewitness",
    "uncertain": "A memo",
    "interval": "Institute for the Study of War",
    "open": "A leaflet",
    "decade": "An old map",
    "season": "Some Institute",
    "archived": "suspilne.media",
    "described": "Western officials",
    "video": "Security Service of Ukraine",
    "video-of-nobody": "[Interrogation of two captives]",
    "post": "Zelensky",
    "ours": "[Summary of reporting on Kursk]",
    "quotes": "Reporter",
    "german": "nordkoreanische soldaten in kursk",
    "language-unknown": "soldats nord-coréens à koursk",
    "markup": "<b>bold</b> & <script>alert(1)</script> $x^2$ *star* {brace} 100% #1 \\textbf{x}",
    "script-address": "A link",
    "decision": "About 11,000",
}
"""Words that every list contains unchanged: complete names, and titles that are not in English."""

COMPLETE_LINES: list[tuple[str, str | None, str, str]] = [
    (
        "apa",
        None,
        "people",
        (
            "Lovelace, A. A., van Gogh, V., & King, M. L., Jr. (2025, January 12). Two soldiers captured in Kursk, "
            "Kyiv says. The Daily Paper. https://example.org/people?a=1&b=2"
        ),
    ),
    (
        "apa",
        None,
        "institution",
        (
            "National Intelligence Service (South Korea). (2025, January 13). Briefing on North Korean soldiers in "
            "Kursk [Press release]. https://example.org/institution"
        ),
    ),
    ("apa", None, "ours", "[Summary of reporting on Kursk]. (2025)."),
    (
        "chicago",
        None,
        "quotes",
        (
            "Reporter, Rita. “‘We Will Not Surrender,’ Says One of the ‘First’ Captives.” The Daily Paper, "
            "January 12, 2025."
        ),
    ),
    (
        "chicago",
        None,
        "post",
        "Volodymyr Zelensky. “We Have Captured Two Soldiers.” X, January 11, 2025. https://example.org/post.",
    ),
    ("chicago", None, "uncertain", "A memo. Physical object. [January 2025?]."),
    (
        "chicago",
        "en-GB",
        "korean",
        "김민수. ‘국정원 “북한군 사상자 3천여 명”’. 한겨레, 13 January 2025. https://example.org/korean.",
    ),
    (
        "chicago",
        "ko-KR",
        "korean",
        "김민수. “국정원 ‘북한군 사상자 3천여 명’”. 한겨레, 2025년 1월 13일. https://example.org/korean.",
    ),
    (
        "chicago-notes",
        None,
        "people",
        (
            "Ada Augusta Lovelace, Vincent van Gogh, and Martin Luther King Jr., “Two Soldiers Captured in Kursk, Kyiv "
            "Says,” The Daily Paper, January 12, 2025, https://example.org/people?a=1&b=2."
        ),
    ),
    (
        "chicago",
        "uk-UA",
        "described",
        "Western officials. «North Korea Sends More Men». The Daily Paper, 12 січня 2025.",
    ),
    (
        "mla",
        None,
        "video",
        (
            "Security Service of Ukraine. Interrogation of Two Captured Soldiers. Video. YouTube, 11 Jan. 2025, "
            "https://example.org/video."
        ),
    ),
    (
        "ieee",
        None,
        "cyrillic",
        (
            "О. І. Шевченко, “Розвідка: близько 11 тисяч солдатів КНДР на Курщині,” Українська правда, Jan. 12, 2025. "
            "Available: https://example.org/cyrillic"
        ),
    ),
    ("vancouver", None, "arabic", "محمد حسن. جنود كوريون شماليون في كورسك. الجزيرة. 2025 Jan 12."),
    (
        "apa",
        "uk-UA",
        "no-date",
        (
            "General Staff of the Armed Forces of Ukraine. (б. д.). Strength of the corps. Вилучено "
            "https://example.org/no-date"
        ),
    ),
    (
        "short",
        None,
        "archived",
        (
            "Suspilne, “Drones over Sumy”, suspilne.media, 12 January 2025 (seen 13 January 2025), "
            "https://example.org/archived (archived 13 January 2025: "
            "https://web.archive.example/2025/https://example.org/archived)."
        ),
    ),
    ("short", None, "open", "“A leaflet”, by 12 January 2025."),
    ("short", None, "video-of-nobody", "[Interrogation of two captives] [Video], undated."),
    (
        "short",
        None,
        "people",
        (
            "Ada Augusta Lovelace, Vincent van Gogh and Martin Luther King, Jr., “Two soldiers captured in Kursk, Kyiv "
            "says”, The Daily Paper, 12 January 2025 (seen 14 January 2025), https://example.org/people?a=1&b=2"
        ),
    ),
]
"""Style, locale, key of the citation, and the complete line."""


def format_list(style: str | None, locale: str | None = None) -> list[str]:
    text = "".join(bibliography.write_text(HARD_CITATIONS.values(), Rendering(style, locale)))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    return [re.sub(r"^(\[\d+\]|\d+\.) ", "", line) for line in text.removesuffix("\n").split("\n\n")]


@pytest.fixture(scope="module")
def lists() -> Callable[[str, str | None], list[str]]:
    """A function that formats the list of all citations, once per style: a process takes a tenth of a second."""
    cache: dict[tuple[str, str | None], list[str]] = {}

    def lines(style: str, locale: str | None = None) -> list[str]:
        if (style, locale) not in cache:
            cache[style, locale] = format_list(style, locale)
        return cache[style, locale]

    return lines


class Markup(HTMLParser):
    """Parses a list as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.entries: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self.open.append(tag)
        if ("class", "csl-entry") in attrs:
            self.entries.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.entries and len(self.open) > 1:
            self.entries[-1] += data


@pytest.mark.parametrize("style", STYLES)
def test_every_style_formats_every_hard_case(style: str, lists: Callable[..., list[str]]) -> None:
    lines = lists(style)
    assert len(lines) == len(HARD_CITATIONS) == len(EXPECTED_WORDS)
    for key, words in EXPECTED_WORDS.items():
        assert sum(words in line for line in lines) >= 1, (key, words)
    for line in lines:
        assert line == line.strip()
        assert len(line) > 8
        assert not re.search(r"\.\./|199X|~|javascript:|web\.archive\.example", line) or style == "short", line
        assert not re.search(r"[,;:]\s*[.,;]|\(\)|\[\]|“”| [.,;]|\bon\.$", line), line
        assert "None" not in line
    for title in ("men in the video", "leaflet", "Розвідка", "북한군 포로"):
        assert sum(line.lower().count(title.lower()) for line in lines) == 1, (
            "a title must occur once, even without an author"
        )


@pytest.mark.parametrize("style", [style for style in STYLES if style != "chicago-notes"])
def test_html_has_the_same_text_with_little_markup(style: str, lists: Callable[..., list[str]]) -> None:
    text = "".join(bibliography.write_html(HARD_CITATIONS.values(), Rendering(style, None)))
    markup = Markup()
    markup.feed(text)
    markup.close()
    assert not markup.open
    assert markup.tags <= {"div", "span", "i", "b", "sup", "sub", "a"}
    assert {name for name, _ in markup.attributes} <= {"class", "href", "style"}
    for name, value in markup.attributes:
        if name == "href":
            assert value is not None
            assert value.startswith("https://"), value
        if name == "style":
            assert value == "font-variant: small-caps"
    lines = [re.sub(r"^(\[\d+\]|\d+\.) *", "", " ".join(entry.split())) for entry in markup.entries]
    assert lines == lists(style)
    assert "<script" not in text
    assert unescape(text).count("<script>alert(1)</script>") >= 1


@pytest.mark.parametrize(("style", "locale", "key", "line"), COMPLETE_LINES)
def test_complete_lines(style: str, locale: str | None, key: str, line: str, lists: Callable[..., list[str]]) -> None:
    lines = lists(style, locale)
    assert line in lines, [item for item in lines if EXPECTED_WORDS[key][:12] in item]


def test_a_document_cited_for_several_claims_is_listed_once() -> None:
    repeated = [
        citation(f"clm_{number}-v1-doc_1", title="The one", container="Paper", issued="2025") for number in range(3)
    ]
    for style in ("apa", "short"):
        text = "".join(bibliography.write_text(repeated, Rendering(style)))
        assert text.count("The one") == 1
        assert "2025a" not in text


def test_the_short_style_names_up_to_three_authors() -> None:
    authors = [{"literal": name} for name in ("Ada", "Ben", "Cem", "Dora")]
    three, four = (citation("a", title="T", authors=authors[:count]) for count in (3, 4))
    assert list(short_style.format_references([three, four])) == [
        "Ada, Ben and Cem, “T”, undated.",
        "Ada and others, “T”, undated.",
    ]


def test_the_short_style_cuts_titles_after_300_characters() -> None:
    title = "word " * 59 + "words"
    complete, cut = (citation("a", title=text) for text in (title, f"{title} more"))
    assert list(short_style.format_references([complete, cut])) == [
        f"“{title}”, undated.",
        f"“{'word ' * 59}…”, undated.",
    ]


def test_an_empty_list_is_empty() -> None:
    assert not "".join(bibliography.write_text([], Rendering("apa")))
    assert "".join(bibliography.write_html([], Rendering("apa"))) == '<div class="csl-bib-body">\n</div>\n'


# --- styles and locales by name ---


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("apa", "apa"),
        ("APA.csl", "apa"),
        ("mla", "modern-language-association"),
        ("chicago", "chicago-notes-bibliography"),
        ("vancouver", "nlm-citation-sequence"),
        ("nature-physics", "nature"),
        ("http://www.zotero.org/styles/ieee", "ieee"),
    ],
)
def test_styles_are_found_by_name(name: str, file: str) -> None:
    path = csl_styles.find_style(name).path
    assert path is not None
    assert path.stem == file


def test_terms_that_a_style_defines_itself_are_kept() -> None:
    own = OURS.replace("</info>", '</info><locale xml:lang="uk-UA"><terms/></locale>')
    assert correct_locale(own, "uk-UA") == own
    assert correct_locale(OURS, "fr-FR") == OURS
    assert "січня" in correct_locale(OURS, "uk-UA")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nature-physik", "similar: nature"),
        ("vancouvr", "vancouver"),
        ("../../../etc/passwd", "some styles are"),
        ("../apa", "apa"),
        ("/etc/passwd", "some styles are"),
        ("apa\x00", "apa"),
        ("dependent/nature-physics", "style"),
        ("a" * 5000, "some styles are"),
    ],
)
def test_a_style_name_cannot_reach_other_files(name: str, message: str) -> None:
    with pytest.raises(InvalidError) as error:
        csl_styles.find_style(name)
    assert error.value.problems[0].field == "style"
    assert message in error.value.problems[0].message
    assert len(error.value.problems[0].message) < 600


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("mlaa", ["mla"]),
        ("mal", ["mla"]),
        ("chicgo", ["chicago"]),
        ("vancuver", ["vancouver"]),
        ("apa-7", ["apa"]),
        ("harvrad", ["harvard"]),
        ("iee", ["ieee"]),
        ("chicago-16th", ["chicago-author-date-16th-edition", "chicago-notes-bibliography-16th-edition"]),
        ("journal-of-clinical-investigatoin", ["journal-of-clinical-investigation"]),
    ],
)
def test_an_unknown_style_is_refused_with_similar_names(name: str, similar: list[str]) -> None:
    with pytest.raises(InvalidError) as error:
        csl_styles.find_style(name)
    suggestions = error.value.problems[0].message.partition("similar: ")[2].split(", ")
    assert set(similar) <= set(suggestions)
    assert len(suggestions) == len(set(suggestions)) <= 5


def test_unknown_styles_are_refused_quickly() -> None:
    """Anonymous requests may name a style."""
    start = time.process_time()
    for number in range(200):
        for name in (f"{number}-journal-of-clinical-investigatoin-and-of-something-else-that-is-long", "a-" * 2_500):
            with pytest.raises(InvalidError, match="there is no style"):
                csl_styles.find_style(f"{name}{number}")
    # A wide bound: comparing each name with all styles takes minutes.
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("name", "locale"),
    [("uk", "uk-UA"), ("ko-kr", "ko-KR"), ("en", "en-US"), ("en-AU", "en-US"), ("zh-Hant", "zh-TW"), ("de", "de-DE")],
)
def test_locales_are_found_by_language_tag(name: str, locale: str) -> None:
    assert csl_styles.find_locale(name) == locale


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"locale: there is no locale 'tlh'"):
        csl_styles.find_locale("tlh")
    with pytest.raises(InvalidError) as error:
        csl_styles.find_locale("x" * 900_000)
    assert len(error.value.problems[0].message) < 1_000


def test_the_processor_contains_every_known_locale() -> None:
    program = csl_processor.program()
    assert program is not None
    locales = {match.decode() for match in re.findall(rb'xml:lang="([A-Za-z-]{2,5})"', program.read_bytes())}
    assert set(csl_styles.LOCALES) <= locales


# --- uploaded styles ---

HEAD = '<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">'
INFO = "<info><title>Ours</title><id>ours</id><updated>2025-01-01T00:00:00Z</updated></info>"
CITE = '<citation><layout><text variable="title"/></layout></citation>'
LIST = '<bibliography><layout suffix="!"><text macro="m"/></layout></bibliography>'
MACRO = '<macro name="m"><text variable="title" prefix="Our style: "/></macro>'
OURS = f"<?xml version='1.0' encoding='utf-8'?>\n{HEAD}{INFO}{MACRO}{CITE}{LIST}</style>"


def explosive(levels: int, times: int) -> str:
    inner = "".join(
        f'<macro name="m{level}">{f"<text macro={chr(34)}m{level + 1}{chr(34)}/>" * times}</macro>'
        for level in range(levels)
    )
    last = f'<macro name="m{levels}"><text variable="title"/></macro>'
    return f'{HEAD}{INFO}<macro name="m"><text macro="m0"/></macro>{inner}{last}{CITE}{LIST}</style>'


def calling(times: int) -> str:
    """Build a style whose macro calls another macro `times` times, which has as many elements."""
    calls = '<text macro="a"/>' * times
    return f'{HEAD}{INFO}<macro name="z">{calls}</macro><macro name="a">{"<b/>" * times}</macro>{CITE}</style>'


def lengthy(before: str, repeated: str, behind: str = "") -> str:
    """Build a style whose names, each expanded with its namespace, are a hundred times as long as the style itself."""
    space = "x" * 9_000
    inner = "".join(map(repeated.format, range(9_000)))
    return f'{HEAD}{INFO}{CITE}<a xmlns="{space}" xmlns:x="{space}"{before}{inner}{behind}</a></style>'


BOMB = (
    '<!DOCTYPE style [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    + OURS.partition("\n")[2].replace("Ours", "&c;")
)
FILE = f'<!DOCTYPE style [<!ENTITY f SYSTEM "file:///etc/passwd">]>{HEAD}{INFO.replace("Ours", "&f;")}{CITE}</style>'

HOSTILE: dict[str, tuple[str, str]] = {
    "bomb": (BOMB, "document type"),
    "external entity": (FILE, "document type"),
    "declared elsewhere": (f'<!DOCTYPE style SYSTEM "http://example.org/x.dtd">{OURS[42:]}', "document type"),
    "macro that calls itself": (OURS.replace('variable="title" prefix="Our style: "', 'macro="m"'), "calls itself"),
    "macros in a circle": (
        OURS.replace(MACRO, '<macro name="m"><text macro="n"/></macro><macro name="n"><text macro="m"/></macro>'),
        "calls itself",
    ),
    "macros without end": (explosive(20, 10), "calls too many others"),
    "a long row of macros": (explosive(17_000, 1), ""),
    "a macro that is called over and over": (calling(24_000), "calls too many others"),
    "long names of elements": (lengthy(">", "<a{}/>"), "namespace"),
    "long names of attributes": (lengthy(">", '<b x:a{}="" />'), "namespace"),
    "long names of attributes in one tag": (lengthy("", ' x:a{}=""', ">"), "must not contain a tag, text or comment"),
    "deep": (f"{HEAD}{'<group>' * 5000}{'</group>' * 5000}</style>", "nested at most 100 levels deep"),
    "wide": (f"{HEAD}{'<group/>' * 60_000}</style>", "at most 50,000 elements"),
    "not closed": (HEAD, "not well-formed"),
    "unknown entity": (f"{HEAD}&nbsp;</style>", "not well-formed"),
    "no style": ("<html/>", "must be a CSL 1.0 style"),
    "without layout": (f"{HEAD}{INFO}</style>", "must define the layout of citations"),
    "with an unknown parent": (
        f'{HEAD}<info><link rel="independent-parent" href="http://x/../../../etc/passwd"/></info></style>',
        "there is no style",
    ),
    "version": (OURS.replace('"title" prefix', '"title" text-case="nonsense" prefix'), ""),
    "too long": ("<" + "x" * 1_000_001, "at most"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_styles_are_refused_quickly(name: str) -> None:
    xml, reason = HOSTILE[name]
    start = time.process_time()
    if reason:
        with pytest.raises(InvalidError) as error:
            csl_styles.find_style(xml)
        assert error.value.problems[0].field == "style"
        assert reason in error.value.problems[0].message
        assert "root:" not in error.value.problems[0].message
    else:
        csl_styles.find_style(xml)
    # A wide bound: a hostile style that is processed takes minutes or exhausts the memory.
    assert time.process_time() - start < 20


def test_a_style_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csl_processor, "MAX_CPU_SECONDS", 1)
    heavy = explosive(5, 8)
    rows = [citation(str(number), title=f"Number {number}") for number in range(200)]
    with pytest.raises(InvalidError, match="took more time or memory"):
        list(bibliography.write_text(rows, Rendering(heavy)))


def test_a_style_that_takes_too_much_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csl_processor, "MAX_HEAP", "16m")
    rows = [citation(str(number), title=f"Number {number}", authors=literal_name("Ada")) for number in range(300)]
    with pytest.raises(InvalidError, match="took more time or memory"):
        list(bibliography.write_text(rows, Rendering("apa")))


def test_the_number_of_lists_formatted_at_once_is_limited(
    api: TestClient, claim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "SLOT_TIMEOUT", 0.01)
    for _ in range(sandbox.MAX_RUNNING):
        assert sandbox._slots.acquire(blocking=False)
    try:
        with pytest.raises(UnavailableError, match="Try again"):
            list(bibliography.write_text(HARD_CITATIONS.values(), Rendering("apa")))
        response = api.get(f"claims/{claim['id']}.txt")
        assert_problem(response, 503)
        assert response.headers["Retry-After"] == "10"
    finally:
        for _ in range(sandbox.MAX_RUNNING):
            sandbox._slots.release()


# --- without the processor ---


@pytest.mark.parametrize(("module", "finder"), [(csl_styles, "styles_folder"), (csl_processor, "program")])
def test_without_the_extra_the_short_style_is_used(module: Any, finder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, finder, lambda: None)
    rows = [HARD_CITATIONS["people"], HARD_CITATIONS["markup"]]
    lines = list(short_style.format_references(rows))
    assert "".join(bibliography.write_text(rows, Rendering())) == "\n\n".join(lines) + "\n"
    html = "".join(bibliography.write_html(rows, Rendering()))
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    with pytest.raises(InvalidError, match=r"style: needs the extra `styles`: pip install 'attest\[styles\]'"):
        list(bibliography.write_text(rows, Rendering("apa")))


# --- over the API and the command line ---


@pytest.fixture
def claim(api: TestClient, record: Record) -> dict[str, Any]:
    """A claim attributed in an article whose title contains a script."""
    paper = record("sources", name="Українська правда", kind="news_organisation")
    article = record(
        "documents",
        kind="article",
        title="Розвідка: <script>alert(1)</script>",
        authors=[{"family": "Шевченко", "given": "Олена"}],
        publisher=paper["id"],
        published="2025-01-12",
        url="https://example.org/1?a=1&b=2",
        language="uk",
    )
    service = record("sources", name="Ukrainian intelligence", kind="intelligence_service")
    return record(
        "claims",
        attributions=[{"source": service["id"], "stance": "asserts", "lineage": "original", "document": article["id"]}],
    )


APA = (
    "Шевченко, О. (2025, January 12). Розвідка: <script>alert(1)</script>. Українська правда. "
    "https://example.org/1?a=1&b=2\n"
)


def routes(claim: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    identifier = claim["id"]
    yield f"citations?claim={identifier}&format=bibliography", {}
    yield f"claims/{identifier}.txt", {}
    yield f"claims/{identifier}/versions/1.txt?style=apa", {}
    yield "claims.txt?style=apa&locale=en", {}
    yield f"claims/{identifier}", {"Accept": "text/x-bibliography; style=apa; locale=en-US"}
    yield "claims", {"Accept": 'text/x-bibliography; style="apa"'}


def test_every_route_returns_the_same_citation(api: TestClient, claim: dict[str, Any]) -> None:
    for path, headers in routes(claim):
        response = api.get(path, headers=headers)
        assert response.status_code == 200, (path, response.text)
        assert response.headers["content-type"] == "text/x-bibliography; charset=utf-8"
        assert response.text == APA, path
    response = api.get("claims", headers={"Accept": "text/x-bibliography; style=chicago; locale=uk-UA"})
    assert response.text.startswith("Шевченко, Олена. «Розвідка: <script>alert(1)</script>». Українська правда, ")


def test_html_is_served_with_a_content_security_policy(api: TestClient, claim: dict[str, Any]) -> None:
    response = api.get(f"claims/{claim['id']}.html?style=apa")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in response.text
    assert "&lt;script&gt;" in response.text
    assert '<a href="https://example.org/1?a=1&amp;b=2">' in response.text
    # Browsers prefer HTML; a person who opens a URL of the API gets the claim's page, and no reference list.
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = api.get(f"claims/{claim['id']}", headers=browser, follow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (303, f"/claims/{claim['id']}")


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("style=apaa", "style", "similar: apa"),
        ("style=../../etc/passwd", "style", "there is no style"),
        ("style=&locale=en", "style", ""),
        ("style=apa&locale=tlh", "locale", "there is no locale"),
        ("style=apa&locale=../x", "locale", "BCP 47"),
    ],
)
def test_unknown_styles_and_locales_are_refused_by_field(
    api: TestClient, claim: dict[str, Any], query: str, field: str, message: str
) -> None:
    problem = assert_problem(api.get(f"claims.txt?{query}"), 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert message in problem["errors"][0]["message"]


def test_a_long_list_is_refused_with_the_filters_to_use(
    api: TestClient, claim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bibliography, "MAX_REFERENCES", 0)
    problem = assert_problem(api.get("claims.txt"), 422)
    assert "narrow it (topic, kind" in problem["errors"][0]["message"]


def test_an_uploaded_style_is_used(api: TestClient, claim: dict[str, Any], key_of: KeyOf) -> None:
    reader = key_of(Role.READER)
    response = api.post(f"citations?claim={claim['id']}", content=OURS.encode(), headers=reader)
    assert response.status_code == 200, response.text
    assert response.text == "Our style: Розвідка: <script>alert(1)</script>!\n"
    response = api.post("citations?format=bibliography_html&q=soldiers", content=OURS.encode(), headers=reader)
    assert response.headers["content-type"].startswith("text/html")
    assert "<script" not in response.text
    for content, field, params in (
        (BOMB, "style", ""),
        (FILE, "style", ""),
        ("apa", "style", ""),
        (OURS, "style", "&style=apa"),
        (OURS, "format", "&format=csl_json"),
    ):
        problem = assert_problem(api.post(f"citations?q=x{params}", content=content.encode(), headers=reader), 422)
        assert problem["errors"][0]["field"] == field
    assert_problem(api.post("citations", content=b"\xff\xfe<", headers=reader), 422)
    assert_problem(api.post("citations", content=OURS.encode()), 401)
    assert_problem(api.post("citations", files={"style": OURS.encode()}, headers=reader), 415)
    assert_problem(api.post("citations", content=b"<" * 1_000_001, headers=reader), 413)


def test_the_cite_command_prints_or_writes_the_list(claim: dict[str, Any], url: str, tmp_path: Path) -> None:
    result = attest(url, tmp_path, "cite", claim["id"], "--style", "apa")
    assert (result.code, result.out) == (0, APA)
    style_file = tmp_path / "publisher.csl"
    style_file.write_text(OURS, encoding="utf-8")
    output = tmp_path / "list.txt"
    assert attest(url, tmp_path, "cite", "--style", style_file, "-o", output).code == 0
    assert output.read_text(encoding="utf-8") == "Our style: Розвідка: <script>alert(1)</script>!\n"
    assert attest(url, tmp_path, "cite", claim["id"], "--format", "news").out.startswith("Ukrainian intelligence said")
    assert attest(url, tmp_path, "cite", "--style", tmp_path / "no.csl").code == 2
    assert attest(url, tmp_path, "cite", "--format", "no").code == 2
    refused = attest(url, tmp_path, "cite", "--style", "apaa", "-o", tmp_path / "none.txt")
    assert refused.code != 0
    assert "similar: apa" in refused.err
    assert not (tmp_path / "none.txt").exists()
