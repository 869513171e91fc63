"""What identity is told at start, beyond what every service is told."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from identity.vault import Vault
from shared.settings import MIN_PASSWORD, SecretFile, ServiceSettings, is_encrypted, is_short


class IdentitySettings(ServiceSettings):
    """The key files are made by whoever deploys; the vault refuses them when they are short, weak or the same."""

    master_key_file: SecretFile = Field(
        description="32 random bytes that wrap every party's key; kept outside the database.",
        examples=["/run/secrets/master.key"],
    )
    index_key_file: SecretFile = Field(
        description="32 other random bytes, by which numbers are looked up.", examples=["/run/secrets/index.key"]
    )
    code_sender_url: str | None = Field(
        None,
        description="Where one-time codes are handed over for delivery. None: into the log (embedded only).",
        examples=["https://messages.example/codes"],
    )
    max_age_years: int = Field(
        150, ge=100, le=200, description="Numbers of people older than this need a person to look at them."
    )

    nats_issuer_seed_file: SecretFile | None = Field(
        None,
        description="Seed (`SA…`) of the account key by which departments are let onto the bus; its public half is "
        "`issuer` in the server's `auth_callout`. None: no department is let in.",
    )
    nats_system_user: str | None = Field(
        None, description="User of the bus's system account, by which identity cuts off who may not stay."
    )
    nats_system_password: SecretStr | None = Field(None, description="Password of that user.")
    nats_public_url: str | None = Field(
        None, description="Where departments reach the bus, `nats://…` or `tls://…`. None: where this service does."
    )
    nats_check_seconds: float = Field(
        20.0, gt=0, le=30, description="How often connections of departments are checked, besides at revocations."
    )

    oidc_providers_file: Path | None = Field(
        None,
        description="YAML: the OpenID Connect providers that sign in people and officers, see docs/onboarding.md.",
    )
    officer_sign_in_scopes: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Scopes that a department has only for an officer who signed in at one of them, comma-separated.",
    )

    @field_validator("officer_sign_in_scopes", mode="before")
    @classmethod
    def _split_scopes(cls, value: object) -> object:
        return frozenset(filter(None, value.split(","))) if isinstance(value, str) else value

    def unsafe(self) -> list[str]:
        """As of every service; and departments' tokens travel to the bus."""
        url = self.nats_public_url
        found = (
            (
                url is not None and not is_encrypted(url),
                "ONEVISIT_NATS_PUBLIC_URL must be tls://… or wss://…: departments' tokens travel to it",
            ),
            (
                is_short(self.nats_system_password),
                f"ONEVISIT_NATS_SYSTEM_PASSWORD needs {MIN_PASSWORD} characters or more",
            ),
        )
        return [*super().unsafe(), *(reason for holds, reason in found if holds)]

    @model_validator(mode="after")
    def _codes_reach_people(self) -> "IdentitySettings":
        if self.profile != "embedded" and not (self.code_sender_url or "").startswith("https://"):
            raise ValueError("ONEVISIT_CODE_SENDER_URL must be an https address outside the embedded profile")
        return self

    def vault(self) -> Vault:
        return Vault.load(master_key_file=self.master_key_file, index_key_file=self.index_key_file)
