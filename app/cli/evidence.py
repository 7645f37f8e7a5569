"""`attest evidence`: keep a file as a capture, verify the stored files, and move them to another store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import (
    BYLINE,
    EXIT_FAILED,
    JsonOption,
    error_console,
    fail,
    open_database,
    plural,
    print_json,
    print_text,
    validated,
)

if TYPE_CHECKING:
    from app.services.captures.custody import VerificationReport

app = typer.Typer(
    help="Keep files as captures, verify the stored files, and move them to another store.", no_args_is_help=True
)


@app.command()
def capture(
    document: Annotated[str, typer.Argument(help="The document that the file is a copy of (id or key).")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file.")],
    url: Annotated[str | None, typer.Option(help="Address from which the file was fetched.")] = None,
    captured_at: Annotated[
        str | None, typer.Option(help="When it was fetched, e.g. 2025-01-12T18:00Z. The default is now.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="How it was captured and what readers should know.")] = None,
    transcript_of: Annotated[
        str | None, typer.Option(help="Recording of the same document that this is a transcript of, or the subtitles.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="Expected SHA-256; a file with another one is refused.")] = None,
    distinct_from: Annotated[
        list[str] | None, typer.Option(help="Another document of which the same file is kept. Can be repeated.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is recorded; shown in the history.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Store a file unaltered as a capture of a document: a page, a picture, a web archive, video or audio.

    A transcript or the subtitles of a recording (SRT, WebVTT, plain text) name it with --transcript-of.

    The file may be as large as ATTEST_MAX_CAPTURE_BYTES or ATTEST_MAX_RECORDING_BYTES allows.

    Example: [bold]attest evidence capture doc_… interview.mp4 --url https://example.org/interview[/bold]
    """
    from app import settings
    from app.blobs.store import CHUNK_SIZE
    from app.schemas.capture import CaptureQuery
    from app.services.captures import captures
    from app.services.captures.uploads import SizeLimits, Upload
    from app.services.changes import actors
    from app.services.core.snapshot import NOW

    options = {"url": url, "captured_at": captured_at, "note": note, "transcript_of": transcript_of, "sha256": sha256}
    given = {name: value for name, value in {**options, "reason": reason}.items() if value is not None}
    details = validated(CaptureQuery, given | {"distinct_from": distinct_from or []})
    config, store = settings.load(), _store()
    limits = SizeLimits(config.max_recording_bytes, config.max_capture_bytes)
    with open_database() as database, store.stage() as draft, file.open("rb") as stream:
        with database.reading() as connection:
            document_id = captures.resolve_document(connection, document)
        upload = Upload(draft, limits, file.stat().st_size)
        while chunk := stream.read(CHUNK_SIZE):
            upload.write(chunk)
        media_type = upload.detect_type()
        with database.writing() as connection:
            actor = actors.system_actor(connection, BYLINE)
            received = captures.receive(
                connection, actor, document_id, store=store, draft=draft, media_type=media_type, details=details
            )
            recorded = captures.read_one(connection, NOW, received.id)
    if as_json:
        print_json(recorded.model_dump(mode="json"))
        return
    verb = "Recorded" if received.is_new else "The document already has"
    print_text(
        f"{verb} {recorded.id}: {recorded.media_type}, {recorded.byte_length:,} bytes, SHA-256 {recorded.sha256}"
    )


@app.command()
def verify(
    identifiers: Annotated[list[str] | None, typer.Argument(help="Captures: cap_…")] = None,
    all_captures: Annotated[
        bool, typer.Option("--all", help="Verify all captures, and list files that belong to none.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read stored files, compare them with the record, and add the result to their chain of custody.

    Exit with code 1 if a file is missing or altered. Files that belong to no capture are listed; they are harmless.

    Example: [bold]attest evidence verify --all[/bold]
    """
    from app.services.captures import custody
    from app.services.changes import actors

    if all_captures == bool(identifiers):
        fail("Give either ids of captures or --all.", code=2)
    with open_database() as database, _progress("Reading") as progress:
        with database.writing() as connection:
            actor = actors.system_actor(connection, BYLINE)
        report = custody.verify_captures(database, _store(), actor, None if all_captures else identifiers, progress)
    if as_json:
        print_json(asdict(report))
    else:
        for fault in report.faults:
            print_text(
                f"The file of {fault.capture_id} ({fault.document_id}) is {fault.what}. {fault.note}", style="red"
            )
        for name in report.orphans:
            print_text(f"{name} belongs to no capture")
        print_text(
            f"Checked {plural(report.captures, 'capture')}: {len(report.faults)} missing or altered. "
            f"Files that belong to no capture: {len(report.orphans)}.{_next_step(report)}"
        )
    if report.faults:
        raise typer.Exit(EXIT_FAILED)


@app.command()
def move(
    target: Annotated[str, typer.Argument(help="The new store: a folder, or s3://bucket/prefix.")],
    as_json: JsonOption = False,
) -> None:
    """Copy the files of all captures to another store and verify the copies. Nothing is deleted.

    Afterwards set ATTEST_CAPTURE_STORE to the new store. Exit with code 1 if a file was missing or altered.

    Example: [bold]attest evidence move s3://newsroom-evidence/attest[/bold]
    """
    from app import settings
    from app.blobs.store import open_store
    from app.services.captures import custody
    from app.services.changes import actors

    with open_database() as database, _progress("Copying") as progress:
        with database.writing() as connection:
            actor = actors.system_actor(connection, BYLINE)
        target_store = open_store(target, settings.load().data_dir)
        report = custody.move_captures(database, _store(), target_store, actor, progress)
    if as_json:
        print_json(asdict(report))
    else:
        for fault in report.faults:
            print_text(
                f"The file of {fault.capture_id} ({fault.document_id}) is {fault.what}. {fault.note}", style="red"
            )
        copied = report.captures - len(report.faults)
        print_text(f"Copied {plural(copied, 'capture')}; {len(report.faults)} missing or altered.{_next_step(report)}")
    if report.faults:
        raise typer.Exit(EXIT_FAILED)


def _next_step(report: "VerificationReport") -> str:
    return " Restore these files from a backup." if report.faults else ""


def _store() -> Any:
    from app import settings
    from app.blobs.store import open_store

    config = settings.load()
    return open_store(config.capture_store, config.data_dir)


@contextmanager
def _progress(description: str) -> Iterator[Callable[[int], None]]:
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("{task.description}: {task.completed:.0f} captures")
    with Progress(*columns, console=error_console(), transient=True, disable=not error_console().is_terminal) as bar:
        task = bar.add_task(description, total=None)
        yield lambda captures: bar.update(task, completed=captures)
