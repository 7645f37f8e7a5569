"""Faults are told in words that help, and CSV is read as spreadsheets write it."""

import io
from typing import Any

import pytest
from pydantic import ValidationError

from app.formats.parsing.import_rows import LONGEST_CELL, RECORD, Refused, cells, refusals

CLAIM: dict[str, Any] = {"record": "claim", "kind": "other", "statement": "x"}


def faults(value: Any) -> list[Refused]:
    with pytest.raises(ValidationError) as caught:
        RECORD.validate_python(value)
    return list(refusals(7, caught.value))


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
        ({"time": "yesterday"}, "time", "write for example 2025-01-12"),
        ({"key": "x" * 301}, "key", "must have at most 300 characters"),
        ({"record": "rumour"}, "record", "must be source, document, topic, claim or note"),
        ({"evidence": [{"document": "d", "role": "supports", "examined_on": "soon"}]}, "evidence.0.examined_on", "day"),
        (
            {"quantities": [{"metric": "killed", "unit": "u", "qualifier": "exact", "best": "5"}]},
            "quantities.0.best",
            "must be a number",
        ),
        (
            {"quantities": [{"metric": "killed", "unit": "u", "qualifier": "exact"}]},
            "quantities.0.best",
            "must be given for a figure that is 'exact'",
        ),
        ({"stage": "withdrawn"}, "notice", "must tell readers"),
    ],
)
def test_a_fault_names_its_field_and_what_would_be_right(change: dict[str, Any], field: str, reason: str) -> None:
    first = faults(CLAIM | change)[0]
    assert (first.line, first.field) == (7, field)
    assert reason in first.reason


def test_a_record_without_its_word() -> None:
    assert faults({"statement": "x"})[0].field == "record"


def test_what_was_sent_is_never_repeated() -> None:
    values: list[dict[str, Any]] = [
        CLAIM | {"kind": "hunter2"},
        {"record": "hunter2"},
        CLAIM | {"time": "hunter2"},
        CLAIM | {"statement": ["hunter2"]},
        CLAIM | {"quantities": [{"metric": "hunter2", "unit": "u", "qualifier": "hunter2", "best": "hunter2"}]},
    ]
    assert [fault for value in values for fault in faults(value) if "hunter2" in fault.reason] == []


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
def test_rows_and_their_lines(data: bytes, rows: list[Any]) -> None:
    stream = io.BytesIO(data)
    assert list(cells(stream)) == rows
    assert not stream.closed


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'a\n"open\n', "not CSV"),
        (b'a\n"x"y\n', "not CSV"),
        (b"a\n" + b"x" * (LONGEST_CELL + 1) + b"\n", "not CSV"),
        (b"a\n\xff\n", "UTF-8"),
    ],
)
def test_rows_that_cannot_be_read(data: bytes, why: str) -> None:
    last = list(cells(io.BytesIO(data)))[-1]
    assert isinstance(last, Refused)
    assert last.line == 2
    assert why in last.reason


def test_a_long_cell_is_taken() -> None:
    text = "x" * 200_000
    assert list(cells(io.BytesIO(f"a\n{text}\n".encode())))[-1] == (2, [text])
