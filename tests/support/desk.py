"""A desk that performs random actions on the record over the API, to make a record in which everything occurs.

An action is a name and three numbers, which choose among the existing objects; Hypothesis draws and shrinks them.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import strategies as st
from pydantic import SecretStr

from app.db.engine import Database
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.support import postgres
from tests.support.client import Client
from tests.support.distinct import post_distinct
from tests.support.retractions import STATES

Action = tuple[str, int, int, int]
Fields = dict[str, Any]

NAMES = ("NIS", "국가정보원", 'He said "no\\n"', "Міністерство оборони", "A paper\u2028🗞")
STATEMENTS = ("About 11,000 soldiers are in Kursk.", 'Soldiers\nleft "Kursk" \\ Sumy.', "Солдати в Курську 🇰🇵.")
PLACES = ("Курська область, Росія", "50% of A_b", "Çankırı, Türkiye", None)
TIMES = ("2025-01~", "2025-01-12", "2024-10/2025-01", "../2024-11", None)
KINDS = ("troop_estimate", "casualty_figure", "other")
SIDES = ("Ukraine", None)
QUOTES: tuple[Fields | None, ...] = (
    {"exact": " близько 11 тисяч\n", "language": "uk", "translation": "some 11,000", "translated_by": "Desk"},
    {"exact": "dozens", "page": "3", "media_time": "00:01:23", "prefix": "they took "},
    None,
)
EVIDENCE_KINDS = ("document", "photograph", "other")
STANCES = ("asserts", "estimates", "denies", "confirms", "no_statement_found", "disputes_figure", "cannot_verify")
LINEAGES = ("original", "relayed", "unknown")
FIGURES: tuple[Fields, ...] = (
    {"metric": "present", "qualifier": "about", "best": 11000},
    {"metric": "present", "qualifier": "between", "low": 10000, "high": 12000.5},
    {"metric": "killed", "qualifier": "vague", "verbatim": "десятки", "verbatim_language": "uk"},
    {"metric": "killed", "qualifier": "at_least", "low": 0.0001, "cumulative": True, "basis": "count"},
    {"metric": "wounded", "qualifier": "up_to", "high": 99999999999.9999},
    {"metric": "wounded", "qualifier": "exact", "best": 0, "population": "officers"},
    {"metric": "present", "qualifier": "about", "best": 2, "low": 1.5, "high": 2.25},
)


@dataclass
class Desk:
    """Performs actions on the record. A refused action is no failure."""

    api: TestClient
    headers: dict[str, str]
    """An editor's key."""
    database: Database
    max_claims: int = 8
    """More claims would only take longer."""
    ids: dict[str, list[str]] = field(
        default_factory=lambda: {
            plural: []
            for plural in ("sources", "topics", "documents", "claims", "attributions", "evidence", "relations")
        }
    )
    performed: set[str] = field(default_factory=set)
    """The names of the actions that were accepted at least once."""

    def perform(self, action: str, a: int, b: int, c: int) -> None:
        """Perform one action."""
        if getattr(self, action)(a, b, c):
            self.performed.add(action)

    # --- actions; each returns whether it was accepted ---

    def source(self, a: int, b: int, c: int) -> bool:
        parent = {"parent": self.pick_id("sources", b)} if b % 3 == 0 and self.ids["sources"] else {}
        other_names = [NAMES[c % len(NAMES)]] if c % 2 else []
        return self.post(
            "sources",
            name=NAMES[a % len(NAMES)],
            kind=("government", "person")[a % 2],
            other_names=other_names,
            side=SIDES[b % 2],
            **parent,
        )

    def correct_source(self, a: int, b: int, c: int) -> bool:
        """Correct one field at a time; claims show each of these fields."""
        changes: list[Fields] = [
            {"name": NAMES[b % len(NAMES)]},
            {"anonymity": ("named", "described", "anonymous")[b % 3]},
            {"side": SIDES[b % 2]},
            {"kind": ("government", "armed_force")[b % 2]},
        ]
        return self.patch("sources", a, **changes[c % 4])

    def move_source(self, a: int, b: int, c: int) -> bool:
        return self.patch("sources", a, parent=self.pick_id("sources", b) if c % 3 else None)

    def describe_source(self, a: int, b: int, _c: int) -> bool:
        """Correct a field that no claim shows."""
        return self.patch("sources", a, description=f"Description {b}.")

    def topic(self, a: int, _b: int, _c: int) -> bool:
        return self.post("topics", title=f"How many? {a}", subject="soldiers", metric_family="other")

    def rename_topic(self, a: int, b: int, _c: int) -> bool:
        return self.patch("topics", a, title=f"How many? {b}")

    def document(self, a: int, b: int, c: int) -> bool:
        publisher = {"publisher": self.pick_id("sources", b)} if c % 3 and self.ids["sources"] else {}
        title = NAMES[a % len(NAMES)].replace("\u2028", " ")
        return self.post("documents", kind="article", title=title, url=f"https://example.org/{a}", **publisher)

    def correct_document(self, a: int, b: int, c: int) -> bool:
        published = {"published": TIMES[b % len(TIMES)]} if c % 2 else {"publisher": self.pick_id("sources", b)}
        return self.patch("documents", a, title=f"Title {b}", **published)

    def claim(self, a: int, b: int, c: int) -> bool:
        if len(self.ids["claims"]) >= self.max_claims:
            return self.correct_claim(a, b, c)
        fields: Fields = {
            **self.claim_fields(a, b, c),
            "key": f"claim {len(self.ids['claims'])}",
            "stage": ("draft", "published", "published", "in_review")[a % 4],
            "attributions": [self.attribution_fields(b + number, c + number) for number in range(c % 4)]
            if self.ids["sources"]
            else [],
        }
        return self.post("claims", **fields)

    def correct_claim(self, a: int, b: int, c: int) -> bool:
        fields = self.claim_fields(a, b, c)
        return self.patch("claims", a + b, **{name: fields[name] for name in list(fields)[c % 4 :]})

    def reword_claim(self, a: int, b: int, _c: int) -> bool:
        return self.patch("claims", a, statement=STATEMENTS[b % len(STATEMENTS)])

    def annotate_claim(self, a: int, b: int, _c: int) -> bool:
        return self.patch("claims", a, note=f"Note {b}.")

    def publish(self, a: int, _b: int, _c: int) -> bool:
        return self.patch("claims", a, stage="published")

    def withdraw(self, a: int, b: int, _c: int) -> bool:
        return self.patch("claims", a, stage="withdrawn", notice=f"Wrong {b}.")

    def attribution(self, a: int, b: int, c: int) -> bool:
        if not (self.ids["claims"] and self.ids["sources"]):
            return False
        claim_id = self.pick_id("claims", a)
        fields = self.attribution_fields(b, c)
        if c % 3 and (upstream := self.read_json(f"claims/{claim_id}")["attributions"]):
            fields |= {"lineage": "relayed", "upstream": upstream[b % len(upstream)]["id"]}
        return self.post("attributions", claim=claim_id, **fields)

    def correct_attribution(self, a: int, b: int, c: int) -> bool:
        return self.patch("attributions", a, **STATES[b % len(STATES)], quote=QUOTES[c % len(QUOTES)])

    def evidence(self, a: int, b: int, c: int) -> bool:
        if not (self.ids["claims"] and self.ids["documents"]):
            return False
        role = ("supports", "refutes", "context")[c % 3]
        claim_id, document_id = self.pick_id("claims", a), self.pick_id("documents", b)
        more = {"kind": EVIDENCE_KINDS[a % len(EVIDENCE_KINDS)], "quote": QUOTES[b % len(QUOTES)]}
        return self.post("evidence", claim=claim_id, document=document_id, role=role, key=f"evidence {c}", **more)

    def correct_evidence(self, a: int, b: int, c: int) -> bool:
        examined = {"examined_on": "2025-01-14", "finding": f"Seen {b}.", "independent": (True, False, None)[c % 3]}
        other = {"withdrawn": bool(c % 2), "note": f"Note {b}.", "quote": QUOTES[c % len(QUOTES)]}
        return self.patch("evidence", a, **(examined if b % 3 else other))

    def relation(self, a: int, b: int, c: int) -> bool:
        if not self.ids["claims"]:
            return False
        relation = ("supersedes", "contradicts")[c % 2]
        return self.post(
            "relations", claim=self.pick_id("claims", a), other_claim=self.pick_id("claims", b), relation=relation
        )

    def correct_relation(self, a: int, b: int, _c: int) -> bool:
        return self.patch("relations", a, withdrawn=bool(b % 2), note=f"Because {b}.")

    def ruling(self, a: int, b: int, c: int) -> bool:
        """Rule on two origins of a claim that has at least two."""
        for number in range(len(self.ids["claims"])):
            claim_id = self.pick_id("claims", a + number)
            origins = [origin["id"] for origin in self.read_json(f"claims/{claim_id}")["origins"]["origins"]]
            if len(origins) > 1:
                pair = [origins[b % len(origins)], origins[(b + 1) % len(origins)]]
                fields = {"sources": pair, "ruling": ("established", "not_established")[c % 2], "reason": f"Ruled {c}."}
                path = f"claims/{claim_id}/independence-rulings"
                return self.is_accepted(self.api.post(path, json=fields, headers=self.headers))
        return False

    def merge_source(self, a: int, b: int, _c: int) -> bool:
        return self.merge("sources", a, b)

    def merge_topic(self, a: int, b: int, _c: int) -> bool:
        return self.merge("topics", a, b)

    def merge_document(self, a: int, b: int, _c: int) -> bool:
        return self.merge("documents", a, b)

    def merge_claim(self, a: int, b: int, c: int) -> bool:
        return self.merge("claims", a, b, relation=("same_as", "supersedes")[c % 2])

    def import_claim(self, a: int, b: int, c: int) -> bool:
        """Import a file with a decision, a fact-check and a renamed source, and one with the reworded claim."""
        key = {"key": f"claim {a % self.max_claims}"}
        decision = {"rationale": f"Why {b}.", "decided_on": f"2025-01-{10 + c}", "decided_by": "Desk"}
        statuses = ("unverifiable", "unconfirmed", "disputed", "confirmed", "conceded")
        check = {"source": "filed", "verdict": f"Verdict {b}", "original": {"n": c}, "key": f"check {b % 2}"}
        fields = {**self.claim_fields(b, b, c), **key, "stage": "published"}
        lines: list[Fields] = [
            {"record": "source", "key": "filed", "name": NAMES[c % len(NAMES)], "kind": "other"},
            {"record": "claim", **fields, "reviews": [{"status": statuses[a % 2], **decision}], "fact_checks": [check]},
        ]
        reworded = {"record": "claim", **fields, "statement": STATEMENTS[a % 3]}
        return self.import_lines(lines) & self.import_lines([reworded])

    def import_decisions(self, a: int, b: int, c: int) -> bool:
        """Import decisions on a claim without changing the claim."""
        if not self.ids["claims"]:
            return False
        claim = self.read_json(f"claims/{self.pick_id('claims', a)}")
        statuses = ("unconfirmed", "disputed", "unverifiable", "confirmed", "corroborated")
        decisions = [
            {"status": status, "rationale": f"Why {b}.", "decided_on": f"2025-02-{10 + c}", "decided_by": "Desk"}
            for status in (statuses[b % 5], "unconfirmed")
        ]
        topic = {} if claim["topic"] is None else {"topic": claim["topic"]["id"]}
        fields = {name: claim[name] for name in ("key", "kind", "statement", "language", "place", "time", "quantities")}
        return self.import_lines(
            [{"record": "claim", **fields, **topic, "reviews": [decision]} for decision in decisions]
        )

    # --- parts of actions ---

    def claim_fields(self, a: int, b: int, c: int) -> Fields:
        figures = [{"unit": "soldiers", **FIGURES[(a + number * b) % len(FIGURES)]} for number in range(c % 4)]
        fields: Fields = {
            "kind": KINDS[b % len(KINDS)],
            "statement": STATEMENTS[b % len(STATEMENTS)],
            "place": PLACES[c % len(PLACES)],
            "time": TIMES[(a + b) % len(TIMES)],
            "quantities": figures,
        }
        if self.ids["topics"]:
            fields["topic"] = self.pick_id("topics", a) if a % 4 else None
        if self.ids["sources"]:
            fields["adverse_to"] = self.pick_id("sources", c) if c % 2 else None
        return fields

    def attribution_fields(self, b: int, c: int) -> Fields:
        stance = STANCES[c % len(STANCES)]
        searched = {"on": "2025-01-12", "where": "Everywhere.", "by": "Desk"}
        fields: Fields = {
            "source": self.pick_id("sources", b),
            "stance": stance,
            "lineage": "original" if b % 4 else "unknown",
            "quote": QUOTES[b % len(QUOTES)],
            "search": searched if stance == "no_statement_found" else None,
            "said": TIMES[b % len(TIMES)],
        }
        if self.ids["documents"] and c % 2:
            fields["document"] = self.pick_id("documents", b + c)
        if self.ids["claims"] and c % 3 == 0:
            fields["own_claim"] = self.pick_id("claims", b + c)
        return fields

    def pick_id(self, plural: str, number: int) -> str:
        """Return the id of one of the existing objects."""
        return self.ids[plural][number % len(self.ids[plural])]

    def post(self, plural: str, **fields: Any) -> bool:
        response = post_distinct(self.api, plural, fields, self.headers)
        if not self.is_accepted(response):
            return False
        body = response.json()
        self.ids[plural].append(body["id"])
        for part in ("attributions", "evidence", "relations"):
            self.ids[part] += [item["id"] for item in body.get(part, [])]
        return True

    def patch(self, plural: str, number: int, **fields: Any) -> bool:
        if not self.ids[plural]:
            return False
        path = f"{plural}/{self.pick_id(plural, number)}"
        tag = self.get(path).headers["ETag"]
        changes = {"reason": "Corrected.", **fields}
        return self.is_accepted(self.api.patch(path, json=changes, headers={**self.headers, "If-Match": tag}))

    def merge(self, plural: str, number: int, into: int, **fields: Any) -> bool:
        if not self.ids[plural]:
            return False
        path = f"{plural}/{self.pick_id(plural, number)}"
        body = {"into": self.pick_id(plural, into), "notice": "Recorded twice.", **fields}
        headers = {**self.headers, "If-Match": self.get(path).headers["ETag"]}
        response = self.api.post(f"{path}/merge", json=body, headers=headers)
        if not self.is_accepted(response):
            return False
        if plural == "claims":  # the kept claim has copies of what was attached to the other one
            kept = self.read_json(f"claims/{body['into']}")
            for part in ("attributions", "evidence", "relations"):
                self.ids[part] = sorted({*self.ids[part], *(item["id"] for item in kept[part])})
        return True

    def import_lines(self, lines: list[Fields], file: str | None = None) -> bool:
        content, params = "\n".join(map(json.dumps, lines)), {} if file is None else {"file": file}
        response = self.api.post("imports", content=content, params=params, headers=self.headers)
        assert response.status_code == 200, response.text
        for plural in ("sources", "claims", "attributions"):
            stages = "&stage=draft&stage=in_review&stage=published&stage=withdrawn" if plural == "claims" else ""
            page = self.read_json(f"{plural}?limit=200{stages}{'&sort=id' if stages else ''}")
            self.ids[plural] = [item["id"] for item in page["items"]]
        return not response.json()["refused"]

    def is_accepted(self, response: Response) -> bool:
        """True if the action was recorded. An action may be refused, but must not fail in any other way."""
        assert response.status_code in (200, 201, 409, 422), response.text
        return response.status_code < 300

    def get(self, path: str, *, key: bool = True, **headers: str) -> Response:
        """GET a path with the key or without."""
        request_headers = {**(self.headers if key else {}), **headers}
        return self.api.get(path, headers=request_headers, follow_redirects=False)

    def read_json(self, path: str) -> Any:
        """GET a path that must exist and return the JSON of its body."""
        response = self.api.get(path, headers=self.headers, follow_redirects=False)
        assert response.status_code in (200, 307), response.text  # a redirect to a claim's successor has a body too
        return response.json()


