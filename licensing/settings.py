"""What licensing is told at start."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class LicensingSettings(ServiceSettings):
    """The settings of every service, and the key by which grants are signed."""

    grant_key_file: Path | None = Field(
        None, description="PEM private key (P-256) that signs grants to read evidence. Default: the client key."
    )
