"""Import of BibTeX files: fields, notes, refusals, limits, and round trips through the citation formats."""

import io
import re
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
from app.formats.parsing.import_rows import ImportRow, RowRefusal
from app.schemas.files.exchange_record import DocumentRecord, SourceRecord
from tests.support import references


def read_rows(text: str | bytes) -> list[ImportRow | RowRefusal]:
    return list(read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def documents(text: str | bytes) -> list[DocumentRecord]:
    rows = [item for item in read_rows(text) if isinstance(item, ImportRow)]
    return [record for row in rows for record in row.records if isinstance(record, DocumentRecord)]


def document(fields: str, kind: str = "article") -> DocumentRecord:
    (record,) = documents(f"@{kind}{{a1, {fields}}}")
    return record


def names(text: str) -> list[dict[str, str]]:
    return [name.model_dump(exclude_none=True) for name in document(f"author = {{{text}}}").authors or []]


def test_an_entry_is_a_document_and_its_publisher_a_source() -> None:
    (row,) = read_rows(
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
    assert isinstance(row, ImportRow)
    source, document_record = row.records
    assert isinstance(source, SourceRecord)
    assert isinstance(document_record, DocumentRecord)
    assert (row.line, source.name, source.kind, document_record.publisher) == (
        1,
        "Journal of Things",
        "other",
        source.key,
    )
    assert (document_record.kind, document_record.title) == ("article", "The North Korean deployment: A first look")
    assert [name.model_dump(exclude_none=True) for name in document_record.authors or []] == [
        {"family": "Kim", "given": "Min-su"},
        {"literal": "Korea Institute for National Unification"},
    ]
    assert document_record.author == "Min-su Kim, Korea Institute for National Unification"
    assert (document_record.published, str(document_record.accessed_on), document_record.language) == (
        "2025-01~",
        "2025-01-13",
        "en-GB",
    )
    assert document_record.url == "https://example.org/a_b?x=1%202"
    assert document_record.note == "Read in print.\nFrom BibTeX: volume 3; pages 1–9."


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
def test_authors_are_parsed(text: str, expected: list[dict[str, str]]) -> None:
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
def test_dates_are_converted_to_edtf_or_kept_in_the_note(fields: str, published: str | None, note: str | None) -> None:
    record = document(fields)
    assert (record.published, record.note) == (published, note)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        (r"url = {https://example.org/a\_b\%20}", "https://example.org/a_b%20"),
        (r"howpublished = {\url{https://example.org/a_b}}", "https://example.org/a_b"),
        ("doi = {10.1063/1.2172593}", "https://doi.org/10.1063/1.2172593"),
        (
            "doi = {10.1002/(SICI)1096(1996)99:1<1::AID-AJPA1>3.0.CO;2-1}",
            "https://doi.org/10.1002/(SICI)1096(1996)99:1%3C1::AID-AJPA1%3E3.0.CO;2-1",
        ),
        ("eprint = {2401.00001}, eprinttype = {arXiv}", "https://arxiv.org/abs/2401.00001"),
        ("url = {javascript:alert(1)}", None),
    ],
)
def test_the_url_comes_from_several_fields(fields: str, url: str | None) -> None:
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
def test_entry_types_become_document_kinds(kind: str, fields: str, expected: str, note: str | None) -> None:
    record = document(fields, kind)
    assert (record.kind, record.note) == (expected, note)


def test_entries_inherit_fields_by_crossref_and_xdata() -> None:
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


def test_a_long_citation_key_is_cut_to_200_characters() -> None:
    (record,) = documents(f"@misc{{{'k' * 201}, title = {{x}}}}")
    assert re.fullmatch(r"bibtex/k{200}-\w+", record.key or "")


def test_circular_references_between_entries_end() -> None:
    first, second = documents(
        "@misc{a, crossref = {b}, title = {A}} @misc{b, crossref = {a}, xdata = {a}, year = 2024}"
    )
    assert (first.title, first.published) == ("A", "2024")
    assert second.published == "2024"
    (circular,) = documents("@xdata{x, note = {xdata=x-note}} @misc{c, note = {xdata=x-note}, title = {xdata=x-note}}")
    assert (circular.title, circular.note) == ("xdata=x-note", "From BibTeX: note xdata=x-note.")


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
def test_the_encoding_is_detected(data: bytes, title: str) -> None:
    (record,) = documents(data)
    assert record.title == title


