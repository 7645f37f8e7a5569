"""The command line: the output and the exit codes of its commands."""

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

pytestmark = pytest.mark.slow

Record = Callable[..., dict[str, Any]]

ATTEST = [sys.executable, "-c", "from app.cli.main import main; main()"]

RECORDS = [
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


class CommandResult(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The standard output, parsed as JSON."""
        return json.loads(self.out)


Run = Callable[..., CommandResult]


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """A function that runs a command on the database, as from a shell."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")

    def run_command(*words: str | Path) -> CommandResult:
        settings.load.cache_clear()
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["attest", *map(str, words)])
        code: Any = 0
        try:
            main.main()
        except SystemExit as end:
            code = end.code or 0
        return CommandResult(code, *capsys.readouterr())

    yield run_command
    settings.load.cache_clear()


@pytest.fixture
def story_file(tmp_path: Path) -> Path:
    """A file to import, with one source and one claim."""
    path = tmp_path / "files" / "story.jsonl"
    path.parent.mkdir()
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    return path


# --- help ---


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command: `("keys", "create")`."""
    parent: Any = group or typer.main.get_command(main.app)
    for name, command in parent.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_help_of_every_command_has_an_example(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main.app, [*words, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 0, result.output

    plain = " ".join(result.stdout.split())
    if words != ("version",):
        assert re.search(rf"Examples?: .*attest {' '.join(words)}", plain), plain
    for option in re.findall(r"--[a-z][a-z-]+", plain):
        assert option not in ("--install-completion", "--show-completion")


def test_help_needs_no_database_and_lists_the_exit_codes() -> None:
    result = subprocess.run(
        [*ATTEST, "--help"], capture_output=True, text=True, env=environment(ATTEST_DATABASE_URL="nonsense"), check=True
    )

    assert "Exit codes: 0 success; 1 failure; 2 wrong usage; 3 success, but some rows" in " ".join(
        result.stdout.split()
    )


def environment(**variables: str) -> dict[str, str]:
    """The current environment without the variables of Attest, and with these variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ATTEST_")}
    return {**inherited, "COLUMNS": "200", "NO_COLOR": "1", **variables}


# --- settings and databases ---


def test_a_misspelt_variable_stops_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_DATABSE_URL", "sqlite:///x")

    result = run("db", "check")

    assert (result.code, result.out) == (1, "")
    assert "ATTEST_DATABSE_URL: Attest has no such setting" in result.err


def test_a_database_is_created_and_checked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_DATABASE_URL", "")
    monkeypatch.setenv("ATTEST_DATA_DIR", str(tmp_path / "new"))

    newest = migrate.head_revision()
    before = run("db", "check")
    assert (before.code, before.err.strip()) == (
        1,
        f"The database has not been created, but this version of Attest needs {newest}. Run: attest db upgrade",
    )
    assert run("db", "check", "--json").json == {"current": None, "head": newest, "differences": []}
    assert run("db", "upgrade").out.strip() == f"Created the database at version {newest}."
    assert run("db", "upgrade").out.strip() == f"The database is already at version {newest}."
    assert run("db", "check") == (0, f"The database is at version {newest} and matches the models.\n", "")
    assert run("db", "check", "--json").json["current"] == newest


def test_a_database_that_differs_from_the_models_fails_the_check(run: Run, database: Any) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")

    result = run("db", "check")

    assert (result.code, "stray" in result.err) == (1, True)


@pytest.mark.parametrize(
    "address",
    ["sqlite:////nowhere/at/all.db", "postgresql+psycopg://user:hunter2@127.0.0.1:1/none", "sqlite:////proc/version"],
)
def test_an_unusable_database_is_a_one_line_error_without_the_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ATTEST_DATABASE_URL", address)

    result = run("keys", "list")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Database error: ")
    assert "Traceback" not in result.err
    assert "hunter2" not in result.err


# --- import and export ---


