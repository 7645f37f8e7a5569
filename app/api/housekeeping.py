"""What is done beside the requests, once a minute: write down which keys were used, forget old answers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import Database
from app.services.core import idempotency
from app.services.people import keys

PAUSE = 60
"""Seconds between one time and the next."""

logger = logging.getLogger("attest")


@asynccontextmanager
async def keeping_house(database: Database, uses: dict[str, datetime]) -> AsyncIterator[None]:
    """Keep house while the block runs, and once more at its end.

    A read never waits for it: who was here is noted in memory, and what a crash takes of that is no harm.
    """
    task = asyncio.create_task(_go_on(database, uses))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await to_thread.run_sync(keep_house, database, uses)


async def _go_on(database: Database, uses: dict[str, datetime]) -> None:
    while True:
        await asyncio.sleep(PAUSE)
        await to_thread.run_sync(keep_house, database, uses)


def keep_house(database: Database, uses: dict[str, datetime]) -> None:
    """Do it once. What does not succeed is logged, and left to the next time."""
    used = uses.copy()
    try:
        with database.reading() as connection:
            forget = idempotency.outdated(connection)
        if not used and not forget:
            return
        with database.writing() as connection:
            if used:
                keys.note_uses(connection, used)
            if forget:
                idempotency.forget(connection)
    except SQLAlchemyError as error:
        logger.warning("Housekeeping is put off: %s", type(error).__name__)
        return
    for key_id, at in used.items():
        if uses.get(key_id) == at:
            del uses[key_id]
