"""A case was decided elsewhere: what it yields is fetched, checked against the event, and issued."""

from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.commands import issue_certificates
from certificates.issuing.errors import YieldNotAsDecided
from certificates.sealing.errors import NoSealKey, NotSealable
from certificates.sealing.ports import Signer
from shared.clock import Clock
from shared.contracts.events import CaseDecided
from shared.contracts.yields import CaseYield, yields_digest
from shared.errors import Unavailable
from shared.http import Refused, ServiceClient
from shared.messaging.envelope import Event
from shared.messaging.reaction import Poison, Reaction, Retry

# Our own token was refused, or we asked too often: that passes.
PASSING = frozenset({401, 403, 429})


def issuing_reactions(licensing: ServiceClient, *, signer: Signer, zone: str, clock: Clock) -> list[Reaction[Any, Any]]:
    """For the subscriber that issues."""

    async def fetch(event: Event[CaseDecided]) -> CaseYield | None:
        return await decided_yield(licensing, event.data)

    async def on_case_decided(conn: AsyncConnection, _: Event[CaseDecided], decided: CaseYield | None) -> None:
        if decided is None:
            return
        try:
            await issue_certificates(conn, decided, signer=signer, zone=zone, at=clock())
        except NoSealKey as missing:
            raise Retry(str(missing)) from None
        except (NotSealable, YieldNotAsDecided) as wrong:
            raise Poison(str(wrong)) from None
        except ValueError:
            # Its text would repeat what is claimed.
            raise Poison("the yield is not what a certificate can say") from None

    return [Reaction(CaseDecided, on_case_decided, prepare=fetch)]


async def decided_yield(licensing: ServiceClient, decided: CaseDecided) -> CaseYield | None:
    """What this decision yields, exactly as the event announced it; None where it yields no certificate.

    Raises Retry while licensing does not answer, and Poison where it answers something else than was decided.
    """
    if not any(item.type == "certificate" for item in decided.yields):
        return None
    try:
        answer = CaseYield.model_validate(await licensing.get(f"/internal/cases/{decided.case}/yield"))
    except Unavailable:
        raise Retry("licensing does not answer") from None
    except Refused as refusal:
        raise (Retry if refusal.status in PASSING else Poison)(str(refusal)) from None
    except ValidationError:
        raise Poison("the yield has another shape") from None
    if answer.case != decided.case or not yields_digest(answer.yields) == answer.digest == decided.digest:
        raise Poison("the yield is not what was decided")
    return answer
