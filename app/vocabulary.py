"""The closed lists of the record: every word that a field may hold, and what it means.

This module is the single source: database CHECKs, API schemas, documentation and the command line are all made from it.
Terms follow the field's usage; where a published scheme stands behind a list, the class names it.
"""

from enum import StrEnum


class Word(StrEnum):
    """A word of a closed list, with its meaning for a reader.

    Members are written `NAME = "value", "meaning"`.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> "Word":
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    @classmethod
    def values(cls) -> list[str]:
        """All words of the list, in their written order."""
        return [member.value for member in cls]


class ClaimKind(Word):
    """What a claim is about."""

    TROOP_ESTIMATE = "troop_estimate", "How many soldiers are somewhere, or were sent there."
    CASUALTY_FIGURE = "casualty_figure", "How many people were killed, wounded, missing or otherwise lost."
    CAPTURE_REPORT = "capture_report", "That people were taken prisoner."
    DEPLOYMENT = "deployment", "That a force was sent or moved somewhere, without a figure at its heart."
    EQUIPMENT_LOSS = "equipment_loss", "That vehicles, weapons or other materiel were lost."
    TERRITORIAL_CONTROL = "territorial_control", "Who holds, took or lost a place."
    RESPONSIBILITY = "responsibility", "Who did something."
    ORDER_OR_POLICY = "order_or_policy", "What was ordered, or is the rule."
    OFFER_OR_INTENTION = "offer_or_intention", "What someone offers or means to do."
    CONDITION_OR_MOTIVE = "condition_or_motive", "Why something happened, or under which conditions."
    OTHER = "other", "None of the above."


class MetricFamily(Word):
    """Which metrics a topic compares."""

    STRENGTH = "strength", "Soldiers present or deployed."
    CASUALTIES = "casualties", "Killed, wounded, missing and their sums."
    CAPTIVITY = "captivity", "Captured and surrendered."
    EQUIPMENT = "equipment", "Materiel destroyed, damaged, abandoned, captured or lost."
    AREA = "area", "Territory."
    OTHER = "other", "Any other figure, or none."


class Metric(Word):
    """What a figure counts. Figures of different metrics are never compared."""

    PRESENT = "present", "Soldiers in the place at the time."
    DEPLOYED_TOTAL = "deployed_total", "Soldiers ever sent there, whether or not they are still there."
    KILLED = "killed", "Dead."
    WOUNDED = "wounded", "Injured, not dead."
    KILLED_AND_WOUNDED = "killed_and_wounded", "The sum of dead and injured, where the source does not split it."
    MISSING = "missing", "Unaccounted for."
    CAPTURED = "captured", "Taken prisoner."
    SURRENDERED = "surrendered", "Gave themselves up."
    IRRECOVERABLE = "irrecoverable", "Dead, missing, captured or unfit to return to service."
    CASUALTIES_UNSPECIFIED = "casualties_unspecified", "'Losses' or 'casualties' without saying of which kind."
    EQUIPMENT_DESTROYED = "equipment_destroyed", "Destroyed."
    EQUIPMENT_DAMAGED = "equipment_damaged", "Damaged."
    EQUIPMENT_ABANDONED = "equipment_abandoned", "Left behind."
    EQUIPMENT_CAPTURED = "equipment_captured", "Taken by the enemy."
    EQUIPMENT_LOST = "equipment_lost", "Lost in whichever way."
    AREA = "area", "Territory, in the stated unit."
    OTHER = "other", "Another figure; the unit says which."


METRIC_FAMILIES: dict[MetricFamily, frozenset[Metric]] = {
    MetricFamily.STRENGTH: frozenset({Metric.PRESENT, Metric.DEPLOYED_TOTAL}),
    MetricFamily.CASUALTIES: frozenset(
        {
            Metric.KILLED,
            Metric.WOUNDED,
            Metric.KILLED_AND_WOUNDED,
            Metric.MISSING,
            Metric.IRRECOVERABLE,
            Metric.CASUALTIES_UNSPECIFIED,
        }
    ),
    MetricFamily.CAPTIVITY: frozenset({Metric.CAPTURED, Metric.SURRENDERED}),
    MetricFamily.EQUIPMENT: frozenset(
        {
            Metric.EQUIPMENT_DESTROYED,
            Metric.EQUIPMENT_DAMAGED,
            Metric.EQUIPMENT_ABANDONED,
            Metric.EQUIPMENT_CAPTURED,
            Metric.EQUIPMENT_LOST,
        }
    ),
    MetricFamily.AREA: frozenset({Metric.AREA}),
    MetricFamily.OTHER: frozenset(Metric),
}
"""The metrics that a topic of each family may hold."""


class Qualifier(Word):
    """How the source limits its figure, and which of low, best and high it gives.

    A range is a bound given by the source; it is never a confidence interval.
    """

    EXACT = "exact", "That number: best."
    ABOUT = "about", "Roughly that number, rounded to its last significant digit: best."
    AT_LEAST = "at_least", "That number or more: low."
    MORE_THAN = "more_than", "More than that number: low."
    AT_MOST = "at_most", "That number or fewer: high."
    FEWER_THAN = "fewer_than", "Fewer than that number: high."
    UP_TO = "up_to", "As many as that number: high."
    BETWEEN = "between", "From low to high; best may be given too."
    VAGUE = "vague", "No number at all ('dozens'): the verbatim words alone."


class Basis(Word):
    """How the source came by its figure."""

    NAMED_COUNT = "named_count", "Counted one by one, each identified (by name, by photograph)."
    COUNT = "count", "Counted."
    ESTIMATE = "estimate", "Estimated."
    MODEL = "model", "Computed by a model."
    UNSTATED = "unstated", "The source does not say."


class SourceKind(Word):
    """What a source is."""

    PERSON = "person", "A human being."
    GOVERNMENT = "government", "A state, its government or one of its offices."
    INTELLIGENCE_SERVICE = "intelligence_service", "An intelligence service."
    ARMED_FORCE = "armed_force", "An army, or a part of one."
    NEWS_ORGANISATION = "news_organisation", "A newspaper, broadcaster or news agency."
    RESEARCH_ORGANISATION = "research_organisation", "A research institute, think tank or open-source research group."
    NGO = "ngo", "A non-governmental organisation."
    INTERGOVERNMENTAL_ORGANISATION = "intergovernmental_organisation", "An organisation of states."
    SOCIAL_MEDIA_ACCOUNT = "social_media_account", "An account, whoever is behind it."
    WITNESS = "witness", "Someone who saw it."
    DATASET = "dataset", "A data collection that relays figures."
    OTHER = "other", "None of the above."


class Anonymity(Word):
    """How far a source is identified."""

    NAMED = "named", "Identified by name."
    DESCRIBED = "described", "Identified by description only: 'Western officials'."
    ANONYMOUS = "anonymous", "Known to the publisher, unknown to the public."
    UNKNOWN = "unknown", "Nobody says who it is."


class Stance(Word):
    """What the source of an attribution does with the claim."""

    ASSERTS = "asserts", "Says it is so."
    ESTIMATES = "estimates", "Gives it as an estimate."
    ALLEGES = "alleges", "Says so without offering proof."
    PREDICTS = "predicts", "Expects it."
    SPECULATES = "speculates", "Considers it possible."
    CONFIRMS = "confirms", "Confirms what another has said."
    PARTLY_CONFIRMS = "partly_confirms", "Confirms a part, or another figure."
    DISPUTES_FIGURE = "disputes_figure", "Accepts the event but not the figure."
    DENIES = "denies", "Says it is not so."
    DECLINES_TO_COMMENT = "declines_to_comment", "Was asked and does not answer."
    CANNOT_VERIFY = "cannot_verify", "Says that it cannot tell."
    NO_STATEMENT_FOUND = (
        "no_statement_found",
        "We searched and found no statement: a search result, never a denial. Needs when, where and by whom.",
    )


ASSERTING_STANCES: frozenset[Stance] = frozenset(
    {
        Stance.ASSERTS,
        Stance.ESTIMATES,
        Stance.ALLEGES,
        Stance.PREDICTS,
        Stance.SPECULATES,
        Stance.CONFIRMS,
        Stance.PARTLY_CONFIRMS,
    }
)
"""Stances that put the claim forward. Only these make a source an origin of it and only these are counted."""


class Lineage(Word):
    """Where the source of an attribution has it from."""

    ORIGINAL = "original", "From its own knowledge: it is the origin."
    RELAYED = "relayed", "From another attribution of the same claim, which `upstream` names."
    UNKNOWN = "unknown", "Not known. It counts as no origin."


class Retractor(Word):
    """Who took a statement back."""

    ORIGIN = "origin", "The source itself: it no longer says so."
    US = "us", "We did: we had recorded it wrongly."


class Directness(Word):
    """How the words reached the document."""

    DIRECT_QUOTE = "direct_quote", "The source's own words."
    INDIRECT_QUOTE = "indirect_quote", "Reported speech."
    PARAPHRASE = "paraphrase", "Put into the reporter's words."
    OFFICIAL_RELEASE = "official_release", "Published by the source itself."
    UNATTRIBUTED = "unattributed", "Stated without saying whose word it is."


class DocumentKind(Word):
    """What a document is."""

    ARTICLE = "article", "A news article or an analysis."
    OFFICIAL_RELEASE = "official_release", "A statement published by an authority or organisation itself."
    SOCIAL_MEDIA_POST = "social_media_post", "A post."
    VIDEO = "video", "Moving pictures."
    AUDIO = "audio", "A recording of sound."
    IMAGE = "image", "A photograph or other still picture."
    REPORT = "report", "A report or study."
    DATASET = "dataset", "A data collection or a record in one."
    FACT_CHECK = "fact_check", "A published fact-check."
    PHYSICAL = "physical", "A thing: a memo, a tag, a part."
    OTHER = "other", "None of the above."


class EvidenceRole(Word):
    """What a piece of evidence does to a claim."""

    SUPPORTS = "supports", "Speaks for it."
    REFUTES = "refutes", "Speaks against it."
    CONTEXT = "context", "Helps to understand it, without speaking for or against."


class EvidenceKind(Word):
    """What a piece of evidence is, as something to be examined; what its document is, the document says."""

    DOCUMENT = "document", "The document as such: what is written, said or listed in it."
    PHOTOGRAPH = "photograph", "What a photograph shows."
    VIDEO = "video", "What moving pictures show."
    AUDIO = "audio", "What a recording of sound lets hear."
    SATELLITE_IMAGE = "satellite_image", "A picture taken from space or from the air."
    GEOLOCATION = "geolocation", "The place of a picture, found by comparing what is to be seen in it."
    OFFICIAL_RECORD = "official_record", "A register, a court file, a list kept by an authority."
    TESTIMONY = "testimony", "What somebody says who was there."
    DATASET = "dataset", "Data, or what was computed from them."
    PHYSICAL = "physical", "A thing: a memo, a tag, a part of a weapon."
    OTHER = "other", "None of the above."


class CustodyAct(Word):
    """What happened to the bytes of a capture."""

    RECEIVED = "received", "They came in, were digested and stored."
    DECLARED = "declared", "An imported file names them; they did not come with it."
    VERIFIED = "verified", "They were read back: length and SHA-256 are as recorded."
    FAILED_VERIFICATION = "failed_verification", "They were missing, or were not the recorded ones."
    MOVED = "moved", "They were copied to another store, and read back there."


class FigureFound(Word):
    """Whether a quote or a figure stands in the captured text that it cites."""

    FOUND = "found", "It stands there."
    NOT_FOUND = "not_found", "The text was read whole, and it does not stand there."
    NOT_CHECKABLE = "not_checkable", "There is no text to look in, or it could not be read whole."


class Relation(Word):
    """What a claim is to another claim; read 'this claim <relation> the other'."""

    UPDATES = "updates", "Carries it on to a later time."
    SUPERSEDES = "supersedes", "Takes its place."
    CONTRADICTS = "contradicts", "Cannot hold together with it."
    REFINES = "refines", "Says the same more closely."
    PART_OF = "part_of", "Is a part of it."
    SAME_AS = "same_as", "Is the same claim recorded twice."


class Status(Word):
    """Confirmation status: what we concluded about a claim. It comes only from recorded decisions."""

    UNASSESSED = "unassessed", "No decision has been taken."
    UNCONFIRMED = "unconfirmed", "Attributed, and nothing more."
    CORROBORATED = "corroborated", "Two or more origins say so whose independence is established."
    CONCEDED = "conceded", "The party that it speaks against confirms it."
    CONFIRMED = "confirmed", "Supporting evidence independent of the claim's origins was examined."
    DISPUTED = "disputed", "A party with standing gives another account."
    UNLIKELY = "unlikely", "Evidence speaks against it, not conclusively."
    REFUTED = "refuted", "Evidence speaks against it conclusively."
    UNVERIFIABLE = "unverifiable", "We tried and could not tell."


class StandardOfProof(Word):
    """How sure whoever decided had to be. The steps are those that inquiries of the United Nations use."""

    REASONABLE_SUSPICION = "reasonable_suspicion", "There is something to it; enough to look further."
    REASONABLE_GROUNDS = (
        "reasonable_grounds",
        "Reliable information that would make a prudent person believe it.",
    )
    BALANCE_OF_PROBABILITIES = "balance_of_probabilities", "More likely so than not."
    CLEAR_AND_CONVINCING = "clear_and_convincing", "Much more likely so than not."
    BEYOND_REASONABLE_DOUBT = "beyond_reasonable_doubt", "No other reading of the evidence is reasonable."


class Probability(Word):
    """How likely the claim is, in the bands of ICD 203 (Intelligence Community Directive 203, Analytic Standards)."""

    ALMOST_NO_CHANCE = "almost_no_chance", "1 to 5 per cent."
    VERY_UNLIKELY = "very_unlikely", "5 to 20 per cent."
    UNLIKELY = "unlikely", "20 to 45 per cent."
    ROUGHLY_EVEN_CHANCE = "roughly_even_chance", "45 to 55 per cent."
    LIKELY = "likely", "55 to 80 per cent."
    VERY_LIKELY = "very_likely", "80 to 95 per cent."
    ALMOST_CERTAIN = "almost_certain", "95 to 99 per cent."


class Staleness(Word):
    """Why a decision no longer speaks of the claim as it is."""

    WORDING = "wording", "The proposition or its figures have changed since."
    EVIDENCE = "evidence", "Evidence has been added, corrected or taken back since."


class Reliability(Word):
    """How far a source can be relied upon, by the Admiralty code (NATO AJP-2.1). Never blended with anything else."""

    A = "A", "Completely reliable."
    B = "B", "Usually reliable."
    C = "C", "Fairly reliable."
    D = "D", "Not usually reliable."
    E = "E", "Unreliable."
    F = "F", "Reliability cannot be judged."


class Verdict(Word):
    """What somebody does about a proposal."""

    APPROVE = "approve", "Signs it: the decision is taken."
    REJECT = "reject", "Turns it down, with a reason."
    REQUEST_MORE = "request_more", "Asks for more before deciding, saying for what."
    ANSWER = "answer", "The proposer answers what was asked."
    WITHDRAW = "withdraw", "The proposer takes it back."


class ProposalState(Word):
    """Where a proposal stands. It follows from the sign-offs and from what the claim has become since."""

    OPEN = "open", "Waits for somebody else to decide on it."
    MORE_REQUESTED = "more_requested", "Somebody asked for more; the proposer is to answer."
    VOID = "void", "The wording or the evidence has changed since it was made; it can only be withdrawn or made anew."
    APPROVED = "approved", "It has become a decision."
    REJECTED = "rejected", "Turned down."
    WITHDRAWN = "withdrawn", "Taken back by the proposer."


class Signer(Word):
    """Who somebody is to a proposal."""

    PROPOSER = "proposer", "Whoever made it."
    EDITOR = "editor", "Whoever wrote the claim as it is worded."
    ANOTHER = "another", "Anybody else of the desk."


class QueueReason(Word):
    """Why a claim waits in the queue of the desk. Each has its points; a claim's are added up."""

    CONTRADICTED = (
        "contradicted",
        "Since the decision that holds, a published claim contradicts it, or a source denies it or its figure.",
    )
    STALE = "stale", "The decision that holds speaks of another wording or of other evidence."
    PROPOSAL_OPEN = "proposal_open", "A status is proposed for it and waits: for somebody else, or for an answer."
    NEW_EVIDENCE = "new_evidence", "Evidence has been added since the decision that holds."
    REQUESTED = "requested", "People asked for a decision, since the one that holds."
    UNASSESSED = "unassessed", "No decision has been taken."
    REACH = "reach", "Many say so. It moves a claim up that waits for another reason, and is none by itself."


