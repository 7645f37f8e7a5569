"""The note of a citation: who is cited for which claim, and the exact version of the claim with its content hash.

Citation styles print little of it. It stays in the list for later readers, and `attest cite --check` reads it.
"""

from collections.abc import Iterator

from app.formats.english.decision_origins import origin_suffix
from app.formats.english.retraction_words import describe_chain, describe_retraction, retraction_sentences
from app.formats.english.status_words import describe_claim_status, describe_status
from app.formats.proofs.content_hash import content_hash
from app.schemas.files.citation import Citation
from app.schemas.files.publication import LaterChange, PublishedAttribution, PublishedClaim, day_of
from app.vocabulary import ClaimStatus, Stage, Stance

MAX_QUOTE_LENGTH = 300
"""Characters of a quotation that a note repeats. A longer one is cut after a whole word."""


NO_ADDRESS = "No address of it is on record."
"""What a reference says in place of the address of a document that has none on record."""


def build_note(citation: Citation) -> str:
    """The note as sentences on one line."""
    return " ".join(_sentences(citation))


def _sentences(citation: Citation) -> Iterator[str]:
    if citation.url is None:
        yield NO_ADDRESS
    if not citation.cited_for:
        yield from _archived(citation)
        if citation.url != citation.address:
            yield f"Record: {citation.address} ."
    for number, cited in enumerate(citation.cited_for):
        if citation.url != cited.claim.address:
            yield f"Cited for: {_one_line(cited.claim.statement).rstrip('. ')}."
        for attribution in cited.statements:
            yield f"{_describe_attribution(attribution)}."
        if number == 0:
            yield from _archived(citation)
        yield _describe_version(cited.claim)
        if (change := describe_change(cited.claim)) is not None:
            yield change


def _describe_version(claim: PublishedClaim) -> str:
    """The cited version, its status, its address, its content hash, and its entry in the transparency log if any."""
    status = describe_status(claim.status, Stage.PUBLISHED)
    if claim.decision is not None and claim.status is not ClaimStatus.STALE:
        status += f" on {claim.decision['decided_on']}{origin_suffix(claim.decision)}"
    version = f"Version {claim.version} of {day_of(claim.recorded_at)}"
    text = f"{version}: {status}. {claim.address} sha256:{content_hash(claim)}"
    if claim.logged is not None:
        text += f" log entry {claim.logged.index} of {claim.logged.size}, root {claim.logged.root}"
    return text


def describe_change(claim: PublishedClaim) -> str | None:
    """A notice of what changed in the claim after the cited version; None if nothing did."""
    if claim.stage is Stage.WITHDRAWN and claim.changed is None:
        return f"Withdrawn: {_one_line(claim.notice or '')}"
    current = claim.changed
    if current is None:
        return None
    if current.stage is Stage.WITHDRAWN:
        return f"Withdrawn since: {_one_line(current.notice or '')}"
    details = ", ".join(
        filter(None, (f"version {current.version}" if current.version != claim.version else "", _new_status(claim)))
    )
    return " ".join(
        filter(
            None,
            (f"Notice: {_what_changed(claim, current)} since ({details}).", retraction_sentences(current.taken_back)),
        )
    )


def _what_changed(claim: PublishedClaim, current: LaterChange) -> str:
    if current.content_version > claim.version:
        return "this claim has been changed"
    if (claim.decision or {}).get("id") != (current.decision or {}).get("id"):
        return "this claim has been decided on anew" if claim.decision is not None else "this claim has been decided on"
    if current.status is not claim.status:
        # The decision is the same one. It no longer applies, or applies again.
        return "what its status rests on has changed"
    return "this claim has been supplemented"


def _new_status(claim: PublishedClaim) -> str:
    """The present status if it differs from the cited one, and on whose word it is."""
    current = claim.changed
    if current is None:
        return ""
    status = describe_claim_status(current)
    if status == describe_claim_status(claim):
        return ""
    return status if current.status is ClaimStatus.STALE else f"now {status}"


def _archived(citation: Citation) -> Iterator[str]:
    if citation.archive_url is not None:
        when = "" if citation.archived is None else f" on {citation.archived}"
        yield f"Archived{when}: {citation.archive_url} ."


def _describe_attribution(attribution: PublishedAttribution) -> str:
    if attribution.stance is Stance.NO_STATEMENT_FOUND:
        search = attribution.search
        day = "" if search is None else f" as of {search['on']}{search_scope(search['where'])}"
        return f"No statement by {attribution.source.name} was found{day}"
    stance = attribution.stance.replace("_", " ")
    relay = describe_chain(attribution)
    quotation = ""
    if attribution.quote is not None:
        words = _one_line(attribution.quote["exact"])
        cut = words if len(words) <= MAX_QUOTE_LENGTH else words[:MAX_QUOTE_LENGTH].rsplit(" ", 1)[0] + " …"
        quotation = f": “{cut}”"
    retraction = ""
    if attribution.retraction is not None and attribution.is_retracted:
        retraction = f" ({describe_retraction(attribution.retraction)})"
    return f"{attribution.source.name} {stance}{relay}{retraction}{quotation}"


def search_scope(where: str) -> str:
    """The places that a search for a statement covered. Without them, "not found" would say nothing."""
    return f" (searched: {_one_line(where).rstrip('. ')})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