AnyDesk = TypeVar("AnyDesk", bound=Desk)

ACTION_NAMES = (
    "source", "correct_source", "move_source", "describe_source", "topic", "rename_topic", "document",
    "correct_document", "claim", "correct_claim", "reword_claim", "annotate_claim", "publish", "withdraw",
    "attribution", "correct_attribution", "evidence", "correct_evidence", "relation", "correct_relation", "ruling",
    "merge_source", "merge_topic", "merge_document", "merge_claim", "import_claim", "import_decisions",
)  # fmt: skip

INITIAL_ACTIONS: list[Action] = [
    ("source", 0, 1, 0), ("source", 1, 0, 1), ("source", 3, 2, 0), ("source", 4, 4, 3),
    ("topic", 0, 0, 0), ("topic", 1, 0, 0), ("document", 0, 1, 1), ("document", 1, 2, 2),
    ("claim", 1, 1, 3), ("claim", 2, 2, 2), ("claim", 0, 1, 1), ("claim", 5, 5, 7),
]  # fmt: skip
"""Actions that give the following ones something to work on."""

EVERY_ACTION: list[Action] = [
    ("attribution", 0, 1, 0), ("attribution", 0, 2, 0), ("attribution", 0, 3, 4), ("attribution", 1, 5, 1),
    ("ruling", 0, 0, 0), ("move_source", 1, 2, 1), ("evidence", 0, 0, 0), ("evidence", 1, 1, 1), ("relation", 0, 1, 0),
    ("relation", 0, 2, 1),
    ("import_decisions", 0, 0, 3), ("import_claim", 0, 1, 2), ("correct_source", 1, 3, 0), ("correct_source", 2, 1, 1),
    ("correct_source", 1, 1, 2), ("correct_source", 3, 1, 3), ("correct_document", 0, 2, 1),
    ("correct_document", 1, 2, 0), ("rename_topic", 1, 5, 0), ("move_source", 1, 2, 0), ("describe_source", 0, 0, 0),
    ("correct_claim", 0, 1, 2), ("correct_evidence", 0, 1, 0), ("correct_attribution", 0, 1, 1),
    ("reword_claim", 1, 0, 0), ("publish", 2, 0, 0), ("import_claim", 7, 2, 1), ("correct_relation", 0, 0, 0),
    ("annotate_claim", 0, 1, 0), ("withdraw", 1, 1, 0), ("correct_claim", 1, 1, 3),
    ("claim", 4, 1, 2), ("relation", 0, 5, 0), ("attribution", 0, 2, 3),
]  # fmt: skip
"""Each action but merges at least once, in an order in which each is accepted."""

