"""The origins of claims (independence and the five counts), the requirement of each status, and stale decisions."""

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.schemas.desk.independence import OriginPair
from app.services.policy import origins
from app.vocabulary import Independence, Role, Status
from tests.support.problems import assert_problem
from tests.support.retractions import RECORDED_WRONGLY

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

ESTABLISHED, NOT_ESTABLISHED, DEPENDENT = "established", "not_established", "dependent"


# --- the five counts ---


@dataclass(frozen=True)
class Case:
    """The attributions of a claim, and the expected counts."""

    name: str
    attributions: Sequence[dict[str, Any]]
    """Sources and documents are named as below."""
    counts: tuple[int, int, int, int, int]
    """Attributions, publishers, identified origins, independent origins, lineage unknown."""
    pairs: dict[frozenset[str], str] = field(default_factory=dict)
    """The independence of each pair of origins; pairs that are not established are left out."""
    ruled: Sequence[tuple[str, str]] = ()
    """Pairs that are ruled independent beforehand."""


SOURCES: dict[str, dict[str, Any]] = {
    "Ukraine": {"kind": "government"},
    "HUR": {"kind": "intelligence_service", "parent": "Ukraine"},
    "HUR unit": {"kind": "armed_force", "parent": "HUR"},
    "General Staff": {"kind": "armed_force", "parent": "Ukraine"},
    "NIS": {"kind": "intelligence_service"},
    "Pentagon": {"kind": "government"},
    "Western officials": {"kind": "government", "anonymity": "described"},
    "Somebody": {"kind": "person", "anonymity": "anonymous"},
    "Nobody": {"kind": "other", "anonymity": "unknown"},
    "Reuters": {"kind": "news_organisation"},
    "Yonhap": {"kind": "news_organisation"},
}

DOCUMENTS = {"by Reuters": "Reuters", "also by Reuters": "Reuters", "by Yonhap": "Yonhap", "by nobody": None}


def original(source: str, **fields: Any) -> dict[str, Any]:
    """An attribution whose source is the origin."""
    return {"source": source, "stance": "asserts", "lineage": "original", **fields}


def relayed(source: str, upstream: str, **fields: Any) -> dict[str, Any]:
    """An attribution that the source relays from another one."""
    return {"source": source, "stance": "asserts", "lineage": "relayed", "upstream": upstream, **fields}


