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
    """The environment does not hold a usable configuration; the message says which variable is at fault and why."""


class Settings(BaseSettings):
    """Configuration of this installation. Each field is an environment variable: `ATTEST_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("data"),
        description="Folder for the SQLite database, the secret and the log's key. It is created if it does not exist.",
    )
    database_url: str = Field(
        "",
        description="SQLAlchemy URL: `sqlite:///…` or `postgresql+psycopg://…`. "
        "If empty, Attest uses `attest.db` in the data folder.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks any free port.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret that signs list cursors. If empty, one is generated and kept in the data folder. "
        "Set it if several processes serve one database.",
    )
    log_key_file: str = Field(
        "",
        description="File with the private key that signs the log. If empty, Attest uses `log.key` in the data folder "
        "and generates it when it signs the first entry. "
        "Every machine that writes to the database needs the same file.",
    )
    log_origin: str = Field(
        "localhost/attest",
        pattern=r"^[^\s+]{1,200}$",
        description="Name of the log in its signatures: a URL that you control, without https://, such as "
        "`factcheck.example/log`. Set it before the first entry and never change it.",
    )
    public_url: str = Field(
        "",
        pattern=r"^$|^https?://[^\s?#]+$",
        description="Base URL at which readers reach this service, such as `https://factcheck.example`. Citations and "
        "exports point to it, so set it before you publish the first one. "
        "If empty, Attest uses `http://localhost` and the port.",
    )
    publisher: str = Field(
        "Attest",
        min_length=1,
        max_length=200,
        description="Publisher of this record. Citations of its decisions name it as the author.",
    )
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="Maximum size of a request body, in bytes.")
    max_import_bytes: int = Field(
        64_000_000, ge=1_000, description="Maximum size of the body of an import request, in bytes."
    )
    wrong_keys_per_minute: int = Field(
        10,
        ge=1,
        le=1_000_000,
        description="Failed attempts that are allowed per minute for one key handle (the first part of a key). One "
        "client IP address is allowed six times as many.",
    )
    trusted_proxies: str = Field(
        "",
        description="IP addresses and networks of reverse proxies, separated by commas, whose `X-Forwarded-For` is "
        "trusted. If empty, no proxy is trusted.",
    )
    max_capture_bytes: int = Field(
        50_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Maximum size of a file that is accepted as a capture, in bytes, except video and audio.",
    )
    max_recording_bytes: int = Field(
        2_000_000_000,
        ge=1_000,
        le=1_000_000_000_000,
        description="Maximum size of a video or audio file that is accepted as a capture, in bytes.",
    )
    capture_store: str = Field(
        "",
        description="Where the bytes of captures are stored: a folder, or `s3://bucket/prefix` "
        "(requires the extra `s3`; credentials come from `AWS_…`). "
        "If empty, Attest uses `captures` in the data folder.",
    )
    pool_size: int = Field(16, ge=1, le=500, description="Database connections kept open per process.")
    max_streams: int = Field(
        8,
        ge=1,
        le=500,
        description="Long exports and citation lists that one process sends at the same time. Each holds a database "
        "connection besides those of `ATTEST_POOL_SIZE`. Further ones are refused with 503.",
    )
    response_cache_bytes: int = Field(
        16_000_000, ge=0, description="Memory for cached responses, in bytes. 0 disables the cache."
    )
    shared_max_age: int = Field(
        0,
        ge=0,
        le=86_400,
        description="Seconds for which a CDN may serve cached responses to requests without a key before it "
        "revalidates them. With 0 it revalidates every time, which costs Attest one row lookup.",
    )
    log_level: str = Field("info", description="Log level: critical, error, warning, info or debug.")

    @field_validator("database_url")
    @classmethod
    def _supported_database(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        try:
            make_url(url or "sqlite://")
        except (ArgumentError, ValueError):
            raise ValueError(
                "must be a database URL such as sqlite:///attest.db"
            ) from None  # the original error repeats the password
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _valid_networks(cls, text: str) -> str:
        networks = [part.strip() for part in text.split(",") if part.strip()]
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(
                    "must be IP addresses or networks, separated by commas, such as 10.0.0.5,fd00::/8"
                ) from None
        return ",".join(networks)

    @field_validator("capture_store")
    @classmethod
    def _folder_or_bucket(cls, address: str) -> str:
        if "://" in address and not address.startswith("s3://"):
            raise ValueError("must be a folder or begin with s3://")
        return address

    @field_validator("log_level")
    @classmethod
    def _valid_level(cls, level: str) -> str:
        if level not in ("critical", "error", "warning", "info", "debug"):
            raise ValueError("must be critical, error, warning, info or debug")
        return level

    @property
    def max_upload_bytes(self) -> int:
        """The largest body of a request that uploads a capture."""
        return max(self.max_capture_bytes, self.max_recording_bytes)

    @property
    def url(self) -> str:
        """The database URL in effect."""
        return self.database_url or f"sqlite:///{self.data_dir / 'attest.db'}"

    @property
    def api_url(self) -> str:
        """Address where readers reach the API, without a trailing slash."""
        return f"{(self.public_url or f'http://localhost:{self.port}').rstrip('/')}/api/v1"

    @property
    def log_key_path(self) -> Path:
        """The file with the log's private key in effect."""
        return Path(self.log_key_file) if self.log_key_file else self.data_dir / "log.key"


def create_secret_file(path: Path, secret: str) -> None:
    """Write a secret to a file that only its owner can read, unless the file exists.

    If several processes start at once, the first one wins, and none reads a half-written file.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}-") as draft, suppress(FileExistsError):
        draft.write(secret)
        draft.flush()
        os.fsync(draft.fileno())
        os.link(draft.name, path)


def variable_names() -> list[str]:
    """Return the names of all environment variables that Attest reads."""
    return [PREFIX + name.upper() for name in Settings.model_fields]


@lru_cache(maxsize=1)
def load() -> Settings:
    """Return the settings of this process.

    Raises `SettingsError` for an invalid value and for an unknown variable that begins with `ATTEST_`: a misspelt name
    would otherwise be ignored silently, and the installation would run with a default.
    """
    # ATTEST_TEST_… variables belong to the test suite, which runs in the same environment.
    unknown = sorted(
        name
        for name in os.environ
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(PREFIX + "TEST_")
        and name.upper() not in variable_names()
    )
    if unknown:
        raise SettingsError(
            f"{', '.join(unknown)}: Attest has no such setting. Correct or unset it. "
            f"The settings are: {', '.join(variable_names())}."
        )
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise SettingsError(problems) from error