def test_import_reports_what_it_has_done(run: Run, story_file: Path) -> None:
    dry_run = run("import", story_file, "--dry-run")
    first = run("import", story_file)
    repeated = run("import", story_file, "--json")

    assert dry_run.code == first.code == repeated.code == 0
    assert "2 rows read as attest_json" in dry_run.out
    assert "2 created, 0 unchanged, 0 revised, 0 refused, dry run: nothing was written" in dry_run.out
    assert "2 created, 0 unchanged, 0 revised, 0 refused" in first.out
    report = repeated.json[str(story_file)]
    assert (report["format"], report["rows"], report["unchanged"], report["dry_run"]) == ("attest_json", 2, 2, False)
    assert run("claim", "list", "--json").json[0]["key"] == "losses"


def test_refused_rows_are_listed_and_the_others_are_imported(run: Run, story_file: Path) -> None:
    story_file.write_text(
        story_file.read_text() + '\n{"record":"claim","key":"bad","kind":"nonsense","statement":"[/x]"}\nnot json\n'
    )

    result = run("import", story_file)

    assert result.code == 3
    assert "2 created, 0 unchanged, 0 revised, 2 refused" in result.out
    assert re.search(r"line 3: kind: must be .*troop_estimate", result.out)
    assert "line 4: row: is not JSON" in result.out
    assert len(run("claim", "list", "--json").json) == 1


def test_strict_imports_nothing_of_a_file_with_an_invalid_row(run: Run, story_file: Path) -> None:
    story_file.write_text(story_file.read_text() + "\nnot json\n")

    result = run("import", story_file, "--strict")

    assert result.code == 3
    assert "nothing was imported" in result.err
    assert run("claim", "list", "--json").json == []
    assert run("import", story_file, "--strict", "--json").json[str(story_file)]["refused"] == 1


def test_every_file_of_a_folder_is_imported(run: Run, story_file: Path) -> None:
    (story_file.parent / "inner").mkdir()
    (story_file.parent / "inner" / "more.json").write_text('[{"record":"source","key":"x","name":"X","kind":"ngo"}]')
    (story_file.parent / "notes.txt").write_text("not for import")

    result = run("import", story_file.parent, "--json")

    assert result.code == 0
    assert [Path(name).name for name in result.json] == ["more.json", "story.jsonl"]


@pytest.mark.parametrize("names", [[], ["figures.xlsx"], ["a.txt", "b.txt", "c.txt", "d.txt"]])
def test_a_folder_without_a_readable_file_is_an_error(run: Run, tmp_path: Path, names: list[str]) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("x")

    result = run("import", folder)

    assert result.code == 2
    message = " ".join(result.err.split())
    assert "has no file that ends in .json, .jsonl, .csv, .bib" in message
    assert (names[0] if names else "no other files") in message


def test_the_files_of_a_folder_that_are_not_read_are_named(run: Run, story_file: Path) -> None:
    folder = story_file.parent / "inbox"
    folder.mkdir()
    shutil.copy(story_file, folder / "STORY.JSONL")
    (folder / "figures.xlsx").write_text("x")

    result = run("import", folder)

    assert (result.code, "2 created" in result.out) == (0, True)
    assert "not read: 1 other file (figures.xlsx)" in " ".join(result.err.split())


