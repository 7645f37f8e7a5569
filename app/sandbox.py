"""Sandboxed processes: hostile files and styles are handled in short-lived processes that can harm only themselves.

All kinds of sandboxed work share one bounded pool, because each process may take a processor and a gigabyte of memory.
A task is admitted first, or refused at once if too many are waiting; each of its processes then takes a slot.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Timer
from typing import IO, NamedTuple

from app.errors import BusyError

MAX_RUNNING = 2
"""How many processes run at a time."""

MAX_WAITING = 6
"""How many tasks may be admitted beyond those that are running. Each of them holds a thread while it waits."""

SLOT_TIMEOUT = 10.0
"""Seconds that a task waits for a slot."""

RETRY_AFTER = 10
"""Seconds after which a refused client should try again."""

MAX_ERROR_BYTES = 2_000
"""How much of standard error is kept."""

_slots = BoundedSemaphore(MAX_RUNNING)
_admissions = BoundedSemaphore(MAX_RUNNING + MAX_WAITING)


@contextmanager
def admission(activity: str) -> Iterator[None]:
    """Admit a task, however many processes it runs. Raises BusyError, which names the activity, if too many wait."""
    if not _admissions.acquire(blocking=False):
        raise busy(activity)
    try:
        yield
    finally:
        _admissions.release()


@contextmanager
def slot(timeout: float) -> Iterator[bool]:
    """Hold a slot while the block runs; False if none became free within so many seconds."""
    is_acquired = timeout > 0 and _slots.acquire(timeout=timeout)
    try:
        yield is_acquired
    finally:
        if is_acquired:
            _slots.release()


def busy(activity: str) -> BusyError:
    """The error for a client whose task gets no slot."""
    return BusyError(f"The server is busy {activity}. Try again in {RETRY_AFTER} seconds.", RETRY_AFTER)


class ProcessResult(NamedTuple):
    """How a process ended."""

    output: bytes | None
    """What it wrote to standard output; None if it was stopped, or wrote more than it may."""
    returncode: int
    """Its exit status; negative if a signal ended it."""
    error_output: str
    """The beginning of what it wrote to standard error."""
    seconds: float
    """How long it ran."""


def run(
    command: Sequence[str],
    input_bytes: bytes,
    *,
    max_seconds: float,
    max_output_bytes: int,
    environment: Mapping[str, str],
    pass_fds: Sequence[int] = (),
    rlimits: Mapping[str, int] | None = None,
) -> ProcessResult:
    """Run a process in a slot that the caller holds: write its input, and read its output.

    `max_seconds` is wall-clock time, after which the process is killed. `rlimits` bounds its resources by the names of
    the module `resource` (`RLIMIT_CPU`); a system without them has the other bounds only. It starts in the root folder
    with nothing but this environment.
    """
    started = time.monotonic()
    # Standard error goes to a file: a full pipe would block a process whose output we are still reading.
    with TemporaryFile() as error_file:
        with subprocess.Popen(  # noqa: S603 - callers name the program; what a user sent is only in the input or a file
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=error_file,
            pass_fds=pass_fds,
            env=dict(environment),
            cwd=os.sep,
        ) as process:
            _limit(process.pid, rlimits or {})
            deadline = Timer(max_seconds, process.kill)
            deadline.start()
            try:
                output = _exchange(process.stdin, process.stdout, input_bytes, max_output_bytes)
                if output is not None:
                    process.wait()
            finally:
                deadline.cancel()
                process.kill()
        error_file.seek(0)
        error_output = error_file.read(MAX_ERROR_BYTES).decode("utf-8", "replace").strip()
    return ProcessResult(output, process.returncode, error_output, time.monotonic() - started)


def _limit(process_id: int, rlimits: Mapping[str, int]) -> None:
    """Limit the resources of a process, on systems that can."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        for name, limit in rlimits.items():
            resource.prlimit(process_id, getattr(resource, name), (limit, limit))


def _exchange(stdin: IO[bytes] | None, stdout: IO[bytes] | None, input_bytes: bytes, max_bytes: int) -> bytes | None:
    """Write the input, then read the output; None if the output is too long."""
    if stdin is None or stdout is None:
        return None
    # Processes read all of their input before they write. One that refuses its input may end before it has read it.
    with suppress(BrokenPipeError), stdin:
        stdin.write(input_bytes)
    output = stdout.read(max_bytes + 1)
    return None if len(output) > max_bytes else output
