"""Writers that remember what the service acknowledged, so that it can be checked after a crash."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any, NamedTuple

SUCCESS_STATUSES = frozenset({200, 201})
UNAVAILABLE_STATUS = 503
"""The status of responses while the database is unavailable."""


class Response(NamedTuple):
    """The response to a request."""

    status: int
    body: dict[str, Any]
    replayed: bool


@dataclass(frozen=True)
class Keys:
    """The keys of an editor, a proposer and an approver."""

    editor: str
    proposer: str
    approver: str


@dataclass
class Request:
    """A request that can be repeated."""

    method: str
    path: str
    key: str
    body: dict[str, Any]
    name: str

    def send(self, port: int) -> Response:
        """Send it on a connection of its own. Raises OSError or HTTPException without a complete response."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        # Corrections have a precondition; all other requests have an idempotency key.
        headers |= {"If-Match": "*"} if self.method == "PATCH" else {"Idempotency-Key": self.name}
        try:
            connection.request(self.method, f"/api/v1/{self.path}", json.dumps(self.body), headers)
            response = connection.getresponse()
            return Response(response.status, json.loads(response.read()), "Idempotent-Replayed" in response.headers)
        finally:
            connection.close()


@dataclass
class Claim:
    """The acknowledged state of a claim, which the service must not lose."""

    statement: str
    id: str = ""
    place: str | None = None
    proposal: str | None = None
    status: str = "unassessed"

    def differences(self, body: dict[str, Any]) -> list[str]:
        """The fields of a response that differ from the acknowledged state."""
        names = ("id", "statement", "place", "status")
        return [f"{name}: {body.get(name)!r}" for name in names if body.get(name) != getattr(self, name)]


@dataclass
class Writer:
    """Records, corrects, proposes and approves one claim after another, until the service stops responding."""

    name: str
    keys: Keys
    source: str
    claims: list[Claim] = field(default_factory=list)
    acknowledged: int = 0
    unexpected: list[str] = field(default_factory=list)
    """Unexpected responses."""
    pending: tuple[Claim, Request] | None = None
    """The last request, if it got no response: it may or may not have been done."""

    @property
    def known_claims(self) -> list[Claim]:
        """The claims without a pending request, so that their recorded state is known."""
        return [claim for claim in self.claims if self.pending is None or claim is not self.pending[0]]

    def work(self, port: int, stop: Event) -> None:
        """Write until the service stops responding or the database is unavailable."""
        while not stop.is_set():
            claim = Claim(f"{self.name}, claim {len(self.claims)}.")
            for request in self._steps(claim):
                self.pending = claim, request
                try:
                    response = request.send(port)
                except (OSError, http.client.HTTPException, ValueError):
                    return
                if response.status == UNAVAILABLE_STATUS:
                    return
                self._record_response(claim, request, response)

    def resend_pending(self, port: int) -> bool | None:
        """Repeat the pending request; True if it had been done before, None if no request was pending."""
        if self.pending is None:
            return None
        claim, request = self.pending
        response = request.send(port)
        was_done_before = claim.place is not None if request.method == "PATCH" else response.replayed
        self._record_response(claim, request, response)
        return was_done_before

    def _steps(self, claim: Claim) -> Iterator[Request]:
        attributions = [{"source": self.source, "stance": "asserts", "lineage": "original"}]
        fields = {"kind": "other", "statement": claim.statement, "stage": "published", "attributions": attributions}
        name = f"{self.name}-{len(self.claims)}".replace(" ", "-")
        yield Request("POST", "claims", self.keys.editor, fields, f"{name}-record")
        correction = {"place": "Kursk Oblast", "reason": "Named more narrowly."}
        yield Request("PATCH", f"claims/{claim.id}", self.keys.editor, correction, "")
        proposal = {
            "claim_version": 2,
            "status": "unconfirmed",
            "credibility": 3,
            "standard": "reasonable_grounds",
            "rationale": "Said, and no more.",
        }
        yield Request("POST", f"claims/{claim.id}/proposals", self.keys.proposer, proposal, f"{name}-propose")
        sign_off = {"verdict": "approve"}
        yield Request("POST", f"proposals/{claim.proposal}/sign-offs", self.keys.approver, sign_off, f"{name}-approve")

    def _record_response(self, claim: Claim, request: Request, response: Response) -> None:
        self.pending = None
        if response.status not in SUCCESS_STATUSES:
            self.unexpected.append(f"{request.method} {request.path}: {response.status} {response.body}")
            return
        self.acknowledged += 1
        if request.path == "claims":
            claim.id = response.body["id"]
            self.claims.append(claim)
        elif request.method == "PATCH":
            claim.place = response.body["place"]
        elif "verdict" in request.body:
            claim.status = "unconfirmed"
        else:
            claim.proposal = response.body["id"]
