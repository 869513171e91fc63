"""What is sealed of a copy, and the shapes of its API."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime

from certificates.sealing.schemas import CertificateDocument
from shared.canonical import canonical_json
from shared.schemas import Line, Strict, Text
from shared.texts import has_invisible


def _visible(text: str) -> str:
    if has_invisible(text) or "\n" in text or "\t" in text:
        raise ValueError("a purpose is one line of what can be seen")
    return text


# At most 200 characters (申请事由, DOMAIN 4.5). It is printed across the page: nothing in it may look other than it is.
Purpose = Annotated[Line, AfterValidator(_visible)]


class CertificateCopy(Strict):
    """A copy as its holder hands it on: the certificate's content, and what it may be used for, until when (inclusive).

    JZJZZSJ, JZJZZSY and JZJYXQJZSJ of GB/T 36903 practice are `made_at`, `purpose` and `valid_until`.
    """

    id: UUID
    certificate: CertificateDocument
    purpose: str
    watermark: Text
    made_at: AwareDatetime
    valid_until: date

    def canonical(self) -> bytes:
        """The bytes that are sealed (RFC 8785); what the certificate does not say, they do not say either."""
        return canonical_json(self.model_dump(mode="json", exclude_unset=True))


class CopyRequest(Strict):
    """What the copy is for, and the last day on which it may be used."""

    purpose: Purpose
    valid_until: date


class CopyView(Strict):
    """A copy, without what its certificate says. `ended`: its last day is over, or its certificate is not in force."""

    id: UUID
    certificate: UUID
    purpose: str
    watermark: Text
    made_at: AwareDatetime
    valid_until: date
    state: Literal["in force", "ended"]
