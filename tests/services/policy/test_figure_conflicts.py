"""Figures as intervals, and the conflicts between random figures, compared with a naive reference implementation."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.schemas.base import edtf
from app.services.policy.figure_accounts import build_account
from app.services.policy.figure_comparability import COUNTING_MODES, StatedFigure, comparable_figures
from app.services.policy.figure_conflicts import ConflictFinder
from app.services.policy.figure_intervals import Interval, interval_of
from app.vocabulary import ConflictKind, Metric, Qualifier
from tests.support.plain_conflicts import PlainConflicts, PlainFigure

# --- figures as intervals ---


def decimal(number: float | str | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


@pytest.mark.parametrize(
    ("qualifier", "numbers_given", "low", "high", "open_end"),
    [
        ("exact", (None, 300, None), 300, 300, ""),
        ("exact", (None, 0, None), 0, 0, ""),
        # About: all numbers that round to it at its last significant digit.
        ("about", (None, 300, None), 250, 350, "high"),
        ("about", (None, 11000, None), 10500, 11500, "high"),
        ("about", (None, 2700, None), 2650, 2750, "high"),
        ("about", (None, 12345, None), 12344.5, 12345.5, "high"),
        ("about", (None, 1.5, None), 1.45, 1.55, "high"),
        ("about", (None, 0.25, None), 0.245, 0.255, "high"),
        ("about", (None, 0, None), -0.5, 0.5, "high"),
        # The source's own bounds are used unchanged.
        ("about", (10000, 11000, 12000), 10000, 12000, ""),
        ("about", (10000, 11000, None), 10000, 11500, "high"),
        ("about", (None, 11000, 12000), 10500, 12000, ""),
        ("at_least", (300, None, None), 300, None, ""),
        ("more_than", (300, None, None), 300, None, "low"),
        ("at_most", (None, None, 300), None, 300, ""),
        ("fewer_than", (None, None, 300), None, 300, "high"),
        ("up_to", (None, None, 300), None, 300, ""),
        ("between", (10, None, 20), 10, 20, ""),
        ("between", (10, 15, 20), 10, 20, ""),
    ],
)
def test_a_figure_becomes_an_interval(
    qualifier: str,
    numbers_given: tuple[float | None, ...],
    low: float | None,
    high: float | None,
    open_end: str,
) -> None:
    assert interval_of(qualifier, *map(decimal, numbers_given)) == Interval(
        decimal(low), decimal(high), low_open=open_end == "low", high_open=open_end == "high"
    )


def test_a_figure_without_a_number_has_no_interval() -> None:
    assert interval_of("vague", None, None, None) is None


def test_every_qualifier_is_in_the_table_above() -> None:
    """A qualifier without a row would go untested."""
    (table,) = (mark for mark in test_a_figure_becomes_an_interval.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {row[0] for row in table.args[1]} == set(Qualifier) - {Qualifier.VAGUE}


def test_every_metric_is_counted_in_some_way() -> None:
    assert COUNTING_MODES.keys() == set(Metric)


# --- the conflicts of random figures ---

PARENTS = {"ua": None, "staff": "ua", "spies": "ua", "ru": None, "paper": None, "agency": None, "somebody": None}
ANONYMITY = {source: "anonymous" if source == "somebody" else "named" for source in PARENTS}
TIMES = [
    *("2025-01-12", "2025-01-13", "2025-01", "2024-10/2025-01-12", "2024-12/2025-01-12", "2024-10/..", "../2025-01-12"),
    *(
        "2025-01-12T18:00",
        "2025-01-12T18:00Z",
        "2025-01-12T18:00/2025-01-12T23:30",
        "2025-01-12T06:00/2025-01-12T09:00",
    ),
    *("2025-01-12T20:00+02:00/2025-01-13T04:00+02:00", "2025-01-12/2025-01-13T03:00Z", "../..", None),
]
TOPIC_START = date(2024, 10, 1)

claims = st.fixed_dictionaries(
    {
        "time": st.sampled_from(TIMES),
        "place": st.sampled_from([None, None, "Kursk", "kursk "]),
        "chains": st.lists(
            st.tuples(
                st.lists(st.sampled_from(sorted(PARENTS)), min_size=1, max_size=3),
                st.sampled_from([None, None, "2025-01-12", "2025-01-13", "2025-01-12T20:00", "2025-01"]),
                st.sampled_from(["original", "original", "original", "unknown"]),
                st.sampled_from([None, "doc"]),
                st.sampled_from([0, 0, 0, 0, 1, 2]),
                st.sampled_from(["asserts", "estimates", "denies"]),
            ),
            max_size=3,
        ),
        "figures": st.lists(
            st.fixed_dictionaries(
                {
                    "metric": st.sampled_from(["present", "killed", "deployed_total"]),
                    "cumulative": st.booleans(),
                    "qualifier": st.sampled_from(["exact", "about", "at_least", "between"]),
                    "number": st.sampled_from([1, 2, 12, 300]),
                }
            ),
            min_size=1,
            max_size=2,
        ),
    }
)


def attributions_of(claim: dict[str, Any], claim_id: str) -> list[dict[str, Any]]:
    """The attributions of a claim: chains of relays. In some of them the first attributions are withdrawn."""
    rows = []
    for number, (sources, said, lineage, document, withdrawn, stance) in enumerate(claim["chains"]):
        for depth, source in enumerate(sources):
            rows.append(
                {
                    "id": f"{claim_id}/{number}/{depth}",
                    "source_id": source,
                    "stance": stance,
                    "lineage": lineage if depth == 0 else "relayed",
                    "upstream_id": None if depth == 0 else f"{claim_id}/{number}/{depth - 1}",
                    "withdrawn": depth < withdrawn,
                    "retracted_by": ("us", "origin")[number % 2] if depth < withdrawn else None,
                    "said": said if depth == 0 else None,
                    "document_id": document,
                }
            )
    return rows


def quantity_of(figure: dict[str, Any]) -> dict[str, Any]:
    number = float(figure["number"])
    low, best, high = {
        "at_least": (number, None, None),
        "between": (number, None, number + 1),
    }.get(figure["qualifier"], (None, number, None))
    names = ("metric", "cumulative", "qualifier")
    bounds = {"low": low, "best": best, "high": high}
    return {name: figure[name] for name in names} | bounds | {"unit": "soldiers", "population": None}


def build(
    random_claims: list[dict[str, Any]],
) -> tuple[list[StatedFigure], list[PlainFigure], dict[str, list[dict[str, Any]]]]:
    """The figures of these claims in both forms, and their attributions."""
    stated: list[StatedFigure] = []
    plain: list[PlainFigure] = []
    attributions: dict[str, list[dict[str, Any]]] = {}
    for number, claim in enumerate(random_claims):
        claim_id = f"clm_{number}"
        attributions[claim_id] = attributions_of(claim, claim_id)
        for position, figure in enumerate(claim["figures"]):
            quantity = quantity_of(figure)
            stated.append(StatedFigure("", claim_id, position, claim, quantity))
            bounds = [None if quantity[name] is None else Decimal(quantity[name]) for name in ("low", "best", "high")]
            plain.append(
                PlainFigure(
                    claim_id=claim_id,
                    position=position,
                    metric=quantity["metric"],
                    unit="soldiers",
                    population=None,
                    place=claim["place"],
                    cumulative=quantity["cumulative"],
                    time=claim["time"],
                    interval=interval_of(quantity["qualifier"], *bounds),
                    attributions=tuple(attributions[claim_id]),
                    topic_start=TOPIC_START,
                )
            )
    return stated, plain, attributions


Conflicts = list[tuple[frozenset[tuple[str, int]], ConflictKind]]


def find(
    stated: list[StatedFigure], attributions: dict[str, list[dict[str, Any]]], settled: dict[str, set[str]]
) -> Conflicts:
    ancestors = {source: [parent] if (parent := PARENTS[source]) else [] for source in PARENTS}
    accounts = {claim_id: build_account(rows, ANONYMITY) for claim_id, rows in attributions.items()}
    finder = ConflictFinder(accounts.__getitem__, lambda: ancestors, settled)
    return [
        (frozenset({(figure.claim_id, figure.position), (rival.claim_id, rival.position)}), kind)
        for figure, rivals in finder.find(comparable_figures(stated, TOPIC_START))
        for rival, kind in rivals
    ]


SETTLED = {"clm_0": {"clm_1"}, "clm_1": {"clm_0"}}


@settings(max_examples=300)
@given(st.lists(claims, max_size=8))
def test_the_sweep_finds_exactly_the_conflicts_of_the_definition(random_claims: list[dict[str, Any]]) -> None:
    stated, plain, attributions = build(random_claims)

    conflicts = find(stated, attributions, SETTLED)

    expected = PlainConflicts(plain, ANONYMITY, PARENTS, {frozenset({"clm_0", "clm_1"})}).pairs()
    assert {
        frozenset({(first.claim_id, first.position), (second.claim_id, second.position)}): kind
        for first, second, kind in expected
    } == dict(conflicts)
    assert len(conflicts) == len(expected)


@settings(max_examples=300)
@given(st.lists(claims, max_size=8))
def test_a_conflict_is_symmetric_between_others_and_of_one_thing(random_claims: list[dict[str, Any]]) -> None:
    stated, plain, attributions = build(random_claims)

    conflicts = find(stated, attributions, {})

    # The order of the figures makes no difference.
    assert dict(find(stated[::-1], attributions, {})) == dict(conflicts)
    by_position = {(figure.claim_id, figure.position): figure for figure in plain}
    for pair, kind in conflicts:
        first, second = (by_position[position] for position in pair)
        assert first.claim_id != second.claim_id
        # Never an incident against a running total, and never at times that are certainly apart.
        assert first.mode == second.mode
        assert edtf.span(first.time).overlaps(edtf.span(second.time))
        # Never a source against itself: two sources have a voice each, and two relays are different ones.
        accounts = [build_account(attributions[figure.claim_id], ANONYMITY) for figure in (first, second)]
        voices = [{voice.source_id for voice in account.shape} for account in accounts]
        if kind is ConflictKind.RELAYS:
            carriers = [
                {carrier for voice in account.shape if voice.is_origin for carrier in voice.carriers}
                for account in accounts
            ]
            assert len(carriers[0] | carriers[1]) > 1
        else:
            assert not voices[0] or not voices[1] or len(voices[0] | voices[1]) > 1
