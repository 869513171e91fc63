"""Officers' logins at providers, as an administrator links them."""

from uuid import UUID

from fastapi import APIRouter

from identity.federation import commands
from identity.federation.errors import ProviderUnknown
from identity.federation.schemas import IssuerUrl, LoginSays
from identity.service import Current
from shared.administration import Administrator
from shared.database import Transaction

router = APIRouter(tags=["administration"])


@router.put("/v1/admin/officers/{officer}/login", status_code=204)
async def link_officer(
    officer: UUID, body: LoginSays, caller: Administrator, conn: Transaction, service: Current
) -> None:
    """Whoever signs in by this login acts for the officer. The same again changes nothing."""
    if body.issuer not in service.federation.signs_in("officers"):
        raise ProviderUnknown
    login = commands.login_of(service.vault, issuer=body.issuer, subject=body.subject)
    await commands.link_officer(conn, officer, login, issuer=body.issuer, by=caller.sub, at=service.clock())


@router.delete("/v1/admin/officers/{officer}/login", status_code=204)
async def unlink_officer(
    officer: UUID, issuer: IssuerUrl, caller: Administrator, conn: Transaction, service: Current
) -> None:
    """Nobody signs in as the officer at this provider any more. Tokens that they have last ten minutes at most."""
    await commands.unlink_officer(conn, officer, issuer=issuer, by=caller.sub, at=service.clock())
