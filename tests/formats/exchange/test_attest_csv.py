"""Attest's own record format as CSV; test_round_trip tests that records survive writing and reading."""

import io

import pytest

from app.formats.exchange.attest_csv import COLUMNS, read, write
from app.formats.parsing.import_rows import RECORD_ADAPTER, ImportRow, RowRefusal
from app.schemas.files.exchange_record import ClaimRecord, Record, SourceRecord


def read_rows(text: str) -> list[ImportRow | RowRefusal]:
    return list(read(io.BytesIO(text.encode())))


def records(text: str) -> list[Record]:
    items = read_rows(text)
    assert [item for item in items if isinstance(item, RowRefusal)] == []
    return [record for item in items if isinstance(item, ImportRow) for record in item.records]


def refusals_of(text: str) -> list[tuple[int, str]]:
    return [(item.line, item.field) for item in read_rows(text) if isinstance(item, RowRefusal)]


def test_a_hand_made_table_is_read() -> None:
    (claim,) = records(
        "record,statement,kind,quantities.metric,quantities.unit,quantities.qualifier,quantities.best,"
        "attributions.source,attributions.stance\n"
        'claim,"About 11,000 soldiers are there.",troop_estimate,present,soldiers,about,11000,nis,estimates\n'
        ",,,,,,,zelensky,asserts\n"
    )
    assert isinstance(claim, ClaimRecord)
    assert [quantity.best for quantity in claim.quantities] == [11000]
    assert [attribution.source for attribution in claim.attributions] == ["nis", "zelensky"]


def test_the_dialect_of_spreadsheets_is_read() -> None:
    (source,) = records(
        "\ufeffName;RECORD;kind;other_names;description\r\nNIS;source;government;국정원|N\\|S;\r\n;;;;\r\n"
    )
    assert isinstance(source, SourceRecord)
    assert source.other_names == ["국정원", "N|S"]
    assert source.description is None


def test_rows_may_repeat_the_record_they_belong_to() -> None:
    (claim,) = records(
        "record,key,kind,statement,attributions.source,attributions.stance\n"
        "claim,c1,other,x,a,asserts\n"
        "claim,c1,,,b,denies\n"
        "claim,c1,other,x,c,denies\n"
    )
    assert isinstance(claim, ClaimRecord)
    assert [attribution.source for attribution in claim.attributions] == ["a", "b", "c"]


def test_lists_continue_side_by_side_on_the_following_rows() -> None:
    table = (
        "record,kind,statement,evidence.document,evidence.role,attributions.source,attributions.stance\n"
        "claim,other,x,d1,supports,a,asserts\n"
        ",,,,,b,denies\n"
        ",,,d2,refutes,,\n"
    )
    (claim,) = records(table)
    assert isinstance(claim, ClaimRecord)
    assert ([item.document for item in claim.evidence], len(claim.attributions)) == (["d1", "d2"], 2)


def test_apostrophes_of_the_text_are_kept() -> None:
    (claim,) = records("record,kind,statement\nclaim,other,'Orlan-20' UAVs were seen.\n")
    assert isinstance(claim, ClaimRecord)
    assert claim.statement == "'Orlan-20' UAVs were seen."


