"""Claims: create and correct them. See `claim_reads` and `claim_lists` for reading."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, select

from app.db.revisions import ChangeWriter, StoredRow
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError
from app.formats.search_text import fold
from app.models import Claim, Quantity, Source, Topic
from app.schemas.base import edtf
from app.schemas.claim import ClaimCorrection, ClaimCreate, ClaimInput
from app.schemas.quantity import QuantityCreate
from app.services.changes import change_effects
from app.services.changes.actors import Actor
from app.services.claims import attributions, evidence, relations
from app.services.claims.claim_reads import tag_of
from app.services.core import equality_keys, etags, possible_duplicates
from app.services.core.equality_keys import Key
from app.services.core.nouns import (
    Columns,
    Noun,
    apply_correction,
    changed_columns,
    fetch_row,
    field_values,
    require_unused_key,
)
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW
from app.vocabulary import METRIC_FAMILIES, PUBLIC_STAGES, Action, MetricFamily, Role, Scope, Stage, Status

quantity, topic = table_of(Quantity), table_of(Topic)

_PLAIN = ("key", "kind", "statement", "language", "place", "time", "stage", "notice", "note")

_FIGURE = tuple(QuantityCreate.model_fields)

CONTENT_COLUMNS = frozenset({"kind", "statement", "language", "topic_id", "place", "time", "adverse_to_id"})
"""The columns of the proposition. A change to one of them, or to a figure, makes decisions stale."""


def claim_columns(fields: Mapping[str, Any], refs: Refs) -> Columns:
    """Convert the given fields of a claim to columns. Raises InvalidError for a ref that does not exist."""
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "topic" in fields:
        columns["topic_id"] = refs.resolve_field(topic, fields["topic"], "topic")
    if "adverse_to" in fields:
        columns["adverse_to_id"] = refs.resolve_field(table_of(Source), fields["adverse_to"], "adverse_to")
    if "place" in fields:
        columns["place_folded"] = None if fields["place"] is None else fold(fields["place"])
    if "time" in fields:
        columns["time_earliest"], columns["time_latest"] = edtf.bounds(fields["time"])
    return columns


def _fields(row: StoredRow) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN if name != "key"} | {
        "topic": row["topic_id"],
        "adverse_to": row["adverse_to_id"],
        "quantities": [],
    }


CLAIM = Noun(Claim, ClaimInput, claim_columns, _fields)


def build_row(claim: ClaimCreate, refs: Refs, identifier: str | None = None) -> Columns:
    """Build the row of a new claim. It starts as unassessed; decisions in an imported file are recorded later."""
    columns = claim_columns(field_values(claim), refs)
    initial = {"status": Status.UNASSESSED, "content_version": 1}
    return {"id": identifier or CLAIM.new_id(), **columns, **initial}


def build_quantity_rows(claim_id: str, content_version: int, quantities: Sequence[QuantityCreate]) -> list[Columns]:
    """Build the rows of a claim's figures."""
    return [
        {"claim_id": claim_id, "content_version": content_version, "position": position, **field_values(figure)}
        for position, figure in enumerate(quantities)
    ]


def fetch_quantities_by_version(connection: Connection, claim_id: str) -> dict[int, list[QuantityCreate]]:
    """All figures that a claim has ever had, by content version."""
    by_version: dict[int, list[QuantityCreate]] = defaultdict(list)
    statement = select(quantity).where(quantity.c.claim_id == claim_id).order_by(quantity.c.position)
    for figure in connection.execute(statement).mappings():
        by_version[figure["content_version"]].append(_to_quantity(figure))
    return by_version


def _to_quantity(figure: StoredRow) -> QuantityCreate:
    # Validated on write; skip pydantic here.
    return QuantityCreate.model_construct(**{name: figure[name] for name in _FIGURE})


