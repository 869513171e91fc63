"""The words of planning: parties, elements, materials."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

Party = UUID
Bindings = Mapping[str, Party]  # role -> party; an absent role has no entry


class Element(NamedTuple):
    """One datum of a role, written `child.name`."""

    role: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.role}.{self.attribute}"

    @classmethod
    def parse(cls, text: str) -> "Element":
        """From `role.attribute`; the caller has checked the form."""
        role, attribute = text.split(".")
        return cls(role, attribute)


class Material(NamedTuple):
    """A kind of evidence about a role, such as the child's birth medical certificate."""

    kind: str
    role: str