def test_a_table_that_may_be_cut_is_no_success_unless_it_is_complete(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "cut.csv"
    table.write_text("record,key,name,kind\nsource,s,A ministr,government")

    strict = run("import", table, "--strict")
    assert (strict.code, "may be cut: line 2" in " ".join(strict.err.split())) == (3, True)
    reported = run("import", table)
    assert (reported.code, "may be cut: line 2" in " ".join(reported.out.split())) == (3, True)
    assert run("import", table, "--strict", "--complete").code == 0


def test_a_file_in_another_encoding_is_imported_only_if_it_is_named(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "old.csv"
    table.write_bytes("record,key,name,kind\nsource,s,Київ,government\n".encode("windows-1251"))

    refused = run("import", table)
    assert (refused.code, "--encoding" in refused.err) == (2, True)
    assert run("import", table, "--encoding", "windows-1251").code == 0


def test_equal_reasons_are_printed_once(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "wrong.csv"
    table.write_text("record,key,name,kind\n" + "".join(f"source,s{number},A,nonsense\n" for number in range(30)))

    result = run("import", table)

    assert (result.code, result.out.count("nonsense") + result.out.count("line ")) == (3, 1)
    assert "30 times" in " ".join(result.out.split())


def test_a_missing_path_is_an_error_before_anything_is_imported(run: Run, story_file: Path) -> None:
    result = run("import", story_file, story_file.parent / "missing.json")

    assert (result.code, "missing.json: there is no such file" in result.err) == (2, True)
    assert run("claim", "list", "--json").json == []


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        ("", ["--format", "nonsense"], "--format: must be one of attest_json, "),
        ("what is this", [], "The file's format is not recognised"),
    ],
)
def test_unknown_formats_are_refused(run: Run, tmp_path: Path, content: str, words: list[str], message: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(content)

    result = run("import", path, *words)

    assert result.code == 2
    assert message in " ".join(result.err.split())


@pytest.mark.parametrize("format", ["attest_json", "attest_csv"])
def test_an_export_can_be_imported_again(run: Run, story_file: Path, tmp_path: Path, format: str) -> None:
    run("import", story_file)
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


def test_exports_are_filtered(run: Run, story_file: Path) -> None:
    run("import", story_file)

    assert "Around 300" in run("export", "--kind", "casualty_figure").out
    assert run("export", "--kind", "troop_estimate") == (0, "", "")
    assert run("export", "--stage", "draft") == (0, "", "")
    assert run("export", "--as-of", "2020-01-01") == (0, "", "")
    assert run("export", "--kind", "nonsense").code == 2
    assert run("export", "--format", "nonsense").code == 2
    assert run("export", "--as-of", "yesterday").code == 2
    failed = run("export", "-o", "/nowhere/at/all.json")
    assert (failed.code, failed.err.strip()) == (1, "/nowhere/at/all.json: No such file or directory")


# --- claims ---


def test_a_claim_is_shown_with_brackets_in_its_text(run: Run, story_file: Path) -> None:
    """Brackets in texts are not interpreted as markup."""
    run("import", story_file)

    result = run("claim", "show", "losses")

    assert result.code == 0, result.err
    for line in (
        "Around 300 were killed [/bold].",
        "unassessed · published · undated · Kursk [red] · clm_",
        "  killed: about 300 soldiers",
        "  National Intelligence Service estimates (original)",
        "attributions 1 · publishers 0 · identified origins 1 · independent origins 0 · lineage unknown 0",
    ):
        assert line in result.out
    assert run("claim", "show", "losses", "--json").json["quantities"][0]["best"] == 300
    table = run("claim", "list").out
    assert "Around 300 were killed [/bold]." in table
    assert "National Intelligence Service estimates" in table


def test_a_claim_is_shown_as_of_a_past_time(run: Run, story_file: Path) -> None:
    run("import", story_file)
    before = run("claim", "show", "losses", "--json").json
    story_file.write_text(story_file.read_text().replace("300", "400"))
    run("import", story_file)

    assert run("claim", "show", before["id"], "--json").json["quantities"][0]["best"] == 400
    then = run("claim", "show", "losses", "--as-of", before["recorded_at"], "--json").json
    assert then["quantities"][0]["best"] == 300
    assert run("claim", "list", "--as-of", before["recorded_at"], "--json").json[0]["quantities"][0]["best"] == 300
    assert run("claim", "list", "--as-of", "2020-01-01", "--json").json == []
    assert run("claim", "show", "losses", "--as-of", "2020-01-01").code == 1


def test_claims_are_filtered(run: Run, story_file: Path) -> None:
    run("import", story_file)

    def chosen(*words: str) -> list[str]:
        return [item["key"] for item in run("claim", "list", *words, "--json").json]

    assert chosen("--q", "killed", "--kind", "casualty_figure", "--source", "nis", "--place", "kursk") == ["losses"]
    assert chosen("--kind", "troop_estimate") == chosen("--status", "confirmed") == chosen("--q", "elsewhere") == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["show", "nothing"], 1, "There is no claim 'nothing'."),
        (["show", "a\x07b"], 1, "There is no claim 'a\\x07b'."),
        (["list", "--kind", "nonsense"], 2, "kind.0: must be 'troop_estimate', "),
        (["list", "--sort", "1; DROP TABLE claim"], 2, "sort: must be '-date', "),
        (["list", "--limit", "0"], 2, "Invalid value for '--limit': Input should be greater than or equal to 1"),
        (["list", "--topic", "nothing"], 1, "there is no topic"),
        (["list", "--as-of", "9999-01-01"], 1, "must not be in the future"),
    ],
)
def test_invalid_arguments_of_claim_commands(run: Run, words: list[str], code: int, message: str) -> None:
    result = run("claim", *words)

    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert "Traceback" not in result.err


