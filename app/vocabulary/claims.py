"""Words of claims: what they are about, which figures they give, what they are to each other."""

from app.vocabulary.closed_list import Word


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


class Relation(Word):
    """What a claim is to another claim; read 'this claim <relation> the other'."""

    UPDATES = "updates", "Carries it on to a later time."
    SUPERSEDES = "supersedes", "Takes its place."
    CONTRADICTS = "contradicts", "Cannot hold together with it."
    REFINES = "refines", "Says the same more closely."
    PART_OF = "part_of", "Is a part of it."
    SAME_AS = "same_as", "Is the same claim recorded twice."


class Stage(Word):
    """Editorial stage of a claim; a separate axis from its status."""

    DRAFT = "draft", "Being written; the desk's alone."
    IN_REVIEW = "in_review", "Being checked before publication; the desk's alone."
    PUBLISHED = "published", "Public."
    WITHDRAWN = "withdrawn", "Taken back by us, in public, with a notice."


PUBLIC_STAGES: frozenset[Stage] = frozenset({Stage.PUBLISHED, Stage.WITHDRAWN})
"""Stages that a reader without a key may see."""
