"""A case was decided elsewhere: the certificates that it yields are issued."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.commands import issue_certificates
from certificates.issuing.errors import YieldNotAsDecided
from certificates.issuing.ports import Numbers
from certificates.sealing.errors import NoSealKey, NotSealable, SealDeviceAway
from certificates.sealing.ports import Signer
from shared.clock import Clock
from shared.contracts.events import CaseDecided
from shared.contracts.numbers import NumberSeal
from shared.contracts.sharing import SharingRules
from shared.contracts.yields import CaseYield
from shared.errors import Unavailable
from shared.http import Refused, ServiceClient
from shared.messaging.envelope import Event
from shared.messaging.reaction import AnyReaction, Poison, Reaction, Retry
from shared.yields import decided_yield

Decided = tuple[CaseYield, dict[int, NumberSeal]]


def issuing_reactions(
    licensing: ServiceClient,
    *,
    signer: Signer,
    numbers: Numbers,
    catalogue: Callable[[], SharingRules],
    zone: str,
    clock: Clock,
) -> list[AnyReaction]:
    """For the subscriber that issues. Whose number a page must show is asked of identity before anything is locked."""

    async def fetch(event: Event[CaseDecided]) -> Decided | None:
        decided = await decided_yield(licensing, event.data, type="certificate")
        if decided is None:
            return None
        return decided, await _seals_for(decided, numbers=numbers, catalogue=catalogue)

    async def issue(conn: AsyncConnection, _: Event[CaseDecided], prepared: Decided | None) -> None:
        if prepared is None:
            return
        decided, seals = prepared
        try:
            await issue_certificates(conn, decided, signer=signer, numbers=seals, zone=zone, at=clock())
        except (NoSealKey, SealDeviceAway) as missing:
            raise Retry(str(missing)) from None
        except (NotSealable, YieldNotAsDecided) as wrong:
            raise Poison(str(wrong)) from None
        except ValueError:
            # Its text would repeat what is claimed.
            raise Poison("the yield is not what a certificate can say") from None

    return [Reaction(CaseDecided, issue, prepare=fetch)]


async def _seals_for(
    decided: CaseYield, *, numbers: Numbers, catalogue: Callable[[], SharingRules]
) -> dict[int, NumberSeal]:
    """By index, for the certificates whose pages show a number, and whose holder has one."""
    try:
        kinds = {kind.code for kind in catalogue().kinds if kind.prints_number}
        shown = {item.index: item.party for item in decided.yields if item.kind in kinds}
        seals = await numbers.seals(list(dict.fromkeys(shown.values()))) if shown else {}
    except (Unavailable, Refused) as away:
        raise Retry(str(away)) from None
    return {index: seals[party] for index, party in shown.items() if party in seals}
