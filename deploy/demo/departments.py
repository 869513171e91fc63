"""Demo departments: each listens to the event feed with its own token, reads its case, and decides.

They know nothing of one another. What wakes a department is an event; what it reads, it may read by grant.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from deploy.demo.api import Api, CallFailed
from identity.parties.rules import resident_check

WAIT_SECONDS = 20
# Numbers of 1888 cannot be a living person's. A real registry would encode the child's own birth date.
SYNTHETIC_PREFIX = "33078218880808"

Told = Callable[[str, str], None]  # (department, what it did)


@dataclass(frozen=True)
class Desk:
    """One department's desk: which items it handles, and what it does before it grants."""

    department: str
    items: tuple[str, ...]
    before: Callable[[Api, dict[str, Any]], Awaitable[str | None]] | None = None


async def assign_number(api: Api, case: dict[str, Any]) -> str | None:
    """Public security alone gives a newborn its resident identity number (户口登记条例)."""
    child = case["roles"]["child"]
    for sequence in range(4, 1000, 2):
        body = f"{SYNTHETIC_PREFIX}{sequence:03d}"
        try:
            number = {"id_number": body + resident_check(body)}
            await api.post("public-security", f"/v1/parties/{child}/number", number)
        except CallFailed as refusal:
            if refusal.body.get("code") != "identity-number-taken":
                raise
        else:
            return "assigned the child's identity number"
    raise RuntimeError("no synthetic number is left on this data; start afresh with another --data-dir")


DESKS = (
    Desk("health-commission", ("birth-medical-certificate",)),
    Desk("public-security", ("household-registration",), assign_number),
    Desk("medical-insurance", ("resident-medical-insurance", "maternity-benefit")),
    Desk("human-resources", ("social-security-card", "social-security-card-reissue")),
)


class Department:
    """A desk at work. `woken` keeps the event and the moment of each wake-up, for the report."""

    def __init__(self, api: Api, desk: Desk, tell: Told) -> None:
        self.api = api
        self.desk = desk
        self.tell = tell
        self.woken: list[dict[str, Any]] = []

    async def work(self) -> None:
        """Follow the feed of each item of this desk, from now on, and handle every case that is received."""
        await asyncio.gather(*(self._follow(f"evt.case.received.{item}.33.07.82") for item in self.desk.items))

    async def _follow(self, topic: str) -> None:
        cursor = await self._end_of_feed(topic)
        while True:
            page = await self.api.get(self.desk.department, "/v1/events", topic=topic, after=cursor, wait=WAIT_SECONDS)
            cursor = page["next"]
            for event in page["items"]:
                self.woken.append(event)
                await self._handle(event)

    async def _end_of_feed(self, topic: str) -> str:
        cursor: str | None = None
        while True:
            after = {"after": cursor} if cursor else {}
            page = await self.api.get(self.desk.department, "/v1/events", topic=topic, limit=100, **after)
            cursor = page["next"]
            if not page["items"]:
                return str(cursor)

    async def _handle(self, event: dict[str, Any]) -> None:
        api, name, case_id = self.api.within(event), self.desk.department, event["data"]["case"]
        item = event["data"]["item"]
        self.tell(name, f"woken by {event['topic']} (position {event['position']})")
        case = await api.get(name, f"/v1/cases/{case_id}")
        accepted = await api.post(name, f"/v1/cases/{case_id}/acceptance", {})
        self.tell(name, f"accepted {item}, promised by {accepted['promised_on']}")
        if self.desk.before is not None and (note := await self.desk.before(api, case)):
            self.tell(name, note)
        await api.post(name, f"/v1/cases/{case_id}/decision", {"outcome": "granted"})
        self.tell(name, f"granted {item}")


def open_desks(api: Api, tell: Told) -> tuple[list[Department], asyncio.Task[list[None]]]:
    """All departments at work. Cancel the task to close them; it fails if one of them fails."""
    departments = [Department(api, desk, tell) for desk in DESKS]

    async def all_at_work() -> list[None]:
        return list(await asyncio.gather(*(department.work() for department in departments)))

    return departments, asyncio.create_task(all_at_work())
