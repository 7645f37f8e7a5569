"""The command line: what commands print, and the exit codes by which programs know how it went."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app import settings
from app.cli import main
from app.db import migrate

Record = Callable[..., dict[str, Any]]

ATTEST = [sys.executable, "-c", "from app.cli.main import main; main()"]

STORY = [
    {"record": "source", "key": "nis", "name": "National Intelligence Service", "kind": "intelligence_service"},
    {
        "record": "claim",
        "key": "losses",
        "kind": "casualty_figure",
        "statement": "Around 300 were killed [/bold].",
        "place": "Kursk [red]",
        "stage": "published",
        "quantities": [{"metric": "killed", "unit": "soldiers", "qualifier": "about", "best": 300}],
        "attributions": [{"key": "a", "source": "nis", "stance": "estimates", "lineage": "original"}],
    },
]


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command upon the database, as from a shell."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*words: str | Path) -> Done:
        settings.load.cache_clear()
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["attest", *map(str, words)])
        code: Any = 0
        try:
            main.main()
        except SystemExit as end:
            code = end.code or 0
        return Done(code, *capsys.readouterr())

    yield typed
    settings.load.cache_clear()


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A file to import."""
    path = tmp_path / "files" / "story.jsonl"
    path.parent.mkdir()
    path.write_text("\n".join(map(json.dumps, STORY)))
    return path


# --- help ---


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command, as it is typed."""
    whole: Any = group or typer.main.get_command(main.app)
    for name, command in whole.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main.app, [*words, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == 0, done.output

    plain = " ".join(done.stdout.split())
    if words != ("version",):
        assert re.search(rf"Examples?: .*attest {' '.join(words)}", plain), plain
    for option in re.findall(r"--[a-z][a-z-]+", plain):
        assert option not in ("--install-completion", "--show-completion")


def test_help_needs_no_database_and_lists_the_exit_codes() -> None:
    done = subprocess.run(
        [*ATTEST, "--help"], capture_output=True, text=True, env=clean(ATTEST_DATABASE_URL="nonsense"), check=True
    )

    assert "Exit codes: 0 done; 1 failed; 2 typed wrongly; 3 done, but some rows" in " ".join(done.stdout.split())


def clean(**variables: str) -> dict[str, str]:
    """This environment without Attest's variables, and with others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTEST_")}
    return {**kept, "COLUMNS": "200", "NO_COLOR": "1", **variables}


# --- settings and databases ---


def test_a_misspelt_variable_ends_every_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_DATABSE_URL", "sqlite:///x")

    done = run("db", "check")

    assert (done.code, done.out) == (1, "")
    assert "ATTEST_DATABSE_URL: no such setting" in done.err


def test_a_database_is_made_and_checked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_DATABASE_URL", "")
    monkeypatch.setenv("ATTEST_DATA_DIR", str(tmp_path / "new"))

    newest = migrate.head_revision()
    before = run("db", "check")
    assert (before.code, before.err.strip()) == (
        1,
        f"The database is at nothing, this version needs {newest}. Run: attest db upgrade",
    )
    assert run("db", "check", "--json").json == {"current": None, "head": newest, "differences": []}
    assert run("db", "upgrade").out.strip() == f"Migrated from nothing to {newest}."
    assert run("db", "upgrade").out.strip() == f"The database is at {newest}."
    assert run("db", "check") == (0, f"The database is at {newest} and agrees with the models.\n", "")
    assert run("db", "check", "--json").json["current"] == newest


def test_a_database_that_is_not_as_the_models_say_fails_the_check(run: Run, database: Any) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")

    done = run("db", "check")

    assert (done.code, "stray" in done.err) == (1, True)


@pytest.mark.parametrize(
    "address",
    ["sqlite:////nowhere/at/all.db", "postgresql+psycopg://user:hunter2@127.0.0.1:1/none", "sqlite:////proc/version"],
)
def test_a_database_that_cannot_be_used_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ATTEST_DATABASE_URL", address)

    done = run("keys", "list")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("The database: ")
    assert "Traceback" not in done.err
    assert "hunter2" not in done.err


