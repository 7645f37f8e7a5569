"""Whose eyes a logged row is for. The log itself says of each row only when it was written, and a blinded hash."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from app.db.revisions import revision_table
from app.db.schema import table_of
from app.models import Claim
from app.services.core.actors import Actor, of_the_desk
from app.services.log.log_tables import Logged, Row
from app.vocabulary import PUBLIC_STAGES

claims = revision_table(table_of(Claim))

_public = claims.c.stage.in_(sorted(PUBLIC_STAGES))


def may_read(connection: Connection, table: Logged, row: Row, actor: Actor | None) -> bool:
    """True if a reader may see a row that is logged.

    The desk may see all. Others see what is or was public: of a claim its public versions, and of what hangs on it what
    still stood when it became public. Whatever is not named here is the desk's.
    """
    if of_the_desk(actor):
        return True
    sees = _SIGHT.get(table.noun)
    return sees is not None and sees(connection, table, row, msgspec.json.decode(row.content))


def _always(_connection: Connection, _table: Logged, _row: Row, _fields: Mapping[str, Any]) -> bool:
    return True


def _claim(_connection: Connection, _table: Logged, _row: Row, fields: Mapping[str, Any]) -> bool:
    return fields["stage"] in PUBLIC_STAGES


def _figure(connection: Connection, _table: Logged, _row: Row, fields: Mapping[str, Any]) -> bool:
    shown = _public, claims.c.id == fields["claim_id"], claims.c.content_version == fields["content_version"]
    return connection.scalar(select(claims.c.id).where(*shown).limit(1)) is not None


def _attribution(connection: Connection, table: Logged, row: Row, fields: Mapping[str, Any]) -> bool:
    """It may name another claim, as the speaker's own figure: what names a draft would tell of it."""
    own = fields.get("own_claim_id")
    public = select(claims.c.id).where(_public, claims.c.id == own).limit(1)
    return (own is None or connection.scalar(public) is not None) and _on_a_claim(connection, table, row, fields)


def _on_a_claim(connection: Connection, table: Logged, row: Row, fields: Mapping[str, Any]) -> bool:
    since = connection.scalar(select(func.min(claims.c.change_seq)).where(_public, claims.c.id == fields["claim_id"]))
    if since is None:
        return False
    # A version that had been replaced by then was never shown to anybody.
    later = table.table.c
    following = later.id == fields["id"], later.version == row.version + 1
    until = connection.scalar(select(later.change_seq).where(*following)) if table.versioned else None
    return until is None or until > since


_SIGHT: Mapping[str, Callable[[Connection, Logged, Row, Mapping[str, Any]], bool]] = {
    "topic": _always,
    "source": _always,
    "source_rating": _always,
    "capture": _always,
    "custody_event": _always,
    "document": _always,
    "claim": _claim,
    "quantity": _figure,
    "attribution": _attribution,
    "evidence": _on_a_claim,
    "fact_check": _on_a_claim,
    "independence_ruling": _on_a_claim,
    "review": _on_a_claim,
}
