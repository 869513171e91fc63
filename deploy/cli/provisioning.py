"""`provision sql | nats`: what the administrators of an external PostgreSQL and an external NATS are given."""

from pathlib import Path

from deploy import services
from deploy.embedded.home import Home

# Where the store of the official image is.
STORE = Path("/data")


def sql() -> str:
    """The script for psql."""
    from deploy.provisioning.script import script  # noqa: PLC0415 - few commands need it

    return script(services.WITH_DATABASE)


def nats(data_dir: Path) -> str:
    """What nats-server is to be told by us. It holds passwords: its file is for the server alone."""
    from deploy.embedded.environment import bus_access  # noqa: PLC0415
    from deploy.embedded.nats import as_configuration, server_settings  # noqa: PLC0415

    home = Home(data_dir)
    home.prepare()
    return as_configuration({**server_settings(STORE), **bus_access(home).configuration()})