def test_comments_strings_and_preambles_are_not_documents() -> None:
    (record,) = documents(
        r"""A remark, % @misc{not, title = {this}}
        % @misc{nor, title = {that}}
        @comment{@misc{x, title = {y}}}
        @preamble{"\newcommand{\x}{%}"}
        @string{pub = "A publisher"}
        @misc(key, % a remark, with a brace {
          title = pub # { and } # "{50% \"o}ff", % another
          year = 2025)"""
    )
    assert (record.title, record.published) == ("A publisher and 50% öff", "2025")


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
def test_a_broken_entry_does_not_affect_the_others(text: str, line: int, field: str) -> None:
    refusal, row = sorted(
        read_rows(f"{text}\n@misc{{good, title = {{Read}}}}\n"), key=lambda item: isinstance(item, ImportRow)
    )
    assert isinstance(refusal, RowRefusal)
    assert isinstance(row, ImportRow)
    (record,) = row.records
    assert isinstance(record, DocumentRecord)
    if "good" not in text:
        assert (refusal.line, refusal.field, record.title) == (line, field, "Read")
    else:
        # Of two entries with one key, the first is imported.
        assert (refusal.line, refusal.reason) == (3, "has the same key as the entry on line 1; give it another key")
        assert record.title == "x"


@settings(max_examples=60, deadline=None)
@given(text=st.text("@misc{}(),=\"#%\\~ \n\ta'xand", max_size=80))
def test_reading_never_raises(text: str) -> None:
    read_rows(text)
    read_rows(f"@misc{{a, title = {{{text}}}, author = {{{text}}}, date = {{{text}}}, url = {{{text}}}}}")


def test_deep_braces_and_many_entries_are_read_quickly() -> None:
    start = time.process_time()
    assert read_rows("@misc{a, title = {" + "{" * 200_000)
    for opening in ("@misc{a, title = {", '@misc{a, title = "{', "@comment(", "@string{a = {", "@misc{a,", "% @"):
        read_rows(f"{opening}\n" * 2_000)
    assert read_rows(f"@misc{{a, author = {{{'{' * 50_000 + '}' * 50_000}}}}}")
    # A wide bound: quadratic work takes minutes.
    assert time.process_time() - start < 10


# --- strings, crossref and xdata ---


def refusals_of(text: str) -> list[tuple[int, str, str]]:
    return [(row.line, row.field, row.reason) for row in read_rows(text) if isinstance(row, RowRefusal)]


def doubling_strings(times: int) -> str:
    """A string of ten characters, and further ones that are each twice as long as the one before, one per line."""
    return "@string{a0 = {0123456789}}\n" + "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(times))


def test_concatenated_values_are_limited() -> None:
    reason = "must have at most 50,000 characters when concatenated"
    file = doubling_strings(20) + "@misc{k, note = a12, title = {Read}}"

    (first, *_), (record,) = refusals_of(file), documents(file)

    # Ten characters doubled thirteen times exceed the limit. Strings built from a refused one are not reported again.
    assert first == (14, "a13", reason)
    assert record.note == f"From BibTeX: note {'0123456789' * 2**12}."
    assert refusals_of("@misc{k,\nnote = {" + "x" * 30_000 + "} # {" + "y" * 20_000 + "}}") == []
    assert refusals_of("@misc{k,\nnote = {" + "x" * 30_000 + "} # {" + "y" * 20_001 + "}}") == [(1, "note", reason)]
    # A value that is written out has no such limit; it is truncated as usual.
    assert refusals_of("@misc{k, note = {" + "x" * 60_000 + "}}") == []


@pytest.mark.parametrize(
    ("shared", "reference"),
    [
        ("@string{s = {" + "word " * 8_000 + "}}", "note = s"),
        ("@xdata{s, note = {" + "word " * 8_000 + "}}", "note = {xdata=s-note}"),
        ("@xdata{s, note = {" + "word " * 8_000 + "}}", "xdata = s"),
        ("@misc{s, note = {" + "word " * 8_000 + "}}", "crossref = s"),
    ],
    ids=["string", "reference", "xdata", "crossref"],
)
def test_the_inherited_text_of_all_entries_is_limited(shared: str, reference: str) -> None:
    file = shared + "".join(f"\n@misc{{k{n}, {reference}}}" for n in range(100))

    refusals, records = refusals_of(file), documents(file)

    limit = 1_000_000 + 2 * len(file)
    assert limit - 80_100 < 40_000 * sum((record.note or "").count("word") == 8_000 for record in records[1:]) < limit
    assert len(refusals) + len(records) == 100 + shared.startswith("@misc")
    line, field, reason = refusals[0]
    assert (line, field) == (102 - len(refusals), reference.partition(" ")[0])
    message = f"all entries of a file together may take at most {limit:,} characters from @string, crossref and xdata"
    assert reason == f"takes too much text from elsewhere: {message}; write the value out here"


