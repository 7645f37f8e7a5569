"""Schema of quoted passages of documents."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Language, Line, Schema, Verbatim
from app.schemas.base.validation_errors import FieldFaultError


class Quote(Schema):
    """A quoted passage of a document: a W3C Web Annotation TextQuoteSelector with an optional page or media time."""

    exact: Verbatim = Field(examples=["близько 11 тисяч військових КНДР"])
    """The exact words."""
    prefix: Verbatim | None = None
    """Words immediately before the passage."""
    suffix: Verbatim | None = None
    """Words immediately after the passage."""
    page: Line | None = None
    """Page number as printed."""
    media_time: Line | None = Field(None, pattern=r"^\d{1,2}:\d{2}:\d{2}(\.\d{1,3})?$", examples=["00:01:23"])
    """Time in the recording, hh:mm:ss."""
    language: Language | None = Field(None, examples=["uk"])
    """Language of the passage, BCP 47."""
    translation: Verbatim | None = None
    """Translation into the language of the statement."""
    translated_by: Line | None = None
    """Person or program that made the translation. Required with `translation`."""

    @model_validator(mode="after")
    def _translator_named(self) -> Self:
        if self.translation is not None and self.translated_by is None:
            raise FieldFaultError("translated_by", "must say who made the translation")
        return self
