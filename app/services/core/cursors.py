"""Cursors of lists: where a page ended, signed, and bound to the query that they belong to."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import msgspec
from itsdangerous import BadSignature, Signer

from app.errors import InvalidError

_decode = msgspec.json.Decoder(list[Any]).decode


class Cursors:
    """Makes and reads cursors. A cursor that was altered, or that belongs to another query, is refused."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, salt="attest-cursor", key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self, query: str, place: Sequence[Any]) -> str:
        """A cursor for the page after `place`, the sort values of the last row of this one."""
        text = msgspec.json.encode([_digest(query), *place])
        return self._signer.sign(urlsafe_b64encode(text).rstrip(b"=")).decode()

    def read(self, query: str, cursor: str) -> list[Any]:
        """The place of a cursor. Raises InvalidError if it is not one of ours, for this query."""
        try:
            signed = self._signer.unsign(cursor.encode())
        except (BadSignature, UnicodeEncodeError):
            raise InvalidError.of("cursor", "is not a cursor that this service has given") from None
        digest, *place = _decode(urlsafe_b64decode(signed + b"=" * (-len(signed) % 4)))
        if digest != _digest(query):
            raise InvalidError.of("cursor", "belongs to another query; keep all other parameters as they were")
        return place


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
