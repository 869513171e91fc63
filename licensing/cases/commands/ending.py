"""What follows when a case ends without a result: what needs that result is blocked, and the application is told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import queries
from licensing.cases.commands.changing import Office, about, change, tell
from licensing.cases.commands.clocks import EVERY_DEADLINE, stop_watching
from licensing.cases.model import MOVES, PLATFORM, Act, Actor, Case, CaseSummary
from licensing.cases.rules import blocked_cases
from shared.contracts.events import CaseBlocked, CaseWithdrawn


async def ended_without_result(conn: AsyncConnection, case: Case, *, at: datetime, office: Office) -> None:
    """Waiting cases that no longer have a way end without a clock ever having run. Records `case.blocked` for each."""
    await stop_watching(conn, case, *EVERY_DEADLINE)
    of_application = await queries.lock_application(conn, case.application)
    unmet = await queries.list_unmet(conn, [other.id for other in of_application])
    by_id = {other.id: other for other in of_application}
    for id_ in blocked_cases(of_application, unmet=unmet):
        blocked = await change(conn, by_id[id_], Act.BLOCK, by=PLATFORM, at=at, details={"because": str(case.id)})
        await tell(conn, blocked, CaseBlocked(**about(blocked)), at=at)
    await office.case_ended(conn, case.application, at)


async def withdraw_cases(conn: AsyncConnection, application: UUID, *, by: Actor, at: datetime) -> list[CaseSummary]:
    """Every case of the application that is not decided yet is withdrawn; answers all its cases as they are now.

    Records `case.withdrawn` for each. Does not tell the application: it is the application that withdraws.
    """
    for case in await queries.lock_application(conn, application):
        if (case.state, Act.WITHDRAW) in MOVES:
            withdrawn = await change(conn, case, Act.WITHDRAW, by=by, at=at)
            await stop_watching(conn, withdrawn, *EVERY_DEADLINE)
            await tell(conn, withdrawn, CaseWithdrawn(**about(withdrawn)), at=at)
    return await queries.list_of_application(conn, application)
