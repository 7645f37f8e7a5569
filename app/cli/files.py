"""`attest import` and `attest export`: the record as files."""

import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.output import (
    BYLINE,
    PARTLY,
    AsJson,
    checked,
    complain,
    database,
    desk,
    errors,
    fail,
    print_json,
    say,
)

READ = (".json", ".jsonl", ".csv", ".bib")
"""Files of a folder that are imported."""

SHOWN = 20
"""Refusals of a file that are shown; --json lists more."""


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders whose .json, .jsonl and .csv files are read.")],
    format: Annotated[str | None, typer.Option(help="The format; told from the content unless given.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would be done.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Keep nothing of a file of which a row cannot be taken.")
    ] = False,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing if anything is on record already.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for every reader of the history.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import files, each in one transaction. Importing a file again changes nothing.

    Examples: [bold]attest import seed_data[/bold]; [bold]attest import event_destroyed.csv --dry-run[/bold]
    """
    from app.services.imports import ImportRefusedError

    reports = {}
    refused = False
    # All of them first: what cannot be read at all must not be noticed half-way.
    files = [(path, _format_of(path, format)) for path in _files(paths)]
    with database() as opened:
        if if_empty and _holds_something(opened):
            say("Something is on record already; nothing was imported.")
            return
        for path, known in files:
            try:
                report = _import(opened, path, known, dry_run, strict, reason or f"Import of {path.name}.")
            except ImportRefusedError as error:
                report, refused = error.report, True
                complain(f"{path}: {error}")
            refused = refused or bool(report.refused)
            reports[str(path)] = report
            if not as_json:
                _show(path, report)
        _look_at_the_tables(opened, reports.values(), seeded=if_empty)
    if as_json:
        print_json({name: report.model_dump(mode="json") for name, report in reports.items()})
    if refused:
        raise typer.Exit(PARTLY)


def _look_at_the_tables(opened: Any, reports: Collection[Any], *, seeded: bool) -> None:
    """Have the engine look after many small files, or the first ones; it has done so after each large one."""
    from app.db import statistics

    small = [one.created + one.revised for one in reports if not one.dry_run]
    if sum(count for count in small if count < statistics.MANY) >= (1 if seeded else statistics.MANY):
        with opened.writing() as connection:
            statistics.refresh(connection)


def _holds_something(opened: Any) -> bool:
    from sqlalchemy import select

    from app.db.schema import table_of
    from app.models import Head

    with opened.reading() as connection:
        return bool(connection.scalar(select(table_of(Head).c.seq)))


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.suffix in READ and one.is_file())
        elif path.is_file():
            yield path
        else:
            fail(f"{path}: there is no such file or folder", code=2)


def _format_of(path: Path, format: str | None) -> str:
    from app.formats.detect import FORMATS, HEAD, detect

    if format is not None and format not in FORMATS:
        fail(f"--format: must be one of {', '.join(FORMATS)}", code=2)
    with path.open("rb") as stream:
        try:
            return format or detect(path.name, stream.read(HEAD))
        except ValueError as error:
            fail(f"{path}: {error}", code=2)


def _import(opened: Any, path: Path, format: str, dry_run: bool, strict: bool, reason: str) -> Any:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from app.formats.detect import FORMATS
    from app.services import actors, imports

    with path.open("rb") as stream:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=errors(), transient=True, disable=not errors().is_terminal) as bar:
            task = bar.add_task(path.name, total=path.stat().st_size)
            with opened.writing() as connection:
                report = imports.load(
                    connection,
                    actors.system(connection, BYLINE),
                    FORMATS[format](stream),
                    format=format,
                    reason=reason,
                    strict=strict,
                    dry_run=dry_run,
                    progress=lambda _rows: bar.update(task, completed=stream.tell()),
                )
                if dry_run:
                    connection.rollback()
    return report


def _show(path: Path, report: Any) -> None:
    words = (
        f"{report.created} created, {report.unchanged} unchanged, {report.revised} revised, {report.refused} refused"
    )
    would = "would be " if report.dry_run else ""
    say(f"{path}: {report.rows} rows {would}read as {report.format} in {report.seconds:.1f} s: {words}")
    for refusal in report.refusals[:SHOWN]:
        say(f"  line {refusal.line}: {refusal.field or 'row'}: {refusal.reason}")
    if len(report.refusals) > SHOWN:
        say(f"  … and {report.refused} in all; --json lists them")


def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.")
    ] = None,
    format: Annotated[str, typer.Option(help="attest_json (JSON Lines) or attest_csv.")] = "attest_json",
    stage: Annotated[list[str] | None, typer.Option(help="Editorial stages; published unless given.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="What the claims are about.")] = None,
    topic: Annotated[str | None, typer.Option(help="The question that they answer (id or key).")] = None,
    as_of: Annotated[str | None, typer.Option(help="Write what was recorded at this moment.")] = None,
) -> None:
    """Export claims, with everything that they name, in Attest's own exchange format. An import reads it back.

    Example: [bold]attest export --format attest_csv -o claims.csv[/bold]
    """
    from app.formats import attest_csv, attest_json
    from app.schemas.query import ClaimFilter, Reading
    from app.services import exports

    writers = {"attest_json": attest_json.write, "attest_csv": attest_csv.write}
    if format not in writers:
        fail(f"--format: must be one of {', '.join(writers)}", code=2)
    asked = {"stage": stage or [], "kind": kind or [], "topic": topic}
    chosen = checked(ClaimFilter, {name: value for name, value in asked.items() if value is not None})
    reading = checked(Reading, {} if as_of is None else {"as_of": as_of})
    with database() as opened, opened.reading() as connection:
        lines = writers[format](exports.records(connection, chosen, reading.as_of, desk()))
        if output is None:
            sys.stdout.writelines(lines)
        else:
            with output.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(lines)
