"""Settings that every service has; the only reader of the environment (`ONEVISIT_*`) and of the files of secrets."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy import make_url

from shared.errors import CannotStart

Part = Literal["api", "worker"]
# A directory with a file for each secret, called as the setting is: `onevisit_database_password`.
SECRETS_DIRECTORY = "ONEVISIT_SECRETS_DIRECTORY"


class ServiceSettings(BaseSettings):
    """What a service is told at start. A subclass per service adds its own."""

    model_config = SettingsConfigDict(env_prefix="ONEVISIT_", extra="ignore", frozen=True)

    profile: Literal["embedded", "production"] = Field(
        "production", description="`embedded` relaxes what only a demonstration on one machine may relax."
    )
    issuer: str = Field(description="Public base URL of the platform: the gateway's. Issuer of all tokens.")
    identity_url: str = Field(description="Base URL of the identity service.")
    licensing_url: str = Field(description="Base URL of the licensing service.")
    certificates_url: str = Field(description="Base URL of the certificates service.")
    records_url: str = Field(description="Base URL of the records service.")
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL of this service, `postgresql+asyncpg://…`; of several servers the one that "
        "takes writes is used: `…@/licensing?host=a:5432&host=b:5432`.",
    )
    database_password: SecretStr | None = Field(
        None, description="Password for `ONEVISIT_DATABASE_URL`, where that has none."
    )
    database_pool: int = Field(10, ge=2, le=200, description="Connections that this process keeps to PostgreSQL.")
    nats_url: str | None = Field(None, description="NATS servers, `nats://host:port`, comma-separated.")
    nats_replicas: int = Field(
        1, ge=1, le=5, description="How many servers of the bus keep each event: 1, or 3 where there are three."
    )
    nats_user: str | None = Field(None, description="Static NATS user of this service.")
    nats_password: SecretStr | None = Field(None, description="Password of that NATS user.")
    client_key_file: Path | None = Field(None, description="PEM private key by which this service asks for tokens.")
    cursor_key_file: Path | None = Field(
        None, description="32 random bytes that sign feed cursors; the same everywhere."
    )
    revocations_seconds: float = Field(
        20.0, gt=0, le=30, description="How often a service asks identity whose tokens are revoked."
    )
    run: Annotated[frozenset[Part], NoDecode] = Field(
        frozenset({"api", "worker"}),
        description="Which parts this process runs, comma-separated: `api`, `worker`.",
    )
    zone: str = Field("Asia/Shanghai", description="Time zone in which legal days are counted.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged.")
    traces_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Collector of OpenTelemetry traces, OTLP over HTTP: `http://collector:4318/v1/traces`. Without it, "
        "none are made.",
    )
    traces_share: float = Field(
        1.0, gt=0, le=1, description="Which share of all traces is recorded; the gateway draws."
    )
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body accepted, in bytes.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - files of settings are for others to read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - below, from where the environment says
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in, else the environment, else the files of secrets."""
        directory = os.environ.get(SECRETS_DIRECTORY)
        if directory is None:
            return init_settings, env_settings
        if not Path(directory).is_dir():
            raise CannotStart(f"{SECRETS_DIRECTORY} names {directory}, which is no directory")
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=directory)

    def database_address(self) -> str | None:
        """Where the database is and as whom, with the password."""
        if self.database_url is None:
            return None
        given = self.database_url.get_secret_value()
        if self.database_password is None:
            return given
        url = make_url(given).set(password=self.database_password.get_secret_value())
        return url.render_as_string(hide_password=False)

    @field_validator("run", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def refusal_of(error: ValidationError) -> CannotStart:
    """Settings that are missing or wrong, as one line that names the variables; never their values."""
    return CannotStart("; ".join(_wrong(each["loc"], each["msg"]) for each in error.errors()))


def _wrong(place: tuple[int | str, ...], message: str) -> str:
    prefix, message = str(ServiceSettings.model_config.get("env_prefix")), message.removeprefix("Value error, ")
    return f"{prefix}{str(place[0]).upper()}: {message}" if place else message
