"""What was concluded on a claim, as a reader says it. In English."""

from app.schemas.files.publication import PublishedClaim
from app.vocabulary import Stage, Status

BEFORE_IT_CHANGED = "before the claim was changed"
"""What is said behind a status that was decided on something else than the claim is by now."""


def status_words(status: str, stage: str, *, stale: bool) -> str:
    """The status of a claim at an editorial stage; `stale`: the claim is no longer what it was decided on."""
    if stage == Stage.WITHDRAWN:
        return "withdrawn"
    if status == Status.UNASSESSED:
        return "not assessed"
    return f"{status}, {BEFORE_IT_CHANGED}" if stale else str(status)


def status_of(claim: PublishedClaim) -> str:
    """The same of a claim that goes out."""
    return status_words(claim.status, claim.stage, stale=claim.decision is not None and claim.decision["stale"])
