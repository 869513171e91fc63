"""Races over the same certificates, against the real service and PostgreSQL: what was answered has one order.

Many clients issue, withhold, reinstate, revoke, renew, verify and list the cards of a few holders at once. Some hang up
in the middle, and never hear what became of it. What happened must be what one clerk, working alone, could have done.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from uuid import UUID, uuid4

import httpx2
import pytest

from certificates.issuing.commands import issue_certificates
from tests.certificates.history import NOTHING, Operation, certificates_step, judge
from tests.certificates.seals import HEALTH
from tests.certificates.world import World, a_card, a_decided_case

CLIENTS, HOLDERS, EACH = 8, 3, 45
GROUNDS = {
    "withhold": ("withholding", "suspension-penalty"),
    "reinstate": ("reinstatement", "withholding-ended"),
    "revoke": ("revocation", "fraud"),
    "renew": ("renewal", "term-ending"),
}
DEEDS = (
    ["issue"] * 2
    + ["withhold"] * 3
    + ["reinstate"] * 3
    + ["revoke"] * 2
    + ["renew"] * 3
    + ["verify"] * 6
    + ["list"] * 3
)
STATES = {"in force": "valid"}


@dataclass
class Holder:
    """Somebody with cards: what is known of them, and what was asked and answered about them."""

    id: UUID = field(default_factory=uuid4)
    numbers: dict[str, str] = field(default_factory=dict)
    history: list[Operation] = field(default_factory=list)
    # Of what nobody heard: name, certificate, instant of the call, and the text that it left in the file.
    unheard: list[tuple[str, str, float, str]] = field(default_factory=list)


@dataclass
class Race:
    """The clients, and the one order of events that they all see."""

    world: World
    random: Random
    holders: list[Holder] = field(default_factory=lambda: [Holder() for _ in range(HOLDERS)])
    ticks: "count[int]" = field(default_factory=count)

    async def run(self) -> None:
        await asyncio.gather(*(self.client() for _ in range(CLIENTS)))
        for holder in self.holders:
            for unheard in holder.unheard:
                await self.find_out(holder, *unheard)

    async def client(self) -> None:
        for _ in range(EACH):
            holder, deed = self.random.choice(self.holders), self.random.choice(DEEDS)
            if deed not in ("issue", "list") and not holder.numbers:
                deed = "issue"
            # Mostly the newest, which is in force if any is.
            known = list(holder.numbers)[-3:] or [""]
            certificate = "" if deed in ("issue", "list") else self.random.choice([*known, known[-1]])
            hangs_up = deed not in ("verify", "list") and self.random.random() < 0.08
            await self.do(holder, deed, certificate, hangs_up_after=self.random.random() / 30 if hangs_up else None)

    async def do(self, holder: Holder, deed: str, certificate: str, *, hangs_up_after: float | None) -> None:
        acts: dict[str, Callable[[Holder, str, str], Awaitable[str]]] = {
            "issue": self.issue,
            "list": self.list,
            "verify": self.verify,
        }
        mark, called = f"mark-{next(self.ticks)}", next(self.ticks)
        try:
            asked = acts.get(deed, self.act_on(deed))(holder, certificate, mark)
            answer = await asyncio.wait_for(asked, hangs_up_after)
        except TimeoutError:
            holder.unheard.append((deed, certificate, called, mark))
        else:
            holder.history.append(Operation(deed, certificate, answer, called, next(self.ticks)))

    async def issue(self, holder: Holder, _: str, mark: str) -> str:
        decided = a_decided_case(a_card(party=holder.id), case=case_of(mark))
        service = self.world.service
        async with service.database.transaction() as conn:
            [made] = await issue_certificates(
                conn, decided, signer=service.signer, zone=service.settings.zone, at=service.clock()
            )
        return await self.met(holder, made)

    def act_on(self, deed: str) -> Callable[[Holder, str, str], Awaitable[str]]:
        async def act(holder: Holder, certificate: str, mark: str) -> str:
            path, ground = GROUNDS[deed]
            headers = self.world.issuer.department(HEALTH.code, scopes=["certificates:manage"])
            reply = await self.world.http.post(
                f"/v1/certificates/{certificate}/{path}",
                json={"ground": ground, "reason": mark},
                headers=headers | {"idempotency-key": mark.rjust(8, "-")},
            )
            answered = reply.json()
            if reply.status_code == 409:
                return f"refused: {answered['state']}"
            assert reply.is_success, answered
            if deed != "renew":
                return str(answered["state"])
            holder.numbers[answered["id"]] = answered["number"]
            return str(answered["id"])

        return act

    async def verify(self, holder: Holder, certificate: str, _: str) -> str:
        reply = await self.world.http.post("/v1/verifications", json={"number": holder.numbers[certificate]})
        state = str(reply.json()["state"])
        return STATES.get(state, state)

    async def list(self, holder: Holder, _: str, __: str) -> str:
        headers = self.world.issuer.person(holder.id)
        reply: httpx2.Response = await self.world.http.get("/v1/certificates?limit=100", headers=headers)
        assert reply.json()["next"] is None
        return " ".join(sorted(f"{each['id']}={each['state']}" for each in reply.json()["items"]))

    async def met(self, holder: Holder, certificate: UUID) -> str:
        [row] = await self.world.rows("SELECT number FROM certificates WHERE id = :id", id=certificate)
        holder.numbers[str(certificate)] = row["number"]
        return str(certificate)

    async def find_out(self, holder: Holder, deed: str, certificate: str, called: float, mark: str) -> None:
        """What became of it is in the file. Where nothing is, nothing happened."""
        rows = await self.world.rows('SELECT id FROM certificates WHERE "case" = :case', case=case_of(mark))
        if deed == "renew":
            rows = await self.world.rows(
                "SELECT certificate AS id FROM operations WHERE reason = :mark AND revision = 1", mark=mark
            )
        if deed in GROUNDS and deed != "renew":
            rows = await self.world.rows("SELECT 1 FROM operations WHERE reason = :mark", mark=mark)
        if rows:
            ends = {"withhold": "withheld", "reinstate": "valid", "revoke": "revoked"}
            answer = ends.get(deed) or str(rows[0]["id"])
            holder.history.append(Operation(deed, certificate, answer, called))


def case_of(mark: str) -> UUID:
    return UUID(int=int(mark.removeprefix("mark-")) + 1)


# On a machine that has much else to do, a lock may come later than a service waits for it.
PATIENT = """
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 0', current_database()); END $$
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_answered_in_a_race_has_one_order(world: World, seed: int) -> None:
    await world.as_owner(PATIENT)
    race = Race(world, Random(seed))
    await race.run()
    for holder in race.holders:
        asked = Counter(operation.name for operation in holder.history)
        refused = sum(operation.answer.startswith("refused") for operation in holder.history)
        unheard = len([operation for operation in holder.history if operation.returned == float("inf")])
        counts = f"seed {seed}: {dict(asked)}, {refused} refused, {unheard} of {len(holder.unheard)} unheard happened"
        verdict = judge(holder.history, certificates_step, NOTHING)
        assert verdict.holds, f"{counts}\n{verdict}"
        assert valid_after_a_revocation(holder.history) == [], counts
        # A race in which nobody met anybody would prove nothing.
        assert min(refused, overlapping(holder.history)) > 0, counts


def valid_after_a_revocation(history: list[Operation]) -> list[Operation]:
    """What was called valid by who asked after a revocation had been answered."""
    ended = {op.on: op.returned for op in history if op.name == "revoke" and op.answer == "revoked"}
    return [
        op for op in history if op.name == "verify" and op.answer == "valid" and op.called > ended.get(op.on, op.called)
    ]


def overlapping(history: list[Operation]) -> int:
    """How many pairs of operations on one holder's cards were under way at the same time."""
    return sum(
        one.called < other.called < one.returned for one in history for other in history if one.returned < float("inf")
    )
