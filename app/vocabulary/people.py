"""Closed lists for people: what they may do, and what they did."""

from app.vocabulary.closed_list import Word


class Role(Word):
    """What a person may do; each role includes those before it."""

    READER = "reader", "Read published claims, request decisions, and format citations in a custom style."
    FACT_CHECKER = "fact_checker", "Read drafts; record and correct claims, sources, documents and evidence."
    EDITOR = "editor", "Also publish and withdraw claims, rule on independence and import files."
    ADMIN = "admin", "Also add people, and issue, rotate and revoke everyone's keys."

    def includes(self, other: "Role") -> bool:
        """True if this role may do everything that `other` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


class Scope(Word):
    """What a key may be used for. A scope limits a key to a part of what its role allows."""

    READ = "read", "Read everything that its holder may see, including drafts."
    RECORD = "record", "Record and correct claims, sources, topics, documents, attributions, evidence and relations."
    DECIDE = "decide", "Publish and withdraw claims, rule on independence, and take part in decisions."
    IMPORT = "import", "Import files."
    ADMINISTER = "administer", "View and change people and everyone's keys."


ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.READER: frozenset({Scope.READ}),
    Role.FACT_CHECKER: frozenset({Scope.READ, Scope.RECORD, Scope.DECIDE}),
    Role.EDITOR: frozenset({Scope.READ, Scope.RECORD, Scope.DECIDE, Scope.IMPORT}),
    Role.ADMIN: frozenset(Scope),
}
"""Scopes that a key of each role has unless it is issued with fewer."""


class Action(Word):
    """What kind of action changed the record."""

    CREATE = "create", "An object was recorded."
    CORRECT = "correct", "An object was corrected."
    MERGE = "merge", "A duplicate was merged into another object."
    IMPORT = "import", "A file was imported."
    RULE = "rule", "The independence of two origins was ruled on."
    DECIDE = "decide", "A decision was proposed, signed off or taken."
