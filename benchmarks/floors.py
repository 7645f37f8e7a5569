"""The floor of each case: the loop that somebody in a hurry would write against the driver itself.

Two queries as a rule, rows made into dicts, no checks, no counts of origins, no JSON. What Attest answers beyond that
(figures, origins, evidence, relations, the decision) is not in the floor.
"""

from collections.abc import Sequence

from benchmarks.drivers import Driver, Rows

SAID = (
    "SELECT a.*, s.name AS source_name, s.kind AS source_kind, d.title, d.url, d.published FROM attribution a"
    " JOIN source s ON s.id = a.source_id LEFT JOIN document d ON d.id = a.document_id WHERE "
)
_SAID_THEN = (
    "SELECT a.*, s.name AS source_name, s.kind AS source_kind, d.title, d.url, d.published FROM attribution_revision a"
    " JOIN source s ON s.id = a.source_id LEFT JOIN document d ON d.id = a.document_id WHERE a.change_seq <= ?"
    " AND NOT EXISTS (SELECT 1 FROM attribution_revision n WHERE n.id = a.id AND n.version = a.version + 1"
    " AND n.change_seq <= ?) AND "
)
_CLAIM_THEN = (
    "FROM claim_revision c WHERE c.change_seq <= ? AND NOT EXISTS (SELECT 1 FROM claim_revision n"
    " WHERE n.id = c.id AND n.version = c.version + 1 AND n.change_seq <= ?) AND "
)
_LATEST_FIRST = " ORDER BY c.time_earliest DESC, c.id DESC LIMIT 20"


def claim(driver: Driver, claim_id: str) -> None:
    """One claim with its attributions, their sources and documents."""
    driver.rows("SELECT * FROM claim WHERE id = ?", [claim_id])
    driver.rows(f"{SAID}a.claim_id = ?", [claim_id])


def claim_version(driver: Driver, claim_id: str) -> None:
    """The first version of a claim with the attributions of then."""
    rows = driver.rows("SELECT * FROM claim_revision WHERE id = ? AND version = 1", [claim_id])
    seq = rows[0]["change_seq"]
    driver.rows(f"{_SAID_THEN}a.claim_id = ?", [seq, seq, claim_id])


def claim_then(driver: Driver, claim_id: str, seq: int) -> None:
    """One claim as of a change."""
    driver.rows(
        "SELECT * FROM claim_revision WHERE id = ? AND change_seq <= ? ORDER BY version DESC LIMIT 1", [claim_id, seq]
    )
    driver.rows(f"{_SAID_THEN}a.claim_id = ?", [seq, seq, claim_id])


def _with_speakers(driver: Driver, claims: Rows) -> None:
    condition, values = driver.among("a.claim_id", [row["id"] for row in claims])
    driver.rows(f"{SAID}{condition}", values)


def _page(driver: Driver, conditions: str, values: Sequence[object]) -> None:
    statement = f"SELECT c.* FROM claim c WHERE c.stage = 'published' AND {conditions}{_LATEST_FIRST}"
    _with_speakers(driver, driver.rows(statement, values))


def filtered(driver: Driver, kind: str, status: str, since: str) -> None:
    """Twenty claims of a kind and a status since a day."""
    conditions = "c.kind = ? AND c.status = ? AND c.time IS NOT NULL AND c.time_latest >= ?"
    _page(driver, conditions, [kind, status, since])


def filtered_then(driver: Driver, kind: str, status: str, since: str, seq: int) -> None:
    """The same as of a change."""
    conditions = "c.stage = 'published' AND c.kind = ? AND c.status = ? AND c.time IS NOT NULL AND c.time_latest >= ?"
    values = [seq, seq, kind, status, since]
    found = driver.rows(f"SELECT c.* {_CLAIM_THEN}{conditions}{_LATEST_FIRST}", values)
    condition, ids = driver.among("a.claim_id", [row["id"] for row in found])
    driver.rows(f"{_SAID_THEN}{condition}", [seq, seq, *ids])


