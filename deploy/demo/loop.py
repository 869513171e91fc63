"""The loop closed: a department reuses what another has issued, and whoever used it hears when it no longer holds."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from deploy.demo.api import Api
from deploy.demo.departments import DESKS
from deploy.demo.listening import PATIENCE_SECONDS, Listener, listening
from deploy.demo.story import Outcome

PAGE = "household-register-page"
ISSUED = f"evt.certificate.issued.{PAGE}.33.07.82"
REVOKED, REINSTATED = "evidence.used-revoked.v1", "evidence.used-reinstated.v1"
READER, ISSUER, DUTY = "medical-insurance", "public-security", "resident-enrolment"
WITHHOLD = {"ground": "evidence-preservation", "reason": "演示：核查登记材料"}
GIVE_BACK = {"ground": "withholding-ended", "reason": "演示：核查完毕"}

Say = Callable[[str, str], None]
# (department, its own case)
Concerned = tuple[str, str]


@dataclass
class Loop:
    """What each department heard, and what those concerned saw of it."""

    issued: dict[str, Any] = field(default_factory=dict)
    reference: str = ""
    found: list[dict[str, Any]] = field(default_factory=list)
    access: dict[str, Any] = field(default_factory=dict)
    seen_after: float = 0.0
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    in_force: list[bool] = field(default_factory=list)

    @property
    def page(self) -> str:
        """The certificate that all this is about."""
        return str(self.issued["subject"])

    def told(self, type: str) -> list[Concerned]:  # noqa: A002 - the word of the events
        """Who was told this of the certificate, and about which case of its own."""
        return sorted(
            (department, event["data"]["case"])
            for department, events in self.heard.items()
            for event in events
            if (event["type"], event["subject"]) == (type, self.page)
        )


def departments_listening(api: Api) -> AbstractAsyncContextManager[dict[str, Listener]]:
    """Every department hears what it alone is told; medical insurance also what is issued."""
    topics = {
        desk.department: [f"to.{desk.department}.evidence.used-{what}" for what in ("revoked", "reinstated")]
        for desk in DESKS
    }
    topics[READER].append(ISSUED)
    return listening(api, topics)


async def reuse(api: Api, listeners: Mapping[str, Listener], child: str, say: Say) -> Loop:
    """Medical insurance hears of the child's page, and reads it on its standing duty: nobody is asked to bring it."""
    loop = Loop()
    (loop.issued,) = await listeners[READER].until(
        lambda event: event["topic"] == ISSUED and event["data"]["party"] == child
    )
    say(READER, f"heard {loop.issued['topic']}")
    represented = await api.get("mother", "/v1/me/representations")
    parties = [child, *(each["party"] for each in represented["items"] if each["role"] == "self")]
    grant = await api.post(READER, "/v1/duty-grants", {"duty": DUTY, "parties": parties, "kinds": [PAGE]})
    loop.reference = grant["reference"]
    wants = [{"party": party, "kinds": [PAGE]} for party in parties]
    read = await api.post(READER, "/v1/evidence/search", {"wants": wants, "grant": grant["grant"]})
    loop.found = read["evidence"]
    say(READER, f"read {len(loop.found)} of it about {len(parties)} people in one call, on its duty {DUTY}")
    started = time.perf_counter()
    loop.access = await _access(api, child, represented["statement"], ref=loop.reference)
    loop.seen_after = time.perf_counter() - started
    say("mother", f"sees in her child's accesses: {loop.access['purpose_text']['en']}")
    return loop


async def withhold_and_give_back(
    api: Api, loop: Loop, outcome: Outcome, listeners: Mapping[str, Listener], say: Say
) -> None:
    """Public security takes the page out of use for a time; who used it hears so, and that it holds again."""
    for act, body, told in (("withholding", WITHHOLD, REVOKED), ("reinstatement", GIVE_BACK, REINSTATED)):
        await api.post(ISSUER, f"/v1/certificates/{loop.page}/{act}", body)
        say(ISSUER, f"{act} of the child's {PAGE}")
        for department, cases in Counter(department for department, _ in concerned(loop, outcome)).items():
            for event in await listeners[department].until(_about(loop.page, told), count=cases):
                say(department, f"told {event['topic']} about its {event['data']['item']} ({event['data']['case']})")
    loop.heard = {department: listener.heard for department, listener in listeners.items()}
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


def _about(evidence: str, told: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: (event["type"], event["subject"]) == (told, evidence)


async def _access(api: Api, child: str, statement: str, *, ref: str) -> dict[str, Any]:
    """The access under this reference, once the child's parent can see it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            page = await api.get("mother", "/v1/accesses", statement=statement, party=child, limit=100)
            for access in page["items"]:
                if access["ref"] == ref:
                    return dict(access)
            await asyncio.sleep(0.05)
