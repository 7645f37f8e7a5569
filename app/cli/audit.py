"""`attest audit`: check the log, show proofs of it, sign it, and erase people without breaking it."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.output import AsJson, database, errors, fail, print_json, say

app = typer.Typer(help="Check the log that proves itself, and show proofs.", no_args_is_help=True)

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="Public key to believe (name+id+key); that of this installation unless given."),
]


@app.command()
def verify(
    key: Keys = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was kept elsewhere: the log must still hold it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the log against the record; exit 1 and say where, if anything is not as it was recorded.

    Examples: [bold]attest audit verify[/bold]; [bold]attest audit verify --checkpoint january.txt[/bold]
    """
    from app.formats.proofs.signed_note import NoteError
    from app.services.audit import log_replay

    try:
        kept = [path.read_text() for path in checkpoint or []]
        with database() as opened, opened.reading() as connection:
            report = log_replay.verify(connection, _verifiers(key), kept, _progress)
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
                "found": report.found,
                "findings": [one._asdict() for one in report.findings],
            }
        )
    else:
        for place, what in report.findings:
            say(f"{place}: {what}")
    if report.found:
        told = len(report.findings)
        more = f" {told} are listed, the first ones of each kind." if report.found > told else ""
        fail(f"The record is not what was logged: {report.found} findings.{more}")
    if not as_json:
        erased = f", {report.erased} of erased people" if report.erased else ""
        say(
            f"{report.changes} changes{erased}, {report.entries} entries, {report.checkpoints} checkpoints: "
            "the record is what was logged, and all of it is signed."
        )


def _progress(entries: int) -> None:
    if errors().is_terminal and entries:
        errors().print(f"{entries:,} entries …", end="\r", highlight=False)


def _verifiers(keys: list[str] | None) -> list[Any]:
    from app.formats.proofs.signed_note import NoteError, Verifier

    if keys is None:
        public_key = _public_key()
        return [] if public_key is None else [Verifier.parse(public_key)]
    try:
        return [Verifier.parse(one) for one in keys]
    except NoteError as error:
        fail(f"--key: {error}", code=2)


def _public_key() -> str | None:
    from app import settings
    from app.services.log.signing_key import KeyFileError, Sealer

    chosen = settings.load()
    try:
        return Sealer(chosen.log_key_path, chosen.log_origin).verifier().vkey
    except KeyFileError:
        return None


@app.command()
def proof(
    object: Annotated[str, typer.Argument(help="Table and key, as claim/clm_… or quantity/clm_…/1/0.")],
    version: Annotated[int | None, typer.Option(min=1, help="Which version; the newest unless given.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.")
    ] = None,
    without_record: Annotated[
        bool, typer.Option("--without-record", help="Leave out the row itself: what is proved is then its hash.")
    ] = False,
) -> None:
    """Export a proof that a version of an object is in the log. docs/verify_proof.py checks it without Attest.

    Example: [bold]attest audit proof claim/clm_01jhf3m8w5k6v0x2s9r7q4t1ya --version 2 -o proof.json[/bold]
    """
    from app.cli.output import desk
    from app.services.audit import log_proofs
    from app.services.audit.proof_files import inclusion_file

    with database() as opened, opened.reading() as connection:
        proved = log_proofs.inclusion(connection, object, version, None if without_record else desk())
    if without_record:
        proved = proved._replace(record=None, salt=None)
    _write(inclusion_file(proved, _public_key()).model_dump_json(indent=2) + "\n", output)


@app.command()
def consistency(
    first: Annotated[int, typer.Argument(min=1, help="How many entries there were.")],
    second: Annotated[int | None, typer.Argument(min=1, help="How many later; all unless given.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.")
    ] = None,
) -> None:
    """Export a proof that an earlier state of the log is the beginning of a later one.

    Example: [bold]attest audit consistency 87 -o proof.json[/bold]
    """
    from app.services.audit import log_proofs
    from app.services.audit.proof_files import consistency_file

    with database() as opened, opened.reading() as connection:
        proved = log_proofs.consistency(connection, first, second)
    _write(consistency_file(proved, _public_key()).model_dump_json(indent=2) + "\n", output)


@app.command()
def checkpoint(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.")
    ] = None,
) -> None:
    """Print the newest signed state of the log; sign it first if its end is under no signature.

    Look at what `attest audit verify` says before signing what nobody vouched for.

    Example: [bold]attest audit checkpoint -o january.txt[/bold]
    """
    from app.services.audit import log_proofs
    from app.services.log import recorder

    with database() as opened:
        with opened.writing() as connection:
            signed = recorder.sign_end(connection)
        if not signed:
            fail("There is no usable key: ATTEST_LOG_KEY_FILE says where it should be.")
        with opened.reading() as connection:
            note = log_proofs.checkpoint(connection)
    _write(note, output)


@app.command("key")
def public_key() -> None:
    """Print the public key of the log, for whoever is to check its signatures.

    Example: [bold]attest audit key[/bold]
    """
    key = _public_key()
    if key is None:
        fail("There is no usable key: it is made when the first entry is signed, or lies elsewhere.")
    typer.echo(key)


@app.command("erase-person")
def erase_person(
    byline: Annotated[str, typer.Argument(help="Public name or pseudonym of the person.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person: byline, keys, and what ties the log to the person. Every proof stays valid.

    Example: [bold]attest audit erase-person "Desk 3"[/bold]
    """
    from app.services.people.erasure import erase_person as erase

    if not yes:
        typer.confirm(f"Erase {byline} for good?", abort=True)
    with database() as opened:
        with opened.writing() as connection:
            changes = erase(connection, byline)
        if opened.is_sqlite:
            # The write-ahead log still holds the pages as they were.
            with opened.glancing() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    say(f"Erased. {changes} changes say no more who made them.")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
