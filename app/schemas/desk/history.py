"""Schemas of the history of an object."""

from typing import Any

from pydantic import Field

from app.schemas.base.fields import Read, Timestamp
from app.vocabulary import Action


class FieldChange(Read):
    """A change to one field."""

    field: str = Field(examples=["quantities.0.best"])
    """Dotted path of the field."""
    before: Any
    """Value before the change; null if there was none."""
    after: Any
    """Value after the change; null if it was cleared."""


class HistoryEntry(Read):
    """A change to a claim or to one of its attributions, evidence, relations, reviews or rulings."""

    seq: int
    """Number of the change. Changes are numbered across the whole record."""
    at: Timestamp
    """When the change was made, UTC."""
    by: str
    """Byline of the person who made the change."""
    action: Action
    """Kind of action that caused the change."""
    reason: str
    """Why the change was made."""
    noun: str = Field(examples=["claim"])
    """Type of the object that changed: claim, attribution, evidence, relation, review or independence_ruling."""
    id: str
    """Id of the object that changed."""
    version: int | None
    """Version of the object after the change; null for objects without versions."""
    changes: list[FieldChange]
    """Fields that changed; for a new object, all its fields that are set."""


class History(Read):
    """The history of a claim."""

    items: list[HistoryEntry]
    """Changes, oldest first."""
