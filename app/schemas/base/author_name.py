"""Names of authors, in the parts that citation styles put in order and shorten."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Line, Schema
from app.schemas.base.validation_errors import FieldFaultError


class Name(Schema):
    """A name as CSL 1.0.2 has it: of a person by its parts, or one that is never taken apart."""

    family: Line | None = Field(None, examples=["Kim"])
    """Family name, with the particles that go with it in every list ('van Gogh' as 'Gogh' with the particle below)."""
    given: Line | None = Field(None, examples=["Jong Un"])
    """Given names."""
    particle: Line | None = Field(None, examples=["van"])
    """What stands before the family name and does not count when names are put in order."""
    suffix: Line | None = Field(None, examples=["Jr."])
    """What stands after the name."""
    literal: Line | None = Field(None, examples=["National Intelligence Service"])
    """The whole name: of an organisation, or of one who has a single name."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        parts = (self.family, self.given, self.particle, self.suffix)
        if self.literal is not None and any(part is not None for part in parts):
            raise FieldFaultError("literal", "stands alone: a name is either whole or in parts")
        if self.literal is None and self.family is None:
            raise FieldFaultError("family", "must be given, or the whole name as literal")
        return self
