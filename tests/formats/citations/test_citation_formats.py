"""Every format of references gives back what was recorded, to the letter, as programs that are not ours read it."""

import re
import unicodedata
from calendar import month_name
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from hypothesis import example as such_as
from hypothesis import given as tried
from hypothesis import settings
from hypothesis import strategies as st

from app.formats.bibtex import latex
from app.formats.bibtex.babel_languages import BABEL_NAMES
from app.formats.bibtex.bibtex_names import parse_names
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.english.edtf_parts import split_edtf
from app.schemas.files.citation import Citation, Rendering
from tests.support import references

# --- the examples ---


class Example(NamedTuple):
    """A document, who published it, and who is cited in it for what."""

    name: str
    document: dict[str, Any]
    publisher: dict[str, Any] | None = None
    authors: list[dict[str, str]] | None = None
    """What the citation names as authors, where the document itself does not."""
    speaker: dict[str, Any] | None = None
    relay: dict[str, Any] | None = None
    """Who passed it on."""
    quote: dict[str, Any] | None = None
    says: str = "Speaker asserts"
    """What the note says of them."""


SPEAKER = {"name": "Speaker", "kind": "person"}
NEWS = {"name": "The Daily Tribune", "kind": "news_organisation"}
NIS = {"name": "National Intelligence Service", "kind": "intelligence_service"}
BIDI = "\u202eRight to left\u202c and \u2067isolated\u2069 \u200f and \u202eleft open"
PUNCTUATION = (
    r"""{Braces} }{ & % $100 #1 _a_ ^b ~c~ \cmd{x} `code` "double" 'single' ''two'' -- --- <b> | """
    "[[link]] ~~~~ */ /* = @x"
)
ADDRESS = "https://example.org/a_b/%D0%B0?x=1&y=~z;w#part-2"

