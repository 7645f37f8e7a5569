"""Measured processes: starting them, pinning them to cores, and reading their CPU time and memory."""

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
    """A server did not respond; the message has its output."""


def cores() -> tuple[set[int], set[int]]:
    """Return the core for servers and the core for the load client; the same one on a machine with one core.

    The sets are empty where the system does not support pinning.
    """
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    allowed = sorted(os.sched_getaffinity(0))
    return {allowed[0]}, {allowed[-1]}


def pin(pid: int, cpus: set[int]) -> None:
    """Restrict a process, and the processes that it will start, to these cores."""
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, cpus)


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process and its descendants, including those that have ended."""
    total = 0.0
    pending = [pid]
    while pending:
        process_id = pending.pop()
        try:
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            # utime, stime, and the cutime and cstime of children that were waited for.
            total += sum(int(fields[index]) for index in (11, 12, 13, 14)) / TICKS
            for task in Path(f"/proc/{process_id}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
    return total


def peak_resident_bytes(pid: int) -> int:
    """Return the peak resident memory of a process; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class CommandResult(NamedTuple):
    """The output and the cost of a command."""

    output: str
    seconds: float
    cpu_seconds: float


def run(command: list[str], env: Mapping[str, str], *, allowed: tuple[int, ...] = (0,)) -> CommandResult:
    """Run a command and return its output and cost.

    Raises RuntimeError with its output if the exit code is not allowed.
    """
    usage_before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    usage_after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode not in allowed:
        raise RuntimeError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    cpu = usage_after.ru_utime + usage_after.ru_stime - usage_before.ru_utime - usage_before.ru_stime
    return CommandResult(result.stdout, seconds, cpu)


def measure_command(
    command: list[str],
    env: dict[str, str],
    server_pid: int | None = None,
    *,
    output: Path = Path(os.devnull),
    allowed: Collection[int] = (0,),
) -> dict[str, float]:
    """Run a command with its output in a file: seconds, CPU seconds and peak memory.

    Raises RuntimeError if it fails.
    """
    start, server_cpu_before = time.perf_counter(), cpu_seconds(server_pid) if server_pid else 0
    redirect_output = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    pid = os.posix_spawn(command[0], command, dict(env), file_actions=[redirect_output])
    # Poll the peak: the one from wait4 includes the memory of this process, of which the command was a fork.
    peak = 0
    while True:
        peak = max(peak, peak_resident_bytes(pid))
        ended_pid, status, usage = os.wait4(pid, os.WNOHANG)
        if ended_pid:
            break
        time.sleep(0.02)
    if (code := os.waitstatus_to_exitcode(status)) not in allowed:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    cpu = usage.ru_utime + usage.ru_stime + (cpu_seconds(server_pid) - server_cpu_before if server_pid else 0)
    return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu, "peak_bytes": peak}


class Worker:
    """A process that answers each line of JSON with another."""

    def __init__(self, module: str, *arguments: str, core: set[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self.module = module
        pin(self.pid, core)

    def send(self, **command: Any) -> Any:
        """Send a command and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with exit code {self._process.wait()}")
        return json.loads(line)

    def stop(self) -> None:
        """Stop the process."""
        self._process.kill()
        self._process.wait()


class Server:
    """A running HTTP server."""

    def __init__(
        self, name: str, command: list[str], *, port: int, ready: str, env: Mapping[str, str], core: set[int]
    ) -> None:
        self.name = name
        self.port = port
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - stays open as long as the server
        start = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            env=dict(env),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: pin(0, core),  # noqa: PLW1509 - must happen before the server starts threads
        )
        self.pid = self._process.pid
        self._wait(ready)
        self.startup_seconds = time.perf_counter() - start
        """Seconds from the start of the process to the first response."""
        self.startup_cpu_seconds = cpu_seconds(self.pid)
        """CPU seconds until then, which depend less on other load."""

    def _wait(self, ready: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{ready}", timeout=START_TIMEOUT) as response:
                    if response.status == 200:
                        return
            except urllib.error.HTTPError as error:
                self.stop()
                raise NotStartedError(
                    f"{self.name} returned the status {error.code} for {ready}:\n{error.read()[:2000]!r}"
                ) from None
            except OSError:
                time.sleep(0.01)
        code = self._process.poll()
        self.stop()
        self._log.seek(0)
        output = self._log.read().decode(errors="replace")[-4000:]
        outcome = "does not respond" if code is None else f"ended with exit code {code}"
        raise NotStartedError(f"{self.name} {outcome}. Its output:\n{output}")

    def kill(self) -> None:
        """Kill the server without a chance to clean up."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop the process."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
