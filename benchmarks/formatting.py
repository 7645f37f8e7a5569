"""`python -m benchmarks.formatting`: formatted citations per second of work, beside what it takes to write CSL-JSON."""

import os
from collections.abc import Callable, Iterable, Iterator

from app.formats.citations import bibliography, csl_json, short_style
from app.schemas.files.citation import Citation, Rendering
from benchmarks.screen import results as out

SIZES = (1, 20, 500)
ROUNDS = 3

Write = Callable[[Iterable[Citation], Rendering], Iterator[str]]
WAYS: dict[str, tuple[Write, Rendering]] = {
    "csl_json": (csl_json.write, Rendering()),
    "short": (bibliography.write_text, Rendering(short_style.STYLE_NAME)),
    "apa": (bibliography.write_text, Rendering("apa")),
    "chicago-notes-bibliography": (bibliography.write_text, Rendering("chicago-notes-bibliography")),
    "ieee, HTML": (bibliography.write_html, Rendering("ieee")),
}


def main() -> None:
    """Measure, and print a table for docs/citations.md."""
    out.print(
        "| | " + " | ".join(f"{size} references, ms" for size in SIZES) + " | references/s of 500 | of csl_json |"
    )
    out.print("|---" * (len(SIZES) + 3) + "|")
    base = 0.0
    for name, (write, rendering) in WAYS.items():
        seconds = [_measured(write, rendering, _citations(size)) for size in SIZES]
        rate = SIZES[-1] / seconds[-1]
        base = base or rate
        shown = " | ".join(f"{1000 * one:,.1f}" for one in seconds)
        out.print(f"| {name} | {shown} | {rate:,.0f} | 1/{base / rate:,.0f} |")


def _measured(write: Write, rendering: Rendering, cited: list[Citation]) -> float:
    """Seconds of work for a list, ours and of the processor, the best of some, for others use the machine too."""
    taken = []
    # The system counts in hundredths of a second.
    again = 1 if write is not csl_json.write and rendering.style != short_style.STYLE_NAME else 20_000 // len(cited)
    for _ in range(ROUNDS):
        begin = sum(os.times()[:4])
        for _ in range(again):
            assert "".join(write(cited, rendering))
        taken.append((sum(os.times()[:4]) - begin) / again)
    return min(taken)


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
