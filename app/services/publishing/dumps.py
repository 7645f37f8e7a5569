"""Dumps: write the whole public record to files, and load it into an empty database.

Each noun has a JSON Lines file in the exchange format. Records are in the order of their ids, except that a record
comes after those that it refers to. So a database loaded from a dump writes the same files again, byte for byte.

`versions.jsonl` says which version of each object the dump contains. The database that loads it continues with the
same numbers, so that a permanent address never has two contents.

A dump does not contain drafts and other desk-only data, earlier versions and their authors, the bytes of captures, or
the log, whose state is in the manifest. Decisions and ratings signed by two people carry both bylines, but have no
sign-off in the new database, because its accounts are others.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection, FromClause, select
from sqlalchemy.exc import IntegrityError

from app import __version__
from app.db.compiled_reads import PlainRow
from app.db.engine import Database
from app.db.revisions import seq_at
from app.db.schema import table_of
from app.errors import AttestError, ConflictError
from app.formats.exchange import attest_json
from app.formats.parsing.import_rows import ImportRow, RowRefusal, RowStream
from app.models import Head
from app.schemas.base import validation_errors
from app.schemas.desk.decision_origin import OriginCreate
from app.schemas.files.dump import FORMAT_VERSION, MAX_VERSION, DumpedVersion, DumpFile, LogState, Manifest
from app.schemas.files.import_report import ImportReport, Refusal, RefusalReason
from app.schemas.files.publication import Publisher
from app.schemas.query_parameters import ClaimFilter
from app.services.audit import log_proofs
from app.services.changes.actors import Actor
from app.services.core.refs import chunks
from app.services.core.snapshot import Snapshot, snapshot_at
from app.services.imports import imports
from app.services.imports.import_tally import ImportRefusedError
from app.services.imports.restored_versions import DumpInstallation, RestoredVersions
from app.services.publishing import exports
from app.services.publishing.dump_versions import DumpVersions
from app.services.publishing.exports import RecordWriter
from app.vocabulary import PUBLIC_STAGES

MANIFEST = "manifest.json"
LICENCE_NOTE = "LICENSE"
VERSIONS = "versions.jsonl"

IMPORT_FORMAT = "attest_json"

HASH_BLOCK_BYTES = 1 << 20
"""Bytes read at a time to hash a file."""

Progress = Callable[[str, int], None]
"""Called now and then with the name of the current file and the number of its records written so far."""


class DumpError(AttestError):
    """A folder is not a dump, or its files differ from its manifest."""


# --- writing ---


def write_dump(
    connection: Connection,
    folder: Path,
    publisher: Publisher,
    *,
    licence: str,
    as_of: datetime | None = None,
    progress: Progress = lambda _name, _records: None,
) -> Manifest:
    """Write the public record into a folder and return its manifest.

    The manifest is written last, so a folder without one is an incomplete dump. Raises ConflictError if the folder is
    not empty, InvalidError if `as_of` is in the future, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConflictError(f"{folder} is not empty. Choose an empty or new folder for the dump.")
    snapshot = snapshot_at(connection, as_of)
    moment = exports.export_timestamp(connection, as_of)
    state = log_proofs.tree_head(connection)
    seq = connection.scalar(select(table_of(Head).c.seq)) if as_of is None else seq_at(connection, as_of)
    with _DumpFileWriter(folder, VERSIONS) as versions:
        files = [
            _write_file(folder, name, rows, versions, progress)
            for name, rows in _files(connection, snapshot, publisher)
        ]
        versions_file = versions.finish()
    manifest = Manifest(
        format="attest-dump",
        format_version=FORMAT_VERSION,
        software=f"Attest {__version__}",
        publisher=publisher.name,
        address=publisher.address,
        licence=licence,
        as_of=datetime.fromisoformat(moment),
        change=seq or 0,
        log=LogState(size=state.size, root=b64encode(state.root).decode(), checkpoint=state.checkpoint),
        counts={file.name.removesuffix(".jsonl"): file.records for file in files},
        files=[*files, versions_file],
    )
    (folder / LICENCE_NOTE).write_text(_licence_note(manifest), encoding="utf-8")
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def _files(
    connection: Connection, snapshot: Snapshot, publisher: Publisher
) -> Iterator[tuple[str, Iterator[PlainRow]]]:
    writer = RecordWriter(connection, snapshot, PUBLIC_STAGES, publisher, DumpVersions(connection, snapshot))
    yield "topics.jsonl", writer.topics(_ids(connection, snapshot.topic))
    yield "sources.jsonl", writer.sources(_parents_first(connection, snapshot))
    yield "documents.jsonl", writer.documents(_ids(connection, snapshot.document))
    public = ClaimFilter(stage=sorted(PUBLIC_STAGES))
    yield "claims.jsonl", writer.claims(exports.claim_id_chunks(connection, snapshot, public, None))


