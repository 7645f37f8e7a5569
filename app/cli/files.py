"""`attest import`, `attest export` and `attest dump`: files in and out."""

import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from app.cli.output import (
    BYLINE,
    EXIT_PARTIAL,
    JsonOption,
    error_console,
    fail,
    open_database,
    plural,
    print_error,
    print_json,
    print_text,
    superuser,
    validated,
)

IMPORT_SUFFIXES = (".json", ".jsonl", ".csv", ".bib")
"""Suffixes of the files that are imported from a folder."""

MAX_NAMED_FILES = 3
"""How many files of a folder that are not read are named at most."""

MAX_SHOWN_REFUSALS = 20
"""How many reasons of refusals of a file are printed at most; --json lists more."""


def import_files(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders whose .json, .jsonl, .csv and .bib files are imported.")
    ],
    format: Annotated[
        str | None, typer.Option(help="Format of the files. By default it is detected from the content.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what the import would do, but write nothing.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Import nothing from a file if any of its rows is refused, or if it may be cut."),
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="The files are whole, although they are empty or lack a last line end.")
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(help="Encoding of the files, such as windows-1251. UTF-8 or a byte order mark by default."),
    ] = None,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing if the database already contains records.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Reason for the import. Readers of the history see it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import files, each in its own transaction. Importing a file again changes nothing.

    A folder written by [bold]attest dump[/bold] is restored as a whole into an empty database, after its hashes have
    been verified.

    Examples: [bold]attest import seed_data[/bold]; [bold]attest import event_destroyed.csv --dry-run[/bold]
    """
    from app.services.imports.import_tally import ImportRefusedError

    if len(paths) == 1 and _restore_dump(paths[0], format, dry_run, if_empty, reason, as_json):
        return
    reports = {}
    has_refusals = False
    # Detect all formats first: a file that cannot be read must stop the command before anything is imported.
    files = [(path, _inspect(path, format, encoding)) for path in _find_files(paths)]
    with open_database() as database:
        if if_empty and _has_records(database):
            print_text("The database already contains records; nothing was imported.")
            return
        for path, file in files:
            options = {"dry_run": dry_run, "strict": strict, "complete": complete, "cut_line": file.cut_line}
            try:
                report = _import(database, path, file, options, reason or f"Import of {path.name}.")
            except ImportRefusedError as error:
                report, has_refusals = error.report, True
                print_error(f"{path}: {error}")
            has_refusals = has_refusals or bool(report.refused) or report.may_be_cut
            reports[str(path)] = report
            if not as_json:
                _print_report(path, report)
        _refresh_statistics(database, reports.values(), is_first_load=if_empty)
    if as_json:
        print_json({name: report.model_dump(mode="json") for name, report in reports.items()})
    if has_refusals:
        raise typer.Exit(EXIT_PARTIAL)


def _refresh_statistics(database: Any, reports: Collection[Any], *, is_first_load: bool) -> None:
    """Refresh the planner's statistics after many small files or a first load; each large import does so itself."""
    from app.db import statistics

    counts = [report.created + report.revised for report in reports if not report.dry_run]
    threshold = 1 if is_first_load else statistics.BULK_LOAD_ROWS
    if sum(count for count in counts if count < statistics.BULK_LOAD_ROWS) >= threshold:
        with database.writing() as connection:
            statistics.refresh(connection)


def _has_records(database: Any) -> bool:
    from sqlalchemy import select

    from app.db.schema import table_of
    from app.models import Head

    with database.reading() as connection:
        return bool(connection.scalar(select(table_of(Head).c.seq)))


def _find_files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
            readable = [file for file in files if file.suffix.lower() in IMPORT_SUFFIXES]
            others = [file for file in files if file.suffix.lower() not in IMPORT_SUFFIXES]
            _report_unread(path, readable, others)
            yield from readable
        elif path.is_file():
            yield path
        else:
            fail(f"{path}: there is no such file or folder", code=2)


