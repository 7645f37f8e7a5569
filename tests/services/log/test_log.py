"""The log that proves itself, as it is read: its state, its entries, its proofs, and what it tells nobody."""

import base64
import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, select, text

from app import clock
from app.db import compiled_reads
from app.db.engine import Database
from app.db.revisions import revision_table
from app.db.schema import BACKFILL_VALUE, Base, table_of
from app.formats.proofs.merkle import leaf_hash
from app.formats.proofs.signed_note import Checkpoint, NoteSigner, SignedNote, Verifier
from app.main import create_app
from app.models import VERSIONED, Topic
from app.services.log import recorder
from app.services.log.log_tables import LOGGED_BY_TABLE_NAME, LoggedTable, parse_object_name
from app.settings import Settings
from app.vocabulary import Role
from tests.support.attest import attest, findings
from tests.support.client import Client
from tests.support.merkle_proofs import verify_consistency, verify_inclusion
from tests.support.problems import assert_problem

Headers = dict[str, str]
Record = Callable[..., dict[str, Any]]
KeyOf = Callable[[Role], Headers]

FIGURE = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 40.5}


def hashes(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(one) for one in texts]


def state_of(api: TestClient) -> dict[str, Any]:
    body: dict[str, Any] = api.get("log").raise_for_status().json()
    return body


def signed(note: str, key: str) -> Checkpoint:
    """What a checkpoint says, if the key has signed it."""
    return Checkpoint.parse(SignedNote.parse(note).verify([Verifier.parse(key)]))


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def entries(api: TestClient) -> list[dict[str, Any]]:
    """All entries, page by page."""
    found: list[dict[str, Any]] = []
    following: int | None = 0
    while following is not None:
        page = api.get("log/entries", params={"from": following, "limit": 7}).raise_for_status().json()
        found += page["items"]
        following = page["next"]
    return found


# --- what is logged ---


def test_an_empty_log_says_so(api: TestClient) -> None:
    state = state_of(api)

    assert (state["size"], state["checkpoint"], state["public_key"]) == (0, None, None)
    assert state["root"] == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert entries(api) == []
    assert_problem(api.get("log/checkpoint"), 404)


def test_every_row_has_an_entry_and_every_change_a_signature(api: TestClient, record: Record, correct: Record) -> None:
    source = record("sources")
    said = [{"source": source["id"], "stance": "asserts"}]
    claim = record("claims", quantities=[FIGURE], attributions=said)
    correct("claims", claim["id"], place="Kursk")

    found = entries(api)

    assert [one["index"] for one in found] == list(range(len(found)))
    said_of = [(one["leaf"]["seq"], one["leaf"]["object"], one["leaf"]["version"]) for one in found]
    attribution = claim["attributions"][0]["id"]
    assert said_of == [
        (1, "change/1", 1),
        (1, f"source/{source['id']}", 1),
        (2, "change/2", 1),
        (2, f"attribution/{attribution}", 1),
        (2, f"claim/{claim['id']}", 1),
        (2, f"quantity/{claim['id']}/1/0", 1),
        (3, "change/3", 1),
        (3, f"claim/{claim['id']}", 2),
        (3, f"quantity/{claim['id']}/2/0", 1),
    ]
    for one in found:
        assert leaf_hash(canonical(one["leaf"])) == base64.b64decode(one["leaf_hash"])
    leaves = {(one["leaf"]["object"], one["leaf"]["version"]): one["leaf"] for one in found}
    first, second = leaves[f"claim/{claim['id']}", 1], leaves[f"claim/{claim['id']}", 2]
    assert (first["before_hash"], second["before_hash"]) == (None, first["after_hash"])
    assert {one["leaf"]["action"] for one in found} == {"create", "correct"}
    state = state_of(api)
    checkpoint = signed(state["checkpoint"], state["public_key"])
    assert (checkpoint.origin, checkpoint.size) == ("localhost/attest", len(found))
    assert base64.b64encode(checkpoint.root).decode() == state["root"]
    assert api.get("log/checkpoint").text == state["checkpoint"]


