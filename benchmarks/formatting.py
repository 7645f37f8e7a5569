"""`python -m benchmarks.formatting`: formatted citations per CPU second, compared with writing CSL-JSON."""

import os
from collections.abc import Callable, Iterable, Iterator

from app.formats.citations import bibliography, csl_json, short_style
from app.schemas.files.citation import Citation, Rendering
from benchmarks.screen import result_console as out

SIZES = (1, 20, 500)
ROUNDS = 3

Write = Callable[[Iterable[Citation], Rendering], Iterator[str]]
WRITERS: dict[str, tuple[Write, Rendering]] = {
    "csl_json": (csl_json.write, Rendering()),
    "short": (bibliography.write_text, Rendering(short_style.STYLE_NAME)),
    "apa": (bibliography.write_text, Rendering("apa")),
    "chicago-notes-bibliography": (bibliography.write_text, Rendering("chicago-notes-bibliography")),
    "ieee, HTML": (bibliography.write_html, Rendering("ieee")),
}


def main() -> None:
    """Measure and print a table for docs/citations.md."""
    out.print(
        "| | " + " | ".join(f"{size} references, ms" for size in SIZES) + " | references/s of 500 | of csl_json |"
    )
    out.print("|---" * (len(SIZES) + 3) + "|")
    csl_json_rate = 0.0
    for name, (write, rendering) in WRITERS.items():
        seconds = [_measure(write, rendering, _citations(size)) for size in SIZES]
        rate = SIZES[-1] / seconds[-1]
        csl_json_rate = csl_json_rate or rate
        cells = " | ".join(f"{1000 * duration:,.1f}" for duration in seconds)
        out.print(f"| {name} | {cells} | {rate:,.0f} | 1/{csl_json_rate / rate:,.0f} |")


def _measure(write: Write, rendering: Rendering, citations: list[Citation]) -> float:
    """CPU seconds for a list, including the citation processor; the best round, because other load slows some down."""
    durations = []
    # The system counts in hundredths of a second.
    repetitions = (
        1 if write is not csl_json.write and rendering.style != short_style.STYLE_NAME else 20_000 // len(citations)
    )
    for _ in range(ROUNDS):
        start = sum(os.times()[:4])
        for _ in range(repetitions):
            assert "".join(write(citations, rendering))
        durations.append((sum(os.times()[:4]) - start) / repetitions)
    return min(durations)


def _citations(count: int) -> list[Citation]:
    return [
        Citation(
            key=f"doc_{number}",
            type="article-newspaper",
            title=f"Ministry gives figure no. {number} of soldiers in the region",
            authors=[{"family": f"Reporter{number % 97}", "given": "Rita Maria"}],
            container=f"The Daily Paper of Town {number % 13}",
            issued=f"2025-01-{1 + number % 28:02}",
            url=f"https://example.org/{number}",
            language="en",
            address=f"https://attest.example/api/v1/documents/doc_{number}",
        )
        for number in range(count)
    ]


if __name__ == "__main__":
    main()
