"""Ids that have been written: a million of them in 26 MB, where a set of texts takes five times as much."""

from bisect import bisect_left


class ToldIds:
    """A set of ids. Those that come in rising order, as most do, are kept as bytes one behind the other."""

    def __init__(self) -> None:
        self._rising = bytearray()
        self._width = 0
        self._last = b""
        self._others: set[str] = set()

    def add(self, identifier: str) -> None:
        """Remember an id."""
        told = identifier.encode()
        if not self._width:
            self._width = len(told)
        if len(told) == self._width and told > self._last:
            self._rising += told
            self._last = told
        else:
            self._others.add(identifier)

    def __contains__(self, identifier: str) -> bool:
        """True if it was added."""
        if identifier in self._others:
            return True
        told = identifier.encode()
        if not self._last or told > self._last:
            return False
        place = bisect_left(range(len(self._rising) // self._width), told, key=self._at)
        return self._at(place) == told

    def _at(self, place: int) -> bytes:
        begin = place * self._width
        return bytes(self._rising[begin : begin + self._width])
