"""Schemas for merging claims, sources, topics and documents."""

from typing import Literal

from pydantic import Field

from app.schemas.base.fields import Prose, Ref, Schema
from app.vocabulary import Relation


class MergeCreate(Schema):
    """A request to withdraw a claim in favour of another one."""

    into: Ref = Field(examples=["clm_01jhf3m8w5k6v0x2s9r7q4t1yb"])
    """Claim that is kept (id or key)."""
    relation: Literal[Relation.SAME_AS, Relation.SUPERSEDES] = Relation.SAME_AS
    """`same_as` if the claim was recorded twice, `supersedes` if the other claim replaces it."""
    notice: Prose = Field(examples=["The same claim was recorded twice; we keep the one with the longer history."])
    """Notice that readers of the withdrawn claim see."""
    reason: Prose = Field("Merged.", examples=["Found by the weekly search for duplicates."])
    """Why the claims are merged. It is shown to readers of the history."""


class DuplicateMergeCreate(Schema):
    """A request to merge a source, topic or document into another one, because it was recorded twice."""

    into: Ref = Field(examples=["src_01jhf3m8w5k6v0x2s9r7q4t1yb"])
    """Object of the same type that is kept (id or key)."""
    notice: Prose = Field(examples=["The same intelligence service was recorded twice."])
    """Notice that readers of the duplicate see."""
    reason: Prose = Field("Merged.", examples=["Found by the weekly search for duplicates."])
    """Why they are merged. It is shown to readers of the history."""