# --- import and export ---


def test_import_says_what_it_did(run: Run, story: Path) -> None:
    would = run("import", story, "--dry-run")
    first = run("import", story)
    again = run("import", story, "--json")

    assert would.code == first.code == again.code == 0
    assert "2 rows would be read as attest_json" in would.out
    assert "2 created, 0 unchanged, 0 revised, 0 refused" in would.out
    assert "2 created, 0 unchanged, 0 revised, 0 refused" in first.out
    report = again.json[str(story)]
    assert (report["format"], report["rows"], report["unchanged"], report["dry_run"]) == ("attest_json", 2, 2, False)
    assert run("claim", "list", "--json").json[0]["key"] == "losses"


def test_refused_rows_are_named_and_stop_no_other(run: Run, story: Path) -> None:
    story.write_text(
        story.read_text() + '\n{"record":"claim","key":"bad","kind":"nonsense","statement":"[/x]"}\nnot json\n'
    )

    done = run("import", story)

    assert done.code == 3
    assert "2 created, 0 unchanged, 0 revised, 2 refused" in done.out
    assert re.search(r"line 3: kind: must be .*troop_estimate", done.out)
    assert "line 4: : is not JSON" in done.out or "line 4" in done.out
    assert len(run("claim", "list", "--json").json) == 1


def test_strict_keeps_nothing_of_a_file_with_a_bad_row(run: Run, story: Path) -> None:
    story.write_text(story.read_text() + "\nnot json\n")

    done = run("import", story, "--strict")

    assert done.code == 3
    assert "nothing was imported" in done.err
    assert run("claim", "list", "--json").json == []
    assert run("import", story, "--strict", "--json").json[str(story)]["refused"] == 1


def test_a_folder_is_imported_file_by_file(run: Run, story: Path) -> None:
    (story.parent / "inner").mkdir()
    (story.parent / "inner" / "more.json").write_text('[{"record":"source","key":"x","name":"X","kind":"ngo"}]')
    (story.parent / "notes.txt").write_text("not for import")

    done = run("import", story.parent, "--json")

    assert done.code == 0
    assert [Path(name).name for name in done.json] == ["more.json", "story.jsonl"]


