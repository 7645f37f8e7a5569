"""What commands have in common: the database they work on, how they speak, how they end."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    # Else not before a command needs them: this module is there for every command, and for a mere --help.
    from rich.console import Console

    from app.db.engine import Database

DONE, FAILED, PARTLY = 0, 1, 3
"""Exit codes. 2 is the command line's own: a command that was typed wrongly. 3: done, but rows were refused."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

BYLINE = "Attest command line"
"""Who the history names for what is done by command."""


@cache
def console() -> "Console":
    """Standard output, for tables and styles."""
    from rich.console import Console

    # Into a file or another program a table goes as wide as it needs, not as a terminal of 80 columns would have it.
    return Console(width=None if sys.stdout.isatty() else 200)


@cache
def errors() -> "Console":
    """Standard error."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def database() -> Iterator["Database"]:
    """The database of the settings."""
    from app import settings
    from app.db.engine import Database
    from app.services.log.signing_key import Sealer

    chosen = settings.load()
    if not chosen.database_url:
        chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # drafts and the secret are in there
    opened = Database(chosen.url, pool_size=1, seal=Sealer(chosen.log_key_path, chosen.log_origin))
    try:
        yield opened
    finally:
        opened.close()


def print_json(value: Any) -> None:
    """Print a value as JSON, and nothing else."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say(text: str, style: str | None = None) -> None:
    """Print text as it is: brackets in it are no markup, and lines are left for the terminal to wrap."""
    if style is None:
        typer.echo(text)
    else:
        console().print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """Say on standard error what went wrong."""
    errors().print(text, style="red", markup=False, highlight=False, soft_wrap=True)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say what went wrong and end."""
    complain(message)
    raise typer.Exit(code)


def checked(schema: type[Any], fields: dict[str, Any]) -> Any:
    """A query as the API would take it; ends the command if it is not as it should be."""
    from pydantic import ValidationError

    from app.schemas.base import validation_errors

    try:
        return schema(**fields)
    except ValidationError as error:
        found = validation_errors.problems(error.errors(include_url=False, include_input=False))
        return fail("\n".join(f"{one.field}: {one.message}" for one in found), code=2)


def desk() -> Any:
    """Whoever runs commands here. The database is theirs to read, drafts included."""
    from app.services.core.actors import Actor
    from app.vocabulary import Role

    return Actor("", "", Role.ADMIN)
