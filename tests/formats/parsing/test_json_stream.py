"""JSON objects come out of a stream one by one, whatever the stream is like."""

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

from app.formats.parsing.import_rows import Refused
from app.formats.parsing.json_stream import DEEPEST, LARGEST, objects


class Trickle(io.RawIOBase):
    """Gives at most a few bytes at a time, as a network may."""

    def __init__(self, data: bytes, most: int = 3) -> None:
        self._data, self._at, self._most = data, 0, most

    def read(self, size: int = -1) -> bytes:
        taken = self._data[self._at : self._at + min(self._most, size if size >= 0 else self._most)]
        self._at += len(taken)
        return taken


def found(text: str | bytes, **options: Any) -> list[Any]:
    data = text.encode() if isinstance(text, str) else text
    return list(objects(io.BytesIO(data), **options))


def faults(text: str | bytes) -> list[Refused]:
    return [item for item in found(text) if isinstance(item, Refused)]


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
def test_objects_and_their_lines(text: str, expected: list[Any]) -> None:
    assert found(text) == expected
    assert list(objects(Trickle(text.encode()))) == expected  # type: ignore[arg-type]  # all of a stream that is read


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('{"a": NaN}', 1, "no numbers"),
        ('{"a": -Infinity}', 1, "no numbers"),
        ('{"a": 1e400}', 1, "too large"),
        ('{"a": 1, "a": 2}', 1, "stands twice"),
        ('{"b": {"a": 1, "a": 2}}', 1, "stands twice"),
        ('{"a": "\\ud800"}', 1, "surrogates"),
        ('{"\\udfff": 1}', 1, "surrogates"),
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
        ('{"a": ' + "9" * 5000 + "}", 1, "too long"),
        ('{"a": ' + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1) + "}", 1, "nested"),
        ('{"a": ' + "[" * 100_000, 1, "nested"),
        ("[", 1, "not JSON"),
        ('[{"a": 1}', 1, "bracket"),
        ('[{"a": 1},', 1, "not JSON"),
        ('[{"a": 1} {"a": 2}]', 1, "comma"),
        ('[{"a": 1}]\n{"a": 2}', 2, "nothing may follow"),
        ("[[1]]", 1, "object"),
    ],
)
def test_what_is_refused(text: str, line: int, why: str) -> None:
    refused = faults(text)
    assert len(refused) == 1
    assert refused[0].line == line
    assert why in refused[0].reason


def test_a_fault_names_the_member_but_never_repeats_values() -> None:
    (refused,) = faults('{"secret": "hunter2", "secret": "hunter3"}')
    assert refused.field == "secret"
    assert "hunter" not in refused.reason


def test_well_formed_faults_do_not_stop_an_array() -> None:
    assert [item for item in found('[{"a": 1}, {"a": NaN}, 5, {"a": 2}]') if not isinstance(item, Refused)] == [
        (1, {"a": 1}),
        (1, {"a": 2}),
    ]


def test_broken_json_ends_an_array() -> None:
    assert [type(item) for item in found('[{"a": 1}, {"a" 1}, {"a": 2}]')] == [tuple, Refused]


@pytest.mark.parametrize("broken", ['{"a" 1}', '{"a": "x', "hello", "[", '{"a": ' + "[" * 100_000])
def test_lines_after_broken_json_are_read(broken: str) -> None:
    items = found(f'{{"n": 1}}\n{broken}\n{{"n": 2}}\nbroken too\n{{"n": 3}}\n')
    assert [item.line if isinstance(item, Refused) else item[1]["n"] for item in items] == [1, 2, 2, 4, 3]


def test_the_rest_of_a_broken_indented_object_is_one_fault() -> None:
    items = found('{\n  "a" 1,\n  "b": [\n    1\n  ]\n}\n{\n  "a": 2\n}\n')
    assert [item.line if isinstance(item, Refused) else item for item in items] == [1, (7, {"a": 2})]


def test_bytes_that_are_not_utf8_spoil_only_their_object() -> None:
    items = found(b'[{"a": "\xff"}, {"a": "\xc3\xa9"}]')
    assert isinstance(items[0], Refused)
    assert "UTF-8" in items[0].reason
    assert items[1] == (1, {"a": "é"})


