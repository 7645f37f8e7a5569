"""Schemas of import reports."""

from pydantic import Field

from app.schemas.base.fields import Read


class Refusal(Read):
    """A row that was refused."""

    line: int = Field(examples=[17])
    """Line of the file on which the row begins, from 1."""
    row: int = Field(examples=[16])
    """Number of the row, from 1. It distinguishes rows on the same line."""
    field: str = Field(examples=["date"])
    """Field of the row as a dotted path; empty if the problem concerns the whole row."""
    reason: str = Field(examples=["must be a day such as 2025-01-12"])
    """What is wrong and what would be right."""


class Tally(Read):
    """Number of objects of one kind in an import."""

    created: int
    """Objects that are new."""
    unchanged: int
    """Objects that existed already and did not change."""
    revised: int
    """Objects that existed already and changed."""


class ImportReport(Read):
    """What an import did, or would do."""

    format: str = Field(examples=["ua_mod_losses"])
    """Format of the file, given or detected."""
    rows: int
    """Rows that were read."""
    created: int
    """Rows that created a new object."""
    unchanged: int
    """Rows that changed nothing."""
    revised: int
    """Rows that changed an existing object."""
    refused: int
    """Rows that were refused."""
    refusals: list[Refusal]
    """The first 1,000 refused rows, with reasons."""
    objects: dict[str, Tally]
    """Number of objects of each kind that were created, unchanged or revised."""
    dry_run: bool
    """True if nothing was written."""
    seconds: float
    """Duration of the import in seconds."""