def test_every_table_is_logged_or_derived_from_what_is() -> None:
    living = {table_of(model).name for model in VERSIONED}
    assert all(revision_table(table_of(model)).name in LOGGED_BY_TABLE_NAME for model in VERSIONED)
    rest = Base.metadata.tables.keys() - LOGGED_BY_TABLE_NAME.keys() - living
    derived = {"claim_count", "claim_count_history", "search_text", "head"}
    the_log = {name for name in rest if name.startswith("log_")}
    # People, their keys, and what they are at: nothing about them goes into a log that is never forgotten.
    people = {"person", "api_key", "api_key_scope", "idempotent_answer", "assignment", "review_request"}
    assert rest == derived | the_log | people


def test_an_import_is_logged(api: TestClient, editor: Headers, settings: Settings) -> None:
    lines = [
        {"record": "source", "key": "s", "name": "Ministry", "kind": "government"},
        *(
            {"record": "claim", "key": f"c{number}", "kind": "other", "statement": f"So it is: {number}."}
            for number in range(300)
        ),
    ]
    done = api.post("imports", content=json.dumps(lines), headers=editor)
    assert done.json()["created"] == 301

    assert state_of(api)["size"] == 302
    assert findings(settings.url, settings.data_dir) == {}


def test_a_small_change_is_looked_up_and_not_looked_for(
    api: TestClient, editor: Headers, database: Database, record: Record
) -> None:
    """Whatever statistics say of large imports: a write must not become slower with all that is on record."""
    figure = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 40}
    claim = {"record": "claim", "kind": "other", "statement": "So it is.", "quantities": [figure]}
    lines = [{**claim, "key": f"c{number}"} for number in range(2_000)]
    api.post("imports", content=json.dumps(lines), headers=editor).raise_for_status()
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
    record("claims", quantities=[FIGURE])

    plans = []
    original = compiled_reads.fetch_pipelined

    def explained(connection: Connection, asked: Any) -> Any:
        for statement, values in (listed := list(asked)):
            plans.append(plan_of(connection, statement, values))
        return original(connection, listed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "fetch_pipelined", explained)
        record("claims", quantities=[FIGURE])

    assert len(plans) == 4  # the head, the change, the claim, its figure
    for plan in plans[1:]:
        for table in ("claim_revision", "quantity"):
            assert f"SCAN {table}" not in plan
            assert f"Seq Scan on {table}" not in plan
    assert sum("ix_claim_revision_change_seq" in plan or "ix_quantity_change_seq" in plan for plan in plans) == 2


def plan_of(connection: Connection, statement: compiled_reads.CompiledStatement, values: Any) -> str:
    """How the engine would read these rows."""
    compiled = statement._for(connection)
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    driver: Any = connection.connection.dbapi_connection
    found = driver.execute(f"{explain} {compiled.sql}", compiled.bind(values)).fetchall()
    return "\n".join(str(row[-1]) for row in found)


def test_what_was_only_tried_is_not_logged(api: TestClient, editor: Headers) -> None:
    line = {"record": "claim", "key": "c", "kind": "other", "statement": "So it is."}
    api.post("imports", params={"dry_run": True}, content=json.dumps([line]), headers=editor).raise_for_status()
    assert_problem(api.post("sources", json={"name": "One", "kind": "person", "parent": "?"}, headers=editor), 422)

    assert state_of(api)["size"] == 0


