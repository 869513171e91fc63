"""Shapes of online verification."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Base64Bytes, Field, model_validator

from certificates.issuing.model import Origin
from certificates.sealing.rules import MAX_DOCUMENT_BYTES
from certificates.verification.errors import Reason
from shared.schemas import Code, Strict, Text

RegisterState = Literal[
    "in force",
    "not yet",
    "expired",
    "withheld",
    "transferred",
    "revoked",
    "cancelled",
    "withdrawn",
    "unknown",
]


class VerificationRequest(Strict):
    """Exactly one of: the file in base64; the number; the bare seal, as a QR code shows it."""

    document: Annotated[Base64Bytes, Field(max_length=3 * MAX_DOCUMENT_BYTES)] | None = None
    number: Annotated[str, Field(max_length=120)] | None = None
    token: Annotated[str, Field(max_length=2 * MAX_DOCUMENT_BYTES)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set & {"document", "number", "token"}) != 1 or self.given is None:
            raise ValueError("send exactly one of document, number, token")
        return self

    @property
    def given(self) -> bytes | str | None:
        """What was sent, whichever it was."""
        return self.document if self.document is not None else self.number if self.number is not None else self.token


class VerificationView(Strict):
    """The verdict of the register. Nothing about the holder, whoever asks.

    `origin` is `imported` for what was issued before this platform: its issuer vouches for it, no seal of ours.
    """

    genuine: bool
    origin: Origin | None = None
    state: RegisterState
    kind: Code | None = None
    kind_label: Text | None = None
    issuer: Code | None = None
    issuer_name: Text | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    reasons: tuple[Reason, ...] = ()
