"""The record: topics, claims, sources, documents, attributions, evidence, decisions, and every version of them.

Revision: 0001
After: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite knows neither time zones nor integers of several widths.
MOMENT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
BIG_INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIGURE = sa.Numeric(15, 4)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables, and the one row that writers take turns at."""
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="Always 1"),
        sa.Column("seq", BIG_INT, nullable=False, comment="Number of the last change"),
        sa.Column("at", MOMENT, nullable=False, comment="Time of the last change, UTC"),
        sa.CheckConstraint("id = 1", name=op.f("ck_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
        comment="The last change; writers lock its one row to take turns",
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier"),
        sa.Column("byline", sa.Text(), nullable=False, comment="Public name or pseudonym"),
        sa.Column("created_at", MOMENT, nullable=False, comment="When it was entered, UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("byline", name=op.f("uq_person_byline")),
        comment="Who changes the record; only the byline is ever public",
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier"),
        sa.Column("person_id", sa.String(length=32), nullable=False, comment="Whose key it is"),
        sa.Column("handle", sa.Text(), nullable=False, comment="Public first part of the key; finds this row"),
        sa.Column("secret_hash", sa.Text(), nullable=False, comment="SHA-256 of the whole key, hexadecimal"),
        sa.Column("role", sa.Text(), nullable=False, comment="What its holder may do"),
        sa.Column("created_at", MOMENT, nullable=False, comment="When it was issued, UTC"),
        sa.Column("expires_at", MOMENT, nullable=True, comment="When it stops working, UTC; null: never"),
        sa.Column("revoked_at", MOMENT, nullable=True, comment="When it was revoked, UTC"),
        sa.CheckConstraint("role IN ('reader', 'fact_checker', 'editor', 'admin')", name=op.f("ck_api_key_role_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_key_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("handle", name=op.f("uq_api_key_handle")),
        comment="Keys to the API; the secret itself is not stored",
    )
    op.create_index(op.f("ix_api_key_person_id"), "api_key", ["person_id"], unique=False)
    op.create_table(
        "change",
        sa.Column("seq", BIG_INT, autoincrement=False, nullable=False, comment="1, 2, 3, … without gaps"),
        sa.Column("at", MOMENT, nullable=False, comment="When, UTC; grows with seq"),
        sa.Column("actor_id", sa.String(length=32), nullable=False, comment="Who"),
        sa.Column("action", sa.Text(), nullable=False, comment="What kind of act"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in the words of the one who did it"),
        sa.CheckConstraint(
            "action IN ('create', 'correct', 'import', 'rule', 'decide')", name=op.f("ck_change_action_known")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_change_actor_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
        comment="Who changed the record, when and why; appended to, never altered",
    )
    op.create_index(op.f("ix_change_at"), "change", ["at"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column(
            "key",
            sa.Text(),
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("name", sa.Text(), nullable=False, comment="Name, or description of one who is not named"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What it is"),
        sa.Column("anonymity", sa.Text(), nullable=False, comment="How far it is identified"),
        sa.Column("parent_id", sa.String(length=32), nullable=True, comment="The organisation that it is a part of"),
        sa.Column("other_names", JSON, nullable=False, comment="Other names and spellings, in any language"),
        sa.Column("name_folded", sa.Text(), nullable=False, comment="The name without case and accents, to filter by"),
        sa.Column("other_names_folded", sa.Text(), nullable=False, comment="The other names likewise, a line each"),
        sa.Column("side", sa.Text(), nullable=True, comment="Whose side it is on in the conflict, if on any"),
        sa.Column("url", sa.Text(), nullable=True, comment="Its own page"),
        sa.Column("description", sa.Text(), nullable=True, comment="Who it is, in a sentence"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "anonymity IN ('named', 'described', 'anonymous', 'unknown')", name=op.f("ck_source_anonymity_known")
        ),
        sa.CheckConstraint(
            "kind IN ('person', 'government', 'intelligence_service', 'armed_force', 'news_organisation', 'research_organisation', 'ngo', 'intergovernmental_organisation', 'social_media_account', 'witness', 'dataset', 'other')",
            name=op.f("ck_source_kind_known"),
        ),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_source_parent_is_another")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_source_change_seq")),
        sa.ForeignKeyConstraint(["parent_id"], ["source.id"], name=op.f("fk_source_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("key", name=op.f("uq_source_key")),
        comment="Who says things; organisations form a tree",
    )
    op.create_index(op.f("ix_source_change_seq"), "source", ["change_seq"], unique=False)
    op.create_index(op.f("ix_source_name"), "source", ["name"], unique=False)
    op.create_index(op.f("ix_source_parent_id"), "source", ["parent_id"], unique=False)
    op.create_table(
        "topic",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column(
            "key",
            sa.Text(),
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("title", sa.Text(), nullable=False, comment="The question, as a reader would ask it"),
        sa.Column("subject", sa.Text(), nullable=False, comment="The population that figures count"),
        sa.Column("metric_family", sa.Text(), nullable=False, comment="Which metrics belong here"),
        sa.Column("place", sa.Text(), nullable=True, comment="Where"),
        sa.Column("period", sa.Text(), nullable=True, comment="When, EDTF as given"),
        sa.Column("period_earliest", sa.Date(), nullable=False, comment="First day that the period may cover"),
        sa.Column("period_latest", sa.Date(), nullable=False, comment="Last day that the period may cover"),
        sa.Column("note", sa.Text(), nullable=True, comment="What a reader should know about comparing these figures"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "metric_family IN ('strength', 'casualties', 'captivity', 'equipment', 'area', 'other')",
            name=op.f("ck_topic_metric_family_known"),
        ),
        sa.CheckConstraint("period_earliest <= period_latest", name=op.f("ck_topic_period_ordered")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_topic_change_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("key", name=op.f("uq_topic_key")),
        comment="What is comparable: a question that claims answer",
    )
    op.create_index(op.f("ix_topic_change_seq"), "topic", ["change_seq"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column(
            "key",
            sa.Text(),
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("topic_id", sa.String(length=32), nullable=True, comment="The question that it answers"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What it is about"),
        sa.Column("statement", sa.Text(), nullable=False, comment="The proposition, in our own neutral words"),
        sa.Column("language", sa.Text(), nullable=False, comment="Language of the statement, BCP 47"),
        sa.Column("place", sa.Text(), nullable=True, comment="Where, as 'Kursk Oblast, Russia'"),
        sa.Column("place_folded", sa.Text(), nullable=True, comment="The place without case and accents, to filter by"),
        sa.Column("time", sa.Text(), nullable=True, comment="When it is said to be true, EDTF as given"),
        sa.Column(
            "time_earliest", sa.Date(), nullable=False, comment="First day that it may speak of; 0001-01-01 if open"
        ),
        sa.Column(
            "time_latest", sa.Date(), nullable=False, comment="Last day that it may speak of; 9999-12-31 if open"
        ),
        sa.Column(
            "adverse_to_id", sa.String(length=32), nullable=True, comment="The party whose losses or conduct it states"
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="What we concluded; follows from the last decision"),
        sa.Column("stage", sa.Text(), nullable=False, comment="Editorial stage"),
        sa.Column("notice", sa.Text(), nullable=True, comment="What readers are told about a correction or withdrawal"),
        sa.Column("note", sa.Text(), nullable=True, comment="What a reader should know about it"),
        sa.Column(
            "content_version",
            sa.Integer(),
            nullable=False,
            comment="Version in which the proposition itself last changed",
        ),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "kind IN ('troop_estimate', 'casualty_figure', 'capture_report', 'deployment', 'equipment_loss', 'territorial_control', 'responsibility', 'order_or_policy', 'offer_or_intention', 'condition_or_motive', 'other')",
            name=op.f("ck_claim_kind_known"),
        ),
        sa.CheckConstraint("stage <> 'withdrawn' OR notice IS NOT NULL", name=op.f("ck_claim_withdrawn_with_notice")),
        sa.CheckConstraint(
            "stage IN ('draft', 'in_review', 'published', 'withdrawn')", name=op.f("ck_claim_stage_known")
        ),
        sa.CheckConstraint(
            "status IN ('unassessed', 'unconfirmed', 'corroborated', 'conceded', 'confirmed', 'disputed', 'unlikely', 'refuted', 'unverifiable')",
            name=op.f("ck_claim_status_known"),
        ),
        sa.CheckConstraint("content_version BETWEEN 1 AND version", name=op.f("ck_claim_content_version_within")),
        sa.CheckConstraint("time_earliest <= time_latest", name=op.f("ck_claim_time_ordered")),
        sa.ForeignKeyConstraint(["adverse_to_id"], ["source.id"], name=op.f("fk_claim_adverse_to_id")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_claim_change_seq")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_claim_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("key", name=op.f("uq_claim_key")),
        comment="What is being said: a proposition",
    )
    op.create_index(op.f("ix_claim_adverse_to_id"), "claim", ["adverse_to_id"], unique=False)
    op.create_index(op.f("ix_claim_change_seq"), "claim", ["change_seq"], unique=False)
    op.create_index("ix_claim_list", "claim", ["stage", "kind", "status", "time_earliest", "id"], unique=False)
    op.create_index("ix_claim_recorded", "claim", ["stage", "change_seq", "id"], unique=False)
    op.create_index("ix_claim_status_time", "claim", ["stage", "status", "time_earliest", "id"], unique=False)
    op.create_index("ix_claim_time", "claim", ["stage", "time_earliest", "id"], unique=False)
    op.create_index("ix_claim_topic_time", "claim", ["topic_id", "time_earliest", "id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column(
            "key",
            sa.Text(),
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("kind", sa.Text(), nullable=False, comment="What it is"),
        sa.Column("title", sa.Text(), nullable=True, comment="Title, in its own language; null if it has none"),
        sa.Column("publisher_id", sa.String(length=32), nullable=True, comment="Who published it; null: not known"),
        sa.Column("author", sa.Text(), nullable=True, comment="Author as printed"),
        sa.Column("url", sa.Text(), nullable=True, comment="Where it is or was"),
        sa.Column("language", sa.Text(), nullable=True, comment="BCP 47 tag"),
        sa.Column("published", sa.Text(), nullable=True, comment="When it was published, EDTF as given"),
        sa.Column(
            "published_earliest", sa.Date(), nullable=False, comment="First day on which it may have been published"
        ),
        sa.Column(
            "published_latest", sa.Date(), nullable=False, comment="Last day on which it may have been published"
        ),
        sa.Column("accessed_on", sa.Date(), nullable=True, comment="When we last saw it there"),
        sa.Column("archive_url", sa.Text(), nullable=True, comment="A public archive's copy"),
        sa.Column("archived_on", sa.Date(), nullable=True, comment="When that copy was made"),
        sa.Column("note", sa.Text(), nullable=True, comment="What a reader should know about it"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "kind IN ('article', 'official_release', 'social_media_post', 'video', 'audio', 'image', 'report', 'dataset', 'fact_check', 'physical', 'other')",
            name=op.f("ck_document_kind_known"),
        ),
        sa.CheckConstraint("published_earliest <= published_latest", name=op.f("ck_document_published_ordered")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_document_change_seq")),
        sa.ForeignKeyConstraint(["publisher_id"], ["source.id"], name=op.f("fk_document_publisher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("key", name=op.f("uq_document_key")),
        comment="Where statements stand",
    )
    op.create_index(op.f("ix_document_change_seq"), "document", ["change_seq"], unique=False)
    op.create_index(op.f("ix_document_publisher_id"), "document", ["publisher_id"], unique=False)
    op.create_index(op.f("ix_document_url"), "document", ["url"], unique=False)
    op.create_table(
        "source_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column(
            "key",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column(
            "name",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="Name, or description of one who is not named",
        ),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False, comment="What it is"),
        sa.Column("anonymity", sa.Text(), autoincrement=False, nullable=False, comment="How far it is identified"),
        sa.Column(
            "parent_id",
            sa.String(length=32),
            autoincrement=False,
            nullable=True,
            comment="The organisation that it is a part of",
        ),
        sa.Column(
            "other_names",
            JSON,
            autoincrement=False,
            nullable=False,
            comment="Other names and spellings, in any language",
        ),
        sa.Column(
            "name_folded",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="The name without case and accents, to filter by",
        ),
        sa.Column(
            "other_names_folded",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="The other names likewise, a line each",
        ),
        sa.Column(
            "side",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Whose side it is on in the conflict, if on any",
        ),
        sa.Column("url", sa.Text(), autoincrement=False, nullable=True, comment="Its own page"),
        sa.Column("description", sa.Text(), autoincrement=False, nullable=True, comment="Who it is, in a sentence"),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_source_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["source.id"], name=op.f("fk_source_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_source_revision")),
        comment="Every version of every source; appended to, never altered",
    )
    op.create_index(op.f("ix_source_revision_change_seq"), "source_revision", ["change_seq"], unique=False)
    op.create_index(op.f("ix_source_revision_key"), "source_revision", ["key"], unique=False)
    op.create_index(op.f("ix_source_revision_name"), "source_revision", ["name"], unique=False)
    op.create_index(op.f("ix_source_revision_parent_id"), "source_revision", ["parent_id"], unique=False)
    op.create_table(
        "topic_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column(
            "key",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column(
            "title", sa.Text(), autoincrement=False, nullable=False, comment="The question, as a reader would ask it"
        ),
        sa.Column(
            "subject", sa.Text(), autoincrement=False, nullable=False, comment="The population that figures count"
        ),
        sa.Column("metric_family", sa.Text(), autoincrement=False, nullable=False, comment="Which metrics belong here"),
        sa.Column("place", sa.Text(), autoincrement=False, nullable=True, comment="Where"),
        sa.Column("period", sa.Text(), autoincrement=False, nullable=True, comment="When, EDTF as given"),
        sa.Column(
            "period_earliest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="First day that the period may cover",
        ),
        sa.Column(
            "period_latest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="Last day that the period may cover",
        ),
        sa.Column(
            "note",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="What a reader should know about comparing these figures",
        ),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_topic_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["topic.id"], name=op.f("fk_topic_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_topic_revision")),
        comment="Every version of every topic; appended to, never altered",
    )
    op.create_index(op.f("ix_topic_revision_change_seq"), "topic_revision", ["change_seq"], unique=False)
    op.create_index(op.f("ix_topic_revision_key"), "topic_revision", ["key"], unique=False)
    op.create_table(
        "attribution",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("key", sa.Text(), nullable=True, comment="Name of the attribution within its claim"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="On which claim"),
        sa.Column("source_id", sa.String(length=32), nullable=False, comment="Who"),
        sa.Column("stance", sa.Text(), nullable=False, comment="What the source does with the claim"),
        sa.Column("lineage", sa.Text(), nullable=False, comment="Where the source has it from"),
        sa.Column("upstream_id", sa.Text(), nullable=True, comment="The attribution that it was relayed from"),
        sa.Column(
            "document_id",
            sa.String(length=32),
            nullable=True,
            comment="In which document; null: known through a relay only",
        ),
        sa.Column("said", sa.Text(), nullable=True, comment="When it was said, EDTF as given"),
        sa.Column("said_earliest", sa.Date(), nullable=False, comment="First day on which it may have been said"),
        sa.Column("said_latest", sa.Date(), nullable=False, comment="Last day on which it may have been said"),
        sa.Column("directness", sa.Text(), nullable=False, comment="How the words reached the document"),
        sa.Column("quote", sa.Text(), nullable=True, comment="The words themselves: TextQuoteSelector exact"),
        sa.Column("quote_prefix", sa.Text(), nullable=True, comment="The words right before: TextQuoteSelector prefix"),
        sa.Column("quote_suffix", sa.Text(), nullable=True, comment="The words right after: TextQuoteSelector suffix"),
        sa.Column("page", sa.Text(), nullable=True, comment="Page, as printed"),
        sa.Column("media_time", sa.Text(), nullable=True, comment="Time in the recording, hh:mm:ss"),
        sa.Column("quote_language", sa.Text(), nullable=True, comment="Language of the quote, BCP 47"),
        sa.Column("translation", sa.Text(), nullable=True, comment="The quote in the language of the statement"),
        sa.Column("translated_by", sa.Text(), nullable=True, comment="Who translated it, a person or a program"),
        sa.Column("searched_on", sa.Date(), nullable=True, comment="no_statement_found: when it was looked for"),
        sa.Column("searched_where", sa.Text(), nullable=True, comment="no_statement_found: where"),
        sa.Column("searched_by", sa.Text(), nullable=True, comment="no_statement_found: by whom, a byline"),
        sa.Column(
            "own_claim_id",
            sa.String(length=32),
            nullable=True,
            comment="The claim that states this party's own figure, where it differs",
        ),
        sa.Column("note", sa.Text(), nullable=True, comment="What a reader should know about it"),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, comment="Taken back; kept to be read, counted no more"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "(lineage = 'relayed') = (upstream_id IS NOT NULL)", name=op.f("ck_attribution_relayed_from_upstream")
        ),
        sa.CheckConstraint(
            "CASE WHEN stance = 'no_statement_found' THEN searched_on IS NOT NULL AND searched_where IS NOT NULL AND searched_by IS NOT NULL ELSE searched_on IS NULL AND searched_where IS NULL AND searched_by IS NULL END",
            name=op.f("ck_attribution_search_recorded"),
        ),
        sa.CheckConstraint(
            "directness IN ('direct_quote', 'indirect_quote', 'paraphrase', 'official_release', 'unattributed')",
            name=op.f("ck_attribution_directness_known"),
        ),
        sa.CheckConstraint("lineage IN ('original', 'relayed', 'unknown')", name=op.f("ck_attribution_lineage_known")),
        sa.CheckConstraint(
            "stance IN ('asserts', 'estimates', 'alleges', 'predicts', 'speculates', 'confirms', 'partly_confirms', 'disputes_figure', 'denies', 'declines_to_comment', 'cannot_verify', 'no_statement_found')",
            name=op.f("ck_attribution_stance_known"),
        ),
        sa.CheckConstraint("said_earliest <= said_latest", name=op.f("ck_attribution_said_ordered")),
        sa.CheckConstraint(
            "translation IS NULL OR translated_by IS NOT NULL", name=op.f("ck_attribution_translator_named")
        ),
        sa.CheckConstraint("upstream_id <> id", name=op.f("ck_attribution_upstream_is_another")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_attribution_change_seq")),
        sa.ForeignKeyConstraint(
            ["claim_id", "upstream_id"],
            ["attribution.claim_id", "attribution.id"],
            name=op.f("fk_attribution_claim_id_upstream_id"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_attribution_claim_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_attribution_document_id")),
        sa.ForeignKeyConstraint(["own_claim_id"], ["claim.id"], name=op.f("fk_attribution_own_claim_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_attribution_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribution")),
        sa.UniqueConstraint("claim_id", "id", name=op.f("uq_attribution_claim_id_id")),
        sa.UniqueConstraint("claim_id", "key", name=op.f("uq_attribution_claim_id_key")),
        comment="Who takes which stance on a claim, where, and from whom they have it",
    )
    op.create_index(op.f("ix_attribution_change_seq"), "attribution", ["change_seq"], unique=False)
    op.create_index(op.f("ix_attribution_document_id"), "attribution", ["document_id"], unique=False)
    op.create_index(op.f("ix_attribution_own_claim_id"), "attribution", ["own_claim_id"], unique=False)
    op.create_index("ix_attribution_source", "attribution", ["source_id", "claim_id"], unique=False)
    op.create_table(
        "capture",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("document_id", sa.String(length=32), nullable=False, comment="Of which document"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="SHA-256 of the bytes, hexadecimal"),
        sa.Column("media_type", sa.Text(), nullable=False, comment="Media type of the bytes"),
        sa.Column("byte_length", BIG_INT, nullable=False, comment="How many bytes"),
        sa.Column("captured_at", MOMENT, nullable=False, comment="When they were fetched or handed over, UTC"),
        sa.Column("url", sa.Text(), nullable=True, comment="From where"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint("byte_length >= 0", name=op.f("ck_capture_byte_length_positive")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_capture_sha256_whole")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_capture_change_seq")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_capture_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        comment="The bytes of a document that we kept; appended to, never altered",
    )
    op.create_index(op.f("ix_capture_change_seq"), "capture", ["change_seq"], unique=False)
    op.create_index(op.f("ix_capture_document_id"), "capture", ["document_id"], unique=False)
    op.create_index(op.f("ix_capture_sha256"), "capture", ["sha256"], unique=False)
    op.create_table(
        "claim_relation",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column(
            "key",
            sa.Text(),
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="This claim"),
        sa.Column("other_claim_id", sa.String(length=32), nullable=False, comment="The other claim"),
        sa.Column("relation", sa.Text(), nullable=False, comment="What this one is to the other"),
        sa.Column("note", sa.Text(), nullable=True, comment="Why we say so"),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, comment="Taken back; kept to be read, holds no more"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "relation IN ('updates', 'supersedes', 'contradicts', 'refines', 'part_of', 'same_as')",
            name=op.f("ck_claim_relation_relation_known"),
        ),
        sa.CheckConstraint("claim_id <> other_claim_id", name=op.f("ck_claim_relation_between_two")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_claim_relation_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_relation_claim_id")),
        sa.ForeignKeyConstraint(["other_claim_id"], ["claim.id"], name=op.f("fk_claim_relation_other_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_relation")),
        sa.UniqueConstraint(
            "claim_id", "other_claim_id", "relation", name=op.f("uq_claim_relation_claim_id_other_claim_id_relation")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_claim_relation_key")),
        comment="What claims are to each other",
    )
    op.create_index(op.f("ix_claim_relation_change_seq"), "claim_relation", ["change_seq"], unique=False)
    op.create_index(op.f("ix_claim_relation_other_claim_id"), "claim_relation", ["other_claim_id"], unique=False)
    op.create_table(
        "claim_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column(
            "key",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column(
            "topic_id", sa.String(length=32), autoincrement=False, nullable=True, comment="The question that it answers"
        ),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False, comment="What it is about"),
        sa.Column(
            "statement",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="The proposition, in our own neutral words",
        ),
        sa.Column(
            "language", sa.Text(), autoincrement=False, nullable=False, comment="Language of the statement, BCP 47"
        ),
        sa.Column("place", sa.Text(), autoincrement=False, nullable=True, comment="Where, as 'Kursk Oblast, Russia'"),
        sa.Column(
            "place_folded",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The place without case and accents, to filter by",
        ),
        sa.Column(
            "time", sa.Text(), autoincrement=False, nullable=True, comment="When it is said to be true, EDTF as given"
        ),
        sa.Column(
            "time_earliest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="First day that it may speak of; 0001-01-01 if open",
        ),
        sa.Column(
            "time_latest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="Last day that it may speak of; 9999-12-31 if open",
        ),
        sa.Column(
            "adverse_to_id",
            sa.String(length=32),
            autoincrement=False,
            nullable=True,
            comment="The party whose losses or conduct it states",
        ),
        sa.Column(
            "status",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="What we concluded; follows from the last decision",
        ),
        sa.Column("stage", sa.Text(), autoincrement=False, nullable=False, comment="Editorial stage"),
        sa.Column(
            "notice",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="What readers are told about a correction or withdrawal",
        ),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True, comment="What a reader should know about it"),
        sa.Column(
            "content_version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Version in which the proposition itself last changed",
        ),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_claim_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["claim.id"], name=op.f("fk_claim_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_claim_revision")),
        comment="Every version of every claim; appended to, never altered",
    )
    op.create_index(op.f("ix_claim_revision_adverse_to_id"), "claim_revision", ["adverse_to_id"], unique=False)
    op.create_index(op.f("ix_claim_revision_change_seq"), "claim_revision", ["change_seq"], unique=False)
    op.create_index(op.f("ix_claim_revision_key"), "claim_revision", ["key"], unique=False)
    op.create_index(
        op.f("ix_claim_revision_stage_change_seq_id"), "claim_revision", ["stage", "change_seq", "id"], unique=False
    )
    op.create_index(
        op.f("ix_claim_revision_stage_kind_status_time_earliest_id"),
        "claim_revision",
        ["stage", "kind", "status", "time_earliest", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_claim_revision_stage_status_time_earliest_id"),
        "claim_revision",
        ["stage", "status", "time_earliest", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_claim_revision_stage_time_earliest_id"),
        "claim_revision",
        ["stage", "time_earliest", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_claim_revision_topic_id_time_earliest_id"),
        "claim_revision",
        ["topic_id", "time_earliest", "id"],
        unique=False,
    )
    op.create_table(
        "document_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column(
            "key",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False, comment="What it is"),
        sa.Column(
            "title",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Title, in its own language; null if it has none",
        ),
        sa.Column(
            "publisher_id",
            sa.String(length=32),
            autoincrement=False,
            nullable=True,
            comment="Who published it; null: not known",
        ),
        sa.Column("author", sa.Text(), autoincrement=False, nullable=True, comment="Author as printed"),
        sa.Column("url", sa.Text(), autoincrement=False, nullable=True, comment="Where it is or was"),
        sa.Column("language", sa.Text(), autoincrement=False, nullable=True, comment="BCP 47 tag"),
        sa.Column(
            "published", sa.Text(), autoincrement=False, nullable=True, comment="When it was published, EDTF as given"
        ),
        sa.Column(
            "published_earliest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="First day on which it may have been published",
        ),
        sa.Column(
            "published_latest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="Last day on which it may have been published",
        ),
        sa.Column("accessed_on", sa.Date(), autoincrement=False, nullable=True, comment="When we last saw it there"),
        sa.Column("archive_url", sa.Text(), autoincrement=False, nullable=True, comment="A public archive's copy"),
        sa.Column("archived_on", sa.Date(), autoincrement=False, nullable=True, comment="When that copy was made"),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True, comment="What a reader should know about it"),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_document_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["document.id"], name=op.f("fk_document_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_document_revision")),
        comment="Every version of every document; appended to, never altered",
    )
    op.create_index(op.f("ix_document_revision_change_seq"), "document_revision", ["change_seq"], unique=False)
    op.create_index(op.f("ix_document_revision_key"), "document_revision", ["key"], unique=False)
    op.create_index(op.f("ix_document_revision_publisher_id"), "document_revision", ["publisher_id"], unique=False)
    op.create_index(op.f("ix_document_revision_url"), "document_revision", ["url"], unique=False)
    op.create_table(
        "fact_check",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("key", sa.Text(), nullable=True, comment="Name of the review within its claim"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="On which claim"),
        sa.Column("source_id", sa.String(length=32), nullable=False, comment="Who published the review"),
        sa.Column("document_id", sa.String(length=32), nullable=True, comment="Where it stands"),
        sa.Column("verdict", sa.Text(), nullable=True, comment="alternateName, word for word"),
        sa.Column("rating_value", sa.Text(), nullable=True, comment="ratingValue as written"),
        sa.Column("best_rating", sa.Text(), nullable=True, comment="bestRating as written"),
        sa.Column("worst_rating", sa.Text(), nullable=True, comment="worstRating as written"),
        sa.Column("explanation", sa.Text(), nullable=True, comment="ratingExplanation or reviewBody as written"),
        sa.Column("original", JSON, nullable=False, comment="The ClaimReview object as it came"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_fact_check_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_fact_check_claim_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_fact_check_document_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_fact_check_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_check")),
        sa.UniqueConstraint("claim_id", "key", name=op.f("uq_fact_check_claim_id_key")),
        comment="What other fact-checkers published about a claim",
    )
    op.create_index(op.f("ix_fact_check_change_seq"), "fact_check", ["change_seq"], unique=False)
    op.create_index(op.f("ix_fact_check_document_id"), "fact_check", ["document_id"], unique=False)
    op.create_index(op.f("ix_fact_check_source_id"), "fact_check", ["source_id"], unique=False)
    op.create_table(
        "independence_ruling",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="For which claim"),
        sa.Column("first_source_id", sa.String(length=32), nullable=False, comment="One origin"),
        sa.Column("second_source_id", sa.String(length=32), nullable=False, comment="The other origin"),
        sa.Column("ruling", sa.Text(), nullable=False, comment="What was ruled"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "ruling IN ('not_established', 'established', 'dependent')",
            name=op.f("ck_independence_ruling_ruling_known"),
        ),
        sa.CheckConstraint("first_source_id < second_source_id", name=op.f("ck_independence_ruling_pair_ordered")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_independence_ruling_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_independence_ruling_claim_id")),
        sa.ForeignKeyConstraint(
            ["first_source_id"], ["source.id"], name=op.f("fk_independence_ruling_first_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_source_id"], ["source.id"], name=op.f("fk_independence_ruling_second_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_independence_ruling")),
        comment="Rulings on the independence of two origins; appended to, never altered",
    )
    op.create_index(op.f("ix_independence_ruling_change_seq"), "independence_ruling", ["change_seq"], unique=False)
    op.create_index(
        "ix_independence_ruling_pair",
        "independence_ruling",
        ["claim_id", "first_source_id", "second_source_id"],
        unique=False,
    )
    op.create_table(
        "quantity",
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="Of which claim"),
        sa.Column(
            "content_version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Of which version of its proposition",
        ),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="0 for the first figure"),
        sa.Column("metric", sa.Text(), nullable=False, comment="What it counts"),
        sa.Column("unit", sa.Text(), nullable=False, comment="In what: soldiers, tanks, km²"),
        sa.Column("population", sa.Text(), nullable=True, comment="Which part of the topic's subject; null: all of it"),
        sa.Column("qualifier", sa.Text(), nullable=False, comment="How the source limits it"),
        sa.Column("low", FIGURE, nullable=True, comment="Lower bound given by the source"),
        sa.Column("best", FIGURE, nullable=True, comment="The number given by the source"),
        sa.Column("high", FIGURE, nullable=True, comment="Upper bound given by the source"),
        sa.Column(
            "cumulative",
            sa.Boolean(),
            nullable=False,
            comment="Counted from a beginning up to the time, rather than at it",
        ),
        sa.Column("basis", sa.Text(), nullable=False, comment="How the source came by it"),
        sa.Column("verbatim", sa.Text(), nullable=True, comment="The figure's own words, in their own language"),
        sa.Column("verbatim_language", sa.Text(), nullable=True, comment="Language of the verbatim words, BCP 47"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "CASE WHEN qualifier IN ('exact', 'about') THEN best IS NOT NULL WHEN qualifier IN ('at_least', 'more_than') THEN low IS NOT NULL AND best IS NULL AND high IS NULL WHEN qualifier IN ('at_most', 'fewer_than', 'up_to') THEN high IS NOT NULL AND best IS NULL AND low IS NULL WHEN qualifier = 'between' THEN low IS NOT NULL AND high IS NOT NULL ELSE best IS NULL AND low IS NULL AND high IS NULL AND verbatim IS NOT NULL END",
            name=op.f("ck_quantity_qualifier_kept"),
        ),
        sa.CheckConstraint(
            "basis IN ('named_count', 'count', 'estimate', 'model', 'unstated')", name=op.f("ck_quantity_basis_known")
        ),
        sa.CheckConstraint(
            "metric IN ('present', 'deployed_total', 'killed', 'wounded', 'killed_and_wounded', 'missing', 'captured', 'surrendered', 'irrecoverable', 'casualties_unspecified', 'equipment_destroyed', 'equipment_damaged', 'equipment_abandoned', 'equipment_captured', 'equipment_lost', 'area', 'other')",
            name=op.f("ck_quantity_metric_known"),
        ),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'about', 'at_least', 'more_than', 'at_most', 'fewer_than', 'up_to', 'between', 'vague')",
            name=op.f("ck_quantity_qualifier_known"),
        ),
        sa.CheckConstraint(
            "(low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high) AND (low IS NULL OR high IS NULL OR low <= high)",
            name=op.f("ck_quantity_ordered"),
        ),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_quantity_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_quantity_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", "content_version", "position", name=op.f("pk_quantity")),
        comment="Figures of claims; appended to, never altered",
    )
    op.create_index(op.f("ix_quantity_change_seq"), "quantity", ["change_seq"], unique=False)
    op.create_index("ix_quantity_metric", "quantity", ["metric", "claim_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="On which claim"),
        sa.Column(
            "claim_version",
            sa.Integer(),
            nullable=False,
            comment="On which version of it it was taken; 0: before this record",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="What was decided"),
        sa.Column("rationale", sa.Text(), nullable=False, comment="Why"),
        sa.Column("decided_on", sa.Date(), nullable=False, comment="When"),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="By whom, a byline"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint(
            "status IN ('unassessed', 'unconfirmed', 'corroborated', 'conceded', 'confirmed', 'disputed', 'unlikely', 'refuted', 'unverifiable')",
            name=op.f("ck_review_status_known"),
        ),
        sa.CheckConstraint("claim_version >= 0", name=op.f("ck_review_claim_version_not_negative")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_review_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_review_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        comment="Decisions on the status of claims; appended to, never altered",
    )
    op.create_index(op.f("ix_review_change_seq"), "review", ["change_seq"], unique=False)
    op.create_index("ix_review_claim", "review", ["claim_id", "change_seq"], unique=False)
    op.create_table(
        "search_text",
        sa.Column("id", BIG_INT, autoincrement=True, nullable=False, comment="Row of the full-text index"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="Of which claim"),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="1 for the first text of the claim, one more for each change",
        ),
        sa.Column("latest", sa.Boolean(), nullable=False, comment="This is the claim's text now"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that made it so"),
        sa.Column("statement", sa.Text(), nullable=False, comment="Words of the statement"),
        sa.Column("quotes", sa.Text(), nullable=False, comment="Words of quotes, translations and verbatim figures"),
        sa.Column("sources", sa.Text(), nullable=False, comment="Words of the names of sources"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_search_text_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_search_text_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
        sa.UniqueConstraint("claim_id", "version", name=op.f("uq_search_text_claim_id_version")),
        comment="Folded words of claims, from which each engine's full-text index is made",
    )
    op.create_index(op.f("ix_search_text_change_seq"), "search_text", ["change_seq"], unique=False)
    op.create_table(
        "attribution_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column(
            "key", sa.Text(), autoincrement=False, nullable=True, comment="Name of the attribution within its claim"
        ),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column("claim_id", sa.String(length=32), autoincrement=False, nullable=False, comment="On which claim"),
        sa.Column("source_id", sa.String(length=32), autoincrement=False, nullable=False, comment="Who"),
        sa.Column(
            "stance", sa.Text(), autoincrement=False, nullable=False, comment="What the source does with the claim"
        ),
        sa.Column("lineage", sa.Text(), autoincrement=False, nullable=False, comment="Where the source has it from"),
        sa.Column(
            "upstream_id",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The attribution that it was relayed from",
        ),
        sa.Column(
            "document_id",
            sa.String(length=32),
            autoincrement=False,
            nullable=True,
            comment="In which document; null: known through a relay only",
        ),
        sa.Column("said", sa.Text(), autoincrement=False, nullable=True, comment="When it was said, EDTF as given"),
        sa.Column(
            "said_earliest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="First day on which it may have been said",
        ),
        sa.Column(
            "said_latest",
            sa.Date(),
            autoincrement=False,
            nullable=False,
            comment="Last day on which it may have been said",
        ),
        sa.Column(
            "directness", sa.Text(), autoincrement=False, nullable=False, comment="How the words reached the document"
        ),
        sa.Column(
            "quote",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The words themselves: TextQuoteSelector exact",
        ),
        sa.Column(
            "quote_prefix",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The words right before: TextQuoteSelector prefix",
        ),
        sa.Column(
            "quote_suffix",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The words right after: TextQuoteSelector suffix",
        ),
        sa.Column("page", sa.Text(), autoincrement=False, nullable=True, comment="Page, as printed"),
        sa.Column(
            "media_time", sa.Text(), autoincrement=False, nullable=True, comment="Time in the recording, hh:mm:ss"
        ),
        sa.Column(
            "quote_language", sa.Text(), autoincrement=False, nullable=True, comment="Language of the quote, BCP 47"
        ),
        sa.Column(
            "translation",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The quote in the language of the statement",
        ),
        sa.Column(
            "translated_by",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Who translated it, a person or a program",
        ),
        sa.Column(
            "searched_on",
            sa.Date(),
            autoincrement=False,
            nullable=True,
            comment="no_statement_found: when it was looked for",
        ),
        sa.Column("searched_where", sa.Text(), autoincrement=False, nullable=True, comment="no_statement_found: where"),
        sa.Column(
            "searched_by",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="no_statement_found: by whom, a byline",
        ),
        sa.Column(
            "own_claim_id",
            sa.String(length=32),
            autoincrement=False,
            nullable=True,
            comment="The claim that states this party's own figure, where it differs",
        ),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True, comment="What a reader should know about it"),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            autoincrement=False,
            nullable=False,
            comment="Taken back; kept to be read, counted no more",
        ),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_attribution_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["attribution.id"], name=op.f("fk_attribution_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_attribution_revision")),
        comment="Every version of every attribution; appended to, never altered",
    )
    op.create_index(op.f("ix_attribution_revision_change_seq"), "attribution_revision", ["change_seq"], unique=False)
    op.create_index(
        op.f("ix_attribution_revision_claim_id_id"), "attribution_revision", ["claim_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_attribution_revision_claim_id_key"), "attribution_revision", ["claim_id", "key"], unique=False
    )
    op.create_index(op.f("ix_attribution_revision_document_id"), "attribution_revision", ["document_id"], unique=False)
    op.create_index(
        op.f("ix_attribution_revision_own_claim_id"), "attribution_revision", ["own_claim_id"], unique=False
    )
    op.create_index(
        op.f("ix_attribution_revision_source_id_claim_id"),
        "attribution_revision",
        ["source_id", "claim_id"],
        unique=False,
    )
    op.create_table(
        "claim_relation_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column(
            "key",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Name of the object in the file it was imported from; how an import knows it again",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column("claim_id", sa.String(length=32), autoincrement=False, nullable=False, comment="This claim"),
        sa.Column(
            "other_claim_id", sa.String(length=32), autoincrement=False, nullable=False, comment="The other claim"
        ),
        sa.Column("relation", sa.Text(), autoincrement=False, nullable=False, comment="What this one is to the other"),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True, comment="Why we say so"),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            autoincrement=False,
            nullable=False,
            comment="Taken back; kept to be read, holds no more",
        ),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_claim_relation_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["claim_relation.id"], name=op.f("fk_claim_relation_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_claim_relation_revision")),
        comment="Every version of every claim_relation; appended to, never altered",
    )
    op.create_index(
        op.f("ix_claim_relation_revision_change_seq"), "claim_relation_revision", ["change_seq"], unique=False
    )
    op.create_index(
        op.f("ix_claim_relation_revision_claim_id_other_claim_id_relation"),
        "claim_relation_revision",
        ["claim_id", "other_claim_id", "relation"],
        unique=False,
    )
    op.create_index(op.f("ix_claim_relation_revision_key"), "claim_relation_revision", ["key"], unique=False)
    op.create_index(
        op.f("ix_claim_relation_revision_other_claim_id"), "claim_relation_revision", ["other_claim_id"], unique=False
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=32), nullable=False, comment="Opaque identifier, sortable by time"),
        sa.Column("key", sa.Text(), nullable=True, comment="Name of the piece within its claim"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("claim_id", sa.String(length=32), nullable=False, comment="For which claim"),
        sa.Column("document_id", sa.String(length=32), nullable=False, comment="Which document"),
        sa.Column("capture_id", sa.String(length=32), nullable=True, comment="Which bytes of it"),
        sa.Column("role", sa.Text(), nullable=False, comment="What it does to the claim"),
        sa.Column("description", sa.Text(), nullable=True, comment="What is to be seen in it"),
        sa.Column(
            "independent",
            sa.Boolean(),
            nullable=True,
            comment="Independent of the claim's origins; null: not looked into",
        ),
        sa.Column("examined_on", sa.Date(), nullable=True, comment="When somebody of ours examined it"),
        sa.Column("finding", sa.Text(), nullable=True, comment="What the examination found"),
        sa.Column("conclusive", sa.Boolean(), nullable=False, comment="The finding settles the matter"),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, comment="Taken back; kept to be read, counted no more"),
        sa.Column("change_seq", BIG_INT, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, nullable=False, comment="When it was recorded, UTC"),
        sa.CheckConstraint("role IN ('supports', 'refutes', 'context')", name=op.f("ck_evidence_role_known")),
        sa.CheckConstraint("(examined_on IS NULL) = (finding IS NULL)", name=op.f("ck_evidence_examined_with_finding")),
        sa.CheckConstraint(
            "NOT conclusive OR examined_on IS NOT NULL", name=op.f("ck_evidence_conclusive_if_examined")
        ),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_evidence_capture_id")),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_evidence_change_seq")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_evidence_claim_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_evidence_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("claim_id", "key", name=op.f("uq_evidence_claim_id_key")),
        comment="What speaks for or against a claim",
    )
    op.create_index(op.f("ix_evidence_change_seq"), "evidence", ["change_seq"], unique=False)
    op.create_index(op.f("ix_evidence_document_id"), "evidence", ["document_id"], unique=False)
    op.create_table(
        "fact_check_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=True, comment="Name of the review within its claim"),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column("claim_id", sa.String(length=32), autoincrement=False, nullable=False, comment="On which claim"),
        sa.Column(
            "source_id", sa.String(length=32), autoincrement=False, nullable=False, comment="Who published the review"
        ),
        sa.Column("document_id", sa.String(length=32), autoincrement=False, nullable=True, comment="Where it stands"),
        sa.Column("verdict", sa.Text(), autoincrement=False, nullable=True, comment="alternateName, word for word"),
        sa.Column("rating_value", sa.Text(), autoincrement=False, nullable=True, comment="ratingValue as written"),
        sa.Column("best_rating", sa.Text(), autoincrement=False, nullable=True, comment="bestRating as written"),
        sa.Column("worst_rating", sa.Text(), autoincrement=False, nullable=True, comment="worstRating as written"),
        sa.Column(
            "explanation",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="ratingExplanation or reviewBody as written",
        ),
        sa.Column("original", JSON, autoincrement=False, nullable=False, comment="The ClaimReview object as it came"),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_fact_check_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["fact_check.id"], name=op.f("fk_fact_check_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_fact_check_revision")),
        comment="Every version of every fact_check; appended to, never altered",
    )
    op.create_index(op.f("ix_fact_check_revision_change_seq"), "fact_check_revision", ["change_seq"], unique=False)
    op.create_index(
        op.f("ix_fact_check_revision_claim_id_key"), "fact_check_revision", ["claim_id", "key"], unique=False
    )
    op.create_index(op.f("ix_fact_check_revision_document_id"), "fact_check_revision", ["document_id"], unique=False)
    op.create_index(op.f("ix_fact_check_revision_source_id"), "fact_check_revision", ["source_id"], unique=False)
    op.create_table(
        "evidence_revision",
        sa.Column(
            "id",
            sa.String(length=32),
            autoincrement=False,
            nullable=False,
            comment="Opaque identifier, sortable by time",
        ),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=True, comment="Name of the piece within its claim"),
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1 for the first, one more for each change",
        ),
        sa.Column("claim_id", sa.String(length=32), autoincrement=False, nullable=False, comment="For which claim"),
        sa.Column("document_id", sa.String(length=32), autoincrement=False, nullable=False, comment="Which document"),
        sa.Column("capture_id", sa.String(length=32), autoincrement=False, nullable=True, comment="Which bytes of it"),
        sa.Column("role", sa.Text(), autoincrement=False, nullable=False, comment="What it does to the claim"),
        sa.Column("description", sa.Text(), autoincrement=False, nullable=True, comment="What is to be seen in it"),
        sa.Column(
            "independent",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Independent of the claim's origins; null: not looked into",
        ),
        sa.Column(
            "examined_on", sa.Date(), autoincrement=False, nullable=True, comment="When somebody of ours examined it"
        ),
        sa.Column("finding", sa.Text(), autoincrement=False, nullable=True, comment="What the examination found"),
        sa.Column(
            "conclusive", sa.Boolean(), autoincrement=False, nullable=False, comment="The finding settles the matter"
        ),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            autoincrement=False,
            nullable=False,
            comment="Taken back; kept to be read, counted no more",
        ),
        sa.Column("change_seq", BIG_INT, autoincrement=False, nullable=False, comment="The change that recorded this"),
        sa.Column("recorded_at", MOMENT, autoincrement=False, nullable=False, comment="When it was recorded, UTC"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.seq"], name=op.f("fk_evidence_revision_change_seq")),
        sa.ForeignKeyConstraint(["id"], ["evidence.id"], name=op.f("fk_evidence_revision_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_evidence_revision")),
        comment="Every version of every evidence; appended to, never altered",
    )
    op.create_index(op.f("ix_evidence_revision_change_seq"), "evidence_revision", ["change_seq"], unique=False)
    op.create_index(op.f("ix_evidence_revision_claim_id_key"), "evidence_revision", ["claim_id", "key"], unique=False)
    op.create_index(op.f("ix_evidence_revision_document_id"), "evidence_revision", ["document_id"], unique=False)
    op.execute("INSERT INTO head (id, seq, at) VALUES (1, 0, '1970-01-01 00:00:00.000000')")


def downgrade() -> None:
    """Drop them all."""

    op.drop_index(op.f("ix_evidence_revision_document_id"), table_name="evidence_revision")
    op.drop_index(op.f("ix_evidence_revision_claim_id_key"), table_name="evidence_revision")
    op.drop_index(op.f("ix_evidence_revision_change_seq"), table_name="evidence_revision")
    op.drop_table("evidence_revision")
    op.drop_index(op.f("ix_fact_check_revision_source_id"), table_name="fact_check_revision")
    op.drop_index(op.f("ix_fact_check_revision_document_id"), table_name="fact_check_revision")
    op.drop_index(op.f("ix_fact_check_revision_claim_id_key"), table_name="fact_check_revision")
    op.drop_index(op.f("ix_fact_check_revision_change_seq"), table_name="fact_check_revision")
    op.drop_table("fact_check_revision")
    op.drop_index(op.f("ix_evidence_document_id"), table_name="evidence")
    op.drop_index(op.f("ix_evidence_change_seq"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_claim_relation_revision_other_claim_id"), table_name="claim_relation_revision")
    op.drop_index(op.f("ix_claim_relation_revision_key"), table_name="claim_relation_revision")
    op.drop_index(
        op.f("ix_claim_relation_revision_claim_id_other_claim_id_relation"), table_name="claim_relation_revision"
    )
    op.drop_index(op.f("ix_claim_relation_revision_change_seq"), table_name="claim_relation_revision")
    op.drop_table("claim_relation_revision")
    op.drop_index(op.f("ix_attribution_revision_source_id_claim_id"), table_name="attribution_revision")
    op.drop_index(op.f("ix_attribution_revision_own_claim_id"), table_name="attribution_revision")
    op.drop_index(op.f("ix_attribution_revision_document_id"), table_name="attribution_revision")
    op.drop_index(op.f("ix_attribution_revision_claim_id_key"), table_name="attribution_revision")
    op.drop_index(op.f("ix_attribution_revision_claim_id_id"), table_name="attribution_revision")
    op.drop_index(op.f("ix_attribution_revision_change_seq"), table_name="attribution_revision")
    op.drop_table("attribution_revision")
    op.drop_index(op.f("ix_search_text_change_seq"), table_name="search_text")
    op.drop_table("search_text")
    op.drop_index("ix_review_claim", table_name="review")
    op.drop_index(op.f("ix_review_change_seq"), table_name="review")
    op.drop_table("review")
    op.drop_index("ix_quantity_metric", table_name="quantity")
    op.drop_index(op.f("ix_quantity_change_seq"), table_name="quantity")
    op.drop_table("quantity")
    op.drop_index("ix_independence_ruling_pair", table_name="independence_ruling")
    op.drop_index(op.f("ix_independence_ruling_change_seq"), table_name="independence_ruling")
    op.drop_table("independence_ruling")
    op.drop_index(op.f("ix_fact_check_source_id"), table_name="fact_check")
    op.drop_index(op.f("ix_fact_check_document_id"), table_name="fact_check")
    op.drop_index(op.f("ix_fact_check_change_seq"), table_name="fact_check")
    op.drop_table("fact_check")
    op.drop_index(op.f("ix_document_revision_url"), table_name="document_revision")
    op.drop_index(op.f("ix_document_revision_publisher_id"), table_name="document_revision")
    op.drop_index(op.f("ix_document_revision_key"), table_name="document_revision")
    op.drop_index(op.f("ix_document_revision_change_seq"), table_name="document_revision")
    op.drop_table("document_revision")
    op.drop_index(op.f("ix_claim_revision_topic_id_time_earliest_id"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_stage_time_earliest_id"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_stage_status_time_earliest_id"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_stage_kind_status_time_earliest_id"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_stage_change_seq_id"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_key"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_change_seq"), table_name="claim_revision")
    op.drop_index(op.f("ix_claim_revision_adverse_to_id"), table_name="claim_revision")
    op.drop_table("claim_revision")
    op.drop_index(op.f("ix_claim_relation_other_claim_id"), table_name="claim_relation")
    op.drop_index(op.f("ix_claim_relation_change_seq"), table_name="claim_relation")
    op.drop_table("claim_relation")
    op.drop_index(op.f("ix_capture_sha256"), table_name="capture")
    op.drop_index(op.f("ix_capture_document_id"), table_name="capture")
    op.drop_index(op.f("ix_capture_change_seq"), table_name="capture")
    op.drop_table("capture")
    op.drop_index("ix_attribution_source", table_name="attribution")
    op.drop_index(op.f("ix_attribution_own_claim_id"), table_name="attribution")
    op.drop_index(op.f("ix_attribution_document_id"), table_name="attribution")
    op.drop_index(op.f("ix_attribution_change_seq"), table_name="attribution")
    op.drop_table("attribution")
    op.drop_index(op.f("ix_topic_revision_key"), table_name="topic_revision")
    op.drop_index(op.f("ix_topic_revision_change_seq"), table_name="topic_revision")
    op.drop_table("topic_revision")
    op.drop_index(op.f("ix_source_revision_parent_id"), table_name="source_revision")
    op.drop_index(op.f("ix_source_revision_name"), table_name="source_revision")
    op.drop_index(op.f("ix_source_revision_key"), table_name="source_revision")
    op.drop_index(op.f("ix_source_revision_change_seq"), table_name="source_revision")
    op.drop_table("source_revision")
    op.drop_index(op.f("ix_document_url"), table_name="document")
    op.drop_index(op.f("ix_document_publisher_id"), table_name="document")
    op.drop_index(op.f("ix_document_change_seq"), table_name="document")
    op.drop_table("document")
    op.drop_index("ix_claim_topic_time", table_name="claim")
    op.drop_index("ix_claim_time", table_name="claim")
    op.drop_index("ix_claim_status_time", table_name="claim")
    op.drop_index("ix_claim_recorded", table_name="claim")
    op.drop_index("ix_claim_list", table_name="claim")
    op.drop_index(op.f("ix_claim_change_seq"), table_name="claim")
    op.drop_index(op.f("ix_claim_adverse_to_id"), table_name="claim")
    op.drop_table("claim")
    op.drop_index(op.f("ix_topic_change_seq"), table_name="topic")
    op.drop_table("topic")
    op.drop_index(op.f("ix_source_parent_id"), table_name="source")
    op.drop_index(op.f("ix_source_name"), table_name="source")
    op.drop_index(op.f("ix_source_change_seq"), table_name="source")
    op.drop_table("source")
    op.drop_index(op.f("ix_change_at"), table_name="change")
    op.drop_table("change")
    op.drop_index(op.f("ix_api_key_person_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_table("person")
    op.drop_table("head")
