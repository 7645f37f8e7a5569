"""From whom a word was relayed: what an attribution may name as its upstream."""

from collections.abc import Iterable

from app.db.revisions import Row
from app.errors import InvalidError

MOST_RELAYS = 20
"""Through so many hands at most a word may have come: each attribution is shown with all of them."""


class Relays:
    """The attributions of a claim, as an upstream may name them: who has the word from whom."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.ids: dict[str, str] = {}
        """By key and by id."""
        self._upstreams: dict[str, str | None] = {}
        for row in rows:
            self.add(row["id"], row["key"], row["upstream_id"])

    def add(self, identifier: str, key: str | None, upstream_id: str | None) -> None:
        """From here on it may be named."""
        self.ids |= {identifier: identifier} | ({key: identifier} if key is not None else {})
        self._upstreams[identifier] = upstream_id

    def upstream(self, named: str | None, *, of: str | None) -> str | None:
        """The id of the upstream that is named so, `of` an attribution that is there or, for None, of a new one.

        Raises InvalidError if there is none, if it has its word from that attribution, or from too far.
        """
        if named is None:
            return None
        if named not in self.ids:
            raise InvalidError.of(
                "upstream", "there is no such attribution of this claim; it must stand before those that relay it"
            )
        if of is not None and self._upstreams[of] == self.ids[named]:
            return self.ids[named]  # as it was
        above = self._way_up(self.ids[named])
        if of in above:
            raise InvalidError.of("upstream", "must not be relayed, directly or through others, from this attribution")
        if len(above) + (0 if of is None else self._relays_below(of)) > MOST_RELAYS:
            raise InvalidError.of("upstream", f"is relayed from too far: through {MOST_RELAYS} hands at most")
        return self.ids[named]

    def _way_up(self, identifier: str) -> list[str]:
        """This attribution and all that it comes from, nearest first."""
        way: dict[str, None] = {}
        above: str | None = identifier
        while above is not None and above not in way:
            way[above] = None
            above = self._upstreams.get(above)
        return list(way)

    def _relays_below(self, identifier: str) -> int:
        """Through how many hands its word has gone on, at most."""
        ways = (self._way_up(one) for one in self._upstreams)
        return max(way.index(identifier) for way in ways if identifier in way)
