"""The audit finds every alteration of the record or its log that is made directly in the database."""

# ruff: noqa: S608 - these statements contain no user input

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from app.db.engine import Database
from app.services.log import recorder
from app.services.people import keys
from app.vocabulary import Role
from tests.support import postgres
from tests.support.attest import attest, findings
from tests.support.desk import EVERY_ACTION, INITIAL_ACTIONS, Desk, action_strategy, open_desk, service

pytestmark = pytest.mark.slow

ENGINES = ("sqlite", "postgresql")


class AuditedDatabase(NamedTuple):
    """A database with rows in every table, and the data folder with the key of its log."""

    url: str
    data_dir: Path


def _create_full_database(engine: str, request: pytest.FixtureRequest, folder: Path) -> AuditedDatabase:
    data_dir = folder / "data"
    with open_desk(engine, request, initial_actions=[*INITIAL_ACTIONS, *EVERY_ACTION], data_dir=data_dir) as desk:
        # Enough rows for the log to store a subtree.
        figure = {"metric": "killed", "unit": "soldiers", "qualifier": "exact", "best": 40}
        claim = {"record": "claim", "kind": "other", "statement": "Some were there.", "quantities": [figure]}
        desk.import_lines([{**claim, "key": f"many {number}"} for number in range(100)])
        _take_decisions(desk)
        url = desk.database.url
        desk.database.close()
        desk.api.app.state.database.close()  # type: ignore[attr-defined]  # the service, which is ours
        if engine == "sqlite":
            shutil.copy(url.removeprefix("sqlite:///"), folder / "whole.db")
            return AuditedDatabase(f"sqlite:///{folder / 'whole.db'}", data_dir)
        return AuditedDatabase(postgres.create_database(template=url), data_dir)


def _take_decisions(desk: Desk) -> None:
    """Decide on two claims and on a source's reliability: Anna proposes, Boris approves, and Clara wrote the claims."""
    headers = {}
    for byline in ("Anna", "Boris", "Clara"):
        with desk.database.writing() as connection:
            headers[byline] = {"Authorization": f"Bearer {keys.issue(connection, byline, Role.FACT_CHECKER)[1]}"}
    source = desk.pick_id("sources", 0)
    proposals: list[tuple[str, dict[str, Any]]] = []
    for number in range(2):
        attribution = {"source": source, "stance": "asserts"}
        claim = {"kind": "other", "statement": f"Some are there: {number}.", "stage": "published"}
        assert desk.post("claims", **claim, attributions=[attribution])
        path = f"claims/{desk.ids['claims'][-1]}"
        reworded = {"statement": f"They are there: {number}.", "reason": "Clearer."}
        response = desk.api.patch(path, json=reworded, headers=headers["Clara"] | {"If-Match": "*"})
        assert response.status_code == 200, response.text
        status = {"claim_version": 2, "status": "unconfirmed", "credibility": 3, "standard": "reasonable_grounds"}
        proposals.append((f"{path}/proposals", status))
    for path, body in (*proposals, (f"sources/{source}/proposals", {"reliability": "B"})):
        proposed = desk.api.post(path, json={**body, "rationale": "Said."}, headers=headers["Anna"])
        assert proposed.status_code == 201, proposed.text
        sign = f"proposals/{proposed.json()['id']}/sign-offs"
        signed = desk.api.post(sign, json={"verdict": "approve"}, headers=headers["Boris"])
        assert signed.status_code == 201, signed.text


@pytest.fixture(scope="session")
def full_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], AuditedDatabase]:
    """A function that returns the full database of an engine, which is created once."""
    databases: dict[str, AuditedDatabase] = {}

    def get(engine: str) -> AuditedDatabase:
        if engine not in databases:
            databases[engine] = _create_full_database(engine, request, tmp_path_factory.mktemp(engine))
        return databases[engine]

    return get


@pytest.fixture(params=ENGINES)
def audited(
    request: pytest.FixtureRequest, full_database: Callable[[str], AuditedDatabase], tmp_path: Path
) -> Iterator[AuditedDatabase]:
    """A copy of the full database, to be tampered with."""
    original = full_database(request.param)
    if request.param == "sqlite":
        shutil.copy(original.url.removeprefix("sqlite:///"), tmp_path / "attest.db")
        yield AuditedDatabase(f"sqlite:///{tmp_path / 'attest.db'}", original.data_dir)
        return
    url = postgres.create_database(template=original.url)
    yield AuditedDatabase(url, original.data_dir)
    postgres.drop_database(url)


