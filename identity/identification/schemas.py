"""Presenting an identification, and proving it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from identity.identification.rules import Method
from identity.parties.schemas import NumberText
from shared.schemas import AwareDatetime, Strict

Device = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]


class StartIdentification(Strict):
    """`device` tells the app's users apart, so that one who guesses numbers does not lock out the others."""

    method: Method
    id_number: NumberText
    device: Device = "-"


class Started(Strict):
    """`id-card`: sign the characters of `challenge`. `one-time-code`: the code comes to the person's telephone."""

    id: UUID
    method: Method
    challenge: str
    expires_at: AwareDatetime


class Prove(Strict):
    """`id-card`: base64url of the 64-byte ES256 signature. `one-time-code`: the six digits."""

    response: Annotated[str, Field(min_length=1, max_length=200)]


class Proved(Strict):
    """Exchange the token at the token endpoint within two minutes."""

    identification_token: str
    assurance: int
