"""What a row must say to become a record, beside what every row must. Pure."""

from datetime import date

from records.imports.schemas import RecordRow
from shared.imports.rules import check_past, check_validity


def check_row(row: RecordRow, today: date) -> None:
    """Refuse (Rejected) dates that cannot be meant."""
    check_past(row.as_of, today=today, field="/as_of")
    check_validity(row.valid_from or row.as_of, row.valid_until, today=today)
