"""Who may see a certificate, and who may act on it. Pure.

permission | who
see        | its holder; who represents the holder; the department that issued it, or that it is transferred to
hold       | its holder; who represents the holder (the document, with its claims)
print      | who may hold it; the department that issued it, under a grant
operate    | the department that issued it
receive    | the department that it is transferred to
"""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Viewer:
    """A caller, as far as certificates are concerned: the parties they stand for, or the department they are."""

    parties: frozenset[UUID] = frozenset()
    department: str | None = None

    def may_hold(self, holder: UUID) -> bool:
        """Whether the sealed document may be given to this caller."""
        return holder in self.parties

    def may_print(self, *, holder: UUID, issuer: str) -> bool:
        """Whether its page may be given to this caller; to a department only under a grant, and on record."""
        return self.may_hold(holder) or self.may_operate(issuer)

    def may_operate(self, issuer: str) -> bool:
        """Whether this caller may withhold, reinstate or revoke."""
        return self.department == issuer

    def may_receive(self, receiver: str | None) -> bool:
        """Whether this caller may take it over."""
        return receiver is not None and self.department == receiver

    def may_see(self, *, holder: UUID, issuer: str, receiver: str | None = None) -> bool:
        """Whether number, kind, dates and state may be shown to this caller."""
        return self.may_hold(holder) or self.may_operate(issuer) or self.may_receive(receiver)
