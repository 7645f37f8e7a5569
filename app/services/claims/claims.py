"""Claims: record and correct. How they are read stands in claim_reads and claim_lists."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, select

from app.db.revisions import Change, Row
from app.db.schema import table_of
from app.errors import ConflictError, InvalidError
from app.formats.search_text import fold
from app.models import Claim, Quantity, Source, Topic
from app.schemas.base import edtf
from app.schemas.claim import ClaimCorrection, ClaimCreate, ClaimInput
from app.schemas.quantity import QuantityCreate
from app.services.claims import attributions, evidence, relations
from app.services.claims.claim_reads import check_version, tag_of
from app.services.core.actors import Actor
from app.services.core.nouns import Columns, Noun, differing, given, merged, refuse_taken_key, stored
from app.services.core.refs import Refs, chunks
from app.services.core.snapshot import NOW
from app.services.core.version_bumps import touch
from app.services.search import search_index
from app.vocabulary import METRIC_FAMILIES, PUBLIC_STAGES, Action, MetricFamily, Role, Scope, Stage, Status

quantity, topic = table_of(Quantity), table_of(Topic)

_PLAIN = ("key", "kind", "statement", "language", "place", "time", "stage", "notice", "note")

_FIGURE = tuple(QuantityCreate.model_fields)

CONTENT = frozenset({"kind", "statement", "language", "topic_id", "place", "time", "adverse_to_id"})
"""Columns that make up the proposition; a change of one, or of a figure, makes decisions stale."""


def columns_of(fields: Mapping[str, Any], refs: Refs) -> Columns:
    """The columns of those fields of a claim that are given. Raises InvalidError for a ref that names nothing."""
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "topic" in fields:
        columns["topic_id"] = refs.field(topic, fields["topic"], "topic")
    if "adverse_to" in fields:
        columns["adverse_to_id"] = refs.field(table_of(Source), fields["adverse_to"], "adverse_to")
    if "place" in fields:
        columns["place_folded"] = None if fields["place"] is None else fold(fields["place"])
    if "time" in fields:
        columns["time_earliest"], columns["time_latest"] = edtf.bounds(fields["time"])
    return columns


def _fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN if name != "key"} | {
        "topic": row["topic_id"],
        "adverse_to": row["adverse_to_id"],
        "quantities": [],
    }


CLAIM = Noun(Claim, ClaimInput, columns_of, _fields)


def new_row(claim: ClaimCreate, refs: Refs, identifier: str | None = None) -> Columns:
    """The row of a new claim. It begins unassessed, whatever its file says of decisions."""
    columns = columns_of(given(claim), refs)
    start = {"status": Status.UNASSESSED, "content_version": 1}
    return {"id": identifier or CLAIM.new_id(), **columns, **start}


def quantity_rows(claim_id: str, content_version: int, quantities: Sequence[QuantityCreate]) -> list[Columns]:
    """The rows of a claim's figures."""
    return [
        {"claim_id": claim_id, "content_version": content_version, "position": place, **given(figure)}
        for place, figure in enumerate(quantities)
    ]


def quantities_by_version(connection: Connection, claim_id: str) -> dict[int, list[QuantityCreate]]:
    """All figures that a claim ever had, by the version of its content that they belong to."""
    found: dict[int, list[QuantityCreate]] = defaultdict(list)
    statement = select(quantity).where(quantity.c.claim_id == claim_id).order_by(quantity.c.position)
    for figure in connection.execute(statement).mappings():
        found[figure["content_version"]].append(_as_given(figure))
    return found


def _as_given(figure: Row) -> QuantityCreate:
    # What is on record was checked when it came.
    return QuantityCreate.model_construct(**{name: figure[name] for name in _FIGURE})


def quantities_on_record(connection: Connection, rows: Iterable[Row]) -> dict[str, list[QuantityCreate]]:
    """The figures of these claims as they are, by claim."""
    found: dict[str, list[QuantityCreate]] = defaultdict(list)
    versions = {row["id"]: row["content_version"] for row in rows}
    for chunk in chunks(versions):
        # By claim alone, for SQLite finds no index for a list of pairs; a claim has had few other figures.
        figures = connection.execute(
            select(quantity).where(quantity.c.claim_id.in_(chunk)).order_by(quantity.c.claim_id, quantity.c.position)
        ).mappings()
        for figure in figures:
            if figure["content_version"] == versions[figure["claim_id"]]:
                found[figure["claim_id"]].append(_as_given(figure))
    return found