def fetch_quantities(connection: Connection, rows: Iterable[StoredRow]) -> dict[str, list[QuantityCreate]]:
    """The current figures of these claims, by claim id."""
    by_claim: dict[str, list[QuantityCreate]] = defaultdict(list)
    versions = {row["id"]: row["content_version"] for row in rows}
    for chunk in chunks(versions):
        # Selected by claim only, because SQLite uses no index for a list of pairs. A claim has few old figures to skip.
        figures = connection.execute(
            select(quantity).where(quantity.c.claim_id.in_(chunk)).order_by(quantity.c.claim_id, quantity.c.position)
        ).mappings()
        for figure in figures:
            if figure["content_version"] == versions[figure["claim_id"]]:
                by_claim[figure["claim_id"]].append(_to_quantity(figure))
    return by_claim


class TopicMetricCheck:
    """Checks that figures have a metric of their topic's family. Caches the families for one request or import."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._families: dict[str, MetricFamily] = {}

    def check(self, topic_id: str | None, quantities: Sequence[QuantityCreate]) -> None:
        """Raise InvalidError if a figure has a metric that the topic does not compare."""
        if topic_id is None or not quantities:
            return
        if topic_id not in self._families:
            stored_family = self._connection.scalar(select(topic.c.metric_family).where(topic.c.id == topic_id))
            self._families[topic_id] = MetricFamily(str(stored_family))
        family = self._families[topic_id]
        for index, figure in enumerate(quantities):
            if figure.metric not in METRIC_FAMILIES[family]:
                allowed = ", ".join(sorted(METRIC_FAMILIES[family]))
                raise InvalidError.of(
                    f"quantities.{index}.metric",
                    f"must be one of {allowed}, because the topic compares figures of the family '{family}'",
                )


def create(connection: Connection, actor: Actor, claim: ClaimCreate, reason: str) -> str:
    """Record a claim with everything attached to it, and return its id.

    Raises InvalidError; PermissionDeniedError; PossibleDuplicateError if an equal claim is on record that it is not
    `distinct_from`.
    """
    _check_stage_change(actor, Stage.DRAFT, claim.stage)
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    require_unused_key(CLAIM, claim.key, refs)
    row = build_row(claim, refs)
    attributions.require_retractor(claim.attributions, "attributions.")
    TopicMetricCheck(connection).check(row["topic_id"], claim.quantities)
    distinct_ids = possible_duplicates.resolve_distinct(CLAIM.table, claim.distinct_from, refs)
    keys = equality_keys.keys_of_claim(row, claim.quantities)
    _require_distinct(connection, keys, distinct_ids)
    attribution_rows = attributions.build_rows(row["id"], claim.attributions, refs, [])
    evidence_rows = evidence.build_rows(row["id"], claim.evidence, refs, {})
    relation_rows = _build_relation_rows(row["id"], claim, refs)
    relations.require_redirect_permission(connection, actor, relation_rows)
    change.add(CLAIM.table, [row])
    equality_keys.store(connection, {row["id"]: keys}, new=True)
    possible_duplicates.record_rulings(change, row["id"], distinct_ids)
    change.append(quantity, build_quantity_rows(row["id"], 1, claim.quantities))
    change.add(attributions.ATTRIBUTION.table, attribution_rows)
    change.add(evidence.EVIDENCE.table, evidence_rows)
    change.add(relations.RELATION.table, relation_rows)
    change_effects.bump_versions(change, sorted(relations.affected_claim_ids(connection, relation_rows) - {row["id"]}))
    change_effects.update_search_texts(change, [row["id"]])
    return str(row["id"])


def _build_relation_rows(claim_id: str, claim: ClaimCreate, refs: Refs) -> list[Columns]:
    rows = []
    for index, relation in enumerate(claim.relations):
        try:
            rows.append(relations.build_row(claim_id, relation, refs))
        except InvalidError as error:
            raise error.prefix_fields(f"relations.{index}") from None
    targets = [(row["other_claim_id"], row["relation"]) for row in rows]
    if len(targets) != len(set(targets)):
        raise InvalidError.of("relations", "must not contain the same relation to the same claim twice")
    return rows


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: ClaimCorrection, if_match: str | None
) -> None:
    """Correct a claim, publish it or withdraw it. A published claim can be withdrawn, but not made a draft again.

    Raises NotFoundError, VersionMismatchError, InvalidError; ConflictError for a stage that cannot follow the present
    one; PossibleDuplicateError if it would equal another claim that it is not `distinct_from`; PermissionDeniedError if
    the actor may not publish or withdraw.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    etags.require_claim_version(if_match, tag_of(connection, NOW, identifier, actor))
    row = fetch_row(connection, CLAIM.table, identifier)
    merged = cast(ClaimInput, apply_correction(CLAIM, row, correction))
    _check_stage_change(actor, Stage(row["stage"]), merged.stage)
    refs = Refs(connection)
    figures = merged.quantities if "quantities" in correction.model_fields_set else None
    distinct_ids = possible_duplicates.resolve_distinct(CLAIM.table, merged.distinct_from, refs, own_id=identifier)
    is_changed = store_differences(change, row, claim_columns(field_values(merged), refs), figures, distinct_ids)
    if possible_duplicates.record_rulings(change, identifier, distinct_ids) and not is_changed:
        change_effects.bump_versions(change, [identifier])
    if row["stage"] not in PUBLIC_STAGES and merged.stage in PUBLIC_STAGES:
        # The claims that it is related to show the relation from now on.
        relation_rows = relations.fetch_rows(connection, NOW, identifier)
        change_effects.bump_versions(
            change, sorted(relations.affected_claim_ids(connection, relation_rows) - {identifier})
        )


