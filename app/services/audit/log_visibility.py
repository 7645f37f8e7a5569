"""Decides which readers may see a logged row.

The log itself is public: of each row it shows only when the row was written, and a salted hash.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import Claim
from app.services.changes.actors import Actor, may_see_drafts
from app.services.log.log_tables import LoggedRow, LoggedTable
from app.vocabulary import PUBLIC_STAGES

claims = revision_table(table_of(Claim))

_is_public = claims.c.stage.in_(sorted(PUBLIC_STAGES))


def may_read(connection: Connection, table: LoggedTable, row: LoggedRow, actor: Actor | None) -> bool:
    """Return True if this reader may see a logged row.

    Fact-checkers see every row. Other readers see what is or was public: the public versions of a claim, and those
    versions of its parts that were current when the claim was published or later. Tables without a rule are for
    fact-checkers only.
    """
    if may_see_drafts(actor):
        return True
    is_visible = _VISIBILITY_RULES.get(table.noun)
    return is_visible is not None and is_visible(connection, table, row, msgspec.json.decode(row.content))


def _always(_connection: Connection, _table: LoggedTable, _row: LoggedRow, _fields: Mapping[str, Any]) -> bool:
    return True


def _claim_is_public(_connection: Connection, _table: LoggedTable, _row: LoggedRow, fields: Mapping[str, Any]) -> bool:
    return fields["stage"] in PUBLIC_STAGES


def _figure_was_public(connection: Connection, _table: LoggedTable, _row: LoggedRow, fields: Mapping[str, Any]) -> bool:
    conditions = _is_public, claims.c.id == fields["claim_id"], claims.c.content_version == fields["content_version"]
    return connection.scalar(select(claims.c.id).where(*conditions).limit(1)) is not None


def _attribution_was_public(
    connection: Connection, table: LoggedTable, row: LoggedRow, fields: Mapping[str, Any]
) -> bool:
    """Hide an attribution whose `own_claim_id` names a claim that was never public: it would reveal a draft."""
    own = fields.get("own_claim_id")
    public = select(claims.c.id).where(_is_public, claims.c.id == own).limit(1)
    return (own is None or connection.scalar(public) is not None) and _part_was_public(connection, table, row, fields)


def _part_was_public(connection: Connection, table: LoggedTable, row: LoggedRow, fields: Mapping[str, Any]) -> bool:
    since = connection.scalar(
        select(func.min(claims.c.change_seq)).where(_is_public, claims.c.id == fields["claim_id"])
    )
    if since is None:
        return False
    # A version that was replaced before the claim became public was never shown to readers.
    part = table.table.c
    following = part.id == fields["id"], part.version == row.version + 1
    until = connection.scalar(select(part.change_seq).where(*following)) if table.versioned else None
    return until is None or until > since


_VISIBILITY_RULES: Mapping[str, Callable[[Connection, LoggedTable, LoggedRow, Mapping[str, Any]], bool]] = {
    "topic": _always,
    "source": _always,
    "source_rating": _always,
    "capture": _always,
    "custody_event": _always,
    "document": _always,
    "claim": _claim_is_public,
    "quantity": _figure_was_public,
    "attribution": _attribution_was_public,
    "evidence": _part_was_public,
    "fact_check": _part_was_public,
    "independence_ruling": _part_was_public,
    "review": _part_was_public,
    "dump_load": _always,
    "version_holder": _always,
}
