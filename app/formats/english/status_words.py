"""Confirmation statuses of claims in English, as readers see them."""

from app.formats.english.decision_origins import origin_suffix
from app.schemas.files.publication import PublishedClaim
from app.vocabulary import Stage, Status

STALE_SUFFIX = "before the claim was changed"
"""What follows a status whose decision is stale, after a comma."""


def describe_status(status: str, stage: str, *, stale: bool) -> str:
    """Return the status of a claim in English; `stale` means that the claim changed after the decision."""
    if stage == Stage.WITHDRAWN:
        return "withdrawn"
    if status == Status.UNASSESSED:
        return "not assessed"
    return f"{status}, {STALE_SUFFIX}" if stale else str(status)


def describe_claim_status(claim: PublishedClaim) -> str:
    """Return the status of a published claim in English: whether its decision is stale, and on whose word it is."""
    stale = claim.decision is not None and claim.decision["stale"]
    status = describe_status(claim.status, claim.stage, stale=stale)
    return status if claim.stage is Stage.WITHDRAWN else status + origin_suffix(claim.decision)
