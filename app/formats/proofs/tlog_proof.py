"""Files that prove the inclusion of an entry in the log: C2SP tlog-proof, version 1 (`.tlog-proof`).

`extra` holds the canonical bytes of the entry itself, so the file and the log's key are enough to verify it: the hash
of the entry is SHA-256 of a zero byte and these bytes (RFC 9162, 2.1.1).
"""

from base64 import b64encode
from collections.abc import Sequence

PROOF_MEDIA_TYPE = "text/plain; charset=utf-8"
PROOF_SUFFIX = "tlog-proof"


def render_proof(extra: bytes, index: int, proof: Sequence[bytes], checkpoint: str) -> str:
    """Return the text of the file: the entry, its index, the inclusion proof, and the signed checkpoint."""
    lines = ["c2sp.org/tlog-proof@v1", f"extra {_base64(extra)}", f"index {index}", *map(_base64, proof)]
    return "\n".join(lines) + "\n\n" + checkpoint


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
