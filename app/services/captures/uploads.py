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
    _known_as_recording: bool | None = None
    """None until it matters."""

    def write(self, chunk: bytes) -> None:
        """Append bytes. Raises FileTooLargeError as soon as it is certain that the file will be too large."""
        self.draft.write(chunk)
        if self.draft.byte_length > self.limits.other:
            if self.draft.byte_length > self.limits.recording or not self._is_recording():
                raise self._too_large()
        elif self._will_exceed_other_limit() and not self._begins_like_recording():
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

    def _is_recording(self) -> bool:
        if self._known_as_recording is None:
            media_type = media_types.sniff(self.draft.file)
            self.draft.file.seek(0, 2)
            self._known_as_recording = media_type is not None and recordings.is_recording(media_type)
        return self._known_as_recording

    def _will_exceed_other_limit(self) -> bool:
        """True if the sender has announced so, and enough bytes have arrived to tell what they are."""
        return self.declared_length > self.limits.other and self.draft.byte_length >= media_types.SNIFFED_BYTES

    def _begins_like_recording(self) -> bool:
        """Whether the first bytes are those of a recording, or may be if more of them arrive."""
        if self._known_as_recording is None:
            self.draft.file.seek(0)
            head = self.draft.file.read(media_types.SNIFFED_BYTES)
            self.draft.file.seek(0, 2)
            if recordings.needs_more_bytes(head):
                return True
        return self._is_recording()

    def _too_large(self) -> FileTooLargeError:
        return FileTooLargeError(
            f"The file is too large: video and audio may have at most {self.limits.recording:,} bytes, "
            f"and other files {self.limits.other:,}. An operator of this service can raise the limits "
            "(ATTEST_MAX_RECORDING_BYTES and ATTEST_MAX_CAPTURE_BYTES)."
        )
