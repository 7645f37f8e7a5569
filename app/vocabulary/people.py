"""Words of people: what they may do, and what they did."""

from app.vocabulary.closed_list import Word


class Role(Word):
    """What a person may do; each role includes those before it."""

    READER = "reader", "Read published claims under an own limit."
    FACT_CHECKER = "fact_checker", "Read drafts; record and correct claims, sources, documents and evidence."
    EDITOR = "editor", "Also publish, withdraw, rule on independence and import."
    ADMIN = "admin", "Also enter people, and issue, rotate and revoke the keys of everybody."

    def includes(self, other: "Role") -> bool:
        """True if this role may do everything that `other` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


class Scope(Word):
    """What a key may be used for: it narrows what the role of its holder allows."""

    READ = "read", "Read what its holder may see, drafts included."
    RECORD = "record", "Record and correct claims, sources, topics, documents, attributions, evidence and relations."
    DECIDE = "decide", "Publish, withdraw, rule, and take part in decisions on a status."
    IMPORT = "import", "Import files."
    ADMINISTER = "administer", "See and change people, and the keys of everybody."


ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.READER: frozenset({Scope.READ}),
    Role.FACT_CHECKER: frozenset({Scope.READ, Scope.RECORD, Scope.DECIDE}),
    Role.EDITOR: frozenset({Scope.READ, Scope.RECORD, Scope.DECIDE, Scope.IMPORT}),
    Role.ADMIN: frozenset(Scope),
}
"""What a key of each role is good for, unless it is issued for less."""


class Action(Word):
    """What kind of act changed the record."""

    CREATE = "create", "Something was recorded."
    CORRECT = "correct", "Something recorded was corrected."
    IMPORT = "import", "A file was imported."
    RULE = "rule", "A ruling on the independence of two origins."
    DECIDE = "decide", "A step towards a decision, or the decision itself: proposed, signed, taken."
