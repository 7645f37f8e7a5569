"""Citations: the contents of one entry of a reference list, independent of the format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.schemas.files.publication import PublishedAttribution, PublishedClaim


class CitedPart(StrEnum):
    """The part of a claim that is cited."""

    STATEMENT = "statement"
    """The documents in which the sources made the statement."""
    DECISION = "decision"
    """Our decision on the claim, with its version and date."""


@dataclass(frozen=True, slots=True, eq=False)
class CitedClaim:
    """A version of a claim for which something is cited."""

    claim: PublishedClaim
    """The version of the claim."""
    statements: Sequence[PublishedAttribution]
    """The cited attributions: sources and their stances on the claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A reference to one document, decision or source, tied to a version in this record."""

    key: str
    """Citation key: ids and versions joined by hyphens, so that a key always refers to the same thing."""
    document_key: str | None = None
    """Key of the cited document itself, whatever claim it is cited for; None if no document is cited."""
    document_address: str | None = None
    """Address of the cited document in this record."""
    type: str
    """Item type of CSL 1.0.2."""
    genre: str | None = None
    """A more specific type in plain words, such as 'Press release'."""
    title: str | None
    authors: Sequence[Mapping[str, str]] = ()
    """Names in order, with the fields of `app.schemas.base.author_name.AuthorName`."""
    container: str | None = None
    """Newspaper, network or site that contains it."""
    publisher: str | None = None
    """Publisher, unless it is already the author or the container."""
    issued: str | None = None
    """When it was published or decided, EDTF."""
    accessed: str | None = None
    url: str | None = None
    archive_url: str | None = None
    archived: str | None = None
    language: str | None = None
    """BCP 47."""
    remark: str | None = None
    """Note for readers, for formats that support annotations."""
    version: int | None = None
    """Version of the cited object if it has versions: for a decision, the version of its claim."""
    cited_for: tuple[CitedClaim, ...] = ()
    """The claims for which it is cited; empty for a document or source that is cited as such."""
    address: str
    """Permanent address of the cited version in this record."""

    @property
    def claim(self) -> PublishedClaim | None:
        """The first of the claims for which it is cited."""
        return self.cited_for[0].claim if self.cited_for else None

    @property
    def statements(self) -> Sequence[PublishedAttribution]:
        """The cited attributions of all these claims."""
        return [attribution for cited in self.cited_for for attribution in cited.statements]

    @property
    def captures(self) -> Sequence[Mapping[str, Any]]:
        """Captures of the cited document; empty if no document is cited."""
        documents = (attribution.document for attribution in self.statements)
        return next((document.captures for document in documents if document is not None), ())


@dataclass(frozen=True, slots=True)
class Rendering:
    """Options for rendering a reference list, for formats that offer a choice."""

    style: str | None = None
    """Name or XML of a CSL style; None for the default style of the format."""
    locale: str | None = None
    """BCP 47 language tag; None for the default locale of the style."""
    publisher: str = "Attest"
    """Name of the publisher of this record."""