CASES = [
    Case("no attribution", [], (0, 0, 0, 0, 0)),
    Case("one origin", [original("NIS", document="by nobody")], (1, 0, 1, 0, 0)),
    Case(
        "reprints of one origin",
        [
            original("NIS", key="nis", document="by Yonhap"),
            relayed("Yonhap", "nis", key="yonhap", document="by Yonhap"),
            relayed("Reuters", "yonhap", document="by Reuters"),
            relayed("Reuters", "nis", document="also by Reuters"),
        ],
        (4, 2, 1, 0, 0),
    ),
    Case(
        "one origin with two attributions",
        [original("NIS", said="2025-01"), original("NIS", said="2025-02")],
        (2, 0, 1, 0, 0),
    ),
    Case("two origins", [original("NIS"), original("Pentagon")], (2, 0, 2, 0, 0)),
    Case(
        "two origins, ruled independent",
        [original("NIS"), original("Pentagon")],
        (2, 0, 2, 2, 0),
        {frozenset({"NIS", "Pentagon"}): ESTABLISHED},
        [("NIS", "Pentagon")],
    ),
    Case(
        "two services of one state",
        [original("HUR"), original("General Staff")],
        (2, 0, 2, 0, 0),
        {frozenset({"HUR", "General Staff"}): DEPENDENT},
    ),
    Case(
        "a state and a part of it, at any depth",
        [original("HUR unit"), original("Ukraine"), original("NIS")],
        (3, 0, 3, 0, 0),
        {frozenset({"HUR unit", "Ukraine"}): DEPENDENT},
    ),
    Case(
        "an origin that also relays another",
        [original("NIS", key="nis"), original("Reuters"), relayed("Reuters", "nis")],
        (3, 0, 2, 0, 0),
        {frozenset({"NIS", "Reuters"}): DEPENDENT},
    ),
    Case(
        "two origins that also relay a third source of unknown lineage",
        [
            {"source": "Nobody", "stance": "asserts", "key": "rumour"},
            original("Reuters"),
            relayed("Reuters", "rumour"),
            original("Yonhap"),
            relayed("Yonhap", "rumour"),
        ],
        (5, 0, 2, 0, 3),
        {frozenset({"Reuters", "Yonhap"}): DEPENDENT},
    ),
    Case(
        "a relay that denies the claim makes no origin dependent",
        [original("NIS", key="nis"), original("Reuters"), relayed("Reuters", "nis", stance="denies")],
        (2, 0, 2, 0, 0),
    ),
    Case(
        "unknown lineage",
        [original("NIS", lineage="unknown"), original("Reuters", lineage="unknown")],
        (2, 0, 0, 0, 2),
    ),
    Case(
        "a relay of unknown lineage",
        [{"source": "Yonhap", "stance": "asserts", "key": "y"}, relayed("Reuters", "y", document="by Reuters")],
        (2, 1, 0, 0, 2),
    ),
    Case("a described source is an identified origin", [original("Western officials")], (1, 0, 1, 0, 0)),
    Case(
        "anonymous origins are not counted",
        [original("Somebody", key="s"), relayed("Reuters", "s"), original("Nobody"), original("NIS")],
        (4, 0, 1, 0, 3),
    ),
    Case(
        "a withdrawn attribution",
        [original("NIS", retraction=RECORDED_WRONGLY, document="by Yonhap"), original("Pentagon")],
        (1, 0, 1, 0, 0),
    ),
    Case(
        "a withdrawn relay",
        [original("NIS", key="nis"), relayed("Reuters", "nis", retraction=RECORDED_WRONGLY, document="by Reuters")],
        (1, 0, 1, 0, 0),
    ),
    Case(
        "only asserting stances count",
        [
            *(original("NIS", stance=stance) for stance in ("asserts", "estimates", "alleges", "predicts")),
            *(original("Pentagon", stance=stance) for stance in ("speculates", "confirms", "partly_confirms")),
            *(original("Reuters", stance=stance) for stance in ("disputes_figure", "denies", "declines_to_comment")),
            original("Reuters", stance="cannot_verify"),
            {
                "source": "Yonhap",
                "stance": "no_statement_found",
                "lineage": "original",
                "search": {"on": "2025-01-14", "where": "kcna.kp", "by": "Desk"},
            },
        ],
        (7, 0, 2, 0, 0),
    ),
    Case(
        "three origins with two independent pairs",
        [original("NIS"), original("Pentagon"), original("Western officials")],
        (3, 0, 3, 2, 0),
        {
            frozenset({"NIS", "Pentagon"}): ESTABLISHED,
            frozenset({"NIS", "Western officials"}): ESTABLISHED,
        },
        [("NIS", "Pentagon"), ("Western officials", "NIS")],
    ),
    Case(
        "three independent origins, and a fourth that depends on one of them",
        [original("NIS"), original("Pentagon"), original("HUR"), original("Ukraine")],
        (4, 0, 4, 3, 0),
        {
            frozenset({"NIS", "Pentagon"}): ESTABLISHED,
            frozenset({"NIS", "HUR"}): ESTABLISHED,
            frozenset({"Pentagon", "HUR"}): ESTABLISHED,
            frozenset({"Ukraine", "HUR"}): DEPENDENT,
            frozenset({"Ukraine", "NIS"}): ESTABLISHED,
        },
        [("NIS", "Pentagon"), ("NIS", "HUR"), ("HUR", "Pentagon"), ("Ukraine", "NIS")],
    ),
]  # fmt: skip


@pytest.fixture
def cast(api: TestClient, editor: Headers) -> dict[str, str]:
    """Record the sources and documents of the cases; the ids of the sources by name."""
    lines = [{"record": "source", "key": name, "name": name, **fields} for name, fields in SOURCES.items()]
    lines += [
        {"record": "document", "key": name, "kind": "article", "publisher": publisher}
        for name, publisher in DOCUMENTS.items()
    ]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == []
    return {source["key"]: source["id"] for source in api.get("sources", params={"limit": 200}).json()["items"]}


@pytest.fixture
def rule(api: TestClient, editor: Headers) -> Callable[..., Any]:
    """A function that rules on two origins of a claim and returns the response."""

    def post(claim: dict[str, Any], *sources: str, ruling: str = ESTABLISHED, headers: Headers = editor) -> Any:
        body = {"sources": list(sources), "ruling": ruling, "reason": "Looked into."}
        return api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=headers)

    return post