def _ids(connection: Connection, table: FromClause) -> Iterator[list[str]]:
    # Duplicates come last, because they refer to what they were merged into.
    in_order = table.c.merged_into_id.is_not(None), table.c.id
    statement = select(table.c.id).order_by(*in_order).execution_options(yield_per=exports.CHUNK_SIZE)
    yield from map(list, connection.execute(statement).scalars().partitions())


def _parents_first(connection: Connection, snapshot: Snapshot) -> Iterable[list[str]]:
    """Return the ids of all sources in chunks, sorted by their depth in the tree, then by id; duplicates come last."""
    table = snapshot.source
    rows = connection.execute(select(table.c.id, table.c.parent_id, table.c.merged_into_id)).all()
    parents = {row.id: row.parent_id for row in rows}
    duplicates = {row.id for row in rows if row.merged_into_id is not None}
    depths: dict[str, int] = {}
    for identifier in parents:
        chain = [identifier]
        while (parent := parents.get(chain[-1])) is not None and parent not in depths and parent not in chain:
            chain.append(parent)
        for source_id in reversed(chain):
            depths[source_id] = depths.get(parents.get(source_id) or "", -1) + 1
    return chunks(sorted(parents, key=lambda identifier: (identifier in duplicates, depths[identifier], identifier)))


class _DumpFileWriter:
    """Writes one file of a dump, and describes it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self._stream = (folder / name).open("xb")
        self._digest = hashlib.sha256()
        self._length = 0
        self.records = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stream.close()

    def write(self, line: str) -> None:
        """Write one record."""
        data = line.encode()
        self._stream.write(data)
        self._digest.update(data)
        self._length += len(data)
        self.records += 1

    def finish(self) -> DumpFile:
        """Close the file and return its description."""
        self._stream.close()
        return DumpFile(name=self._name, records=self.records, bytes=self._length, sha256=self._digest.hexdigest())


def _write_file(
    folder: Path, name: str, rows: Iterable[PlainRow], versions: _DumpFileWriter, progress: Progress
) -> DumpFile:
    with _DumpFileWriter(folder, name) as file:
        for line in attest_json.write(_write_versions(rows, versions)):
            file.write(line)
            if file.records % exports.CHUNK_SIZE == 0:
                progress(name, file.records)
        return file.finish()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _write_versions(rows: Iterable[PlainRow], versions: _DumpFileWriter) -> Iterator[PlainRow]:
    """Yield the records, and write the version of each."""
    for row in rows:
        versions.write(_encode(row["dumped_version"]) + "\n")
        yield row


def _licence_note(manifest: Manifest) -> str:
    return (
        f"The record of {manifest.publisher} ({manifest.address}), as of {manifest.as_of:%Y-%m-%d}.\n\n"
        f"{manifest.publisher} distributes it under this licence: {manifest.licence}\n\n"
        "The licence covers what was written for this record: statements, rulings, decisions and notes. Quotations,\n"
        "titles and fact-checks by other organisations belong to their authors and are included as quotations.\n"
    )


# --- loading ---


def is_dump(folder: Path) -> bool:
    """Return True if the folder has the manifest of a dump."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == "attest-dump"


