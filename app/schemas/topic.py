"""Schemas of topics."""

from pydantic import ConfigDict, Field

from app.schemas.base.fields import Correction, Edtf, Key, Line, Prose, Read, RecordRequest, Ref, Schema, Stamp
from app.vocabulary import MetricFamily, TopicLikeness


class TopicFields(Schema):
    """Editable fields of a topic."""

    title: Line = Field(examples=["How many North Korean soldiers are in Kursk Oblast?"])
    """The question, as a reader would ask it."""
    subject: Line = Field(examples=["North Korean soldiers"])
    """Population that the figures count."""
    metric_family: MetricFamily
    """Family of metrics that the topic compares. Figures with other metrics are refused."""
    place: Line | None = Field(None, examples=["Kursk Oblast, Russia"])
    """Place that the topic covers."""
    period: Edtf | None = Field(None, examples=["2024-10/.."])
    """Period that the topic covers, EDTF."""
    note: Prose | None = None
    """What readers should know when they compare these figures."""
    distinct_from: list[Ref] = Field(default_factory=list, max_length=200)
    """Existing topics (ids or keys) with an equal title that are distinct from this one. Something equal is otherwise
    refused with 409 and the candidates. Rulings are kept: a correction adds to them, and removes none."""


class TopicCreate(TopicFields):
    """A new topic."""

    key: Key | None = None
    """Key that identifies the topic in import files, in addition to its id."""


class TopicPost(TopicCreate, RecordRequest):
    """A request to record a topic."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "How many North Korean soldiers are in Kursk Oblast?",
                    "subject": "North Korean soldiers",
                    "metric_family": "strength",
                    "place": "Kursk Oblast, Russia",
                    "period": "2024-10/..",
                    "reason": "Several services publish figures.",
                }
            ]
        }
    )


class TopicCorrection(TopicFields, Correction):
    """A correction of a topic."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"period": "2024-11/..", "reason": "The first figures are from November."}]}
    )


class TopicRead(Stamp):
    """A complete topic."""

    title: str
    """The question."""
    subject: str
    """Population that the figures count."""
    metric_family: MetricFamily
    """Family of metrics that the topic compares."""
    place: str | None
    """Place that the topic covers."""
    period: str | None
    """Period that the topic covers, EDTF."""
    note: str | None
    """What readers should know when they compare these figures."""
    distinct_from: list[str]
    """Ids of equal topics that this one was ruled distinct from."""
    merged_into_id: str | None
    """Id of the topic that this one was merged into, because it is a duplicate; null if it was not merged."""
    merge_notice: str | None
    """Notice about the merge; null if it was not merged."""


class TopicDuplicate(Read):
    """A topic that may ask the same question as an earlier one."""

    topic: TopicRead
    """The later topic."""
    possible_duplicate_of: TopicRead
    """The earlier topic."""
    reason: TopicLikeness
    """Why they may ask the same question."""


class TopicDuplicates(Read):
    """Topics that may ask the same question. Figures conflict only within one topic, so these should be merged."""

    items: list[TopicDuplicate]
    """The topics, in the order in which they were recorded."""
