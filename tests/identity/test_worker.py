"""What happens beside the API: keys at the start, and house-keeping every hour."""

import pytest
from sqlalchemy import text

from identity import bootstrap, rotation
from identity.service import IdentityService
from identity.settings import IdentitySettings
from identity.worker import ITSELF, keep_house, keys
from shared.timers import fire_due, set_timer
from tests.identity.world import MOTHER_NUMBER, World, document
from tests.support.clock import FrozenClock

STATES = "SELECT state FROM signing_keys ORDER BY state"


async def test_a_service_has_keys_before_its_first_request(settings: IdentitySettings, clock: FrozenClock) -> None:
    service = IdentityService("identity", settings, clock=clock)
    async with keys(service), keys(service):
        published = await service.keyring.jwks()
    await service.close()
    assert len(published["keys"]) == 2


async def test_house_keeping_rotates_and_forgets_and_comes_again(world: World, clock: FrozenClock) -> None:
    await world.start(MOTHER_NUMBER)
    async with world.service.database.transaction() as conn:
        await set_timer(conn, kind="keep-house", subject=ITSELF, due_at=clock())
    at = clock.advance(days=30)
    async with world.service.database.transaction() as conn:
        assert await fire_due(conn, {"keep-house": keep_house(world.service)}, at=at) == 1
    assert await world.rows(STATES) == [("current",), ("next",), ("retired",)]
    assert await world.rows("SELECT 1 FROM identifications") == []
    assert await world.rows("SELECT extract(epoch FROM due_at) FROM timers") == [(at.timestamp() + 3600,)]


@pytest.fixture
def environment(settings: IdentitySettings, monkeypatch: pytest.MonkeyPatch) -> IdentitySettings:
    for name in ("profile", "issuer", "identity_url", "licensing_url", "certificates_url", "records_url"):
        monkeypatch.setenv(f"ONEVISIT_{name.upper()}", str(getattr(settings, name)))
    for name in ("master_key_file", "index_key_file", "cursor_key_file", "nats_url"):
        monkeypatch.setenv(f"ONEVISIT_{name.upper()}", str(getattr(settings, name)))
    assert settings.database_url is not None
    monkeypatch.setenv("ONEVISIT_DATABASE_URL", settings.database_url.get_secret_value())
    return settings


async def test_the_commands_read_their_settings_from_the_environment(environment: IdentitySettings) -> None:
    people = await bootstrap.main(document())
    await rotation.main()
    service = IdentityService("identity", environment)
    async with service.database.read() as conn:
        found = (await conn.execute(text("SELECT count(*) FROM parties"))).scalar_one()
        states = (await conn.execute(text(STATES))).scalars().all()
    await service.close()
    assert (set(people), found) == ({"mother", "father"}, 2)
    assert states == ["current", "next", "retired"]
