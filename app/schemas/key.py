"""Keys to the API as they cross a door: never with their secret, but for the one answer that gives a key out."""

from typing import Annotated

from pydantic import Field

from app.schemas.base.fields import Identified, Line, Moment, Read, Ref, Schema, Whole
from app.schemas.query_parameters import AsOf
from app.vocabulary import Role, Scope

Scopes = Annotated[list[Scope], Field(min_length=1, max_length=20)]


class KeyCreate(Schema):
    """A key that is to be issued. What is left out is as wide as the holder's role."""

    person: Ref | None = Field(None, examples=["Desk 3"])
    """Whose key, by id or byline; one's own unless given. Only administrators issue keys to others."""
    role: Role | None = None
    """What its holder may do with it: no more than their own role."""
    scopes: Scopes | None = Field(None, examples=[["read"]])
    """What it may be used for; all that the role allows unless given."""
    expires_at: AsOf | None = Field(None, examples=["2027-01-01T00:00:00Z"])
    """When it stops working; never unless given."""
    label: Line | None = Field(None, examples=["nightly import"])
    """What it is for, in your words."""


class KeyRotation(Schema):
    """How a key is to be replaced by a new one with the same powers."""

    overlap_hours: Whole = Field(0, ge=0, le=168, examples=[24])
    """Hours for which the old key works beside the new one; 0 ends it at once."""


class KeyRead(Identified):
    """A key as it may be shown."""

    handle: str = Field(examples=["3k9x0aqz"])
    """The part of the key behind `attest_`, by which it is recognised."""
    person: str
    """Whose it is, an id."""
    byline: str
    """Whose it is, the byline."""
    role: Role
    """What its holder may do with it, if their own role still allows it."""
    scopes: list[Scope]
    """What it may be used for."""
    label: str | None
    """What it is for, in its holder's words."""
    created_at: Moment
    """When it was issued, UTC."""
    expires_at: Moment | None
    """When it stops working, UTC; null: never."""
    revoked_at: Moment | None
    """When it was revoked, UTC."""
    last_used_at: Moment | None
    """When it last opened a door, UTC, to a minute or so."""


class KeyIssued(KeyRead):
    """A new key, shown this once."""

    key: str = Field(examples=["attest_3k9x0aqz_…"])
    """The key itself. It is stored nowhere: who loses it rotates it."""


class Keys(Read):
    """Keys."""

    items: list[KeyRead]
    """In the order in which they were issued."""


class Me(Read):
    """Who you are, by the key that you sent."""

    byline: str
    """What the public is told of you."""
    pseudonym: bool
    """Whether the byline is not your name."""
    role: Role
    """What you may do with this key."""
    scopes: list[Scope]
    """What this key may be used for."""
    key: KeyRead
    """The key that you sent."""
