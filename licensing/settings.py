"""What licensing is told at start."""

from pydantic import Field

from shared.errors import CannotStart
from shared.jose import SigningKey
from shared.settings import SecretFile, ServiceSettings


class LicensingSettings(ServiceSettings):
    """The settings of every service, and the key by which grants are signed."""

    grant_key_file: SecretFile | None = Field(
        None, description="PEM private key (P-256) that signs grants to read evidence. Default: the client key."
    )

    def grant_key(self) -> SigningKey:
        """The key; its public half is at `/.well-known/jwks.json`."""
        path = self.grant_key_file or self.client_key_file
        if path is None:
            raise CannotStart("licensing has no key for grants: set ONEVISIT_GRANT_KEY_FILE")
        return SigningKey.load(path)
