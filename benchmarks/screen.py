"""What the benchmarks say while they run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False)
"""Progress; results go to standard output."""

results = Console(highlight=False, width=None if Console().is_terminal else 170)
"""The tables at the end."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say how long something took."""
    begin = time.perf_counter()
    yield
    console.print(f"  {what}: {time.perf_counter() - begin:.1f} s")
