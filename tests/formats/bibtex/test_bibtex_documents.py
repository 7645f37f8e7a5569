"""BibTeX files as documents: what is kept, what goes into the note, what is refused, and that it comes out again."""

import io
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.bibtex import latex
from app.formats.bibtex.bibtex_documents import read
from app.formats.parsing.import_rows import Refused, Row
from app.schemas.files.exchange_record import DocumentRecord, SourceRecord
from tests.support import references


def found(text: str | bytes) -> list[Row | Refused]:
    return list(read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def documents(text: str | bytes) -> list[DocumentRecord]:
    rows = [item for item in found(text) if isinstance(item, Row)]
    return [one for row in rows for one in row.records if isinstance(one, DocumentRecord)]


def document(fields: str, kind: str = "article") -> DocumentRecord:
    (one,) = documents(f"@{kind}{{a1, {fields}}}")
    return one


def names(text: str) -> list[dict[str, str]]:
    return [name.model_dump(exclude_none=True) for name in document(f"author = {{{text}}}").authors or []]


def test_an_entry_is_a_document_and_its_publisher_a_source() -> None:
    (row,) = found(
        """@article{kim2025,
          author = {Kim, Min-su and {Korea Institute for National Unification}},
          title = {The {North Korean} deployment},
          subtitle = {A first look},
          journaltitle = "Journal of " # {Things},
          date = {2025-01~},
          volume = 3, pages = {1--9},
          url = {https://example.org/a_b?x=1%202},
          urldate = {2025-01-13},
          langid = {british},
          annotation = {Read in print.},
        }"""
    )
    assert isinstance(row, Row)
    source, one = row.records
    assert isinstance(source, SourceRecord)
    assert isinstance(one, DocumentRecord)
    assert (row.line, source.name, source.kind, one.publisher) == (1, "Journal of Things", "other", source.key)
    assert (one.kind, one.title) == ("article", "The North Korean deployment: A first look")
    assert [name.model_dump(exclude_none=True) for name in one.authors or []] == [
        {"family": "Kim", "given": "Min-su"},
        {"literal": "Korea Institute for National Unification"},
    ]
    assert one.author == "Min-su Kim, Korea Institute for National Unification"
    assert (one.published, str(one.accessed_on), one.language) == ("2025-01~", "2025-01-13", "en-GB")
    assert one.url == "https://example.org/a_b?x=1%202"
    assert one.note == "Read in print.\nFrom BibTeX: volume 3; pages 1–9."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alfred Adler", [{"given": "Alfred", "family": "Adler"}]),
        ("Ludwig van Beethoven", [{"given": "Ludwig", "particle": "van", "family": "Beethoven"}]),
        (
            r"Charles Louis de la Vall{\'e}e Poussin",
            [{"given": "Charles Louis", "particle": "de la", "family": "Vallée Poussin"}],
        ),
        ("Van de Graaff, R. J.", [{"particle": "Van de", "family": "Graaff", "given": "R. J."}]),
        ("van Kluster, Jr., Kevin", [{"particle": "van", "family": "Kluster", "suffix": "Jr.", "given": "Kevin"}]),
        ("Pimentel, Jr. ,Joseph J.", [{"family": "Pimentel", "suffix": "Jr.", "given": "Joseph J."}]),
        ("{{Sons and Sons, Ltd.}}", [{"literal": "Sons and Sons, Ltd."}]),
        ("Ian {Iliad Ipswich}", [{"given": "Ian", "family": "Iliad Ipswich"}]),
        (r"{\v S}omeone Smith", [{"given": "Šomeone", "family": "Smith"}]),
        ("E. S. El-{M}allah", [{"given": "E. S.", "family": "El-Mallah"}]),
        ("김정은", [{"family": "김정은"}]),
        ("김, 정은 AND Тарас Шевченко", [{"family": "김", "given": "정은"}, {"given": "Тарас", "family": "Шевченко"}]),
        (
            'given=Hans, family={Harman, Jr}, prefix=von, useprefix=true and family="Kim"',
            [{"given": "Hans", "family": "Harman, Jr", "particle": "von"}, {"family": "Kim"}],
        ),
        ("A. Author and and B. Author", [{"given": "A.", "family": "Author"}, {"given": "B.", "family": "Author"}]),
        ("A. Author and others", [{"given": "A.", "family": "Author"}]),
        (" ", []),
    ],
)
def test_names(text: str, expected: list[dict[str, str]]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("fields", "published", "note"),
    [
        ("date = {2025-01-12}", "2025-01-12", None),
        ("date = {2024-10/..}, year = 2024", "2024-10/..", None),
        ("year = {2025}, month = jan", "2025-01", None),
        ("year = 2025, month = {September}", "2025-09", None),
        ("year = 2025, month = {09}", "2025-09", None),
        ("year = {1995--1996}", "1995/1996", None),
        ("date = {2001-01-03T15:00:00Z}", "2001-01-03", None),
        ("year = {1985a}", None, "From BibTeX: year 1985a."),
        ("date = {1996-13-03}", None, "From BibTeX: date 1996-13-03."),
        ("date = {-0379}", None, "From BibTeX: date -0379."),
        ("date = {1996}, year = 1998", "1996", "From BibTeX: year 1998."),
        ("urldate = {1.5.1998}", None, "From BibTeX: urldate 1.5.1998."),
    ],
)
def test_dates(fields: str, published: str | None, note: str | None) -> None:
    one = document(fields)
    assert (one.published, one.note) == (published, note)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        (r"url = {https://example.org/a\_b\%20}", "https://example.org/a_b%20"),
        (r"howpublished = {\url{https://example.org/a_b}}", "https://example.org/a_b"),
        ("doi = {10.1063/1.2172593}", "https://doi.org/10.1063/1.2172593"),
        ("eprint = {2401.00001}, eprinttype = {arXiv}", "https://arxiv.org/abs/2401.00001"),
        ("url = {javascript:alert(1)}", None),
    ],
)
def test_addresses(fields: str, url: str | None) -> None:
    assert document(fields).url == url