def test_writers_at_once_make_a_log_without_gaps(
    api: TestClient, record: Record, editor: Headers, settings: Settings
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record("sources", name=f"Source {number}"), range(40)))

    found = entries(api)

    assert [one["leaf"]["seq"] for one in found] == [number // 2 + 1 for number in range(80)]
    assert findings(settings.url, settings.data_dir) == {}


def test_what_was_recorded_before_there_was_a_log_is_taken_in(
    api: TestClient, record: Record, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "attach_log", lambda _change: None)
        for number in range(5):
            record("sources", name=f"Source {number}")
    assert state_of(api)["size"] == 0
    monkeypatch.setattr(recorder, "CATCH_UP_CHANGES", 2)
    assert findings(settings.url, settings.data_dir)["log"] == "lacks changes 1 to 5. Run: attest db upgrade"

    done = attest(settings.url, settings.data_dir, "db", "upgrade")

    assert "\nAdded 5 earlier changes to the log." in f"\n{done.out}"
    assert state_of(api)["size"] == 10
    assert findings(settings.url, settings.data_dir) == {}
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "attach_log", lambda _change: None)
        record("sources", name="Another")
    # Whoever writes next takes it in.
    record("topics")
    assert state_of(api)["size"] == 14
    assert findings(settings.url, settings.data_dir) == {}


def test_a_table_that_gets_a_column_keeps_its_hashes(database: Database, record: Record, settings: Settings) -> None:
    """Null says nothing, and so does the value that a column had before it was there."""
    record("topics")
    record("topics", metric_family="area")
    title = table_of(Topic).c.title.name
    table = revision_table(table_of(Topic))
    table.c.metric_family.info[BACKFILL_VALUE] = "strength"
    try:
        with database.reading() as connection:
            rows = LoggedTable("topic", table, ("id",), True, 1).rows(connection, 1, 2, batch_size=None)
            fields, of_another = (json.loads(row.content) for row in rows)
    finally:
        del table.c.metric_family.info[BACKFILL_VALUE]

    assert fields[title] == "How many?"
    assert "metric_family" not in fields
    assert of_another["metric_family"] == "area"
    assert "note" not in fields


# --- proofs ---


def test_every_entry_is_proved(api: TestClient, record: Record, editor: Headers) -> None:
    claim = record("claims", quantities=[FIGURE, FIGURE])
    record("sources")

    for one in entries(api):
        leaf = one["leaf"]
        asked = {"object": leaf["object"], "version": leaf["version"]}
        proof = api.get("log/inclusion", params=asked, headers=editor).raise_for_status().json()

        checkpoint = signed(proof["checkpoint"], proof["public_key"])
        assert (proof["index"], proof["leaf"], proof["size"]) == (one["index"], leaf, checkpoint.size)
        hashed = leaf_hash(canonical(leaf))
        found = verify_inclusion(
            hashes(proof["proof"]), leaf=hashed, index=one["index"], size=checkpoint.size, root=checkpoint.root
        )
        assert found
    newest = api.get("log/inclusion", params={"object": f"claim/{claim['id']}"}).json()
    assert newest["leaf"]["version"] == 1


def test_proofs_hold_beyond_the_subtrees_that_are_kept(
    api: TestClient, editor: Headers, database: Database, record: Record, settings: Settings
) -> None:
    record("sources")
    lines = [
        {"record": "claim", "key": f"c{number}", "kind": "other", "statement": f"So it is: {number}."}
        for number in range(1_200)
    ]
    api.post("imports", content=json.dumps(lines), headers=editor).raise_for_status()
    state = state_of(api)
    size, root = state["size"], base64.b64decode(state["root"])
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM log_node")) == size // 256 == 4
        leaves = connection.execute(text("SELECT object, leaf_hash FROM log_leaf ORDER BY position")).all()

    assert findings(settings.url, settings.data_dir) == {}
    for position in (0, 1, 255, 256, 700, 1_023, 1_024, size - 1):
        proof = api.get("log/inclusion", params={"object": leaves[position].object}).json()
        assert verify_inclusion(
            hashes(proof["proof"]), leaf=bytes(leaves[position].leaf_hash), index=position, size=size, root=root
        )
    for first in (1, 2, 255, 256, 257, 512, 1_000, size):
        proof = api.get("log/consistency", params={"first": first}).json()
        assert verify_consistency(
            hashes(proof["proof"]),
            first=first,
            first_root=base64.b64decode(proof["first_root"]),
            second=size,
            second_root=root,
        )
        assert (proof["second"], proof["second_checkpoint"]) == (size, state["checkpoint"])
        assert proof["public_key"] == state["public_key"]
        assert (proof["first_checkpoint"] is not None) is (first in (2, size))


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("log/entries", {"from": "-1"}, "from"),
        ("log/entries", {"from": "x"}, "from"),
        ("log/entries", {"limit": "0"}, "limit"),
        ("log/entries", {"limit": "1001"}, "limit"),
        ("log/entries", {"offset": "1"}, "offset"),
        ("log/inclusion", {}, "object"),
        ("log/inclusion", {"object": "clm_01jhf3m8w5k6v0x2s9r7q4t1ya"}, "object"),
        ("log/inclusion", {"object": "rumour/1"}, "object"),
        ("log/inclusion", {"object": "change/one"}, "object"),
        ("log/inclusion", {"object": "change/1", "version": "0"}, "version"),
        ("log/consistency", {}, "first"),
        ("log/consistency", {"first": "0"}, "first"),
        ("log/consistency", {"first": "9"}, "first"),
        ("log/consistency", {"first": "2", "second": "1"}, "first"),
        ("log/consistency", {"first": "1", "second": "9"}, "second"),
    ],
)
def test_refusals_name_the_field(api: TestClient, record: Record, path: str, asked: dict[str, str], field: str) -> None:
    record("sources")

    assert_problem(api.get(path, params=asked), 422, field)


