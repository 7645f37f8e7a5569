"""The consoles of the benchmarks: progress on standard error, results on standard output."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False)
"""For progress messages."""

result_console = Console(highlight=False, width=None if Console().is_terminal else 170)
"""For the tables of results."""


@contextmanager
def step(description: str) -> Iterator[None]:
    """Print how long the body took."""
    start = time.perf_counter()
    yield
    console.print(f"  {description}: {time.perf_counter() - start:.1f} s")
