"""The models, one noun per file. Importing this package registers every table in the metadata."""

from app.db.revisions import revision_table
from app.db.schema import Base, table_of
from app.models.assignment import Assignment
from app.models.attribution import Attribution
from app.models.capture import Capture, CustodyEvent
from app.models.change import Change, Head
from app.models.claim import Claim, Quantity
from app.models.claim_count import ClaimCount, ClaimCountHistory
from app.models.claim_relation import ClaimRelation
from app.models.distinct_ruling import DistinctRuling
from app.models.document import Document
from app.models.dump_load import DumpLoad, VersionHolder
from app.models.equality_key import EqualityKey
from app.models.evidence import Evidence
from app.models.fact_check import FactCheck
from app.models.idempotent_answer import IdempotentAnswer
from app.models.independence_ruling import IndependenceRuling
from app.models.log import LogCheckpoint, LogCommitment, LogLeaf, LogNode, LogSalt
from app.models.person import ApiKey, ApiKeyScope, Person
from app.models.proposal import Proposal, SignOff
from app.models.review import Review
from app.models.review_request import ReviewRequest
from app.models.search_text import SearchText
from app.models.source import Source
from app.models.source_rating import SourceRating
from app.models.stale_period import StalePeriod
from app.models.topic import Topic

VERSIONED: tuple[type[Base], ...] = (Topic, Source, Document, Claim, Attribution, Evidence, ClaimRelation, FactCheck)
"""Nouns that can be corrected. Each has a revision table."""

APPEND_ONLY: tuple[type[Base], ...] = (
    Change,
    Quantity,
    Capture,
    CustodyEvent,
    IndependenceRuling,
    DistinctRuling,
    Proposal,
    SignOff,
    Review,
    SourceRating,
    DumpLoad,
    VersionHolder,
)
"""Nouns whose rows are never altered once they are recorded."""

for _model in VERSIONED:
    revision_table(table_of(_model))

__all__ = [
    "APPEND_ONLY",
    "VERSIONED",
    "ApiKey",
    "ApiKeyScope",
    "Assignment",
    "Attribution",
    "Capture",
    "Change",
    "Claim",
    "ClaimCount",
    "ClaimCountHistory",
    "ClaimRelation",
    "CustodyEvent",
    "DistinctRuling",
    "Document",
    "DumpLoad",
    "EqualityKey",
    "Evidence",
    "FactCheck",
    "Head",
    "IdempotentAnswer",
    "IndependenceRuling",
    "LogCheckpoint",
    "LogCommitment",
    "LogLeaf",
    "LogNode",
    "LogSalt",
    "Person",
    "Proposal",
    "Quantity",
    "Review",
    "ReviewRequest",
    "SearchText",
    "SignOff",
    "Source",
    "SourceRating",
    "StalePeriod",
    "Topic",
    "VersionHolder",
]
