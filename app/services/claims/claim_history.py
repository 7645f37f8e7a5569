"""The change history of a claim: each changed field with its old and new value, by whom, when and why.

It is computed from the stored revisions; nothing is recorded for it separately.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, FromClause, func, or_, select

from app.db.revisions import StoredRow, revision_table
from app.db.schema import table_of
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
from app.services.changes import claim_visibility
from app.services.changes.actors import Actor, visible_stages
from app.services.claims import reviews
from app.services.core import decision_origins
from app.services.core.held_elsewhere import missing_past
from app.services.core.nouns import fetch_rows_by_id
from app.services.core.refs import chunks
from app.services.core.snapshot import Snapshot

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
"""Columns left out of the history: internal ones, and ones derived from other columns."""

_FIELD_NAMES: Mapping[str, str] = {
    **{name: name.replace("_", ".", 1) for name in decision_origins.ORIGIN_COLUMNS},
    "imported_by": "origin.imported_by",
}
"""Columns that responses nest in an object, with the dotted paths of their fields."""

_CLAIM_COLUMNS = ("claim_id", "other_claim_id", "own_claim_id")
"""Columns that refer to claims."""

_PART_VERSIONS: Mapping[str, FromClause] = {
    "attribution": revision_table(table_of(Attribution)),
    "evidence": revision_table(table_of(Evidence)),
    "relation": revision_table(table_of(ClaimRelation)),
    "fact_check": revision_table(table_of(FactCheck)),
    "review": reviews.select_signed(table_of(Review)).subquery("review"),
    "independence_ruling": table_of(IndependenceRuling),
}
"""The nouns attached to a claim, each with the table of all its versions."""


_CHANGE_COLUMNS = (
    _changes.c.seq.label("change_seq"),
    _changes.c.at.label("change_at"),
    _changes.c.action.label("change_action"),
    _changes.c.reason.label("change_reason"),
    _person.c.byline.label("change_by"),
)


def read_history(connection: Connection, snapshot: Snapshot, claim_id: str, actor: Actor | None) -> list[HistoryEntry]:
    """The changes of a claim and of everything attached to it, oldest first, up to the snapshot.

    A reader who may not see drafts gets the history from the first public version on. Raises NotFoundError,
    HeldElsewhereError.
    """
    rows = fetch_rows_by_id(connection, snapshot.claim, [claim_id])
    if claim_id not in rows or rows[claim_id]["stage"] not in visible_stages(actor):
        raise missing_past(connection, snapshot, table_of(Claim), claim_id)
    entries = _claim_entries(connection, claim_id, actor)
    for noun in _PART_VERSIONS:
        entries += _part_entries(connection, snapshot, noun, claim_id, actor)
    until_snapshot = [entry for entry in entries if snapshot.seq is None or entry["seq"] <= snapshot.seq]
    # The claim comes first among the entries of one change.
    return [
        HistoryEntry(**entry)
        for entry in sorted(until_snapshot, key=lambda entry: (entry["seq"], entry["noun"] != "claim"))
    ]


def _claim_entries(connection: Connection, claim_id: str, actor: Actor | None) -> list[dict[str, Any]]:
    versions = _fetch_versions(connection, revision_table(table_of(Claim)), claim_id, "id")
    figures = _fetch_quantities(connection, claim_id)
    stages = visible_stages(actor)
    visible = [row for row in versions if row["stage"] in stages]
    fields = [_readable(row) | _flatten_quantities(figures.get(row["content_version"], [])) for row in visible]
    # A version without changed fields is one in which only something attached changed; that has its own entry.
    return [entry for entry in _version_entries("claim", visible, fields) if entry["changes"]]


def _fetch_quantities(connection: Connection, claim_id: str) -> Mapping[int, list[StoredRow]]:
    quantities: dict[int, list[StoredRow]] = {}
    statement = select(_quantity).where(_quantity.c.claim_id == claim_id).order_by(_quantity.c.position)
    for row in connection.execute(statement).mappings():
        quantities.setdefault(row["content_version"], []).append(row)
    return quantities


def _flatten_quantities(figures: Iterable[StoredRow]) -> dict[str, Any]:
    return {f"quantities.{row['position']}.{name}": value for row in figures for name, value in _readable(row).items()}


def _part_entries(
    connection: Connection, snapshot: Snapshot, noun: str, claim_id: str, actor: Actor | None
) -> list[dict[str, Any]]:
    rows = _fetch_versions(connection, _PART_VERSIONS[noun], claim_id, "claim_id")
    visible_claims = claim_visibility.visible_claim_ids(
        connection, snapshot, [row[name] for row in rows for name in _CLAIM_COLUMNS if name in row], actor
    )
    by_object: dict[str, list[StoredRow]] = {}
    for row in rows:
        # A relation is left out unless the reader may see both of its claims.
        if _ends(row) <= visible_claims:
            by_object.setdefault(row["id"], []).append(row)
    since = _first_visible_seqs(connection, {end for row in rows for end in _ends(row)}, actor)
    entries: list[dict[str, Any]] = []
    for versions in by_object.values():
        visible = _from_publication(connection, versions, max(since[end] for end in _ends(versions[0])))
        entries += _version_entries(noun, visible, [_part_fields(row, visible_claims) for row in visible])
    return [entry for entry in entries if entry["changes"]]


def _from_publication(connection: Connection, versions: Sequence[StoredRow], since: int) -> Sequence[StoredRow]:
    """The versions that a reader sees if the claim became visible with change number `since`.

    Earlier versions are collapsed into the last of them, dated and attributed to the publication.
    """
    before = [row for row in versions if row["change_seq"] < since]
    if not before:
        return versions
    statement = (
        select(*_CHANGE_COLUMNS).join(_person, _person.c.id == _changes.c.actor_id).where(_changes.c.seq == since)
    )
    publication = connection.execute(statement).mappings().one()
    return [{**before[-1], **publication}, *versions[len(before) :]]


def _ends(row: StoredRow) -> set[str]:
    return {row["claim_id"], row.get("other_claim_id", row["claim_id"])}


def _first_visible_seqs(connection: Connection, claim_ids: Iterable[str], actor: Actor | None) -> dict[str, int]:
    """The number of the change that made each of these claims visible to the reader, by claim id."""
    versions = revision_table(table_of(Claim))
    seqs: dict[str, int] = {}
    for chunk in chunks(claim_ids):
        rows = connection.execute(
            select(versions.c.id, func.min(versions.c.change_seq))
            .where(versions.c.id.in_(chunk), versions.c.stage.in_(visible_stages(actor)))
            .group_by(versions.c.id)
        )
        seqs |= {row[0]: row[1] for row in rows}
    return seqs


def _part_fields(row: StoredRow, visible_claims: Container[str]) -> dict[str, Any]:
    fields = _readable(row)
    if "other_claim_id" in row:
        fields = {"claim_id": row["claim_id"], **fields}
    if fields.get("own_claim_id") not in visible_claims:
        fields.pop("own_claim_id", None)
    return fields


def _fetch_versions(connection: Connection, table: FromClause, claim_id: str, column: str) -> Sequence[StoredRow]:
    condition = table.c[column] == claim_id
    if "other_claim_id" in table.c:
        condition = or_(condition, table.c.other_claim_id == claim_id)
    order = [table.c.version] if "version" in table.c else [table.c.id]
    return (
        connection.execute(
            select(
                table,
                *_CHANGE_COLUMNS[1:],  # The table itself has change_seq.
            )
            .join(_changes, _changes.c.seq == table.c.change_seq)
            .join(_person, _person.c.id == _changes.c.actor_id)
            .where(condition)
            .order_by(*order)
        )
        .mappings()
        .all()
    )


def _readable(row: StoredRow) -> dict[str, Any]:
    return {
        _FIELD_NAMES.get(name, name): _json_value(value)
        for name, value in row.items()
        if name not in _BOOKKEEPING and not name.startswith("change_")
    }


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _version_entries(
    noun: str, versions: Sequence[StoredRow], fields: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One entry per version, with the fields that differ from the previous version. `fields` belong to `versions`."""
    entries = []
    before: Mapping[str, Any] = {}
    for row, after in zip(versions, fields, strict=True):
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