HEAD = "record,key,kind,statement,quantities.metric,quantities.unit,quantities.qualifier,quantities.best,name\n"
REVIEW = "record,kind,statement,fact_checks.source,fact_checks.original\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("record,statment\nclaim,x\n", [(1, "statment")]),
        ("statement\nx\n", [(1, "record")]),
        ("record,key,key\nclaim,a,b\n", [(1, "key")]),
        (HEAD + "claim,,other,,,,,,\n", [(2, "statement")]),
        (HEAD + "rumour,,other,x,,,,,\n", [(2, "record")]),
        (HEAD + ",,other,x,,,,,\n", [(2, "record")]),
        (HEAD + 'claim,,other,x,killed,people,exact,"1,000",\n', [(2, "quantities.best")]),
        (HEAD + "claim,,other,x,killed,people,exact,-5,\n", [(2, "quantities.best")]),
        (HEAD + "claim,,other,x,killed,people,exact,NaN,\n", [(2, "quantities.best")]),
        (HEAD + "claim,,other,x,killed,people,exact,5,\n,,,,dead,people,exact,5,\n", [(3, "quantities.metric")]),
        (HEAD + "claim,,other,x,killed,people,exact,5,\n,,,,killed,people,exact,,\n", [(3, "quantities.best")]),
        (HEAD + "claim,,other,x,,,,,\n,,,y,,,,,\n", [(3, "statement")]),
        (HEAD + "claim,,other,x,,,,,Bob\n", [(2, "name")]),
        (HEAD + "claim,,other,x,,,,,,surplus\n", [(2, "")]),
        (HEAD + "claim,,other,x,,,,,\n,,,,,,,,\n,,,,killed,people,exact,5,\n", [(4, "record")]),
        (HEAD + 'claim,,other,x,,,,,\n,"open,,,,,,,\n', [(3, ""), (2, "")]),
        (REVIEW + "claim,other,x,a,[1]\n", [(2, "fact_checks.original")]),
        (REVIEW + "claim,other,x,a,{}{}\n", [(2, "fact_checks.original")]),
        (REVIEW + "claim,other,x,a,\n", [(2, "fact_checks.original")]),
    ],
)
def test_refusals_name_line_and_column(text: str, expected: list[tuple[int, str]]) -> None:
    assert sorted(refusals_of(text)) == sorted(expected)


def test_an_invalid_record_does_not_affect_the_others() -> None:
    items = read_rows(HEAD + "claim,,gossip,x,,,,,\nclaim,,other,y,,,,,\n")
    assert [(type(item), item.line) for item in items] == [(RowRefusal, 2), (ImportRow, 3)]


def test_an_unknown_column_is_refused_with_a_suggestion() -> None:
    (refusal,) = read_rows("record,statment\nclaim,x\n")
    assert isinstance(refusal, RowRefusal)
    assert "did you mean statement?" in refusal.reason
    assert "attributions.quote.exact" in refusal.reason


def test_a_record_may_span_500_rows() -> None:
    def table(rows: int) -> str:
        head = "record,kind,statement,attributions.source,attributions.stance\n"
        return head + "claim,other,x,a,asserts\n" + ",,,b,denies\n" * (rows - 1)

    (claim,) = records(table(500))
    assert isinstance(claim, ClaimRecord)
    assert len(claim.attributions) == 500
    assert refusals_of(table(501)) == [(2, "")]


def test_at_most_50_unknown_columns_are_reported_one_by_one() -> None:
    columns = ",".join(f"unknown{number}" for number in range(60))
    names = [f"unknown{number}" for number in range(51)]
    assert refusals_of(f"record,{columns}\nclaim\n") == [(1, name) for name in names]


def test_an_invalid_byte_affects_only_its_record() -> None:
    data = (HEAD + "claim,a,other,x,,,,,\nclaim,b,other,").encode() + b"\xff,,,,,\nclaim,c,other,z,,,,,\n"
    items = list(read(io.BytesIO(data)))
    assert [(type(item), item.line) for item in items] == [(RowRefusal, 3), (RowRefusal, 2), (ImportRow, 4)]


def test_records_are_written_as_a_table() -> None:
    claim = RECORD_ADAPTER.validate_python(
        {
            "record": "claim",
            "kind": "other",
            "statement": "=SUM(A1)",
            "attributions": [
                {"source": "a", "stance": "asserts", "quote": {"exact": "two\nlines"}},
                {"source": "b", "stance": "denies", "withdrawn": True},
            ],
        }
    )
    text = "".join(write([claim.model_dump(mode="json")]))
    head, first, second = text.replace('"two\nlines"', "QUOTE").split("\r\n")[:3]
    assert head == ",".join(COLUMNS)
    assert head.startswith("record,id,key,")
    assert first.startswith("claim,,,,other,")
    assert "'=SUM(A1)" in first
    assert "QUOTE" in first
    assert second.startswith(",,,")
    assert "b,denies" in second
    assert "true" in second
