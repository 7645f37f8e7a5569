"""Housekeeping, once a minute: record which keys were used, and delete expired responses of Idempotency-Keys."""

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

INTERVAL = 60
"""Seconds between two runs."""

logger = logging.getLogger("attest")


@asynccontextmanager
async def housekeeping(database: Database, key_uses: dict[str, datetime]) -> AsyncIterator[None]:
    """Run housekeeping in the background while the block runs, and once more at its end.

    `key_uses` holds the last-used time of each key. These times are kept in memory so that no read waits for a write; a
    crash loses at most the last minute of them.
    """
    task = asyncio.create_task(_run_forever(database, key_uses))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await to_thread.run_sync(run_once, database, key_uses)


async def _run_forever(database: Database, key_uses: dict[str, datetime]) -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        await to_thread.run_sync(run_once, database, key_uses)


def run_once(database: Database, key_uses: dict[str, datetime]) -> None:
    """Do the housekeeping once. A failure is logged, and the next run does the work."""
    recorded_uses = key_uses.copy()
    try:
        with database.reading() as connection:
            has_expired_responses = idempotency.has_expired_responses(connection)
        if not recorded_uses and not has_expired_responses:
            return
        with database.writing() as connection:
            if recorded_uses:
                keys.record_uses(connection, recorded_uses)
            if has_expired_responses:
                idempotency.delete_expired_responses(connection)
    except SQLAlchemyError as error:
        logger.warning("Housekeeping failed and will be tried again in a minute: %s", type(error).__name__)
        return
    for key_id, used_at in recorded_uses.items():
        if key_uses.get(key_id) == used_at:
            del key_uses[key_id]
