"""The relay graph of a claim: which attribution was relayed from which, and which upstreams are allowed."""

from collections.abc import Iterable

from app.db.revisions import StoredRow
from app.errors import InvalidError

MAX_RELAYS = 20
"""The longest upstream chain, in relays. It is bounded because every attribution is returned with its whole chain."""


class RelayGraph:
    """The attributions of a claim and their upstreams. It has no cycles and no chain longer than `MAX_RELAYS`."""

    def __init__(self, rows: Iterable[StoredRow]) -> None:
        self.ids: dict[str, str] = {}
        """Attribution ids, by id and by key."""
        self._upstreams: dict[str, str | None] = {}
        for row in rows:
            self.add(row["id"], row["key"], row["upstream_id"])

    def add(self, identifier: str, key: str | None, upstream_id: str | None) -> None:
        """Add an attribution, which others may then name as their upstream."""
        self.ids |= {identifier: identifier} | ({key: identifier} if key is not None else {})
        self._upstreams[identifier] = upstream_id

    def resolve_upstream(self, ref: str | None, *, attribution_id: str | None) -> str | None:
        """The id of the upstream with this id or key; None for None.

        `attribution_id` is the attribution that names it, None for a new one. Raises InvalidError if the upstream does
        not exist, is itself relayed from that attribution, or makes a chain too long.
        """
        if ref is None:
            return None
        if ref not in self.ids:
            raise InvalidError.of(
                "upstream",
                "must be the id or key of an attribution of this claim that is on record or listed before this one",
            )
        upstream_id = self.ids[ref]
        if attribution_id is not None and self._upstreams[attribution_id] == upstream_id:
            return upstream_id  # Unchanged. Older records may exceed the limits.
        chain = self._chain_from(upstream_id)
        if attribution_id in chain:
            raise InvalidError.of("upstream", "must not be relayed, directly or through others, from this attribution")
        if len(chain) + (0 if attribution_id is None else self._max_depth_below(attribution_id)) > MAX_RELAYS:
            raise InvalidError.of(
                "upstream", f"makes the relay chain too long; it may have at most {MAX_RELAYS} relays"
            )
        return upstream_id

    def _chain_from(self, identifier: str) -> list[str]:
        """This attribution and everything upstream of it, nearest first."""
        chain: dict[str, None] = {}
        current: str | None = identifier
        while current is not None and current not in chain:
            chain[current] = None
            current = self._upstreams.get(current)
        return list(chain)

    def _max_depth_below(self, identifier: str) -> int:
        """The number of relays in the longest chain downstream of this attribution."""
        chains = (self._chain_from(attribution_id) for attribution_id in self._upstreams)
        return max(chain.index(identifier) for chain in chains if identifier in chain)
