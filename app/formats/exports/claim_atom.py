"""Claims as an Atom feed (RFC 4287): one entry for each claim, in the order in which they were first recorded.

An entry's `id` is the address of the claim and never changes. Its `link` leads to the version that the entry describes,
and `updated` changes with every version, so that feed readers show a claim again after a change.
"""

from collections.abc import Iterable, Iterator

from app.formats.english.decision_origins import origin_suffix
from app.formats.english.retraction_words import retraction_sentences
from app.formats.english.status_words import describe_claim_status
from app.formats.exports.claim_table import speakers
from app.formats.exports.export_formats import ATOM
from app.formats.exports.xml_text import escape_xml
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim, TakenBackLink
from app.vocabulary import ClaimStatus


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """Yield the feed, entry by entry."""
    publisher = edition.publisher
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{escape_xml(edition.address)}</id>\n"
        f"<title>{escape_xml(publisher.name)}: claims and decisions</title>\n"
        f"<updated>{escape_xml(edition.moment)}</updated>\n"
        f'<link rel="self" type="{ATOM}" href="{escape_xml(edition.address)}"/>\n'
        f"<author><name>{escape_xml(publisher.name)}</name><uri>{escape_xml(publisher.address)}</uri></author>\n"
        "<generator>Attest</generator>\n"
    )
    for claim in claims:
        yield _entry(claim, publisher.claim(claim.id))
    yield "</feed>\n"


def _entry(claim: PublishedClaim, address: str) -> str:
    terms = [("kind", claim.kind), ("status", claim.status.value), ("stage", claim.stage.value)]
    categories = "".join(
        f'<category scheme="urn:attest:{scheme}" term="{escape_xml(term)}" '
        f'label="{escape_xml(term.replace("_", " "))}"/>\n'
        for scheme, term in terms
    )
    language = f' xml:lang="{escape_xml(claim.language)}"'
    return (
        f"<entry{language}>\n<id>{escape_xml(address)}</id>\n"
        f'<title type="text">{escape_xml(_title(claim))}</title>\n'
        f"<updated>{escape_xml(claim.recorded_at)}</updated>\n"
        f'<link rel="alternate" href="{escape_xml(claim.address)}"/>\n'
        f"{categories}"
        f'<summary type="text">{escape_xml(" ".join(_summary(claim)))}</summary>\n</entry>\n'
    )


def _title(claim: PublishedClaim) -> str:
    return f"{_one_line(claim.statement).rstrip('. ')}: {describe_claim_status(claim)}"


def _summary(claim: PublishedClaim) -> Iterator[str]:
    if claim.notice is not None:
        yield _one_line(claim.notice)
    if claim.decision is not None and claim.status is not ClaimStatus.STALE:
        origin = origin_suffix(claim.decision)
        yield f"Decided on {claim.decision['decided_on']}{origin}: {_one_line(claim.decision['rationale'])}"
    names = [
        f"{_one_line(speaker.name)} ({', '.join(filter(None, (speaker.stance.replace('_', ' '), speaker.upstream)))})"
        for speaker in speakers(claim)
    ]
    if names:
        yield f"On record: {', '.join(names)}."
    retracted = [
        TakenBackLink(source=attribution.source, retraction=attribution.retraction)
        for attribution in claim.attributions
        if attribution.is_retracted
    ]
    if retracted:
        yield _one_line(retraction_sentences(retracted))


def _one_line(text: str) -> str:
    """Collapse whitespace, line breaks included, to single spaces."""
    return " ".join(text.split())
