"""The text of one document by its media type: a file by itself, or a part of a web archive or of a message."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any, BinaryIO

from app.formats.captures import mail_messages, subtitles
from app.formats.captures.character_sets import charset_parameter, declared_in_html, decode
from app.formats.captures.extraction import CapturedText, LimitReachedError, UnreadableFileError
from app.formats.captures.html_text import HtmlText, mark_columns
from app.formats.captures.pdf_columns import separate_columns
from app.formats.numbers.digit_notations import MAX_DIGITS

MAX_PDF_PAGES = 1_000
"""The limit of pages extracted from a PDF."""

_MAX_EMBEDDED_PAGES = 100

_TEXTLESS = re.compile(
    r"(?:image/(?!svg)|font/|audio/|video/|model/).*"
    r"|text/(?:css|javascript|ecmascript)|application/(?:x-)?(?:javascript|ecmascript|font.*|wasm|vnd\.ms-fontobject)"
    r"|application/(?:pgp-signature|pkcs7-signature|x-pkcs7-signature|manifest\+json|ocsp-response|x-shockwave-flash)"
)
"""Media types of files that have no text: pictures, styles, scripts."""

_JSON = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?json|application/(?:x-)?(?:ndjson|har)")
_XML = re.compile(r"text/xml|application/xml|(?:application|image)/[\w.-]+\+xml")
_MARKUP = re.compile(r"<[a-zA-Z/!]")
_UNREAD_STARTS = ("{\\rtf", "[Script Info]", "%!PS")


def is_textless(media_type: str) -> bool:
    """True for media types of files without text."""
    return _TEXTLESS.fullmatch(media_type) is not None


def add_document(text: CapturedText, where: str | None, data: bytes, content_type: str) -> None:
    """Add a document. Raises UnreadableFileError if its media type is not read, or for what is wrong in it."""
    media_type = content_type.partition(";")[0].strip().lower()
    charset = charset_parameter(content_type)
    if media_type in ("text/html", "application/xhtml+xml") or _XML.fullmatch(media_type):
        add_html(text, where, data, charset)
    elif media_type == "application/pdf":
        add_pdf(text, where, BytesIO(data))
    elif _JSON.fullmatch(media_type) or media_type.startswith("text/"):
        add_text_file(text, where, data, charset)
    elif media_type == "message/rfc822":
        mail_messages.add_message(text, where, data, add_document)
    elif not is_textless(media_type):
        name = media_type[:80] or "without a media type"
        raise UnreadableFileError(f"Files of the type {name} are not read.")


# --- HTML ---


def add_html(text: CapturedText, where: str | None, data: bytes, charset: str | None) -> None:
    """Add a page, with the pages embedded in it."""
    decoded = decode(data, charset or declared_in_html(data))
    text.add_gap(where, decoded.gap)
    is_complete = _add_page(text, where, decoded.text)
    if not is_complete:
        raise UnreadableFileError("A tag, comment or script is not closed; the rest of the page was not read.")


def _add_page(text: CapturedText, where: str | None, source: str) -> bool:
    is_complete = True
    pending, count = [source], 0
    while pending:
        page = HtmlText()
        page.feed(pending.pop())
        is_complete = page.finish() and is_complete
        text.add(where, "".join(page.pieces), page.language)
        text.add_gaps(where, page.gaps)
        count += 1
        if count + len(page.embedded) > _MAX_EMBEDDED_PAGES:
            text.add_gap(where, f"Only {_MAX_EMBEDDED_PAGES} pages embedded in the page were read.")
            break
        pending += page.embedded
    return is_complete


# --- text files ---


def add_text_file(text: CapturedText, where: str | None, data: bytes, charset: str | None) -> None:
    """Add a text file by its content: a message, subtitles, JSON, or plain text.

    Raises UnreadableFileError for formats that look like text but are not read.
    """
    if mail_messages.is_message(data):
        mail_messages.add_message(text, where, data, add_document)
        return
    decoded = decode(data, charset)
    text.add_gap(where, decoded.gap)
    content = decoded.text.removeprefix("\ufeff")
    start = content[:200].lstrip()
    if start.startswith(_UNREAD_STARTS):
        raise UnreadableFileError(
            "The file is RTF, PostScript or a styled subtitle file, whose text is not read. Save it as PDF or plain "
            "text and capture that."
        )
    if subtitles.is_subtitles(content):
        cues = subtitles.read_cues(content)
        text.add(where, subtitles.spoken_text(cues), cues=cues)
    elif start.startswith(("{", "[")) and _add_json(text, where, content):
        return
    else:
        text.add(where, mark_columns(content))


def _add_json(text: CapturedText, where: str | None, content: str) -> bool:
    """Add the strings and numbers of a JSON document or of JSON lines; False if it is neither."""
    try:
        values = [_parse_json(content)]
    except RecursionError:
        raise UnreadableFileError("The JSON is nested too deeply.") from None
    except ValueError:
        try:
            values = [_parse_json(line) for line in content.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return False
    for value in values:
        entries = _har_entries(value)
        if entries is not None:
            _add_har(text, entries)
        else:
            text.add(where, "\n".join(_strings(value)))
    return True


def _parse_json(content: str) -> Any:
    """Parse JSON with its numbers as text, without exponents."""
    return json.loads(content, parse_int=str, parse_float=_without_exponent)


def _without_exponent(number: str) -> str:
    value = Decimal(number)
    return f"{value:f}" if abs(value.adjusted()) <= MAX_DIGITS else number


def _strings(value: Any) -> Iterator[str]:
    """The keys and values of a JSON value, in order. A string with markup is read as a page."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += [part for pair in reversed(item.items()) for part in reversed(pair)]
        elif isinstance(item, list):
            pending += reversed(item)
        elif isinstance(item, str):
            yield _page_text(item) if _MARKUP.search(item) else mark_columns(item)


