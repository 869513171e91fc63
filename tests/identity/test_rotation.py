"""Signing keys: published before they sign, and until nothing that they signed is in use."""

from joserfc import jws

from identity.tokens.commands import forget_expired, rotate_keys, rotate_keys_when_due
from tests.identity.world import World
from tests.support.clock import FrozenClock


class TestRotation:
    async def jwks(self, world: World) -> list[str]:
        answer = await world.http.get("/.well-known/jwks.json")
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert all("d" not in key for key in answer.json()["keys"])
        return [key["kid"] for key in answer.json()["keys"]]

    async def rotate(self, world: World) -> None:
        async with world.service.database.transaction() as conn:
            await rotate_keys(conn, world.service.vault, at=world.service.clock())

    async def kid_of(self, world: World) -> str:
        token = (await world.ask_token("app")).json()["access_token"]
        kid: str = jws.extract_compact(token.encode()).headers()["kid"]
        return kid

    async def test_the_next_key_is_published_before_it_signs(self, world: World, clock: FrozenClock) -> None:
        current, coming = await self.jwks(world)
        assert await self.kid_of(world) == current
        await self.rotate(world)
        clock.advance(seconds=30)
        assert await self.kid_of(world) == coming

    async def test_old_tokens_hold_after_a_rotation(self, world: World, clock: FrozenClock) -> None:
        token = (await world.ask_token("app")).json()["access_token"]
        await self.rotate(world)
        clock.advance(seconds=500)
        assert len(await self.jwks(world)) == 3
        await world.service.verifier.verify(token)

    async def test_a_retired_key_goes_when_nothing_it_signed_is_in_use(self, world: World, clock: FrozenClock) -> None:
        retired, *_ = await self.jwks(world)
        await self.rotate(world)
        clock.advance(minutes=13)
        assert retired not in await self.jwks(world)
        async with world.service.database.transaction() as conn:
            await forget_expired(conn, at=clock())
        assert await world.rows("SELECT count(*) FROM signing_keys") == [(2,)]

    async def test_another_processs_new_key_is_found_at_once(self, world: World, clock: FrozenClock) -> None:
        await self.jwks(world)
        await self.rotate(world)
        clock.advance(seconds=1)
        [newest] = (await world.rows("SELECT kid FROM signing_keys WHERE state = 'next'"))[0]
        assert await world.service.keyring.find(newest) is not None

    async def test_keys_rotate_by_themselves_when_their_time_has_come(self, world: World, clock: FrozenClock) -> None:
        first, coming = await self.jwks(world)
        for days, expected in ((29, first), (1, coming)):
            clock.advance(days=days)
            async with world.service.database.transaction() as conn:
                await rotate_keys_when_due(conn, world.service.vault, at=clock())
            clock.advance(seconds=30)
            assert await self.kid_of(world) == expected

    async def test_private_keys_are_sealed_in_the_database(self, world: World) -> None:
        stored = await world.everything_stored()
        assert "PRIVATE KEY" not in stored
        assert '"d"' not in stored
