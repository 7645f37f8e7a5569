"""The desk: proposals, what others say to them, decisions that rest on them, the reliability of sources.

Revision: 0010
After: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# SQLite knows neither time zones nor integers of several widths.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

STATUSES = "'unassessed', 'unconfirmed', 'corroborated', 'conceded', 'confirmed', 'disputed', 'unlikely', 'refuted', 'unverifiable'"
STANDARDS = "'reasonable_suspicion', 'reasonable_grounds', 'balance_of_probabilities', 'clear_and_convincing', 'beyond_reasonable_doubt'"
BANDS = (
    "'almost_no_chance', 'very_unlikely', 'unlikely', 'roughly_even_chance', 'likely', 'very_likely', 'almost_certain'"
)
RELIABILITIES = "'A', 'B', 'C', 'D', 'E', 'F'"
VERDICTS = "'approve', 'reject', 'request_more', 'answer', 'withdraw'"
CLOSING = sa.text("verdict IN ('approve', 'reject', 'withdraw')")

KEPT = ("proposal", "sign_off", "source_rating")


def recorded() -> list[sa.Column[Any]]:
    """The columns of everything that is recorded once."""
    return [
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
    ]


def identifier() -> sa.Column[Any]:
    """The column of the identifier."""
    return sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time")


def judgement() -> list[sa.Column[Any]]:
    """The columns that qualify a status."""
    return [
        sa.Column(
            "credibility", sa.Integer(), nullable=True, comment="1 (confirmed) to 6 (cannot be judged), Admiralty code"
        ),
        sa.Column("probability", sa.Text(), nullable=True, comment="How likely it is, a band of ICD 203"),
    ]


def reference(column: str, comment: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column with the id of a row of another table."""
    return sa.Column(column, sa.String(length=32), nullable=nullable, comment=comment)


