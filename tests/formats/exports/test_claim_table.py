"""Exports as CSV and Parquet: one row per figure, and no cell that a spreadsheet would execute."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.exports import claim_csv, claim_parquet
from app.formats.exports.claim_table import CLAIM_COLUMNS
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.formats.exports.formula_guard import escape_cell, unescape_cell
from tests.support.published_claims import EDITION, attribution, claim, figure, source

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=cmd",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "﹦1",
    "\u200b=1",
    "\u202e=1",
    "\ufeff=1",
    "−1",
    "'=1",
    "''=1",
    '=HYPERLINK("https://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "\u3000＝x",
)
HARMLESS = ("", "'", "'quoted'", "a=b", "1-2", "Kim@example.org", "O'Brien", "100%", "десятки", "김정은", "  ", "(=1)")


def is_formula(cell: str) -> bool:
    """True if the first visible character of a cell is a formula sign; independent of the code under test."""
    visible = re.sub(
        r"^[\s\x00-\x20]+", "", "".join(c for c in cell if unicodedata.category(c) not in ("Cf", "Cc", "Zs"))
    )
    return unicodedata.normalize("NFKC", visible)[:1] in set("=+-@−") - {""} or cell[:1] in ("\t", "\r", "\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_formulas_are_protected(text: str) -> None:
    assert not is_formula(escape_cell(text))
    assert escape_cell(text)[0] == "'"
    assert unescape_cell(escape_cell(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_cells_are_unchanged(text: str) -> None:
    assert escape_cell(text) == text == unescape_cell(text)


texts = st.text(
    st.sampled_from("=+-@＝＋－＠﹦−' \t\r\n\u200b\u00a0|\",;a1%") | st.characters(exclude_categories=["Cs"]),
    max_size=12,
)


@settings(deadline=None)
@given(texts)
def test_every_text_is_protected_and_restored(text: str) -> None:
    assert not is_formula(escape_cell(text))
    assert unescape_cell(escape_cell(text)) == text


@settings(deadline=None)
@given(st.lists(texts, min_size=5, max_size=5))
def test_no_cell_of_the_table_is_a_formula(cell_texts: list[str]) -> None:
    statement, place, name, verbatim, unit = cell_texts
    published = claim(
        statement=statement,
        place=place,
        attributions=[attribution(source(name=name))],
        quantities=[figure(verbatim=verbatim, unit=unit)],
    )
    table = list(csv.reader(io.StringIO("".join(claim_csv.write([published], EDITION)), newline="")))
    header, row = table
    cells = dict(zip(header, row, strict=True))
    assert not [cell for cell in row if is_formula(cell)]
    assert [unescape_cell(cells[column]) for column in ("statement", "place", "verbatim", "unit")] == [
        statement,
        place,
        verbatim,
        unit,
    ]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([], [("", "", "", "", "")]),
        ([figure(qualifier="exact", best=2)], [("1", "exact", "", "2", "")]),
        ([figure(qualifier="between", low=10000, high=12000.5)], [("1", "between", "10000", "", "12000.5")]),
        ([figure(qualifier="up_to", high=99999999999.9999)], [("1", "up_to", "", "", "99999999999.9999")]),
        ([figure(qualifier="at_least", low=0.0001)], [("1", "at_least", "0.0001", "", "")]),
        ([figure(qualifier="vague", verbatim="десятки")], [("1", "vague", "", "", "")]),
        (
            [figure(metric="killed", best=300), figure(metric="wounded", best=2700)],
            [("1", "exact", "", "300", ""), ("2", "exact", "", "2700", "")],
        ),
    ],
)
def test_each_figure_has_a_row(figures: list[dict[str, Any]], expected: list[tuple[str, ...]]) -> None:
    table = csv.DictReader(io.StringIO("".join(claim_csv.write([claim(quantities=figures)], EDITION)), newline=""))
    names = ("figure", "qualifier", "value_low", "value_best", "value_high")
    assert [tuple(row[name] for name in names) for row in table] == expected


def test_the_columns_are_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", page, re.MULTILINE)
    assert [row for row in documented if row[0] in {column.name for column in CLAIM_COLUMNS}] == [
        (column.name, column.meaning) for column in CLAIM_COLUMNS
    ]
    for name, export_format in EXPORT_FORMATS.items():
        assert f"| `{name}` | `.{export_format.suffix}` | `{export_format.media_type.partition(';')[0]}` |" in page


def test_a_byte_order_mark_is_added_on_request(api: TestClient, record: Callable[..., Any]) -> None:
    record("claims")
    plain = api.get("export", params={"format": "csv"}).content
    marked = api.get("export", params={"format": "csv", "bom": "true"}).content

    assert plain.startswith(b"claim_id,")
    assert marked == b"\xef\xbb\xbf" + plain


def test_parquet_has_the_same_rows_with_types() -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    claims = [
        claim(
            number=number,
            quantities=[figure(qualifier="between", low=10000, high=12000.5), figure(best=99999999999.9999)],
            attributions=[attribution(source(name="=NIS"))],
        )
        for number in range(6_000)
    ]
    file = io.BytesIO(b"".join(claim_parquet.write(claims, EDITION)))
    read = parquet.ParquetFile(file)

    group_sizes = [read.metadata.row_group(index).num_rows for index in range(read.metadata.num_row_groups)]
    assert group_sizes == [5_000, 5_000, 2_000]
    assert read.metadata.num_rows == 12_000
    assert read.schema_arrow.names == [column.name for column in CLAIM_COLUMNS]
    rows = read.read().to_pylist()
    assert (rows[0]["value_low"], rows[0]["value_best"], rows[0]["value_high"]) == (
        Decimal(10000),
        None,
        Decimal("12000.5"),
    )
    assert rows[1]["value_best"] == Decimal("99999999999.9999")
    assert rows[0]["said_by"] == [
        {"source_id": source().id, "name": "=NIS", "stance": "asserts", "upstream_state": "stands", "upstream": ""}
    ]
    assert rows[0]["decided_on"] == date(2025, 1, 12)
    assert rows[0]["recorded_at"] == datetime(2025, 1, 12, 9, tzinfo=UTC)
    assert read.schema_arrow.metadata[b"publisher"] == EDITION.publisher.name.encode()


def test_an_empty_parquet_export_has_no_rows() -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    assert parquet.read_table(io.BytesIO(b"".join(claim_parquet.write([], EDITION)))).num_rows == 0


def test_parquet_without_the_extra_is_unavailable(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)

    response = api.get("export", params={"format": "parquet"})

    assert response.status_code == 503
    assert "attest[parquet]" in response.json()["detail"]
