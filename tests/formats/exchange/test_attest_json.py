"""Attest's own records as JSON; that whatever is written comes back is in test_round_trip."""

import io
import json

import pytest

from app.formats.exchange.attest_json import read, write
from app.formats.parsing.import_rows import RECORD, Refused, Row

SOURCE = {"record": "source", "key": "nis", "name": "National Intelligence Service", "kind": "intelligence_service"}
CLAIM = {
    "record": "claim",
    "kind": "troop_estimate",
    "statement": "About 11,000 soldiers are in Kursk Oblast.",
    "quantities": [{"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}],
}


def found(text: str) -> list[Row | Refused]:
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
def test_records_of_every_layout(text: str) -> None:
    rows = [row for row in found(text) if isinstance(row, Row)]
    assert [record for row in rows for record in row.records] == [
        RECORD.validate_python(SOURCE),
        RECORD.validate_python(CLAIM),
    ]


def test_faults_name_line_and_field_and_the_rest_is_read() -> None:
    bad = CLAIM | {"kind": "gossip", "quantities": [{"metric": "present", "unit": "x", "qualifier": "exact"}]}
    items = found(f"{json.dumps(SOURCE)}\n{json.dumps(bad)}\n{{}}\n{json.dumps(CLAIM)}\n")
    assert [(item.line, item.field) for item in items if isinstance(item, Refused)] == [
        (2, "kind"),
        (2, "quantities.0.best"),
        (3, "record"),
    ]
    assert [item.line for item in items if isinstance(item, Row)] == [1, 4]


def test_what_it_is_stands_first_and_defaults_are_left_out() -> None:
    defaults = {"parent": None, "anonymity": "named"}
    (line,) = write([SOURCE | {"other_names": ["국가정보원"], "no_field_of_it": "x"} | defaults])
    assert line == (
        '{"record":"source","key":"nis","name":"National Intelligence Service","kind":"intelligence_service",'
        '"other_names":["국가정보원"]}\n'
    )


def test_figures_stay_numbers() -> None:
    figure = {"metric": "area", "unit": "km²", "qualifier": "between", "low": 0.5, "high": 99_999_999_999}
    (line,) = write([CLAIM | {"quantities": [figure]}])
    assert '"low":0.5,"high":99999999999' in line