def _report_unread(folder: Path, readable: Collection[Path], others: Collection[Path]) -> None:
    """Say which files of a folder are not read; fail if none is."""
    names = ", ".join(_readable_name(file) for file in list(others)[:MAX_NAMED_FILES])
    names += ", …" if len(others) > MAX_NAMED_FILES else ""
    unread = f"{plural(len(others), 'other file')} ({names})" if others else "no other files"
    if not readable:
        suffixes = ", ".join(IMPORT_SUFFIXES)
        fail(f"{folder}: the folder has no file that ends in {suffixes}, and {unread}; nothing was imported", code=2)
    if others:
        error_console().print(
            f"{folder}: not read: {unread}. To import a file whatever its name, name the file itself.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _inspect(path: Path, format: str | None, encoding: str | None) -> Any:
    from app.formats.readers.import_formats import IMPORT_FORMATS, inspect

    if format is not None and format not in IMPORT_FORMATS:
        fail(f"--format: must be one of {', '.join(IMPORT_FORMATS)}", code=2)
    with path.open("rb") as stream:
        try:
            return inspect(stream, name=path.name, format=format, encoding=encoding)
        except ValueError as error:
            fail(f"{path}: {error}", code=2)


def _import(database: Any, path: Path, file: Any, options: dict[str, Any], reason: str) -> Any:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from app.formats.readers.import_formats import read
    from app.schemas.desk.decision_origin import OriginCreate
    from app.services.changes import actors
    from app.services.imports import imports

    with path.open("rb") as stream:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(
            *columns, console=error_console(), transient=True, disable=not error_console().is_terminal
        ) as bar:
            task = bar.add_task(path.name, total=path.stat().st_size)
            with database.writing() as connection:
                report = imports.import_records(
                    connection,
                    actors.system_actor(connection, BYLINE),
                    read(file.format, stream, file.encoding),
                    format=file.format,
                    reason=reason,
                    **options,
                    origin=OriginCreate(file=_readable_name(path)),
                    progress=lambda _rows: bar.update(task, completed=stream.tell()),
                )
                if options["dry_run"]:
                    connection.rollback()
    return report


def _readable_name(path: Path) -> str:
    """The name of a file as a line of text; any bytes and characters are possible in a file name."""
    return " ".join(path.name.encode(errors="replace").decode().split()) or "?"


def _print_report(path: Path, report: Any) -> None:
    counts = (
        f"{report.created} created, {report.unchanged} unchanged, {report.revised} revised, {report.refused} refused"
    )
    dry_run = ", dry run: nothing was written" if report.dry_run else ""
    print_text(
        f"{path}: {plural(report.rows, 'row')} read as {report.format} in {report.seconds:.1f} s: {counts}{dry_run}"
    )
    for warning in report.warnings:
        print_text(f"  {warning}")
    for reason in report.reasons[:MAX_SHOWN_REFUSALS]:
        row = "" if reason.row == reason.line else f" (row {reason.row})"
        print_text(f"  line {reason.line}{row}: {reason.field or 'row'}: {reason.text}")
    if len(report.reasons) > MAX_SHOWN_REFUSALS:
        print_text(f"  … {report.refused} rows were refused in total; --json lists them")
    _print_questions(report)
    _print_duplicates(report)


def _print_questions(report: Any) -> None:
    for warning in report.questions[:MAX_SHOWN_REFUSALS]:
        print_text(f"  line {warning.line}: {warning.message}")
    if report.questioned > MAX_SHOWN_REFUSALS:
        print_text(f"  … {plural(report.questioned, 'figure')} were questioned in total; --json lists more of them")


def _print_duplicates(report: Any) -> None:
    if not report.possible_duplicates:
        return
    print_text(
        f"  {plural(report.possible_duplicates, 'possible duplicate')}: recorded, but equal to what is on record. "
        "Merge them, or rule them distinct with distinct_from."
    )
    for duplicate in report.duplicates[:MAX_SHOWN_REFUSALS]:
        candidates = ", ".join(
            f"{candidate.key or candidate.id} ({candidate.label or 'without a title'})"
            for candidate in duplicate.candidates
        )
        print_text(f"  line {duplicate.line}: {duplicate.record} {duplicate.key or duplicate.id} equals {candidates}")
    if report.possible_duplicates > MAX_SHOWN_REFUSALS:
        print_text("  … --json lists more of them")


def _restore_dump(
    path: Path, format: str | None, dry_run: bool, if_empty: bool, reason: str | None, as_json: bool
) -> bool:
    """Restore a dump; return False if the path is not a dump."""
    from app.services.changes import actors
    from app.services.imports.import_tally import ImportRefusedError
    from app.services.publishing import dumps

    if format is not None or not path.is_dir() or not dumps.is_dump(path):
        return False
    with open_database() as database:
        if if_empty and _has_records(database):
            print_text("The database already contains records; nothing was imported.")
            return True
        try:
            report = dumps.load_dump(
                database,
                lambda connection: actors.system_actor(connection, BYLINE),
                path,
                reason=reason or f"Import of the dump {path.name}.",
                dry_run=dry_run,
                progress=lambda rows: _show_progress(path.name, rows),
            )
        except ImportRefusedError as error:
            if as_json:
                print_json({str(path): error.report.model_dump(mode="json")})
            else:
                _print_report(path, error.report)
            fail(f"{path}: {error}")
        _refresh_statistics(database, [report], is_first_load=if_empty)
    if as_json:
        print_json({str(path): report.model_dump(mode="json")})
    else:
        _print_report(path, report)
    return True


def _show_progress(name: str, records: int) -> None:
    if error_console().is_terminal and records:
        error_console().print(f"{name}: {records:,} records …", end="\r", markup=False, highlight=False)


def dump(
    folder: Annotated[Path, typer.Argument(help="Folder to write. It must be empty or not exist yet.")],
    licence: Annotated[str, typer.Option(help="Licence under which the record is distributed, such as CC-BY-4.0.")],
    as_of: Annotated[str | None, typer.Option(help="Write the record as it was at this time.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the complete public record to files, with a manifest of hashes. [bold]attest import[/bold] restores it.

    Example: [bold]attest dump attest-2025-01 --licence CC-BY-4.0[/bold]
    """
    from app import settings
    from app.db.engine import limit_memory_use
    from app.schemas.files.publication import Publisher
    from app.schemas.query_parameters import AsOfParameters
    from app.services.publishing import dumps

    config = settings.load()
    publisher = Publisher(name=config.publisher, address=config.api_url)
    reading = validated(AsOfParameters, {} if as_of is None else {"as_of": as_of})
    with open_database() as database, database.reading() as connection:
        limit_memory_use(connection)
        manifest = dumps.write_dump(
            connection, folder, publisher, licence=licence, as_of=reading.as_of, progress=_show_progress
        )
    if as_json:
        print_json(manifest.model_dump(mode="json"))
        return
    for file in manifest.files:
        print_text(f"{folder / file.name}: {file.records} records, {file.bytes} bytes, SHA-256 {file.sha256}")


def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. The default is standard output.")
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            help="csv, jsonl, parquet, json_ld, claim_review or atom. "
            "Files in attest_json and attest_csv can be imported again."
        ),
    ] = "attest_json",
    claim: Annotated[list[str] | None, typer.Option(help="Id of a claim; id@3 is version 3. Can be repeated.")] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="Editorial stage. The default is published. Can be repeated.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kind of claim. Can be repeated.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="Status of the claim. Can be repeated.")] = None,
    topic: Annotated[str | None, typer.Option(help="Topic of the claim (id or key).")] = None,
    source: Annotated[str | None, typer.Option(help="Source with a stance on the claim (id or key).")] = None,
    stance: Annotated[list[str] | None, typer.Option(help="Stance of a source. Can be repeated.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only claims with a figure of this metric. Can be repeated.")
    ] = None,
    value_min: Annotated[str | None, typer.Option(help="Only claims with a figure of this value or more.")] = None,
    value_max: Annotated[str | None, typer.Option(help="Only claims with a figure of this value or less.")] = None,
    place: Annotated[str | None, typer.Option(help="Place, or part of its name.")] = None,
    date_from: Annotated[
        str | None, typer.Option(help="Only claims that may refer to this date (EDTF) or later.")
    ] = None,
    date_to: Annotated[
        str | None, typer.Option(help="Only claims that may refer to this date (EDTF) or earlier.")
    ] = None,
    q: Annotated[str | None, typer.Option("-q", "--q", help='Search words: "a phrase", -exclude, prefix*.')] = None,
    after: Annotated[
        str | None, typer.Option(help="Continue after the claim with this id, if an export was interrupted.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Export the record as it was at this time.")] = None,
    bom: Annotated[bool, typer.Option("--bom", help="csv only: begin with a byte order mark, for Excel.")] = False,
) -> None:
    """Export claims for analysis, for publication, or in Attest's own exchange format to import them again.

    Examples: [bold]attest export --format csv --bom -o claims.csv[/bold];
    [bold]attest export --format attest_csv -o claims.csv[/bold]
    """
    from app import settings
    from app.db.engine import limit_memory_use
    from app.errors import InvalidError
    from app.schemas.files.edition import Edition
    from app.schemas.files.publication import Publisher
    from app.schemas.query_parameters import ExportQuery
    from app.services.publishing import exports

    fields = {
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
    query = validated(ExportQuery, {name: value for name, value in fields.items() if value})
    config = settings.load()
    publisher = Publisher(name=config.publisher, address=config.api_url)
    with open_database() as database, database.reading() as connection:
        limit_memory_use(connection)
        edition = Edition(
            publisher=publisher,
            address=f"{publisher.address}/export?format={query.format}",
            moment=exports.export_timestamp(connection, query.as_of),
            single=len(query.claim) == 1,
            bom=query.bom,
        )
        try:
            chunks = exports.export_chunks(connection, query, superuser(), edition)
        except InvalidError as error:
            fail("\n".join(f"--{problem.field}: {problem.message}" for problem in error.problems), code=2)
        if output is None:
            _write(sys.stdout.buffer, chunks)
        else:
            with output.open("wb") as stream:
                _write(stream, chunks)


def _write(stream: BinaryIO, chunks: Iterable[str] | Iterable[bytes]) -> None:
    for chunk in chunks:
        stream.write(chunk.encode() if isinstance(chunk, str) else chunk)
    stream.flush()
