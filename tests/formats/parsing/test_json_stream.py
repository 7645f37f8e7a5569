"""JSON objects are read one by one from any stream, in constant memory."""

import io
import json
import random
import time
import tracemalloc
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.parsing.import_rows import RowRefusal
from app.formats.parsing.json_stream import read_objects

pytestmark = pytest.mark.slow


class Trickle(io.RawIOBase):
    """A stream that returns at most a few bytes at a time, as a network may."""

    def __init__(self, data: bytes, piece_size: int = 3) -> None:
        self._data, self._at, self._piece_size = data, 0, piece_size

    def read(self, size: int = -1) -> bytes:
        piece = self._data[self._at : self._at + min(self._piece_size, size if size >= 0 else self._piece_size)]
        self._at += len(piece)
        return piece


def read_all(text: str | bytes, **options: Any) -> list[Any]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_objects(io.BytesIO(data), **options))


def refusals_of(text: str | bytes) -> list[RowRefusal]:
    return [item for item in read_all(text) if isinstance(item, RowRefusal)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n", []),
        ("[]", []),
        ("[ ]\n", []),
        ('{"a": 1}', [(1, {"a": 1})]),
        ('{"a": 1}\n{"a": 2}\n', [(1, {"a": 1}), (2, {"a": 2})]),
        ('{"a": 1}{"a": 2}', [(1, {"a": 1}), (1, {"a": 2})]),
        ('[{"a": 1}, {"a": 2}]', [(1, {"a": 1}), (1, {"a": 2})]),
        ('[\r\n {"a":\n  1},\n\n {"a": 2}\n]\n', [(2, {"a": 1}), (5, {"a": 2})]),
        ('\ufeff[{"a": "😀"}]', [(1, {"a": "😀"})]),
        ('[{"a": "\\ud83d\\ude00"}]', [(1, {"a": "😀"})]),
        ('{"a": "{[\\"\\\\"}', [(1, {"a": '{["\\'})]),
        ('{"a": "\\\\u0000"}', [(1, {"a": "\\u0000"})]),
    ],
)
def test_objects_have_the_line_they_begin_on(text: str, expected: list[Any]) -> None:
    assert read_all(text) == expected
    assert list(read_objects(Trickle(text.encode()))) == expected  # type: ignore[arg-type]  # only `read` is used


def test_an_object_may_have_a_million_characters_and_100_levels() -> None:
    assert read_all(f'{{"a": "{"x" * 999_991}"}}') == [(1, {"a": "x" * 999_991})]
    (refusal,) = refusals_of(f'{{"a": "{"x" * 999_992}"}}')
    assert "more than 1,000,000 characters" in refusal.reason
    nested = '{"a": ' + "[" * 99 + "]" * 99 + "}"
    assert read_all(nested) == [(1, json.loads(nested))]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"a": NaN}', 1, "JSON does not allow"),
        ('{"a": -Infinity}', 1, "JSON does not allow"),
        ('{"a": 1e400}', 1, "too large"),
        ('{"a": 1, "a": 2}', 1, "occurs twice"),
        ('{"b": {"a": 1, "a": 2}}', 1, "occurs twice"),
        ('{"a": "\\ud800"}', 1, "surrogate"),
        ('{"\\udfff": 1}', 1, "surrogate"),
        ('{"a": "\\u0000"}', 1, "NUL"),
        ("5", 1, "object"),
        ('"text"', 1, "object"),
        ("null", 1, "object"),
        ("hello", 1, "not JSON"),
        ('{"a": 1', 1, "not JSON"),
        ('{"a": "x', 1, "not JSON"),
        ("{'a': 1}", 1, "not JSON"),
        ('{"a": 01}', 1, "not JSON"),
        ('{"a": "tab\there"}', 1, "not JSON"),
        ('{\n "a": 1,\n}', 1, "in line 3"),
        ('{"a": ' + "9" * 5000 + "}", 1, "too many digits"),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", 1, "nested"),
        ('{"a": ' + "[" * 100_000, 1, "nested"),
        ("[", 1, "not JSON"),
        ('[{"a": 1}', 1, "the list must be closed"),
        ('[{"a": 1},', 1, "not JSON"),
        ('[{"a": 1} {"a": 2}]', 1, "comma"),
        ('[{"a": 1}]\n{"a": 2}', 2, "nothing may follow"),
        ("[[1]]", 1, "object"),
    ],
)
def test_invalid_json_is_refused_with_line_and_reason(text: str, line: int, reason: str) -> None:
    refusals = refusals_of(text)
    assert len(refusals) == 1
    assert refusals[0].line == line
    assert reason in refusals[0].reason


def test_a_refusal_names_the_member_but_never_repeats_values() -> None:
    (refusal,) = refusals_of('{"secret": "hunter2", "secret": "hunter3"}')
    assert refusal.field == "secret"
    assert "hunter" not in refusal.reason


def test_well_formed_but_invalid_elements_do_not_end_an_array() -> None:
    assert [item for item in read_all('[{"a": 1}, {"a": NaN}, 5, {"a": 2}]') if not isinstance(item, RowRefusal)] == [
        (1, {"a": 1}),
        (1, {"a": 2}),
    ]


def test_malformed_json_ends_an_array() -> None:
    assert [type(item) for item in read_all('[{"a": 1}, {"a" 1}, {"a": 2}]')] == [tuple, RowRefusal]


