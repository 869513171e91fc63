"""What the certificates service is told at start."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class CertificatesSettings(ServiceSettings):
    """The settings of every service, and where the seals are."""

    seal_directory: Path = Field(
        description="Key directory made by `onevisit keys init`: root.pem, root.crl, platform/ and departments/."
    )
    seal_refresh_seconds: float = Field(
        5.0, gt=0, le=60, description="How often a process looks whether there are new sealing keys."
    )
    seal_passphrase_file: Path | None = Field(None, description="File with the passphrase that opens the key files.")
    seal_keys_plain: bool = Field(
        False, description="Allow key files without a passphrase outside the embedded profile too."
    )
