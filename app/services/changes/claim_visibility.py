"""Which claims a reader may see.

Whatever refers to a claim, such as a relation or an error message, must not reveal a claim that the reader may not see.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Claim
from app.services.changes.actors import Actor, visible_stages
from app.services.core.refs import Refs, chunks, unknown_ref
from app.services.core.snapshot import NOW, Snapshot
from app.vocabulary import Stage


def visible_claim_ids(
    connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str | None], actor: Actor | None
) -> set[str]:
    """The ids, out of these, of the claims that the reader may see."""
    table = snapshot.claim
    visible: set[str] = set()
    for chunk in chunks(sorted({claim_id for claim_id in claim_ids if claim_id is not None})):
        conditions = table.c.id.in_(chunk), table.c.stage.in_(visible_stages(actor))
        visible |= set(connection.scalars(select(table.c.id).where(*conditions)))
    return visible


def resolve_visible_claim(connection: Connection, ref: str, actor: Actor | None, field: str) -> str:
    """The id of the claim that a reader names by id or key in a field of a request.

    Raises InvalidError for the field, with the same message whether the claim does not exist or the reader may not see
    it.
    """
    claim_id = Refs(connection).get(table_of(Claim), ref)
    if claim_id is None or not visible_claim_ids(connection, NOW, [claim_id], actor):
        raise unknown_ref(table_of(Claim), field)
    return claim_id


def read_visible_stage(connection: Connection, claim_id: str, actor: Actor | None) -> Stage:
    """The editorial stage of a claim. Raises NotFoundError if it does not exist or the reader may not see it."""
    table = table_of(Claim)
    stage = connection.scalar(select(table.c.stage).where(table.c.id == claim_id))
    if stage is None or stage not in visible_stages(actor):
        raise NotFoundError("claim", claim_id)
    return Stage(stage)
