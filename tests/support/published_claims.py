"""Builders of published claims and their parts, for tests of the export formats."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.schemas.files.edition import Edition
from app.schemas.files.publication import (
    PublishedAttribution,
    PublishedClaim,
    PublishedDocument,
    PublishedFactCheck,
    PublishedSource,
    Publisher,
)
from app.vocabulary import DocumentKind, Lineage, SourceKind, Stage, Stance, Status

PUBLISHER = Publisher(name="The Desk", address="https://desk.example/api/v1")
EDITION = Edition(
    publisher=PUBLISHER, address="https://desk.example/api/v1/export?format=x", moment="2025-01-12T18:00:00Z"
)
MOMENT = "2025-01-12T09:00:00Z"


def source(name: str = "NIS", *, number: int = 1, **fields: Any) -> PublishedSource:
    """A source."""
    defaults: dict[str, Any] = {
        "id": f"src_{number:026d}",
        "version": 1,
        "name": name,
        "kind": SourceKind.INTELLIGENCE_SERVICE,
        "anonymity": "named",
        "parent": None,
        "url": None,
        "description": None,
        "other_names": [],
        "recorded_at": MOMENT,
    }
    return PublishedSource(**{**defaults, **fields})


def document(title: str | None = "Briefing", *, number: int = 1, **fields: Any) -> PublishedDocument:
    """A document."""
    defaults: dict[str, Any] = {
        "id": f"doc_{number:026d}",
        "version": 1,
        "kind": DocumentKind.ARTICLE,
        "title": title,
        "author": None,
        "authors": (),
        "publisher": None,
        "url": "https://news.example/1",
        "language": "en",
        "published": "2025-01-12",
        "accessed_on": None,
        "archive_url": None,
        "archived_on": None,
        "note": None,
        "captures": [],
        "recorded_at": MOMENT,
    }
    return PublishedDocument(**{**defaults, **fields})


def attribution(by: PublishedSource, *, number: int = 1, **fields: Any) -> PublishedAttribution:
    """An attribution of a claim to a source."""
    defaults: dict[str, Any] = {
        "id": f"att_{number:026d}",
        "source": by,
        "stance": Stance.ASSERTS,
        "lineage": Lineage.ORIGINAL,
        "relayed_from": [],
        "document": None,
        "said": "2025-01-12",
        "quote": None,
        "search": None,
        "withdrawn": False,
        "retraction": None,
    }
    return PublishedAttribution(**{**defaults, **fields})


def figure(**fields: Any) -> dict[str, Any]:
    """A figure of a claim."""
    defaults = {
        "metric": "present",
        "unit": "soldiers",
        "population": None,
        "qualifier": "exact",
        "low": None,
        "best": None,
        "high": None,
        "cumulative": False,
        "basis": "unstated",
        "verbatim": None,
        "verbatim_language": None,
    }
    return {**defaults, **fields}


def fact_check(original: Mapping[str, Any], *, number: int = 1, **fields: Any) -> PublishedFactCheck:
    """A fact-check by another organisation."""
    defaults: dict[str, Any] = {
        "id": f"fck_{number:026d}",
        "source": source("The Checker", number=90),
        "document": None,
        "verdict": None,
        "rating_value": None,
        "best_rating": None,
        "worst_rating": None,
        "explanation": None,
        "original": original,
    }
    return PublishedFactCheck(**{**defaults, **fields})


def decision(**fields: Any) -> dict[str, Any]:
    """A decision on a claim."""
    defaults: dict[str, Any] = {
        "id": f"rev_{1:026d}",
        "status": "unconfirmed",
        "rationale": "Nobody has seen it.",
        "decided_on": "2025-01-12",
        "decided_by": "Anna and Boris",
        "origin": None,
        "rules": 2,
        "proposed_by": "Anna",
        "approved_by": "Boris",
        "credibility": 3,
        "standard": "reasonable_grounds",
        "probability": None,
        "evidence": [],
        "notice": None,
        "claim_version": 1,
        "stale": False,
        "stale_because": [],
        "recorded_at": MOMENT,
    }
    return {**defaults, **fields}


def claim(*, number: int = 1, attributions: Sequence[PublishedAttribution] = (), **fields: Any) -> PublishedClaim:
    """A published claim with a decision."""
    identifier = f"clm_{number:026d}"
    defaults: dict[str, Any] = {
        "id": identifier,
        "key": None,
        "version": 2,
        "address": PUBLISHER.claim(identifier, 2),
        "recorded_at": MOMENT,
        "kind": "troop_estimate",
        "statement": "About 11,000 are there.",
        "language": "en",
        "topic": None,
        "place": None,
        "time": "2025-01",
        "status": Status.UNCONFIRMED,
        "stage": Stage.PUBLISHED,
        "notice": None,
        "adverse_to": None,
        "quantities": [],
        "attributions": attributions,
        "evidence": [],
        "decision": decision(),
        "fact_checks": [],
    }
    return PublishedClaim(**{**defaults, **fields})
