"""Relations between claims: record, correct, read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import Row
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError, NotFoundError
from app.models import Claim, ClaimRelation
from app.schemas.relation import (
    ClaimBrief,
    ClaimRelationCreate,
    RelationCorrection,
    RelationCreate,
    RelationFields,
    RelationRead,
)
from app.services.core import nouns
from app.services.core.actors import Actor, visible_stages
from app.services.core.nouns import Columns, Noun, check_etag, etag, rows_by_id, shaped
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW, Record
from app.services.core.version_bumps import touch
from app.vocabulary import PUBLIC_STAGES, Action, Relation, Role, Stage

claim = table_of(Claim)

_PLAIN = ("note", "withdrawn")


def _columns(fields: Mapping[str, Any], _refs: Refs) -> Columns:
    return {name: fields[name] for name in _PLAIN if name in fields}


def _fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN}


RELATION = Noun(ClaimRelation, RelationFields, _columns, _fields)


def row_for(claim_id: str, relation: ClaimRelationCreate, refs: Refs) -> Columns:
    """The row of a relation. Raises InvalidError naming the field."""
    other_id = refs.field(claim, relation.other_claim, "other_claim")
    if other_id == claim_id:
        raise InvalidError.of("other_claim", "must be another claim")
    return {
        "id": RELATION.new_id(),
        "claim_id": claim_id,
        "other_claim_id": other_id,
        "relation": relation.relation,
        "key": None,
        "note": relation.note,
        "withdrawn": relation.withdrawn,
    }


def existing(connection: Connection, row: Columns) -> Row | None:
    """The stored relation that says the same of the same two claims."""
    table = RELATION.table
    same = (table.c[name] == row[name] for name in ("claim_id", "other_claim_id", "relation"))
    return connection.execute(select(table).where(*same)).mappings().one_or_none()


def create(connection: Connection, actor: Actor, relation: RelationCreate, reason: str) -> str:
    """Record a relation between two claims; its id.

    Raises ConflictError if it is recorded already; PermissionDeniedError for whoever may not lead readers elsewhere.
    """
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    claim_id = refs.required(claim, relation.claim, "claim")
    row = row_for(claim_id, relation, refs)
    refuse_leading_elsewhere(connection, actor, [row])
    found = existing(connection, row)
    if found is not None:
        raise ConflictError(f"This relation is recorded already, as {found['id']}.")
    change.add(RELATION.table, [row])
    touch(change, sorted(ends_that_show(connection, [row])))
    return str(row["id"])


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: RelationCorrection, if_match: str | None
) -> None:
    """Correct a relation. Raises PermissionDeniedError for whoever may not lead readers elsewhere."""
    change = actor.open(connection, Action.CORRECT, correction.reason)
    shown = read_one(connection, NOW, identifier, actor)
    check_etag(if_match, etag(shown))
    refuse_leading_elsewhere(connection, actor, [_ends(shown)])
    if nouns.correct(change, RELATION, identifier, correction):
        touch(change, sorted(ends_that_show(connection, [_ends(shown)])))


def _ends(shown: RelationRead) -> Columns:
    return {"claim_id": shown.claim.id, "other_claim_id": shown.other_claim.id, "relation": shown.relation}


def refuse_leading_elsewhere(connection: Connection, actor: Actor, rows: Iterable[Row]) -> None:
    """Raises PermissionDeniedError for relations by which an address of a withdrawn claim leads to another.

    That is merging, and merging is for editors; else one fact-checker could send readers of a claim wherever he likes.
    """
    giving_way = [row[_GIVES_WAY[row["relation"]][0] + "_id"] for row in rows if row["relation"] in _GIVES_WAY]
    if any(found["stage"] == Stage.WITHDRAWN for found in rows_by_id(connection, claim, giving_way).values()):
        actor.require(Role.EDITOR, "lead readers of a withdrawn claim to another")


def ends_that_show(connection: Connection, rows: Iterable[Row]) -> set[str]:
    """The claims that look different for these relations: both ends, but no public claim for its relation to a draft.

    A new version would tell that the desk is at work on something. It comes when the draft is published.
    """
    pairs = [(row["claim_id"], row["other_claim_id"]) for row in rows]
    found = rows_by_id(connection, claim, {one for pair in pairs for one in pair})
    public = {one: row["stage"] in PUBLIC_STAGES for one, row in found.items()}
    return {one for pair in pairs for one, other in (pair, pair[::-1]) if public[other] or not public[one]}


def read_one(connection: Connection, record: Record, identifier: str, actor: Actor | None) -> RelationRead:
    """A relation between claims that this reader may see. Raises NotFoundError."""
    found = read_all(connection, record, [identifier], actor)
    if not found:
        raise NotFoundError("relation", identifier, then=record.seq is not None)
    return found[0]


def read_all(
    connection: Connection, record: Record, identifiers: Iterable[str], actor: Actor | None
) -> list[RelationRead]:
    """The relations with these ids between claims that this reader may see, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.claim_relation, wanted)
    return show(connection, record, [rows[one] for one in wanted if one in rows], actor)


