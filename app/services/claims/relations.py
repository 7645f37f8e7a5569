"""Relations between claims: create, correct and read them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from app.db.compiled_reads import PlainRow
from app.db.engine import prepare_read
from app.db.revisions import StoredRow
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError
from app.models import Claim, ClaimRelation
from app.schemas.relation import (
    ClaimBrief,
    ClaimRelationCreate,
    RelationCorrection,
    RelationCreate,
    RelationFields,
    RelationRead,
)
from app.services.changes import change_effects
from app.services.changes.actors import Actor, visible_stages
from app.services.changes.stale_periods import shown_claims
from app.services.core import etags, nouns
from app.services.core.held_elsewhere import missing_past
from app.services.core.nouns import Columns, Noun, fetch_rows_by_id, serialize_row
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Snapshot
from app.vocabulary import PUBLIC_STAGES, Action, Relation, Role, Stage

claim = table_of(Claim)

_PLAIN = ("note", "withdrawn")


def _columns(fields: Mapping[str, Any], _refs: Refs) -> Columns:
    return {name: fields[name] for name in _PLAIN if name in fields}


def _fields(row: StoredRow) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN}


RELATION = Noun(ClaimRelation, RelationFields, _columns, _fields)


def build_row(claim_id: str, relation: ClaimRelationCreate, refs: Refs) -> Columns:
    """Build the row of a relation. Raises InvalidError naming the field."""
    other_id = refs.resolve_field(claim, relation.other_claim, "other_claim")
    if other_id == claim_id:
        raise InvalidError.of("other_claim", "must be a different claim: a claim cannot have a relation to itself")
    return {
        "id": RELATION.new_id(),
        "claim_id": claim_id,
        "other_claim_id": other_id,
        "relation": relation.relation,
        "key": None,
        "note": relation.note,
        "withdrawn": relation.withdrawn,
    }


def fetch_existing(connection: Connection, row: Columns) -> StoredRow | None:
    """The stored relation of the same kind between the same two claims, if there is one."""
    table = RELATION.table
    same = (table.c[name] == row[name] for name in ("claim_id", "other_claim_id", "relation"))
    return connection.execute(select(table).where(*same)).mappings().one_or_none()


def create(connection: Connection, actor: Actor, relation: RelationCreate, reason: str) -> str:
    """Record a relation between two claims and return its id.

    Raises InvalidError; ConflictError if the relation already exists; PermissionDeniedError if it would redirect a
    withdrawn claim and the actor is no editor.
    """
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    claim_id = refs.resolve_required_field(claim, relation.claim, "claim")
    row = build_row(claim_id, relation, refs)
    require_redirect_permission(connection, actor, [row])
    duplicate = fetch_existing(connection, row)
    if duplicate is not None:
        raise ConflictError(f"This relation already exists: {duplicate['id']}. Correct that one instead.")
    change.add(RELATION.table, [row])
    change_effects.bump_versions(change, sorted(affected_claim_ids(connection, [row])))
    return str(row["id"])


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: RelationCorrection, if_match: str | None
) -> None:
    """Correct a relation.

    Raises NotFoundError, VersionMismatchError, InvalidError; PermissionDeniedError if the relation redirects a
    withdrawn claim and the actor is no editor.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    current = read_one(connection, NOW, identifier, actor)
    etags.require(if_match, etags.of_object(current))
    require_redirect_permission(connection, actor, [_ends(current)])
    if nouns.correct(change, RELATION, identifier, correction):
        change_effects.bump_versions(change, sorted(affected_claim_ids(connection, [_ends(current)])))


def _ends(relation: RelationRead) -> Columns:
    return {
        "claim_id": relation.claim.id,
        "other_claim_id": relation.other_claim.id,
        "relation": relation.relation,
    }


def require_redirect_permission(connection: Connection, actor: Actor, rows: Iterable[StoredRow]) -> None:
    """Raise PermissionDeniedError if a relation redirects a withdrawn claim to another one and the actor is no editor.

    Such a relation amounts to a merge, which only editors may do. Otherwise a single fact-checker could send the
    readers of a withdrawn claim to any other claim.
    """
    redirected = [row[_REDIRECTS[row["relation"]][0] + "_id"] for row in rows if row["relation"] in _REDIRECTS]
    if any(row["stage"] == Stage.WITHDRAWN for row in fetch_rows_by_id(connection, claim, redirected).values()):
        actor.require(Role.EDITOR, "redirect a withdrawn claim to another one")


def affected_claim_ids(connection: Connection, rows: Iterable[StoredRow]) -> set[str]:
    """The claims that need a new version because of these relations: both ends, but no public claim related to a draft.

    A new version of a public claim would reveal that the desk is working on a draft. It gets that version when the
    draft is published.
    """
    pairs = [(row["claim_id"], row["other_claim_id"]) for row in rows]
    rows_by_id = fetch_rows_by_id(connection, claim, {claim_id for pair in pairs for claim_id in pair})
    is_public = {claim_id: row["stage"] in PUBLIC_STAGES for claim_id, row in rows_by_id.items()}
    return {
        claim_id
        for pair in pairs
        for claim_id, other_id in (pair, pair[::-1])
        if is_public[other_id] or not is_public[claim_id]
    }


def read_one(connection: Connection, snapshot: Snapshot, identifier: str, actor: Actor | None) -> RelationRead:
    """Read a relation. Raises NotFoundError, also if the reader may not see one of its claims."""
    relations = read_all(connection, snapshot, [identifier], actor)
    if not relations:
        raise missing_past(connection, snapshot, RELATION.table, identifier)
    return relations[0]


