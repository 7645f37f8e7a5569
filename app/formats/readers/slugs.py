"""Slugs: the parts of a record's key that are made from a name or title."""

import re


def slugify(text: str) -> str:
    """Return `text` as a part of a key: lower-case letters and digits of any script, with hyphens between words."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")
