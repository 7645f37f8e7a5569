"""A desk that also decides: two people sign, evidence is kept, and files bring decisions of their own."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from app.services.people import keys
from app.vocabulary import Role
from tests.support import desk
from tests.support.desk import Action, Desk, Fields
from tests.support.retractions import STATES

STATUSES = (
    "confirmed", "disputed", "refuted", "corroborated", "conceded", "unlikely", "unverifiable", "unconfirmed",
)  # fmt: skip
CREDIBILITY = {
    "confirmed": 1, "disputed": 3, "refuted": 5, "corroborated": 2, "conceded": 1, "unlikely": 4, "unverifiable": 6,
    "unconfirmed": 3,
}  # fmt: skip

BYLINES = ("Anna", "Boris")

FILE = "colleagues.jsonl"


@dataclass
class DecidingDesk(Desk):
    """Performs the actions of `Desk`, and those that decisions need."""

    people: list[dict[str, str]] = field(default_factory=list)
    """The keys of two fact-checkers."""

    def __post_init__(self) -> None:
        with self.database.writing() as connection:
            issued = [keys.issue(connection, byline, Role.FACT_CHECKER) for byline in BYLINES]
        self.people = [{"Authorization": f"Bearer {key}"} for _info, key in issued]

    # --- actions ---

    def decide(self, a: int, b: int, c: int) -> bool:
        """Propose the first status, from the given one on, that the record supports; another person approves it."""
        if not self.ids["claims"]:
            return False
        claim = self.read_json(f"claims/{self.pick_id('claims', a)}")
        for number in range(len(STATUSES)):
            status = STATUSES[(b + number) % len(STATUSES)]
            proposal = {
                "claim_version": claim["version"],
                "status": status,
                "credibility": CREDIBILITY[status],
                "standard": "reasonable_grounds",
                "rationale": f"Because of {c}.",
                "evidence": [piece["id"] for piece in claim["evidence"] if not piece["withdrawn"]],
            }
            path = f"claims/{claim['id']}/proposals"
            response = self.api.post(path, json=proposal, headers=self.people[c % 2])
            if self.is_accepted(response):
                path = f"proposals/{response.json()['id']}/sign-offs"
                return self.is_accepted(
                    self.api.post(path, json={"verdict": "approve"}, headers=self.people[(c + 1) % 2])
                )
        return False

    def kept_evidence(self, a: int, b: int, c: int) -> bool:
        """Record evidence on which any status may rest."""
        if not (self.ids["claims"] and self.ids["documents"]):
            return False
        return self.post(
            "evidence",
            claim=self.pick_id("claims", a),
            document=self.pick_id("documents", b),
            role=("supports", "refutes")[c % 2],
            independent=True,
            conclusive=bool(b % 2),
            examined_on="2025-01-14",
            finding="The badge is legible.",
            not_kept_because="Shown to us, not handed over.",
        )

    def relay(self, a: int, b: int, c: int) -> bool:
        """Record a relay of an attribution on record, in a document of its own."""
        if not self.ids["claims"] or not self.ids["documents"]:
            return False
        claim_id = self.pick_id("claims", a)
        upstream = self.read_json(f"claims/{claim_id}")["attributions"]
        if not upstream:
            return False
        fields: Fields = {
            "source": self.pick_id("sources", c),
            "stance": upstream[b % len(upstream)]["stance"],
            "lineage": "relayed",
            "upstream": upstream[b % len(upstream)]["id"],
            "document": self.pick_id("documents", b),
        }
        if fields["stance"] == "no_statement_found":
            return False
        return self.post("attributions", claim=claim_id, **fields)

    def take_back(self, a: int, b: int, _c: int) -> bool:
        """Retract, withdraw or restore an attribution that others relay."""
        relays = [row for row in self.read_json("attributions?limit=200")["items"] if row["chain"]]
        if not relays:
            return False
        links = relays[a % len(relays)]["chain"]
        path = f"attributions/{links[b % len(links)]['attribution_id']}"
        fields = {**STATES[(b + 1) % len(STATES)], "reason": "It was taken back."}
        headers = {**self.headers, "If-Match": self.get(path).headers["ETag"]}
        return self.is_accepted(self.api.patch(path, json=fields, headers=headers))

    def import_colleagues(self, a: int, b: int, _c: int) -> bool:
        """Import a file that names colleagues as those who decided, today or tomorrow."""
        if not self.ids["claims"]:
            return False
        claim = self.read_json(f"claims/{self.pick_id('claims', a)}")
        topic = {} if claim["topic"] is None else {"topic": claim["topic"]["id"]}
        fields = {name: claim[name] for name in ("key", "kind", "statement", "language", "place", "time", "quantities")}
        adverse = {} if claim["adverse_to"] is None else {"adverse_to": claim["adverse_to"]["id"]}
        decision = {
            "status": STATUSES[b % len(STATUSES)],
            "credibility": CREDIBILITY[STATUSES[b % len(STATUSES)]],
            "rationale": "They say so.",
            "decided_on": (date(2024, 12, 30) + timedelta(days=b)).isoformat(),
            "decided_by": " and ".join(BYLINES),
        }
        return self.import_lines([{"record": "claim", **fields, **topic, **adverse, "reviews": [decision]}], FILE)


ACTION_NAMES = (
    *desk.ACTION_NAMES, *("decide", "kept_evidence", "relay", "take_back") * 4,
    *("import_colleagues", "reword_claim", "move_source", "merge_source", "merge_claim", "ruling") * 2,
)  # fmt: skip

DECISIONS: list[Action] = [
    # Decisions of the desk and of files, on relays and on kept evidence.
    ("attribution", 2, 4, 0), ("relay", 0, 1, 2), ("relay", 1, 0, 3), ("relay", 2, 0, 1), ("relay", 2, 3, 3),
    ("kept_evidence", 0, 0, 0), ("decide", 0, 0, 0), ("kept_evidence", 1, 1, 1), ("decide", 1, 2, 1),
    ("publish", 2, 0, 0), ("relation", 2, 1, 1), ("import_colleagues", 2, 1, 0), ("decide", 3, 1, 0),
]  # fmt: skip
"""They give random histories something to make stale."""

STALE_DECISIONS: list[Action] = [
    # By the wording, evidence, an attribution, and another claim, whose withdrawal gives this one no new version.
    ("reword_claim", 0, 2, 0), ("take_back", 0, 0, 0), ("take_back", 1, 1, 0), ("take_back", 2, 2, 0),
    ("withdraw", 1, 0, 0), ("publish", 1, 0, 0), ("evidence", 3, 0, 2), ("reword_claim", 2, 1, 0),
    # Decided anew; a file names colleagues.
    ("decide", 0, 0, 0), ("import_colleagues", 2, 7, 0), ("import_decisions", 0, 0, 3), ("import_claim", 7, 2, 1),
    ("decide", 2, 7, 0),
]  # fmt: skip

action_strategy = st.tuples(st.sampled_from(ACTION_NAMES), *(st.integers(0, 11) for _ in range(3)))
