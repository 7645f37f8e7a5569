"""Topics: record, correct, read."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, select

from app.db.compiled_reads import PlainRow
from app.db.revisions import Row
from app.errors import ConflictError, NotFoundError
from app.models import Topic
from app.schemas.base import edtf
from app.schemas.topic import TopicCorrection, TopicCreate, TopicFields, TopicRead
from app.services.core import edit_protection, nouns
from app.services.core.actors import Actor
from app.services.core.nouns import Columns, Noun, check_etag, columns_of, etag, rows_by_id, shaped
from app.services.core.refs import Refs
from app.services.core.snapshot import NOW, Read, Record
from app.vocabulary import METRIC_FAMILIES, Action, MetricFamily

_QUESTION = ("title", "subject", "metric_family", "place", "period")
"""What it asks."""

_PLAIN = ("key", "title", "subject", "metric_family", "place", "period", "note")


def _columns(fields: Mapping[str, Any], _refs: Refs) -> Columns:
    columns = {name: fields[name] for name in _PLAIN if name in fields}
    if "period" in fields:
        columns["period_earliest"], columns["period_latest"] = edtf.bounds(fields["period"])
    return columns


def _fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN if name != "key"}


TOPIC = Noun(Topic, TopicFields, _columns, _fields)


def create(connection: Connection, actor: Actor, topic: TopicCreate, reason: str) -> str:
    """Record a topic; its id."""
    return nouns.create(actor.open(connection, Action.CREATE, reason), TOPIC, topic)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: TopicCorrection, if_match: str | None
) -> None:
    """Correct a topic. Raises ConflictError if it would no longer take the figures that it holds.

    Raises PermissionDeniedError for a fact-checker who would have a claim with a decision answer another question.
    """
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_etag(if_match, etag(read_one(connection, NOW, identifier)))

    def refuse(row: Row, columns: Columns) -> None:
        replaced = edit_protection.replaced_columns(row, columns, _QUESTION)
        edit_protection.refuse_replacing(
            connection, actor, replaced, lambda: edit_protection.answering_topic(identifier)
        )

    columns = nouns.correct(change, TOPIC, identifier, correction, refuse)
    if "metric_family" in columns:
        _refuse_strangers(connection, identifier, MetricFamily(columns["metric_family"]))


def _refuse_strangers(connection: Connection, identifier: str, family: MetricFamily) -> None:
    claim, figure = NOW.claim, NOW.quantity
    held = connection.scalars(
        select(figure.c.metric)
        .join(claim, (claim.c.id == figure.c.claim_id) & (claim.c.content_version == figure.c.content_version))
        .where(claim.c.topic_id == identifier, figure.c.metric.not_in(METRIC_FAMILIES[family]))
        .distinct()
    )
    if strangers := sorted(held):
        raise ConflictError(f"Claims of this topic have figures that '{family}' does not take: {', '.join(strangers)}.")


@Read
def _topic(record: Record) -> Select[Any]:
    topic = record.topic
    return select(*columns_of(TopicRead, topic)).where(topic.c.id == bindparam("id", type_=Text()))


def read_plain(connection: Connection, record: Record, identifier: str) -> PlainRow:
    """A topic as `TopicRead` has it. Raises NotFoundError."""
    found = _topic(connection, record, id=identifier)
    if not found:
        raise NotFoundError("topic", identifier, then=record.seq is not None)
    return shaped(TopicRead, found[0])


def read_one(connection: Connection, record: Record, identifier: str) -> TopicRead:
    """A topic. Raises NotFoundError."""
    return TopicRead(**read_plain(connection, record, identifier))


def read_all(connection: Connection, record: Record, identifiers: Iterable[str]) -> list[TopicRead]:
    """The topics with these ids that exist, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.topic, wanted)
    return [TopicRead(**rows[one]) for one in wanted if one in rows]