def _require_distinct(
    connection: Connection, keys: Sequence[Key], distinct_ids: Sequence[str], own_id: str | None = None
) -> None:
    possible_duplicates.require_distinct(
        connection, CLAIM.table, keys, distinct_ids, own_id=own_id, successors=relations.fetch_successors
    )


def store_differences(
    change: ChangeWriter,
    row: StoredRow,
    columns: Columns,
    quantities: Sequence[QuantityCreate] | None,
    distinct_ids: Sequence[str] = (),
) -> bool:
    """Store the columns and figures that differ from the stored ones, and return whether any did.

    `quantities` None keeps the figures. Raises InvalidError if a figure does not fit the topic, and
    PossibleDuplicateError if the claim would equal another one than those with `distinct_ids`.
    """
    changed = changed_columns(row, columns)
    old_quantities = fetch_quantities(change.connection, [row])[row["id"]]
    new_quantities = old_quantities if quantities is None else list(quantities)
    TopicMetricCheck(change.connection).check(changed.get("topic_id", row["topic_id"]), new_quantities)
    if not changed and old_quantities == new_quantities:
        return False
    if old_quantities != new_quantities or CONTENT_COLUMNS & changed.keys():
        changed["content_version"] = row["version"] + 1
    keys = equality_keys.keys_of_claim({**row, **columns}, new_quantities)
    if keys != equality_keys.keys_of_claim(row, old_quantities):
        _require_distinct(change.connection, keys, distinct_ids, row["id"])
        equality_keys.store(change.connection, {row["id"]: keys})
    change.amend(CLAIM.table, [{"id": row["id"], **changed}])
    if "content_version" in changed:
        change.append(quantity, build_quantity_rows(row["id"], changed["content_version"], new_quantities))
    change_effects.update_search_texts(change, [row["id"]])
    return True


def _check_stage_change(actor: Actor, before: Stage, after: Stage) -> None:
    if before == after:
        return
    if before in PUBLIC_STAGES and after not in PUBLIC_STAGES:
        raise ConflictError("A published claim cannot become a draft again. You can withdraw it with a notice.")
    if after is Stage.WITHDRAWN and before is not Stage.PUBLISHED:
        raise ConflictError("This claim is not published, so it cannot be withdrawn.")
    _require_publisher(actor, after)


def _require_publisher(actor: Actor, stage: Stage) -> None:
    if stage in PUBLIC_STAGES:
        actor.require(Role.EDITOR, "publish or withdraw a claim", Scope.DECIDE)
