"""Any moment can be read back: `as_of` answers, byte for byte, what was answered then, and versions never change.

Random things are recorded and corrected over the API. In between everything that can be read is read and remembered; in
the end it is all asked again, as of its moment.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.db.engine import Database
from app.main import create_app
from app.services.people import keys
from app.settings import Settings
from app.vocabulary import Role
from tests.conftest import ENGINES
from tests.support import postgres
from tests.support.client import Client
from tests.support.problems import refused

NAMES = ("NIS", "국가정보원", "Ministry of Defence", "Міністерство оборони", "Reuters")
STATEMENTS = ("About 11,000 soldiers are in Kursk.", "Soldiers left Kursk.", "Солдати в Курську.")
PLACES = ("Kursk Oblast, Russia", "Sumy", None)
TIMES = ("2025-01~", "2025-01-12", "2024-10/2025-01", None)
QUOTES = ("близько 11 тисяч", "a few hundred soldiers", None)
Record = Callable[..., dict[str, Any]]

Answers = dict[tuple[str, bool], tuple[int, bytes]]
"""Status and body, by path and by whether a key was shown."""

LEAST = {"kind": "troop_estimate", "language": "en"}


class Desk:
    """Does random things to the record, and remembers what could be read after each."""

    def __init__(self, api: TestClient, headers: dict[str, str]) -> None:
        self.api = api
        self.headers = headers
        self.ids: dict[str, list[str]] = {
            plural: []
            for plural in ("sources", "topics", "documents", "claims", "attributions", "evidence", "relations")
        }
        self.remembered: list[tuple[str, Answers]] = []
        self.versions: dict[str, bytes] = {}

    # --- acts; `a`, `b` and `c` choose among what there is ---

    def do(self, act: str, a: int, b: int, c: int) -> None:
        getattr(self, act)(a, b, c)
        for claim_id in self.ids["claims"]:
            version = self.get(f"claims/{claim_id}").json()["version"]
            paths = (f"claims/{claim_id}/versions/{number}" for number in range(1, version + 1))
            self.versions |= {path: self.get(path).content for path in paths if path not in self.versions}

    def remember(self) -> None:
        now = self.answers([*LISTS, *self.paths()], None)
        self.remembered.append((datetime.now(UTC).isoformat(), now))

    def source(self, a: int, b: int, _c: int) -> None:
        parent = {"parent": self.one("sources", b)} if b % 2 and self.ids["sources"] else {}
        self.post("sources", name=NAMES[a % len(NAMES)], kind="government", **parent)

    def rename_source(self, a: int, b: int, c: int) -> None:
        anonymity = ("named", "described", "anonymous")[c % 3]
        self.patch("sources", a, name=NAMES[b % len(NAMES)], anonymity=anonymity)

    def topic(self, a: int, _b: int, _c: int) -> None:
        self.post("topics", title=f"How many? {a}", subject="soldiers", metric_family="strength")

    def rename_topic(self, a: int, b: int, _c: int) -> None:
        self.patch("topics", a, title=f"How many? {b}")

    def document(self, a: int, b: int, _c: int) -> None:
        publisher = {"publisher": self.one("sources", b)} if self.ids["sources"] else {}
        self.post("documents", kind="article", title=NAMES[a % len(NAMES)], **publisher)

    def rename_document(self, a: int, b: int, _c: int) -> None:
        self.patch("documents", a, title=NAMES[b % len(NAMES)])

    def claim(self, a: int, b: int, c: int) -> None:
        if len(self.ids["claims"]) == 3:  # more of them would only take longer
            self.correct_claim(a, b, c)
            return
        fields = {
            **self.proposition(a, b, c),
            "key": f"claim {len(self.ids['claims'])}",
            "stage": "published" if a % 3 else "draft",
            "attributions": [self.said(b, c)] if self.ids["sources"] else [],
        }
        self.post("claims", **LEAST, **fields)

    def correct_claim(self, a: int, b: int, c: int) -> None:
        self.patch("claims", a, **self.proposition(a, b, c))

    def stage_claim(self, a: int, b: int, _c: int) -> None:
        stage = {"stage": "withdrawn", "notice": "Wrong."} if b % 2 else {"stage": "published"}
        self.patch("claims", a, **stage)

    def attribution(self, a: int, b: int, c: int) -> None:
        if self.ids["claims"] and self.ids["sources"]:
            self.post("attributions", claim=self.one("claims", a), **self.said(b, c))

    def correct_attribution(self, a: int, b: int, c: int) -> None:
        quote = QUOTES[c % len(QUOTES)]
        self.patch("attributions", a, withdrawn=bool(b % 2), quote=None if quote is None else {"exact": quote})

    def evidence(self, a: int, b: int, _c: int) -> None:
        if self.ids["claims"] and self.ids["documents"]:
            self.post("evidence", claim=self.one("claims", a), document=self.one("documents", b), role="supports")

    def correct_evidence(self, a: int, b: int, c: int) -> None:
        self.patch("evidence", a, examined_on="2025-01-14", finding=f"Seen {b}", independent=bool(c % 2))

    def relation(self, a: int, b: int, _c: int) -> None:
        if self.ids["claims"]:
            self.post(
                "relations", claim=self.one("claims", a), other_claim=self.one("claims", b), relation="supersedes"
            )

    def correct_relation(self, a: int, b: int, _c: int) -> None:
        self.patch("relations", a, withdrawn=bool(b % 2))

    def ruling(self, a: int, b: int, c: int) -> None:
        if self.ids["claims"] and len(self.ids["sources"]) > 1:
            ruled = {"sources": [self.one("sources", b), self.one("sources", c)], "ruling": "established"}
            path = f"claims/{self.one('claims', a)}/independence-rulings"
            self.settled(self.api.post(path, json={**ruled, "reason": "Ruled."}, headers=self.headers))

    def imported(self, a: int, b: int, c: int) -> None:
        """A file with a decision, the claim anew, and a source under another name: several versions by one change."""
        fields = {**self.proposition(b, b, c), "key": f"claim {a % 3}"} | ({"note": "Noted."} if c % 2 else {})
        decision = {"rationale": f"Why {b}.", "decided_on": f"2025-01-{10 + c}", "decided_by": "Desk"}
        status = "unconfirmed" if a % 2 else "unverifiable"
        lines = [
            {"record": "source", "key": "filed", "name": NAMES[c % len(NAMES)], "kind": "other"},
            {"record": "claim", **LEAST, **fields, "reviews": [{"status": status, **decision}]},
            {"record": "claim", **LEAST, **fields, "statement": STATEMENTS[a % 3]},
        ]
        answer = self.api.post("imports", content="\n".join(map(json.dumps, lines)), headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.ids["sources"] = [one["id"] for one in self.get("sources?limit=200").json()["items"]]
        self.ids["claims"] = [one["id"] for one in self.get(f"claims?limit=200&{EVERY_STAGE}").json()["items"]]

    # --- what acts are made of ---

    def proposition(self, a: int, b: int, c: int) -> dict[str, Any]:
        figure = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 1000 * (a + 1)}
        low = {"metric": "deployed_total", "unit": "soldiers", "qualifier": "more_than", "low": c}
        return {
            "statement": STATEMENTS[b % len(STATEMENTS)],
            "place": PLACES[c % len(PLACES)],
            "time": TIMES[b % len(TIMES)],
            "quantities": [figure, low][: c % 3],
        } | ({"topic": self.one("topics", a)} if self.ids["topics"] else {})

    def said(self, b: int, c: int) -> dict[str, Any]:
        quote = QUOTES[b % len(QUOTES)]
        return {
            "source": self.one("sources", b),
            "stance": ("asserts", "denies", "estimates")[c % 3],
            "lineage": "original" if b % 2 else "unknown",
        } | ({} if quote is None else {"quote": {"exact": quote}})

    def one(self, plural: str, number: int) -> str:
        return self.ids[plural][number % len(self.ids[plural])]

    def post(self, plural: str, **fields: Any) -> None:
        answer = self.settled(self.api.post(plural, json=fields, headers=self.headers))
        if answer.status_code == 201:
            body = answer.json()
            self.ids[plural].append(body["id"])
            for part in ("attributions", "evidence", "relations"):
                self.ids[part] += [one["id"] for one in body.get(part, [])]

    def patch(self, plural: str, number: int, **fields: Any) -> None:
        if self.ids[plural]:
            path = f"{plural}/{self.one(plural, number)}"
            tag = self.get(path).headers["ETag"]
            body = {"reason": "Corrected.", **fields}
            self.settled(self.api.patch(path, json=body, headers={**self.headers, "If-Match": tag}))

    def settled(self, answer: Response) -> Response:
        # An act may well be refused (a claim related to itself, a relation recorded twice); it must not fail.
        assert answer.status_code in (200, 201, 409, 422), answer.text
        return answer

    def get(self, path: str, *, key: bool = True) -> Response:
        return self.api.get(path, headers=self.headers if key else {})

    # --- reading ---

    def answers(self, paths: Iterable[str], as_of: str | None) -> Answers:
        """What is answered at a moment or now, with a key and, where the public reads it, without."""
        found = {}
        for path in paths:
            moment = "" if as_of is None else f"{'&' if '?' in path else '?'}as_of={as_of.replace('+', '%2B')}"
            for key in (True, False) if path in PUBLIC or path.startswith("claims/") else (True,):
                answer = self.get(path + moment, key=key)
                found[path, key] = (answer.status_code, answer.content)
        return found

    def paths(self) -> Iterator[str]:
        for claim_id in self.ids["claims"]:
            for part in ("", "/history", "/reviews", "/independence-rulings"):
                yield f"claims/{claim_id}{part}"
        for topic_id in self.ids["topics"][:2]:
            yield f"topics/{topic_id}/estimates"
            yield f"claims?topic={topic_id}&limit=200"
        for source_id in self.ids["sources"][:1]:
            yield f"claims?source={source_id}&stance=asserts&facets=status&limit=200"


EVERY_STAGE = "stage=draft&stage=published&stage=withdrawn"

PUBLIC = (
    "claims?limit=200&facets=status,kind,stage,topic,metric,source",
    "claims?limit=200&q=soldiers&sort=-recorded",
)

LISTS = (
    *PUBLIC,
    f"claims?limit=200&{EVERY_STAGE}&sort=recorded&facets=source,stage,metric",
    f"claims?limit=200&{EVERY_STAGE}&place=kursk&metric=present&value_min=2000",
    f"claims?limit=200&{EVERY_STAGE}&date_from=2025&status=unassessed",
    f"claims?limit=200&{EVERY_STAGE}&q=soldiers",
    f"claims?limit=200&{EVERY_STAGE}&q=тисяч&sort=date&facets=stage,status",
    "sources?limit=200&anonymity=named",
    "topics?limit=200",
    "documents?limit=200",
    "attributions?limit=200",
    "evidence?limit=200",
    "relations?limit=200",
)

ACTS = (
    "source", "rename_source", "topic", "rename_topic", "document", "rename_document", "claim", "correct_claim",
    "stage_claim", "attribution", "correct_attribution", "evidence", "correct_evidence", "relation", "correct_relation",
    "ruling", "imported",
)  # fmt: skip

act = st.tuples(st.sampled_from(ACTS), *(st.integers(0, 11) for _ in range(3)))


@contextmanager
def desk(engine: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk at a fresh database: each example begins anew, else a failure could not be made smaller."""
    with TemporaryDirectory() as folder:
        if engine == "sqlite":
            shutil.copy(request.getfixturevalue("sqlite_template"), Path(folder) / "attest.db")
            url = f"sqlite:///{folder}/attest.db"
        else:
            url = postgres.create_database(template=request.getfixturevalue("postgresql_template"))
        database = Database(url, pool_size=1)
        with database.writing() as connection:
            _info, key = keys.issue(connection, "Desk", Role.EDITOR)
        database.close()
        chosen = Settings(database_url=url, data_dir=Path(folder), secret_key=SecretStr("not secret"), pool_size=2)
        with Client(create_app(chosen)) as api:
            yield Desk(api, {"Authorization": f"Bearer {key}"})
        if engine != "sqlite":
            postgres.drop_database(url)


