"""Names of authors, split into the parts that citation styles reorder and abbreviate."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Line, Schema
from app.schemas.base.validation_errors import FieldFaultError


class AuthorName(Schema):
    """A name as defined by CSL 1.0.2: a person's name in parts, or a literal name that is never split."""

    family: Line | None = Field(None, examples=["Kim"])
    """Family name, including only particles that are never separated from it. 'van Gogh' is recorded as 'Gogh', with
    the particle 'van'."""
    given: Line | None = Field(None, examples=["Jong Un"])
    """Given names."""
    particle: Line | None = Field(None, examples=["van"])
    """Particle before the family name that is ignored in sorting."""
    suffix: Line | None = Field(None, examples=["Jr."])
    """Suffix after the name."""
    literal: Line | None = Field(None, examples=["National Intelligence Service"])
    """The whole name of an organisation, or of a person with a single name. It cannot be combined with the other
    fields."""

    @model_validator(mode="after")
    def _literal_or_parts(self) -> Self:
        parts = (self.family, self.given, self.particle, self.suffix)
        if self.literal is not None and any(part is not None for part in parts):
            raise FieldFaultError("literal", "must not be combined with parts of a name")
        if self.literal is None and self.family is None:
            raise FieldFaultError("family", "is required, unless literal contains the whole name")
        return self
