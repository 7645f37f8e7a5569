"""Claims as an Atom feed (RFC 4287): an entry for each, in the order in which they were first recorded.

An entry's `id` is the claim's own address and stays; its `link` leads to the version that the entry speaks of, and its
`updated` moves with every version, so that readers of feeds show a claim again when something about it has changed.
"""

from collections.abc import Iterable, Iterator

from app.formats.english.status_words import status_of
from app.formats.exports.claim_table import speakers
from app.formats.exports.export_formats import ATOM
from app.formats.exports.xml_text import xml
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedClaim


def write(claims: Iterable[PublishedClaim], edition: Edition) -> Iterator[str]:
    """The feed, entry by entry."""
    house = edition.house
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{xml(edition.address)}</id>\n"
        f"<title>{xml(house.name)}: claims and decisions</title>\n"
        f"<updated>{xml(edition.moment)}</updated>\n"
        f'<link rel="self" type="{ATOM}" href="{xml(edition.address)}"/>\n'
        f"<author><name>{xml(house.name)}</name><uri>{xml(house.address)}</uri></author>\n"
        "<generator>Attest</generator>\n"
    )
    for claim in claims:
        yield _entry(claim, house.claim(claim.id))
    yield "</feed>\n"


def _entry(claim: PublishedClaim, address: str) -> str:
    terms = [("kind", claim.kind), ("status", claim.status.value), ("stage", claim.stage.value)]
    categories = "".join(
        f'<category scheme="urn:attest:{scheme}" term="{xml(term)}" label="{xml(term.replace("_", " "))}"/>\n'
        for scheme, term in terms
    )
    language = f' xml:lang="{xml(claim.language)}"'
    return (
        f"<entry{language}>\n<id>{xml(address)}</id>\n"
        f'<title type="text">{xml(_title(claim))}</title>\n'
        f"<updated>{xml(claim.recorded_at)}</updated>\n"
        f'<link rel="alternate" href="{xml(claim.address)}"/>\n'
        f"{categories}"
        f'<summary type="text">{xml(" ".join(_summary(claim)))}</summary>\n</entry>\n'
    )


def _title(claim: PublishedClaim) -> str:
    return f"{_one_line(claim.statement).rstrip('. ')}: {status_of(claim)}"


def _summary(claim: PublishedClaim) -> Iterator[str]:
    if claim.notice is not None:
        yield _one_line(claim.notice)
    if claim.decision is not None:
        yield f"Decided on {claim.decision['decided_on']}: {_one_line(claim.decision['rationale'])}"
    names = [f"{_one_line(one.name)} ({one.stance.replace('_', ' ')})" for one in speakers(claim)]
    if names:
        yield f"On record: {', '.join(names)}."
    if any(one.retraction for one in claim.attributions):
        yield "Something said of it was retracted."


def _one_line(text: str) -> str:
    return " ".join(text.split())
