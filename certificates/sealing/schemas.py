"""What is sealed: the content of one certificate. Its canonical bytes are the only form that it has."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from shared.canonical import canonical_json
from shared.contracts.numbers import NumberSeal
from shared.schemas import Code, RegionCode, Strict, Text

CreditCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
# Since 1970 (RFC 7519, NumericDate), as far as there are dates: to the end of the year 9999.
Seconds = Annotated[int, Field(ge=0, lt=253_402_300_800)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]


class Issuer(Strict):
    """The department that issued, by its code here and its unified social credit code (统一社会信用代码)."""

    department: Code
    name: Text
    uscc: CreditCode


class StatusEntry(Strict):
    """Where the certificate's state stands in the published status lists: which list, and which entry of it."""

    list: Annotated[int, Field(ge=0)]
    index: Annotated[int, Field(ge=0)]


class CertificateDocument(Strict):
    """A certificate as its holder keeps it. Dates are legal days; `sealed_at` is when the seal was set.

    `status` is missing in documents that were sealed before there were status lists. `identity_number` is there where
    the page shows the holder's: a digest that binds it, and tells nothing.
    """

    certificate: UUID
    number: str
    version: Version
    predecessor: str | None
    kind: Code
    kind_label: Text
    holder: UUID
    issuer: Issuer
    region: RegionCode
    claims: dict[Code, JsonValue]
    issued_on: date
    valid_from: date
    valid_until: date | None
    sealed_at: AwareDatetime
    status: StatusEntry | None = None
    identity_number: NumberSeal | None = None

    def canonical(self) -> bytes:
        """The bytes that are sealed (RFC 8785); what a document does not say, they do not say either."""
        return canonical_json(self.model_dump(mode="json", exclude_unset=True))