class Topics:
    """Knows which metrics a topic takes, and remembers it for as long as one act lasts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._families: dict[str, MetricFamily] = {}

    def check(self, topic_id: str | None, quantities: Sequence[QuantityCreate]) -> None:
        """Raises InvalidError if a figure is of a metric that its topic does not compare."""
        if topic_id is None or not quantities:
            return
        if topic_id not in self._families:
            family = self._connection.scalar(select(topic.c.metric_family).where(topic.c.id == topic_id))
            self._families[topic_id] = MetricFamily(str(family))
        family_name = self._families[topic_id]
        for place, figure in enumerate(quantities):
            if figure.metric not in METRIC_FAMILIES[family_name]:
                known = ", ".join(sorted(METRIC_FAMILIES[family_name]))
                raise InvalidError.of(f"quantities.{place}.metric", f"the topic compares {family_name}: {known}")


def create(connection: Connection, actor: Actor, claim: ClaimCreate, reason: str) -> str:
    """Record a claim with all that hangs on it; its id."""
    _check_step(actor, Stage.DRAFT, claim.stage)
    change = actor.open(connection, Action.CREATE, reason)
    refs = Refs(connection)
    refuse_taken_key(CLAIM, claim.key, refs)
    row = new_row(claim, refs)
    Topics(connection).check(row["topic_id"], claim.quantities)
    said = attributions.rows_for(row["id"], claim.attributions, refs, [])
    shown = evidence.rows_for(row["id"], claim.evidence, refs, {})
    related = _related(row["id"], claim, refs)
    relations.refuse_leading_elsewhere(connection, actor, related)
    change.add(CLAIM.table, [row])
    change.append(quantity, quantity_rows(row["id"], 1, claim.quantities))
    change.add(attributions.ATTRIBUTION.table, said)
    change.add(evidence.EVIDENCE.table, shown)
    change.add(relations.RELATION.table, related)
    touch(change, sorted(relations.ends_that_show(connection, related) - {row["id"]}))
    search_index.refresh(change, [row["id"]])
    return str(row["id"])


def _related(claim_id: str, claim: ClaimCreate, refs: Refs) -> list[Columns]:
    rows = []
    for place, relation in enumerate(claim.relations):
        try:
            rows.append(relations.row_for(claim_id, relation, refs))
        except InvalidError as error:
            raise error.under(f"relations.{place}") from None
    said = [(row["other_claim_id"], row["relation"]) for row in rows]
    if len(said) != len(set(said)):
        raise InvalidError.of("relations", "one relation to one claim stands there twice")
    return rows


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: ClaimCorrection, if_match: str | None
) -> None:
    """Correct a claim, publish it or withdraw it.

    What was published can be withdrawn, and never become a draft again.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_version(if_match, tag_of(connection, NOW, identifier, actor))
    row = stored(connection, CLAIM.table, identifier)
    whole = cast(ClaimInput, merged(CLAIM, row, correction))
    _check_step(actor, Stage(row["stage"]), whole.stage)
    figures = whole.quantities if "quantities" in correction.model_fields_set else None
    store_differences(change, row, columns_of(given(whole), Refs(connection)), figures)
    if row["stage"] not in PUBLIC_STAGES and whole.stage in PUBLIC_STAGES:
        # Claims that relate to it show that from now on.
        related = relations.rows_of_claim(connection, NOW, identifier)
        touch(change, sorted(relations.ends_that_show(connection, related) - {identifier}))


def store_differences(change: Change, row: Row, columns: Columns, quantities: Sequence[QuantityCreate] | None) -> bool:
    """Store the columns and figures that differ from what is on record; False if none does. None keeps the figures."""
    changed = differing(row, columns)
    before = quantities_on_record(change.connection, [row])[row["id"]]
    after = before if quantities is None else list(quantities)
    Topics(change.connection).check(changed.get("topic_id", row["topic_id"]), after)
    if not changed and before == after:
        return False
    if before != after or CONTENT & changed.keys():
        changed["content_version"] = row["version"] + 1
    change.amend(CLAIM.table, [{"id": row["id"], **changed}])
    if "content_version" in changed:
        change.append(quantity, quantity_rows(row["id"], changed["content_version"], after))
    search_index.refresh(change, [row["id"]])
    return True


def _check_step(actor: Actor, before: Stage, after: Stage) -> None:
    if before == after:
        return
    if before in PUBLIC_STAGES and after not in PUBLIC_STAGES:
        raise ConflictError("A claim that was published can be withdrawn with a notice, but not made a draft again.")
    if after is Stage.WITHDRAWN and before is not Stage.PUBLISHED:
        raise ConflictError("Only a published claim can be withdrawn.")
    _require_publisher(actor, after)


def _require_publisher(actor: Actor, stage: Stage) -> None:
    if stage in PUBLIC_STAGES:
        actor.require(Role.EDITOR, "publish or withdraw a claim", Scope.DECIDE)
