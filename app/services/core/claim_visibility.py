"""Which claims a reader may see. What is tied to another claim must not tell of it to those who may not see it."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import Claim
from app.services.core.actors import Actor, visible_stages
from app.services.core.refs import Refs, chunks, unknown
from app.services.core.snapshot import NOW, Record
from app.vocabulary import Stage


def seen(connection: Connection, record: Record, claim_ids: Iterable[str | None], actor: Actor | None) -> set[str]:
    """Those of these claims that the reader may see."""
    table = record.claim
    found: set[str] = set()
    for chunk in chunks(sorted({one for one in claim_ids if one is not None})):
        visible = table.c.id.in_(chunk), table.c.stage.in_(visible_stages(actor))
        found |= set(connection.scalars(select(table.c.id).where(*visible)))
    return found


def claim_named(connection: Connection, ref: str, actor: Actor | None, field: str) -> str:
    """The id of the claim that a reader asks for.

    Raises InvalidError, naming the field, if there is none or the reader may not see it: the two are not told apart.
    """
    claim_id = Refs(connection).get(table_of(Claim), ref)
    if claim_id is None or not seen(connection, NOW, [claim_id], actor):
        raise unknown(table_of(Claim), field)
    return claim_id


def stage_of(connection: Connection, claim_id: str, actor: Actor | None) -> Stage:
    """The editorial stage of a claim. Raises NotFoundError if there is none, or the reader may not see it."""
    table = table_of(Claim)
    stage = connection.scalar(select(table.c.stage).where(table.c.id == claim_id))
    if stage is None or stage not in visible_stages(actor):
        raise NotFoundError("claim", claim_id)
    return Stage(stage)
