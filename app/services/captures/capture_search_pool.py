"""Searches of captured files for quotes and figures, each in a sandboxed process, with recent results cached."""

import logging
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from threading import Lock

import msgspec

from app import sandbox
from app.blobs.store import BlobStore, MissingBlobError
from app.formats.captures import media_types
from app.formats.captures.capture_search import CaptureSearchQuery, CaptureSearchResult
from app.vocabulary import FigureFound

MAX_SECONDS = 20.0
"""Wall-clock time for one file; the process itself stops after half as much CPU time."""

MAX_OUTPUT_BYTES = 4_000_000
"""The largest output for one file."""

MAX_CACHED = 512
"""How many lists of results are cached. The bytes with a digest never change, and so neither do results about them."""

_LANGUAGE_TAG = re.compile("[A-Za-z0-9-]{2,40}")

logger = logging.getLogger("attest")

_cache: OrderedDict[tuple[str, str | None, bytes], list[CaptureSearchResult]] = OrderedDict()
_lock = Lock()


def admission() -> AbstractContextManager[None]:
    """Admit one check, however many files it searches. Raises BusyError if too many others are waiting."""
    return sandbox.admission("searching other captures")


def search(
    store: BlobStore,
    sha256: str,
    media_type: str,
    queries: Sequence[CaptureSearchQuery],
    deadline: float,
    *,
    language: str | None = None,
) -> list[CaptureSearchResult]:
    """The result of each query on a captured file.

    `deadline` is a time of `time.monotonic`: a file that gets no slot before it is reported as not checkable.
    `language` is the language of the document, a BCP 47 tag.
    """
    if media_type.startswith("image/"):
        return _not_checkable(queries, "The file is an image, which has no text to search.")
    input_bytes = msgspec.json.encode(queries)
    key = sha256, language, input_bytes
    with _lock:
        if (cached := _cache.get(key)) is not None:
            _cache.move_to_end(key)
            return cached
    with sandbox.slot(min(sandbox.SLOT_TIMEOUT, deadline - time.monotonic())) as has_slot:
        if not has_slot:
            return _not_checkable(
                queries, "The request reached its time limit before this file was searched. Try again later."
            )
        try:
            results = _search(store, sha256, media_type, input_bytes, language)
        except MissingBlobError:
            return _not_checkable(queries, "The file is missing from the capture store.")
    if isinstance(results, str):
        # A failure is not cached, because it may only mean that other processes kept the machine busy.
        return _not_checkable(queries, results)
    with _lock:
        _cache[key] = results
        while len(_cache) > MAX_CACHED:
            _cache.popitem(last=False)
    return results


def _not_checkable(queries: Sequence[CaptureSearchQuery], reason: str) -> list[CaptureSearchResult]:
    return [CaptureSearchResult(FigureFound.NOT_CHECKABLE, reason)] * len(queries)


def _search(
    store: BlobStore, sha256: str, media_type: str, input_bytes: bytes, language: str | None
) -> list[CaptureSearchResult] | str:
    """The results of the process, or the reason why there are none."""
    if media_type not in media_types.CAPTURE_FORMATS:
        return "Files of this type are not searched."
    with store.open(sha256) as file:
        number = file.fileno()
        tag = language if language is not None and _LANGUAGE_TAG.fullmatch(language) else ""
        # Isolated (-I): neither environment variables nor the working folder decide what the process imports.
        process = sandbox.run(
            [sys.executable, "-I", "-B", "-m", "app.formats.captures.capture_search", str(number), media_type, tag],
            input_bytes,
            max_seconds=MAX_SECONDS,
            max_output_bytes=MAX_OUTPUT_BYTES,
            environment={},
            pass_fds=(number,),
        )
    if process.output is None or process.returncode < 0:
        return "Searching the file takes more time or memory than is allowed."
    if process.returncode:
        logger.error("Searching the captured file %s failed with exit status %d", sha256, process.returncode)
        return "The file could not be read. The reason has been logged."
    try:
        return msgspec.json.decode(process.output, type=list[CaptureSearchResult])
    except msgspec.DecodeError:
        return "The search returned an invalid result."