MERGING_ACTIONS: list[Action] = [
    ("merge_source", 2, 1, 0), ("merge_topic", 1, 0, 0), ("merge_document", 1, 0, 0), ("merge_claim", 0, 2, 0),
]  # fmt: skip
"""Each merge, accepted after `EVERY_ACTION`."""

action_strategy = st.tuples(st.sampled_from(ACTION_NAMES), *(st.integers(0, 11) for _ in range(3)))


@contextmanager
def fresh_database(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Provide the URL of a fresh database for one example; otherwise Hypothesis could not shrink a failure."""
    with TemporaryDirectory() as folder:
        if engine == "sqlite":
            shutil.copy(request.getfixturevalue("sqlite_template"), Path(folder) / "attest.db")
            yield f"sqlite:///{folder}/attest.db"
            return
        url = postgres.create_database(template=request.getfixturevalue("postgresql_template"))
        try:
            yield url
        finally:
            postgres.drop_database(url)


@contextmanager
def service(url: str, **settings: Any) -> Iterator[TestClient]:
    """Run a service on a database and provide a client."""
    with TemporaryDirectory() as folder:
        values = {
            "database_url": url,
            "data_dir": Path(folder),
            "secret_key": SecretStr("not secret"),
            "pool_size": 2,
            **settings,
        }
        with Client(create_app(Settings(**values))) as api:
            yield api


@contextmanager
def open_desk(
    engine: str,
    request: pytest.FixtureRequest,
    *,
    initial_actions: list[Action] = INITIAL_ACTIONS,
    max_claims: int = 8,
    **settings: Any,
) -> Iterator[Desk]:
    """Open a desk on a fresh database and perform the initial actions."""
    with open_desk_of(Desk, engine, request, max_claims, **settings) as desk:
        for action in initial_actions:
            desk.perform(*action)
        yield desk


@contextmanager
def open_desk_of(
    desk_type: type[AnyDesk], engine: str, request: pytest.FixtureRequest, max_claims: int = 8, **settings: Any
) -> Iterator[AnyDesk]:
    """Open a desk of this type on a fresh database."""
    with fresh_database(engine, request) as url, service(url, **settings) as api:
        database = Database(url, pool_size=1)
        try:
            yield desk_type(api, issue_key_headers(database, Role.EDITOR), database, max_claims)
        finally:
            database.close()


def issue_key_headers(database: Database, role: Role) -> dict[str, str]:
    """Issue a key with this role and return it as request headers."""
    with database.writing() as connection:
        _info, key = keys.issue(connection, f"Desk, {role}", role)
    return {"Authorization": f"Bearer {key}"}
