"""Entity tags (RFC 9110, section 8.8.3): this module makes all of them, and compares them with what clients send.

A tag identifies one state of what is shown. Two tags may stand for the same content, but never one tag for two. Tags
that have to be known before the content is read, such as those of claims and lists, are made from the numbers of
changes; the others are digests of the content.
"""

import hashlib
import re
from typing import NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, select

from app.db.compiled_reads import CompiledStatement, PlainRow
from app.db.schema import table_of
from app.errors import VersionMismatchError
from app.models import Head
from app.schemas.base.fields import Stamp
from app.services.core.snapshot import Snapshot

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*?)(?:-(?:gzip|br|zstd))?"')
_CLAIM_TAG = re.compile(r'"\d+\.(0|[1-9]\d*)(\.as-of-\d+)?(\.desk)?"')


class Tagged(NamedTuple):
    """A response body as plain values, with its entity tag."""

    tag: str
    body: PlainRow


def of_object(shown: Stamp) -> str:
    """The tag of an object: its version, and a digest of all that is shown with it.

    The version alone would not do, because names of other objects are shown too.
    """
    return f'"{shown.version}.{_digest(shown, 9)}"'


def of_content(shown: BaseModel) -> str:
    """The tag of something without versions: a digest of its content."""
    return f'"{_digest(shown, 12)}"'


def _digest(shown: BaseModel, size: int) -> str:
    return hashlib.blake2b(shown.model_dump_json().encode(), digest_size=size).hexdigest()


def of_bytes(sha256: str) -> str:
    """The tag of a captured file: its SHA-256 in hexadecimal."""
    return f'"{sha256}"'


_last_change = CompiledStatement(select(table_of(Head).c.seq))


def of_record(connection: Connection, snapshot: Snapshot, *, for_desk: bool = False, prefix: str = "") -> str:
    """The tag of something that may show any part of the record, such as a list: the number of the last change in it.

    `for_desk` tells what only the desk may see from what everybody sees.
    """
    seq = _last_change.rows(connection)[0]["seq"] if snapshot.seq is None else f"as-of-{snapshot.seq}"
    return f'"{prefix}{seq}{".desk" if for_desk else ""}"'


def of_claim(version: int, shared_seq: int, as_of_seq: int | None, *, for_desk: bool) -> str:
    """The tag of a claim: its version counts every change of the claim and of what is attached to it.

    `shared_seq` is the number of the last change of anything that claims show but do not own, such as names of sources.
    """
    moment = "" if as_of_seq is None else f".as-of-{as_of_seq}"
    return f'"{version}.{shared_seq}{moment}{".desk" if for_desk else ""}"'


def matches(header: str, tag: str) -> bool:
    """True if an If-Match or If-None-Match header names this tag, or is `*`.

    Weak tags match too, and so do tags with a suffix such as `-gzip`: proxies that compress responses change their tags
    in these ways. For If-Match, this deviates from RFC 9110, section 13.1.1: our tags name a version and not bytes.
    """
    return header.strip() == "*" or tag in _tags_in(header)


def _tags_in(header: str) -> list[str]:
    """The tags of a header, as we gave them out."""
    return [f'{tag}"' for tag in _ENTITY_TAG.findall(header)]


def require(if_match: str | None, current: str) -> None:
    """Raise VersionMismatchError if the caller expects another state than `current`; None expects any."""
    if if_match is not None and not matches(if_match, current):
        raise VersionMismatchError(current)


def require_claim_version(if_match: str | None, current: str) -> None:
    """Raise VersionMismatchError if the caller expects another version of a claim than the one tagged `current`.

    Only the version counts: that a source was renamed meanwhile does not make a correction wrong.
    """
    version = current.partition(".")[0]
    tags = _tags_in(if_match or "")
    if not any(_CLAIM_TAG.fullmatch(tag) and tag.partition(".")[0] == version for tag in tags):
        require(if_match, current)
