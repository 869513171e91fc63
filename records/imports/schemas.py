"""What a row says of a record that a department held before go-live."""

from shared.imports.schemas import Row
from shared.schemas import LegalDate


class RecordRow(Row):
    """`as_of` is the day on which it was known to be so. Without `valid_from` it is in force from that day."""

    as_of: LegalDate
    valid_from: LegalDate | None = None
    valid_until: LegalDate | None = None
