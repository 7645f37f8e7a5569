"""Write transactions, begun from the event loop.

SQLite has one writer at a time. Writers queue on a limiter of their own, so they cannot exhaust the thread pool that
answers requests: if forty writers waited in that pool, the one that holds the lock would find no thread to continue in.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Request
from sqlalchemy import Connection

from app.db.engine import Database


def write_limiter(request: Request) -> CapacityLimiter:
    """The limiter for threads that wait for a write transaction."""
    limiter: CapacityLimiter = request.app.state.write_limiter
    return limiter


@asynccontextmanager
async def write_transaction(
    request: Request, prepare: Callable[[Connection], None] = lambda _connection: None
) -> AsyncIterator[Connection]:
    """A transaction that may write: committed when the block ends, rolled back when it raises.

    `prepare` runs first, in the same transaction and thread. It may wait for other transactions.
    """
    database: Database = request.app.state.database
    transaction = database.writing()

    def enter() -> Connection:
        connection = transaction.__enter__()
        try:
            prepare(connection)
        except BaseException as error:
            _end(transaction, error)
            raise
        return connection

    connection = await to_thread.run_sync(enter, limiter=write_limiter(request))
    try:
        yield connection
    except BaseException as error:
        # In a thread of its own, and shielded from cancellation: the next writer waits for this rollback.
        with CancelScope(shield=True):
            await to_thread.run_sync(_end, transaction, error, limiter=CapacityLimiter(1))
        raise
    await to_thread.run_sync(_end, transaction, None, limiter=CapacityLimiter(1))


def _end(transaction: AbstractContextManager[Connection], error: BaseException | None) -> None:
    if error is None:
        transaction.__exit__(None, None, None)
    else:
        transaction.__exit__(type(error), error, error.__traceback__)
