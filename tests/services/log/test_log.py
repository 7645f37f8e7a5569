"""The tamper-evident log over the API: its state, entries and proofs, what it keeps secret, and its key."""

import base64
import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
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


def decode_hashes(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text_of_hash) for text_of_hash in texts]


def read_state(api: TestClient) -> dict[str, Any]:
    body: dict[str, Any] = api.get("log").raise_for_status().json()
    return body


def verify_checkpoint(note: str, key: str) -> Checkpoint:
    """The content of a checkpoint that the key has signed."""
    return Checkpoint.parse(SignedNote.parse(note).verify([Verifier.parse(key)]))


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def read_entries(api: TestClient) -> list[dict[str, Any]]:
    """All entries, page by page."""
    read_entries: list[dict[str, Any]] = []
    next_index: int | None = 0
    while next_index is not None:
        page = api.get("log/entries", params={"from": next_index, "limit": 7}).raise_for_status().json()
        read_entries += page["items"]
        next_index = page["next"]
    return read_entries


# --- what is logged ---


def test_an_empty_log_has_no_checkpoint(api: TestClient) -> None:
    state = read_state(api)

    assert (state["size"], state["checkpoint"], state["public_key"]) == (0, None, None)
    assert state["root"] == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert read_entries(api) == []
    assert_problem(api.get("log/checkpoint"), 404)


def test_every_row_has_an_entry_and_every_change_is_signed(api: TestClient, record: Record, correct: Record) -> None:
    source = record("sources")
    attributions = [{"source": source["id"], "stance": "asserts"}]
    claim = record("claims", quantities=[FIGURE], attributions=attributions)
    correct("claims", claim["id"], place="Kursk")

    log_entries = read_entries(api)

    assert [entry["index"] for entry in log_entries] == list(range(len(log_entries)))
    logged_objects = [
        (entry["leaf"]["seq"], entry["leaf"]["object"], entry["leaf"]["version"]) for entry in log_entries
    ]
    attribution = claim["attributions"][0]["id"]
    assert logged_objects == [
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
    for entry in log_entries:
        assert leaf_hash(canonical(entry["leaf"])) == base64.b64decode(entry["leaf_hash"])
    leaves = {(entry["leaf"]["object"], entry["leaf"]["version"]): entry["leaf"] for entry in log_entries}
    first, second = leaves[f"claim/{claim['id']}", 1], leaves[f"claim/{claim['id']}", 2]
    assert (first["before_hash"], second["before_hash"]) == (None, first["after_hash"])
    assert {entry["leaf"]["action"] for entry in log_entries} == {"create", "correct"}
    state = read_state(api)
    checkpoint = verify_checkpoint(state["checkpoint"], state["public_key"])
    assert (checkpoint.origin, checkpoint.size) == ("localhost/attest", len(log_entries))
    assert base64.b64encode(checkpoint.root).decode() == state["root"]
    assert api.get("log/checkpoint").text == state["checkpoint"]


def test_every_table_is_logged_or_derived_from_logged_tables() -> None:
    current_tables = {table_of(model).name for model in VERSIONED}
    assert all(revision_table(table_of(model)).name in LOGGED_BY_TABLE_NAME for model in VERSIONED)
    other_tables = Base.metadata.tables.keys() - LOGGED_BY_TABLE_NAME.keys() - current_tables
    derived = {"claim_count", "claim_count_history", "equality_key", "search_text", "stale_period", "head"}
    log_tables = {name for name in other_tables if name.startswith("log_")}
    # Personal data and work in progress must stay out of a log that never forgets.
    people = {"person", "api_key", "api_key_scope", "idempotent_answer", "assignment", "review_request"}
    assert other_tables == derived | log_tables | people


def test_an_import_is_logged(api: TestClient, editor: Headers, settings: Settings) -> None:
    lines = [
        {"record": "source", "key": "s", "name": "Ministry", "kind": "government"},
        *(
            {"record": "claim", "key": f"c{number}", "kind": "other", "statement": f"So it is: {number}."}
            for number in range(300)
        ),
    ]
    response = api.post("imports", content=json.dumps(lines), headers=editor)
    assert response.json()["created"] == 301

    assert read_state(api)["size"] == 302
    assert findings(settings.url, settings.data_dir) == {}


def test_a_small_change_is_logged_without_table_scans(
    api: TestClient, editor: Headers, database: Database, record: Record
) -> None:
    """Statistics of a large import must not make later small writes scan whole tables."""
    figure = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 40}
    claim = {"record": "claim", "kind": "other", "statement": "So it is.", "quantities": [figure]}
    lines = [{**claim, "key": f"c{number}"} for number in range(2_000)]
    api.post("imports", content=json.dumps(lines), headers=editor).raise_for_status()
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
    record("claims", quantities=[FIGURE])

    plans = []
    original = compiled_reads.fetch_pipelined

    def explain_and_fetch(connection: Connection, reads: Any) -> Any:
        for statement, values in (read_list := list(reads)):
            plans.append(query_plan(connection, statement, values))
        return original(connection, read_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "fetch_pipelined", explain_and_fetch)
        record("claims", statement="More soldiers are there.", quantities=[FIGURE])

    assert len(plans) == 4  # the head, the change, the claim, its figure
    for plan in plans[1:]:
        for table in ("claim_revision", "quantity"):
            assert f"SCAN {table}" not in plan
            assert f"Seq Scan on {table}" not in plan
    assert sum("ix_claim_revision_change_seq" in plan or "ix_quantity_change_seq" in plan for plan in plans) == 2


