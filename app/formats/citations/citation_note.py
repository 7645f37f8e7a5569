"""What every citation says beside the reference itself: who is cited for what, and what it is bound to.

Styles print little of it; whoever opens the list again finds it there, and `attest cite --check` reads it back.
"""

from collections.abc import Iterator

from app.formats.proofs.content_hash import content_hash
from app.schemas.files.citation import Citation
from app.schemas.files.publication import PublishedAttribution, PublishedClaim, day_of
from app.vocabulary import Stage, Stance, Status

LONGEST_QUOTE = 300
"""Characters of a quotation that are repeated in a note."""


def note(citation: Citation) -> str:
    """The note, in sentences, without line breaks."""
    return " ".join(sentences(citation))


def sentences(citation: Citation) -> Iterator[str]:
    """The note, sentence by sentence."""
    claim = citation.claim
    if claim is None:
        yield from _archived(citation)
        if citation.url != citation.address:
            yield f"Record: {citation.address} ."
        return
    if citation.url != claim.address:
        yield f"Cited for: {_one_line(claim.statement).rstrip('. ')}."
    for said in citation.statements:
        yield f"{_who(said)}."
    yield from _archived(citation)
    yield bound(claim)
    if (since := changed(claim)) is not None:
        yield since


def bound(claim: PublishedClaim) -> str:
    """Which version of which claim it is, what was concluded by then, and how that can be proved."""
    decided = "" if claim.decision is None else f" on {claim.decision['decided_on']}"
    stale = ", taken on an earlier state of it" if claim.decision is not None and claim.decision["stale"] else ""
    status = "not assessed" if claim.status is Status.UNASSESSED else f"{claim.status}{decided}{stale}"
    version = f"Version {claim.version} of {day_of(claim.recorded_at)}"
    told = f"{version}: {status}. {claim.address} sha256:{content_hash(claim)}"
    if claim.logged is not None:
        told += f" log entry {claim.logged.index} of {claim.logged.size}, root {claim.logged.root}"
    return told


def changed(claim: PublishedClaim) -> str | None:
    """What has become of it since the version cited; None if nothing did."""
    if claim.stage is Stage.WITHDRAWN and claim.changed is None:
        return f"Withdrawn: {_one_line(claim.notice or '')}"
    now = claim.changed
    if now is None:
        return None
    if now.stage is Stage.WITHDRAWN:
        return f"Withdrawn since: {_one_line(now.notice or '')}"
    decided = now.status is not claim.status
    became = "changed" if now.content_version > claim.version else "decided on anew" if decided else "supplemented"
    status = f", now {now.status}" if decided else ""
    return f"Notice: this claim has been {became} since (version {now.version}{status})."


def _archived(citation: Citation) -> Iterator[str]:
    if citation.archive_url is not None:
        when = "" if citation.archived is None else f" on {citation.archived}"
        yield f"Archived{when}: {citation.archive_url} ."


def _who(said: PublishedAttribution) -> str:
    if said.stance is Stance.NO_STATEMENT_FOUND:
        day = "" if said.search is None else f" as of {said.search['on']}{searched(said.search['where'])}"
        return f"No statement by {said.source.name} was found{day}"
    stance = said.stance.replace("_", " ")
    through = "".join(f", citing {one.name}" for one in said.relayed_from)
    quoted = ""
    if said.quote is not None:
        words = _one_line(said.quote["exact"])
        cut = words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
        quoted = f": “{cut}”"
    taken_back = ""
    if said.retraction is not None:
        taken_back = f" (retracted on {said.retraction['on']})"
    return f"{said.source.name} {stance}{through}{taken_back}{quoted}"


def searched(where: str) -> str:
    """Where something was looked for that was not found: without that, nobody can tell what it means."""
    return f" (searched: {_one_line(where).rstrip('. ')})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
