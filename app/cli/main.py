"""The command `attest`."""

import sys
from typing import Annotated

import typer

from app import __version__
from app.cli import audit, cite, claims, database, evidence, files, keys, people, queue, reference, serve
from app.cli.output import FAILED, complain
from app.errors import AttestError

app = typer.Typer(
    name="attest",
    help="Attest, a fact-check database for war reporting.\n\n"
    "Exit codes: 0 done; 1 failed; 2 typed wrongly; 3 done, but some rows of an import were refused.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("serve")(serve.serve)
app.add_typer(database.app, name="db")
app.command("import")(files.import_files)
app.command("export")(files.export)
app.command("cite")(cite.cite)
app.command("dump")(files.dump)
app.add_typer(claims.app, name="claim")
app.add_typer(evidence.app, name="evidence")
app.add_typer(people.app, name="people")
app.command("queue")(queue.queue)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.command("reference")(reference.reference)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command that was typed."""
    try:
        app()
    except Exception as error:
        words = _in_words(error)
        if words is None:
            raise
        complain(words)
        sys.exit(FAILED)


def _in_words(error: Exception) -> str | None:
    """What to say of an error that may happen; None of one that nobody expected."""
    # Not before something went wrong: a mere --help needs neither.
    from sqlalchemy.exc import DBAPIError

    from app.settings import SettingsError

    if isinstance(error, (AttestError, SettingsError)):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'The system'}: {error.strerror}"
    # What the driver says, without the statement: that would not help whoever typed the command.
    return f"The database: {error.orig}" if isinstance(error, DBAPIError) else None
