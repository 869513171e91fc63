"""What the records service is told at start: nothing but what every service is told."""

from shared.settings import ServiceSettings


class RecordsSettings(ServiceSettings):
    """The settings of every service."""