@pytest.mark.parametrize(
    "asked", [{"object": "claim/clm_x"}, {"object": "change/7"}, {"object": "change/1", "version": 2}]
)
def test_what_is_not_in_the_log_is_not_found(api: TestClient, record: Record, asked: dict[str, Any]) -> None:
    record("sources")

    assert_problem(api.get("log/inclusion", params=asked), 404)


def test_pages_end_where_the_log_ends(api: TestClient, record: Record) -> None:
    record("sources")

    assert api.get("log/entries", params={"from": 2}).json() == {"items": [], "next": None}
    assert api.get("log/entries", params={"limit": 2}).json()["next"] is None
    assert api.get("log/entries", params={"limit": 1}).json()["next"] == 1


def test_a_row_that_was_tampered_with_is_not_proved(api: TestClient, record: Record, database: Database) -> None:
    topic = record("topics")
    record("sources")
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER topic_revision_refuses_update")
        else:
            connection.exec_driver_sql("ALTER TABLE topic_revision DISABLE TRIGGER ALL")
        connection.exec_driver_sql("UPDATE topic_revision SET title = 'Forged'")

    answer = api.get("log/inclusion", params={"object": f"topic/{topic['id']}"})

    assert assert_problem(answer, 409)["detail"].endswith(
        "differs from what was logged. Tell the operator of this service, who can run: attest audit verify"
    )
    assert [one["leaf"] is None for one in entries(api)] == [False, True, False, False]


def test_what_changes_nothing_is_not_logged(api: TestClient, record: Record, correct: Record) -> None:
    source = record("sources", name="A ministry")
    correct("sources", source["id"], name="A ministry")

    assert state_of(api)["size"] == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_leaf SET object = 'rumour/1' WHERE position <> 1",
        "UPDATE log_leaf SET object = 'change/9' WHERE position = 1",
        "DELETE FROM log_leaf WHERE position = 2",
    ],
)
def test_a_log_that_was_tampered_with_proves_nothing_and_fails_at_nothing(
    api: TestClient, record: Record, database: Database, statement: str
) -> None:
    topic = record("topics")
    record("sources")
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER log_leaf_refuses_update")
            connection.exec_driver_sql("DROP TRIGGER log_leaf_refuses_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE log_leaf DISABLE TRIGGER ALL")
        connection.exec_driver_sql(statement)

    assert any(one["leaf"] is None for one in entries(api)) or len(entries(api)) < 4
    assert_problem(api.get("log/inclusion", params={"object": f"topic/{topic['id']}"}), 404)


# --- what it tells nobody ---


