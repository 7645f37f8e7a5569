"""Closed lists for sources and what they say: who they are, their stance on a claim, and where they got it."""

from app.vocabulary.closed_list import Word


class SourceKind(Word):
    """What a source is."""

    PERSON = "person", "A human being."
    GOVERNMENT = "government", "A state, its government or one of its agencies."
    INTELLIGENCE_SERVICE = "intelligence_service", "An intelligence service."
    ARMED_FORCE = "armed_force", "Armed forces, or a part of them."
    NEWS_ORGANISATION = "news_organisation", "A newspaper, broadcaster or news agency."
    RESEARCH_ORGANISATION = "research_organisation", "A research institute, think tank or open-source research group."
    NGO = "ngo", "A non-governmental organisation."
    INTERGOVERNMENTAL_ORGANISATION = "intergovernmental_organisation", "An organisation whose members are states."
    SOCIAL_MEDIA_ACCOUNT = "social_media_account", "A social media account, regardless of who runs it."
    WITNESS = "witness", "Someone who saw the event."
    DATASET = "dataset", "A dataset that relays figures."
    OTHER = "other", "None of the above."


class Anonymity(Word):
    """How far a source is identified."""

    NAMED = "named", "Identified by name."
    DESCRIBED = "described", "Identified by description only: 'Western officials'."
    ANONYMOUS = "anonymous", "Known to the publisher but not to the public."
    UNKNOWN = "unknown", "It is not known who the source is."


class Stance(Word):
    """What the source of an attribution says about the claim."""

    ASSERTS = "asserts", "States the claim as fact."
    ESTIMATES = "estimates", "Presents it as an estimate."
    ALLEGES = "alleges", "States the claim without offering proof."
    PREDICTS = "predicts", "Expects the claim to come true."
    SPECULATES = "speculates", "Considers it possible."
    CONFIRMS = "confirms", "Confirms what another source has said."
    PARTLY_CONFIRMS = "partly_confirms", "Confirms part of the claim, or confirms the event with a different figure."
    DISPUTES_FIGURE = "disputes_figure", "Accepts the event but not the figure."
    DENIES = "denies", "Says that it is not true."
    DECLINES_TO_COMMENT = "declines_to_comment", "Was asked for a comment and gave none."
    CANNOT_VERIFY = "cannot_verify", "Says that it cannot verify the claim."
    NO_STATEMENT_FOUND = (
        "no_statement_found",
        "We searched and found no statement. This is not a denial. Record when, where and by whom the search was made.",
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
"""Stances that put the claim forward. Only these make a source an origin of the claim, and only these are counted."""


class Lineage(Word):
    """Where the source of an attribution got the claim."""

    ORIGINAL = "original", "From its own knowledge: it is the origin."
    RELAYED = "relayed", "From another attribution of the same claim, which `upstream` names."
    UNKNOWN = "unknown", "Not known. It does not count as an origin."


class Retractor(Word):
    """Who retracted a statement."""

    ORIGIN = "origin", "The source itself no longer makes the statement."
    PUBLISHER = "publisher", "The publisher of the document took its report of the statement back; the source did not."
    US = "us", "We withdrew it because we had recorded it wrongly. The source has retracted nothing."


class UpstreamState(Word):
    """Whether what an attribution was relayed from still stands."""

    STANDS = "stands", "Nothing that it was relayed from was retracted or withdrawn, or it was not relayed."
    RETRACTED = "retracted", "A source that it was relayed from has retracted the statement, or its publisher has."
    WITHDRAWN = (
        "withdrawn",
        "We withdrew what it was relayed from, because we had recorded that wrongly, so its lineage is unknown.",
    )


class Directness(Word):
    """How the document renders the source's words."""

    DIRECT_QUOTE = "direct_quote", "The source's own words."
    INDIRECT_QUOTE = "indirect_quote", "Reported speech."
    PARAPHRASE = "paraphrase", "Summarised in the reporter's words."
    OFFICIAL_RELEASE = "official_release", "Published by the source itself."
    UNATTRIBUTED = "unattributed", "Stated without saying who said it."


class Independence(Word):
    """Whether two origins of a claim are independent of each other."""

    NOT_ESTABLISHED = "not_established", "Nobody has shown that they are independent. This is the default."
    ESTABLISHED = "established", "An editor has ruled that they are independent, and gave a reason."
    DEPENDENT = (
        "dependent",
        "They share an ancestor in the source tree or an upstream attribution, or were ruled to depend on each other.",
    )


class Reliability(Word):
    """How reliable a source is, on the Admiralty scale (NATO AJP-2.1). It never affects a claim's status or counts."""

    A = "A", "Completely reliable."
    B = "B", "Usually reliable."
    C = "C", "Fairly reliable."
    D = "D", "Not usually reliable."
    E = "E", "Unreliable."
    F = "F", "Reliability cannot be judged."
