"""Topics as they cross a door."""

from pydantic import Field

from app.schemas.base.fields import Correction, Edtf, Key, Line, Prose, Recording, Schema, Stamp
from app.vocabulary import MetricFamily


class TopicFields(Schema):
    """What is said of a topic."""

    title: Line = Field(examples=["How many North Korean soldiers are in Kursk Oblast?"])
    """The question, as a reader would ask it."""
    subject: Line = Field(examples=["North Korean soldiers"])
    """The population that figures count."""
    metric_family: MetricFamily
    """Which metrics belong here; a figure of another family is refused."""
    place: Line | None = Field(None, examples=["Kursk Oblast, Russia"])
    """Where."""
    period: Edtf | None = Field(None, examples=["2024-10/.."])
    """When, EDTF."""
    note: Prose | None = None
    """What a reader should know about comparing these figures."""


class TopicCreate(TopicFields):
    """A new topic."""

    key: Key | None = None
    """Name of the topic in the file that it comes from."""


class TopicPost(TopicCreate, Recording):
    """A request to record a topic."""


class TopicCorrection(TopicFields, Correction):
    """A correction of a topic."""


class TopicRead(Stamp):
    """A topic, whole."""

    title: str
    """The question."""
    subject: str
    """The population that figures count."""
    metric_family: MetricFamily
    """Which metrics belong here."""
    place: str | None
    """Where."""
    period: str | None
    """When, EDTF."""
    note: str | None
    """What a reader should know about comparing these figures."""
