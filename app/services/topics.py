"""Topics: record, correct, read."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from app.db.revisions import Row
from app.errors import NotFoundError
from app.models import Topic
from app.schemas import edtf
from app.schemas.topic import TopicCorrection, TopicCreate, TopicFields, TopicRead
from app.services import objects
from app.services.actors import Actor
from app.services.objects import Columns, Noun, check_etag, rows_by_id
from app.services.record import NOW, Record
from app.services.refs import Refs
from app.vocabulary import Action

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
    return objects.create(actor.open(connection, Action.CREATE, reason), TOPIC, topic)


def correct(
    connection: Connection, actor: Actor, identifier: str, correction: TopicCorrection, if_match: str | None
) -> None:
    """Correct a topic."""
    change = actor.open(connection, Action.CORRECT, correction.reason)
    check_etag(if_match, read_one(connection, NOW, identifier))
    objects.correct(change, TOPIC, identifier, correction)


def read_one(connection: Connection, record: Record, identifier: str) -> TopicRead:
    """A topic. Raises NotFoundError."""
    found = read_all(connection, record, [identifier])
    if not found:
        raise NotFoundError("topic", identifier)
    return found[0]


def read_all(connection: Connection, record: Record, identifiers: Iterable[str]) -> list[TopicRead]:
    """The topics with these ids that exist, in the order of the ids."""
    wanted = list(identifiers)
    rows = rows_by_id(connection, record.topic, wanted)
    return [TopicRead(**rows[one]) for one in wanted if one in rows]