def tamper(url: str, *statements: str | Callable[[Connection], None]) -> None:
    """Alter a database as its owner can: past the services, triggers and foreign keys."""
    database = Database(url, pool_size=1)
    if database.is_sqlite:
        with database.writing() as connection:
            triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in triggers:
                if "_refuses_" in name:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
    with database.engine.connect() as connection:
        if database.is_sqlite:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA foreign_keys = OFF")  # SQLite ignores it within a transaction
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            if callable(statement):
                statement(connection)
            else:
                result = connection.exec_driver_sql(statement)
                assert result.rowcount != 0, f"nothing was altered by: {statement}"
        connection.commit()
    database.close()


def scalar(audited: AuditedDatabase, statement: str) -> Any:
    """The result of a query for a single value."""
    database = Database(audited.url, pool_size=1)
    with database.reading() as connection:
        result = connection.scalar(text(statement))
    database.close()
    return result


def test_an_unaltered_record_passes(audited: AuditedDatabase) -> None:
    assert findings(*audited) == {}

    result = attest(*audited, "audit", "verify")

    assert result.code == 0
    assert "The record matches the log, and all of it is signed" in result.out
    report = attest(*audited, "audit", "verify", "--json").json
    assert report["changes"] == scalar(audited, "SELECT count(*) FROM change") > 20
    assert report["checkpoints"] == scalar(audited, "SELECT count(*) FROM log_checkpoint") > 20
    assert report["entries"] == report["signed"] == scalar(audited, "SELECT log_size FROM head")
    # One entry for each row, of every table that this record fills.
    assert report["entries"] > 100
    nouns = scalar(audited, "SELECT count(DISTINCT substr(object, 1, 4)) FROM log_leaf")
    assert nouns == 13  # change, claim and claim_relation, …; no action records captures here


LAST = "SELECT max(position) FROM log_leaf"
PUBLISHED = "SELECT min(id) FROM claim WHERE stage = 'published'"
TOPIC = "id, version, title, subject, metric_family, period_earliest, period_latest, change_seq, recorded_at"
MALLORY = "INSERT INTO person (id, byline, created_at) SELECT 'per_x', 'Mallory', min(created_at) FROM person"
APPROVAL = "SELECT min(sign_off_id) FROM review WHERE sign_off_id IS NOT NULL"
THREE_VERSIONS = "SELECT min(id) FROM claim_revision WHERE version > 2"
FIGURE = "claim_id = (SELECT min(claim_id) FROM quantity)"


def swap_entries(connection: Connection) -> None:
    """Exchange two entries of the log."""
    rows = connection.execute(
        text("SELECT position, object, version, leaf_hash FROM log_leaf WHERE position IN (4, 5)")
    )
    first, second = sorted(rows)
    for entry, other in ((first, second), (second, first)):
        connection.execute(
            text("UPDATE log_leaf SET object = :object, version = :version, leaf_hash = :hash WHERE position = :at"),
            {"object": other.object, "version": other.version, "hash": other.leaf_hash, "at": entry.position},
        )


def flip_bit(table: str, column: str, where: str) -> Callable[[Connection], None]:
    """Alter one bit of a hash."""

    def alter(connection: Connection) -> None:
        original = bytes(connection.scalar(text(f"SELECT {column} FROM {table} WHERE {where}")))
        forged = bytes([original[0] ^ 1]) + original[1:]
        connection.execute(text(f"UPDATE {table} SET {column} = :forged WHERE {where}"), {"forged": forged})

    return alter


def rewrite_log(connection: Connection) -> None:
    """Rewrite the whole log from the current record, as somebody can who knows how it is made."""
    for table in ("log_leaf", "log_node", "log_salt", "log_commitment"):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    connection.exec_driver_sql("UPDATE head SET log_seq = 0, log_size = 0, log_frontier = NULL")
    recorder.extend_log(connection, connection.scalar(text("SELECT seq FROM head")) or 0)


