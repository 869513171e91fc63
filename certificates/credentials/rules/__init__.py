"""What a credential is (SD-JWT VC over RFC 9901): made from a certificate, and opened again. Pure."""

from certificates.credentials.rules.claims import TYPE, WalletKey, disclosures_of, signed_credential
from certificates.credentials.rules.opening import Challenge, OpenedCredential, open_credential
from certificates.credentials.rules.proofs import NonceKey, proven_key

__all__ = [
    "TYPE",
    "Challenge",
    "NonceKey",
    "OpenedCredential",
    "WalletKey",
    "disclosures_of",
    "open_credential",
    "proven_key",
    "signed_credential",
]
