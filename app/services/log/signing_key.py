"""The key that signs the log. It lies in a file outside the database, so that whoever can alter one cannot sign it."""

import base64
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from app.formats.proofs.signed_note import Checkpoint, Signer, Verifier
from app.settings import keep_secret

if TYPE_CHECKING:
    from app.db.engine import Seal

logger = logging.getLogger("attest")

_BYTES = 32


class KeyFileError(Exception):
    """The file with the key cannot be used; the message says why."""


class Sealer:
    """Signs states of the log under a name, with the key in a file that is read when it is first needed.

    A key is made only for a log of which nothing was ever signed. If the file of another log is gone, nothing is
    signed any more: what is recorded is logged all the same, and an audit says from where on nobody vouches for it.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._lock = Lock()
        self._signer: Signer | None = None
        self._complained = False

    def __call__(self, size: int, root: bytes, *, first: Callable[[], bool] = lambda: False) -> str | None:
        """The signed checkpoint; None, and a line in the service's own log, if there is no usable key."""
        try:
            signer = self._get(first)
        except KeyFileError as error:
            if not self._complained:
                logger.error("What is recorded is not signed: %s", error)
                self._complained = True
            return None
        return signer.sign(Checkpoint(self._origin, size, root).text)

    def verifier(self) -> Verifier:
        """The public key. Raises KeyFileError if there is no usable key."""
        return self._get(lambda: False).verifier

    def _get(self, first: Callable[[], bool]) -> Signer:
        with self._lock:
            if self._signer is None:
                self._signer = self._read(first)
            return self._signer

    def _read(self, first: Callable[[], bool]) -> Signer:
        try:
            if not self._path.exists() and first():
                keep_secret(self._path, base64.b64encode(secrets.token_bytes(_BYTES)).decode() + "\n")
            private = base64.b64decode(self._path.read_text().strip(), validate=True)
            return Signer(self._origin, private)
        except (OSError, ValueError) as error:  # a NoteError is one, as is what base64 says
            raise KeyFileError(f"{self._path}: {error}") from error


if TYPE_CHECKING:
    _is_one: type[Seal] = Sealer
