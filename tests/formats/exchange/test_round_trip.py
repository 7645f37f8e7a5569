"""Any record that is written in one of Attest's own formats is read back unchanged."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.exchange import attest_csv, attest_json
from app.formats.exchange.exchange_fields import PlainRecord, non_default_fields
from app.formats.parsing.import_rows import RECORD_ADAPTER, ImportRow, RowStream
from app.schemas.files.exchange_record import Record
from app.vocabulary import (
    Anonymity,
    Basis,
    ClaimKind,
    Directness,
    DocumentKind,
    EvidenceKind,
    EvidenceRole,
    Metric,
    MetricFamily,
    Qualifier,
    Relation,
    SourceKind,
    Stage,
    Stance,
    Status,
)

Read = Callable[[BinaryIO], RowStream]
Write = Callable[[Iterable[PlainRecord]], Iterator[str]]

_LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_AWKWARD = st.sampled_from(
    (
        *("=1+1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", "'", "''", "'=1", "''=1", "'x'", "a|b", "|"),
        *("\\", "\\|", "a\\", "a\\|b", "a,b", 'a"b', "a;b", "null", "true", "0", "사상자", "#", '"', "a\u00a0"),
    )
)
lines = st.one_of(_AWKWARD, st.text(_LETTERS, min_size=1, max_size=20)).filter(lambda text: text.strip() != "")
verbatim = st.one_of(
    _AWKWARD,
    st.sampled_from([" ", "\t", "\n", " x ", "\tx", "\nx", "x\n", "a\nb", "' ", "'\n"]),
    st.text(st.one_of(_LETTERS, st.sampled_from("\n\t'=|")), min_size=1, max_size=20),
)
prose = verbatim.filter(lambda text: text.strip() != "")
edtf = st.sampled_from(["2025-01-12", "2025-01~", "2024-10/2025-01", "../2022-05-27", "2025-01-12/..", "2025?"])
days = st.dates().map(lambda day: day.isoformat())
languages = st.sampled_from(["en", "uk", "zh-Hant", "und"])
urls = st.sampled_from(["https://example.org", "http://example.org/a,b?q=(x)&y='z'#=1", "https://пример.рф/ü"])
ids = st.sampled_from(["src_01jhf3m8w5k6v0x2s9r7q4t1ya", "src_01jhf3m8w5k6v0x2s9r7q4t1yb"])
booleans = st.booleans()
amounts = st.decimals(0, 99_999_999_999, places=4)
json_values = st.recursive(
    st.none()
    | booleans
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(_LETTERS, max_size=5), inner, max_size=3),
    max_leaves=6,
)


def nullable_fields(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional={name: st.none() | values for name, values in optional.items()})


def optional_fields(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def quantities(draw: st.DrawFn) -> dict[str, Any]:
    low, best, high = sorted(draw(st.tuples(amounts, amounts, amounts)))
    qualifier = draw(st.sampled_from(Qualifier))
    figures: dict[Qualifier, dict[str, Decimal]] = {
        Qualifier.EXACT: {"best": best},
        Qualifier.ABOUT: draw(st.sampled_from([{"best": best}, {"low": low, "best": best, "high": high}])),
        Qualifier.AT_LEAST: {"low": low},
        Qualifier.MORE_THAN: {"low": low},
        Qualifier.BETWEEN: {"low": low, "high": high},
        Qualifier.VAGUE: {},
    }
    words = verbatim if qualifier is Qualifier.VAGUE else st.none() | verbatim
    rest = draw(
        optional_fields(
            {"metric": st.sampled_from(Metric), "unit": lines, "verbatim": words},
            {
                "population": lines,
                "cumulative": booleans,
                "basis": st.sampled_from(Basis),
                "verbatim_language": languages,
            },
        )
    )
    return {"qualifier": qualifier, **figures.get(qualifier, {"high": high}), **rest}


quotes = optional_fields(
    {"exact": verbatim},
    {"prefix": verbatim, "suffix": verbatim, "page": lines, "media_time": st.just("00:01:23"), "language": languages},
) | optional_fields({"exact": verbatim, "translation": verbatim, "translated_by": lines}, {})
common = {
    "document": lines,
    "said": edtf,
    "directness": st.sampled_from(Directness),
    "quote": quotes,
    "own_claim": lines,
    "note": prose,
}
stances_without_search = st.sampled_from([stance for stance in Stance if stance is not Stance.NO_STATEMENT_FOUND])
attributions = (
    optional_fields({"source": lines, "stance": stances_without_search}, {**common, "withdrawn": booleans})
    | optional_fields(
        {"source": lines, "stance": stances_without_search, "lineage": st.just("relayed"), "upstream": lines}, common
    )
    | optional_fields(
        {
            "source": lines,
            "stance": st.just("no_statement_found"),
            "search": st.fixed_dictionaries({"on": days, "where": prose, "by": lines}),
        },
        common,
    )
)
evidence = optional_fields(
    {"document": lines, "role": st.sampled_from(EvidenceRole)},
    {
        "capture": lines,
        "kind": st.sampled_from(EvidenceKind),
        "description": prose,
        "quote": quotes,
        "independent": booleans,
        "note": prose,
        "withdrawn": booleans,
    },
) | optional_fields(
    {"document": lines, "role": st.just("refutes"), "examined_on": days, "finding": prose}, {"conclusive": booleans}
)
fact_checks = optional_fields(
    {"source": lines, "original": st.dictionaries(st.text(_LETTERS, max_size=5), json_values, max_size=3)},
    {"key": lines, "document": lines, "verdict": verbatim, "rating_value": verbatim, "explanation": verbatim},
)
sources = nullable_fields(
    {"record": st.just("source"), "name": lines, "kind": st.sampled_from(SourceKind)},
    {"key": lines, "id": ids, "parent": lines, "side": lines, "url": urls, "description": prose},
)
sources_with_names = optional_fields(
    {"record": st.just("source"), "name": lines, "kind": st.sampled_from(SourceKind)},
    {"anonymity": st.sampled_from(Anonymity), "other_names": st.lists(lines, max_size=4)},
)
documents = nullable_fields(
    {"record": st.just("document"), "kind": st.sampled_from(DocumentKind)},
    {"key": lines, "title": lines, "url": urls, "published": edtf, "accessed_on": days, "language": languages},
)
captures = optional_fields(
    {
        "id": st.sampled_from(["cap_01jhf3m8w5k6v0x2s9r7q4t1ya", "cap_01jhf3m8w5k6v0x2s9r7q4t1yb"]),
        "sha256": st.sampled_from(["0" * 64, "ab" * 32]),
        "media_type": st.sampled_from(["text/html", "text/plain", "video/mp4"]),
        "byte_length": st.integers(0, 2**40),
        "captured_at": st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    },
    {"url": urls, "note": prose, "transcript_of": st.just("cap_01jhf3m8w5k6v0x2s9r7q4t1ya")},
)
documents_with_captures = optional_fields(
    {"record": st.just("document"), "kind": st.sampled_from(DocumentKind)},
    {"key": lines, "captures": st.lists(captures, max_size=3)},
)
topics = nullable_fields(
    {
        "record": st.just("topic"),
        "title": lines,
        "subject": lines,
        "metric_family": st.sampled_from(MetricFamily),
    },
    {"key": lines, "place": lines, "period": edtf, "note": prose},
)
claims = optional_fields(
    {"record": st.just("claim"), "kind": st.sampled_from(ClaimKind), "statement": prose},
    {
        "key": lines,
        "language": languages,
        "stage": st.sampled_from([Stage.DRAFT, Stage.PUBLISHED]),
        "time": edtf,
        "joins": lines,
        "quantities": st.lists(quantities(), max_size=3),
        "attributions": st.lists(attributions, max_size=3),
        "evidence": st.lists(evidence, max_size=3),
        "relations": st.lists(
            optional_fields({"relation": st.sampled_from(Relation), "other_claim": lines}, {"note": prose}), max_size=2
        ),
        "reviews": st.lists(
            st.fixed_dictionaries(
                {"status": st.sampled_from(Status), "rationale": prose, "decided_on": days, "decided_by": lines}
            ),
            max_size=2,
        ),
        "fact_checks": st.lists(fact_checks, max_size=2),
    },
)
notes = st.fixed_dictionaries({"record": st.just("note"), "claim": lines, "note": prose})
records = st.one_of(sources, sources_with_names, documents, documents_with_captures, topics, claims, notes).map(
    RECORD_ADAPTER.validate_python
)

FORMATS = pytest.mark.parametrize(
    ("read", "write"),
    [(attest_json.read, attest_json.write), (attest_csv.read, attest_csv.write)],
    ids=["json", "csv"],
)


def dump(record: Record) -> PlainRecord:
    return record.model_dump(mode="json")


def read_back(read: Read, text: str) -> list[Record]:
    items = list(read(io.BytesIO(text.encode())))
    assert [item for item in items if not isinstance(item, ImportRow)] == []
    return [record for item in items if isinstance(item, ImportRow) for record in item.records]


@settings(max_examples=200, deadline=None)
@given(record=records)
def test_fields_with_their_default_are_omitted(record: Record) -> None:
    expected = record.model_dump(mode="json", exclude_defaults=True)
    assert non_default_fields(dump(record)) == expected
    assert list(non_default_fields(dump(record))) == list(expected)


@FORMATS
@settings(max_examples=200, deadline=None)
@given(original=st.lists(records, max_size=4))
def test_records_are_read_as_they_were_written(read: Read, write: Write, original: list[Record]) -> None:
    assert read_back(read, "".join(write(map(dump, original)))) == original


@FORMATS
@settings(max_examples=30, deadline=None)
@given(record=records)
def test_equal_records_are_read_as_separate_records(read: Read, write: Write, record: Record) -> None:
    assert read_back(read, "".join(write([dump(record), dump(record)]))) == [record, record]


@settings(max_examples=100, deadline=None)
@given(original=st.lists(records, max_size=3))
def test_no_cell_begins_with_a_formula(original: list[Record]) -> None:
    table = csv.reader(io.StringIO("".join(attest_csv.write(map(dump, original))), newline=""))
    assert [cell for row in table for cell in row if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("'= x\t＝"), max_size=6).filter(lambda text: text != ""))
def test_protected_cells_are_read_back_unchanged(text: str) -> None:
    claim = {"record": "claim", "kind": "other", "statement": "x"}
    quote = {"source": "s", "stance": "asserts", "quote": {"exact": text}}
    record = RECORD_ADAPTER.validate_python({**claim, "attributions": [quote]})
    assert read_back(attest_csv.read, "".join(attest_csv.write([dump(record)]))) == [record]
