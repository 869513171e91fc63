"""What the certificates service is told at start."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class CertificatesSettings(ServiceSettings):
    """The settings of every service, and where the seals are."""

    seal_directory: Path = Field(
        description="Key directory made by `python -m certificates.sealing.keys init`: root.pem and departments/."
    )
