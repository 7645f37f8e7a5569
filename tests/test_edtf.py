"""Dates in EDTF: the days that they may speak of."""

from datetime import date

import pytest

from app.schemas.edtf import _FAULTS, OPEN, _of_grammar, bounds


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2025-01-12", "2025-01-12", "2025-01-12"),
        ("2025-01-12~", "2025-01-12", "2025-01-12"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-10/2025-01", "2024-10-01", "2025-01-31"),
        ("2022-02-24/2022-06-26", "2022-02-24", "2022-06-26"),
        ("2022-02-24/2022-02-24", "2022-02-24", "2022-02-24"),
        ("../2022-06-26", "0001-01-01", "2022-06-26"),
        ("2022-02-24/..", "2022-02-24", "9999-12-31"),
    ],
)
def test_bounds(text: str, earliest: str, latest: str) -> None:
    assert bounds(text) == (date.fromisoformat(earliest), date.fromisoformat(latest))


def test_no_date_is_any_day() -> None:
    assert bounds(None) == OPEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-02-30",
        "2025-02-30/2025-03-01",
        "0000-01-01",
        "12 January",
        "2025-W02-1",
        "2025-W02-1/2025-W03-1",
        "20250112",
        "٢٠٢٥-٠١-١٢",
        "2025-01-12/2025-01-13/2025-01-14",
        "../12.1.2025",
    ],
)
def test_what_is_no_edtf_date_is_refused_with_examples(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"is not an EDTF date.* 2024-10/2025-01 "):
        bounds(text)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["2025-01-12/2025-01-11", "2025-02/2025-01"])
def test_a_span_begins_before_it_ends(text: str) -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        bounds(text)


DATES = [
    "2025",
    "2024-02",
    "2025-02-28",
    "2025-02-29",
    "1999-12-31~",
    "2100-02?",
    "0001",
    "9999-12%",
    "..",
    "",
    "2025-13",
]


@pytest.mark.parametrize("text", [*DATES, *(f"{start}/{end}" for start in DATES for end in DATES)])
def test_dates_that_are_read_without_the_grammar_mean_the_same_by_it(text: str) -> None:
    try:
        expected = _of_grammar(text)
    except _FAULTS:
        with pytest.raises(ValueError, match="EDTF"):
            bounds(text)
        return
    if expected.earliest > expected.latest:
        with pytest.raises(ValueError, match="ends before"):
            bounds(text)
    else:
        assert bounds(text) == expected
