"""Whether quotes and figures stand in the captured texts that they cite, as it crosses a door."""

from typing import Literal

from pydantic import Field

from app.schemas.base.fields import Read
from app.vocabulary import FigureFound


class CaptureLookup(Read):
    """What came of looking for something in one capture."""

    capture_id: str
    """Which capture."""
    document_id: str
    """Of which document."""
    result: FigureFound
    """Whether it stands there."""
    reason: str
    """Why, in a sentence."""
    where: str | None
    """The page, or the address within a web archive; null for a file that is one text."""
    excerpt: str | None
    """The words that were found, with some before and after; quotation marks, dashes and blanks made alike."""


class FigureCheck(Read):
    """Whether something that a claim rests on stands where it is said to stand."""

    about: Literal["attribution", "evidence", "quantity"]
    """What cites it."""
    id: str | None
    """Identifier of the attribution or piece of evidence; null for a figure of the claim."""
    position: int | None
    """Place of the figure among those of the claim, from 0; null for the others."""
    looked_for: str = Field(examples=["близько 11 тисяч"])
    """The words or the number."""
    result: FigureFound
    """`found` if one of the captures has it; `not_found` if all were read whole and none has."""
    reason: str
    """Why, in a sentence."""
    captures: list[CaptureLookup]
    """What came of looking in each capture of the documents that are cited."""


class FigureChecks(Read):
    """The quotes and figures of a claim, looked up in the captures of its documents."""

    items: list[FigureCheck]
    """Quotes of attributions, passages of evidence, then figures. What was withdrawn is left out."""
