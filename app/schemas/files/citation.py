"""Citations: what a reference list says of one thing, whatever the format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.schemas.files.publication import PublishedAttribution, PublishedClaim


class Cited(StrEnum):
    """What is cited of a claim."""

    STATEMENT = "statement"
    """The documents in which the sources said it."""
    DECISION = "decision"
    """What we concluded, in which version, when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A reference to one document, decision or source, bound to a version of ours."""

    key: str
    """Names it within a list, and never anything else: ids and versions, with hyphens between them."""
    type: str
    """What it is, a type of CSL 1.0.2."""
    genre: str | None = None
    """The same more closely, in words a reader knows: 'Press release'."""
    title: str | None
    authors: Sequence[Mapping[str, str]] = ()
    """Names as `app.schemas.base.author_name.Name`, in order."""
    container: str | None = None
    """The newspaper, network or site in which it stands."""
    publisher: str | None = None
    """Who published it, unless named as author or container."""
    issued: str | None = None
    """When it was published or decided, EDTF."""
    accessed: str | None = None
    url: str | None = None
    archive_url: str | None = None
    archived: str | None = None
    language: str | None = None
    """BCP 47."""
    remark: str | None = None
    """What a reader should know about it; for formats that keep annotations."""
    version: int | None = None
    """Version of what is cited, where it has versions: a decision's claim."""
    statements: Sequence[PublishedAttribution] = ()
    """Who is cited in it, for what stance on the claim."""
    claim: PublishedClaim | None = None
    """The version of a claim for which it is cited."""
    address: str
    """Where we keep what is cited, for ever as it is."""

    @property
    def captures(self) -> Sequence[Mapping[str, Any]]:
        """What is known of the bytes that were kept of a cited document."""
        return next((said.document.captures for said in self.statements if said.document is not None), ())


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a list is to be written, where a format leaves the choice."""

    style: str | None = None
    """A CSL style, by name, or its XML; None: the format's own."""
    locale: str | None = None
    """BCP 47; None: the style's own."""
    house: str = "Attest"
    """Who publishes this record."""
