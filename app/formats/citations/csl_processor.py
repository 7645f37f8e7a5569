"""The citation processor: pandoc, which comes with the extra `styles`, in a sandboxed process for each list.

The process cannot read any file except the style (`--sandbox`), writes no file, and has a limited heap and limited
time. Whatever a style from a user does, it does to that process only.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

from app import sandbox
from app.errors import InvalidError, UnavailableError

MAX_HEAP = "512m"
"""The largest heap of a process, as pandoc's run-time system counts it."""

MAX_CPU_SECONDS = 20
"""CPU time for one list."""

MAX_SECONDS = 60
"""Wall-clock time for one list; longer than the CPU time, because other processes may keep the machine busy."""

MAX_OUTPUT_BYTES = 64_000_000
"""The largest formatted list."""

MAX_WRITTEN_BYTES = 1_000_000
"""How many bytes of error messages a process may write."""

_HEAP_EXHAUSTED = 251
"""The exit status of a process that has used up its heap."""

_ACTIVITY = "formatting other lists"


def program() -> Path | None:
    """The path of the processor; None if the extra `styles` is not installed."""
    package = find_spec("pypandoc")
    folders = None if package is None else package.submodule_search_locations
    paths = (Path(folder) / "files" / name for folder in folders or () for name in ("pandoc", "pandoc.exe"))
    return next((path for path in paths if path.is_file()), None)


def run(document: bytes, *, style: str) -> bytes:
    """Format a document, input and output in pandoc's JSON; `style` is CSL as XML.

    Raises InvalidError for a style that the processor cannot use, UnavailableError if the processor is not installed,
    BusyError if too many other processes are running.
    """
    pandoc = program()
    if pandoc is None:
        raise UnavailableError("The citation processor is not installed. Install Attest with the extra `styles`.")
    with sandbox.admission(_ACTIVITY), sandbox.slot(sandbox.SLOT_TIMEOUT) as has_slot, _style_file(style) as path:
        if not has_slot:
            raise sandbox.busy(_ACTIVITY)
        result = sandbox.run(
            [
                *(str(pandoc), "+RTS", f"-M{MAX_HEAP}", "-RTS", "--sandbox", "--quiet"),
                *("--from=json", "--to=json", "--citeproc", f"--csl={path}"),
            ],
            document,
            max_seconds=MAX_SECONDS,
            max_output_bytes=MAX_OUTPUT_BYTES,
            environment={"LC_ALL": "C.UTF-8", "HOME": os.devnull},
            rlimits={"RLIMIT_CPU": MAX_CPU_SECONDS, "RLIMIT_FSIZE": MAX_WRITTEN_BYTES, "RLIMIT_CORE": 0},
        )
    if result.output is None or result.returncode < 0 or result.returncode == _HEAP_EXHAUSTED:
        raise InvalidError.of(
            "style",
            f"took more time or memory than is allowed and was stopped after {result.seconds:.0f} s; use a simpler "
            "style or cite fewer items",
        )
    if result.returncode:
        lines = (line for line in result.error_output.splitlines() if line.strip())
        raise InvalidError.of(
            "style", f"was rejected by the citation processor: {next(lines, 'no reason given')[:300]}"
        )
    return result.output


@contextmanager
def _style_file(style: str) -> Iterator[Path]:
    with NamedTemporaryFile("w", suffix=".csl", encoding="utf-8") as file:
        file.write(style)
        file.flush()
        yield Path(file.name)
