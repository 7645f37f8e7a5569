"""Recognises that a disk is full, whoever reports it: SQLite, PostgreSQL or the operating system."""

import errno
import shutil
from collections.abc import Iterable
from pathlib import Path

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

_DISK_FULL = "53100"
"""PostgreSQL's SQLSTATE `disk_full`."""


MIN_FREE_BYTES = 16_000_000
"""With less free space than this, a disk counts as full: a change needs some for the write-ahead log."""


def has_full_disk(folders: Iterable[Path]) -> bool:
    """True if the disk of one of these folders is full. A folder that does not exist is left out."""
    return any(folder.is_dir() and shutil.disk_usage(folder).free < MIN_FREE_BYTES for folder in folders)


def is_disk_full(error: BaseException | None) -> bool:
    """True if this error, or the one that it was raised from, says that there is no space left for a write."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            return True
        if getattr(error, "sqlite_errorname", None) == "SQLITE_FULL" or getattr(error, "sqlstate", None) == _DISK_FULL:
            return True
        error = error.__cause__ or getattr(error, "orig", None)
    return False
