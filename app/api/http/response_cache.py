"""The response cache: bodies of recently requested addresses, because the claims of the day are read over and over.

A cached response is never wrong: it counts only for its own entity tag, and the current tag is read from the database
for each request.
"""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple


class CachedResponse(NamedTuple):
    """A body, its entity tag, its surrogate keys, and the address that it redirects to if there is one."""

    tag: str
    body: bytes
    surrogate_keys: str
    redirect_to: str | None = None


class ResponseCache:
    """A cache of limited size that drops the least recently used response first. Safe to use from several threads."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` bounds the sum of the bodies; 0 turns the cache off."""
        self._free_bytes = max_bytes
        self._max_body_bytes = max_bytes // 20
        """A larger response is not cached, because it would displace too many others."""
        self._responses: OrderedDict[tuple[str, bytes], CachedResponse] = OrderedDict()
        self._lock = Lock()

    def get(self, address: tuple[str, bytes]) -> CachedResponse | None:
        """The last response to this path and query string, if it is still cached."""
        with self._lock:
            response = self._responses.get(address)
            if response is not None:
                self._responses.move_to_end(address)
            return response

    def put(self, address: tuple[str, bytes], response: CachedResponse) -> None:
        """Cache a response, and drop the least recently used ones if there is no space for it."""
        with self._lock:
            previous = self._responses.pop(address, None)
            self._free_bytes += len(previous.body) if previous is not None else 0
            if len(response.body) > self._max_body_bytes:
                return
            self._responses[address] = response
            self._free_bytes -= len(response.body)
            while self._free_bytes < 0:
                _address, oldest = self._responses.popitem(last=False)
                self._free_bytes += len(oldest.body)
