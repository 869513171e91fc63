"""The loop closed: a department reuses what another has issued, and whoever used it hears when it no longer holds."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.api import Api
from deploy.demo.departments import DESKS
from deploy.demo.story import Outcome

PAGE = "household-register-page"
ISSUED = f"evt.certificate.issued.{PAGE}.33.07.82"
READER, ISSUER, DUTY = "medical-insurance", "public-security", "resident-enrolment"
WITHHOLD = {"ground": "evidence-preservation", "reason": "演示：核查登记材料"}
GIVE_BACK = {"ground": "withholding-ended", "reason": "演示：核查完毕"}
PATIENCE_SECONDS = 20.0

Say = Callable[[str, str], None]
# (department, its own case)
Concerned = tuple[str, str]


@dataclass
class Loop:
    """What each department heard, and what those concerned saw of it."""

    cursors: dict[str, str] = field(default_factory=dict)
    heard: dict[str, Any] = field(default_factory=dict)
    reference: str = ""
    found: list[dict[str, Any]] = field(default_factory=list)
    access: dict[str, Any] = field(default_factory=dict)
    seen_after: float = 0.0
    notices: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    in_force: list[bool] = field(default_factory=list)

    def told(self, type: str) -> list[Concerned]:  # noqa: A002 - the word of the events
        """Who was told this of the certificate, and about which case of its own."""
        certificate = self.heard["subject"]
        return sorted(
            (department, event["data"]["case"])
            for department, event in self.notices
            if (event["type"], event["subject"]) == (type, certificate)
        )


async def begin(api: Api) -> Loop:
    """Every department listens from now on: to what is issued, and to what it alone is told."""
    loop = Loop()
    for department, topic in _listening():
        heads = await api.get(department, "/v1/events/heads", topic=topic)
        loop.cursors[topic] = heads["next"]
    return loop


async def reuse(api: Api, loop: Loop, child: str, say: Say) -> None:
    """Medical insurance hears of the child's page, and reads it on its standing duty: nobody is asked to bring it."""
    loop.heard = (await _next(api, loop, READER, ISSUED, lambda event: event["data"]["party"] == child))[0]
    say(READER, f"heard {loop.heard['topic']}")
    statement = await api.get("mother", "/v1/me/representations")
    parties = [child, *(each["party"] for each in statement["items"] if each["role"] == "self")]
    asked = {"duty": DUTY, "parties": parties, "kinds": [PAGE]}
    grant = await api.post(READER, "/v1/duty-grants", asked)
    loop.reference = grant["reference"]
    wants = [{"party": party, "kinds": [PAGE]} for party in parties]
    search = {"wants": wants, "grant": grant["grant"]}
    loop.found = (await api.post(READER, "/v1/evidence/search", search))["evidence"]
    say(READER, f"read {len(loop.found)} of it about {len(parties)} people in one call, on its duty {DUTY}")
    started = time.perf_counter()
    loop.access = await _access(api, child, statement["statement"], ref=loop.reference)
    loop.seen_after = time.perf_counter() - started
    say("mother", f"sees in her child's accesses: {loop.access['purpose_text']['en']}")


async def withhold_and_give_back(api: Api, loop: Loop, outcome: Outcome, say: Say) -> None:
    """Public security takes the page out of use for a time; who used it hears so, and that it holds again."""
    for act, body in (("withholding", WITHHOLD), ("reinstatement", GIVE_BACK)):
        await api.post(ISSUER, f"/v1/certificates/{loop.heard['subject']}/{act}", body)
        say(ISSUER, f"{act} of the child's {PAGE}")
        await _hear(api, loop, concerned(loop, outcome), say)
    for certificate in outcome.certificates:
        verdict = await api.post(None, "/v1/verifications", {"number": certificate["number"]})
        loop.in_force.append(verdict["genuine"] and verdict["state"] == "in force")


def concerned(loop: Loop, outcome: Outcome) -> list[Concerned]:
    """Who used the page, with their own cases: by their steps of the plan, and on the standing duty."""
    waited = {
        step["item"]: step["department"]
        for step in outcome.draft["steps"]
        if "household-registration" in step["waits_for"]
    }
    cases = [(waited[case["item"]], case["id"]) for case in outcome.application["cases"] if case["item"] in waited]
    return sorted([*cases, (READER, loop.reference)])


def _listening() -> list[tuple[str, str]]:
    return [(READER, ISSUED), *((desk.department, _own(desk.department)) for desk in DESKS)]


def _own(department: str) -> str:
    return f"to.{department}.evidence.>"


async def _hear(api: Api, loop: Loop, expected: list[Concerned], say: Say) -> None:
    """Each department's own notices; those whom it does not concern are listened to as well, and hear nothing."""
    for department in sorted({desk.department for desk in DESKS}, key=lambda name: name not in dict(expected)):
        count = sum(name == department for name, _ in expected)
        for event in await _next(api, loop, department, _own(department), count=count):
            loop.notices.append((department, event))
            say(department, f"told {event['topic']} about its {event['data']['item']} ({event['data']['case']})")


async def _next(
    api: Api,
    loop: Loop,
    department: str,
    topic: str,
    wanted: Callable[[dict[str, Any]], bool] = lambda _: True,
    *,
    count: int = 1,
) -> list[dict[str, Any]]:
    """What comes on a topic until `count` that are wanted are there; also what came beyond them."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            wait = 5 if len(found) < count else 0
            page = await api.get(department, "/v1/events", topic=topic, after=loop.cursors[topic], wait=wait)
            loop.cursors[topic] = page["next"]
            found += filter(wanted, page["items"])
            if len(found) >= count:
                return found


async def _access(api: Api, child: str, statement: str, *, ref: str) -> dict[str, Any]:
    """The access under this reference, once the child's parent can see it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            page = await api.get("mother", "/v1/accesses", statement=statement, party=child, limit=100)
            for access in page["items"]:
                if access["ref"] == ref:
                    return dict(access)
            await asyncio.sleep(0.05)