def known_independence(claim: dict[str, Any], cast: dict[str, str]) -> dict[frozenset[str], str]:
    """The independence of each pair of a claim's origins by their names, without those that are not established."""
    names = {identifier: name for name, identifier in cast.items()}
    return {
        frozenset(names[source_id] for source_id in pair["source_ids"]): pair["independence"]
        for pair in claim["origins"]["pairs"]
        if pair["independence"] != NOT_ESTABLISHED
    }


def test_the_five_counts_of_a_claim(
    api: TestClient, record: Record, cast: dict[str, str], rule: Callable[..., Any]
) -> None:
    for case in CASES:
        claim = record("claims", attributions=list(case.attributions))
        for pair in case.ruled:
            assert rule(claim, *pair).status_code == 201, case.name

        whole = api.get(f"claims/{claim['id']}").json()

        assert tuple(whole["counts"].values()) == case.counts, case.name
        assert known_independence(whole, cast) == case.pairs, case.name
        names = [origin["name"] for origin in whole["origins"]["origins"]]
        assert len(names) == len(set(names)) == case.counts[2], case.name
        assert len(whole["origins"]["pairs"]) == len(names) * (len(names) - 1) // 2, case.name


def test_a_pair_of_origins_gives_the_reason_of_its_independence(
    record: Record, cast: dict[str, str], rule: Callable[..., Any]
) -> None:
    attributions = [
        original("HUR"),
        original("General Staff"),
        original("NIS", key="nis"),
        relayed("General Staff", "nis"),
    ]
    claim = record("claims", attributions=attributions)

    ruled = rule(claim, "HUR", "NIS").json()

    reasons = {frozenset(pair["source_ids"]): pair["why"] for pair in ruled["origins"]["pairs"]}
    assert reasons == {
        frozenset({cast["HUR"], cast["General Staff"]}): "Both belong to Ukraine.",
        frozenset({cast["NIS"], cast["General Staff"]}): "Both rely on what NIS said.",
        frozenset({cast["HUR"], cast["NIS"]}): "Looked into.",
    }


def test_the_chain_of_an_attribution_leads_back_to_its_origin(record: Record, cast: dict[str, str]) -> None:
    sent = [original("NIS", key="nis"), relayed("Yonhap", "nis", key="yonhap"), relayed("Reuters", "yonhap")]

    attributions = record("claims", attributions=sent)["attributions"]

    assert [[link["source"]["name"] for link in attribution["chain"]] for attribution in attributions] == [
        [],
        ["NIS"],
        ["Yonhap", "NIS"],
    ]
    assert {attribution["origin_id"] for attribution in attributions} == {cast["NIS"]}


@pytest.mark.usefixtures("cast")
def test_the_last_ruling_on_a_pair_applies(api: TestClient, record: Record, rule: Callable[..., Any]) -> None:
    claim = record("claims", attributions=[original("NIS"), original("Pentagon")])
    other = record("claims", attributions=[original("NIS"), original("Pentagon")])

    rulings = [ESTABLISHED, NOT_ESTABLISHED, ESTABLISHED, DEPENDENT]
    claims = [rule(claim, "Pentagon", "NIS", ruling=ruling).json() for ruling in rulings]

    assert [claim["origins"]["pairs"][0]["independence"] for claim in claims] == rulings
    assert [claim["counts"]["independent_origins"] for claim in claims] == [2, 0, 2, 0]
    assert [claim["version"] for claim in claims] == [2, 3, 4, 5]
    listed_rulings = api.get(f"claims/{claim['id']}/independence-rulings").json()["items"]
    assert [row["ruling"] for row in listed_rulings] == rulings
    assert {(row["ruled_by"], row["reason"]) for row in listed_rulings} == {("Test editor", "Looked into.")}
    # A ruling applies to one claim: for another claim the two may have copied from each other.
    assert api.get(f"claims/{other['id']}").json()["counts"]["independent_origins"] == 0


def test_a_shared_ancestor_that_is_recorded_later_overrides_a_ruling(
    api: TestClient, record: Record, correct: Record, cast: dict[str, str], rule: Callable[..., Any]
) -> None:
    claim = record("claims", attributions=[original("NIS"), original("Pentagon")])
    assert rule(claim, "NIS", "Pentagon").json()["counts"]["independent_origins"] == 2

    alliance = record("sources", name="Alliance", kind="intergovernmental_organisation")
    for name in ("NIS", "Pentagon"):
        correct("sources", cast[name], parent=alliance["id"])

    whole = api.get(f"claims/{claim['id']}").json()
    assert whole["counts"]["independent_origins"] == 0
    assert whole["origins"]["pairs"][0]["why"] == "Both belong to Alliance."