@pytest.mark.parametrize(
    ("kind", "fields", "expected", "note"),
    [
        ("report", "", "report", None),
        ("online", "type = {Press release}", "official_release", None),
        ("misc", "howpublished = {Fact-check}", "fact_check", None),
        ("misc", "entrysubtype = {post}", "social_media_post", None),
        ("book", "isbn = {123}", "other", "From BibTeX: type book; isbn 123."),
        ("PhdThesis", "school = {A school}", "other", "From BibTeX: type phdthesis."),
    ],
)
def test_kinds(kind: str, fields: str, expected: str, note: str | None) -> None:
    one = document(fields, kind)
    assert (one.kind, one.note) == (expected, note)


def test_what_entries_have_from_others() -> None:
    part, _whole = documents(
        """@incollection{part, title = {A part}, crossref = {whole}, pages = 7}
        @xdata{house, publisher = {A house}, location = {Kyiv}}
        @collection{whole, title = {The whole}, editor = {Editor, Anna}, date = {2024}, xdata = {house, missing}}"""
    )
    assert (part.title, part.published) == ("A part", "2024")
    assert part.publisher is not None
    assert part.note == (
        "From BibTeX: type incollection; pages 7; booktitle The whole; editor Anna Editor; location Kyiv."
    )


def test_entries_that_lead_around_in_circles_end() -> None:
    one, other = documents("@misc{a, crossref = {b}, title = {A}} @misc{b, crossref = {a}, xdata = {a}, year = 2024}")
    assert (one.title, one.published) == ("A", "2024")
    assert other.published == "2024"
    documents("@xdata{x, note = {xdata=x-note}} @misc{c, note = {xdata=x-note}, title = {xdata=x-note}}")


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ("@misc{a, title = {Šome}}".encode(), "Šome"),
        ("\ufeff@misc{a, title = {Šome}}".encode(), "Šome"),
        ("% -*- coding: latin-9-unix -*-\n@misc{a, title = {Šome}}".encode("iso-8859-15"), "Šome"),
        ("% Encoding: ISO8859_1\n@misc{a, title = {Söme}}".encode("latin-1"), "Söme"),
        ("@misc{a, title = {Söme}}".encode("latin-1"), "Söme"),
        (b"@misc{a, title = {S\x81me}}", "S\x81me"),
        *(
            (b"% coding: " + name + b"\n@misc{a, title = {S\xf6me \\ud800}}", "Söme 800")
            for name in (b"undefined", b"unicode_escape", b"raw_unicode_escape", b"idna", b"punycode", b"rot13", b"no")
        ),
    ],
)
def test_encodings(data: bytes, title: str) -> None:
    (one,) = documents(data)
    assert one.title == title


