"""Merging: a claim that was recorded twice, or that another one took the place of, gives way to that one.

Nothing vanishes. The claim that gives way is withdrawn with a notice, stays readable in all its versions, and says
where to read on; what was said and shown for it is copied to the other one.
"""

from typing import Any

from sqlalchemy import Connection

from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError
from app.models import Claim
from app.schemas.desk.merge import MergeCreate
from app.services.claims import attributions, evidence, relations
from app.services.claims.attributions import ATTRIBUTION
from app.services.claims.claim_reads import check_version, tag_of
from app.services.claims.evidence import EVIDENCE
from app.services.claims.relations import RELATION
from app.services.core.actors import Actor
from app.services.core.nouns import Noun, rows_by_id
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW
from app.services.policy import origins
from app.vocabulary import Action, Relation, Role, Scope, Stage

claim = table_of(Claim)

_OWN = ("id", "claim_id", "key", "version", "change_seq", "recorded_at")
"""Columns in which a copy differs from what it was made of."""


def merge(connection: Connection, actor: Actor, identifier: str, into: MergeCreate, if_match: str | None) -> None:
    """Withdraw a published claim in favour of another one.

    Raises NotFoundError; VersionMismatchError if it has changed since it was read; InvalidError if the other one is
    none, is the same or is not published; ConflictError if it is not published itself; PermissionDeniedError.
    """
    actor.require(Role.EDITOR, "merge claims", Scope.DECIDE)
    change = actor.open(connection, Action.CORRECT, into.reason)
    check_version(if_match, tag_of(connection, NOW, identifier, actor))
    other_id = Refs(connection).required(claim, into.into, "into")
    if other_id == identifier:
        raise InvalidError.of("into", "must be another claim")
    rows = rows_by_id(connection, claim, [identifier, other_id])
    if rows[identifier]["stage"] != Stage.PUBLISHED:
        raise ConflictError("Only a published claim can give way to another.")
    if rows[other_id]["stage"] != Stage.PUBLISHED:
        raise InvalidError.of("into", "must be published")
    change.amend(claim, [{"id": identifier, "stage": Stage.WITHDRAWN, "notice": into.notice}])
    _relate(change, identifier, other_id, into)
    _copy_attributions(change, identifier, other_id)
    _copy_evidence(change, identifier, other_id)
    # The other one has a new version, and the words of what was said are found with it.
    attributions.settle(change, [other_id])


def _relate(change: Change, identifier: str, other_id: str, into: MergeCreate) -> None:
    # "The duplicate is the same as the other"; "the other supersedes the old one".
    ends = (identifier, other_id) if into.relation is Relation.SAME_AS else (other_id, identifier)
    row = {
        "id": RELATION.new_id(),
        "claim_id": ends[0],
        "other_claim_id": ends[1],
        "relation": into.relation,
        "key": None,
        "note": into.notice,
        "withdrawn": False,
    }
    found = relations.existing(change.connection, row)
    if found is None:
        change.add(RELATION.table, [row])
    elif found["withdrawn"]:
        change.amend(RELATION.table, [{"id": found["id"], "withdrawn": False, "note": into.notice}])


def _copy_attributions(change: Change, identifier: str, other_id: str) -> None:
    said = attributions.rows_of_claims(change.connection, NOW, [identifier, other_id])
    there = {_telling(row): row["id"] for row in said[other_id]}
    by_id = {row["id"]: row for row in said[identifier]}
    known: dict[str | None, str | None] = {None: None}
    copies = []
    # Upstreams come before those that relay them.
    for row in sorted(by_id.values(), key=lambda row: len(origins.chain(row, by_id))):
        same = there.get(_telling(row))
        known[row["id"]] = same or ATTRIBUTION.new_id()
        if same is None:
            copy = _copy(ATTRIBUTION, row, other_id, known[row["id"]])
            copies.append(copy | {"upstream_id": known[row["upstream_id"]]})
    change.add(ATTRIBUTION.table, copies)


def _telling(row: Row) -> tuple[Any, ...]:
    """What makes an attribution the same as another: who says what where, and from whom."""
    return tuple(row[name] for name in ("source_id", "stance", "document_id", "said", "lineage", "withdrawn"))


def _copy_evidence(change: Change, identifier: str, other_id: str) -> None:
    shown = evidence.rows_of_claims(change.connection, NOW, [identifier, other_id])
    there = {(row["document_id"], row["capture_id"], row["role"]) for row in shown[other_id]}
    news = [row for row in shown[identifier] if (row["document_id"], row["capture_id"], row["role"]) not in there]
    change.add(EVIDENCE.table, [_copy(EVIDENCE, row, other_id, EVIDENCE.new_id()) for row in news])


def _copy(noun: Noun, row: Row, claim_id: str, identifier: str | None) -> dict[str, Any]:
    plain = {column.name: row[column.name] for column in noun.table.c if column.name not in _OWN}
    return {**plain, "id": identifier, "claim_id": claim_id, "key": None}
