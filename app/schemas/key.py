"""Schemas of API keys. Only the response that issues a key contains its secret."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.schemas.base.fields import Identified, Line, Read, Ref, Schema, StrictInteger, Timestamp
from app.schemas.query_parameters import AsOf
from app.vocabulary import Role, Scope

Scopes = Annotated[list[Scope], Field(min_length=1, max_length=20)]


class KeyCreate(Schema):
    """A request to issue a key. By default the key may do everything that its holder's role allows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"scopes": ["read"], "label": "nightly import"}]})

    person: Ref | None = None
    """Holder of the key (id or byline). The default is you. Only administrators can issue keys to others."""
    role: Role | None = None
    """Role of the key. It must not exceed the holder's own role, which is the default."""
    scopes: Scopes | None = Field(None, examples=[["read"]])
    """Scopes of the key. The default is all scopes that the role allows."""
    expires_at: AsOf | None = None
    """When the key expires, such as `2030-01-01T00:00:00Z`. By default it never expires."""
    label: Line | None = Field(None, examples=["nightly import"])
    """What the key is for, in your own words."""


class KeyRotation(Schema):
    """A request to replace a key with a new one that has the same role and scopes."""

    overlap_hours: StrictInteger = Field(0, ge=0, le=168, examples=[24])
    """Hours for which the old key stays valid; 0 revokes it at once."""


class KeyRead(Identified):
    """A key without its secret."""

    handle: str = Field(examples=["3k9x0aqz"])
    """First part of the key, after `attest_`. It identifies the key."""
    person: str
    """Id of the key's holder."""
    byline: str
    """Byline of the key's holder."""
    role: Role
    """Role of the key. It applies only as far as the holder's own role still allows."""
    scopes: list[Scope]
    """Scopes of the key."""
    label: str | None
    """What the key is for, in its holder's words."""
    created_at: Timestamp
    """When the key was issued, UTC."""
    expires_at: Timestamp | None
    """When the key expires, UTC; null if it never expires."""
    revoked_at: Timestamp | None
    """When the key was revoked, UTC; null if it was not."""
    last_used_at: Timestamp | None
    """When the key was last used successfully, UTC, accurate to about a minute; null if never."""


class KeyIssued(KeyRead):
    """A new key with its secret, which is shown only once."""

    key: str = Field(examples=["attest_3k9x0aqz_…"])
    """The key itself. It is not stored anywhere; if you lose it, rotate it."""


class Keys(Read):
    """A list of keys."""

    items: list[KeyRead]
    """The keys in the order in which they were issued."""


class Me(Read):
    """Your identity and the permissions of the key that you sent."""

    byline: str
    """Your public name."""
    pseudonym: bool
    """True if the byline is a pseudonym."""
    role: Role
    """Your role with this key."""
    scopes: list[Scope]
    """Scopes of this key."""
    key: KeyRead
    """The key that you sent."""
