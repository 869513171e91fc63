"""What a visit costs on one machine with everything on it: each kind of call alone, applications run to completion, and
the mix of a city's day.

Per 100 visits of the mix: 100 guides read, 30 drafts, 10 applications (9 of one item, 1 newborn) which the departments
decide meanwhile, 100 reads of one's own applications or certificates, 10 verifications. Ours alone: there is no floor.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import orjson

from deploy.demo import story
from deploy.demo.api import Api
from deploy.demo.background import file_background
from deploy.world import World
from tests.bench.desks import deciding
from tests.bench.floor.wire import Wire
from tests.bench.load import Call, Figures, slice_of

APPLICANTS = ("mother", "father", "retiree", "founder")
CARD = "social-security-card"
# A person's statement of whom they may act for has a greatest length.
NEWBORNS = 16
PATIENCE_SECONDS = 300.0

# As the platform answers it.
Draft = dict[str, Any]


async def measure(world: World, *, callers: int, seconds: float, slices: int) -> dict[str, Figures]:
    """What was done, and how fast."""
    api, people = Api(world), Visitors(world)
    await file_background(api)
    alone: dict[str, Call] = {
        "guide read": people.guide,
        "draft, one item": people.begin,
        "own applications read": people.own,
        "application submitted, one item": people.apply,
    }
    found = {}
    for what, call in alone.items():
        found[what] = await _load(call, callers=callers, seconds=seconds, slices=slices)
    found["application submitted, newborn"] = await _submitted(people, await _births(api), callers)
    async with deciding(api):
        found["newborn: submitted to completed"] = await _completed(people, await _births(api), callers)
        found["visit mix"] = await _load(people.visit, callers=callers, seconds=seconds, slices=slices)
    people.close()
    return found


async def _load(call: Call, *, callers: int, seconds: float, slices: int) -> Figures:
    figures = Figures()
    await slice_of(call, Figures(), callers=callers, seconds=min(seconds, 2.0))
    for _ in range(slices):
        await slice_of(call, figures, callers=callers, seconds=seconds)
    return figures


async def _births(api: Api) -> list[str]:
    return [await story.register_birth(api, story.a_recent_day()) for _ in range(NEWBORNS)]


async def _submitted(people: "Visitors", children: list[str], callers: int) -> Figures:
    return await _each(await _drafts(people, children), people.submit, callers)


async def _completed(people: "Visitors", children: list[str], callers: int) -> Figures:
    async def whole(draft: Draft) -> None:
        application, completed = await people.submit(draft), False
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not completed:
                await asyncio.sleep(0.25)
                completed = await people.state(application) == "completed"

    return await _each(await _drafts(people, children), whole, 4 * callers)


async def _drafts(people: "Visitors", children: list[str]) -> list[Draft]:
    return [await people.draft(thing="newborn", child=child) for child in children]


async def _each(drafts: list[Draft], do: Callable[[Draft], Awaitable[object]], callers: int) -> Figures:
    figures, left, begun = Figures(), iter(drafts), time.perf_counter()

    async def caller() -> None:
        for draft in left:
            started = time.perf_counter()
            await do(draft)
            figures.latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(caller() for _ in range(callers)))
    figures.seconds = time.perf_counter() - begun
    figures.rates.append(len(drafts) / figures.seconds)
    return figures


class Visitors:
    """People at the gateway, by a client that costs next to nothing."""

    def __init__(self, world: World) -> None:
        self._wire = Wire(int(world.gateway.rpartition(":")[2]))
        self._world = world
        self._numbers: list[str] = []
        self._visit = 0

    def close(self) -> None:
        """Let go of every connection."""
        self._wire.close()

    async def guide(self) -> None:
        """What a newborn needs, as anybody reads it."""
        await self._ask(None, "GET", f"/v1/things/newborn?region={story.YIWU}")

    async def draft(self, name: str = "mother", *, thing: str = CARD, **roles: str) -> Draft:
        """One identification: what is known, and what is asked."""
        wanted = {"thing": thing, "region": story.YIWU, **({"roles": roles} if roles else {})}
        return await self._ask(name, "POST", "/v1/one-identification", wanted)

    async def begin(self) -> None:
        """A draft that is not gone on with."""
        await self.draft()

    async def submit(self, draft: Draft, name: str = "mother") -> str:
        """The answers, and the application's id."""
        asked = [field["element"] for field in draft["fields"] if field["state"] == "missing" and field["required"]]
        body = {"draft": draft["draft"], "answers": {element: story.ANSWERS[element] for element in asked}}
        return str((await self._ask(name, "POST", "/v1/applications", body))["id"])

    async def apply(self, name: str = "retiree") -> None:
        """A lost card is applied for."""
        await self.submit(await self.draft(name), name)

    async def own(self, name: str = "mother") -> None:
        """One's own applications, newest first."""
        await self._ask(name, "GET", "/v1/applications?limit=20")

    async def certificates(self, name: str = "mother") -> None:
        """One's own certificates; their numbers are verified by others."""
        page = await self._ask(name, "GET", "/v1/certificates?limit=20")
        self._numbers = [item["number"] for item in page["items"]] or self._numbers

    async def verify(self) -> None:
        """A certificate that somebody shows."""
        if not self._numbers:
            await self.certificates("retiree")
        number = self._numbers[self._visit % len(self._numbers)]
        if not (await self._ask(None, "POST", "/v1/verifications", {"number": number}))["genuine"]:
            raise RuntimeError("not genuine")

    async def state(self, application: str, name: str = "mother") -> str:
        """How an application stands."""
        return str((await self._ask(name, "GET", f"/v1/applications/{application}"))["state"])

    async def visit(self) -> None:
        """The next visit of the mix."""
        self._visit += 1
        turn, name = self._visit % 10, APPLICANTS[self._visit % len(APPLICANTS)]
        await self.guide()
        if turn == 0:
            await self.apply(name)
        elif turn in (3, 6):
            await self.draft("mother")
        elif turn == 8:
            await self.verify()
        await (self.own(name) if turn % 2 else self.certificates(name))

    async def _ask(self, name: str | None, method: str, path: str, body: object = None) -> dict[str, Any]:
        lines = b""
        if name is not None:
            lines = f"authorization: Bearer {await self._world.token(name)}\r\n".encode()
        if method == "POST":
            lines += f"idempotency-key: {uuid4()}\r\n".encode()
        sent = b"" if body is None else orjson.dumps(body)
        answer: dict[str, Any] = orjson.loads(await self._wire.ask(method.encode(), path.encode(), sent, lines))
        return answer