def references(owner: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    """The foreign keys of a table."""
    return [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{owner}_{column}"))
        for column, target in {**columns, "change_seq": "change.seq"}.items()
    ]


def upgrade() -> None:
    """Make the tables; decisions learn on which sign-off they rest."""
    op.create_table(
        "proposal",
        identifier(),
        reference("claim_id", "For which claim", nullable=True),
        sa.Column("claim_version", sa.Integer(), nullable=True, comment="The version of the claim that was looked at"),
        sa.Column("status", sa.Text(), nullable=True, comment="What is to be decided"),
        *judgement(),
        sa.Column("standard", sa.Text(), nullable=True, comment="How sure one has to be: standard of proof"),
        sa.Column("evidence", JSON, nullable=False, comment="Ids of the evidence that it rests on"),
        sa.Column(
            "notice",
            sa.Text(),
            nullable=True,
            comment="What readers are told where the decision that stands turned out wrong",
        ),
        reference("source_id", "For which source", nullable=True),
        sa.Column("reliability", sa.Text(), nullable=True, comment="How far it can be relied upon, Admiralty code"),
        reference("topic_id", "On which topic; null: on any", nullable=True),
        sa.Column("period", sa.Text(), nullable=True, comment="For what is said when, EDTF; null: at any time"),
        sa.Column("rationale", sa.Text(), nullable=False, comment="Why"),
        reference("proposer_id", "Who proposes it"),
        reference("editor_id", "Who last edited what it is about"),
        *recorded(),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_proposal_status_known")),
        sa.CheckConstraint(f"standard IN ({STANDARDS})", name=op.f("ck_proposal_standard_known")),
        sa.CheckConstraint(f"probability IN ({BANDS})", name=op.f("ck_proposal_probability_known")),
        sa.CheckConstraint(f"reliability IN ({RELIABILITIES})", name=op.f("ck_proposal_reliability_known")),
        sa.CheckConstraint(
            "CASE WHEN claim_id IS NULL THEN source_id IS NOT NULL AND reliability IS NOT NULL AND status IS NULL"
            " ELSE source_id IS NULL AND reliability IS NULL AND status IS NOT NULL"
            " AND claim_version IS NOT NULL AND credibility IS NOT NULL AND standard IS NOT NULL END",
            name=op.f("ck_proposal_one_subject"),
        ),
        sa.CheckConstraint("status <> 'unassessed'", name=op.f("ck_proposal_decides")),
        sa.CheckConstraint("credibility BETWEEN 1 AND 6", name=op.f("ck_proposal_credibility_within")),
        sa.CheckConstraint(
            "claim_id IS NULL OR proposer_id <> editor_id", name=op.f("ck_proposal_proposed_by_another")
        ),
        *references(
            "proposal",
            claim_id="claim.id",
            source_id="source.id",
            topic_id="topic.id",
            proposer_id="person.id",
            editor_id="person.id",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("id", "proposer_id", "editor_id", name=op.f("uq_proposal_id_proposer_id_editor_id")),
        comment="What was proposed to the desk; appended to, never altered",
    )
    op.create_index(op.f("ix_proposal_change_seq"), "proposal", ["change_seq"], unique=False)
    op.create_index("ix_proposal_claim", "proposal", ["claim_id", "change_seq"], unique=False)
    op.create_index("ix_proposal_source", "proposal", ["source_id", "change_seq"], unique=False)
    op.create_table(
        "sign_off",
        identifier(),
        reference("proposal_id", "To which proposal"),
        reference("person_id", "By whom"),
        reference("proposer_id", "Who proposed it"),
        reference("editor_id", "Who last edited what it is about"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="What was done"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why; an approval may go without"),
        *recorded(),
        sa.CheckConstraint(f"verdict IN ({VERDICTS})", name=op.f("ck_sign_off_verdict_known")),
        sa.CheckConstraint("verdict = 'approve' OR reason IS NOT NULL", name=op.f("ck_sign_off_with_reason")),
        sa.CheckConstraint(
            "CASE WHEN verdict IN ('withdraw', 'answer') THEN person_id = proposer_id"
            " WHEN verdict = 'approve' THEN person_id <> proposer_id AND person_id <> editor_id"
            " ELSE person_id <> proposer_id END",
            name=op.f("ck_sign_off_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "proposer_id", "editor_id"],
            ["proposal.id", "proposal.proposer_id", "proposal.editor_id"],
            name=op.f("fk_sign_off_proposal_id_proposer_id_editor_id"),
        ),
        *references(
            "sign_off",
            proposal_id="proposal.id",
            person_id="person.id",
            proposer_id="person.id",
            editor_id="person.id",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
        comment="What was said to proposals; appended to, never altered",
    )
    op.create_index(op.f("ix_sign_off_change_seq"), "sign_off", ["change_seq"], unique=False)
    op.create_index("ix_sign_off_proposal", "sign_off", ["proposal_id", "change_seq"], unique=False)
    op.create_index(
        "uq_sign_off_closing",
        "sign_off",
        ["proposal_id"],
        unique=True,
        sqlite_where=CLOSING,
        postgresql_where=CLOSING,
    )
    op.create_table(
        "source_rating",
        identifier(),
        reference("source_id", "Of which source"),
        sa.Column("reliability", sa.Text(), nullable=False, comment="How far it can be relied upon, Admiralty code"),
        reference("topic_id", "On which topic; null: on any", nullable=True),
        sa.Column("period", sa.Text(), nullable=True, comment="For what is said when, EDTF; null: at any time"),
        sa.Column("period_earliest", sa.Date(), nullable=False, comment="First day of that period; 0001-01-01 if open"),
        sa.Column("period_latest", sa.Date(), nullable=False, comment="Last day of that period; 9999-12-31 if open"),
        sa.Column("rationale", sa.Text(), nullable=False, comment="Why"),
        sa.Column("decided_on", sa.Date(), nullable=False, comment="When"),
        reference("sign_off_id", "The approval that made it"),
        *recorded(),
        sa.CheckConstraint(f"reliability IN ({RELIABILITIES})", name=op.f("ck_source_rating_reliability_known")),
        *references("source_rating", source_id="source.id", topic_id="topic.id", sign_off_id="sign_off.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_rating")),
        sa.UniqueConstraint("sign_off_id", name=op.f("uq_source_rating_sign_off_id")),
        comment="How far sources can be relied upon; appended to, never altered",
    )
    op.create_index(op.f("ix_source_rating_change_seq"), "source_rating", ["change_seq"], unique=False)
    op.create_index("ix_source_rating_source", "source_rating", ["source_id", "change_seq"], unique=False)
    guard(*KEPT)
    _widen_decisions()
    for table in ("attribution", "attribution_revision"):
        _add_retraction(table)


def _widen_decisions() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite can alter no column in place: the table is copied, and its triggers go with the old one.
    with op.batch_alter_table("review", recreate="always" if sqlite else "never") as review:
        for column in judgement():
            review.add_column(column)
        review.add_column(
            sa.Column("standard", sa.Text(), nullable=True, comment="How sure one had to be: standard of proof")
        )
        review.add_column(
            sa.Column(
                "notice",
                sa.Text(),
                nullable=True,
                comment="What readers are told where the decision before it turned out wrong",
            )
        )
        review.add_column(
            reference("sign_off_id", "The approval that made it; null: it came with a file", nullable=True)
        )
        review.alter_column(
            "decided_by",
            existing_type=sa.Text(),
            nullable=True,
            comment="By whom, a byline, where it came with a file; null: whoever proposed and signed it",
        )
        review.create_check_constraint(op.f("ck_review_standard_known"), f"standard IN ({STANDARDS})")
        review.create_check_constraint(op.f("ck_review_probability_known"), f"probability IN ({BANDS})")
        review.create_check_constraint(op.f("ck_review_credibility_within"), "credibility BETWEEN 1 AND 6")
        review.create_check_constraint(
            op.f("ck_review_signed_or_named"), "(decided_by IS NULL) = (sign_off_id IS NOT NULL)"
        )
        review.create_foreign_key(op.f("fk_review_sign_off_id"), "sign_off", ["sign_off_id"], ["id"])
        review.create_unique_constraint(op.f("uq_review_sign_off_id"), ["sign_off_id"])
    if sqlite:
        guard("review")


RETRACTION = {
    "retracted_by": "Who took it back; null: nobody, or not said",
    "retracted_on": "When it was taken back",
    "retraction_notice": "What readers are told of that",
}

RETRACTED_BY = "retracted_by IN ('origin', 'us')"
RETRACTION_WHOLE = (
    "CASE WHEN retracted_by IS NULL THEN retracted_on IS NULL AND retraction_notice IS NULL"
    " ELSE withdrawn AND retracted_on IS NOT NULL AND retraction_notice IS NOT NULL END"
)


def _add_retraction(table: str) -> None:
    for name, comment in RETRACTION.items():
        kind = sa.Date() if name == "retracted_on" else sa.Text()
        op.add_column(table, sa.Column(name, kind, nullable=True, comment=comment))
    if table != "attribution":
        return
    checks = {"retracted_by_known": RETRACTED_BY, "retraction_whole": RETRACTION_WHOLE}
    if op.get_bind().dialect.name != "sqlite":
        for name, check in checks.items():
            op.create_check_constraint(op.f(f"ck_attribution_{name}"), "attribution", check)
        return
    # SQLite takes a CHECK together with a column only. It may speak of the others, those that are there by then.
    op.drop_column("attribution", "retraction_notice")
    told = " ".join(f"CONSTRAINT ck_attribution_{name} CHECK ({check})" for name, check in checks.items())
    op.execute(f"ALTER TABLE attribution ADD COLUMN retraction_notice TEXT {told}")


def guard(*tables: str) -> None:
    """Refuse to alter what is recorded, as 0002 does."""
    for table in tables:
        if op.get_bind().dialect.name == "sqlite":
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_refuses_alteration BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_alteration()"
            )


def downgrade() -> None:
    """Drop the tables. Decisions that were taken at the desk stand in the way: they would lose who took them."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("review", recreate="always" if sqlite else "never") as review:
        for name in ("standard_known", "probability_known", "credibility_within", "signed_or_named"):
            review.drop_constraint(op.f(f"ck_review_{name}"), type_="check")
        review.drop_constraint(op.f("uq_review_sign_off_id"), type_="unique")
        review.drop_constraint(op.f("fk_review_sign_off_id"), type_="foreignkey")
        review.alter_column("decided_by", existing_type=sa.Text(), nullable=False, comment="By whom, a byline")
        for name in ("credibility", "probability", "standard", "notice", "sign_off_id"):
            review.drop_column(name)
    if sqlite:
        guard("review")
    for table in ("source_rating", "sign_off", "proposal"):
        op.drop_table(table)
    if not sqlite:
        for name in ("retracted_by_known", "retraction_whole"):
            op.drop_constraint(op.f(f"ck_attribution_{name}"), "attribution", type_="check")
    for table in ("attribution_revision", "attribution"):
        for name in reversed(RETRACTION):
            op.drop_column(table, name)
