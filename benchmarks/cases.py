"""What is measured: for each case how a request is drawn, its floor, and what Datasette answers that comes nearest."""

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
"""Requests that are drawn for a case; they are asked again and again, in this order."""


@dataclass(frozen=True)
class Case:
    """One kind of request."""

    name: str
    what: str
    """For a reader of the results."""
    draw: Callable[[Pool, Random], tuple[Any, ...]]
    """What this request asks for; the values go into the other three."""
    path: Callable[..., str]
    floor: Callable[..., None] | None = None
    """Called with a driver and the values."""
    datasette: Callable[..., str] | None = None
    conditional: bool = False
    """Asked with the entity tag of the answer before, so that 304 comes back."""
    cursor: bool = False
    """The path is completed with the cursor of a page far down."""
    heavy: bool = False
    """Takes so long, at a million claims, that fewer are asked at once."""
    history_of: str = ""
    """The case of which this one asks the past."""

    def asked(self, pool: Pool, seed: int) -> list[tuple[Any, ...]]:
        """The values of all requests, the same in every run on the same database."""
        rng = Random(f"{self.name} {seed}")
        return [self.draw(pool, rng) for _ in range(REQUESTS)]

    def run_floor(self, driver: Driver, values: tuple[Any, ...]) -> None:
        """Do by the driver what a request asks for."""
        if self.floor is not None:
            self.floor(driver, *values)


def _claims(**parameters: object) -> str:
    return f"{API}/claims?{urlencode(parameters, quote_via=quote)}"


def _pick(name: str) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return (rng.choice(getattr(pool, name)),)

    return draw


def _each(name: str) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return tuple(rng.choice(getattr(pool, name)))

    return draw


def _nothing(_pool: Pool, _rng: Random) -> tuple[Any, ...]:
    return ()


def _then(draw: Callable[[Pool, Random], tuple[Any, ...]]) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def drawn(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return (*draw(pool, rng), pool.middle, pool.middle_seq)

    return drawn


def _floor_then(floor: Callable[..., None]) -> Callable[..., None]:
    def floored(driver: Driver, *values: Any) -> None:
        *asked, _moment, seq = values
        floor(driver, *asked, seq)

    return floored


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


def _word_of(script: str) -> Callable[[Pool, Random], tuple[Any, ...]]:
    def draw(pool: Pool, rng: Random) -> tuple[Any, ...]:
        return (rng.choice(pool.by_script[script]),)

    return draw


_SCRIPTS = ("latin", "cyrillic", "hangul", "arabic", "han", "greek")

CASES: tuple[Case, ...] = (
    Case(
        "claim",
        "one claim, whole",
        _pick("claims"),
        lambda claim_id: f"{API}/claims/{claim_id}",
        floors.claim,
        lambda claim_id: f"/attest/claim/{claim_id}.json?_shape=objects&_extras=foreign_key_tables",
    ),
    Case(
        "list",
        "list of 20 (kind, status, date)",
        _each("lists"),
        lambda kind, status, since: _claims(kind=kind, status=status, date_from=since),
        floors.filtered,
        _datasette_list,
    ),
    Case(
        "search",
        "two-word search with facets",
        _pick("typical_pairs"),
        lambda q: _claims(q=q, facets="status,kind"),
        floors.found_and_counted,
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
    Case("list-all", "list, unfiltered", _nothing, lambda: f"{API}/claims", floors.everything),
    Case("list-topic", "list of a topic", _pick("topics"), lambda topic: _claims(topic=topic), floors.of_topic),
    Case("list-source", "list of a source", _pick("sources"), lambda source: _claims(source=source), floors.of_source),
    Case(
        "list-deep",
        "page at depth 100,000, by cursor",
        _each("deep"),
        lambda _day, _claim: f"{API}/claims",
        floors.deep,
        cursor=True,
    ),
    Case(
        "facets-all",
        "list with facets, unfiltered",
        _nothing,
        lambda: _claims(facets="status,kind"),
        floors.counted,
        heavy=True,
    ),
    Case(
        "search-hot",
        "search for a frequent word",
        _pick("hot_words"),
        lambda q: _claims(q=q),
        floors.found,
        heavy=True,
    ),
    Case(
        "search-hot-pair",
        "search for a pair of frequent words",
        _pick("hot_pairs"),
        lambda q: _claims(q=q),
        floors.found,
        heavy=True,
    ),
    Case(
        "search-hot-facets",
        "frequent word with facets",
        _pick("hot_words"),
        lambda q: _claims(q=q, facets="status,kind"),
        floors.found_and_counted,
        heavy=True,
    ),
    *(
        Case(
            f"search-{script}",
            f"search for a word, {script.title()}",
            _word_of(script),
            lambda q: _claims(q=q),
            floors.found,
        )
        for script in _SCRIPTS
    ),
    Case(
        "search-typing",
        "prefix while typing",
        _pick("prefixes"),
        lambda q: _claims(q=q, limit=10),
        floors.found,
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
        _then(_pick("old_claims")),
        lambda claim_id, moment, _seq: f"{API}/claims/{claim_id}?as_of={moment}",
        _floor_then(floors.claim_then),
        history_of="claim",
    ),
    Case(
        "list-then",
        "list of 20, as of the midpoint",
        _then(_each("lists")),
        lambda kind, status, since, moment, _seq: _claims(kind=kind, status=status, date_from=since, as_of=moment),
        _floor_then(floors.filtered_then),
        history_of="list",
    ),
    Case(
        "search-then",
        "two-word search with facets, as of the midpoint",
        _then(_pick("typical_pairs")),
        lambda q, moment, _seq: _claims(q=q, facets="status,kind", as_of=moment),
        _floor_then(floors.found_and_counted_then),
        history_of="search",
    ),
    Case(
        "estimates-then",
        "estimates of a typical topic, as of the midpoint",
        _then(_pick("topics")),
        lambda topic, moment, _seq: f"{API}/topics/{topic}/estimates?as_of={moment}",
        _floor_then(floors.estimates_then),
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
        _each("lists"),
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
    Case("docs", "documentation page", _nothing, lambda: "/docs"),
    Case("health", "health", _nothing, lambda: f"{API}/health"),
)
"""In the order of the tables; the first three are those that the goals are set for."""

BY_NAME = {case.name: case for case in CASES}
PRIMARY = CASES[:3]
AGAIN = (*PRIMARY, BY_NAME["list-all"], BY_NAME["claim-then"])
"""Cases that are also measured as the service answers them that has kept its answers."""