TAMPERINGS: dict[str, tuple[list[str | Callable[[Connection], None]], str]] = {
    # --- the record ---
    "a claim": (
        [f"UPDATE claim SET statement = 'Nobody was there.' WHERE id = ({PUBLISHED})"],
        "claim/clm_",
    ),
    "a claim and its last version": (
        [
            f"UPDATE claim SET place = 'Elsewhere' WHERE id = ({PUBLISHED})",
            f"UPDATE claim_revision SET place = 'Elsewhere' WHERE id = ({PUBLISHED}) AND version > 1",
        ],
        "claim/clm_",
    ),
    "a commitment beyond the head": (
        ["INSERT INTO log_commitment SELECT 1000, actor_commitment FROM log_commitment WHERE change_seq = 7"],
        "log_commitment/1000",
    ),
    "a salt beyond the head": (
        ["INSERT INTO log_salt SELECT 1000, salt FROM log_salt WHERE change_seq = 7"],
        "log_salt/1000",
    ),
    "an early version": (["UPDATE claim_revision SET note = 'x' WHERE version = 1"], "claim/clm_"),
    "a status": (["UPDATE claim SET status = 'refuted' WHERE status = 'unconfirmed'"], "claim/clm_"),
    "a claim that is gone": ([f"DELETE FROM claim WHERE id = ({PUBLISHED})"], "claim/clm_"),
    "a version that is gone": (["DELETE FROM claim_revision WHERE version = 2"], "version 2"),
    "a version between others": (
        [f"DELETE FROM claim_revision WHERE version = 2 AND id = ({THREE_VERSIONS})"],
        "version 3",
    ),
    "all versions of a source": (
        ["DELETE FROM source_revision WHERE id = (SELECT min(id) FROM source)"],
        "source/src_",
    ),
    "a version that was never there": (
        [
            f"INSERT INTO topic_revision ({TOPIC}) SELECT {TOPIC.replace('version', 'version + 1')} FROM topic",
        ],
        "topic/top_",
    ),
    "an attribution": (["UPDATE attribution_revision SET stance = 'denies' WHERE stance = 'asserts'"], "attribution/"),
    "evidence": (["UPDATE evidence_revision SET conclusive = NOT conclusive"], "evidence/evd_"),
    "names, which are a list": (
        ["UPDATE source_revision SET other_names = '[\"Mallory\"]' WHERE id = (SELECT min(id) FROM source)"],
        "source/src_",
    ),
    "a document": (["UPDATE document_revision SET title = 'Another'"], "document/doc_"),
    "a relation": (["UPDATE claim_relation_revision SET note = 'x'"], "claim_relation/rel_"),
    "somebody else's fact-check": (["UPDATE fact_check_revision SET verdict = 'True'"], "fact_check/fck_"),
    "a ruling": (["UPDATE independence_ruling SET reason = 'x'"], "independence_ruling/rul_"),
    "a figure": ([f"UPDATE quantity SET verbatim = 'hundreds' WHERE {FIGURE}"], "quantity/clm_"),
    "a figure that is gone": ([f"DELETE FROM quantity WHERE {FIGURE}"], "quantity/clm_"),
    "figures that are exchanged": (
        [
            f"UPDATE quantity SET position = position + 1000 WHERE {FIGURE}",
            f"UPDATE quantity SET position = 1001 - position WHERE {FIGURE}",
        ],
        "quantity/clm_",
    ),
    "a decision": (["UPDATE review SET rationale = 'Because.'"], "review/rev_"),
    "a decision that is gone": (["DELETE FROM review"], "review/rev_"),
    # The log entries of these rows leave out the people.
    "who proposed it": ([MALLORY, "UPDATE proposal SET proposer_id = 'per_x'"], "proposal/prp_"),
    "who approved it": ([MALLORY, "UPDATE sign_off SET person_id = 'per_x'"], "sign_off/sgn_"),
    "who wrote the words that are judged": (
        [MALLORY, "UPDATE proposal SET editor_id = 'per_x' WHERE claim_id IS NOT NULL"],
        "proposal/prp_",
    ),
    "who stands for the one who proposed a reliability": (
        [MALLORY, "UPDATE proposal SET editor_id = 'per_x' WHERE source_id IS NOT NULL"],
        "proposal/prp_",
    ),
    "a decision that was not what was approved": (
        ["UPDATE review SET status = 'disputed' WHERE sign_off_id IS NOT NULL"],
        "review/rev_",
    ),
    "a decision that was refused": (
        [f"UPDATE sign_off SET verdict = 'reject', reason = 'x' WHERE id = ({APPROVAL})"],
        "review/rev_",
    ),
    "a decision that rests on the approval of something else": (
        [f"UPDATE review SET sign_off_id = (SELECT sign_off_id FROM source_rating) WHERE sign_off_id = ({APPROVAL})"],
        "review/rev_",
    ),
    "a reliability that is gone, the last row of all": (["DELETE FROM source_rating"], "source_rating/rtg_"),
    "a reliability that was not what was approved": (["UPDATE source_rating SET reliability = 'A'"], "source_rating/"),
    "why a change was made": (["UPDATE change SET reason = 'x' WHERE seq = 7"], "change/7"),
    "who made a change": (
        [
            MALLORY,
            "UPDATE change SET actor_id = 'per_x' WHERE seq = 7",
        ],
        "change/7",
    ),
    "when a change was made": (
        ["UPDATE change SET at = (SELECT at FROM change WHERE seq = 9) WHERE seq = 7"],
        "change/7",
    ),
    "when a change was made, so that two were at once": (
        ["UPDATE change SET at = (SELECT at FROM change WHERE seq = 8) WHERE seq = 7"],
        "change/8",
    ),
    "a change that is gone": (["DELETE FROM change WHERE seq = 7"], "change/7"),
    "the last changes": (["DELETE FROM change WHERE seq > 20"], "change/21"),
    "the number of the last change": (["UPDATE head SET seq = seq + 1"], "head"),
    "the time of the last change": (["UPDATE head SET at = (SELECT at FROM change WHERE seq = 3)"], "head"),
    # --- the log ---
    "an entry": ([flip_bit("log_leaf", "leaf_hash", "position = 3")], "version 1"),
    "an entry that says another object": (
        ["UPDATE log_leaf SET object = 'claim/clm_x' WHERE position = 3"],
        "claim/clm_x",
    ),
    "an entry that says no object": (["UPDATE log_leaf SET object = 'rumour/1' WHERE position = 3"], "log entry 3"),
    "an entry without a key": (
        ["UPDATE log_leaf SET object = 'quantity/clm_x/one/0' WHERE position = 3"],
        "log entry 3",
    ),
    "an entry that says another version": (["UPDATE log_leaf SET version = 9 WHERE position = 3"], "version 9"),
    "entries that are exchanged": ([swap_entries], "version 1"),
    "an entry that is gone": (["DELETE FROM log_leaf WHERE position = 3"], "log entry 3"),
    "the last entry, by its row": (
        [f"DELETE FROM log_leaf WHERE position = ({LAST})"],
        "source_rating/rtg_",
    ),
    "the last entry": ([f"DELETE FROM log_leaf WHERE position = ({LAST})"], "head"),
    "half of an entry's hash": (
        ["UPDATE log_leaf SET leaf_hash = substr(leaf_hash, 1, 16) WHERE position = 3"],
        "log entry 3",
    ),
    "the whole log, rewritten after a change of the record": (
        [
            "UPDATE review SET rationale = 'Because.'",
            rewrite_log,
        ],
        "checkpoint of",
    ),
    "a subtree": ([flip_bit("log_node", "node_hash", "position = 0")], "log node 8/0"),
    "a subtree that is gone": (["DELETE FROM log_node"], "log node 8/0"),
    "a subtree too many": (["INSERT INTO log_node SELECT level, position + 100, node_hash FROM log_node"], "log nodes"),
    "a salt": ([flip_bit("log_salt", "salt", "change_seq = 7")], "change/7"),
    "a salt that is gone": (["DELETE FROM log_salt WHERE change_seq = 7"], "change/7"),
    "a commitment": ([flip_bit("log_commitment", "actor_commitment", "change_seq = 7")], "change/7"),
    "a commitment that is gone": (["DELETE FROM log_commitment WHERE change_seq = 7"], "change/7"),
    "the frontier": ([flip_bit("head", "log_frontier", "id = 1")], "head"),
    "the size of the log": (["UPDATE head SET log_size = log_size - 1"], "head"),
    "how far the log goes": (["UPDATE head SET log_seq = log_seq - 1"], "log"),
    "what hashes are blinded with": ([flip_bit("head", "log_secret", "id = 1")], "change/1 version 1"),
    # --- signatures ---
    "a checkpoint": (["UPDATE log_checkpoint SET note = replace(note, '—', '-') WHERE size > 100"], "checkpoint of 1"),
    "a root beside its signature": (
        [flip_bit("log_checkpoint", "root", "size = (SELECT max(size) FROM log_checkpoint)")],
        "checkpoint of",
    ),
    "a checkpoint under another size": (
        ["UPDATE log_checkpoint SET size = size + 1000 WHERE size < 10"],
        "checkpoint of 100",
    ),
    "the last checkpoint": (
        ["DELETE FROM log_checkpoint WHERE size = (SELECT max(size) FROM log_checkpoint)"],
        "log",
    ),
    "all checkpoints": (["DELETE FROM log_checkpoint"], "log"),
}


