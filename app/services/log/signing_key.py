"""The key that signs the log.

It is stored in a file outside the database, so that write access to the database is not enough to sign an altered log.
"""

import base64
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from app.formats.proofs.signed_note import Checkpoint, NoteSigner, Verifier
from app.settings import create_secret_file

if TYPE_CHECKING:
    from app.db.engine import CheckpointSigner

logger = logging.getLogger("attest")

_KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used; the message says why."""


class FileCheckpointSigner:
    """Signs checkpoints of the log with the key in a file, which is read on first use.

    A key is generated only for a log that was never signed. If the key file of a signed log is missing, new entries are
    still logged but not signed, and an audit reports from which entry on there is no signature.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._lock = Lock()
        self._signer: NoteSigner | None = None
        self._has_reported_error = False

    def __call__(self, size: int, root: bytes, *, first: Callable[[], bool] = lambda: False) -> str | None:
        """Return the signed note of a checkpoint; if there is no usable key, log one error and return None.

        `first` tells whether the log was never signed, so that a key may be generated.
        """
        try:
            signer = self._load_once(first)
        except KeyFileError as error:
            if not self._has_reported_error:
                logger.error("New log entries are not signed: %s. Check ATTEST_LOG_KEY_FILE.", error)
                self._has_reported_error = True
            return None
        return signer.sign(Checkpoint(self._origin, size, root).text)

    def verifier(self) -> Verifier:
        """Return the public key. Raises KeyFileError if there is no usable key."""
        return self._load_once(lambda: False).verifier

    def _load_once(self, first: Callable[[], bool]) -> NoteSigner:
        with self._lock:
            if self._signer is None:
                self._signer = self._read_or_create(first)
            return self._signer

    def _read_or_create(self, first: Callable[[], bool]) -> NoteSigner:
        try:
            if not self._path.exists() and first():
                create_secret_file(self._path, base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode() + "\n")
            private = base64.b64decode(self._path.read_text().strip(), validate=True)
            return NoteSigner(self._origin, private)
        except (OSError, ValueError) as error:  # NoteError and binascii.Error are ValueErrors
            raise KeyFileError(f"{self._path}: {error}") from error


if TYPE_CHECKING:
    _implements_protocol: type[CheckpointSigner] = FileCheckpointSigner
