"""Base class of the closed lists."""

from enum import StrEnum


class Word(StrEnum):
    """A value of a closed list, with a sentence that explains it to readers.

    Members are written `NAME = "value", "meaning"`.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> "Word":
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    @classmethod
    def values(cls) -> list[str]:
        """All values of the list, in the order in which they are defined."""
        return [member.value for member in cls]
