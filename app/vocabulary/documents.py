"""Closed lists for documents and what they prove: evidence, captures, figures found in captured text."""

from app.vocabulary.closed_list import Word


class DocumentKind(Word):
    """What a document is."""

    ARTICLE = "article", "A news article or an analysis."
    OFFICIAL_RELEASE = "official_release", "A statement that an authority or organisation published itself."
    SOCIAL_MEDIA_POST = "social_media_post", "A post on social media."
    VIDEO = "video", "A video recording."
    AUDIO = "audio", "A sound recording."
    IMAGE = "image", "A photograph or other still picture."
    REPORT = "report", "A report or study."
    DATASET = "dataset", "A dataset, or a record in one."
    FACT_CHECK = "fact_check", "A published fact-check."
    PHYSICAL = "physical", "A physical object: a memo, a tag, a part."
    OTHER = "other", "None of the above."


class EvidenceRole(Word):
    """What a piece of evidence says about a claim."""

    SUPPORTS = "supports", "Indicates that the claim is true."
    REFUTES = "refutes", "Indicates that the claim is false."
    CONTEXT = "context", "Helps to understand the claim without supporting or refuting it."


class EvidenceKind(Word):
    """What is examined in a piece of evidence. The kind of its document is recorded with the document."""

    DOCUMENT = "document", "The document itself: what is written, said or listed in it."
    PHOTOGRAPH = "photograph", "What a photograph shows."
    VIDEO = "video", "What a video shows."
    AUDIO = "audio", "What can be heard in a sound recording."
    SATELLITE_IMAGE = "satellite_image", "An image taken from space or from the air."
    GEOLOCATION = "geolocation", "Where a picture was taken, established by comparing what it shows."
    OFFICIAL_RECORD = "official_record", "A register, a court file or a list kept by an authority."
    TESTIMONY = "testimony", "The account of someone who was there."
    DATASET = "dataset", "Data, or results calculated from data."
    PHYSICAL = "physical", "A physical object: a memo, a tag, a part of a weapon."
    OTHER = "other", "None of the above."


class CustodyAct(Word):
    """What was done with the bytes of a capture."""

    RECEIVED = "received", "The bytes were received, hashed and stored."
    DECLARED = "declared", "An imported file lists the capture, but did not contain the bytes."
    VERIFIED = "verified", "The bytes were read back; length and SHA-256 match the record."
    FAILED_VERIFICATION = "failed_verification", "The bytes were missing or did not match the record."
    MOVED = "moved", "The bytes were copied to another store and read back there."


class FigureFound(Word):
    """Whether a quote or figure occurs in the captured text of the documents that are cited for it."""

    FOUND = "found", "The text contains it."
    NOT_FOUND = "not_found", "The whole text was read and does not contain it."
    NOT_CHECKABLE = "not_checkable", "There is no text to search, or not all of it could be read."


class CitationState(Word):
    """What has happened to a claim since a version of it was cited. If several values apply, the first in this list is
    given."""

    UNKNOWN = "unknown", "There is no such claim or version, or it is not public."
    HELD_ELSEWHERE = "held_elsewhere", "Another installation holds that version; this one does not."
    ALTERED = (
        "altered",
        "The content hash in the citation differs from that of the version.",
    )
    RETRACTED = "retracted", "The claim was withdrawn, or a source retracted the statement that is cited."
    CORRECTED = "corrected", "The proposition or its figures have been corrected."
    STATUS_CHANGED = "status_changed", "We have come to a different conclusion since."
    UNCHANGED = "unchanged", "The claim still says what the cited version says, and our conclusion is the same."
