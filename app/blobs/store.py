"""Content-addressed storage for the bytes of captures, by SHA-256: in a folder, or in an S3-compatible store.

A blob is never altered, so equal bytes are stored once, and a reader can verify them by their name. Bytes are stored
before the database transaction commits: a failed transaction leaves an orphaned blob, never a row without bytes.
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

CHUNK_SIZE = 65_536
"""Bytes per read."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_STAGING_FOLDER = "drafts"


class MissingBlobError(LookupError):
    """The store has no blob with this digest."""


@dataclass
class StagedBlob:
    """A temporary file that is hashed while it is written. It is deleted at the end unless it was saved."""

    path: Path
    file: BinaryIO
    byte_length: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        self.file.write(chunk)
        self._digest.update(chunk)
        self.byte_length += len(chunk)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes written so far, as lower-case hex."""
        return str(self._digest.hexdigest())


@dataclass(frozen=True)
class StoredBlob:
    """An entry of a store."""

    name: str
    """The digest; the path for a file that is not a blob."""
    stored_at: datetime
    """The time at which it was stored, UTC."""


class BlobStore(Protocol):
    """A store of blobs, named by their digests."""

    name: str
    """The name for reports and messages, without secrets."""

    def stage(self) -> AbstractContextManager[StagedBlob]:
        """Open a temporary file for bytes whose digest is not known yet: `with store.stage() as staged`."""

    def save(self, staged: StagedBlob) -> None:
        """Store a staged blob durably: it survives a power cut. Raises OSError."""

    def open(self, sha256: str) -> BinaryIO:
        """Open the blob with this digest, as a file with a descriptor. Raises MissingBlobError."""

    def list_blobs(self) -> Iterator[StoredBlob]:
        """Iterate over all entries, in no particular order."""


@contextmanager
def _stage_in(folder: Path) -> Iterator[StagedBlob]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix="draft-")  # readable by its owner only
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield StagedBlob(path, cast(BinaryIO, file))
    finally:
        path.unlink(missing_ok=True)


class FolderStore:
    """A store in a folder: `ab/cd/abcd…`, so that no subfolder becomes too large to list."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = "folder"

    def stage(self) -> AbstractContextManager[StagedBlob]:
        """See `BlobStore`. The file is in the same file system, so saving only renames it."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _stage_in(self.root / _STAGING_FOLDER)

    def save(self, staged: StagedBlob) -> None:
        """See `BlobStore`. An existing blob is replaced, which repairs it if it was altered."""
        staged.file.flush()
        os.fsync(staged.file.fileno())
        target = self._path(staged.sha256)
        for folder in (target.parent.parent, target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        staged.path.replace(target)
        # A new directory entry is durable once its folder is synced, and a new folder once its parent is.
        for folder in (target.parent, target.parent.parent, self.root):
            _sync(folder)

    def open(self, sha256: str) -> BinaryIO:
        """See `BlobStore`."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise MissingBlobError(sha256) from None

    def list_blobs(self) -> Iterator[StoredBlob]:
        """See `BlobStore`."""
        for folder, _folders, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                relative_path = path.relative_to(self.root)
                is_blob = _DIGEST.fullmatch(name) and path == self._path(name)
                try:
                    stored_at = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
                except FileNotFoundError:  # a staged file that has been saved or deleted in the meantime
                    continue
                yield StoredBlob(name if is_blob else str(relative_path), stored_at)

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class BucketStore:
    """A store in an S3-compatible bucket, through obstore, with the same names as in a folder."""

    def __init__(self, store: "ObjectStore", name: str, staging_folder: Path) -> None:
        self.name = name
        self._store = store
        self._staging_folder = staging_folder

    def stage(self) -> AbstractContextManager[StagedBlob]:
        """See `BlobStore`. The file is on the local disk, because an object can only be uploaded as a whole."""
        return _stage_in(self._staging_folder)

    def save(self, staged: StagedBlob) -> None:
        """See `BlobStore`."""
        import obstore

        staged.file.flush()
        with _translate_errors(self.name):
            obstore.put(self._store, _object_name(staged.sha256), staged.path)

    def open(self, sha256: str) -> BinaryIO:
        """See `BlobStore`. Returns a copy on the local disk, which is deleted when it is closed."""
        import obstore

        # Not in the system's folder for temporary files, which is often in memory.
        self._staging_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = tempfile.TemporaryFile(dir=self._staging_folder)  # noqa: SIM115 - the caller closes it
        try:
            with _translate_errors(self.name):
                for chunk in obstore.get(self._store, _object_name(sha256)).stream():
                    copy.write(chunk)
            copy.seek(0)
        except FileNotFoundError:
            copy.close()
            raise MissingBlobError(sha256) from None
        except OSError:
            copy.close()
            raise
        return cast(BinaryIO, copy)

    def list_blobs(self) -> Iterator[StoredBlob]:
        """See `BlobStore`."""
        import obstore

        with _translate_errors(self.name):
            for item in chain.from_iterable(obstore.list(self._store)):
                name = item["path"].rpartition("/")[2]
                is_blob = _DIGEST.fullmatch(name) and item["path"] == _object_name(name)
                yield StoredBlob(name if is_blob else item["path"], item["last_modified"].astimezone(UTC))


@contextmanager
def _translate_errors(name: str) -> Iterator[None]:
    """Raise obstore's errors as OSError, like those of a disk."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        raise OSError(
            EIO,
            f"the capture store is unavailable ({type(error).__name__}); check ATTEST_CAPTURE_STORE and credentials",
            name,
        ) from error


def _object_name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def open_store(address: str, data_dir: Path) -> BlobStore:
    """Open the store at an address: `s3://bucket/prefix`, a folder, or, if empty, `captures` in the data folder.

    Credentials and endpoint of S3 come from the standard variables (`AWS_…`). Raises SettingsError if obstore is not
    installed or refuses the address.
    """
    if not address.startswith("s3://"):
        return FolderStore(Path(address) if address else data_dir / "captures")
    try:
        from obstore.store import from_url
    except ImportError:
        raise SettingsError("ATTEST_CAPTURE_STORE: s3://… needs an extra: pip install 'attest[s3]'") from None
    try:
        return BucketStore(from_url(address), address, data_dir / _STAGING_FOLDER)
    except Exception as error:  # obstore raises many different exception types
        raise SettingsError(f"ATTEST_CAPTURE_STORE: {error}") from error
