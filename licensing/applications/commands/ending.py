"""How an application ends: with its last case, or by withdrawal. Cases are always locked before their application."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications import queries
from licensing.applications.commands.submitting import Attempt, get_opened
from licensing.applications.errors import NothingToWithdraw
from licensing.applications.model import Application, ApplicationState, Opened
from licensing.applications.rules.progress import state_of
from licensing.cases import commands as cases
from licensing.cases import queries as case_queries
from licensing.cases.model import Actor, State
from shared.auth import Caller
from shared.contracts.events import (
    ApplicationCompleted,
    ApplicationEnded,
    ApplicationPartlyCompleted,
    ApplicationWithdrawn,
)
from shared.idempotency import once
from shared.messaging import outbox

OPERATION = "withdraw_application"
EVENTS: dict[ApplicationState, type[ApplicationEnded]] = {
    "completed": ApplicationCompleted,
    "partly-completed": ApplicationPartlyCompleted,
    "withdrawn": ApplicationWithdrawn,
}


async def withdraw_application(
    conn: AsyncConnection, application: UUID, attempt: Attempt, *, caller: Caller, at: datetime
) -> Opened:
    """Every case that is not decided yet is withdrawn; what is decided stands, and is still issued.

    Refuses an application that is not the caller's, and one of which nothing is left to withdraw. The same attempt
    again changes nothing.
    """
    before = await get_opened(conn, application, caller=caller)
    operation = f"{OPERATION}:{application}"
    made = await once(
        conn, caller=caller.sub, operation=operation, key=attempt.key, body=attempt.body, resource=application
    )
    if made is not None:
        return await get_opened(conn, application)
    withdrawn_before = {case.id for case in before.cases if case.state is State.WITHDRAWN}
    by = Actor("applicant", caller.party)
    after = await cases.withdraw_cases(conn, application, by=by, at=at)
    if not {case.id for case in after if case.state is State.WITHDRAWN} - withdrawn_before:
        raise NothingToWithdraw
    await case_ended(conn, application, at)
    return await get_opened(conn, application)


async def case_ended(conn: AsyncConnection, application: UUID, at: datetime) -> None:
    """The application ends when its last case has ended, in the same transaction; else nothing happens.

    Records `application.completed`, `application.partly-completed` or `application.withdrawn`.
    """
    # Two last cases may end at once: the second waits here, and then sees what the first has done.
    held = await queries.lock_application(conn, application)
    state = state_of(await case_queries.list_of_application(conn, application))
    if held.state != "submitted" or state == "submitted":
        return
    ended = replace(held, state=state, version=held.version + 1, ended_at=at)
    await queries.store_application(conn, ended)
    await _tell(conn, ended, at=at)


async def _tell(conn: AsyncConnection, application: Application, *, at: datetime) -> None:
    await outbox.record(
        conn,
        EVENTS[application.state](application=application.id, thing=application.thing),
        subject=application.id,
        version=application.version,
        region=application.applicant_region,
        kind=application.thing,
        at=at,
    )
