"""What an import did, as it crosses a door."""

from pydantic import Field

from app.schemas.base.fields import Read


class Refusal(Read):
    """A row that was not taken."""

    line: int = Field(examples=[17])
    """Line of the file on which the row begins, from 1."""
    row: int = Field(examples=[16])
    """Number of the row, from 1; tells rows apart that share a line."""
    field: str = Field(examples=["date"])
    """Field of the row, dotted; empty if it is the row as a whole."""
    reason: str = Field(examples=["is not a date"])
    """What is wrong and what would be right."""


class Tally(Read):
    """How many objects of one noun an import touched."""

    created: int
    """New."""
    unchanged: int
    """There already, saying the same."""
    revised: int
    """There already, and changed."""


class ImportReport(Read):
    """What an import did, or would do."""

    format: str = Field(examples=["ua_mod_losses"])
    """The format that the file was read as."""
    rows: int
    """Rows of the file that were read."""
    created: int
    """Rows that made something new."""
    unchanged: int
    """Rows that changed nothing."""
    revised: int
    """Rows that changed something that was there."""
    refused: int
    """Rows that were not taken."""
    refusals: list[Refusal]
    """Why (the first 1,000)."""
    objects: dict[str, Tally]
    """The same by noun, in objects rather than rows."""
    dry_run: bool
    """Nothing was written."""
    seconds: float
    """How long it took."""