def test_a_path_that_is_not_there_is_noticed_before_anything_is_imported(run: Run, story: Path) -> None:
    done = run("import", story, story.parent / "missing.json")

    assert (done.code, "missing.json: there is no such file" in done.err) == (2, True)
    assert run("claim", "list", "--json").json == []


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        ("", ["--format", "nonsense"], "--format: must be one of attest_json, "),
        ("what is this", [], "The file is of no known format"),
    ],
)
def test_a_format_that_is_not_known(run: Run, tmp_path: Path, content: str, words: list[str], message: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(content)

    done = run("import", path, *words)

    assert done.code == 2
    assert message in " ".join(done.err.split())


@pytest.mark.parametrize("format", ["attest_json", "attest_csv"])
def test_what_is_exported_is_imported_again(run: Run, story: Path, tmp_path: Path, format: str) -> None:
    run("import", story)
    path = tmp_path / "out"

    printed = run("export", "--format", format)
    assert run("export", "--format", format, "-o", path) == (0, "", "")
    again = run("import", path, "--format", format, "--json")

    assert path.read_bytes().decode() == printed.out
    assert again.json[str(path)]["unchanged"] == again.json[str(path)]["rows"]
    if format == "attest_csv":
        assert {row["record"] for row in csv.DictReader(printed.out.splitlines())} >= {"source", "claim"}
    else:
        assert [json.loads(line)["record"] for line in printed.out.splitlines()] == ["source", "claim"]


def test_exports_are_chosen(run: Run, story: Path) -> None:
    run("import", story)

    assert run("export", "--kind", "troop_estimate").out == ""
    assert run("export", "--stage", "draft").out == ""
    assert run("export", "--as-of", "2020-01-01").out == ""
    assert run("export", "--kind", "nonsense").code == 2
    assert run("export", "--format", "nonsense").code == 2
    assert run("export", "--as-of", "yesterday").code == 2
    failed = run("export", "-o", "/nowhere/at/all.json")
    assert (failed.code, failed.err.strip()) == (1, "/nowhere/at/all.json: No such file or directory")


# --- claims ---


def test_a_claim_is_shown_whatever_is_in_it(run: Run, story: Path) -> None:
    """Brackets are no markup."""
    run("import", story)

    done = run("claim", "show", "losses")

    assert done.code == 0, done.err
    for line in (
        "Around 300 were killed [/bold].",
        "unassessed · published · undated · Kursk [red] · clm_",
        "  killed: about 300 soldiers",
        "  National Intelligence Service estimates (original)",
        "attributions 1 · publishers 0 · identified origins 1 · independent origins 0 · lineage unknown 0",
    ):
        assert line in done.out
    assert run("claim", "show", "losses", "--json").json["quantities"][0]["best"] == 300
    table = run("claim", "list").out
    assert "Around 300 were killed [/bold]." in table
    assert "National Intelligence Service estimates" in table


def test_a_claim_is_shown_as_it_stood(run: Run, story: Path) -> None:
    run("import", story)
    before = run("claim", "show", "losses", "--json").json
    story.write_text(story.read_text().replace("300", "400"))
    run("import", story)

    assert run("claim", "show", before["id"], "--json").json["quantities"][0]["best"] == 400
    then = run("claim", "show", "losses", "--as-of", before["recorded_at"], "--json").json
    assert then["quantities"][0]["best"] == 300
    assert run("claim", "list", "--as-of", before["recorded_at"], "--json").json[0]["quantities"][0]["best"] == 300
    assert run("claim", "list", "--as-of", "2020-01-01", "--json").json == []
    assert run("claim", "show", "losses", "--as-of", "2020-01-01").code == 1


def test_claims_are_chosen(run: Run, story: Path) -> None:
    run("import", story)

    def chosen(*words: str) -> list[str]:
        return [item["key"] for item in run("claim", "list", *words, "--json").json]

    assert chosen("--q", "killed", "--kind", "casualty_figure", "--source", "nis", "--place", "kursk") == ["losses"]
    assert chosen("--kind", "troop_estimate") == chosen("--status", "confirmed") == chosen("--q", "elsewhere") == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["show", "nothing"], 1, "There is no claim 'nothing'."),
        (["show", "a\x07b"], 1, "There is no claim"),
        (["list", "--kind", "nonsense"], 2, "kind"),
        (["list", "--sort", "1; DROP TABLE claim"], 2, "sort"),
        (["list", "--limit", "0"], 2, "--limit"),
        (["list", "--topic", "nothing"], 1, "there is no topic"),
        (["list", "--as-of", "9999-01-01"], 1, "must not lie in the future"),
    ],
)
def test_claims_that_are_asked_for_wrongly(run: Run, words: list[str], code: int, message: str) -> None:
    done = run("claim", *words)

    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert "Traceback" not in done.err


# --- keys ---


def test_keys_work_until_they_are_revoked(run: Run, api: TestClient) -> None:
    made = run("keys", "create", "Desk [/3]", "--role", "editor", "--days", "90", "--json").json
    headers = {"Authorization": f"Bearer {made['key']}"}
    body = {"name": "A", "kind": "ngo"}

    assert api.post("sources", json=body, headers=headers).status_code == 201
    listed = run("keys", "list", "--json").json
    assert [(one["id"], one["byline"], one["role"], one["revoked_at"]) for one in listed] == [
        (made["id"], "Desk [/3]", "editor", None)
    ]
    assert made["key"] not in run("keys", "list").out + json.dumps(listed)
    assert "Desk [/3]" in run("keys", "list").out
    assert run("keys", "revoke", made["id"]).code == 0
    assert api.post("sources", json=body, headers=headers).status_code == 401
    again = run("keys", "revoke", made["id"])
    assert (again.code, again.err.strip()) == (1, "This key was revoked before.")
    assert run("keys", "revoke", "key_nothing").code == 1


