"""Citations checked: what has become of the versions that somebody cited."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from app.errors import NotFoundError
from app.formats.citations.cited_versions import CitedVersion
from app.formats.english.status_words import status_words
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.citation_check import CitationCheck
from app.schemas.files.publication import House, PublishedClaim
from app.services.claims.claim_reads import record_of_version
from app.services.core.actors import Actor
from app.services.core.snapshot import NOW
from app.services.publishing import published_reads
from app.vocabulary import CitationState, Stage


def check(
    connection: Connection, cited: Iterable[CitedVersion], actor: Actor | None, house: House
) -> list[CitationCheck]:
    """What has become of each of these, in their order."""
    return [_check(connection, one, actor, house) for one in cited]


def _check(connection: Connection, cited: CitedVersion, actor: Actor | None, house: House) -> CitationCheck:
    now = next(published_reads.claims(connection, NOW, [cited.claim_id], house), None)
    then = _then(connection, cited, actor, house)
    if now is None or then is None or not published_reads.seen(now, actor):
        return _told(cited, CitationState.UNKNOWN, "There is no such version of a claim here.")
    state, says = _state(cited, then, now)
    return _told(cited, state, says, then=then, now=now, address=house.claim(cited.claim_id))


def _then(connection: Connection, cited: CitedVersion, actor: Actor | None, house: House) -> PublishedClaim | None:
    try:
        record = record_of_version(connection, cited.claim_id, cited.version, actor)
    except NotFoundError:
        return None
    return next(published_reads.claims(connection, record, [cited.claim_id], house), None)


def _state(cited: CitedVersion, then: PublishedClaim, now: PublishedClaim) -> tuple[CitationState, str]:
    if cited.sha256 is not None and cited.sha256 != content_hash(then):
        return CitationState.ALTERED, f"The content hash of version {cited.version} is {content_hash(then)}."
    if now.stage is Stage.WITHDRAWN:
        return CitationState.RETRACTED, f"Withdrawn: {now.notice or 'no reason is given.'}"
    before = {said.id for said in then.attributions if not said.withdrawn}
    for said in now.attributions:
        if said.withdrawn and said.id in before:
            notice = "" if said.retraction is None else f": {said.retraction['notice']}"
            return CitationState.RETRACTED, f"{said.source.name} is no longer on record with it{notice}"
    corrected, decided = list(_corrections(then, now)), list(_decisions(then, now))
    if corrected or decided:
        state = CitationState.CORRECTED if corrected else CitationState.STATUS_CHANGED
        return state, " ".join([*corrected, *decided])
    more = "" if now.version == then.version else " More has been recorded about it since."
    return CitationState.UNCHANGED, f"It says what it said, and is {now.status}.{more}"


def _corrections(then: PublishedClaim, now: PublishedClaim) -> Iterator[str]:
    """What is corrected of the proposition, sentence by sentence."""
    # A decision in the same change counts a version of its own; the proposition is that of the version shown.
    if then.statement != now.statement:
        yield f"It now reads: {now.statement}"
    for name, before, after in (("place", then.place, now.place), ("time", then.time, now.time)):
        if before != after:
            yield f"Its {name} was {before or 'not given'} then, and is {after or 'not given'} now."
    if then.quantities != now.quantities:
        yield "Its figures are others now."


def _decisions(then: PublishedClaim, now: PublishedClaim) -> Iterator[str]:
    """How its status has changed, and what readers are told of that."""
    if then.status is not now.status:
        before, after = (status_words(one.status, one.stage, stale=False) for one in (then, now))
        yield f"It was {before} then, and is {after} now."
        if now.decision is not None and now.decision["notice"]:
            yield now.decision["notice"]


def _told(
    cited: CitedVersion,
    state: CitationState,
    says: str,
    *,
    then: PublishedClaim | None = None,
    now: PublishedClaim | None = None,
    address: str | None = None,
) -> CitationCheck:
    return CitationCheck(
        claim_id=cited.claim_id,
        version=cited.version,
        state=state,
        says=says,
        status_then=None if then is None else then.status,
        status_now=None if now is None else now.status,
        newest_version=None if now is None else now.version,
        address=address,
    )
