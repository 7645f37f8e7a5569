"""Reading the record as of an earlier moment: `as_of` returns the same bytes as then, and versions never change.

Random changes are made over the API. In between, every readable address is read and its response stored. At the end
each response is requested again as of its moment.
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
from tests.support.problems import assert_problem
from tests.support.retractions import STATES

NAMES = ("NIS", "국가정보원", "Ministry of Defence", "Міністерство оборони", "Reuters")
STATEMENTS = ("About 11,000 soldiers are in Kursk.", "Soldiers left Kursk.", "Солдати в Курську.")
PLACES = ("Kursk Oblast, Russia", "Sumy", None)
TIMES = ("2025-01~", "2025-01-12", "2024-10/2025-01", None)
QUOTES = ("близько 11 тисяч", "a few hundred soldiers", None)
Record = Callable[..., dict[str, Any]]

Responses = dict[tuple[str, bool], tuple[int, bytes]]
"""Status and body, by path and by whether a key was sent."""

LEAST = {"kind": "troop_estimate", "language": "en"}


class Desk:
    """Makes random changes to the record, and stores what could be read after each."""

    def __init__(self, api: TestClient, headers: dict[str, str]) -> None:
        self.api = api
        self.headers = headers
        self.ids: dict[str, list[str]] = {
            plural: []
            for plural in ("sources", "topics", "documents", "claims", "attributions", "evidence", "relations")
        }
        self.stored: list[tuple[str, Responses]] = []
        self.versions: dict[str, bytes] = {}
        self.recorded: set[str] = set()
        """The names of the actions that changed the record at least once."""
        self.current_action = ""

    # --- actions; `a`, `b` and `c` choose among the objects on record ---

    def do(self, action: str, a: int, b: int, c: int) -> None:
        self.current_action = action
        getattr(self, action)(a, b, c)
        for claim_id in self.ids["claims"]:
            version = self.get(f"claims/{claim_id}").json()["version"]
            paths = (f"claims/{claim_id}/versions/{number}" for number in range(1, version + 1))
            self.versions |= {path: self.get(path).content for path in paths if path not in self.versions}

    def store_responses(self) -> None:
        now = self.read_all([*LISTS, *self.paths()], None)
        self.stored.append((datetime.now(UTC).isoformat(), now))

    def source(self, a: int, b: int, _c: int) -> None:
        parent = {"parent": self.pick("sources", b)} if b % 2 and self.ids["sources"] else {}
        self.post("sources", name=NAMES[a % len(NAMES)], kind="government", **parent)

    def rename_source(self, a: int, b: int, c: int) -> None:
        anonymity = ("named", "described", "anonymous")[c % 3]
        self.patch("sources", a, name=NAMES[b % len(NAMES)], anonymity=anonymity)

    def topic(self, a: int, _b: int, _c: int) -> None:
        self.post("topics", title=f"How many? {a}", subject="soldiers", metric_family="strength")

    def rename_topic(self, a: int, b: int, _c: int) -> None:
        self.patch("topics", a, title=f"How many? {b}")

    def document(self, a: int, b: int, _c: int) -> None:
        publisher = {"publisher": self.pick("sources", b)} if self.ids["sources"] else {}
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
            "attributions": [self.attribution_fields(b, c)] if self.ids["sources"] else [],
        }
        self.post("claims", **LEAST, **fields)

    def correct_claim(self, a: int, b: int, c: int) -> None:
        self.patch("claims", a, **self.proposition(a, b, c))

    def stage_claim(self, a: int, b: int, _c: int) -> None:
        stage = {"stage": "withdrawn", "notice": "Wrong."} if b % 2 else {"stage": "published"}
        self.patch("claims", a, **stage)

    def attribution(self, a: int, b: int, c: int) -> None:
        if self.ids["claims"] and self.ids["sources"]:
            self.post("attributions", claim=self.pick("claims", a), **self.attribution_fields(b, c))

    def correct_attribution(self, a: int, b: int, c: int) -> None:
        quote = QUOTES[c % len(QUOTES)]
        taken_back = STATES[b % len(STATES)]
        self.patch("attributions", a, **taken_back, quote=None if quote is None else {"exact": quote})

    def evidence(self, a: int, b: int, _c: int) -> None:
        if self.ids["claims"] and self.ids["documents"]:
            self.post("evidence", claim=self.pick("claims", a), document=self.pick("documents", b), role="supports")

    def correct_evidence(self, a: int, b: int, c: int) -> None:
        self.patch("evidence", a, examined_on="2025-01-14", finding=f"Seen {b}", independent=bool(c % 2))

    def relation(self, a: int, b: int, _c: int) -> None:
        if self.ids["claims"]:
            self.post(
                "relations", claim=self.pick("claims", a), other_claim=self.pick("claims", b), relation="supersedes"
            )

    def correct_relation(self, a: int, b: int, _c: int) -> None:
        self.patch("relations", a, withdrawn=bool(b % 2))

    def ruling(self, a: int, b: int, c: int) -> None:
        if self.ids["claims"] and len(self.ids["sources"]) > 1:
            ruled = {"sources": [self.pick("sources", b), self.pick("sources", c)], "ruling": "established"}
            path = f"claims/{self.pick('claims', a)}/independence-rulings"
            self.require_settled(self.api.post(path, json={**ruled, "reason": "Ruled."}, headers=self.headers))

    def merge_source(self, a: int, b: int, _c: int) -> None:
        self.merge("sources", a, b)

    def merge_topic(self, a: int, b: int, _c: int) -> None:
        self.merge("topics", a, b)

    def merge_document(self, a: int, b: int, _c: int) -> None:
        self.merge("documents", a, b)

    def imported(self, a: int, b: int, c: int) -> None:
        """Import a decision and a renamed source, and then the claim with another statement."""
        fields = {**self.proposition(b, b, c), "key": f"claim {a % 3}"} | ({"note": "Noted."} if c % 2 else {})
        decision = {"rationale": f"Why {b}.", "decided_on": f"2025-01-{10 + c}", "decided_by": "Desk"}
        status = "unconfirmed" if a % 2 else "unverifiable"
        lines = [
            {"record": "source", "key": "filed", "name": NAMES[c % len(NAMES)], "kind": "other"},
            {"record": "claim", **LEAST, **fields, "reviews": [{"status": status, **decision}]},
        ]
        reworded = {"record": "claim", **LEAST, **fields, "statement": STATEMENTS[a % 3]}
        for records in (lines, [reworded]):
            response = self.api.post("imports", content="\n".join(map(json.dumps, records)), headers=self.headers)
            assert response.status_code == 200, response.text
            if not response.json()["refusals"]:  # a decision may be refused
                self.recorded.add(self.current_action)
        self.ids["sources"] = [item["id"] for item in self.get("sources?limit=200").json()["items"]]
        self.ids["claims"] = [item["id"] for item in self.get(f"claims?limit=200&{EVERY_STAGE}").json()["items"]]

    # --- helpers of the actions ---

    def proposition(self, a: int, b: int, c: int) -> dict[str, Any]:
        figure = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 1000 * (a + 1)}
        low = {"metric": "deployed_total", "unit": "soldiers", "qualifier": "more_than", "low": c}
        return {
            "statement": STATEMENTS[b % len(STATEMENTS)],
            "place": PLACES[c % len(PLACES)],
            "time": TIMES[b % len(TIMES)],
            "quantities": [figure, low][: c % 3],
        } | ({"topic": self.pick("topics", a)} if self.ids["topics"] else {})

    def attribution_fields(self, b: int, c: int) -> dict[str, Any]:
        quote = QUOTES[b % len(QUOTES)]
        return {
            "source": self.pick("sources", b),
            "stance": ("asserts", "denies", "estimates")[c % 3],
            "lineage": "original" if b % 2 else "unknown",
        } | ({} if quote is None else {"quote": {"exact": quote}})

    def pick(self, plural: str, number: int) -> str:
        return self.ids[plural][number % len(self.ids[plural])]

    def post(self, plural: str, **fields: Any) -> None:
        response = self.require_settled(self.api.post(plural, json=fields, headers=self.headers))
        if response.status_code == 201:
            body = response.json()
            self.ids[plural].append(body["id"])
            for part in ("attributions", "evidence", "relations"):
                self.ids[part] += [row["id"] for row in body.get(part, [])]

    def patch(self, plural: str, number: int, **fields: Any) -> None:
        if self.ids[plural]:
            path = f"{plural}/{self.pick(plural, number)}"
            tag = self.get(path).headers["ETag"]
            body = {"reason": "Corrected.", **fields}
            self.require_settled(self.api.patch(path, json=body, headers={**self.headers, "If-Match": tag}))

    def merge(self, plural: str, number: int, into: int) -> None:
        if self.ids[plural]:
            path = f"{plural}/{self.pick(plural, number)}"
            headers = {**self.headers, "If-Match": self.get(path).headers["ETag"]}
            body = {"into": self.pick(plural, into), "notice": "Twice."}
            self.require_settled(self.api.post(f"{path}/merge", json=body, headers=headers))

    def require_settled(self, response: Response) -> Response:
        # An action may be refused (a claim related to itself, a relation recorded twice), but it must not fail.
        assert response.status_code in (200, 201, 409, 422), response.text
        if response.status_code in (200, 201):
            self.recorded.add(self.current_action)
        return response

    def get(self, path: str, *, key: bool = True) -> Response:
        response = self.api.get(path, headers=self.headers if key else {}, follow_redirects=False)
        if response.status_code == 307:  # a merged object, whose body is that of the object itself
            response.status_code = 200
        return response

    # --- reading ---

    def read_all(self, paths: Iterable[str], as_of: str | None) -> Responses:
        """The responses as of a moment or now: with a key, and for public addresses also without."""
        responses = {}
        for path in paths:
            moment = "" if as_of is None else f"{'&' if '?' in path else '?'}as_of={as_of.replace('+', '%2B')}"
            for key in (True, False) if path in PUBLIC or path.startswith("claims/") else (True,):
                response = self.get(path + moment, key=key)
                assert response.status_code in (200, 404), response.text
                responses[path, key] = (response.status_code, response.content)
        return responses

    def paths(self) -> Iterator[str]:
        for claim_id in self.ids["claims"]:
            for part in ("", "/history", "/reviews", "/independence-rulings"):
                yield f"claims/{claim_id}{part}"
        for topic_id in self.ids["topics"][:2]:
            yield f"topics/{topic_id}"
            yield f"topics/{topic_id}/estimates"
            yield f"claims?topic={topic_id}&limit=200"
        for noun in ("sources", "documents"):
            yield from (f"{noun}/{identifier}" for identifier in self.ids[noun][:3])
        for source_id in self.ids["sources"][:2]:
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

ACTION_NAMES = (
    "source", "rename_source", "topic", "rename_topic", "document", "rename_document", "claim", "correct_claim",
    "stage_claim", "attribution", "correct_attribution", "evidence", "correct_evidence", "relation", "correct_relation",
    "ruling", "imported", "merge_source", "merge_topic", "merge_document",
)  # fmt: skip

action = st.tuples(st.sampled_from(ACTION_NAMES), *(st.integers(0, 11) for _ in range(3)))


@contextmanager
def open_desk(engine: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with a fresh database. Each example needs its own, so that hypothesis can shrink a failure."""
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
        service_settings = Settings(
            database_url=url, data_dir=Path(folder), secret_key=SecretStr("not secret"), pool_size=2
        )
        with Client(create_app(service_settings)) as api:
            yield Desk(api, {"Authorization": f"Bearer {key}"})
        if engine != "sqlite":
            postgres.drop_database(url)


