"""Settings: documented as they are, and none that is misspelt or impossible is passed over."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest
from pydantic import SecretStr

from app import settings
from app.main import secret_of
from app.settings import Settings, SettingsError

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets variables: `environment(port="80")` is ATTEST_PORT=80."""
    settings.load.cache_clear()

    def put(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"ATTEST_{name.upper()}", value)

    yield put
    settings.load.cache_clear()


def test_the_page_says_what_the_code_says() -> None:
    rows = ["| variable | meaning | default |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else str(field.default)
        rows.append(f"| `ATTEST_{name.upper()}` | {field.description} | {f'`{value}`' if value else ''} |")

    table = "\n".join(rows)

    assert table in PAGE.read_text(), f"docs/settings.md must hold this table:\n\n{table}\n"


def test_the_page_names_no_variable_that_means_nothing() -> None:
    words = PAGE.read_text().replace("`", " ").replace("=", " ").split()
    named = {word for word in words if word.startswith("ATTEST_")}

    assert named - {"ATTEST_"} == set(settings.variable_names())


def test_variables_are_read(environment: Callable[..., None], tmp_path: Path) -> None:
    environment(data_dir=str(tmp_path), port="0", log_level="debug", test_postgres_url="belongs to the tests")

    chosen = settings.load()

    assert (chosen.port, chosen.log_level, chosen.url) == (0, "debug", f"sqlite:///{tmp_path / 'attest.db'}")


def test_trusted_proxies_are_addresses_and_networks(environment: Callable[..., None]) -> None:
    environment(trusted_proxies=" 127.0.0.1, 10.0.0.0/8 ,,fd00::/8")

    assert settings.load().trusted_proxies == "127.0.0.1,10.0.0.0/8,fd00::/8"


@pytest.mark.parametrize("name", ["databse_url", "PORTS", "x", ""])
def test_a_misspelt_variable_is_an_error(environment: Callable[..., None], name: str) -> None:
    environment(**{name: "1"})

    with pytest.raises(SettingsError, match=f"ATTEST_{name.upper()}: no such setting. Known: ATTEST_DATA_DIR, "):
        settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("port", "x"),
        ("pool_size", "0"),
        ("max_body_bytes", "-1"),
        ("max_import_bytes", "1e400"),
        ("log_level", "LOUD"),
        ("wrong_keys_per_minute", "0"),
        ("trusted_proxies", "*"),
        ("trusted_proxies", "127.0.0.1, proxy.example"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("database_url", "mysql://a"),
        ("database_url", "postgresql://a"),
        ("database_url", "postgresql+psycopg://user:hunter2@host:port/name"),
    ],
)
def test_an_impossible_value_is_an_error_that_names_the_variable(
    environment: Callable[..., None], name: str, value: str
) -> None:
    environment(**{name: value})

    with pytest.raises(SettingsError, match=f"ATTEST_{name.upper()}: ") as raised:
        settings.load()
    assert "hunter2" not in str(raised.value)


def test_secrets_do_not_show(environment: Callable[..., None]) -> None:
    environment(secret_key="hunter2")

    assert "hunter2" not in repr(settings.load())


# --- the secret of an installation ---


def test_a_configured_secret_is_kept_nowhere(tmp_path: Path) -> None:
    assert secret_of(Settings(data_dir=tmp_path, secret_key=SecretStr("configured"))) == "configured"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path / "new" / "folder")

    secret = secret_of(chosen)

    assert len(secret) > 40
    assert secret_of(chosen) == secret
    assert [one.name for one in chosen.data_dir.iterdir()] == ["secret"]
    assert S_IMODE((chosen.data_dir / "secret").stat().st_mode) == 0o600


def test_processes_that_start_together_have_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        for turn in range(20):
            chosen = Settings(data_dir=tmp_path / str(turn))
            assert len(set(pool.map(secret_of, [chosen] * 16))) == 1


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    """Cursors would be signed with what everybody knows."""
    (tmp_path / "secret").write_text("\n")

    with pytest.raises(SettingsError, match="secret is empty"):
        secret_of(Settings(data_dir=tmp_path))


def test_a_folder_that_cannot_be_used_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SettingsError, match="Set ATTEST_SECRET_KEY"):
        secret_of(Settings(data_dir=tmp_path / "file"))
