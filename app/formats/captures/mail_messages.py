"""The text of messages in MIME: mails (EML) and pages that a browser has saved as one file (MHTML, RFC 2557)."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from app.formats.captures.extraction import CapturedText, LimitReachedError, UnreadableFileError

if TYPE_CHECKING:
    from email.message import EmailMessage

_HEADER_LINE = re.compile(rb"[!-9;-~]{1,76}:[^\n]*\n(?:[ \t][^\n]*\n)*")
_MESSAGE_HEADERS = frozenset(
    (
        b"mime-version",
        b"content-type",
        b"received",
        b"message-id",
        b"return-path",
        b"delivered-to",
        b"snapshot-content-location",
    )
)
_SHOWN_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_MAX_HEADERS = 100


def is_message(data: bytes) -> bool:
    """True if a file begins with the headers of a message, at least one of which only messages have."""
    position = 1 if data.startswith(b"\n") else 0
    if data[:5] == b"From ":  # an mbox file with one message
        position = data.find(b"\n") + 1
    names = set()
    for _ in range(_MAX_HEADERS):
        line = _HEADER_LINE.match(data, position, position + 20_000)
        if line is None:
            break
        names.add(line[0].partition(b":")[0].lower())
        position = line.end()
    is_end_of_headers = data.startswith((b"\n", b"\r\n"), position)
    return is_end_of_headers and len(names) >= 2 and not names.isdisjoint(_MESSAGE_HEADERS)


def add_message(
    text: CapturedText,
    where: str | None,
    data: bytes,
    add_document: Callable[[CapturedText, str | None, bytes, str], None],
) -> None:
    """Add the headers that readers see and all parts. What is not read, such as an attachment, becomes a gap."""
    from email import policy
    from email.parser import BytesParser

    message = BytesParser(policy=policy.default).parsebytes(data)
    _add_headers(text, where, message)
    for part in message.walk():
        name = part.get_filename() or part["Content-Location"]
        label = str(name)[:2_000] if name else where
        if part.is_multipart():
            if part.get_content_type() == "message/rfc822":
                for inner in cast("list[EmailMessage]", part.get_payload()):
                    _add_headers(text, where, inner)
            elif part.defects:
                text.add_gap(label, "The message is incomplete.")
            continue
        try:
            content = part.get_payload(decode=True)
            if not isinstance(content, bytes):
                raise UnreadableFileError("A part of the message could not be decoded.")
            text.count_unpacked(len(content))
            if part.defects:
                text.add_gap(label, f"A part of the message is damaged ({type(part.defects[0]).__name__}).")
            add_document(text, label, content, _content_type(part))
        except LimitReachedError:
            raise
        except UnreadableFileError as error:
            text.add_gap(label, str(error))


def _add_headers(text: CapturedText, where: str | None, message: "EmailMessage") -> None:
    shown = [f"{name}: {message[name]}" for name in _SHOWN_HEADERS if message[name]]
    if shown:
        text.add(where, "\n".join(shown))


def _content_type(part: "EmailMessage") -> str:
    charset = part.get_content_charset()
    media_type = part.get_content_type()
    # MIME text without a charset is ASCII (RFC 2046, 4.1.2), but saved pages declare theirs in the page.
    return f"{media_type}; charset={charset}" if charset else media_type
