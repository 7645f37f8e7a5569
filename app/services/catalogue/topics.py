"""Topics: create, correct and read them."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, select

from app.db.compiled_reads import PlainRow, nested_rows
from app.db.revisions import StoredRow
from app.errors import ConflictError
from app.models import Topic
from app.schemas.base import edtf
from app.schemas.topic import TopicCorrection, TopicCreate, TopicFields, TopicRead
from app.services.changes import edit_protection
from app.services.changes.actors import Actor
from app.services.core import etags, nouns, possible_duplicates
from app.services.core.claim_parts import is_current_figure
from app.services.core.held_elsewhere import missing_past
from app.services.core.nouns import Columns, Noun, columns_of, fetch_rows_by_id, serialize_row
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW, Snapshot, SnapshotQuery
from app.vocabulary import METRIC_FAMILIES, Action, MetricFamily

_PROTECTED = ("title", "subject", "metric_family", "place", "period")
"""The columns that define the question. Only an editor may replace them once a decision depends on the topic."""

_PLAIN = ("key", "title", "subject", "metric_family", "place", "period", "note")


def _columns(fields: Mapping[str, Any], _refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "period" in fields:
        columns["period_earliest"], columns["period_latest"] = edtf.bounds(fields["period"])
    return columns


def _fields(row: StoredRow) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN if name != "key"}


TOPIC = Noun(Topic, TopicFields, _columns, _fields)


def create(connection: Connection, actor: Actor, topic: TopicCreate, reason: str) -> str:
    """Create a topic and return its id. Raises PossibleDuplicateError if another topic has its title."""
    return nouns.create(actor.open(connection, Action.CREATE, reason), TOPIC, topic)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: TopicCorrection, if_match: str | None
) -> None:
    """Correct a topic. Raises ConflictError if its new metric family would not allow the figures of its claims.

    Raises PermissionDeniedError if a fact-checker would change the question of a topic on which a decision depends.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    etags.require(if_match, etags.of_object(read_one(connection, NOW, identifier)))

    def refuse(row: StoredRow, columns: Columns) -> None:
        replaced = edit_protection.replaced_columns(row, columns, _PROTECTED)
        edit_protection.require_editor_if_decided(
            connection, actor, replaced, lambda: edit_protection.decisions_on_topic(identifier)
        )

    columns = nouns.correct(change, TOPIC, identifier, correction, refuse)
    if "metric_family" in columns:
        family = MetricFamily(columns["metric_family"])
        require_allowed_metrics(connection, identifier, family, f"The metric family cannot be changed to '{family}'")


def require_allowed_metrics(connection: Connection, identifier: str, family: MetricFamily, refusal: str) -> None:
    """Raise ConflictError if claims of a topic have figures with metrics that do not belong to this family.

    `refusal` is the start of the message: what is not possible because of them.
    """
    claim, figure = NOW.claim, NOW.quantity
    metrics = connection.scalars(
        select(figure.c.metric)
        .join(claim, is_current_figure(figure, claim))
        .where(claim.c.topic_id == identifier, figure.c.metric.not_in(METRIC_FAMILIES[family]))
        .distinct()
    )
    if foreign_metrics := sorted(metrics):
        raise ConflictError(
            f"{refusal}, because claims of this topic have figures with other metrics: {', '.join(foreign_metrics)}. "
            "Choose another family, or first move these claims to another topic."
        )


@SnapshotQuery
def _topic_query(snapshot: Snapshot) -> Select[Any]:
    topic = snapshot.topic
    rulings = possible_duplicates.select_rulings(snapshot, topic)
    return select(*columns_of(TopicRead, topic), nested_rows(rulings).label("rulings")).where(
        topic.c.id == bindparam("id", type_=Text())
    )


def read_plain(connection: Connection, snapshot: Snapshot, identifier: str) -> PlainRow:
    """A topic as a dict in the shape of `TopicRead`. Raises NotFoundError if it does not exist."""
    rows = _topic_query(connection, snapshot, id=identifier)
    if not rows:
        raise missing_past(connection, snapshot, TOPIC.table, identifier)
    return serialize_row(TopicRead, rows[0], distinct_from=possible_duplicates.ids_of(rows[0]["rulings"]))


def read_one(connection: Connection, snapshot: Snapshot, identifier: str) -> TopicRead:
    """A topic. Raises NotFoundError if it does not exist."""
    return TopicRead(**read_plain(connection, snapshot, identifier))


def read_all(connection: Connection, snapshot: Snapshot, identifiers: Iterable[str]) -> list[TopicRead]:
    """The existing topics out of these, in the given order."""
    requested_ids = list(identifiers)
    rows = fetch_rows_by_id(connection, snapshot.topic, requested_ids)
    distinct_ids = possible_duplicates.read_rulings(connection, snapshot, rows)
    return [
        TopicRead(**rows[topic_id], distinct_from=distinct_ids[topic_id])
        for topic_id in requested_ids
        if topic_id in rows
    ]
