"""Words of documents, and of what is shown by them: evidence, captures, figures that stand in them."""

from app.vocabulary.closed_list import Word


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