def query_plan(connection: Connection, statement: compiled_reads.CompiledStatement, values: Any) -> str:
    """The engine's plan for a read."""
    compiled = statement._for(connection)
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    driver: Any = connection.connection.dbapi_connection
    plan_rows = driver.execute(f"{explain} {compiled.sql}", compiled.bind(values)).fetchall()
    return "\n".join(str(row[-1]) for row in plan_rows)


def test_dry_runs_and_refused_requests_are_not_logged(api: TestClient, editor: Headers) -> None:
    line = {"record": "claim", "key": "c", "kind": "other", "statement": "So it is."}
    api.post("imports", params={"dry_run": True}, content=json.dumps([line]), headers=editor).raise_for_status()
    assert_problem(api.post("sources", json={"name": "One", "kind": "person", "parent": "?"}, headers=editor), 422)

    assert read_state(api)["size"] == 0


def test_concurrent_writers_produce_a_log_without_gaps(
    api: TestClient, record: Record, editor: Headers, settings: Settings
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record("sources", name=f"Source {number}"), range(40)))

    log_entries = read_entries(api)

    assert [entry["leaf"]["seq"] for entry in log_entries] == [number // 2 + 1 for number in range(80)]
    assert findings(settings.url, settings.data_dir) == {}


def test_changes_from_before_the_log_are_added_to_it(
    api: TestClient, record: Record, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "attach_log", lambda _change: None)
        for number in range(5):
            record("sources", name=f"Source {number}")
    assert read_state(api)["size"] == 0
    monkeypatch.setattr(recorder, "CATCH_UP_CHANGES", 2)
    assert findings(settings.url, settings.data_dir)["log"] == "lacks changes 1 to 5. Run: attest db upgrade"

    result = attest(settings.url, settings.data_dir, "db", "upgrade")

    assert "\nAdded 5 earlier changes to the log." in f"\n{result.out}"
    assert read_state(api)["size"] == 10
    assert findings(settings.url, settings.data_dir) == {}
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "attach_log", lambda _change: None)
        record("sources", name="Another")
    # The next change adds the missing one to the log.
    record("topics")
    assert read_state(api)["size"] == 14
    assert findings(settings.url, settings.data_dir) == {}


def test_a_new_column_does_not_change_the_hashes_of_old_rows(
    database: Database, record: Record, settings: Settings
) -> None:
    """Neither null nor the backfilled value of a new column is part of the hashed content."""
    record("topics")
    record("topics", metric_family="area")
    title = table_of(Topic).c.title.name
    table = revision_table(table_of(Topic))
    table.c.metric_family.info[BACKFILL_VALUE] = "strength"
    try:
        with database.reading() as connection:
            rows = LoggedTable("topic", table, ("id",), True, 1).rows(connection, 1, 2, batch_size=None)
            fields, other_fields = (json.loads(row.content) for row in rows)
    finally:
        del table.c.metric_family.info[BACKFILL_VALUE]

    assert fields[title] == "How many?"
    assert "metric_family" not in fields
    assert other_fields["metric_family"] == "area"
    assert "note" not in fields


