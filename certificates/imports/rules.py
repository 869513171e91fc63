"""What a row must say to become a certificate, beside what every row must. Pure."""

from collections.abc import Sequence
from datetime import date

from certificates.imports.schemas import CertificateRow
from certificates.issuing.model import State
from certificates.issuing.rules import CertificateNumber
from shared.imports.commands import Accepted
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


def state_of(row: CertificateRow, *, today: date) -> State:
    """Valid, or expired where its last day is over."""
    return State.EXPIRED if row.valid_until is not None and row.valid_until < today else State.VALID


def names_another(number: CertificateNumber, uscc: str | None) -> bool:
    """Whether the number says that a body with another credit code gave it. A bare region is no credit code.

    No reason to refuse it: departments are merged and renamed, and what they issued stays good. It is flagged.
    """
    return uscc is not None and len(number.issuer) == len(uscc) and number.issuer != uscc


def second_ones(rows: Sequence[Accepted[CertificateRow]], *, today: date) -> list[Accepted[CertificateRow]]:
    """Rows in force of kinds of which nobody has two, beside which there is one that was issued later.

    The same ones in whatever order they come.
    """
    places: dict[tuple[object, str], Accepted[CertificateRow]] = {}
    second: list[Accepted[CertificateRow]] = []
    for each in rows:
        if not each.kind.one_per_holder or state_of(each.row, today=today) is not State.VALID:
            continue
        place = (each.row.party, each.row.kind)
        first, *others = sorted((each, places.get(place, each)), key=_newness, reverse=True)
        second += [other for other in others if other is not first]
        places[place] = first
    return second


def _newness(accepted: Accepted[CertificateRow]) -> tuple[date, date, str]:
    row = accepted.row
    return row.issued_on, row.valid_from or row.issued_on, row.number