A_WEEK = [
    ("source", 0, 0, 0), ("source", 2, 1, 0), ("source", 4, 0, 0), ("topic", 0, 0, 0), ("document", 0, 0, 0),
    ("claim", 1, 0, 2), ("claim", 3, 1, 2), ("attribution", 0, 2, 0), ("evidence", 0, 0, 0), ("relation", 0, 1, 0),
    ("ruling", 0, 0, 2), ("imported", 1, 2, 3), ("rename_source", 0, 1, 2), ("correct_claim", 0, 2, 1),
    ("correct_attribution", 0, 1, 0), ("correct_evidence", 0, 0, 1), ("stage_claim", 1, 0, 0),
    ("correct_relation", 0, 1, 0), ("rename_topic", 0, 1, 0), ("rename_document", 0, 3, 0), ("stage_claim", 0, 1, 0),
]  # fmt: skip
"""One of everything, in an order in which each has something to work upon."""


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=2, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(act, min_size=3, max_size=6))
@example(acts=A_WEEK)
def test_what_was_answered_then_is_answered_as_of_then(
    engine: str, request: pytest.FixtureRequest, acts: list[tuple[str, int, int, int]]
) -> None:
    with desk(engine, request) as at_work:
        for number, (name, a, b, c) in enumerate(acts):
            at_work.do(name, a, b, c)
            if number % 3 == 2 or len(acts) < 9:  # after each act it would only take longer
                at_work.remember()

        for moment, then in at_work.remembered:
            again = at_work.answers(dict.fromkeys(path for path, _key in then), moment)
            for place, (status, content) in then.items():
                # What was not there is refused in the same way, and said not to have been there then.
                assert again[place][0] == status, f"{place} as of {moment}"
                assert status == 404 or again[place][1] == content, f"{place} as of {moment}"
        for path, content in at_work.versions.items():
            assert at_work.get(path).content == content, path


