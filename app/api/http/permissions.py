"""Permissions: who may use which route, as one table that is checked before anything else of a request is read.

A route that is not in the table does not exist: the service refuses to start without a policy for each of its routes.
Services may refuse more than the table does (publishing takes an editor, for example), never less.
`python -m app.api.http.permissions > docs/permissions.md` writes the page; a test compares the two.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.errors import AuthenticationError
from app.services.changes.actors import Actor
from app.vocabulary import Role, Scope

API = "/api/v1"
"""The path below which the API is."""


@dataclass(frozen=True)
class Policy:
    """Who may use a route, and the largest body that it accepts."""

    role: Role | None
    """The lowest role that may; None: everybody, also without a key."""
    scope: Scope | None
    """The scope that a key needs if one is sent; None: any key will do."""
    body_limit: Literal["max_body_bytes", "max_import_bytes", "max_upload_bytes"] = "max_body_bytes"
    """The setting that limits the body."""
    repeatable: bool = True
    """False if a POST refuses an Idempotency-Key, because its response must not be stored."""
    streamed: bool = False
    """True if the route reads its body in chunks and handles the Idempotency-Key itself."""

    def admit(self, actor: Actor | None, action: str) -> None:
        """Raise AuthenticationError or PermissionDeniedError unless the policy allows the request.

        `action` is a verb phrase for the message, such as "use POST on this address". An actor of None is a request
        without a key.
        """
        if actor is None:
            if self.role is not None:
                raise AuthenticationError(
                    f"To {action} you need a key. Send it in the header Authorization: Bearer attest_…"
                )
            return
        actor.require(self.role or Role.READER, action, self.scope)


OPEN = Policy(None, None)
"""Everybody; the response is the same with and without a key."""

READS = Policy(None, Scope.READ)
"""Everybody. With a key the response has what its holder may see, which needs the scope."""

RECORDS = Policy(Role.FACT_CHECKER, Scope.RECORD)
"""The desk: recording and correcting."""

CAPTURES = Policy(Role.FACT_CHECKER, Scope.RECORD, body_limit="max_upload_bytes", streamed=True)
"""The desk: uploading captured files."""

ASKS = Policy(Role.READER, Scope.READ)
"""Everybody with a key: asking the desk for a decision."""

DESK = Policy(Role.FACT_CHECKER, Scope.READ)
"""The desk: reading what nobody else may read."""

SIGNS = Policy(Role.FACT_CHECKER, Scope.DECIDE)
"""The desk: proposing, and signing the proposals of others."""

DECIDES = Policy(Role.EDITOR, Scope.DECIDE)
"""Editors: decisions in the publisher's name."""

IMPORTS = Policy(Role.EDITOR, Scope.IMPORT, body_limit="max_import_bytes", streamed=True)
"""Editors: importing files."""

HOLDS = Policy(Role.READER, None)
"""Everybody with a key, about themselves; an administrator about others too, which services check."""

SECRET = Policy(Role.READER, None, repeatable=False)
"""The same, where the response contains a new key."""

STYLES = Policy(Role.READER, Scope.READ, repeatable=False)
"""Everybody with a key: formatting citations in a style of their own. Nothing is recorded."""

ADMINISTERS = Policy(Role.ADMIN, Scope.ADMINISTER)
"""Administrators."""

