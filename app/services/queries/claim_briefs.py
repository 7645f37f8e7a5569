"""Short descriptions of claims, for what refers to them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.db.compiled_reads import PlainRow
from app.schemas.relation import ClaimBrief
from app.services.changes.actors import Actor, visible_stages
from app.services.changes.stale_periods import shown_status
from app.services.claims.relations import claim_briefs
from app.services.core.nouns import columns_of
from app.services.core.refs import chunks
from app.services.core.snapshot import Snapshot


def fetch_briefs(
    connection: Connection, snapshot: Snapshot, claim_ids: Iterable[str], actor: Actor | None
) -> dict[str, PlainRow]:
    """The claims that the reader may see, by id, as `ClaimBrief` has them."""
    claim = snapshot.claim
    columns = columns_of(ClaimBrief, claim, status=shown_status(snapshot, claim))
    rows = [
        dict(row)
        for chunk in chunks(dict.fromkeys(claim_ids))
        for row in connection.execute(
            select(*columns).where(claim.c.id.in_(chunk), claim.c.stage.in_(visible_stages(actor)))
        ).mappings()
    ]
    return claim_briefs(rows, actor)
