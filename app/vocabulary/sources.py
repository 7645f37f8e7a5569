"""Words of sources, and of what they say: who it is, how they stand to a claim, where they have it from."""

from app.vocabulary.closed_list import Word


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


class Independence(Word):
    """Whether two origins of a claim know it independently of one another."""

    NOT_ESTABLISHED = "not_established", "Nobody has shown it; the default."
    ESTABLISHED = "established", "Ruled so by a person, with a reason."
    DEPENDENT = (
        "dependent",
        "They share an ancestor in the source tree or an upstream, or were ruled to depend on each other.",
    )


class Reliability(Word):
    """How far a source can be relied upon, by the Admiralty code (NATO AJP-2.1). Never blended with anything else."""

    A = "A", "Completely reliable."
    B = "B", "Usually reliable."
    C = "C", "Fairly reliable."
    D = "D", "Not usually reliable."
    E = "E", "Unreliable."
    F = "F", "Reliability cannot be judged."