# --- keys ---


def test_keys_work_until_they_are_revoked(run: Run, api: TestClient) -> None:
    created = run("keys", "create", "Desk [/3]", "--role", "editor", "--days", "90", "--json").json
    headers = {"Authorization": f"Bearer {created['key']}"}
    body = {"name": "A", "kind": "ngo"}

    assert api.post("sources", json=body, headers=headers).status_code == 201
    listed = run("keys", "list", "--json").json
    assert [(key["id"], key["byline"], key["role"], key["revoked_at"]) for key in listed] == [
        (created["id"], "Desk [/3]", "editor", None)
    ]
    assert created["key"] not in run("keys", "list").out + json.dumps(listed)
    assert "Desk [/3]" in run("keys", "list").out
    assert run("keys", "revoke", created["id"]).code == 0
    assert api.post("sources", json=body, headers=headers).status_code == 401
    repeated = run("keys", "revoke", created["id"])
    assert (repeated.code, repeated.err.strip()) == (1, "This key has already been revoked.")
    assert run("keys", "revoke", "key_nothing").code == 1


def test_a_new_key_has_the_role_reader_by_default(run: Run) -> None:
    result = run("keys", "create", "Somebody")

    assert len(re.findall(r"attest_[0-9a-z]{8}_[0-9a-z]{40}", result.out)) == 1
    assert [key["role"] for key in run("keys", "list", "--json").json] == ["reader"]
    assert run("keys", "create", "Somebody", "--role", "king").code == 2
    assert run("keys", "create", "Somebody", "--days", "0").code == 2


def test_a_key_can_be_limited_to_scopes_of_its_owner(run: Run, api: TestClient) -> None:
    run("people", "create", "Desk 3", "--role", "fact_checker")
    words = ("keys", "create", "Desk 3", "--scope", "read", "--scope", "record", "--label", "a [script]")
    created = run(*words, "--json").json

    assert (created["role"], created["scopes"], created["label"]) == ("fact_checker", ["read", "record"], "a [script]")
    listing = run("keys", "list").out
    assert "a [script]" in listing
    assert "read, record" in listing
    assert run("keys", "create", "Desk 3", "--role", "editor").code == 1
    assert run("keys", "create", "Desk 3", "--scope", "import").code == 1
    assert run("keys", "create", "Desk 3", "--scope", "everything").code == 2
    assert run("keys", "create", "two\nlines").code == 2
    assert run("keys", "create", "New", "--label", "two\nlines").code == 2
    assert len(run("people", "list", "--json").json) == 1


def test_a_key_is_rotated(run: Run, api: TestClient) -> None:
    old = run("keys", "create", "Desk 3", "--json").json
    new = run("keys", "rotate", old["id"], "--json").json
    old_headers = {"Authorization": f"Bearer {old['key']}"}
    assert api.get("me", headers=old_headers).status_code == 401
    assert api.get("me", headers={"Authorization": f"Bearer {new['key']}"}).json()["byline"] == "Desk 3"
    result = run("keys", "rotate", new["id"], "--overlap-hours", "24")
    assert f"replaces {new['id']}, which expires in 24 hours" in result.out
    assert len(re.findall(r"attest_[0-9a-z]{8}_[0-9a-z]{40}", result.out)) == 1
    assert api.get("me", headers={"Authorization": f"Bearer {new['key']}"}).status_code == 200
    assert run("keys", "rotate", old["id"]).code == 1
    assert run("keys", "rotate", new["id"], "--overlap-hours", "-1").code == 2


# --- people ---


def test_people_are_created_changed_and_deactivated(run: Run, api: TestClient) -> None:
    words = ("people", "create", "Desk [/3]", "--role", "fact_checker", "--pseudonym", "--name", "Jane [Doe]")
    assert "Added Desk [/3] (fact_checker): per_" in run(*words).out
    again = run(*words)
    assert (again.code, again.err.strip()) == (1, "byline: is taken by somebody else; choose another one")
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

    result = run("people", "deactivate", "Desk 4")
    assert result.out.strip() == "Deactivated the account of Desk 4 and revoked all their keys."
    assert api.get("health", headers=headers).status_code == 401
    assert run("keys", "create", "Desk 4").code == 1
    assert run("people", "change", "Desk 4", "--active", "--json").json["left_at"] is None
    assert run("keys", "create", "Desk 4").code == 0


