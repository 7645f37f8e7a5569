"""Dumps: the whole public record as files, and back into an empty database.

Each noun has a file of records of the exchange format, JSON Lines: what is named stands before what names it, and else
all are in the order of their ids. So a database that a dump was loaded into gives the same files again, to the byte.

What is not in them: drafts and all that is the desk's, earlier versions and who made them, the bytes of captures, and
the log, whose state the manifest gives. Decisions and ratings that were signed by two accounts name both bylines there
and rest on no sign-off in the new database, whose accounts are others.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError
from sqlalchemy import Connection, FromClause, select

from app import __version__
from app.db.compiled_reads import PlainRow
from app.db.engine import Database
from app.db.revisions import seq_at
from app.db.schema import table_of
from app.errors import AttestError, ConflictError
from app.formats.exchange import attest_json
from app.formats.parsing.import_rows import Reading, Refused, Row
from app.models import Head
from app.schemas.base import validation_errors
from app.schemas.files.dump import VERSION, DumpFile, LogState, Manifest
from app.schemas.files.import_report import ImportReport, Refusal
from app.schemas.files.publication import House
from app.schemas.query_parameters import ClaimFilter
from app.services.audit import log_proofs
from app.services.core.actors import Actor
from app.services.core.refs import chunks
from app.services.core.snapshot import Record, at
from app.services.imports import imports
from app.services.publishing import exports
from app.services.publishing.exports import Writer
from app.vocabulary import PUBLIC_STAGES

MANIFEST = "manifest.json"
LICENCE_NOTE = "LICENSE"

FORMAT = "attest_json"

BLOCK = 1 << 20
"""Bytes of a file that are hashed at a time."""

Progress = Callable[[str, int], None]
"""Told, now and then, which file is being worked on and how many records of it are done."""


class DumpError(AttestError):
    """A folder that is no dump, or not the one that was made."""


# --- out ---


def write(
    connection: Connection,
    folder: Path,
    house: House,
    *,
    licence: str,
    as_of: datetime | None = None,
    progress: Progress = lambda _name, _records: None,
) -> Manifest:
    """Write the public record into a folder, the manifest last: without one a dump is not whole.

    Raises ConflictError if something is in the folder, InvalidError for a moment that lies ahead, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConflictError(f"{folder} is not empty; a dump takes a folder of its own.")
    record = at(connection, as_of)
    moment = exports.moment(connection, as_of)
    state = log_proofs.state(connection)
    seq = connection.scalar(select(table_of(Head).c.seq)) if as_of is None else seq_at(connection, as_of)
    files = [_written(folder, name, rows, progress) for name, rows in _files(connection, record)]
    manifest = Manifest(
        format="attest-dump",
        format_version=VERSION,
        software=f"Attest {__version__}",
        publisher=house.name,
        address=house.address,
        licence=licence,
        as_of=datetime.fromisoformat(moment),
        change=seq or 0,
        log=LogState(size=state.size, root=b64encode(state.root).decode(), checkpoint=state.checkpoint),
        counts={one.name.removesuffix(".jsonl"): one.records for one in files},
        files=files,
    )
    (folder / LICENCE_NOTE).write_text(_licence_note(manifest), encoding="utf-8")
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def _files(connection: Connection, record: Record) -> Iterator[tuple[str, Iterator[PlainRow]]]:
    writer = Writer(connection, record, PUBLIC_STAGES)
    yield "topics.jsonl", writer.topics(_ids(connection, record.topic))
    yield "sources.jsonl", writer.sources(_parents_first(connection, record))
    yield "documents.jsonl", writer.documents(_ids(connection, record.document))
    public = ClaimFilter(stage=sorted(PUBLIC_STAGES))
    yield "claims.jsonl", writer.claims(exports.ids(connection, record, public, None))


def _ids(connection: Connection, table: FromClause) -> Iterator[list[str]]:
    statement = select(table.c.id).order_by(table.c.id).execution_options(yield_per=exports.CHUNK)
    yield from map(list, connection.execute(statement).scalars().partitions())


def _parents_first(connection: Connection, record: Record) -> Iterable[list[str]]:
    """All sources by how far down they are in the tree, and by id."""
    table = record.source
    parents = {row.id: row.parent_id for row in connection.execute(select(table.c.id, table.c.parent_id))}
    depths: dict[str, int] = {}
    for one in parents:
        line = [one]
        while (above := parents.get(line[-1])) is not None and above not in depths and above not in line:
            line.append(above)
        for below in reversed(line):
            depths[below] = depths.get(parents.get(below) or "", -1) + 1
    return chunks(sorted(parents, key=lambda one: (depths[one], one)))


