"""Transactions that write, from the event loop: whoever waits for a turn takes no thread that others need.

SQLite has one writer at a time. Were one to wait for it in the threads in which requests are answered, forty who wait
would hold all of them, and the one who writes would find none to go on in.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Request
from sqlalchemy import Connection

from app.db.engine import Database


def turns(request: Request) -> CapacityLimiter:
    """The threads in which one waits for a turn to write."""
    limiter: CapacityLimiter = request.app.state.turns
    return limiter


@asynccontextmanager
async def writing(
    request: Request, begin: Callable[[Connection], None] = lambda _connection: None
) -> AsyncIterator[Connection]:
    """A transaction that may write: committed when the block ends, rolled back when it raises.

    `begin` is what comes first in it, and may wait for others too.
    """
    database: Database = request.app.state.database
    transaction = database.writing()

    def enter() -> Connection:
        connection = transaction.__enter__()
        try:
            begin(connection)
        except BaseException as error:
            _end(transaction, error)
            raise
        return connection

    connection = await to_thread.run_sync(enter, limiter=turns(request))
    try:
        yield connection
    except BaseException as error:
        # A thread that nobody else waits for, and also when the request was given up: the next one waits for this.
        with CancelScope(shield=True):
            await to_thread.run_sync(_end, transaction, error, limiter=CapacityLimiter(1))
        raise
    await to_thread.run_sync(_end, transaction, None, limiter=CapacityLimiter(1))


def _end(transaction: AbstractContextManager[Connection], error: BaseException | None) -> None:
    if error is None:
        transaction.__exit__(None, None, None)
    else:
        transaction.__exit__(type(error), error, error.__traceback__)