def _page_text(source: str) -> str:
    page = HtmlText()
    page.feed(source)
    # A string that only looks like markup is kept as it is.
    return "".join(page.pieces) if page.finish() else mark_columns(source)


def _har_entries(value: Any) -> list[Any] | None:
    log = value.get("log") if isinstance(value, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None


def _add_har(text: CapturedText, entries: list[Any]) -> None:
    """Add the responses in an HTTP archive (HAR 1.2)."""
    import binascii
    from base64 import b64decode

    for entry in entries:
        try:
            url, response = str(entry["request"]["url"])[:2_000], entry["response"]
            content, status = response["content"], str(response["status"])
            media_type = str(content.get("mimeType") or "")
        except (KeyError, TypeError, AttributeError):
            text.add_gap(None, "An entry of the HTTP archive has no response.")
            continue
        if is_textless(media_type.partition(";")[0].strip().lower()) or status.startswith("3"):
            continue
        body = content.get("text")
        if not isinstance(body, str):
            if content.get("size"):
                text.add_gap(url, "The HTTP archive does not contain the response.")
            continue
        text.error_status = status if status.startswith(("4", "5")) else None
        try:
            if content.get("encoding") == "base64":
                add_document(text, url, b64decode(body), media_type)
            else:
                # The browser has decoded it already.
                add_document(text, url, body.encode(errors="replace"), media_type.partition(";")[0] + "; charset=utf-8")
        except LimitReachedError:
            raise
        except (UnreadableFileError, binascii.Error) as error:
            text.add_gap(url, str(error))
        finally:
            text.error_status = None


# --- PDF ---


def add_pdf(text: CapturedText, where: str | None, stream: BinaryIO) -> None:
    """Add the pages of a PDF. Raises UnreadableFileError if it is encrypted or too long."""
    from pypdf import PdfReader

    reader = PdfReader(stream, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableFileError("The PDF is encrypted.")
    for number, page in enumerate(reader.pages, 1):
        page_name = f"page {number}" if where is None else f"{where}, page {number}"
        label = page_name[0].upper() + page_name[1:]
        if number > MAX_PDF_PAGES:
            raise UnreadableFileError(f"The PDF has more pages than the limit of {MAX_PDF_PAGES:,}.")
        try:
            page_text = separate_columns(page, page.extract_text())
            is_image = not page_text.strip() and "/XObject" in page.get("/Resources", {})
        except UnreadableFileError:
            raise
        except Exception as error:  # noqa: BLE001 - a corrupt page makes pypdf raise exceptions of any type
            text.gaps.append(f"{label} is corrupt ({type(error).__name__}).")
            continue
        if is_image:
            text.gaps.append(f"{label} is an image without text.")
        elif "\ufffd" in page_text:
            text.gaps.append(f"{label} has characters that its fonts do not name.")
        text.add(page_name, mark_columns(page_text))
