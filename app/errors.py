"""The errors that services raise.

They know nothing of HTTP or exit codes. The API turns them into problem documents (RFC 9457), the command line into a
message and an exit code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_LISTED_PROBLEMS = 50
"""How many problems of an input the message of an error lists at most."""


@dataclass(frozen=True)
class FieldProblem:
    """A problem with one field of an input.

    `field` is a dotted path into the input, with list positions as numbers: `quantities.0.low`. `message` continues
    the name of the field and says what would be right: 'must be a number'.
    """

    field: str
    message: str


class AttestError(Exception):
    """Base of all errors that are reported to the caller; `str(error)` is a message for a person."""


class NotFoundError(AttestError):
    """The object does not exist, or this reader may not see it.

    With `is_past`, the read was for a past moment (`as_of`) and the message says so. `message` replaces the usual one.
    """

    def __init__(self, noun: str, ref: str, *, is_past: bool = False, message: str | None = None) -> None:
        moment = " on record at that time (as_of)" if is_past else ""
        super().__init__(message or f"There is no {noun} {ref!r}{moment}.")
        self.noun = noun
        self.ref = ref


class HeldElsewhereError(AttestError):
    """This installation does not hold something that exists at a permanent address of another installation.

    `publisher` is the name of that installation, and `address` the permanent address there.
    """

    def __init__(self, message: str, publisher: str, address: str) -> None:
        super().__init__(f"{message} It is at {address} ({publisher}).")
        self.publisher = publisher
        self.address = address


class InvalidError(AttestError):
    """The input breaks one or more rules; every problem names its field."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        listed = [f"{problem.field}: {problem.message}" for problem in problems[:MAX_LISTED_PROBLEMS]]
        super().__init__("; ".join([*listed, "and more"] if len(problems) > MAX_LISTED_PROBLEMS else listed))
        self.problems = list(problems)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidError":
        """An error with a single problem."""
        return cls([FieldProblem(field, message)])

    def prefix_fields(self, path: str) -> "InvalidError":
        """Return an error with the same problems, with `path.` put before every field."""
        return InvalidError([FieldProblem(f"{path}.{problem.field}", problem.message) for problem in self.problems])

    def strip_prefix(self, path: str) -> "InvalidError":
        """Return an error with the same problems, with a leading `path.` removed from every field."""
        return InvalidError(
            [FieldProblem(problem.field.removeprefix(path + "."), problem.message) for problem in self.problems]
        )


class ConflictError(AttestError):
    """The input is valid, but the current state of the record does not allow it."""


@dataclass(frozen=True)
class Candidate:
    """An object on record that equals the one to be recorded."""

    noun: str
    """What it is: source, topic, document or claim."""
    id: str
    key: str | None
    label_field: str
    """The field that it is recognised by: name, title or statement."""
    label: str | None
    url: str | None = None
    """The address of a document; null for other objects."""

    def __str__(self) -> str:
        """A line for people."""
        description = " ".join(filter(None, (self.label, self.url))) or "without a title"
        return f"{self.id} ({description})"


_EQUAL_IN = {
    "source": "A source with an equal name is",
    "topic": "A topic with an equal title is",
    "document": "A document with an equal address is",
    "claim": "A claim with an equal statement, topic, time and figures is",
}


class PossibleDuplicateError(ConflictError):
    """The input equals an object on record. `candidates` are those that it must be ruled distinct from."""

    def __init__(self, noun: str, candidates: Sequence[Candidate], *, problem: str | None = None) -> None:
        listed = "; ".join(map(str, candidates))
        super().__init__(
            f"{problem or _EQUAL_IN[noun]} already on record: {listed}. Use the existing {noun}. If yours is another "
            f"one, send the {'id' if len(candidates) == 1 else 'ids'} in `distinct_from` to record it anyway."
        )
        self.noun = noun
        self.candidates = list(candidates)


class VersionMismatchError(AttestError):
    """The object has changed since the caller read it; `current` is its current ETag."""

    def __init__(self, current: str) -> None:
        super().__init__(
            f"The object has changed since you read it, and its ETag is now {current}. "
            "Read it again, then send your correction with the new ETag."
        )
        self.current = current


class AuthenticationError(AttestError):
    """The key that was sent is unknown, malformed, expired or revoked."""


class UnavailableError(AttestError):
    """Something that the installation depends on, such as the capture store, is not available now."""


class BusyError(UnavailableError):
    """All capacity for something is in use; `wait` is the number of seconds after which to try again."""

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class FileTooLargeError(AttestError):
    """A captured file is larger than its type may be."""


class UnknownFileTypeError(AttestError):
    """A captured file is empty or has a type that is not accepted."""


class PermissionDeniedError(AttestError):
    """The key is valid, but its role does not allow this."""