def verify_dump(folder: Path) -> Manifest:
    """Compare the files of a dump with its manifest and return the manifest. Raises DumpError, listing every fault."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except ValidationError as error:
        problems = validation_errors.problems(error.errors(include_url=False, include_input=False))
        raise DumpError(
            f"{MANIFEST}: " + "; ".join(f"{problem.field} {problem.message}" for problem in problems)
        ) from None
    if manifest.format_version > FORMAT_VERSION:
        raise DumpError(
            f"{MANIFEST}: the dump has format version {manifest.format_version}, but this version of Attest reads only "
            f"versions up to {FORMAT_VERSION}. Upgrade Attest."
        )
    faults = [fault for file in manifest.files if (fault := _find_fault(folder / file.name, file)) is not None]
    if faults:
        raise DumpError("The dump differs from its manifest, so nothing was imported. " + " ".join(faults))
    return manifest


def _find_fault(path: Path, expected: DumpFile) -> str | None:
    if not path.is_file():
        return f"{expected.name} is missing."
    if (length := path.stat().st_size) != expected.bytes:
        return f"{expected.name} has {length:,} bytes, not {expected.bytes:,}."
    digest, lines = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(HASH_BLOCK_BYTES):
            digest.update(block)
            lines += block.count(b"\n")
    if digest.hexdigest() != expected.sha256:
        return f"{expected.name} has the SHA-256 {digest.hexdigest()}, not {expected.sha256}."
    return None if lines == expected.records else f"{expected.name} has {lines:,} lines, not {expected.records:,}."


def load_dump(
    database: Database,
    actor_of: Callable[[Connection], Actor],
    folder: Path,
    *,
    reason: str,
    dry_run: bool = False,
    progress: imports.Progress = lambda _rows: None,
) -> ImportReport:
    """Load a dump into an empty database, completely or not at all.

    Decisions are not checked again, because their claims may have changed since they were taken; the dump says which
    are stale. Objects keep their ids and the numbers of their versions. Raises DumpError; ConflictError if the database
    is not empty; ImportRefusedError if a record is refused.
    """
    manifest = verify_dump(folder)
    with database.writing() as connection, closing(_restored(folder, manifest)) as restored:
        if connection.scalar(select(table_of(Head).c.seq)):
            raise ConflictError("The database is not empty. Load a dump into an empty database.")
        try:
            report = imports.import_records(
                connection,
                actor_of(connection),
                _reading(folder, manifest),
                format=IMPORT_FORMAT,
                reason=reason,
                strict=True,
                complete=True,  # the manifest says how many records each file has
                dry_run=dry_run,
                restored=restored,
                origin=OriginCreate(publisher=manifest.publisher, address=manifest.address),
                progress=progress,
            )
        except ImportRefusedError as error:
            raise ImportRefusedError(_with_file_lines(error.report, manifest)) from None
        except IntegrityError:
            raise DumpError(f"{VERSIONS}: an id occurs twice, so nothing was imported.") from None
        if dry_run:
            connection.rollback()
    return report


def _restored(folder: Path, manifest: Manifest) -> RestoredVersions:
    """Return the versions of the objects of a dump. Raises DumpError if it has too many to number them."""
    installation = DumpInstallation(manifest.publisher, manifest.address.rstrip("/"), manifest.as_of)
    if any(file.name == VERSIONS for file in manifest.files):
        return RestoredVersions(installation, _read_versions(folder / VERSIONS), first_unknown_version=None)
    # The dump does not say how many versions its installation had of an object. The log had an entry for each of them,
    # so this number is higher.
    first_unknown_version = max(manifest.log.size, manifest.change) + 1
    if first_unknown_version > MAX_VERSION:
        raise DumpError(f"{MANIFEST}: log.size and change must be less than {MAX_VERSION:,}.")
    return RestoredVersions(installation, iter(()), first_unknown_version=first_unknown_version)


def _read_versions(path: Path) -> Iterator[DumpedVersion]:
    """Yield the versions of a dump. Raises DumpError for an invalid line."""
    with path.open("rb") as stream:
        for line, data in enumerate(stream, start=1):
            try:
                yield DumpedVersion.model_validate_json(data)
            except ValidationError as error:
                problems = validation_errors.problems(error.errors(include_url=False, include_input=False))
                faults = "; ".join(f"{problem.field} {problem.message}" for problem in problems)
                raise DumpError(f"{VERSIONS}, line {line}: {faults}") from None


def _record_files(manifest: Manifest) -> list[DumpFile]:
    return [file for file in manifest.files if file.name != VERSIONS]


def _reading(folder: Path, manifest: Manifest) -> RowStream:
    """Yield the rows of all files with records, with line numbers that continue from file to file."""
    before = 0
    for file in _record_files(manifest):
        with (folder / file.name).open("rb") as stream:
            yield from _shift_lines(stream, before)
        before += file.records


def _shift_lines(stream: BinaryIO, before: int) -> RowStream:
    for row in attest_json.read(stream):
        if isinstance(row, ImportRow):
            yield ImportRow(before + row.line, row.records)
        else:
            yield RowRefusal(before + row.line, row.field, row.reason)


def _with_file_lines(report: ImportReport, manifest: Manifest) -> ImportReport:
    """Return the report with each refusal's line number counted within its file, and the file named."""
    refusals = [_with_file_line(refusal, manifest) for refusal in report.refusals]
    return report.model_copy(
        update={"refusals": refusals, "reasons": [_with_file_line(reason, manifest) for reason in report.reasons]}
    )


_Refused = TypeVar("_Refused", Refusal, RefusalReason)


def _with_file_line(refused: _Refused, manifest: Manifest) -> _Refused:
    before = 0
    for file in _record_files(manifest):
        if before < refused.line <= before + file.records:
            line = refused.line - before
            reason = f"{refused.reason} ({file.name}, line {line})"
            return refused.model_copy(update={"line": line, "reason": reason})
        before += file.records
    return refused
