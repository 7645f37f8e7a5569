"""Claims that are widely repeated and not confirmed: those on which repetition is most easily mistaken for proof."""

from sqlalchemy import Connection, func, select

from app.db.compiled_reads import PlainRow
from app.services.changes.stale_periods import is_stale
from app.services.claims import claim_reads
from app.services.core.snapshot import NOW
from app.vocabulary import ASSERTING_STANCES, ClaimStatus, Stage

MAX_SCANNED = 1_000
"""The most unconfirmed claims that are compared, those about the most recent time first. The page on which they are
shown must not become slower with every claim."""

MIN_ATTRIBUTIONS = 2
"""A claim that one source puts forward is not repeated by anybody."""


def read_most_repeated(connection: Connection, limit: int) -> list[PlainRow]:
    """The published unconfirmed claims with the most attributions, relays included, in the shape of `ClaimRead`."""
    claim, attribution = NOW.claim, NOW.attribution
    recent = (
        select(claim.c.id, claim.c.time_earliest)
        .where(claim.c.stage == Stage.PUBLISHED, claim.c.status == ClaimStatus.UNCONFIRMED.value, ~is_stale(NOW, claim))
        .order_by(claim.c.time_earliest.desc(), claim.c.id.desc())
        .limit(MAX_SCANNED)
        .subquery("recent")
    )
    attributions = func.count().label("attributions")
    ids = connection.scalars(
        select(recent.c.id)
        .join(attribution, attribution.c.claim_id == recent.c.id)
        .where(attribution.c.stance.in_([stance.value for stance in ASSERTING_STANCES]), ~attribution.c.withdrawn)
        .group_by(recent.c.id, recent.c.time_earliest)
        .having(attributions >= MIN_ATTRIBUTIONS)
        .order_by(attributions.desc(), recent.c.time_earliest.desc(), recent.c.id.desc())
        .limit(limit)
    ).all()
    return [claim_reads.read_one(connection, NOW, claim_id, None).body for claim_id in ids]
