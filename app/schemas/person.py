"""Schemas of people. Apart from bylines, only administrators see them."""

from pydantic import ConfigDict, Field

from app.schemas.base.fields import Identified, Line, Read, Schema, Timestamp
from app.vocabulary import Role


class PersonCreate(Schema):
    """A request to add a person."""

    byline: Line = Field(examples=["Desk 3"])
    """Public name of the person: their own name or a pseudonym. It must be unique."""
    pseudonym: bool = False
    """True if the byline is a pseudonym."""
    name: Line | None = Field(None, examples=["Jane Doe"])
    """The person's real name. Only administrators see it."""
    role: Role = Role.READER
    """What the person may do."""


class PersonChange(Schema):
    """Changes to a person. Fields that are left out stay unchanged.

    A new byline applies immediately, including to everything that the person did earlier. Otherwise past versions would
    reveal who is behind a pseudonym.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "fact_checker"}]})

    byline: Line | None = Field(None, examples=["Desk 4"])
    """New byline."""
    pseudonym: bool | None = None
    """True if the byline is a pseudonym."""
    name: Line | None = None
    """The person's real name; null removes it."""
    role: Role | None = None
    """New role. The person's keys cannot do more than it allows."""
    active: bool | None = Field(None, examples=[False])
    """False deactivates the account and revokes all keys at once; true reactivates the account, which then needs new
    keys."""


class PersonRead(Identified):
    """A person who works or worked with the record. The identifier is never public."""

    byline: str
    """Public name of the person."""
    pseudonym: bool
    """True if the byline is a pseudonym."""
    name: str | None
    """The person's real name. Only administrators see it."""
    role: Role
    """What the person may do."""
    system: bool
    """True for the account under which the program itself acts."""
    created_at: Timestamp
    """When the account was created, UTC."""
    left_at: Timestamp | None
    """When the account was deactivated, UTC; null if it is active."""


class People(Read):
    """Everyone who works or worked with the record."""

    items: list[PersonRead]
    """The people in the order in which their accounts were created."""
