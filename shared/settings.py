"""Settings that every service has; the only reader of the environment (`ONEVISIT_*`)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Part = Literal["api", "worker"]


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
    database_url: SecretStr | None = Field(None, description="PostgreSQL of this service, `postgresql+asyncpg://…`.")
    database_pool: int = Field(10, ge=2, le=200, description="Connections that this process keeps to PostgreSQL.")
    nats_url: str | None = Field(None, description="NATS server, `nats://host:port`.")
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
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body accepted, in bytes.")

    @field_validator("run", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(part.strip() for part in value.split(",")) if isinstance(value, str) else value
