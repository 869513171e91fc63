"""What a row says of a certificate that was issued elsewhere."""

from typing import Annotated

from pydantic import StringConstraints

from shared.imports.schemas import Row
from shared.schemas import LegalDate


class CertificateRow(Row):
    """`number` is its certificate number (电子证照标识). Without `valid_from` it is in force from when it was issued;
    without `valid_until` it has no end.
    """

    number: Annotated[str, StringConstraints(max_length=120)]
    issued_on: LegalDate
    valid_from: LegalDate | None = None
    valid_until: LegalDate | None = None

    @property
    def order(self) -> str:
        return self.number
