"""Allowances: who is counted, when it is too much, and what the client is told."""

from ipaddress import ip_network
from uuid import UUID

import pytest

from gateway.edge.rules import address_of
from gateway.limits.errors import TooManyOpen, TooMuchAtOnce
from gateway.limits.model import Bulkhead, Shares, Windows
from tests.gateway.conftest import OpenPlatform

MOTHER, FATHER = UUID(int=1, version=4), UUID(int=2, version=4)
TIGHT = {
    budget: {"address": "2/minute", "party": "3/minute", "client": "5/minute"}
    for budget in ("public", "read", "write", "verify", "token")
}


async def test_an_address_without_a_token_has_its_own_allowance(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        statuses = [(await platform.client.get("/v1/things")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        refused = await platform.client.get("/v1/things")
        assert refused.json()["code"] == "too-many-requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert len(platform.services["licensing"].seen) == 2


async def test_each_budget_is_counted_for_itself(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        for _ in range(3):
            await platform.client.get("/v1/things")
        answer = await platform.client.post("/v1/verifications", json={})
        assert answer.status_code == 200
        assert answer.headers["ratelimit"].startswith('"verify";r=1;t=')


async def test_a_party_is_counted_by_its_token_and_all_parties_of_an_app_together(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        mother, father = platform.issuer.person(MOTHER), platform.issuer.person(FATHER)
        mothers = [(await platform.client.get("/v1/accesses", headers=mother)).status_code for _ in range(4)]
        assert mothers == [200, 200, 200, 429]
        fathers = [(await platform.client.get("/v1/accesses", headers=father)).status_code for _ in range(3)]
        assert fathers == [200, 200, 429]  # the app's five are used up


async def test_a_department_is_counted_as_itself(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        tax, police = platform.issuer.department("tax"), platform.issuer.department("public-security")
        taxes = [(await platform.client.get("/v1/cases", headers=tax)).status_code for _ in range(6)]
        assert taxes == [200] * 5 + [429]
        assert (await platform.client.get("/v1/cases", headers=police)).status_code == 200


async def test_a_forged_token_is_counted_as_its_address(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        statuses = []
        for number in range(4):
            forged = {"authorization": f"Bearer e30.e30.{number}"}
            statuses.append((await platform.client.get("/v1/accesses", headers=forged)).status_code)
        assert statuses == [200, 200, 429, 429]


async def test_a_claimed_forwarded_address_buys_no_allowance(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        statuses = []
        for number in range(3):
            headers = {"x-forwarded-for": f"10.0.0.{number}"}
            statuses.append((await platform.client.get("/v1/things", headers=headers)).status_code)
        assert statuses == [200, 200, 429]


async def test_our_own_edge_says_for_whom_it_asks(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT, edge_networks="127.0.0.0/8") as platform:
        for named, statuses in (("192.0.2.1", [200, 200, 429]), ("192.0.2.2", [200, 200, 429])):
            headers = {"x-forwarded-for": f"198.51.100.9, {named}"}
            told = [(await platform.client.get("/v1/things", headers=headers)).status_code for _ in range(3)]
            assert told == statuses


async def test_a_network_of_countless_addresses_has_one_allowance(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT, edge_networks="127.0.0.0/8") as platform:
        for network, statuses in (("2001:db8:0:7", [200, 200, 429]), ("2001:db8:0:8", [200, 200, 429])):
            named = [{"x-forwarded-for": f"{network}::{number}"} for number in range(3)]
            told = [(await platform.client.get("/v1/things", headers=headers)).status_code for headers in named]
            assert told == statuses


@pytest.mark.parametrize(
    ("peer", "forwarded", "asks"),
    [
        ("10.0.0.2", b"192.0.2.1", "192.0.2.1"),
        ("10.0.0.2", b"made-up, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.2", b"2001:DB8::1", "2001:db8::/64"),
        ("10.0.0.2", b"::ffff:192.0.2.1", "192.0.2.1"),
        ("10.0.0.2", None, "10.0.0.2"),
        ("10.0.0.2", b"192.0.2.1, made-up", "10.0.0.2"),
        ("198.51.100.9", b"192.0.2.1", "198.51.100.9"),
        ("unknown", b"192.0.2.1", "unknown"),
    ],
)
def test_only_an_edge_of_ours_is_believed_and_only_its_own_word(peer: str, forwarded: bytes | None, asks: str) -> None:
    assert address_of(peer, forwarded, edges=[ip_network("10.0.0.0/8")]) == asks


async def test_operations_are_not_counted(open_platform: OpenPlatform) -> None:
    async with open_platform(limits=TIGHT) as platform:
        for _ in range(5):
            assert (await platform.client.get("/healthz")).status_code == 200


def test_a_window_opens_again_when_it_has_ended() -> None:
    windows = Windows()
    assert [windows.count("a", seconds=60, at=at) for at in (0, 1, 59.9)] == [(1, 60), (2, 60), (3, 60)]
    assert windows.count("a", seconds=60, at=60) == (1, 120)


def test_memory_is_bounded_whoever_asks() -> None:
    windows = Windows(max_keys=3)
    for number in range(100):
        windows.count(str(number), seconds=60, at=0)
    assert len(windows._windows) == 3
    assert windows.count("99", seconds=60, at=0) == (2, 60)


def test_a_bulkhead_lets_in_as_many_as_it_holds() -> None:
    bulkhead = Bulkhead(1)
    with bulkhead:
        with pytest.raises(TooMuchAtOnce), bulkhead:
            pass
        assert bulkhead.used == 1
    assert bulkhead.used == 0


def test_a_share_is_one_askers_and_comes_back() -> None:
    shares = Shares(1)
    with shares.taken_by("mother"), shares.taken_by("father"), pytest.raises(TooManyOpen), shares.taken_by("mother"):
        pass
    with shares.taken_by("mother"):
        pass
