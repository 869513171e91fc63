"""A case was decided elsewhere: the certificates that it yields are issued."""

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.commands import issue_certificates
from certificates.issuing.errors import YieldNotAsDecided
from certificates.sealing.errors import NoSealKey, NotSealable, SealDeviceAway
from certificates.sealing.ports import Signer
from shared.clock import Clock
from shared.contracts.yields import CaseYield
from shared.http import ServiceClient
from shared.messaging.reaction import AnyReaction, Poison, Retry
from shared.yields import yields_reaction


def issuing_reactions(licensing: ServiceClient, *, signer: Signer, zone: str, clock: Clock) -> list[AnyReaction]:
    """For the subscriber that issues."""

    async def issue(conn: AsyncConnection, decided: CaseYield) -> None:
        try:
            await issue_certificates(conn, decided, signer=signer, zone=zone, at=clock())
        except (NoSealKey, SealDeviceAway) as missing:
            raise Retry(str(missing)) from None
        except (NotSealable, YieldNotAsDecided) as wrong:
            raise Poison(str(wrong)) from None
        except ValueError:
            # Its text would repeat what is claimed.
            raise Poison("the yield is not what a certificate can say") from None

    return [yields_reaction(licensing, issue, type="certificate")]