def content(api: TestClient, name: str, headers: Headers | None = None, version: int = 1) -> Any:
    """The row in a proof, and whether it is the one that was logged."""
    asked: dict[str, str | int] = {"object": name, "version": version}
    proof = api.get("log/inclusion", params=asked, headers=headers or {}).raise_for_status().json()
    assert (proof["record"] is None) == (proof["salt"] is None)
    return proof["record"]


def test_drafts_are_in_the_log_and_their_contents_are_the_desks(
    api: TestClient, record: Record, correct: Record, editor: Headers, key_of: KeyOf
) -> None:
    record("claims", statement="That another claim was public long before does not matter.")
    source, document = record("sources"), record("documents")
    said = [{"source": source["id"], "stance": "asserts", "key": "a"}]
    shown = [{"document": document["id"], "role": "context", "key": "e"}]
    claim = record("claims", stage="draft", quantities=[FIGURE], attributions=said, evidence=shown)
    attribution, evidence = claim["attributions"][0]["id"], claim["evidence"][0]["id"]
    other = record("claims", stage="draft")
    related = record("relations", claim=claim["id"], other_claim=other["id"], relation="updates")
    parts = [
        f"claim/{claim['id']}",
        f"quantity/{claim['id']}/1/0",
        f"attribution/{attribution}",
        f"evidence/{evidence}",
    ]

    for name in [*parts, f"relation/{related['id']}".replace("relation", "claim_relation"), "change/3"]:
        assert content(api, name) is None, name
        assert content(api, name, key_of(Role.READER)) is None, name
        assert content(api, name, editor) is not None, name
    assert content(api, f"source/{source['id']}")["name"] == "A ministry"

    # What a public claim's attribution says of a draft stays the desk's until that is public.
    public = record(
        "claims", attributions=[{"source": source["id"], "stance": "disputes_figure", "own_claim": other["id"]}]
    )
    telling = f"attribution/{public['attributions'][0]['id']}"
    assert content(api, telling) is None
    assert content(api, telling, editor)["own_claim_id"] == other["id"]
    correct("claims", other["id"], stage="published")
    assert content(api, telling)["own_claim_id"] == other["id"]

    # An attribution that was replaced before anybody saw it stays the desk's.
    correct("attributions", attribution, note="Now with a note.")
    correct("claims", claim["id"], stage="published")
    assert content(api, f"claim/{claim['id']}") is None
    assert content(api, f"attribution/{attribution}") is None
    assert content(api, f"attribution/{attribution}", version=2)["note"] == "Now with a note."
    assert content(api, f"evidence/{evidence}")["role"] == "context"
    assert content(api, f"quantity/{claim['id']}/1/0")["best"] == "40.5"
    assert content(api, "change/3") is None
    assert content(api, "change/3", editor).keys() == {"seq", "at", "action", "reason"}
    versions = [one["leaf"]["version"] for one in entries(api) if one["leaf"]["object"] == f"claim/{claim['id']}"]
    assert content(api, f"claim/{claim['id']}", version=max(versions))["stage"] == "published"


def test_a_figure_cannot_be_found_out_by_trying(api: TestClient, record: Record, editor: Headers) -> None:
    """Whoever knows all of a row but one number must not be able to try numbers: hashes are blinded."""
    claim = record("claims", stage="draft", quantities=[FIGURE])
    row = content(api, f"quantity/{claim['id']}/1/0", editor)
    proof = api.get("log/inclusion", params={"object": f"quantity/{claim['id']}/1/0"}).json()

    from hashlib import sha256

    assert proof["leaf"]["after_hash"] != sha256(canonical(row)).hexdigest()
    salts = {
        api.get("log/inclusion", params={"object": one["leaf"]["object"]}, headers=editor).json()["salt"]
        for one in entries(api)
    }
    assert len(salts) == state_of(api)["size"]