def test_another_encoding_is_named() -> None:
    (refused, *_) = faults('[{"a": 1}]'.encode("utf-16"))
    assert "UTF-8" in refused.reason


def test_a_feed_is_read_element_by_element() -> None:
    feed = '{"@type": "DataFeed", "n": 1, "dataFeedElement": [{"a": 1},\n{"a": 2}], "after": {"b": 1}}'
    assert found(feed, feeds=("dataFeedElement",)) == [(1, {"a": 1}), (2, {"a": 2})]
    assert len(found(feed)) == 1


@pytest.mark.parametrize("size", [LARGEST, 3 * LARGEST])
def test_a_large_element_is_refused_and_lines_behind_it_are_read(size: int) -> None:
    large = json.dumps({"a": "x" * size})
    items = found(f'{{"n": 1}}\n{large}\n{{"n": 2}}')
    assert [isinstance(item, Refused) for item in items] == [False, True, False]


def test_a_large_element_is_refused_in_an_array() -> None:
    items = found(json.dumps([{"n": 1}, {"a": "x" * 3 * LARGEST}, {"n": 2}]))
    assert [isinstance(item, Refused) for item in items] == [False, True]
    assert "larger" in items[1].reason


def test_an_element_without_end_is_given_up() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b'[{"a": "' if self.given == size else b"x" * size

    stream = Endless()
    (refused,) = list(objects(stream))  # type: ignore[arg-type]  # all of a stream that is read
    assert isinstance(refused, Refused)
    assert stream.given < 5 * LARGEST


def test_a_big_element_in_small_pieces_takes_no_quadratic_time() -> None:
    def seconds(size: int) -> float:
        data = json.dumps([{"a": [random.random() for _ in range(size)]}]).encode()
        start = time.perf_counter()
        assert len(list(objects(Trickle(data, 70_000)))) == 1  # type: ignore[arg-type]  # all of a stream that is read
        return time.perf_counter() - start

    small, large = min(seconds(4_000) for _ in range(3)), min(seconds(40_000) for _ in range(3))
    assert large < 60 * small + 0.5


def test_memory_stays_the_same_however_long_the_stream() -> None:
    class Long(io.RawIOBase):
        def __init__(self, rows: int) -> None:
            self._rows = iter([b'{"a": "x"}\n' * 1_000] * (rows // 1_000))

        def read(self, size: int = -1) -> bytes:
            return next(self._rows, b"")

    def peak(rows: int) -> int:
        tracemalloc.start()
        stream = Long(rows)
        deque(objects(stream), maxlen=0)  # type: ignore[arg-type]  # all of a stream that is read
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # A megabyte is far less than the stream, and far more than the chance of what else is being allocated.
    assert peak(200_000) < peak(10_000) + 1_000_000


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(
        st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=10), max_size=3), max_size=5
    ),
    indent=st.sampled_from([None, 1]),
    as_array=st.booleans(),
    ascii_only=st.booleans(),
    most=st.integers(1, 20),
)
def test_any_objects_in_any_pieces(
    values: list[dict[str, Any]], indent: int | None, as_array: bool, ascii_only: bool, most: int
) -> None:
    texts = [json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in values]
    text = f"[{','.join(texts)}]" if as_array else "\n".join(texts)
    items = list(objects(Trickle(text.encode(), most)))  # type: ignore[arg-type]  # all of a stream that is read
    assert [item for item in items if not isinstance(item, Refused)] == [
        item for item, value in zip(items, values, strict=True) if "\x00" not in json_text(value)
    ]


def json_text(value: dict[str, Any]) -> str:
    return "".join(f"{name}{inner}" for name, inner in value.items())


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60) | st.text('[]{}",:\\ntrue 0123\n', max_size=60).map(str.encode))
def test_nothing_makes_it_fail(data: bytes) -> None:
    for item in objects(io.BytesIO(data)):
        assert isinstance(item, Refused) or isinstance(item[1], dict)
