"""Closed lists for the desk: its conclusions, how it reaches them, and what is waiting for it."""

from app.vocabulary.closed_list import Word


class Status(Word):
    """Confirmation status: what we concluded about a claim. It comes only from recorded decisions."""

    UNASSESSED = "unassessed", "No decision has been taken."
    UNCONFIRMED = "unconfirmed", "Attributed to a source, but nothing more is established."
    CORROBORATED = "corroborated", "Two or more origins make the claim, and their independence is established."
    CONCEDED = "conceded", "The party that the claim is adverse to confirms it."
    CONFIRMED = (
        "confirmed",
        "Supporting evidence that is independent of the claim's origins was examined and is kept.",
    )
    DISPUTED = (
        "disputed",
        "An identified source denies the claim or disputes its figure, or another claim contradicts it.",
    )
    UNLIKELY = "unlikely", "Evidence contradicts it, but not conclusively."
    REFUTED = "refuted", "Evidence contradicts it conclusively."
    UNVERIFIABLE = "unverifiable", "We tried to verify it and could not."


class ClaimStatus(Word):
    """Status of a claim as it is shown, counted and filtered: that of its decision, or `stale`.

    `stale` is derived and never decided. The status that was decided then stands only in the decision itself.
    """

    UNASSESSED = Status.UNASSESSED.value, Status.UNASSESSED.meaning
    UNCONFIRMED = Status.UNCONFIRMED.value, Status.UNCONFIRMED.meaning
    CORROBORATED = Status.CORROBORATED.value, Status.CORROBORATED.meaning
    CONCEDED = Status.CONCEDED.value, Status.CONCEDED.meaning
    CONFIRMED = Status.CONFIRMED.value, Status.CONFIRMED.meaning
    DISPUTED = Status.DISPUTED.value, Status.DISPUTED.meaning
    UNLIKELY = Status.UNLIKELY.value, Status.UNLIKELY.meaning
    REFUTED = Status.REFUTED.value, Status.REFUTED.meaning
    UNVERIFIABLE = Status.UNVERIFIABLE.value, Status.UNVERIFIABLE.meaning
    STALE = (
        "stale",
        "A decision was taken, but the claim has changed since, or the record no longer supports the decision.",
    )


class StandardOfProof(Word):
    """How certain the decision had to be. The levels are those that United Nations inquiries use."""

    REASONABLE_SUSPICION = "reasonable_suspicion", "There is enough to justify further investigation."
    REASONABLE_GROUNDS = (
        "reasonable_grounds",
        "Reliable information would lead a prudent person to believe it.",
    )
    BALANCE_OF_PROBABILITIES = "balance_of_probabilities", "More likely true than not."
    CLEAR_AND_CONVINCING = "clear_and_convincing", "Much more likely true than not."
    BEYOND_REASONABLE_DOUBT = "beyond_reasonable_doubt", "The evidence allows no other reasonable explanation."


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
    """Why a decision no longer applies to the claim as it is now."""

    WORDING = "wording", "The proposition or its figures have changed since the decision."
    EVIDENCE = "evidence", "Evidence has been added, corrected or withdrawn since the decision."
    ATTRIBUTIONS = (
        "attributions",
        "An attribution has been corrected or withdrawn since the decision. New attributions do not make it stale.",
    )
    ORIGINS = (
        "origins",
        "A merge of sources or claims has changed how many origins the claim has, or how many of them are independent.",
    )
    GROUNDS = (
        "grounds",
        "The record no longer supports the status: an attribution, ruling or relation that it needs is gone.",
    )


class Verdict(Word):
    """A person's verdict on a proposal."""

    APPROVE = "approve", "Approves the proposal, which becomes a decision."
    REJECT = "reject", "Rejects the proposal, with a reason."
    REQUEST_MORE = "request_more", "Asks the proposer for more information, and says what is needed for a decision."
    ANSWER = "answer", "The proposer answers the request for more information."
    WITHDRAW = "withdraw", "The proposer withdraws the proposal."


class ProposalState(Word):
    """State of a proposal. It follows from the sign-offs and from later changes to the claim."""

    OPEN = "open", "Waiting for another person to decide on it."
    MORE_REQUESTED = "more_requested", "Someone asked for more information; the proposer must answer."
    VOID = "void", "The wording or the evidence has changed since the proposal was made. Withdraw it or make a new one."
    APPROVED = "approved", "It has become a decision."
    REJECTED = "rejected", "Someone rejected it."
    WITHDRAWN = "withdrawn", "The proposer withdrew it."


class Signer(Word):
    """A person's part in a proposal. It does not depend on the person's role."""

    PROPOSER = "proposer", "The person who made the proposal."
    EDITOR = "editor", "The person who wrote the current wording of the claim, with any role."
    ANOTHER = "another", "Any other fact-checker or editor."


class QueueReason(Word):
    """Why a claim is waiting in the desk's queue. Each reason has points, which are added up for each claim."""

    CONTRADICTED = (
        "contradicted",
        "Since the current decision, a published claim has contradicted it, or a source has denied it or its figure.",
    )
    STALE = (
        "stale",
        "The wording, evidence or attributions have changed since the current decision.",
    )
    OLDER_RULES = (
        "older_rules",
        "The current decision was taken under earlier rules and would not be possible under the present ones.",
    )
    PROPOSAL_OPEN = "proposal_open", "A proposed status awaits another person's verdict or the proposer's answer."
    NEW_EVIDENCE = "new_evidence", "Evidence has been added since the current decision."
    REQUESTED = "requested", "People have requested a decision since the current one was taken."
    UNASSESSED = "unassessed", "No decision has been taken."
    REACH = (
        "reach",
        "Many attributions put it forward. This moves up claims that are in the queue for another reason.",
    )


class Taken(Word):
    """Who is working on the claims in the queue."""

    NOBODY = "nobody", "Nobody is working on them."
    ME = "me", "You are working on them."
    ANYBODY = "anybody", "Somebody is working on them: you or someone else."