def test_remarks_strings_and_other_blocks_are_no_documents() -> None:
    (one,) = documents(
        r"""A remark, % @misc{not, title = {this}}
        % @misc{nor, title = {that}}
        @comment{@misc{x, title = {y}}}
        @preamble{"\newcommand{\x}{%}"}
        @string{pub = "A publisher"}
        @misc(key, % a remark, with a brace {
          title = pub # { and } # "{50% \"o}ff", % another
          year = 2025)"""
    )
    assert (one.title, one.published) == ("A publisher and 50% öff", "2025")


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("@misc{a, title = {x}\n", 1, "title"),
        ("\n@misc{a, title {x}}\n", 2, "title"),
        ("@misc{a, title = {x} year = 2024}\n", 1, "title"),
        ('@misc{a, title = "x}\n', 1, "title"),
        ("@misc{a title = {x}}\n", 1, ""),
        ("@misc{a, keywords}\n", 1, "keywords"),
        ("@misc{good, title = {x}}\n", 1, ""),
        (f"@misc{{a, author = {{{'x' * 501}}}}}\n", 1, "family"),
    ],
)
def test_a_broken_entry_costs_no_other(text: str, line: int, field: str) -> None:
    fault, row = sorted(found(f"{text}\n@misc{{good, title = {{Read}}}}\n"), key=lambda item: isinstance(item, Row))
    assert isinstance(fault, Refused)
    assert isinstance(row, Row)
    if "good" not in text:
        assert (fault.line, fault.field) == (line, field)
    else:
        assert fault.reason == "has the key of the entry in line 1"


@settings(max_examples=60, deadline=None)
@given(text=st.text("@misc{}(),=\"#%\\~ \n\ta'xand", max_size=80))
def test_nothing_else_goes_wrong(text: str) -> None:
    found(text)
    found(f"@misc{{a, title = {{{text}}}, author = {{{text}}}, date = {{{text}}}, url = {{{text}}}}}")


def test_deep_braces_and_many_entries_take_no_time() -> None:
    assert found("@misc{a, title = {" + "{" * 200_000)
    for opening in ("@misc{a, title = {", '@misc{a, title = "{', "@comment(", "@string{a = {", "@misc{a,", "% @"):
        found(f"{opening}\n" * 2_000)
    assert found(f"@misc{{a, author = {{{'{' * 50_000 + '}' * 50_000}}}}}")


# --- what entries have from elsewhere ---


def refused(text: str) -> list[tuple[int, str, str]]:
    return [(one.line, one.field, one.reason) for one in found(text) if isinstance(one, Refused)]


def doubled(times: int) -> str:
    """A string of ten letters, and each further one twice the one before, on a line of its own."""
    return "@string{a0 = {0123456789}}\n" + "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(times))


def test_values_put_together_have_an_end() -> None:
    why = "must come to no more than 50,000 characters when put together"
    file = doubled(20) + "@misc{k, note = a12, title = {Read}}"

    (first, *_), (one,) = refused(file), documents(file)

    # Ten letters doubled thirteen times are too many; what is made of what was refused is refused no more.
    assert first == (14, "a13", why)
    assert one.note == f"From BibTeX: note {'0123456789' * 2**12}."
    assert refused("@misc{k,\nnote = {" + "x" * 30_000 + "} # {" + "y" * 20_000 + "}}") == []
    assert refused("@misc{k,\nnote = {" + "x" * 30_000 + "} # {" + "y" * 20_001 + "}}") == [(1, "note", why)]
    # What stands there as it is costs nothing, and is cut as ever.
    assert refused("@misc{k, note = {" + "x" * 60_000 + "}}") == []


@pytest.mark.parametrize(
    ("shared", "each"),
    [
        ("@string{s = {" + "word " * 8_000 + "}}", "note = s"),
        ("@xdata{s, note = {" + "word " * 8_000 + "}}", "note = {xdata=s-note}"),
        ("@xdata{s, note = {" + "word " * 8_000 + "}}", "xdata = s"),
        ("@misc{s, note = {" + "word " * 8_000 + "}}", "crossref = s"),
    ],
    ids=["string", "reference", "xdata", "crossref"],
)
def test_what_all_entries_have_from_elsewhere_has_an_end(shared: str, each: str) -> None:
    file = shared + "".join(f"\n@misc{{k{n}, {each}}}" for n in range(100))

    refusals, taken = refused(file), documents(file)

    room = 1_000_000 + 2 * len(file)
    assert room - 80_100 < 40_000 * sum((one.note or "").count("word") == 8_000 for one in taken[1:]) < room
    assert len(refusals) + len(taken) == 100 + shared.startswith("@misc")
    line, field, why = refusals[0]
    assert (line, field) == (102 - len(refusals), each.partition(" ")[0])
    told = f"all entries together have no more than {room:,} characters from @string, crossref and xdata"
    assert why == f"must be written out: {told}"


