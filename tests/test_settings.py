"""Settings: their documentation is complete, and misspelt names and invalid values are errors."""

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
    """A function that sets environment variables: `environment(port="80")` sets ATTEST_PORT=80."""
    settings.load.cache_clear()

    def set_variables(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"ATTEST_{name.upper()}", value)

    yield set_variables
    settings.load.cache_clear()


def test_the_settings_page_has_a_table_of_all_settings() -> None:
    rows = ["| variable | meaning | default |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else str(field.default)
        rows.append(f"| `ATTEST_{name.upper()}` | {field.description} | {f'`{value}`' if value else ''} |")

    table = "\n".join(rows)

    assert table in PAGE.read_text(), f"docs/settings.md must hold this table:\n\n{table}\n"


def test_the_settings_page_names_exactly_the_variables_that_exist() -> None:
    words = PAGE.read_text().replace("`", " ").replace("=", " ").split()
    documented = {word for word in words if word.startswith("ATTEST_")}

    assert documented - {"ATTEST_"} == set(settings.variable_names())


def test_environment_variables_are_read(environment: Callable[..., None], tmp_path: Path) -> None:
    environment(data_dir=str(tmp_path), port="0", log_level="debug", test_postgres_url="belongs to the tests")

    loaded = settings.load()

    assert (loaded.port, loaded.log_level, loaded.url) == (0, "debug", f"sqlite:///{tmp_path / 'attest.db'}")


def test_trusted_proxies_are_addresses_and_networks(environment: Callable[..., None]) -> None:
    environment(trusted_proxies=" 127.0.0.1, 10.0.0.0/8 ,,fd00::/8")

    assert settings.load().trusted_proxies == "127.0.0.1,10.0.0.0/8,fd00::/8"


@pytest.mark.parametrize("name", ["databse_url", "PORTS", "x", ""])
def test_a_misspelt_variable_is_an_error(environment: Callable[..., None], name: str) -> None:
    environment(**{name: "1"})

    expected = f"ATTEST_{name.upper()}: Attest has no such setting. .* The settings are: ATTEST_DATA_DIR, "
    with pytest.raises(SettingsError, match=expected):
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


def test_secrets_are_not_in_the_representation_of_the_settings(environment: Callable[..., None]) -> None:
    environment(secret_key="hunter2")

    assert "hunter2" not in repr(settings.load())


# --- the secret of an installation ---


def test_a_configured_secret_is_not_stored(tmp_path: Path) -> None:
    assert secret_of(Settings(data_dir=tmp_path, secret_key=SecretStr("configured"))) == "configured"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_generated_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    loaded = Settings(data_dir=tmp_path / "new" / "folder")

    secret = secret_of(loaded)

    assert len(secret) > 40
    assert secret_of(loaded) == secret
    assert [path.name for path in loaded.data_dir.iterdir()] == ["secret"]
    assert S_IMODE((loaded.data_dir / "secret").stat().st_mode) == 0o600


def test_processes_that_start_at_the_same_time_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        for number in range(20):
            loaded = Settings(data_dir=tmp_path / str(number))
            assert len(set(pool.map(secret_of, [loaded] * 16))) == 1


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    """Otherwise cursors would be signed with a secret that everybody knows."""
    (tmp_path / "secret").write_text("\n")

    with pytest.raises(SettingsError, match="secret is empty"):
        secret_of(Settings(data_dir=tmp_path))


def test_an_unusable_data_directory_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SettingsError, match="Set ATTEST_SECRET_KEY"):
        secret_of(Settings(data_dir=tmp_path / "file"))
