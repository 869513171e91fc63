"""What decided cases yield, for the services that make it: fetched from licensing, and checked against the event."""

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.events import CaseDecided
from shared.contracts.evidence import EvidenceType
from shared.contracts.yields import CaseYield, yields_digest
from shared.errors import Unavailable
from shared.http import Refused, ServiceClient
from shared.messaging.envelope import Event
from shared.messaging.reaction import Poison, Reaction, Retry

# Our own token was refused, or we asked too often: that passes.
PASSING = frozenset({401, 403, 429})
Make = Callable[[AsyncConnection, CaseYield], Awaitable[object]]


def yields_reaction(
    licensing: ServiceClient,
    make: Make,
    *,
    type: EvidenceType,  # noqa: A002 - the word of the events
) -> Reaction[CaseDecided, CaseYield | None]:
    """To `case.decided`: `make` what it yields of this type, once per delivery. Nothing where it yields none."""

    async def fetch(event: Event[CaseDecided]) -> CaseYield | None:
        return await decided_yield(licensing, event.data, type=type)

    async def on_case_decided(conn: AsyncConnection, _: Event[CaseDecided], decided: CaseYield | None) -> None:
        if decided is not None:
            await make(conn, decided)

    return Reaction(CaseDecided, on_case_decided, prepare=fetch)


async def decided_yield(
    licensing: ServiceClient,
    decided: CaseDecided,
    *,
    type: EvidenceType,  # noqa: A002 - the word of the events
) -> CaseYield | None:
    """What this decision yields, exactly as the event announced it; None where it yields nothing of this type.

    Raises Retry while licensing does not answer, and Poison where it answers something else than was decided.
    """
    if not any(item.type == type for item in decided.yields):
        return None
    try:
        answer = CaseYield.model_validate(await licensing.get(f"/internal/cases/{decided.case}/yield"))
    except Unavailable:
        raise Retry("licensing does not answer") from None
    except Refused as refusal:
        raise (Retry if refusal.status in PASSING else Poison)(str(refusal)) from None
    except ValidationError:
        raise Poison("the yield has another shape") from None
    if (answer.case, answer.department) != (decided.case, decided.department):
        raise Poison("the yield is of another decision")
    if not yields_digest(answer.yields) == answer.digest == decided.digest:
        raise Poison("the yield is not what was decided")
    return answer
