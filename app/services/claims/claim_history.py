"""The story of a claim: what changed, from what to what, by whom, when and why. Read from the revisions alone."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, FromClause, func, or_, select

from app.db.revisions import Row, revision_table
from app.db.schema import table_of
from app.errors import NotFoundError
from app.models import (
    Attribution,
    Change,
    Claim,
    ClaimRelation,
    Evidence,
    FactCheck,
    IndependenceRuling,
    Person,
    Quantity,
    Review,
)
from app.schemas.desk.history import FieldChange, HistoryEntry
from app.services.claims import reviews
from app.services.core import claim_visibility
from app.services.core.actors import Actor, visible_stages
from app.services.core.nouns import rows_by_id
from app.services.core.refs import chunks
from app.services.core.snapshot import Record

_changes, _person, _quantity = table_of(Change), table_of(Person), table_of(Quantity)

_BOOKKEEPING = frozenset(
    {
        "id",
        "version",
        "content_version",
        "change_seq",
        "recorded_at",
        "claim_id",
        "claim_version",
        "sign_off_id",
        "place_folded",
        "time_earliest",
        "time_latest",
        "said_earliest",
        "said_latest",
        "original",
        "position",
    }
)
"""Columns that say nothing to a reader, or say again what another one says."""

_CLAIMS = ("claim_id", "other_claim_id", "own_claim_id")
"""Columns that name claims."""

_PARTS: Mapping[str, FromClause] = {
    "attribution": revision_table(table_of(Attribution)),
    "evidence": revision_table(table_of(Evidence)),
    "relation": revision_table(table_of(ClaimRelation)),
    "fact_check": revision_table(table_of(FactCheck)),
    "review": reviews.signed(table_of(Review)).subquery("review"),
    "independence_ruling": table_of(IndependenceRuling),
}
"""What hangs on a claim, and where all that was ever recorded of it stands."""


_WHO_AND_WHY = (
    _changes.c.seq.label("change_seq"),
    _changes.c.at.label("change_at"),
    _changes.c.action.label("change_action"),
    _changes.c.reason.label("change_reason"),
    _person.c.byline.label("change_by"),
)


def of_claim(connection: Connection, record: Record, claim_id: str, actor: Actor | None) -> list[HistoryEntry]:
    """The changes of a claim and of all that hangs on it, oldest first, up to the moment of `record`.

    A reader who may not see drafts gets the story from the first public version on. Raises NotFoundError.
    """
    found = rows_by_id(connection, record.claim, [claim_id])
    if claim_id not in found or found[claim_id]["stage"] not in visible_stages(actor):
        raise NotFoundError("claim", claim_id)
    entries = _claim_entries(connection, claim_id, actor)
    for noun in _PARTS:
        entries += _part_entries(connection, record, noun, claim_id, actor)
    told = [entry for entry in entries if record.seq is None or entry["seq"] <= record.seq]
    return [HistoryEntry(**entry) for entry in sorted(told, key=lambda entry: (entry["seq"], entry["noun"] != "claim"))]


def _claim_entries(connection: Connection, claim_id: str, actor: Actor | None) -> list[dict[str, Any]]:
    versions = _with_change(connection, revision_table(table_of(Claim)), claim_id, "id")
    figures = _figures(connection, claim_id)
    stages = visible_stages(actor)
    public = [row for row in versions if row["stage"] in stages]
    told = [_readable(row) | _flat(figures.get(row["content_version"], [])) for row in public]
    # A version in which only something that hangs on the claim changed has its own entry there.
    return [entry for entry in _story("claim", public, told) if entry["changes"]]


def _figures(connection: Connection, claim_id: str) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    statement = select(_quantity).where(_quantity.c.claim_id == claim_id).order_by(_quantity.c.position)
    for row in connection.execute(statement).mappings():
        found.setdefault(row["content_version"], []).append(row)
    return found


def _flat(figures: Iterable[Row]) -> dict[str, Any]:
    return {f"quantities.{row['position']}.{name}": value for row in figures for name, value in _readable(row).items()}


def _part_entries(
    connection: Connection, record: Record, noun: str, claim_id: str, actor: Actor | None
) -> list[dict[str, Any]]:
    rows = _with_change(connection, _PARTS[noun], claim_id, "claim_id")
    seen = claim_visibility.seen(
        connection, record, [row[name] for row in rows for name in _CLAIMS if name in row], actor
    )
    by_object: dict[str, list[Row]] = {}
    for row in rows:
        # A relation has two ends; where the reader may not see one of them there is nothing to tell.
        if _ends(row) <= seen:
            by_object.setdefault(row["id"], []).append(row)
    since = _seen_since(connection, {end for row in rows for end in _ends(row)}, actor)
    entries: list[dict[str, Any]] = []
    for versions in by_object.values():
        public = _from_publication(connection, versions, max(since[end] for end in _ends(versions[0])))
        entries += _story(noun, public, [_of_part(row, seen) for row in public])
    return [entry for entry in entries if entry["changes"]]


def _from_publication(connection: Connection, versions: Sequence[Row], since: int) -> Sequence[Row]:
    """The versions that a reader sees. What was there already came with the publication, as it stood then."""
    before = [row for row in versions if row["change_seq"] < since]
    if not before:
        return versions
    statement = select(*_WHO_AND_WHY).join(_person, _person.c.id == _changes.c.actor_id).where(_changes.c.seq == since)
    publication = connection.execute(statement).mappings().one()
    return [{**before[-1], **publication}, *versions[len(before) :]]


def _ends(row: Row) -> set[str]:
    return {row["claim_id"], row.get("other_claim_id", row["claim_id"])}


def _seen_since(connection: Connection, claim_ids: Iterable[str], actor: Actor | None) -> dict[str, int]:
    """The change with which each of these claims came before the reader's eyes."""
    versions = revision_table(table_of(Claim))
    found: dict[str, int] = {}
    for chunk in chunks(claim_ids):
        rows = connection.execute(
            select(versions.c.id, func.min(versions.c.change_seq))
            .where(versions.c.id.in_(chunk), versions.c.stage.in_(visible_stages(actor)))
            .group_by(versions.c.id)
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def _of_part(row: Row, seen: Container[str]) -> dict[str, Any]:
    told = _readable(row)
    if "other_claim_id" in row:
        told = {"claim_id": row["claim_id"], **told}
    if told.get("own_claim_id") not in seen:
        told.pop("own_claim_id", None)
    return told


def _with_change(connection: Connection, table: FromClause, claim_id: str, column: str) -> Sequence[Row]:
    belongs = table.c[column] == claim_id
    if "other_claim_id" in table.c:
        belongs = or_(belongs, table.c.other_claim_id == claim_id)
    order = [table.c.version] if "version" in table.c else [table.c.id]
    return (
        connection.execute(
            select(
                table,
                *_WHO_AND_WHY[1:],  # the number of the change is among the columns of the table
            )
            .join(_changes, _changes.c.seq == table.c.change_seq)
            .join(_person, _person.c.id == _changes.c.actor_id)
            .where(belongs)
            .order_by(*order)
        )
        .mappings()
        .all()
    )


def _readable(row: Row) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in row.items()
        if name not in _BOOKKEEPING and not name.startswith("change_")
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _story(noun: str, versions: Sequence[Row], told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each version: the fields in which it differs from the one before."""
    entries = []
    before: Mapping[str, Any] = {}
    for row, after in zip(versions, told, strict=True):
        names = list(dict.fromkeys([*before, *after]))
        entries.append(
            {
                "seq": row["change_seq"],
                "at": row["change_at"],
                "by": row["change_by"],
                "action": row["change_action"],
                "reason": row["change_reason"],
                "noun": noun,
                "id": row["id"],
                "version": row.get("version"),
                "changes": [
                    FieldChange(field=name, before=before.get(name), after=after.get(name))
                    for name in names
                    if before.get(name) != after.get(name)
                ],
            }
        )
        before = after
    return entries
