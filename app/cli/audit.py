"""`attest audit`: verify the log, export proofs and checkpoints, and erase people without breaking the log."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.output import JsonOption, error_console, fail, open_database, plural, print_json, print_text

app = typer.Typer(help="Verify the log, export proofs and checkpoints, and erase personal data.", no_args_is_help=True)

OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write. The default is standard output.")
]

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="Trusted public key (name+id+key). The default is the key of this installation."),
]


@app.command()
def verify(
    key: Keys = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="File with a checkpoint that you saved earlier. The log must be consistent with it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Replay the log and compare it with the record. Exit with code 1 if they differ, and list the differences.

    Examples: [bold]attest audit verify[/bold]; [bold]attest audit verify --checkpoint january.txt[/bold]
    """
    from app.formats.proofs.signed_note import NoteError
    from app.services.audit import log_replay

    try:
        saved_checkpoints = [path.read_text() for path in checkpoint or []]
        with open_database() as database, database.reading() as connection:
            report = log_replay.verify_log(connection, _verifiers(key), saved_checkpoints, _show_progress)
    except (NoteError, UnicodeDecodeError) as error:
        fail(f"--checkpoint: {error}", code=2)
    if as_json:
        print_json(
            {
                "changes": report.changes,
                "entries": report.entries,
                "checkpoints": report.checkpoints,
                "signed": report.signed,
                "erased": report.erased,
                "found": report.finding_count,
                "findings": [finding._asdict() for finding in report.findings],
            }
        )
    else:
        for place, description in report.findings:
            print_text(f"{place}: {description}")
    if report.finding_count:
        listed = len(report.findings)
        more = f" Only {listed} are listed, the first of each kind." if report.finding_count > listed else ""
        fail(f"The record does not match the log: {plural(report.finding_count, 'finding')}.{more}")
    if not as_json:
        erased = f" ({report.erased} by erased people)" if report.erased else ""
        print_text(
            f"The record matches the log, and all of it is signed: {plural(report.changes, 'change')}{erased}, "
            f"{report.entries} entries, {plural(report.checkpoints, 'checkpoint')}."
        )


def _show_progress(entries: int) -> None:
    if error_console().is_terminal and entries:
        error_console().print(f"{entries:,} entries …", end="\r", highlight=False)


def _verifiers(keys: list[str] | None) -> list[Any]:
    from app.formats.proofs.signed_note import NoteError, Verifier

    if keys is None:
        public_key = _public_key()
        return [] if public_key is None else [Verifier.parse(public_key)]
    try:
        return [Verifier.parse(public_key) for public_key in keys]
    except NoteError as error:
        fail(f"--key: {error}", code=2)


def _public_key() -> str | None:
    from app import settings
    from app.services.log.signing_key import FileCheckpointSigner, KeyFileError

    config = settings.load()
    try:
        return FileCheckpointSigner(config.log_key_path, config.log_origin).verifier().vkey
    except KeyFileError:
        return None


@app.command()
def proof(
    object: Annotated[str, typer.Argument(help="Table and key, such as claim/clm_… or quantity/clm_…/1/0.")],
    version: Annotated[
        int | None, typer.Option(min=1, help="Version of the object. The default is the newest one.")
    ] = None,
    output: OutputOption = None,
    without_record: Annotated[
        bool, typer.Option("--without-record", help="Leave out the row itself; the proof then covers only its hash.")
    ] = False,
) -> None:
    """Export a proof that a version of an object is in the log. docs/verify_proof.py verifies it without Attest.

    Example: [bold]attest audit proof claim/clm_01jhf3m8w5k6v0x2s9r7q4t1ya --version 2 -o proof.json[/bold]
    """
    from app.cli.output import superuser
    from app.services.audit import log_proofs
    from app.services.audit.proof_files import inclusion_file

    with open_database() as database, database.reading() as connection:
        inclusion = log_proofs.prove_inclusion(connection, object, version, None if without_record else superuser())
    if without_record:
        inclusion = inclusion._replace(record=None, salt=None)
    _write(inclusion_file(inclusion, _public_key()).model_dump_json(indent=2) + "\n", output)


@app.command()
def consistency(
    first: Annotated[int, typer.Argument(min=1, help="Number of entries in the earlier state.")],
    second: Annotated[
        int | None, typer.Argument(min=1, help="Number of entries in the later state. The default is all entries.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Export a proof that the log only grew between an earlier and a later state.

    Example: [bold]attest audit consistency 87 -o proof.json[/bold]
    """
    from app.services.audit import log_proofs
    from app.services.audit.proof_files import consistency_file

    with open_database() as database, database.reading() as connection:
        proof = log_proofs.prove_consistency(connection, first, second)
    _write(consistency_file(proof, _public_key()).model_dump_json(indent=2) + "\n", output)


@app.command()
def checkpoint(
    output: OutputOption = None,
) -> None:
    """Print the newest checkpoint of the log. If the latest entries are not signed yet, sign them first.

    Run `attest audit verify` before you sign entries that were recorded without a signature.

    Example: [bold]attest audit checkpoint -o january.txt[/bold]
    """
    from app.services.audit import log_proofs
    from app.services.log import recorder

    with open_database() as database:
        with database.writing() as connection:
            is_signed = recorder.ensure_signed(connection)
        if not is_signed:
            fail(
                "The latest entries cannot be signed: the log's signing key is missing or unreadable. "
                "Check ATTEST_LOG_KEY_FILE."
            )
        with database.reading() as connection:
            note = log_proofs.latest_checkpoint(connection)
    _write(note, output)


@app.command("key")
def public_key() -> None:
    """Print the log's public key. Others need it to verify the log's signatures.

    Example: [bold]attest audit key[/bold]
    """
    key = _public_key()
    if key is None:
        fail(
            "The log's signing key was not found or cannot be read. Attest creates it when it signs the first entry. "
            "If the key is in another file, set ATTEST_LOG_KEY_FILE."
        )
    typer.echo(key)


@app.command("erase-person")
def erase_person(
    byline: Annotated[str, typer.Argument(help="Byline of the person: their name or pseudonym.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Erase a person's byline, name, and everything that links log entries to them. All proofs stay valid.

    Example: [bold]attest audit erase-person "Desk 3"[/bold]
    """
    from app.services.people.erasure import erase_person as erase

    if not yes:
        typer.confirm(f"Permanently erase {byline}?", abort=True)
    with open_database() as database:
        with database.writing() as connection:
            changes = erase(connection, byline)
        if database.is_sqlite:
            # The write-ahead log still contains the old pages.
            with database.single_statement() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    print_text(f"Erased. The author of {plural(changes, 'change')} is no longer recorded.")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