UNSIGNED = "log: has no signature for entry {} and later. If nothing else was found, run: attest audit checkpoint"

EXPECTED_FINDINGS = {
    "a claim": (1, "claim/clm_… version 17: differs from its last version"),
    "a claim and its last version": (16, "claim/clm_… version 17: differs from what change 44 logged (entry 148)"),
    "an early version": (215, "claim/clm_… version 1: differs from what change 45 logged (entry 158)"),
    "a status": (6, "claim/clm_…: has the status refuted, but its current decision says unconfirmed"),
    "a claim that is gone": (
        17,
        "claim/clm_… version 17: is stored, but the object itself is missing or has an older version",
    ),
    "a version that is gone": (19, "claim/clm_… version 2: differs from its last version"),
    "a version between others": (3, "claim/clm_… version 3: has no version before it"),
    "all versions of a source": (3, "source/src_… version 2: differs from its last version"),
    "a version that was never there": (
        4,
        "topic/top_… version 3: is stored, but the object itself is missing or has an older version",
    ),
    "an attribution": (10, "attribution/att_… version 1: differs from its last version"),
    "evidence": (5, "evidence/evd_… version 1: differs from its last version"),
    "names, which are a list": (3, "source/src_… version 2: differs from its last version"),
    "a document": (6, "document/doc_… version 2: differs from its last version"),
    "a relation": (7, "claim_relation/rel_… version 1: differs from its last version"),
    "somebody else's fact-check": (4, "fact_check/fck_… version 1: differs from its last version"),
    "a ruling": (1, "independence_ruling/rul_… version 1: differs from what change 16 logged (entry 54)"),
    "a figure": (7, "quantity/clm_…/11/1 version 1: differs from what change 23 logged (entry 81)"),
    "a figure that is gone": (7, "quantity/clm_…/11/1 version 1: is in the log (entry 81) and not in the record"),
    "figures that are exchanged": (8, "quantity/clm_…/11/1 version 1: differs from what change 23 logged (entry 81)"),
    "a decision": (4, "review/rev_… version 1: differs from what change 53 logged (entry 370)"),
    "a decision that is gone": (7, "review/rev_… version 1: is in the log (entry 370) and not in the record"),
    "who proposed it": (4, "proposal/prp_…: names someone other than its proposer"),
    "who approved it": (3, "sign_off/sgn_…: names someone other than the author of its change"),
    "who wrote the words that are judged": (2, "proposal/prp_…: names someone other than the author of the wording"),
    "who stands for the one who proposed a reliability": (1, "proposal/prp_…: names someone other than its proposer"),
    "a decision that was not what was approved": (8, "review/rev_…: differs from what was signed off"),
    "a decision that was refused": (2, "review/rev_…: differs from what was signed off"),
    "a decision that rests on the approval of something else": (
        2,
        "review/rev_…: differs from what was signed off",
    ),
    "a reliability that is gone, the last row of all": (
        1,
        "source_rating/rtg_… version 1: is in the log (entry 376) and not in the record",
    ),
    "a reliability that was not what was approved": (2, "source_rating/rtg_…: differs from what was signed off"),
    "why a change was made": (1, "change/7 version 1: differs from what change 7 logged (entry 12)"),
    "who made a change": (
        1,
        "change/7: does not match the commitment to its author: the author or the salt was altered",
    ),
    "when a change was made": (3, "change/7 version 1: differs from what change 7 logged (entry 12)"),
    "when a change was made, so that two were at once": (
        3,
        "change/8: has a time that is not later than that of the previous change",
    ),
    "a change that is gone": (5, "change/7 version 1: is in the log (entry 12) and not in the record"),
    "the last changes": (312, "change/21 version 1: is in the log (entry 67) and not in the record"),
    "the number of the last change": (2, "head: does not match the number and time of the last change, 55"),
    "the time of the last change": (1, "head: does not match the number and time of the last change, 55"),
    "an entry": (58, "source/src_… version 1: differs from what change 2 logged (entry 3)"),
    "an entry that says another object": (2, "claim/clm_x version 1: is in the log (entry 3) and not in the record"),
    "an entry that says no object": (2, "log entry 3: names no object: 'rumour/1'"),
    "an entry without a key": (2, "log entry 3: names no object: 'quantity/clm_x/one/0'"),
    "an entry that says another version": (2, "source/src_… version 9: is in the log (entry 3) and not in the record"),
    "entries that are exchanged": (58, "change/3 version 1: is in the log (entry 5) and not in the record"),
    "an entry that is gone": (59, "log entry 3: is missing; the next entry is 4"),
    "the last entry, by its row": (4, "source_rating/rtg_… version 1: is in the record and not in the log"),
    "the last entry": (4, "head: stores a log size or frontier that does not match the 376 entries of the log"),
    "half of an entry's hash": (59, "log entry 3: has a hash that is not 32 bytes long"),
    "the whole log, rewritten after a change of the record": (
        56,
        (
            "checkpoint of 67 entries: has a different root hash from the log: "
            "entry 0 or a later one differs from what was signed"
        ),
    ),
    "a subtree": (1, "log node 8/0: is not the hash of its entries"),
    "a subtree that is gone": (2, "log node 8/0: is not the hash of its entries"),
    "a subtree too many": (1, "log nodes: differ from those of the tree, whose number of nodes is 1"),
    "a salt": (1, "change/7: does not match the commitment to its author: the author or the salt was altered"),
    "a salt that is gone": (1, "change/7: has no salt, although its author's data was not erased"),
    "a commitment": (3, "change/7: does not match the commitment to its author: the author or the salt was altered"),
    "a commitment beyond the head": (1, "log_commitment/1000: belongs to a change that does not exist"),
    "a salt beyond the head": (1, "log_salt/1000: belongs to a change that does not exist"),
    "a commitment that is gone": (3, "change/7: has no commitment to its author"),
    "the frontier": (1, "head: stores a log size or frontier that does not match the 377 entries of the log"),
    "the size of the log": (1, "head: stores a log size or frontier that does not match the 377 entries of the log"),
    "how far the log goes": (1, "log: lacks changes 55 to 55. Run: attest db upgrade"),
    "what hashes are blinded with": (377, "change/1 version 1: differs from what change 1 logged (entry 0)"),
    "a checkpoint": (
        25,
        "checkpoint of 149 entries: has an invalid signature line; it must have the form '— name base64'",
    ),
    "a root beside its signature": (2, "checkpoint of 377 entries: signs a state that differs from the stored one"),
    "a checkpoint under another size": (
        4,
        "checkpoint of 1008 entries: covers more entries than the 377 in the log",
    ),
    "the last checkpoint": (1, UNSIGNED.format(374)),
    "all checkpoints": (1, UNSIGNED.format(0)),
}
"""The number of findings, and the last finding about the altered place, with … for ids."""


