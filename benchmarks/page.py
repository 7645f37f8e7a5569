"""docs/performance.md: what was measured, between markers; what people wrote around them stays."""

from pathlib import Path

from benchmarks import charts, report
from benchmarks.results import Results

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN = "<!-- written by `make bench-full`: begin -->"
END = "<!-- written by `make bench-full`: end -->"

FIRST_TIME = f"""# Performance

How fast Attest is, measured beside a loop over the database driver itself and beside Datasette on the same file.

{BEGIN}
{END}
"""

METHOD = """
## How it was measured

The databases are made up by `benchmarks/` from a seed: our schema, our migrations, a record of two years with two
attributions to a claim, revisions, decisions and a search index, all as our own services would have written them.
Words and sources are as uneven as in life. Both engines hold the same rows; every variant is asked the same requests.

The variants run in one go, shuffled within each round, on one core, while the client runs on another:

* **Attest**, `attest serve` with nothing kept (`ATTEST_KEPT_ANSWERS_BYTES=0`): every answer is made anew. **Again**
  is the service as it is, which gives an answer that it has kept once the database says that it still holds; here it
  has kept nearly all of them, in life it has kept those that are asked for often.
* **The floor**: the naive loop over the driver (sqlite3; psycopg, everything prepared), as a rule two queries, rows
  made into dicts, no JSON. It does less than Attest: no figures, counts, origins, evidence, decisions. On PostgreSQL it
  searches a table of its own, with the index that one would make first.
* **Datasette** on the same SQLite file, as immutable, limits raised. One claim is its row with the numbers of rows that
  point to it, which is what Datasette has by itself; beside it stands a query written for the purpose, which joins
  attributions, sources and documents. The list has the claims alone; the search counts by the same two facets.

Requests are checked once before they are timed. **CPU** is user and system time of the server, with PostgreSQL also
of all its processes, divided by the requests answered on 8 connections; requests per second are of that same time.
**p50** and **p99** are at 32 connections. A cell has the median of the rounds (and the least and the most). **floor ÷
ours**: 1 would be as cheap as the floor. **÷ Datasette**: requests per second, which suffer from whatever else the
machine does; **its CPU ÷ ours** does so less. **÷ now**: CPU of the past by CPU of the present.

PostgreSQL has 1 GB of shared buffers, no fsync and no autovacuum: reads are as they would be, writes look better.
SQLite writes are synced to the disk. Import times hold everything: reading the file, rules, revisions, log, indexes,
search.
"""


def write(results: Results) -> Path:
    """Write the page and its charts; where the page is."""
    text = PAGE.read_text() if PAGE.exists() else FIRST_TIME
    before, _, rest = text.partition(BEGIN)
    _old, _, after = rest.partition(END)
    drawn = charts.draw(results, PAGE.with_name("performance"))
    machine = "\n".join(f"| {name} | {value} |" for name, value in results.machine.items())
    pictures = "\n\n".join(f"![{alt}](performance/{path.name})" for path, alt in drawn)
    tables = "\n\n".join(table.markdown() for table in report.everything(results))
    body = f"\n{pictures}\n\n| | |\n| --- | --- |\n{machine}\n{METHOD}\n## Results\n\n{tables}\n"
    PAGE.write_text(f"{before}{BEGIN}\n{body}{END}{after}")
    return PAGE
