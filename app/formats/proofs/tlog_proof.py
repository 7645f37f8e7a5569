"""Proofs that an entry is in the log, as files: C2SP tlog-proof, version 1 (`.tlog-proof`).

`extra` holds the canonical bytes of the entry itself, so that whoever has the file and the log's key needs nothing
else: the hash of the entry is SHA-256 of a zero byte and these bytes (RFC 9162, 2.1.1).
"""

from base64 import b64encode
from collections.abc import Sequence

MEDIA_TYPE = "text/plain; charset=utf-8"
SUFFIX = "tlog-proof"


def write(extra: bytes, index: int, proof: Sequence[bytes], checkpoint: str) -> str:
    """The file: what is proved, where it stands, the way up to the root, and the signed root."""
    lines = ["c2sp.org/tlog-proof@v1", f"extra {_base64(extra)}", f"index {index}", *map(_base64, proof)]
    return "\n".join(lines) + "\n\n" + checkpoint


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
