"""The floor of each case: a minimal implementation directly on the driver.

A floor usually runs two queries and turns rows into dicts, without checks, counts of origins or JSON. It does not have
the rest of Attest's responses: figures, origins, evidence, relations and the decision.
"""

from collections.abc import Sequence

from benchmarks.drivers import Driver, Rows

ATTRIBUTIONS = (
    "SELECT a.*, s.name AS source_name, s.kind AS source_kind, d.title, d.url, d.published FROM attribution a"
    " JOIN source s ON s.id = a.source_id LEFT JOIN document d ON d.id = a.document_id WHERE "
)
_ATTRIBUTIONS_AS_OF = (
    "SELECT a.*, s.name AS source_name, s.kind AS source_kind, d.title, d.url, d.published FROM attribution_revision a"
    " JOIN source s ON s.id = a.source_id LEFT JOIN document d ON d.id = a.document_id WHERE a.change_seq <= ?"
    " AND NOT EXISTS (SELECT 1 FROM attribution_revision n WHERE n.id = a.id AND n.version = a.version + 1"
    " AND n.change_seq <= ?) AND "
)
_CLAIMS_AS_OF = (
    "FROM claim_revision c WHERE c.change_seq <= ? AND NOT EXISTS (SELECT 1 FROM claim_revision n"
    " WHERE n.id = c.id AND n.version = c.version + 1 AND n.change_seq <= ?) AND "
)
_LATEST_FIRST = " ORDER BY c.time_earliest DESC, c.id DESC LIMIT 20"


def claim(driver: Driver, claim_id: str) -> None:
    """One claim with its attributions, their sources and documents."""
    driver.rows("SELECT * FROM claim WHERE id = ?", [claim_id])
    driver.rows(f"{ATTRIBUTIONS}a.claim_id = ?", [claim_id])


def claim_version(driver: Driver, claim_id: str) -> None:
    """The first version of a claim with its attributions at that time."""
    rows = driver.rows("SELECT * FROM claim_revision WHERE id = ? AND version = 1", [claim_id])
    seq = rows[0]["change_seq"]
    driver.rows(f"{_ATTRIBUTIONS_AS_OF}a.claim_id = ?", [seq, seq, claim_id])


def claim_as_of(driver: Driver, claim_id: str, seq: int) -> None:
    """One claim as of a change."""
    driver.rows(
        "SELECT * FROM claim_revision WHERE id = ? AND change_seq <= ? ORDER BY version DESC LIMIT 1", [claim_id, seq]
    )
    driver.rows(f"{_ATTRIBUTIONS_AS_OF}a.claim_id = ?", [seq, seq, claim_id])


def _add_attributions(driver: Driver, claims: Rows) -> None:
    condition, values = driver.among("a.claim_id", [row["id"] for row in claims])
    driver.rows(f"{ATTRIBUTIONS}{condition}", values)


def _page(driver: Driver, conditions: str, values: Sequence[object]) -> None:
    statement = f"SELECT c.* FROM claim c WHERE c.stage = 'published' AND {conditions}{_LATEST_FIRST}"
    _add_attributions(driver, driver.rows(statement, values))


def filtered(driver: Driver, kind: str, status: str, since: str) -> None:
    """Twenty claims of a kind and a status since a date."""
    conditions = "c.kind = ? AND c.status = ? AND c.time IS NOT NULL AND c.time_latest >= ?"
    _page(driver, conditions, [kind, status, since])


def filtered_as_of(driver: Driver, kind: str, status: str, since: str, seq: int) -> None:
    """Twenty claims of a kind and a status since a date, as of a change."""
    conditions = "c.stage = 'published' AND c.kind = ? AND c.status = ? AND c.time IS NOT NULL AND c.time_latest >= ?"
    values = [seq, seq, kind, status, since]
    claims = driver.rows(f"SELECT c.* {_CLAIMS_AS_OF}{conditions}{_LATEST_FIRST}", values)
    condition, ids = driver.among("a.claim_id", [row["id"] for row in claims])
    driver.rows(f"{_ATTRIBUTIONS_AS_OF}{condition}", [seq, seq, *ids])


def latest(driver: Driver) -> None:
    """The latest twenty claims."""
    _page(driver, "c.time_earliest IS NOT NULL", [])


def by_topic(driver: Driver, topic_id: str) -> None:
    """The latest twenty claims of a topic."""
    _page(driver, "c.topic_id = ?", [topic_id])


def by_source(driver: Driver, source_id: str) -> None:
    """The latest twenty claims with an attribution to a source, without those of its sub-organisations."""
    attributions = "SELECT 1 FROM attribution o WHERE o.claim_id = c.id AND o.source_id = ? AND NOT o.withdrawn"
    _page(driver, f"EXISTS ({attributions})", [source_id])