TOO_MUCH = (
    "takes too much text from other entries: an entry may take at most 50,000 characters from them; write the value "
    "out here"
)
LONG = "x" * 50_001
LAYERS = "".join(f"@xdata{{a{n}, author = {{{' and '.join([f'xdata=a{n + 1}-author'] * 10)}}}}}\n" for n in range(5))


@pytest.mark.parametrize(
    ("file", "line", "field", "reason"),
    [
        (
            f"{LAYERS}@xdata{{a5, author = {{Kim}}}}\n@misc{{k, author = {{xdata=a0-author}}}}",
            7,
            "author",
            TOO_MUCH,
        ),
        *(
            (
                f"@misc{{p, isbn = {{{LONG}}}}}\n@xdata{{x, note = {{{LONG}}}}}\n@misc{{k, {how}}}",
                3,
                field,
                TOO_MUCH,
            )
            for how, field in (("crossref = p", "crossref"), ("xdata = x", "xdata"), ("isbn = {xdata=x-note}", "isbn"))
        ),
        *(
            (
                "".join(f"@misc{{k{n}, {field} = {{k{n + 1}}}}}\n" for n in range(9)) + "@misc{k9, title = {T}}",
                1,
                field,
                "must not inherit through more than 8 entries",
            )
            for field in ("crossref", "xdata")
        ),
    ],
)
def test_an_entry_that_inherits_too_much_is_refused(file: str, line: int, field: str, reason: str) -> None:
    assert refusals_of(file) == [(line, field, reason)]
    # Other entries are not affected.
    assert "Read" in [record.title for record in documents(f"{file}\n@misc{{good, title = {{Read}}}}")]


def test_a_crossref_chain_is_followed_up_to_its_maximum_length() -> None:
    chain = "".join(f"@misc{{k{n}, crossref = {{k{n + 1}}}}}\n" for n in range(1_200)) + "@misc{k1200, note = {N}}"

    assert len(refusals_of(chain)) == 1_192
    assert [record.note for record in documents(chain)] == ["From BibTeX: note N."] * 9


def test_a_circular_field_reference_is_kept_as_text() -> None:
    record = documents(
        f"@xdata{{x, note = {{{' and '.join(['xdata=y-note'] * 20)}}}}} @xdata{{y, note = {{xdata=x-note and Y}}}}"
        "@misc{k, note = {xdata=x-note}}"
    )[0]
    assert record.note == f"From BibTeX: note {' and '.join(['xdata=x-note and Y'] * 20)}."


@pytest.mark.parametrize(
    "file",
    [
        # A list of ten thousand names, each referenced by its position.
        "@xdata{x, editor = {" + " and ".join(["Kim"] * 10_000) + "}}"
        "@misc{k, editor = {" + " and ".join(f"xdata=x-editor-{n + 1}" for n in range(9_999)) + "}}",
        # Whitespace that BibTeX does not regard as such.
        "@misc{k, note = {xdata=" + "\x0b" * 200_000 + "x}}",
        # Entries without a date.
        "".join(f"@misc{{k{n}}}" for n in range(5_000)),
        # A long list of missing entries that many entries refer to.
        "@xdata{x, xdata = {" + "y," * 20_000 + "}}" + "".join(f"@misc{{k{n}, xdata = x}}" for n in range(3_000)),
    ],
    ids=["positions", "blanks", "without a date", "missing"],
)
def test_many_references_are_resolved_quickly(file: str) -> None:
    start = time.process_time()
    assert read_rows(file)
    # A wide bound: quadratic work takes half a minute or more.
    assert time.process_time() - start < 10


# --- each part of a file is read once ---


@pytest.mark.parametrize(
    "file",
    [
        # The brace that closes a value is a comment for the entry that begins inside the value.
        "@misc(k,\n" + "f = {\n@misc(k, %},\n" * 3_000,
        # Nested entries, each broken at its end.
        "\n@misc{a, t = {" * 3_000 + "}b}" * 3_000,
    ],
    ids=["remarks", "nested"],
)
def test_a_broken_file_is_not_read_again_for_each_line(file: str) -> None:
    assert 0 < len(read_rows(file)) < 100