def test_what_is_recorded_later_does_not_reorder_what_was_found_then(api: TestClient, record: Record) -> None:
    # A ranking by how rare a word is in the whole collection would change with the collection.
    record("claims", statement="Kursk, Kursk, Kursk: soldiers.")
    record("claims", statement="Soldiers, soldiers, soldiers: Kursk.")
    for place in ("Sumy", "Kharkiv", "Kherson", "Odesa", "Poltava"):
        record("claims", statement=f"Soldiers in {place}.")
    queries = [{"q": "kursk soldiers"}, {"q": "soldiers"}, {"q": "k* soldiers"}]
    moment = datetime.now(UTC).isoformat()
    then = [api.get("claims", params=query).json() for query in queries]

    for number in range(20):
        record("claims", statement=f"Kursk {number}. " + "And so on. " * number)

    now = [api.get("claims", params={**query, "as_of": moment}).json() for query in queries]
    assert now == then


def test_what_was_not_there_yet_is_told_apart_from_what_never_was(api: TestClient, record: Record) -> None:
    before = record("sources")["recorded_at"]
    parts = [(noun, record(noun)) for noun in ("claims", "topics", "documents")]
    for noun, made in parts:
        path = f"{noun}/{made['id']}"
        assert "as of that moment" in refused(api.get(path, params={"as_of": before}), 404)["detail"]
        assert "as of that moment" not in refused(api.get(f"{path}x"), 404)["detail"]
