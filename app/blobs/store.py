"""The bytes of captures, each kept under its SHA-256: in a folder, or in an S3-compatible store.

What is once in a store is never altered, so the same bytes need one place only, and whatever reads them can tell
whether they are still the same. Bytes are stored before the database says that they are there: a transaction that fails
leaves an orphan, never a row that points to nothing.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from errno import EIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from app.settings import SettingsError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PIECE = 65_536
"""Bytes that are read at once."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_DRAFTS = "drafts"


class MissingBytesError(LookupError):
    """The store does not hold the bytes with this digest."""


@dataclass
class Draft:
    """A file that is coming in. It is digested on the way, and gone at the end unless it was kept."""

    path: Path
    file: BinaryIO
    byte_length: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        self.file.write(piece)
        self._digest.update(piece)
        self.byte_length += len(piece)

    @property
    def sha256(self) -> str:
        """SHA-256 of what has come, hexadecimal."""
        return str(self._digest.hexdigest())


@dataclass(frozen=True)
class Stored:
    """Something that lies in a store."""

    name: str
    """The digest; another name for what has no business there."""
    since: datetime
    """When it was put there, UTC."""


class Store(Protocol):
    """Where bytes are kept under their digests."""

    name: str
    """What it is called, without secrets."""

    def draft(self) -> AbstractContextManager[Draft]:
        """A file to write to, before its digest is known: `with store.draft() as draft`."""

    def keep(self, draft: Draft) -> None:
        """Store what was written, for good: afterwards it survives a power cut. Raises OSError."""

    def open(self, sha256: str) -> BinaryIO:
        """The bytes with this digest, as a file that has a number. Raises MissingBytesError."""

    def contents(self) -> Iterator[Stored]:
        """All that lies there, in no order."""


@contextmanager
def _drafting(folder: Path) -> Iterator[Draft]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=folder, prefix="draft-")  # for its owner's eyes only
    path = Path(name)
    try:
        with os.fdopen(number, "w+b") as file:
            yield Draft(path, cast(BinaryIO, file))
    finally:
        path.unlink(missing_ok=True)


class FolderStore:
    """A folder: `ab/cd/abcd…`, so that no folder in it becomes too large to list."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = "folder"

    def draft(self) -> AbstractContextManager[Draft]:
        """See `Store`. In the same file system, so that keeping it is a mere change of name."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _drafting(self.root / _DRAFTS)

    def keep(self, draft: Draft) -> None:
        """See `Store`. What is there already is put there again: should it have been altered, it is right now."""
        draft.file.flush()
        os.fsync(draft.file.fileno())
        target = self._path(draft.sha256)
        for folder in (target.parent.parent, target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        draft.path.replace(target)
        # A new name is safe once its folder is written, and that folder once its own is.
        for folder in (target.parent, target.parent.parent, self.root):
            _sync(folder)

    def open(self, sha256: str) -> BinaryIO:
        """See `Store`."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise MissingBytesError(sha256) from None

    def contents(self) -> Iterator[Stored]:
        """See `Store`."""
        for folder, _folders, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                inside = path.relative_to(self.root)
                is_right = _DIGEST.fullmatch(name) and path == self._path(name)
                try:
                    since = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
                except FileNotFoundError:  # a draft that has been kept, or given up, meanwhile
                    continue
                yield Stored(name if is_right else str(inside), since)

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class BucketStore:
    """A store of objects by way of obstore: S3 and what speaks its language, under the same names as in a folder."""

    def __init__(self, store: "ObjectStore", name: str, drafts: Path) -> None:
        self.name = name
        self._store = store
        self._drafts = drafts

    def draft(self) -> AbstractContextManager[Draft]:
        """See `Store`. On our own disk: an object is stored whole or not at all."""
        return _drafting(self._drafts)

    def keep(self, draft: Draft) -> None:
        """See `Store`."""
        import obstore

        draft.file.flush()
        with _as_oserror(self.name):
            obstore.put(self._store, _object_name(draft.sha256), draft.path)

    def open(self, sha256: str) -> BinaryIO:
        """See `Store`. A copy on our own disk, which is gone once it is closed."""
        import obstore

        copy = tempfile.TemporaryFile()  # noqa: SIM115 - it is the caller's to close
        try:
            with _as_oserror(self.name):
                for piece in obstore.get(self._store, _object_name(sha256)).stream():
                    copy.write(piece)
            copy.seek(0)
        except FileNotFoundError:
            copy.close()
            raise MissingBytesError(sha256) from None
        except OSError:
            copy.close()
            raise
        return cast(BinaryIO, copy)

    def contents(self) -> Iterator[Stored]:
        """See `Store`."""
        import obstore

        with _as_oserror(self.name):
            for one in chain.from_iterable(obstore.list(self._store)):
                name = one["path"].rpartition("/")[2]
                is_right = _DIGEST.fullmatch(name) and one["path"] == _object_name(name)
                yield Stored(name if is_right else one["path"], one["last_modified"].astimezone(UTC))


@contextmanager
def _as_oserror(name: str) -> Iterator[None]:
    """What goes wrong on the way to the store, as what goes wrong with a disk is told."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        raise OSError(EIO, f"the store cannot be used ({type(error).__name__})", name) from error


def _object_name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def open_store(address: str, data_dir: Path) -> Store:
    """The store of an installation: a folder of its data folder, another folder, or `s3://bucket/prefix`.

    Credentials and endpoint of S3 are taken from the variables that its own tools read (`AWS_…`). Raises SettingsError
    if the library for it is not installed or refuses the address.
    """
    if not address.startswith("s3://"):
        return FolderStore(Path(address) if address else data_dir / "captures")
    try:
        from obstore.store import from_url
    except ImportError:
        raise SettingsError("ATTEST_CAPTURE_STORE: s3://… takes an extra: pip install 'attest[s3]'") from None
    try:
        return BucketStore(from_url(address), address, data_dir / _DRAFTS)
    except Exception as error:  # the library has many errors of its own
        raise SettingsError(f"ATTEST_CAPTURE_STORE: {error}") from error