def test_nothing_in_the_log_names_a_person(api: TestClient, record: Record, key_of: KeyOf, database: Database) -> None:
    record("claims", quantities=[FIGURE])
    with database.reading() as connection:
        people = connection.execute(text("SELECT id, byline FROM person")).all()

    told = json.dumps([entries(api), state_of(api), api.get("log/inclusion", params={"object": "change/1"}).json()])

    assert people
    assert not any(one.id in told or one.byline in told for one in people)
    assert "So it is" not in told
    assert "Recorded." not in told


def test_a_change_on_the_second_comes_before_one_within_it(
    record: Record, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written, "05Z" comes behind "05.5Z"."""
    second = datetime(2100, 1, 12, 9, 0, 5, tzinfo=UTC)
    for number in range(4):
        monkeypatch.setattr(clock, "now", lambda number=number: second + number * timedelta(milliseconds=500))
        record("sources", name=f"Source {number}")

    assert findings(settings.url, settings.data_dir) == {}


def test_an_erased_person_leaves_every_proof_valid(
    api: TestClient, record: Record, key_of: KeyOf, settings: Settings, database: Database
) -> None:
    claim = record("claims")
    headers = key_of(Role.FACT_CHECKER)
    api.post("sources", json={"name": "One", "kind": "person"}, headers=headers).raise_for_status()
    asked = {"object": "change/2"}
    before = api.get("log/inclusion", params=asked).json()

    done = attest(settings.url, settings.data_dir, "audit", "erase-person", f"Test {Role.FACT_CHECKER}", "--yes")

    assert (done.code, done.out.strip()) == (0, "Erased. The author of 1 change is no longer recorded.")
    # The erasing itself is a change, and the log has grown.
    after = api.get("log/inclusion", params=asked).json()
    assert [after[name] for name in ("index", "leaf")] == [before[name] for name in ("index", "leaf")]
    assert findings(settings.url, settings.data_dir) == {}
    assert attest(settings.url, settings.data_dir, "audit", "verify", "--json").json["erased"] == 1
    assert "1 by erased people" in attest(settings.url, settings.data_dir, "audit", "verify").out
    assert_problem(api.post("sources", json={"name": "Two", "kind": "person"}, headers=headers), 401)
    with database.reading() as connection:
        bylines = connection.scalars(text("SELECT byline FROM person")).all()
        assert connection.scalar(text("SELECT count(*) FROM log_salt")) == 2
    assert any(re.fullmatch("Erased person [0-9a-f]{8}", one) for one in bylines)
    assert f"Test {Role.FACT_CHECKER}" not in bylines
    assert api.get(f"claims/{claim['id']}/history").status_code == 200
    # Who was erased is nobody, and nobody is erased twice.
    again = attest(settings.url, settings.data_dir, "audit", "erase-person", f"Test {Role.FACT_CHECKER}", "--yes")
    assert (again.code, "There is no person" in again.err) == (1, True)
    (erased,) = [one for one in bylines if one.startswith("Erased")]
    again = attest(settings.url, settings.data_dir, "audit", "erase-person", erased, "--yes")
    assert (again.code, again.err) == (1, "This person's data has already been erased.")
    if database.is_sqlite:
        for file in Path(settings.url.removeprefix("sqlite:///")).parent.glob("attest.db*"):
            assert f"Test {Role.FACT_CHECKER}".encode() not in file.read_bytes()


# --- the key ---


def test_the_key_is_made_once_for_its_owner_alone(api: TestClient, record: Record, settings: Settings) -> None:
    assert not settings.log_key_path.exists()
    record("sources")
    key = state_of(api)["public_key"]

    assert S_IMODE(settings.log_key_path.stat().st_mode) == 0o600
    private = base64.b64decode(settings.log_key_path.read_text())
    assert NoteSigner("localhost/attest", private).verifier.vkey == key
    assert attest(settings.url, settings.data_dir, "audit", "key").out.strip() == key


def test_a_log_whose_key_is_gone_goes_on_unsigned_and_says_so(
    api: TestClient, record: Record, settings: Settings, editor: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    record("sources")
    note, moved = state_of(api)["checkpoint"], settings.data_dir / "elsewhere"
    settings.log_key_path.rename(moved)
    with (
        caplog.at_level(logging.ERROR, logger="attest"),
        Client(create_app(settings)) as other,
    ):
        for name in ("One", "Two"):
            other.post("sources", json={"name": name, "kind": "person"}, headers=editor).raise_for_status()
        state = state_of(other)

    assert (state["size"], state["checkpoint"], state["public_key"]) == (6, note, None)
    (told,) = caplog.records
    assert told.message.startswith(f"New log entries are not signed: {settings.log_key_path}: ")
    assert "No such file" in told.message
    assert not settings.log_key_path.exists(), "a key that is gone must not be replaced in silence"
    assert_problem(api.get("log/inclusion", params={"object": "change/3"}), 409)
    done = attest(settings.url, settings.data_dir, "audit", "checkpoint")
    assert (done.code, "signing key is missing or unreadable" in done.err) == (1, True)
    assert attest(settings.url, settings.data_dir, "audit", "key").code == 1
    moved.rename(settings.log_key_path)
    assert findings(settings.url, settings.data_dir) == {
        "log": "has no signature for entry 2 and later. If nothing else was found, run: attest audit checkpoint"
    }

    signed_now = attest(settings.url, settings.data_dir, "audit", "checkpoint", "-o", settings.data_dir / "note")

    assert signed_now.code == 0
    assert SignedNote.parse((settings.data_dir / "note").read_text()).text.split("\n")[1] == "6"
    assert findings(settings.url, settings.data_dir) == {}


KEY = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize("written", ["", "not base64", "c2hvcnQ=", "ключ", f"!{KEY}", f"{KEY[:8]}\n{KEY[8:]}"])
def test_a_key_that_cannot_be_used_signs_nothing(settings: Settings, editor: Headers, written: str) -> None:
    settings.data_dir.mkdir()
    settings.log_key_path.write_text(written)
    with Client(create_app(settings)) as api:
        api.post("sources", json={"name": "One", "kind": "person"}, headers=editor).raise_for_status()

        assert state_of(api)["checkpoint"] is None
    report = attest(settings.url, settings.data_dir, "audit", "verify", "--json").json
    assert {one["place"] for one in report["findings"]} == {"log"}
    assert report["findings"][0]["what"] == "has no key to check its signatures with"


def test_the_key_and_the_name_are_settings(url: str, tmp_path: Path, story: Path) -> None:
    key = tmp_path / "safe" / "key"
    variables = {"log_key_file": str(key), "log_origin": "factcheck.example/log"}

    attest(url, tmp_path / "data", "import", story, **variables)

    assert key.exists()
    assert attest(url, tmp_path / "data", "audit", "key", **variables).out.startswith("factcheck.example/log+")
    assert attest(url, tmp_path / "data", "audit", "verify", **variables).code == 0


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A file to import."""
    path = tmp_path / "story.json"
    path.write_text(json.dumps([{"record": "source", "key": "s", "name": "Ministry", "kind": "government"}]))
    return path


def test_names_of_objects_are_read_as_they_are_written() -> None:
    for name in ("claim/clm_x", "quantity/clm_x/1/0", "change/17"):
        found = parse_object_name(name)
        assert found is not None
        assert found[0].object_name(found[1]) == name
    for name in ("", "claim", "claim/a/b", "quantity/clm_x/1", "change/-1", "change/²", "change/" + "9" * 19):
        assert parse_object_name(name) is None, name


def test_a_log_without_writers_can_be_signed(url: str, tmp_path: Path, database: Database) -> None:
    """`attest audit checkpoint` before anything is on record makes the key, so that it can be given away."""
    done = attest(url, tmp_path, "audit", "checkpoint")

    assert done.out.startswith("localhost/attest\n0\n47DEQpj8HBSa")
    assert attest(url, tmp_path, "audit", "checkpoint").out == done.out
    assert findings(url, tmp_path) == {}
    with database.reading() as connection:
        assert connection.scalar(select(recorder.log_checkpoint.c.size)) == 0
