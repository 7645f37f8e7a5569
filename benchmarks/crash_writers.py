"""Writers who remember what they were told was done, so that it can be looked for after a crash."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any, NamedTuple

DONE = frozenset({200, 201})
AWAY = 503
"""What the service says while the database is away."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: dict[str, Any]
    replayed: bool


@dataclass(frozen=True)
class Keys:
    """Keys of three people: one who records, one who proposes, one who approves."""

    editor: str
    proposer: str
    approver: str


@dataclass
class Request:
    """One request, with all that it takes to send it again."""

    method: str
    path: str
    key: str
    body: dict[str, Any]
    name: str

    def send(self, port: int) -> Answer:
        """Ask, on a connection of its own. Raises OSError or HTTPException if no whole answer comes."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        # A correction says what it expects, anything else what it is called.
        headers |= {"If-Match": "*"} if self.method == "PATCH" else {"Idempotency-Key": self.name}
        try:
            connection.request(self.method, f"/api/v1/{self.path}", json.dumps(self.body), headers)
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()), "Idempotent-Replayed" in answer.headers)
        finally:
            connection.close()


@dataclass
class Claim:
    """What is known to be on record of a claim: nothing of it may be otherwise."""

    statement: str
    id: str = ""
    place: str | None = None
    proposal: str | None = None
    status: str = "unassessed"

    def differs(self, shown: dict[str, Any]) -> list[str]:
        """What of it is not shown as it was acknowledged."""
        names = ("id", "statement", "place", "status")
        return [f"{name}: {shown.get(name)!r}" for name in names if shown.get(name) != getattr(self, name)]


@dataclass
class Writer:
    """Takes one claim after another through recording, correction, proposal and approval, until it is cut off."""

    name: str
    keys: Keys
    source: str
    claims: list[Claim] = field(default_factory=list)
    acknowledged: int = 0
    refused: list[str] = field(default_factory=list)
    """Answers that should not have been."""
    pending: tuple[Claim, Request] | None = None
    """What was asked for last, if no answer came: it may have been done, or not."""

    @property
    def settled(self) -> list[Claim]:
        """The claims of which it is known what is on record: what was not answered may have been done, or not."""
        return [claim for claim in self.claims if self.pending is None or claim is not self.pending[0]]

    def work(self, port: int, stop: Event) -> None:
        """Write until nobody answers, or the database is away."""
        while not stop.is_set():
            claim = Claim(f"{self.name}, claim {len(self.claims)}.")
            for request in self._steps(claim):
                self.pending = claim, request
                try:
                    answer = request.send(port)
                except (OSError, http.client.HTTPException, ValueError):
                    return
                if answer.status == AWAY:
                    return
                self._take(claim, request, answer)

    def go_on(self, port: int) -> bool | None:
        """Send again what was not answered; True if it had been done before, None if nothing was left."""
        if self.pending is None:
            return None
        claim, request = self.pending
        answer = request.send(port)
        before = claim.place is not None if request.method == "PATCH" else answer.replayed
        self._take(claim, request, answer)
        return before

    def _steps(self, claim: Claim) -> Iterator[Request]:
        said = [{"source": self.source, "stance": "asserts", "lineage": "original"}]
        fields = {"kind": "other", "statement": claim.statement, "stage": "published", "attributions": said}
        name = f"{self.name}-{len(self.claims)}".replace(" ", "-")
        yield Request("POST", "claims", self.keys.editor, fields, f"{name}-record")
        corrected = {"place": "Kursk Oblast", "reason": "Named more narrowly."}
        yield Request("PATCH", f"claims/{claim.id}", self.keys.editor, corrected, "")
        judged = {
            "claim_version": 2,
            "status": "unconfirmed",
            "credibility": 3,
            "standard": "reasonable_grounds",
            "rationale": "Said, and no more.",
        }
        yield Request("POST", f"claims/{claim.id}/proposals", self.keys.proposer, judged, f"{name}-propose")
        signed = {"verdict": "approve"}
        yield Request("POST", f"proposals/{claim.proposal}/sign-offs", self.keys.approver, signed, f"{name}-approve")

    def _take(self, claim: Claim, request: Request, answer: Answer) -> None:
        self.pending = None
        if answer.status not in DONE:
            self.refused.append(f"{request.method} {request.path}: {answer.status} {answer.body}")
            return
        self.acknowledged += 1
        if request.path == "claims":
            claim.id = answer.body["id"]
            self.claims.append(claim)
        elif request.method == "PATCH":
            claim.place = answer.body["place"]
        elif "verdict" in request.body:
            claim.status = "unconfirmed"
        else:
            claim.proposal = answer.body["id"]