EVERY_ACTION = [
    ("source", 0, 0, 0), ("source", 2, 1, 0), ("source", 4, 0, 0), ("topic", 0, 0, 0), ("document", 0, 0, 0),
    ("claim", 1, 0, 2), ("claim", 3, 1, 2), ("attribution", 0, 3, 0), ("attribution", 0, 5, 0), ("evidence", 0, 0, 0),
    ("relation", 0, 1, 0), ("ruling", 0, 0, 2), ("imported", 1, 2, 3), ("rename_source", 0, 1, 2),
    ("correct_claim", 0, 2, 1), ("correct_attribution", 0, 1, 0), ("correct_evidence", 0, 0, 1),
    ("stage_claim", 1, 0, 0), ("correct_relation", 0, 1, 0), ("rename_topic", 0, 1, 0), ("rename_document", 0, 3, 0),
    ("stage_claim", 0, 1, 0), ("topic", 2, 0, 0), ("merge_topic", 0, 1, 0), ("document", 1, 0, 0),
    ("merge_document", 0, 1, 0), ("merge_source", 1, 0, 0),
]  # fmt: skip
"""Every action, in an order in which each is recorded."""


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=2, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(action, min_size=3, max_size=6))
@example(actions=EVERY_ACTION)
def test_as_of_returns_the_response_of_that_moment(
    engine: str, request: pytest.FixtureRequest, actions: list[tuple[str, int, int, int]]
) -> None:
    with open_desk(engine, request) as desk:
        for number, (name, a, b, c) in enumerate(actions):
            desk.do(name, a, b, c)
            if (
                number % 3 == 2 or len(actions) < 9 or number == len(actions) - 1
            ):  # after each action of a long example would only take longer
                desk.store_responses()

        for moment, responses in desk.stored:
            past_responses = desk.read_all(dict.fromkeys(path for path, _key in responses), moment)
            for request_key, (status, content) in responses.items():
                # The message of a 404 differs: it says that the object did not exist at that moment.
                assert past_responses[request_key][0] == status, f"{request_key} as of {moment}"
                assert status == 404 or past_responses[request_key][1] == content, f"{request_key} as of {moment}"
        for path, content in desk.versions.items():
            assert desk.get(path).content == content, path
        if actions == EVERY_ACTION:
            assert desk.recorded == set(ACTION_NAMES), "every action of this example must change the record"
            assert len(desk.versions) > len(desk.ids["claims"])