class Taken(Word):
    """Whose the claims in the queue are."""

    NOBODY = "nobody", "Nobody is at work on them."
    ME = "me", "Whoever asks is."
    ANYBODY = "anybody", "Somebody is, whoever that may be."


class CitationState(Word):
    """What has become of a version of a claim since somebody cited it: the first of these that is true."""

    UNKNOWN = "unknown", "There is no such claim or version here, or none that is public."
    ALTERED = (
        "altered",
        "The content hash in the citation is not that of the version.",
    )
    RETRACTED = "retracted", "The claim was withdrawn, or a source took back what it is cited for."
    CORRECTED = "corrected", "The proposition or its figures have been corrected."
    STATUS_CHANGED = "status_changed", "We conclude something else now."
    UNCHANGED = "unchanged", "It says what it said."


class Stage(Word):
    """Editorial stage of a claim; a separate axis from its status."""

    DRAFT = "draft", "Being written; the desk's alone."
    IN_REVIEW = "in_review", "Being checked before publication; the desk's alone."
    PUBLISHED = "published", "Public."
    WITHDRAWN = "withdrawn", "Taken back by us, in public, with a notice."


PUBLIC_STAGES: frozenset[Stage] = frozenset({Stage.PUBLISHED, Stage.WITHDRAWN})
"""Stages that a reader without a key may see."""


class Independence(Word):
    """Whether two origins of a claim know it independently of one another."""

    NOT_ESTABLISHED = "not_established", "Nobody has shown it; the default."
    ESTABLISHED = "established", "Ruled so by a person, with a reason."
    DEPENDENT = (
        "dependent",
        "They share an ancestor in the source tree or an upstream, or were ruled to depend on each other.",
    )


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