def everything(driver: Driver) -> None:
    """The latest twenty claims."""
    _page(driver, "c.time_earliest IS NOT NULL", [])


def of_topic(driver: Driver, topic_id: str) -> None:
    """The latest twenty claims of a topic."""
    _page(driver, "c.topic_id = ?", [topic_id])


def of_source(driver: Driver, source_id: str) -> None:
    """The latest twenty claims on which a source is on record; its parts are left out."""
    said = "SELECT 1 FROM attribution o WHERE o.claim_id = c.id AND o.source_id = ? AND NOT o.withdrawn"
    _page(driver, f"EXISTS ({said})", [source_id])


def deep(driver: Driver, day: str, claim_id: str) -> None:
    """Twenty claims from a place far down the list."""
    _page(driver, "(c.time_earliest, c.id) < (?, ?)", [day, claim_id])


def counted(driver: Driver) -> None:
    """The latest twenty claims, and how many there are of each status and kind."""
    everything(driver)
    driver.rows("SELECT status, kind, count(*) AS n FROM claim WHERE stage = 'published' GROUP BY status, kind", [])


def _matches(driver: Driver) -> tuple[str, str]:
    """What matches in the present, and the order by relevance; `?` is the query."""
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
            "FROM floor_text t JOIN claim c ON c.id = t.claim_id CROSS JOIN (SELECT CAST(? AS tsquery) AS asked) AS q"
            " WHERE t.words @@ q.asked AND t.latest AND c.stage = 'published'"
        ),
        " ORDER BY ts_rank(t.words, q.asked) DESC LIMIT 20",
    )


def found(driver: Driver, q: str) -> None:
    """The twenty claims that match best."""
    matching, best = _matches(driver)
    _with_speakers(driver, driver.rows(f"SELECT c.* {matching}{best}", [driver.match(q)]))


def found_and_counted(driver: Driver, q: str) -> None:
    """The same, and how many match of each status and kind."""
    matching, _best = _matches(driver)
    found(driver, q)
    driver.rows(f"SELECT c.status, c.kind, count(*) AS n {matching} GROUP BY c.status, c.kind", [driver.match(q)])


def found_and_counted_then(driver: Driver, q: str, seq: int) -> None:
    """The same as of a change."""
    matching, best = _matches(driver)
    then = (
        "t.change_seq <= ? AND NOT EXISTS (SELECT 1 FROM search_text n WHERE n.claim_id = t.claim_id"
        " AND n.version = t.version + 1 AND n.change_seq <= ?)"
    )
    matching = matching.replace("t.latest", then)
    values = [driver.match(q), seq, seq]
    _with_speakers(driver, driver.rows(f"SELECT c.* {matching}{best}", values))
    driver.rows(f"SELECT c.status, c.kind, count(*) AS n {matching} GROUP BY c.status, c.kind", values)


def estimates(driver: Driver, topic_id: str) -> None:
    """All figures of a topic, and who says so."""
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


def estimates_then(driver: Driver, topic_id: str, seq: int) -> None:
    """The same as of a change."""
    driver.rows(
        "SELECT c.*, q.* FROM (SELECT c.* "
        f"{_CLAIM_THEN}c.topic_id = ? AND c.stage = 'published') c"
        " JOIN quantity q ON q.claim_id = c.id AND q.content_version = c.content_version",
        [seq, seq, topic_id],
    )
    driver.rows(
        f"{_SAID_THEN}a.claim_id IN (SELECT c.id {_CLAIM_THEN}c.topic_id = ? AND c.stage = 'published')",
        [seq, seq, seq, seq, topic_id],
    )


def export(driver: Driver, topic_id: str) -> None:
    """All claims of a topic with their attributions, sources and documents."""
    driver.rows("SELECT * FROM claim WHERE topic_id = ? AND stage = 'published'", [topic_id])
    driver.rows(f"{SAID}a.claim_id IN (SELECT id FROM claim WHERE topic_id = ? AND stage = 'published')", [topic_id])
