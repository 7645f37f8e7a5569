"""Who may use which route: one table, read before anything else of a request is.

Whatever is not in it does not exist for those who ask: a new route takes one line here, and a test names the route that
has none. What a role may do in detail (publish, say), services decide; they may be stricter than the table, never
laxer. `python -m app.api.http.permissions > docs/permissions.md` writes the page that a test holds to it.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.errors import AuthenticationError
from app.services.core.actors import Actor
from app.vocabulary import Role, Scope

API = "/api/v1"
"""Where the API is."""


@dataclass(frozen=True)
class Policy:
    """Who may use a route, and with how large a body."""

    role: Role | None
    """The least role; None: anybody, also without a key."""
    scope: Scope | None
    """The scope that a key needs, if one is sent; None: any key will do."""
    limit: Literal["max_body_bytes", "max_import_bytes", "max_capture_bytes"] = "max_body_bytes"
    """The setting that bounds the body."""
    repeatable: bool = True
    """Whether a POST takes an Idempotency-Key. It does not where the answer must be stored nowhere."""
    streamed: bool = False
    """Whether the route reads its body piece by piece, and sees to the Idempotency-Key by itself."""

    def admit(self, actor: Actor | None, what: str) -> None:
        """Raises AuthenticationError or PermissionDeniedError unless the actor may; `what` names the act."""
        if actor is None:
            if self.role is not None:
                raise AuthenticationError(f"To {what} takes a key: Authorization: Bearer attest_…")
            return
        actor.require(self.role or Role.READER, what, self.scope)


OPEN = Policy(None, None)
"""For everybody, with whatever key or none: it shows everybody the same."""

READS = Policy(None, Scope.READ)
"""For everybody. With a key it shows what the holder may see, and that takes the scope."""

RECORDS = Policy(Role.FACT_CHECKER, Scope.RECORD)
"""For the desk: to record and to correct."""

CAPTURES = Policy(Role.FACT_CHECKER, Scope.RECORD, limit="max_capture_bytes", streamed=True)
"""For the desk: files of documents."""

ASKS = Policy(Role.READER, Scope.READ)
"""For whoever holds a key: to ask the desk for something."""

DESK = Policy(Role.FACT_CHECKER, Scope.READ)
"""For the desk: what nobody else reads."""

SIGNS = Policy(Role.FACT_CHECKER, Scope.DECIDE)
"""For the desk: to propose, and to sign what others propose."""

DECIDES = Policy(Role.EDITOR, Scope.DECIDE)
"""For editors: what is said in the name of the house."""

IMPORTS = Policy(Role.EDITOR, Scope.IMPORT, limit="max_import_bytes", streamed=True)
"""For editors: files."""

HOLDS = Policy(Role.READER, None)
"""For whoever holds a key, about themselves; an administrator sees to others too, which services check."""

SECRET = Policy(Role.READER, None, repeatable=False)
"""The same, where the answer shows a key."""

STYLES = Policy(Role.READER, Scope.READ, repeatable=False)
"""For whoever holds a key: to have work done with a style that they bring. Nothing is recorded."""

ADMINISTERS = Policy(Role.ADMIN, Scope.ADMINISTER)
"""For administrators."""

ROUTES: Mapping[str, Policy] = {
    # The record, read. Drafts are the desk's; what a reader may see of a route is one thing, the route another.
    "GET /claims": READS,
    "GET /claims/{identifier}": READS,
    "GET /claims/{identifier}/versions/{version}": READS,
    "GET /claims/{identifier}/history": READS,
    "GET /claims/{identifier}/reviews": READS,
    "GET /claims/{identifier}/independence-rulings": READS,
    "GET /topics": READS,
    "GET /topics/{identifier}": READS,
    "GET /topics/{identifier}/estimates": READS,
    "GET /sources": READS,
    "GET /sources/{identifier}": READS,
    "GET /documents": READS,
    "GET /documents/{identifier}": READS,
    "GET /captures/{identifier}": READS,
    "GET /captures/{identifier}/content": DESK,
    "GET /claims/{identifier}/figures/check": DESK,
    "GET /attributions": READS,
    "GET /attributions/{identifier}": READS,
    "GET /evidence": READS,
    "GET /evidence/{identifier}": READS,
    "GET /relations": READS,
    "GET /relations/{identifier}": READS,
    "GET /sources/{identifier}/ratings": READS,
    "GET /export": READS,
    "GET /citations": READS,
    "GET /citations/check": READS,
    "POST /citations": STYLES,
    # The record, written. To publish and to withdraw takes more than the route; the service says so.
    "POST /claims": RECORDS,
    "PATCH /claims/{identifier}": RECORDS,
    "POST /topics": RECORDS,
    "PATCH /topics/{identifier}": RECORDS,
    "POST /sources": RECORDS,
    "PATCH /sources/{identifier}": RECORDS,
    "POST /documents": RECORDS,
    "PATCH /documents/{identifier}": RECORDS,
    "POST /documents/{identifier}/captures": CAPTURES,
    "POST /attributions": RECORDS,
    "PATCH /attributions/{identifier}": RECORDS,
    "POST /evidence": RECORDS,
    "PATCH /evidence/{identifier}": RECORDS,
    "POST /relations": RECORDS,
    "PATCH /relations/{identifier}": RECORDS,
    "POST /claims/{identifier}/independence-rulings": DECIDES,
    "POST /claims/{identifier}/merge": DECIDES,
    "POST /imports": IMPORTS,
    # Proposals are the desk's. What becomes of them is public with the claim or the source.
    "GET /proposals": DESK,
    "GET /proposals/{identifier}": DESK,
    "POST /claims/{identifier}/proposals": SIGNS,
    "POST /sources/{identifier}/proposals": SIGNS,
    "POST /proposals/{identifier}/sign-offs": SIGNS,
    # The queue is the desk's. Anybody with a key may ask for a decision; how far the desk has come is public.
    "GET /queue": DESK,
    "POST /queue/{identifier}/take": SIGNS,
    "DELETE /queue/{identifier}/take": SIGNS,
    "GET /claims/{identifier}/requests": DESK,
    "POST /claims/{identifier}/requests": ASKS,
    "GET /progress": READS,
    # People and keys. Nothing of them is public.
    "GET /me": HOLDS,
    "GET /keys": HOLDS,
    "POST /keys": SECRET,
    "POST /keys/{identifier}/rotate": SECRET,
    "POST /keys/{identifier}/revoke": HOLDS,
    "GET /people": ADMINISTERS,
    "POST /people": ADMINISTERS,
    "GET /people/{identifier}": ADMINISTERS,
    "PATCH /people/{identifier}": ADMINISTERS,
    # The log, which proves itself to everybody.
    "GET /log": OPEN,
    "GET /log/checkpoint": OPEN,
    "GET /log/entries": OPEN,
    "GET /log/inclusion": READS,
    "GET /log/consistency": OPEN,
    # The service itself.
    "GET /health": OPEN,
    "GET /vocabulary": OPEN,
    "GET /openapi.json": OPEN,
}
"""Routes of the API, by method and path."""

PAGES: Mapping[str, Policy] = {
    "GET /": OPEN,
    "GET /docs": OPEN,
    "GET /docs/start.js": OPEN,
    "GET /docs/files/{path:path}": OPEN,
}
"""Routes besides the API."""


def whole() -> Iterator[tuple[str, str, Policy]]:
    """Every route: its method, its whole path and its policy."""
    for prefix, routes in ((API, ROUTES), ("", PAGES)):
        for route, policy in routes.items():
            method, _, path = route.partition(" ")
            yield method, prefix + path, policy


class Table:
    """The policies, found by the path of a request."""

    def __init__(self) -> None:
        self._tree: dict[Any, Any] = {}
        for method, path, policy in whole():
            node = self._tree
            for segment in path.split("/"):
                node = node.setdefault(_REST if segment.endswith(":path}") else _any(segment), {})
            node.setdefault(_HERE, {})[method] = policy

    def find(self, path: str) -> Mapping[str, Policy]:
        """The policies of a path, by method; none if there is no such path."""
        node = self._tree
        for segment in path.split("/"):
            child = node.get(segment)
            if child is None and segment:
                child = node.get(None)
            if child is None:
                node = node.get(_REST, {}) if segment else {}
                break
            node = child
        found: Mapping[str, Policy] = node.get(_HERE, {})
        return found


_HERE, _REST = object(), object()
"""Where in the tree the policies of a path stand, and those of all that is below it. No segment is like them."""


def _any(segment: str) -> str | None:
    return None if segment.startswith("{") else segment


def page() -> str:
    """docs/permissions.md, made from the table alone."""
    lines = [
        "# Permissions",
        "",
        "Who may use which route. What is not listed here does not exist for those who ask: 404, or 405 for another",
        "method of a path that is. A key that is malformed, unknown, expired or revoked is refused everywhere, also",
        "where none is needed. Refusals come before the body is read.",
        "",
        "A role includes those before it: " + ", ".join(f"`{role}`" for role in Role) + ". A key may do what its",
        "holder's role allows, what it was issued for, and what its scopes name; what each is for stands in the",
        "[vocabulary](vocabulary.md#role). In detail services may ask for more: to publish or withdraw a claim takes",
        "an editor's key with the scope `decide`; to say something else (not to add what nobody has said) of a source,",
        "document or topic that is shown with a decision, or with a proposal that waits, an editor's key; to have to",
        "do with the keys of others an administrator's.",
        "",
        "This page is made by `python -m app.api.http.permissions`, and a test holds it to the code.",
        "",
        "| route | least role | scope of a key | `Idempotency-Key` |",
        "| --- | --- | --- | --- |",
    ]
    for method, path, policy in whole():
        who = "anybody" if policy.role is None else f"`{policy.role}`"
        scope = "any" if policy.scope is None else f"`{policy.scope}`"
        named = "" if method != "POST" else "taken" if policy.repeatable else "refused: the answer is stored nowhere"
        lines.append(f"| `{method} {path.replace(':path', '')}` | {who} | {scope} | {named} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