def test_a_key_is_a_reader_s_unless_said_otherwise(run: Run) -> None:
    done = run("keys", "create", "Somebody")

    assert len(re.findall(r"attest_[0-9a-z]{8}_[0-9a-z]{40}", done.out)) == 1
    assert [one["role"] for one in run("keys", "list", "--json").json] == ["reader"]
    assert run("keys", "create", "Somebody", "--role", "king").code == 2
    assert run("keys", "create", "Somebody", "--days", "0").code == 2


def test_a_key_narrows_what_its_holder_may_do(run: Run, api: TestClient) -> None:
    run("people", "create", "Desk 3", "--role", "fact_checker")
    words = ("keys", "create", "Desk 3", "--scope", "read", "--scope", "record", "--label", "a [script]")
    made = run(*words, "--json").json

    assert (made["role"], made["scopes"], made["label"]) == ("fact_checker", ["read", "record"], "a [script]")
    assert "a [script]" in run("keys", "list").out
    assert run("keys", "create", "Desk 3", "--role", "editor").code == 1
    assert run("keys", "create", "Desk 3", "--scope", "import").code == 1
    assert run("keys", "create", "Desk 3", "--scope", "everything").code == 2
    assert run("keys", "create", "two\nlines").code == 2
    assert run("keys", "create", "New", "--label", "two\nlines").code == 2
    assert len(run("people", "list", "--json").json) == 1


def test_a_key_is_rotated(run: Run, api: TestClient) -> None:
    old = run("keys", "create", "Desk 3", "--json").json
    new = run("keys", "rotate", old["id"], "--json").json
    refused = {"Authorization": f"Bearer {old['key']}"}
    assert api.get("me", headers=refused).status_code == 401
    assert api.get("me", headers={"Authorization": f"Bearer {new['key']}"}).json()["byline"] == "Desk 3"
    done = run("keys", "rotate", new["id"], "--overlap-hours", "24")
    assert f"in place of {new['id']}, which ends in 24 hours" in done.out
    assert len(re.findall(r"attest_[0-9a-z]{8}_[0-9a-z]{40}", done.out)) == 1
    assert api.get("me", headers={"Authorization": f"Bearer {new['key']}"}).status_code == 200
    assert run("keys", "rotate", old["id"]).code == 1
    assert run("keys", "rotate", new["id"], "--overlap-hours", "-1").code == 2


# --- people ---


def test_people_come_change_and_leave(run: Run, api: TestClient) -> None:
    words = ("people", "create", "Desk [/3]", "--role", "fact_checker", "--pseudonym", "--name", "Jane [Doe]")
    assert "Entered Desk [/3] (fact_checker): per_" in run(*words).out
    again = run(*words)
    assert (again.code, again.err.strip()) == (1, "byline: somebody has this byline already")
    assert run("people", "create", "One", "--name", "two\nlines").code == 2
    key = run("keys", "create", "Desk [/3]", "--json").json
    headers = {"Authorization": f"Bearer {key['key']}"}

    (listed,) = run("people", "list", "--json").json
    assert {
        "byline": "Desk [/3]",
        "pseudonym": True,
        "name": "Jane [Doe]",
        "role": "fact_checker",
    }.items() <= listed.items()
    assert run("people", "show", listed["id"], "--json").json == listed
    assert "name: Jane [Doe]" in run("people", "show", "Desk [/3]").out
    assert all(word in run("people", "list").out for word in ("Desk [/3]", "Jane [Doe]"))

    changed = run("people", "change", "Desk [/3]", "--byline", "Desk 4", "--role", "reader", "--forget-name")
    assert changed.out.strip() == "Changed Desk 4 (reader)."
    assert api.get("me", headers=headers).json().items() >= {"byline": "Desk 4", "role": "reader"}.items()
    assert run("people", "show", "Desk 4", "--json").json["name"] is None
    assert run("people", "show", "Desk [/3]").code == 1

    done = run("people", "deactivate", "Desk 4")
    assert done.out.strip() == "Desk 4 is out, and all their keys are revoked."
    assert api.get("health", headers=headers).status_code == 401
    assert run("keys", "create", "Desk 4").code == 1
    assert run("people", "change", "Desk 4", "--active", "--json").json["left_at"] is None
    assert run("keys", "create", "Desk 4").code == 0


