"""The command `attest`."""

import sys
from typing import Annotated

import typer

from app import __version__
from app.cli import audit, cite, claims, database, evidence, files, keys, people, queue, reference, serve, topics
from app.cli.output import EXIT_FAILED, print_error
from app.errors import AttestError

app = typer.Typer(
    name="attest",
    help="Attest, a fact-check database for war reporting.\n\n"
    "Exit codes: 0 success; 1 failure; 2 wrong usage; 3 success, but some rows of an import were refused.",
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
app.add_typer(topics.app, name="topic")
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


def _print_version(is_requested: bool) -> None:
    if is_requested:
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
    """Run the command line. Expected errors end it with a message and exit code 1."""
    try:
        app()
    except Exception as error:
        message = _error_message(error)
        if message is None:
            raise
        print_error(message)
        sys.exit(EXIT_FAILED)


def _error_message(error: Exception) -> str | None:
    """Return the message for an expected error; None for an unexpected one, which keeps its traceback."""
    # Imported only after an error: a plain --help needs neither.
    from sqlalchemy.exc import DBAPIError

    from app.settings import SettingsError

    if isinstance(error, (AttestError, SettingsError)):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'Operating system'}: {error.strerror}"
    # The driver's message without the SQL statement, which would not help the person at the keyboard.
    return f"Database error: {error.orig}" if isinstance(error, DBAPIError) else None