def test_the_system_account_is_listed_and_cannot_be_changed(run: Run, story_file: Path) -> None:
    run("import", story_file)
    assert "(system account)" in run("people", "list").out
    assert run("keys", "create", "Attest command line").code == 1
    assert run("people", "deactivate", "Attest command line").code == 1


# --- serve ---


class RunningService(NamedTuple):
    """A service in a separate process."""

    process: "subprocess.Popen[str]"
    port: int
    out: Path

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Send a request and return status and body of the response."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextmanager
def serving(folder: Path, variables: Mapping[str, str]) -> Iterator[RunningService]:
    """Run `attest serve` on a free port, and stop it with SIGTERM as a service manager does."""
    out = folder / "out"
    with out.open("w") as stream:
        process = subprocess.Popen(
            [*ATTEST, "serve", "--port", "0"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(**variables),
        )
    match = None
    try:
        for _ in range(300):
            match = re.search(r"running on http://127\.0\.0\.1:(\d+)", out.read_text())
            if match or process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        assert match, out.read_text()
        yield RunningService(process, int(match[1]), out)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
        assert "Unexpected error" not in out.read_text(), out.read_text()
    finally:
        process.kill()
        process.wait()


def test_serve_prints_the_first_key_once(url: str, tmp_path: Path) -> None:
    variables = {"ATTEST_DATABASE_URL": url, "ATTEST_DATA_DIR": str(tmp_path / "data")}
    with serving(tmp_path, variables) as service:
        assert service.request("GET", "/api/v1/health")[0] == 200
        keys = re.findall(r"attest_[0-9a-z]{8}_[0-9a-z]{40}", service.out.read_text())
        assert len(keys) == 1
        headers = {"Authorization": f"Bearer {keys[0]}", "Content-Type": "application/json"}
        assert service.request("POST", "/api/v1/sources", b'{"name":"A","kind":"ngo"}', **headers)[0] == 201
    with serving(tmp_path, variables) as service:
        assert service.request("GET", "/api/v1/sources?q=hunter2")[0] == 422
        assert service.request("GET", "/api/v1/sources?name=hunter2")[0] == 200
        assert not re.search(r"attest_[0-9a-z]{8}_", service.out.read_text())
        # Search terms of readers are private, so they must not be logged.
        assert "hunter2" not in service.out.read_text()


@pytest.mark.parametrize("trusted", ["", "127.0.0.1", "127.0.0.1,198.51.100.0/24"])
def test_x_forwarded_for_is_read_only_from_trusted_proxies(tmp_path: Path, sqlite_template: Path, trusted: str) -> None:
    variables = {
        "ATTEST_DATA_DIR": str(tmp_path / "data"),
        "ATTEST_WRONG_KEYS_PER_MINUTE": "1",
        "ATTEST_TRUSTED_PROXIES": trusted,
    }
    (tmp_path / "data").mkdir()
    shutil.copy(sqlite_template, tmp_path / "data" / "attest.db")

    with serving(tmp_path, variables) as service:

        def try_keys(forwarded: str) -> list[int]:
            """The status of requests with seven different wrong keys."""
            statuses = []
            for number in range(7):
                headers = {"X-Forwarded-For": forwarded, "Authorization": f"Bearer {forwarded} {number}"}
                statuses.append(service.request("GET", "/api/v1/health", None, **headers)[0])
            return statuses

        limited, refused = [401] * 6 + [429], [429] * 7
        assert try_keys("203.0.113.1") == limited
        # Without a trusted proxy the header is ignored, so all requests have the same address.
        assert try_keys("203.0.113.2") == (limited if trusted else refused)
        # The proxy appends the address that it sees; what the client has sent before it is ignored.
        assert try_keys("192.0.2.7, 203.0.113.2") == refused
        if "," in trusted:
            assert try_keys("203.0.113.3, 198.51.100.9") == limited
            assert try_keys("203.0.113.3") == refused


MALFORMED_REQUESTS = (
    (b"\x00" * 100, 400),
    (b"\r\n\r\n", None),
    (b"GET\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # a TLS handshake
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    (b"GET /api/v1/health HTTP/1.1\r\n" + b"X: " + b"x" * 200_000, 400),
    (b"GET /api/v1/health HTTP/1.1\r\n" + b"X: x\r\n" * 40_000 + b"\r\n", 400),
    (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    (b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    (b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", 400),
    (b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n", 400),
    (
        b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (b"GET /api/v1/claims/%00 HTTP/1.1\r\nHost: a\r\n\r\n", 422),
    (b"GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    (b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\x00\r\n\r\n", 400),
    (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200),
)
"""What is sent, and the status of the response; None if there is no response."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[RunningService]:
    """A service for all tests of HTTP on the wire, on SQLite only, because the engine makes no difference."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "attest.db").write_bytes(sqlite_template.read_bytes())
    with serving(folder, {"ATTEST_DATA_DIR": str(folder)}) as started:
        yield started


@pytest.mark.parametrize(
    ("data", "expected"),
    [pytest.param(*request, id=str(number)) for number, request in enumerate(MALFORMED_REQUESTS)],
)
def test_malformed_requests_do_not_affect_other_clients(
    service: RunningService, data: bytes, expected: int | None
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=3) as connection:
        connection.settimeout(1)
        try:
            connection.sendall(data)
            status_line = connection.recv(100)[:12].decode()
        except TimeoutError:
            status_line = ""
        except ConnectionError:  # the server closed the connection before it had read everything
            status_line = "HTTP/1.1 400"
    assert status_line == (f"HTTP/1.1 {expected}" if expected else "")
    assert service.request("GET", "/api/v1/health")[0] == 200


def test_unfinished_requests_do_not_block_other_clients(service: RunningService) -> None:
    connections = []
    for data in (
        b"GET /api/v1/health HTTP/1.1\r\nX-",
        b"POST /api/v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
    ):
        for _ in range(50):
            connection = socket.create_connection(("127.0.0.1", service.port), timeout=3)
            connection.sendall(data)
            connections.append(connection)

    assert service.request("GET", "/api/v1/health")[0] == 200
    for connection in connections:
        connection.close()


def test_a_connection_stays_open_after_an_error(service: RunningService) -> None:
    connection = HTTPConnection("127.0.0.1", service.port, timeout=5)
    connection.connect()
    first = connection.sock
    requests = (
        ("GET", "/nothing", None, 404),
        ("GET", "/api/v1/claims?limit=x", None, 422),
        ("POST", "/api/v1/claims", b'{"kind":1}', 401),
        ("DELETE", "/api/v1/claims", None, 405),
        ("GET", "/api/v1/claims/%00", None, 422),
        ("HEAD", "/api/v1/claims", None, 200),
        ("HEAD", "/api/v1/nothing", None, 404),
        ("GET", "/api/v1/health", None, 200),
    )
    for method, path, body, status in requests:
        connection.request(method, path, body)
        response = connection.getresponse()
        response.read()
        assert (response.status, connection.sock is first) == (status, True), (method, path)
    connection.close()


def test_an_unread_body_is_not_parsed_as_the_next_request(service: RunningService) -> None:
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
    result = subprocess.run(
        [*ATTEST, "serve", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(ATTEST_DATA_DIR=str(tmp_path)),
        check=False,
    )

    assert (result.returncode, result.stdout) == (1, "")
    assert "attest db upgrade" in result.stderr


def test_serve_refuses_a_misspelt_variable(tmp_path: Path) -> None:
    result = subprocess.run(
        [*ATTEST, "serve"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(ATTEST_DATA_DIR=str(tmp_path), ATTEST_PROT="80"),
        check=False,
    )

    assert result.returncode == 1
    assert "ATTEST_PROT: Attest has no such setting" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_occupied_port_is_an_error_before_the_service_is_announced(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        result = run("serve", "--host", "127.0.0.1", "--port", str(port))

    assert (result.code, "is starting on" in result.out) == (1, False)
    assert f"127.0.0.1:{port}" in result.err
    assert "--port" in result.err