def test_rulings_that_the_record_contradicts_are_refused(
    record: Record, cast: dict[str, str], rule: Callable[..., Any], key_of: Callable[[Role], Headers], api: TestClient
) -> None:
    attributions = [
        original("HUR"), original("General Staff"), original("NIS", key="nis"), original("Reuters"),
        relayed("Reuters", "nis"), relayed("Yonhap", "nis"), original("Somebody"),
        {"source": "Pentagon", "stance": "asserts"},
    ]  # fmt: skip
    claim = record("claims", attributions=attributions)

    for pair, reason in (
        (("HUR", "General Staff"), "Both belong to Ukraine."),
        (("NIS", "Reuters"), "Both rely on what NIS said."),
    ):
        response = rule(claim, *pair)
        assert response.status_code == 409
        assert response.json()["detail"].startswith(reason)
        # A ruling that they depend on each other is accepted.
        assert rule(claim, *pair, ruling=DEPENDENT).status_code == 201

    for no_origin in ("Yonhap", "Somebody", "Pentagon", "Western officials"):
        response = rule(claim, "NIS", no_origin)
        assert response.status_code == 422, no_origin
        assert response.json()["errors"] == [
            {
                "field": "sources.1",
                "message": "must be one of the claim's identified origins, which the claim lists under `origins`",
            }
        ]
    assert rule(claim, "NIS", "nobody known").status_code == 422
    assert rule(claim, "NIS", "NIS").status_code == 422
    assert rule(claim, "NIS", cast["NIS"]).status_code == 422
    assert rule({"id": "clm_00000000000000000000000000"}, "NIS", "HUR").status_code == 404
    assert rule(claim, "NIS", "HUR", headers=key_of(Role.FACT_CHECKER)).status_code == 403
    assert rule(claim, "NIS", "HUR", headers={}).status_code == 401
    whole = api.get(f"claims/{claim['id']}").json()
    assert (whole["version"], whole["counts"]["independent_origins"]) == (3, 0)


def test_the_largest_set_of_independent_origins_is_found() -> None:
    generator = random.Random(20250112)
    for _ in range(60):
        names = [f"src_{number}" for number in range(generator.randint(2, 8))]
        linked = {pair for pair in itertools.combinations(names, 2) if generator.random() < 0.6}
        pairs = [
            OriginPair(source_ids=list(pair), independence=Independence.ESTABLISHED, why="Ruled.")
            if pair in linked
            else OriginPair(source_ids=list(pair), independence=Independence.NOT_ESTABLISHED, why="")
            for pair in itertools.combinations(names, 2)
        ]
        sizes = [
            size
            for size in range(2, len(names) + 1)
            for group in itertools.combinations(names, size)
            if set(itertools.combinations(group, 2)) <= linked
        ]
        assert origins.count_independent(names, pairs) == max(sizes, default=0)


@pytest.mark.usefixtures("cast")
def test_only_the_pairs_of_the_first_thirty_origins_are_compared(
    api: TestClient, editor: Headers, record: Record
) -> None:
    number = 40
    lines = [{"record": "source", "key": f"s{index}", "name": f"S{index}", "kind": "other"} for index in range(number)]
    api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).raise_for_status()

    claim = record("claims", attributions=[original(f"s{index % number}") for index in range(400)])

    assert tuple(claim["counts"].values()) == (400, 0, number, 0, 0)
    assert len(claim["origins"]["pairs"]) == 30 * 29 // 2


# --- the requirement of each status ---

EXAMINED = {"examined_on": "2025-01-14", "finding": "Looked at it."}
KEPT_EXAMINED = {**EXAMINED, "not_kept_because": "Shown to us, not handed over."}

KEPT = "is kept: as a capture of the bytes that were examined (`capture`), or with a reason in `not_kept_because`"

SEARCHED = {"on": "2025-01-14", "where": "kcna.kp", "by": "Desk"}


