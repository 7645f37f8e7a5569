"""What scripts ask of names: which are written without a blank, which have no initials."""

import re

_TOGETHER = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def runs_together(family: str) -> bool:
    """True for Hangul, kana and Han: the family name comes first, and nothing between it and the given name."""
    return _TOGETHER.match(family) is not None


def has_initials(given: str) -> bool:
    """True for scripts with capitals; to shorten a name in another one is to mangle it."""
    return given.lower() != given.upper()
