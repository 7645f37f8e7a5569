"""Limits on the text that entries of a BibTeX file take from elsewhere in it: by `@string`, `crossref` and `xdata`.

Without limits, a file of three kilobytes that doubles a text forty times would exhaust the memory of any machine, and
thousands of entries that inherit the same long text would cost as much as if each of them contained it.
"""

MAX_EXPANDED_LENGTH = 50_000
"""Characters of one concatenated value, and of all that one entry inherits. A note cannot be longer either."""

_FILE_ALLOWANCE, _FILE_FACTOR = 1_000_000, 2
"""Characters that all entries of a file may take from elsewhere: a fixed amount plus a multiple of its length."""


class BibtexEntryError(Exception):
    """An entry cannot be read. `reason` continues the name of `field`, which is empty if the entry is at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field[:100]
        self.reason = reason


class FileBudget:
    """The characters that all entries of one file may still take from elsewhere in it."""

    def __init__(self, file_length: int) -> None:
        """Start the budget of a file of `file_length` characters."""
        self._limit = self._remaining = _FILE_ALLOWANCE + _FILE_FACTOR * file_length

    def spend(self, field: str, characters: int) -> None:
        """Deduct the characters that a field takes. If too few remain, deduct nothing and raise BibtexEntryError."""
        if characters > self._remaining:
            raise BibtexEntryError(
                field,
                "takes too much text from elsewhere: all entries of a file together may take at most"
                f" {self._limit:,} characters from @string, crossref and xdata; write the value out here",
            )
        self._remaining -= characters


class EntryBudget:
    """The characters that one entry may still take from other entries."""

    def __init__(self, file_budget: FileBudget) -> None:
        self._file_budget = file_budget
        self._remaining = MAX_EXPANDED_LENGTH

    def spend(self, field: str, characters: int) -> None:
        """Deduct the characters that a field takes. Raises BibtexEntryError if too few are left."""
        if characters > self._remaining:
            raise BibtexEntryError(
                field,
                f"takes too much text from other entries: an entry may take at most {MAX_EXPANDED_LENGTH:,} characters"
                " from them; write the value out here",
            )
        self._remaining -= characters
        self._file_budget.spend(field, characters)
