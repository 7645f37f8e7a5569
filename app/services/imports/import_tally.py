"""What an import counts while it runs: the outcomes of rows and objects, and the reasons of refusals."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from app.errors import AttestError
from app.formats.parsing.import_rows import row_number
from app.schemas.files.import_report import ImportReport, Refusal, RefusalReason, RowWarning
from app.services.claims.figure_warnings import FigureWarning

RowOutcome = Literal["created", "unchanged", "revised", "refused"]

MAX_LISTED_REFUSALS = 1_000
"""Refusals, and different reasons of them, that a report lists at most; all are counted."""


class ImportRefusedError(AttestError):
    """A strict import refused rows, or the file was not certainly whole; the caller must roll back."""

    def __init__(self, report: ImportReport) -> None:
        if report.refused or not report.warnings:
            message = f"{report.refused} of {report.rows} rows were refused, so nothing was imported."
        else:
            message = f"{' '.join(report.warnings)} Nothing was imported."
        super().__init__(message)
        self.report = report


@dataclass
class ImportTally:
    """The counts and refusals of an import so far."""

    open_rows: dict[int, RowOutcome] = field(default_factory=dict)
    """The outcomes so far of the rows of the current batch, by row number."""
    rows: Counter[RowOutcome] = field(default_factory=Counter)
    objects: dict[str, Counter[RowOutcome]] = field(default_factory=lambda: defaultdict(Counter))
    refusals: list[Refusal] = field(default_factory=list)
    reason_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each field was refused for each reason."""
    first_lines: dict[tuple[str, str], int] = field(default_factory=dict)
    """The line of the first refusal of a field for a reason."""

    questioned: int = 0
    """Number of figures that their source may have qualified otherwise."""
    questions: list[RowWarning] = field(default_factory=list)

    def refuse(self, line: int, name: str, reason: str) -> None:
        """Count the refusal of a row, or of one field of it."""
        number = row_number(line)
        self.open_rows[number] = "refused"
        if len(self.refusals) < MAX_LISTED_REFUSALS:
            self.refusals.append(Refusal(line=line, row=number, field=name, reason=reason))
        if len(self.first_lines) < MAX_LISTED_REFUSALS:
            self.first_lines.setdefault((name, reason), line)
        if (name, reason) in self.first_lines:
            self.reason_counts[name, reason] += 1

    def question(self, line: int, warnings: Iterable[FigureWarning]) -> None:
        """Count what is questioned about the figures of a row."""
        for warning in warnings:
            self.questioned += 1
            if len(self.questions) < MAX_LISTED_REFUSALS:
                row = row_number(line)
                self.questions.append(RowWarning(line=line, row=row, field=warning.field, message=warning.sentence))

    def reasons(self) -> list[RefusalReason]:
        """Return the refusals, summed up by field and reason, in the order of the file."""
        return [
            RefusalReason(
                field=name, reason=reason, count=self.reason_counts[name, reason], line=line, row=row_number(line)
            )
            for (name, reason), line in self.first_lines.items()
        ]

    def count(self, line: int, noun: str, outcome: RowOutcome) -> None:
        """Count the outcome of an object in a row."""
        self.objects[noun][outcome] += 1
        # The outcome of a row is the strongest outcome of its objects.
        strength: tuple[RowOutcome, ...] = ("unchanged", "created", "revised", "refused")
        number = row_number(line)
        self.open_rows[number] = max(self.open_rows.get(number, "unchanged"), outcome, key=strength.index)

    def settle(self) -> None:
        """Reduce finished rows to counts: a file may have millions of rows."""
        self.open_rows.pop(0, None)  # number 0: records that the format itself adds belong to no row
        self.rows.update(self.open_rows.values())
        self.open_rows.clear()
