"""Attest's own record format as JSON; test_round_trip tests that records survive writing and reading."""

import io
import json

import pytest

from app.formats.exchange.attest_json import read, write
from app.formats.parsing.import_rows import RECORD_ADAPTER, ImportRow, RowRefusal

SOURCE = {"record": "source", "key": "nis", "name": "National Intelligence Service", "kind": "intelligence_service"}
CLAIM = {
    "record": "claim",
    "kind": "troop_estimate",
    "statement": "About 11,000 soldiers are in Kursk Oblast.",
    "quantities": [{"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}],
}


def read_rows(text: str) -> list[ImportRow | RowRefusal]:
    return list(read(io.BytesIO(text.encode())))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([SOURCE, CLAIM]),
        json.dumps([SOURCE, CLAIM], indent=2),
        f"{json.dumps(SOURCE)}\n{json.dumps(CLAIM)}\n",
        f"\ufeff{json.dumps(SOURCE, indent=1)}\n\n{json.dumps(CLAIM, indent=1)}",
    ],
)
def test_records_are_read_in_every_json_layout(text: str) -> None:
    rows = [row for row in read_rows(text) if isinstance(row, ImportRow)]
    assert [record for row in rows for record in row.records] == [
        RECORD_ADAPTER.validate_python(SOURCE),
        RECORD_ADAPTER.validate_python(CLAIM),
    ]


def test_refusals_name_line_and_field_and_the_rest_is_read() -> None:
    invalid = CLAIM | {"kind": "gossip", "quantities": [{"metric": "present", "unit": "x", "qualifier": "exact"}]}
    items = read_rows(f"{json.dumps(SOURCE)}\n{json.dumps(invalid)}\n{{}}\n{json.dumps(CLAIM)}\n")
    assert [(item.line, item.field) for item in items if isinstance(item, RowRefusal)] == [
        (2, "kind"),
        (2, "quantities.0.best"),
        (3, "record"),
    ]
    assert [item.line for item in items if isinstance(item, ImportRow)] == [1, 4]


def test_the_record_type_comes_first_and_defaults_are_omitted() -> None:
    defaults = {"parent": None, "anonymity": "named"}
    (line,) = write([SOURCE | {"other_names": ["국가정보원"], "no_field_of_it": "x"} | defaults])
    assert line == (
        '{"record":"source","key":"nis","name":"National Intelligence Service","kind":"intelligence_service",'
        '"other_names":["국가정보원"]}\n'
    )


def test_figures_are_written_as_numbers() -> None:
    figure = {"metric": "area", "unit": "km²", "qualifier": "between", "low": 0.5, "high": 99_999_999_999}
    (line,) = write([CLAIM | {"quantities": [figure]}])
    assert '"low":0.5,"high":99999999999' in line
