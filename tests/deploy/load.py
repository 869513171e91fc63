"""People and departments at work, while what answers them is replaced."""

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import httpx2

from deploy.world import World

AGAIN_AFTER_SECONDS = 0.2
THING = {"thing": "social-security-card", "region": "330102"}

Call = Callable[[], Awaitable[httpx2.Response]]


@dataclass
class Load:
    """Calls of every kind, each tried again once where nobody answered or the answer was that nobody can."""

    world: World
    mother: str
    registered: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until done: two of each kind at a time."""
        async with asyncio.TaskGroup() as group:
            for name, make in self.kinds().items():
                for _ in range(2):
                    group.create_task(self._repeat(name, make))

    async def _repeat(self, name: str, make: Callable[[], Call]) -> None:
        while not self.done.is_set():
            call = make()
            if not (told := await self._try(call)):
                self.answered[name] += 1
                continue
            self.again[name] += 1
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
            if told := await self._try(call):
                self.failed.append(f"{name}: {told}")
            else:
                self.answered[name] += 1

    @staticmethod
    async def _try(call: Call) -> str | None:
        """None: it was answered."""
        try:
            response = await call()
        except httpx2.TransportError as error:
            return repr(error)
        return f"{response.status_code} {response.text[:200]}" if response.is_error else None

    def __str__(self) -> str:
        tried = f"{sum(self.again.values())} tried again {dict(self.again)}"
        return f"{sum(self.answered.values())} calls, {tried}, {len(self.failed)} failed"

    def refuse_failures(self) -> None:
        """Everything was answered, at once or when tried again; what was made was made once."""
        assert self.failed == []
        assert all(self.answered[name] for name in self.kinds())
        assert len(self.registered) == len(set(self.registered)) == self.answered["register"]

    def kinds(self) -> dict[str, Callable[[], Call]]:
        """What people and departments do, by name; each makes a call that may be made twice."""
        http, headers = self.world.http, self.world.headers

        async def draft() -> httpx2.Response:
            return await http.post("/v1/one-identification", json=THING, headers=await headers("retiree"))

        async def certificates() -> httpx2.Response:
            return await http.get("/v1/certificates?holder=me", headers=await headers("mother"))

        async def accesses() -> httpx2.Response:
            return await http.get("/v1/accesses", headers=await headers("father"))

        async def verify() -> httpx2.Response:
            return await http.post("/v1/verifications", json={"document": b64encode(b"%PDF-").decode()})

        def register() -> Call:
            key = str(uuid4())
            body = {"kind": "person", "relation": {"kind": "mother", "of": self.mother}, "born_on": "2026-11-20"}

            async def call() -> httpx2.Response:
                told = {**await headers("hospital"), "idempotency-key": key}
                response = await http.post("/v1/parties", json=body, headers=told)
                if response.status_code == 201:
                    self.registered.append(response.json()["id"])
                return response

            return call

        async def guide() -> httpx2.Response:
            return await http.get("/v1/things/newborn?region=330782")

        reading = {"guide": guide, "draft": draft, "certificates": certificates, "accesses": accesses, "verify": verify}
        return {name: partial(_same, call) for name, call in reading.items()} | {"register": register}


def _same(call: Call) -> Call:
    return call
