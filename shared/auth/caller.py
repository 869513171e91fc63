"""The caller, as a verified access token describes them."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.errors import NotAllowed

CallerKind = Literal["person", "department", "service", "app", "ops"]


@dataclass(frozen=True, slots=True)
class Caller:
    """`sub` is a party id for persons, else `<kind>:<name>`. `act` is who acts in it: an officer, or the app.

    `issued` is when the token was, in seconds since 1970; 0 for one that does not say: older than every revocation.
    """

    sub: str
    kind: CallerKind
    client_id: str
    token: str
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    department: str | None = None
    region: str | None = None
    acr: int = 0
    act: str | None = None
    issued: float = 0.0

    @property
    def party(self) -> UUID:
        """The party that a person's token stands for."""
        if self.kind != "person":
            raise NotAllowed
        return UUID(self.sub)

    @property
    def service(self) -> str | None:
        """The name of the calling service, if one of ours calls."""
        return self.sub.removeprefix("service:") if self.kind == "service" else None
