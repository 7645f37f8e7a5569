"""People as they cross a door: for administrators alone, but for the byline."""

from pydantic import Field

from app.schemas.base.fields import Identified, Line, Moment, Read, Schema
from app.vocabulary import Role


class PersonCreate(Schema):
    """Somebody who is to work with the record."""

    byline: Line = Field(examples=["Desk 3"])
    """What the public is told of them: their name, or a pseudonym. Nobody else has it."""
    pseudonym: bool = False
    """Whether the byline is not their name."""
    name: Line | None = Field(None, examples=["Jane Doe"])
    """Who it is, for administrators alone."""
    role: Role = Role.READER
    """What they may do."""


class PersonChange(Schema):
    """What is to be different about somebody; what is left out stays as it is.

    Another byline holds at once and for all that they ever did: whoever needs a pseudonym is not found by looking at
    the past.
    """

    byline: Line | None = Field(None, examples=["Desk 4"])
    """Another byline."""
    pseudonym: bool | None = None
    """Whether the byline is not their name."""
    name: Line | None = None
    """Who it is; null forgets it."""
    role: Role | None = None
    """What they may do from now on; their keys may do no more."""
    active: bool | None = Field(None, examples=[False])
    """false ends their account: their keys are revoked at once. true opens it again, for new keys."""


class PersonRead(Identified):
    """Somebody who works, or worked, with the record. The identifier is never public."""

    byline: str
    """What the public is told of them."""
    pseudonym: bool
    """Whether the byline is not their name."""
    name: str | None
    """Who it is, for administrators alone."""
    role: Role
    """What they may do."""
    system: bool
    """Whether it is the program itself."""
    created_at: Moment
    """When the account was made, UTC."""
    left_at: Moment | None
    """Since when the account is closed, UTC."""


class People(Read):
    """Everybody who works, or worked, with the record."""

    items: list[PersonRead]
    """In the order in which their accounts were made."""