EXAMPLES = [
    Example(
        "institution as author",
        {"kind": "official_release", "title": "Briefing", "language": "en"},
        NIS,
        [{"literal": "National Intelligence Service"}],
    ),
    Example(
        "institution with a comma and 'and'",
        {
            "kind": "report",
            "title": "On war, and peace",
            "authors": [{"literal": "Ministry of Defence, Procurement and Supply"}],
        },
    ),
    Example("single name", {"kind": "article", "title": "One name", "authors": [{"literal": "Sukarno"}]}, NEWS),
    Example(
        "author as printed",
        {"kind": "article", "title": "As printed", "author": "By our own correspondents, Seoul"},
        NEWS,
        [{"literal": "By our own correspondents, Seoul"}],
    ),
    Example(
        "Korean",
        {
            "kind": "article",
            "title": "국가정보원 “북한군 1만1천명”",
            "language": "ko",
            "authors": [{"family": "김", "given": "민수"}],
        },
        NEWS,
    ),
    Example(
        "Cyrillic",
        {
            "kind": "article",
            "title": "Сумарні втрати: «11 тис.»",
            "language": "uk",
            "authors": [{"family": "Шевченко", "given": "Тарас Григорович"}, {"literal": "Генеральний штаб ЗСУ"}],
        },
        NEWS,
    ),
    Example(
        "Arabic",
        {
            "kind": "article",
            "title": "تقرير عن الجنود",
            "language": "ar",
            "authors": [{"family": "حسن", "given": "علي"}, {"literal": "وزارة الدفاع"}],
        },
        NEWS,
    ),
    Example(
        "particles and suffixes",
        {
            "kind": "report",
            "title": "Names",
            "authors": [
                {"family": "Gogh", "given": "Vincent", "particle": "van"},
                {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
                {"family": "García Márquez", "given": "Gabriel"},
                {"family": "Vallée Poussin", "given": "Charles", "particle": "de la", "suffix": "III"},
            ],
        },
    ),
    Example("no author", {"kind": "article", "title": "Unsigned"}, NEWS),
    Example("no date, no title", {"kind": "image"}, NEWS, [{"literal": NEWS["name"]}]),
    Example("day", {"kind": "article", "title": "A day", "published": "2025-01-12"}, NEWS),
    Example("month", {"kind": "report", "title": "A month", "published": "2025-01"}),
    Example("year", {"kind": "dataset", "title": "A year", "published": "2025"}),
    Example("about a month", {"kind": "report", "title": "About", "published": "2025-01~"}),
    Example("uncertain year", {"kind": "report", "title": "Uncertain", "published": "2024?"}),
    Example("both", {"kind": "report", "title": "Both", "published": "2024-12%"}),
    Example("season", {"kind": "report", "title": "Spring", "published": "2024-21"}),
    Example("span", {"kind": "report", "title": "A span", "published": "2024-10/2025-01"}),
    Example("open end", {"kind": "report", "title": "Open", "published": "2024-10/.."}),
    Example("digits left out", {"kind": "report", "title": "Some day", "published": "2024-XX"}),
    Example(
        "accessed and archived",
        {
            "kind": "official_release",
            "title": "Kept",
            "url": ADDRESS,
            "accessed_on": "2025-01-13",
            "archive_url": "https://web.archive.org/web/20250112000000/https://example.org/a_b",
            "archived_on": "2025-01-12",
        },
        NIS,
        [{"literal": "National Intelligence Service"}],
    ),
    Example(
        "described source",
        {"kind": "article", "title": "Officials say", "language": "en-GB"},
        NEWS,
        speaker={"name": "Western officials", "kind": "government", "anonymity": "described"},
        says="Western officials asserts",
    ),
    Example(
        "anonymous source",
        {"kind": "social_media_post", "title": "A post"},
        {"name": "A network", "kind": "other"},
        [{"literal": "A network"}],
        speaker={"name": "A source close to the matter", "kind": "witness", "anonymity": "anonymous"},
        says="A source close to the matter asserts",
    ),
    Example(
        "relayed",
        {"kind": "article", "title": "Cited in"},
        NEWS,
        speaker={"name": "A general staff", "kind": "armed_force"},
        relay={"name": "A relay", "kind": "news_organisation"},
        says="A relay asserts, citing A general staff",
    ),
    Example(
        "quotation",
        {"kind": "video", "title": "Said in a video"},
        NEWS,
        [{"literal": NEWS["name"]}],
        quote={"exact": "about {11,000} | 50% & more\nof ~~~~ them", "language": "en", "page": "7"},
        says="Speaker asserts: “about {11,000} | 50% & more of ~~~~ them”",
    ),
    Example("physical object", {"kind": "physical", "title": "A badge"}),
    Example("fact-check", {"kind": "fact_check", "title": "Is it true?"}, NEWS, [{"literal": NEWS["name"]}]),
    Example("sound", {"kind": "audio", "title": "Intercept"}, NEWS, [{"literal": NEWS["name"]}]),
    Example("no kind", {"kind": "other", "title": "Something"}, {"name": "A publisher & Sons, Ltd.", "kind": "other"}),
    Example(
        "punctuation",
        {"kind": "article", "title": PUNCTUATION, "author": "O'Neil & {Sons} #1 100% _x_", "language": "en"},
        {"name": "A {paper} | & 100% #1", "kind": "news_organisation"},
        [{"literal": "O'Neil & {Sons} #1 100% _x_"}],
    ),
    Example(
        "capitals",
        {"kind": "article", "title": "South Korea's NIS: iPhones, UAVs and the Russo-Ukrainian War", "language": "en"},
        NEWS,
    ),
    Example("German", {"kind": "article", "title": "Der Krieg und die Folgen für Kiew", "language": "de"}, NEWS),
    Example(
        "template",
        {
            "kind": "article",
            "title": "{{subst:x}} <ref>y</ref> <!-- z --> <script>a()</script> http://example.org [http://x.org z]",
        },
        NEWS,
    ),
    Example("entries", {"kind": "article", "title": "x}, title = {y}} @misc{z, TY  - JOUR ER  - CREATE LAST"}, NEWS),
    Example("formula", {"kind": "article", "title": '=HYPERLINK("https://example.org")'}, NEWS),
    Example("bidi", {"kind": "article", "title": BIDI}, NEWS),
    Example(
        "long",
        {"kind": "article", "title": ("Довга назва & 100% {of it} " * 400)[:10_000].strip(), "language": "uk"},
        NEWS,
    ),
]


class Recorded(NamedTuple):
    """An example as it was recorded."""

    example: Example
    key: str
    claim: dict[str, Any]


@pytest.fixture
def recorded(record: Callable[..., dict[str, Any]]) -> list[Recorded]:
    """All examples, each with a claim that it is cited for."""
    sources: dict[str, str] = {}

    def source(fields: dict[str, Any]) -> str:
        name = fields["name"]
        if name not in sources:
            sources[name] = record("sources", **fields)["id"]
        return sources[name]

    found = []
    for example in EXAMPLES:
        publisher = {} if example.publisher is None else {"publisher": source(example.publisher)}
        document = record("documents", **example.document, **publisher)
        said = {"stance": "asserts", "document": document["id"], **({"quote": example.quote} if example.quote else {})}
        attributions = [{"source": source(example.speaker or SPEAKER), "key": "first", "lineage": "original", **said}]
        if example.relay is not None:
            del attributions[0]["document"]
            attributions.append({"source": source(example.relay), "lineage": "relayed", "upstream": "first", **said})
        claim = record("claims", statement=f"An example: {example.name}.", attributions=attributions)
        found.append(Recorded(example, f"{claim['id']}-v1-{document['id']}", claim))
    return found


def cited(api: TestClient, recorded: list[Recorded], format: str) -> str:
    """The examples in a format."""
    answer = api.get("citations", params={"format": format, "claim": [one.claim["id"] for one in recorded]})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(CITATION_FORMATS[format].media_type)
    return answer.text


# --- what should come back ---


def authors_of(example: Example) -> list[dict[str, str]]:
    given: list[dict[str, str]] = example.document.get("authors") or example.authors or []
    return given


def place_of(example: Example) -> tuple[str | None, str | None]:
    """Container and publisher."""
    named = None if example.publisher is None else example.publisher["name"]
    if named is None or {"literal": named} in authors_of(example):
        return None, None
    inside = example.document["kind"] in {"article", "social_media_post", "fact_check"}
    return (named, None) if inside else (None, named)


def in_words(name: dict[str, str]) -> str:
    shown = (name.get(part) for part in ("given", "particle", "family", "suffix"))
    return name.get("literal") or " ".join(part for part in shown if part)


def inverted(name: dict[str, str]) -> str:
    family = " ".join(part for part in (name.get("particle"), name.get("family")) if part)
    shown = (family, name.get("given"), name.get("suffix"))
    return name.get("literal") or ", ".join(part for part in shown if part)


# --- one test for each format, over all examples ---


def test_csl_json(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    entries = references.csl_json(cited(api, recorded, "csl_json"))
    assert list(entries) == [one.key for one in recorded]
    for one in recorded:
        with subtests.test(one.example.name):
            entry, document = entries[one.key], one.example.document
            assert entry["title"] == document.get("title")
            assert entry["authors"] == authors_of(one.example)
            assert (entry["container"], entry["publisher"]) == place_of(one.example)
            assert (entry["url"], entry["archive_url"]) == (document.get("url"), document.get("archive_url"))
            assert (entry["accessed"], entry["language"]) == (document.get("accessed_on"), document.get("language"))
            assert entry["issued"] == csl_date(document.get("published"))
            bound(entry["note"], one)


def csl_date(edtf: str | None) -> dict[str, Any] | None:
    """The date as CSL-JSON has it."""
    said: dict[str | None, dict[str, Any] | None] = {
        None: None,
        "2025-01-12": {"date-parts": [[2025, 1, 12]]},
        "2025-01": {"date-parts": [[2025, 1]]},
        "2025": {"date-parts": [[2025]]},
        "2025-01~": {"date-parts": [[2025, 1]], "circa": True},
        "2024?": {"date-parts": [[2024]], "circa": True},
        "2024-12%": {"date-parts": [[2024, 12]], "circa": True},
        "2024-21": {"date-parts": [[2024]], "season": 1},
        "2024-10/2025-01": {"date-parts": [[2024, 10], [2025, 1]]},
        "2024-10/..": {"literal": "from October 2024"},
        "2024-XX": {"literal": "2024-XX"},
    }
    return said[edtf]


def bound(note: str, one: Recorded) -> None:
    """The note says who is cited for what, and what the citation is bound to."""
    assert note.startswith(f"Cited for: An example: {one.example.name}.")
    assert f" {one.example.says}." in note
    address = rf"\S+/claims/{one.claim['id']}/versions/1"
    assert re.search(rf"Version 1 of [\d-]+: not assessed\. {address} sha256:[0-9a-f]{{64}}", note)
    assert ("archive_url" not in one.example.document) or (f": {one.example.document['archive_url']} ." in note)


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_bibtex(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests, dialect: str) -> None:
    text = cited(api, recorded, dialect)
    entries, printed = references.pybtex(text), references.pandoc(text, dialect)
    assert list(entries) == list(printed) == [one.key for one in recorded]
    for one in recorded:
        with subtests.test(one.example.name):
            entry, pandoc, document = entries[one.key], printed[one.key], one.example.document
            assert straight(pandoc["title"]) == straight(paired(document.get("title")))
            assert straight(latex.to_line(entry.get("title", ""))) == straight(document.get("title") or "")
            assert [latex_name(name) for name in entry["authors"]] == authors_of(one.example)
            assert [ordered(name) for name in pandoc["authors"]] == [ordered(name) for name in authors_of(one.example)]
            named = [
                entry[name]
                for name in ("journal", "journaltitle", "organization", "institution", "publisher")
                if name in entry
            ]
            assert [latex.to_line(name) for name in named] == [name for name in place_of(one.example) if name]
            assert straight(pandoc["container"] or pandoc["publisher"]) == straight(
                next(filter(None, place_of(one.example)), None)
            )
            assert (entry.get("url"), entry.get("archiveurl")) == (document.get("url"), document.get("archive_url"))
            assert (entry.get("urldate"), entry.get("archivedate")) == (
                document.get("accessed_on"),
                document.get("archived_on"),
            )
            assert pandoc["url"] == document.get("url")
            assert pandoc["accessed"] == document.get("accessed_on")
            tag = document.get("language", "")
            assert (entry.get("langid"), entry.get("language")) == (
                (BABEL_NAMES[tag], None) if tag in BABEL_NAMES else (None, tag or None)
            )
            dated(entry, document.get("published"), dialect)
            bound(
                latex.to_line(entry["note"]).removeprefix(f"Date as recorded: {document.get('published')} (EDTF). "),
                one,
            )
            # Addresses in the note are such that LaTeX makes links of them.
            assert (
                rf"\url{{http://testserver/api/v1/claims/{one.claim['id']}/versions/1}}" in entry["note"]
                or "/versions/1}" in entry["note"]
            )


def paired(text: str | None) -> str | None:
    """A text without braces that stand alone: pandoc does not know how LaTeX writes these."""
    for wrong, right in (("} }{ &", "}  &"), ("x}, title = {y}} @misc{z", "x, title = {y} @miscz")):
        text = text and text.replace(wrong, right)
    return text


def straight(text: str | None) -> str | None:
    """A text without what pandoc does to quotation marks and dashes: it makes typographic ones of them."""
    if text is None:
        return None
    return text.translate(str.maketrans("“”‘’", "\"\"''"))


def latex_name(name: dict[str, str]) -> dict[str, str]:
    """A name of pybtex, whose parts are still LaTeX, as we record names."""
    if name.keys() == {"family"} and name["family"].startswith("{") and name["family"].endswith("}"):
        return {"literal": latex.to_line(name["family"])}
    return {part: latex.to_line(text) for part, text in name.items()}


def ordered(name: dict[str, str]) -> dict[str, str]:
    return dict(sorted((part, straight(text) or "") for part, text in name.items()))


def dated(entry: dict[str, str], edtf: str | None, dialect: str) -> None:
    """The entry has the date, whole in BibLaTeX, and in BibTeX as year and month with the rest beside it."""
    if dialect == "biblatex":
        assert entry.get("date") == edtf
        return
    known = None if edtf is None else split_edtf(edtf)
    year = None if known is None else f"{known.dates[0][0]}"
    assert entry.get("year") == year
    month = None if known is None else known.dates[0][1:2]
    assert entry.get("month") == (month_name[month[0]] if month else None)
    inexact = edtf not in {None, "2025", "2025-01", "2025-01-12"}
    assert (f"Date as recorded: {edtf} " in latex.to_line(entry["note"])) is inexact
    if edtf is not None and edtf not in (year, "2025-01"):
        assert entry["date"] == edtf


def test_ris(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    entries = references.ris(cited(api, recorded, "ris"))
    assert list(entries) == [one.key for one in recorded]
    for one in recorded:
        with subtests.test(one.example.name):
            entry, document = entries[one.key], one.example.document
            assert entry["title"] == document.get("title")
            assert entry["authors"] == [inverted(name) for name in authors_of(one.example)]
            assert (entry["container"], entry["publisher"]) == place_of(one.example)
            assert (entry["url"], entry["archive_url"]) == (document.get("url"), document.get("archive_url"))
            accessed = document.get("accessed_on")
            assert entry["accessed"] == (accessed and accessed.replace("-", "/") + "/")
            assert entry["language"] == document.get("language")
            assert entry["issued"] == RIS_DATES.get(document.get("published"))
            inexact = document.get("published") not in {None, "2025", "2025-01", "2025-01-12"}
            assert (f"Date as recorded: {document.get('published')} (EDTF)." in entry["notes"]) is inexact
            bound(entry["notes"][-1], one)
            assert entry["unknown"] is None


RIS_DATES: dict[str | None, str] = {
    "2025-01-12": "2025/01/12/",
    "2025-01": "2025/01//",
    "2025": "2025///",
    "2025-01~": "2025/01//",
    "2024?": "2024///",
    "2024-12%": "2024/12//",
    "2024-21": "2024///",
    "2024-10/2025-01": "2024/10//",
}
WIKI_DATES: dict[str | None, tuple[str, bool]] = {
    None: ("n.d.", False),
    "2025-01-12": ("2025-01-12", False),
    "2025-01": ("January 2025", False),
    "2025": ("2025", False),
    "2025-01~": ("January 2025", True),
    "2024?": ("c. 2024", True),
    "2024-12%": ("December 2024", True),
    "2024-21": ("Spring 2024", False),
    "2024-10/2025-01": ("October 2024 – January 2025", False),
    "2024-10/..": ("", True),
    "2024-XX": ("", True),
}


def test_wikipedia(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    text = cited(api, recorded, "wikipedia")
    assert "~~~" not in text
    entries = references.wikipedia(text)
    assert list(entries) == [one.key for one in recorded]
    for one in recorded:
        with subtests.test(one.example.name):
            entry, document = entries[one.key], one.example.document
            # Wikipedia takes no reference without a title.
            assert entry["title"] == document.get("title", "[Photograph]")
            assert list(wiki_authors(entry)) == [wiki_name(name) for name in authors_of(one.example)]
            assert (entry.get("work"), entry.get("publisher")) == place_of(one.example)
            if "url" in document:
                assert (entry["url"], entry["archive-url"]) == (
                    document["url"].replace(";", "%3B"),
                    document["archive_url"],
                )
                assert (entry["archive-date"], entry["access-date"], entry["url-status"]) == (
                    "2025-01-12",
                    "2025-01-13",
                    "live",
                )
            assert entry.get("language") == document.get("language")
            date, kept = WIKI_DATES[document.get("published")]
            assert entry["date"] == date
            assert entry["date_comment"] == ([f"{document['published']} (EDTF)"] if kept else [])
            if one.example.quote is not None:
                assert entry["quote"] == one.example.quote["exact"].replace("\n", " ")
            bound(entry["note"], one)


def wiki_authors(entry: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for number in range(1, 10):
        if f"author{number}" in entry:
            yield (re.sub(r"^\(\((.*)\)\)$", r"\1", entry[f"author{number}"]),)
        elif f"last{number}" in entry:
            yield entry[f"last{number}"], entry.get(f"first{number}", "")


def wiki_name(name: dict[str, str]) -> tuple[str, ...]:
    if "literal" in name:
        return (name["literal"],)
    family = " ".join(part for part in (name.get("particle"), name["family"]) if part)
    return family, " ".join(part for part in (name.get("given"), name.get("suffix")) if part)


def test_markdown(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    entries = references.markdown(cited(api, recorded, "markdown"))
    assert list(entries) == [one.key for one in recorded]
    for one in recorded:
        with subtests.test(one.example.name):
            entry, document = entries[one.key], one.example.document
            named = ", ".join(in_words(name) for name in authors_of(one.example))
            # Markdown, as HTML, makes one blank of many.
            title = re.sub(" +", " ", document.get("title", ""))
            start = "" if not named else named if named.endswith(".") else f"{named}."
            assert entry["text"].startswith(start)
            assert title == "" or f"“{title}" in entry["text"]
            assert all(name is None or name in entry["text"] for name in place_of(one.example))
            assert document.get("published", "") in entry["text"]
            addresses = [document[name] for name in ("url", "archive_url") if name in document]
            assert entry["links"][:-1] == addresses
            assert entry["links"][-1].endswith(f"/claims/{one.claim['id']}/versions/1")
            bound(entry["text"][entry["text"].index("Cited for: ") :], one)


def test_quick_statements(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    items = references.quick_statements(cited(api, recorded, "quick_statements"))
    assert len(items) == len(recorded)
    for one, item in zip(recorded, items, strict=True):
        with subtests.test(one.example.name):
            document = one.example.document
            title, language = document.get("title"), document.get("language")
            said = {command[0]: command[1:] for command in item}
            whole = title is not None and len(title) <= 1_500
            tag = (language or "und").lower()
            assert said.get("P1476") == ([f'{tag}:"{title}"'] if whole else None)
            label = said.get(f"L{(language or 'mul').partition('-')[0]}", [None])[0]
            assert label == (title if title is None or len(title) <= 250 else f"{title[:249].rstrip()}…")
            assert [command[1] for command in item if command[0] == "P2093"] == [
                in_words(name) for name in authors_of(one.example)
            ]
            assert said.get("P577") == QS_DATES.get(document.get("published"))
            assert said.get("P953", [None])[0] == document.get("url")
            assert said["P973"][0].endswith(f"{one.claim['id']}/versions/1")
            if "url" in document:
                assert said["P953"][1:] == [
                    *("P1065", document["archive_url"], "P2960", "+2025-01-12T00:00:00Z/11"),
                    *("P813", "+2025-01-13T00:00:00Z/11"),
                ]


QS_DATES: dict[str | None, list[str]] = {
    "2025-01-12": ["+2025-01-12T00:00:00Z/11"],
    "2025-01": ["+2025-01-00T00:00:00Z/10"],
    "2025": ["+2025-00-00T00:00:00Z/9"],
    "2025-01~": ["+2025-01-00T00:00:00Z/10", "P1480", "Q5727902"],
    "2024?": ["+2024-00-00T00:00:00Z/9", "P1480", "Q5727902"],
    "2024-12%": ["+2024-12-00T00:00:00Z/10", "P1480", "Q5727902"],
    "2024-21": ["+2024-00-00T00:00:00Z/9"],
    "2024-10/2025-01": [
        *("+2024-00-00T00:00:00Z/8", "P1319", "+2024-10-00T00:00:00Z/10"),
        *("P1326", "+2025-01-00T00:00:00Z/10"),
    ],
}


# --- whatever is recorded ---

# Any text that a title may be. Blanks other than the common one are left to the examples: pybtex and pandoc make
# common ones of them. So do they with what Unicode composes differently, and neither is ours to change.
CHARS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"])
DANGEROUS = st.sampled_from(
    [
        *(
            "\\",
            "{",
            "}",
            "$",
            "&",
            "#",
            "^",
            "_",
            "~",
            "%",
            "`",
            "'",
            '"',
            "|",
            "[",
            "]",
            "<",
            ">",
            "=",
            "@",
            ",",
            ";",
        ),
        *(" ", " and ", " others", "--", "''", "~~~~", "}}", "{{", "-->", "<!--", "||", "/*", "*/", "://", "</ref>"),
        *("\\input{x}", "\\end", "TY  - ", "ER  - ", "@misc{x,", "},", "CREATE", "LAST\u202e", "von ", "De ", "(("),
        *("[^x]: ", "](x)", "![", "```", "=1+1", "xdata=", "family=", "\u200f", "\u2067"),
    ]
)
TEXTS = st.lists(st.text(CHARS, max_size=8) | DANGEROUS, min_size=1, max_size=8).map(
    lambda pieces: "".join(pieces).strip()
).filter(bool)  # fmt: skip
NAMES_OF_AUTHORS = st.one_of(
    st.builds(lambda text: {"literal": text}, TEXTS),
    st.builds(lambda family, given: {"family": family, "given": given}, TEXTS, TEXTS),
    st.builds(lambda family, suffix: {"family": family, "given": "A", "suffix": suffix}, TEXTS, TEXTS),
    st.builds(lambda family: {"family": family, "given": "A", "particle": "van der"}, TEXTS),
    st.builds(lambda family: {"family": family}, TEXTS),
)
KEY = "doc_01jhf3m8w5k6v0x2s9r7q4t1ya-v1"
RENDERING = Rendering("apa", "en-US")


def written(format: str, **fields: Any) -> str:
    made = {"type": "article-newspaper", "title": "A title", "address": "https://example.org/documents/doc_1", **fields}
    return "".join(CITATION_FORMATS[format].write([Citation(key=KEY, **made)], RENDERING))


@settings(max_examples=60, deadline=None)
@tried(
    title=TEXTS,
    authors=st.lists(NAMES_OF_AUTHORS, max_size=3),
    container=TEXTS,
    language=st.sampled_from([None, "en", "uk"]),
)
@such_as(title="{", authors=[{"literal": "}"}], container="\\", language=None)
def test_nothing_breaks_out_of_bibtex(
    title: str, authors: list[dict[str, str]], container: str, language: str | None
) -> None:
    fields = {"title": title, "authors": authors, "container": container, "language": language, "remark": title}
    for dialect, place in (("bibtex", "journal"), ("biblatex", "journaltitle")):
        text = written(dialect, **fields)
        # Names of BibLaTeX's own format are none to pybtex.
        (entry,) = references.pybtex(text.replace("  author = ", "  authors_ = ")).values()
        assert entry.keys() <= {
            *("type", "authors", "authors_", "title", "langid", "note", "entrysubtype", "annote", "annotation", place)
        }
        assert (
            latex.to_line(entry["title"])
            == latex.to_line(entry[f"annot{'e' if dialect == 'bibtex' else 'ation'}"])
            == title
        )
        assert latex.to_line(entry[place]) == container
        names, others = parse_names(entry.get("authors_", ""))
        assert (names, others) == (authors, [])
    if all("," not in "".join(name.values()) for name in authors):
        (entry,) = references.pybtex(written("bibtex", **fields)).values()
        assert [in_words(latex_name(name)) for name in entry["authors"]] == [in_words(name) for name in authors]


@settings(max_examples=6, deadline=None)
@tried(titles=st.lists(TEXTS, min_size=15, max_size=15))
def test_pandoc_reads_the_very_same_titles(titles: list[str]) -> None:
    # In one go: pandoc takes its time to start. Not in English, whose titles it recasts, and without what it makes
    # typographic or does not know.
    # Pandoc writes superscript and subscript characters as markup.
    markup = ("<supe", "<sub>")
    unraised = ("".join(c for c in title if unicodedata.decomposition(c)[:5] not in markup) for title in titles)
    plain = [re.sub(r"[{}'\"‘’“”]|\.{3}|\s{2,}", "", title).strip() or "x" for title in unraised]
    listed = [
        Citation(
            key=f"doc_{at}", type="report", title=title, language="de", address="https://example.org/documents/doc_1"
        )
        for at, title in enumerate(plain)
    ]
    found = references.pandoc("".join(CITATION_FORMATS["biblatex"].write(listed, RENDERING)), "biblatex")
    assert [unicodedata.normalize("NFC", one["title"]) for one in found.values()] == [
        unicodedata.normalize("NFC", title) for title in plain
    ]


@settings(max_examples=60, deadline=None)
@tried(title=TEXTS, author=TEXTS, container=TEXTS)
def test_nothing_breaks_out_of_the_other_formats(title: str, author: str, container: str) -> None:
    fields: dict[str, Any] = {"title": title, "authors": [{"literal": author}], "container": container}
    (entry,) = references.ris(written("ris", **fields)).values()
    assert (entry["title"], entry["authors"], entry["container"]) == (title, [author], container)
    (entry,) = references.csl_json(written("csl_json", **fields)).values()
    assert (entry["title"], entry["authors"], entry["container"]) == (title, [{"literal": author}], container)
    (entry,) = references.wikipedia(written("wikipedia", **fields)).values()
    shown = re.sub(r"^\(\((.*)\)\)$", r"\1", entry["author1"]) if re.search("[,;]", author) else entry["author1"]
    assert (entry["title"], shown, entry["work"]) == (title, author, container)
    assert entry.keys() == {"template", "author1", "date", "title", "work", "date_comment", "note"}
    (item,) = references.quick_statements(written("quick_statements", **fields))
    assert [command for command in item if command[0] in ("P1476", "P2093")] == [
        ["P1476", f'und:"{title}"'],
        ["P2093", author],
    ]


@settings(max_examples=6, deadline=None)
@tried(titles=st.lists(TEXTS, min_size=15, max_size=15))
def test_nothing_breaks_out_of_markdown(titles: list[str]) -> None:
    listed = [
        Citation(
            key=f"doc_{at}", type="report", title=title, authors=[{"literal": title}], address="https://example.org/x"
        )
        for at, title in enumerate(titles)
    ]
    found = references.markdown("".join(CITATION_FORMATS["markdown"].write(listed, RENDERING)))
    assert list(found) == [one.key for one in listed]
    for title, entry in zip(titles, found.values(), strict=True):
        once, text = unicodedata.normalize("NFC", re.sub(" +", " ", title)), unicodedata.normalize("NFC", entry["text"])
        assert text.startswith(once)
        assert f"“{once}" in text
        assert entry["links"] == ["https://example.org/x"]


# CSL-JSON is data and shows no links; other addresses do not get into the record.
@pytest.mark.parametrize("format", ["bibtex", "biblatex", "ris", "wikipedia", "markdown", "quick_statements"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://x\n@misc{y", "data:text/html,x"])
def test_only_web_addresses_become_links(format: str, url: str) -> None:
    text = written(format, url=url, archive_url=url)
    assert all(start not in text for start in (f"<{url}", f"= {{{url}", f"UR  - {url}", f"|url={url}", f'P953\t"{url}'))


def test_every_format_has_its_test() -> None:
    tested = {"csl_json", "bibtex", "biblatex", "ris", "wikipedia", "markdown", "quick_statements"}
    assert tested <= CITATION_FORMATS.keys()
