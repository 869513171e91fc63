"""Hands the demonstration's seed to the services that own it, by the same functions that their commands run."""

from collections.abc import Mapping

from identity import bootstrap
from identity.settings import IdentitySettings
from shared.clock import now
from shared.database import Database

# As the settings of a service are told: by field name, as text.
Told = Mapping[str, str]


async def load_people(told: Told, document: object) -> None:
    """Departments, officers, clients and people of the document are known to identity."""
    settings = IdentitySettings.model_validate(dict(told))
    database = Database(told["database_url"], pool_size=2)
    try:
        async with database.transaction() as conn:
            await bootstrap.load(
                document,
                conn,
                settings.vault(),
                now(),
                zone=settings.zone,
                max_age_years=settings.max_age_years,
            )
    finally:
        await database.close()


async def publish_catalogue(told: Told) -> None:
    """The catalogue that ships with licensing is published, unless that very content is already."""