@dataclass(frozen=True)
class StatusCase:
    """Claims that do not meet the requirement of a status, and claims that do."""

    requirement: str
    """The requirement in the words of the refusal."""
    insufficient: Sequence[dict[str, Any]]
    sufficient: Sequence[dict[str, Any]]
    ruled: tuple[str, str] | None = None
    """The pair of origins that must also be ruled independent."""


def with_evidence(**fields: Any) -> dict[str, Any]:
    """The fields of a claim with one piece of evidence."""
    return {"evidence": [{"key": "e", "document": "by nobody", **fields}]}


def attributed(*attributions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The fields of a claim with these attributions."""
    return {
        "attributions": [{"key": str(index), **attribution} for index, attribution in enumerate(attributions)],
        **fields,
    }


STATUS_CASES: dict[Status, StatusCase] = {
    Status.UNASSESSED: StatusCase(
        "nothing; it is the status of a new claim, and no decision can set it", [{}, attributed(original("NIS"))], []
    ),
    Status.UNCONFIRMED: StatusCase(
        "at least one attribution that asserts the claim",
        [{}, attributed(original("NIS", stance="denies")), attributed(original("NIS", retraction=RECORDED_WRONGLY))],
        [attributed(original("NIS")), attributed({"source": "Nobody", "stance": "speculates"})],
    ),
    Status.CORROBORATED: StatusCase(
        "two or more origins whose independence is established by rulings",
        [
            attributed(original("NIS")),
            attributed(original("NIS"), original("Pentagon")),
            attributed(original("HUR"), original("General Staff")),
        ],
        [attributed(original("NIS"), original("Pentagon"))],
        ruled=("NIS", "Pentagon"),
    ),
    Status.CONCEDED: StatusCase(
        "a confirmation by the party named in `adverse_to`: in full, or in part with its own figure given as "
        "`own_claim`",
        [
            attributed(original("Ukraine", stance="confirms")),
            attributed(original("NIS", stance="confirms"), adverse_to="Ukraine"),
            attributed(original("Ukraine", stance="asserts"), adverse_to="Ukraine"),
            attributed(original("Ukraine", stance="partly_confirms"), adverse_to="Ukraine"),
            attributed(original("Ukraine", stance="confirms", retraction=RECORDED_WRONGLY), adverse_to="Ukraine"),
            # The whole does not concede on behalf of a part.
            attributed(original("Ukraine", stance="confirms"), adverse_to="HUR"),
        ],
        [
            attributed(original("Ukraine", stance="confirms"), adverse_to="Ukraine"),
            attributed(original("HUR unit", stance="confirms"), adverse_to="Ukraine"),
            attributed(original("Ukraine", stance="partly_confirms", own_claim="other"), adverse_to="Ukraine"),
        ],
    ),
    Status.CONFIRMED: StatusCase(
        f"supporting evidence that is independent of the claim's origins, was examined and {KEPT}",
        [
            attributed(original("NIS"), original("Pentagon", stance="confirms")),
            with_evidence(role="supports"),
            with_evidence(role="supports", independent=True),
            with_evidence(role="supports", independent=True, **EXAMINED),
            with_evidence(role="supports", **KEPT_EXAMINED),
            with_evidence(role="supports", independent=False, **KEPT_EXAMINED),
            with_evidence(role="refutes", independent=True, **KEPT_EXAMINED),
            with_evidence(role="context", independent=True, **KEPT_EXAMINED),
            with_evidence(role="supports", independent=True, withdrawn=True, **KEPT_EXAMINED),
        ],
        [with_evidence(role="supports", independent=True, **KEPT_EXAMINED)],
    ),
    Status.DISPUTED: StatusCase(
        "an identified source that denies the claim or disputes its figure, or another claim that contradicts it",
        [
            attributed(original("NIS")),
            attributed(original("NIS", stance="declines_to_comment")),
            attributed({"source": "NIS", "stance": "no_statement_found", "search": SEARCHED}),
            attributed(original("Somebody", stance="denies")),
            attributed(original("NIS", stance="denies", retraction=RECORDED_WRONGLY)),
            {"relations": [{"relation": "updates", "other_claim": "other"}]},
            {"relations": [{"relation": "contradicts", "other_claim": "other", "withdrawn": True}]},
        ],
        [
            attributed(original("NIS", stance="denies")),
            attributed({"source": "Western officials", "stance": "disputes_figure"}),
            {"relations": [{"relation": "contradicts", "other_claim": "other"}]},
        ],
    ),
    Status.UNLIKELY: StatusCase(
        f"refuting evidence that was examined and {KEPT}",
        [
            with_evidence(role="refutes"),
            with_evidence(role="refutes", **EXAMINED),
            with_evidence(role="supports", **KEPT_EXAMINED),
            with_evidence(role="refutes", withdrawn=True, **KEPT_EXAMINED),
        ],
        [with_evidence(role="refutes", **KEPT_EXAMINED)],
    ),
    Status.REFUTED: StatusCase(
        f"refuting evidence that was examined, is conclusive and {KEPT}",
        [
            with_evidence(role="refutes", **KEPT_EXAMINED),
            with_evidence(role="refutes", conclusive=True, **EXAMINED),
            with_evidence(role="supports", conclusive=True, **KEPT_EXAMINED),
            with_evidence(role="refutes", conclusive=True, withdrawn=True, **KEPT_EXAMINED),
        ],
        [with_evidence(role="refutes", conclusive=True, **KEPT_EXAMINED)],
    ),
    Status.UNVERIFIABLE: StatusCase(
        "a recorded attempt to verify the claim: examined evidence, or a search for a statement",
        [
            attributed(original("NIS")),
            with_evidence(role="supports"),
            with_evidence(role="context", withdrawn=True, **EXAMINED),
        ],
        [
            with_evidence(role="context", **EXAMINED),
            attributed({"source": "NIS", "stance": "no_statement_found", "search": SEARCHED}),
        ],
    ),
}
"""The cases of each status."""


@pytest.fixture
def decide(api: TestClient, editor: Headers) -> Callable[..., dict[str, Any]]:
    """A function that imports a claim with decisions and returns the report."""

    def load(key: str, reviews: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        least = {"kind": "other", "statement": f"Claim {key}.", "stage": "published"}
        line = {"record": "claim", "key": key, **least, **fields, "reviews": list(reviews)}
        response = api.post("imports", content=json.dumps(line), headers=editor)
        assert response.status_code == 200, response.text
        report: dict[str, Any] = response.json()
        return report

    return load


def decision(status: str, on: str = "2025-01-14", **fields: Any) -> dict[str, Any]:
    """A decision in an import file."""
    return {"status": status, "rationale": f"It is {status}.", "decided_on": on, "decided_by": "Desk", **fields}


def test_every_status_has_cases() -> None:
    assert STATUS_CASES.keys() == set(Status)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.usefixtures("cast")
def test_a_status_is_accepted_only_if_its_requirement_is_met(
    api: TestClient, record: Record, rule: Callable[..., Any], decide: Callable[..., dict[str, Any]], status: Status
) -> None:
    record("claims", key="other")
    case = STATUS_CASES[status]

    for index, fields in enumerate(case.insufficient):
        key = f"refused {index}"
        report = decide(key, [decision(status)], **fields)
        assert [(refusal["field"], refusal["reason"]) for refusal in report["refusals"]] == [
            ("reviews.0.status", f"'{status}' needs {case.requirement}")
        ], fields
        # The claim is recorded without the decision.
        (row,) = [row for row in api.get("claims", params={"limit": 200}).json()["items"] if row["key"] == key]
        assert row["status"] == "unassessed", fields

    for index, fields in enumerate(case.sufficient):
        key = f"taken {index}"
        if case.ruled is not None:
            decide(key, [], **fields)
            claim = next(row for row in api.get("claims").json()["items"] if row["key"] == key)
            assert rule(claim, *case.ruled).status_code == 201
        report = decide(key, [decision(status)], **fields)
        assert report["refusals"] == [], fields
        (row,) = [row for row in api.get("claims", params={"limit": 200}).json()["items"] if row["key"] == key]
        assert row["status"] == status, fields
        claim = api.get(f"claims/{row['id']}").json()
        assert (claim["review"]["status"], claim["review"]["stale"]) == (status, False)


@pytest.fixture
def decided(api: TestClient, decide: Callable[..., dict[str, Any]], cast: dict[str, str]) -> dict[str, Any]:
    """A published claim, unconfirmed since 14 January, that meets the requirements of other statuses too."""
    fields = attributed(original("NIS"), original("Pentagon", stance="denies")) | with_evidence(
        role="refutes", **KEPT_EXAMINED
    )
    assert decide("it", [decision("unconfirmed")], **fields)["refusals"] == []
    (item,) = api.get("claims").json()["items"]
    claim: dict[str, Any] = api.get(f"claims/{item['id']}").json()
    return claim


@pytest.mark.parametrize(
    "change",
    [
        {"statement": "Another."},
        {"place": "Kursk"},
        {"time": "2025"},
        {"kind": "deployment"},
        {"adverse_to": "NIS"},
        {"language": "de"},
        {"quantities": [{"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 1}]},
    ],
)
def test_a_decision_is_stale_once_the_proposition_has_changed(
    api: TestClient, correct: Record, decided: dict[str, Any], change: dict[str, Any]
) -> None:
    after = correct("claims", decided["id"], **change)

    assert (after["status"], after["review"]["status"], after["review"]["stale"]) == ("stale", "unconfirmed", True)
    assert after["review"]["claim_version"] == decided["review"]["claim_version"] < after["content_version"]
    before = api.get(f"claims/{decided['id']}/versions/{decided['version']}").json()
    assert before["review"]["stale"] is False
    assert api.get(f"claims/{decided['id']}/reviews").json()["items"][0]["stale"] is True


def test_a_decision_is_not_stale_while_the_proposition_is_the_same(
    correct: Record, record: Record, decided: dict[str, Any]
) -> None:
    record("attributions", claim=decided["id"], source="Reuters", stance="asserts")
    after = correct("claims", decided["id"], note="Noted.", notice="Corrected a name.")

    assert after["version"] == decided["version"] + 2
    assert after["review"]["stale"] is False


def test_a_new_decision_after_an_edit_is_not_stale(
    correct: Record, decide: Callable[..., dict[str, Any]], decided: dict[str, Any], api: TestClient
) -> None:
    correct("claims", decided["id"], statement="Another.")
    decide("it", [decision("unconfirmed"), decision("disputed", "2025-01-15")], statement="Another.")

    whole = api.get(f"claims/{decided['id']}").json()
    assert (whole["status"], whole["review"]["stale"]) == ("disputed", False)
    decisions = api.get(f"claims/{decided['id']}/reviews").json()["items"]
    assert [(row["status"], row["stale"]) for row in decisions] == [("disputed", False), ("unconfirmed", True)]


def test_an_older_decision_that_is_imported_later_does_not_become_current(
    api: TestClient, decide: Callable[..., dict[str, Any]], decided: dict[str, Any]
) -> None:
    report = decide("it", [decision("disputed", "2025-01-13")])
    assert (report["revised"], report["refusals"]) == (1, [])

    whole = api.get(f"claims/{decided['id']}").json()

    assert (whole["status"], whole["review"]["status"]) == ("unconfirmed", "unconfirmed")
    decisions = api.get(f"claims/{decided['id']}/reviews").json()["items"]
    assert [row["status"] for row in decisions] == ["unconfirmed", "disputed"]
    # Of two decisions of one day the one that was recorded last is current.
    decide("it", [decision("unlikely", "2025-01-14")])
    assert api.get(f"claims/{decided['id']}").json()["status"] == "unlikely"
    # As of an earlier moment the decision of that moment is current.
    earlier = api.get(f"claims/{decided['id']}", params={"as_of": decided["recorded_at"]}).json()
    assert (earlier["status"], earlier["review"]["status"]) == ("unconfirmed", "unconfirmed")


def test_the_same_decision_again_changes_nothing(
    api: TestClient, decide: Callable[..., dict[str, Any]], decided: dict[str, Any]
) -> None:
    report = decide("it", [decision("unconfirmed")])

    assert (report["unchanged"], report["revised"]) == (1, 0)
    assert api.get(f"claims/{decided['id']}").json()["version"] == decided["version"]


def test_only_a_decision_sets_a_status(
    api: TestClient, editor: Headers, decided: dict[str, Any], decide: Callable[..., dict[str, Any]]
) -> None:
    headers = {**editor, "If-Match": "*"}
    body = {"reason": "Because.", "status": "confirmed"}
    assert_problem(api.patch(f"claims/{decided['id']}", json=body, headers=headers), 422, "status")
    new = {"kind": "other", "statement": "New.", "status": "confirmed"}
    assert_problem(api.post("claims", json=new, headers=editor), 422, "status")
    report = decide("it", [], status="confirmed")
    assert [refusal["field"] for refusal in report["refusals"]] == ["status"]
    assert api.get(f"claims/{decided['id']}").json()["status"] == "unconfirmed"
