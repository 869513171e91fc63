"""What is to be sealed again, and what is not. Pure."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import orjson
from cryptography import x509
from joserfc.util import urlsafe_b64encode

from certificates.sealing.rules import header_for

Why = Literal["not-genuine", "no-seal-key", "not-sealable"]


@dataclass(frozen=True, slots=True)
class Registered:
    """A certificate as the register has it: what it is called, and its seal."""

    id: UUID
    number: str
    seal: str


@dataclass(frozen=True, slots=True)
class NotResealed:
    """Why a certificate keeps its seal; somebody must look at it."""

    id: UUID
    why: Why


def begins_with(certificate: x509.Certificate) -> str:
    """What every seal by this certificate's key begins with, and none by another's."""
    return urlsafe_b64encode(orjson.dumps(header_for(certificate))).decode() + "."
