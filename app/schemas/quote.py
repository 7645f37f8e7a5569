"""Passages of documents."""

from typing import Self

from pydantic import Field, model_validator

from app.schemas.base.fields import Language, Line, Schema, Verbatim
from app.schemas.base.validation_errors import FieldFaultError


class Quote(Schema):
    """A passage of a document: W3C Web Annotation TextQuoteSelector, with page or media time."""

    exact: Verbatim = Field(examples=["близько 11 тисяч військових КНДР"])
    """The words themselves."""
    prefix: Verbatim | None = None
    """The words right before them."""
    suffix: Verbatim | None = None
    """The words right after them."""
    page: Line | None = None
    """Page, as printed."""
    media_time: Line | None = Field(None, pattern=r"^\d{1,2}:\d{2}:\d{2}(\.\d{1,3})?$", examples=["00:01:23"])
    """Time in the recording, hh:mm:ss."""
    language: Language | None = Field(None, examples=["uk"])
    """Language of the words, BCP 47."""
    translation: Verbatim | None = None
    """The words in the language of the statement."""
    translated_by: Line | None = None
    """Who translated them, a person or a program."""

    @model_validator(mode="after")
    def _translator_named(self) -> Self:
        if self.translation is not None and self.translated_by is None:
            raise FieldFaultError("translated_by", "must say who made the translation")
        return self
