"""The keys of a directory, administered: `onevisit keys` runs these functions, and the demonstration's seed."""

from certificates.sealing.keys.ceremonies import RevocationReason, init, protect, prune, renew_crl, revoke, rotate
from certificates.sealing.keys.desk import KeyDesk, KeyFiles, KeyStore
from certificates.sealing.keys.listing import (
    Concern,
    KeyState,
    concerns,
    endings,
    listed,
    read_departments,
    serial_of_key,
)

__all__ = [
    "Concern",
    "KeyDesk",
    "KeyFiles",
    "KeyState",
    "KeyStore",
    "RevocationReason",
    "concerns",
    "endings",
    "init",
    "listed",
    "protect",
    "prune",
    "read_departments",
    "renew_crl",
    "revoke",
    "rotate",
    "serial_of_key",
]
