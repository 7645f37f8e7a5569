"""Evidence: record, correct, read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import Row
from app.db.schema import table_of
from app.errors import InvalidError, NotFoundError
from app.models import Capture, Claim, Document, Evidence
from app.schemas.evidence import ClaimEvidenceCreate, EvidenceCorrection, EvidenceCreate, EvidenceRead
from app.services.catalogue import documents
from app.services.core.actors import Actor, visible_stages
from app.services.core.nouns import Columns, Noun, check_etag, columns_of, etag, given, overlay, rows_by_id, shaped
from app.services.core.quote_columns import QUOTE, gather, spread
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Record
from app.services.core.version_bumps import touch
from app.vocabulary import Action

_PLAIN = (
    "key",
    "role",
    "kind",
    "description",
    "independent",
    "examined_on",
    "finding",
    "conclusive",
    "note",
    "withdrawn",
)


def nested(row: Row) -> dict[str, Any]:
    """The object within a piece of evidence, from its columns: `quote`, None if it has none."""
    return {"quote": gather(row, QUOTE, "exact")}


def _columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "document" in fields:
        columns["document_id"] = refs.field(table_of(Document), fields["document"], "document")
    if "capture" in fields:
        columns["capture_id"] = refs.field(table_of(Capture), fields["capture"], "capture")
    if "quote" in fields:
        columns |= spread(fields["quote"], QUOTE)
    return columns


def _fields(row: Row) -> dict[str, Any]:
    plain = {name: row[name] for name in _PLAIN}
    return plain | {"document": row["document_id"], "capture": row["capture_id"], **nested(row)}


EVIDENCE = Noun(Evidence, ClaimEvidenceCreate, _columns, _fields)


def rows_for(
    claim_id: str, evidence: Sequence[ClaimEvidenceCreate], refs: Refs, existing: Mapping[str, str]
) -> list[Columns]:
    """The rows of a claim's evidence; a piece whose key is in `existing` keeps its id.

    Raises InvalidError naming the field, with its place in the list.
    """
    rows = []
    for place, piece in enumerate(evidence):
        try:
            columns = _columns(given(piece), refs)
            _refuse_foreign_capture(refs, columns)
        except InvalidError as error:
            raise error.under(f"evidence.{place}") from None
        identifier = existing.get(piece.key or "") or EVIDENCE.new_id()
        rows.append({"id": identifier, "claim_id": claim_id, **columns})
    return rows


def _refuse_foreign_capture(refs: Refs, columns: Columns) -> None:
    if columns["capture_id"] is None:
        return
    capture = table_of(Capture)
    document_id = refs.connection.scalar(select(capture.c.document_id).where(capture.c.id == columns["capture_id"]))
    if document_id != columns["document_id"]:
        raise InvalidError.of("capture", "must be a capture of the same document")


def of_claim(connection: Connection, claim_id: str) -> dict[str, str]:
    """The keyed pieces of evidence of a claim: key to id."""
    table = EVIDENCE.table
    rows = connection.execute(select(table.c.key, table.c.id).where(table.c.claim_id == claim_id))
    return {row.key: row.id for row in rows if row.key is not None}


def create(connection: Connection, actor: Actor, evidence: EvidenceCreate, reason: str) -> str:
    """Record a piece of evidence for a claim; its id."""
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    claim_id = refs.required(table_of(Claim), evidence.claim, "claim")
    existing = of_claim(connection, claim_id)
    if evidence.key in existing:
        raise InvalidError.of("key", "the claim has evidence with this key already")
    try:
        row = rows_for(claim_id, [evidence], refs, existing)[0]
    except InvalidError as error:
        raise error.without("evidence.0") from None
    change.add(EVIDENCE.table, [row])
    touch(change, [claim_id])
    return str(row["id"])


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: EvidenceCorrection, if_match: str | None
) -> None:
    """Correct a piece of evidence."""
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_etag(if_match, etag(read_one(connection, NOW, identifier, actor)))
    refs = Refs(connection)
    row, columns = overlay(change, EVIDENCE, identifier, correction, refs)
    _refuse_foreign_capture(refs, {**row, **columns})
    if columns:
        change.amend(EVIDENCE.table, [{"id": identifier, **columns}])
        touch(change, [row["claim_id"]])


def read_one(connection: Connection, record: Record, identifier: str, actor: Actor | None) -> EvidenceRead:
    """A piece of evidence for a claim that this reader may see. Raises NotFoundError."""
    found = read_all(connection, record, [identifier], actor)
    if not found:
        raise NotFoundError("evidence", identifier, then=record.seq is not None)
    return found[0]


def read_all(
    connection: Connection, record: Record, identifiers: Iterable[str], actor: Actor | None
) -> list[EvidenceRead]:
    """The evidence with these ids whose claims this reader may see, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.evidence, wanted)
    claims = rows_by_id(connection, record.claim, {row["claim_id"] for row in rows.values()})
    seen = [
        rows[one] for one in wanted if one in rows and claims[rows[one]["claim_id"]]["stage"] in visible_stages(actor)
    ]
    return show(connection, record, seen)


def rows_of_claims(connection: Connection, record: Record, claim_ids: Iterable[str]) -> dict[str, list[Row]]:
    """The rows of the evidence for each claim, oldest first."""
    wanted = list(claim_ids)
    found: dict[str, list[Row]] = {claim_id: [] for claim_id in wanted}
    table = record.evidence
    for chunk in chunks(wanted):
        for row in connection.execute(select(table).where(table.c.claim_id.in_(chunk)).order_by(table.c.id)).mappings():
            found[row["claim_id"]].append(row)
    return found


def show(connection: Connection, record: Record, rows: Sequence[Row]) -> list[EvidenceRead]:
    """These rows as they are shown."""
    placed = documents.briefs_of(connection, record, {row["document_id"] for row in rows})
    return [EvidenceRead(**shown(row, placed)) for row in rows]


def shown_columns(evidence: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `shown` needs."""
    names = {"document_id", *QUOTE.values()} - {"quote"}
    return [*columns_of(EvidenceRead, evidence), *(evidence.c[name] for name in sorted(names))]


def shown(row: Row, placed: Mapping[str, Any]) -> PlainRow:
    """A piece of evidence as `EvidenceRead` has it; `placed` are documents as they are mentioned."""
    return shaped(EvidenceRead, row, document=placed[row["document_id"]], **nested(row))
