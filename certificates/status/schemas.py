"""Shape of what a verifier takes along to where there is no network."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.schemas import Strict


class VerificationBundle(Strict):
    """Every status list and every seal certificate of the platform. All of it is signed under the root, which is not in
    it: a verifier has that from elsewhere (`GET /v1/seal-root`).
    """

    made_at: Annotated[AwareDatetime, Field(description="As of when the oldest of the lists is.")]
    lists: Annotated[tuple[str, ...], Field(description="The status lists, in the order of their numbers from 0.")]
    seals: Annotated[tuple[str, ...], Field(description="Seal certificates of today and of before, DER in base64.")]
    crl: Annotated[str, Field(description="The root's list of revoked certificates, DER in base64.")]
