"""Who may do what with records. Pure.

permission | who
file       | the department that the catalogue names as issuer of the kind (rules.FilingRules.kind_for)
see        | the department that filed it
correct    | the department that filed it
"""

from records.filing.model import Record


def may_see(record: Record, *, department: str | None) -> bool:
    """Whether this department may see that the record exists, and its history."""
    return department is not None and record.issuer == department


def may_correct(record: Record, *, department: str | None) -> bool:
    """Whether this department may correct the record: whoever filed it answers for it."""
    return may_see(record, department=department)
