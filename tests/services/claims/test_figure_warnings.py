"""A figure that is recorded as exact is questioned if the quoted words say "around"; nothing is refused for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.attest import attest

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]
Fields = dict[str, Any]


def figure(best: int = 300, qualifier: str = "exact", **fields: Any) -> Fields:
    return {"metric": "killed", "unit": "soldiers", "qualifier": qualifier, "best": best, **fields}


def said(exact: str, **fields: Any) -> Fields:
    """An attribution with a quote; `translation` belongs to the quote."""
    translation = fields.pop("translation", None)
    quote = {"exact": exact} | ({"translation": translation, "translated_by": "Desk"} if translation else {})
    return {"source": "nis", "stance": "asserts", "quote": quote, **fields}


# The figures, the attributions, and for each question: its figure, whose words, the words, and the right qualifier.
Question = tuple[int, str, str, str]
CASES: list[tuple[list[Fields], list[Fields], list[Question]]] = [
    ([figure()], [said("around 300 soldiers")], [(0, "the quoted words of", "around 300", "about")]),
    ([figure(11_000)], [said("близько 11 тисяч")], [(0, "the quoted words of", "близько 11 тисяч", "about")]),
    ([figure()], [said("не менее 300 военных")], [(0, "the quoted words of", "не менее 300", "at_least")]),
    ([figure()], [said("300여 명")], [(0, "the quoted words of", "300여", "about")]),
    ([figure(verbatim="some 300")], [], [(0, "its verbatim words", "some 300", "about")]),
    (
        [figure()],
        [said("三百人", translation="up to 300 men")],
        [(0, "the translated words of", "up to 300", "up_to")],
    ),
    (
        [figure(100), figure()],
        [said("100 fell, and more than 300 were hurt")],
        [(1, "the quoted words of", "more than 300", "more_than")],
    ),
    (
        [figure(verbatim="about 300")],
        [said("nearly 300"), said("300 men")],
        [(0, "its verbatim words", "about 300", "about"), (0, "the quoted words of", "nearly 300", "about")],
    ),
    # No question.
    ([figure()], [said("300 soldiers")], []),
    ([figure(qualifier="about")], [said("around 300 soldiers")], []),
    ([figure()], [said("around 500 soldiers")], []),
    ([figure()], [said("around 300 soldiers", stance="denies")], []),
    ([figure()], [{"source": "nis", "stance": "asserts"}], []),
    ([], [said("around 300 soldiers")], []),
]


def matches(sentence: str, question: Question) -> bool:
    number, place, words, qualifier = question
    start = f"quantities.{number}.qualifier is 'exact', but {place}"
    end = f"say \"{words}\". If they give this figure, its qualifier is '{qualifier}'."
    return sentence.startswith(start) and sentence.endswith(end)


def assert_questions(sentences: list[str], questions: list[Question]) -> None:
    assert len(sentences) == len(questions), sentences
    for sentence, question in zip(sentences, questions, strict=True):
        assert matches(sentence, question), sentence


@pytest.mark.parametrize(("figures", "attributions", "questions"), CASES)
def test_an_exact_figure_with_a_qualified_quote_is_questioned(
    *,
    api: TestClient,
    record: Record,
    correct: Record,
    editor: Headers,
    figures: list[Fields],
    attributions: list[Fields],
    questions: list[Question],
) -> None:
    record("sources", name="NIS", key="nis")
    claim = record("claims", quantities=figures, attributions=attributions)
    assert_questions(claim.pop("warnings", []), questions)
    # They are not stored.
    assert api.get(f"claims/{claim['id']}", headers=editor).json() == claim
    # A correction of anything asks again.
    corrected = correct("claims", claim["id"], note="Seen.")
    assert_questions(corrected.pop("warnings", []), questions)
    assert api.get(f"claims/{claim['id']}", headers=editor).json() == corrected
    # An import asks once.
    rows = [
        {"record": "source", "key": "nis", "name": "NIS", "kind": "government"},
        {
            "record": "claim",
            "key": "c",
            "kind": "other",
            "statement": "In a file.",
            "quantities": figures,
            "attributions": attributions,
        },
    ]
    content = "\n".join(map(json.dumps, rows))
    report = api.post("imports", content=content, headers=editor).json()
    assert (report["refused"], report["questioned"]) == (0, len(questions))
    assert_questions([warning["message"] for warning in report["questions"]], questions)
    assert [(warning["line"], warning["field"]) for warning in report["questions"]] == [
        (2, f"quantities.{number}.qualifier") for number, *_rest in questions
    ]
    assert api.post("imports", content=content, headers=editor).json()["questioned"] == 0


def test_an_attribution_is_questioned_for_its_own_quote(
    api: TestClient, record: Record, correct: Record, editor: Headers
) -> None:
    record("sources", name="NIS", key="nis")
    claim = record("claims", quantities=[figure(verbatim="about 300")], attributions=[said("nearly 300")])
    assert len(claim["warnings"]) == 2
    plain = record("attributions", claim=claim["id"], **said("300 men"))
    assert "warnings" not in plain
    around = record("attributions", claim=claim["id"], **said("around 300 men"))
    assert_questions(
        around.pop("warnings"), [(0, f"the quoted words of attribution {around['id']}", "around 300", "about")]
    )
    assert api.get(f"attributions/{around['id']}", headers=editor).json() == around
    changed = correct("attributions", plain["id"], quote={"exact": "at least 300 men"})
    assert_questions(changed["warnings"], [(0, "the quoted words of attribution", "at least 300", "at_least")])
    assert "warnings" not in correct("attributions", plain["id"], quote={"exact": "300 men"})


def test_the_command_line_prints_the_questions(url: str, tmp_path: Path) -> None:
    source = {"record": "source", "key": "nis", "name": "NIS", "kind": "government"}
    claim = {"record": "claim", "kind": "other", "statement": "So.", "quantities": [figure()]}
    rows = [source, *({**claim, "key": str(n), "attributions": [said(f"around 300, {n}")]} for n in range(30))]
    path = tmp_path / "claims.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = attest(url, tmp_path / "data", "import", path)
    assert result.code == 0, result
    assert "line 2: quantities.0.qualifier is 'exact', but the quoted words of attribution 1 say" in result.out
    assert "30 figures were questioned in total" in result.out
