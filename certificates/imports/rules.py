"""What a row must say to become a certificate, beside what every row must. Pure."""

from datetime import date

from certificates.imports.schemas import CertificateRow
from certificates.issuing.rules import CertificateNumber
from shared.imports.errors import Rejected
from shared.imports.rules import check_past, check_validity


def check_row(row: CertificateRow, today: date) -> None:
    """Refuse (Rejected) a number of another form, and dates that cannot be meant.

    A wrong check character is no reason: such numbers are in circulation (DOMAIN 4.2), and it is flagged instead.
    """
    try:
        CertificateNumber.parse(row.number)
    except ValueError:
        raise Rejected("number-not-valid", "/number") from None
    check_past(row.issued_on, today=today, field="/issued_on")
    check_validity(row.valid_from or row.issued_on, row.valid_until, today=today)
