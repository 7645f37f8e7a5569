"""Topics that may ask the same question as an earlier one, for the desk to merge."""

from collections import defaultdict

from sqlalchemy import Connection, select

from app.schemas.query_parameters import TopicDuplicatesQuery
from app.schemas.topic import TopicDuplicate, TopicDuplicates
from app.services.catalogue import topics
from app.services.core.claim_parts import is_current_figure
from app.services.core.merged_objects import is_in_use
from app.services.core.snapshot import NOW
from app.services.policy.topic_similarity import find_likenesses
from app.vocabulary import Stage


def read_duplicates(connection: Connection, query: TopicDuplicatesQuery) -> TopicDuplicates:
    """The topics that may ask the same question as an earlier topic, in the order in which they were recorded.

    With `topic` only those that concern this topic, on either side.
    """
    claim, figure, topic = NOW.claim, NOW.quantity, NOW.topic
    rows = connection.execute(select(topic).where(is_in_use(topic)).order_by(topic.c.id)).mappings().all()
    used = (
        select(claim.c.topic_id, figure.c.metric)
        .join(figure, is_current_figure(figure, claim))
        .where(claim.c.topic_id.is_not(None), claim.c.stage != Stage.WITHDRAWN)
        .distinct()
    )
    metrics: dict[str, set[str]] = defaultdict(set)
    for topic_id, metric in connection.execute(used):
        metrics[topic_id].add(metric)
    likenesses = [
        likeness
        for likeness in find_likenesses(rows, {topic_id: frozenset(used_by) for topic_id, used_by in metrics.items()})
        if query.topic is None or query.topic in {likeness.topic_id, likeness.earlier_id}
    ]
    identifiers = {identifier for likeness in likenesses for identifier in (likeness.topic_id, likeness.earlier_id)}
    by_id = {read.id: read for read in topics.read_all(connection, NOW, sorted(identifiers))}
    return TopicDuplicates(
        items=[
            TopicDuplicate(
                topic=by_id[likeness.topic_id],
                possible_duplicate_of=by_id[likeness.earlier_id],
                reason=likeness.reason,
            )
            for likeness in likenesses
        ]
    )
