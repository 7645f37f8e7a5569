"""What a closed list of the record is made of."""

from enum import StrEnum


class Word(StrEnum):
    """A word of a closed list, with its meaning for a reader.

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
        """All words of the list, in their written order."""
        return [member.value for member in cls]
