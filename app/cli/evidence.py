"""`attest evidence`: the files that captures consist of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.cli.output import BYLINE, FAILED, AsJson, database, errors, fail, print_json, say

app = typer.Typer(help="Verify the files that captures consist of, and move them.", no_args_is_help=True)


@app.command()
def verify(
    identifiers: Annotated[list[str] | None, typer.Argument(help="Captures: cap_…")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All captures; also what belongs to none is named.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read stored files, compare them with the record, and add what was found to their history.

    Ends with exit code 1 if one is missing or altered. A file that belongs to no capture is named and harms nobody.

    Example: [bold]attest evidence verify --all[/bold]
    """
    from app.services.captures import custody
    from app.services.core import actors

    if everything == bool(identifiers):
        fail("Name captures, or give --all", code=2)
    with database() as opened, _progress("Reading") as progress:
        with opened.writing() as connection:
            actor = actors.system(connection, BYLINE)
        found = custody.verify(opened, _store(), actor, None if everything else identifiers, progress)
    if as_json:
        print_json(asdict(found))
    else:
        for fault in found.faults:
            say(f"{fault.capture_id} of {fault.document_id} is {fault.what}. {fault.note}", style="red")
        for name in found.orphans:
            say(f"{name} belongs to no capture")
        say(f"{found.captures} read, {len(found.faults)} not as recorded, {len(found.orphans)} belong to no capture")
    if found.faults:
        raise typer.Exit(FAILED)


@app.command()
def move(
    target: Annotated[str, typer.Argument(help="The new store: a folder, or s3://bucket/prefix.")],
    as_json: AsJson = False,
) -> None:
    """Copy the files of all captures to another store and read them back there; nothing is removed.

    Afterwards set ATTEST_CAPTURE_STORE to the new store. Ends with exit code 1 if one could not be copied as recorded.

    Example: [bold]attest evidence move s3://newsroom-evidence/attest[/bold]
    """
    from app import settings
    from app.blobs.store import open_store
    from app.services.captures import custody
    from app.services.core import actors

    with database() as opened, _progress("Copying") as progress:
        with opened.writing() as connection:
            actor = actors.system(connection, BYLINE)
        new = open_store(target, settings.load().data_dir)
        found = custody.move(opened, _store(), new, actor, progress)
    if as_json:
        print_json(asdict(found))
    else:
        for fault in found.faults:
            say(f"{fault.capture_id} of {fault.document_id} is {fault.what}. {fault.note}", style="red")
        say(f"{found.captures - len(found.faults)} copied, {len(found.faults)} not as recorded")
    if found.faults:
        raise typer.Exit(FAILED)


def _store() -> Any:
    from app import settings
    from app.blobs.store import open_store

    chosen = settings.load()
    return open_store(chosen.capture_store, chosen.data_dir)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("{task.description}: {task.completed:.0f} captures")
    with Progress(*columns, console=errors(), transient=True, disable=not errors().is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda captures: bar.update(task, completed=captures)
