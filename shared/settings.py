"""Settings that every service has; the only reader of the environment (`ONEVISIT_*`) and of the files of secrets."""

import os
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
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
# A file that nobody but the service may read.
SECRET_FILE = "secret file"  # noqa: S105 - what it is, not what it says
SecretFile = Annotated[Path, SECRET_FILE]
MIN_PASSWORD = 16
# A directory with a file for each secret, called as the setting is: `onevisit_database_password`.
SECRETS_DIRECTORY = "ONEVISIT_SECRETS_DIRECTORY"


class ServiceSettings(BaseSettings):
    """What a service is told at start. A subclass per service adds its own."""

    model_config = SettingsConfigDict(env_prefix="ONEVISIT_", extra="ignore", frozen=True)

    profile: Literal["embedded", "production"] = Field(
        "production", description="`embedded` relaxes what only a demonstration on one machine may relax."
    )
    issuer: str = Field(
        description="Public base URL of the platform: the gateway's. Issuer of all tokens.",
        examples=["https://onevisit.example"],
    )
    identity_url: str = Field(description="Base URL of the identity service.", examples=["http://identity:8000"])
    licensing_url: str = Field(description="Base URL of the licensing service.", examples=["http://licensing:8000"])
    certificates_url: str = Field(
        description="Base URL of the certificates service.", examples=["http://certificates:8000"]
    )
    records_url: str = Field(description="Base URL of the records service.", examples=["http://records:8000"])
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL of this service, `postgresql+asyncpg://…`; of several servers the one that "
        "takes writes is used: `…@/licensing?host=a:5432&host=b:5432`.",
        examples=["postgresql+asyncpg://{service}@postgres:5432/{service}"],
    )
    database_password: SecretStr | None = Field(
        None, description="Password for `ONEVISIT_DATABASE_URL`, where that has none."
    )
    database_pool: int = Field(10, ge=2, le=200, description="Connections that this process keeps to PostgreSQL.")
    nats_url: str | None = Field(
        None, description="NATS servers, `tls://host:port`, comma-separated.", examples=["tls://nats:4222"]
    )
    nats_replicas: int = Field(
        1, ge=1, le=5, description="How many servers of the bus keep each event: 1, or 3 where there are three."
    )
    nats_user: str | None = Field(None, description="Static NATS user of this service.", examples=["nats-{service}"])
    nats_password: SecretStr | None = Field(None, description="Password of that NATS user.")
    client_key_file: SecretFile | None = Field(
        None,
        description="PEM private key by which this service asks for tokens.",
        examples=["/run/secrets/client.pem"],
    )
    cursor_key_file: SecretFile | None = Field(
        None,
        description="32 random bytes that sign feed cursors; the same everywhere.",
        examples=["/run/secrets/cursor.key"],
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

    def unsafe(self) -> list[str]:
        """Why a service must not start so outside the embedded profile, one line for each reason; never a value."""
        url, passwords = self.nats_url, (self.nats_password, self.database_password)
        found = (
            (not self.issuer.startswith("https://"), "ONEVISIT_ISSUER must be https://…: tokens travel to it"),
            (self.log_level == "DEBUG", "ONEVISIT_LOG_LEVEL=DEBUG may write down what people send; use INFO"),
            (url is not None and not is_encrypted(url), "ONEVISIT_NATS_URL must be tls://…: passwords travel to it"),
            (
                url is not None and not (self.nats_user and self.nats_password),
                "ONEVISIT_NATS_USER and ONEVISIT_NATS_PASSWORD are missing: the bus must know who connects",
            ),
            (
                any(is_short(password) for password in passwords),
                f"ONEVISIT_NATS_PASSWORD and ONEVISIT_DATABASE_PASSWORD need {MIN_PASSWORD} characters or more",
            ),
        )
        return [reason for holds, reason in found if holds]

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError("not a time zone, such as Asia/Shanghai") from None
        return value

    @field_validator("run", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def secret_files(settings: ServiceSettings) -> dict[str, Path]:
    """The files of secrets that the settings name, by variable."""
    prefix, fields = settings.model_config.get("env_prefix", ""), type(settings).model_fields
    named = {name: getattr(settings, name) for name, field in fields.items() if is_secret_file(field)}
    return {f"{prefix}{name.upper()}": path for name, path in named.items() if path is not None}


def is_secret_file(field: FieldInfo) -> bool:
    """Whether a setting names a file that nobody else may read."""
    return SECRET_FILE in field.metadata or any(
        SECRET_FILE in get_args(option) for option in get_args(field.annotation)
    )


def is_encrypted(url: str) -> bool:
    """Whether what goes to this address of a bus is encrypted on its way."""
    return url.startswith(("tls://", "wss://"))


def is_short(password: SecretStr | None) -> bool:
    """Whether there is a password that can be guessed."""
    return password is not None and len(password.get_secret_value()) < MIN_PASSWORD


def refusal_of(error: ValidationError) -> CannotStart:
    """Settings that are missing or wrong, as one line that names the variables; never their values."""
    return CannotStart("; ".join(_wrong(each["loc"], each["msg"]) for each in error.errors()))


def _wrong(place: tuple[int | str, ...], message: str) -> str:
    prefix, message = str(ServiceSettings.model_config.get("env_prefix")), message.removeprefix("Value error, ")
    return f"{prefix}{str(place[0]).upper()}: {message}" if place else message