@pytest.mark.parametrize("broken", ["title {x}", "title = {x", 'title = "x', "title = {x} year = 2025", "title"])
def test_each_broken_entry_is_reported_by_its_line(broken: str) -> None:
    rest = ", abstract = {" + "word " * 100 + "}"
    file = "".join(f"@misc{{k{n}, {broken}{rest}}}\n" for n in range(1_000))

    assert [line for line, _, _ in refusals_of(file)] == [*range(1, 1_001)]


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
def test_memory_is_proportional_to_the_file(file: str) -> None:
    read_rows(file[:100])
    tracemalloc.start()
    try:
        read_rows(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The file as bytes and as text, and eight bytes per brace or a short string per word.
    assert peak < 40 * len(file)


# --- third-party files, kept outside of the repository ---

COLLECTION = next(
    (path for root in Path(__file__).parents if (path := root / "shared" / "data" / "06-bibtex").is_dir()), None
)
FILES = [] if COLLECTION is None else sorted(COLLECTION.rglob("*.bib"))
ROUND_TRIP_FIELDS = (
    "kind",
    "title",
    "authors",
    "url",
    "language",
    "published",
    "accessed_on",
    "archive_url",
    "archived_on",
)


def import_file(api: TestClient, editor: dict[str, str], data: bytes) -> dict[str, Any]:
    response = api.post("imports", content=data, headers=editor, params={"format": "bibtex"})
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    return report


@pytest.mark.skipif(not FILES, reason="the collection of BibTeX files is not available")
def test_third_party_files_are_imported_once(api: TestClient, editor: dict[str, str]) -> None:
    reports = [import_file(api, editor, path.read_bytes()) for path in FILES]
    assert len(reports) == 50
    # Two entries have the key of another entry in their file; nothing else is refused.
    assert sum(report["refused"] for report in reports) == 2
    # Some entries occur in several files, word for word: each of these is one document.
    assert sum(report["created"] for report in reports) > 600
    assert not any(report["revised"] for report in reports)

    again = [import_file(api, editor, path.read_bytes()) for path in FILES]
    assert {(report["created"], report["revised"]) for report in again} == {(0, 0)}


@pytest.mark.skipif(not FILES, reason="the collection of BibTeX files is not available")
@pytest.mark.parametrize("dialect", ["bibtex", "biblatex"])
def test_third_party_entries_survive_a_round_trip(dialect: str) -> None:
    """Entries that are read, written as citations and read again are the same, except for longer notes."""
    from app.formats.citations.citation_formats import CITATION_FORMATS
    from app.schemas.files.citation import Citation, Rendering
    from app.services.publishing.citations import CSL_TYPES

    publishers: dict[str, str] = {}
    citations, originals = [], []
    for path in FILES:
        for item in read(io.BytesIO(path.read_bytes())):
            for record in item.records if isinstance(item, ImportRow) else ():
                if isinstance(record, SourceRecord):
                    publishers[record.key or ""] = record.name
                if not isinstance(record, DocumentRecord):
                    continue
                kind, genre = CSL_TYPES[record.kind]
                publisher = publishers.get(record.publisher or "")
                has_container = record.kind in ("article", "video", "audio", "image")
                originals.append((record, publisher))
                citations.append(
                    Citation(
                        key=f"doc_{len(originals)}-v1",
                        type=kind,
                        genre=genre,
                        title=record.title,
                        authors=[name.model_dump(exclude_none=True) for name in record.authors or []],
                        container=publisher if has_container else None,
                        publisher=None if has_container else publisher,
                        issued=record.published,
                        accessed=None if record.accessed_on is None else record.accessed_on.isoformat(),
                        url=record.url,
                        language=record.language,
                        remark=record.note,
                        address="https://example.org/documents/doc_1",
                    )
                )
    text = "".join(CITATION_FORMATS[dialect].write(citations, Rendering("apa", "en-US")))
    assert len(originals) > 700
    rows = [item for item in read(io.BytesIO(text.encode())) if isinstance(item, ImportRow)]
    names_of: dict[str, str] = {}
    for (before, publisher), row in zip(originals, rows, strict=True):
        names_of |= {record.key or "": record.name for record in row.records if isinstance(record, SourceRecord)}
        after = row.records[-1]
        assert isinstance(after, DocumentRecord)
        assert {name: getattr(after, name) for name in ROUND_TRIP_FIELDS} == {
            name: getattr(before, name) for name in ROUND_TRIP_FIELDS
        }
        assert names_of.get(after.publisher or "") == publisher
        assert (after.note or "").startswith(before.note or "")
    # pybtex reads the whole file too.
    if dialect == "bibtex":
        entries = references.pybtex(text)
        assert [latex.to_line(entry.get("title", "")) for entry in entries.values()] == [
            record.title or "" for record, _ in originals
        ]
