"""`attest import`, `attest export` and `attest dump`: the record as files."""

import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

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

    A folder that [bold]attest dump[/bold] made is loaded whole, into an empty database, once its hashes are right.

    Examples: [bold]attest import seed_data[/bold]; [bold]attest import event_destroyed.csv --dry-run[/bold]
    """
    from app.services.imports.imports import ImportRefusedError

    if len(paths) == 1 and _restored(paths[0], format, dry_run, if_empty, reason, as_json):
        return
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
    from app.formats.readers.import_formats import FORMATS, HEAD, detect

    if format is not None and format not in FORMATS:
        fail(f"--format: must be one of {', '.join(FORMATS)}", code=2)
    with path.open("rb") as stream:
        try:
            return format or detect(path.name, stream.read(HEAD))
        except ValueError as error:
            fail(f"{path}: {error}", code=2)


def _import(opened: Any, path: Path, format: str, dry_run: bool, strict: bool, reason: str) -> Any:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from app.formats.readers.import_formats import read
    from app.services.core import actors
    from app.services.imports import imports

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
                    read(format, stream),
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


def _restored(path: Path, format: str | None, dry_run: bool, if_empty: bool, reason: str | None, as_json: bool) -> bool:
    """Load a dump; False if it is none."""
    from app.services.core import actors
    from app.services.imports.imports import ImportRefusedError
    from app.services.publishing import dumps

    if format is not None or not path.is_dir() or not dumps.is_dump(path):
        return False
    with database() as opened:
        if if_empty and _holds_something(opened):
            say("Something is on record already; nothing was imported.")
            return True
        try:
            report = dumps.load(
                opened,
                lambda connection: actors.system(connection, BYLINE),
                path,
                reason=reason or f"Import of the dump {path.name}.",
                dry_run=dry_run,
                progress=lambda rows: _count(path.name, rows),
            )
        except ImportRefusedError as error:
            if as_json:
                print_json({str(path): error.report.model_dump(mode="json")})
            else:
                _show(path, error.report)
            fail(f"{path}: {error}")
        _look_at_the_tables(opened, [report], seeded=if_empty)
    if as_json:
        print_json({str(path): report.model_dump(mode="json")})
    else:
        _show(path, report)
    return True


def _count(name: str, records: int) -> None:
    if errors().is_terminal and records:
        errors().print(f"{name}: {records:,} records …", end="\r", markup=False, highlight=False)


def dump(
    folder: Annotated[Path, typer.Argument(help="Folder to write; it must be empty or not there.")],
    licence: Annotated[str, typer.Option(help="Licence under which the record is given on, such as CC-BY-4.0.")],
    as_of: Annotated[str | None, typer.Option(help="Write what was recorded at this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole public record as files, with a manifest of their hashes. [bold]attest import[/bold] loads it.

    Example: [bold]attest dump attest-2025-01 --licence CC-BY-4.0[/bold]
    """
    from app import settings
    from app.db.engine import spare_memory
    from app.schemas.files.publication import House
    from app.schemas.query_parameters import Reading
    from app.services.publishing import dumps

    chosen = settings.load()
    house = House(name=chosen.publisher, address=chosen.api_url)
    reading = checked(Reading, {} if as_of is None else {"as_of": as_of})
    with database() as opened, opened.reading() as connection:
        spare_memory(connection)
        manifest = dumps.write(connection, folder, house, licence=licence, as_of=reading.as_of, progress=_count)
    if as_json:
        print_json(manifest.model_dump(mode="json"))
        return
    for file in manifest.files:
        say(f"{folder / file.name}: {file.records} records, {file.bytes} bytes, SHA-256 {file.sha256}")


def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.")
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            help="csv, jsonl, parquet, json_ld, claim_review, atom; attest_json or attest_csv to be imported again."
        ),
    ] = "attest_json",
    claim: Annotated[list[str] | None, typer.Option(help="These claims, by id; id@3 is version 3.")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Editorial stages; published unless given.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="What the claims are about.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="What was concluded.")] = None,
    topic: Annotated[str | None, typer.Option(help="The question that they answer (id or key).")] = None,
    source: Annotated[str | None, typer.Option(help="Who is on record with a stance on them (id or key).")] = None,
    stance: Annotated[list[str] | None, typer.Option(help="Which stance.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="What one of their figures counts.")] = None,
    value_min: Annotated[str | None, typer.Option(help="A figure is at least so much.")] = None,
    value_max: Annotated[str | None, typer.Option(help="A figure is at most so much.")] = None,
    place: Annotated[str | None, typer.Option(help="Place, or a part of its name.")] = None,
    date_from: Annotated[str | None, typer.Option(help="They may speak of this day (EDTF) or a later one.")] = None,
    date_to: Annotated[str | None, typer.Option(help="They may speak of this day (EDTF) or an earlier one.")] = None,
    q: Annotated[str | None, typer.Option("-q", "--q", help="Words, as in a search.")] = None,
    after: Annotated[str | None, typer.Option(help="Go on after this claim, where an export broke off.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Write what was recorded at this moment.")] = None,
    bom: Annotated[bool, typer.Option("--bom", help="csv: begin with a byte order mark, for Excel.")] = False,
) -> None:
    """Export claims: to be worked with, to be published, or in Attest's own exchange format to be imported again.

    Examples: [bold]attest export --format csv --bom -o claims.csv[/bold];
    [bold]attest export --format attest_csv -o claims.csv[/bold]
    """
    from app import settings
    from app.db.engine import spare_memory
    from app.errors import InvalidError
    from app.schemas.files.edition import Edition
    from app.schemas.files.publication import House
    from app.schemas.query_parameters import ExportQuery
    from app.services.publishing import exports

    asked = {
        "format": format,
        "claim": claim,
        "stage": stage,
        "kind": kind,
        "status": status,
        "topic": topic,
        "source": source,
        "stance": stance,
        "metric": metric,
        "value_min": value_min,
        "value_max": value_max,
        "place": place,
        "date_from": date_from,
        "date_to": date_to,
        "q": q,
        "after": after,
        "as_of": as_of,
        "bom": bom or None,
    }
    query = checked(ExportQuery, {name: value for name, value in asked.items() if value})
    chosen = settings.load()
    house = House(name=chosen.publisher, address=chosen.api_url)
    with database() as opened, opened.reading() as connection:
        spare_memory(connection)
        edition = Edition(
            house=house,
            address=f"{house.address}/export?format={query.format}",
            moment=exports.moment(connection, query.as_of),
            single=len(query.claim) == 1,
            bom=query.bom,
        )
        try:
            pieces = exports.pieces(connection, query, desk(), edition)
        except InvalidError as error:
            fail("\n".join(f"--{one.field}: {one.message}" for one in error.problems), code=2)
        if output is None:
            _send(sys.stdout.buffer, pieces)
        else:
            with output.open("wb") as stream:
                _send(stream, pieces)


def _send(stream: BinaryIO, pieces: Iterable[str] | Iterable[bytes]) -> None:
    for piece in pieces:
        stream.write(piece.encode() if isinstance(piece, str) else piece)
    stream.flush()
