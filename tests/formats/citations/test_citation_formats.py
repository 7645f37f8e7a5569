"""Third-party programs read every citation format back exactly as the documents were recorded."""

import re
import unicodedata
from calendar import month_name
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from hypothesis import example as hypothesis_example
from hypothesis import given, settings
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
    """A document, its publisher, and the attribution it is cited for."""

    name: str
    document: dict[str, Any]
    publisher: dict[str, Any] | None = None
    authors: list[dict[str, str]] | None = None
    """The authors that the citation names if the document has none."""
    speaker: dict[str, Any] | None = None
    relay: dict[str, Any] | None = None
    """The source that relays the statement."""
    quote: dict[str, Any] | None = None
    attribution_text: str = "Speaker asserts"
    """The attribution as the note describes it."""


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
    Example("day left out", {"kind": "report", "title": "Some day of a month", "published": "2024-10-XX"}),
    Example("decade", {"kind": "report", "title": "Some year", "published": "202X"}),
    Example("open start", {"kind": "report", "title": "Until then", "published": "../2024-10-03"}),
    Example("open end of days", {"kind": "report", "title": "Since then", "published": "2025-01-12/.."}),
    Example("seasons of a year", {"kind": "report", "title": "Half a year", "published": "2025-21/2025-22"}),
    Example("seasons of two years", {"kind": "report", "title": "A winter", "published": "2024-24/2025-21"}),
    Example("moment", {"kind": "report", "title": "Late", "published": "2025-01-12T23:30:00Z"}),
    Example("local moment", {"kind": "report", "title": "Locally", "published": "2025-01-12T23:30"}),
    Example("hours of a day", {"kind": "report", "title": "A night", "published": "2025-01-12T18:00/2025-01-12T23:30"}),
    Example(
        "hours of two days",
        {"kind": "report", "title": "A long night", "published": "2025-01-12T18:00+02/2025-01-13T06:30+02"},
    ),
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
        attribution_text="Western officials asserts",
    ),
    Example(
        "anonymous source",
        {"kind": "social_media_post", "title": "A post"},
        {"name": "A network", "kind": "other"},
        [{"literal": "A network"}],
        speaker={"name": "A source close to the matter", "kind": "witness", "anonymity": "anonymous"},
        attribution_text="A source close to the matter asserts",
    ),
    Example(
        "relayed",
        {"kind": "article", "title": "Cited in"},
        NEWS,
        speaker={"name": "A general staff", "kind": "armed_force"},
        relay={"name": "A relay", "kind": "news_organisation"},
        attribution_text="A relay asserts, citing A general staff",
    ),
    Example(
        "quotation",
        {"kind": "video", "title": "Said in a video"},
        NEWS,
        [{"literal": NEWS["name"]}],
        quote={"exact": "about {11,000} | 50% & more\nof ~~~~ them", "language": "en", "page": "7"},
        attribution_text="Speaker asserts: “about {11,000} | 50% & more of ~~~~ them”",
    ),
    Example(
        "long quotation",
        {"kind": "video", "title": "Said at length in a video"},
        NEWS,
        [{"literal": NEWS["name"]}],
        quote={"exact": "word " * 99 + "end", "language": "en"},
        attribution_text=f"Speaker asserts: “{'word ' * 60}…”",
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
    """An example with its citation key and its claim, as recorded."""

    example: Example
    key: str
    claim: dict[str, Any]


@pytest.fixture
def recorded(record: Callable[..., dict[str, Any]]) -> list[Recorded]:
    """All examples, each with a claim that cites it."""
    sources: dict[str, str] = {}

    def source(fields: dict[str, Any]) -> str:
        name = fields["name"]
        if name not in sources:
            sources[name] = record("sources", **fields)["id"]
        return sources[name]

    cases = []
    for example in EXAMPLES:
        publisher = {} if example.publisher is None else {"publisher": source(example.publisher)}
        document = record("documents", **example.document, **publisher)
        fields = {
            "stance": "asserts",
            "document": document["id"],
            **({"quote": example.quote} if example.quote else {}),
        }
        attributions = [{"source": source(example.speaker or SPEAKER), "key": "first", "lineage": "original", **fields}]
        if example.relay is not None:
            del attributions[0]["document"]
            attributions.append({"source": source(example.relay), "lineage": "relayed", "upstream": "first", **fields})
        claim = record("claims", statement=f"An example: {example.name}.", attributions=attributions)
        cases.append(Recorded(example, f"{document['id']}-v1", claim))
    return cases


def fetch_citations(api: TestClient, recorded: list[Recorded], format: str) -> str:
    """Fetch the citations of the examples in a format."""
    response = api.get("citations", params={"format": format, "claim": [case.claim["id"] for case in recorded]})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(CITATION_FORMATS[format].media_type)
    return response.text


# --- the expected fields ---


def authors_of(example: Example) -> list[dict[str, str]]:
    authors: list[dict[str, str]] = example.document.get("authors") or example.authors or []
    return authors


def container_and_publisher(example: Example) -> tuple[str | None, str | None]:
    """The expected container and publisher of a citation."""
    name = None if example.publisher is None else example.publisher["name"]
    if name is None or {"literal": name} in authors_of(example):
        return None, None
    has_container = example.document["kind"] in {"article", "social_media_post", "fact_check"}
    return (name, None) if has_container else (None, name)


class Types(NamedTuple):
    """How the formats call a kind of document."""

    csl: str
    genre: str | None
    ris: str
    bibtex: str
    biblatex: str
    wikipedia: str


TYPES = {
    "article": Types("article-newspaper", None, "NEWS", "article", "article", "cite news"),
    "official_release": Types("webpage", "Press release", "ELEC", "misc", "online", "cite press release"),
    "social_media_post": Types("post", None, "ELEC", "misc", "online", "citation"),
    "video": Types("motion_picture", "Video", "VIDEO", "misc", "video", "citation"),
    "audio": Types("broadcast", "Audio", "SOUND", "misc", "audio", "citation"),
    "image": Types("graphic", "Photograph", "ART", "misc", "image", "citation"),
    "report": Types("report", None, "RPRT", "techreport", "report", "cite report"),
    "dataset": Types("dataset", "Data set", "DATA", "misc", "dataset", "citation"),
    "fact_check": Types("webpage", "Fact-check", "ELEC", "misc", "online", "cite press release"),
    "physical": Types("document", "Physical object", "GEN", "misc", "misc", "citation"),
    "other": Types("document", None, "GEN", "misc", "misc", "citation"),
}


def display_name(name: dict[str, str]) -> str:
    parts = (name.get(part) for part in ("given", "particle", "family", "suffix"))
    return name.get("literal") or " ".join(part for part in parts if part)


def inverted_name(name: dict[str, str]) -> str:
    family = " ".join(part for part in (name.get("particle"), name.get("family")) if part)
    parts = (family, name.get("given"), name.get("suffix"))
    return name.get("literal") or ", ".join(part for part in parts if part)


# --- every format with all examples ---


def test_csl_json_is_read_back(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    entries = references.csl_json(fetch_citations(api, recorded, "csl_json"))
    assert list(entries) == [case.key for case in recorded]
    for case in recorded:
        with subtests.test(case.example.name):
            entry, document = entries[case.key], case.example.document
            assert entry["title"] == document.get("title")
            assert entry["authors"] == authors_of(case.example)
            assert (entry["container"], entry["publisher"]) == container_and_publisher(case.example)
            assert (entry["url"], entry["archive_url"]) == (document.get("url"), document.get("archive_url"))
            assert (entry["accessed"], entry["language"]) == (document.get("accessed_on"), document.get("language"))
            assert entry["issued"] == csl_date(document.get("published"))
            types = TYPES[document["kind"]]
            assert (entry["type"], entry["genre"]) == (types.csl, types.genre)
            check_note(entry["note"], case)


def csl_date(edtf: str | None) -> dict[str, Any] | None:
    """The expected date in CSL-JSON."""
    dates: dict[str | None, dict[str, Any] | None] = {
        None: None,
        "2025-01-12": {"date-parts": [[2025, 1, 12]]},
        "2025-01": {"date-parts": [[2025, 1]]},
        "2025": {"date-parts": [[2025]]},
        "2025-01~": {"date-parts": [[2025, 1]], "circa": True},
        "2024?": {"date-parts": [[2024]], "circa": True},
        "2024-12%": {"date-parts": [[2024, 12]], "circa": True},
        "2024-21": {"date-parts": [[2024]], "season": 1},
        "2024-10/2025-01": {"date-parts": [[2024, 10], [2025, 1]]},
        "2024-10/..": {"date-parts": [[2024, 10]], "circa": True},
        "2024-XX": {"date-parts": [[2024]]},
        "2024-10-XX": {"date-parts": [[2024, 10]]},
        "202X": {"literal": "2020s"},
        "../2024-10-03": {"date-parts": [[2024, 10, 3]], "circa": True},
        "2025-01-12/..": {"date-parts": [[2025, 1, 12]], "circa": True},
        "2025-21/2025-22": {"date-parts": [[2025]]},
        "2024-24/2025-21": {"date-parts": [[2024], [2025]]},
        "2025-01-12T23:30:00Z": {"date-parts": [[2025, 1, 12]]},
        "2025-01-12T23:30": {"date-parts": [[2025, 1, 12]]},
        "2025-01-12T18:00/2025-01-12T23:30": {"date-parts": [[2025, 1, 12]]},
        "2025-01-12T18:00+02/2025-01-13T06:30+02": {"date-parts": [[2025, 1, 12], [2025, 1, 13]]},
    }
    return dates[edtf]


def check_note(note: str, case: Recorded) -> None:
    """The note names the claim, the attribution, and the version and hash of the claim."""
    beginning = note.partition("Cited for: ")[0]
    assert not beginning or ("No address of it is on record." in beginning) == ("url" not in case.example.document)
    assert f"Cited for: An example: {case.example.name}. " in note
    assert f" {case.example.attribution_text}." in note
    address = rf"\S+/claims/{case.claim['id']}/versions/1"
    assert re.search(rf"Version 1 of [\d-]+: not assessed\. {address} sha256:[0-9a-f]{{64}}", note)
    assert ("archive_url" not in case.example.document) or (f": {case.example.document['archive_url']} ." in note)


@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_bibtex_is_read_back(
    api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests, dialect: str
) -> None:
    text = fetch_citations(api, recorded, dialect)
    entries, pandoc_entries = references.pybtex(text), references.pandoc(text, dialect)
    assert list(entries) == list(pandoc_entries) == [case.key for case in recorded]
    for case in recorded:
        with subtests.test(case.example.name):
            entry, pandoc_entry, document = entries[case.key], pandoc_entries[case.key], case.example.document
            assert with_straight_quotes(pandoc_entry["title"]) == with_straight_quotes(
                without_unpaired_braces(document.get("title"))
            )
            assert with_straight_quotes(latex.to_line(entry.get("title", ""))) == with_straight_quotes(
                document.get("title") or ""
            )
            assert [latex_name(name) for name in entry["authors"]] == authors_of(case.example)
            assert [normalize_name(name) for name in pandoc_entry["authors"]] == [
                normalize_name(name) for name in authors_of(case.example)
            ]
            publications = [
                entry[name]
                for name in ("journal", "journaltitle", "organization", "institution", "publisher")
                if name in entry
            ]
            assert [latex.to_line(name) for name in publications] == [
                name for name in container_and_publisher(case.example) if name
            ]
            assert with_straight_quotes(pandoc_entry["container"] or pandoc_entry["publisher"]) == with_straight_quotes(
                next(filter(None, container_and_publisher(case.example)), None)
            )
            assert (entry.get("url"), entry.get("archiveurl")) == (document.get("url"), document.get("archive_url"))
            assert (entry.get("urldate"), entry.get("archivedate")) == (
                document.get("accessed_on"),
                document.get("archived_on"),
            )
            assert pandoc_entry["url"] == document.get("url")
            assert pandoc_entry["accessed"] == document.get("accessed_on")
            types = TYPES[document["kind"]]
            assert entry["entry_type"] == (types.bibtex if dialect == "bibtex" else types.biblatex)
            assert latex.to_line(entry.get("type", "")) == (types.genre or "")
            tag = document.get("language", "")
            assert (entry.get("langid"), entry.get("language")) == (
                (BABEL_NAMES[tag], None) if tag in BABEL_NAMES else (None, tag or None)
            )
            check_date(entry, document.get("published"), dialect)
            check_note(
                latex.to_line(entry["note"]).removeprefix(f"Date as recorded: {document.get('published')} (EDTF). "),
                case,
            )
            # LaTeX makes links of the URLs in the note.
            assert re.search(rf"\\url\{{\S+/claims/{case.claim['id']}/versions/1\}}", entry["note"])


def without_unpaired_braces(text: str | None) -> str | None:
    """Remove unpaired braces from a text: pandoc cannot read their LaTeX escapes."""
    for wrong, right in (("} }{ &", "}  &"), ("x}, title = {y}} @misc{z", "x, title = {y} @miscz")):
        text = text and text.replace(wrong, right)
    return text


def with_straight_quotes(text: str | None) -> str | None:
    """Make quotation marks straight: pandoc makes them typographic."""
    if text is None:
        return None
    return text.translate(str.maketrans("“”‘’", "\"\"''"))


def latex_name(name: dict[str, str]) -> dict[str, str]:
    """Convert a name parsed by pybtex, whose parts are still LaTeX, to a recorded name."""
    if name.keys() == {"family"} and name["family"].startswith("{") and name["family"].endswith("}"):
        return {"literal": latex.to_line(name["family"])}
    return {part: latex.to_line(text) for part, text in name.items()}


def normalize_name(name: dict[str, str]) -> dict[str, str]:
    return dict(sorted((part, with_straight_quotes(text) or "") for part, text in name.items()))


def check_date(entry: dict[str, str], edtf: str | None, dialect: str) -> None:
    """BibLaTeX has the complete date; BibTeX has year, month and day, and a note with the date if it is inexact."""
    complete_date = {
        "2025-01-12T23:30": "2025-01-12T23:30:00",
        "2025-01-12T18:00/2025-01-12T23:30": "2025-01-12T18:00:00/2025-01-12T23:30:00",
        "2025-01-12T18:00+02/2025-01-13T06:30+02": "2025-01-12T18:00:00+02:00/2025-01-13T06:30:00+02:00",
    }.get(edtf or "", edtf)
    if dialect == "biblatex":
        assert entry.get("date") == complete_date
        return
    parsed = None if edtf is None else split_edtf(edtf)
    year = None if parsed is None else f"{parsed.dates[0][0]}"
    assert entry.get("year") == year
    month, day = (None, None) if parsed is None else (*parsed.dates[0][1:], None, None)[:2]
    name = month_name[month] if month else None
    assert entry.get("month") == (f"{name}~{day}" if day else name)
    assert entry.get("day") == (str(day) if day else None)
    is_inexact = edtf not in {None, "2025", "2025-01", "2025-01-12"}
    assert (f"Date as recorded: {edtf} " in latex.to_line(entry["note"])) is is_inexact
    if edtf is not None and edtf not in (year, "2025-01"):
        assert entry["date"] == complete_date


def test_ris_is_read_back(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    entries = references.ris(fetch_citations(api, recorded, "ris"))
    assert list(entries) == [case.key for case in recorded]
    for case in recorded:
        with subtests.test(case.example.name):
            entry, document = entries[case.key], case.example.document
            assert entry["title"] == document.get("title")
            assert entry["authors"] == [inverted_name(name) for name in authors_of(case.example)]
            assert (entry["container"], entry["publisher"]) == container_and_publisher(case.example)
            assert (entry["url"], entry["archive_url"]) == (document.get("url"), document.get("archive_url"))
            accessed = document.get("accessed_on")
            assert entry["accessed"] == (accessed and accessed.replace("-", "/") + "/")
            assert entry["language"] == document.get("language")
            assert entry["issued"] == RIS_DATES.get(document.get("published"))
            is_inexact = document.get("published") not in {None, "2025", "2025-01", "2025-01-12"}
            assert (f"Date as recorded: {document.get('published')} (EDTF)." in entry["notes"]) is is_inexact
            check_note(entry["notes"][-1], case)
            types = TYPES[document["kind"]]
            assert (entry["type"], entry["genre"]) == (types.ris, types.genre)
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
    "2024-10/..": "2024/10//",
    "2024-XX": "2024///",
    "2024-10-XX": "2024/10//",
    "../2024-10-03": "2024/10/03/",
    "2025-01-12/..": "2025/01/12/",
    "2025-21/2025-22": "2025///",
    "2024-24/2025-21": "2024///",
    "2025-01-12T23:30:00Z": "2025/01/12/",
    "2025-01-12T23:30": "2025/01/12/",
    "2025-01-12T18:00/2025-01-12T23:30": "2025/01/12/",
    "2025-01-12T18:00+02/2025-01-13T06:30+02": "2025/01/12/",
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
    "2024-XX": ("2024", True),
    "2024-10-XX": ("October 2024", True),
    "202X": ("", True),
    "../2024-10-03": ("", True),
    "2025-01-12/..": ("", True),
    "2025-21/2025-22": ("2025", True),
    "2024-24/2025-21": ("2024–2025", True),
    "2025-01-12T23:30:00Z": ("2025-01-12", True),
    "2025-01-12T23:30": ("2025-01-12", True),
    "2025-01-12T18:00/2025-01-12T23:30": ("2025-01-12", True),
    "2025-01-12T18:00+02/2025-01-13T06:30+02": ("12 January 2025 – 13 January 2025", True),
}


def test_wikitext_is_read_back(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    text = fetch_citations(api, recorded, "wikipedia")
    assert "~~~" not in text
    entries = references.wikipedia(text)
    assert list(entries) == [case.key for case in recorded]
    for case in recorded:
        with subtests.test(case.example.name):
            entry, document = entries[case.key], case.example.document
            # Wikipedia does not accept a reference without a title.
            assert entry["title"] == document.get("title", "[Photograph]")
            assert list(wiki_authors(entry)) == [wiki_name(name) for name in authors_of(case.example)]
            assert (entry.get("work"), entry.get("publisher")) == container_and_publisher(case.example)
            types = TYPES[document["kind"]]
            template = "cite web" if "url" in document else types.wikipedia  # `cite web` needs a URL
            assert (entry["template"], entry.get("type")) == (template, types.genre)
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
            date, has_comment = WIKI_DATES[document.get("published")]
            assert entry["date"] == date
            assert entry["date_comment"] == ([f"{document['published']} (EDTF)"] if has_comment else [])
            if case.example.quote is not None:
                assert entry["quote"] == case.example.quote["exact"].replace("\n", " ")
            check_note(entry["note"], case)


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


def test_markdown_is_read_back(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    entries = references.markdown(fetch_citations(api, recorded, "markdown"))
    assert list(entries) == [case.key for case in recorded]
    for case in recorded:
        with subtests.test(case.example.name):
            entry, document = entries[case.key], case.example.document
            authors = ", ".join(display_name(name) for name in authors_of(case.example))
            # Markdown collapses spaces, as HTML does.
            title = re.sub(" +", " ", document.get("title", ""))
            start = "" if not authors else authors if authors.endswith(".") else f"{authors}."
            assert entry["text"].startswith(start)
            assert title == "" or f"“{title}" in entry["text"]
            assert all(name is None or name in entry["text"] for name in container_and_publisher(case.example))
            assert document.get("published", "") in entry["text"]
            addresses = [document[name] for name in ("url", "archive_url") if name in document]
            assert entry["links"][:-1] == addresses
            assert entry["links"][-1].endswith(f"/claims/{case.claim['id']}/versions/1")
            check_note(entry["text"][entry["text"].index("Cited for: ") :], case)


def test_quick_statements_are_read_back(api: TestClient, recorded: list[Recorded], subtests: pytest.Subtests) -> None:
    items = references.quick_statements(fetch_citations(api, recorded, "quick_statements"))
    assert len(items) == len(recorded)
    for case, item in zip(recorded, items, strict=True):
        with subtests.test(case.example.name):
            document = case.example.document
            title, language = document.get("title"), document.get("language")
            commands = {command[0]: command[1:] for command in item}
            has_title = title is not None and len(title) <= 1_500
            tag = (language or "und").lower()
            assert commands.get("P1476") == ([f'{tag}:"{title}"'] if has_title else None)
            label = commands.get(f"L{(language or 'mul').partition('-')[0]}", [None])[0]
            assert label == (title if title is None or len(title) <= 250 else f"{title[:249].rstrip()}…")
            assert [command[1] for command in item if command[0] == "P2093"] == [
                display_name(name) for name in authors_of(case.example)
            ]
            assert commands.get("P577") == QS_DATES.get(document.get("published"))
            assert commands.get("P953", [None])[0] == document.get("url")
            assert commands["P973"][0].endswith(f"{case.claim['id']}/versions/1")
            if "url" in document:
                assert commands["P953"][1:] == [
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
    "2024-XX": ["+2024-00-00T00:00:00Z/9"],
    "2024-10-XX": ["+2024-10-00T00:00:00Z/10"],
    "2025-21/2025-22": ["+2025-00-00T00:00:00Z/9"],
    "2024-24/2025-21": [
        *("+2024-00-00T00:00:00Z/8", "P1319", "+2024-00-00T00:00:00Z/9", "P1326", "+2025-00-00T00:00:00Z/9")
    ],
    "2025-01-12T23:30:00Z": ["+2025-01-12T00:00:00Z/11"],
    "2025-01-12T23:30": ["+2025-01-12T00:00:00Z/11"],
    "2025-01-12T18:00/2025-01-12T23:30": ["+2025-01-12T00:00:00Z/11"],
    "2025-01-12T18:00+02/2025-01-13T06:30+02": [
        *("+2025-01-00T00:00:00Z/10", "P1319", "+2025-01-12T00:00:00Z/11", "P1326", "+2025-01-13T00:00:00Z/11")
    ],
}


# --- any recorded text ---

# Any text that a title may have, except for unusual spaces: pybtex and pandoc replace them by common ones.
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
AUTHORS = st.one_of(
    st.builds(lambda text: {"literal": text}, TEXTS),
    st.builds(lambda family, given: {"family": family, "given": given}, TEXTS, TEXTS),
    st.builds(lambda family, suffix: {"family": family, "given": "A", "suffix": suffix}, TEXTS, TEXTS),
    st.builds(lambda family: {"family": family, "given": "A", "particle": "van der"}, TEXTS),
    st.builds(lambda family: {"family": family}, TEXTS),
)
KEY = "doc_01jhf3m8w5k6v0x2s9r7q4t1ya-v1"
RENDERING = Rendering("apa", "en-US")


def write_citation(format: str, **fields: Any) -> str:
    values = {
        "type": "article-newspaper",
        "title": "A title",
        "address": "https://example.org/documents/doc_1",
        **fields,
    }
    return "".join(CITATION_FORMATS[format].write([Citation(key=KEY, **values)], RENDERING))


@settings(max_examples=60, deadline=None)
@given(
    title=TEXTS,
    authors=st.lists(AUTHORS, max_size=3),
    container=TEXTS,
    language=st.sampled_from([None, "en", "uk"]),
)
@hypothesis_example(title="{", authors=[{"literal": "}"}], container="\\", language=None)
def test_no_text_breaks_out_of_bibtex(
    title: str, authors: list[dict[str, str]], container: str, language: str | None
) -> None:
    fields = {"title": title, "authors": authors, "container": container, "language": language, "remark": title}
    for dialect, container_field in (("bibtex", "journal"), ("biblatex", "journaltitle")):
        text = write_citation(dialect, **fields)
        # pybtex cannot parse names in BibLaTeX's own format.
        (entry,) = references.pybtex(text.replace("  author = ", "  authors_ = ")).values()
        assert entry.keys() <= {
            *(
                "entry_type",
                "authors",
                "authors_",
                "title",
                "langid",
                "note",
                "entrysubtype",
                "annote",
                "annotation",
                container_field,
            )
        }
        assert (
            latex.to_line(entry["title"])
            == latex.to_line(entry[f"annot{'e' if dialect == 'bibtex' else 'ation'}"])
            == title
        )
        assert latex.to_line(entry[container_field]) == container
        names, others = parse_names(entry.get("authors_", ""))
        assert (names, others) == (authors, [])
    if all("," not in "".join(name.values()) for name in authors):
        (entry,) = references.pybtex(write_citation("bibtex", **fields)).values()
        assert [display_name(latex_name(name)) for name in entry["authors"]] == [display_name(name) for name in authors]


@settings(max_examples=6, deadline=None)
@given(titles=st.lists(TEXTS, min_size=15, max_size=15))
def test_pandoc_reads_the_same_titles(titles: list[str]) -> None:
    # All titles in one call, because pandoc starts slowly. They are not in English, whose titles it changes to sentence
    # case, and lack the characters that it makes typographic or does not know.
    # Pandoc writes superscript and subscript characters as markup.
    markup = ("<supe", "<sub>")
    unraised = ("".join(c for c in title if unicodedata.decomposition(c)[:5] not in markup) for title in titles)
    plain = [re.sub(r"[{}'\"‘’“”]|\.{3}|\s{2,}", "", title).strip() or "x" for title in unraised]
    citations = [
        Citation(
            key=f"doc_{at}", type="report", title=title, language="de", address="https://example.org/documents/doc_1"
        )
        for at, title in enumerate(plain)
    ]
    entries = references.pandoc("".join(CITATION_FORMATS["biblatex"].write(citations, RENDERING)), "biblatex")
    assert [unicodedata.normalize("NFC", entry["title"]) for entry in entries.values()] == [
        unicodedata.normalize("NFC", title) for title in plain
    ]


@settings(max_examples=60, deadline=None)
@given(title=TEXTS, author=TEXTS, container=TEXTS)
def test_no_text_breaks_out_of_the_other_formats(title: str, author: str, container: str) -> None:
    fields: dict[str, Any] = {"title": title, "authors": [{"literal": author}], "container": container}
    (entry,) = references.ris(write_citation("ris", **fields)).values()
    assert (entry["title"], entry["authors"], entry["container"]) == (title, [author], container)
    (entry,) = references.csl_json(write_citation("csl_json", **fields)).values()
    assert (entry["title"], entry["authors"], entry["container"]) == (title, [{"literal": author}], container)
    (entry,) = references.wikipedia(write_citation("wikipedia", **fields)).values()
    author_text = re.sub(r"^\(\((.*)\)\)$", r"\1", entry["author1"]) if re.search("[,;]", author) else entry["author1"]
    assert (entry["title"], author_text, entry["work"]) == (title, author, container)
    assert entry.keys() == {"template", "author1", "date", "title", "work", "date_comment", "note"}
    (item,) = references.quick_statements(write_citation("quick_statements", **fields))
    assert [command for command in item if command[0] in ("P1476", "P2093")] == [
        ["P1476", f'und:"{title}"'],
        ["P2093", author],
    ]


@settings(max_examples=6, deadline=None)
@given(titles=st.lists(TEXTS, min_size=15, max_size=15))
def test_no_text_breaks_out_of_markdown(titles: list[str]) -> None:
    citations = [
        Citation(
            key=f"doc_{at}", type="report", title=title, authors=[{"literal": title}], address="https://example.org/x"
        )
        for at, title in enumerate(titles)
    ]
    entries = references.markdown("".join(CITATION_FORMATS["markdown"].write(citations, RENDERING)))
    assert list(entries) == [citation.key for citation in citations]
    for title, entry in zip(titles, entries.values(), strict=True):
        collapsed, text = (
            unicodedata.normalize("NFC", re.sub(" +", " ", title)),
            unicodedata.normalize("NFC", entry["text"]),
        )
        assert text.startswith(collapsed)
        assert f"“{collapsed}" in text
        assert entry["links"] == ["https://example.org/x"]


# CSL-JSON contains no links. The record itself accepts only web URLs.
@pytest.mark.parametrize("format", ["bibtex", "biblatex", "ris", "wikipedia", "markdown", "quick_statements"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://x\n@misc{y", "data:text/html,x"])
def test_only_web_addresses_become_links(format: str, url: str) -> None:
    def links(address: str) -> list[str]:
        text = write_citation(format, url=address, archive_url=address, archived="2025-01-13")
        openings = (
            "<",
            " url = {",
            " archiveurl = {",
            "UR  - ",
            "L2  - ",
            " |url=",
            " |archive-url=",
            'P953\t"',
            'P1065\t"',
        )
        return [opening for opening in openings if f"{opening}{address}" in text]

    assert len(links("https://example.org/a")) == (1 if format == "markdown" else 2)
    assert links(url) == []


def test_every_format_is_tested() -> None:
    tested_here = {"csl_json", "bibtex", "biblatex", "ris", "wikipedia", "markdown", "quick_statements"}
    tested_elsewhere = {"bibliography", "bibliography_html", "news"}  # test_styles and test_news_line
    assert tested_here | tested_elsewhere == CITATION_FORMATS.keys()
