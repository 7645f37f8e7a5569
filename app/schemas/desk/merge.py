"""Merging of claims as it crosses a door."""

from typing import Literal

from pydantic import Field

from app.schemas.base.fields import Prose, Ref, Schema
from app.vocabulary import Relation


class MergeCreate(Schema):
    """A request to withdraw a claim in favour of another one."""

    into: Ref
    """The claim that stays (id or key)."""
    relation: Literal[Relation.SAME_AS, Relation.SUPERSEDES] = Relation.SAME_AS
    """same_as: it was recorded twice. supersedes: the other one takes its place."""
    notice: Prose = Field(examples=["The same claim was recorded twice; we keep the one with the longer history."])
    """What readers are told."""
    reason: Prose = Field("Merged.", examples=["Found by the weekly search for duplicates."])
    """Why, for every reader of the history."""
