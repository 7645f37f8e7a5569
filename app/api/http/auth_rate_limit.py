"""The rate limit on invalid keys, by key handle and by client address.

Only keys that have not worked before are counted. A key that has worked from an address goes on working from there,
whatever others try with its handle or from its address; a guess is never such a key. Every other key waits while its
handle or its address has used up its attempts, even a valid one: otherwise the response would confirm a correct guess.

Memory is constant and attempts are never unlimited: counters are two arrays of fixed size, indexed by a keyed hash. At
worst two handles or addresses share a counter and wait for each other. Each process counts by itself.
"""

import secrets
from array import array
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from time import monotonic
from typing import NamedTuple

from app.services.people.keys import PresentedKey

COUNTERS = 65_536
"""How many counters there are for handles, and for addresses."""

MAX_TRUSTED = 10_000
"""How many pairs of a key that has worked and its address are remembered."""

ADDRESS_FACTOR = 6
"""How many times as many attempts an address has as a handle. An office has several programs, and one that keeps
sending an expired key must not use up the attempts of the others."""


class _Counter(NamedTuple):
    """A counter that an attempt uses."""

    slot: int
    factor: int
    """How many times as many attempts it allows as a handle has."""
    seconds_per_attempt: float


class AuthRateLimit:
    """Counts attempts with the generic cell rate algorithm.

    A counter holds the time at which all its attempts are available again.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] | None = None) -> None:
        """`per_minute`: attempts with one handle, at once or spread evenly. `now` gives the time in seconds."""
        self._now = now or monotonic
        self._per_minute = per_minute
        self._secret = secrets.token_bytes(16)
        self._free_at = array("d", bytes(8 * 2 * COUNTERS))
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def seconds_to_wait(self, key: PresentedKey, address: str) -> int:
        """Count an attempt and return 0, or return the number of seconds until the next attempt is allowed.

        `record_success` and `refund` give the attempt back.
        """
        if (key.digest, network(address)) in self._trusted:
            return 0
        now = self._now()
        counters = self._counters(key, address)
        seconds = max(
            self._free_at[counter.slot] - now - (self._per_minute * counter.factor - 1) * counter.seconds_per_attempt
            for counter in counters
        )
        if seconds > 0:
            return ceil(seconds)
        for counter in counters:
            self._free_at[counter.slot] = max(self._free_at[counter.slot], now) + counter.seconds_per_attempt
        return 0

    def record_success(self, key: PresentedKey, address: str) -> None:
        """Trust this key from this address from now on."""
        self.refund(key, address)
        pair = key.digest, network(address)
        self._trusted[pair] = None
        self._trusted.move_to_end(pair)
        if len(self._trusted) > MAX_TRUSTED:
            self._trusted.popitem(last=False)

    def refund(self, key: PresentedKey, address: str) -> None:
        """Give the attempt back, because the key could not be checked."""
        if (key.digest, network(address)) not in self._trusted:
            for counter in self._counters(key, address):
                self._free_at[counter.slot] -= counter.seconds_per_attempt

    def record_failure(self, key: PresentedKey, address: str) -> None:
        """Stop trusting this key."""
        self._trusted.pop((key.digest, network(address)), None)

    def _counters(self, key: PresentedKey, address: str) -> tuple[_Counter, _Counter]:
        seconds = 60 / self._per_minute
        # A string that does not have the form of a key is its own handle.
        return (
            _Counter(self._index(key.handle or key.digest), 1, seconds),
            _Counter(self._index(network(address)) + COUNTERS, ADDRESS_FACTOR, seconds / ADDRESS_FACTOR),
        )

    def _index(self, subject: str) -> int:
        digest = blake2b(subject.encode(errors="replace"), key=self._secret, digest_size=4).digest()
        return int.from_bytes(digest) % COUNTERS


def network(address: str) -> str:
    """The network that counts as one client: an IPv4 address, or the IPv6 /64 that one subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
