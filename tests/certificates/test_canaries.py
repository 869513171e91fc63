"""The right person's, always. Korea's MyCivilService handed 1,233 certificates to others, by names that two shared.

`make canaries` does the same with 100,000 replies.
"""

import os
from collections.abc import Callable

import httpx2
import pytest

from tests.certificates.canaries import FORMS, Counted, Form, faults, settle, trial
from tests.certificates.conftest import NewService, running
from tests.certificates.world import World
from tests.support.neighbours import Neighbours
from tests.support.tokens import Issuer

REPLIES = int(os.environ.get("CANARIES", "2000"))
A_ROUND = 4000
CONNECTIONS = 100


async def test_of_many_replies_at_once_none_is_another_s(
    new_service: NewService, licensing: Neighbours, issuer: Issuer
) -> None:
    async with running(new_service(database_pool=CONNECTIONS), licensing, issuer) as world:
        requesters = await settle(world)
        total, done = Counted(), 0
        while done < REPLIES:
            # Pages that were kept are set anew.
            await world.as_owner("TRUNCATE documents")
            counted = await trial(world, requesters, replies=min(A_ROUND, REPLIES - done), seed=done)
            total.replies += counted.replies
            total.cancelled += counted.cancelled
            total.crossings += counted.crossings
            done = total.replies.total()
    print(f"\n{done} replies ({dict(total.replies)}), {total.cancelled} hung up, {len(total.crossings)} crossings")  # noqa: T201
    assert total.crossings == []
    assert set(FORMS) <= set(total.replies)
    assert total.cancelled > REPLIES * 0.05


@pytest.mark.parametrize("name", FORMS)
async def test_a_reply_to_another_is_a_crossing_in_every_form(world: World, name: str) -> None:
    one, other = await settle(world, 2)
    form = FORMS[name]
    reply = await form.ask(world, one)
    assert faults(world, one, form, reply) is None
    assert faults(world, other, form, reply) == "another's"


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        (lambda: httpx2.Response(404, text="CANARY000000000000"), "status 404"),
        (lambda: httpx2.Response(200, text="nothing"), "not its own"),
    ],
)
async def test_a_reply_without_one_s_own_is_wrong(
    world: World, reply: Callable[[], httpx2.Response], wrong: str
) -> None:
    (one,) = await settle(world, 1)
    form = Form(FORMS["view"].ask, FORMS["view"].texts)
    assert faults(world, one, form, reply()) == wrong
