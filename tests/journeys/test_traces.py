"""One application, from the mother's phone to the last certificate, is one trace through every service and the bus."""

import asyncio
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import services
from deploy.demo import story
from deploy.demo.api import Api
from deploy.demo.departments import open_desks
from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.world import World
from tests.journeys.conftest import Platform
from tests.support.collector import Collector, Seen, collecting

# As an app backend that traces itself would send it.
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9]{17}")


@dataclass
class Journey:
    """What the collector has of it, once all services have ended."""

    collector: Collector
    secrets: list[str]

    @property
    def spans(self) -> list[Seen]:
        return self.collector.trace(TRACE)

    def named(self, name: str, *, service: str | None = None) -> list[Seen]:
        return [span for span in self.spans if span.name == name and service in (None, span.service)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traces") / "data"


@pytest.fixture(scope="module")
def journey(directory: Path) -> Generator[Journey]:
    with collecting() as collector:
        platform = _start(directory, collector)
        numbers = asyncio.run(_newborn(directory))
        # What was not sent yet is sent when they end.
        platform.onevisit("down")
        yield Journey(collector, [*numbers, story.ANSWERS["child.name"], story.ANSWERS["applicant.delivery-address"]])


def _start(directory: Path, collector: Collector) -> Platform:
    (port,) = ports.free_ports(1)
    platform = Platform(directory, f"http://127.0.0.1:{port}")
    Home(directory).prepare()
    told = {name: {"traces_url": collector.url} for name in services.ALL}
    (directory / "settings.json").write_text(json.dumps(told))
    up = platform.onevisit("up", "--detach", "--json", "--port", str(port))
    assert up.returncode == 0, up.stderr
    return platform


async def _newborn(directory: Path) -> list[str]:
    """The mother's app sends its trace with each of her calls, each department goes on with the trace of the event.
    Answers whose numbers are in it.
    """
    async with World.open(directory) as world:
        await _apply(world)
        return [world.id_number(name) for name in ("mother", "father")]


async def _apply(world: World) -> None:
    mother, outcome = Api(world, traceparent=f"00-{TRACE}-{CALLER}-01"), story.Outcome()
    _, at_work = open_desks(Api(world), lambda *_: None)
    try:
        child = await story.register_birth(Api(world), born_on=story.a_recent_day())
        await story.draft(mother, outcome, child)
        await story.submit(mother, outcome)
        await story.follow(mother, outcome, lambda _: None)
        await story.collect(mother, outcome, child)
    finally:
        at_work.cancel()
    assert outcome.application["state"] == "completed"


def test_every_service_has_a_part_in_it(journey: Journey) -> None:
    assert {span.service for span in journey.spans} == set(services.ALL)


def test_it_hangs_together_from_the_caller_to_the_last_effect(journey: Journey) -> None:
    known = {span.id for span in journey.spans} | {CALLER}
    assert [span for span in journey.spans if span.parent not in known] == []


def test_a_request_passes_through_the_door_to_the_service(journey: Journey) -> None:
    outer, *_ = journey.named("POST /v1/applications", service="gateway")
    inner = [span for span in journey.named("POST /v1/applications", service="licensing") if span.parent == outer.id]
    assert (outer.parent, outer.kind, [span.kind for span in inner]) == (CALLER, "server", ["server"])
    assert inner[0].attributes == {"http.response.status_code": "201", "http.route": "/v1/applications"}


def test_an_event_passes_over_the_bus_from_who_says_it_to_who_hears_it(journey: Journey) -> None:
    """A certificate that is issued wakes the case that waits for it, and is noted where accesses are."""
    sent = {span.id: span for span in journey.named("send certificate.issued.v1", service="certificates")}
    heard = journey.named("handle certificate.issued.v1", service="licensing")
    assert {span.kind for span in sent.values()} == {"producer"}
    assert {span.kind for span in heard} == {"consumer"}
    assert {span.parent for span in heard} == set(sent)


def test_what_a_decision_brings_about_is_in_the_trace_of_the_application(journey: Journey) -> None:
    """From the department's decision over the bus to the seal, and back to licensing to ask what was decided."""
    by_id = {span.id: span for span in journey.spans}
    prepared = {span.id for span in journey.named("prepare case.decided.v1", service="certificates")}
    asked = next(span for span in journey.named("GET licensing", service="certificates") if span.parent in prepared)
    way = []
    at: Seen | None = asked
    while at is not None:
        way.append((at.service, at.name))
        at = by_id.get(at.parent)
    assert way[:5] == [
        ("certificates", "GET licensing"),
        ("certificates", "prepare case.decided.v1"),
        ("licensing", "send case.decided.v1"),
        ("licensing", "POST /v1/cases/{case}/decision"),
        ("gateway", "POST /v1/cases/{id}/decision"),
    ]


def test_spans_tell_of_nobody(journey: Journey) -> None:
    """No name, number, id or path: a collector is not where personal data is kept."""
    everything = b"".join(journey.collector.bodies)
    for secret in journey.secrets:
        assert secret.encode() not in everything
    told = {text for span in journey.collector.spans for text in (span.name, *span.attributes.values())}
    assert [text for text in told if AN_ID.search(text)] == []
