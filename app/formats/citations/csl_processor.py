"""The citation processor: pandoc, which comes with the extra `styles`, in a process of its own for each list.

A process can read no file but the style (`--sandbox`), has a bounded heap and bounded seconds, of work and by the
clock, and writes no file; and only so many run at a time. Whatever a style that somebody brought does, it does to that
process.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from threading import BoundedSemaphore, Timer

from app.errors import BusyError, InvalidError, UnavailableError

HEAP = "512m"
"""How much memory a process may fill, as pandoc's run-time system counts it."""

SECONDS = 20
"""Seconds of work for one list."""

CLOCK = 60
"""Seconds by the clock: others may keep the machine busy."""

AT_ONCE = 2
"""Lists that are formatted at the same time."""

MOST_WAITING = 6
"""Lists that wait for their turn. Each takes a thread, which others need too."""

PATIENCE = 10.0
"""Seconds to wait for one's turn."""

BUSY_FOR = 10
"""Seconds after which whoever got no turn is told to ask again."""

MOST_TOLD = 64_000_000
"""Bytes of a formatted list."""

_HEAP_FULL = 251
"""How a process ends whose heap is full."""

_turns = BoundedSemaphore(AT_ONCE)
_places = BoundedSemaphore(AT_ONCE + MOST_WAITING)


def program() -> Path | None:
    """Where the processor is; None: the extra `styles` is not installed."""
    found = find_spec("pypandoc")
    places = None if found is None else found.submodule_search_locations
    paths = (Path(one) / "files" / name for one in places or () for name in ("pandoc", "pandoc.exe"))
    return next((path for path in paths if path.is_file()), None)


def run(document: bytes, *, style: str) -> bytes:
    """What the processor makes of a document, both in pandoc's JSON; `style` is XML.

    Raises InvalidError for a style that it cannot use, UnavailableError if it is not there, BusyError if it is busy.
    """
    pandoc = program()
    if pandoc is None:
        raise UnavailableError("There is no citation processor here.")
    with _turn(), _file(style) as path:
        command = [str(pandoc), "+RTS", f"-M{HEAP}", "-RTS", "--sandbox", "--quiet"]
        command += ["--from=json", "--to=json", "--citeproc", f"--csl={path}"]
        return _told(command, document)


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise _busy()
    try:
        if not _turns.acquire(timeout=PATIENCE):
            raise _busy()
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()


def _busy() -> BusyError:
    return BusyError("Many lists are being formatted; ask again in some seconds.", BUSY_FOR)


@contextmanager
def _file(style: str) -> Iterator[Path]:
    with NamedTemporaryFile("w", suffix=".csl", encoding="utf-8") as file:
        file.write(style)
        file.flush()
        yield Path(file.name)


def _told(command: Sequence[str], document: bytes) -> bytes:
    began = time.monotonic()
    with TemporaryFile() as complaints:
        with subprocess.Popen(  # noqa: S603 - the program of a package; what a user gives is in the files alone
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={"LC_ALL": "C.UTF-8", "HOME": os.devnull},
            cwd=os.sep,
        ) as process:
            _bind(process.pid)
            clock = Timer(CLOCK, process.kill)
            clock.start()
            try:
                told = _exchange(process, document)
            finally:
                clock.cancel()
                process.kill()
        complaints.seek(0)
        said = complaints.read(2000).decode("utf-8", "replace").strip()
    if told is None or process.returncode < 0 or process.returncode == _HEAP_FULL:
        seconds = time.monotonic() - began
        raise InvalidError.of("style", f"takes more time or memory than a list may (stopped after {seconds:.0f} s)")
    if process.returncode:
        line = next((line for line in said.splitlines() if line.strip()), "it does not say why")
        raise InvalidError.of("style", f"is not one that the processor can use: {line[:300]}")
    return told


def _bind(pid: int) -> None:
    """Bound what a process may use. What a system cannot bound is bounded by the clock and the heap alone."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not every system has it

        for what, most in (
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, 1_000_000),  # of complaints
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(pid, what, (most, most))


def _exchange(process: "subprocess.Popen[bytes]", document: bytes) -> bytes | None:
    """Hand over the document and take the answer; None if it ended before, or says too much."""
    if process.stdin is None or process.stdout is None:
        return None
    # It reads all there is before it says anything. A style that it cannot use it may refuse before.
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(document)
    told = process.stdout.read(MOST_TOLD + 1)
    if len(told) > MOST_TOLD:
        return None
    process.wait()
    return told
