"""What identity is told at start, beyond what every service is told."""

from pathlib import Path

from pydantic import Field, model_validator

from identity.vault import Vault
from shared.settings import ServiceSettings


class IdentitySettings(ServiceSettings):
    """The key files are made by whoever deploys; the vault refuses them when they are short, weak or the same."""

    master_key_file: Path = Field(description="32 random bytes that wrap every party's key; kept outside the database.")
    index_key_file: Path = Field(description="32 other random bytes, by which numbers are looked up.")
    code_sender_url: str | None = Field(
        None, description="Where one-time codes are handed over for delivery. None: into the log (embedded only)."
    )
    max_age_years: int = Field(
        150, ge=100, le=200, description="Numbers of people older than this need a person to look at them."
    )

    @model_validator(mode="after")
    def _codes_reach_people(self) -> "IdentitySettings":
        if self.profile != "embedded" and not (self.code_sender_url or "").startswith("https://"):
            raise ValueError("ONEVISIT_CODE_SENDER_URL must be an https address outside the embedded profile")
        return self

    def vault(self) -> Vault:
        return Vault.load(master_key_file=self.master_key_file, index_key_file=self.index_key_file)
