"""Writes docs/performance.md: results go between two markers; hand-written text around the markers is kept."""

from pathlib import Path

from benchmarks import charts, report
from benchmarks.results import Results

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN = "<!-- written by `make bench-full`: begin -->"
END = "<!-- written by `make bench-full`: end -->"

EMPTY_PAGE = f"""# Performance

This page shows how fast Attest is, compared with a minimal script that uses the database driver directly, and with
Datasette on the same file.

{BEGIN}
{END}
"""

VARIANTS = {
    "uncached": "`attest serve` with the response cache switched off (`ATTEST_RESPONSE_CACHE_BYTES=0`). "
    "It builds every response.",
    "cached": "`attest serve` with its default settings. It returns a cached response after the database has confirmed "
    "that the response is still valid. Nearly all responses are cached in this benchmark; in production, only frequent "
    "ones are.",
    "baseline": "A minimal script that uses the driver directly (`sqlite3`, or psycopg with prepared statements). It "
    "usually runs two queries, turns rows into dicts and writes no JSON. It does less than Attest: no figures, counts, "
    "origins, evidence or decisions. On PostgreSQL it searches its own table with the most obvious index.",
    "Datasette": "Datasette on the same SQLite file, opened as immutable and with its limits raised. For a claim, "
    "it returns its row with counts of the rows that refer to it, which is what Datasette offers by default. An extra "
    "case uses a custom query, which joins attributions, sources and documents. The list contains claims only. The "
    "search counts by the same two facets.",
}

COLUMNS = {
    "CPU ms": "User and system time of the server for each request, with 8 connections. On PostgreSQL it includes all "
    "database processes.",
    "requests/s": "Throughput during the same measurement.",
    "p50 ms, p99 ms": "Latency with 32 connections.",
    "× baseline": "CPU time of the baseline divided by that of Attest. 1 means that both cost the same.",
    "× Datasette, requests/s": "Throughput of Attest divided by that of Datasette. Other load affects it.",
    "× Datasette, CPU": "CPU time of Datasette divided by that of Attest. Other load affects it less.",
    "past ÷ present": "CPU time of a read with `as_of` divided by that of the same read without it.",
}


def _definitions(name: str, meanings: dict[str, str]) -> str:
    return "\n".join([f"| {name} | meaning |", "| --- | --- |", *(f"| {key} | {meanings[key]} |" for key in meanings)])


METHOD = f"""
## Method

**Data.** `benchmarks/` generates the databases from a seed. They use Attest's schema and migrations, and contain what
Attest's own services would have written: two years of records, two attributions for each claim, revisions, decisions
and a search index. The distribution of words and sources is as uneven as in real data. Both engines hold the same
rows, and every variant gets the same requests.

**Variants.** All variants are measured in one run, in random order within each round. The server has one core and the
client has another.

{_definitions("variant", VARIANTS)}

**Columns.** Each request's response is checked once before it is timed.

{_definitions("column", COLUMNS)}

A cell shows the median of the rounds. If there were several rounds, it also shows the lowest and the highest value.

**Configuration.** PostgreSQL runs with 1 GB of shared buffers, without fsync and without autovacuum. This does not
affect reads, but it makes writes look faster. SQLite syncs its writes to disk. Import times include everything: reading
the file, rules, revisions, log, indexes and search.
"""


def write(results: Results) -> Path:
    """Write the page and its charts, and return the path of the page."""
    text = PAGE.read_text() if PAGE.exists() else EMPTY_PAGE
    before, _, rest = text.partition(BEGIN)
    _previous, _, after = rest.partition(END)
    drawn = charts.draw(results, PAGE.with_name("performance"))
    machine = "\n".join(f"| {name} | {value} |" for name, value in results.machine.items())
    pictures = "\n\n".join(f"![{alt}](performance/{path.name})" for path, alt in drawn)
    goals = "\n\n".join(table.markdown() for table in report.overview(results))
    tables = "\n\n".join(table.markdown() for table in report.measurements(results))
    body = (
        f"\n## Goals\n\n{goals}\n\n{pictures}\n\n## Machine\n\n| | |\n| --- | --- |\n{machine}\n{METHOD}\n"
        f"## Measurements\n\n{tables}\n"
    )
    PAGE.write_text(f"{before}{BEGIN}\n{body}{END}{after}")
    return PAGE
