"""Looking things up in captured files: each file is read in a short-lived process that can do no harm but to itself."""

import logging
import os
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock, Timer

import msgspec

from app.blobs.store import MissingBytesError, Store
from app.errors import BusyError
from app.formats.captures import media_types
from app.formats.captures.capture_search import Answer, Question
from app.vocabulary import FigureFound

SECONDS = 20.0
"""For one file by the clock; the process itself stops after half as many seconds of work."""

AT_ONCE = 2
"""Files that are read at the same time: each may take a processor and a gigabyte."""

MOST_WAITING = 6
"""Checks that wait while as many as there are turns go on. Each takes a thread, which others need too."""

PATIENCE = 10.0
"""Seconds to wait for one's turn."""

BUSY_FOR = 10
"""Seconds after which whoever found no place is told to ask again."""

MOST_TOLD = 4_000_000
"""Bytes of answers on one file."""

MOST_KEPT = 512
"""Sets of answers that are remembered: bytes under a digest never change, and neither do answers about them."""

logger = logging.getLogger("attest")

_turns = BoundedSemaphore(AT_ONCE)
_places = BoundedSemaphore(AT_ONCE + MOST_WAITING)
_kept: OrderedDict[tuple[str, bytes], list[Answer]] = OrderedDict()
_lock = Lock()


@contextmanager
def place() -> Iterator[None]:
    """A place for one check, however many files it has looked into. Raises BusyError if all are taken."""
    if not _places.acquire(blocking=False):
        raise BusyError("Many captures are being looked into; ask again in some seconds.", BUSY_FOR)
    try:
        yield
    finally:
        _places.release()


def answers(store: Store, sha256: str, media_type: str, questions: Sequence[Question], deadline: float) -> list[Answer]:
    """An answer to each question on a captured file. `deadline` is on `time.monotonic`: later ones are put off."""
    if media_type.startswith("image/"):
        return _all(questions, "It is a picture.")
    asked = msgspec.json.encode(questions)
    with _lock:
        if (known := _kept.get((sha256, asked))) is not None:
            _kept.move_to_end((sha256, asked))
            return known
    patience = min(PATIENCE, deadline - time.monotonic())
    if patience <= 0 or not _turns.acquire(timeout=patience):
        return _all(questions, "There was no time left to read it; ask again.")
    try:
        told = _told(store, sha256, media_type, asked)
    except MissingBytesError:
        return _all(questions, "The store does not hold the file.")
    finally:
        _turns.release()
    if isinstance(told, str):
        return _all(questions, told)  # and not remembered: it may be that others kept the machine busy
    with _lock:
        _kept[sha256, asked] = told
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return told


def _all(questions: Sequence[Question], reason: str) -> list[Answer]:
    return [Answer(FigureFound.NOT_CHECKABLE, reason)] * len(questions)


def _told(store: Store, sha256: str, media_type: str, asked: bytes) -> list[Answer] | str:
    """What the process says; or, if it does not get to say anything, why."""
    if media_type not in media_types.KINDS:
        return "Files of its kind are not read."
    with store.open(sha256) as file:
        number = file.fileno()
        # Isolated (-I): neither variables nor the folder that we were started in tell it what to load.
        command = [sys.executable, "-I", "-B", "-m", "app.formats.captures.capture_search", str(number), media_type]
        with subprocess.Popen(  # noqa: S603 - our own module; media types come from our own table
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(number,),
            env={},
            cwd=os.sep,
        ) as process:
            clock = Timer(SECONDS, process.kill)
            clock.start()
            try:
                told = _exchange(process, asked)
            finally:
                clock.cancel()
                process.kill()
    if told is None or process.returncode < 0:
        return "It takes more time or memory to read than a file may."
    if process.returncode:
        logger.error("The reader of %s ended with %d", sha256, process.returncode)
        return "It could not be read; why has been logged."
    try:
        return msgspec.json.decode(told, type=list[Answer])
    except msgspec.DecodeError:
        return "What was read of it makes no sense."


def _exchange(process: "subprocess.Popen[bytes]", asked: bytes) -> bytes | None:
    """Hand over the questions and take the answers; None if it ended before, or says too much."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        with process.stdin:
            process.stdin.write(asked)
    except BrokenPipeError:
        return None
    told = process.stdout.read(MOST_TOLD + 1)
    if len(told) > MOST_TOLD:
        return None
    process.wait()
    return told