# --- proofs ---


def test_every_entry_is_proved(api: TestClient, record: Record, editor: Headers) -> None:
    claim = record("claims", quantities=[FIGURE, FIGURE])
    record("sources")

    log_entries = read_entries(api)
    assert len(log_entries) == 6
    for entry in log_entries:
        leaf = entry["leaf"]
        query = {"object": leaf["object"], "version": leaf["version"]}
        proof = api.get("log/inclusion", params=query, headers=editor).raise_for_status().json()

        checkpoint = verify_checkpoint(proof["checkpoint"], proof["public_key"])
        assert (proof["index"], proof["leaf"], proof["size"]) == (entry["index"], leaf, checkpoint.size)
        expected_hash = leaf_hash(canonical(leaf))
        is_proved = verify_inclusion(
            decode_hashes(proof["proof"]),
            leaf=expected_hash,
            index=entry["index"],
            size=checkpoint.size,
            root=checkpoint.root,
        )
        assert is_proved
    newest = api.get("log/inclusion", params={"object": f"claim/{claim['id']}"}).json()
    assert newest["leaf"]["version"] == 1


def test_proofs_are_valid_across_stored_subtrees(
    api: TestClient, editor: Headers, database: Database, record: Record, settings: Settings
) -> None:
    record("sources")
    lines = [
        {"record": "claim", "key": f"c{number}", "kind": "other", "statement": f"So it is: {number}."}
        for number in range(1_200)
    ]
    api.post("imports", content=json.dumps(lines), headers=editor).raise_for_status()
    state = read_state(api)
    size, root = state["size"], base64.b64decode(state["root"])
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM log_node")) == size // 256 == 4
        leaves = connection.execute(text("SELECT object, leaf_hash FROM log_leaf ORDER BY position")).all()

    assert findings(settings.url, settings.data_dir) == {}
    for position in (0, 1, 255, 256, 700, 1_023, 1_024, size - 1):
        proof = api.get("log/inclusion", params={"object": leaves[position].object}).json()
        assert verify_inclusion(
            decode_hashes(proof["proof"]), leaf=bytes(leaves[position].leaf_hash), index=position, size=size, root=root
        )
    for first in (1, 2, 255, 256, 257, 512, 1_000, size):
        proof = api.get("log/consistency", params={"first": first}).json()
        assert verify_consistency(
            decode_hashes(proof["proof"]),
            first=first,
            first_root=base64.b64decode(proof["first_root"]),
            second=size,
            second_root=root,
        )
        assert (proof["second"], proof["second_checkpoint"]) == (size, state["checkpoint"])
        assert proof["public_key"] == state["public_key"]
        assert (proof["first_checkpoint"] is not None) is (first in (2, size))


