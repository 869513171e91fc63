"""Shapes of the wallet's API, and the two documents that readers of credentials fetch."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from certificates.credentials.rules.claims import WalletKey
from shared.schemas import Strict


class NonceView(Strict):
    """What the wallet signs, to show that its proof is new (OpenID4VCI 1.0 section 7.2)."""

    c_nonce: Annotated[str, Field(description="Good for five minutes and for one credential.")]


class CredentialRequest(Strict):
    """A wallet asks for a certificate to be bound to its key."""

    proof: Annotated[
        str,
        Field(
            max_length=4096,
            description="JWT by the wallet's key, ES256: `typ` (`openid4vci-proof+jwt`) and `jwk` in its header; `aud`"
            " (this platform), `iat` and `nonce` (OpenID4VCI 1.0, appendix F.1).",
        ),
    ]


class CredentialView(Strict):
    """The credential, with all that it can show."""

    credential: str
    format: Literal["dc+sd-jwt"] = "dc+sd-jwt"


class TypeDisplay(Strict):
    """What people call this type of credential."""

    locale: str
    name: str


class ClaimDisplay(Strict):
    """What people call this claim."""

    locale: str
    label: str


class ClaimMetadata(Strict):
    """One claim: where it stands, what it is called, whether it is shown only where the holder wants."""

    path: tuple[str, ...]
    display: tuple[ClaimDisplay, ...]
    sd: Literal["always", "never"]


class TypeMetadata(Strict):
    """What a type of credential says (SD-JWT VC section 4)."""

    vct: str
    name: str
    display: tuple[TypeDisplay, ...]
    claims: tuple[ClaimMetadata, ...]


class PublishedKey(WalletKey):
    """A key by which this issuer signs or signed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alg: Literal["ES256"] = "ES256"
    kid: str
    use: Literal["sig"] = "sig"
    x5c: tuple[str, ...]


class PublishedKeys(Strict):
    """A set of keys (RFC 7517)."""

    keys: tuple[PublishedKey, ...]


class IssuerMetadata(Strict):
    """Who issues, and by which keys (SD-JWT VC section 3)."""

    issuer: str
    jwks: PublishedKeys
