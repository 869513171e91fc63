"""Metrics are for who runs the platform: outside a demonstration the public port has none."""

from urllib.parse import urlsplit

import httpx2
import pytest

from deploy.embedded import ports
from gateway.operations.api import shown_at
from shared.errors import CannotStart
from tests.gateway.conftest import OpenPlatform
from tests.support.tokens import ISSUER

HOST = {"host": urlsplit(ISSUER).netloc}


async def test_a_demonstration_shows_its_metrics_at_its_door(open_platform: OpenPlatform) -> None:
    async with open_platform() as platform:
        await platform.client.get("/v1/things")
        shown = (await platform.client.get("/metrics")).text
        assert 'onevisit_requests_total{method="GET",route="/v1/things",service="gateway",status="200"}' in shown


async def test_elsewhere_they_are_at_an_address_of_their_own_and_not_at_the_door(open_platform: OpenPlatform) -> None:
    (port,) = ports.free_ports(1)
    async with open_platform(profile="production", metrics_address=f"127.0.0.1:{port}") as platform:
        refused = await platform.client.get("/metrics", headers=HOST)
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
        assert (await platform.client.get("/healthz", headers=HOST)).status_code == 200
        async with httpx2.AsyncClient(trust_env=False) as inside:
            shown = (await inside.get(f"http://127.0.0.1:{port}/metrics")).text
        assert 'route="/healthz",service="gateway",status="200"' in shown
    assert ports.is_free(port)


async def test_a_label_is_a_template_and_never_a_path(open_platform: OpenPlatform) -> None:
    """A label for every id that somebody asks for would fill the memory, and an id is of a person."""
    odd = "0190a2b4-1234-7abc-8def-0000000000ff"
    async with open_platform() as platform:
        for path in (f"/v1/cases/{odd}", f"/v1/nothing/{odd}"):
            await platform.client.get(path)
        shown = (await platform.client.get("/metrics")).text
        assert odd not in shown
        assert 'route="/v1/cases/{id}"' in shown
        assert 'route="unmatched"' in shown


@pytest.mark.parametrize("address", ["127.0.0.1:{taken}", "192.0.2.1:9100", "127.0.0.1:99999"])
async def test_an_address_that_cannot_be_had_keeps_the_gateway_from_starting(
    address: str, open_platform: OpenPlatform
) -> None:
    (port,) = ports.free_ports(1)
    close = shown_at(f"127.0.0.1:{port}")
    try:
        with pytest.raises(CannotStart, match="set ONEVISIT_METRICS_ADDRESS to a free one"):
            async with open_platform(metrics_address=address.format(taken=port)):
                pass
    finally:
        close()
