"""Identity with two providers of the city: one signs in people at the app, the other officers of the hospital."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import yaml

from identity.settings import IdentitySettings
from tests.gateway.serving import serving
from tests.identity.federation.city import HERE, City
from tests.identity.federation.provider import Provider, User
from tests.identity.world import FATHER_NUMBER, MOTHER_NUMBER, World
from tests.support.clock import FrozenClock


@pytest.fixture
async def people(clock: FrozenClock) -> AsyncGenerator[Provider]:
    users = {
        "mother": User("sso-mother", claims={"id_card": MOTHER_NUMBER}),
        "father": User("sso-father", claims={"id_card": FATHER_NUMBER}),
    }
    provider = Provider(clock, users=users)
    async with serving(provider.app()) as url:
        provider.issuer = url
        yield provider


@pytest.fixture
async def officers(clock: FrozenClock) -> AsyncGenerator[Provider]:
    provider = Provider(clock, users={"nurse": User("sso-nurse"), "clerk": User("sso-clerk")})
    async with serving(provider.app()) as url:
        provider.issuer = url
        yield provider


@pytest.fixture
def providers(people: Provider, officers: Provider, tmp_path: Path) -> Path:
    """What the operator wrote."""
    file = tmp_path / "providers.yaml"
    levels = {"urn:sso:card": 3, "urn:sso:face": 3, "urn:sso:password": 1}
    file.write_text(
        yaml.safe_dump(
            [
                {
                    "issuer": people.issuer,
                    "signs_in": "people",
                    "audiences": {HERE["app"]: "app"},
                    "algorithms": ["ES256", "RS256"],
                    "acr": levels,
                    "number_claim": "id_card",
                },
                {
                    "issuer": officers.issuer,
                    "signs_in": "officers",
                    "audiences": {HERE["hospital"]: "hospital", HERE["public-security"]: "public-security"},
                    "algorithms": ["ES256"],
                    "acr": levels,
                },
            ]
        )
    )
    return file


@pytest.fixture
def settings(settings: IdentitySettings, providers: Path) -> IdentitySettings:
    told = {"oidc_providers_file": providers, "officer_sign_in_scopes": "parties:number,parties:register"}
    return IdentitySettings.model_validate({**settings.model_dump(), **told})


@pytest.fixture
def city(world: World, people: Provider, officers: Provider) -> City:
    return City(world, people, officers)