def _written(folder: Path, name: str, rows: Iterable[PlainRow], progress: Progress) -> DumpFile:
    digest, records, length = hashlib.sha256(), 0, 0
    with (folder / name).open("xb") as stream:
        for line in attest_json.write(rows):
            data = line.encode()
            stream.write(data)
            digest.update(data)
            records, length = records + 1, length + len(data)
            if records % exports.CHUNK == 0:
                progress(name, records)
    return DumpFile(name=name, records=records, bytes=length, sha256=digest.hexdigest())


def _licence_note(manifest: Manifest) -> str:
    return (
        f"The record of {manifest.publisher} ({manifest.address}), as of {manifest.as_of:%Y-%m-%d}.\n\n"
        f"{manifest.publisher} gives it on under this licence: {manifest.licence}\n\n"
        "That covers what was written for this record: statements, rulings, decisions, notes. Quotations, titles and\n"
        "the fact-checks of others are their authors'; they stand here as quotations do.\n"
    )


# --- in ---


def is_dump(folder: Path) -> bool:
    """True for a folder with the manifest of a dump."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == "attest-dump"


def check(folder: Path) -> Manifest:
    """The manifest of a dump whose files are what it says. Raises DumpError, naming all that is not as it should be."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except ValidationError as error:
        found = validation_errors.problems(error.errors(include_url=False, include_input=False))
        raise DumpError(f"{MANIFEST}: " + "; ".join(f"{one.field} {one.message}" for one in found)) from None
    if manifest.format_version > VERSION:
        raise DumpError(f"{MANIFEST}: the layout is of version {manifest.format_version}; this Attest reads {VERSION}.")
    wrong = [why for one in manifest.files if (why := _fault(folder / one.name, one)) is not None]
    if wrong:
        raise DumpError("The dump is not as its manifest says, and nothing was imported. " + " ".join(wrong))
    return manifest


def _fault(path: Path, said: DumpFile) -> str | None:
    if not path.is_file():
        return f"{said.name} is missing."
    if (length := path.stat().st_size) != said.bytes:
        return f"{said.name} has {length:,} bytes, not {said.bytes:,}."
    digest, lines = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            lines += block.count(b"\n")
    if digest.hexdigest() != said.sha256:
        return f"{said.name} has another SHA-256: {digest.hexdigest()}."
    return None if lines == said.records else f"{said.name} has {lines:,} lines, not {said.records:,}."


def load(
    database: Database,
    actor_of: Callable[[Connection], Actor],
    folder: Path,
    *,
    reason: str,
    dry_run: bool = False,
    progress: imports.Progress = lambda _rows: None,
) -> ImportReport:
    """Load a dump into an empty database, whole or not at all.

    Decisions are taken over as they are: the record that they were checked against may have changed since, and which
    of them are stale the dump says. Raises DumpError; ConflictError if something is on record already;
    ImportRefusedError if a record cannot be taken.
    """
    manifest = check(folder)
    with database.writing() as connection:
        if connection.scalar(select(table_of(Head).c.seq)):
            raise ConflictError("Something is on record already; a dump is loaded into an empty database.")
        try:
            report = imports.load(
                connection,
                actor_of(connection),
                _reading(folder, manifest),
                format=FORMAT,
                reason=reason,
                strict=True,
                dry_run=dry_run,
                restoring=True,
                progress=progress,
            )
        except imports.ImportRefusedError as error:
            raise imports.ImportRefusedError(_placed(error.report, manifest)) from None
        if dry_run:
            connection.rollback()
    return report


def _reading(folder: Path, manifest: Manifest) -> Reading:
    """The rows of all files, numbered through."""
    before = 0
    for file in manifest.files:
        with (folder / file.name).open("rb") as stream:
            yield from _numbered(stream, before)
        before += file.records


def _numbered(stream: BinaryIO, before: int) -> Reading:
    for row in attest_json.read(stream):
        if isinstance(row, Row):
            yield Row(before + row.line, row.records)
        else:
            yield Refused(before + row.line, row.field, row.reason)


def _placed(report: ImportReport, manifest: Manifest) -> ImportReport:
    """A report whose refusals say in which file they are, by its own line."""
    placed = []
    for refusal in report.refusals:
        before = 0
        for file in manifest.files:
            if before < refusal.line <= before + file.records:
                line = refusal.line - before
                why = f"{refusal.reason} ({file.name}, line {line})"
                placed.append(Refusal(line=line, row=refusal.row, field=refusal.field, reason=why))
                break
            before += file.records
    return report.model_copy(update={"refusals": placed})
