"""How many published claims each topic or source has, from the counters: the cost does not grow with the claims."""

from collections.abc import Collection
from typing import Literal

from sqlalchemy import Connection, select

from app.models.claim_count import ANY
from app.services.changes import claim_counters
from app.services.core.snapshot import Snapshot
from app.vocabulary import Stage


def count_published(
    connection: Connection, snapshot: Snapshot, facet: Literal["topic", "source"], ids: Collection[str]
) -> dict[str, int]:
    """The number of published claims of each of these topics or sources; 0 if there is none."""
    cell = claim_counters.totals(snapshot.seq)
    statement = select(cell.c.value, cell.c.claims).where(
        cell.c.facet == facet,
        cell.c.stage == Stage.PUBLISHED,
        cell.c.kind == ANY,
        cell.c.status == ANY,
        cell.c.value.in_(list(ids)),
    )
    counts = {row.value: int(row.claims) for row in connection.execute(statement)} if ids else {}
    return {identifier: counts.get(identifier, 0) for identifier in ids}
