"""How often one may try keys that are not good: so often by handle, and so often by address.

Only what has not worked before is counted. A key that has worked from an address goes on working from there, whatever
others try with its handle or from its address; a guess is never such a key. Every other key, a good one too, waits
while its handle or its address has used up its tries: else a guess would be told that it is right.

Nothing here can be out or full. The counts stand in two arrays of a fixed size, in places that a keyed hash chooses: in
the worst of cases two share a place and wait for one another, and nobody is ever unlimited. Each process counts by
itself.
"""

import secrets
from array import array
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from time import monotonic

from app.services.people.keys import Presented

PLACES = 65_536
"""Places for counts, of handles and of addresses each."""

REMEMBERED = 10_000
"""Keys that have worked, with their addresses, that are remembered."""

PER_ADDRESS = 6
"""So many times as often as with one handle one may try from one address: an office has several programs, and one that
keeps sending a key that has ended must not use up the tries of all."""


class WrongKeys:
    """Counts tries by the generic cell rate algorithm: one number for each place, the time at which it is empty."""

    def __init__(self, per_minute: int, now: Callable[[], float] | None = None) -> None:
        """`per_minute`: tries with one handle, at once or evenly spread."""
        self._now = now or monotonic
        self._most = per_minute
        self._secret = secrets.token_bytes(16)
        self._empty = array("d", bytes(8 * 2 * PLACES))
        self._worked: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, key: Presented, address: str) -> int:
        """Seconds to wait before this key is looked at; 0: it may be looked at now, and that counts as a try.

        `worked` takes the try back.
        """
        if (key.digest, network(address)) in self._worked:
            return 0
        now = self._now()
        places = self._places(key, address)
        over = max(self._empty[place] - now - (self._most * most - 1) * each for place, most, each in places)
        if over > 0:
            return ceil(over)
        for place, _most, each in places:
            self._empty[place] = max(self._empty[place], now) + each
        return 0

    def worked(self, key: Presented, address: str) -> None:
        """This key is good; from this address it is counted no more."""
        known = key.digest, network(address)
        self.take_back(key, address)
        self._worked[known] = None
        self._worked.move_to_end(known)
        if len(self._worked) > REMEMBERED:
            self._worked.popitem(last=False)

    def take_back(self, key: Presented, address: str) -> None:
        """The try counts for nothing, because nobody could tell whether this key is good."""
        if (key.digest, network(address)) not in self._worked:
            for place, _most, each in self._places(key, address):
                self._empty[place] -= each

    def failed(self, key: Presented, address: str) -> None:
        """This key is not good, whatever it was before."""
        self._worked.pop((key.digest, network(address)), None)

    def _places(self, key: Presented, address: str) -> tuple[tuple[int, int, float], ...]:
        """Where a key and an address are counted: the place, how many times as often as a handle, seconds for a try."""
        each = 60 / self._most
        # What has not the form of a key is its own handle.
        return (
            (self._place(key.handle or key.digest), 1, each),
            (self._place(network(address)) + PLACES, PER_ADDRESS, each / PER_ADDRESS),
        )

    def _place(self, whom: str) -> int:
        digest = blake2b(whom.encode(errors="replace"), key=self._secret, digest_size=4).digest()
        return int.from_bytes(digest) % PLACES


def network(address: str) -> str:
    """What counts as one address: with IPv6 the /64, of which every subscriber has 2^64 addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
