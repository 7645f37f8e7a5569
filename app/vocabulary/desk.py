"""Words of the desk: what it concludes, how it comes to that, what waits for it."""

from app.vocabulary.closed_list import Word


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
    ATTRIBUTIONS = "attributions", "An attribution has been corrected or taken back since; one more is no reason."
    GROUNDS = (
        "grounds",
        "The record no longer carries the status: an attribution, a ruling or a relation that it takes is gone.",
    )


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
    STALE = (
        "stale",
        "The decision that holds speaks of another wording, of other evidence or of what was attributed otherwise.",
    )
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
