"""Search for the claim versions that a text cites: a reference list in any format, a manuscript, a web page.

The search looks for the permanent address of a version, which every Attest citation contains, and for the content hash
after it. Changes that a reference manager makes to the rest of a citation do not matter.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# An underscore as TeX, Markdown, URLs and HTML escape it.
_ESCAPED = re.compile(r"\{?\\_(?:\{\})?\}?|\\textunderscore(?:\{\}| )?|%5[Ff]|&#(?:95|x5[Ff]);")
_ADDRESS = re.compile(
    r"(https?://[\w.:\-\[\]/%~]{1,500})?/claims/(clm_[0-9a-hjkmnp-tv-z]{26})/versions/([1-9][0-9]{0,8})(?![0-9])"
)
_HASH = re.compile(r"sha256:\s*([0-9a-f]{64})(?![0-9a-f])")
_MAX_HASH_DISTANCE = 400
"""Characters after an address that are searched for its hash."""


class CitedVersion(NamedTuple):
    """A version of a claim that a text cites."""

    line: int
    """The line of its first address, from 1."""
    claim_id: str
    version: int
    sha256: str | None
    """The content hash that follows the address, if any."""
    api_url: str | None = None
    """The address of the API of the installation that is cited, if the text gives one."""


def cited_versions(text: str) -> Iterator[CitedVersion]:
    """The versions that a text cites, each once, in order of their first address."""
    plain = _ESCAPED.sub("_", text.replace("\\/", "/"))  # JSON may escape a slash
    versions: dict[tuple[str, int], CitedVersion] = {}
    addresses = list(_ADDRESS.finditer(plain))
    ends = [address.start() for address in addresses[1:]] + [len(plain)]
    for address, end in zip(addresses, ends[: len(addresses)], strict=True):
        sha256 = _HASH.search(plain, address.end(), min(end, address.end() + _MAX_HASH_DISTANCE))
        key = address[2], int(address[3])
        earlier = versions.get(key)
        line = plain.count("\n", 0, address.start()) + 1 if earlier is None else earlier.line
        if earlier is None or earlier.sha256 is None:
            versions[key] = CitedVersion(line, *key, sha256[1] if sha256 else None, address[1])
    yield from versions.values()