def without_positions(found: int, message: str) -> tuple[int, str]:
    """A finding without what depends on the length of the history: ids, numbers, and how many there are beyond ten."""
    return min(found, 10), re.sub(r"\d+", "#", re.sub(r"_\w{26}\b", "_…", message))


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_found_and_located(audited: AuditedDatabase, what: str) -> None:
    statements, place = TAMPERINGS[what]
    tamper(audited.url, *statements)

    report = attest(*audited, "audit", "verify", "--json").json

    messages = [f"{finding['place']}: {finding['what']}" for finding in report["findings"] if place in finding["place"]]
    found, message = EXPECTED_FINDINGS[what]
    assert without_positions(report["found"], messages[-1]) == without_positions(found, message), report["findings"]


def test_the_command_reports_findings_in_words(audited: AuditedDatabase) -> None:
    tamper(audited.url, "UPDATE topic_revision SET title = 'Another'")

    result = attest(*audited, "audit", "verify")

    assert result.code == 1
    assert "topic/top_" in result.out
    assert "The record does not match the log" in result.err


def test_only_the_altered_object_is_reported(audited: AuditedDatabase) -> None:
    claim_id = scalar(audited, PUBLISHED)
    tamper(audited.url, f"UPDATE claim SET note = 'x' WHERE id = '{claim_id}'")

    version = scalar(audited, f"SELECT version FROM claim WHERE id = '{claim_id}'")

    assert findings(*audited) == {f"claim/{claim_id} version {version}": "differs from its last version"}


