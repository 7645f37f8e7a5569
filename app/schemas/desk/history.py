"""The story of an object as it crosses a door."""

from typing import Any

from pydantic import Field

from app.schemas.base.fields import Moment, Read
from app.vocabulary import Action


class FieldChange(Read):
    """One field that got another value."""

    field: str = Field(examples=["quantities.0.best"])
    """Dotted path of the field."""
    before: Any
    """Value before; null if there was none."""
    after: Any
    """Value after; null if it was emptied."""


class HistoryEntry(Read):
    """One change of an object or of what hangs on it."""

    seq: int
    """Number of the change; orders the whole record."""
    at: Moment
    """When, UTC."""
    by: str
    """By whom, a byline."""
    action: Action
    """What kind of act."""
    reason: str
    """Why."""
    noun: str = Field(examples=["claim"])
    """What changed: claim, attribution, evidence, relation, review or independence_ruling."""
    id: str
    """Its identifier."""
    version: int | None
    """Its version after the change; null for what has no versions."""
    changes: list[FieldChange]
    """The fields that changed; for something new, all that it says."""


class History(Read):
    """The story of a claim."""

    items: list[HistoryEntry]
    """Its changes, oldest first."""
