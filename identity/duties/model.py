"""A standing duty as it is published. Its table is with the parties, who are looked up on it as well."""

from dataclasses import dataclass
from uuid import UUID

from identity.parties.rules import PartyKind
from shared.schemas import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a department may read, and about whom, by which law.

    `item`: under which the sharing rules say what it sees; without one, the duty is for looking people up alone.
    """

    department: str
    department_name: Text
    code: str
    law: Text
    item: str | None
    kinds: tuple[str, ...]
    party_kinds: tuple[str, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What identity knows of a party that matters to a duty."""

    party: UUID
    kind: PartyKind
    region: str
