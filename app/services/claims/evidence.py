"""Evidence for and against claims: create, correct and read it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import InvalidError
from app.models import Capture, Claim, Document, Evidence
from app.schemas.evidence import ClaimEvidenceCreate, EvidenceCorrection, EvidenceCreate, EvidenceRead
from app.services.catalogue import documents
from app.services.changes import change_effects
from app.services.changes.actors import Actor, visible_stages
from app.services.core import etags
from app.services.core.held_elsewhere import missing_past
from app.services.core.nouns import (
    Columns,
    Noun,
    columns_of,
    fetch_rows_by_id,
    field_values,
    plan_correction,
    serialize_row,
)
from app.services.core.quote_columns import QUOTE_COLUMNS, flatten_fields, nest_columns
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot
from app.vocabulary import Action, EvidenceKind

_PLAIN = (
    "key",
    "role",
    "kind",
    "description",
    "independent",
    "examined_on",
    "finding",
    "conclusive",
    "not_kept_because",
    "note",
    "withdrawn",
)


def nested_objects(row: StoredRow) -> dict[str, Any]:
    """The nested object of a piece of evidence, built from its columns: `quote`, None if it has none."""
    return {"quote": nest_columns(row, QUOTE_COLUMNS, "exact")}


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "document" in fields:
        columns["document_id"] = refs.resolve_field(table_of(Document), fields["document"], "document")
    if "capture" in fields:
        columns["capture_id"] = refs.resolve_field(table_of(Capture), fields["capture"], "capture")
    if "quote" in fields:
        columns |= flatten_fields(fields["quote"], QUOTE_COLUMNS)
    return columns


def _fields(row: StoredRow) -> dict[str, Any]:
    plain = {name: row[name] for name in _PLAIN}
    return plain | {"document": row["document_id"], "capture": row["capture_id"], **nested_objects(row)}


EVIDENCE = Noun(Evidence, ClaimEvidenceCreate, _columns, _fields)


def build_rows(
    claim_id: str, evidence: Sequence[ClaimEvidenceCreate], refs: Refs, existing: Mapping[str, str]
) -> list[Columns]:
    """Build the rows of a claim's evidence. A piece whose key is in `existing` (key to id) keeps its id.

    Raises InvalidError naming the field, with its index in the list.
    """
    rows = []
    for index, piece in enumerate(evidence):
        try:
            columns = _columns(field_values(piece), refs)
            _raise_if_wrong_capture(refs, columns)
        except InvalidError as error:
            raise error.prefix_fields(f"evidence.{index}") from None
        identifier = existing.get(piece.key or "") or EVIDENCE.new_id()
        rows.append({"id": identifier, "claim_id": claim_id, **columns})
    return rows


_RECORDED_KINDS = frozenset({EvidenceKind.VIDEO, EvidenceKind.AUDIO})


def _raise_if_wrong_capture(refs: Refs, columns: Columns) -> None:
    if columns["capture_id"] is None:
        return
    table = table_of(Capture)
    query = select(table.c.document_id, table.c.transcript_of).where(table.c.id == columns["capture_id"])
    capture = refs.connection.execute(query).one()
    # A document has the captures of its duplicates too.
    if refs.get(table_of(Document), capture.document_id) != columns["document_id"]:
        raise InvalidError.of("capture", "must be a capture of the document given in `document`")
    if capture.transcript_of is not None and columns["kind"] in _RECORDED_KINDS:
        raise InvalidError.of(
            "capture",
            "is a transcript, which does not keep what is seen or heard; name the recording, "
            f"{capture.transcript_of}, or choose another `kind`",
        )


def fetch_ids_by_key(connection: Connection, claim_id: str) -> dict[str, str]:
    """Map the keys of a claim's evidence to ids; pieces without a key are left out."""
    table = EVIDENCE.table
    rows = connection.execute(select(table.c.key, table.c.id).where(table.c.claim_id == claim_id))
    return {row.key: row.id for row in rows if row.key is not None}


