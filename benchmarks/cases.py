"""The benchmark cases: for each one its random requests, its floor, and the closest request to Datasette."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks import floors
from benchmarks.drivers import Driver
from benchmarks.pool import Pool

API = "/api/v1"

REQUESTS = 1_000
"""Number of requests drawn for a case; they are repeated in this order."""


@dataclass(frozen=True)
class Case:
    """One kind of request."""

    name: str
    what: str
    """The label in the results."""
    draw: Callable[[Pool, Random], tuple[Any, ...]]
    """Draws the values of a request, which are the arguments of `path`, `floor` and `datasette`."""
    path: Callable[..., str]
    floor: Callable[..., None] | None = None
    """Runs the floor; called with a driver and the values."""
    datasette: Callable[..., str] | None = None
    conditional: bool = False
    """Whether requests send the current entity tag, so that the response is 304."""
    cursor: bool = False
    """Whether the path is completed with the cursor of a deep page."""
    heavy: bool = False
    """Whether a request is slow at a million claims, so that fewer run at once."""
    history_of: str = ""
    """The case that this one repeats as of a past moment."""

    def draw_requests(self, pool: Pool, seed: int) -> list[tuple[Any, ...]]:
        """Draw the values of all requests; they are the same in every run on the same database."""
        rng = Random(f"{self.name} {seed}")
        return [self.draw(pool, rng) for _ in range(REQUESTS)]

    def run_floor(self, driver: Driver, values: tuple[Any, ...]) -> None:
        """Run the floor of a request with the driver."""
        if self.floor is not None:
            self.floor(driver, *values)


def _claims(**parameters: object) -> str:
    return f"{API}/claims?{urlencode(parameters, quote_via=quote)}"


def _pick(name: str) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return (rng.choice(getattr(pool, name)),)

    return draw


def _pick_tuple(name: str) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return tuple(rng.choice(getattr(pool, name)))

    return draw


def _no_values(_pool: Pool, _rng: Random) -> tuple[Any, ...]:
    return ()


def _as_of(draw: Callable[[Pool, Random], tuple[Any, ...]]) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw_with_moment(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return (*draw(pool, rng), pool.middle, pool.middle_seq)

    return draw_with_moment


def _floor_as_of(floor: Callable[..., None]) -> Callable[..., None]:
    def floor_as_of(driver: Driver, *values: Any) -> None:
        *floor_values, _moment, seq = values
        floor(driver, *floor_values, seq)

    return floor_as_of


def _datasette_list(kind: str, status: str, since: str) -> str:
    query = {
        "stage": "published", "kind": kind, "status": status, "time_latest__gte": since, "time__notnull": 1,
        "_sort_desc": "time_earliest", "_size": 20, "_shape": "objects", "_nocount": 1,
    }  # fmt: skip
    return f"/attest/claim.json?{urlencode(query)}"


def _datasette_search(q: str) -> str:
    query = [
        ("_search", q), ("stage", "published"), ("latest", 1), ("_facet", "status"), ("_facet", "kind"), ("_size", 20),
        ("_shape", "objects"), ("_nocount", 1),
    ]  # fmt: skip
    return f"/attest/claim_search.json?{urlencode(query)}"


def _pick_word(script: str) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return (rng.choice(pool.by_script[script]),)

    return draw


_SCRIPTS = ("latin", "cyrillic", "hangul", "arabic", "han", "greek")

CASES: tuple[Case, ...] = (
    Case(
        "claim",
        "one claim, complete",
        _pick("claims"),
        lambda claim_id: f"{API}/claims/{claim_id}",
        floors.claim,
        lambda claim_id: f"/attest/claim/{claim_id}.json?_shape=objects&_extras=foreign_key_tables",
    ),
    Case(
        "list",
        "list of 20 (kind, status, date)",
        _pick_tuple("lists"),
        lambda kind, status, since: _claims(kind=kind, status=status, date_from=since),
        floors.filtered,
        _datasette_list,
    ),
    Case(
        "search",
        "two-word search with facets",
        _pick("typical_pairs"),
        lambda q: _claims(q=q, facets="status,kind"),
        floors.search_with_facets,
        _datasette_search,
    ),
    Case(
        "claim-by-sql",
        "one claim, Datasette with a custom query",
        _pick("claims"),
        lambda claim_id: f"{API}/claims/{claim_id}",
        None,
        lambda claim_id: f"/attest/claim_whole.json?_shape=objects&id={claim_id}",
    ),
    Case("list-all", "list, unfiltered", _no_values, lambda: f"{API}/claims", floors.latest),
    Case("list-topic", "list of a topic", _pick("topics"), lambda topic: _claims(topic=topic), floors.by_topic),
    Case("list-source", "list of a source", _pick("sources"), lambda source: _claims(source=source), floors.by_source),
    Case(
        "list-deep",
        "page at depth 100,000, by cursor",
        _pick_tuple("deep"),
        lambda _day, _claim: f"{API}/claims",
        floors.deep,
        cursor=True,
    ),
    Case(
        "facets-all",
        "list with facets, unfiltered",
        _no_values,
        lambda: _claims(facets="status,kind"),
        floors.latest_with_facets,
        heavy=True,
    ),
    Case(
        "search-hot",
        "search for a frequent word",
        _pick("hot_words"),
        lambda q: _claims(q=q),
        floors.search,
        heavy=True,
    ),
    Case(
        "search-hot-pair",
        "search for a pair of frequent words",
        _pick("hot_pairs"),
        lambda q: _claims(q=q),
        floors.search,
        heavy=True,
    ),
    Case(
        "search-hot-facets",
        "frequent word with facets",
        _pick("hot_words"),
        lambda q: _claims(q=q, facets="status,kind"),
        floors.search_with_facets,
        heavy=True,
    ),
    *(
        Case(
            f"search-{script}",
            f"search for a word, {script.title()}",
            _pick_word(script),
            lambda q: _claims(q=q),
            floors.search,
        )
        for script in _SCRIPTS
    ),
    Case(
        "search-typing",
        "prefix while typing",
        _pick("prefixes"),
        lambda q: _claims(q=q, limit=10),
        floors.search,
        heavy=True,
    ),
    Case(
        "estimates",
        "estimates of a typical topic",
        _pick("topics"),
        lambda topic: f"{API}/topics/{topic}/estimates",
        floors.estimates,
    ),
    Case(
        "estimates-largest",
        "estimates of the largest topics",
        _pick("largest_topics"),
        lambda topic: f"{API}/topics/{topic}/estimates",
        floors.estimates,
        heavy=True,
    ),
    Case(
        "claim-version",
        "a version of a claim",
        _pick("claims"),
        lambda claim_id: f"{API}/claims/{claim_id}/versions/1",
        floors.claim_version,
    ),
    Case(
        "claim-then",
        "one claim, as of the midpoint",
        _as_of(_pick("old_claims")),
        lambda claim_id, moment, _seq: f"{API}/claims/{claim_id}?as_of={moment}",
        _floor_as_of(floors.claim_as_of),
        history_of="claim",
    ),
    Case(
        "list-then",
        "list of 20, as of the midpoint",
        _as_of(_pick_tuple("lists")),
        lambda kind, status, since, moment, _seq: _claims(kind=kind, status=status, date_from=since, as_of=moment),
        _floor_as_of(floors.filtered_as_of),
        history_of="list",
    ),
    Case(
        "search-then",
        "two-word search with facets, as of the midpoint",
        _as_of(_pick("typical_pairs")),
        lambda q, moment, _seq: _claims(q=q, facets="status,kind", as_of=moment),
        _floor_as_of(floors.search_with_facets_as_of),
        history_of="search",
    ),
    Case(
        "estimates-then",
        "estimates of a typical topic, as of the midpoint",
        _as_of(_pick("topics")),
        lambda topic, moment, _seq: f"{API}/topics/{topic}/estimates?as_of={moment}",
        _floor_as_of(floors.estimates_as_of),
        history_of="estimates",
    ),
    Case(
        "claim-304",
        "one claim, unchanged (304)",
        _pick("claims"),
        lambda claim_id: f"{API}/claims/{claim_id}",
        conditional=True,
    ),
    Case(
        "list-304",
        "list of 20, unchanged (304)",
        _pick_tuple("lists"),
        lambda kind, status, since: _claims(kind=kind, status=status, date_from=since),
        conditional=True,
    ),
    Case(
        "export",
        "export of 1,000 claims",
        _pick("exported_topics"),
        lambda topic: f"{API}/export?topic={topic}",
        floors.export,
        heavy=True,
    ),
    Case("docs", "documentation page", _no_values, lambda: "/docs"),
    Case("health", "health", _no_values, lambda: f"{API}/health"),
)
"""In the order of the tables; the first three have goals."""

BY_NAME = {case.name: case for case in CASES}
PRIMARY = CASES[:3]
AGAIN = (*PRIMARY, BY_NAME["list-all"], BY_NAME["claim-then"])
"""Cases that are also measured with the response cache."""
