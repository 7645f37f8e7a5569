"""Cursors of lists: where a page ended, signed, and bound to the query that they belong to."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from app.errors import InvalidError


class Cursors:
    """Makes and reads cursors. A cursor that was altered, or that belongs to another query, is refused."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="attest-cursor")

    def make(self, query: Mapping[str, Any], place: Sequence[Any]) -> str:
        """A cursor for the page after `place`, the sort values of the last row of this one."""
        return str(
            self._serializer.dumps(
                [_digest(query), [str(value) if isinstance(value, date) else value for value in place]]
            )
        )

    def read(self, query: Mapping[str, Any], cursor: str) -> list[Any]:
        """The place of a cursor. Raises InvalidError if it is not one of ours, for this query."""
        try:
            digest, place = self._serializer.loads(cursor)
        except (BadData, ValueError, TypeError):
            raise InvalidError.of("cursor", "is not a cursor that this service has given") from None
        if digest != _digest(query):
            raise InvalidError.of("cursor", "belongs to another query; keep all other parameters as they were")
        return list(place)


def _digest(query: Mapping[str, Any]) -> str:
    text = json.dumps(query, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
