"""Settings, read once from environment variables whose names begin with `ATTEST_`."""

import os
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "ATTEST_"


class SettingsError(Exception):
    """The environment is not a usable configuration; the message says which variable and why."""


class Settings(BaseSettings):
    """How this installation runs. Every field is an environment variable: `ATTEST_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("data"), description="Folder for the SQLite database, the secret and the log's key; made if it is missing."
    )
    database_url: str = Field(
        "",
        description="SQLAlchemy URL: `sqlite:///…` or `postgresql+psycopg://…`. Empty: `attest.db` in the data folder.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs list cursors. Empty: made once and kept in the data folder. "
        "Set it where several processes serve one database.",
    )
    log_key_file: str = Field(
        "",
        description="File with the private key that signs the log. Empty: `log.key` in the data folder, made when the "
        "first entry is signed. Have it on every machine that writes to one database.",
    )
    log_origin: str = Field(
        "localhost/attest",
        pattern=r"^[^\s+]{1,200}$",
        description="Name of the log in what it signs: an address of yours without https://, such as "
        "`factcheck.example/log`. Set it before the first entry, and never change it.",
    )
    public_url: str = Field(
        "",
        pattern=r"^$|^https?://[^\s?#]+$",
        description="Where readers reach this service, such as `https://factcheck.example`: what citations and exports "
        "point to. Set it before the first is given out. Empty: `http://localhost` and the port.",
    )
    publisher: str = Field(
        "Attest",
        min_length=1,
        max_length=200,
        description="Who publishes this record: whom citations of its decisions name as the author.",
    )
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="Largest request body, in bytes.")
    max_import_bytes: int = Field(64_000_000, ge=1_000, description="Largest body of an import request, in bytes.")
    wrong_keys_per_minute: int = Field(
        10,
        ge=1,
        le=1_000_000,
        description="Tries per minute with keys that do not work: so many with the first part of one key, "
        "six times as many from one address.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses and networks of reverse proxies, parted by commas, whose `X-Forwarded-For` says who "
        "asks. Empty: nobody's.",
    )
    max_capture_bytes: int = Field(
        50_000_000, ge=1_000, le=1_000_000_000, description="Largest file that is taken as a capture, in bytes."
    )
    capture_store: str = Field(
        "",
        description="Where the bytes of captures are kept: a folder, or `s3://bucket/prefix` "
        "(takes the extra `s3`; credentials from `AWS_…`). Empty: `captures` in the data folder.",
    )
    pool_size: int = Field(16, ge=1, le=500, description="Database connections kept open per process.")
    kept_answers_bytes: int = Field(
        16_000_000, ge=0, description="Memory for answers that are given again while they are still right; 0: none."
    )
    shared_max_age: int = Field(
        0,
        ge=0,
        le=86_400,
        description="Seconds for which a CDN may answer keyless reads from its copy before it asks again. "
        "0: it asks each time, which costs us a look at one row.",
    )
    log_level: str = Field("info", description="critical, error, warning, info or debug.")

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        try:
            make_url(url or "sqlite://")
        except (ArgumentError, ValueError):
            raise ValueError("is not a database URL") from None  # the error would repeat the password
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _known_networks(cls, listed: str) -> str:
        found = [one.strip() for one in listed.split(",") if one.strip()]
        for one in found:
            try:
                ip_network(one)
            except ValueError:
                raise ValueError("must be addresses or networks such as 10.0.0.5, fd00::/8") from None
        return ",".join(found)

    @field_validator("capture_store")
    @classmethod
    def _folder_or_bucket(cls, address: str) -> str:
        if "://" in address and not address.startswith("s3://"):
            raise ValueError("must be a folder, or begin with s3://")
        return address

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level not in ("critical", "error", "warning", "info", "debug"):
            raise ValueError("must be critical, error, warning, info or debug")
        return level

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'attest.db'}"

    @property
    def api_url(self) -> str:
        """Where readers reach the API, without a slash at the end."""
        return f"{(self.public_url or f'http://localhost:{self.port}').rstrip('/')}/api/v1"

    @property
    def log_key_path(self) -> Path:
        """The file with the log's key that is in force."""
        return Path(self.log_key_file) if self.log_key_file else self.data_dir / "log.key"


def keep_secret(path: Path, secret: str) -> None:
    """Write a secret for its owner's eyes only, unless there is one.

    Of processes that start together the first wins; none sees half.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}-") as draft, suppress(FileExistsError):
        draft.write(secret)
        draft.flush()
        os.fsync(draft.fileno())
        os.link(draft.name, path)


def variable_names() -> list[str]:
    """Every environment variable that Attest reads."""
    return [PREFIX + name.upper() for name in Settings.model_fields]


@lru_cache(maxsize=1)
def load() -> Settings:
    """The settings of this process.

    Raises `SettingsError` for a value out of range and for a variable that begins with `ATTEST_` and means nothing:
    a misspelt name would otherwise be ignored in silence, and the installation would run with a default.
    """
    # ATTEST_TEST_… belongs to the test suite, which runs in the same environment.
    unknown = sorted(
        name
        for name in os.environ
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(PREFIX + "TEST_")
        and name.upper() not in variable_names()
    )
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: no such setting. Known: {', '.join(variable_names())}.")
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise SettingsError(faults) from error
