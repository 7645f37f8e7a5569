"""Signed pagination cursors: each holds the sort values of the last row of a page and a digest of its query."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import msgspec
from itsdangerous import BadSignature, Signer

from app.errors import InvalidError

_decode = msgspec.json.Decoder(list[Any]).decode


class Cursors:
    """Makes cursors and reads them back; rejects a cursor that was altered or that belongs to another query."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, salt="attest-cursor", key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self, query: str, sort_values: Sequence[Any]) -> str:
        """The cursor of the page after the row with these sort values."""
        text = msgspec.json.encode([_digest(query), *sort_values])
        return self._signer.sign(urlsafe_b64encode(text).rstrip(b"=")).decode()

    def read(self, query: str, cursor: str) -> list[Any]:
        """The sort values in a cursor. Raises InvalidError if this service did not make it for this query."""
        try:
            signed = self._signer.unsign(cursor.encode())
        except (BadSignature, UnicodeEncodeError):
            raise InvalidError.of(
                "cursor", "is not a cursor of this service; take it unchanged from `next` of the previous page"
            ) from None
        digest, *sort_values = _decode(urlsafe_b64decode(signed + b"=" * (-len(signed) % 4)))
        if digest != _digest(query):
            raise InvalidError.of(
                "cursor", "belongs to another query; keep all other parameters unchanged while you page"
            )
        return sort_values


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