def test_the_program_is_listed_as_what_it_is(run: Run, story: Path) -> None:
    run("import", story)
    assert "(the program itself)" in run("people", "list").out
    assert run("keys", "create", "Attest command line").code == 1
    assert run("people", "deactivate", "Attest command line").code == 1


# --- serve ---


class Served(NamedTuple):
    """A service in a process of its own."""

    process: "subprocess.Popen[str]"
    port: int
    out: Path

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def serving(folder: Path, variables: Mapping[str, str]) -> Iterator[Served]:
    """`attest serve` on a free port, ended as a service manager ends it."""
    out = folder / "out"
    with out.open("w") as stream:
        process = subprocess.Popen(
            [*ATTEST, "serve", "--port", "0"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
            env=clean(**variables),
        )
    found = None
    try:
        for _ in range(300):
            found = re.search(r"running on http://127\.0\.0\.1:(\d+)", out.read_text())
            if found or process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        assert found, out.read_text()
        yield Served(process, int(found[1]), out)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
        assert "Unexpected error" not in out.read_text(), out.read_text()
    finally:
        process.kill()
        process.wait()


def test_serve_answers_and_prints_the_first_key_once(url: str, tmp_path: Path) -> None:
    variables = {"ATTEST_DATABASE_URL": url, "ATTEST_DATA_DIR": str(tmp_path / "data")}
    with serving(tmp_path, variables) as service:
        assert service.ask("GET", "/api/v1/health")[0] == 200
        keys = re.findall(r"attest_[0-9a-z]{8}_[0-9a-z]{40}", service.out.read_text())
        assert len(keys) == 1
        sent = {"Authorization": f"Bearer {keys[0]}", "Content-Type": "application/json"}
        assert service.ask("POST", "/api/v1/sources", b'{"name":"A","kind":"ngo"}', **sent)[0] == 201
    with serving(tmp_path, variables) as service:
        assert service.ask("GET", "/api/v1/sources?q=hunter2")[0] == 422
        assert service.ask("GET", "/api/v1/sources?name=hunter2")[0] == 200
        assert not re.search(r"attest_[0-9a-z]{8}_", service.out.read_text())
        # What readers look for is nobody's business.
        assert "hunter2" not in service.out.read_text()


@pytest.mark.parametrize("trusted", ["", "127.0.0.1", "127.0.0.1,198.51.100.0/24"])
def test_who_asks_is_said_by_trusted_proxies_alone(tmp_path: Path, sqlite_template: Path, trusted: str) -> None:
    variables = {
        "ATTEST_DATA_DIR": str(tmp_path / "data"),
        "ATTEST_WRONG_KEYS_PER_MINUTE": "1",
        "ATTEST_TRUSTED_PROXIES": trusted,
    }
    (tmp_path / "data").mkdir()
    shutil.copy(sqlite_template, tmp_path / "data" / "attest.db")

    with serving(tmp_path, variables) as service:

        def tried(forwarded: str) -> list[int]:
            """What is said to seven different keys."""
            told = []
            for number in range(7):
                headers = {"X-Forwarded-For": forwarded, "Authorization": f"Bearer {forwarded} {number}"}
                told.append(service.ask("GET", "/api/v1/health", None, **headers)[0])
            return told

        limited, refused = [401] * 6 + [429], [429] * 7
        assert tried("203.0.113.1") == limited
        # Without trust the header is not read: it is all the same address.
        assert tried("203.0.113.2") == (limited if trusted else refused)
        # What the client itself wrote stands before what the proxy saw, and counts for nothing.
        assert tried("192.0.2.7, 203.0.113.2") == refused
        if "," in trusted:
            assert tried("203.0.113.3, 198.51.100.9") == limited
            assert tried("203.0.113.3") == refused


GARBAGE = (
    b"\x00" * 100,
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS, where none is spoken
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\n" + b"X: " + b"x" * 200_000,
    b"GET /api/v1/health HTTP/1.1\r\n" + b"X: x\r\n" * 20_000 + b"\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
    b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /api/v1/claims/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\x00\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """One service for what happens on the wire; the engine makes no difference there."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "attest.db").write_bytes(sqlite_template.read_bytes())
    with serving(folder, {"ATTEST_DATA_DIR": str(folder)}) as started:
        yield started


@pytest.mark.parametrize("sent", [pytest.param(sent, id=str(number)) for number, sent in enumerate(GARBAGE)])
def test_garbage_on_the_socket_harms_nobody_else(service: Served, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=3) as connection:
        connection.settimeout(1)
        try:
            connection.sendall(sent)
            status = connection.recv(100)[:12]
        except (TimeoutError, ConnectionError):
            status = b""
    assert not status.startswith(b"HTTP/1.1 5"), status
    assert service.ask("GET", "/api/v1/health")[0] == 200


def test_requests_that_are_never_finished_keep_nobody_waiting(service: Served) -> None:
    halves = []
    for sent in (
        b"GET /api/v1/health HTTP/1.1\r\nX-",
        b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
    ):
        for _ in range(50):
            connection = socket.create_connection(("127.0.0.1", service.port), timeout=3)
            connection.sendall(sent)
            halves.append(connection)

    assert service.ask("GET", "/api/v1/health")[0] == 200
    for connection in halves:
        connection.close()


def test_a_connection_goes_on_after_a_refusal(service: Served) -> None:
    connection = HTTPConnection("127.0.0.1", service.port, timeout=5)
    connection.connect()
    first = connection.sock
    refused = (
        ("GET", "/nothing", None, 404),
        ("GET", "/api/v1/claims?limit=x", None, 422),
        ("POST", "/api/v1/claims", b'{"kind":1}', 401),
        ("DELETE", "/api/v1/claims", None, 405),
        ("GET", "/api/v1/claims/%00", None, 422),
        ("HEAD", "/api/v1/claims", None, 200),
        ("HEAD", "/api/v1/nothing", None, 404),
        ("GET", "/api/v1/health", None, 200),
    )
    for method, path, body, status in refused:
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, connection.sock is first) == (status, True), (method, path)
    connection.close()


def test_a_body_that_is_refused_unread_does_not_become_the_next_request(service: Served) -> None:
    smuggled = b"GET /api/v1/vocabulary HTTP/1.1\r\nHost: a\r\n\r\n"
    head = f"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: {2_000_000 + len(smuggled)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.settimeout(2)
        received = b""
        try:
            connection.sendall(head + smuggled + b" " * 2_000_000)
            while part := connection.recv(65_536):
                received += part
        except (TimeoutError, ConnectionError):
            pass
    assert received.count(b"HTTP/1.1 ") <= 1
    assert b"troop_estimate" not in received


def test_serve_refuses_a_database_that_is_not_migrated(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ATTEST, "serve", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean(ATTEST_DATA_DIR=str(tmp_path)),
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "attest db upgrade" in done.stderr


def test_serve_refuses_a_misspelt_variable(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ATTEST, "serve"],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean(ATTEST_DATA_DIR=str(tmp_path), ATTEST_PROT="80"),
        check=False,
    )

    assert done.returncode == 1
    assert "ATTEST_PROT: no such setting" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told_before_anything_is_announced(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = run("serve", "--host", "127.0.0.1", "--port", str(port))

    assert (done.code, "serves on" in done.out) == (1, False)
    assert f"127.0.0.1:{port}" in done.err
    assert "--port" in done.err
