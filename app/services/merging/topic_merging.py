"""Merging of topics: the claims of the duplicate answer the other topic's question."""

from sqlalchemy import Connection

from app.db.schema import table_of
from app.models import Claim
from app.schemas.desk.merge import DuplicateMergeCreate
from app.services.catalogue import topics
from app.services.catalogue.topics import TOPIC
from app.services.changes.actors import Actor
from app.services.merging import duplicates
from app.services.merging.duplicates import Reference
from app.vocabulary import MetricFamily

REFERENCES = (Reference(table_of(Claim), "topic_id"),)
"""The references that are moved. Ratings and proposals are never altered; reads resolve their topics."""


def merge(
    connection: Connection, actor: Actor, identifier: str, merge_request: DuplicateMergeCreate, if_match: str | None
) -> None:
    """Merge a topic into the topic `merge_request.into`.

    Raises what `duplicates.begin` raises, and ConflictError if that topic does not compare figures with the metrics of
    the duplicate's claims. Whether the two ask the same question, the editor decides.
    """
    merge = duplicates.begin(
        connection, actor, TOPIC, merge_request, identifier=identifier, if_match=if_match, read_one=topics.read_one
    )
    topics.require_allowed_metrics(
        connection,
        identifier,
        MetricFamily(merge.target["metric_family"]),
        f"The topic cannot be merged into {merge.target['id']}, which compares figures of the family "
        f"'{merge.target['metric_family']}'",
    )
    duplicates.finish(merge, TOPIC, merge_request.notice, REFERENCES)