LONG = "x" * 50_001
LAYERS = "".join(f"@xdata{{a{n}, author = {{{' and '.join([f'xdata=a{n + 1}-author'] * 10)}}}}}\n" for n in range(5))


@pytest.mark.parametrize(
    ("file", "line", "field", "why"),
    [
        (
            f"{LAYERS}@xdata{{a5, author = {{Kim}}}}\n@misc{{k, author = {{xdata=a0-author}}}}",
            7,
            "author",
            "must be written out: an entry has no more than 50,000 characters from others",
        ),
        *(
            (
                f"@misc{{p, isbn = {{{LONG}}}}}\n@xdata{{x, note = {{{LONG}}}}}\n@misc{{k, {how}}}",
                3,
                field,
                "must be written out: an entry has no more than 50,000 characters from others",
            )
            for how, field in (("crossref = p", "crossref"), ("xdata = x", "xdata"), ("isbn = {xdata=x-note}", "isbn"))
        ),
        *(
            (
                "".join(f"@misc{{k{n}, {field} = {{k{n + 1}}}}}\n" for n in range(9)) + "@misc{k9, title = {T}}",
                1,
                field,
                "must not lead over more than 8 entries, from one to the next",
            )
            for field in ("crossref", "xdata")
        ),
    ],
)
def test_an_entry_that_has_too_much_from_others_is_refused(file: str, line: int, field: str, why: str) -> None:
    assert refused(file) == [(line, field, why)]
    # It costs no other.
    assert "Read" in [one.title for one in documents(f"{file}\n@misc{{good, title = {{Read}}}}")]


def test_a_chain_is_followed_as_far_as_it_may_lead() -> None:
    chain = "".join(f"@misc{{k{n}, crossref = {{k{n + 1}}}}}\n" for n in range(1_200)) + "@misc{k1200, note = {N}}"

    assert len(refused(chain)) == 1_192
    assert [one.note for one in documents(chain)] == ["From BibTeX: note N."] * 9


def test_a_reference_that_leads_back_to_its_field_stays_as_it_is() -> None:
    one = documents(
        f"@xdata{{x, note = {{{' and '.join(['xdata=y-note'] * 20)}}}}} @xdata{{y, note = {{xdata=x-note and Y}}}}"
        "@misc{k, note = {xdata=x-note}}"
    )[0]
    assert one.note == f"From BibTeX: note {' and '.join(['xdata=x-note and Y'] * 20)}."


@pytest.mark.parametrize(
    "file",
    [
        # Names of a list of ten thousand, each referred to by its position.
        "@xdata{x, editor = {" + " and ".join(["Kim"] * 10_000) + "}}"
        "@misc{k, editor = {" + " and ".join(f"xdata=x-editor-{n + 1}" for n in range(9_999)) + "}}",
        # Blanks that are none to BibTeX.
        "@misc{k, note = {xdata=" + "\x0b" * 200_000 + "x}}",
        # Entries without a date.
        "".join(f"@misc{{k{n}}}" for n in range(5_000)),
        # A list of others, all missing, that many refer to.
        "@xdata{x, xdata = {" + "y," * 20_000 + "}}" + "".join(f"@misc{{k{n}, xdata = x}}" for n in range(3_000)),
    ],
    ids=["positions", "blanks", "without a date", "missing"],
)
def test_what_refers_to_much_is_done_with_at_once(file: str) -> None:
    began = time.process_time()
    assert found(file)
    # Not a measurement: what is looked at again and again takes half a minute or more.
    assert time.process_time() - began < 10


# --- read once ---


@pytest.mark.parametrize(
    "file",
    [
        # The brace that closes a value is a remark to the entry that begins within it.
        "@misc(k,\n" + "f = {\n@misc(k, %},\n" * 3_000,
        # Entries within entries, each of which is broken at its end.
        "\n@misc{a, t = {" * 3_000 + "}b}" * 3_000,
    ],
    ids=["remarks", "nested"],
)
def test_a_file_is_not_read_again_for_each_of_its_lines(file: str) -> None:
    assert 0 < len(found(file)) < 100


@pytest.mark.parametrize("broken", ["title {x}", "title = {x", 'title = "x', "title = {x} year = 2025", "title"])
def test_in_a_file_of_broken_entries_each_is_named(broken: str) -> None:
    rest = ", abstract = {" + "word " * 100 + "}"
    file = "".join(f"@misc{{k{n}, {broken}{rest}}}\n" for n in range(1_000))

    assert [line for line, _, _ in refused(file)] == [*range(1, 1_001)]


