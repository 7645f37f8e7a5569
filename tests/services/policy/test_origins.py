"""Where claims come from: independence and the five counts; and what a status needs, row by row of the rules."""

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
from app.services.policy.status_rules import STATUS_RULES
from app.vocabulary import Independence, Role, Status

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

ESTABLISHED, NOT_ESTABLISHED, DEPENDENT = "established", "not_established", "dependent"


# --- the five counts ---


@dataclass(frozen=True)
class Case:
    """Who says so, and what it comes to."""

    name: str
    said: Sequence[dict[str, Any]]
    """Attributions; sources and documents by the names below."""
    counts: tuple[int, int, int, int, int]
    """Attributions, publishers, identified origins, independent origins, lineage unknown."""
    pairs: dict[frozenset[str], str] = field(default_factory=dict)
    """What is known of the independence of origins, unless it is not established."""
    ruled: Sequence[tuple[str, str]] = ()
    """Pairs that are ruled independent first."""


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


def says(source: str, **fields: Any) -> dict[str, Any]:
    """The source says so of its own knowledge."""
    return {"source": source, "stance": "asserts", "lineage": "original", **fields}


def relays(source: str, upstream: str, **fields: Any) -> dict[str, Any]:
    """The source has it from another attribution."""
    return {"source": source, "stance": "asserts", "lineage": "relayed", "upstream": upstream, **fields}