ROUTES: Mapping[str, Policy] = {
    # Reading the record. Everybody may use these routes; which objects they contain depends on the key.
    "GET /claims": READS,
    "GET /claims/{identifier}": READS,
    "GET /claims/{identifier}/versions/{version}": READS,
    "GET /claims/{identifier}/history": READS,
    "GET /claims/{identifier}/reviews": READS,
    "GET /claims/{identifier}/independence-rulings": READS,
    "GET /activity": OPEN,
    "GET /topics": READS,
    "GET /topics/possible-duplicates": DESK,
    "GET /topics/{identifier}": READS,
    "GET /topics/{identifier}/estimates": READS,
    "GET /topics/{identifier}/series": READS,
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
    # Writing the record. Publishing and withdrawing need more than the route does; services check that.
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
    "POST /topics/{identifier}/merge": DECIDES,
    "POST /sources/{identifier}/merge": DECIDES,
    "POST /documents/{identifier}/merge": DECIDES,
    "POST /imports": IMPORTS,
    # Proposals are the desk's. Decisions are public, together with the claim or the source.
    "GET /proposals": DESK,
    "GET /proposals/{identifier}": DESK,
    "GET /proposals/{identifier}/figures/check": DESK,
    "POST /claims/{identifier}/proposals": SIGNS,
    "POST /sources/{identifier}/proposals": SIGNS,
    "POST /proposals/{identifier}/sign-offs": SIGNS,
    # The queue is the desk's. Everybody with a key may ask for a decision. Progress is public.
    "GET /queue": DESK,
    "POST /queue/{identifier}/take": SIGNS,
    "DELETE /queue/{identifier}/take": SIGNS,
    "GET /claims/{identifier}/requests": DESK,
    "POST /claims/{identifier}/requests": ASKS,
    "GET /progress": READS,
    # People and keys. None of this is public.
    "GET /me": HOLDS,
    "GET /keys": HOLDS,
    "POST /keys": SECRET,
    "POST /keys/{identifier}/rotate": SECRET,
    "POST /keys/{identifier}/revoke": HOLDS,
    "GET /people": ADMINISTERS,
    "POST /people": ADMINISTERS,
    "GET /people/{identifier}": ADMINISTERS,
    "PATCH /people/{identifier}": ADMINISTERS,
    # The tamper-evident log, which everybody can verify.
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
"""The API's routes, by method and path."""

PAGES: Mapping[str, Policy] = {
    "GET /docs": OPEN,
    "GET /docs/start.js": OPEN,
    "GET /docs/files/{path:path}": OPEN,
    "GET /static/{digest}/{name}": OPEN,
    "GET /robots.txt": OPEN,
    "GET /sitemap.xml": OPEN,
}
"""Routes outside the API."""

READER_PAGES: Sequence[str] = (
    "/",
    "/search",
    "/topics",
    "/sources",
    "/documents",
    "/claims/{identifier}",
    "/claims/{identifier}/versions/{version}",
    "/sources/{identifier}",
    "/documents/{identifier}",
    "/topics/{identifier}",
    "/corrections",
    "/how-we-decide",
    "/words",
    "/record",
)
"""The pages for readers. They show what everybody sees, and exist in each language: `/claims/…` and `/uk/claims/…`."""

PAGE_PREFIXES: Sequence[str] = ("", "/uk")
"""What the addresses of pages begin with, by language."""


def policies() -> Iterator[tuple[str, str, Policy]]:
    """Every route: its method, its full path and its policy."""
    for prefix, routes in ((API, ROUTES), ("", PAGES)):
        for route, policy in routes.items():
            method, _, path = route.partition(" ")
            yield method, prefix + path, policy
    for prefix in PAGE_PREFIXES:
        for path in READER_PAGES:
            yield "GET", (prefix + path).removesuffix("/") or "/", OPEN


def page() -> str:
    """docs/permissions.md, made from the table."""
    lines = [
        "# Permissions",
        "",
        "Who may use which route. An address that is not listed here does not exist: the response is 404, or 405 if",
        "the address accepts another method. A key that is malformed, unknown, expired or revoked is refused on every",
        "route, even where no key is needed. Requests are refused before their body is read.",
        "",
        "Each role includes the ones before it: " + ", ".join(f"`{role}`" for role in Role) + ". A key may do what its",
        "holder's role, its own role and its scopes all allow; the [vocabulary](vocabulary.md#role) explains them.",
        "Some actions need more than the route does:",
        "",
        "- Publishing or withdrawing a claim needs an editor's key with the scope `decide`.",
        "- Replacing what a source, document or topic says needs an editor's key if it is shown with a decision or",
        "  with a proposal that is still open. Adding what was not stated before does not.",
        "- Managing other people's keys needs an administrator's key.",
        "",
        "This page is generated by `python -m app.api.http.permissions`; a test compares it with the code.",
        "",
        "| route | lowest role | scope of the key | `Idempotency-Key` |",
        "| --- | --- | --- | --- |",
    ]
    for method, path, policy in policies():
        role = "everybody" if policy.role is None else f"`{policy.role}`"
        scope = "any" if policy.scope is None else f"`{policy.scope}`"
        repeatable = "accepted" if policy.repeatable else "refused: the response is not stored"
        lines.append(
            f"| `{method} {path.replace(':path', '')}` | {role} | {scope} | {repeatable if method == 'POST' else ''} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
