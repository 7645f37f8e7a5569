"""Helpers that all commands share: the database, output, error messages and exit codes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    # Imported only when a command needs them: every command loads this module, even a plain --help.
    from rich.console import Console

    from app.db.engine import Database

EXIT_FAILED, EXIT_PARTIAL = 1, 3
"""Exit codes: 1 if the command failed, 3 if it finished but rows were refused. Typer uses 2 for wrong usage."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

BYLINE = "Attest command line"
"""Byline in the history for changes made from the command line. It is stored, so it must not change."""


@cache
def console() -> "Console":
    """Return a console on standard output, for tables and styled text."""
    from rich.console import Console

    # In a file or pipe rich would assume a terminal of 80 columns and cut tables.
    return Console(width=None if sys.stdout.isatty() else 200)


@cache
def error_console() -> "Console":
    """Return a console on standard error."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def open_database() -> Iterator["Database"]:
    """Open the database that the settings name, and close it afterwards."""
    from app import settings
    from app.db.engine import Database
    from app.services.log.signing_key import FileCheckpointSigner

    config = settings.load()
    if not config.database_url:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # private: it holds drafts and the secret
    signer = FileCheckpointSigner(config.log_key_path, config.log_origin)
    database = Database(config.url, pool_size=1, checkpoint_signer=signer)
    try:
        yield database
    finally:
        database.close()


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_text(text: str, style: str | None = None) -> None:
    """Print text literally: brackets are not markup, and the terminal wraps long lines."""
    if style is None:
        typer.echo(text)
    else:
        console().print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, such as '1 change' or '2 changes'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def print_error(text: str) -> None:
    """Print an error message on standard error."""
    error_console().print(text, style="red", markup=False, highlight=False, soft_wrap=True)


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """Print an error message and exit."""
    print_error(message)
    raise typer.Exit(code)


def validated(schema: type[Any], fields: dict[str, Any]) -> Any:
    """Return a schema with these fields, validated as in the API; exit with code 2 if they are invalid."""
    from pydantic import ValidationError

    from app.schemas.base import validation_errors

    try:
        return schema(**fields)
    except ValidationError as error:
        problems = validation_errors.problems(error.errors(include_url=False, include_input=False))
        return fail("\n".join(f"{problem.field}: {problem.message}" for problem in problems), code=2)


def superuser() -> Any:
    """Return the actor of the command line: a superuser, because its users have access to the database anyway."""
    from app.services.changes.actors import Actor
    from app.vocabulary import Role

    return Actor("", "", Role.ADMIN)