@pytest.mark.parametrize(
    "file",
    [
        "@comment{" + "{}" * 50_000 + "}",
        "@comment{" + "{" * 50_000 + "}" * 50_000 + "}",
        "@misc{a," + "%\n" * 50_000,
        "@misc{a, url = {" + "a." * 50_000 + "}}",
        "@misc{a, language = {aa" + "-aa" * 30_000 + "}}",
    ],
    ids=["braces", "deep", "remarks", "address", "language"],
)
def test_what_is_no_text_takes_little_memory(file: str) -> None:
    found(file[:100])
    tracemalloc.start()
    try:
        found(file)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The file itself, as bytes and as text, eight bytes for each end of a pair, or a short text for each word.
    assert most < 40 * len(file)


# --- somebody else's files, kept outside of the repository ---

COLLECTION = next(
    (path for root in Path(__file__).parents if (path := root / "shared" / "data" / "06-bibtex").is_dir()), None
)
FILES = [] if COLLECTION is None else sorted(COLLECTION.rglob("*.bib"))
KEPT = ("kind", "title", "authors", "url", "language", "published", "accessed_on", "archive_url", "archived_on")


def imported(api: TestClient, editor: dict[str, str], data: bytes) -> dict[str, Any]:
    answer = api.post("imports", content=data, headers=editor, params={"format": "bibtex"})
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


@pytest.mark.skipif(not FILES, reason="the collection of BibTeX files is not there")
def test_other_people_s_files_come_in_once(api: TestClient, editor: dict[str, str]) -> None:
    reports = [imported(api, editor, path.read_bytes()) for path in FILES]
    assert len(reports) == 50
    # Two entries have the key of another one in their file; nothing else is refused.
    assert sum(report["refused"] for report in reports) == 2
    # Some entries stand in several files, word for word: these are one document.
    assert sum(report["created"] for report in reports) > 600
    assert not any(report["revised"] for report in reports)

    again = [imported(api, editor, path.read_bytes()) for path in FILES]
    assert {(report["created"], report["revised"]) for report in again} == {(0, 0)}


@pytest.mark.skipif(not FILES, reason="the collection of BibTeX files is not there")
@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_what_came_in_goes_out_again(dialect: str) -> None:
    """Read, written as citations, and read again: the same, but for notes, which then say more."""
    from app.formats.citations.citation_formats import CITATION_FORMATS
    from app.schemas.files.citation import Citation, Rendering
    from app.services.publishing.citations import TYPES

    publishers: dict[str, str] = {}
    citations, given = [], []
    for path in FILES:
        for item in read(io.BytesIO(path.read_bytes())):
            for one in item.records if isinstance(item, Row) else ():
                if isinstance(one, SourceRecord):
                    publishers[one.key or ""] = one.name
                if not isinstance(one, DocumentRecord):
                    continue
                kind, genre = TYPES[one.kind]
                named = publishers.get(one.publisher or "")
                inside = one.kind in ("article", "video", "audio", "image")
                given.append((one, named))
                citations.append(
                    Citation(
                        key=f"doc_{len(given)}-v1",
                        type=kind,
                        genre=genre,
                        title=one.title,
                        authors=[name.model_dump(exclude_none=True) for name in one.authors or []],
                        container=named if inside else None,
                        publisher=None if inside else named,
                        issued=one.published,
                        accessed=None if one.accessed_on is None else one.accessed_on.isoformat(),
                        url=one.url,
                        language=one.language,
                        remark=one.note,
                        address="https://example.org/documents/doc_1",
                    )
                )
    text = "".join(CITATION_FORMATS[dialect].write(citations, Rendering("apa", "en-US")))
    assert len(given) > 700
    rows = [item for item in read(io.BytesIO(text.encode())) if isinstance(item, Row)]
    names_of: dict[str, str] = {}
    for (before, publisher), row in zip(given, rows, strict=True):
        names_of |= {one.key or "": one.name for one in row.records if isinstance(one, SourceRecord)}
        after = row.records[-1]
        assert isinstance(after, DocumentRecord)
        assert {name: getattr(after, name) for name in KEPT} == {name: getattr(before, name) for name in KEPT}
        assert names_of.get(after.publisher or "") == publisher
        assert (after.note or "").startswith(before.note or "")
    # And others read it too, all of it.
    if dialect == "bibtex":
        entries = references.pybtex(text)
        assert [latex.line(one.get("title", "")) for one in entries.values()] == [one.title or "" for one, _ in given]