def read_all(
    connection: Connection, snapshot: Snapshot, identifiers: Iterable[str], actor: Actor | None
) -> list[RelationRead]:
    """The relations with these ids between claims that this reader may see, in the order of the ids."""
    ids = list(identifiers)
    rows = fetch_rows_by_id(connection, snapshot.claim_relation, ids)
    return to_read_models(connection, snapshot, [rows[identifier] for identifier in ids if identifier in rows], actor)


def fetch_rows(connection: Connection, snapshot: Snapshot, claim_id: str) -> list[StoredRow]:
    """The relations of a claim, in both directions, oldest first."""
    table = snapshot.claim_relation
    either = or_(table.c.claim_id == claim_id, table.c.other_claim_id == claim_id)
    return list(connection.execute(select(table).where(either).order_by(table.c.id)).mappings())


def fetch_linked_pairs(
    connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str], relations: Iterable[str]
) -> set[frozenset[str]]:
    """The pairs of claims that are in one of these relations, in either direction; at least one is among `claim_ids`.

    Both must be published: drafts and withdrawn claims do not count.
    """
    table = snapshot.claim_relation
    pairs: list[tuple[str, str]] = []
    for chunk in chunks(claim_ids):
        rows = connection.execute(
            select(table.c.claim_id, table.c.other_claim_id).where(
                or_(table.c.claim_id.in_(chunk), table.c.other_claim_id.in_(chunk)),
                table.c.relation.in_(list(relations)),
                ~table.c.withdrawn,
            )
        )
        pairs += [(row.claim_id, row.other_claim_id) for row in rows]
    # A second statement instead of a join, because with the join the planner starts from all published claims.
    claims = fetch_rows_by_id(connection, snapshot.claim, {claim_id for pair in pairs for claim_id in pair})
    return {frozenset(pair) for pair in pairs if all(claims[claim_id]["stage"] == Stage.PUBLISHED for claim_id in pair)}


def to_read_models(
    connection: Connection, snapshot: Snapshot, rows: Sequence[StoredRow], actor: Actor | None
) -> list[RelationRead]:
    """Convert relation rows to read models; those with a claim that the reader may not see are left out."""
    prepare_read(connection)
    ends = {row[name] for row in rows for name in ("claim_id", "other_claim_id")}
    claims = fetch_rows_by_id(connection, shown_claims(snapshot), ends).values()
    return [RelationRead(**fields) for fields in serialize(rows, claim_briefs(claims, actor))]


def claim_briefs(claims: Iterable[StoredRow], actor: Actor | None) -> dict[str, PlainRow]:
    """The briefs of the claims that the reader may see, by id. Their `status` must be the shown one."""
    stages = visible_stages(actor)
    return {row["id"]: serialize_row(ClaimBrief, row) for row in claims if row["stage"] in stages}


def serialize(rows: Iterable[StoredRow], visible_briefs: Mapping[str, PlainRow]) -> list[PlainRow]:
    """Relations as plain dicts with the fields of `RelationRead`, without those whose claims are not all visible."""
    return [
        serialize_row(
            RelationRead, row, claim=visible_briefs[row["claim_id"]], other_claim=visible_briefs[row["other_claim_id"]]
        )
        for row in rows
        if row["claim_id"] in visible_briefs and row["other_claim_id"] in visible_briefs
    ]


_REDIRECTS = {Relation.SAME_AS: ("claim", "other_claim"), Relation.SUPERSEDES: ("other_claim", "claim")}
"""Relations that redirect a withdrawn claim: the end that is redirected, and the end that it is redirected to."""


def fetch_successors(connection: Connection, claim_ids: Iterable[str]) -> dict[str, str]:
    """The published claims that withdrawn ones redirect to, by the id of the withdrawn claim. See `successor`."""
    successors: dict[str, str] = {}
    relation = NOW.claim_relation
    for chunk in chunks(claim_ids):
        # A query of their own, because few claims are withdrawn, and most have no relation.
        withdrawn = select(claim.c.id).where(claim.c.id.in_(chunk), claim.c.stage == Stage.WITHDRAWN)
        withdrawn_ids = connection.scalars(withdrawn).all()
        for word, (own_end, other_end) in _REDIRECTS.items() if withdrawn_ids else ():
            own_id = relation.c[f"{own_end}_id"]
            rows = connection.execute(
                select(own_id, claim.c.id)
                .join(claim, claim.c.id == relation.c[f"{other_end}_id"])
                .where(own_id.in_(withdrawn_ids), relation.c.relation == word, ~relation.c.withdrawn)
                .where(claim.c.stage == Stage.PUBLISHED)
                .order_by(relation.c.id.desc())
            )
            successors |= {row[0]: row[1] for row in rows}
    return successors


def successor(claim_row: StoredRow, relations: Iterable[PlainRow]) -> PlainRow | None:
    """The published claim that a withdrawn claim redirects to, from its serialized relations; None if there is none.

    Withdrawing the relation therefore undoes the redirect of a merge.
    """
    if claim_row["stage"] != Stage.WITHDRAWN:
        return None
    for relation in relations:
        own_end, other_end = _REDIRECTS.get(relation["relation"], ("", ""))
        if own_end and not relation["withdrawn"] and relation[own_end]["id"] == claim_row["id"]:
            other_claim: PlainRow = relation[other_end]
            if other_claim["stage"] == Stage.PUBLISHED:
                return other_claim
    return None
