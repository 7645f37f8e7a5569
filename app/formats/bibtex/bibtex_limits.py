"""How much text the entries of a BibTeX file may have from elsewhere in it: by `@string`, `crossref` and `xdata`.

Without a bound, three kilobytes that double a text forty times come to more than any machine holds, and thousands of
entries that each have the same long text cost as much as if they said it.
"""

LONGEST_SHARED = 50_000
"""Most characters of a value that is put together, and of what one entry has from others: a note holds no more."""

_ALWAYS, _TIMES = 1_000_000, 2
"""Characters that all entries of a file may have from elsewhere, whatever its size, and for each character of it."""


class FaultyError(Exception):
    """Why an entry cannot be read, going on from its field's name; what is not told apart in it has none."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field[:100]
        self.reason = reason


class Room:
    """What the entries of one file may still have from elsewhere, in characters."""

    def __init__(self, written: int) -> None:
        """For a file of so many characters."""
        self._most = self._left = _ALWAYS + _TIMES * written

    def take(self, field: str, characters: int) -> None:
        """A field has so many from elsewhere. Raises FaultyError, and takes none, if there is no room for them."""
        if characters > self._left:
            raise FaultyError(
                field,
                "must be written out: all entries together have no more than"
                f" {self._most:,} characters from @string, crossref and xdata",
            )
        self._left -= characters


class Share:
    """What one entry may still have from others, in characters."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._left = LONGEST_SHARED

    def take(self, field: str, characters: int) -> None:
        """A field has so many from another entry. Raises FaultyError if that is more than one, or all, may have."""
        if characters > self._left:
            raise FaultyError(
                field, f"must be written out: an entry has no more than {LONGEST_SHARED:,} characters from others"
            )
        self._left -= characters
        self._room.take(field, characters)
