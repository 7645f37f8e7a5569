"""Files that are received as captures: their type, and the size that this type may have."""

from dataclasses import dataclass
from typing import NamedTuple

from app.blobs.store import StagedBlob
from app.errors import FileTooLargeError, UnknownFileTypeError
from app.formats.captures import media_types, recordings


class SizeLimits(NamedTuple):
    """How large a captured file may be, in bytes."""

    recording: int
    """Video and audio."""
    other: int
    """All other types."""


@dataclass
class Upload:
    """A file that is being received into a temporary file. Its size is limited by its type, detected on the way."""

    draft: StagedBlob
    limits: SizeLimits
    declared_length: int = 0
    """The length that the sender has announced; 0 if none."""
    _may_be_recording: bool | None = None
    """What the first bytes say; None until it matters."""

    def write(self, chunk: bytes) -> None:
        """Append bytes. Raises FileTooLargeError as soon as it is certain that the file will be too large."""
        self.draft.write(chunk)
        length = max(self.draft.byte_length, self.declared_length)
        is_type_known = self.draft.byte_length > min(media_types.SNIFFED_BYTES, self.limits.other)
        if length <= self.limits.other or not is_type_known:
            return
        if self._may_be_recording is None:
            self.draft.file.seek(0)
            self._may_be_recording = recordings.may_begin_recording(self.draft.file.read(media_types.SNIFFED_BYTES))
            self.draft.file.seek(0, 2)
        if length > self.limits.recording or not self._may_be_recording:
            raise self._too_large()

    def detect_type(self) -> str:
        """Return the media type of the complete file. Raises UnknownFileTypeError and FileTooLargeError."""
        media_type = media_types.sniff(self.draft.file)
        if media_type is None:
            reason = "has a type that Attest does not accept" if self.draft.byte_length else "is empty"
            raise UnknownFileTypeError(f"The file {reason}. Send one of these: {media_types.ACCEPTED_FORMATS}.")
        limit = self.limits.recording if recordings.is_recording(media_type) else self.limits.other
        if self.draft.byte_length > limit:
            raise self._too_large()
        return media_type

    def _too_large(self) -> FileTooLargeError:
        return FileTooLargeError(
            f"The file is too large: video and audio may have at most {self.limits.recording:,} bytes, "
            f"and other files {self.limits.other:,}. An operator of this service can raise the limits "
            "(ATTEST_MAX_RECORDING_BYTES and ATTEST_MAX_CAPTURE_BYTES)."
        )
