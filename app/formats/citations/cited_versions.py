"""Which versions of claims a text cites: a reference list in any format, a manuscript, a web page.

What is looked for is the permanent address of a version, which every citation of ours holds, and behind it the content
hash. So it does not matter what a reference manager has made of the rest.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# An underscore as TeX, Markdown and addresses write it; a slash as JSON may.
_ESCAPED = re.compile(r"\{?\\_(?:\{\})?\}?|\\textunderscore(?:\{\}| )?|%5[Ff]|&#(?:95|x5[Ff]);")
_ADDRESS = re.compile(r"/claims/(clm_[0-9a-hjkmnp-tv-z]{26})/versions/([1-9][0-9]{0,8})(?![0-9])")
_HASH = re.compile(r"sha256:\s*([0-9a-f]{64})(?![0-9a-f])")
_NEAR = 400
"""Characters behind an address in which its hash is looked for."""


class CitedVersion(NamedTuple):
    """A version of a claim that a text cites."""

    line: int
    """Where, from 1."""
    claim_id: str
    version: int
    sha256: str | None
    """The content hash that stands with it, if one does."""


def cited_versions(text: str) -> Iterator[CitedVersion]:
    """The versions that a text cites, each once, in the order in which they stand there."""
    plain = _ESCAPED.sub("_", text.replace("\\/", "/"))
    found: dict[tuple[str, int], CitedVersion] = {}
    addresses = list(_ADDRESS.finditer(plain))
    ends = [address.start() for address in addresses[1:]] + [len(plain)]
    for address, end in zip(addresses, ends[: len(addresses)], strict=True):
        behind = _HASH.search(plain, address.end(), min(end, address.end() + _NEAR))
        named = address[1], int(address[2])
        known = found.get(named)
        line = plain.count("\n", 0, address.start()) + 1 if known is None else known.line
        hashed = behind[1] if behind else None
        if known is None or known.sha256 is None:
            found[named] = CitedVersion(line, *named, hashed)
    yield from found.values()
