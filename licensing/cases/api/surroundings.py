"""What the routes need of the service that answers, and who stands behind a token."""

from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends

from licensing.cases.commands import Office
from licensing.cases.errors import OfficerNotNamed
from licensing.cases.model import Actor
from shared.auth import Caller, requires
from shared.clock import Clock
from shared.jose import SigningKey
from shared.web import service_of


class CasesService(Protocol):
    """The part of the service that cases use. The service itself knows applications, which cases must not."""

    clock: Clock
    office: Office
    grant_key: SigningKey


Current = Annotated[CasesService, Depends(service_of)]
Handler = Annotated[Caller, requires("cases", kinds=["department"])]
Applicant = Annotated[Caller, requires("applicant", kinds=["person"])]


async def officer(caller: Handler) -> Actor:
    """The officer for whom the department's system acts. A token that names none may do nothing here."""
    try:
        named = UUID(caller.act or "")
    except ValueError:
        raise OfficerNotNamed from None
    if caller.department is None or caller.region is None:
        raise OfficerNotNamed
    return Actor("officer", named, caller.department, caller.region)


Officer = Annotated[Actor, Depends(officer)]