def create(connection: Connection, actor: Actor, evidence: EvidenceCreate, reason: str) -> str:
    """Record a piece of evidence for a claim and return its id. Raises InvalidError naming the field."""
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    claim_id = refs.resolve_required_field(table_of(Claim), evidence.claim, "claim")
    existing = fetch_ids_by_key(connection, claim_id)
    if evidence.key in existing:
        raise InvalidError.of(
            "key", "the claim already has evidence with this key; choose another key or correct that evidence"
        )
    try:
        row = build_rows(claim_id, [evidence], refs, existing)[0]
    except InvalidError as error:
        raise error.strip_prefix("evidence.0") from None
    change.add(EVIDENCE.table, [row])
    change_effects.bump_versions(change, [claim_id])
    return str(row["id"])


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: EvidenceCorrection, if_match: str | None
) -> None:
    """Correct a piece of evidence. Raises NotFoundError, VersionMismatchError, InvalidError."""
    change = actor.open(connection, Action.CORRECT, correction.reason)
    etags.require(if_match, etags.of_object(read_one(connection, NOW, identifier, actor)))
    refs = Refs(connection)
    row, columns = plan_correction(change, EVIDENCE, identifier, correction, refs)
    _raise_if_wrong_capture(refs, {**row, **columns})
    if columns:
        change.amend(EVIDENCE.table, [{"id": identifier, **columns}])
        change_effects.bump_versions(change, [row["claim_id"]])


def read_one(connection: Connection, snapshot: Snapshot, identifier: str, actor: Actor | None) -> EvidenceRead:
    """Read a piece of evidence. Raises NotFoundError, also if the reader may not see its claim."""
    pieces = read_all(connection, snapshot, [identifier], actor)
    if not pieces:
        raise missing_past(connection, snapshot, EVIDENCE.table, identifier)
    return pieces[0]


def read_all(
    connection: Connection, snapshot: Snapshot, identifiers: Iterable[str], actor: Actor | None
) -> list[EvidenceRead]:
    """The evidence with these ids whose claims this reader may see, in the order of the ids."""
    ids = list(identifiers)
    rows = fetch_rows_by_id(connection, snapshot.evidence, ids)
    claims = fetch_rows_by_id(connection, snapshot.claim, {row["claim_id"] for row in rows.values()})
    stages = visible_stages(actor)
    in_order = [rows[identifier] for identifier in ids if identifier in rows]
    return to_read_models(connection, snapshot, [row for row in in_order if claims[row["claim_id"]]["stage"] in stages])


def fetch_by_claim(connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str]) -> dict[str, list[StoredRow]]:
    """The evidence rows of each claim, oldest first."""
    rows: dict[str, list[StoredRow]] = {claim_id: [] for claim_id in claim_ids}
    table = snapshot.evidence
    for chunk in chunks(rows):
        for row in connection.execute(select(table).where(table.c.claim_id.in_(chunk)).order_by(table.c.id)).mappings():
            rows[row["claim_id"]].append(row)
    return rows


def to_read_models(connection: Connection, snapshot: Snapshot, rows: Sequence[StoredRow]) -> list[EvidenceRead]:
    """Convert evidence rows to read models."""
    document_briefs = documents.read_briefs(connection, snapshot, {row["document_id"] for row in rows})
    return [EvidenceRead(**serialize(row, document_briefs)) for row in rows]


def serialized_columns(evidence: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `serialize` needs."""
    names = {"document_id", *QUOTE_COLUMNS.values()} - {"quote"}
    return [*columns_of(EvidenceRead, evidence), *(evidence.c[name] for name in sorted(names))]


def serialize(row: StoredRow, document_briefs: Mapping[str, Any]) -> PlainRow:
    """A piece of evidence as a plain dict with the fields of `EvidenceRead`. `document_briefs` maps ids to briefs."""
    return serialize_row(EvidenceRead, row, document=document_briefs[row["document_id"]], **nested_objects(row))