def test_later_claims_do_not_reorder_a_search_as_of_an_earlier_moment(api: TestClient, record: Record) -> None:
    # A ranking by the rarity of a word in the whole record would change with the record.
    record("claims", statement="Kursk, Kursk, Kursk: soldiers.")
    record("claims", statement="Soldiers, soldiers, soldiers: Kursk.")
    for place in ("Sumy", "Kharkiv", "Kherson", "Odesa", "Poltava"):
        record("claims", statement=f"Soldiers in {place}.")
    queries = [{"q": "kursk soldiers"}, {"q": "soldiers"}, {"q": "k* soldiers"}]
    moment = datetime.now(UTC).isoformat()
    pages = [api.get("claims", params=query).json() for query in queries]
    assert [len(page["items"]) for page in pages] == [2, 7, 4]

    for number in range(20):
        record("claims", statement=f"Kursk {number}. " + "And so on. " * number)

    assert [api.get("claims", params={**query, "as_of": moment}).json() for query in queries] == pages


def test_a_404_tells_an_object_that_did_not_exist_yet_from_one_that_never_existed(
    api: TestClient, record: Record
) -> None:
    before = record("sources")["recorded_at"]
    objects = [(noun, record(noun)) for noun in ("claims", "topics", "documents")]
    for noun, created in objects:
        path = f"{noun}/{created['id']}"
        assert "at that time (as_of)" in assert_problem(api.get(path, params={"as_of": before}), 404)["detail"]
        assert "at that time (as_of)" not in assert_problem(api.get(f"{path}x"), 404)["detail"]
