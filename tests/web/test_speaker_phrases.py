"""Who says so, in the one line of a list: origins by name, relays by number, and what became of what they relayed."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.html_pages import parse_page
from tests.support.retractions import RECORDED_WRONGLY, RETRACTED

Record = Callable[..., dict[str, Any]]
Correct = Callable[..., dict[str, Any]]

ORIGIN = {"key": "first", "source": "Ministry", "stance": "asserts", "lineage": "original"}


def relay(source: str, **fields: Any) -> dict[str, Any]:
    """An attribution that relays the origin."""
    return {"source": source, "stance": "asserts", "lineage": "relayed", "upstream": "first", **fields}


CASES: list[tuple[list[dict[str, Any]], str]] = [
    ([], "Nobody is on record as putting it forward."),
    ([ORIGIN], "Ministry says so."),
    ([{**ORIGIN, "stance": "estimates"}], "Ministry gives it as an estimate."),
    ([ORIGIN, relay("Paper")], "Ministry says so; relayed by one other."),
    ([ORIGIN, relay("Paper"), relay("Radio")], "Ministry says so; relayed by two others."),
    ([{**ORIGIN, "lineage": "unknown"}], "Ministry says so; from where is not known."),
    ([{**ORIGIN, "lineage": "unknown"}, relay("Paper")], "Ministry says so; from where is not known; Paper relays it."),
    (
        [{**ORIGIN, "lineage": "unknown"}, relay("Paper"), relay("Radio"), relay("Blog")],
        "Ministry says so; from where is not known; Paper relays it; two more relay it.",
    ),
    ([{**ORIGIN, "stance": "denies"}], "Ministry denies it."),
    (
        [ORIGIN, {**ORIGIN, "key": None, "source": "Rival", "stance": "disputes_figure"}],
        "Ministry says so; Rival gives another figure.",
    ),
    (
        [
            {
                "source": "Rival",
                "stance": "no_statement_found",
                "search": {"on": "2025-01-12", "where": "their site", "by": "Desk"},
            }
        ],
        "no statement by Rival found.",
    ),
]


def line_in_the_list(api: TestClient) -> str:
    """The line of the only claim in the list."""
    (line,) = parse_page(api.get("http://testserver/search").text).all(
        "p", lambda paragraph: paragraph.attributes.get("class") == "says"
    )
    return line.text


@pytest.mark.parametrize(("attributions", "expected"), CASES, ids=[expected for _attributions, expected in CASES])
def test_the_line_names_origins_before_everybody_else(
    api: TestClient, record: Record, attributions: list[dict[str, Any]], expected: str
) -> None:
    names = dict.fromkeys(attribution["source"] for attribution in attributions)
    ids = {name: record("sources", name=name)["id"] for name in names}
    record("claims", attributions=[{**row, "source": ids[row["source"]]} for row in attributions])
    assert line_in_the_list(api) == expected


@pytest.mark.parametrize(
    ("retraction", "expected"),
    [
        (RETRACTED, "Paper relays it; what was relayed has been retracted."),
        (RECORDED_WRONGLY, "Paper relays it; what was relayed had been recorded wrongly."),
    ],
)
def test_a_relay_says_what_became_of_what_it_relayed(
    api: TestClient, record: Record, correct: Correct, retraction: dict[str, Any], expected: str
) -> None:
    ids = {name: record("sources", name=name)["id"] for name in ("Ministry", "Paper")}
    claim = record("claims", attributions=[{**row, "source": ids[row["source"]]} for row in (ORIGIN, relay("Paper"))])
    first = claim["attributions"][0]["id"]
    correct("attributions", first, withdrawn=True, retraction=retraction)
    assert line_in_the_list(api) == expected
