"""Proposals for decisions, and the sign-offs of other fact-checkers."""

from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.schema import BACKFILL_VALUE, PERSONAL, Base, Recorded, closed_list_check
from app.vocabulary import Probability, Reliability, StandardOfProof, Status, Verdict


class Proposal(Recorded, Base):
    """A proposed status of a claim, or reliability of a source. Its sign-offs determine whether it is open.

    It applies to the claim at the time of the proposal: to that wording and that evidence.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        closed_list_check("status", Status),
        closed_list_check("standard", StandardOfProof),
        closed_list_check("probability", Probability),
        closed_list_check("reliability", Reliability),
        CheckConstraint(
            "CASE WHEN claim_id IS NULL THEN source_id IS NOT NULL AND reliability IS NOT NULL AND status IS NULL"
            " ELSE source_id IS NULL AND reliability IS NULL AND status IS NOT NULL"
            " AND claim_version IS NOT NULL AND credibility IS NOT NULL AND standard IS NOT NULL END",
            name="one_subject",
        ),
        CheckConstraint("status <> 'unassessed'", name="decides"),
        CheckConstraint("credibility BETWEEN 1 AND 6", name="credibility_within"),
        # The editor of the wording must not propose a decision on it. For a rating, `editor_id` is the proposer.
        CheckConstraint("claim_id IS NULL OR proposer_id <> editor_id", name="proposed_by_another"),
        UniqueConstraint("id", "proposer_id", "editor_id"),
        Index("ix_proposal_claim", "claim_id", "change_seq"),
        Index("ix_proposal_source", "source_id", "change_seq"),
        {"comment": "What was proposed to the desk; appended to, never altered"},
    )
    prefix = "prp"

    claim_id: Mapped[str | None] = mapped_column(ForeignKey("claim.id"), comment="For which claim")
    claim_version: Mapped[int | None] = mapped_column(comment="The version of the claim that was looked at")
    status: Mapped[str | None] = mapped_column(Text, comment="What is to be decided")
    credibility: Mapped[int | None] = mapped_column(comment="1 (confirmed) to 6 (cannot be judged), Admiralty code")
    standard: Mapped[str | None] = mapped_column(Text, comment="How sure one has to be: standard of proof")
    probability: Mapped[str | None] = mapped_column(Text, comment="How likely it is, a band of ICD 203")
    evidence: Mapped[list[Any]] = mapped_column(
        JSON().with_variant(JSONB(), "postgresql"), comment="Ids of the evidence that it rests on"
    )
    notice: Mapped[str | None] = mapped_column(
        Text, comment="What readers are told where the decision that stands turned out wrong"
    )
    rules: Mapped[int] = mapped_column(
        server_default="1",
        info={BACKFILL_VALUE: 1},
        comment="Number of the rules for statuses under which it was taken",
    )
    source_id: Mapped[str | None] = mapped_column(ForeignKey("source.id"), comment="For which source")
    reliability: Mapped[str | None] = mapped_column(Text, comment="How far it can be relied upon, Admiralty code")
    topic_id: Mapped[str | None] = mapped_column(ForeignKey("topic.id"), comment="On which topic; null: on any")
    period: Mapped[str | None] = mapped_column(Text, comment="For what is said when, EDTF; null: at any time")
    rationale: Mapped[str] = mapped_column(Text, comment="Why")
    proposer_id: Mapped[str] = mapped_column(ForeignKey("person.id"), info={PERSONAL: True}, comment="Who proposes it")
    editor_id: Mapped[str] = mapped_column(
        ForeignKey("person.id"), info={PERSONAL: True}, comment="Who last edited what it is about"
    )


class SignOff(Recorded, Base):
    """A sign-off on a proposal. CHECK constraints enforce that a second person approves."""

    __tablename__ = "sign_off"
    __table_args__ = (
        closed_list_check("verdict", Verdict),
        CheckConstraint("verdict = 'approve' OR reason IS NOT NULL", name="with_reason"),
        CheckConstraint(
            "CASE WHEN verdict IN ('withdraw', 'answer') THEN person_id = proposer_id"
            " WHEN verdict = 'approve' THEN person_id <> proposer_id AND person_id <> editor_id"
            " ELSE person_id <> proposer_id END",
            name="by_another",
        ),
        # A CHECK sees only its own row, so these columns are copies. The foreign key keeps them equal to the originals.
        ForeignKeyConstraint(
            ["proposal_id", "proposer_id", "editor_id"], ["proposal.id", "proposal.proposer_id", "proposal.editor_id"]
        ),
        # Only one sign-off can close a proposal, even with concurrent writers.
        Index(
            "uq_sign_off_closing",
            "proposal_id",
            unique=True,
            sqlite_where=text("verdict IN ('approve', 'reject', 'withdraw')"),
            postgresql_where=text("verdict IN ('approve', 'reject', 'withdraw')"),
        ),
        Index("ix_sign_off_proposal", "proposal_id", "change_seq"),
        {"comment": "What was said to proposals; appended to, never altered"},
    )
    prefix = "sgn"

    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposal.id"), comment="To which proposal")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), info={PERSONAL: True}, comment="By whom")
    proposer_id: Mapped[str] = mapped_column(ForeignKey("person.id"), info={PERSONAL: True}, comment="Who proposed it")
    editor_id: Mapped[str] = mapped_column(
        ForeignKey("person.id"), info={PERSONAL: True}, comment="Who last edited what it is about"
    )
    verdict: Mapped[str] = mapped_column(Text, comment="What was done")
    reason: Mapped[str | None] = mapped_column(Text, comment="Why; an approval may go without")
