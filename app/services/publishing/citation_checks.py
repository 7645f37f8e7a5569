"""Checks of citations: whether the cited versions of claims are still current."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from app.errors import HeldElsewhereError, NotFoundError
from app.formats.citations.cited_versions import CitedVersion
from app.formats.english.retraction_words import retraction_sentences
from app.formats.english.status_words import describe_claim_status
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.citation_check import CitationCheck
from app.schemas.files.publication import PublishedClaim, Publisher, TakenBackLink
from app.services.changes.actors import Actor
from app.services.claims.claim_reads import snapshot_of_version
from app.services.core.held_elsewhere import HoldingInstallation, holders
from app.services.core.snapshot import NOW
from app.services.publishing import published_reads
from app.vocabulary import CitationState, Stage


def check_citations(
    connection: Connection, cited: Iterable[CitedVersion], actor: Actor | None, publisher: Publisher
) -> list[CitationCheck]:
    """Return, for each cited version and in the same order, how its claim has changed since."""
    return [_check(connection, citation, actor, publisher) for citation in cited]


def _check(connection: Connection, cited: CitedVersion, actor: Actor | None, publisher: Publisher) -> CitationCheck:
    now = next(published_reads.claims(connection, NOW, [cited.claim_id], publisher), None)
    try:
        then = _cited_claim(connection, cited, actor, publisher)
    except HeldElsewhereError as error:
        return _build_result(cited, CitationState.HELD_ELSEWHERE, str(error), now=now, address=error.address)
    if now is not None and (elsewhere := _cited_elsewhere(connection, cited, then, publisher)) is not None:
        explanation = (
            f"The citation is of another installation, {elsewhere.publisher}, whose version {cited.version} this one "
            "does not hold. Check it there."
        )
        address = f"{elsewhere.address}/claims/{cited.claim_id}/versions/{cited.version}"
        return _build_result(cited, CitationState.HELD_ELSEWHERE, explanation, now=now, address=address)
    if now is None or then is None or not published_reads.is_visible_to(now, actor):
        return _build_result(
            cited, CitationState.UNKNOWN, "This database has no such version of the claim, or it is not public."
        )
    state, explanation = _compare(cited, then, now)
    return _build_result(cited, state, explanation, then=then, now=now, address=publisher.claim(cited.claim_id))


def _cited_elsewhere(
    connection: Connection, cited: CitedVersion, then: PublishedClaim | None, publisher: Publisher
) -> HoldingInstallation | None:
    """Return the installation that a citation is of, if this claim came from it and this version is not the cited one.

    Both installations have continued with the same number, so only the content hash tells their versions apart.
    """
    if cited.api_url is None or cited.api_url == publisher.address:
        return None
    if then is not None and cited.sha256 == content_hash(then):
        return None
    return next((of for of in holders(connection, cited.claim_id) if of.address == cited.api_url), None)


def _cited_claim(
    connection: Connection, cited: CitedVersion, actor: Actor | None, publisher: Publisher
) -> PublishedClaim | None:
    try:
        snapshot = snapshot_of_version(connection, cited.claim_id, cited.version, actor)
    except NotFoundError:
        return None
    return next(published_reads.claims(connection, snapshot, [cited.claim_id], publisher), None)


def _compare(cited: CitedVersion, then: PublishedClaim, now: PublishedClaim) -> tuple[CitationState, str]:
    if cited.sha256 is not None and cited.sha256 != content_hash(then):
        return CitationState.ALTERED, (
            f"The content hash in the citation differs from that of version {cited.version}, which is "
            f"{content_hash(then)}. Compare the citation with that version."
        )
    if now.stage is Stage.WITHDRAWN:
        explanation = "Withdrawn without a published reason." if now.notice is None else f"Withdrawn: {now.notice}"
        return CitationState.RETRACTED, explanation
    attributions_then = {attribution.id for attribution in then.attributions if not attribution.withdrawn}
    for attribution in now.attributions:
        if attribution.withdrawn and attribution.id in attributions_then:
            link = TakenBackLink(source=attribution.source, retraction=attribution.retraction)
            return CitationState.RETRACTED, retraction_sentences([link])
    corrections, status_changes = list(_corrections(then, now)), list(_status_changes(then, now))
    if corrections or status_changes:
        state = CitationState.CORRECTED if corrections else CitationState.STATUS_CHANGED
        return state, " ".join([*corrections, *status_changes])
    suffix = "" if now.version == then.version else " Other information has been added since."
    return (
        CitationState.UNCHANGED,
        f"The claim still says the same, and its status is still {describe_claim_status(now)}.{suffix}",
    )


def _corrections(then: PublishedClaim, now: PublishedClaim) -> Iterator[str]:
    """Yield a sentence for each correction of the proposition."""
    # A decision in the same change has a version of its own; the proposition compared is that of the cited version.
    if then.statement != now.statement:
        yield f"It now reads: {now.statement}"
    for name, before, after in (("place", then.place, now.place), ("time", then.time, now.time)):
        if before != after:
            yield f"Its {name} was {before or 'not given'} and is now {after or 'not given'}."
    if then.quantities != now.quantities:
        yield "Its figures have changed."


def _status_changes(then: PublishedClaim, now: PublishedClaim) -> Iterator[str]:
    """Yield how the status has changed, or on whose word it is, and the public notice of that decision."""
    before, after = describe_claim_status(then), describe_claim_status(now)
    if before != after:
        yield f"Its status has changed from {before} to {after}."
        if now.decision is not None and now.decision["notice"]:
            yield now.decision["notice"]


def _build_result(
    cited: CitedVersion,
    state: CitationState,
    explanation: str,
    *,
    then: PublishedClaim | None = None,
    now: PublishedClaim | None = None,
    address: str | None = None,
) -> CitationCheck:
    return CitationCheck(
        claim_id=cited.claim_id,
        version=cited.version,
        state=state,
        says=explanation,
        status_then=None if then is None else then.status,
        status_now=None if now is None else now.status,
        newest_version=None if now is None else now.version,
        address=address,
    )
