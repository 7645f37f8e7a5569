"""Schemas of figure checks: whether captured texts contain the quotes and figures they are cited for."""

from typing import Literal

from pydantic import Field

from app.schemas.base.fields import Read
from app.vocabulary import FigureFound


class CaptureLookup(Read):
    """Result of searching one capture."""

    capture_id: str
    """Id of the capture."""
    document_id: str
    """Id of the document."""
    transcript_of: str | None
    """Id of the recording that the capture is a transcript of, or the subtitles; null if it is neither."""
    result: FigureFound
    """Whether the capture contains the text."""
    reason: str
    """Explanation of the result, in one sentence."""
    where: str | None
    """Page, or address within a web archive; null for a file that is a single text."""
    excerpt: str | None
    """The match with some context. Quotation marks, dashes and spaces are normalised."""


class FigureCheck(Read):
    """Result of checking one quote or figure against the captures of the documents that are cited for it."""

    about: Literal["attribution", "evidence", "quantity"]
    """Kind of object to which the quote or figure belongs."""
    id: str | None
    """Id of the attribution or piece of evidence; null for a figure of the claim."""
    position: int | None
    """Position of the figure among the figures of the claim, from 0; null for attributions and evidence."""
    looked_for: str = Field(examples=["близько 11 тисяч"])
    """Words or number that Attest searched for."""
    result: FigureFound
    """`found` if a capture contains it; `not_found` if all captures were read completely and none contains it."""
    reason: str
    """Explanation of the result, in one sentence."""
    captures: list[CaptureLookup]
    """Result for each capture of the cited documents."""


class FigureChecks(Read):
    """Checks of a claim's quotes and figures against the captures of its documents."""

    items: list[FigureCheck]
    """Quotes of attributions first, then passages of evidence, then figures. Withdrawn objects are left out."""
