"""What the certificates service is told at start."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from shared.settings import SecretFile, ServiceSettings


class CertificatesSettings(ServiceSettings):
    """The settings of every service, where the seals are, and what documents are made with."""

    seal_directory: Path = Field(
        description="Key directory made by `onevisit keys init`: root.pem, root.crl, platform/ and departments/.",
        examples=["/seals"],
    )
    seal_refresh_seconds: float = Field(
        5.0, gt=0, le=60, description="How often a process looks whether there are new sealing keys."
    )
    seal_passphrase_file: SecretFile | None = Field(
        None,
        description="File with the passphrase that opens the key files.",
        examples=["/run/secrets/seal.passphrase"],
    )
    seal_keys_plain: bool = Field(
        False, description="Allow key files without a passphrase outside the embedded profile too."
    )
    seal_pkcs11_module: Path | None = Field(
        None, description="PKCS#11 library of the token that holds the sealing keys. None: they are in files."
    )
    seal_pkcs11_token: str | None = Field(None, description="Label of that token.")
    seal_pkcs11_pin_file: SecretFile | None = Field(None, description="File with the PIN that opens that token.")
    font_directory: Path | None = Field(
        None,
        description="Fonts that documents are printed with, and no others: a directory with Noto Sans CJK"
        " (`fonts-noto-cjk` of Debian). Without it, the font that the embedded profile brings.",
    )
    timestamp_url: str | None = Field(
        None, description="A time-stamping authority (RFC 3161) for documents, `https://…`. Without it, see below."
    )
    timestamp_chain_file: Path | None = Field(
        None,
        description="PEM: the certificates of who issued that authority's, and their lists of revoked certificates.",
    )
    own_timestamps: bool = Field(
        False,
        description="Timestamps by the platform's own office, whose clock is this machine's. The embedded profile does"
        " so by itself; others start only with this or with `ONEVISIT_TIMESTAMP_URL`.",
    )

    courier_url: str | None = Field(
        None, description="The courier that brings paper copies, `https://…`. Without it, they are picked up."
    )
    courier_token_file: SecretFile | None = Field(None, description="File with the token that the courier knows us by.")
    courier_seconds: float = Field(900.0, gt=0, description="How often the courier is asked after a parcel.")

    @model_validator(mode="after")
    def _a_courier_that_knows_us(self) -> Self:
        if (self.courier_url is None) != (self.courier_token_file is None):
            raise ValueError("courier_url and courier_token_file belong together")
        if self.profile != "embedded" and self.courier_url and not self.courier_url.startswith("https://"):
            raise ValueError("addresses go to the courier over https only")
        return self

    @model_validator(mode="after")
    def _a_whole_token_or_none(self) -> Self:
        given = (self.seal_pkcs11_module, self.seal_pkcs11_token, self.seal_pkcs11_pin_file)
        if any(given) and not all(given):
            raise ValueError("seal_pkcs11_module, seal_pkcs11_token and seal_pkcs11_pin_file belong together")
        return self