@pytest.mark.parametrize(
    ("path", "query", "field"),
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
def test_invalid_parameters_are_refused_by_name(
    api: TestClient, record: Record, path: str, query: dict[str, str], field: str
) -> None:
    record("sources")

    assert_problem(api.get(path, params=query), 422, field)


@pytest.mark.parametrize(
    "query", [{"object": "claim/clm_x"}, {"object": "change/7"}, {"object": "change/1", "version": 2}]
)
def test_objects_without_an_entry_are_not_found(api: TestClient, record: Record, query: dict[str, Any]) -> None:
    record("sources")

    assert_problem(api.get("log/inclusion", params=query), 404)


def test_pages_end_where_the_log_ends(api: TestClient, record: Record) -> None:
    record("sources")

    assert api.get("log/entries", params={"from": 2}).json() == {"items": [], "next": None}
    assert api.get("log/entries", params={"limit": 2}).json()["next"] is None
    assert api.get("log/entries", params={"limit": 1}).json()["next"] == 1
    assert len(api.get("log/entries", params={"limit": 1000}).json()["items"]) == 2


def test_an_altered_row_is_not_proved(api: TestClient, record: Record, database: Database) -> None:
    topic = record("topics")
    record("sources")
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER topic_revision_refuses_update")
        else:
            connection.exec_driver_sql("ALTER TABLE topic_revision DISABLE TRIGGER ALL")
        connection.exec_driver_sql("UPDATE topic_revision SET title = 'Forged'")

    response = api.get("log/inclusion", params={"object": f"topic/{topic['id']}"})

    assert assert_problem(response, 409)["detail"].endswith(
        "differs from what was logged. Tell the operator of this service, who can run: attest audit verify"
    )
    assert [entry["leaf"] is None for entry in read_entries(api)] == [False, True, False, False]


def test_a_correction_without_a_change_is_not_logged(api: TestClient, record: Record, correct: Record) -> None:
    source = record("sources", name="A ministry")
    correct("sources", source["id"], name="A ministry")

    assert read_state(api)["size"] == 2


@pytest.mark.parametrize(
    ("statement", "hidden"),
    [
        ("UPDATE log_leaf SET object = 'rumour/1' WHERE position <> 1", [True, False, True, True]),
        ("UPDATE log_leaf SET object = 'change/9' WHERE position = 1", [False, True, False, False]),
        ("DELETE FROM log_leaf WHERE position = 2", [False, False, False]),
    ],
)
def test_an_altered_log_is_read_without_failing_and_proves_nothing(
    api: TestClient, record: Record, database: Database, statement: str, hidden: list[bool]
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

    assert [entry["leaf"] is None for entry in read_entries(api)] == hidden
    assert_problem(api.get("log/inclusion", params={"object": f"topic/{topic['id']}"}), 404)


# --- what the log keeps secret ---


def read_record(api: TestClient, name: str, headers: Headers | None = None, version: int = 1) -> Any:
    """The row in a proof, or None if the reader may not see it."""
    query: dict[str, str | int] = {"object": name, "version": version}
    proof = api.get("log/inclusion", params=query, headers=headers or {}).raise_for_status().json()
    assert (proof["record"] is None) == (proof["salt"] is None)
    return proof["record"]


def test_drafts_are_logged_but_only_the_desk_reads_their_content(
    api: TestClient, record: Record, correct: Record, editor: Headers, key_of: KeyOf
) -> None:
    record("claims", statement="That another claim was public long before does not matter.")
    source, document = record("sources"), record("documents")
    attributions = [{"source": source["id"], "stance": "asserts", "key": "a"}]
    evidence_list = [{"document": document["id"], "role": "context", "key": "e"}]
    claim = record("claims", stage="draft", quantities=[FIGURE], attributions=attributions, evidence=evidence_list)
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
        assert read_record(api, name) is None, name
        assert read_record(api, name, key_of(Role.READER)) is None, name
        assert read_record(api, name, editor) is not None, name
    assert read_record(api, f"source/{source['id']}")["name"] == "A ministry"

    # A public claim's attribution that names a draft is readable by the desk only until the draft is public.
    public = record(
        "claims", attributions=[{"source": source["id"], "stance": "disputes_figure", "own_claim": other["id"]}]
    )
    public_attribution = f"attribution/{public['attributions'][0]['id']}"
    assert read_record(api, public_attribution) is None
    assert read_record(api, public_attribution, editor)["own_claim_id"] == other["id"]
    correct("claims", other["id"], stage="published")
    assert read_record(api, public_attribution)["own_claim_id"] == other["id"]

    # An attribution that was replaced before publication remains readable by the desk only.
    correct("attributions", attribution, note="Now with a note.")
    correct("claims", claim["id"], stage="published")
    assert read_record(api, f"claim/{claim['id']}") is None
    assert read_record(api, f"attribution/{attribution}") is None
    assert read_record(api, f"attribution/{attribution}", version=2)["note"] == "Now with a note."
    assert read_record(api, f"evidence/{evidence}")["role"] == "context"
    assert read_record(api, f"quantity/{claim['id']}/1/0")["best"] == "40.5"
    assert read_record(api, "change/3") is None
    assert read_record(api, "change/3", editor).keys() == {"seq", "at", "action", "reason"}
    versions = [
        entry["leaf"]["version"] for entry in read_entries(api) if entry["leaf"]["object"] == f"claim/{claim['id']}"
    ]
    assert read_record(api, f"claim/{claim['id']}", version=max(versions))["stage"] == "published"


def test_a_figure_cannot_be_guessed_from_its_hash(api: TestClient, record: Record, editor: Headers) -> None:
    """Hashes are blinded, so that someone who knows the rest of a row cannot try out numbers."""
    claim = record("claims", stage="draft", quantities=[FIGURE])
    row = read_record(api, f"quantity/{claim['id']}/1/0", editor)
    proof = api.get("log/inclusion", params={"object": f"quantity/{claim['id']}/1/0"}).json()

    assert proof["leaf"]["after_hash"] != sha256(canonical(row)).hexdigest()
    salts = {
        api.get("log/inclusion", params={"object": entry["leaf"]["object"]}, headers=editor).json()["salt"]
        for entry in read_entries(api)
    }
    assert len(salts) == read_state(api)["size"]


def test_nothing_in_the_log_names_a_person(api: TestClient, record: Record, key_of: KeyOf, database: Database) -> None:
    record("claims", quantities=[FIGURE])
    with database.reading() as connection:
        people = connection.execute(text("SELECT id, byline FROM person")).all()

    log_text = json.dumps(
        [read_entries(api), read_state(api), api.get("log/inclusion", params={"object": "change/1"}).json()]
    )

    assert people
    assert not any(person.id in log_text or person.byline in log_text for person in people)
    assert "So it is" not in log_text
    assert "Recorded." not in log_text


def test_a_time_without_fraction_precedes_later_times_of_that_second(
    record: Record, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As text, "05Z" would sort after "05.5Z"."""
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
    query = {"object": "change/2"}
    before = api.get("log/inclusion", params=query).json()

    result = attest(settings.url, settings.data_dir, "audit", "erase-person", f"Test {Role.FACT_CHECKER}", "--yes")

    assert (result.code, result.out.strip()) == (0, "Erased. The author of 1 change is no longer recorded.")
    # The erasure itself is a change, so the log has grown.
    after = api.get("log/inclusion", params=query).json()
    assert [after[name] for name in ("index", "leaf")] == [before[name] for name in ("index", "leaf")]
    assert findings(settings.url, settings.data_dir) == {}
    assert attest(settings.url, settings.data_dir, "audit", "verify", "--json").json["erased"] == 1
    assert "1 by erased people" in attest(settings.url, settings.data_dir, "audit", "verify").out
    assert_problem(api.post("sources", json={"name": "Two", "kind": "person"}, headers=headers), 401)
    with database.reading() as connection:
        bylines = connection.scalars(text("SELECT byline FROM person")).all()
        assert connection.scalar(text("SELECT count(*) FROM log_salt")) == 2
    assert any(re.fullmatch("Erased person [0-9a-f]{8}", byline) for byline in bylines)
    assert f"Test {Role.FACT_CHECKER}" not in bylines
    assert api.get(f"claims/{claim['id']}/history").status_code == 200
    # An erased person cannot be found by name or erased twice.
    again = attest(settings.url, settings.data_dir, "audit", "erase-person", f"Test {Role.FACT_CHECKER}", "--yes")
    assert (again.code, "There is no person" in again.err) == (1, True)
    (erased,) = [byline for byline in bylines if byline.startswith("Erased")]
    again = attest(settings.url, settings.data_dir, "audit", "erase-person", erased, "--yes")
    assert (again.code, again.err) == (1, "This person's data has already been erased.")
    if database.is_sqlite:
        for file in Path(settings.url.removeprefix("sqlite:///")).parent.glob("attest.db*"):
            assert f"Test {Role.FACT_CHECKER}".encode() not in file.read_bytes()


# --- the key ---


def test_the_key_is_created_once_and_readable_by_its_owner_only(
    api: TestClient, record: Record, settings: Settings
) -> None:
    assert not settings.log_key_path.exists()
    record("sources")
    key = read_state(api)["public_key"]

    assert S_IMODE(settings.log_key_path.stat().st_mode) == 0o600
    private = base64.b64decode(settings.log_key_path.read_text())
    assert NoteSigner("localhost/attest", private).verifier.vkey == key
    assert attest(settings.url, settings.data_dir, "audit", "key").out.strip() == key


def test_a_log_without_its_key_continues_unsigned_and_reports_it(
    api: TestClient, record: Record, settings: Settings, editor: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    record("sources")
    note, moved_key = read_state(api)["checkpoint"], settings.data_dir / "elsewhere"
    settings.log_key_path.rename(moved_key)
    with (
        caplog.at_level(logging.ERROR, logger="attest"),
        Client(create_app(settings)) as unsigned_service,
    ):
        for name in ("One", "Two"):
            unsigned_service.post("sources", json={"name": name, "kind": "person"}, headers=editor).raise_for_status()
        state = read_state(unsigned_service)

    assert (state["size"], state["checkpoint"], state["public_key"]) == (6, note, None)
    (message,) = caplog.records
    assert message.message.startswith(f"New log entries are not signed: {settings.log_key_path}: ")
    assert "No such file" in message.message
    assert not settings.log_key_path.exists(), "a missing key must not be replaced silently"
    assert_problem(api.get("log/inclusion", params={"object": "change/3"}), 409)
    result = attest(settings.url, settings.data_dir, "audit", "checkpoint")
    assert (result.code, "signing key is missing or unreadable" in result.err) == (1, True)
    assert attest(settings.url, settings.data_dir, "audit", "key").code == 1
    moved_key.rename(settings.log_key_path)
    assert findings(settings.url, settings.data_dir) == {
        "log": "has no signature for entry 2 and later. If nothing else was found, run: attest audit checkpoint"
    }

    result_after = attest(settings.url, settings.data_dir, "audit", "checkpoint", "-o", settings.data_dir / "note")

    assert result_after.code == 0
    assert SignedNote.parse((settings.data_dir / "note").read_text()).text.split("\n")[1] == "6"
    assert findings(settings.url, settings.data_dir) == {}


KEY = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize("key_text", ["", "not base64", "c2hvcnQ=", "ключ", f"!{KEY}", f"{KEY[:8]}\n{KEY[8:]}"])
def test_an_invalid_key_signs_nothing(settings: Settings, editor: Headers, key_text: str) -> None:
    settings.data_dir.mkdir()
    settings.log_key_path.write_text(key_text)
    with Client(create_app(settings)) as api:
        api.post("sources", json={"name": "One", "kind": "person"}, headers=editor).raise_for_status()

        assert read_state(api)["checkpoint"] is None
    report = attest(settings.url, settings.data_dir, "audit", "verify", "--json").json
    assert {finding["place"] for finding in report["findings"]} == {"log"}
    assert report["findings"][0]["what"] == "has no key to check its signatures with"


def test_the_key_file_and_the_origin_are_settings(url: str, tmp_path: Path, story: Path) -> None:
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


def test_object_names_are_parsed() -> None:
    for name in ("claim/clm_x", "quantity/clm_x/1/0", "change/17"):
        parsed = parse_object_name(name)
        assert parsed is not None
        assert parsed[0].object_name(parsed[1]) == name
    for name in ("", "claim", "claim/a/b", "quantity/clm_x/1", "change/-1", "change/²", "change/" + "9" * 19):
        assert parse_object_name(name) is None, name


def test_an_empty_log_can_be_signed(url: str, tmp_path: Path, database: Database) -> None:
    """`attest audit checkpoint` creates the key before anything is recorded, so that it can be published."""
    result = attest(url, tmp_path, "audit", "checkpoint")

    assert result.out.startswith("localhost/attest\n0\n47DEQpj8HBSa")
    assert attest(url, tmp_path, "audit", "checkpoint").out == result.out
    assert findings(url, tmp_path) == {}
    with database.reading() as connection:
        assert connection.scalar(select(recorder.log_checkpoint.c.size)) == 0
