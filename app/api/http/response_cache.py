"""Answers that are kept to be given again: the claims of the day are asked for over and over.

Never a wrong one: what is kept counts only for the entity tag that it was given with, and the tag of now is asked of
the database each time.
"""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple


class Answer(NamedTuple):
    """A body, its entity tag, what it is about, and where to read on if it has moved."""

    tag: str
    body: bytes
    about: str
    moved_to: str | None = None


class KeptAnswers:
    """The answers that were asked for last, as many as there is room for. Threads may share it."""

    def __init__(self, room: int) -> None:
        """`room` is for bodies, in bytes; 0 keeps none."""
        self._room = room
        """How much of it is left."""
        self._largest = room // 20
        """One answer must not drive out all others."""
        self._answers: OrderedDict[tuple[str, bytes], Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, address: tuple[str, bytes]) -> Answer | None:
        """The answer last given to this path and query, if it is still here."""
        with self._lock:
            found = self._answers.get(address)
            if found is not None:
                self._answers.move_to_end(address)
            return found

    def put(self, address: tuple[str, bytes], answer: Answer) -> None:
        """Keep an answer, in the place of older ones."""
        with self._lock:
            before = self._answers.pop(address, None)
            self._room += len(before.body) if before is not None else 0
            if len(answer.body) > self._largest:
                return
            self._answers[address] = answer
            self._room -= len(answer.body)
            while self._room < 0:
                _address, oldest = self._answers.popitem(last=False)
                self._room += len(oldest.body)
