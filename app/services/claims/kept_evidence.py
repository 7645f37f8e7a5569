"""Whether the bytes of examined evidence are kept: what a new decision needs, and what to do if they are not."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, FromClause, Text, and_, cast, or_, select

from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.models import Capture, CustodyEvent, Evidence, Proposal, SignOff
from app.services.core.refs import chunks
from app.services.policy.status_rules import is_kept, relevant_evidence
from app.vocabulary import CustodyAct, EvidenceRole, Status

_capture, _event = table_of(Capture), table_of(CustodyEvent)


def fetch_missing_captures(connection: Connection, capture_ids: Iterable[str | None]) -> set[str]:
    """Those of these captures whose bytes are not in the store, according to the custody history.

    Bytes are stored once per digest, so the history of all captures with the same digest counts. A capture that was
    only declared by an imported file has no bytes here until the store has been verified.
    """
    digests: dict[str, str] = {}
    for chunk in chunks({capture_id for capture_id in capture_ids if capture_id is not None}):
        rows = connection.execute(select(_capture.c.id, _capture.c.sha256).where(_capture.c.id.in_(chunk)))
        digests |= {row.id: row.sha256 for row in rows}
    last_acts: dict[str, str] = {}
    for chunk in chunks(set(digests.values())):
        statement = (
            select(_capture.c.sha256, _event.c.act)
            .join(_event, _event.c.capture_id == _capture.c.id)
            .where(_capture.c.sha256.in_(chunk), _event.c.act != CustodyAct.DECLARED)
            .order_by(_event.c.change_seq, _event.c.id)
        )
        last_acts |= {row.sha256: row.act for row in connection.execute(statement)}
    return {
        capture_id
        for capture_id, digest in digests.items()
        if last_acts.get(digest, CustodyAct.FAILED_VERIFICATION) == CustodyAct.FAILED_VERIFICATION
    }


def explain_not_kept(status: str, evidence: Sequence[StoredRow], missing_captures: Collection[str]) -> str:
    """Which pieces of evidence would support the status if they were kept, and the next step for each.

    Empty if there are none, so that something else is missing; otherwise it begins with a semicolon.
    """
    pieces = relevant_evidence(status, evidence)
    if any(is_kept(piece, missing_captures) for piece in pieces):
        return ""
    return "".join(f"; {_explain(piece)}" for piece in pieces)


def _explain(piece: StoredRow) -> str:
    if piece["capture_id"] is None:
        return f"{piece['id']} names no capture, so add `capture` or `not_kept_because` to it"
    return (
        f"the file of capture {piece['capture_id']}, which {piece['id']} names, is not in the capture store, so upload "
        "it as a new capture or add `not_kept_because`"
    )


def rests_on_kept_evidence(decision: FromClause) -> ColumnElement[bool]:
    """SQL: whether a decision of the outer statement, on `confirmed`, `unlikely` or `refuted`, rests on kept evidence.

    The SQL form of `relevant_evidence` and `is_kept`; `tests/services/desk/test_older_rules.py` compares them. The
    decision needs the columns `claim_id`, `status` and `sign_off_id`.
    """
    piece, sign_off, proposal = table_of(Evidence).alias("piece"), table_of(SignOff), table_of(Proposal)
    # The proposal lists ids in a JSON array. An id is in its text if and only if it is in the array.
    is_named = (
        select(1)
        .select_from(sign_off.join(proposal, proposal.c.id == sign_off.c.proposal_id))
        .where(
            sign_off.c.id == decision.c.sign_off_id,
            cast(proposal.c.evidence, Text).like("%" + piece.c.id + "%"),
        )
        .correlate(decision, piece)
        .exists()
    )
    refutes = piece.c.role == EvidenceRole.REFUTES
    is_relevant = or_(
        and_(decision.c.status == Status.CONFIRMED, piece.c.role == EvidenceRole.SUPPORTS, piece.c.independent),
        and_(decision.c.status == Status.UNLIKELY, refutes),
        and_(decision.c.status == Status.REFUTED, refutes, piece.c.conclusive),
    )
    return (
        select(1)
        .select_from(piece)
        .where(
            piece.c.claim_id == decision.c.claim_id,
            piece.c.examined_on.is_not(None),
            ~piece.c.withdrawn,
            or_(piece.c.capture_id.is_not(None), piece.c.not_kept_because.is_not(None)),
            is_relevant,
            or_(decision.c.sign_off_id.is_(None), is_named),
        )
        .correlate(decision)
        .exists()
    )