@pytest.mark.parametrize("broken", ['{"a" 1}', '{"a": "x', "hello", "[", '{"a": ' + "[" * 100_000])
def test_lines_after_malformed_json_are_read(broken: str) -> None:
    items = read_all(f'{{"n": 1}}\n{broken}\n{{"n": 2}}\nbroken too\n{{"n": 3}}\n')
    assert [item.line if isinstance(item, RowRefusal) else item[1]["n"] for item in items] == [1, 2, 2, 4, 3]


def test_the_rest_of_a_malformed_indented_object_is_one_refusal() -> None:
    items = read_all('{\n  "a" 1,\n  "b": [\n    1\n  ]\n}\n{\n  "a": 2\n}\n')
    assert [item.line if isinstance(item, RowRefusal) else item for item in items] == [1, (7, {"a": 2})]


def test_bytes_that_are_not_utf8_affect_only_their_object() -> None:
    items = read_all(b'[{"a": "\xff"}, {"a": "\xc3\xa9"}]')
    assert isinstance(items[0], RowRefusal)
    assert "UTF-8" in items[0].reason
    assert items[1] == (1, {"a": "é"})


def test_another_encoding_is_refused_with_the_expected_one() -> None:
    (refusal, *_) = refusals_of('[{"a": 1}]'.encode("utf-16"))
    assert "UTF-8" in refusal.reason


def test_a_feed_is_read_element_by_element() -> None:
    feed = '{"@type": "DataFeed", "n": 1, "dataFeedElement": [{"a": 1},\n{"a": 2}], "after": {"b": 1}}'
    assert read_all(feed, feeds=("dataFeedElement",)) == [(1, {"a": 1}), (2, {"a": 2})]
    assert len(read_all(feed)) == 1


@pytest.mark.parametrize("size", [1_000_000, 3_000_000])
def test_a_large_object_is_refused_and_the_lines_after_it_are_read(size: int) -> None:
    large = json.dumps({"a": "x" * size})
    items = read_all(f'{{"n": 1}}\n{large}\n{{"n": 2}}')
    assert [isinstance(item, RowRefusal) for item in items] == [False, True, False]


def test_a_large_element_ends_an_array() -> None:
    items = read_all(json.dumps([{"n": 1}, {"a": "x" * 3_000_000}, {"n": 2}]))
    assert [isinstance(item, RowRefusal) for item in items] == [False, True]
    assert "more than 1,000,000 characters" in items[1].reason


def test_reading_an_endless_element_is_abandoned() -> None:
    class Endless(io.RawIOBase):
        sent = 0

        def read(self, size: int = -1) -> bytes:
            self.sent += size
            return b'[{"a": "' if self.sent == size else b"x" * size

    stream = Endless()
    (refusal,) = list(read_objects(stream))  # type: ignore[arg-type]  # only `read` is used
    assert isinstance(refusal, RowRefusal)
    assert stream.sent < 5_000_000


def test_a_large_element_in_small_pieces_takes_no_quadratic_time() -> None:
    def seconds(size: int) -> float:
        data = json.dumps([{"a": [random.random() for _ in range(size)]}]).encode()
        start = time.perf_counter()
        assert len(list(read_objects(Trickle(data, 70_000)))) == 1  # type: ignore[arg-type]  # only `read` is used
        return time.perf_counter() - start

    small, large = min(seconds(4_000) for _ in range(3)), min(seconds(40_000) for _ in range(3))
    assert large < 60 * small + 0.5


def test_memory_does_not_grow_with_the_stream() -> None:
    class Long(io.RawIOBase):
        def __init__(self, rows: int) -> None:
            self._rows = iter([b'{"a": "x"}\n' * 1_000] * (rows // 1_000))

        def read(self, size: int = -1) -> bytes:
            return next(self._rows, b"")

    def peak(rows: int) -> int:
        tracemalloc.start()
        stream = Long(rows)
        deque(read_objects(stream), maxlen=0)  # type: ignore[arg-type]  # only `read` is used
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak_bytes

    # A megabyte is far less than the stream and far more than incidental allocations.
    assert peak(200_000) < peak(10_000) + 1_000_000


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(
        st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=10), max_size=3), max_size=5
    ),
    indent=st.sampled_from([None, 1]),
    as_array=st.booleans(),
    ascii_only=st.booleans(),
    piece_size=st.integers(1, 20),
)
def test_any_objects_are_read_in_pieces_of_any_size(
    values: list[dict[str, Any]], indent: int | None, as_array: bool, ascii_only: bool, piece_size: int
) -> None:
    texts = [json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in values]
    text = f"[{','.join(texts)}]" if as_array else "\n".join(texts)
    items = list(read_objects(Trickle(text.encode(), piece_size)))  # type: ignore[arg-type]  # only `read` is used
    assert [item for item in items if not isinstance(item, RowRefusal)] == [
        item for item, value in zip(items, values, strict=True) if "\x00" not in json_text(value)
    ]


def json_text(value: dict[str, Any]) -> str:
    return "".join(f"{name}{inner}" for name, inner in value.items())


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60) | st.text('[]{}",:\\ntrue 0123\n', max_size=60).map(str.encode))
def test_reading_never_raises(data: bytes) -> None:
    for item in read_objects(io.BytesIO(data)):
        assert isinstance(item, RowRefusal) or isinstance(item[1], dict)
