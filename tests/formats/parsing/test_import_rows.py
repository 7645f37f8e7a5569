"""Refusals of import records name the field and what would be right; CSV is read as spreadsheets write it."""

import io
from typing import Any

import pytest
from pydantic import ValidationError

from app.formats.parsing.import_rows import RECORD_ADAPTER, RowRefusal, read_csv_rows, row_refusals

CLAIM: dict[str, Any] = {"record": "claim", "kind": "other", "statement": "x"}


def refusals_of(value: Any) -> list[RowRefusal]:
    with pytest.raises(ValidationError) as error:
        RECORD_ADAPTER.validate_python(value)
    return list(row_refusals(7, error.value))


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"statement": None}, "statement", "must be text"),
        ({"statement": " "}, "statement", "must not be empty"),
        ({"statement": "a\x00b"}, "statement", "must not contain control characters"),
        ({"kind": "gossip"}, "kind", "must be 'troop_estimate', "),
        ({"secret": 1}, "secret", "there is no such field"),
        ({"quantities": 5}, "quantities", "must be a list"),
        ({"quantities": [5]}, "quantities.0", "must be an object"),
        ({"quantities": [{}]}, "quantities.0.metric", "must be given"),
        ({"time": "yesterday"}, "time", "examples: 2025-01-12"),
        ({"key": "x" * 301}, "key", "must have at most 300 characters"),
        ({"record": "rumour"}, "record", "must be source, document, topic, claim or note"),
        ({"evidence": [{"document": "d", "role": "supports", "examined_on": "soon"}]}, "evidence.0.examined_on", "day"),
        (
            {"quantities": [{"metric": "killed", "unit": "u", "qualifier": "exact", "best": "5e3"}]},
            "quantities.0.best",
            "must be a number",
        ),
        (
            {"quantities": [{"metric": "killed", "unit": "u", "qualifier": "exact"}]},
            "quantities.0.best",
            "must be given for the qualifier 'exact'",
        ),
        ({"stage": "withdrawn"}, "notice", "must tell readers"),
    ],
)
def test_a_refusal_names_the_field_and_what_would_be_right(change: dict[str, Any], field: str, reason: str) -> None:
    refusal = refusals_of(CLAIM | change)[0]
    assert (refusal.line, refusal.field) == (7, field)
    assert reason in refusal.reason


def test_a_record_without_a_type_is_refused() -> None:
    assert refusals_of({"statement": "x"})[0].field == "record"


def test_a_refusal_never_repeats_the_value() -> None:
    values: list[dict[str, Any]] = [
        CLAIM | {"kind": "hunter2"},
        {"record": "hunter2"},
        CLAIM | {"time": "hunter2"},
        CLAIM | {"statement": ["hunter2"]},
        CLAIM | {"quantities": [{"metric": "hunter2", "unit": "u", "qualifier": "hunter2", "best": "hunter2"}]},
    ]
    assert [refusal for value in values for refusal in refusals_of(value) if "hunter2" in refusal.reason] == []


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"", []),
        (b"a,b\r\n1,2\r\n", [(1, ["a", "b"]), (2, ["1", "2"])]),
        (b"\xef\xbb\xbfa;b\n1,5;2\n", [(1, ["a", "b"]), (2, ["1,5", "2"])]),
        (b"a\tb\n1\t2", [(1, ["a", "b"]), (2, ["1", "2"])]),
        (b'a,b\n"1\n2",3\n\n4,5\n', [(1, ["a", "b"]), (2, ["1\n2", "3"]), (4, []), (5, ["4", "5"])]),
        ("a\nx\u2028y\x0bz\n".encode(), [(1, ["a"]), (2, ["x\u2028y\x0bz"])]),
        (b'a\n"say ""so"""\n', [(1, ["a"]), (2, ['say "so"'])]),
    ],
)
def test_csv_rows_have_the_line_they_begin_on(data: bytes, rows: list[Any]) -> None:
    stream = io.BytesIO(data)
    assert list(read_csv_rows(stream)) == rows
    assert not stream.closed


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'a\n"open\n', "not valid CSV"),
        (b'a\n"x"y\n', "not valid CSV"),
        (b"a\n" + b"x" * 2_000_001 + b"\n", "not valid CSV"),
        (b"a\n\xff\n", "UTF-8"),
    ],
)
def test_unreadable_csv_is_refused(data: bytes, reason: str) -> None:
    refusal = list(read_csv_rows(io.BytesIO(data)))[-1]
    assert isinstance(refusal, RowRefusal)
    assert refusal.line == 2
    assert reason in refusal.reason


def test_a_cell_may_have_two_million_characters() -> None:
    text = "x" * 2_000_000
    assert list(read_csv_rows(io.BytesIO(f"a\n{text}\n".encode())))[-1] == (2, [text])
