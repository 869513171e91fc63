"""Shapes of verification, online and offline."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Base64Bytes, Field, model_validator

from certificates.credentials.rules import Challenge
from certificates.issuing.model import Origin
from certificates.sealing.rules import MAX_DOCUMENT_BYTES
from certificates.verification.errors import Reason
from certificates.verification.forms import MAX_BYTES, Form, KeyBinding
from shared.schemas import Code, Strict, Text

DayState = Literal["in force", "not yet", "expired"]
RegisterState = DayState | Literal["withheld", "transferred", "revoked", "cancelled", "withdrawn", "unknown"]
OfflineState = DayState | Literal["withheld", "ended", "unknown"]


class VerificationRequest(Strict):
    """Exactly one of: a file in base64; the number; a token, which is a bare seal, a QR code's text or a credential.

    `audience` and `nonce`, both or neither: what a wallet was asked to prove its holder's key for (RFC 9901 KB-JWT).
    """

    document: (
        Annotated[Base64Bytes, Field(max_length=MAX_BYTES, description="The PDF or the sealed JSON file, to the byte.")]
        | None
    ) = None
    number: Annotated[str, Field(max_length=120, description="As it is printed (GB/T 36904).")] | None = None
    token: (
        Annotated[str, Field(max_length=2 * MAX_DOCUMENT_BYTES, description="What a QR code or a wallet shows.")] | None
    ) = None
    audience: Annotated[str, Field(min_length=1, max_length=2048, description="Who asked: `aud`.")] | None = None
    nonce: Annotated[str, Field(min_length=1, max_length=512, description="What was to be signed.")] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set & {"document", "number", "token"}) != 1 or self.given is None:
            raise ValueError("send exactly one of document, number, token")
        return self

    @model_validator(mode="after")
    def _asked_of_what_can_answer(self) -> Self:
        if (self.audience is None) != (self.nonce is None) or (self.audience is not None and self.number is not None):
            raise ValueError("send audience and nonce together, with what a wallet shows")
        return self

    @property
    def challenge(self) -> Challenge | None:
        """What the wallet was asked, where the verifier says so."""
        if self.audience is None or self.nonce is None:
            return None
        return Challenge(audience=self.audience, nonce=self.nonce)

    @property
    def given(self) -> bytes | str | None:
        """What was sent, whichever it was."""
        return self.document if self.document is not None else self.number if self.number is not None else self.token

    @property
    def shown(self) -> bytes:
        """What was sent, as bytes."""
        return self.given.encode() if isinstance(self.given, str) else self.given or b""


class VerificationView(Strict):
    """The verdict of the register. Nothing about the holder, whoever asks.

    `form` is what was shown, by its looks. `origin` is `imported` for what was issued before this platform: its issuer
    vouches for it, no seal of ours. `purpose` and `purpose_until`: a copy was shown, good for that until then.
    `key_binding`: of a credential, whether who shows it proved to hold its key, to who asks.
    """

    genuine: bool
    origin: Origin | None = None
    form: Form
    state: RegisterState
    kind: Code | None = None
    kind_label: Text | None = None
    issuer: Code | None = None
    issuer_name: Text | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    purpose: str | None = None
    purpose_until: date | None = None
    key_binding: KeyBinding | None = None
    reasons: tuple[Reason, ...] = ()
