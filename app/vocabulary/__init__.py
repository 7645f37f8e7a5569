"""Closed lists (controlled vocabulary): every value that a field may hold, and what it means.

This package is the single source: database CHECKs, API schemas, documentation and the command line are all built from
it. Terms follow the usage of fact-checking; where a list follows a published scheme, its class names the scheme. The
lists live in one module per subject; all other code imports them from this package.
"""

from collections.abc import Sequence

from app.vocabulary.claims import (
    METRIC_FAMILIES,
    PUBLIC_STAGES,
    Basis,
    ClaimKind,
    ConflictKind,
    Metric,
    MetricFamily,
    Qualifier,
    Relation,
    Stage,
    TopicLikeness,
)
from app.vocabulary.closed_list import Word
from app.vocabulary.desk import (
    ClaimStatus,
    Probability,
    ProposalState,
    QueueReason,
    Signer,
    Staleness,
    StandardOfProof,
    Status,
    Taken,
    Verdict,
)
from app.vocabulary.documents import (
    CitationState,
    CustodyAct,
    DocumentKind,
    EvidenceKind,
    EvidenceRole,
    FigureFound,
)
from app.vocabulary.people import ROLE_SCOPES, Action, Role, Scope
from app.vocabulary.sources import (
    ASSERTING_STANCES,
    Anonymity,
    Directness,
    Independence,
    Lineage,
    Reliability,
    Retractor,
    SourceKind,
    Stance,
    UpstreamState,
)

__all__ = [
    "ASSERTING_STANCES",
    "LISTS",
    "METRIC_FAMILIES",
    "PUBLIC_STAGES",
    "ROLE_SCOPES",
    "Action",
    "Anonymity",
    "Basis",
    "CitationState",
    "ClaimKind",
    "ClaimStatus",
    "ConflictKind",
    "CustodyAct",
    "Directness",
    "DocumentKind",
    "EvidenceKind",
    "EvidenceRole",
    "FigureFound",
    "Independence",
    "Lineage",
    "Metric",
    "MetricFamily",
    "Probability",
    "ProposalState",
    "Qualifier",
    "QueueReason",
    "Relation",
    "Reliability",
    "Retractor",
    "Role",
    "Scope",
    "Signer",
    "SourceKind",
    "Stage",
    "Staleness",
    "Stance",
    "StandardOfProof",
    "Status",
    "Taken",
    "TopicLikeness",
    "UpstreamState",
    "Verdict",
    "Word",
]

LISTS: Sequence[type[Word]] = tuple(Word.__subclasses__())
"""All closed lists, module by module, in the order in which they are defined."""
