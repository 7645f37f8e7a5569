"""The queue of the writers of one process."""

from threading import Event, Thread
from time import monotonic, sleep

import pytest
from sqlalchemy.exc import TimeoutError as NoTurnError

from app.db.engine import Database
from app.db.write_queue import WriteQueue


def test_writers_write_in_the_order_in_which_they_came(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL queues its writers itself.")
    order: list[int] = []

    def write(number: int) -> None:
        with database.writing():
            order.append(number)

    threads = [Thread(target=write, args=(number,)) for number in range(16)]
    with database.writing():
        for thread in threads:
            thread.start()
            sleep(0.02)
    for thread in threads:
        thread.join(30)
    assert order == list(range(16))


def test_a_writer_whose_turn_does_not_come_gives_up_and_holds_up_nobody() -> None:
    queue = WriteQueue(timeout=0.1)
    with queue.turn():
        started = monotonic()
        with pytest.raises(NoTurnError), queue.turn():
            pass
        assert monotonic() - started < 5
    with queue.turn():
        pass


def test_a_writer_that_fails_passes_the_turn_on() -> None:
    queue, has_written = WriteQueue(timeout=10), Event()

    def fail() -> None:
        with queue.turn():
            thread.start()
            raise ValueError("failed")

    def write() -> None:
        with queue.turn():
            has_written.set()

    thread = Thread(target=write)
    with pytest.raises(ValueError, match="failed"):
        fail()
    thread.join(10)
    assert has_written.is_set()
