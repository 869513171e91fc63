"""A case was decided elsewhere: what it yields is fetched, checked against the event, and filed."""

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing.commands import file_yields
from records.filing.ports import CaseYields
from shared.clock import Clock
from shared.contracts.events import CaseDecided
from shared.contracts.yields import CaseYield, yields_digest
from shared.errors import Unavailable
from shared.http import Refused
from shared.messaging.envelope import Event
from shared.messaging.reaction import AnyReaction, Poison, Reaction, Retry

# Our own token was refused, or we asked too often: that passes.
PASSING = frozenset({401, 403, 429})


def filing_reactions(yields: CaseYields, *, clock: Clock) -> list[AnyReaction]:
    """For the subscriber that files."""

    async def fetch(event: Event[CaseDecided]) -> CaseYield | None:
        return await decided_yield(yields, event.data)

    async def on_case_decided(conn: AsyncConnection, _: Event[CaseDecided], decided: CaseYield | None) -> None:
        if decided is not None:
            await file_yields(conn, decided, at=clock())

    return [Reaction(CaseDecided, on_case_decided, prepare=fetch)]


async def decided_yield(yields: CaseYields, decided: CaseDecided) -> CaseYield | None:
    """What this decision yields, exactly as the event announced it; None where it yields no record.

    Raises Retry while licensing does not answer, and Poison where it answers something else than was decided.
    """
    if not any(item.type == "record" for item in decided.yields):
        return None
    try:
        answer = await yields.yield_of(decided.case)
    except Unavailable:
        raise Retry("licensing does not answer") from None
    except Refused as refusal:
        raise (Retry if refusal.status in PASSING else Poison)(str(refusal)) from None
    except ValidationError:
        raise Poison("the yield has another shape") from None
    if answer.case != decided.case or answer.department != decided.department:
        raise Poison("the yield is of another decision")
    if not yields_digest(answer.yields) == answer.digest == decided.digest:
        raise Poison("the yield is not what was decided")
    return answer
