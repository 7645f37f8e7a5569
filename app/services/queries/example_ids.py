"""Identifiers of real objects, with which the API's documentation prefills its examples."""

from typing import Any

from sqlalchemy import Connection, Select, select

from app.services.core.snapshot import NOW
from app.vocabulary import Stage

_claim = NOW.claim
_is_published = _claim.c.stage == Stage.PUBLISHED
_other_claim = NOW.claim.alias("other_claim")

_QUERIES: dict[str, Select[Any]] = {
    "claims": select(_claim.c.id).where(_is_published),
    "topics": select(NOW.topic.c.id),
    "sources": select(NOW.source.c.id),
    "documents": select(NOW.document.c.id),
    "captures": select(NOW.capture.c.id),
    **{
        plural: select(part.c.id).join(_claim, _claim.c.id == part.c.claim_id).where(_is_published)
        for plural, part in {"attributions": NOW.attribution, "evidence": NOW.evidence}.items()
    },
    "relations": select(NOW.claim_relation.c.id)
    .join(_claim, _claim.c.id == NOW.claim_relation.c.claim_id)
    .join(_other_claim, _other_claim.c.id == NOW.claim_relation.c.other_claim_id)
    .where(_is_published, _other_claim.c.stage == Stage.PUBLISHED),
}


def newest_public_ids(connection: Connection) -> dict[str, str]:
    """The id of the newest object that everybody may see, by the noun in its address; no entry if there is none."""
    newest = {
        plural: connection.scalar(query.order_by(query.selected_columns[0].desc()).limit(1))
        for plural, query in _QUERIES.items()
    }
    return {plural: identifier for plural, identifier in newest.items() if identifier is not None}
