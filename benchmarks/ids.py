"""Identifiers like those of `app.db.ids`, but the same in every run: their random part comes from a seed."""

from base64 import b32encode
from datetime import datetime
from random import Random

_LETTER = _CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD.encode())
_THREE = [a + b + c for a in _CROCKFORD for b in _CROCKFORD for c in _CROCKFORD]


class Ids:
    """Identifiers of what one change records, one for each millisecond from the moment of the change on."""

    def __init__(self, rng: Random, at: datetime) -> None:
        self._rng = rng
        self._moment = int(at.timestamp() * 1_000)
        self._suffixes = ""

    def new(self, prefix: str) -> str:
        """The next one; each is greater than those before."""
        if not self._suffixes:
            self._suffixes = _random_part(self._rng, 1_000)
        suffix, self._suffixes = self._suffixes[-16:], self._suffixes[:-16]
        self._moment += 1
        return _joined(prefix, self._moment, suffix)


def one_id(prefix: str, at: datetime, rng: Random) -> str:
    """The identifier of something that was recorded alone."""
    return _joined(prefix, int(at.timestamp() * 1_000), _random_part(rng, 1))


def _random_part(rng: Random, identifiers: int) -> str:
    return b32encode(rng.randbytes(10 * identifiers)).translate(_TO_CROCKFORD).decode()


def _joined(prefix: str, moment: int, suffix: str) -> str:
    # 50 bits of time make ten letters.
    threes = (_THREE[moment >> shift & 32_767] for shift in (30, 15, 0))
    return f"{prefix}_{_LETTER[moment >> 45]}{''.join(threes)}{suffix}"
