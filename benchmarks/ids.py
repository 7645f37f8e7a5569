"""Identifiers like those of `app.db.ids`, but with a random part from a seed, so that every run has the same."""

from base64 import b32encode
from datetime import datetime
from random import Random

_LETTER = _CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD.encode())
_LETTER_TRIPLES = [a + b + c for a in _CROCKFORD for b in _CROCKFORD for c in _CROCKFORD]


class Ids:
    """Identifiers for the objects of one change, one per millisecond from the moment of the change."""

    def __init__(self, rng: Random, at: datetime) -> None:
        self._rng = rng
        self._moment = int(at.timestamp() * 1_000)
        self._suffixes = ""

    def new(self, prefix: str) -> str:
        """Return the next identifier; each is greater than those before."""
        if not self._suffixes:
            self._suffixes = _random_part(self._rng, 1_000)
        suffix, self._suffixes = self._suffixes[-16:], self._suffixes[:-16]
        self._moment += 1
        return _join(prefix, self._moment, suffix)


def single_id(prefix: str, at: datetime, rng: Random) -> str:
    """Return the identifier of an object recorded by a change of its own."""
    return _join(prefix, int(at.timestamp() * 1_000), _random_part(rng, 1))


def _random_part(rng: Random, identifiers: int) -> str:
    return b32encode(rng.randbytes(10 * identifiers)).translate(_TO_CROCKFORD).decode()


def _join(prefix: str, moment: int, suffix: str) -> str:
    # Fifty bits of time are encoded as ten letters.
    threes = (_LETTER_TRIPLES[moment >> shift & 32_767] for shift in (30, 15, 0))
    return f"{prefix}_{_LETTER[moment >> 45]}{''.join(threes)}{suffix}"