def test_a_kept_checkpoint_reveals_a_rolled_back_record(audited: AuditedDatabase, tmp_path: Path) -> None:
    note = attest(*audited, "audit", "checkpoint").out
    (tmp_path / "kept.txt").write_text(note)
    assert findings(*audited, "--checkpoint", tmp_path / "kept.txt") == {}
    seq = scalar(audited, "SELECT max(change_seq) FROM log_leaf")
    size = scalar(audited, f"SELECT min(position) FROM log_leaf WHERE change_seq = {seq}")

    # Roll back the log and its signatures.
    tamper(
        audited.url,
        f"DELETE FROM log_leaf WHERE position >= {size}",
        f"DELETE FROM log_checkpoint WHERE size > {size}",
    )

    finding_texts = findings(*audited, "--checkpoint", tmp_path / "kept.txt")
    assert any(
        place.startswith("saved checkpoint of") and "covers more entries" in what
        for place, what in finding_texts.items()
    )


def test_an_invalid_kept_checkpoint_is_refused(audited: AuditedDatabase, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("localhost/attest\n1\n")

    result = attest(*audited, "audit", "verify", "--checkpoint", tmp_path / "kept.txt")

    assert (result.code, "--checkpoint: is not a signed note" in result.err) == (2, True)


def test_findings_beyond_the_listed_ones_are_counted(audited: AuditedDatabase) -> None:
    tamper(audited.url, flip_bit("head", "log_secret", "id = 1"))

    report = attest(*audited, "audit", "verify", "--json").json

    listed = len(report["findings"])
    assert 20 < listed < report["found"]
    assert sum(finding["place"].startswith("quantity/") for finding in report["findings"]) == 20
    assert f"Only {listed} are listed, the first of each kind." in attest(*audited, "audit", "verify").err


def test_signatures_by_another_key_are_reported(audited: AuditedDatabase, tmp_path: Path) -> None:
    """Neither another key nor a missing key verifies the signatures; the right key as an option does."""
    key = attest(*audited, "audit", "key").out.strip()

    without_key = attest(audited.url, tmp_path, "audit", "verify")
    assert without_key.code == 1
    assert "has no key to check its signatures with" in without_key.out
    assert "is not signed by a trusted key, but by localhost/attest+" in without_key.out
    assert attest(audited.url, tmp_path, "audit", "verify", "--key", key).code == 0
    wrong = attest(*audited, "audit", "verify", "--key", key.replace("localhost/attest", "localhost/other"))
    assert (wrong.code, "--key: the key id" in wrong.err) == (2, True)


@pytest.mark.parametrize("engine", ENGINES)
@hypothesis_settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking a failure would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(action_strategy, min_size=5, max_size=15))
def test_all_actions_of_a_desk_are_logged(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, acts: list[Any]
) -> None:
    data_dir = tmp_path_factory.mktemp("data")
    with open_desk(engine, request, data_dir=data_dir) as desk:
        for act in acts:
            with suppress(IndexError):
                desk.perform(*act)

        assert findings(desk.database.url, data_dir) == {}


def test_the_log_hides_altered_entries_and_shows_the_others(audited: AuditedDatabase) -> None:
    of_change = "FROM log_leaf WHERE change_seq = 7"
    begin, end = (
        scalar(audited, f"SELECT min(position) {of_change}"),
        scalar(audited, f"SELECT max(position) {of_change}"),
    )
    last_object = {
        name: scalar(audited, f"SELECT {name} {of_change} AND position = {end}") for name in ("object", "version")
    }
    tamper(audited.url, "DELETE FROM change WHERE seq = 7")

    with service(audited.url) as api:
        items = api.get("log/entries", params={"from": begin - 1, "limit": end - begin + 3}).json()["items"]
        inclusion = api.get("log/inclusion", params=last_object)

    assert begin < end
    assert [item["leaf"] is None for item in items] == [False, *[True] * (end - begin + 1), False]
    assert inclusion.status_code == 409
