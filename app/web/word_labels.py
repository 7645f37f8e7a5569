"""What readers see for the values of the closed lists. Without an entry here, a value is read as it is written:
`troop_estimate` is "Troop estimate"."""

from collections.abc import Mapping

from app.web.localization import Localization


def N_(sentence: str) -> str:  # noqa: N802 - gettext's customary name for marking a sentence without translating it
    """Mark a sentence for translation."""
    return sentence


LABELS: Mapping[str, Mapping[str, str]] = {
    "status": {
        "unassessed": N_("Not assessed"),
        "unconfirmed": N_("Unconfirmed"),
        "corroborated": N_("Corroborated"),
        "conceded": N_("Conceded"),
        "confirmed": N_("Confirmed"),
        "disputed": N_("Disputed"),
        "unlikely": N_("Unlikely"),
        "refuted": N_("Refuted"),
        "unverifiable": N_("Unverifiable"),
        "withdrawn": N_("Withdrawn"),
        "stale": N_("Not decided as it reads now"),
        "draft": N_("Draft"),
        "in_review": N_("In review"),
    },
    "stage": {
        "published": N_("published"),
        "withdrawn": N_("withdrawn"),
    },
    "kind": {
        "troop_estimate": N_("Troop estimate"),
        "casualty_figure": N_("Casualty figure"),
        "capture_report": N_("Capture report"),
        "deployment": N_("Deployment"),
        "equipment_loss": N_("Equipment loss"),
        "territorial_control": N_("Territorial control"),
        "responsibility": N_("Responsibility"),
        "order_or_policy": N_("Order or policy"),
        "offer_or_intention": N_("Offer or intention"),
        "condition_or_motive": N_("Condition or motive"),
        "other": N_("Other"),
    },
    "metric": {
        "present": N_("present at the time"),
        "deployed_total": N_("deployed in total"),
        "killed": N_("killed"),
        "wounded": N_("wounded"),
        "killed_and_wounded": N_("killed and wounded"),
        "missing": N_("missing"),
        "captured": N_("captured"),
        "surrendered": N_("surrendered"),
        "irrecoverable": N_("irrecoverable losses"),
        "casualties_unspecified": N_("losses, kind not stated"),
        "equipment_destroyed": N_("destroyed"),
        "equipment_damaged": N_("damaged"),
        "equipment_abandoned": N_("abandoned"),
        "equipment_captured": N_("captured by the enemy"),
        "equipment_lost": N_("lost"),
        "area": N_("area"),
        "other": N_("other figure"),
    },
    "metric_family": {
        "strength": N_("strength"),
        "casualties": N_("casualties"),
        "captivity": N_("captivity"),
        "equipment": N_("equipment"),
        "area": N_("area"),
        "other": N_("other"),
    },
    "basis": {
        "named_count": N_("counted case by case"),
        "count": N_("counted"),
        "estimate": N_("estimated"),
        "model": N_("calculated by a model"),
        "unstated": N_("the source does not say"),
    },
    "stance": {
        "asserts": N_("says so"),
        "estimates": N_("gives it as an estimate"),
        "alleges": N_("alleges it"),
        "predicts": N_("expects it"),
        "speculates": N_("considers it possible"),
        "confirms": N_("confirms it"),
        "partly_confirms": N_("confirms it in part"),
        "disputes_figure": N_("gives another figure"),
        "denies": N_("denies it"),
        "declines_to_comment": N_("declined to comment"),
        "cannot_verify": N_("says that it cannot verify it"),
        "no_statement_found": N_("no statement found"),
    },
    "directness": {
        "direct_quote": N_("in a direct quotation"),
        "indirect_quote": N_("in indirect speech"),
        "paraphrase": N_("in a paraphrase"),
        "official_release": N_("in an official release"),
        "unattributed": N_("without saying on whose word"),
    },
    "source_kind": {
        "person": N_("person"),
        "government": N_("government"),
        "intelligence_service": N_("intelligence service"),
        "armed_force": N_("armed forces"),
        "news_organisation": N_("news organisation"),
        "research_organisation": N_("research organisation"),
        "ngo": N_("non-governmental organisation"),
        "intergovernmental_organisation": N_("intergovernmental organisation"),
        "social_media_account": N_("social media account"),
        "witness": N_("witness"),
        "dataset": N_("data set"),
        "other": N_("other"),
    },
    "anonymity": {
        "named": N_("named"),
        "described": N_("described, not named"),
        "anonymous": N_("not named"),
        "unknown": N_("not identified"),
    },
    "document_kind": {
        "article": N_("article"),
        "official_release": N_("official release"),
        "social_media_post": N_("social media post"),
        "video": N_("video"),
        "audio": N_("sound recording"),
        "image": N_("image"),
        "report": N_("report"),
        "dataset": N_("data set"),
        "fact_check": N_("fact-check"),
        "physical": N_("physical object"),
        "other": N_("document"),
    },
    "relation": {
        "updates": N_("Updates"),
        "supersedes": N_("Replaces"),
        "contradicts": N_("Contradicts"),
        "refines": N_("Makes more precise"),
        "part_of": N_("Is part of"),
        "same_as": N_("Says the same as"),
    },
    "evidence_role": {
        "supports": N_("Supports the claim"),
        "refutes": N_("Speaks against the claim"),
        "context": N_("Context"),
    },
    "evidence_kind": {
        "document": N_("the document itself"),
        "photograph": N_("photograph"),
        "video": N_("video"),
        "audio": N_("sound recording"),
        "satellite_image": N_("satellite image"),
        "geolocation": N_("geolocation"),
        "official_record": N_("official record"),
        "testimony": N_("testimony"),
        "dataset": N_("data set"),
        "physical": N_("physical object"),
        "other": N_("other"),
    },
    "custody_act": {
        "received": N_("received, hashed and stored"),
        "declared": N_("listed in an imported file, without its bytes"),
        "verified": N_("read back; length and digest are as recorded"),
        "moved": N_("copied to another store and read back there"),
        "failed_verification": N_("read back; length or digest differ from what is recorded"),
    },
    "upstream_state": {
        "retracted": N_("retracted since"),
        "withdrawn": N_("we had recorded it wrongly"),
    },
    "stale_because": {
        "wording": N_("The wording has changed."),
        "evidence": N_("Evidence was added or changed."),
        "attributions": N_("What is on record about who said it has changed."),
        "origins": N_("Two of its sources turned out to be one."),
        "grounds": N_("What the decision needs is no longer on record."),
    },
}
"""Labels by list and value."""


def label(localization: Localization, words: str, value: str) -> str:
    """What readers see for a value of a list."""
    known = LABELS[words].get(value)
    return localization.gettext(known) if known is not None else value.replace("_", " ")