CASES = [
    Case("nobody says so", [], (0, 0, 0, 0, 0)),
    Case("one origin", [says("NIS", document="by nobody")], (1, 0, 1, 0, 0)),
    Case(
        "a thousand reprints are one origin",
        [
            says("NIS", key="nis", document="by Yonhap"),
            relays("Yonhap", "nis", key="yonhap", document="by Yonhap"),
            relays("Reuters", "yonhap", document="by Reuters"),
            relays("Reuters", "nis", document="also by Reuters"),
        ],
        (4, 2, 1, 0, 0),
    ),
    Case("one origin that says it twice", [says("NIS", said="2025-01"), says("NIS", said="2025-02")], (2, 0, 1, 0, 0)),
    Case("two origins", [says("NIS"), says("Pentagon")], (2, 0, 2, 0, 0)),
    Case(
        "two origins, ruled independent",
        [says("NIS"), says("Pentagon")],
        (2, 0, 2, 2, 0),
        {frozenset({"NIS", "Pentagon"}): ESTABLISHED},
        [("NIS", "Pentagon")],
    ),
    Case(
        "two services of one state",
        [says("HUR"), says("General Staff")],
        (2, 0, 2, 0, 0),
        {frozenset({"HUR", "General Staff"}): DEPENDENT},
    ),
    Case(
        "a state and a part of it, at any depth",
        [says("HUR unit"), says("Ukraine"), says("NIS")],
        (3, 0, 3, 0, 0),
        {frozenset({"HUR unit", "Ukraine"}): DEPENDENT},
    ),
    Case(
        "an origin that also relays another",
        [says("NIS", key="nis"), says("Reuters"), relays("Reuters", "nis")],
        (3, 0, 2, 0, 0),
        {frozenset({"NIS", "Reuters"}): DEPENDENT},
    ),
    Case(
        "two origins that also relay a third party of which nobody knows where it has it from",
        [
            {"source": "Nobody", "stance": "asserts", "key": "rumour"},
            says("Reuters"),
            relays("Reuters", "rumour"),
            says("Yonhap"),
            relays("Yonhap", "rumour"),
        ],
        (5, 0, 2, 0, 3),
        {frozenset({"Reuters", "Yonhap"}): DEPENDENT},
    ),
    Case(
        "a relay of one who does not stand by it is no way to it",
        [says("NIS", key="nis"), says("Reuters"), relays("Reuters", "nis", stance="denies")],
        (2, 0, 2, 0, 0),
    ),
    Case("unknown lineage", [says("NIS", lineage="unknown"), says("Reuters", lineage="unknown")], (2, 0, 0, 0, 2)),
    Case(
        "a relay of unknown lineage",
        [{"source": "Yonhap", "stance": "asserts", "key": "y"}, relays("Reuters", "y", document="by Reuters")],
        (2, 1, 0, 0, 2),
    ),
    Case("described is identified", [says("Western officials")], (1, 0, 1, 0, 0)),
    Case(
        "anonymous origins count as none",
        [says("Somebody", key="s"), relays("Reuters", "s"), says("Nobody"), says("NIS")],
        (4, 0, 1, 0, 3),
    ),
    Case("taken back", [says("NIS", withdrawn=True, document="by Yonhap"), says("Pentagon")], (1, 0, 1, 0, 0)),
    Case(
        "a relay that was taken back",
        [says("NIS", key="nis"), relays("Reuters", "nis", withdrawn=True, document="by Reuters")],
        (1, 0, 1, 0, 0),
    ),
    Case(
        "only stances that put it forward count",
        [
            *(says("NIS", stance=stance) for stance in ("asserts", "estimates", "alleges", "predicts", "speculates")),
            *(says("Pentagon", stance=stance) for stance in ("confirms", "partly_confirms")),
            *(says("Reuters", stance=stance) for stance in ("disputes_figure", "denies", "declines_to_comment")),
            says("Reuters", stance="cannot_verify"),
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
        "three of which only two pairs are independent are two",
        [says("NIS"), says("Pentagon"), says("Western officials")],
        (3, 0, 3, 2, 0),
        {
            frozenset({"NIS", "Pentagon"}): ESTABLISHED,
            frozenset({"NIS", "Western officials"}): ESTABLISHED,
        },
        [("NIS", "Pentagon"), ("Western officials", "NIS")],
    ),
    Case(
        "three of which all pairs are independent are three, with a fourth that hangs on one",
        [says("NIS"), says("Pentagon"), says("HUR"), says("Ukraine")],
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
    """The sources and documents of the cases, by name: their ids."""
    lines = [{"record": "source", "key": name, "name": name, **fields} for name, fields in SOURCES.items()]
    lines += [
        {"record": "document", "key": name, "kind": "article", "publisher": publisher}
        for name, publisher in DOCUMENTS.items()
    ]
    report = api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).json()
    assert report["refusals"] == []
    return {one["key"]: one["id"] for one in api.get("sources", params={"limit": 200}).json()["items"]}


@pytest.fixture
def rule(api: TestClient, editor: Headers) -> Callable[..., Any]:
    """Rule on two origins of a claim: the answer."""

    def post(claim: dict[str, Any], *sources: str, ruling: str = ESTABLISHED, headers: Headers = editor) -> Any:
        body = {"sources": list(sources), "ruling": ruling, "reason": "Looked into."}
        return api.post(f"claims/{claim['id']}/independence-rulings", json=body, headers=headers)

    return post


def known(claim: dict[str, Any], cast: dict[str, str]) -> dict[frozenset[str], str]:
    """What a claim says of the independence of its origins, by their names, where something is known."""
    names = {identifier: name for name, identifier in cast.items()}
    return {
        frozenset(names[one] for one in pair["source_ids"]): pair["independence"]
        for pair in claim["origins"]["pairs"]
        if pair["independence"] != NOT_ESTABLISHED
    }


def test_the_five_counts_case_by_case(
    api: TestClient, record: Record, cast: dict[str, str], rule: Callable[..., Any]
) -> None:
    for case in CASES:
        claim = record("claims", attributions=list(case.said))
        for pair in case.ruled:
            assert rule(claim, *pair).status_code == 201, case.name

        whole = api.get(f"claims/{claim['id']}").json()

        assert tuple(whole["counts"].values()) == case.counts, case.name
        assert known(whole, cast) == case.pairs, case.name
        names = [one["name"] for one in whole["origins"]["origins"]]
        assert len(names) == len(set(names)) == case.counts[2], case.name
        assert len(whole["origins"]["pairs"]) == len(names) * (len(names) - 1) // 2, case.name


def test_a_pair_says_why(record: Record, cast: dict[str, str], rule: Callable[..., Any]) -> None:
    said = [says("HUR"), says("General Staff"), says("NIS", key="nis"), relays("General Staff", "nis")]
    claim = record("claims", attributions=said)

    ruled = rule(claim, "HUR", "NIS").json()

    why = {frozenset(pair["source_ids"]): pair["why"] for pair in ruled["origins"]["pairs"]}
    assert why == {
        frozenset({cast["HUR"], cast["General Staff"]}): "Both belong to Ukraine.",
        frozenset({cast["NIS"], cast["General Staff"]}): "Both rely on what NIS said.",
        frozenset({cast["HUR"], cast["NIS"]}): "Looked into.",
    }


def test_chains_show_the_way_back(record: Record, cast: dict[str, str]) -> None:
    said = [says("NIS", key="nis"), relays("Yonhap", "nis", key="yonhap"), relays("Reuters", "yonhap")]

    shown = record("claims", attributions=said)["attributions"]

    assert [[link["source"]["name"] for link in one["chain"]] for one in shown] == [[], ["NIS"], ["Yonhap", "NIS"]]
    assert {one["origin_id"] for one in shown} == {cast["NIS"]}


@pytest.mark.usefixtures("cast")
def test_the_last_ruling_on_a_pair_holds(api: TestClient, record: Record, rule: Callable[..., Any]) -> None:
    claim = record("claims", attributions=[says("NIS"), says("Pentagon")])
    other = record("claims", attributions=[says("NIS"), says("Pentagon")])

    rulings = [ESTABLISHED, NOT_ESTABLISHED, ESTABLISHED, DEPENDENT]
    answers = [rule(claim, "Pentagon", "NIS", ruling=ruling).json() for ruling in rulings]

    assert [one["origins"]["pairs"][0]["independence"] for one in answers] == rulings
    assert [one["counts"]["independent_origins"] for one in answers] == [2, 0, 2, 0]
    assert [one["version"] for one in answers] == [2, 3, 4, 5]
    listed = api.get(f"claims/{claim['id']}/independence-rulings").json()["items"]
    assert [one["ruling"] for one in listed] == rulings
    assert {(one["ruled_by"], one["reason"]) for one in listed} == {("Test editor", "Looked into.")}
    # A ruling is about one claim: elsewhere the two may have copied from each other.
    assert api.get(f"claims/{other['id']}").json()["counts"]["independent_origins"] == 0


def test_a_shared_ancestor_that_becomes_known_outweighs_a_ruling(
    api: TestClient, record: Record, correct: Record, cast: dict[str, str], rule: Callable[..., Any]
) -> None:
    claim = record("claims", attributions=[says("NIS"), says("Pentagon")])
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
    said = [
        says("HUR"), says("General Staff"), says("NIS", key="nis"), says("Reuters"), relays("Reuters", "nis"),
        relays("Yonhap", "nis"), says("Somebody"), {"source": "Pentagon", "stance": "asserts"},
    ]  # fmt: skip
    claim = record("claims", attributions=said)

    for relatives, why in (
        (("HUR", "General Staff"), "Both belong to Ukraine."),
        (("NIS", "Reuters"), "Both rely on what NIS said."),
    ):
        refused = rule(claim, *relatives)
        assert refused.status_code == 409
        assert refused.json()["detail"].startswith(why)
        # That they depend on each other may be put on record.
        assert rule(claim, *relatives, ruling=DEPENDENT).status_code == 201

    for no_origin in ("Yonhap", "Somebody", "Pentagon", "Western officials"):
        refused = rule(claim, "NIS", no_origin)
        assert refused.status_code == 422, no_origin
        assert refused.json()["errors"] == [
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
def test_many_origins_take_no_time(api: TestClient, editor: Headers, record: Record) -> None:
    number = origins.MAX_ORIGINS + 10
    lines = [{"record": "source", "key": f"s{place}", "name": f"S{place}", "kind": "other"} for place in range(number)]
    api.post("imports", content="\n".join(map(json.dumps, lines)), headers=editor).raise_for_status()

    claim = record("claims", attributions=[says(f"s{place % number}") for place in range(400)])

    assert tuple(claim["counts"].values()) == (400, 0, number, 0, 0)
    assert len(claim["origins"]["pairs"]) == origins.MAX_ORIGINS * (origins.MAX_ORIGINS - 1) // 2


# --- what a status needs ---

EXAMINED = {"examined_on": "2025-01-14", "finding": "Looked at it."}

SEARCHED = {"on": "2025-01-14", "where": "kcna.kp", "by": "Desk"}


@dataclass(frozen=True)
class Needs:
    """What a status does not take for enough, and what it does."""

    not_enough: Sequence[dict[str, Any]]
    enough: Sequence[dict[str, Any]]
    ruled: tuple[str, str] | None = None
    """What has to be ruled independent as well, for all that is enough."""


def shows(**fields: Any) -> dict[str, Any]:
    """A claim with one piece of evidence."""
    return {"evidence": [{"key": "e", "document": "by nobody", **fields}]}


def said(*attributions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A claim with these attributions."""
    return {"attributions": [{"key": str(place), **one} for place, one in enumerate(attributions)], **fields}


STATUSES: dict[Status, Needs] = {
    Status.UNASSESSED: Needs([{}, said(says("NIS"))], []),
    Status.UNCONFIRMED: Needs(
        [{}, said(says("NIS", stance="denies")), said(says("NIS", withdrawn=True))],
        [said(says("NIS")), said({"source": "Nobody", "stance": "speculates"})],
    ),
    Status.CORROBORATED: Needs(
        [said(says("NIS")), said(says("NIS"), says("Pentagon")), said(says("HUR"), says("General Staff"))],
        [said(says("NIS"), says("Pentagon"))],
        ruled=("NIS", "Pentagon"),
    ),
    Status.CONCEDED: Needs(
        [
            said(says("Ukraine", stance="confirms")),
            said(says("NIS", stance="confirms"), adverse_to="Ukraine"),
            said(says("Ukraine", stance="asserts"), adverse_to="Ukraine"),
            said(says("Ukraine", stance="partly_confirms"), adverse_to="Ukraine"),
            said(says("Ukraine", stance="confirms", withdrawn=True), adverse_to="Ukraine"),
            # A part does not hold what the whole is reproached with.
            said(says("Ukraine", stance="confirms"), adverse_to="HUR"),
        ],
        [
            said(says("Ukraine", stance="confirms"), adverse_to="Ukraine"),
            said(says("HUR unit", stance="confirms"), adverse_to="Ukraine"),
            said(says("Ukraine", stance="partly_confirms", own_claim="other"), adverse_to="Ukraine"),
        ],
    ),
    Status.CONFIRMED: Needs(
        [
            said(says("NIS"), says("Pentagon", stance="confirms")),
            shows(role="supports"),
            shows(role="supports", independent=True),
            shows(role="supports", **EXAMINED),
            shows(role="supports", independent=False, **EXAMINED),
            shows(role="refutes", independent=True, **EXAMINED),
            shows(role="context", independent=True, **EXAMINED),
            shows(role="supports", independent=True, withdrawn=True, **EXAMINED),
        ],
        [shows(role="supports", independent=True, **EXAMINED)],
    ),
    Status.DISPUTED: Needs(
        [
            said(says("NIS")),
            said(says("NIS", stance="declines_to_comment")),
            said({"source": "NIS", "stance": "no_statement_found", "search": SEARCHED}),
            said(says("Somebody", stance="denies")),
            said(says("NIS", stance="denies", withdrawn=True)),
            {"relations": [{"relation": "updates", "other_claim": "other"}]},
            {"relations": [{"relation": "contradicts", "other_claim": "other", "withdrawn": True}]},
        ],
        [
            said(says("NIS", stance="denies")),
            said({"source": "Western officials", "stance": "disputes_figure"}),
            {"relations": [{"relation": "contradicts", "other_claim": "other"}]},
        ],
    ),
    Status.UNLIKELY: Needs(
        [shows(role="refutes"), shows(role="supports", **EXAMINED), shows(role="refutes", withdrawn=True, **EXAMINED)],
        [shows(role="refutes", **EXAMINED)],
    ),
    Status.REFUTED: Needs(
        [
            shows(role="refutes", **EXAMINED),
            shows(role="supports", conclusive=True, **EXAMINED),
            shows(role="refutes", conclusive=True, withdrawn=True, **EXAMINED),
        ],
        [shows(role="refutes", conclusive=True, **EXAMINED)],
    ),
    Status.UNVERIFIABLE: Needs(
        [said(says("NIS")), shows(role="supports"), shows(role="context", withdrawn=True, **EXAMINED)],
        [
            shows(role="context", **EXAMINED),
            said({"source": "NIS", "stance": "no_statement_found", "search": SEARCHED}),
        ],
    ),
}
"""For each status what is refused and what is taken."""


@pytest.fixture
def decide(api: TestClient, editor: Headers) -> Callable[..., dict[str, Any]]:
    """Import a claim with decisions on it, as a file holds them: the report."""

    def load(key: str, reviews: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        least = {"kind": "other", "statement": f"Claim {key}.", "stage": "published"}
        line = {"record": "claim", "key": key, **least, **fields, "reviews": list(reviews)}
        answer = api.post("imports", content=json.dumps(line), headers=editor)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report

    return load


def decision(status: str, on: str = "2025-01-14", **fields: Any) -> dict[str, Any]:
    """A decision as a file holds it."""
    return {"status": status, "rationale": f"It is {status}.", "decided_on": on, "decided_by": "Desk", **fields}


def test_every_status_has_its_row() -> None:
    assert STATUSES.keys() == STATUS_RULES.keys() == set(Status)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.usefixtures("cast")
def test_a_status_is_refused_without_and_taken_with_what_it_needs(
    api: TestClient, record: Record, rule: Callable[..., Any], decide: Callable[..., dict[str, Any]], status: Status
) -> None:
    record("claims", key="other")
    needs = STATUSES[status]

    for place, fields in enumerate(needs.not_enough):
        key = f"refused {place}"
        report = decide(key, [decision(status)], **fields)
        assert [(one["field"], one["reason"]) for one in report["refusals"]] == [
            ("reviews.0.status", f"'{status}' needs {STATUS_RULES[status].requirement}")
        ], fields
        found = [one for one in api.get("claims", params={"limit": 200}).json()["items"] if one["key"] == key]
        assert [one["status"] for one in found] in ([], ["unassessed"]), fields

    for place, fields in enumerate(needs.enough):
        key = f"taken {place}"
        if needs.ruled is not None:
            decide(key, [], **fields)
            claim = next(one for one in api.get("claims").json()["items"] if one["key"] == key)
            assert rule(claim, *needs.ruled).status_code == 201
        report = decide(key, [decision(status)], **fields)
        assert report["refusals"] == [], fields
        found = [one for one in api.get("claims", params={"limit": 200}).json()["items"] if one["key"] == key]
        assert [one["status"] for one in found] == [status], fields
        whole = api.get(f"claims/{found[0]['id']}").json()
        assert (whole["review"]["status"], whole["review"]["stale"]) == (status, False)


@pytest.fixture
def decided(api: TestClient, decide: Callable[..., dict[str, Any]], cast: dict[str, str]) -> dict[str, Any]:
    """A published claim that is on record as unconfirmed since 14 January, with what other statuses need, too."""
    fields = said(says("NIS"), says("Pentagon", stance="denies")) | shows(role="refutes", **EXAMINED)
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

    assert (after["status"], after["review"]["stale"]) == ("unconfirmed", True)
    assert after["review"]["claim_version"] == decided["review"]["claim_version"] < after["content_version"]
    before = api.get(f"claims/{decided['id']}/versions/{decided['version']}").json()
    assert before["review"]["stale"] is False
    assert api.get(f"claims/{decided['id']}/reviews").json()["items"][0]["stale"] is True


def test_a_decision_stays_fresh_where_the_proposition_is_the_same(
    correct: Record, record: Record, decided: dict[str, Any]
) -> None:
    record("attributions", claim=decided["id"], source="Reuters", stance="asserts")
    after = correct("claims", decided["id"], note="Noted.", notice="Corrected a name.")

    assert after["version"] == decided["version"] + 2
    assert after["review"]["stale"] is False


def test_a_new_decision_after_an_edit_is_fresh(
    correct: Record, decide: Callable[..., dict[str, Any]], decided: dict[str, Any], api: TestClient
) -> None:
    correct("claims", decided["id"], statement="Another.")
    decide("it", [decision("unconfirmed"), decision("disputed", "2025-01-15")], statement="Another.")

    whole = api.get(f"claims/{decided['id']}").json()
    assert (whole["status"], whole["review"]["stale"]) == ("disputed", False)
    listed = api.get(f"claims/{decided['id']}/reviews").json()["items"]
    assert [(one["status"], one["stale"]) for one in listed] == [("disputed", False), ("unconfirmed", True)]


def test_an_older_decision_that_comes_later_does_not_override(
    api: TestClient, decide: Callable[..., dict[str, Any]], decided: dict[str, Any]
) -> None:
    report = decide("it", [decision("disputed", "2025-01-13")])
    assert (report["revised"], report["refusals"]) == (1, [])

    whole = api.get(f"claims/{decided['id']}").json()

    assert (whole["status"], whole["review"]["status"]) == ("unconfirmed", "unconfirmed")
    listed = api.get(f"claims/{decided['id']}/reviews").json()["items"]
    assert [one["status"] for one in listed] == ["unconfirmed", "disputed"]
    # Of two of the same day the one that was recorded last holds.
    decide("it", [decision("unlikely", "2025-01-14")])
    assert api.get(f"claims/{decided['id']}").json()["status"] == "unlikely"
    # And what holds now did not hold then.
    then = api.get(f"claims/{decided['id']}", params={"as_of": decided["recorded_at"]}).json()
    assert (then["status"], then["review"]["status"]) == ("unconfirmed", "unconfirmed")


def test_the_same_decision_again_changes_nothing(
    api: TestClient, decide: Callable[..., dict[str, Any]], decided: dict[str, Any]
) -> None:
    report = decide("it", [decision("unconfirmed")])

    assert (report["unchanged"], report["revised"]) == (1, 0)
    assert api.get(f"claims/{decided['id']}").json()["version"] == decided["version"]


def test_no_door_but_decisions_sets_a_status(
    api: TestClient, editor: Headers, decided: dict[str, Any], decide: Callable[..., dict[str, Any]]
) -> None:
    headers = {**editor, "If-Match": "*"}
    body = {"reason": "Because.", "status": "confirmed"}
    assert api.patch(f"claims/{decided['id']}", json=body, headers=headers).status_code == 422
    new = {"kind": "other", "statement": "New.", "status": "confirmed"}
    assert api.post("claims", json=new, headers=editor).status_code == 422
    assert decide("it", [], status="confirmed")["refused"] == 1
    assert api.get(f"claims/{decided['id']}").json()["status"] == "unconfirmed"
