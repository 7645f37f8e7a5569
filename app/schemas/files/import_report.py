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


class RefusalReason(Read):
    """Refusals of one field for one reason, summed up."""

    field: str = Field(examples=["date"])
    """Field of the rows as a dotted path; empty if the problem concerns whole rows."""
    reason: str = Field(examples=["must be a day such as 2025-01-12"])
    """What is wrong and what would be right."""
    count: int = Field(examples=[42])
    """How many refusals have this field and this reason."""
    line: int = Field(examples=[17])
    """Line of the first of them, from 1."""
    row: int = Field(examples=[16])
    """Number of the row of the first of them, from 1."""

    @property
    def text(self) -> str:
        """The reason, with the number of times that it occurs if that is more than one."""
        return self.reason if self.count == 1 else f"{self.reason} ({self.count:,} times; this is the first)"


class DuplicateCandidate(Read):
    """An existing object that a new one equals."""

    id: str
    """Identifier of the object."""
    key: str | None
    """Key that identifies the object in import files; null if it has none."""
    label: str | None
    """Name, title or statement of the object."""


class PossibleDuplicate(Read):
    """An object of the file that was recorded although it equals existing ones."""

    line: int = Field(examples=[17])
    """Line of the file on which the row begins, from 1."""
    row: int = Field(examples=[16])
    """Number of the row, from 1. It distinguishes rows on the same line."""
    record: str = Field(examples=["source"])
    """Kind of object: source, topic, document or claim."""
    id: str
    """Identifier of the object that was recorded."""
    key: str | None
    """Key of the object in the file; null if it has none."""
    candidates: list[DuplicateCandidate]
    """The oldest ten of the objects that it equals."""


class RowWarning(Read):
    """A question about something that was imported as it is in the file."""

    line: int = Field(examples=[17])
    """Line of the file on which the row begins, from 1."""
    row: int = Field(examples=[16])
    """Number of the row, from 1. It distinguishes rows on the same line."""
    field: str = Field(examples=["quantities.0.qualifier"])
    """Field of the row as a dotted path."""
    message: str = Field(
        examples=["quantities.0.qualifier is 'exact', but its verbatim words say \"around 300\"."],
    )
    """What is questioned, and what would be right."""


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
    reasons: list[RefusalReason]
    """The first 1,000 different reasons of refusals, each with the number of times that it occurs."""
    may_be_cut: bool
    """True if the file may have lost its end: it is empty, or a table whose last line has no line end, and it was not
    declared complete. A figure in its last cell may then have lost digits."""
    warnings: list[str] = Field(examples=[[]])
    """What else makes it uncertain that the file was whole."""
    possible_duplicates: int
    """Objects that were recorded although they equal existing ones, and were not ruled distinct from them."""
    duplicates: list[PossibleDuplicate]
    """The first 1,000 possible duplicates, with what they equal. Merge them, or rule them distinct with
    `distinct_from`."""
    questioned: int
    """Number of questions about figures that are recorded as exact although the quoted words say otherwise, such as
    "around 300". They were imported as they are."""
    questions: list[RowWarning]
    """The first 1,000 of these questions."""
    objects: dict[str, Tally]
    """Number of objects of each kind that were created, unchanged or revised."""
    dry_run: bool
    """True if nothing was written."""
    seconds: float
    """Duration of the import in seconds."""
