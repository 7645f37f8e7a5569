"""The command `attest`."""

import sys

import typer
from sqlalchemy.exc import DBAPIError

from app import __version__
from app.cli import claims, database, files, keys, queue, reference, serve
from app.cli.output import FAILED, complain
from app.errors import AttestError
from app.settings import SettingsError

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
app.add_typer(claims.app, name="claim")
app.command("queue")(queue.queue)
app.add_typer(keys.app, name="keys")
app.command("reference")(reference.reference)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command that was typed."""
    try:
        app()
    except (AttestError, SettingsError) as error:
        complain(str(error))
    except OSError as error:
        complain(f"{error.filename or 'The system'}: {error.strerror}")
    except DBAPIError as error:
        # What the driver says, without the statement: that would not help whoever typed the command.
        complain(f"The database: {error.orig}")
    else:
        return
    sys.exit(FAILED)
