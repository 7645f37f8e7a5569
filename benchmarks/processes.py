"""Processes that are measured: how they start, on which core they run, what they have cost."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")
START_TIMEOUT = 120


class NotStartedError(RuntimeError):
    """A server did not answer; the message holds what it said."""


def cores() -> tuple[set[int], set[int]]:
    """The cores for what is measured, and for the load client; one and the same where there is only one.

    Empty where cores cannot be chosen.
    """
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    allowed = sorted(os.sched_getaffinity(0))
    return {allowed[0]}, {allowed[-1]}


def pin(pid: int, to: set[int]) -> None:
    """Let a process, and what it starts from now on, run on these cores only."""
    if to and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, to)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all below it, and those of them that have ended."""
    found = 0.0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            # utime and stime; cutime and cstime of children that were waited for.
            found += sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICKS
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
    return found


def peak_resident_bytes(pid: int) -> int:
    """The most memory that a process has held at once since it began; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def resident_bytes(pid: int) -> int:
    """Memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Done(NamedTuple):
    """A command that has ended."""

    output: str
    seconds: float
    cpu_seconds: float


def run(command: list[str], env: Mapping[str, str], *, allowed: tuple[int, ...] = (0,)) -> Done:
    """Run a command to its end.

    Raises RuntimeError, with what it said, for an exit code that is not among the allowed ones.
    """
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Done(done.stdout, seconds, cpu)


def taken(
    command: list[str],
    env: dict[str, str],
    server: int | None = None,
    *,
    output: Path = Path(os.devnull),
    allowed: Collection[int] = (0,),
) -> dict[str, float]:
    """What a command takes that prints into a file: seconds, CPU seconds, and the most memory that it held.

    Raises RuntimeError if it fails.
    """
    begin, before = time.perf_counter(), cpu_seconds(server) if server else 0
    printed = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    pid = os.posix_spawn(command[0], command, dict(env), file_actions=[printed])
    # The most memory that a process says it held at its end includes what this one holds, which it was once.
    most = 0
    while True:
        most = max(most, peak_resident_bytes(pid))
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.02)
    if (code := os.waitstatus_to_exitcode(status)) not in allowed:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    cpu = used.ru_utime + used.ru_stime + (cpu_seconds(server) - before if server else 0)
    return {"seconds": time.perf_counter() - begin, "cpu_seconds": cpu, "peak_bytes": most}


class Worker:
    """A process that answers one line of JSON with another."""

    def __init__(self, module: str, *arguments: str, core: set[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self.module = module
        pin(self.pid, core)

    def ask(self, **command: Any) -> Any:
        """Send a command; its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with exit code {self._process.wait()}")
        return json.loads(line)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


class Server:
    """A server that answers HTTP."""

    def __init__(
        self, name: str, command: list[str], *, port: int, ready: str, env: Mapping[str, str], core: set[int]
    ) -> None:
        self.name = name
        self.port = port
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            env=dict(env),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: pin(0, core),  # noqa: PLW1509 - before it starts threads of its own
        )
        self.pid = self._process.pid
        self._wait(ready)
        self.started_after = time.perf_counter() - begin
        """Seconds from the start of the process to the first answer."""
        self.started_with = cpu_seconds(self.pid)
        """CPU seconds that this took: on a busy machine they tell more."""

    def _wait(self, ready: str) -> None:
        until = time.monotonic() + START_TIMEOUT
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{ready}", timeout=START_TIMEOUT) as answer:
                    if answer.status == 200:
                        return
            except urllib.error.HTTPError as error:
                self.stop()
                raise NotStartedError(
                    f"{self.name} answers {ready} with {error.code}:\n{error.read()[:2000]!r}"
                ) from None
            except OSError:
                time.sleep(0.01)
        code = self._process.poll()
        self.stop()
        self._log.seek(0)
        said = self._log.read().decode(errors="replace")[-4000:]
        ended = "does not answer" if code is None else f"ended with exit code {code}"
        raise NotStartedError(f"{self.name} {ended}. It said:\n{said}")

    def kill(self) -> None:
        """End it as a power cut would: it gets to do nothing any more."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
