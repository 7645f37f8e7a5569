"""Closed lists for claims: what they are about, which figures they give, and how they relate to each other."""

from app.vocabulary.closed_list import Word


class ClaimKind(Word):
    """What a claim is about."""

    TROOP_ESTIMATE = "troop_estimate", "How many soldiers are in a place, or were sent there."
    CASUALTY_FIGURE = "casualty_figure", "How many people were killed, wounded, missing or otherwise lost."
    CAPTURE_REPORT = "capture_report", "People were taken prisoner."
    DEPLOYMENT = "deployment", "A force was sent or moved somewhere, and its size is not the main point."
    EQUIPMENT_LOSS = "equipment_loss", "Vehicles, weapons or other equipment were lost."
    TERRITORIAL_CONTROL = "territorial_control", "Who holds, took or lost a place."
    RESPONSIBILITY = "responsibility", "Who did something."
    ORDER_OR_POLICY = "order_or_policy", "An order that was given, or a policy in force."
    OFFER_OR_INTENTION = "offer_or_intention", "What someone offers or intends to do."
    CONDITION_OR_MOTIVE = "condition_or_motive", "Why something happened, or under what conditions."
    OTHER = "other", "None of the above."


class MetricFamily(Word):
    """The family of metrics that a topic compares."""

    STRENGTH = "strength", "Soldiers present or deployed."
    CASUALTIES = "casualties", "People killed, wounded or missing, and sums of these."
    CAPTIVITY = "captivity", "People who were captured or surrendered."
    EQUIPMENT = "equipment", "Equipment destroyed, damaged, abandoned, captured or lost."
    AREA = "area", "Area of territory."
    OTHER = "other", "Figures of other kinds, or no figures."


class Metric(Word):
    """What a figure counts. Figures with different metrics are never compared."""

    PRESENT = "present", "Soldiers in the place at that time."
    DEPLOYED_TOTAL = "deployed_total", "All soldiers ever sent there, whether or not they are still there."
    KILLED = "killed", "People killed."
    WOUNDED = "wounded", "People injured but not killed."
    KILLED_AND_WOUNDED = "killed_and_wounded", "Killed and wounded together, where the source does not separate them."
    MISSING = "missing", "People unaccounted for."
    CAPTURED = "captured", "People taken prisoner."
    SURRENDERED = "surrendered", "People who gave themselves up."
    IRRECOVERABLE = "irrecoverable", "People killed, missing, captured or unfit to return to service."
    CASUALTIES_UNSPECIFIED = "casualties_unspecified", "'Losses' or 'casualties' of an unspecified kind."
    EQUIPMENT_DESTROYED = "equipment_destroyed", "Equipment destroyed."
    EQUIPMENT_DAMAGED = "equipment_damaged", "Equipment damaged."
    EQUIPMENT_ABANDONED = "equipment_abandoned", "Equipment left behind."
    EQUIPMENT_CAPTURED = "equipment_captured", "Equipment captured by the enemy."
    EQUIPMENT_LOST = "equipment_lost", "Equipment lost in any way."
    AREA = "area", "Area of territory, in the stated unit."
    OTHER = "other", "Any other figure; the unit says what it counts."


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
"""The metrics that belong to a topic of each family."""


class Qualifier(Word):
    """How the source qualifies its figure, and which of `low`, `best` and `high` are given.

    The bounds of a range come from the source; they are never a confidence interval.
    """

    EXACT = "exact", "Exactly that number: `best`."
    ABOUT = "about", "Roughly that number, rounded to its last significant digit: `best`."
    AT_LEAST = "at_least", "That number or more: `low`."
    MORE_THAN = "more_than", "More than that number: `low`."
    AT_MOST = "at_most", "That number or fewer: `high`."
    FEWER_THAN = "fewer_than", "Fewer than that number: `high`."
    UP_TO = "up_to", "'Up to' that number, which the source gives as a maximum: `high`."
    BETWEEN = "between", "From `low` to `high`; `best` may be given too."
    VAGUE = "vague", "No number ('dozens'): only the verbatim words are recorded."


class Basis(Word):
    """How the source arrived at its figure."""

    NAMED_COUNT = "named_count", "Counted case by case, with each case identified by name or photograph."
    COUNT = "count", "Counted."
    ESTIMATE = "estimate", "Estimated."
    MODEL = "model", "Calculated by a model."
    UNSTATED = "unstated", "The source does not say."


class Relation(Word):
    """How a claim relates to another claim; read it as 'this claim <relation> the other claim'."""

    UPDATES = "updates", "Continues the other claim at a later time."
    SUPERSEDES = "supersedes", "Replaces the other claim."
    CONTRADICTS = "contradicts", "Cannot be true at the same time as the other claim."
    REFINES = "refines", "Says the same thing as the other claim, but more precisely."
    PART_OF = "part_of", "Is part of the other claim."
    SAME_AS = "same_as", "Is the same claim, recorded twice."


class ConflictKind(Word):
    """Between whom two figures conflict."""

    SOURCES = "sources", "Two sources give figures that cannot both be true."
    RELAYS = "relays", "Two relays report different figures by the same source, of which at least one is wrong."


class TopicLikeness(Word):
    """Why two topics may ask the same question."""

    TITLE = "title", "Their titles are the same, apart from case, punctuation and words that change nothing."
    QUESTION = "question", "They have the same subject, family of metrics, place and period, and a metric in common."


class Stage(Word):
    """Editorial stage of a claim. It is independent of the claim's status."""

    DRAFT = "draft", "Being written; visible only to the desk."
    IN_REVIEW = "in_review", "Being checked before publication; visible only to the desk."
    PUBLISHED = "published", "Visible to everyone."
    WITHDRAWN = "withdrawn", "Withdrawn by us, in public, with a notice."


PUBLIC_STAGES: frozenset[Stage] = frozenset({Stage.PUBLISHED, Stage.WITHDRAWN})
"""Stages that are visible without a key."""
