"""Writing systems of personal names: which are written without spaces, and which have initials."""

import re

_HANGUL_KANA_HAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def is_written_without_spaces(family: str) -> bool:
    """True for Hangul, kana and Han: the family name comes first and the given name follows without a space."""
    return _HANGUL_KANA_HAN.match(family) is not None


def has_initials(given_name: str) -> bool:
    """True if the script has capital letters; a name in any other script must not be shortened to initials."""
    return given_name.lower() != given_name.upper()
