"""People who apply at the edge, so many a second, and a journal of what each was told. The journal is the truth.

An answer that did not come is asked for again, under the same key, as an app does: it is one act.
"""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from deploy.demo import story
from deploy.embedded.errors import LaunchError
from deploy.world import World

APPLICANTS = ("mother", "father", "retiree", "founder")
THING = "social-security-card"
CALLERS = 64
AGAIN_SECONDS = 0.5
PATIENCE_SECONDS = 90.0
# A slot that nobody could take for so long is given up: the rate is a target, not a debt.
LATE_SECONDS = 1.0
# What says: not now. Anything else is an answer.
NOT_NOW = (502, 503, 504)
STALE = "draft-stale"


class GaveUp(RuntimeError):
    """Nobody answered for too long, or the answer was no."""


class Applicants:
    """All of one run. `answers` counts what was not a 2xx: a status, or how the connection failed."""

    def __init__(self, world: World, journal: Path, *, rate: float, seconds: float) -> None:
        self._world = world
        self._journal = journal.open("a", buffering=1)
        self._interval = 1 / rate
        self._seconds = seconds
        self._slot = 0
        self._started = 0.0
        self.answers: Counter[str] = Counter()
        self.gave_up = 0

    async def run(self) -> None:
        """Until the time is over and everything under way has its answer."""
        self._started = time.monotonic()
        await asyncio.gather(*(self._call() for _ in range(CALLERS)))

    async def _call(self) -> None:
        while (due := self._take_slot()) < self._seconds:
            await asyncio.sleep(max(0.0, due - self._now))
            try:
                await self._apply(APPLICANTS[self._slot % len(APPLICANTS)])
            except GaveUp:
                self.gave_up += 1

    @property
    def _now(self) -> float:
        return time.monotonic() - self._started

    def _take_slot(self) -> float:
        self._slot = max(self._slot + 1, int((self._now - LATE_SECONDS) / self._interval))
        return self._slot * self._interval

    async def _apply(self, name: str) -> None:
        wanted = {"thing": THING, "region": story.YIWU}
        draft = await self._insist(name, "/v1/one-identification", wanted, key=str(uuid4()))
        while (newer := await self._submit(name, draft)) is not None:
            draft = newer

    async def _submit(self, name: str, draft: dict[str, Any]) -> dict[str, Any] | None:
        """None where it was acknowledged. The newer draft, where a source of evidence was away when this one was made
        and is back, or the other way round: then nothing was submitted.
        """
        asked = [field["element"] for field in draft["fields"] if field["state"] == "missing" and field["required"]]
        key = str(uuid4())
        self._note(ordered={"operation": key})
        body = {"draft": draft["draft"], "answers": {element: story.ANSWERS[element] for element in asked}}
        answer = await self._insist(name, "/v1/applications", body, key=key)
        if answer.get("code") == STALE:
            self._note(operation=key, outcome="refused")
            return dict(answer["draft"])
        self._note(operation=key, outcome="committed", application=answer["id"])
        return None

    async def _insist(self, name: str, path: str, body: object, *, key: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                headers = await self._world.headers(name) | {"idempotency-key": key}
                response = await self._world.http.post(path, json=body, headers=headers)
            except (httpx2.HTTPError, LaunchError) as error:
                self.answers[type(error).__name__] += 1
            else:
                answer: dict[str, Any] = response.json() if response.status_code not in NOT_NOW else {}
                if response.is_success:
                    return answer
                self.answers[f"{response.status_code} {answer.get('code', '')}".strip()] += 1
                if answer.get("code") == STALE:
                    return answer
                if response.status_code not in NOT_NOW:
                    raise GaveUp(f"{path} answered {response.status_code}: {response.text[:200]}")
            await asyncio.sleep(AGAIN_SECONDS)
        raise GaveUp(f"{path} was not answered")

    def _note(self, **said: object) -> None:
        self._journal.write(json.dumps({"at": round(time.time(), 3), **said}) + "\n")