def deep(driver: Driver, day: str, claim_id: str) -> None:
    """Twenty claims from a deep page of the list."""
    _page(driver, "(c.time_earliest, c.id) < (?, ?)", [day, claim_id])


def latest_with_facets(driver: Driver) -> None:
    """The latest twenty claims, and the number of claims of each status and kind."""
    latest(driver)
    driver.rows("SELECT status, kind, count(*) AS n FROM claim WHERE stage = 'published' GROUP BY status, kind", [])


def _matches(driver: Driver) -> tuple[str, str]:
    """The FROM and WHERE clauses for the current matches, and the order by relevance; `?` is the query."""
    if driver.name == "sqlite":
        return (
            (
                "FROM search_index JOIN search_text t ON t.id = search_index.rowid JOIN claim c ON c.id = t.claim_id"
                " WHERE search_index MATCH ? AND t.latest AND c.stage = 'published'"
            ),
            " ORDER BY search_index.rank LIMIT 20",
        )
    return (
        (
            "FROM floor_text t JOIN claim c ON c.id = t.claim_id CROSS JOIN (SELECT CAST(? AS tsquery) AS query) AS q"
            " WHERE t.words @@ q.query AND t.latest AND c.stage = 'published'"
        ),
        " ORDER BY ts_rank(t.words, q.query) DESC LIMIT 20",
    )


def search(driver: Driver, q: str) -> None:
    """The twenty best matches."""
    matching, best = _matches(driver)
    _add_attributions(driver, driver.rows(f"SELECT c.* {matching}{best}", [driver.match(q)]))


def search_with_facets(driver: Driver, q: str) -> None:
    """The twenty best matches, and the number of matches of each status and kind."""
    matching, _best = _matches(driver)
    search(driver, q)
    driver.rows(f"SELECT c.status, c.kind, count(*) AS n {matching} GROUP BY c.status, c.kind", [driver.match(q)])


def search_with_facets_as_of(driver: Driver, q: str, seq: int) -> None:
    """The twenty best matches and the numbers of matches, as of a change."""
    matching, best = _matches(driver)
    condition = (
        "t.change_seq <= ? AND NOT EXISTS (SELECT 1 FROM search_text n WHERE n.claim_id = t.claim_id"
        " AND n.version = t.version + 1 AND n.change_seq <= ?)"
    )
    matching = matching.replace("t.latest", condition)
    values = [driver.match(q), seq, seq]
    _add_attributions(driver, driver.rows(f"SELECT c.* {matching}{best}", values))
    driver.rows(f"SELECT c.status, c.kind, count(*) AS n {matching} GROUP BY c.status, c.kind", values)


def estimates(driver: Driver, topic_id: str) -> None:
    """All figures of a topic, and the attributions of their claims."""
    driver.rows(
        "SELECT c.*, q.* FROM claim c JOIN quantity q ON q.claim_id = c.id AND q.content_version = c.content_version"
        " WHERE c.topic_id = ? AND c.stage = 'published' ORDER BY c.time_earliest, c.id",
        [topic_id],
    )
    driver.rows(
        "SELECT a.*, s.name AS source_name FROM claim c JOIN attribution a ON a.claim_id = c.id"
        " JOIN source s ON s.id = a.source_id WHERE c.topic_id = ? AND c.stage = 'published'",
        [topic_id],
    )


def estimates_as_of(driver: Driver, topic_id: str, seq: int) -> None:
    """All figures of a topic and the attributions of their claims, as of a change."""
    driver.rows(
        "SELECT c.*, q.* FROM (SELECT c.* "
        f"{_CLAIMS_AS_OF}c.topic_id = ? AND c.stage = 'published') c"
        " JOIN quantity q ON q.claim_id = c.id AND q.content_version = c.content_version",
        [seq, seq, topic_id],
    )
    driver.rows(
        f"{_ATTRIBUTIONS_AS_OF}a.claim_id IN (SELECT c.id {_CLAIMS_AS_OF}c.topic_id = ? AND c.stage = 'published')",
        [seq, seq, seq, seq, topic_id],
    )


def export(driver: Driver, topic_id: str) -> None:
    """All claims of a topic with their attributions, sources and documents."""
    driver.rows("SELECT * FROM claim WHERE topic_id = ? AND stage = 'published'", [topic_id])
    driver.rows(
        f"{ATTRIBUTIONS}a.claim_id IN (SELECT id FROM claim WHERE topic_id = ? AND stage = 'published')", [topic_id]
    )
