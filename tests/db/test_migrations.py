"""Migrations: every step up and down with data in between, on every engine, to exactly the schema of the models."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, MetaData, Table, func, insert, inspect, literal, select
from sqlalchemy.exc import DBAPIError

from app import vocabulary
from app.db import migrate
from app.db.engine import Database
from app.db.ids import new_id
from app.db.schema import Base, table_of
from app.main import create_app
from app.models import Claim
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.claim import ClaimCreate
from app.schemas.quantity import QuantityCreate
from app.schemas.source import SourceCreate
from app.services.catalogue import sources
from app.services.changes import actors
from app.services.claims import claims
from app.settings import Settings
from app.vocabulary import ClaimKind, Lineage, Metric, Qualifier, SourceKind, Stage, Stance, Word
from tests.support import postgres
from tests.support.client import Client

pytestmark = pytest.mark.slow

SYSTEM_POSTGRESQL = 15

WORDS: dict[tuple[str, str], type[Word]] = {
    ("api_key", "role"): vocabulary.Role,
    ("attribution", "directness"): vocabulary.Directness,
    ("attribution", "lineage"): vocabulary.Lineage,
    ("attribution", "retracted_by"): vocabulary.Retractor,
    ("attribution", "stance"): vocabulary.Stance,
    ("api_key_scope", "scope"): vocabulary.Scope,
    ("change", "action"): vocabulary.Action,
    ("claim", "kind"): vocabulary.ClaimKind,
    ("claim", "stage"): vocabulary.Stage,
    ("claim", "status"): vocabulary.Status,
    ("claim_relation", "relation"): vocabulary.Relation,
    ("custody_event", "act"): vocabulary.CustodyAct,
    ("document", "kind"): vocabulary.DocumentKind,
    ("evidence", "kind"): vocabulary.EvidenceKind,
    ("evidence", "role"): vocabulary.EvidenceRole,
    ("independence_ruling", "ruling"): vocabulary.Independence,
    ("person", "role"): vocabulary.Role,
    ("quantity", "basis"): vocabulary.Basis,
    ("quantity", "metric"): vocabulary.Metric,
    ("quantity", "qualifier"): vocabulary.Qualifier,
    ("proposal", "probability"): vocabulary.Probability,
    ("proposal", "reliability"): vocabulary.Reliability,
    ("proposal", "standard"): vocabulary.StandardOfProof,
    ("proposal", "status"): vocabulary.Status,
    ("review", "probability"): vocabulary.Probability,
    ("review", "standard"): vocabulary.StandardOfProof,
    ("review", "status"): vocabulary.Status,
    ("sign_off", "verdict"): vocabulary.Verdict,
    ("source", "anonymity"): vocabulary.Anonymity,
    ("source", "kind"): vocabulary.SourceKind,
    ("source_rating", "reliability"): vocabulary.Reliability,
    ("topic", "metric_family"): vocabulary.MetricFamily,
}
"""The closed list of each column, by table and column."""

NOT_STORED: set[type[Word]] = {
    vocabulary.CitationState,
    vocabulary.ClaimStatus,
    vocabulary.ConflictKind,
    vocabulary.FigureFound,
    vocabulary.ProposalState,
    vocabulary.QueueReason,
    vocabulary.Signer,
    vocabulary.Staleness,
    vocabulary.Taken,
    vocabulary.TopicLikeness,
    vocabulary.UpstreamState,
}
"""Closed lists that no column holds: their values are derived from the record."""


@pytest.fixture(params=["sqlite", "postgresql", f"postgresql {SYSTEM_POSTGRESQL}"])
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of one server; also of the oldest supported PostgreSQL, if it is installed."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'two.db'}"
        return
    server = None
    if request.param != "postgresql" and (server := postgres.system_server(SYSTEM_POSTGRESQL)) is None:
        pytest.skip(f"PostgreSQL {SYSTEM_POSTGRESQL} is not installed")
    first, second = (postgres.create_database(server=server) for _ in range(2))
    yield first, second
    postgres.drop_database(first)
    postgres.drop_database(second)


@pytest.fixture
def empty(empty_urls: tuple[str, str]) -> Iterator[Database]:
    """An empty database."""
    opened = Database(empty_urls[0], pool_size=2)
    yield opened
    opened.close()


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def record_claim(database: Database, figure: int) -> str:
    """Record a claim with a figure and an attribution; its id."""
    with database.writing() as connection:
        actor = actors.system_actor(connection, "Test")
        source = SourceCreate(name=f"Ministry {figure}", kind=SourceKind.GOVERNMENT)
        source_id = sources.create(connection, actor, source, "Recorded.")
        claim = ClaimCreate(
            kind=ClaimKind.TROOP_ESTIMATE,
            statement=f"Солдатів {figure}",
            stage=Stage.PUBLISHED,
            quantities=[
                QuantityCreate(metric=Metric.PRESENT, unit="soldiers", qualifier=Qualifier.EXACT, best=figure)  # type: ignore[arg-type]  # pydantic converts it
            ],
            attributions=[
                ClaimAttributionCreate(source=source_id, stance=Stance.ASSERTS, lineage=Lineage.ORIGINAL),
            ],
        )
        return claims.create(connection, actor, claim, "Recorded.")


def copy_claim(database: Database, claim_id: str) -> str:
    """Copy a claim with its parts, in an older schema that the services cannot write; the id of the copy."""
    claim_copy_id, attribution_id = new_id("clm"), new_id("att")
    new_values = {
        "claim": {"id": claim_copy_id},
        "claim_revision": {"id": claim_copy_id},
        "quantity": {"claim_id": claim_copy_id},
        "attribution": {"id": attribution_id, "claim_id": claim_copy_id},
        "attribution_revision": {"id": attribution_id, "claim_id": claim_copy_id},
        "search_text": {"claim_id": claim_copy_id},
    }
    with database.writing() as connection:
        for name, values in new_values.items():
            table = Table(name, MetaData(), autoload_with=connection)
            numbered = {"id"} if name == "search_text" else set()
            columns = [
                column
                for column in table.c
                if migrate.is_modelled(column.name, "column") and column.name not in numbered
            ]
            of_claim = table.c.id if name in ("claim", "claim_revision") else table.c.claim_id
            copy = select(*(literal(values[column.name]) if column.name in values else column for column in columns))
            rows = copy.where(of_claim == claim_id)
            connection.execute(insert(table).from_select([column.name for column in columns], rows))
    return claim_copy_id


def search(database: Database, word: str, tmp_path: Path) -> list[dict[str, Any]]:
    """The claims that the service finds in this database."""
    settings = Settings(database_url=database.url, data_dir=tmp_path, pool_size=2)
    with Client(create_app(settings)) as api:
        items: list[dict[str, Any]] = (
            api.get("claims", params={"q": word, "limit": 200}).raise_for_status().json()["items"]
        )
        return items


def number_of_claims(database: Database, tmp_path: Path) -> int:
    """The number of claims with a figure and an attribution, from the facets of the service."""
    settings = Settings(database_url=database.url, data_dir=tmp_path, pool_size=2)
    with Client(create_app(settings)) as api:
        facets = api.get("claims", params={"facets": "status,metric,source"}).raise_for_status().json()["facets"]
        (number,) = {number for facet in facets.values() for number in facet.values()}
        return int(number)


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return {name for name in inspect(connection).get_table_names() if name != "alembic_version"}


def test_every_step_down_and_up_again_keeps_the_data(empty: Database, tmp_path: Path) -> None:
    migrate.upgrade(empty)
    identifiers = [record_claim(empty, 11_000)]

    for revision in reversed(revisions()[:-1]):
        migrate.downgrade(empty, revision)
        assert migrate.current_revision(empty) == revision
        with empty.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(table_of(Claim))) == len(identifiers)
        # A claim that is recorded at this revision must survive the later steps, too.
        identifiers.append(copy_claim(empty, identifiers[0]))

    for revision in revisions()[1:]:
        migrate.upgrade(empty, revision)
        with empty.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(table_of(Claim))) == len(identifiers)
    assert migrate.drift(empty, Base.metadata) == []
    assert {item["id"] for item in search(empty, "солдатів", tmp_path)} == set(identifiers)
    assert number_of_claims(empty, tmp_path) == len(identifiers)


def test_down_to_nothing_and_up_again(empty: Database, tmp_path: Path) -> None:
    for revision in revisions():
        migrate.upgrade(empty, revision)
        assert migrate.current_revision(empty) == revision
    record_claim(empty, 300)

    migrate.downgrade(empty, "base")

    assert migrate.current_revision(empty) is None
    assert tables(empty) == set()
    migrate.upgrade(empty)
    assert migrate.current_revision(empty) == migrate.head_revision()
    assert migrate.drift(empty, Base.metadata) == []
    assert search(empty, "солдатів", tmp_path) == []
    claim_id = record_claim(empty, 300)
    assert [item["id"] for item in search(empty, "300", tmp_path)] == [claim_id]


def test_a_step_that_fails_leaves_the_schema_as_it_was(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate.upgrade(empty, "0001")
    before = tables(empty)
    # Without the search_text table 0003 fails, after 0002 has created its triggers.
    with empty.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE search_text RENAME TO elsewhere")

    with pytest.raises(DBAPIError, match="search_text"):
        migrate.upgrade(empty)

    assert migrate.current_revision(empty) == "0001"
    assert tables(empty) == before - {"search_text"} | {"elsewhere"}
    with empty.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO search_text")
    migrate.upgrade(empty)
    assert migrate.drift(empty, Base.metadata) == []


def test_people_get_the_highest_role_of_their_valid_keys(empty: Database) -> None:
    """Before 0007 only keys had a role, and people had none."""
    migrate.upgrade(empty, "0006")
    before, after = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    # The owner of each key, its role, when it expires, when it was revoked.
    issued = [
        ("One", "reader", None, None),
        ("One", "editor", after, None),
        ("Two", "admin", None, before),
        ("Two", "editor", before, None),
        ("Two", "fact_checker", None, None),
        ("Three", "admin", None, before),
    ]
    with empty.writing() as connection:
        person, api_key = (Table(name, MetaData(), autoload_with=connection) for name in ("person", "api_key"))
        for name in ("One", "Two", "Three", "Attest command line"):
            connection.execute(insert(person).values(id=name, byline=name, created_at=before))
        for number, (name, role, expires, revoked) in enumerate(issued):
            key = {"id": str(number), "person_id": name, "handle": str(number), "secret_hash": "x", "role": role}
            ends = {"expires_at": expires, "revoked_at": revoked}
            connection.execute(insert(api_key).values(**key, **ends, created_at=before))

    migrate.upgrade(empty, "0007")

    with empty.reading() as connection:
        people = connection.exec_driver_sql("SELECT byline, role, system FROM person ORDER BY id").all()
        scopes = connection.exec_driver_sql("SELECT key_id, scope FROM api_key_scope").all()
    assert [(byline, role, bool(system)) for byline, role, system in people] == [
        ("Attest command line", "admin", True),
        ("One", "editor", False),
        ("Three", "reader", False),
        ("Two", "fact_checker", False),
    ]
    for number, (_name, role, _expires, _revoked) in enumerate(issued):
        of_key = {scope for key_id, scope in scopes if key_id == str(number)}
        assert of_key == vocabulary.ROLE_SCOPES[vocabulary.Role(role)]

    # A downgrade revokes the keys of people who have left.
    with empty.writing() as connection:
        connection.exec_driver_sql("UPDATE person SET left_at = created_at WHERE byline = 'One'")
    migrate.downgrade(empty, "0006")
    with empty.reading() as connection:
        ended = connection.exec_driver_sql("SELECT id FROM api_key WHERE revoked_at IS NOT NULL ORDER BY id").scalars()
        assert list(ended) == ["0", "1", "2", "5"]


def test_the_migrations_produce_the_schema_of_the_models(empty_urls: tuple[str, str]) -> None:
    migrated, modelled = (Database(url, pool_size=1) for url in empty_urls)
    migrate.upgrade(migrated)
    with modelled.writing() as connection:
        Base.metadata.create_all(connection)

    assert migrate.drift(migrated, Base.metadata) == []
    by_migration, by_models = reflected(migrated.engine), reflected(modelled.engine)

    assert by_migration.keys() == by_models.keys() == Base.metadata.tables.keys()
    for name, table in by_models.items():
        assert by_migration[name] == table, name
    migrated.close()
    modelled.close()


def reflected(engine: Engine) -> dict[str, dict[str, Any]]:
    """The reflected tables of a database; autogeneration compares neither CHECKs nor, on SQLite, comments."""
    inspector = inspect(engine)
    comments = engine.dialect.supports_comments
    reflection = {}
    for table in inspector.get_table_names():
        if table == "alembic_version" or not migrate.is_modelled(table, "table"):
            continue
        reflection[table] = {
            "comment": inspector.get_table_comment(table)["text"] if comments else None,
            "columns": {
                column["name"]: (
                    str(column["type"]),
                    column["nullable"],
                    column["default"],
                    column.get("comment"),
                    column.get("autoincrement"),
                )
                for column in inspector.get_columns(table)
                if migrate.is_modelled(column["name"], "column")
            },
            "checks": {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table)},
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": dict(named_foreign_key(table, key) for key in inspector.get_foreign_keys(table)),
            "unique": {key["name"]: key["column_names"] for key in inspector.get_unique_constraints(table)},
            "indexes": {
                index["name"]: (index["column_names"], index["unique"])
                for index in inspector.get_indexes(table)
                if migrate.is_modelled(index["name"], "index")
            },
        }
    return reflection


def named_foreign_key(table: str, key: Any) -> tuple[str, dict[str, Any]]:
    """A foreign key with its name, which SQLAlchemy does not read on SQLite if the key is part of a column."""
    name = key["name"] or f"fk_{table}_{'_'.join(key['constrained_columns'])}"
    return name, {**key, "name": name}


def test_reflection_finds_every_check_constraint(empty: Database) -> None:
    migrate.upgrade(empty)
    reflected_checks = {name: table["checks"].keys() for name, table in reflected(empty.engine).items()}
    modelled_checks = {
        name: {str(constraint.name) for constraint in table.constraints if isinstance(constraint, CheckConstraint)}
        for name, table in Base.metadata.tables.items()
    }
    assert reflected_checks == modelled_checks


def test_every_table_and_column_has_a_comment() -> None:
    for table in Base.metadata.tables.values():
        assert table.comment, table.name
        assert [column.name for column in table.columns if not column.comment] == []


def test_the_closed_lists_of_columns_match_the_vocabulary(empty: Database) -> None:
    migrate.upgrade(empty)

    values = {
        (table, str(name).removeprefix(f"ck_{table}_").removesuffix("_known")): re.findall(r"'([^']*)'", check)
        for table, reflection in reflected(empty.engine).items()
        for name, check in reflection["checks"].items()
        if str(name).endswith("_known")
    }

    assert values == {column: words.values() for column, words in WORDS.items()}
    assert set(WORDS.values()) | NOT_STORED == set(Word.__subclasses__())


def test_migrations_import_no_models() -> None:
    scripts = sorted(migrate.MIGRATIONS.rglob("*.py"))
    assert len(scripts) > len(revisions())
    for script in scripts:
        imported = set()
        for node in ast.walk(ast.parse(script.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            if isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
        assert imported <= {"alembic", "sqlalchemy", "typing"}, script.name


def test_the_revisions_have_one_ascending_order() -> None:
    assert revisions() == sorted(revisions())
    assert revisions()[-1] == migrate.head_revision()