def rows_of_claim(connection: Connection, record: Record, claim_id: str) -> list[Row]:
    """The relations of a claim, in both directions, oldest first."""
    table = record.claim_relation
    either = or_(table.c.claim_id == claim_id, table.c.other_claim_id == claim_id)
    return list(connection.execute(select(table).where(either).order_by(table.c.id)).mappings())


def linked(
    connection: Connection, record: Record, claim_ids: Iterable[str], relations: Iterable[str]
) -> set[frozenset[str]]:
    """The pairs, of which one is among these claims, that stand in one of these relations, either way round.

    Both must be published: a draft says nothing yet, and a withdrawn claim says nothing any more.
    """
    table = record.claim_relation
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
    # Joined, the engine would begin with all published claims.
    ends = rows_by_id(connection, record.claim, {one for pair in pairs for one in pair})
    return {frozenset(pair) for pair in pairs if all(ends[one]["stage"] == Stage.PUBLISHED for one in pair)}


def show(connection: Connection, record: Record, rows: Sequence[Row], actor: Actor | None) -> list[RelationRead]:
    """These rows as they are shown, without those that touch a claim which the reader may not see."""
    ends = {row[name] for row in rows for name in ("claim_id", "other_claim_id")}
    claims = rows_by_id(connection, record.claim, ends).values()
    return [RelationRead(**one) for one in shown(rows, briefs(claims, actor))]


def briefs(claims: Iterable[Row], actor: Actor | None) -> dict[str, PlainRow]:
    """Those of these claims that the reader may see, as they are mentioned, by id."""
    stages = visible_stages(actor)
    return {row["id"]: shaped(ClaimBrief, row) for row in claims if row["stage"] in stages}


def shown(rows: Iterable[Row], seen: Mapping[str, PlainRow]) -> list[PlainRow]:
    """Relations as `RelationRead` has them, without those that touch a claim which is not `seen`."""
    return [
        shaped(RelationRead, row, claim=seen[row["claim_id"]], other_claim=seen[row["other_claim_id"]])
        for row in rows
        if row["claim_id"] in seen and row["other_claim_id"] in seen
    ]


def contradicted(related: Iterable[PlainRow]) -> bool:
    """True if a claim is contradicted, from its relations as they are shown: as with `linked`, by published ones."""
    return any(
        one["relation"] == Relation.CONTRADICTS
        and not one["withdrawn"]
        and one["claim"]["stage"] == one["other_claim"]["stage"] == Stage.PUBLISHED
        for one in related
    )


_GIVES_WAY = {Relation.SAME_AS: ("claim", "other_claim"), Relation.SUPERSEDES: ("other_claim", "claim")}
"""Relations by which a withdrawn claim gives way to another: which end it is, and which the other."""


def successor(about: Row, related: Iterable[PlainRow]) -> PlainRow | None:
    """The published claim that a withdrawn one gave way to, from its relations as they are shown; None: there is none.

    So whoever takes back the relation takes back the merging.
    """
    if about["stage"] != Stage.WITHDRAWN:
        return None
    for relation in related:
        this, other = _GIVES_WAY.get(relation["relation"], ("", ""))
        if this and not relation["withdrawn"] and relation[this]["id"] == about["id"]:
            found: PlainRow = relation[other]
            if found["stage"] == Stage.PUBLISHED:
                return found
    return None
