"""Confirmation statuses of claims in English, as readers see them."""

from app.formats.english.decision_origins import origin_suffix
from app.schemas.files.publication import LaterChange, PublishedClaim
from app.vocabulary import ClaimStatus, Stage


def describe_status(status: str, stage: str) -> str:
    """Return the status of a claim in English, as it is shown (`ClaimStatus`)."""
    if stage == Stage.WITHDRAWN:
        return "withdrawn"
    if status == ClaimStatus.UNASSESSED:
        return "not assessed"
    if status == ClaimStatus.STALE:
        return "not decided as it reads now"
    return str(status)


def describe_claim_status(claim: PublishedClaim | LaterChange) -> str:
    """Return the status of a published claim, or its present status, in English, and on whose word it is."""
    status = describe_status(claim.status, claim.stage)
    is_decided = claim.status is not ClaimStatus.STALE and claim.stage is not Stage.WITHDRAWN
    return status + origin_suffix(claim.decision) if is_decided else status
