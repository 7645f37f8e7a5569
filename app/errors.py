"""What can go wrong in the record's own terms.

Services raise these; they know nothing of HTTP or of exit codes. Each door translates them: the API into RFC 9457
problem documents, the command line into a message and an exit code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 50
"""So many faults of an input at most are told in a sentence."""


@dataclass(frozen=True)
class FieldProblem:
    """One fault of an input: where it stands and what would be right.

    `field` is a dotted path into the input, list positions as numbers: `quantities.0.low`.
    """

    field: str
    message: str


class AttestError(Exception):
    """Base of every error that a caller is told about; `str(error)` is a sentence for a person."""


class NotFoundError(AttestError):
    """No such object, or none that this reader may see; `then`: as of the moment that was asked about."""

    def __init__(self, noun: str, ref: str, *, then: bool = False) -> None:
        moment = " on record as of that moment; what was recorded later is not in it" if then else ""
        super().__init__(f"There is no {noun} {ref!r}{moment}.")
        self.noun = noun
        self.ref = ref


class InvalidError(AttestError):
    """The input breaks a rule; every problem names its field."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        told = [f"{problem.field}: {problem.message}" for problem in problems[:MOST_TOLD]]
        super().__init__("; ".join([*told, "and more"] if len(problems) > MOST_TOLD else told))
        self.problems = list(problems)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidError":
        """An error with a single problem."""
        return cls([FieldProblem(field, message)])

    def under(self, path: str) -> "InvalidError":
        """The same problems, of fields that stand under `path`."""
        return InvalidError([FieldProblem(f"{path}.{problem.field}", problem.message) for problem in self.problems])

    def without(self, path: str) -> "InvalidError":
        """The same problems, of fields that no longer stand under `path`."""
        return InvalidError(
            [FieldProblem(problem.field.removeprefix(path + "."), problem.message) for problem in self.problems]
        )


class ConflictError(AttestError):
    """The input is well formed, but the record as it stands does not allow it."""


class VersionMismatchError(AttestError):
    """The object has changed since the caller read it; `current` is the ETag that it has now."""

    def __init__(self, current: str) -> None:
        super().__init__(f"The object has changed since you read it; its ETag is now {current}.")
        self.current = current


class AuthenticationError(AttestError):
    """The presented key is unknown, malformed, expired or revoked."""


class UnavailableError(AttestError):
    """Something that the installation rests on, such as the store of captures, cannot be used now."""


class BusyError(UnavailableError):
    """Others take up all that there is of something; `wait` is in seconds, after which to ask again."""

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class PermissionDeniedError(AttestError):
    """The key is good, but its role may not do this."""
