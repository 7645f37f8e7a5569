"""A fair queue for the writers of one process.

SQLite lets a waiting writer poll for the lock at growing intervals, so a writer that has just come often overtakes one
that has waited long. Writers of one process therefore take turns here, in the order in which they came, before they ask
SQLite for the lock; then only other processes can hold it.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

from sqlalchemy.exc import TimeoutError as NoTurnError


class WriteQueue:
    """Admits one writer at a time, first come, first served. The turn may end in another thread than it began in."""

    def __init__(self, timeout: float) -> None:
        """`timeout`: seconds that a writer waits for its turn."""
        self._timeout = timeout
        self._lock = Lock()
        self._is_taken = False
        self._waiting: deque[Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, which lasts until the block ends. Raises SQLAlchemy's TimeoutError if none comes in time."""
        self._take()
        try:
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            called = Event()
            self._waiting.append(called)
        try:
            in_time = called.wait(self._timeout)
        except BaseException:  # such as KeyboardInterrupt
            self._leave(called)
            raise
        if not in_time:
            self._leave(called)
            raise NoTurnError("Other writers took too long.")

    def _leave(self, called: Event) -> None:
        """Stop waiting. A turn that was handed over in the meantime goes to the next writer."""
        with self._lock:
            if not called.is_set():
                self._waiting.remove(called)
                return
        self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
